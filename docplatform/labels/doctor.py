"""The label doctor: whether a label file's labels are right, and how they would be.

Belongs here: checks of whole files and documents, and applying repairs. Doesn't: checks of single spans (``spans``).
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from docplatform.documents.predictions import TaskKind
from docplatform.labels.consistency import check_consistency
from docplatform.labels.findings import Finding, FindingCode, LabelReport, Severity
from docplatform.labels.label_file import DocumentLabels, LabeledEntity, LabelFile, declared_name
from docplatform.labels.placing import place_fields
from docplatform.labels.readings import Reading
from docplatform.labels.spans import check_spans

__all__ = ["LabelReport", "check_labels", "examine", "repair"]

LEAST_DOCUMENTS = 10
"""Azure Language refuses to train on fewer labelled documents."""
RECOMMENDED_DOCUMENTS = 50
"""What Azure's documentation recommends as a start, per class or entity type where possible."""


def examine(
    label_file: LabelFile, readings: Mapping[str, Reading], *, unread: Collection[str] = (), is_whole: bool = True
) -> tuple[LabelFile, LabelReport]:
    """Find the labels without offsets in the documents (``placing``), and check all of them (``check_labels``).

    Args:
        label_file: the labels.
        readings: location to the document as it was read. A labelled location that isn't there is reported as missing.
        unread: locations that are there but haven't been read; they aren't held against anything.
        is_whole: also compare documents with each other (``consistency``).

    Returns:
        The labels with offsets where that document was read, and every finding.
    """
    placed, findings = place_fields(label_file, readings)
    texts = {location: reading.text for location, reading in readings.items()}
    report = check_labels(placed, texts, unread=unread)
    if is_whole:
        findings.extend(check_consistency(placed, texts))
    # what couldn't be placed is a label all the same
    labels = sum(len(document.names) for document in label_file.documents)
    checked = sum(len(document.names) for document in label_file.documents if document.location in readings)
    return placed, replace(report, findings=(*findings, *report.findings), labels=labels, checked=checked)


def check_labels(
    label_file: LabelFile, texts: Mapping[str, str | None], *, unread: Collection[str] = ()
) -> LabelReport:
    """Check a label file against the texts it is about.

    Args:
        label_file: the labels.
        texts: location to text as docplatform reads it (``ocr_text.content``). A labelled location that isn't there, or
            is None, is reported as missing.
        unread: locations that are there but whose text isn't known here; they aren't held against anything.

    Returns:
        Every finding. Errors name document, label and offset; most come with a repair.
    """
    findings = [*_check_categories(label_file), *_check_documents(label_file, texts, set(unread))]
    for index, document in enumerate(label_file.documents):
        findings.extend(_check_document(label_file, index, texts.get(document.location), document.location in unread))
    findings.extend(_check_twins(label_file, texts))
    findings.extend(_check_counts(label_file))
    held = [document for document in label_file.documents if texts.get(document.location) is not None]
    return LabelReport(
        findings=tuple(findings),
        documents=len(label_file.documents),
        labels=sum(len(document.names) for document in label_file.documents),
        checked=sum(len(document.names) for document in held),
        unread=sum(document.location in unread for document in label_file.documents),
    )


def repair(label_file: LabelFile, report: LabelReport) -> tuple[LabelFile, tuple[Finding, ...]]:
    """Apply the certain repairs of a report to the label file it was made from.

    Returns:
        The mended file, and the findings whose repair was applied. Check it again: what is left needs a person.
    """
    changes: dict[tuple[int, int], LabeledEntity | None] = {}
    applied: list[Finding] = []
    for finding in report.findings:
        if finding.repair is None or not finding.repair.is_certain:
            continue
        if finding.document_index is None or finding.entity_index is None:
            continue
        place = (finding.document_index, finding.entity_index)
        if place in changes or place[1] >= len(label_file.documents[place[0]].entities):
            continue  # a label that was placed in the text: its file holds no offset
        entity = label_file.documents[place[0]].entities[place[1]]
        mended = replace(entity, offset=finding.repair.offset, length=finding.repair.length)
        changes[place] = None if finding.repair.removes else mended
        applied.append(finding)
    documents = tuple(_changed(document, index, changes) for index, document in enumerate(label_file.documents))
    return replace(label_file, documents=documents), tuple(applied)


def _changed(
    document: DocumentLabels, index: int, changes: Mapping[tuple[int, int], LabeledEntity | None]
) -> DocumentLabels:
    entities = (changes.get((index, number), entity) for number, entity in enumerate(document.entities))
    return replace(document, entities=tuple(entity for entity in entities if entity is not None))


def _check_document(label_file: LabelFile, index: int, text: str | None, is_unread: bool) -> Iterator[Finding]:
    document = label_file.documents[index]
    labels_spans = label_file.kind.labels_spans
    if not document.names and not document.is_answered and label_file.kind is not TaskKind.MULTI_LABEL_CLASSIFICATION:
        yield _warning(FindingCode.UNLABELED_DOCUMENT, "has no label: it is left out of training.", document, index)
    if not labels_spans:
        yield from _check_classes(label_file, document, index)
    if label_file.categories:
        yield from _check_known(label_file, document, index)
    if text is None or is_unread:
        return
    if not text.strip():
        yield _warning(FindingCode.EMPTY_DOCUMENT, "is empty: there is nothing to learn from it.", document, index)
    if labels_spans:
        yield from check_spans(document, index, text, label_file.string_index_type)


def _check_classes(label_file: LabelFile, document: DocumentLabels, index: int) -> Iterator[Finding]:
    names = Counter(document.classes)
    if label_file.kind is not TaskKind.MULTI_LABEL_CLASSIFICATION and len(names) > 1:
        message = f"has {len(names)} classes ({', '.join(sorted(names))}), a project of this kind allows one."
        yield _error(FindingCode.SEVERAL_CLASSES, message, document, index)
    for name, times in names.items():
        if times > 1:
            yield _warning(FindingCode.DUPLICATE, f"names its class {name} {times} times.", document, index)


def _check_known(label_file: LabelFile, document: DocumentLabels, index: int) -> Iterator[Finding]:
    known = set(label_file.categories)
    for number, entity in enumerate(document.entities):
        if declared_name(entity.category) not in known:
            finding = _error(FindingCode.UNKNOWN_CATEGORY, _unknown(entity.category, known), document, index)
            yield replace(
                finding,
                category=entity.category,
                offset=entity.offset,
                length=entity.length,
                entity_index=number,
            )
    for name in (*document.classes, *(part.category for part in document.parts), *(f.name for f in document.fields)):
        if declared_name(name) not in known:
            yield replace(_error(FindingCode.UNKNOWN_CATEGORY, _unknown(name, known), document, index), category=name)


def _unknown(name: str, known: Collection[str]) -> str:
    alike = [other for other in sorted(known) if _plain(other) == _plain(name)]
    advice = f"did you mean {alike[0]!r}?" if alike else "add it there, or correct the label."
    return f"{name!r} is not among the file's categories; {advice}"


def _plain(name: str) -> str:
    return "".join(char for char in name.casefold() if char.isalnum())


def _check_documents(label_file: LabelFile, texts: Mapping[str, str | None], unread: set[str]) -> Iterator[Finding]:
    first: dict[str, DocumentLabels] = {}
    for index, document in enumerate(label_file.documents):
        if texts.get(document.location) is None and document.location not in unread:
            message = "is labelled but missing: bring the file, under this very name."
            yield _warning(FindingCode.MISSING_DOCUMENT, message, document, index)
        other = first.setdefault(document.location, document)
        if other is document:
            continue
        if _said(other) == _said(document):
            yield _warning(FindingCode.DUPLICATE_DOCUMENT, "is listed twice, with the same labels.", document, index)
        else:
            message = "is listed twice, with different labels; keep one entry."
            yield _error(FindingCode.DUPLICATE_DOCUMENT, message, document, index)


def _said(document: DocumentLabels) -> tuple[object, ...]:
    return document.classes, document.entities, document.fields, document.parts


def _check_twins(label_file: LabelFile, texts: Mapping[str, str | None]) -> Iterator[Finding]:
    """Documents with the same text and different classes: a model can't learn both."""
    if label_file.kind.labels_spans:
        return
    seen: dict[str, DocumentLabels] = {}
    for index, document in enumerate(label_file.documents):
        text = " ".join((texts.get(document.location) or "").split())
        if not text:
            continue
        other = seen.setdefault(hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(), document)
        if other.location != document.location and set(other.classes) != set(document.classes):
            message = (
                f"has the same text as {other.location}, but other classes "
                f"({', '.join(document.classes) or 'none'} against {', '.join(other.classes) or 'none'})."
            )
            yield _error(FindingCode.CONTRADICTION, message, document, index)


def _check_categories(label_file: LabelFile) -> Iterator[Finding]:
    if not label_file.categories:
        field = "entities" if label_file.kind.labels_spans else "classes"
        message = f"$.assets.{field} declares no category; list every one that the labels use."
        yield Finding(code=FindingCode.NO_CATEGORIES, severity=Severity.ERROR, message=message)
    for name, times in Counter(label_file.categories).items():
        if times > 1:
            message = f"{name} is declared {times} times."
            yield Finding(code=FindingCode.DUPLICATE, severity=Severity.WARNING, message=message, category=name)


def _check_counts(label_file: LabelFile) -> Iterator[Finding]:
    """Too few examples, in the whole file and of each category, counted in documents as Azure does."""
    documents: dict[str, set[str]] = defaultdict(set)
    for document in label_file.documents:
        for name in document.names:
            documents[declared_name(name)].add(document.location)
    labelled = set().union(*documents.values()) if documents else set()
    yield from _few("the file has", len(labelled), None)
    for name in dict.fromkeys((*label_file.categories, *sorted(documents))):
        count = len(documents.get(name, ()))
        if count == 0:
            message = f"{name} is declared, but no document has it: label some, or remove it."
            yield Finding(code=FindingCode.UNUSED_CATEGORY, severity=Severity.WARNING, message=message, category=name)
        elif count < LEAST_DOCUMENTS:
            yield from _few(f"{name} has", count, name)


def _few(who: str, count: int, category: str | None) -> Iterator[Finding]:
    noun = "labelled document" if count == 1 else "labelled documents"
    if count < LEAST_DOCUMENTS:
        message = (
            f"{who} {count} {noun}; Azure asks for at least {LEAST_DOCUMENTS}, {RECOMMENDED_DOCUMENTS} are better."
        )
    elif count < RECOMMENDED_DOCUMENTS:
        message = f"{who} {count} {noun}; {RECOMMENDED_DOCUMENTS} or more give better models."
    else:
        return
    yield Finding(code=FindingCode.FEW_EXAMPLES, severity=Severity.WARNING, message=message, category=category)


def _error(code: FindingCode, message: str, document: DocumentLabels, index: int) -> Finding:
    return Finding(
        code=code, severity=Severity.ERROR, message=message, location=document.location, document_index=index
    )


def _warning(code: FindingCode, message: str, document: DocumentLabels, index: int) -> Finding:
    return replace(_error(code, message, document, index), severity=Severity.WARNING)
