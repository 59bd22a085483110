"""The next documents worth labelling: first those whose prediction a person has to see, then what teaches most.

Belongs here: which documents may be labelled, what the champion says about them, and why each was chosen. Doesn't: how
to choose among texts (``evaluation.selection``), or handing them over (``label_push``).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from docplatform.documents.predictions import Prediction, TaskKind
from docplatform.evaluation.selection import choose
from docplatform.inference.champions import load_model
from docplatform.inference.review import review_reason
from docplatform.labels.projects import ModelProject, ProjectStore
from docplatform.labels.stored import parse_labels
from docplatform.lake.lake import Lake
from docplatform.lake.partitions import LakePartition
from docplatform.lake.tables import OCR_TEXT, PREDICTIONS, TABLES
from docplatform.lake.values import categories_from, entities_from
from docplatform.ledger.ledger import Ledger
from docplatform.registry.base import CHAMPION, ModelRegistry, ModelVersion
from docplatform.training.page_images import PAGED_EXTENSIONS

POOL = 2_000
"""Most documents whose texts are compared: those for review, then the least sure, or any where there is no champion."""
LABELED_POOL = 1_000
"""Most labelled texts that new ones are held against."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class NextDocument:
    """A document worth labelling."""

    document_id: str
    name: str
    lake_partition: str
    content: str
    """``ocr_text.content``."""
    content_hash: str
    reason: str
    """Why it was chosen, for people."""
    needs_review: bool
    """Whether its prediction must not stand unseen."""
    prediction: Prediction | None
    """The champion's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextDocuments:
    """What to label next."""

    documents: tuple[NextDocument, ...]
    """The most worth labelling first."""
    waiting: int
    """Documents that could be labelled besides."""
    in_review: int
    """Of all of them, those whose prediction must not stand unseen."""
    model_id: str
    """The champion; empty where there is none."""


@dataclass(frozen=True, slots=True)
class _Opinion:
    """How the champion stands to a document."""

    uncertainty: float
    """One less the least confidence of what is asserted; 1 where nothing is."""
    review: str | None
    """Why a person has to see it."""

    @property
    def reason(self) -> str:
        """Why the document is worth labelling."""
        return f"for review: {self.review}" if self.review else f"the model's confidence is {1 - self.uncertainty:.2f}"


@dataclass(frozen=True)
class DocumentChooser:
    """Everything that choosing takes."""

    projects: ProjectStore
    ledger: Ledger
    lake: Lake
    registry: ModelRegistry

    def choose(
        self, project: ModelProject, limit: int, *, without: Collection[str] = (), predict: bool = True
    ) -> NextDocuments:
        """At most ``limit`` documents of the project's customer that its label file doesn't name.

        Those whose prediction needs review (the review queue) come first; among them, and among the others, those that
        the champion is unsure about and that stand for many others like which none is labelled. Without a champion it
        is the latter alone.

        Args:
            project: The project.
            limit: How many.
            without: Documents that are out of the question.
            predict: Ask the champion about documents it hasn't predicted yet; else they count as quite unsure.

        Raises:
            ConfigurationError: the label file is missing or can't be parsed.
        """
        locations = [document.location for document in parse_labels(self.projects.label_file(project)).documents]
        labeled = {each.document_id for each in self.ledger.find_documents(project.customer, locations).values()}
        rows = [row for row in self._candidates(project) if row["document_id"] not in labeled.union(without)]
        champion = self.registry.aliased(project.name, CHAMPION)
        opinions, new = {}, dict[str, Prediction]()
        if champion is not None:
            opinions = self._opinions(project, champion, rows)
            rows, missing = _pool_first(rows, opinions)
            if predict and missing:
                new = self._predict(project, champion, missing)
                opinions |= {each: _opinion(champion, prediction) for each, prediction in new.items()}
        chosen = self._best(rows[:POOL], limit, None if champion is None else opinions, sorted(labeled))
        stored = {} if champion is None else self._stored_predictions(project, champion, chosen)
        return NextDocuments(
            documents=tuple(_next_document(row, opinions, stored | new, champion) for row in chosen),
            waiting=len(rows) - len(chosen),
            in_review=sum(bool(opinion.review) for opinion in opinions.values()),
            model_id=champion.model_id if champion else "",
        )

    def _column(self, rows: Sequence[Row], table: str, column: str) -> dict[str, Any]:
        """Document to its value in a column of a table; ``rows`` say ``document_id`` and ``lake_partition``."""
        found = self.lake.read_rows(
            TABLES[table],
            lake_partitions=sorted({row["lake_partition"] for row in rows}),
            where={"document_id": [row["document_id"] for row in rows]},
            columns=["document_id", column],
        )
        return {row["document_id"]: row[column] for row in found}

    def _candidates(self, project: ModelProject) -> list[Row]:
        """Every document of the project's customer that could be labelled, without its text."""
        keys = [key for key in self.ledger.lake_partitions() if _is_in_scope(project, LakePartition.parse(key))]
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

    def _best(self, pool: list[Row], limit: int, opinions: dict[str, _Opinion] | None, labeled: list[str]) -> list[Row]:
        """The rows to label, each with its text."""
        texts = self._column(pool, OCR_TEXT.name, "content")
        known = self.lake.read_rows(OCR_TEXT, where={"document_id": labeled[:LABELED_POOL]}, columns=["content"])
        found = [opinions.get(row["document_id"]) for row in pool] if opinions is not None else []
        order = choose(
            [texts[row["document_id"]] for row in pool],
            limit,
            uncertainty=None if opinions is None else [one.uncertainty if one else 1.0 for one in found],
            labeled=[row["content"] for row in known],
            first=[index for index, one in enumerate(found) if one and one.review],
        )
        return [{**pool[index], "content": texts[pool[index]["document_id"]]} for index in order]

    def _opinions(self, project: ModelProject, champion: ModelVersion, rows: Sequence[Row]) -> dict[str, _Opinion]:
        """Of the documents that the champion has predicted."""
        found = self._predicted(project, champion, rows, "confidence", "abstained", "review_reason")
        ours = {row["document_id"] for row in rows}
        return {
            row["document_id"]: _Opinion(_uncertainty(row["confidence"], row["abstained"]), row["review_reason"])
            for row in found
            if row["document_id"] in ours
        }

    def _stored_predictions(
        self, project: ModelProject, champion: ModelVersion, rows: Sequence[Row]
    ) -> dict[str, Prediction]:
        found = self._predicted(
            project,
            champion,
            rows,
            *("categories", "entities", "confidence", "abstained"),
            document_id=[row["document_id"] for row in rows],
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

    def _predicted(
        self, project: ModelProject, champion: ModelVersion, rows: Sequence[Row], *columns: str, **where: list[str]
    ) -> list[Row]:
        """What ``predictions`` says by the champion, in the partitions of these rows."""
        return self.lake.read_rows(
            PREDICTIONS,
            lake_partitions=sorted({row["lake_partition"] for row in rows}),
            where={"project": project.name, "model_version": champion.version, **where},
            columns=["document_id", *columns],
        )

    def _predict(self, project: ModelProject, champion: ModelVersion, rows: Sequence[Row]) -> dict[str, Prediction]:
        source = project.text
        values = self._column(rows, source.table, source.column)
        documents = {each: source.document(value) for each, value in values.items()}
        if not documents:
            return {}
        model = load_model(project, champion.version, self.registry)
        return dict(zip(documents, model.predict(list(documents.values())), strict=True))


def _is_in_scope(project: ModelProject, partition: LakePartition) -> bool:
    wanted = project.applies_to.extensions
    return (
        partition.customer == project.customer
        and (not wanted or partition.extension in wanted)
        and (project.kind is not TaskKind.FIELD_EXTRACTION or partition.extension in PAGED_EXTENSIONS)
    )


def _pool_first(rows: Sequence[Row], opinions: dict[str, _Opinion]) -> tuple[list[Row], list[Row]]:
    """The rows, those for review first, then the least sure; and of the pool those without an opinion.

    What was not predicted yet is as unsure as can be.
    """
    unknown = _Opinion(1.0, None)

    def rank(row: Row) -> tuple[bool, float]:
        opinion = opinions.get(row["document_id"], unknown)
        return opinion.review is None, -opinion.uncertainty

    ordered = sorted(rows, key=rank)
    return ordered, [row for row in ordered[:POOL] if row["document_id"] not in opinions]


def _opinion(champion: ModelVersion, prediction: Prediction) -> _Opinion:
    return _Opinion(
        _uncertainty(prediction.confidence_score, prediction.abstained), review_reason(prediction, champion.thresholds)
    )


def _next_document(
    row: Row, opinions: dict[str, _Opinion], predictions: dict[str, Prediction], champion: ModelVersion | None
) -> NextDocument:
    opinion = opinions.get(row["document_id"])
    unlike = "unlike what is labelled or chosen before it" if champion is None else "not predicted yet"
    return NextDocument(
        **{name: row[name] for name in ("document_id", "name", "lake_partition", "content", "content_hash")},
        reason=opinion.reason if opinion else unlike,
        needs_review=bool(opinion and opinion.review),
        prediction=predictions.get(row["document_id"]),
    )


def _uncertainty(confidence: float, abstained: bool) -> float:
    """Least confidence of what is asserted, turned round; 1 where nothing is."""
    return 1.0 if abstained else 1.0 - confidence
