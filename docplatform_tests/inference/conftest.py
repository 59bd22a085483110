"""Fixtures of this room."""

from __future__ import annotations

import pytest

from docplatform_tests.homes import Home


@pytest.fixture
def home(tmp_path):
    return Home.at(tmp_path)
