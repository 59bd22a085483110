"""Open Packaging: the zip of XML parts that docx, xlsx and pptx files are.

Belongs here: opening a package within the limits, its parts and how they refer to each other, and the drawing markup
that all three kinds share (charts, diagrams, shape text). Doesn't: any one kind of Office file.

ECMA-376 part 2. Parts are parsed without entities or network.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from docplatform.errors import PermanentError, ReasonCode
from docplatform.ocr.local.blocks import EMBEDDED_FILES, Block, CellBlock, Notice, ParagraphBlock, TableBlock, lines_of
from docplatform.ocr.local.bounds import bounded_number
from docplatform.settings import LimitSettings

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_STRICT = "http://purl.oclc.org/ooxml/"
_TRANSITIONAL = (
    (
        b"http://purl.oclc.org/ooxml/wordprocessingml/main",
        b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    ),
    (b"http://purl.oclc.org/ooxml/presentationml/main", b"http://schemas.openxmlformats.org/presentationml/2006/main"),
    (b"http://purl.oclc.org/ooxml/spreadsheetml/main", b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"),
    (b"http://purl.oclc.org/ooxml/drawingml/chart", b"http://schemas.openxmlformats.org/drawingml/2006/chart"),
    (b"http://purl.oclc.org/ooxml/drawingml/main", b"http://schemas.openxmlformats.org/drawingml/2006/main"),
    (
        b"http://purl.oclc.org/ooxml/officeDocument/relationships",
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    ),
)


@dataclass(frozen=True, slots=True)
class Relationship:
    """A part that another part refers to. ``kind`` is the last segment of the relationship's type."""

    id: str
    kind: str
    target: str


class Package:
    """An opened package."""

    def __init__(self, data: bytes, limits: LimitSettings) -> None:
        """Open a package.

        Raises:
            PermanentError: CORRUPT, ENCRYPTED or BOMB.
        """
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, OSError) as error:
            raise PermanentError(
                f"The Office file's zip is damaged ({error}). Ask the sender for it again.", reason=ReasonCode.CORRUPT
            ) from error
        self._names = {info.filename.lstrip("/").lower(): info for info in self._zip.infolist()}
        _check_limits(self._zip.infolist(), len(data), limits)

    def names(self) -> list[str]:
        """The names of all parts, as they are spelt."""
        return [info.filename for info in self._names.values()]

    def has(self, name: str) -> bool:
        """Whether there is a part of this name."""
        return name.lstrip("/").lower() in self._names

    def read(self, name: str) -> bytes:
        """The bytes of a part; empty where there is no such part.

        Raises:
            PermanentError: CORRUPT where its bytes are damaged.
        """
        info = self._names.get(name.lstrip("/").lower())
        if info is None:
            return b""
        try:
            return self._zip.read(info)
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            NotImplementedError,
            RuntimeError,
            ValueError,
            OSError,
        ) as error:
            raise PermanentError(
                f"Part {name} of the Office file is damaged ({error}). Ask the sender for it again.",
                reason=ReasonCode.CORRUPT,
            ) from error

    def xml(self, name: str) -> Any:
        """The root element of a part, None where there is no such part. Strict markup reads as transitional.

        Raises:
            PermanentError: CORRUPT where it isn't well-formed.
        """
        from lxml import etree

        data = self.read(name)
        if not data.strip():
            return None
        if _STRICT.encode() in data:
            for strict, transitional in _TRANSITIONAL:
                data = data.replace(strict, transitional)
        parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
        try:
            return etree.fromstring(data, parser)
        except etree.XMLSyntaxError as error:
            raise PermanentError(
                f"Part {name} of the Office file isn't well-formed XML: {error}.", reason=ReasonCode.CORRUPT
            ) from error

    def related(self, name: str) -> list[Relationship]:
        """What a part (``""``: the package) refers to inside the package, in the order it is written."""
        folder, base = posixpath.split(name)
        root = self.xml(posixpath.join(folder, "_rels", f"{base}.rels"))
        return [
            Relationship(
                element.get("Id", ""),
                element.get("Type", "").rsplit("/", 1)[-1],
                posixpath.normpath(posixpath.join("/", folder, element.get("Target", ""))).lstrip("/"),
            )
            for element in (() if root is None else root)
            if element.get("TargetMode") != "External"
        ]

    def main_part(self, default: str) -> str:
        """The name of the part that everything hangs on."""
        for relationship in self.related(""):
            if relationship.kind == "officeDocument":
                return relationship.target
        return default


def _check_limits(infos: list[zipfile.ZipInfo], packed: int, limits: LimitSettings) -> None:
    size = sum(info.file_size for info in infos)
    if size > limits.max_archive_bytes or len(infos) > limits.max_archive_entries:
        raise PermanentError(
            f"The Office file unpacks to {len(infos)} parts and {size} bytes; the limits are "
            f"{limits.max_archive_entries} and {limits.max_archive_bytes} (DOCPLATFORM_LIMITS__MAX_ARCHIVE_…).",
            reason=ReasonCode.BOMB,
        )
    if size > 2**24 and size > packed * limits.max_archive_ratio:
        raise PermanentError(
            f"The Office file unpacks to {size // max(packed, 1)} times its size; the limit is "
            f"{limits.max_archive_ratio:g} (DOCPLATFORM_LIMITS__MAX_ARCHIVE_RATIO).",
            reason=ReasonCode.BOMB,
        )
    if any(info.flag_bits & 1 for info in infos):
        raise PermanentError(
            "The Office file's zip is encrypted. Send it without a password.", reason=ReasonCode.ENCRYPTED
        )


def embedded_notices(relationships: Iterable[Relationship]) -> list[Notice]:
    """Whole files that lie in a document, workbook or slide (OLE objects): they aren't read, so it is told."""
    names = [relationship.target for relationship in relationships if relationship.kind in ("package", "oleObject")]
    if not names:
        return []
    return [Notice(EMBEDDED_FILES, f"{len(names)} embedded files ({', '.join(names[:5])}) were not read.")]


def drawing_lines(element: Any) -> Iterator[str]:
    """The paragraphs of drawing text below an element, one by one; line breaks stay inside."""
    for paragraph in element.iter(f"{A}p"):
        text = "".join(
            "\n" if node.tag == f"{A}br" else "\t" if node.tag == f"{A}tab" else node.text or ""
            for node in paragraph.iter(f"{A}t", f"{A}br", f"{A}tab")
        )
        if text.strip():
            yield text


def drawing_blocks(element: Any, role: str | None = None) -> Iterator[ParagraphBlock]:
    """The drawing text below an element, as paragraphs."""
    for text in drawing_lines(element):
        yield ParagraphBlock(lines_of(text), role)


def drawing_table(table: Any) -> TableBlock:
    """An ``a:tbl`` as a table; cells merged away are left out."""
    cells = []
    for row_number, row in enumerate(table.iter(f"{A}tr")):
        for column, cell in enumerate(row.iter(f"{A}tc")):
            if cell.get("hMerge") in ("1", "true") or cell.get("vMerge") in ("1", "true"):
                continue
            height, width = (max(1, bounded_number(cell.get(name), 1)) for name in ("rowSpan", "gridSpan"))
            cells.append(CellBlock(row_number, column, lines_of("\n".join(drawing_lines(cell))), height, width))
    return TableBlock(cells)


def chart_blocks(chart: Any) -> list[Block]:
    """A chart part: its titles and texts, then its data with a row per category and a column per series."""
    texts: list[Block] = list(drawing_blocks(chart))
    series = list(chart.iter("{*}ser"))
    columns = [_cached(element.find("{*}val"), element.find("{*}yVal")) for element in series]
    categories: dict[int, str] = {}
    for element in series:
        categories |= _cached(element.find("{*}cat"), element.find("{*}xVal"))
    names = [" ".join(_cached(element.find("{*}tx")).values()) for element in series]
    indexes = sorted(set(categories).union(*columns))
    if not indexes and not any(names):
        return texts
    rows = {index: row for row, index in enumerate(indexes, start=1)}
    cells = [CellBlock(0, column, lines_of(name), kind="columnHeader") for column, name in enumerate(["", *names])]
    for column, points in enumerate([categories, *columns]):  # only points there are: a series may hold a few of many
        cells += [CellBlock(rows[index], column, lines_of(text)) for index, text in points.items()]
    return [*texts, TableBlock(sorted(cells, key=lambda cell: (cell.row, cell.column)))]


def _cached(*holders: Any) -> dict[int, str]:
    """Cached points of the first data reference there is, by index."""
    for holder in holders:
        if holder is not None:
            return {
                int(point.get("idx", number)): value.text.strip()
                for number, point in enumerate(holder.iter("{*}pt"))
                if (value := point.find("{*}v")) is not None and value.text
            }
    return {}
