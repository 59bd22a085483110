"""Labels without offsets, found in the text that docplatform read.

Belongs here: from fields by place or value to spans of a reading, and what to say of those that aren't found. Doesn't:
searching a text (``aligning``), or any one format.
"""

from __future__ import annotations

from bisect import bisect
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from docplatform.documents.document_text import WordBox
from docplatform.documents.line_items import is_column
from docplatform.documents.offsets import StringIndexType, TextOffsets
from docplatform.labels.aligning import AlignedText, Spans, alike, choose, plain
from docplatform.labels.boxes import covered_words, gap, line_spans
from docplatform.labels.findings import Finding, FindingCode, Severity
from docplatform.labels.label_file import DocumentLabels, LabeledEntity, LabeledField, LabelFile, declared_name
from docplatform.labels.readings import Reading

LEAST_ALIKE = 0.5
"""Words in a box less alike to the declared text than this (``alike``) are other words."""
CLOSE = 0.85
"""Words as alike as this to a declared value are taken for it, misread."""
NEAR = 0.02
"""Of the page: a declared text of some length that stands so near to its boxes is the labelled one."""
_LEAST_CLOSE = 6
"""Fewest letters and digits of a value that may be misread."""
_OVERLAPS = (0.5, 0.25, 0.75)
"""Shares of a word that must lie in a box, tried in turn until the words are the declared text."""


@dataclass(slots=True)
class _Document:
    labels: DocumentLabels
    index: int
    reading: Reading
    text: AlignedText
    spans: list[tuple[int, Spans]] = field(default_factory=list)
    """Field's place in the document's fields, and where it stands."""
    findings: list[Finding] = field(default_factory=list)

    def is_free(self, spans: Spans) -> bool:
        taken = [piece for _, found in self.spans for piece in found]
        return not any(start < other[1] and other[0] < end for start, end in spans for other in taken)

    def height(self, spans: Spans) -> float:
        """How far down the document spans begin: in pages, or in lines where there are no places."""
        start = spans[0][0]
        words = self.reading.document.words
        if not words:
            return self.reading.text.count("\n", 0, start)
        word = words[max(bisect(words, start, key=lambda w: w.offset) - 1, 0)]
        return word.page + (word.top + word.bottom) / 2

    def say(self, code: FindingCode, item: LabeledField, message: str) -> None:
        self.findings.append(
            Finding(
                code=code,
                severity=Severity.WARNING,
                message=message,
                location=self.labels.location,
                category=item.name,
                document_index=self.index,
            )
        )


def place_fields(label_file: LabelFile, readings: Mapping[str, Reading]) -> tuple[LabelFile, list[Finding]]:
    """Find the labels without offsets of every document that has been read.

    Boxes are held against the words of the reading, whose text is then held against the declared one; values are looked
    for in the text, and where one stands several times the place is taken that is most like in the other documents.

    Args:
        label_file: the labels.
        readings: location to the document as docplatform (or the label tool) read it.

    Returns:
        The labels with ``entities`` instead of ``fields`` in those documents, and a warning for each label that wasn't
        found as declared. Such a label is left out, or taken where it stands misread, as its finding says.
    """
    documents = [
        _Document(labels, index, readings[labels.location], AlignedText(readings[labels.location].text))
        for index, labels in enumerate(label_file.documents)
        if labels.fields and labels.location in readings
    ]
    for document in documents:
        _place_boxes(document)
    findings = _place_values(documents)
    placed = {document.index: _with_entities(document, label_file.string_index_type) for document in documents}
    result = tuple(placed.get(index, labels) for index, labels in enumerate(label_file.documents))
    findings = [*findings, *(finding for document in documents for finding in document.findings)]
    return replace(label_file, documents=result), findings


def _with_entities(document: _Document, unit: StringIndexType) -> DocumentLabels:
    offsets = TextOffsets(document.reading.text, unit)
    entities = list(document.labels.entities)
    for index, spans in sorted(document.spans, key=lambda item: item[0]):
        for start, end in spans:
            offset, length = offsets.span_to_unit(start, end)
            text = document.reading.text[start:end]
            entities.append(LabeledEntity(document.labels.fields[index].name, offset, length, text))
    return replace(document.labels, entities=tuple(dict.fromkeys(entities)), fields=())


def _place_boxes(document: _Document) -> None:
    empty: list[str] = []
    for index, item in enumerate(document.labels.fields):
        if not item.places or (not document.reading.document.words and item.declared):
            continue
        spans = _in_boxes(document, item)
        declared = (item.declared or "").strip()
        if spans:
            document.spans.append((index, spans))
        elif not declared:
            empty.append(item.name)
        else:
            closest = document.text.closest(declared)
            near = (
                "" if closest is None else f"; the closest text is {_show(document.reading.text[slice(*closest[1])])}"
            )
            message = f"is labelled {_show(declared)}, but no such words were read in its place{near}: it is left out."
            document.say(FindingCode.VALUE_NOT_FOUND, item, message)
    if empty:
        names = ", ".join(empty[:3]) + (" …" if len(empty) > 3 else "")
        message = f"{len(empty)} labels are regions in which no text was read ({names}): they are left out."
        finding = Finding(
            code=FindingCode.EMPTY_REGION,
            severity=Severity.WARNING,
            message=message,
            location=document.labels.location,
            document_index=document.index,
        )
        document.findings.append(finding)


def _in_boxes(document: _Document, item: LabeledField) -> Spans:
    """Where the text in a field's boxes stands; nothing where there is none, or quite another one than declared.

    The words in the boxes count where they are the declared text. Otherwise that text is taken where it stands at the
    boxes: our reader joined what are two words for the label tool, or gives a form's field as a whole a place.
    """
    declared = (item.declared or "").strip()
    likeness, words = _best_words(document, item, declared)
    if words and likeness == 1.0:
        return line_spans(document.reading.text, words)
    is_long = len(plain(declared)) >= _LEAST_CLOSE
    found = [spans for spans in document.text.occurrences(declared) if document.is_free(spans)]
    gaps = [gap(document.reading, document.labels, item.places, spans) for spans in found]
    nearest = min(range(len(found)), key=lambda index: gaps[index], default=None)
    if nearest is not None and gaps[nearest][0] <= (NEAR if is_long else 0):
        return found[nearest]
    if words and likeness >= LEAST_ALIKE:
        read = _show(" ".join(document.reading.text[w.offset : w.offset + w.length] for w in words))
        document.say(FindingCode.VALUE_DIFFERS, item, f"is labelled {_show(declared)}, but {read} was read there.")
        return line_spans(document.reading.text, words)
    if len(found) == 1 and is_long:
        message = f"{_show(declared)} stands elsewhere than its box is: it is taken there."
        document.say(FindingCode.VALUE_DIFFERS, item, message)
        return found[0]
    return ()


def _best_words(document: _Document, item: LabeledField, declared: str) -> tuple[float, list[WordBox]]:
    """The words in a field's boxes, by the overlap that makes them most like the declared text, and how alike."""
    text = document.reading.text
    best: tuple[float, list[WordBox]] = (-1.0, [])
    for share in _OVERLAPS:
        words = covered_words(document.reading, document.labels, item.places, share)
        found = " ".join(text[w.offset : w.offset + w.length] for w in words)
        likeness = 1.0 if not declared or plain(found) == plain(declared) else alike(found, declared)
        if words and likeness > best[0]:
            best = (likeness, words)
        if likeness == 1.0:
            break
    return best


def _place_values(documents: Sequence[_Document]) -> list[Finding]:
    """Place fields that have a value only, a field after the other, those that stand in fewest places first."""
    pending: dict[str, list[tuple[_Document, int, list[Spans]]]] = defaultdict(list)
    for document in documents:
        for index, item in enumerate(document.labels.fields):
            is_boxed = bool(item.places) and bool(document.reading.document.words)
            if is_boxed or not (item.declared or "").strip():
                continue
            found = document.text.occurrences(item.declared or "")
            pending[declared_name(item.name)].append((document, index, found))
    findings: list[Finding] = []
    order = sorted(pending, key=lambda name: (_mean_count(pending[name]), name))
    for name in order:
        findings.extend(_place_field(name, pending[name]))
    return findings


def _mean_count(entries: Sequence[tuple[_Document, int, list[Spans]]]) -> float:
    return sum(len(found) for _, _, found in entries) / len(entries)


def _place_field(name: str, entries: Sequence[tuple[_Document, int, list[Spans]]]) -> list[Finding]:
    free = [
        _in_row(document, index, [spans for spans in found if document.is_free(spans)])
        for document, index, found in entries
    ]
    chosen = iter(choose([(entry[0].text, found) for entry, found in zip(entries, free, strict=True) if found]))
    several = 0
    for (document, index, found), left in zip(entries, free, strict=True):
        picked = left[next(chosen)] if left else ()
        if picked and not document.is_free(picked):  # another row of the same column has just taken it
            picked = next((spans for spans in left if document.is_free(spans)), ())
        if picked:
            several += len(left) > 1
            document.spans.append((index, picked))
        else:
            _say_missing(document, index, found)
    if not several:
        return []
    message = (
        f"{name}: in {several} of {len(entries)} documents its value stands several times; the place most like that in "
        "the other documents is taken."
    )
    return [Finding(code=FindingCode.AMBIGUOUS_VALUE, severity=Severity.WARNING, message=message, category=name)]


def _in_row(document: _Document, index: int, free: list[Spans]) -> list[Spans]:
    """Of the places of a cell the one nearest in height to its row's cells that are placed.

    All, where none is placed or it is no cell. A quantity of 1 stands in many rows; what stands least often is placed
    first, descriptions mostly.
    """
    fields = document.labels.fields
    row, _, _ = fields[index].name.rpartition("/")
    if not is_column(declared_name(fields[index].name)) or not free:
        return free
    placed = [document.height(spans) for at, spans in document.spans if fields[at].name.rpartition("/")[0] == row]
    if not placed:
        return free
    return [min(free, key=lambda spans: min(abs(document.height(spans) - height) for height in placed))]


def _say_missing(document: _Document, index: int, found: Sequence[Spans]) -> None:
    item = document.labels.fields[index]
    declared = (item.declared or "").strip()
    if found:
        message = f"{_show(declared)} stands only where another field's value does: it is left out."
        document.say(FindingCode.VALUE_NOT_FOUND, item, message)
        return
    closest = document.text.closest(declared)
    if closest is None:
        document.say(FindingCode.VALUE_NOT_FOUND, item, f"{_show(declared)} isn't in the text, which is empty.")
        return
    likeness, (start, end) = closest
    read = document.reading.text[start:end]
    if likeness >= CLOSE and _may_be_misread(declared) and document.is_free(((start, end),)):
        document.spans.append((index, _lines(document.reading.text, start, end)))
        document.say(
            FindingCode.VALUE_DIFFERS, item, f"is {_show(declared)}, but {_show(read)} was read: taken for it."
        )
        return
    message = f"{_show(declared)} isn't in the text; the closest is {_show(read)}: it is left out."
    document.say(FindingCode.VALUE_NOT_FOUND, item, message)


def _may_be_misread(declared: str) -> bool:
    """Words may; a date or an amount that differs in one digit is another one."""
    letters = plain(declared)
    return len(letters) >= _LEAST_CLOSE and 2 * sum(char.isdigit() for char in letters) < len(letters)


def _lines(text: str, start: int, end: int) -> Spans:
    return AlignedText(text).occurrences(text[start:end])[:1][0] if "\n" in text[start:end] else ((start, end),)


def _show(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:59]}…")
