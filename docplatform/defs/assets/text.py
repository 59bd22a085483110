"""Zone ``text``: what was read, and text made ready for models."""

from functools import partial

import dagster as dg

from docplatform.defs.assets.lake import routed_documents
from docplatform.defs.catalog import stage_asset
from docplatform.defs.materializing import StageConfig, materialize_stages
from docplatform.defs.page_checks import PAGE_CHECKS, page_checks
from docplatform.lake.lake import Lake
from docplatform.ocr.base import DocumentReader
from docplatform.storage.base import BlobStore
from docplatform.text.base import TextPreprocessor


@dg.asset(
    **stage_asset(
        "ocr_text",
        group="text",
        kinds={"onnx", "python"},
        lineage={"name": [("routed_documents", "name")], "content": [("routed_documents", "lake_path")]},
        checks=PAGE_CHECKS,
    ),
    deps=[routed_documents],
)
def ocr_text(
    context: dg.AssetExecutionContext,
    config: StageConfig,
    lake: dg.ResourceParam[Lake],
    blob_store: dg.ResourceParam[BlobStore],
    document_reader: dg.ResourceParam[DocumentReader],
) -> dg.MaterializeResult:
    """What was read from each document, as an `AnalyzeResult` in Azure Document Intelligence's shape.

    Text, pages, words with polygons and confidence, tables, and how well each page can be read. Text layers are used
    where a page has one, OCR where it hasn't, once for each page image however often it comes; Office files and mails
    by their own readers. What can't be read is quarantined with its reason, a page that can't is named: nothing is
    lost.
    """
    from docplatform.inference.stages import ReadingStage

    stage = ReadingStage(lake, blob_store, document_reader)
    return materialize_stages(context, config, lake, [stage], partial(page_checks, lake))


@dg.asset(
    **stage_asset(
        "preprocessed_text",
        group="text",
        kinds={"python"},
        lineage={
            column: [("ocr_text", "content")]
            for column in ("cleaned", "language", "tokens", "lemmas", "stems", "key_phrases", "summary")
        },
    ),
    deps=[ocr_text],
)
def preprocessed_text(
    context: dg.AssetExecutionContext,
    config: StageConfig,
    lake: dg.ResourceParam[Lake],
    text_preprocessor: dg.ResourceParam[TextPreprocessor],
) -> dg.MaterializeResult:
    """Text made ready for models.

    Cleaned, its language detected, stop words removed, lemmas and stems, key phrases and an extractive summary. Each
    step can be switched off in the settings (`DOCPLATFORM_TEXT__…`).
    """
    from docplatform.inference.stages import PreprocessingStage

    return materialize_stages(context, config, lake, [PreprocessingStage(lake, text_preprocessor)])
