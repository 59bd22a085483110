"""Checks of the labelled spans of one document against its text.

Belongs here: what is wrong with a span, and how it would be right. Doesn't: whole files (``doctor``).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace

from docplatform.documents.offsets import StringIndexType, TextOffsets
from docplatform.labels.boundaries import cuts_word, nearest_clean, occurrences, trim_separators, trim_space
from docplatform.labels.counting import Explanation, explain
from docplatform.labels.findings import Finding, FindingCode, Repair, Severity
from docplatform.labels.label_file import DocumentLabels, LabeledEntity

_SHOWN = 60


@dataclass(frozen=True, slots=True)
class _Checker:
    """One document with its text. Spans are (start, end) in the text's code points."""

    document: DocumentLabels
    document_index: int
    text: str
    offsets: TextOffsets
    explanation: Explanation | None

    def check(self, index: int) -> list[Finding]:
        """The findings about one entity."""
        entity = self.document.entities[index]
        span, fault = self._place(entity)
        if entity.text is not None:
            if span is not None and _same(self.text[slice(*span)], entity.text):
                return []
            return [self._mismatch(index, entity, span, fault)]
        if span is None:
            return [replace(fault, repair=self._explained(entity), entity_index=index)] if fault else []
        return self._check_undeclared(index, entity, span)

    def _place(self, entity: LabeledEntity) -> tuple[tuple[int, int] | None, Finding | None]:
        """The span of an entity, or the finding that says why it has none."""
        if entity.length <= 0:
            return None, self._error(entity, FindingCode.EMPTY_SPAN, f"the length is {entity.length}.")
        try:
            return self.offsets.span_to_code_points(entity.offset, entity.length), None
        except ValueError as error:
            end = entity.offset + entity.length
            if entity.offset >= 0 and end <= self.offsets.unit_length:
                return None, self._error(entity, FindingCode.SPLITS_CHARACTER, str(error))
            message = f"it ends at {end}, but the text has {self.offsets.unit_length} characters."
            return None, self._error(entity, FindingCode.BEYOND_END, message)

    def _mismatch(
        self, index: int, entity: LabeledEntity, span: tuple[int, int] | None, fault: Finding | None
    ) -> Finding:
        """The declared text isn't where the label says: say what is there, and where it stands."""
        declared = entity.text or ""
        found = "it lies outside the text" if span is None else f"there stands {_show(self.text[slice(*span)])}"
        repair = self._explained(entity) or self._searched(entity, span)
        advice = "the text doesn't hold it: check the document and the declared text." if repair is None else ""
        if repair is not None and repair.offset == entity.offset:
            advice = f"the offset is right, the length should be {repair.length}."
        elif repair is not None:
            advice = f"it stands at {repair.offset}."
        message = f"declares {_show(declared)}, but {found}; {advice}"
        code = FindingCode.TEXT_MISMATCH if fault is None else fault.code
        return replace(self._error(entity, code, message), repair=repair, entity_index=index)

    def _explained(self, entity: LabeledEntity) -> Repair | None:
        """Where the label stands under the way of counting that explains the whole document."""
        span = self.explanation.span(entity) if self.explanation is not None else None
        if span is None:
            return None
        return Repair(*self.offsets.span_to_unit(*span), is_certain=entity.text is not None)

    def _searched(self, entity: LabeledEntity, span: tuple[int, int] | None) -> Repair | None:
        """The nearest place where the declared text stands."""
        declared = entity.text or ""
        places = [(place, place + len(declared)) for place in occurrences(self.text, declared)]
        is_exact = bool(places)
        if not places:
            words = r"\s+".join(re.escape(word) for word in declared.split())
            places = [match.span() for match in re.finditer(words, self.text, re.IGNORECASE)]
        if not places:
            return None
        start = span[0] if span is not None else min(max(0, entity.offset), len(self.text))
        nearest = min(places, key=lambda place: abs(place[0] - start))
        touching = [place for place in places if span is not None and place[0] < span[1] and span[0] < place[1]]
        is_certain = is_exact and (len(places) == 1 or touching == [nearest])
        return Repair(*self.offsets.span_to_unit(*nearest), is_certain=is_certain)

    def _check_undeclared(self, index: int, entity: LabeledEntity, span: tuple[int, int]) -> list[Finding]:
        """Without a declared text only the look of the span can tell."""
        shown = _show(self.text[slice(*span)])
        trimmed = trim_space(self.text, *span)
        explained = self._explained(entity)
        if trimmed[0] == trimmed[1]:
            error = self._error(entity, FindingCode.EMPTY_SPAN, "there stands nothing but white space.")
            return [replace(error, repair=explained, entity_index=index)]
        code, message, repair = FindingCode.SHIFTED, f"{shown} may be shifted with the others.", explained
        if cuts_word(self.text, *span):
            code, message = FindingCode.CUTS_WORD, f"{self._show_around(span)} begins or ends within a word."
            repair = explained or self._suggest(nearest_clean(self.text, *span))
        elif explained is not None and (explained.offset, explained.length) != (entity.offset, entity.length):
            pass
        elif trimmed != span:
            code, message = FindingCode.EDGE_CHARACTERS, f"{shown} has white space at its edge."
            repair = replace(self._suggest(trimmed), is_certain=True)
        elif (inner := trim_separators(self.text, *span)) != span and inner[0] < inner[1]:
            code, message = FindingCode.EDGE_CHARACTERS, f"{shown} has a separator or bracket at its edge."
            repair = self._suggest(inner)
        else:
            return []
        return [
            replace(self._error(entity, code, message), severity=Severity.WARNING, repair=repair, entity_index=index)
        ]

    def _suggest(self, span: tuple[int, int]) -> Repair:
        return Repair(*self.offsets.span_to_unit(*span), is_certain=False)

    def _show_around(self, span: tuple[int, int]) -> str:
        before, after = self.text[max(0, span[0] - 10) : span[0]], self.text[span[1] : span[1] + 10]
        return f"{_show(self.text[slice(*span)])} (in {_show(before + '[' + self.text[slice(*span)] + ']' + after)})"

    def _error(self, entity: LabeledEntity, code: FindingCode, message: str) -> Finding:
        return Finding(
            code=code,
            severity=Severity.ERROR,
            message=message,
            location=self.document.location,
            category=entity.category,
            offset=entity.offset,
            length=entity.length,
            document_index=self.document_index,
        )


def check_spans(document: DocumentLabels, index: int, text: str, unit: StringIndexType) -> list[Finding]:
    """Every finding about the labelled spans of one document.

    Args:
        document: the labels.
        index: its place in the label file.
        text: the document's text as docplatform reads it.
        unit: what the label file's offsets count.
    """
    explanation = explain(document.entities, text, unit)
    checker = _Checker(document, index, text, TextOffsets(text, unit), explanation)
    findings: list[Finding] = []
    if explanation is not None:
        is_proven = all(entity.text is not None for entity in document.entities)
        findings.append(
            Finding(
                code=FindingCode.SHIFTED,
                severity=Severity.ERROR if is_proven else Severity.WARNING,
                message=f"all labels of this document fit if read so: {explanation.message}.",
                location=document.location,
                document_index=index,
            )
        )
    for number in range(len(document.entities)):
        findings.extend(checker.check(number))
    wrong = {finding.entity_index for finding in findings if finding.severity is Severity.ERROR}
    right = [number for number in range(len(document.entities)) if number not in wrong]
    return [*findings, *_check_regions(document, index, right), *_check_pairs(document, index, right)]


def _check_regions(document: DocumentLabels, index: int, numbers: list[int]) -> list[Finding]:
    """Azure learns from labels within their region only."""
    findings: list[Finding] = []
    for number in numbers:
        entity = document.entities[number]
        region = document.regions[entity.region] if entity.region < len(document.regions) else None
        if region is None or region.length <= 0:
            continue
        if not region.offset <= entity.offset <= entity.offset + entity.length <= region.offset + region.length:
            message = f"it lies outside its region ({region.offset} to {region.offset + region.length})."
            finding = _pair_finding(document, index, number, FindingCode.OUTSIDE_REGION, message)
            findings.append(replace(finding, severity=Severity.WARNING))
    return findings


def _check_pairs(document: DocumentLabels, index: int, numbers: list[int]) -> list[Finding]:
    """Labels that say a thing twice, contradict or overlap each other: a character can have one category only."""
    findings: list[Finding] = []
    entities = document.entities
    last: int | None = None
    for number in sorted(numbers, key=lambda n: (entities[n].offset, entities[n].length)):
        entity = entities[number]
        other = entities[last] if last is not None else None
        if other is not None and entity.offset < other.offset + other.length:
            findings.append(_overlap(document, index, number, other))
            if entity.offset + entity.length <= other.offset + other.length:
                continue
        last = number
    return findings


def _overlap(document: DocumentLabels, index: int, number: int, other: LabeledEntity) -> Finding:
    entity = document.entities[number]
    where = f"{other.category} at {other.offset}, length {other.length}"
    if (entity.offset, entity.length) != (other.offset, other.length):
        return _pair_finding(document, index, number, FindingCode.OVERLAP, f"it overlaps {where}; keep one of them.")
    if entity.category != other.category:
        message = f"the same span is labelled {where} too; keep one of them."
        return _pair_finding(document, index, number, FindingCode.CONTRADICTION, message)
    finding = _pair_finding(document, index, number, FindingCode.DUPLICATE, "the same label stands there twice.")
    repair = Repair(entity.offset, entity.length, is_certain=True, removes=True)
    return replace(finding, severity=Severity.WARNING, repair=repair)


def _pair_finding(document: DocumentLabels, index: int, number: int, code: FindingCode, message: str) -> Finding:
    entity = document.entities[number]
    return Finding(
        code=code,
        severity=Severity.ERROR,
        message=message,
        location=document.location,
        category=entity.category,
        offset=entity.offset,
        length=entity.length,
        document_index=index,
        entity_index=number,
    )


def _same(found: str, declared: str) -> bool:
    """Equal, but for Unicode composition and the kind of white space (a line end may have become a blank)."""
    return found == declared or _normal(found) == _normal(declared)


def _normal(text: str) -> str:
    edges = (text[: len(text) - len(text.lstrip())] + "|" + text[len(text.rstrip()) :]) if text.strip() else ""
    return " ".join(unicodedata.normalize("NFC", text).split()) + edges


def _show(text: str) -> str:
    shown = text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
    return repr(shown)
