"""The lake's tables: every column with its type, unit and meaning. A public contract; docs/tables.md is made from it.

Belongs here: descriptions only, cheap to import (no pyarrow). Reading and writing tables is ``lake.delta``.
"""

from __future__ import annotations

from docplatform.lake.columns import DOCUMENT_ID, Column, TableSpec
from docplatform.lake.evaluation_tables import (
    CHAMPION_MODEL,
    DRIFT_REPORT,
    EVALUATION_ERRORS,
    EVALUATION_SLICES,
    LEARNING_CURVES,
    MODEL_EVALUATION,
    PREBUILT_COMPARISON,
)

__all__ = [
    "ANNOTATIONS",
    "CHAMPION_MODEL",
    "DATASET_VERSIONS",
    "DRIFT_REPORT",
    "EVALUATION_ERRORS",
    "EVALUATION_SLICES",
    "LABELED_DATASET",
    "LEARNING_CURVES",
    "MODEL_EVALUATION",
    "OCR_TEXT",
    "PREBUILT_COMPARISON",
    "PREDICTIONS",
    "PREPROCESSED_TEXT",
    "QUARANTINE",
    "RAW_BLOBS",
    "ROUTED_DOCUMENTS",
    "TABLES",
    "Column",
    "TableSpec",
]

_LAKE_PARTITION = Column("lake_partition", "string", "Lake partition key, `customer/extension/date`.")
_PROVENANCE = (
    Column("input_hash", "string", "Hash of what this row was made from; with `fingerprint` it says if it is current."),
    Column("fingerprint", "string", "Engine, version and options that made this row."),
    Column("run_id", "string", "Dagster run that wrote this row."),
    Column("processed_at", "timestamp", "When this row was made (UTC)."),
)
_CONTENT_HASH = Column("content_hash", "string", "Hash of this row's output: the `input_hash` of what is made from it.")

RAW_BLOBS = TableSpec(
    "raw_blobs",
    "Every arrival: files, attachments and archive members, with what became of them.",
    (
        Column("arrival_id", "string", "Id of the arrival (the event, not the content)."),
        DOCUMENT_ID,
        Column("parent_document_id", "string", "The mail or archive it was unpacked from.", nullable=True),
        Column("customer", "string", "Whose document it is, `[a-z0-9_-]{1,63}`."),
        Column("connector", "string", "Which connector brought it."),
        Column("source_uri", "string", "Where it came from."),
        Column("name", "string", "Name as the sender spelled it, below the customer's folder or within the parent."),
        Column("size", "int64", "Bytes."),
        Column("sha256", "string", "SHA-256 of the bytes, hex."),
        Column("media_type", "string", "Type told from the content."),
        Column("extension", "string", "Extension that goes with the content's type."),
        Column("blob_path", "string", "Where the bytes lie in the blob store."),
        Column("lake_partition", "string", "Lake partition the document belongs to."),
        Column("arrived_at", "timestamp", "When it was taken in (UTC)."),
        Column("outcome", "string", "`landed`, `duplicate` or `quarantined`."),
        Column("reason", "string", "Reason code where quarantined at arrival.", nullable=True),
    ),
    key=("arrival_id",),
    partition_by=("customer",),
)

ROUTED_DOCUMENTS = TableSpec(
    "routed_documents",
    "Documents placed in the lake, one row each.",
    (
        DOCUMENT_ID,
        _LAKE_PARTITION,
        Column("parent_document_id", "string", "The mail or archive it was unpacked from.", nullable=True),
        Column("customer", "string", "Whose document it is."),
        Column("extension", "string", "Extension that goes with the content's type."),
        Column("media_type", "string", "Type told from the content."),
        Column("name", "string", "Name as the sender spelled it."),
        Column("source_uri", "string", "Where it came from."),
        Column("size", "int64", "Bytes."),
        Column("lake_path", "string", "Where the bytes lie in the lake, below the home or container."),
        Column("uri", "string", "Address that opens the file."),
        Column("arrived_at", "timestamp", "When it was taken in (UTC)."),
        _CONTENT_HASH,
        *_PROVENANCE,
    ),
    key=("document_id",),
    partition_by=("lake_partition",),
)

OCR_TEXT = TableSpec(
    "ocr_text",
    "What was read from each document.",
    (
        DOCUMENT_ID,
        _LAKE_PARTITION,
        Column("name", "string", "Name as the sender spelled it."),
        Column("content", "string", "All text in reading order. Offsets of entities count its Unicode code points."),
        Column("content_format", "string", "`text` or `markdown`."),
        Column("page_count", "int64", "Pages read (sheets, slides; 1 for formats without pages)."),
        Column("file_page_count", "int64", "Pages the file has: `page_count` and the unread ones.", nullable=True),
        Column("unread_pages", "list<int64>", "Numbers, from 1, of pages that could not be read.", nullable=True),
        Column("textless_pages", "list<int64>", "Numbers, from 1, of pages with ink and no text.", nullable=True),
        Column("recognized_pages", "int64", "Page images that OCR went over to make this row.", nullable=True),
        Column("cached_pages", "int64", "Page images whose text the page cache knew already.", nullable=True),
        Column("quality", "string", "Grade of the worst page: `POOR`, `FAIR`, `GOOD`, `EXCELLENT`.", nullable=True),
        Column("quality_reasons", "list<string>", "Why it isn't better: `blur`, `lowResolution`, …", nullable=True),
        Column("language", "string", "Language of most of the text, as the reader tells it (BCP 47).", nullable=True),
        Column("word_count", "int64", "Words."),
        Column("table_count", "int64", "Tables found."),
        Column("confidence", "float64", "Mean word confidence, 0 to 1; 1 where text was given.", nullable=True),
        Column("model_id", "string", "Reader model, e.g. `prebuilt-read`."),
        Column("analyze_result", "string", "The whole AnalyzeResult as JSON (Document Intelligence 2024-11-30)."),
        Column("read_seconds", "float64", "Wall-clock seconds spent reading."),
        _CONTENT_HASH,
        *_PROVENANCE,
    ),
    key=("document_id",),
    partition_by=("lake_partition",),
)

PREPROCESSED_TEXT = TableSpec(
    "preprocessed_text",
    "Text made ready for models.",
    (
        DOCUMENT_ID,
        _LAKE_PARTITION,
        Column("name", "string", "Name as the sender spelled it."),
        Column("cleaned", "string", "Normalised text."),
        Column("language", "string", "ISO 639-1 code, `und` where unknown."),
        Column("language_confidence", "float64", "0 to 1."),
        Column("tokens", "list<string>", "Lower-cased words without stop words."),
        Column("lemmas", "list<string>", "One per token."),
        Column("stems", "list<string>", "One per token."),
        Column("key_phrases", "list<string>", "Best first."),
        Column("summary", "string", "Most central sentences."),
        _CONTENT_HASH,
        *_PROVENANCE,
    ),
    key=("document_id",),
    partition_by=("lake_partition",),
)

ANNOTATIONS = TableSpec(
    "annotations",
    "All labels, whatever tool made them, one row per label.",
    (
        Column("annotation_id", "string", "Hash of project, document, category and span."),
        Column("project", "string", "Model project."),
        Column("document_id", "string", "The labelled document."),
        Column("customer", "string", "Whose document it is."),
        Column("location", "string", "The document's name in the label file."),
        Column("category", "string", "Class or entity category. Empty: the document is labelled with none."),
        Column("offset", "int64", "Start in Unicode code points of the text; null for classes.", nullable=True),
        Column("length", "int64", "Length in Unicode code points; null for classes.", nullable=True),
        Column("text", "string", "The labelled slice of the text; null for classes.", nullable=True),
        Column("text_hash", "string", "Hash of the text that offset and length count in (`ocr_text.content_hash`)."),
        Column("first_page", "int64", "First page of a document in a labelled packet, from 1.", nullable=True),
        Column("last_page", "int64", "Last page of it.", nullable=True),
        Column("declared_split", "string", "`train` or `test` where the label file says so.", nullable=True),
        Column("label_file_hash", "string", "SHA-256 of the label file."),
        Column(
            "labeled_by", "string", "Who labelled it in Label Studio; null where it came from a file.", nullable=True
        ),
        Column("labeled_at", "timestamp", "When (UTC).", nullable=True),
        Column("run_id", "string", "Dagster run that wrote this row."),
        Column("processed_at", "timestamp", "When this row was made (UTC)."),
    ),
    key=("annotation_id",),
    partition_by=("project",),
)

LABELED_DATASET = TableSpec(
    "labeled_dataset",
    "Frozen, versioned datasets with their splits: one row per project, version and document.",
    (
        Column("project", "string", "Model project."),
        Column("dataset_version", "string", "Hash of every row's text, labels and split."),
        DOCUMENT_ID,
        Column("split", "string", "`train`, `validation` or `test`; stable by content hash."),
        Column("text", "string", "The text trained on."),
        Column("text_hash", "string", "Hash of the text read that the labels count in."),
        Column("categories", "list<string>", "Classes of the document."),
        Column("entities", "entities", "Entities, or fields; offsets in code points of `text`."),
        Column("words", "words", "Where words lie; empty where the project doesn't look at it.", nullable=True),
        Column("page_count", "int64", "Pages of the document.", nullable=True),
        Column("parts", "parts", "The documents that a packet is labelled to hold.", nullable=True),
        Column("customer", "string", "Whose document it is."),
        Column("created_at", "timestamp", "When the version was frozen (UTC)."),
        Column("run_id", "string", "Dagster run that froze it."),
    ),
    key=("project", "dataset_version", "document_id"),
    partition_by=("project",),
)

DATASET_VERSIONS = TableSpec(
    "dataset_versions",
    "What each frozen dataset was made from: the table versions it is pinned to, and its size.",
    (
        Column("project", "string", "Model project."),
        Column("dataset_version", "string", "Version of the dataset, as in `labeled_dataset`."),
        Column("source_version", "string", "Hash of the label file, the texts and the project's training options."),
        Column("label_set", "string", "SHA-256 of the label file or files.", nullable=True),
        Column("annotations_version", "int64", "Delta version of `annotations` it was made from."),
        Column("text_table", "string", "Table the texts were taken from."),
        Column("text_version", "int64", "Delta version of that table."),
        Column("train_count", "int64", "Documents to train on."),
        Column("validation_count", "int64", "Documents to choose and calibrate on."),
        Column("test_count", "int64", "Documents to judge on."),
        Column("created_at", "timestamp", "When the version was frozen (UTC)."),
        Column("run_id", "string", "Dagster run that froze it."),
    ),
    key=("project", "dataset_version"),
    partition_by=("project",),
)

PREDICTIONS = TableSpec(
    "predictions",
    "What the champions say, one row per document and project.",
    (
        DOCUMENT_ID,
        _LAKE_PARTITION,
        Column("name", "string", "Name as the sender spelled it."),
        Column("project", "string", "Model project."),
        Column("kind", "string", "Task of the project."),
        Column("model_version", "int64", "Version that predicted."),
        Column("category", "string", "Best class; null for entities or where it abstained.", nullable=True),
        Column("categories", "categories", "Classes asserted, with confidence."),
        Column("entities", "entities", "Entities, or spans of fields; offsets in code points of the project's text."),
        Column("fields", "fields", "Fields extracted, with value and confidence.", nullable=True),
        Column(
            "documents",
            "string",
            "JSON: what was extracted, as `documents` of an AnalyzeResult (`docType`, `fields`, `confidence`): one for "
            "each document of a packet, line items as an array of objects. Offsets in code points.",
            nullable=True,
        ),
        Column("parts", "parts", "The documents that a packet was found to hold.", nullable=True),
        Column("confidence", "float64", "Least confidence of what is asserted, 0 to 1."),
        Column("abstained", "bool", "The model had no answer it stands behind."),
        Column("needs_review", "bool", "A person has to look before anything is asserted.", nullable=True),
        Column("review_reason", "string", "Why.", nullable=True),
        *_PROVENANCE,
    ),
    key=("document_id", "project"),
    partition_by=("lake_partition",),
)

QUARANTINE = TableSpec(
    "quarantine",
    "Every document, or part of one, that could not be processed.",
    (
        DOCUMENT_ID,
        _LAKE_PARTITION,
        Column("stage", "string", "Table that has no row for it: `raw_blobs`, `ocr_text`, …"),
        Column("scope", "string", "Model project for predictions, else empty."),
        Column("name", "string", "Name as the sender spelled it."),
        Column("reason", "string", "Reason code."),
        Column("message", "string", "What went wrong and what to do."),
        Column("attempts", "int64", "Times it was tried."),
        Column("state", "string", "`open`, `replaying`, `resolved` or `dismissed`."),
        Column("first_failed_at", "timestamp", "When it failed first (UTC)."),
        Column("note", "string", "What somebody wrote when they dismissed it.", nullable=True),
        *_PROVENANCE,
    ),
    key=("document_id", "stage", "scope"),
    partition_by=("lake_partition",),
)

TABLES: dict[str, TableSpec] = {
    spec.name: spec
    for spec in (
        RAW_BLOBS,
        ROUTED_DOCUMENTS,
        OCR_TEXT,
        PREPROCESSED_TEXT,
        ANNOTATIONS,
        LABELED_DATASET,
        DATASET_VERSIONS,
        MODEL_EVALUATION,
        EVALUATION_SLICES,
        EVALUATION_ERRORS,
        LEARNING_CURVES,
        PREBUILT_COMPARISON,
        CHAMPION_MODEL,
        PREDICTIONS,
        DRIFT_REPORT,
        QUARANTINE,
    )
}
"""Every table of the lake, by name."""
