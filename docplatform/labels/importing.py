"""Importing a label file: what project it makes, and whether its labels can be used.

Belongs here: planning. Doesn't: writing (``ProjectStore.save(plan.project, plan.data)`` does), or finding files.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from docplatform.documents import media_types
from docplatform.documents.decoding import decode
from docplatform.errors import ConfigurationError, PermanentError
from docplatform.labels.azure_language import parse_label_file
from docplatform.labels.doctor import check_labels
from docplatform.labels.findings import FindingCode, LabelReport
from docplatform.labels.label_file import LabelFile
from docplatform.labels.projects import AppliesTo, ModelProject

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
    """The label file, as given."""
    label_file: LabelFile
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
    """Plan the import of a label file.

    Args:
        data: the label file.
        customer: whose documents the labels are about.
        read_document: a labelled document's bytes by its location, None where it isn't there.
        name: the project's name; default: made from the file's ``projectName``.
        existing: the project of a name, None where there is none. On an update its description, gate, applies_to,
            trainer, backend, text source and language stay as they are; only its labels are replaced.

    Documents that aren't plain text (their offsets count in what the reader makes of them) aren't held against their
    labels here, but when annotations are built.

    Raises:
        ConfigurationError: where the file can't be parsed (``LabelFileError``), no name can be made, or the name
            belongs to a project of another kind or customer.
    """
    label_file = parse_label_file(data)
    project_name = name or slugify(label_file.name)
    if not project_name:
        raise ConfigurationError("The label file has no metadata.projectName to name the project by: give a name.")
    current = existing(project_name)
    project = _new(label_file, project_name, customer) if current is None else _updated(current, label_file, customer)
    texts: dict[str, str | None] = {}
    unread: set[str] = set()
    for location in dict.fromkeys(document.location for document in label_file.documents):
        content = read_document(location)
        text = None if content is None else _verbatim(content, location)
        if content is not None and text is None:
            unread.add(location)
        else:
            texts[location] = text
    report = check_labels(label_file, texts, unread=unread)
    missing = dict.fromkeys(
        finding.location
        for finding in report.findings
        if finding.code is FindingCode.MISSING_DOCUMENT and finding.location is not None
    )
    return ImportPlan(
        project=project,
        data=data,
        label_file=label_file,
        report=report,
        missing=tuple(missing),
        is_update=current is not None,
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
