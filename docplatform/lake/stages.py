"""What the incremental mechanism asks of a stage, and what it tells about a pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from docplatform.errors import ReasonCode
from docplatform.lake.tables import TableSpec

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A stage's output for one upstream row: every column of its table but the mechanism's own.

    The mechanism fills ``document_id``, ``lake_partition``, the scope's columns, ``input_hash``, ``fingerprint``,
    ``run_id`` and ``processed_at``.
    """

    document_id: str
    values: Mapping[str, Any]
    counts: Mapping[str, int] = field(default_factory=dict)
    """What making it took, by name (pages, say): added up in the pass's report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A stage could not process one upstream row."""

    document_id: str
    reason: ReasonCode
    message: str
    is_transient: bool = False
    """True: not quarantined, tried again by the run's retry."""


class Stage(Protocol):
    """One step of the way of the data, from upstream rows to rows of its own table."""

    @property
    def table(self) -> TableSpec:
        """The table it fills."""
        ...

    @property
    def fingerprint(self) -> str:
        """Engine, version and options that can change a row."""
        ...

    @property
    def scope(self) -> Mapping[str, str]:
        """Further key columns with this stage's values (``{"project": name}`` for predictions), else empty."""
        ...

    def upstream(self, lake_partition: str) -> Iterable[Row]:
        """The rows it is made from. Each has ``document_id``, ``input_hash`` and ``name``; small columns only."""
        ...

    def process(self, rows: Iterator[Row]) -> Iterator[Made | Failed]:
        """Process pending rows, in any order, exactly one outcome for each; consumes ``rows`` lazily."""
        ...


@dataclass(slots=True)
class StageReport:
    """What one pass of a stage did in one lake partition. ``upstream == current + made + quarantined + waiting``."""

    lake_partition: str
    upstream: int = 0
    """Upstream rows of the partition."""
    current: int = 0
    """Rows that were up to date before."""
    made: int = 0
    """Rows made in this pass."""
    quarantined: int = 0
    """Rows in quarantine after this pass (open or dismissed), newly or still."""
    failed: int = 0
    """Of those, the ones that failed in this pass."""
    removed: int = 0
    """Rows removed in this pass: upstream no longer names their documents."""
    waiting: int = 0
    """Rows left pending: not asked for (``document_ids``), or failed transiently."""
    seconds: float = 0.0
    """Wall-clock seconds this partition's rows took in the stage, commits included."""
    version: int | None = None
    """Version of the table after the last commit, None if nothing was committed."""
    reasons: dict[str, int] = field(default_factory=dict)
    """Reason code to number of rows quarantined."""
    counts: Counter[str] = field(default_factory=Counter)
    """The sum of ``Made.counts`` over the rows made in this pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageProgress:
    """How far a pass of a stage has come."""

    done: int
    """Rows made or failed."""
    total: int
    """Rows there were to do."""
    counts: Mapping[str, int]
    """The sum of ``Made.counts`` so far."""
    seconds: float
    """Wall-clock seconds since it began."""
