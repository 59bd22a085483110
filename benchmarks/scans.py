"""Scans with their truth, and how well a reading of them is: what ``reading.py`` measures with.

Word recall counts each true word once, case-insensitive; by white space (the issue's measure) and by runs of letters
and digits, which tells recognition from tokenisation: the truth of forms/ splits ``10/13/99`` into three words. CER is
the edit distance over the length of the true text, both in reading order with white space collapsed. A key counts as
found where its value stands in the text read, both in upper case without anything but letters and digits. A word's box
fits where its IoU with the true one is .5 or more and the text is right; each box found serves one true word.
"""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from statistics import median
from typing import Any

from docplatform.ocr.local.blocks import line_of
from docplatform.ocr.local.layout.reading_order import Piece, in_reading_order, rows

Box = tuple[float, float, float, float]
_FAR = 100  # pixels between words of a line that tell how it leans
KEYS = ("company", "date", "total", "address")


@dataclass(frozen=True)
class Scan:
    """An image with the text that is on it, in reading order."""

    name: str
    data: bytes
    truth: str
    keys: Mapping[str, str] = field(default_factory=dict)
    boxes: Sequence[tuple[str, Box]] = ()


@dataclass(frozen=True)
class Found:
    """What an engine read in a scan."""

    text: str
    boxes: Sequence[tuple[str, Box]] = ()


@dataclass(frozen=True)
class Truth:
    """How much of the truth was found; ``None`` where the set has no such truth."""

    recall: float
    run_recall: float
    cer: float
    keys: Mapping[str, float]
    boxes: float | None


def receipts(data: Path, limit: int) -> Iterator[Scan]:
    """SROIE: lines with boxes, and four keys."""
    for path in sorted((data / "receipts" / "images").glob("*.jpg"))[:limit]:
        pieces = []
        for row in (data / "receipts" / "boxes" / f"{path.stem}.csv").read_text("utf-8", "replace").splitlines():
            parts = row.split(",", 8)
            if len(parts) == 9:
                numbers = [float(part) for part in parts[:8]]
                pieces.append(_piece(parts[8], numbers[::2], numbers[1::2]))
        keys = json.loads((data / "receipts" / "keys" / f"{path.stem}.json").read_text("utf-8"))
        yield Scan(path.name, path.read_bytes(), _text(pieces), {name: keys[name] for name in KEYS if keys.get(name)})


def forms(data: Path, limit: int) -> Iterator[Scan]:
    """FUNSD: words with boxes."""
    for path in sorted((data / "forms" / "images").glob("*.png"))[:limit]:
        annotation = json.loads((data / "forms" / "annotations" / f"{path.stem}.json").read_text("utf-8"))
        entities = [[word for word in entity["words"] if word["text"].strip()] for entity in annotation["form"]]
        boxes = [(word["text"], tuple(word["box"])) for words in entities for word in words]
        yield Scan(path.name, path.read_bytes(), _text(_entity_lines(entities)), boxes=boxes)


def _entity_lines(entities: Sequence[Sequence[Mapping[str, Any]]]) -> list[Piece]:
    """The lines of FUNSD's entities, on the page turned level.

    Boxes are upright and an entity's words stand in the order of their boxes' tops: where a page leans by half a
    degree, the end of one line comes after the start of the next.
    """
    slope = _slope(entities)
    pieces = []
    for words in entities:
        level = []
        for word in words:
            left, top, right, bottom = word["box"]
            drop = slope * (left + right) / 2
            level.append(_piece(word["text"], (left, right), (top - drop, bottom - drop)))
        for row in rows(level):
            lefts, tops, rights, bottoms = zip(*(piece.box for piece in row), strict=True)
            text = " ".join(word.text for piece in row for word in piece.line.words)
            pieces.append(_piece(text, lefts + rights, tops + bottoms))
    return pieces


def _slope(entities: Sequence[Sequence[Mapping[str, Any]]]) -> float:
    """Pixels down per pixel to the right of a page's text: the median over words that follow each other in a line."""
    slopes = []
    for words in entities:
        for one, two in combinations([word["box"] for word in words], 2):
            across, down = ((two[side] + two[side + 2] - one[side] - one[side + 2]) / 2 for side in (0, 1))
            if across >= _FAR and abs(down) < (one[3] - one[1]) / 2:
                slopes.append(down / across)
    return median(slopes) if slopes else 0.0


def turned(scan: Scan, degrees: int) -> Scan:
    """The scan turned clockwise, as an uncompressed image, so that only the turn differs."""
    from PIL import Image

    with Image.open(io.BytesIO(scan.data)) as image:
        buffer = io.BytesIO()
        image.convert("RGB").rotate(-degrees, expand=True).save(buffer, "BMP")
    return replace(scan, data=buffer.getvalue())


def truth_found(scans: Sequence[Scan], found: Mapping[str, Found]) -> Truth:
    """How much of the truth of all scans together was found."""
    words = runs = errors = length = boxes = 0
    all_words = all_runs = all_boxes = 0
    hits: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    for scan in scans:
        truth, text = (" ".join(value.upper().split()) for value in (scan.truth, found[scan.name].text))
        words += _common(truth.split(), text.split())
        all_words += len(truth.split())
        runs += _common(_runs(truth), _runs(text))
        all_runs += len(_runs(truth))
        errors += edit_distance(truth, text)
        length += len(truth)
        boxes += _fitting(scan.boxes, found[scan.name].boxes)
        all_boxes += len(scan.boxes)
        asked.update(list(scan.keys))
        hits.update(name for name, value in scan.keys.items() if _bare(value) in _bare(text))
    keys = {name: hits[name] / asked[name] for name in KEYS if asked[name]}
    return Truth(words / all_words, runs / all_runs, errors / length, keys, boxes / all_boxes if all_boxes else None)


def edit_distance(first: str, second: str) -> int:
    """Levenshtein distance, bit-parallel (Myers 1999, Hyyro 2003)."""
    if not first:
        return len(second)
    masks: dict[str, int] = {}
    for place, char in enumerate(first):
        masks[char] = masks.get(char, 0) | (1 << place)
    full, top = (1 << len(first)) - 1, 1 << (len(first) - 1)
    positive, negative, distance = full, 0, len(first)
    for char in second:
        match = masks.get(char, 0)
        diagonal = (((match & positive) + positive) ^ positive) | match | negative
        up, down = negative | ~(diagonal | positive) & full, positive & diagonal
        distance += bool(up & top) - bool(down & top)
        up, down = (up << 1 | 1) & full, (down << 1) & full
        positive, negative = down | ~(diagonal | up) & full, up & diagonal
    return distance


def _common(first: Sequence[str], second: Sequence[str]) -> int:
    return (Counter(first) & Counter(second)).total()


def _runs(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text)


def _bare(text: str) -> str:
    return "".join(_runs(text.upper()))


def _fitting(wanted: Sequence[tuple[str, Box]], found: Sequence[tuple[str, Box]]) -> int:
    left = list(found)
    hits = 0
    for text, box in wanted:
        alike = [place for place, (other, _) in enumerate(left) if other.upper() == text.upper()]
        best = max(alike, key=lambda place: _iou(box, left[place][1]), default=None)
        if best is not None and _iou(box, left[best][1]) >= 0.5:
            hits += 1
            del left[best]
    return hits


def _iou(one: Box, two: Box) -> float:
    width, height = min(one[2], two[2]) - max(one[0], two[0]), min(one[3], two[3]) - max(one[1], two[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, two))
    return width * height / (areas - width * height)


def _piece(text: str, xs: Sequence[float], ys: Sequence[float]) -> Piece:
    return Piece(line_of(text), (min(xs), min(ys), max(xs), max(ys)))


def _text(pieces: Sequence[Piece]) -> str:
    return " ".join(word.text for piece in in_reading_order(pieces) for word in piece.line.words)
