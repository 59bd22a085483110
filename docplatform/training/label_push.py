"""Documents to Label Studio: those most worth labelling, with what the champion says about them.

Belongs here: handing documents over. Doesn't: choosing them (``choosing``), what a task looks like (``labels.studio``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from docplatform.documents.document_text import DocumentText, document_text
from docplatform.documents.predictions import TaskKind
from docplatform.errors import ConfigurationError
from docplatform.labels.projects import ModelProject, ProjectStore
from docplatform.labels.stored import parse_labels
from docplatform.labels.studio.answers import document_of
from docplatform.labels.studio.client import StudioClient
from docplatform.labels.studio.tasks import PageImage, TaskDocument, task_json
from docplatform.lake.lake import Lake
from docplatform.lake.tables import OCR_TEXT
from docplatform.ledger.ledger import Ledger
from docplatform.registry.base import ModelRegistry
from docplatform.storage.base import BlobStore
from docplatform.training.choosing import DocumentChooser, NextDocument
from docplatform.training.page_images import page_images
from docplatform.training.studio_projects import take_up_project


@dataclass(frozen=True, slots=True, kw_only=True)
class PushReport:
    """What was handed to Label Studio."""

    project: str
    url: str
    """Of the project's page."""
    is_new: bool
    """Whether the project there was made now."""
    pushed: tuple[NextDocument, ...]
    """The most worth labelling first."""
    predicted: int
    """Those that carry an answer of the champion's."""
    model_id: str
    """The champion; empty where there is none."""
    waiting: int
    """Documents that could be labelled besides."""
    in_review: int
    """Those of them whose prediction must not stand unseen."""

    def summary(self) -> str:
        """How many, of them how many for review, and where to; a line each."""
        made = "made" if self.is_new else "found"
        model = f"{self.predicted} with the answer of {self.model_id}" if self.model_id else "there is no champion yet"
        from_queue = sum(document.needs_review for document in self.pushed)
        return (
            f"{self.project}: {len(self.pushed)} documents pushed ({model}), {self.waiting} more could be.\n"
            f"From the review queue: {from_queue}; {self.in_review} more wait there.\n"
            f"Project {made} in Label Studio: {self.url}"
        )


@dataclass(frozen=True)
class LabelPusher:
    """Everything that handing documents over takes."""

    projects: ProjectStore
    ledger: Ledger
    lake: Lake
    registry: ModelRegistry
    blob_store: BlobStore
    client: StudioClient

    def push(self, project: ModelProject, limit: int, studio_project: int | None = None) -> PushReport:
        """Hand at most ``limit`` documents of the project's customer over, the most worth labelling first.

        A document is handed over once, and not at all where the label file names it. Doing it again hands over the
        next ones.

        Raises:
            ConfigurationError: the label file declares nothing to label with, or Label Studio refuses.
            TransientError: Label Studio can't be reached.
        """
        _ = self.client.version
        label_file = parse_labels(self.projects.label_file(project))
        linked = take_up_project(project, label_file, projects=self.projects, client=self.client, number=studio_project)
        pushed = {document_of(task) for task in self.client.tasks(linked.studio.id, with_answers=False)}
        found = self._chooser.choose(project, limit, without=pushed)
        tasks = [self._task(project, document, found.model_id, linked.studio.id) for document in found.documents]
        self.client.import_tasks(linked.studio.id, tasks)
        return PushReport(
            project=project.name,
            url=f"{self.client.url}/projects/{linked.studio.id}/data",
            is_new=linked.is_new,
            pushed=found.documents,
            predicted=sum("predictions" in task for task in tasks),
            model_id=found.model_id,
            waiting=found.waiting,
            in_review=found.in_review - sum(document.needs_review for document in found.documents),
        )

    @property
    def _chooser(self) -> DocumentChooser:
        return DocumentChooser(self.projects, self.ledger, self.lake, self.registry)

    def _task(
        self, project: ModelProject, document: NextDocument, model_id: str, studio_project: int
    ) -> dict[str, Any]:
        prediction = document.prediction
        if project.kind.labels_spans and not project.text.is_as_read:
            prediction = None  # its spans count in another text than the one that is shown
        layout, pages = DocumentText(document.content), tuple[PageImage, ...]()
        if project.kind is TaskKind.FIELD_EXTRACTION:
            layout = self._layout(document)
            pages = self._pages(document, studio_project)
        task = TaskDocument(
            document_id=document.document_id,
            location=document.name,
            content=document.content,
            content_hash=document.content_hash,
            reason=document.reason,
            prediction=prediction,
            model_id=model_id,
            pages=pages,
            words=layout.words,
        )
        return task_json(task, project.kind)

    def _layout(self, document: NextDocument) -> DocumentText:
        (row,) = self.lake.read_rows(
            OCR_TEXT,
            lake_partitions=[document.lake_partition],
            where={"document_id": document.document_id},
            columns=["analyze_result"],
        )
        return document_text(row["analyze_result"])

    def _pages(self, document: NextDocument, studio_project: int) -> tuple[PageImage, ...]:
        arrived = self.ledger.document(document.document_id)
        if arrived is None:
            raise ConfigurationError(f"{document.name} is in the lake and not in the ledger: which home is this?")
        images = page_images(self.blob_store.get(arrived.blob_path), arrived.extension)
        return tuple(
            PageImage(
                self.client.upload(studio_project, f"{document.document_id}-{number}.jpg", image.jpeg),
                image.width,
                image.height,
            )
            for number, image in enumerate(images, 1)
        )
