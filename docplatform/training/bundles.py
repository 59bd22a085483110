"""A project as one file: for backup, disaster recovery, and taking it to another home.

A bundle is a zip with ``manifest.json`` (every other file with its SHA-256), the project's YAML and label file, its
rows of datasets, evaluations and decisions as Parquet, every model version with its files, the aliases, and on request
the labelled documents. Nothing in it is executed: Parquet, JSON, YAML (safe) and model folders, which hold no pickle.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from docplatform import __version__
from docplatform.labels.projects import ProjectStore
from docplatform.lake.lake import Lake
from docplatform.lake.tables import (
    CHAMPION_MODEL,
    DATASET_VERSIONS,
    EVALUATION_ERRORS,
    EVALUATION_SLICES,
    LABELED_DATASET,
    LEARNING_CURVES,
    MODEL_EVALUATION,
    PREBUILT_COMPARISON,
)
from docplatform.ledger.ledger import Ledger
from docplatform.registry.base import CHALLENGER, CHAMPION, ModelRegistry, files_below
from docplatform.storage.base import BlobStore
from docplatform.training.annotations import LabelSource

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT = 1
MANIFEST, PROJECT, LABELS, ALIASES = "manifest.json", "project.yaml", "labels", "aliases.json"
DOCUMENTS = "documents.json"
"""Documents' paths in the bundle to what the label file calls them."""
BUNDLED_TABLES = (
    LABELED_DATASET,
    DATASET_VERSIONS,
    MODEL_EVALUATION,
    EVALUATION_SLICES,
    EVALUATION_ERRORS,
    LEARNING_CURVES,
    PREBUILT_COMPARISON,
    CHAMPION_MODEL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleContents:
    """What a bundle holds."""

    project: str
    versions: tuple[int, ...]
    rows: Mapping[str, int]
    """Table to rows."""
    documents: int
    bytes: int


def export_bundle(
    name: str,
    *,
    projects: ProjectStore,
    lake: Lake,
    registry: ModelRegistry,
    ledger: Ledger,
    blob_store: BlobStore,
    with_documents: bool = False,
) -> tuple[bytes, BundleContents]:
    """The bundle of a project. Raises ``KeyError``: no such project."""
    project = projects.get(name)
    files: dict[str, bytes] = {
        PROJECT: projects.source(name),
        f"{LABELS}/{project.labels.rsplit('/', 1)[-1]}": projects.label_file(project),
    }
    rows = {}
    for spec in BUNDLED_TABLES:
        table = lake.read(spec, where={"project": name})
        rows[spec.name] = len(table)
        files[f"tables/{spec.name}.parquet"] = _parquet(table)
    versions = registry.versions(name)
    for version in versions:
        about = {**asdict(version), "created_at": version.created_at.isoformat()}
        files[f"models/{version.version}/version.json"] = _json(about)
        for path, data in files_below(registry.fetch(name, version.version)).items():
            files[f"models/{version.version}/files/{path}"] = data
    files[ALIASES] = _json(_aliases(name, registry))
    documents = _documents(name, projects, ledger, blob_store) if with_documents else {}
    files.update(documents)
    data = _zip(files, name)
    contents = BundleContents(
        project=name,
        versions=tuple(version.version for version in versions),
        rows=rows,
        documents=max(0, len(documents) - 1),
        bytes=len(data),
    )
    return data, contents


def _aliases(name: str, registry: ModelRegistry) -> dict[str, list[dict[str, Any]]]:
    return {
        alias: [
            {**asdict(change), "changed_at": change.changed_at.isoformat()}
            for change in registry.alias_history(name, alias)
        ]
        for alias in (CHAMPION, CHALLENGER)
    }


def _documents(name: str, projects: ProjectStore, ledger: Ledger, blob_store: BlobStore) -> dict[str, bytes]:
    """The labelled documents under names of our own, and ``documents.json`` with what label files call them."""
    found = LabelSource.load(projects.get(name), projects=projects, ledger=ledger).documents
    names = {f"documents/{number:06}": location for number, location in enumerate(sorted(found))}
    files = {path: blob_store.get(found[location].blob_path) for path, location in names.items()}
    return {**files, DOCUMENTS: _json(names)}


def _zip(files: Mapping[str, bytes], name: str) -> bytes:
    manifest = {
        "format": FORMAT,
        "project": name,
        "docplatform": __version__,
        "created_at": datetime.now(UTC).isoformat(),
        "files": {path: hashlib.sha256(data).hexdigest() for path, data in sorted(files.items())},
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(MANIFEST, _json(manifest))
        for path, data in sorted(files.items()):
            archive.writestr(path, data)
    return buffer.getvalue()


def _parquet(table: pa.Table) -> bytes:
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    return buffer.getvalue()


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode("utf-8", "surrogatepass")
