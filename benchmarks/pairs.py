"""Key-value pairs, scored on the generated corpus and on the entity links of scanned forms.

    python benchmarks/pairs.py [--data ../shared/data] [--documents 40] [--scans 10] [--forms 20] [--ocr-forms 20]

A pair is right where its key and its value are those of a true pair after normalising: case, white space and
punctuation at the ends of words are dropped, colons and leaders too. ``loose``: key and value have at least .8 of their
letter pairs in common with a true pair's (Dice), which forgives some wrongly recognised letters.
Only pairs with a value count. Forms: links from question to answer; a question with several answers may be answered by
any of them, or by all in reading order, and one hit of it is enough for recall.
``true words``: the forms' annotated words instead of OCR, joined to lines by geometry alone, so that errors of reading
and of pairing are told apart. ``by rule`` shows the precision behind each confidence.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from docplatform.ocr.local.blocks import LineBox, PageBlocks, WordBox
from docplatform.ocr.local.images import read_image
from docplatform.ocr.local.layout.page import arrange
from docplatform.ocr.local.page_elements import PageElements, Recognizer
from docplatform.ocr.local.pdf import read_pdf
from docplatform.ocr.local.recognition.recognizer import RapidOcrRecognizer
from docplatform.samples.options import SampleOptions
from docplatform.samples.render import WRITERS, describe, render
from docplatform.samples.truth import Kind
from docplatform.settings import LimitSettings, ReadingSettings

DEFAULT_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
_EDGES = re.compile(r"^[^\w$€£%#]+|[^\w$€£%#]+$")
_LOOSE = 0.8

Texts = tuple[str, str]


@dataclass
class Tally:
    """Pairs found and true ones, by document."""

    found: int = 0
    right: int = 0
    loosely_right: int = 0
    true: int = 0
    hit: int = 0
    loosely_hit: int = 0
    by_confidence: dict[float, Counter[bool]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, found: Sequence[tuple[str, str, float]], groups: Sequence[Sequence[Texts]]) -> None:
        """Score one document. ``groups``: for each true key the pairs any of which is right."""
        for wanted in (True, False):
            same = _same if wanted else _alike
            right = [any(same((key, value), pair) for group in groups for pair in group) for key, value, _ in found]
            hit = [any(same((key, value), pair) for pair in group for key, value, _ in found) for group in groups]
            if wanted:
                self.right, self.hit = self.right + sum(right), self.hit + sum(hit)
            else:
                self.loosely_right, self.loosely_hit = self.loosely_right + sum(right), self.loosely_hit + sum(hit)
                for is_right, (_, _, confidence) in zip(right, found, strict=True):
                    self.by_confidence[confidence][is_right] += 1
        self.found += len(found)
        self.true += len(groups)

    def row(self) -> str:
        return f"{self.found:>6} {self.true:>5} {_scores(self.right, self.found, self.hit, self.true)}   " + _scores(
            self.loosely_right, self.found, self.loosely_hit, self.true
        )


def _scores(right: int, found: int, hit: int, true: int) -> str:
    precision, recall = right / max(1, found), hit / max(1, true)
    harmonic = 2 * precision * recall / max(1e-9, precision + recall)
    return f"{precision:>6.3f} {recall:>6.3f} {harmonic:>6.3f}"


def normal(text: str) -> list[str]:
    words = (_EDGES.sub("", word).casefold() for word in text.split())
    return [word for word in words if word]


def _same(one: Texts, two: Texts) -> bool:
    return all(normal(first) == normal(second) for first, second in zip(one, two, strict=True))


def _alike(one: Texts, two: Texts) -> bool:
    return all(_dice(normal(first), normal(second)) >= _LOOSE for first, second in zip(one, two, strict=True))


def _dice(one: Sequence[str], two: Sequence[str]) -> float:
    letters = [Counter(itertools.pairwise(text)) for text in (" ".join(one), " ".join(two))]
    total = letters[0].total() + letters[1].total()
    return 2 * (letters[0] & letters[1]).total() / total if total else float(one == two)


def pairs_of(pages: Iterable[PageBlocks]) -> list[tuple[str, str, float]]:
    return [
        (_text(pair.key), _text(pair.value), pair.confidence) for page in pages for pair in page.pairs if pair.value
    ]


def _text(words: Sequence[WordBox]) -> str:
    return " ".join(word.text for word in words)


def corpus(kind: Kind, style: str, count: int) -> Iterator[tuple[bytes, list[list[Texts]]]]:
    """Generated documents, a third of held-out layouts, and their pairs."""
    options = SampleOptions()
    for number in range(count):
        rng = random.Random(f"{kind} {style} {number}")
        draft = WRITERS[kind](rng, number % 3 == 2, options)
        rendered = render(draft, style, rng, options)
        yield rendered.data, [[pair] for pair in describe(draft, rendered, "x", "y").pairs]


@dataclass(frozen=True)
class Form:
    image: Path
    elements: PageElements
    """The true words, in lines by geometry."""
    groups: list[list[Texts]]


def forms(data: Path, limit: int) -> Iterator[Form]:
    for path in sorted((data / "forms" / "annotations").glob("*.json"))[:limit]:
        entities = {entity["id"]: entity for entity in json.loads(path.read_text("utf-8"))["form"]}
        words = [word for entity in entities.values() for word in entity["words"] if word["text"].strip()]
        elements = PageElements(list(_lines([_word(w["text"], w["box"]) for w in words])), 1000.0, 1000.0, "pixel")
        yield Form(data / "forms" / "images" / f"{path.stem}.png", elements, list(_links(entities)))


def _links(entities: dict[int, dict[str, object]]) -> Iterator[list[Texts]]:
    answers: dict[int, list[int]] = defaultdict(list)
    for number, entity in entities.items():
        for one, two in entity["linking"]:  # type: ignore[attr-defined]
            if one == number and entity["label"] == "question" and entities[two]["label"] == "answer":
                answers[one].append(two)
    for question, linked in answers.items():
        key = str(entities[question]["text"])
        boxes = {number: entities[number]["box"] for number in linked}
        in_order = sorted(linked, key=lambda number: (boxes[number][1], boxes[number][0]))  # type: ignore[index]
        texts = [str(entities[number]["text"]) for number in in_order]
        options = [*texts, " ".join(texts)] if len(texts) > 1 else texts
        if key.strip() and any(text.strip() for text in texts):
            yield [(key, value) for value in options if value.strip()]


def _word(text: str, box: Sequence[float]) -> WordBox:
    left, top, right, bottom = box
    return WordBox(text, (left, top, right, top, right, bottom, left, bottom))


def _lines(words: Sequence[WordBox]) -> Iterator[LineBox]:
    """Words side by side, not further apart than 1.5 heights, as a detector of text would box them."""
    rows: list[list[WordBox]] = []
    for word in sorted(words, key=lambda word: _box(word)[1] + _box(word)[3]):
        if rows and _overlap(rows[-1][0], word) > 0.5:
            rows[-1].append(word)
        else:
            rows.append([word])
    for row in rows:
        run: list[WordBox] = []
        for word in sorted(row, key=lambda word: _box(word)[0]):
            if run and _box(word)[0] - _box(run[-1])[2] > 1.5 * (_box(word)[3] - _box(word)[1]):
                yield _line(run)
                run = []
            run.append(word)
        yield _line(run)


def _box(word: WordBox) -> tuple[float, float, float, float]:
    polygon = word.polygon or (0.0,) * 8
    return polygon[0], polygon[1], polygon[4], polygon[5]


def _overlap(one: WordBox, two: WordBox) -> float:
    first, second = _box(one), _box(two)
    shared = min(first[3], second[3]) - max(first[1], second[1])
    return shared / max(1e-6, min(first[3] - first[1], second[3] - second[1]))


def _line(words: Sequence[WordBox]) -> LineBox:
    lefts, tops, rights, bottoms = zip(*map(_box, words), strict=True)
    box = (min(lefts), min(tops), max(rights), max(bottoms))
    return LineBox(words, _word("", box).polygon)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--documents", type=int, default=40, help="generated PDFs of each kind")
    parser.add_argument("--scans", type=int, default=10, help="generated scans of each kind")
    parser.add_argument("--forms", type=int, default=20, help="forms read from their true words")
    parser.add_argument("--ocr-forms", type=int, default=20, help="forms read by OCR")
    parser.add_argument("--show", action="store_true", help="print what is wrong and what is missed")
    options = parser.parse_args()
    recognizer = RapidOcrRecognizer(ReadingSettings())
    print(f"{'set':<22} {'found':>6} {'true':>5} {'prec.':>6} {'recall':>6} {'F1':>6}   loose: the same")
    for style, count in (("pdf", options.documents), ("png", options.scans)):
        for kind in (Kind.INVOICE, Kind.RECEIPT):
            read = ((pairs_of(_pages(data, recognizer)), groups) for data, groups in corpus(kind, style, count))
            _report(f"{kind} {style} {count}", read, options.show)
    listed = list(forms(options.data, options.forms)) if options.data.is_dir() else []
    _report(
        f"forms, true words {len(listed)}", ((pairs_of([arrange(f.elements)]), f.groups) for f in listed), options.show
    )
    listed = listed[: options.ocr_forms]
    read = ((pairs_of(_pages(form.image.read_bytes(), recognizer)), form.groups) for form in listed)
    _report(f"forms, OCR {len(listed)}", read, options.show)


def _pages(data: bytes, recognizer: Recognizer) -> Sequence[PageBlocks]:
    read = read_pdf if data.startswith(b"%PDF") else read_image
    return read(data, ReadingSettings(), LimitSettings(), recognizer).pages


def _report(name: str, read: Iterable[tuple[list[tuple[str, str, float]], list[list[Texts]]]], show: bool) -> None:
    tally = Tally()
    for found, groups in read:
        tally.add(found, groups)
        if show:
            _show(found, groups)
    rules = ", ".join(
        f"{confidence:.2f}: {counts[True]}/{counts.total()}"
        for confidence, counts in sorted(tally.by_confidence.items())
    )
    print(f"{name:<22} {tally.row()}   by rule {rules}", flush=True)


def _show(found: Sequence[tuple[str, str, float]], groups: Sequence[Sequence[Texts]]) -> None:
    print("---")
    for key, value, confidence in found:
        if not any(_alike((key, value), pair) for group in groups for pair in group):
            print(f"  wrong  {confidence} {key!r} -> {value!r}")
    for group in groups:
        if not any(_alike((key, value), pair) for pair in group for key, value, _ in found):
            print(f"  missed     {group[0][0]!r} -> {group[0][1]!r}")


if __name__ == "__main__":
    main()
