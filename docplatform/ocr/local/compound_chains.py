"""Whether the sectors of a compound file (OLE2: xls, doc, ppt) can be followed to an end.

Belongs here: that check, ahead of parsers that follow whatever a damaged file says. Doesn't: what the streams hold.

kreuzberg's parser of xls follows chains of sectors without looking: a ring takes all memory there is, and a number far
out asks for terabytes at once, which ends the process.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Sequence
from typing import Any

_END, _NO_SECTOR = 0xFFFFFFFE, 0xFFFFFFFA
"""A chain's end; from the second on, numbers that are no sector's."""


def flaw_of(data: bytes) -> str:
    """What is wrong with the chains of a compound file; empty where all end as they should."""
    import olefile

    try:
        with olefile.OleFileIO(io.BytesIO(data)) as file:
            file.loadminifat()
            return next(_flaws(file, data), "")
    except Exception as error:  # noqa: BLE001 - olefile raises whatever the damage leads to
        return f"its directory can't be read ({error})"


def _flaws(file: Any, data: bytes) -> Iterator[str]:
    """Each chain that has no end, by what it is the chain of."""
    from olefile import STGTY_STREAM

    fat: Sequence[int] = file.fat
    if not _tables_end(data, file.first_difat_sector, file.sector_size):
        yield "its table of tables has no end"
    chains = {
        "directory": file.first_dir_sector,
        "table of small sectors": file.first_mini_fat_sector,
        "area of small sectors": file.root.isectStart,
    }
    yield from (f"its {what} has no end" for what, start in chains.items() if not _ends(start, fat))
    streams = (entry for entry in file.direntries if entry is not None and entry.entry_type == STGTY_STREAM)
    for entry in filter(lambda entry: entry.size, streams):
        table = file.minifat if entry.size < file.mini_stream_cutoff_size else fat
        if not _ends(entry.isectStart, table):
            yield f"its stream {entry.name!r} has no end"


def _ends(start: int, table: Sequence[int]) -> bool:
    """Whether the chain from this sector on comes to its end without leaving the table or meeting itself."""
    sector = start
    for _ in range(len(table) + 1):
        if sector >= len(table):
            break
        sector = table[sector]
    return sector == _END


def _tables_end(data: bytes, start: int, size: int) -> bool:
    """Whether the sectors that list the tables' sectors, each ending with the next one's number, come to an end."""
    sector = start
    for _ in range(len(data) // size):
        if sector >= _NO_SECTOR:
            return True
        end = (sector + 2) * size
        if end > len(data):
            return False
        (sector,) = struct.unpack_from("<I", data, end - 4)
    return sector >= _NO_SECTOR
