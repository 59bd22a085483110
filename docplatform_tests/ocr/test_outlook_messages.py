"""msg: a message's headers and bodies as text."""

import pytest

from docplatform.documents import media_types
from docplatform.documents.media_types import sniff
from docplatform.errors import PermanentError, ReasonCode
from docplatform_tests.documents.compound_files import attachment, compound_file, message_tree
from docplatform_tests.ocr.reading import lines, read

SUBJECT, BODY, HTML, RTF = 0x0037, 0x1000, 0x1013, 0x1009


@pytest.mark.parametrize(
    ("texts", "binaries", "expected"),
    [
        ({BODY: "One.\r\n\r\nTwo."}, {}, ["One.", "Two."]),
        ({BODY: "One."}, {HTML: "<p>One.</p><p>Zwölf</p>".encode("cp1252")}, ["One.", "Zwölf"]),
        ({}, {HTML: b"<p>only</p>"}, ["only"]),
        ({}, {RTF: b"\x14\0\0\0\x14\0\0\0MELA\0\0\0\0{\\rtf1 rich\\par}"}, ["rich"]),
        ({}, {}, []),
    ],
)
def test_bodies_are_read_and_what_they_share_only_once(texts, binaries, expected):
    tree = message_tree({SUBJECT: "S"} | texts, binaries=binaries, fixed=[(0x3FDE, 3, 1252)])
    data = compound_file(tree)
    assert sniff(data) is media_types.MSG
    assert lines(read(data, media_types.MSG)) == ["Subject: S", *expected]


def test_attachments_are_listed_up_to_the_limit():
    files = [attachment("a ü.pdf", b"x"), attachment("", b"y")]
    data = compound_file(message_tree({}, attachments=files))
    assert lines(read(data, media_types.MSG)) == ["Attachment: a ü.pdf", "Attachment: (unnamed)"]
    with pytest.raises(PermanentError) as caught:
        read(data, media_types.MSG, max_archive_entries=1)
    assert caught.value.reason is ReasonCode.BOMB
