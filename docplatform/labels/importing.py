"""Importing a label file: what project it makes, and whether its labels can be used.

Belongs here: planning. Doesn't: writing (``ProjectStore.save(plan.project, plan.data)`` does), or finding files.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from docplatform.documents import media_types
from docplatform.documents.decoding import decode
from docplatform.errors import ConfigurationError, PermanentError
from docplatform.labels.doctor import examine
from docplatform.labels.findings import Finding, FindingCode, LabelReport, Severity
from docplatform.labels.formats.base import ParsedLabels
from docplatform.labels.label_file import LabelFile
from docplatform.labels.projects import AppliesTo, ModelProject
from docplatform.labels.readings import Reading
from docplatform.labels.stored import parse_labels, write_labels

_WORD_END = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NOT_IN_NAME = re.compile(r"[^a-z0-9_]+")
_LONGEST_NAME = 63
_VERBATIM = frozenset(
    {media_types.TXT, media_types.CSV, media_types.MARKDOWN, media_types.JSON, media_types.XML, media_types.EMPTY}
)
"""Types whose text the reader gives character by character, so that labels can be held against the bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan:
    """What importing a label file would do."""

    project: ModelProject
    """The project to save; on an update with everything a person has set in its YAML."""
    data: bytes
    """The label file to save: as given, where a home stores its format, else in docplatform's own JSON."""
    label_file: LabelFile
    placed: LabelFile
    """The same with offsets for every label that was found in a document read so far."""
    documents: Mapping[str, bytes]
    """Documents that the label files themselves hold, by location: they must be landed with the import."""
    readings: Mapping[str, Reading]
    """Location to its text, as far as it is known here."""
    notes: tuple[str, ...]
    """What a person should know of the files, before anything is checked."""
    report: LabelReport
    missing: tuple[str, ...]
    """Labelled documents that aren't there (yet)."""
    is_update: bool

    @property
    def is_usable(self) -> bool:
        """Whether no label has an error. Missing documents are none: they may come later."""
        return self.report.is_usable


def plan_import(
    data: bytes,
    *,
    customer: str,
    read_document: Callable[[str], bytes | None],
    name: str | None = None,
    existing: Callable[[str], ModelProject | None] = lambda _: None,
) -> ImportPlan:
    """Plan the import of a label file that a home stores as it is (``stored``); see ``plan_labels``."""
    parsed = ParsedLabels(label_file=parse_labels(data), source=data)
    return plan_labels(parsed, customer=customer, read_document=read_document, name=name, existing=existing)


def plan_labels(
    parsed: ParsedLabels,
    *,
    customer: str,
    read_document: Callable[[str], bytes | None],
    name: str | None = None,
    fallback_name: str = "",
    existing: Callable[[str], ModelProject | None] = lambda _: None,
) -> ImportPlan:
    """Plan the import of labels in any format.

    Args:
        parsed: the labels (``formats.read_labels``). Documents that they hold themselves get the project's name before
            theirs, so that no other project's are meant.
        customer: whose documents the labels are about.
        read_document: a labelled document's bytes by its location, None where it isn't there.
        name: the project's name; default: made from the name in the file.
        fallback_name: what it is made from where the file names nothing.
        existing: the project of a name, None where there is none. On an update its description, gate, applies_to,
            trainer, backend, text source and language stay as they are; only its labels are replaced.

    Documents that aren't plain text (their offsets count in what the reader makes of them) aren't held against their
    labels here, but when annotations are built.

    Raises:
        ConfigurationError: where the file can't be parsed (``LabelFileError``), no name can be made, or the name
            belongs to a project of another kind or customer.
    """
    project_name = name or slugify(parsed.label_file.name) or slugify(fallback_name)
    if not project_name:
        raise ConfigurationError("The label file has no metadata.projectName to name the project by: give a name.")
    held = {f"{project_name}/{location}": data for location, data in parsed.documents.items()}
    label_file = _with_held(parsed, project_name)
    current = existing(project_name)
    project = _new(label_file, project_name, customer) if current is None else _updated(current, label_file, customer)
    readings, unread = _read_verbatim(label_file, lambda at: held[at] if at in held else read_document(at))
    # what the label tool read is better than nothing to hold labels against; docplatform's own reading counts later
    tool_readings = {location: reading for location, reading in parsed.readings.items() if location not in readings}
    absent = set(tool_readings) - unread
    placed, report = examine(label_file, {**readings, **tool_readings}, unread=unread - set(tool_readings))
    report = replace(report, findings=(*report.findings, *_absent(label_file, absent)))
    missing = dict.fromkeys(
        finding.location
        for finding in report.findings
        if finding.code is FindingCode.MISSING_DOCUMENT and finding.location is not None
    )
    return ImportPlan(
        project=project,
        data=write_labels(label_file) if parsed.source is None else parsed.source,
        label_file=label_file,
        placed=placed,
        documents=held,
        readings={**readings, **tool_readings},
        notes=parsed.notes,
        report=report,
        missing=tuple(missing),
        is_update=current is not None,
    )


def _read_verbatim(
    label_file: LabelFile, read_document: Callable[[str], bytes | None]
) -> tuple[dict[str, Reading], set[str]]:
    """The texts of labelled documents that are plain text, and the locations of those that are there and aren't."""
    readings: dict[str, Reading] = {}
    unread: set[str] = set()
    for location in dict.fromkeys(document.location for document in label_file.documents):
        content = read_document(location)
        text = None if content is None else _verbatim(content, location)
        if text is not None:
            readings[location] = Reading.of_text(text)
        elif content is not None:
            unread.add(location)
    return readings, unread


def _with_held(parsed: ParsedLabels, project_name: str) -> LabelFile:
    """The labels under the project's name, with the documents that they hold themselves below it."""
    if parsed.source is not None:
        return parsed.label_file
    documents = (
        replace(document, location=f"{project_name}/{document.location}")
        if document.location in parsed.documents
        else document
        for document in parsed.label_file.documents
    )
    return replace(parsed.label_file, name=parsed.label_file.name or project_name, documents=tuple(documents))


def _absent(label_file: LabelFile, absent: Collection[str]) -> Iterator[Finding]:
    """Documents that only the label tool's reading is there of."""
    for index, document in enumerate(label_file.documents):
        if document.location in absent:
            yield Finding(
                code=FindingCode.MISSING_DOCUMENT,
                severity=Severity.WARNING,
                message="is labelled but missing; its *.ocr.json is there, but docplatform must read the file itself.",
                location=document.location,
                document_index=index,
            )


def _verbatim(content: bytes, location: str) -> str | None:
    """A document's text where the reader gives it character by character, else None."""
    if media_types.sniff(content, location) not in _VERBATIM:
        return None
    try:
        return decode(content).text
    except PermanentError:
        return None  # no text after all: whoever reads the document quarantines it, and says why


def slugify(name: str) -> str:
    """A project name made from any name: ``LoanAgreement`` becomes ``loan-agreement``; nothing usable, nothing."""
    ascii_name = unicodedata.normalize("NFKD", _WORD_END.sub("-", name)).encode("ascii", "ignore").decode()
    return _NOT_IN_NAME.sub("-", ascii_name.lower()).strip("-_")[:_LONGEST_NAME].strip("-_")


def _new(label_file: LabelFile, name: str, customer: str) -> ModelProject:
    try:
        return ModelProject(
            name=name,
            kind=label_file.kind,
            description=label_file.description,
            language=label_file.language.split("-")[0].lower(),
            customer=customer,
            labels=f"{name}/labels.json",
            # Another customer's documents are predicted only where a person says so.
            applies_to=AppliesTo(customers=[customer]),
        )
    except ValueError as error:
        raise ConfigurationError(f"Project {name!r} can't be made: {error}") from error


def _updated(current: ModelProject, label_file: LabelFile, customer: str) -> ModelProject:
    for what, old, new in (
        ("kind", current.kind.value, label_file.kind.value),
        ("customer", current.customer, customer),
    ):
        if old != new:
            raise ConfigurationError(
                f"Project {current.name} exists for {what} {old}, the label file is for {new}: import it under "
                "another name."
            )
    return current
