"""Documents to Label Studio: those most worth labelling, with what the champion says about them.

Belongs here: which documents may be labelled, what is known about them, and handing them over. Doesn't: how to choose
(``evaluation.selection``), what a task looks like (``labels.studio``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from docplatform.documents.document_text import DocumentText, document_text
from docplatform.documents.predictions import Prediction, TaskKind
from docplatform.errors import ConfigurationError
from docplatform.evaluation.selection import choose
from docplatform.inference.champions import load_model
from docplatform.labels.projects import ModelProject, ProjectStore
from docplatform.labels.stored import parse_labels
from docplatform.labels.studio.answers import document_of
from docplatform.labels.studio.client import StudioClient
from docplatform.labels.studio.tasks import PageImage, TaskDocument, task_json
from docplatform.lake.lake import Lake
from docplatform.lake.partitions import LakePartition
from docplatform.lake.tables import OCR_TEXT, PREDICTIONS, TABLES
from docplatform.lake.values import categories_from, entities_from
from docplatform.ledger.ledger import Ledger
from docplatform.registry.base import CHAMPION, ModelRegistry
from docplatform.storage.base import BlobStore
from docplatform.training.page_images import PAGED_EXTENSIONS, page_images
from docplatform.training.studio_projects import take_up_project

POOL = 2_000
"""Most documents whose texts are compared: the least sure of them, or any where there is no champion."""
LABELED_POOL = 1_000
"""Most labelled texts that new ones are held against."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PushReport:
    """What was handed to Label Studio."""

    project: str
    url: str
    """Of the project's page."""
    is_new: bool
    """Whether the project there was made now."""
    pushed: tuple[str, ...]
    """Names of documents, the most worth labelling first."""
    predicted: int
    """Those that carry an answer of the champion's."""
    model_id: str
    """The champion; empty where there is none."""
    waiting: int
    """Documents that could be labelled besides."""

    def summary(self) -> str:
        """One line or two."""
        made = "made" if self.is_new else "found"
        model = f"{self.predicted} with the answer of {self.model_id}" if self.model_id else "there is no champion yet"
        return (
            f"{self.project}: {len(self.pushed)} documents pushed ({model}), {self.waiting} more could be.\n"
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
        locations = [document.location for document in label_file.documents]
        labeled = {each.document_id for each in self.ledger.find_documents(project.customer, locations).values()}
        rows = [row for row in self._candidates(project) if row["document_id"] not in pushed | labeled]
        chosen, predictions, model_id = self._choose(project, rows, sorted(labeled), limit)
        tasks = [
            self._task(project, row, predictions.get(row["document_id"]), model_id, linked.studio.id) for row in chosen
        ]
        self.client.import_tasks(linked.studio.id, tasks)
        return PushReport(
            project=project.name,
            url=f"{self.client.url}/projects/{linked.studio.id}/data",
            is_new=linked.is_new,
            pushed=tuple(row["name"] for row in chosen),
            predicted=sum("predictions" in task for task in tasks),
            model_id=model_id,
            waiting=len(rows) - len(chosen),
        )

    def _candidates(self, project: ModelProject) -> list[Row]:
        """Every document of the project's customer that could be labelled, without its text."""
        keys = [key for key in self.ledger.lake_partitions() if self._is_in_scope(project, LakePartition.parse(key))]
        columns = ["document_id", "name", "lake_partition", "content_hash", "word_count"]
        rows = [
            row for row in self.lake.read_rows(OCR_TEXT, lake_partitions=keys, columns=columns) if row["word_count"]
        ]
        for classifier, classes in project.applies_to.document_classes.items():
            found = self.lake.read_rows(
                PREDICTIONS,
                lake_partitions=keys,
                where={"project": classifier},
                columns=["document_id", "categories"],
            )
            wanted = set(classes)
            members = {row["document_id"] for row in found if wanted & {c["category"] for c in row["categories"]}}
            rows = [row for row in rows if row["document_id"] in members]
        # a name that leads to a newer document can't carry this one's labels
        meant = self.ledger.find_documents(project.customer, [row["name"] for row in rows])
        return sorted(
            (row for row in rows if row["name"] in meant and meant[row["name"]].document_id == row["document_id"]),
            key=lambda row: row["document_id"],  # a hash: no order of arrival, and the same every time
        )

    @staticmethod
    def _is_in_scope(project: ModelProject, partition: LakePartition) -> bool:
        wanted = project.applies_to.extensions
        return (
            partition.customer == project.customer
            and (not wanted or partition.extension in wanted)
            and (project.kind is not TaskKind.FIELD_EXTRACTION or partition.extension in PAGED_EXTENSIONS)
        )

    def _choose(
        self, project: ModelProject, rows: list[Row], labeled: list[str], limit: int
    ) -> tuple[list[Row], dict[str, Prediction], str]:
        """The rows to hand over, what the champion says about documents, and which it is."""
        champion = self.registry.aliased(project.name, CHAMPION)
        unsure: dict[str, float] = {}
        if champion is not None:
            unsure = self._uncertainties(project, champion.version, rows)
            # what was not predicted yet is as unsure as can be
            rows = sorted(rows, key=lambda row: -unsure.get(row["document_id"], 1.0))
        pool = rows[:POOL]
        predictions: dict[str, Prediction] = {}
        if champion is not None:
            missing = [row for row in pool if row["document_id"] not in unsure]
            predictions = self._new_predictions(project, champion.version, missing)
            unsure |= {each: _uncertainty(p.confidence_score, p.abstained) for each, p in predictions.items()}
        texts = self._column(pool, OCR_TEXT.name, "content")
        known = self.lake.read_rows(OCR_TEXT, where={"document_id": labeled[:LABELED_POOL]}, columns=["content"])
        order = choose(
            [texts[row["document_id"]] for row in pool],
            limit,
            uncertainty=None if champion is None else [unsure.get(row["document_id"], 1.0) for row in pool],
            labeled=[row["content"] for row in known],
        )
        chosen = [{**pool[index], "content": texts[pool[index]["document_id"]]} for index in order]
        if champion is None:
            return chosen, {}, ""
        return chosen, self._stored_predictions(project, champion.version, chosen) | predictions, champion.model_id

    def _uncertainties(self, project: ModelProject, version: int, rows: Sequence[Row]) -> dict[str, float]:
        """Of the documents that this version has predicted."""
        found = self.lake.read_rows(
            PREDICTIONS,
            lake_partitions=sorted({row["lake_partition"] for row in rows}),
            where={"project": project.name, "model_version": version},
            columns=["document_id", "confidence", "abstained"],
        )
        return {row["document_id"]: _uncertainty(row["confidence"], row["abstained"]) for row in found}

    def _stored_predictions(self, project: ModelProject, version: int, rows: Sequence[Row]) -> dict[str, Prediction]:
        found = self.lake.read_rows(
            PREDICTIONS,
            lake_partitions=sorted({row["lake_partition"] for row in rows}),
            where={
                "project": project.name,
                "model_version": version,
                "document_id": [row["document_id"] for row in rows],
            },
            columns=["document_id", "categories", "entities", "confidence", "abstained"],
        )
        return {
            row["document_id"]: Prediction(
                categories_from(row["categories"]),
                entities_from(row["entities"]),
                row["confidence"],
                row["abstained"],
            )
            for row in found
        }

    def _new_predictions(self, project: ModelProject, version: int, rows: Sequence[Row]) -> dict[str, Prediction]:
        source = project.text
        values = self._column(rows, source.table, source.column)
        documents = {each: source.document(value) for each, value in values.items()}
        if not documents:
            return {}
        model = load_model(project, version, self.registry)
        return dict(zip(documents, model.predict(list(documents.values())), strict=True))

    def _column(self, rows: Sequence[Row], table: str, column: str) -> dict[str, Any]:
        found = self.lake.read_rows(
            TABLES[table],
            lake_partitions=sorted({row["lake_partition"] for row in rows}),
            where={"document_id": [row["document_id"] for row in rows]},
            columns=["document_id", column],
        )
        return {row["document_id"]: row[column] for row in found}

    def _task(
        self, project: ModelProject, row: Row, prediction: Prediction | None, model_id: str, studio_project: int
    ) -> dict[str, Any]:
        if project.kind.labels_spans and not project.text.is_as_read:
            prediction = None  # its spans count in another text than the one that is shown
        layout, pages = DocumentText(row["content"]), tuple[PageImage, ...]()
        if project.kind is TaskKind.FIELD_EXTRACTION:
            layout = document_text(self._column([row], OCR_TEXT.name, "analyze_result")[row["document_id"]])
            pages = self._pages(row, studio_project)
        document = TaskDocument(
            document_id=row["document_id"],
            location=row["name"],
            content=row["content"],
            content_hash=row["content_hash"],
            prediction=prediction,
            model_id=model_id,
            pages=pages,
            words=layout.words,
        )
        return task_json(document, project.kind)

    def _pages(self, row: Row, studio_project: int) -> tuple[PageImage, ...]:
        document = self.ledger.document(row["document_id"])
        if document is None:
            raise ConfigurationError(f"{row['name']} is in the lake and not in the ledger: which home is this?")
        images = page_images(self.blob_store.get(document.blob_path), document.extension)
        return tuple(
            PageImage(
                self.client.upload(studio_project, f"{row['document_id']}-{number}.jpg", image.jpeg),
                image.width,
                image.height,
            )
            for number, image in enumerate(images, 1)
        )


def _uncertainty(confidence: float, abstained: bool) -> float:
    """Least confidence of what is asserted, turned round; 1 where nothing is."""
    return 1.0 if abstained else 1.0 - confidence
