"""Receipts with labelled fields as examples: SROIE's texts with boxes and keys (``receipts_text``, ``receipts``).

Keys are values without places: here they are looked for in the text. A value that stands in the text several times
is labelled at each of them, since any of them is the right answer.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import NamedTuple

from docplatform.documents.document_text import DocumentText, WordBox
from docplatform.documents.predictions import Entity, LabeledExample

FIELDS = ("address", "company", "date", "total")


class Receipt(NamedTuple):
    example: LabeledExample
    keys: Mapping[str, str]


def receipts_text(folder: Path) -> list[Receipt]:
    """The receipts of ``receipts_text``, in the order of their names."""
    return [_receipt(path) for path in sorted((folder / "annotations").glob("*.txt"))]


def _receipt(path: Path) -> Receipt:
    head, _, boxes = path.read_text(encoding="utf-8").partition("OCR BOXES")
    keys = json.loads(head[head.index("{") : head.rindex("}") + 1])
    return receipt(path.stem, keys, document_of(boxes.splitlines()))


def receipt(name: str, keys: Mapping[str, str], document: DocumentText) -> Receipt:
    """A document with its keys as labels, each at its places."""
    found = [entity for field in FIELDS if keys.get(field) for entity in places(document, field, keys[field])]
    return Receipt(
        LabeledExample(name, document.text, (), tuple(found), words=document.words, page_count=document.page_count),
        {field: keys[field] for field in FIELDS if keys.get(field)},
    )


def document_of(lines: Sequence[str]) -> DocumentText:
    """A document of lines of boxes (eight coordinates and text); the page is what the boxes take up."""
    parsed = [part for line in lines if len(part := line.split(",", 8)) == 9 and part[0].strip().isdigit()]
    boxes = [([int(n) for n in part[:8]], part[8].strip()) for part in parsed if part[8].strip()]
    width = max((max(b[0::2]) for b, _ in boxes), default=1)
    height = max((max(b[1::2]) for b, _ in boxes), default=1)
    left, top = min((min(b[0::2]) for b, _ in boxes), default=0), min((min(b[1::2]) for b, _ in boxes), default=0)
    text, words = "", []
    for box, content in boxes:
        x0, x1 = (min(box[0::2]) - left) / (width - left), (max(box[0::2]) - left) / (width - left)
        y0, y1 = (min(box[1::2]) - top) / (height - top), (max(box[1::2]) - top) / (height - top)
        step = (x1 - x0) / len(content)
        for match in re.finditer(r"\S+", content):
            start, end = match.span()
            words.append(WordBox(len(text) + start, end - start, 1, x0 + step * start, y0, x0 + step * end, y1))
        text += f"{content}\n"
    return DocumentText(text, tuple(words))


def bare(text: str) -> str:
    """Its letters and digits, case-folded."""
    return "".join(c for c in text.casefold() if c.isalnum())


def places(document: DocumentText, field: str, value: str) -> Iterator[Entity]:
    """Where a key stands: one span a line. Keys were typed by people: else the lines that are most like it."""
    ranges = list((_amounts if field == "total" else _whole)(document.text, value))
    if field in ("address", "company"):
        ranges = ranges[:1] or list(_alike(document.text, value))
    for start, end in ranges:
        for match in re.finditer(r"\S(?:[^\n]*\S)?", document.text[start:end]):
            offset = start + match.start()
            yield Entity(field, offset, len(match.group()), match.group())


def _amounts(text: str, value: str) -> Iterator[tuple[int, int]]:
    number = r",?".join(re.escape(c) for c in re.sub(r"[^\d.]", "", value))
    sign = r"\s*".join(re.escape(c) for c in re.split(r"\d", value)[0].strip())
    sign = rf"{sign}\s*" if sign else ""
    for pattern in (sign + number, number):
        found = list(re.finditer(rf"(?<![\d.,]){pattern}(?!\d|[.,]\d)", text, re.IGNORECASE)) if number else []
        if found:
            yield from (match.span() for match in found)
            return


def _whole(text: str, value: str) -> Iterator[tuple[int, int]]:
    inner = r"[\W_]*".join(re.escape(c) for c in value if c.isalnum())
    for match in re.finditer(rf"(?<![^\W_]){inner}(?![^\W_])", text, re.IGNORECASE) if inner else ():
        end = match.end()
        while end < len(text) and not value[-1:].isalnum() and text[end] == value[-1]:
            end += 1
        yield match.start(), end


def _alike(text: str, value: str) -> Iterator[tuple[int, int]]:
    lines = [match.span() for match in re.finditer(r"[^\n]+", text)]
    wanted, best = bare(value), (0.8, 0, 0)
    for first in range(len(lines)):
        for last in range(first, min(first + 7, len(lines))):
            run = bare(text[lines[first][0] : lines[last][1]])
            if 0.7 < len(run) / max(len(wanted), 1) < 1.4:
                matcher = SequenceMatcher(None, run, wanted, autojunk=False)
                if matcher.quick_ratio() > best[0]:
                    best = max(best, (matcher.ratio(), lines[first][0], lines[last][1]))
    if best[2]:
        yield best[1:]


def by_address(receipts: Sequence[Receipt], part: float = 0.2) -> tuple[list[Receipt], list[Receipt]]:
    """Split so that no address is on both sides: the last fifth of receipts in the order of their addresses' hashes."""
    groups: dict[str, list[Receipt]] = {}
    for one in receipts:
        groups.setdefault(bare(one.keys.get("address", one.example.document_id)), []).append(one)
    train: list[Receipt] = []
    test: list[Receipt] = []
    for address in sorted(groups, key=lambda a: hashlib.sha256(a.encode()).hexdigest()):
        (test if len(test) < part * len(receipts) else train).extend(groups[address])
    return train, test


def address_of(one: Receipt) -> str:
    """What receipts are grouped by."""
    return bare(one.keys.get("address", one.example.document_id))


def same_text(first: str, second: str) -> bool:
    """White space collapsed."""
    return " ".join(first.split()) == " ".join(second.split())


def at_random(receipts: Sequence[Receipt], part: float = 0.2) -> tuple[list[Receipt], list[Receipt]]:
    """Split by the hashes of names: the same shops are on both sides, as in SROIE's own split."""
    ordered = sorted(receipts, key=lambda one: hashlib.sha256(one.example.document_id.encode()).hexdigest())
    count = round(part * len(receipts))
    return ordered[count:], ordered[:count]


def photographed(folder: Path) -> tuple[list[Receipt], list[Receipt]]:
    """The receipts of ``receipts``: with their true boxes, and as docplatform reads their images."""
    from docplatform.documents.document_text import document_text
    from docplatform.ocr.base import DocumentSource
    from docplatform.ocr.local.reader import LocalDocumentReader
    from docplatform.settings import LimitSettings, ReadingSettings

    reader = LocalDocumentReader(ReadingSettings(workers=0), LimitSettings())
    true, read = [], []
    for path in sorted((folder / "keys").glob("*.json")):
        keys = json.loads(path.read_text(encoding="utf-8"))
        boxes = (folder / "boxes" / f"{path.stem}.csv").read_text(encoding="utf-8")
        true.append(receipt(path.stem, keys, document_of(boxes.splitlines())))
        image = (folder / "images" / f"{path.stem}.jpg").read_bytes()
        result = reader.read(DocumentSource(path.stem, image, "image/jpeg"))
        read.append(receipt(path.stem, keys, document_text(result.to_json())))
    return true, read
