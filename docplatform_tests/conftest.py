"""What tests of several rooms share."""

import os
import subprocess
import sys

import pytest


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
