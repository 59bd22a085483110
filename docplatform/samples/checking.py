"""Holding what became of a generated corpus against its truth.

Belongs here: comparing outcomes. Doesn't: scoring text or predictions (``benchmarks/``).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from docplatform.lake.lake import Lake
from docplatform.lake.tables import OCR_TEXT, QUARANTINE, RAW_BLOBS
from docplatform.ledger.records import Outcome, document_id_for
from docplatform.samples.truth import ExpectedOutcome, Manifest, SampleFile


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusCheck:
    """How a corpus fared: ``as_expected + len(differences) == checked``."""

    checked: int
    """Files and members looked at."""
    as_expected: int
    differences: tuple[str, ...]
    """Each file that came to another end than it should, in words."""


def check_corpus(manifests: Iterable[Manifest], lake: Lake) -> CorpusCheck:
    """Compare every file and member of the manifests with the lake's tables."""
    outcomes: dict[str, Counter[str]] = defaultdict(Counter)
    for row in lake.read_rows(RAW_BLOBS, columns=["document_id", "outcome"]):
        outcomes[row["document_id"]][row["outcome"]] += 1
    read = {row["document_id"] for row in lake.read_rows(OCR_TEXT, columns=["document_id"])}
    reasons = {
        (row["document_id"], row["stage"]): row["reason"]
        for row in lake.read_rows(QUARANTINE, columns=["document_id", "stage", "reason", "state"])
        if row["state"] == "open"
    }
    by_document: dict[str, list[SampleFile]] = defaultdict(list)
    for manifest in manifests:
        for file in manifest.everything():
            by_document[document_id_for(file.customer, file.sha256)].append(file)
    differences = [
        f"{file.path}: {difference}"
        for document_id, files in by_document.items()
        for file in files
        if (difference := _difference(file, len(files), document_id, outcomes[document_id], read, reasons))
    ]
    checked = sum(len(files) for files in by_document.values())
    return CorpusCheck(checked=checked, as_expected=checked - len(differences), differences=tuple(differences))


def _difference(
    file: SampleFile,
    copies: int,
    document_id: str,
    arrived: Counter[str],
    read: set[str],
    reasons: dict[tuple[str, str], str],
) -> str | None:
    """What is other than expected, None where nothing is."""
    if arrived.total() != copies or arrived[Outcome.DUPLICATE] != copies - 1:
        return f"{copies} copies expected, arrived {dict(arrived)}"
    expected = file.expected
    if expected.outcome is ExpectedOutcome.DUPLICATE:
        return None  # its one arrival too many was counted just now
    if expected.outcome is ExpectedOutcome.READ:
        return None if document_id in read else f"should be read, but is not ({_found(document_id, reasons)})"
    if document_id in read:
        return f"should be quarantined as {expected.reason}, but was read"
    reason = reasons.get((document_id, expected.stage or ""))
    if reason != expected.reason:
        return f"should be quarantined as {expected.reason} at {expected.stage}, but: {_found(document_id, reasons)}"
    return None


def _found(document_id: str, reasons: dict[tuple[str, str], str]) -> str:
    found = [f"{reason} at {stage}" for (key, stage), reason in reasons.items() if key == document_id]
    return ", ".join(found) or "not quarantined"
