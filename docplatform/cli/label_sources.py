"""Where the labels of a command come from: files of any format beside their documents, or a project of the home."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

from docplatform.composition import Platform
from docplatform.documents.predictions import TaskKind
from docplatform.errors import ConfigurationError
from docplatform.labels.findings import LabelReport
from docplatform.labels.formats import AUTO, ParsedLabels, files_of, read_labels
from docplatform.labels.importing import ImportPlan, plan_labels, slugify
from docplatform.labels.label_file import LabelFile
from docplatform.labels.projects import ModelProject
from docplatform.labels.readings import Reading
from docplatform.settings import load_settings

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
PATH = click.Path(exists=True, path_type=Path)
format_option = click.option(
    "--format", "format_name", default=AUTO, show_default=True, help="Format of the label files; see docs/labels.md."
)
kind_option = click.option(
    "--kind",
    type=click.Choice([kind.value for kind in TaskKind]),
    help="What the labels are for, if the files leave it open.",
)
documents_option = click.option(
    "--documents", type=FOLDER, help="Folder of the labelled documents; default: the label file's."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedLabels:
    """Labels, and what the doctor says of them."""

    label_file: LabelFile
    placed: LabelFile
    """With offsets for every label that was found in its document."""
    readings: dict[str, Reading]
    report: LabelReport
    notes: tuple[str, ...]
    missing: tuple[str, ...]
    project: ModelProject
    data: bytes
    """The label file as a home stores it."""


def parse_path(path: Path, format_name: str, kind: str | None) -> ParsedLabels:
    """The labels in a file or folder. Raises ``LabelFileError``."""
    return read_labels(files_of(path), format_name, TaskKind(kind) if kind else None)


def checked_path(path: Path, documents: Path | None, format_name: str, kind: str | None) -> CheckedLabels:
    """Labels in files, held against the documents beside them."""
    parsed = parse_path(path, format_name, kind)
    name = slugify(path.resolve().stem) or "labels"
    plan = plan_labels(parsed, customer="check", fallback_name=name, read_document=reader_of(path, documents))
    return _checked(plan)


def _checked(plan: ImportPlan) -> CheckedLabels:
    return CheckedLabels(
        label_file=plan.label_file,
        placed=plan.placed,
        readings=dict(plan.readings),
        report=plan.report,
        notes=plan.notes,
        missing=plan.missing,
        project=plan.project,
        data=plan.data,
    )


def checked_project(name: str) -> CheckedLabels:
    """A project's labels, held against what was read of its documents.

    Raises:
        ConfigurationError: where there is no such project, or its files are wrong.
    """
    from docplatform.labels.doctor import examine
    from docplatform.training.annotations import LabelSource

    platform = Platform(load_settings())
    try:
        project = platform.projects.get(name)
    except KeyError:
        known = ", ".join(platform.projects.names()) or "none"
        raise ConfigurationError(f"{name} is no file, and no project of this home. Projects: {known}.") from None
    source = LabelSource.load(project, projects=platform.projects, ledger=platform.ledger)
    with_layout = source.has_places or project.kind.sees_layout
    readings = source.readings(platform.lake, with_layout=with_layout)
    unread = {location for location in source.documents if location not in readings}
    placed, report = examine(source.label_file, readings, unread=unread)
    missing = tuple(d.location for d in source.label_file.documents if d.location not in source.documents)
    notes = (f"{len(unread)} labelled documents have arrived, but weren't read yet.",) if unread else ()
    return CheckedLabels(
        label_file=source.label_file,
        placed=placed,
        readings=readings,
        report=report,
        notes=notes,
        missing=missing,
        project=project,
        data=source.data,
    )


def reader_of(path: Path, documents: Path | None) -> Callable[[str], bytes | None]:
    """Reads a labelled document by its location, from a folder that no location leads out of."""
    folder = (documents or (path if path.is_dir() else path.parent)).resolve()

    def read(location: str) -> bytes | None:
        found = (folder / location).resolve()
        # a location is somebody's text: it must not lead out of the folder
        return found.read_bytes() if found.is_relative_to(folder) and found.is_file() else None

    return read
