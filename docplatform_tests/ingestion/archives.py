"""Mails and archives to unpack, honest and hostile ones, made by hand."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from email.message import EmailMessage

from docplatform.settings import LimitSettings

SYMLINK = 0o120777
FIFO = 0o010644
FOLDER = 0o040755


def limits(**overrides: object) -> LimitSettings:
    """The default limits but for ``overrides``."""
    return LimitSettings(**overrides)  # type: ignore[arg-type]


def zip_of(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip with these members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


def tar_of(*members: tuple[str, bytes], special: bytes | None = None) -> bytes:
    """A tar with these members, a folder, and with ``special`` an entry of that kind (a link, a device)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        folder = tarfile.TarInfo("folder")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, data in members:
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
        if special is not None:
            entry = tarfile.TarInfo("special")
            entry.type, entry.linkname = special, "/etc/passwd"
            archive.addfile(entry)
    return buffer.getvalue()


def zip_of_special(name: str, data: bytes, mode: int) -> bytes:
    """A zip with an honest member, and one that a Unix packer calls a link, a pipe, …"""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("honest.txt", "honest")
        special = zipfile.ZipInfo(name)
        special.create_system = 3
        special.external_attr = mode << 16
        archive.writestr(special, data)
    return buffer.getvalue()


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a zip whose every field can lie. ``offset`` None: it has its own local header and data."""

    name: bytes = b"a.txt"
    data: bytes = b"hello"
    flags: int = 0
    method: int = 8
    size: int | None = None
    crc: int | None = None
    offset: int | None = None
    local_name: bytes | None = None

    @property
    def packed(self) -> bytes:
        """The data as it lies in the archive."""
        if self.method != zipfile.ZIP_DEFLATED:
            return self.data
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        return packer.compress(self.data) + packer.flush()

    def common(self) -> bytes:
        """The fields that both headers share."""
        size = len(self.data) if self.size is None else self.size
        crc = zlib.crc32(self.data) if self.crc is None else self.crc
        return struct.pack("<HHHHHIII", 20, self.flags, self.method, 0, 0x21, crc, len(self.packed), size)

    def local(self) -> bytes:
        """The local header and the data."""
        name = self.name if self.local_name is None else self.local_name
        return b"PK\3\4" + self.common() + struct.pack("<HH", len(name), 0) + name + self.packed

    def central(self, offset: int) -> bytes:
        """The directory's record."""
        return (
            b"PK\1\2\x14\0" + self.common() + struct.pack("<HHHHHII", len(self.name), 0, 0, 0, 0, 0, offset) + self.name
        )


def crafted_zip(*entries: Entry, count: int | None = None) -> bytes:
    """A zip of crafted entries; ``count`` is what its end record claims."""
    body, directory = b"", b""
    for entry in entries:
        directory += entry.central(len(body) if entry.offset is None else entry.offset)
        body += entry.local() if entry.offset is None else b""
    number = (len(entries) if count is None else count) & 0xFFFF
    return body + directory + struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, number, number, len(directory), len(body), 0)


def zip64_of(entry: Entry) -> bytes:
    """A zip whose directory is found through the zip64 records."""
    body, directory = entry.local(), entry.central(0)
    record = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, len(directory), len(body))
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, len(body) + len(directory), 1)
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return body + directory + record + locator + end


def overlapping_zip(entries: int, data: bytes) -> bytes:
    """Many entries that share one packed kernel, as in Fifield's "A better zip bomb"."""
    kernel = Entry(b"0.txt", data)
    others = [Entry(f"{number}.txt".encode(), data, offset=0) for number in range(1, entries)]
    return crafted_zip(kernel, *others)


def quoting_zip(entries: int) -> bytes:
    """Entries whose data is the next entry's local header and data (quoted overlap): lengths right, bytes shared."""
    body = b""
    records: list[Entry] = []
    for number in reversed(range(entries)):
        entry = Entry(f"{number}.txt".encode(), body or b"kernel", method=0)
        records.append(entry)
        body = entry.local()
    starts = [len(body) - len(entry.local()) for entry in records]
    directory = b"".join(entry.central(start) for entry, start in zip(records, starts, strict=True))
    return body + directory + struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, entries, entries, len(directory), len(body), 0)


def nested_zip(levels: int, data: bytes = b"deep", name: str = "inner.zip") -> bytes:
    """A file within ``levels`` zips."""
    packed = zip_of(("file.txt", data))
    for _ in range(levels - 1):
        packed = zip_of((name, packed))
    return packed


def mail_of(
    *attachments: tuple[str, bytes], subject: str = "Documents", body: str = "See attached.", newline: str = "\r\n"
) -> bytes:
    """A mail with these attachments."""
    message = EmailMessage()
    message["From"] = "Ann <ann@example.com>"
    message["To"] = "bob@example.com"
    message["Subject"] = subject
    message["Message-ID"] = "<1@example.com>"
    message.set_content(body)
    for name, data in attachments:
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    if message.is_multipart():
        message.set_boundary("=====boundary=====")
    return message.as_bytes().replace(b"\n", newline.encode())


def nested_mail(levels: int) -> bytes:
    """A mail within ``levels - 1`` mails, attached as ``message/rfc822``."""
    data = mail_of(("note.txt", b"deep"))
    for level in range(levels - 1):
        boundary = f"=level-{level}="
        data = (
            (
                f"From: ann@example.com\r\nMIME-Version: 1.0\r\nSubject: level {level}\r\n"
                f'Content-Type: multipart/mixed; boundary="{boundary}"\r\n\r\n'
                f"--{boundary}\r\nContent-Type: message/rfc822\r\n\r\n"
            ).encode()
            + data
            + f"\r\n--{boundary}--\r\n".encode()
        )
    return data
