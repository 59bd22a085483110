"""Delta tables by deltalake: opening, creating, committing.

Belongs here: what every reader and writer of a table does, and deltalake's errors in our words. Doesn't: what is read
(``reading``) or written (``writing``). Imports deltalake: import it where it is used.
"""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from docplatform.errors import ConfigurationError, TransientError
from docplatform.lake.arrow import ARROW_TYPES, arrow_schema
from docplatform.lake.tables import TableSpec
from docplatform.storage.base import BlobStore

T = TypeVar("T")

COMMIT_SECONDS = 120.0
"""How long a commit is tried again while other writers get in before it."""
FIRST_BACKOFF_SECONDS = 0.02
LAST_BACKOFF_SECONDS = 1.0

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_REFUSALS = ("403 Forbidden", "401 Unauthorized", "Permission denied", "Unauthenticated")

_LOG_RETENTION = "interval 36500 days"
"""Old versions stay readable as long as a dataset is pinned to them, which the 30 days of the default cut off."""


@dataclass(frozen=True, slots=True)
class TableAddress:
    """A table's spec and its path in a blob store."""

    spec: TableSpec
    path: str
    blob_store: BlobStore

    def exists(self) -> bool:
        """Whether the table was ever written: asked of the blob store, which tells "nothing there" from "can't say"."""
        return next(iter(self.blob_store.list(f"{self.path}/_delta_log")), None) is not None


def open_table(address: TableAddress, version: int | None = None) -> DeltaTable | None:
    """The table as it stands, or stood at ``version``; None where it was never written.

    Raises:
        ConfigurationError: the version doesn't exist, or its files were vacuumed.
        TransientError: the table can't be opened now.
    """
    location = address.blob_store.table_location(address.path)
    try:
        return DeltaTable(location.uri, version=version, storage_options=dict(location.storage_options))
    except TableNotFoundError as error:
        if not address.exists():
            return None
        raise TransientError(f"The table {address.spec.name} is there but can't be opened: {error}") from error
    except OSError as error:
        raise store_error(f"The table {address.spec.name} can't be opened", error) from error
    except DeltaError as error:
        if version is not None:
            raise ConfigurationError(f"Version {version} of {address.spec.name} can't be opened: {error}") from error
        raise store_error(f"The table {address.spec.name} can't be opened", error) from error


class OpenTables:
    """Tables as they stand now, kept open: catching up costs 2 ms where opening anew costs 18 (50 commits in the log).

    One object serves many threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._opened: dict[str, tuple[Mapping[str, str], DeltaTable]] = {}

    def current(self, address: TableAddress) -> DeltaTable | None:
        """As ``open_table`` without a version."""
        options = address.blob_store.table_location(address.path).storage_options
        with self._lock:
            kept = self._opened.pop(address.path, None)
            table = kept[1] if kept is not None and kept[0] == options and _catch_up(address, kept[1]) else None
            table = table or open_table(address)
            if table is not None:
                self._opened[address.path] = (options, table)
            return table


def _catch_up(address: TableAddress, table: DeltaTable) -> bool:
    """Take in newer commits. False where the table must be opened anew, as after a reset of the home."""
    if not address.blob_store.exists(f"{address.path}/_delta_log/{table.version():020}.json"):
        return False
    try:
        table.update_incremental()
    except (OSError, DeltaError):
        return False  # opening it anew succeeds, or tells what is wrong
    return True


def create_table(address: TableAddress) -> DeltaTable:
    """The table, made where it doesn't exist; of several that make it at once all get the same one."""
    existing = open_table(address)
    if existing is not None:
        return existing
    location = address.blob_store.table_location(address.path)

    def create() -> DeltaTable:
        return DeltaTable.create(
            location.uri,
            arrow_schema(address.spec),
            mode="ignore",
            partition_by=list(address.spec.partition_by),
            name=address.spec.name,
            description=address.spec.description,
            configuration={
                "delta.logRetentionDuration": _LOG_RETENTION,
                # else the log holds the beginnings of texts, for ever
                "delta.dataSkippingStatsColumns": next(
                    name for name in address.spec.key if name not in address.spec.partition_by
                ),
            },
            storage_options=dict(location.storage_options),
        )

    return committed(address.spec.name, create)


def commit_properties(run_id: str) -> CommitProperties:
    """Who commits, and how often deltalake itself tries where nothing conflicts but the version number."""
    return CommitProperties(custom_metadata={"run_id": run_id}, max_commit_retries=100)


def committed(table: str, commit: Callable[[], T], *, sleep: Callable[[float], None] = time.sleep) -> T:
    """Run ``commit`` until no other writer comes between; it must open the table anew each time.

    Raises:
        TransientError: other writers came between for ``COMMIT_SECONDS``, or the store failed.
    """
    deadline = time.monotonic() + COMMIT_SECONDS
    backoff = FIRST_BACKOFF_SECONDS
    while True:
        try:
            return commit()
        except CommitFailedError as error:
            if time.monotonic() > deadline:
                raise TransientError(
                    f"Other writers kept changing {table} for {COMMIT_SECONDS:g} s: {error}"
                ) from error
        except (OSError, DeltaError) as error:
            raise store_error(f"The commit to {table} failed", error) from error
        sleep(random.uniform(0, backoff))  # noqa: S311 - jitter, so that two writers don't meet again
        backoff = min(2 * backoff, LAST_BACKOFF_SECONDS)


def store_error(what: str, error: Exception) -> TransientError | ConfigurationError:
    """Our error for one of deltalake's: refused credentials need a person, all else may pass."""
    words = _COLOURS.sub("", str(error))
    if any(refusal in words for refusal in _REFUSALS):
        return ConfigurationError(f"{what}: access refused. Check the storage credentials. {words}")
    return TransientError(f"{what}: {words}")


def schema_differences(spec: TableSpec, table: DeltaTable) -> list[str]:
    """Where a stored table's columns, types or layout differ from its contract; empty where they agree.

    A nullable column may be missing from a table of before it was declared: it reads as null, and the next write adds
    it.
    """
    stored = {field.name: field.type for field in pa.schema(table.schema().to_arrow())}
    problems = [
        f"{column.name} is {stored[column.name]}, should be {ARROW_TYPES[column.type]}"
        for column in spec.columns
        if column.name in stored and stored[column.name] != ARROW_TYPES[column.type]
    ]
    problems += [f"{c.name} is missing" for c in spec.columns if c.name not in stored and not c.nullable]
    problems += [f"{name} is not in the contract" for name in stored if name not in {c.name for c in spec.columns}]
    layout = tuple(table.metadata().partition_columns)
    if layout != spec.partition_by:
        problems.append(f"it is laid out by {layout}, should be {spec.partition_by}")
    return problems
