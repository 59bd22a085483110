"""Erasing rows from a Delta table so that no file of it holds them, whatever version it belongs to.

Belongs here: rows of the present version, and files of former ones. Doesn't: which rows.

A former version that held them can't be read any more in that part of the table, also where a dataset is pinned to it
(datasets hold their texts themselves). All other versions and parts stay as they are.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

import pyarrow.compute as pc
import pyarrow.parquet as pq

from docplatform.lake.arrow import arrow_schema
from docplatform.lake.delta import TableAddress, create_table
from docplatform.lake.writing import replace
from docplatform.storage.base import BlobInfo

_UNFINISHED = timedelta(days=1)
"""A file that the log doesn't know may be of a commit under way, but none takes so long."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased of a table."""

    rows: int
    """Of its present version."""
    files: int
    """Files of former versions, deleted whole."""


def erase(address: TableAddress, document_id: str, lake_partition: str | None, run_id: str) -> Erased:
    """Delete a document's rows, and every file of former versions that holds one. Doing it again changes nothing.

    Args:
        address: A table with a column ``document_id``.
        document_id: Whose rows.
        lake_partition: Where they lie, in a table laid out so; None: look everywhere.
        run_id: Who commits.

    Raises:
        TransientError: the store failed, or other writers kept coming between.
    """
    where = {"document_id": document_id}
    if lake_partition is not None and "lake_partition" in address.spec.partition_by:
        where["lake_partition"] = lake_partition
    table = create_table(address)
    condition = " AND ".join(f"{name} = '{value}'" for name, value in where.items())
    rows = sum(batch.num_rows for batch in table.scan(columns=["document_id"], predicate=condition))
    if rows:
        replace(address, arrow_schema(address.spec).empty_table(), where, run_id)
    held = [info.path for info in _former_files(address, where) if _holds(address, info, document_id)]
    address.blob_store.delete(held)
    return Erased(rows, len(held))


def _former_files(address: TableAddress, where: Mapping[str, str]) -> Iterator[BlobInfo]:
    """Files that the present version doesn't need and no commit under way can be writing."""
    present = {_relative(address, unquote(uri)) for uri in create_table(address).file_uris()}
    removed = set(_removed_files(address))
    oldest = datetime.now(UTC) - _UNFINISHED
    for info in address.blob_store.list(address.path):
        name = _relative(address, info.path)
        if not name.endswith(".parquet") or name.startswith("_delta_log/") or not _is_below(name, where):
            continue
        if unquote(name) not in present and (unquote(name) in removed or info.last_modified < oldest):
            yield info


def _removed_files(address: TableAddress) -> Iterator[str]:
    """What the log says that some commit took out of the table."""
    for info in address.blob_store.list(f"{address.path}/_delta_log"):
        if not info.path.endswith(".json"):
            continue
        for line in address.blob_store.get(info.path).splitlines():
            if line.startswith(b'{"remove"'):
                yield unquote(unquote(json.loads(line)["remove"]["path"]))


def _relative(address: TableAddress, path: str) -> str:
    return path.rpartition(f"{address.path}/")[2]


def _is_below(name: str, where: Mapping[str, str]) -> bool:
    folder = unquote(unquote(name))
    key = where.get("lake_partition")
    return key is None or folder.startswith(f"lake_partition={key}/")


def _holds(address: TableAddress, info: BlobInfo, document_id: str) -> bool:
    ids = pq.read_table(io.BytesIO(address.blob_store.get(info.path)), columns=["document_id"]).column(0)
    return bool(pc.any(pc.equal(ids, document_id)).as_py())
