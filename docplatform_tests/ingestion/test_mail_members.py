from __future__ import annotations

import base64
import hashlib
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docplatform.errors import PermanentError, ReasonCode
from docplatform.ingestion.budget import Budget
from docplatform.ingestion.mail_members import MAX_HEADERS, MAX_NESTING, mail_members
from docplatform.settings import LimitSettings
from docplatform_tests.ingestion.archives import limits, mail_of


def members(data: bytes, bounds: LimitSettings | None = None) -> list[tuple[str, bytes]]:
    return [(part.name, part.data) for part in mail_members(data, Budget(bounds or limits(), len(data)))]


def part(headers: str, body: bytes = b"x", boundary: str = "B") -> bytes:
    """A mail with one part in it."""
    head = f'From: a@b\r\nContent-Type: multipart/mixed; boundary="{boundary}"\r\n\r\n--{boundary}\r\n'
    return f"{head}{headers}\r\n\r\n".encode() + body + f"\r\n--{boundary}--\r\n".encode()


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_attachments_come_with_names_and_exact_bytes(newline: str) -> None:
    content = [("a.pdf", bytes(range(256)) * 50), ("ü b.txt", "Grüße".encode()), ("a.pdf", b"")]
    assert members(mail_of(*content, newline=newline)) == content


@pytest.mark.parametrize("data", [mail_of(), b"", b"From: a@b\n", b"From: a@b\n\nhello", b"no header at all"])
def test_a_mail_without_attachments_has_no_members(data: bytes) -> None:
    assert members(data) == []


def test_bodies_are_no_members_but_what_is_shown_in_them_is() -> None:
    message = EmailMessage()
    message["From"] = "a@b"
    message.set_content("plain")
    message.add_alternative("<img src='cid:1'>", subtype="html")
    html = message.get_payload(1)
    assert isinstance(html, EmailMessage)
    html.add_related(b"\x89PNG", "image", "png", cid="<1>")
    message.add_attachment("a;b", subtype="csv", filename="t.csv")
    assert members(message.as_bytes()) == [("part-3", b"\x89PNG"), ("t.csv", b"a;b\n")]


def test_an_attached_mail_is_one_member_byte_for_byte() -> None:
    inner = b"From:   odd@spacing.example\r\nSubject: =?utf-8?q?x?=\r\nX-Long: " + b"y" * 2000 + b"\r\n\r\nBody\r\n"
    data = part("Content-Type: message/rfc822", inner)
    assert members(data) == [("part-1.eml", inner)]
    assert members(
        part('Content-Type: message/rfc822; name="x"\r\nContent-Transfer-Encoding: base64', base64.encodebytes(inner))
    ) == [("x", inner)]


def test_parts_of_a_digest_are_mails() -> None:
    data = (
        b'From: a@b\nContent-Type: multipart/digest; boundary="B"\n\n--B\n\nFrom: x@y\nSubject: 1\n\none\n--B\n'
        b"Content-Type: text/plain\n\nnot this\n--B\n\nFrom: x@y\nSubject: 2\n\ntwo\n--B--\n"
    )
    assert members(data) == [
        ("part-1.eml", b"From: x@y\nSubject: 1\n\none"),
        ("part-3.eml", b"From: x@y\nSubject: 2\n\ntwo"),
    ]


def test_a_mail_that_is_nothing_but_an_attachment_has_it_as_member() -> None:
    data = b"From: a@b\nContent-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n" + base64.b64encode(
        b"%PDF"
    )
    assert members(data) == [("part-1", b"%PDF")]


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ('Content-Disposition: attachment; filename="a b.txt"', "a b.txt"),
        ("Content-Disposition: inline; filename=a.txt", "a.txt"),
        ('Content-Type: text/plain; name="n.txt"', "n.txt"),
        ("Content-Disposition: attachment; filename*=utf-8''%C3%BC.txt", "ü.txt"),
        ("Content-Disposition: attachment; filename*0*=utf-8''%C3%BC; filename*1=.txt", "ü.txt"),
        ('Content-Disposition: attachment; filename="=?utf-8?B?w7wudHh0?="', "ü.txt"),
        ('Content-Disposition: attachment; filename="=?iso-8859-1?Q?=FC?=.txt"', "ü.txt"),
        ('Content-Disposition: attachment; filename="=?nonsense?B?w7wudHh0?="', "=?nonsense?B?w7wudHh0?="),
        ('Content-Disposition: attachment; filename="=?utf-8?B?w?="', "=?utf-8?B?w?="),
        ('Content-Disposition: attachment; filename="ü.txt"', "ü.txt"),
        ('Content-Disposition: attachment; filename="../../etc/passwd"', "../../etc/passwd"),
        ('Content-Disposition: attachment;\r\n filename="folded.txt"', "folded.txt"),
        ("Content-Disposition: attachment; filename*0*=x; filename*=y; filename*1=z", "unnamed"),
        ("Content-Disposition: attachment; filename*" + "9" * 5000 + "=x", "unnamed"),
        ("Content-Disposition: attachment", "part-1"),
        ("Content-Type: application/pdf", "part-1"),
        ("Content-Type: message/delivery-status", "part-1"),
    ],
)
def test_a_part_with_a_name_or_of_another_kind_is_a_member(headers: str, name: str) -> None:
    assert members(part(headers)) == [(name, b"x")]


def test_a_name_in_an_older_encoding_is_a_name() -> None:
    data = part('Content-Disposition: attachment; filename="?.txt"').replace(b"?", b"\xfc")
    assert members(data) == [("ü.txt", b"x")]


@pytest.mark.parametrize("headers", ["Content-Type: text/html", "X-Nothing: 1", "", "Content-Type: multipart/mixed"])
def test_text_without_a_name_is_the_body(headers: str) -> None:
    assert members(part(headers)) == []


def test_a_multipart_with_an_unintelligible_boundary_is_not_lost() -> None:
    data = part("Content-Type: multipart/mixed; boundary*0*=x; boundary*=y; boundary*1=z")
    assert members(data) == [("unnamed", b"x")]


@pytest.mark.parametrize(
    ("encoding", "body", "content"),
    [
        ("base64", b"aGVs\r\nbG8=", b"hello"),
        ("BASE64 ", b"aGVsbG8=", b"hello"),
        ("base64", b"aGVsbG8", b"hello"),
        ("base64", b"!!! no base64 !!!", None),
        ("quoted-printable", b"a=3Db=\r\nc", b"a=bc"),
        ("x-uuencode", b"begin 644 x\n%:&5L;&\\\n`\nend", b"hello"),
        ("x-uuencode", b"nonsense", b"nonsense"),
        ("8bit", b"\xff\xfe\r\n\x80", b"\xff\xfe\r\n\x80"),
        ("base64", b"\xff\xfe\x80", None),
        ("unheard-of", b"as is", b"as is"),
    ],
)
def test_transfer_encodings_are_undone(encoding: str, body: bytes, content: bytes | None) -> None:
    (_, found), *others = members(part(f"Content-Type: a/b\r\nContent-Transfer-Encoding: {encoding}", body))
    assert not others
    assert content is None or found == content


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_mail_saved_in_another_unicode_encoding_is_unpacked(encoding: str) -> None:
    assert members(mail_of(("a.txt", b"hello")).decode().encode(encoding)) == [("a.txt", b"hello")]


def test_boundaries_are_whole_lines() -> None:
    data = part("Content-Type: a/b; name=x", b"--BB\r\n--B and more\r\n --B\r\n--B-\r\nend")
    assert members(data) == [("x", b"--BB\r\n--B and more\r\n --B\r\n--B-\r\nend")]


def test_empty_parts_and_an_epilogue_are_no_trouble() -> None:
    data = (
        b'Content-Type: multipart/mixed; boundary="B"\n\npreamble\n--B\n--B  \nContent-Type: a/b\n\n--B\n'
        b"Content-Type: a/b\n\nx\n--B--\nepilogue\n--B\nContent-Type: a/b\n\nno\n"
    )
    assert members(data) == [("part-2", b""), ("part-3", b"x")]


def test_a_line_that_is_no_header_ends_the_headers() -> None:
    data = b"From: a@b\nContent-Type: a/b\nthis is the body\n\nand more \xc3\xbc"
    assert members(data) == [("part-1", b"this is the body\n\nand more \xc3\xbc")]
    latin = b"X: \xfc\nContent-Type: a/b\nbody \xfc\n\nmore"
    assert members(latin) == [("part-1", b"body \xfc\n\nmore")]


def test_nested_multiparts_are_walked_in_order() -> None:
    inner = part("Content-Type: a/b; name=1", boundary="I").split(b"\r\n", 1)[1]
    data = part("X: y", boundary="B").replace(
        b"X: y\r\n\r\nx", inner + b"\r\n--B\r\nContent-Type: a/b; name=2\r\n\r\ny"
    )
    assert members(data) == [("1", b"x"), ("2", b"y")]


def test_a_mail_of_a_thousand_parts_gives_a_thousand_members() -> None:
    content = [(f"{number}.txt", b"%d" % number) for number in range(1000)]
    assert members(mail_of(*content)) == content


@pytest.mark.parametrize(
    ("data", "bounds"),
    [
        (mail_of(*[("a", b"x")] * 11), {"max_archive_entries": 10}),
        (b'Content-Type: multipart/mixed; boundary="B"\n\n' + b"--B\n\ntext\n" * 11, {"max_archive_entries": 10}),
        (mail_of(("a", b"x" * 100)), {"max_archive_bytes": 99}),
    ],
    ids=["attachments", "bodies", "bytes"],
)
def test_a_mail_over_a_limit_is_a_bomb(data: bytes, bounds: dict[str, int]) -> None:
    with pytest.raises(PermanentError) as caught:
        members(data, limits(**bounds))
    assert caught.value.reason is ReasonCode.BOMB


@pytest.mark.parametrize(("levels", "is_bomb"), [(MAX_NESTING, False), (MAX_NESTING + 1, True), (5_000, True)])
def test_multiparts_nest_only_so_deep(levels: int, is_bomb: bool) -> None:
    opening = "".join(f'Content-Type: multipart/mixed; boundary="{level}."\n\n--{level}.\n' for level in range(levels))
    data = (opening + "Content-Type: a/b\n\nx").encode()
    if not is_bomb:
        assert members(data) == [("part-1", b"x")]
        return
    with pytest.raises(PermanentError, match="levels deep") as caught:
        members(data)
    assert caught.value.reason is ReasonCode.BOMB


@pytest.mark.parametrize("tenth", range(1, 10))
def test_a_truncated_mail_gives_what_is_there(tenth: int) -> None:
    content = [(f"{number}.bin", hashlib.sha512(b"%d" % number).digest() * 9) for number in range(10)]
    whole = mail_of(*content)
    found = members(whole[: len(whole) * tenth // 10])
    assert found[:-1] == content[: max(0, len(found) - 1)]
    assert len(found) >= tenth - 1


def test_endless_headers_are_cut() -> None:
    data = b"From: a@b\n" + b"X-A: b\n" * (MAX_HEADERS // 7 + 100)
    assert members(data) == []
    quotes = b'Content-Type: a/b; name="' + b";" * 300_000 + b"\n\nx"
    assert len(members(quotes)) == 1


PIECES = st.sampled_from(
    [
        b"\n",
        b"\r\n",
        b"--B",
        b"--B--",
        b'Content-Type: multipart/mixed; boundary="B"',
        b"Content-Type: multipart/digest; boundary=B",
        b"Content-Type: message/rfc822",
        b"Content-Type: text/plain; charset=\0",
        b"Content-Disposition: attachment; filename*=\0''%ff",
        b"Content-Disposition: attachment; filename*0=a; filename*1*=''%",
        b'Content-Disposition: attachment; filename="=?a?b?c?="',
        b"Content-Transfer-Encoding: base64",
        b"Content-Transfer-Encoding: quoted-printable",
        b"Content-Transfer-Encoding: uuencode",
        b"=\xff",
        b" ",
        b"A: b",
        b"begin 644 x",
    ]
)


@given(st.lists(PIECES | st.binary(max_size=5), max_size=40))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_a_mail_with_members_or_none(pieces: list[bytes]) -> None:
    data = b'From: a@b\nContent-Type: multipart/mixed; boundary="B"\n\n' + b"".join(pieces)
    assert all(isinstance(content, bytes) for _, content in members(data))


@given(
    st.lists(st.tuples(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1), st.binary()), max_size=5)
)
@settings(max_examples=100, deadline=None)
def test_what_was_attached_comes_back(content: list[tuple[str, bytes]]) -> None:
    assert [data for _, data in members(mail_of(*content))] == [data for _, data in content]
