"""The platform's capabilities as Dagster resources: plain objects that know no Dagster, keyed by capability."""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg

from docplatform.composition import Platform

DESCRIPTIONS = {
    "blob_store": "Bytes by path: landing copies, lake documents, tables and models. Local disk or Azure Blob Storage.",
    "ledger": "What arrived, when, from where, and which document it is. SQLite or PostgreSQL.",
    "lake": "The Delta tables, their upserts and their SQL.",
    "connectors": "Where documents come from; today the landing folder.",
    "document_reader": "Bytes of any type to an AnalyzeResult: text layers, OCR, Office and mail, in worker processes.",
    "text_preprocessor": "Cleaning, language, stop words, lemmas, stems, key phrases, summary.",
    "projects": "Model projects: projects/<name>.yaml and their label files.",
    "model_registry": "Model versions and the champion alias.",
    "label_studio": "Opens Label Studio's API: a function, since no server need run while nobody labels.",
    "settings": "Every setting, as read from DOCPLATFORM_* variables.",
}
"""Resource key (the capability's name, an attribute of ``Platform``) to what it is."""


def build_resources(platform: Platform, overrides: Mapping[str, object]) -> dict[str, Any]:
    """One resource per capability, made when a run first asks for it. ``overrides`` replaces some by plain objects."""
    resources: dict[str, Any] = {key: _capability(platform, key, text) for key, text in DESCRIPTIONS.items()}
    return {**resources, **overrides}


def _capability(platform: Platform, key: str, description: str) -> dg.ResourceDefinition:
    def provide(_context: dg.InitResourceContext) -> Iterator[object]:
        capability = getattr(platform, key)
        try:
            yield capability
        finally:
            if key == "document_reader":  # its worker processes must not outlive the run
                capability.close()

    return dg.ResourceDefinition(resource_fn=provide, description=description)
