"""Reading a bundle back. It may come from anywhere, so everything is held against the manifest before anything is used.

Refused are: a file outside the manifest or not what it says, names that lead elsewhere (``..``, absolute, backslashes),
links, encrypted or oversized entries, model files that are pickles or of an engine that the project's trainer doesn't
load, and rows that don't fit their table.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import yaml
from pydantic import ValidationError

from docplatform.errors import ConfigurationError, PermanentError, ReasonCode
from docplatform.labels.projects import ModelProject, ProjectStore
from docplatform.labels.stored import parse_labels
from docplatform.lake.lake import Lake
from docplatform.models.factory import trainer_for
from docplatform.registry.base import NO_VERSION, AliasAction, ModelRegistry, ServingMode, checksum
from docplatform.training.bundles import ALIASES, BUNDLED_TABLES, DOCUMENTS, FORMAT, LABELS, MANIFEST, PROJECT

MAX_BYTES = 8 * 1024**3
"""Most bytes that a bundle may unpack to."""
MAX_ENTRIES = 200_000
_PICKLE = re.compile(rb"\A\x80[\x02-\x05]")
_PICKLE_NAMES = (".pkl", ".pickle", ".joblib", ".pt", ".pth", ".bin.index.pkl")


@dataclass(frozen=True)
class Bundle:
    """A bundle whose files are what its manifest says."""

    name: str
    files: Mapping[str, bytes]
    project: ModelProject
    versions: Mapping[int, dict[str, Any]]
    """Number in the bundle to what it says of the version."""

    def model_files(self, version: int) -> dict[str, bytes]:
        """A version's files by path."""
        root = f"models/{version}/files/"
        return {path.removeprefix(root): data for path, data in self.files.items() if path.startswith(root)}

    @property
    def label_file(self) -> bytes:
        """The label file."""
        return next(data for path, data in self.files.items() if path.startswith(f"{LABELS}/"))

    @property
    def documents(self) -> dict[str, bytes]:
        """Location, as the label file says it, to bytes."""
        names = json.loads(self.files.get(DOCUMENTS, b"{}"))
        return {location: self.files[path] for path, location in names.items() if path in self.files}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedBundle:
    """What an import made."""

    project: str
    versions: Mapping[int, int]
    """Number in the bundle to number here."""
    rows: Mapping[str, int] = field(default_factory=dict)


def read_bundle(data: bytes) -> Bundle:
    """Open a bundle and check everything in it that can be checked without using it.

    Raises:
        PermanentError: (CORRUPT) it isn't a bundle, or isn't what its manifest says; the message says what is wrong.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files = _checked_files(archive)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise _refused(f"it can't be unzipped ({error})") from error
    manifest = _parsed(files.pop(MANIFEST, b""), MANIFEST)
    if manifest.get("format") != FORMAT:
        raise _refused(f"its format is {manifest.get('format')!r}, this docplatform reads {FORMAT}")
    _check_manifest(files, manifest.get("files") or {})
    project = _project(files, str(manifest.get("project")))
    versions = {
        int(path.split("/")[1]): _parsed(content, path)
        for path, content in files.items()
        if re.fullmatch(r"models/[1-9]\d{0,8}/version\.json", path)
    }
    bundle = Bundle(project.name, files, project, dict(sorted(versions.items())))
    for number in bundle.versions:
        _check_model(bundle, number)
    return bundle


def import_bundle(
    bundle: Bundle, *, projects: ProjectStore, lake: Lake, registry: ModelRegistry, run_id: str
) -> ImportedBundle:
    """Make the bundle's project here, with its datasets, models, scores and aliases.

    Versions keep their numbers in a registry that has none of this project; a version with a gap before it moves up.

    Raises:
        ConfigurationError: there is a project or a model of this name here already.
    """
    if bundle.name in projects.names() or registry.versions(bundle.name):
        raise ConfigurationError(
            f"There is a project {bundle.name} here already: remove projects/{bundle.name}.yaml and its models first."
        )
    tables = {spec.name: _table(bundle, spec.name) for spec in BUNDLED_TABLES}
    numbers = {number: _register(bundle, number, registry) for number in bundle.versions}
    for spec in BUNDLED_TABLES:
        table = tables[spec.name]
        if table is not None and len(table):
            rows = [_renumbered(row, numbers) for row in table.to_pylist()]
            lake.replace(spec, rows, where={"project": bundle.name}, run_id=run_id)
    _point_aliases(bundle, numbers, registry, run_id)
    projects.save(bundle.project, bundle.label_file)
    counts = {name: 0 if table is None else len(table) for name, table in tables.items()}
    return ImportedBundle(project=bundle.name, versions=numbers, rows=counts)


def _checked_files(archive: zipfile.ZipFile) -> dict[str, bytes]:
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_BYTES:
        raise _refused(f"it holds more than {MAX_ENTRIES} files or {MAX_BYTES // 1024**3} GiB")
    files: dict[str, bytes] = {}
    for entry in entries:
        if entry.flag_bits & 1 or stat.S_ISLNK(entry.external_attr >> 16) or entry.is_dir():
            raise _refused(f"{entry.filename!r} is a link, a folder or encrypted")
        if not _is_safe(entry.filename) or entry.filename in files:
            raise _refused(f"{entry.filename!r} leads elsewhere or stands there twice")
        files[entry.filename] = archive.read(entry)
    return files


def _is_safe(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return (
        bool(parts)
        and not name.startswith("/")
        and not {"..", "."} & set(name.split("/"))
        and "" not in name.split("/")
        and not re.search(r"[\\:\x00-\x1f]", name)
    )


def _check_manifest(files: Mapping[str, bytes], declared: Mapping[str, str]) -> None:
    if files.keys() != declared.keys():
        odd = sorted(files.keys() ^ declared.keys())
        raise _refused(f"its manifest doesn't speak of the same files: {', '.join(odd[:3])}")
    for path, data in files.items():
        if hashlib.sha256(data).hexdigest() != declared[path]:
            raise _refused(f"{path} isn't what the manifest says")


def _check_model(bundle: Bundle, number: int) -> None:
    """Checksum, no pickles, and an engine that the project's trainer loads."""
    files, about = bundle.model_files(number), bundle.versions[number]
    if checksum(files) != about.get("checksum"):
        raise _refused(f"the files of model {number} aren't those that were registered")
    for path, data in files.items():
        if path.lower().endswith(_PICKLE_NAMES) or _PICKLE.match(data):
            raise _refused(f"model {number} holds a pickle ({path}), which would run code when loaded")
    with tempfile.TemporaryDirectory(prefix="docplatform-bundle-") as folder:
        for path, data in files.items():
            target = Path(folder) / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        trainer_for(bundle.project).load(Path(folder))


def _project(files: Mapping[str, bytes], name: str) -> ModelProject:
    labels = [path for path in files if path.startswith(f"{LABELS}/")]
    if PROJECT not in files or len(labels) != 1:
        raise _refused(f"it must hold {PROJECT} and one label file")
    try:
        values = yaml.safe_load(files[PROJECT])
        project = ModelProject.model_validate({**values, "name": name})
    except (yaml.YAMLError, TypeError, ValidationError) as error:
        raise _refused(f"{PROJECT} is no project: {error}") from error
    if not _is_safe(project.labels):
        raise _refused(f"{PROJECT} names a label file that leads elsewhere: {project.labels!r}")
    parse_labels(files[labels[0]])
    return project


def _register(bundle: Bundle, number: int, registry: ModelRegistry) -> int:
    about = bundle.versions[number]
    with tempfile.TemporaryDirectory(prefix="docplatform-bundle-") as folder:
        for path, data in bundle.model_files(number).items():
            target = Path(folder) / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        version = registry.register(
            project=bundle.name,
            folder=Path(folder),
            kind=about["kind"],
            labels=about["labels"],
            dataset_version=about["dataset_version"],
            trainer_fingerprint=about["trainer_fingerprint"],
            run_id=about["run_id"],
            lineage={**about.get("lineage", {}), "trained_at": about["created_at"]},
        )
    registry.record_metrics(bundle.name, version.version, about.get("metrics", {}))
    if about.get("thresholds"):
        registry.record_thresholds(bundle.name, version.version, about["thresholds"])
    if about.get("stale"):
        registry.mark_stale(bundle.name, version.version, about["stale"])
    return version.version


def _table(bundle: Bundle, name: str) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    data = bundle.files.get(f"tables/{name}.parquet")
    if data is None:
        return None
    try:
        table = pq.read_table(io.BytesIO(data))
    except pa.ArrowInvalid as error:
        raise _refused(f"tables/{name}.parquet can't be read: {error}") from error
    if set(table.column("project").to_pylist()) - {bundle.name}:
        raise _refused(f"tables/{name}.parquet holds rows of another project")
    return table


def _renumbered(row: dict[str, Any], numbers: Mapping[int, int]) -> dict[str, Any]:
    """Versions by their numbers here."""
    named = ("model_version", "candidate_version", "champion_version", "former_version")
    return {name: numbers.get(value, value) if name in named else value for name, value in row.items()}


def _point_aliases(bundle: Bundle, numbers: Mapping[int, int], registry: ModelRegistry, run_id: str) -> None:
    for alias, history in _parsed(bundle.files.get(ALIASES, b"{}"), ALIASES).items():
        for change in history:
            number = change["version"]
            if number != NO_VERSION and number not in numbers:
                continue
            registry.set_alias(
                bundle.name,
                alias,
                numbers.get(number, NO_VERSION),
                reason=f"{change['reason']} (imported; changed {change['changed_at']})",
                run_id=run_id,
                action=AliasAction(change.get("action", AliasAction.GATE)),
                is_pinned=bool(change.get("is_pinned")),
                mode=ServingMode(change["mode"]) if change.get("mode") else None,
                share=float(change.get("share") or 0),
            )


def _parsed(data: bytes, path: str) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except ValueError as error:
        raise _refused(f"{path} is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise _refused(f"{path} must hold an object")
    return value


def _refused(what: str) -> PermanentError:
    return PermanentError(f"The bundle is refused: {what}.", reason=ReasonCode.CORRUPT)
