"""Damage: what turns a good file into one that is cut, garbled or rearranged."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable, Mapping

Mutation = Callable[[bytes, random.Random], bytes]


def _cut(data: bytes, rng: random.Random) -> bytes:
    return data[: len(data) * rng.randint(1, 9) // 10]


def _random_behind_header(data: bytes, rng: random.Random) -> bytes:
    header = rng.choice((8, 16, 64, 256, 512))
    return data[:header] + rng.randbytes(rng.choice((100, 2_000, 20_000)))


def _flips(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 3, 10, 100))):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _extremes(data: bytes, rng: random.Random) -> bytes:
    """A few fields set to what lengths, counts and offsets are at their worst."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 2, 5))):
        value = rng.choice(
            (b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\0", b"\x80\0\0\0", b"\0\0\0\x80", b"\1\0")
        )
        at = rng.randrange(len(changed))
        changed[at : at + len(value)] = value
    return bytes(changed)


def _numbers(data: bytes, rng: random.Random) -> bytes:
    """A decimal number made another, as in PDF, RTF, XML, JSON and mail."""
    digits = [index for index, byte in enumerate(data) if 48 <= byte <= 57]
    if not digits:
        return _extremes(data, rng)
    at = rng.choice(digits)
    return data[:at] + rng.choice((b"-1", b"0", b"99999999999", b"2147483648", b"1e308")) + data[at + 1 :]


def _chunk(data: bytes, rng: random.Random) -> tuple[int, int]:
    start = rng.randrange(len(data))
    return start, min(len(data), start + rng.choice((1, 16, 200, 4_000)))


def _swapped(data: bytes, rng: random.Random) -> bytes:
    (a, b), (c, d) = sorted((_chunk(data, rng), _chunk(data, rng)))
    b, c = min(b, c), max(b, c)
    d = max(c, d)
    return data[:a] + data[c:d] + data[b:c] + data[a:b] + data[d:]


def _deleted(data: bytes, rng: random.Random) -> bytes:
    start, end = _chunk(data, rng)
    return data[:start] + data[end:]


def _inserted(data: bytes, rng: random.Random) -> bytes:
    start, end = _chunk(data, rng)
    what = rng.choice((data[start:end], rng.randbytes(end - start), bytes(end - start), b"\xff" * (end - start)))
    at = rng.randrange(len(data))
    return data[:at] + what + data[at:]


def _zeroed(data: bytes, rng: random.Random) -> bytes:
    start, end = _chunk(data, rng)
    return data[:start] + bytes(end - start) + data[end:]


def _twice(data: bytes, rng: random.Random) -> bytes:
    return data + data[: rng.randrange(len(data)) + 1]


BYTES: Mapping[str, Mutation] = {
    "cut": _cut,
    "random": _random_behind_header,
    "flips": _flips,
    "extremes": _extremes,
    "numbers": _numbers,
    "swapped": _swapped,
    "deleted": _deleted,
    "inserted": _inserted,
    "zeroed": _zeroed,
    "twice": _twice,
}
"""Damage to any file, by name."""


def in_a_member(data: bytes, rng: random.Random) -> bytes:
    """Damage to one part of a zip, packed again with a right checksum: what parsers of its parts see."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [(info, archive.read(info)) for info in archive.infolist()]
    hurt = rng.choice([index for index, (_, part) in enumerate(members) if part])
    mutate = rng.choice(list(BYTES.values()))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for index, (info, part) in enumerate(members):
            archive.writestr(info.filename, mutate(part, rng) if index == hurt else part)
    return buffer.getvalue()
