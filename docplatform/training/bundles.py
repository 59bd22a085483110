"""A project as one file: for backup, disaster recovery, and taking it to another home.

A bundle is a zip with ``manifest.json`` (every other file with its SHA-256), the project's YAML and label file, its
rows of datasets, evaluations and decisions as Parquet, every model version with its files, the aliases, and on request
the labelled documents. Nothing in it is executed: Parquet, JSON, YAML (safe) and model folders, which hold no pickle.
It is written file by file: no more than one document, or the rows of one dataset version, is held at once.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

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
    TableSpec,
)
from docplatform.ledger.ledger import Ledger
from docplatform.registry.base import CHALLENGER, CHAMPION, ModelRegistry
from docplatform.storage.base import BlobStore
from docplatform.training.annotations import LabelSource

FORMAT = 1
CHUNK = 2**20
"""Bytes of a file that are held at once."""
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
    target: Path,
    *,
    projects: ProjectStore,
    lake: Lake,
    registry: ModelRegistry,
    ledger: Ledger,
    blob_store: BlobStore,
    with_documents: bool = False,
) -> BundleContents:
    """Write the bundle of a project to the file ``target``, replacing what is there once it is whole.

    Raises:
        KeyError: no such project.
    """
    project = projects.get(name)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")  # half a backup would be taken for one
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            writer = _Writer(archive)
            writer.add(PROJECT, projects.source(name))
            writer.add(f"{LABELS}/{project.labels.rsplit('/', 1)[-1]}", projects.label_file(project))
            rows = {spec.name: _add_table(writer, lake, spec, name) for spec in BUNDLED_TABLES}
            versions = tuple(_add_models(writer, name, registry))
            writer.add(ALIASES, _json(_aliases(name, registry)))
            documents = _add_documents(writer, name, projects, ledger, blob_store) if with_documents else 0
            archive.writestr(MANIFEST, _json(_manifest(name, writer.hashes)))
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return BundleContents(project=name, versions=versions, rows=rows, documents=documents, bytes=target.stat().st_size)


@dataclass(frozen=True)
class _Writer:
    """Puts files into an archive and keeps their hashes."""

    archive: zipfile.ZipFile
    hashes: dict[str, str] = field(default_factory=dict)

    def add(self, path: str, data: bytes) -> None:
        self.archive.writestr(path, data)
        self.hashes[path] = hashlib.sha256(data).hexdigest()

    def add_file(self, path: str, source: Path) -> None:
        digest = hashlib.sha256()
        with source.open("rb") as stream, self.archive.open(path, "w", force_zip64=True) as entry:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
                entry.write(chunk)
        self.hashes[path] = digest.hexdigest()


def _add_table(writer: _Writer, lake: Lake, spec: TableSpec, project: str) -> int:
    """A table's rows of the project, datasets one version after the other; how many."""
    import pyarrow.parquet as pq

    from docplatform.lake.arrow import arrow_schema

    count = 0
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        with pq.ParquetWriter(file.name, arrow_schema(spec)) as parquet:
            for where in _parts(lake, spec, project):
                table = lake.read(spec, where=where)
                parquet.write_table(table)
                count += len(table)
        writer.add_file(f"tables/{spec.name}.parquet", Path(file.name))
    return count


def _parts(lake: Lake, spec: TableSpec, project: str) -> Iterator[dict[str, str]]:
    if spec is not LABELED_DATASET:  # the only one that holds texts
        yield {"project": project}
        return
    rows = lake.read(spec, where={"project": project}, columns=["dataset_version"])
    for version in sorted(set(rows.column(0).to_pylist())):
        yield {"project": project, "dataset_version": version}


def _add_models(writer: _Writer, name: str, registry: ModelRegistry) -> Iterator[int]:
    for version in registry.versions(name):
        about = {**asdict(version), "created_at": version.created_at.isoformat()}
        writer.add(f"models/{version.version}/version.json", _json(about))
        folder = registry.fetch(name, version.version)
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            writer.add_file(f"models/{version.version}/files/{path.relative_to(folder).as_posix()}", path)
        yield version.version


def _aliases(name: str, registry: ModelRegistry) -> dict[str, list[dict[str, Any]]]:
    return {
        alias: [
            {**asdict(change), "changed_at": change.changed_at.isoformat()}
            for change in registry.alias_history(name, alias)
        ]
        for alias in (CHAMPION, CHALLENGER)
    }


def _add_documents(writer: _Writer, name: str, projects: ProjectStore, ledger: Ledger, blob_store: BlobStore) -> int:
    """The labelled documents under names of our own, and ``documents.json`` with what label files call them."""
    found = LabelSource.load(projects.get(name), projects=projects, ledger=ledger).documents
    names = {f"documents/{number:06}": location for number, location in enumerate(sorted(found))}
    for path, location in names.items():
        writer.add(path, blob_store.get(found[location].blob_path))
    writer.add(DOCUMENTS, _json(names))
    return len(names)


def _manifest(name: str, hashes: Mapping[str, str]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "project": name,
        "docplatform": __version__,
        "created_at": datetime.now(UTC).isoformat(),
        "files": dict(sorted(hashes.items())),
    }


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode("utf-8", "surrogatepass")
