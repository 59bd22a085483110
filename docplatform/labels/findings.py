"""What the label doctor found.

Belongs here: findings, repairs and the report as data, text and JSON. Doesn't: finding them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """Whether a finding keeps labels from being used."""

    ERROR = "error"
    """The label would teach something wrong: the document is left out until it is mended."""
    WARNING = "warning"
    """Worth a look; the label is used."""


class FindingCode(StrEnum):
    """What is wrong. Stable: scripts may select by it."""

    TEXT_MISMATCH = "text_mismatch"
    BEYOND_END = "beyond_end"
    SPLITS_CHARACTER = "splits_character"
    EMPTY_SPAN = "empty_span"
    CUTS_WORD = "cuts_word"
    EDGE_CHARACTERS = "edge_characters"
    SHIFTED = "shifted"
    OUTSIDE_REGION = "outside_region"
    DUPLICATE = "duplicate"
    CONTRADICTION = "contradiction"
    OVERLAP = "overlap"
    MISSING_DOCUMENT = "missing_document"
    EMPTY_DOCUMENT = "empty_document"
    DUPLICATE_DOCUMENT = "duplicate_document"
    UNLABELED_DOCUMENT = "unlabeled_document"
    SEVERAL_CLASSES = "several_classes"
    NO_CATEGORIES = "no_categories"
    UNKNOWN_CATEGORY = "unknown_category"
    UNUSED_CATEGORY = "unused_category"
    FEW_EXAMPLES = "few_examples"
    VALUE_NOT_FOUND = "value_not_found"
    VALUE_DIFFERS = "value_differs"
    AMBIGUOUS_VALUE = "ambiguous_value"
    EMPTY_REGION = "empty_region"
    NEAR_DUPLICATE = "near_duplicate"
    UNUSUAL_LABEL = "unusual_label"
    MISSING_LABEL = "missing_label"
    LIKELY_WRONG = "likely_wrong"


@dataclass(frozen=True, slots=True)
class Repair:
    """How a label would be right, in the file's unit."""

    offset: int
    length: int
    is_certain: bool
    """True where the declared text proves it, or nothing is lost by it; only such repairs are applied unasked."""
    removes: bool = False
    """True where the label should go: it says again what another one says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing the doctor found. Offsets and lengths count in the label file's unit."""

    code: FindingCode
    severity: Severity
    message: str
    location: str | None = None
    """The document; None where the whole file is meant."""
    category: str | None = None
    offset: int | None = None
    length: int | None = None
    repair: Repair | None = None
    document_index: int | None = None
    """Place in ``LabelFile.documents``."""
    entity_index: int | None = None
    """Place in ``DocumentLabels.entities``."""

    def render(self) -> str:
        """One line for a terminal."""
        where = [] if self.category is None else [self.category]
        if self.offset is not None:
            where.append(f"at {self.offset}, length {self.length}")
        return f"{self.severity.value:7} {' '.join(where)}{': ' if where else ''}{self.message}{self._advice()}"

    def _advice(self) -> str:
        if self.repair is None:
            return ""
        if self.repair.removes:
            return " Repair: remove this label."
        doubt = "" if self.repair.is_certain else " (please check)"
        return f" Repair: offset {self.repair.offset}, length {self.repair.length}{doubt}."


@dataclass(frozen=True, slots=True)
class LabelReport:
    """Everything the doctor found in a label file."""

    findings: tuple[Finding, ...] = ()
    documents: int = 0
    labels: int = 0
    checked: int = 0
    """Labels that were held against a text."""
    unread: int = 0
    """Documents that are there and weren't read, so that their labels could not be held against anything."""

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that keep labels from being used."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The others."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.WARNING)

    @property
    def is_usable(self) -> bool:
        """Whether every label can be used as it is."""
        return not self.errors

    @property
    def refused(self) -> frozenset[str]:
        """The documents (locations) that have an error."""
        return frozenset(finding.location for finding in self.errors if finding.location is not None)

    def render(self, limit: int = 200) -> str:
        """The report for a terminal: errors first, by document, at most ``limit`` findings, and a summary."""
        ordered = sorted(self.findings, key=lambda f: (f.severity is not Severity.ERROR, f.location or ""))
        lines: list[str] = []
        place: tuple[Severity, str | None] | None = None
        for finding in ordered[:limit]:
            if (finding.severity, finding.location) != place:
                place = (finding.severity, finding.location)
                lines.append(finding.location or "whole file")
            lines.append(f"  {finding.render()}")
        if len(ordered) > limit:
            lines.append(f"… and {len(ordered) - limit} more")
        return "\n".join([*lines, self.summary()])

    def summary(self) -> str:
        """One line: what was looked at, and what was found."""
        certain = sum(f.repair is not None and f.repair.is_certain for f in self.findings)
        counts = f"{_count(len(self.errors), 'error')}, {_count(len(self.warnings), 'warning')}"
        repairs = f", {_count(certain, 'certain repair')}" if certain else ""
        looked = f"{_count(self.labels, 'label')} in {_count(self.documents, 'document')}"
        unread = f"; {_count(self.unread, 'document')} not read yet" if self.unread else ""
        return f"{looked} ({self.checked} held against a text{unread}): {counts}{repairs}."

    def to_dict(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return {
            "usable": self.is_usable,
            "documents": self.documents,
            "labels": self.labels,
            "checked": self.checked,
            "unread": self.unread,
            "counts": dict(sorted(Counter(finding.code.value for finding in self.findings).items())),
            "findings": [
                {name: value for name, value in asdict(finding).items() if value is not None}
                for finding in self.findings
            ],
        }


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
