"""Zip files: good ones, and the kinds one must not unpack."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Iterable

from docplatform.samples.office import FIXED_TIME

_DOS_DATE = ((FIXED_TIME[0] - 1980) << 9) | (FIXED_TIME[1] << 5) | FIXED_TIME[2]
_KEYS = (0x12345678, 0x23456789, 0x34567890)


def pack(members: Iterable[tuple[str, bytes]]) -> bytes:
    """A zip of (name, bytes)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name, FIXED_TIME), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def ratio_bomb(mebibytes: int = 24) -> bytes:
    """A zip of zeros that unpacks to about a thousand times its size."""
    return pack([("report.txt", bytes(mebibytes * 2**20))])


def overlap_bomb(entries: int = 400, kibibytes: int = 512) -> bytes:
    """A zip whose many entries all point to the same packed bytes: 200 MiB out of some 30 KB.

    The idea of overlapping entries is David Fifield's, "A better zip bomb" (WOOT 2019).
    """
    content = bytes(kibibytes * 2**10)
    packed = _deflate(content)
    local = _local_header(b"0.txt", packed, content, flags=0) + packed
    names = (f"{number}.txt".encode() for number in range(entries))
    return local + _directory([(name, 0) for name in names], len(local), packed, content, flags=0)


def encrypted_zip(name: str, content: bytes, password: str, rng: random.Random) -> bytes:
    """A zip of one file under the traditional PKWARE encryption (APPNOTE.TXT 6.1)."""
    packed = _deflate(content)
    head = rng.randbytes(11) + bytes([zlib.crc32(content) >> 24])
    secret = _encrypt(head + packed, password.encode())
    encoded = name.encode()
    local = _local_header(encoded, secret, content, flags=1) + secret
    return local + _directory([(encoded, 0)], len(local), secret, content, flags=1)


def _deflate(content: bytes) -> bytes:
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    return compressor.compress(content) + compressor.flush()


def _common(packed: bytes, content: bytes, flags: int) -> bytes:
    return struct.pack("<HHHHHIII", 20, flags, 8, 0, _DOS_DATE, zlib.crc32(content), len(packed), len(content))


def _local_header(name: bytes, packed: bytes, content: bytes, flags: int) -> bytes:
    return b"PK\3\4" + _common(packed, content, flags) + struct.pack("<HH", len(name), 0) + name


def _directory(entries: list[tuple[bytes, int]], start: int, packed: bytes, content: bytes, flags: int) -> bytes:
    records = b"".join(
        b"PK\1\2\x14\0"
        + _common(packed, content, flags)
        + struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, offset)
        + name
        for name, offset in entries
    )
    end = struct.pack("<HHHHIIH", 0, 0, len(entries), len(entries), len(records), start, 0)
    return records + b"PK\5\6" + end


def _encrypt(data: bytes, password: bytes) -> bytes:
    keys = list(_KEYS)
    for byte in password:
        _update(keys, byte)
    out = bytearray()
    for byte in data:
        low = keys[2] | 2
        out.append(byte ^ (((low * (low ^ 1)) >> 8) & 0xFF))
        _update(keys, byte)
    return bytes(out)


def _update(keys: list[int], byte: int) -> None:
    keys[0] = _crc_step(keys[0], byte)
    keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
    keys[2] = _crc_step(keys[2], keys[1] >> 24)


def _crc_step(value: int, byte: int) -> int:
    """One table step of CRC-32 without the inversions that ``zlib.crc32`` adds."""
    return zlib.crc32(bytes([byte]), value ^ 0xFFFFFFFF) ^ 0xFFFFFFFF
