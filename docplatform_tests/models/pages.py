"""Small labelled documents with places, made by rule: invoices, forms, and packets of several documents."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from docplatform.documents.document_text import DocumentText, WordBox
from docplatform.documents.predictions import DocumentPart, Entity, LabeledExample

Run = tuple[str, str, float, float]
"""A field's name or nothing, the words, and the place of the first one in page fractions."""
_WIDE, _HIGH = 0.011, 0.015


def laid_out(document_id: str, pages: Sequence[Sequence[Run]], categories: tuple[str, ...] = ()) -> LabeledExample:
    """A document of runs of words, each a line of the text."""
    text, words, found = "", [], []
    for number, runs in enumerate(pages, 1):
        for field, content, left, top in runs:
            if field:
                found.append(Entity(field, len(text), len(content), content))
            for word in content.split(" "):
                right = left + _WIDE * len(word)
                words.append(WordBox(len(text), len(word), number, left, top, right, top + _HIGH))
                text, left = f"{text}{word} ", right + _WIDE
            text = f"{text[:-1]}\n"
    return LabeledExample(document_id, text, categories, tuple(found), words=tuple(words), page_count=len(pages))


def invoices(count: int = 24, seed: int = 4) -> list[LabeledExample]:
    """Number, date, total and line items; amounts differ only by what stands to their left."""
    rng = random.Random(seed)  # noqa: S311 - made to be repeated
    return [_invoice(f"d{i}", rng) for i in range(count)]


def _invoice(document_id: str, rng: random.Random) -> LabeledExample:
    net, paid = rng.randint(100, 900), rng.randint(1000, 2000)
    first = rng.choice((0.10, 0.12))
    runs: list[Run] = [
        ("", f"Invoice of {rng.choice(('Ash', 'Birch', 'Cole'))} Ltd", 0.3, 0.05),
        ("", "Date:", 0.1, first),
        ("InvoiceDate", f"{rng.randint(13, 28)}/{rng.randint(10, 12)}/20{rng.randint(10, 29)}", 0.3, first),
        ("", "Bill to", 0.1, 0.2),
        ("Customer", f"{rng.choice(('Ann', 'Bob', 'Eve'))} {rng.choice(('Elm', 'Dunn'))}", 0.1, 0.22),
        ("Customer", f"{rng.randint(1, 99)} {rng.choice(('High', 'Low', 'Mill'))} Street", 0.1, 0.24),
    ]
    for row in range(rng.randint(1, 3)):
        down = 0.4 + 0.03 * row
        runs += [
            (f"Items/{row}/Description", rng.choice(("Blue paint", "Long nails", "Oak board")), 0.1, down),
            (f"Items/{row}/Amount", f"{rng.randint(1, 99)}.{rng.randint(10, 99)}", 0.7, down),
        ]
    runs += [
        ("", "Total due", 0.5, 0.7),
        ("Total", f"{net}.50", 0.7, 0.7),
        ("", "Cash paid", 0.5, 0.75),
        ("", f"{paid}.00", 0.7, 0.75),
    ]
    return laid_out(document_id, [runs])


_BOXES = [("Name", 0.1, 0.1), ("Wages", 0.5, 0.1), ("Tax", 0.7, 0.1), ("City", 0.1, 0.3), ("Fee", 0.5, 0.3)]
_PRINTED = ("alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliett")


def forms(count: int = 6, seed: int = 5) -> list[LabeledExample]:
    """A form of five boxes, some of them empty, some copies shifted on the page."""
    rng = random.Random(seed)  # noqa: S311 - made to be repeated
    return [form(f"f{i}", rng, {name for name, *_ in _BOXES if rng.random() < 0.8}) for i in range(count)]


def form(document_id: str, rng: random.Random, filled: set[str]) -> LabeledExample:
    """One copy, with these boxes filled in."""
    across, down = rng.choice((0.0, 0.03)), rng.choice((0.0, 0.02))
    runs: list[Run] = [("", f"{word} text", 0.1 + 0.07 * i, 0.6 + 0.03 * i) for i, word in enumerate(_PRINTED)]
    runs += [("", f"{name} box", left, top) for name, left, top in _BOXES]
    for name, left, top in _BOXES:
        if name in filled:
            value = rng.choice(("Ann", "Bob", "Eve")) if name in ("Name", "City") else str(rng.randint(100, 9999))
            runs.append((name, value, left, top + 0.04))
    runs.append(("Agreed", rng.choice((":selected:", ":unselected:")), 0.5, 0.5))
    return laid_out(document_id, [[(f, text, left + across, top + down) for f, text, left, top in runs]])


_CLASSES = {"invoice": ("amount", "due", "vendor", "net"), "report": ("outage", "server", "alert", "error")}


def classed(count: int = 24, seed: int = 6) -> list[LabeledExample]:
    """Invoices of one page or two and reports of one; only the first page has a title."""
    rng = random.Random(seed)  # noqa: S311 - made to be repeated
    names = sorted(_CLASSES)
    return [_classed(f"c{i}", rng, names[i % 2], 1 + (i % 4 == 0)) for i in range(count)]


def _classed(document_id: str, rng: random.Random, name: str, pages: int) -> LabeledExample:
    def body(page: int) -> list[Run]:
        head: list[Run] = [("", f"{name} number {rng.randint(100, 999)}", 0.3, 0.1)] if page == 1 else []
        lines = [("", " ".join(rng.choices(_CLASSES[name], k=4)), 0.1, 0.2 + 0.05 * line) for line in range(6)]
        return [*head, *lines, ("", f"Page {page}", 0.5, 0.9)]

    return laid_out(document_id, [body(page) for page in range(1, pages + 1)], (name,))


def packet(document_id: str, members: Sequence[LabeledExample]) -> LabeledExample:
    """Documents one after the other in a file."""
    text, words, parts, page = "", [], [], 0
    for member in members:
        words += [w._replace(offset=w.offset + len(text), page=w.page + page) for w in member.words]
        parts.append(DocumentPart(member.categories[0], page + 1, page + member.page_count))
        text, page = text + member.text, page + member.page_count
    names = tuple(sorted({part.category for part in parts}))
    return LabeledExample(document_id, text, names, words=tuple(words), page_count=page, parts=tuple(parts))


def without_places(example: LabeledExample) -> LabeledExample:
    """The same text without its words."""
    return replace(example, words=())


def texts_of(examples: Sequence[LabeledExample]) -> list[DocumentText]:
    """As models take them."""
    return [example.document for example in examples]
