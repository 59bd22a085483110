"""What tests of several rooms share."""

import os
import subprocess
import sys

import pytest
from hypothesis import settings

settings.register_profile("untimed", deadline=None)  # on a busy machine any example takes half a second now and then
settings.load_profile("untimed")


@pytest.fixture
def run_python():
    """Run code in a fresh interpreter and return what it prints."""

    def run(code: str, **environment: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
