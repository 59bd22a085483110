"""Homes that are made once and copied for each test."""

from __future__ import annotations

import pytest

from docplatform.labels.projects import ModelProject
from docplatform.training.deciding import Decision
from docplatform_tests.homes import Home, topic_home
from docplatform_tests.training.chains import train


@pytest.fixture(scope="session")
def _ready(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, ModelProject]:
    return topic_home(tmp_path_factory.mktemp("ready"))


@pytest.fixture(scope="session")
def _trained(tmp_path_factory: pytest.TempPathFactory, _ready: tuple[Home, ModelProject]) -> tuple:
    home = _ready[0].copied_to(tmp_path_factory.mktemp("trained"))
    return home, _ready[1], train(home, _ready[1])


@pytest.fixture
def ready(tmp_path, _ready: tuple[Home, ModelProject]) -> tuple[Home, ModelProject]:
    """40 letters, read, and a project that labels them."""
    return _ready[0].copied_to(tmp_path / "home"), _ready[1]


@pytest.fixture
def trained(tmp_path, _trained: tuple) -> tuple[Home, ModelProject, Decision]:
    """The same with a champion, and the gate's decision about it."""
    return _trained[0].copied_to(tmp_path / "home"), *_trained[1:]
