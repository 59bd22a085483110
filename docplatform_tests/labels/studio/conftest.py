from __future__ import annotations

from collections.abc import Iterator

import pytest

from docplatform_tests.labels.studio.fake_studio import FakeStudio, serving


@pytest.fixture
def studio() -> Iterator[FakeStudio]:
    with serving() as fake:
        yield fake
