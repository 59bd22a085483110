"""What the tests of this room share. Deprecations are errors here: Dagster's announce what its next release breaks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from docplatform.labels.projects import ModelProject
from docplatform_tests.homes import Home, topic_home
from docplatform_tests.training.chains import train


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("error::DeprecationWarning"))


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.at(tmp_path / "home")


@pytest.fixture(scope="session")
def _trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, ModelProject]:
    home, project = topic_home(tmp_path_factory.mktemp("trained"))
    train(home, project)
    return home, project


@pytest.fixture
def trained(tmp_path: Path, _trained: tuple[Home, ModelProject]) -> tuple[Home, ModelProject]:
    """A home with 40 letters, read, a project that labels them, and its champion."""
    return _trained[0].copied_to(tmp_path / "trained"), _trained[1]
