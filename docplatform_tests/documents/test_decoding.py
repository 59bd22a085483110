"""Bytes to text. Each case once went wrong somewhere, or is easily taken for another."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docplatform.documents.decoding import as_ascii_superset, decode, decode_head, wide_encoding
from docplatform.errors import PermanentError, ReasonCode

SENTENCE = "Zürich: Der Löwe läuft über die Straße.\r\nÉté à la plage; où est-ce? Ça va très bien, merci.\r\n"
UNICODE = ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]


@pytest.mark.parametrize("encoding", [*UNICODE, "utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_text_is_decoded_verbatim(encoding: str) -> None:
    decoded = decode(SENTENCE.encode(encoding))
    assert (decoded.text, decoded.undecodable) == (SENTENCE, 0)
    assert decoded.had_bom == (encoding in ("utf-8-sig", "utf-16", "utf-32"))


@pytest.mark.parametrize(
    ("text", "encoding", "why"),
    [
        ("The fee is 100 € a month, to be paid in advance.", "cp1252", "a lone € among ASCII: once read as Ć"),
        ("Café — “naïve” costs 5 €", "cp1252", "quotes and dashes that Latin-1 doesn't have"),
        ("Это обычный русский текст, написанный в старой кодировке для проверки. " * 4, "cp1251", "Cyrillic"),
        (
            "これは日本語の文章です。文字コードの判定を確認するために書かれています。" * 4,
            "shift_jis",
            "two bytes a character",
        ),
        ("Příliš žluťoučký kůň úpěl ďábelské ódy v zelené zahradě.", "cp1250", "Czech shares letters with cp1252"),
        ("Привет, это письмо.\nПока.", "utf-16-le", "UTF-16 whose bytes are all valid UTF-8"),
        ("Привет, это письмо.\nПока.", "utf-16-be", "the same, the other way round"),
        ("漢字の文書です。\n" * 3, "utf-16-le", "UTF-16 with hardly a zero byte"),
        ("abc" * 40_000 + "é", "utf-8", "the first wide character after the sample"),
        ("ab\x81\x1b" * 3, "latin-1", "statistics see UTF-16 in it"),
        ("", "utf-8", "nothing"),
        ("a\rb\nc\r\n", "utf-8", "line ends of all kinds"),
    ],
)
def test_encodings_are_told_without_a_mark(text: str, encoding: str, why: str) -> None:
    assert decode(text.encode(encoding)).text == text, why


@pytest.mark.parametrize("encoding", UNICODE)
def test_a_byte_order_mark_is_dropped_but_a_second_one_is_text(encoding: str) -> None:
    mark = "\ufeff".encode(encoding)
    decoded = decode(mark + "a\r\nb".encode(encoding))
    assert (decoded.text, decoded.encoding, decoded.had_bom) == ("a\r\nb", encoding, True)
    assert decode(mark + mark + "a".encode(encoding)).text == "\ufeffa"


@pytest.mark.parametrize(
    ("text", "encoding", "declared"),
    [
        ("Łódź", "iso-8859-2", "iso-8859-2"),
        ("100 € “netto”", "cp1252", "iso-8859-1"),  # Windows programs declare Latin-1 and write cp1252
        ("caf\xe9 \x81", "latin-1", "iso-8859-1"),  # a byte that cp1252 doesn't know
        ("繁體和简体、€", "gb18030", "gb2312"),
        ("Привет", "koi8-r", "KOI8-R"),
        ("Grüße", "utf-8", "iso-8859-1"),  # valid UTF-8 is UTF-8, whatever is declared
    ],
)
def test_a_declared_encoding_is_believed_where_it_fits(text: str, encoding: str, declared: str) -> None:
    assert decode(text.encode(encoding), declared).text == text


@pytest.mark.parametrize(
    "declared",
    [
        *("no-such-encoding", "", "zlib", "a\0b", "unicode_escape", "punycode", "idna", "undefined"),
        *("utf-16", "utf-32-le", "us-ascii"),
    ],
)
def test_a_declared_encoding_that_cant_be_is_passed_over(declared: str) -> None:
    assert decode("naïveté \\n, café".encode("cp1252"), declared).text == "naïveté \\n, café"


def test_xml_declares_its_encoding_in_its_first_line() -> None:
    xml = '<?xml version="1.0" encoding="iso-8859-2"?><a>Łódź</a>'
    assert decode(xml.encode("iso-8859-2")).text == xml


@pytest.mark.parametrize(
    ("data", "text", "undecodable"),
    [
        (b"\xff\xfea\x00\x00\xd8", "a\ufffd", 1),
        (codecs.BOM_UTF8 + b"a\xffb\xfe", "a\ufffdb\ufffd", 2),
        ("ééééééééééé".encode() + b"\xff tail", "ééééééééééé\ufffd tail", 1),
        ("ééééééééééé \ufffd".encode() + b"\xff", "ééééééééééé \ufffd\ufffd", 1),  # the file's own isn't counted
        ("\ufffd".encode(), "\ufffd", 0),
        (("The agreement.\n" * 20).encode("utf-16-le") + b"\x00\xd8", "The agreement.\n" * 20 + "\ufffd", 1),
    ],
)
def test_damage_is_replaced_and_counted(data: bytes, text: str, undecodable: int) -> None:
    decoded = decode(data)
    assert (decoded.text, decoded.undecodable) == (text, undecodable)


def test_bytes_of_no_code_page_are_latin_1_unless_they_hold_zeros() -> None:
    data = bytes(range(128, 256))
    assert decode(data).text == data.decode("latin-1")
    with pytest.raises(PermanentError, match="aren't text") as caught:
        decode(b"\0\x81\x8d" * 3)
    assert caught.value.reason is ReasonCode.CORRUPT


@given(st.text(max_size=50))
def test_utf8_is_never_mistaken(text: str) -> None:
    data = text.encode("utf-8", "surrogatepass") if text.isascii() else text.encode("utf-8", "ignore")
    if b"\0" not in data and not data.startswith(codecs.BOM_UTF8):
        assert decode(data).text == data.decode()


@given(st.binary(max_size=200))
def test_any_bytes_are_decoded_or_refused_alike_every_time(data: bytes) -> None:
    try:
        decoded = decode(data)
    except PermanentError:
        assert b"\0" in data
    else:
        assert decoded == decode(data)
        assert decoded.undecodable <= decoded.text.count("\ufffd")


@pytest.mark.parametrize("encoding", UNICODE)
def test_heads_are_decoded_up_to_a_character_that_is_cut(encoding: str) -> None:
    head = (SENTENCE.replace("\r", "") * 3).encode(encoding)
    text = decode_head(head[:-1] if encoding == "utf-8" else head)
    assert text is not None
    assert text.startswith("Zürich: Der Löwe")


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ("A word".encode("utf-16-le"), "utf-16-le"),
        ("A word".encode("utf-32-be"), "utf-32-be"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF8 + b"a", None),
        (b"A word", None),
        (b"\0\1\2\3" * 10, None),
        (b"", None),
    ],
)
def test_wide_encodings_are_named(head: bytes, encoding: str | None) -> None:
    assert wide_encoding(head) == encoding


def test_control_characters_make_no_text() -> None:
    assert decode_head(b"\1\2\3 abc" * 10) is None
    assert decode_head("naïve".encode("cp1252")) == "naïve"


@pytest.mark.parametrize("encoding", [*UNICODE, "utf-8-sig", "utf-16", "utf-32"])
def test_ascii_syntax_can_be_read_in_what_was_wide(encoding: str) -> None:
    assert as_ascii_superset("Subject: Grüße\r\n".encode(encoding)) == "Subject: Grüße\r\n".encode()


def test_bytes_that_arent_wide_stay_as_they_are() -> None:
    assert as_ascii_superset(b"Subject: Gr\xfc\xdfe") == b"Subject: Gr\xfc\xdfe"
