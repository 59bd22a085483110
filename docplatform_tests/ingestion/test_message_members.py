from __future__ import annotations

import pytest

from docplatform.documents.media_types import EML, MBOX, MSG, sniff
from docplatform.errors import PermanentError, ReasonCode
from docplatform.ingestion.containers import Member, unpack
from docplatform_tests.documents.compound_files import attached_message, attachment, compound_file, message_tree
from docplatform_tests.ingestion.archives import limits, zip_of

SUBJECT, BODY, HTML, SENDER = 0x0037, 0x1000, 0x1013, 0x0C1A


def members(data: bytes, **bounds: object) -> list[Member]:
    return list(unpack(data, sniff(data), limits(**bounds)))


def nested(depth: int) -> bytes:
    tree = message_tree({SUBJECT: "core"}, is_embedded=depth > 0)
    for level in range(depth):
        tree = message_tree(
            {SUBJECT: f"level {level}"},
            attachments=[attached_message("m", tree)],
            is_embedded=level < depth - 1,
        )
    return compound_file(tree)


def test_attachments_of_an_outlook_message_are_members_with_their_own_members() -> None:
    data = compound_file(
        message_tree({}, attachments=[attachment("ü" * 300, b"%PDF-1.4"), attachment("", zip_of(("a.txt", b"a")))])
    )
    assert sniff(data) == MSG
    assert [(member.position, member.name, member.media_type.extension) for member in members(data)] == [
        ((0,), "ü" * 300, "pdf"),
        ((1,), "part-2", "zip"),
        ((1, 0), "a.txt", "txt"),
    ]


def test_an_attached_message_becomes_a_mail_with_all_that_it_holds() -> None:
    inner = message_tree(
        {SUBJECT: "Grüße\0\nab", SENDER: "Ann", BODY: "plain ü"},
        binaries={HTML: b"<p>html</p>"},
        attachments=[attachment("b\1.csv", b"x;y\n1;2\n3;4\n")],
        is_embedded=True,
    )
    data = compound_file(message_tree({}, attachments=[attached_message("", inner)]))
    mail, file = members(data)
    assert (mail.media_type, mail.name) == (EML, "Grüße\0\nab.eml")
    assert b"Ann" in mail.data
    assert b"<p>html</p>" in mail.data or b"PHA+aHRtbDwvcD4" in mail.data
    assert (file.position, file.name, file.data) == ((0, 0), "b .csv", b"x;y\n1;2\n3;4\n")
    assert members(data)[0].data == mail.data, "the same bytes every time: they name the document"


def test_messages_in_messages_end_at_the_limit_of_levels() -> None:
    assert [member.position for member in members(nested(2))] == [(0,), (0, 0)]
    with pytest.raises(PermanentError) as caught:
        members(nested(4), max_archive_depth=2)
    assert caught.value.reason is ReasonCode.BOMB


@pytest.mark.parametrize(
    ("bounds", "reason"),
    [({"max_archive_entries": 1}, ReasonCode.BOMB), ({"max_archive_bytes": 10}, ReasonCode.BOMB)],
)
def test_limits_hold_for_messages(bounds: dict[str, object], reason: ReasonCode) -> None:
    data = compound_file(message_tree({}, attachments=[attachment("a", b"x" * 9), attachment("b", b"y" * 9)]))
    with pytest.raises(PermanentError) as caught:
        members(data, **bounds)
    assert caught.value.reason is reason


MAILBOX = (
    b"From a@x.org Thu Jan  1 00:00:00 2026\nFrom: a@x.org\nSubject: one\n\nHe wrote:\n\nFrom here on.\n"
    b">From me\n>>From\n\nFrom b@x.org Fri Jan  2 00:00:00 2026\r\nFrom: b@x.org\r\nSubject: two\r\n\r\ntwo\r\n"
)


def test_mails_of_a_mailbox_are_members() -> None:
    assert sniff(MAILBOX) == MBOX
    first, second = members(MAILBOX)
    assert (first.name, first.media_type, second.name, second.media_type) == ("mail-1.eml", EML, "mail-2.eml", EML)
    assert first.data == b"From: a@x.org\nSubject: one\n\nHe wrote:\n\nFrom here on.\nFrom me\n>>From\n"
    assert second.data.startswith(b"From: b@x.org\r\n")


def test_limits_hold_for_mailboxes() -> None:
    with pytest.raises(PermanentError) as caught:
        members(MAILBOX, max_archive_entries=1)
    assert caught.value.reason is ReasonCode.BOMB
