"""doc, xls, ppt: texts beside the main one, by the files' own structure."""

import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from docplatform.documents import media_types
from docplatform.ocr.local import legacy
from docplatform.ocr.local.office97 import texts_beside
from docplatform_tests.documents.compound_files import compound_file
from docplatform_tests.ocr.reading import lines, read

_MAIN, _BESIDE = "Main text.\r", "Foot\x02note ü.\r\x13 PAGE \x147\x15\r\x13 X \x13 Y \x14z\x15\x15a\x1eb\x0bc\x07"


def _doc(*, flags: int = 0x0200, wide: bool = True) -> bytes:
    """Two pieces: the main text as single bytes, what stands beside it as UTF-16 or single bytes."""
    stream = bytearray(0x400)
    narrow_at, beside_at = len(stream), len(stream) + len(_MAIN)
    stream += _MAIN.encode("cp1252") + (_BESIDE.encode("utf-16-le") if wide else _BESIDE.encode("cp1252"))
    second = beside_at if wide else 2 * beside_at | 0x4000_0000
    plc = struct.pack("<III", 0, len(_MAIN), len(_MAIN) + len(_BESIDE))
    plc += struct.pack("<HIHHIH", 0, 2 * narrow_at | 0x4000_0000, 0, 0, second, 0)
    table = b"\1\2\0xx\2" + struct.pack("<I", len(plc)) + plc
    struct.pack_into("<H", stream, 0x0A, flags)
    struct.pack_into("<I", stream, 0x4C, len(_MAIN))
    struct.pack_into("<II", stream, 0x1A2, 0, len(table))
    return compound_file({"WordDocument": bytes(stream), "1Table" if flags & 0x200 else "0Table": table})


@pytest.mark.parametrize("flags", [0, 0x0200])
@pytest.mark.parametrize("wide", [True, False])
def test_notes_and_headers_of_word_97_are_found_without_their_field_codes(flags, wide):
    assert texts_beside(_doc(flags=flags, wide=wide), media_types.DOC.mime) == ["Footnote ü.", "7", "a-b\nc"]


def test_encrypted_texts_are_not_looked_at():
    assert texts_beside(_doc(flags=0x0300), media_types.DOC.mime) == []


def _records(*records: tuple[int, bytes]) -> bytes:
    return b"".join(struct.pack("<HH", kind, len(body)) + body for kind, body in records)


def _txo(length: int) -> tuple[int, bytes]:
    return 0x01B6, bytes(10) + struct.pack("<H", length) + bytes(6)


def test_text_boxes_comments_and_headers_of_excel_97_are_found():
    book = _records(
        _txo(5), (0x3C, b"\1" + "Größe".encode("utf-16-le")), (0x3C, b"\0formatting"),
        _txo(3), (0x3C, b"\0box"), _txo(0), (0x3C, b"\0no"),
        (0x14, struct.pack("<HB", 13, 0) + b"&LTop&C&\"x\"12"), (0x15, b""),
    )  # fmt: skip
    assert texts_beside(compound_file({"Workbook": book}), media_types.XLS.mime) == ["Größe", "box", " Top  12"]
    locked = _records((0x2F, b""), _txo(3), (0x3C, b"\0box"))
    assert texts_beside(compound_file({"Book": locked}), media_types.XLS.mime) == []


def _ppt() -> bytes:
    def record(kind: int, body: bytes, version: int = 0) -> bytes:
        return struct.pack("<HHI", version, kind, len(body)) + body

    master = record(1016, record(4008, b"Click to edit"), 0xF)
    slide = record(1006, record(4000, "Grüße\rall".encode("utf-16-le")) + record(4008, b"bytes"), 0xF)
    return compound_file({"PowerPoint Document": master + slide})


def test_texts_of_slides_are_found_but_not_those_of_their_masters():
    assert texts_beside(_ppt(), media_types.PPT.mime) == ["Grüße\nall", "bytes"]


@pytest.mark.parametrize(
    ("extracted", "data", "media_type", "expected"),
    [
        ("Main.\n\n7", _doc(), media_types.DOC, ["Main.", "7", "Footnote ü.", "a-b", "c"]),
        ("", _ppt(), media_types.PPT, ["Grüße", "all", "bytes"]),
        ("Slide", _ppt(), media_types.PPT, ["Slide"]),
        ("[Image: x]\nText", b"damaged", media_types.DOC, ["Text"]),
    ],
)
def test_the_reader_adds_what_the_engine_leaves_out(monkeypatch, extracted, data, media_type, expected):
    import kreuzberg

    class Found:
        content = extracted

    monkeypatch.setattr(kreuzberg, "extract_bytes_sync", lambda *_: Found)
    assert lines(read(data, media_type)) == expected
    assert legacy.read_legacy(data, media_type.mime).notices == ()


@example(media_types.DOC, 32, b"?")  # sectors of 2 ** 63 bytes
@given(st.sampled_from([media_types.DOC, media_types.PPT]), st.integers(0, 5_000), st.binary(max_size=8))
def test_damage_never_raises(media_type, at, patch):
    data = _doc() if media_type is media_types.DOC else _ppt()
    at %= len(data)
    assert isinstance(texts_beside(data[:at] + patch + data[at + len(patch) :], media_type.mime), list)
