"""The errors every room shares."""

from __future__ import annotations

import pickle

import pytest

from docplatform.errors import ConfigurationError, DocPlatformError, PermanentError, ReasonCode, TransientError


class RefusedError(PermanentError):
    """A room's own permanent error."""


@pytest.mark.parametrize("kind", [PermanentError, RefusedError])
def test_a_permanent_error_keeps_its_reason_between_processes(kind):
    error = pickle.loads(pickle.dumps(kind("locked", reason=ReasonCode.ENCRYPTED)))  # noqa: S301
    assert type(error) is kind
    assert (str(error), error.reason) == ("locked", ReasonCode.ENCRYPTED)


def test_an_error_nobody_named_is_the_engines():
    assert PermanentError("odd").reason is ReasonCode.ENGINE_ERROR


@pytest.mark.parametrize("kind", [PermanentError, TransientError, ConfigurationError])
def test_every_error_is_ours(kind):
    assert issubclass(kind, DocPlatformError)
    assert not issubclass(kind, OSError)


def test_reason_codes_are_stable():
    # people's scripts and tables hold them: add, never rename
    assert {code.value for code in ReasonCode} >= {
        "empty", "unsupported_type", "corrupt", "encrypted", "too_large", "too_many_pages", "bomb", "timeout",
        "memory", "crash", "missing", "engine_error",
    }  # fmt: skip
