"""Generated documents of several classes, read from their PDFs and concatenated into packets."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from pathlib import Path

from docplatform.documents.document_text import document_text
from docplatform.documents.predictions import DocumentPart, LabeledExample
from docplatform.models.local.document_classes import DocumentClassTrainer
from docplatform.ocr.base import DocumentSource
from docplatform.ocr.local.reader import LocalDocumentReader
from docplatform.samples.options import SampleOptions
from docplatform.samples.render import WRITERS, render
from docplatform.settings import LimitSettings, ReadingSettings

_TRAIN, _TEST, _PACKETS = 20, 30, 100
_KINDS = list(WRITERS)


def packets(_data: Path) -> None:
    """Page accuracy and exact parts of packets of one to five documents; and how many single documents stay whole."""
    reader = LocalDocumentReader(ReadingSettings(workers=0), LimitSettings())
    train = [document(reader, kind, number, held_out=False) for kind in _KINDS for number in range(_TRAIN)]
    test = [document(reader, kind, 1_000 + number, held_out=True) for kind in _KINDS for number in range(_TEST)]
    several = sum(e.page_count > 1 for e in train), sum(e.page_count > 1 for e in test)
    print(
        f"packets: {len(train)} documents to train, {len(test)} to test, {several[0]} and {several[1]} of several pages"
    )
    began = time.process_time()
    model = DocumentClassTrainer.from_options({}).train(train, [])
    print(f"  {time.process_time() - began:.1f} CPU s to train")
    whole = model.predict([e.document for e in test])
    right = sum([c.category for c in p.categories] == list(e.categories) for p, e in zip(whole, test, strict=True))
    kept = sum(len(p.parts) == 1 for p in whole)
    print(f"  single documents: class accuracy {right / len(test):.3f}, left whole {kept / len(test):.3f}")
    rng = random.Random(1)
    made = [packet(f"p{n}", rng.sample(test, rng.randint(1, 5))) for n in range(_PACKETS)]
    began = time.process_time()
    predictions = model.predict([e.document for e in made])
    seconds = time.process_time() - began
    pages = page_right = exact = total = divided = 0
    for example, prediction in zip(made, predictions, strict=True):
        truth, found = of_pages(example.parts, example.page_count), of_pages(prediction.parts, example.page_count)
        pages += example.page_count
        page_right += sum(a == b for a, b in zip(truth, found, strict=True))
        wanted = {(p.category, p.first_page, p.last_page) for p in example.parts}
        got = {(p.category, p.first_page, p.last_page) for p in prediction.parts}
        exact, total = exact + len(wanted & got), total + len(wanted) + len(got)
        divided += {part[1:] for part in wanted} == {part[1:] for part in got}
    print(
        f"  {len(made)} packets, {pages} pages: page ranges all exact in {divided / len(made):.3f} of them, class of "
        f"pages {page_right / pages:.3f}, exact parts (range and class) F1 {2 * exact / total:.3f}"
    )
    print(f"  {pages / seconds:.0f} pages/s")


def document(reader: LocalDocumentReader, kind: object, number: int, *, held_out: bool) -> LabeledExample:
    options = SampleOptions(seed=3)
    rng = options.rng("packet", kind, number)
    draft = WRITERS[kind](rng, held_out, options)  # type: ignore[index]
    data = render(draft, "pdf", rng, options).data
    found = document_text(reader.read(DocumentSource(f"{kind}-{number}", data, "application/pdf")).to_json())
    return LabeledExample(f"{kind}-{number}", found.text, (str(kind),), words=found.words, page_count=found.page_count)


def packet(name: str, members: Sequence[LabeledExample]) -> LabeledExample:
    """Documents one after the other in one file."""
    text, page = "", 0
    words, parts = [], []
    for member in members:
        words += [w._replace(offset=w.offset + len(text), page=w.page + page) for w in member.words]
        parts.append(DocumentPart(member.categories[0], page + 1, page + member.page_count))
        text, page = f"{text}{member.text}\n", page + member.page_count
    return LabeledExample(name, text, words=tuple(words), page_count=page, parts=tuple(parts))


def of_pages(parts: Sequence[DocumentPart], count: int) -> list[str]:
    """The class of each page."""
    classes = [""] * count
    for part in parts:
        classes[part.first_page - 1 : part.last_page] = [part.category] * (part.last_page - part.first_page + 1)
    return classes
