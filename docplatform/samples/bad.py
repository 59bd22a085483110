"""Files that test the platform's manners: broken, locked, hostile, misnamed, doubled.

Each comes with what must become of it. ``raw_blobs`` refuses what can be told at the door (from the first bytes and a
zip's directory), ``ocr_text`` what shows only when it is read.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator

from docplatform.errors import ReasonCode
from docplatform.samples import archive
from docplatform.samples.options import SampleOptions
from docplatform.samples.pdf import draft_to_pdf
from docplatform.samples.render import WRITERS, describe, render
from docplatform.samples.truth import Expected, Kind, SampleFile, quarantined

Made = tuple[SampleFile, bytes]

_EMPTY = quarantined(ReasonCode.EMPTY, "raw_blobs")
_BOMB = quarantined(ReasonCode.BOMB, "raw_blobs")
_LOCKED_ZIP = quarantined(ReasonCode.ENCRYPTED, "raw_blobs")
_UNKNOWN = quarantined(ReasonCode.UNSUPPORTED_TYPE, "raw_blobs")
_LOCKED_PDF = quarantined(ReasonCode.ENCRYPTED, "ocr_text")
_CORRUPT = quarantined(ReasonCode.CORRUPT, "ocr_text")


def bad_files(options: SampleOptions) -> Iterator[Made]:
    """Every file that must be quarantined, or that looks as if it should and must be read."""
    for name, data, extension, expected, what in _broken(options):
        yield _made(name, data, extension, expected, what, options)
    for number, (style, name) in enumerate(
        (("pdf", "notes_from_meeting.txt"), ("png", "contract final.pdf"), ("docx", "photo.jpg"))
    ):
        yield _misnamed(style, name, number, options)


def _broken(options: SampleOptions) -> Iterator[tuple[str, bytes, str, Expected, str]]:
    rng = options.rng("bad")
    yield "empty.pdf", b"", "bin", _EMPTY, "empty"
    yield "inbox/nothing.txt", b"", "bin", _EMPTY, "empty"
    yield "inbox/blank.txt", b" \r\n\t\r\n" * 40, "bin", _EMPTY, "white_space"
    yield "scans/cut_off.pdf", _cut(_sample("pdf", 0, options), 0.1), "pdf", _CORRUPT, "truncated"
    yield "scans/cut_off.png", _cut(_sample("png", 1, options), 0.4), "png", _CORRUPT, "truncated"
    yield "scans/cut_off.jpg", _cut(_sample("jpg", 2, options), 0.4), "jpg", _CORRUPT, "truncated"
    yield "contracts/locked.pdf", _locked_pdf(options), "pdf", _LOCKED_PDF, "encrypted"
    yield "archive/huge.zip", archive.ratio_bomb(), "zip", _BOMB, "ratio_bomb"
    yield "archive/many.zip", archive.overlap_bomb(), "zip", _BOMB, "overlap_bomb"
    secret = archive.encrypted_zip("secret.txt", b"Nobody reads this. " * 20, "unknown", rng)
    yield "archive/locked.zip", secret, "zip", _LOCKED_ZIP, "encrypted"
    yield "firmware.bin", b"\xfe\0\x01\0" + rng.randbytes(4_092), "bin", _UNKNOWN, "random_bytes"
    yield "archive/backup.7z", b"7z\xbc\xaf\x27\x1c\0\x04" + rng.randbytes(600), "7z", _UNKNOWN, "seven_zip"


def _made(name: str, data: bytes, extension: str, expected: Expected, what: str, options: SampleOptions) -> Made:
    customer = options.customers[len(name) % len(options.customers)]
    digest = hashlib.sha256(data).hexdigest()
    return SampleFile(
        path=f"{customer}/{name}",
        customer=customer,
        sha256=digest,
        format=extension,
        template=f"bad/{what}",
        expected=expected,
    ), data


def _misnamed(style: str, name: str, number: int, options: SampleOptions) -> Made:
    """A good document under a name that lies about its type. It is read, as what it is."""
    rng = options.rng("misnamed", number)
    draft = WRITERS[(Kind.LETTER, Kind.INVOICE, Kind.LOAN_AGREEMENT)[number % 3]](rng, False, options)
    customer = options.customers[number % len(options.customers)]
    rendered = render(draft, style, rng, options)
    return describe(draft, rendered, f"{customer}/{name}", customer), rendered.data


def _sample(style: str, number: int, options: SampleOptions) -> bytes:
    rng = options.rng("damaged", number)
    return render(WRITERS[Kind.RECEIPT](rng, False, options), style, rng, options).data


def _locked_pdf(options: SampleOptions) -> bytes:
    rng: random.Random = options.rng("locked")
    return draft_to_pdf(WRITERS[Kind.LOAN_AGREEMENT](rng, False, options), rng, encrypted=True)


def _cut(data: bytes, share: float) -> bytes:
    return data[: int(len(data) * share)]
