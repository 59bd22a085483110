"""Which documents a corpus holds: kinds, formats, customers, labelled sets. Doesn't make any of them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from docplatform.samples.options import SampleOptions
from docplatform.samples.projects import DOCUMENT_TYPE, INCIDENT_ENTITIES, LETTER_TOPICS, LOAN_TERMS, SampleProject
from docplatform.samples.truth import Kind

_SCANS = {"png": 0.2, "jpg": 0.4, "tiff": 0.15, "scanned_pdf": 0.25}


def _mixed(scan_share: float, **born_digital: float) -> dict[str, float]:
    return {**born_digital, **{style: share * scan_share for style, share in _SCANS.items()}}


STYLES: Mapping[Kind, Mapping[str, float]] = {
    Kind.INVOICE: _mixed(0.4, pdf=0.32, xlsx=0.1, csv=0.1, docx=0.08),
    Kind.RECEIPT: _mixed(0.65, pdf=0.25, txt=0.1),
    Kind.LOAN_AGREEMENT: _mixed(0.25, pdf=0.4, docx=0.15, txt=0.2),
    Kind.INCIDENT_REPORT: _mixed(0.1, txt=0.45, html=0.2, docx=0.1, pdf=0.15),
    Kind.LETTER: _mixed(0.4, pdf=0.2, docx=0.15, txt=0.2, html=0.05),
}
"""Share of each format in the documents of a kind."""

_FOLDERS: Mapping[Kind, tuple[str, ...]] = {
    Kind.INVOICE: ("", "invoices", "invoices/2026", "Eingang Rechnungen"),
    Kind.RECEIPT: ("receipts", "expenses/travel", "scans"),
    Kind.LOAN_AGREEMENT: ("", "loans", "contracts/loans"),
    Kind.INCIDENT_REPORT: ("incidents", "ops/tickets", ""),
    Kind.LETTER: ("letters", "inbox", "Kundenbriefe für Büro", ""),
}
_EXTRA_TYPES = (Kind.INVOICE,) * 3 + (Kind.RECEIPT,) * 2 + (Kind.LOAN_AGREEMENT,) * 2 + (Kind.INCIDENT_REPORT,) * 3
_SHARES = {LETTER_TOPICS: 0.27, INCIDENT_ENTITIES: 0.22, LOAN_TERMS: 0.22, DOCUMENT_TYPE: 0.19}
"""Share of the corpus that is labelled for each project; what remains is unlabelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDocument:
    """One document to make."""

    index: int
    customer: str
    kind: Kind
    style: str
    """A format as ``render`` takes it."""
    folder: str
    """Below the customer's folder; empty for the top."""
    held_out: bool
    projects: tuple[str, ...] = ()
    """Projects it is labelled for."""


def plan(options: SampleOptions) -> list[PlannedDocument]:
    """Every document of a corpus, in order. A further batch has no labelled sets."""
    rng = options.rng("plan")
    documents = [] if options.batch else list(_labelled(options, rng))
    return [*documents, *_unlabelled(options, rng, len(documents))]


def _labelled(options: SampleOptions, rng: random.Random) -> Iterator[PlannedDocument]:
    index = 0
    for project, share in _SHARES.items():
        count = int(share * options.documents)
        customer = options.customers[project.customer % len(options.customers)]
        for number, (kind, style) in enumerate(_kinds_and_styles(project, count, rng)):
            # Every fifth letter is labelled with its type too, so that this project sees letters at all.
            both = project is LETTER_TOPICS and number % 5 == 2
            yield PlannedDocument(
                index=index,
                customer=customer,
                kind=kind,
                style=style,
                folder=rng.choice(_FOLDERS[kind]),
                held_out=number // 10 % 5 in (1, 3) if project is DOCUMENT_TYPE else number % 4 == 3,
                projects=(project.name, DOCUMENT_TYPE.name) if both else (project.name,),
            )
            index += 1


def _kinds_and_styles(project: SampleProject, count: int, rng: random.Random) -> list[tuple[Kind, str]]:
    if project is INCIDENT_ENTITIES:
        return [(Kind.INCIDENT_REPORT, "azure_txt")] * count
    if project is LOAN_TERMS:
        return [(Kind.LOAN_AGREEMENT, "azure_txt")] * count
    if project is LETTER_TOPICS:
        return [(Kind.LETTER, style) for style in _deck(STYLES[Kind.LETTER], count, rng)]
    kinds = [_EXTRA_TYPES[number % len(_EXTRA_TYPES)] for number in range(count)]
    return _with_styles(kinds, rng)


def _unlabelled(options: SampleOptions, rng: random.Random, start: int) -> Iterator[PlannedDocument]:
    kinds = list(Kind)
    wanted = [kinds[number % len(kinds)] for number in range(options.documents - start)]
    for index, (kind, style) in enumerate(_with_styles(wanted, rng), start):
        yield PlannedDocument(
            index=index,
            customer=options.customers[(index // len(kinds) + index) % len(options.customers)],
            kind=kind,
            style=style,
            folder=rng.choice(_FOLDERS[kind]),
            held_out=rng.random() < 0.3,
        )


def _with_styles(kinds: list[Kind], rng: random.Random) -> list[tuple[Kind, str]]:
    decks = {kind: iter(_deck(STYLES[kind], kinds.count(kind), rng)) for kind in dict.fromkeys(kinds)}
    return [(kind, next(decks[kind])) for kind in kinds]


def _deck(shares: Mapping[str, float], count: int, rng: random.Random) -> list[str]:
    """``count`` keys in random order, each as often as its share says, to one."""
    edges, total = [], 0.0
    for style, share in shares.items():
        total += share
        edges.append((total, style))
    offset = rng.random()
    cards = [
        next((style for edge, style in edges if (number + offset) / count * total < edge), edges[-1][1])
        for number in range(count)
    ]
    rng.shuffle(cards)
    return cards
