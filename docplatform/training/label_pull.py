"""Answers from Label Studio into a project's label file.

Belongs here: fetching answers, holding them against the texts in the lake, storing what they make of the label file.
Doesn't: what an answer says (``labels.studio``), or rows of ``annotations``: those follow from the label file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from docplatform.documents.document_text import document_text
from docplatform.documents.predictions import TaskKind
from docplatform.errors import ConfigurationError
from docplatform.labels.label_file import LabelFile
from docplatform.labels.projects import ModelProject, ProjectStore
from docplatform.labels.stored import parse_labels, rewrite_labels
from docplatform.labels.studio.answers import Answer, AnsweredText, AnswerFinding, answers, document_of, finished
from docplatform.labels.studio.client import StudioClient
from docplatform.labels.studio.merging import merge_answers
from docplatform.labels.studio.tasks import LOCATION
from docplatform.lake.lake import Lake
from docplatform.lake.tables import OCR_TEXT
from docplatform.ledger.ledger import Ledger
from docplatform.training.studio_projects import LinkedProject, linked_project


@dataclass(frozen=True, slots=True, kw_only=True)
class PullReport:
    """What became of the answers in Label Studio. Locations each."""

    project: str
    answered: int
    """Documents with an answer that is used."""
    added: tuple[str, ...]
    replaced: tuple[str, ...]
    removed: tuple[str, ...]
    findings: tuple[AnswerFinding, ...]
    """What can't be used, and why."""

    @property
    def is_changed(self) -> bool:
        """Whether the label file changed."""
        return bool(self.added or self.replaced or self.removed)

    def summary(self) -> str:
        """One line."""
        return (
            f"{self.project}: {self.answered} documents answered in Label Studio; {len(self.added)} new, "
            f"{len(self.replaced)} changed, {len(self.removed)} taken back, {len(self.findings)} findings."
        )


def pull_answers(
    project: ModelProject, *, projects: ProjectStore, ledger: Ledger, lake: Lake, client: StudioClient
) -> PullReport:
    """Bring the project's finished answers into its label file. Doing it again changes nothing.

    Skipped tasks and drafts count for nothing; an answer changed since replaces what it said; one that was deleted,
    or whose task was, takes the labels it brought back out.

    Raises:
        ConfigurationError: the project was never pushed, its project in Label Studio is gone, or its label file can't
            be parsed. Nothing is changed then.
        TransientError: Label Studio can't be reached.
    """
    linked = linked_project(project, projects, client)
    if linked is None:
        raise ConfigurationError(
            f"Project {project.name} is not in Label Studio yet: docplatform labels push {project.name}"
        )
    former = projects.label_file(project)
    label_file = parse_labels(former)
    tasks = [task for task in client.tasks(linked.studio.id) if finished(task)]
    texts = _texts(project, sorted({document_of(task) for task in tasks} - {""}), ledger, lake)
    found, findings = answers([task for task in tasks if document_of(task)], project.kind, texts)
    findings += [_foreign(task) for task in tasks if not document_of(task)]
    usable, moved = _placed(project, label_file, found, ledger)
    findings += moved
    contents = [(answer, texts[answer.document_id].content) for answer in usable]
    answered = {answer.location for answer in usable}
    named = {answer.document_id: answer.location for answer in usable}
    kept = [name for name in _locations(tasks, linked, named) if name not in answered]
    merged = merge_answers(label_file, contents, linked.link.origins, kept=kept)
    if merged.is_changed:
        projects.save_labels(project, rewrite_labels(merged.label_file, former))
    link = replace(linked.link, origins=merged.origins)
    if link.to_json() != projects.studio_link(project):
        projects.save_studio_link(project, link.to_json())
    return PullReport(
        project=project.name,
        answered=len(usable),
        added=merged.added,
        replaced=merged.replaced,
        removed=merged.removed,
        findings=tuple(findings),
    )


def _texts(project: ModelProject, document_ids: list[str], ledger: Ledger, lake: Lake) -> dict[str, AnsweredText]:
    """The texts in the lake of these documents, those of the project's customer."""
    documents = [document for each in document_ids if (document := ledger.document(each)) is not None]
    documents = [document for document in documents if document.customer == project.customer]
    if not documents:
        return {}
    sees_pages = project.kind is TaskKind.FIELD_EXTRACTION
    rows = lake.read_rows(
        OCR_TEXT,
        lake_partitions=sorted({document.lake_partition for document in documents}),
        where={"document_id": [document.document_id for document in documents]},
        columns=["document_id", "content", "content_hash", *(["analyze_result"] if sees_pages else [])],
    )
    return {
        row["document_id"]: AnsweredText(
            row["content"],
            row["content_hash"],
            document_text(row["analyze_result"]).words if sees_pages else (),
        )
        for row in rows
    }


def _placed(
    project: ModelProject, label_file: LabelFile, found: Sequence[Answer], ledger: Ledger
) -> tuple[list[Answer], list[AnswerFinding]]:
    """The answers under the names by which the label file means their documents, and those that no name leads to."""
    names = [document.location for document in label_file.documents]
    by_name = ledger.find_documents(project.customer, [*names, *(answer.location for answer in found)])
    listed = {by_name[name].document_id: name for name in reversed(names) if name in by_name}
    usable, findings = [], []
    for answer in found:
        location = listed.get(answer.document_id, answer.location)
        meant = by_name.get(location)
        if meant is not None and meant.document_id == answer.document_id:
            usable.append(replace(answer, location=location))
        else:
            message = "another document of this name has arrived since: left out. Delete the task in Label Studio."
            findings.append(AnswerFinding(answer.task, answer.location, message))
    return usable, findings


def _locations(tasks: Iterable[dict[str, Any]], linked: LinkedProject, named: dict[str, str]) -> list[str]:
    """The names in the label file of all documents that have an answer, usable or not."""
    origins = {origin.document_id: location for location, origin in linked.link.origins.items()}
    ids = [(document_of(task), str(task["data"].get(LOCATION))) for task in tasks]
    return [named.get(each) or origins.get(each) or location for each, location in ids]


def _foreign(task: dict[str, Any]) -> AnswerFinding:
    message = "it was not made by docplatform (its data names no document_id): left out."
    return AnswerFinding(int(task["id"]), "", message)
