"""Small labelled texts, made by rule, that the trainers can learn in a moment."""

from __future__ import annotations

import random

from docplatform.documents.document_text import DocumentText
from docplatform.documents.predictions import Entity, LabeledExample

_WORDS = {
    "invoice": ["amount", "due", "payable", "vendor", "net", "tax", "total"],
    "loan": ["borrower", "lender", "interest", "principal", "note", "repay"],
    "incident": ["outage", "server", "error", "restart", "alert", "latency"],
}
_FILLER = ["the", "of", "and", "please", "see", "our", "with", "for", "this", "dated", "reference", "kindly"]


def texts(*given: str) -> list[DocumentText]:
    """Texts as models take them."""
    return [DocumentText(text) for text in given]


def single_label(count: int = 60, seed: int = 1) -> list[LabeledExample]:
    rng = random.Random(seed)  # noqa: S311 - made to be repeated
    names = sorted(_WORDS)
    return [LabeledExample(f"d{i}", _text(rng, [names[i % 3]]), (names[i % 3],)) for i in range(count)]


def multi_label(count: int = 80, seed: int = 2) -> list[LabeledExample]:
    rng = random.Random(seed)  # noqa: S311 - made to be repeated
    examples = []
    for i in range(count):
        names = tuple(sorted(rng.sample(sorted(_WORDS), rng.randint(0, 2))))
        examples.append(LabeledExample(f"d{i}", _text(rng, names), names))
    return examples


def entities(count: int = 16, seed: int = 3) -> list[LabeledExample]:
    """A date, an amount and two names per text; who is who stands at the end of the line."""
    rng = random.Random(seed)  # noqa: S311 - made to be repeated
    examples = []
    for i in range(count):
        parts = [
            ("", "Dated "),
            ("Date", f"{rng.randint(1, 12)}/{rng.randint(1, 28)}/20{rng.randint(10, 29)}"),
            ("", "\r\n\r\n- "),
            ("Borrower", _person(rng)),
            ("", " of the first part (the borrower)\r\n- "),
            ("Lender", _person(rng)),
            ("", " of the other part (the lender) 🙂\r\n\r\nThe loan is $"),
            ("Amount", f"{rng.randint(1, 999)},{rng.randint(100, 999)}.00"),
            ("", ".\r\n"),
        ]
        examples.append(joined(f"d{i}", parts))
    return examples


def joined(document_id: str, parts: list[tuple[str, str]]) -> LabeledExample:
    """A text from its parts; a part with a category is an entity."""
    text, found = "", []
    for category, part in parts:
        if category:
            found.append(Entity(category, len(text), len(part), part))
        text += part
    return LabeledExample(document_id, text, entities=tuple(found))


def _text(rng: random.Random, names: list[str] | tuple[str, ...]) -> str:
    words = [rng.choice(_WORDS[name]) for name in names for _ in range(4)] + rng.choices(_FILLER, k=6)
    rng.shuffle(words)
    return " ".join(words)


def _person(rng: random.Random) -> str:
    return f"{rng.choice(['Ann', 'Bob', 'Caro', 'Dan', 'Eve'])} {rng.choice(['Ash', 'Birch', 'Cole', 'Dunn', 'Elm'])}"
