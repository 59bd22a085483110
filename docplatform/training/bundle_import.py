"""Making a project of a bundle that was opened (``bundle_reading``), and landing its documents.

Refused are, besides what opening refuses, rows that don't fit their table or are of another project.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from docplatform.errors import ConfigurationError
from docplatform.labels.projects import ProjectStore
from docplatform.lake.lake import Lake
from docplatform.lake.tables import LABELED_DATASET, TableSpec
from docplatform.registry.base import NO_VERSION, AliasAction, ModelRegistry, ServingMode
from docplatform.training.bundle_reading import Bundle, refused
from docplatform.training.bundles import ALIASES, BUNDLED_TABLES, CHUNK

if TYPE_CHECKING:
    import pyarrow as pa

_VERSION_COLUMNS = ("model_version", "candidate_version", "champion_version", "former_version")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedBundle:
    """What an import made."""

    project: str
    versions: Mapping[int, int]
    """Number in the bundle to number here."""
    rows: Mapping[str, int] = field(default_factory=dict)


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
    counts = _check_tables(bundle)
    numbers = {number: _register(bundle, number, registry) for number in bundle.versions}
    for spec in BUNDLED_TABLES:
        _write_rows(bundle, spec, numbers, lake, run_id)
    _point_aliases(bundle, numbers, registry, run_id)
    projects.save(bundle.project, bundle.label_file)
    return ImportedBundle(project=bundle.name, versions=numbers, rows=counts)


def land_documents(bundle: Bundle, folder: Path) -> int:
    """Put the bundle's documents into a landing folder under the names the label file means; how many.

    Raises:
        ConfigurationError: a name leads out of the folder; nothing is landed then.
    """
    root = folder.resolve()
    targets = {(root / location).resolve(): path for location, path in bundle.documents.items()}
    for target in targets:
        if not target.is_relative_to(root) or target == root:
            raise ConfigurationError(f"A document's name leads out of the landing folder: {str(target)!r}")
    for target, path in targets.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(target.name + ".part")  # ingestion leaves it alone until it is whole
        with bundle.open(path) as source, part.open("wb") as file:
            shutil.copyfileobj(source, file, CHUNK)
        part.rename(target)
    return len(targets)


def _register(bundle: Bundle, number: int, registry: ModelRegistry) -> int:
    about = bundle.versions[number]
    with bundle.model_folder(number) as folder:
        version = registry.register(
            project=bundle.name,
            folder=folder,
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


def _check_tables(bundle: Bundle) -> dict[str, int]:
    """Table to its rows; all of them belong to the project."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    counts = {}
    for spec in BUNDLED_TABLES:
        with _table_file(bundle, spec) as file:
            if file is None:
                continue
            try:
                owners = pc.unique(pq.read_table(file, columns=["project"]).column("project")).to_pylist()
                counts[spec.name] = pq.read_metadata(file).num_rows
            except (pa.ArrowException, KeyError) as error:
                raise refused(f"tables/{spec.name}.parquet can't be read: {error}") from error
        if set(owners) - {bundle.name}:
            raise refused(f"tables/{spec.name}.parquet holds rows of another project")
    return counts


@contextmanager
def _table_file(bundle: Bundle, spec: TableSpec) -> Iterator[Path | None]:
    """A table's rows as a file of their own; None where the bundle has none."""
    path = f"tables/{spec.name}.parquet"
    if path not in bundle.files:
        yield None
        return
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        with bundle.open(path) as source:
            shutil.copyfileobj(source, file, CHUNK)
        file.flush()
        yield Path(file.name)


def _write_rows(bundle: Bundle, spec: TableSpec, numbers: Mapping[int, int], lake: Lake, run_id: str) -> None:
    """A table's rows, datasets one version after the other."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    with _table_file(bundle, spec) as file:
        if file is None:
            return
        parts = [{"project": bundle.name}]
        if spec is LABELED_DATASET:  # the only one that holds texts
            found = pc.unique(pq.read_table(file, columns=["dataset_version"]).column("dataset_version"))
            parts = [{"project": bundle.name, "dataset_version": version} for version in found.to_pylist()]
        for where in parts:
            table = pq.read_table(file, filters=[(name, "=", value) for name, value in where.items()])
            if len(table):
                lake.replace(spec, _renumbered(table, numbers), where=where, run_id=run_id)


def _renumbered(table: pa.Table, numbers: Mapping[int, int]) -> pa.Table:
    """Versions by their numbers here."""
    import pyarrow as pa

    for name in set(_VERSION_COLUMNS) & set(table.column_names):
        here = [numbers.get(number, number) for number in table.column(name).to_pylist()]
        index = table.column_names.index(name)
        table = table.set_column(index, table.schema.field(index), pa.array(here, table.schema.field(index).type))
    return table


def _point_aliases(bundle: Bundle, numbers: Mapping[int, int], registry: ModelRegistry, run_id: str) -> None:
    for alias, history in bundle.read_json(ALIASES).items():
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
