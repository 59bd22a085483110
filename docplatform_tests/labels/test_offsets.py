import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docplatform.labels.offsets import StringIndexType, TextOffsets, decode_document
from docplatform.ocr.local.plain_text import decode as decode_as_the_reader_does

PIECES = ["a", "é", "e\u0301", "😀", "𝒳", "漢", "\r\n", "\n", " ", "\ufeff", "👨\u200d👩"]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


@given(TEXTS, st.data())
def test_spans_go_to_code_points_and_back_in_both_units(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    for unit in StringIndexType:
        offsets = TextOffsets(text, unit)
        offset, length = offsets.span_to_unit(start, end)
        assert offsets.span_to_code_points(offset, length) == (start, end)
    utf16 = text.encode("utf-16-le")
    offset, length = TextOffsets(text, StringIndexType.UTF16_CODE_UNIT).span_to_unit(start, end)
    assert utf16[2 * offset : 2 * (offset + length)].decode("utf-16-le") == text[start:end]


@pytest.mark.parametrize("unit", list(StringIndexType))
@pytest.mark.parametrize("offset", [-1, 4])
def test_offsets_outside_the_text_are_refused(unit: StringIndexType, offset: int) -> None:
    with pytest.raises(ValueError, match="outside"):
        TextOffsets("abc", unit).to_code_point(offset)


def test_an_offset_within_a_character_is_refused() -> None:
    with pytest.raises(ValueError, match="inside a character"):
        TextOffsets("a😀b", StringIndexType.UTF16_CODE_UNIT).to_code_point(2)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"plain\r\nlines\rand\nends",
        "é 漢 😀\r\n".encode(),
        codecs.BOM_UTF8 + "Grüße\r\n".encode(),
        "Grüße aus Köln\r\n".encode("utf-16"),
        codecs.BOM_UTF16_BE + "Grüße".encode("utf-16-be"),
        codecs.BOM_UTF32_LE + "Grüße".encode("utf-32-le"),
        "The agreement is made between two parties.\r\n".encode("utf-16-le"),
        "The agreement is made between two parties.\r\n".encode("utf-16-be"),
        "The agreement is made between two parties.\r\n".encode("utf-32-le"),
        "Der Vertrag für die Überführung wurde in München geprüft und für gültig erklärt.".encode("cp1252"),
        "Café — “naïve” costs 5 €".encode("cp1252"),
        "Договор был подписан вчера в Москве обеими сторонами.".encode("cp1251"),
        "ÄÖÜäöü ß éèê".encode() * 5 + b"\xff",
        b"\x81\x8d\x8f\x90\x9d caf\xe9",
        bytes(range(128, 256)),
        "日本語のテキストです。契約書を確認してください。".encode("shift_jis"),
        "Příliš žluťoučký kůň úpěl ďábelské ódy v zelené zahradě.".encode("cp1250"),
    ],
)
def test_bytes_become_the_text_that_the_reader_makes_of_them(data: bytes) -> None:
    assert decode_document(data).text == decode_as_the_reader_does(data)[0]


def test_a_byte_order_mark_is_no_part_of_the_text_but_line_ends_are() -> None:
    decoded = decode_document(codecs.BOM_UTF8 + b"a\r\nb")
    assert (decoded.text, decoded.had_bom, decoded.encoding) == ("a\r\nb", True, "utf-8")
