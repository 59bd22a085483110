"""Outlook messages: what is taken out of their compound file."""

import struct

import pytest

from docplatform.documents.outlook import open_message, unpacked_rtf
from docplatform.errors import PermanentError, ReasonCode
from docplatform_tests.documents.compound_files import (
    attached_message,
    attachment,
    compound_file,
    message_tree,
    properties,
    recipient,
)

SUBJECT, BODY, HTML, RTF = 0x0037, 0x1000, 0x1013, 0x1009
SENDER_NAME, SENDER_ADDRESS, DISPLAY_TO = 0x0C1A, 0x0C1F, 0x0E04
SENT, CODE_PAGE, BODY_CODE_PAGE = (0x0039, 0x0040), (0x3FFD, 3), (0x3FDE, 3)
SECONDS_1601_TO_2026 = 13_411_699_200  # to 1 January 2026


def test_headers_are_those_a_mail_has():
    tree = message_tree(
        {SUBJECT: "Grüße\nab", SENDER_NAME: "Ann", SENDER_ADDRESS: "ann@x.org", BODY: "Hello"},
        fixed=[(*SENT, SECONDS_1601_TO_2026 * 10**7)],
        recipients=[recipient("Bob", "bob@x.org", 1), recipient("cy@x.org", "cy@x.org", 2), recipient("D", "/O=X", 3)],
    )
    message = open_message(compound_file(tree))
    assert message.headers == [
        ("From", "Ann <ann@x.org>"),
        ("To", "Bob <bob@x.org>"),
        ("Cc", "cy@x.org"),
        ("Bcc", "D"),
        ("Date", "2026-01-01 00:00:00+00:00"),
        ("Subject", "Grüße ab"),
    ]
    assert message.text == "Hello"


def test_names_shown_stand_in_for_recipients_that_arent_there():
    assert open_message(compound_file(message_tree({DISPLAY_TO: "Bob; Cy"}))).headers == [("To", "Bob; Cy")]


def test_a_message_without_anything_is_empty():
    message = open_message(compound_file(message_tree({})))
    assert (message.headers, message.text, message.html, message.rtf) == ([], "", b"", b"")
    assert list(message.attachments()) == []


@pytest.mark.parametrize(
    ("code_page", "encoded"), [(1251, "Привет".encode("cp1251")), (65001, "Привет".encode()), (0, b"Gr\xfc\xdfe")]
)
def test_texts_in_a_code_page_are_decoded(code_page, encoded):
    tree = message_tree({}, fixed=[(*CODE_PAGE, code_page)]) | {f"__substg1.0_{BODY:04X}001E": encoded + b"\0"}
    assert open_message(compound_file(tree)).text in ("Привет", "Grüße")


@pytest.mark.parametrize(("number", "name"), [(1252, "cp1252"), (65001, "utf-8"), (0, None), (99999, None)])
def test_the_encoding_of_html_is_the_one_that_the_message_states(number, name):
    tree = message_tree({}, binaries={HTML: b"<p>x</p>"}, fixed=[(*BODY_CODE_PAGE, number)])
    message = open_message(compound_file(tree))
    assert (message.html, message.html_encoding) == (b"<p>x</p>", name)


def test_html_written_as_text_is_utf_8():
    message = open_message(compound_file(message_tree({HTML: "<p>ü</p>"})))
    assert (message.html, message.html_encoding) == ("<p>ü</p>".encode(), "utf-8")


def test_attachments_come_one_by_one_with_their_messages():
    inner = message_tree({SUBJECT: "Inner"}, attachments=[attachment("deep.txt", b"deep")], is_embedded=True)
    files = [attachment("a long name ü.pdf", b"%PDF" * 2_000), attached_message("mail", inner)]
    found = list(open_message(compound_file(message_tree({}, attachments=files))).attachments())
    assert [(each.name, each.data) for each in found] == [("a long name ü.pdf", b"%PDF" * 2_000), ("mail", b"")]
    assert found[1].message is not None
    assert found[1].message.subject == "Inner"
    assert [each.data for each in found[1].message.attachments()] == [b"deep"]


def test_an_object_of_another_program_is_its_largest_stream():
    storage = {"small": b"x", "CONTENTS": b"the object"}
    part = {"__properties_version1.0": properties((), 8), "__substg1.0_3701000D": storage}
    (found,) = open_message(compound_file(message_tree({}, attachments=[part]))).attachments()
    assert (found.message, found.data) == (None, b"the object")


@pytest.mark.parametrize("ticks", [1, 2**63])
def test_impossible_dates_are_left_out(ticks):
    assert open_message(compound_file(message_tree({}, fixed=[(*SENT, ticks)]))).headers == []


@pytest.mark.parametrize("tenth", range(1, 10))
def test_a_message_that_is_cut_off_is_corrupt_or_gives_what_is_there(tenth):
    data = compound_file(message_tree({BODY: "Hello" * 2_000}, attachments=[attachment("a", b"x" * 9_000)]))
    assert _outcome(data[: len(data) * tenth // 10]) in ((10_000, 1), (10_000, 0), ReasonCode.CORRUPT)


def _outcome(data: bytes) -> tuple[int, int] | ReasonCode:
    """How many characters and attachments there are, or why there are none."""
    try:
        message = open_message(data)
        return len(message.text), sum(1 for _ in message.attachments())
    except PermanentError as error:
        return error.reason


def test_what_is_no_compound_file_is_corrupt():
    with pytest.raises(PermanentError) as caught:
        open_message(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    assert caught.value.reason is ReasonCode.CORRUPT


# The examples of MS-OXRTFCP 3.1 and 3.2.
SIMPLE = bytes.fromhex(
    "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
)
CROSSING = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")


@pytest.mark.parametrize(
    ("packed", "text"),
    [
        (SIMPLE, b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"),
        (CROSSING, b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"),
        (struct.pack("<II4sI", 20, 5, b"MELA", 0) + b"{\\rtf1}", b"{\\rt"),
        (b"short", b""),
        (struct.pack("<II4sI", 20, 5, b"????", 0) + b"abc", b""),
    ],
)
def test_compressed_rtf_is_unpacked(packed, text):
    assert unpacked_rtf(packed)[: len(text)] == text


@pytest.mark.parametrize("cut", range(24, len(SIMPLE), 5))
def test_compressed_rtf_that_is_cut_off_gives_what_is_there(cut):
    whole, part = unpacked_rtf(SIMPLE), unpacked_rtf(SIMPLE[:cut])
    assert part
    assert whole.startswith(part[:-20])
