"""Taking in one file: its bytes to the blob store, it and its members to arrivals.

Belongs here: hashing, telling types, storing, refusing. Doesn't: connectors and batches (``ingest``), the ledger's rows
as such.
"""

from __future__ import annotations

import hashlib
import io
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from docplatform.documents.media_types import MediaType, sniff
from docplatform.errors import PermanentError
from docplatform.ingestion.base import FileChangedError, IncomingFile, storable_name
from docplatform.ingestion.containers import Member, Position, is_container, unpack
from docplatform.ingestion.refusals import refusal_of
from docplatform.lake.partitions import LakePartition, sanitise_customer
from docplatform.ledger.ledger import Ledger
from docplatform.ledger.records import Arrival
from docplatform.settings import LimitSettings
from docplatform.storage.base import BlobStore

IN_MEMORY_BYTES = 32 * 2**20
"""Files up to this size are read once into memory; larger ones are streamed, so that no file's size matters."""
_CHUNK = 2**20
_INCOMING = "raw/.incoming"
_CHANGED = "was written to while it was read; the next pass takes it."
_LEFTOVER_AGE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Taken:
    """One incoming file, stored. ``arrivals`` are its own and its members', parents first."""

    file: IncomingFile
    arrivals: tuple[Arrival, ...]


@dataclass(slots=True)
class Intake:
    """Takes in the files of one connector. Keeps no bytes; nothing it does is visible before the ledger records it."""

    connector: str
    blob_store: BlobStore
    ledger: Ledger
    limits: LimitSettings
    now: Callable[[], datetime]
    _stored: set[str] = field(default_factory=set)

    def take(self, file: IncomingFile) -> Taken:
        """Store a file's bytes and its members', and say what arrived.

        Raises:
            OSError: where the file can't be read, or changed meanwhile: it is to be left for the next pass.
            TransientError: where the store fails.
        """
        with file.open() as stream:
            try:
                arrivals = tuple(self._arrivals(file, stream))
            except PermanentError as error:  # it was checked before its members were handed out
                raise FileChangedError(_CHANGED) from error
            if not file.is_unchanged(stream):
                raise FileChangedError(_CHANGED)
        return Taken(file, arrivals)

    def sweep(self) -> None:
        """Delete what killed passes left half stored, once it is so old that no running pass can own it."""
        oldest = self.now() - _LEFTOVER_AGE
        leftovers = [blob.path for blob in self.blob_store.list(_INCOMING) if blob.last_modified < oldest]
        if leftovers:
            self.blob_store.delete(leftovers)

    def retake(self, arrival: Arrival) -> tuple[Arrival, ...]:
        """Judge an arrival anew, from its stored bytes and by the limits that hold now: it and its members.

        They bear the ids they had, or would have had then.

        Raises:
            FileNotFoundError: its bytes are gone.
            TransientError: where the store fails.
        """
        if arrival.size > self.limits.max_file_bytes:  # not worth reading: it is refused whatever it is
            return (_judged(arrival, MediaType(arrival.media_type, arrival.extension), self.limits),)
        data = self.blob_store.get(arrival.blob_path)
        media_type = sniff(data, arrival.name)
        judged = _judged(arrival, media_type, self.limits)
        return tuple(self._with_members(judged, data, media_type))

    def make_durable(self, arrivals: Iterable[Arrival]) -> None:
        """Return once the bytes of these arrivals survive a power cut."""
        self.blob_store.make_durable(sorted({arrival.blob_path for arrival in arrivals}))
        self._stored.clear()

    def _arrivals(self, file: IncomingFile, stream: BinaryIO) -> Iterator[Arrival]:
        if file.path is not None and file.size > IN_MEMORY_BYTES:
            sha256, size = _digest(stream)
            media_type = sniff(_FileWindow(stream, size), file.name)
            content: bytes | BinaryIO = stream
        else:
            content = stream.read()
            sha256, size = hashlib.sha256(content).hexdigest(), len(content)
            media_type = sniff(content, file.name)
        arrival = self._arrival(file, sha256, size, media_type)
        if isinstance(content, bytes):
            self._store(arrival, content)
        else:
            self._store_streamed(arrival, file, content)
        yield from self._with_members(arrival, content, media_type)

    def _with_members(self, arrival: Arrival, content: bytes | BinaryIO, media_type: MediaType) -> Iterator[Arrival]:
        if arrival.reason is not None or not is_container(media_type, content):
            yield arrival
            return
        try:
            members = unpack(content, media_type, self.limits)
        except PermanentError as error:
            yield replace(arrival, reason=error.reason, message=str(error))
            return
        yield arrival
        yield from self._member_arrivals(arrival, members)

    def _member_arrivals(self, container: Arrival, members: Iterator[Member]) -> Iterator[Arrival]:
        parents: dict[Position, Arrival] = {(): container}
        for member in members:
            arrival = self._member_arrival(parents[member.position[:-1]], member)
            self._store(arrival, member.data)
            parents[member.position] = arrival
            yield arrival

    def _arrival(self, file: IncomingFile, sha256: str, size: int, media_type: MediaType) -> Arrival:
        customer = sanitise_customer(file.customer)
        arrived_at = self.now().astimezone(UTC)
        arrival = Arrival(
            arrival_id=_hash(file.identity, sha256),
            connector=self.connector,
            source_uri=storable_name(file.source_uri),
            customer=customer,
            name=storable_name(file.name),
            size=size,
            sha256=sha256,
            media_type=media_type.mime,
            extension=media_type.extension,
            blob_path=_blob_path(customer, sha256),
            lake_partition=LakePartition(customer, media_type.extension, arrived_at.date()).key,
            arrived_at=arrived_at,
        )
        return _judged(arrival, media_type, self.limits)

    def _member_arrival(self, parent: Arrival, member: Member) -> Arrival:
        sha256 = hashlib.sha256(member.data).hexdigest()
        name = storable_name(member.name)
        arrival = replace(
            parent,
            arrival_id=_hash(parent.arrival_id, str(member.position[-1]), sha256),
            source_uri=f"{parent.source_uri}#{quote(name)}",
            name=name,
            size=len(member.data),
            sha256=sha256,
            blob_path=_blob_path(parent.customer, sha256),
            parent_document_id=parent.document_id,
        )
        judged = _judged(arrival, member.media_type, self.limits)
        return judged if member.reason is None else replace(judged, reason=member.reason, message=member.message)

    def _store(self, arrival: Arrival, data: bytes) -> None:
        if not self._is_stored(arrival):
            self.blob_store.put(arrival.blob_path, data)
            self._stored.add(arrival.blob_path)

    def _store_streamed(self, arrival: Arrival, file: IncomingFile, stream: BinaryIO) -> None:
        """Store a large file by its path; under its hash only once it is sure that these were the bytes hashed."""
        if self._is_stored(arrival):
            return
        incoming = f"{_INCOMING}/{arrival.arrival_id}-{uuid.uuid4().hex}"  # another pass may be at the same file
        try:
            # The open file itself, whatever has become of its name since.
            self.blob_store.put(incoming, Path(f"/dev/fd/{stream.fileno()}"))
            if not file.is_unchanged(stream):
                raise FileChangedError(_CHANGED)
            self.blob_store.copy(incoming, arrival.blob_path)
        finally:
            self.blob_store.delete([incoming])
        self._stored.add(arrival.blob_path)

    def _is_stored(self, arrival: Arrival) -> bool:
        """Whether the bytes are there for sure.

        A blob that merely exists may be what a power cut left of a pass that never recorded it: only those that the
        ledger knows, or that this batch put, count.
        """
        if arrival.blob_path in self._stored:
            return True
        is_recorded = self.ledger.document(arrival.document_id) is not None
        return is_recorded and self.blob_store.exists(arrival.blob_path)


def _judged(arrival: Arrival, media_type: MediaType, limits: LimitSettings) -> Arrival:
    """The arrival as one of this type: its lake partition, and whether it can go on."""
    reason, message = refusal_of(media_type, arrival.size, limits) or (None, None)
    return replace(
        arrival,
        media_type=media_type.mime,
        extension=media_type.extension,
        lake_partition=LakePartition(arrival.customer, media_type.extension, arrival.arrived_at.date()).key,
        reason=reason,
        message=message,
    )


class _FileWindow:
    """An open file as ``ByteWindow``: type telling looks at a few places of it."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream = stream
        self._size = size

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, key: slice) -> bytes:
        start, stop, _ = key.indices(self._size)
        self._stream.seek(start)
        return self._stream.read(max(0, stop - start))


def _digest(stream: BinaryIO) -> tuple[str, int]:
    digest = hashlib.sha256()
    stream.seek(0, io.SEEK_SET)
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest(), stream.tell()


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _blob_path(customer: str, sha256: str) -> str:
    return f"raw/{customer}/{sha256[:2]}/{sha256}"
