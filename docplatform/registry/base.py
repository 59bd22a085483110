"""The ``ModelRegistry`` port."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

CHAMPION = "champion"
"""The alias of the version that serves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVersion:
    """One trained model of a project. Immutable, but for what is said about it in ``metrics``."""

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
    ) -> ModelVersion:
        """Store the files in ``folder`` as the project's next version. Two at once get two versions."""
        ...

    def record_metrics(self, project: str, version: int, metrics: Mapping[str, Any]) -> ModelVersion:
        """Replace a version's metrics."""
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

    def set_alias(self, project: str, alias: str, version: int, *, reason: str, run_id: str) -> AliasChange:
        """Point ``alias`` at a version. The change is kept in the alias's history."""
        ...

    def aliased(self, project: str, alias: str) -> ModelVersion | None:
        """The version an alias points at, None where it points nowhere."""
        ...

    def alias_history(self, project: str, alias: str) -> list[AliasChange]:
        """Every change of an alias, oldest first."""
        ...
