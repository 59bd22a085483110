"""Whether labels agree with each other: the same text labelled in two ways, copies in training and test.

Belongs here: checks across documents. Doesn't: checks of one document (``spans``), labels that a model finds wrong
(``confident``).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from docplatform.documents.offsets import TextOffsets
from docplatform.documents.predictions import Split, TaskKind
from docplatform.labels.findings import Finding, FindingCode, Severity
from docplatform.labels.label_file import DocumentLabels, LabelFile
from docplatform.labels.near_duplicates import near_duplicates

_TOKEN = re.compile(r"\w+|[^\w\s]")
_CONTEXT = 2
"""Tokens on each side that make the same context."""
_MOST_TOKENS = 8
"""Longest surface looked for where it isn't labelled."""
_LEAST_AGREEING = 3
"""Labels of one category on the same words, in whatever context, for one of another to be unusual."""
_MOST_FINDINGS = 50
"""Findings of one code; the rest is counted."""

Texts = Mapping[str, str | None]


def check_consistency(label_file: LabelFile, texts: Texts) -> list[Finding]:
    """Every finding across documents. The labels must be placed; texts as in ``doctor.check_labels``."""
    findings = list(_near_duplicates(label_file, texts))
    if label_file.kind is TaskKind.ENTITY_RECOGNITION:
        findings.extend(_surfaces(label_file, texts))
    return list(_limited(findings))


def _limited(findings: Sequence[Finding]) -> Iterator[Finding]:
    counts: Counter[FindingCode] = Counter()
    for finding in findings:
        counts[finding.code] += 1
        if counts[finding.code] <= _MOST_FINDINGS:
            yield finding
    for code, count in counts.items():
        if count > _MOST_FINDINGS:
            message = f"{count - _MOST_FINDINGS} more findings of this kind aren't shown."
            yield Finding(code=code, severity=Severity.WARNING, message=message)


def _near_duplicates(label_file: LabelFile, texts: Texts) -> Iterator[Finding]:
    """Copies on both sides of a declared split, and copies with other classes; else only how many there are."""
    known = [(index, d) for index, d in enumerate(label_file.documents) if (texts.get(d.location) or "").strip()]
    together = 0
    has_test = any(document.declared_split is Split.TEST for document in label_file.documents)
    for one, other, jaccard in sorted(near_duplicates([texts[d.location] or "" for _, d in known])):
        first, second = known[one][1], known[other][1]
        index = known[other][0]
        if first.location == second.location:
            continue
        is_divided = has_test and (first.declared_split is Split.TEST) != (second.declared_split is Split.TEST)
        likeness = f"is nearly the same as {first.location} ({jaccard:.0%})"
        if is_divided:
            sides = f"{_side(second)} against {_side(first)}"
            message = f"{likeness}, but is declared for the other split ({sides}): both are used for testing."
            yield _warning(FindingCode.NEAR_DUPLICATE, message, second, index)
        is_same = (texts[first.location] or "").split() == (texts[second.location] or "").split()  # ``doctor`` says so
        if not is_same and not label_file.kind.labels_spans and set(first.classes) != set(second.classes):
            classes = f"{', '.join(second.classes) or 'none'} against {', '.join(first.classes) or 'none'}"
            yield _warning(FindingCode.CONTRADICTION, f"{likeness}, but has other classes ({classes}).", second, index)
        together += not is_divided
    if together:
        message = f"{together} pairs of documents are nearly the same: they are kept in one split."
        yield Finding(code=FindingCode.NEAR_DUPLICATE, severity=Severity.WARNING, message=message)


def _side(document: DocumentLabels) -> str:
    return document.declared_split.value if document.declared_split is not None else "none"


@dataclass(frozen=True, slots=True)
class _Use:
    """A labelled, or unlabelled, place of some words."""

    document: int
    start: int
    end: int
    category: str | None
    entity: int | None = None


def _surfaces(label_file: LabelFile, texts: Texts) -> Iterator[Finding]:
    """The same words labelled with two categories, or once not labelled, in the same context."""
    tokens = {
        index: [(match.group().casefold(), *match.span()) for match in _TOKEN.finditer(text)]
        for index, document in enumerate(label_file.documents)
        if (text := texts.get(document.location)) is not None
    }
    uses: dict[tuple[str, ...], list[_Use]] = defaultdict(list)
    covered: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for index in tokens:
        for words, use in _labelled(label_file, index, texts, tokens[index]):
            uses[words].append(use)
            covered[index].append((use.start, use.end))
    for words, found in _unlabelled(tokens, uses, covered):
        uses[words].append(found)
    for _, places in sorted(uses.items()):
        yield from _compared(label_file, places, tokens, texts)


def _labelled(
    label_file: LabelFile, index: int, texts: Texts, tokens: Sequence[tuple[str, int, int]]
) -> Iterator[tuple[tuple[str, ...], _Use]]:
    document = label_file.documents[index]
    offsets = TextOffsets(texts[document.location] or "", label_file.string_index_type)
    starts = {start: number for number, (_, start, _) in enumerate(tokens)}
    ends = {end: number for number, (_, _, end) in enumerate(tokens)}
    for number, entity in enumerate(document.entities):
        try:
            start, end = offsets.span_to_code_points(entity.offset, entity.length)
        except ValueError:
            continue  # ``spans`` says so
        if start in starts and end in ends and ends[end] - starts[start] < _MOST_TOKENS:
            words = tuple(token for token, _, _ in tokens[starts[start] : ends[end] + 1])
            yield words, _Use(index, starts[start], ends[end] + 1, entity.category, number)


def _unlabelled(
    tokens: Mapping[int, Sequence[tuple[str, int, int]]],
    uses: Mapping[tuple[str, ...], object],
    covered: Mapping[int, Sequence[tuple[int, int]]],
) -> Iterator[tuple[tuple[str, ...], _Use]]:
    """Places of labelled words that touch no label, in documents that have some."""
    lengths = sorted({len(words) for words in uses})
    known = frozenset(uses)
    for index, spans in covered.items():
        taken = {place for start, end in spans for place in range(start, end)}
        words = [token for token, _, _ in tokens[index]]
        for start in range(len(words)):
            for length in lengths:
                found = tuple(words[start : start + length])
                if found in known and len(found) == length and taken.isdisjoint(range(start, start + length)):
                    yield found, _Use(index, start, start + length, None)


def _compared(
    label_file: LabelFile,
    uses: Sequence[_Use],
    tokens: Mapping[int, Sequence[tuple[str, int, int]]],
    texts: Texts,
) -> Iterator[Finding]:
    by_context: dict[tuple[tuple[str, ...], tuple[str, ...]], list[_Use]] = defaultdict(list)
    for use in uses:
        row = [token for token, _, _ in tokens[use.document]]
        before = tuple(row[max(0, use.start - _CONTEXT) : use.start])
        by_context[before, tuple(row[use.end : use.end + _CONTEXT])].append(use)
    said: set[_Use] = set()
    for alike in by_context.values():
        counts = Counter(use.category for use in alike)
        usual, most = max(counts.items(), key=lambda item: (item[0] is not None, item[1], str(item[0])))
        if len(counts) == 1 or usual is None:
            continue
        for use in alike:
            if use.category != usual and (use.category is None or counts[use.category] <= most):
                said.add(use)
                where = "in the same context elsewhere"
                yield _finding(label_file, use, usual, f"{where} ({most} times)", tokens, texts)
    totals = Counter(use.category for use in uses if use.category is not None)
    usual, most = max(totals.items(), key=lambda item: (item[1], str(item[0])), default=(None, 0))
    for use in uses:
        is_odd = use.category not in (None, usual) and use not in said and totals[use.category] * 10 <= most
        if is_odd and most >= _LEAST_AGREEING:
            yield _finding(label_file, use, usual, f"{most} times elsewhere", tokens, texts)


def _finding(
    label_file: LabelFile,
    use: _Use,
    usual: str | None,
    where: str,
    tokens: Mapping[int, Sequence[tuple[str, int, int]]],
    texts: Texts,
) -> Finding:
    document = label_file.documents[use.document]
    start, end = tokens[use.document][use.start][1], tokens[use.document][use.end - 1][2]
    text = texts[document.location] or ""
    offset, length = TextOffsets(text, label_file.string_index_type).span_to_unit(start, end)
    is_missing = use.category is None
    code = FindingCode.MISSING_LABEL if is_missing else FindingCode.UNUSUAL_LABEL
    shown = f"{text[start:end]!r}"
    message = f"{shown} isn't labelled here, but as {usual} {where}." if is_missing else f"{shown} is {usual} {where}."
    return Finding(
        code=code,
        severity=Severity.WARNING,
        message=message,
        location=document.location,
        category=use.category,
        offset=offset,
        length=length,
        document_index=use.document,
        entity_index=use.entity,
    )


def _warning(code: FindingCode, message: str, document: DocumentLabels, index: int) -> Finding:
    return Finding(
        code=code, severity=Severity.WARNING, message=message, location=document.location, document_index=index
    )
