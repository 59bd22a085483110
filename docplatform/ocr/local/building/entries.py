"""Entries of a result as they are listed: few as dicts, most of them written already.

Belongs here: keeping them small. As dicts they take seven times the memory of their JSON, which may lie in a file
(``documents.stored_json``). Doesn't: what is in an entry.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic, TypeVar

from pydantic_core import from_json, to_json

from docplatform.documents.stored_json import StoredJson
from docplatform.ocr.local.building.content import Extent, Json

T = TypeVar("T")

MOST_DICTS = 2_000
"""Entries of one kind that are dicts at a time: 1 MB of words. A page of a PDF has some hundreds."""


class Entries:
    """Entries that nobody asks for again: only their number is known."""

    def __init__(self) -> None:
        self._written = StoredJson()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def append(self, entry: Json) -> None:
        """Add an entry as it is now."""
        self._written.write(b"," + to_json(entry) if self._count else to_json(entry))
        self._count += 1

    def chunks(self) -> Iterator[bytes]:
        """All of them, with commas between them."""
        return self._written.chunks()


class Buffered(Generic[T]):
    """A list that is written when it is long. Who appends to ``recent`` calls ``trim`` now and then."""

    __slots__ = ("_encode", "_written", "recent")

    def __init__(self, encode: Callable[[Sequence[T]], bytes]) -> None:
        """``encode`` gives the JSON array of some of the list's items."""
        self.recent: list[T] = []
        self._encode = encode
        self._written: StoredJson | None = None

    def __bool__(self) -> bool:
        return bool(self.recent) or self._written is not None

    def trim(self) -> None:
        """Write the recent ones where they are many."""
        if len(self.recent) <= MOST_DICTS:
            return
        if self._written is None:
            self._written = StoredJson()
            self._written.write(self._encode(self.recent)[1:-1])
        else:
            self._written.write(b"," + self._encode(self.recent)[1:-1])
        self.recent.clear()

    def chunks(self) -> Iterator[bytes]:
        """The list as JSON."""
        if self._written is None:
            yield self._encode(self.recent)
            return
        yield b"["
        yield from self._written.chunks()
        yield b"," + self._encode(self.recent)[1:] if self.recent else b"]"


class Extents:
    """Extents in order, at 16 bytes each. May be gone through any number of times."""

    def __init__(self, extents: Iterable[Extent] = ()) -> None:
        self._numbers = array("q")
        for extent in extents:
            self.append(extent)

    def append(self, extent: Extent) -> None:
        """Add one at the end."""
        self._numbers.extend(extent)

    def __iter__(self) -> Iterator[Extent]:
        numbers = iter(self._numbers)
        return zip(numbers, numbers, strict=True)


class Paragraphs:
    """The paragraphs of a document by number.

    Those that were put down can't be looked at any more, but may still be given a role: they lie one to a line.
    """

    def __init__(self) -> None:
        self._written = StoredJson()
        self._first = 0
        self._recent: list[Json] = []
        self.extents = Extents()
        """Where each is in the content."""
        self._roles: dict[int, str] = {}

    def __len__(self) -> int:
        return self._first + len(self._recent)

    def __getitem__(self, number: int) -> Json:
        return self._recent[number - self._first]

    def append(self, entry: Json, extent: Extent) -> int:
        """Add an entry; its number."""
        self._recent.append(entry)
        self.extents.append(extent)
        return len(self) - 1

    def give_role(self, number: int, role: str) -> None:
        """Give a paragraph without a role one."""
        self._roles[number] = role

    def put_down(self, *, least: int = 1) -> None:
        """Write the entries that are still dicts, where there are at least so many."""
        if len(self._recent) < least:
            return
        self._first = len(self)
        self._written.write(b"".join([to_json(entry) + b"\n" for entry in self._recent]))
        self._recent.clear()

    def chunks(self) -> Iterator[bytes]:
        """All of them, with commas between them."""
        self.put_down()
        for number, line in enumerate(self._written.lines()):
            role = self._roles.get(number)
            yield b"," if number else b""
            yield line if role is None else to_json(_with_role(from_json(line), role))


def _with_role(entry: Json, role: str) -> Json:
    regions = entry.pop("boundingRegions", None)
    return entry | {"role": role} | ({"boundingRegions": regions} if regions else {})
