"""Pictures that lie in documents without pages of their own: Office files, e-books.

Belongs here: which pictures are worth recognising, and what is told of the others. Doesn't: decoding and recognising
(``images``), PDF, whose pages have geometry.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from docplatform.documents.media_types import READABLE, sniff
from docplatform.errors import PermanentError
from docplatform.ocr.local.blocks import (
    Block,
    LineBox,
    Notice,
    ParagraphBlock,
    ReadDocument,
    TableBlock,
    lines_of,
)
from docplatform.ocr.local.metafiles import metafile_lines

PICTURES_NOT_READ = "picturesNotRead"
MAX_PICTURES = 50
"""Pictures recognised in one document: at about a second each, well within the time that a document may take."""
MIN_SIDE, MIN_AREA = 32, 10_000
"""Pixels: icons, bullets and lines are smaller, and hold no text that could be recognised."""


class Pictures:
    """The pictures of one document. Each different one is read once, where it comes first."""

    def __init__(self, read_image: Callable[[bytes], ReadDocument]) -> None:
        self._read_image = read_image
        self._seen: set[bytes] = set()
        self._read = 0
        self._unread: dict[str, int] = {}

    def blocks(self, data: bytes, description: str = "") -> Iterator[Block]:
        """The words on a picture, and what its author says that it shows. They have no place on a page."""
        if lines_of(description):
            yield ParagraphBlock(lines_of(description))
        digest = hashlib.sha256(data).digest()
        if not data or digest in self._seen:
            return
        self._seen.add(digest)
        yield from self._recognised(data)

    def notices(self) -> list[Notice]:
        """What wasn't read, and why."""
        if not self._unread:
            return []
        told = ", ".join(f"{count} {why}" for why, count in self._unread.items())
        return [Notice(PICTURES_NOT_READ, f"Pictures in the document were not read: {told}.")]

    def _recognised(self, data: bytes) -> Iterator[Block]:
        lines = metafile_lines(data)
        if lines is not None:
            yield from [ParagraphBlock(lines_of("\n".join(lines)))] if lines else []
            return
        media_type = sniff(data)
        if media_type not in READABLE or not media_type.mime.startswith("image/"):
            self._leave(f"of type {media_type.mime}")
        elif not _is_large(data):
            return
        elif self._read >= MAX_PICTURES:
            self._leave(f"beyond the first {MAX_PICTURES}")
        else:
            self._read += 1
            try:
                found = self._read_image(data)
            except PermanentError as error:
                self._leave(f"that can't be decoded ({error.reason})")
                return
            yield from (_without_place(block) for page in found.pages for block in page.blocks)

    def _leave(self, why: str) -> None:
        self._unread[why] = self._unread.get(why, 0) + 1


def _is_large(data: bytes) -> bool:
    """Whether there may be text on it; what can't be opened is left to the reader of images, which says why."""
    import io
    import warnings

    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            width, height = Image.open(io.BytesIO(data)).size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return True
    return min(width, height) >= MIN_SIDE and width * height >= MIN_AREA


def _without_place(block: Block) -> Block:
    if isinstance(block, ParagraphBlock):
        return ParagraphBlock(_lines_without_place(block.lines))
    cells = [replace(cell, lines=_lines_without_place(cell.lines), polygon=None) for cell in block.cells]
    return TableBlock(cells)


def _lines_without_place(lines: Sequence[LineBox]) -> list[LineBox]:
    return [LineBox([word._replace(polygon=None) for word in line.words]) for line in lines]
