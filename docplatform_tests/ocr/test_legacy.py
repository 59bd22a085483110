"""What becomes of an old Office file whose parser fails: the parser is native, its failures are of several kinds."""

import kreuzberg
import pytest

from docplatform.documents import media_types
from docplatform.errors import PermanentError, ReasonCode
from docplatform.ocr.local.legacy import _extracted


class PanicException(BaseException):
    pass


@pytest.mark.parametrize(
    ("raised", "reason", "says"),
    [
        (PanicException("index out of bounds"), ReasonCode.CORRUPT, "its parser gave up (index out of bounds)"),
        (kreuzberg.ParsingError("no such stream"), ReasonCode.CORRUPT, "can't be read"),
        (kreuzberg.ParsingError("the document is encrypted"), ReasonCode.ENCRYPTED, "can't be read"),
    ],
)
def test_a_parser_that_fails_refuses_the_file_and_ends_no_reading(monkeypatch, raised, reason, says):
    monkeypatch.setattr(kreuzberg, "extract_bytes_sync", _raising(raised))
    with pytest.raises(PermanentError) as caught:
        _extracted(b"", media_types.DOC.mime)
    assert caught.value.reason is reason
    assert says in str(caught.value)


@pytest.mark.parametrize("raised", [KeyboardInterrupt(), MemoryError()])
def test_what_is_not_the_parsers_failure_is_left_alone(monkeypatch, raised):
    monkeypatch.setattr(kreuzberg, "extract_bytes_sync", _raising(raised))
    with pytest.raises(type(raised)):
        _extracted(b"", media_types.DOC.mime)


def _raising(error: BaseException):
    def extract(data: bytes, media_type: str, config: object) -> None:
        raise error

    return extract
