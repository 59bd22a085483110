"""What a stage has still to do: the one definition of "pending".

Belongs here: comparing upstream rows with a stage's table and its quarantine. Doesn't: processing (``incremental``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from docplatform.errors import DocPlatformError
from docplatform.lake.lake import Lake
from docplatform.lake.quarantine import EntryState, QuarantineEntry, find_entries
from docplatform.lake.stages import Row, Stage

_STATE_COLUMNS = ("lake_partition", "document_id", "input_hash", "fingerprint")


class StageContractError(DocPlatformError):
    """A stage doesn't keep its promises: a bug in the stage, not in a document. Says which promise and which row."""


class Standing(Enum):
    """Where an upstream row stands before a pass."""

    CURRENT = "current"
    PENDING = "pending"
    QUARANTINED = "quarantined"
    WAITING = "waiting"
    """Pending, but not asked for."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A stage's upstream rows of some lake partitions, and where each stands."""

    upstream: Mapping[str, Sequence[Row]]
    """By lake partition."""
    standing: Mapping[str, Standing]
    """By document id."""
    entries: Mapping[str, QuarantineEntry]
    """The stage's quarantine entries of these partitions in any state, by document id."""
    stale: Mapping[str, Sequence[str]]
    """By lake partition: documents that the stage's table holds and upstream doesn't name any more, for a stage with a
    scope. What a project says of a document goes once the project doesn't apply to it: its class changed, say. A
    table without a scope holds every document there is."""


def scope_key(stage: Stage) -> str:
    """The stage's scope as the quarantine's ``scope`` column has it: the project's name, or empty."""
    return "/".join(stage.scope.values())


def plan(lake: Lake, stage: Stage, lake_partitions: Sequence[str], document_ids: Collection[str] = ()) -> Plan:
    """Tell where every upstream row of the partitions stands. With ``document_ids``, those are pending and no others.

    A row is current where the stage's table holds one made from the same input with the same fingerprint;
    quarantined where an open or dismissed entry was; pending else, and where its entry is ``replaying``. Rows that the
    table holds of documents upstream no longer names are stale.
    The stage's table and the quarantine are read once for all partitions, keys and hashes only.

    Raises:
        StageContractError: upstream names a document twice.
    """
    entries = _entries(lake, stage, lake_partitions)
    made = _made(lake, stage, lake_partitions)
    stamps = {document_id: stamp for of_key in made.values() for document_id, stamp in of_key.items()}
    upstream = {key: list(stage.upstream(key)) for key in lake_partitions}
    _check_unique(stage, upstream)
    asked = set(document_ids)
    standing = {
        row["document_id"]: _standing(row, stage.fingerprint, stamps, entries, asked)
        for rows in upstream.values()
        for row in rows
    }
    stale = {key: sorted(of_key.keys() - standing.keys()) if stage.scope else [] for key, of_key in made.items()}
    return Plan(upstream, standing, entries, stale)


def pending_counts(lake: Lake, stage: Stage, lake_partitions: Sequence[str]) -> dict[str, int]:
    """Pending rows by lake partition, zero included, and rows to be removed."""
    keys = list(dict.fromkeys(lake_partitions))
    planned = plan(lake, stage, keys)
    return {
        key: sum(planned.standing[row["document_id"]] is Standing.PENDING for row in planned.upstream[key])
        + len(planned.stale[key])
        for key in keys
    }


def _standing(
    row: Row,
    fingerprint: str,
    made: Mapping[str, tuple[str, str]],
    entries: Mapping[str, QuarantineEntry],
    asked: Collection[str],
) -> Standing:
    document_id, stamp = row["document_id"], (row["input_hash"], fingerprint)
    if document_id in asked:
        return Standing.PENDING
    entry = entries.get(document_id)
    if entry is not None and entry.is_settled and (entry.input_hash, entry.fingerprint) == stamp:
        return Standing.QUARANTINED
    is_replaying = entry is not None and entry.state is EntryState.REPLAYING
    if made.get(document_id) == stamp and not is_replaying:
        return Standing.CURRENT
    return Standing.WAITING if asked else Standing.PENDING


def _made(lake: Lake, stage: Stage, lake_partitions: Sequence[str]) -> dict[str, dict[str, tuple[str, str]]]:
    """By lake partition, input hash and fingerprint of each row the stage's table holds."""
    table = lake.read(stage.table, lake_partitions=lake_partitions, where=stage.scope, columns=_STATE_COLUMNS)
    keys, ids, inputs, fingerprints = (table.column(name).to_pylist() for name in _STATE_COLUMNS)
    made: dict[str, dict[str, tuple[str, str]]] = {key: {} for key in lake_partitions}
    for key, document_id, stamp in zip(keys, ids, zip(inputs, fingerprints, strict=True), strict=True):
        made[key][document_id] = stamp
    return made


def _entries(lake: Lake, stage: Stage, lake_partitions: Sequence[str]) -> dict[str, QuarantineEntry]:
    found = find_entries(lake, stage=stage.table.name, scope=scope_key(stage), lake_partitions=lake_partitions)
    return {entry.document_id: entry for entry in found}


def _check_unique(stage: Stage, upstream: Mapping[str, Sequence[Row]]) -> None:
    counts = Counter(row["document_id"] for rows in upstream.values() for row in rows)
    twice = [document_id for document_id, count in counts.items() if count > 1]
    if twice:
        raise StageContractError(
            f"Upstream of {stage.table.name} names {len(twice)} documents more than once, like {twice[0]}: "
            "each must be one row in one lake partition."
        )
