from pathlib import Path

import pytest

from docplatform.documents import media_types
from docplatform.errors import PermanentError, ReasonCode
from docplatform.ocr.base import DocumentSource
from docplatform.ocr.local import html, legacy
from docplatform.ocr.local.reader import LocalDocumentReader
from docplatform.settings import LimitSettings, ReadingSettings
from docplatform_tests.ocr.drawing import LINES, pdf, picture, saved, text_page
from docplatform_tests.ocr.reading import READER as _READER

_ZOO = Path(__file__).parents[3] / "shared" / "data" / "zoo"


def _read(data: bytes, media_type: media_types.MediaType, reader: LocalDocumentReader = _READER):
    return reader.read(DocumentSource("the key", data, media_type.mime))


@pytest.mark.parametrize(
    ("data", "media_type", "reason"),
    [
        (b"", media_types.EMPTY, ReasonCode.EMPTY),
        (b" \r\n\t", media_types.TXT, ReasonCode.EMPTY),
        (b"PK", media_types.SEVEN_ZIP, ReasonCode.UNSUPPORTED_TYPE),
        (b"\0\1\2", media_types.UNKNOWN, ReasonCode.UNSUPPORTED_TYPE),
        (b"\xd0\xcf\x11\xe0", media_types.ENCRYPTED_OFFICE, ReasonCode.ENCRYPTED),
        (b"x" * 101, media_types.TXT, ReasonCode.TOO_LARGE),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(data, media_type, reason):
    reader = LocalDocumentReader(ReadingSettings(workers=0), LimitSettings(max_file_bytes=100))
    with pytest.raises(PermanentError, match="the key") as caught:
        _read(data, media_type, reader)
    assert caught.value.reason is reason


def test_every_readable_type_has_a_reader():
    for media_type in media_types.READABLE:
        (outcome,) = _READER.read_many([DocumentSource("key", b"not such a file", media_type.mime)])
        assert outcome.reason not in (ReasonCode.UNSUPPORTED_TYPE, ReasonCode.ENGINE_ERROR), outcome.message


@pytest.mark.parametrize(
    ("error", "reason"), [(KeyError("bug"), ReasonCode.ENGINE_ERROR), (RecursionError(), ReasonCode.CORRUPT)]
)
def test_failures_of_a_library_concern_the_document_only(monkeypatch, error, reason):
    def fail(data: bytes) -> None:
        raise error

    monkeypatch.setattr(html, "read_html", fail)
    with pytest.raises(PermanentError, match="the key") as caught:
        _read(b"<p>", media_types.HTML)
    assert caught.value.reason is reason


def test_out_of_memory_is_left_to_the_worker(monkeypatch):
    def fail(data: bytes) -> None:
        raise MemoryError

    monkeypatch.setattr(html, "read_html", fail)
    with pytest.raises(MemoryError):
        _read(b"<p>", media_types.HTML)


def test_the_fingerprint_tells_what_can_change_a_result():
    def fingerprint(**reading: object) -> str:
        return LocalDocumentReader(ReadingSettings.model_validate(reading), LimitSettings()).fingerprint

    assert fingerprint(workers=1) == fingerprint(workers=2, timeout_seconds=5)
    assert fingerprint() != fingerprint(ocr_max_side=1_000)
    assert fingerprint() != fingerprint(pdf_render_dpi=100)
    assert "rapidocr-3.10.0" in fingerprint()


def test_documents_of_many_kinds_are_read_by_workers():
    reader = LocalDocumentReader(ReadingSettings(workers=2), LimitSettings())
    sources = [
        DocumentSource("scan", saved(picture(), "PNG"), media_types.PNG.mime),
        DocumentSource("text", b"plain words", media_types.TXT.mime),
        DocumentSource("pdf", pdf(text_page("A born digital page")), media_types.PDF.mime),
        DocumentSource("bad", b"%PDF-1.7 broken", media_types.PDF.mime),
    ]
    try:
        outcomes = {outcome.key: outcome for outcome in reader.read_many(sources)}
    finally:
        reader.close()
    assert outcomes["scan"].result.content == "\n".join(LINES)
    assert outcomes["text"].result.content == "plain words"
    assert outcomes["pdf"].result.content == "A born digital page"
    assert outcomes["bad"].reason is ReasonCode.CORRUPT


def test_without_workers_documents_are_read_in_this_process():
    sources = [DocumentSource("a", b"one", media_types.TXT.mime), DocumentSource("b", b"", media_types.EMPTY.mime)]
    first, second = _READER.read_many(sources)
    assert first.result.content == "one"
    assert second.reason is ReasonCode.EMPTY
    _READER.close()


_SENTENCE = "A sentence that is long enough to be counted as text."


class TestLegacy:
    def test_what_the_engine_finds_is_read_but_not_its_marks_of_pictures(self, monkeypatch):
        monkeypatch.setattr(legacy, "_extracted", lambda *_: f"{_SENTENCE}\n\nAnother.")
        assert _read(b"x", media_types.DOC).content.splitlines() == [_SENTENCE, "Another."]

    def test_nothing_in_it_is_blank(self, monkeypatch):
        monkeypatch.setattr(legacy, "_extracted", lambda *_: " \n")
        assert _read(b"x", media_types.PPT).warnings[0].code == "emptyDocument"

    @pytest.mark.parametrize("media_type", [media_types.DOC, media_types.XLS, media_types.PPT])
    def test_damaged_files_are_corrupt(self, media_type):
        with pytest.raises(PermanentError) as caught:
            _read(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), media_type)
        assert caught.value.reason is ReasonCode.CORRUPT

    @pytest.mark.skipif(not _ZOO.is_dir(), reason="needs ../shared/data beside the checkout")
    def test_real_legacy_files_are_read(self):
        files = [path for path in _ZOO.rglob("*") if path.suffix in (".doc", ".ppt", ".xls", ".msg", ".odt", ".rtf")]
        assert files
        for path in files:
            data = path.read_bytes()
            assert _read(data, media_types.sniff(data)).content.strip(), path.name
