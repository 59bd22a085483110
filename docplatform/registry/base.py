"""The ``ModelRegistry`` port."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

CHAMPION = "champion"
"""The alias of the version that serves."""
CHALLENGER = "challenger"
"""The alias of a version that is tried beside the champion (``ServingMode``)."""
NO_VERSION = 0
"""What a withdrawn alias points at."""


class AliasAction(StrEnum):
    """Why an alias was changed."""

    GATE = "gate"
    """By the gate."""
    PROMOTE = "promote"
    """By hand; so are the others."""
    ROLL_BACK = "rollback"
    PIN = "pin"
    UNPIN = "unpin"
    CHALLENGE = "challenge"
    WITHDRAW = "withdraw"


class ServingMode(StrEnum):
    """What serving does with a challenger."""

    SHADOW = "shadow"
    """It answers too, and its answers are only recorded."""
    SPLIT = "split"
    """It answers ``share`` of the requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVersion:
    """One trained model of a project. Immutable, but for ``metrics``, ``thresholds`` and ``stale``."""

    project: str
    version: int
    """1, 2, 3, … within the project."""
    kind: str
    labels: tuple[str, ...]
    dataset_version: str
    trainer_fingerprint: str
    created_at: datetime
    run_id: str
    checksum: str
    """sha256 over the names and bytes of the model's files, in name order."""
    metrics: Mapping[str, Any] = field(default_factory=dict)
    """The evaluation as JSON, empty until the version is evaluated."""
    lineage: Mapping[str, str] = field(default_factory=dict)
    """What else it was made from: ``label_set`` (hash of the label file), ``source_version``, ``code_version``."""
    thresholds: Mapping[str, float] = field(default_factory=dict)
    """Label to the confidence from which on it may stand unreviewed; ``*``: every other label. Empty: not asked for."""
    stale: str = ""
    """Why the model must be trained anew (it saw a document that is to be forgotten); empty: it needn't."""

    @property
    def model_id(self) -> str:
        """``<project>:<version>``, the ``modelId`` that stands in results."""
        return f"{self.project}:{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasChange:
    """One pointing of an alias to a version, and why."""

    alias: str
    version: int
    reason: str
    changed_at: datetime
    run_id: str
    action: AliasAction = AliasAction.GATE
    is_pinned: bool = False
    """Whether the gate must leave the alias where it is."""
    mode: ServingMode | None = None
    """Challengers: what serving does with it."""
    share: float = 0.0
    """Challengers in ``SPLIT``: share of requests, in (0, 1)."""

    @property
    def is_withdrawn(self) -> bool:
        """Whether the alias points nowhere since."""
        return self.version == NO_VERSION


class ModelRegistry(Protocol):
    """Keeps model versions. Raises ``KeyError`` for a project, version or alias that doesn't exist."""

    def register(
        self,
        *,
        project: str,
        folder: Path,
        kind: str,
        labels: Sequence[str],
        dataset_version: str,
        trainer_fingerprint: str,
        run_id: str,
        lineage: Mapping[str, str] = MappingProxyType({}),
    ) -> ModelVersion:
        """Store the files in ``folder`` as the project's next version. Two at once get two versions."""
        ...

    def record_metrics(self, project: str, version: int, metrics: Mapping[str, Any]) -> ModelVersion:
        """Replace a version's metrics."""
        ...

    def record_thresholds(self, project: str, version: int, thresholds: Mapping[str, float]) -> ModelVersion:
        """Replace a version's review thresholds."""
        ...

    def mark_stale(self, project: str, version: int, reason: str) -> ModelVersion:
        """Say why a version must be trained anew."""
        ...

    def projects(self) -> list[str]:
        """Every project that has a version, sorted."""
        ...

    def versions(self, project: str) -> list[ModelVersion]:
        """Every version of a project, oldest first; none: an empty list."""
        ...

    def version(self, project: str, version: int) -> ModelVersion:
        """One version."""
        ...

    def fetch(self, project: str, version: int) -> Path:
        """A local folder with the version's files, checked against its checksum.

        Raises:
            PermanentError: (CORRUPT) where the files aren't what was registered.
        """
        ...

    def set_alias(
        self,
        project: str,
        alias: str,
        version: int,
        *,
        reason: str,
        run_id: str,
        action: AliasAction = AliasAction.GATE,
        is_pinned: bool = False,
        mode: ServingMode | None = None,
        share: float = 0.0,
    ) -> AliasChange:
        """Point ``alias`` at a version (``NO_VERSION``: nowhere). The change is kept in the alias's history."""
        ...

    def aliased(self, project: str, alias: str) -> ModelVersion | None:
        """The version an alias points at, None where it points nowhere."""
        ...

    def alias_state(self, project: str, alias: str) -> AliasChange | None:
        """The last change of an alias, None where there was none."""
        ...

    def alias_history(self, project: str, alias: str) -> list[AliasChange]:
        """Every change of an alias, oldest first."""
        ...


def checksum(files: Mapping[str, bytes]) -> str:
    """SHA-256 over names and bytes of files, in name order, each with its length, so that none runs into another."""
    digest = hashlib.sha256()
    for name, data in sorted(files.items()):
        digest.update(f"{len(name.encode())}:{name}:{len(data)}:".encode())
        digest.update(data)
    return digest.hexdigest()


def files_below(folder: Path) -> dict[str, bytes]:
    """Every file in a folder and its sub-folders: path below it, with ``/``, to bytes."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
