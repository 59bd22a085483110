"""The stages of the way of the data: what each does with a row. What is pending is ``lake.incremental``'s matter."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from types import MappingProxyType
from typing import TypeVar

from docplatform.documents.analyze_result import AnalyzeResult
from docplatform.documents.predictions import Prediction
from docplatform.errors import ReasonCode
from docplatform.inference import packet_parts
from docplatform.inference.review import review_reason
from docplatform.labels.projects import ModelProject, TextSource
from docplatform.lake.lake import Lake
from docplatform.lake.partitions import LakePartition
from docplatform.lake.routing import lake_path
from docplatform.lake.stages import Failed, Made, Row, Stage
from docplatform.lake.tables import OCR_TEXT, PREDICTIONS, PREPROCESSED_TEXT, ROUTED_DOCUMENTS, TABLES, TableSpec
from docplatform.lake.values import (
    categories_value,
    documents_value,
    entities_value,
    fields_value,
    parts_value,
)
from docplatform.ledger.ledger import Ledger
from docplatform.ledger.records import Document
from docplatform.models.base import Model
from docplatform.ocr.base import DocumentReader, DocumentSource, ReadOutcome
from docplatform.ocr.completeness import (
    INK_WITHOUT_TEXT,
    UNREADABLE_PAGE,
    main_language,
    pages_read,
    warned_pages,
    worst_quality,
)
from docplatform.storage.base import BlobStore
from docplatform.text.base import TextPreprocessor

T = TypeVar("T")

PAGES, RECOGNIZED, CACHED, REPAIRED = "pages", "pages recognized", "pages from cache", "damaged cache entries repaired"
"""What ``ReadingStage`` counts, as people see it."""

BATCH_ROWS = 64
"""Texts fetched and processed at once where a stage works on text: bounds memory, keeps reads few."""


def content_hash(text: str) -> str:
    """The hash a text goes by in ``content_hash`` and ``text_hash`` columns (SHA-256 of its UTF-8 bytes, hex)."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class RoutingStage:
    """Places the bytes of each document of a partition under its lake path."""

    ledger: Ledger
    blob_store: BlobStore
    table: TableSpec = ROUTED_DOCUMENTS
    fingerprint: str = "lake-path-1"
    scope: Mapping[str, str] = field(default_factory=dict)

    def upstream(self, lake_partition: str) -> Iterable[Row]:
        """The partition's documents in the ledger."""
        for document in self.ledger.documents(lake_partition):
            yield {
                "document_id": document.document_id,
                "input_hash": document.sha256,
                "name": document.name,
                "document": document,
            }

    def process(self, rows: Iterator[Row]) -> Iterator[Made | Failed]:
        """Copy the bytes (a hard link on disk) and describe where they lie."""
        for row in rows:
            document: Document = row["document"]
            path = lake_path(document)
            try:
                self.blob_store.copy(document.blob_path, path)
            except FileNotFoundError:
                yield _bytes_gone(document.document_id, document.blob_path)
                continue
            yield Made(
                document_id=document.document_id,
                values={
                    "parent_document_id": document.parent_document_id,
                    "customer": document.customer,
                    "extension": document.extension,
                    "media_type": document.media_type,
                    "name": document.name,
                    "source_uri": document.source_uri,
                    "size": document.size,
                    "lake_path": path,
                    "uri": self.blob_store.uri(path),
                    "arrived_at": document.arrived_at,
                    "content_hash": document.sha256,
                },
            )


@dataclass(frozen=True)
class ReadingStage:
    """Reads each routed document into an AnalyzeResult."""

    lake: Lake
    blob_store: BlobStore
    reader: DocumentReader
    table: TableSpec = OCR_TEXT
    scope: Mapping[str, str] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """The reader's."""
        return self.reader.fingerprint

    def upstream(self, lake_partition: str) -> Iterable[Row]:
        """The partition's routed documents."""
        return _rows_of(self.lake, ROUTED_DOCUMENTS, lake_partition, "media_type", "lake_path")

    def process(self, rows: Iterator[Row]) -> Iterator[Made | Failed]:
        """Hand the bytes to the reader's workers and take results as they come."""
        names: dict[str, str] = {}
        gone: list[Failed] = []

        def sources() -> Iterator[DocumentSource]:
            for row in rows:
                key = row["document_id"]
                try:
                    data = self.blob_store.get(row["lake_path"])
                except FileNotFoundError:
                    gone.append(_bytes_gone(key, row["lake_path"]))
                    continue
                names[key] = row["name"]
                yield DocumentSource(key, data, row["media_type"])

        for outcome in self.reader.read_many(sources()):
            yield _read_row(outcome, names.pop(outcome.key))
        yield from gone


def _bytes_gone(document_id: str, path: str) -> Failed:
    message = f"Its bytes are not at {path} any more: restore them there, then replay it."
    return Failed(document_id=document_id, reason=ReasonCode.MISSING, message=message)


def _read_row(outcome: ReadOutcome, name: str) -> Made | Failed:
    if outcome.result is None:
        if outcome.reason is None:
            raise AssertionError(f"the reader gave neither result nor reason for {outcome.key}")
        return Failed(
            document_id=outcome.key,
            reason=outcome.reason,
            message=outcome.message,
            is_transient=outcome.is_transient,
        )
    result: AnalyzeResult = outcome.result
    pages = outcome.pages
    page_count, (quality, reasons) = pages_read(result), worst_quality(result)
    confidences = [word.confidence for page in result.pages for word in page.words or ()]
    return Made(
        document_id=outcome.key,
        values={
            "name": name,
            "content": result.content,
            "content_format": result.content_format or "text",
            "page_count": page_count,
            "file_page_count": pages.in_file,
            "unread_pages": warned_pages(result, UNREADABLE_PAGE),
            "textless_pages": warned_pages(result, INK_WITHOUT_TEXT),
            "recognized_pages": pages.recognized,
            "cached_pages": pages.cached,
            "quality": quality,
            "quality_reasons": reasons,
            "language": main_language(result),
            "word_count": len(confidences),
            "table_count": len(result.tables or ()),
            "confidence": sum(confidences) / len(confidences) if confidences else None,
            "model_id": result.model_id,
            "analyze_result": result.to_json(),
            "read_seconds": outcome.seconds,
            "content_hash": content_hash(result.content),
        },
        counts={PAGES: page_count, RECOGNIZED: pages.recognized, CACHED: pages.cached}
        | ({REPAIRED: pages.repaired} if pages.repaired else {}),
    )


@dataclass(frozen=True)
class PreprocessingStage:
    """Makes text ready for models."""

    lake: Lake
    preprocessor: TextPreprocessor
    table: TableSpec = PREPROCESSED_TEXT
    scope: Mapping[str, str] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """The preprocessor's."""
        return self.preprocessor.fingerprint

    def upstream(self, lake_partition: str) -> Iterable[Row]:
        """What was read from the partition's documents."""
        return _rows_of(self.lake, OCR_TEXT, lake_partition)

    def process(self, rows: Iterator[Row]) -> Iterator[Made | Failed]:
        """Preprocess each text."""
        for row, content in _with_column(self.lake, OCR_TEXT, "content", rows):
            text = self.preprocessor.preprocess(TextSource.CONTENT.document(content).text)
            yield Made(
                document_id=row["document_id"],
                values={
                    "name": row["name"],
                    "cleaned": text.cleaned,
                    "language": text.language,
                    "language_confidence": text.language_confidence,
                    "tokens": list(text.tokens),
                    "lemmas": list(text.lemmas),
                    "stems": list(text.stems),
                    "key_phrases": list(text.key_phrases),
                    "summary": text.summary,
                    "content_hash": content_hash("\0".join((text.cleaned, *text.lemmas))),
                },
            )


@dataclass(frozen=True)
class PredictionStage:
    """Applies a project's champion to the documents it applies to."""

    lake: Lake
    project: ModelProject
    version: int
    load: Callable[[], Model]
    table: TableSpec = PREDICTIONS
    thresholds: Mapping[str, float] = field(default_factory=dict)
    """Label to the confidence from which on it may stand unreviewed (``review``)."""

    @property
    def fingerprint(self) -> str:
        """The champion's model id, and the thresholds for review where there are some."""
        name = f"{self.project.name}:{self.version}"
        if not self.thresholds:
            return name
        return f"{name} review {content_hash(json.dumps(self.thresholds, sort_keys=True))[:8]}"

    @property
    def scope(self) -> Mapping[str, str]:
        """One row per document and project."""
        return {"project": self.project.name}

    def upstream(self, lake_partition: str) -> Iterable[Row]:
        """The partition's texts that the project applies to."""
        partition = LakePartition.parse(lake_partition)
        if not self.project.applies_to.includes(partition.customer, partition.extension):
            return ()
        rows = _rows_of(self.lake, TABLES[self.project.text.table], lake_partition)
        for classifier, classes in self.project.applies_to.document_classes.items():
            rows = packet_parts.routed(self.lake, lake_partition, classifier, frozenset(classes), rows)
        return rows

    def process(self, rows: Iterator[Row]) -> Iterator[Made | Failed]:
        """Predict in batches."""
        source, model = self.project.text, None
        texts = _with_column(self.lake, TABLES[source.table], source.column, rows)
        for batch in _batches(texts):
            model = model or self.load()
            parts = [packet_parts.cut(source.document(value), row) for row, value in batch]
            predictions = iter(model.predict([document for documents in parts for document in documents]))
            for (row, _), documents in zip(batch, parts, strict=True):
                said = list(islice(predictions, len(documents)))
                values = prediction_values(self.project, self.version, said, self.thresholds)
                yield Made(document_id=row["document_id"], values={"name": row["name"], **values})


def reading_stages(
    ledger: Ledger, blob_store: BlobStore, lake: Lake, reader: DocumentReader, preprocessor: TextPreprocessor
) -> list[Stage]:
    """The stages from a document's arrival to text made ready, in order."""
    return [
        RoutingStage(ledger, blob_store),
        ReadingStage(lake, blob_store, reader),
        PreprocessingStage(lake, preprocessor),
    ]


def prediction_values(
    project: ModelProject,
    version: int,
    predictions: Sequence[Prediction],
    thresholds: Mapping[str, float] = MappingProxyType({}),
) -> dict[str, object]:
    """The columns of ``predictions`` that come from a model's answers, one for each document of a file."""
    prediction = packet_parts.joined(predictions)
    reason = review_reason(prediction, thresholds)
    return {
        "kind": project.kind.value,
        "model_version": version,
        "category": prediction.categories[0].category if prediction.categories else None,
        "categories": categories_value(prediction.categories),
        "entities": entities_value(prediction.entities),
        "fields": fields_value(prediction.fields),
        "documents": documents_value(project.name, predictions),
        "parts": parts_value(prediction.parts),
        "confidence": prediction.confidence_score,
        "abstained": prediction.abstained,
        "needs_review": reason is not None,
        "review_reason": reason,
    }


def _rows_of(lake: Lake, table: TableSpec, lake_partition: str, *columns: str) -> list[Row]:
    rows = lake.read_rows(
        table, lake_partitions=[lake_partition], columns=["document_id", "name", "content_hash", *columns]
    )
    return [{**row, "input_hash": row["content_hash"], "lake_partition": lake_partition} for row in rows]


def _with_column(
    lake: Lake, table: TableSpec, column: str, rows: Iterator[Row]
) -> Iterator[tuple[Row, str | list[str]]]:
    """Each row with the big column that its pending list left out, fetched a batch at a time."""
    for batch in _batches(rows):
        values = {
            found["document_id"]: found[column]
            for found in lake.read_rows(
                table,
                lake_partitions=sorted({row["lake_partition"] for row in batch}),
                where={"document_id": [row["document_id"] for row in batch]},
                columns=["document_id", column],
            )
        }
        for row in batch:
            yield row, values[row["document_id"]]


def _batches(items: Iterator[T]) -> Iterator[list[T]]:
    while batch := list(islice(items, BATCH_ROWS)):
        yield batch
