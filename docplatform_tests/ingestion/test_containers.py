from __future__ import annotations

import io

import pytest

from docplatform.documents.media_types import DOCX, EML, TXT, ZIP, sniff
from docplatform.errors import PermanentError, ReasonCode
from docplatform.ingestion.containers import Member, unpack
from docplatform_tests.ingestion.archives import (
    SYMLINK,
    Entry,
    crafted_zip,
    limits,
    mail_of,
    nested_mail,
    nested_zip,
    zip_of,
    zip_of_special,
)

LOCKED = crafted_zip(Entry(flags=1))
BROKEN = zip_of(("a.txt", b"hello"))[:-10]


def flat(data: bytes, **bounds: object) -> list[tuple[tuple[int, ...], str, str]]:
    """Position, name and type of every member."""
    found = unpack(data, sniff(data), limits(**bounds))
    return [(member.position, member.name, member.media_type.extension) for member in found]


def refused(data: bytes, **bounds: object) -> PermanentError:
    with pytest.raises(PermanentError) as caught:
        unpack(data, sniff(data), limits(**bounds))
    return caught.value


def test_what_lies_in_each_other_comes_after_what_holds_it() -> None:
    inner = mail_of(("scan.pdf", b"%PDF-1.4"), ("more.zip", zip_of(("deep.txt", b"deep"))))
    assert flat(zip_of(("a.txt", b"a"), ("mail.eml", inner), ("b.csv", b"x;y\n1;2\n"))) == [
        ((0,), "a.txt", "txt"),
        ((1,), "mail.eml", "eml"),
        ((1, 0), "scan.pdf", "pdf"),
        ((1, 1), "more.zip", "zip"),
        ((1, 1, 0), "deep.txt", "txt"),
        ((2,), "b.csv", "csv"),
    ]


def test_types_are_told_from_content_not_from_names() -> None:
    assert flat(zip_of(("a.pdf", zip_of(("b.jpg", b"text"))))) == [((0,), "a.pdf", "zip"), ((0, 0), "b.jpg", "txt")]


def test_office_files_are_no_containers() -> None:
    office = zip_of(("[Content_Types].xml", b"<Types/>"), ("word/document.xml", b"<x/>"))
    assert flat(zip_of(("letter.docx", office))) == [((0,), "letter.docx", "docx")]
    with pytest.raises(ValueError, match="no container"):
        unpack(office, DOCX, limits())


def test_a_stream_is_unpacked_like_bytes() -> None:
    data = zip_of(("a.txt", b"a"), ("inner.zip", zip_of(("b.txt", b"b"))))
    assert list(unpack(io.BytesIO(data), ZIP, limits())) == list(unpack(data, ZIP, limits()))
    mail = mail_of(("a.txt", b"a"))
    assert list(unpack(io.BytesIO(mail), EML, limits())) == list(unpack(mail, EML, limits()))


def test_members_carry_their_bytes() -> None:
    (member,) = unpack(zip_of(("a.txt", b"hello")), ZIP, limits())
    assert member == Member(position=(0,), name="a.txt", data=b"hello", media_type=TXT)


@pytest.mark.parametrize(
    ("inner", "reason"),
    [
        (LOCKED, ReasonCode.ENCRYPTED),
        (BROKEN, ReasonCode.CORRUPT),
        (crafted_zip(Entry(), Entry(b"b", crc=1)), ReasonCode.CORRUPT),
        (crafted_zip(Entry(method=9)), ReasonCode.UNSUPPORTED_TYPE),
        (zip_of(("big", b"x" * 3_000)), ReasonCode.TOO_LARGE),
    ],
)
@pytest.mark.parametrize("is_mail", [False, True])
def test_an_inner_archive_that_cannot_be_unpacked_comes_with_its_reason_and_without_members(
    inner: bytes, reason: ReasonCode, is_mail: bool
) -> None:
    pack = mail_of if is_mail else zip_of
    data = pack(("inner.zip", inner), ("a.txt", b"a"))
    first, second = unpack(data, sniff(data), limits(max_file_bytes=2_000))
    assert (first.name, first.data, first.reason) == ("inner.zip", inner, reason)
    assert first.message
    assert (second.name, second.reason, second.message) == ("a.txt", None, "")


@pytest.mark.parametrize(("data", "reason"), [(LOCKED, ReasonCode.ENCRYPTED), (BROKEN, ReasonCode.CORRUPT)])
def test_an_outer_archive_that_cannot_be_unpacked_is_refused(data: bytes, reason: ReasonCode) -> None:
    assert refused(data).reason is reason


def test_a_link_comes_with_a_reason_and_is_never_unpacked() -> None:
    _, link = unpack(zip_of_special("link.zip", zip_of(("a", b"a")), SYMLINK), ZIP, limits())
    assert (link.reason, link.media_type) == (ReasonCode.UNSUPPORTED_TYPE, ZIP)
    assert "symbolic link" in link.message


@pytest.mark.parametrize("make", [nested_zip, nested_mail])
def test_levels_are_counted_across_archives_and_mails(make: object) -> None:
    assert callable(make)
    assert len(flat(make(3))) == 3
    error = refused(make(4))
    assert (error.reason, "3 levels deep" in str(error)) == (ReasonCode.BOMB, True)
    assert len(flat(make(4), max_archive_depth=4)) == 4
    mixed = zip_of(("mail.eml", mail_of(("b.zip", nested_zip(2)))))
    assert refused(mixed).reason is ReasonCode.BOMB


def test_bytes_and_entries_are_counted_across_levels() -> None:
    data = zip_of(*((f"{n}.zip", zip_of(*((str(m), b"x" * 100) for m in range(10)))) for n in range(10)))
    assert len(flat(data)) == 110
    assert len(flat(data, max_archive_entries=110)) == 110
    assert refused(data, max_archive_entries=109).reason is ReasonCode.BOMB
    total = sum(len(member.data) for member in unpack(data, ZIP, limits()))
    assert len(flat(data, max_archive_bytes=total)) == 110
    assert refused(data, max_archive_bytes=total - 1).reason is ReasonCode.BOMB


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(zip_of(*((f"{n}.txt", b"fine") for n in range(20)), ("z", bytes(8 * 2**20))), id="last of many"),
        pytest.param(mail_of(("fine.txt", b"fine"), ("b.zip", zip_of(("z", bytes(8 * 2**20))))), id="in a mail"),
        pytest.param(nested_zip(3, bytes(8 * 2**20)), id="three levels down"),
        pytest.param(
            zip_of(*((f"{n}.zip", nested_zip(2, bytes(100_000))) for n in range(40))), id="small ones that add up"
        ),
        pytest.param(
            zip_of(("noise", bytes(range(256)) * 4_000), ("b.zip", zip_of(("z", bytes(8 * 2**20)))), method=0),
            id="hidden by a large neighbour",
        ),
    ],
)
def test_nothing_of_a_bomb_is_handed_out(data: bytes) -> None:
    assert refused(data).reason is ReasonCode.BOMB


def test_a_zip_that_holds_itself_ends_at_the_limit_of_levels() -> None:
    """A quine unpacks to itself for ever; here a generator of the next level stands for it."""
    data = b"never ends"
    for _ in range(50):
        data = zip_of(("r/r.zip", data))
    assert refused(data).reason is ReasonCode.BOMB


@pytest.mark.parametrize("tenth", range(11))
def test_a_truncated_container_is_refused_or_gives_members(tenth: int) -> None:
    mail = mail_of(("a.zip", zip_of(*((str(n), b"%d" % n * 99) for n in range(9)))), ("b.txt", b"b" * 999))
    cut = mail[: len(mail) * tenth // 10]
    assert [member.name for member in unpack(cut, EML, limits()) if len(member.position) == 1] in (
        [],
        ["a.zip"],
        ["a.zip", "b.txt"],
    )
