"""The registry over a blob store: versions as folders, aliases as histories that only grow.

``models/<project>/versions/<n>/files/…`` holds a version's files, ``…/<n>/version.json`` what it is; that is written
last, so a version is visible when it is whole, and a killed registration leaves no half one. Numbers are claimed by
``put_if_absent``, so two at once get two. An alias is the last entry of ``models/<project>/aliases/<alias>/<n>.json``.
"""

from __future__ import annotations

import errno
import json
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from docplatform.errors import PermanentError, ReasonCode
from docplatform.registry.base import (
    NO_VERSION,
    AliasAction,
    AliasChange,
    ModelVersion,
    ServingMode,
    checksum,
    files_below,
)
from docplatform.storage.base import BlobStore

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


class LocalModelRegistry:
    """The embedded registry, on whatever store the platform keeps its blobs in.

    ``cache_folder`` takes the local copies that ``fetch`` hands out.
    """

    def __init__(self, blob_store: BlobStore, cache_folder: Path, prefix: str = "models") -> None:
        self._blobs = blob_store
        self._cache = cache_folder
        self._prefix = prefix

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
        """Store the files in ``folder`` as the project's next version. Two at once get two versions.

        A run that registers the same files for the same dataset and trainer again gets the version it made before, so
        that a retried step makes no second one.
        """
        files = files_below(folder)
        if not files:
            raise ValueError(f"{folder} holds no files to register for {project}")
        made_from = (run_id, dataset_version, trainer_fingerprint, checksum(files))
        for earlier in self.versions(project):
            if made_from == (
                earlier.run_id,
                earlier.dataset_version,
                earlier.trainer_fingerprint,
                earlier.checksum,
            ):
                return earlier
        number = self._claim(f"{self._project_path(project)}/versions", "claim.json", run_id)
        version = ModelVersion(
            project=project,
            version=number,
            kind=kind,
            labels=tuple(labels),
            dataset_version=dataset_version,
            trainer_fingerprint=trainer_fingerprint,
            created_at=datetime.now(UTC),
            run_id=run_id,
            checksum=made_from[-1],
            lineage=dict(lineage),
        )
        paths = {name: f"{self._version_path(project, number)}/files/{name}" for name in files}
        for name, data in files.items():
            self._blobs.put(paths[name], data)
        self._blobs.make_durable(paths.values())
        self._write(version)
        return version

    def record_metrics(self, project: str, version: int, metrics: Mapping[str, Any]) -> ModelVersion:
        """Replace a version's metrics."""
        return self._amend(replace(self.version(project, version), metrics=dict(metrics)))

    def record_thresholds(self, project: str, version: int, thresholds: Mapping[str, float]) -> ModelVersion:
        """Replace a version's review thresholds."""
        return self._amend(replace(self.version(project, version), thresholds=dict(thresholds)))

    def mark_stale(self, project: str, version: int, reason: str) -> ModelVersion:
        """Say why a version must be trained anew."""
        return self._amend(replace(self.version(project, version), stale=reason))

    def projects(self) -> list[str]:
        """Every project that has a version, sorted."""
        paths = (info.path.removeprefix(f"{self._prefix}/") for info in self._blobs.list(self._prefix))
        return sorted({path.split("/")[0] for path in paths if path.endswith("/version.json")})

    def versions(self, project: str) -> list[ModelVersion]:
        """Every version of a project, oldest first; none: an empty list."""
        paths = (info.path for info in self._blobs.list(f"{self._project_path(project)}/versions"))
        found = [_version(self._blobs.get(path)) for path in paths if path.endswith("/version.json")]
        return sorted(found, key=lambda version: version.version)

    def version(self, project: str, version: int) -> ModelVersion:
        """One version. Raises ``KeyError``."""
        try:
            return _version(self._blobs.get(f"{self._version_path(project, version)}/version.json"))
        except FileNotFoundError:
            raise KeyError(f"{project}:{version}") from None

    def fetch(self, project: str, version: int) -> Path:
        """A local folder with the version's files, checked against its checksum. See the port."""
        wanted = self.version(project, version)
        target = self._cache / project / f"{version}-{wanted.checksum[:16]}"
        if target.is_dir() and checksum(files_below(target)) == wanted.checksum:
            return target
        root = f"{self._version_path(project, version)}/files/"
        files = {
            info.path.removeprefix(root): self._blobs.get(info.path) for info in self._blobs.list(root.rstrip("/"))
        }
        if checksum(files) != wanted.checksum:
            raise PermanentError(
                f"The files of {wanted.model_id} at {self._blobs.uri(root.rstrip('/'))} aren't what was registered: "
                "restore them from a backup, or train again and promote the new version.",
                reason=ReasonCode.CORRUPT,
            )
        self._fill_cache(target, files)
        return target

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
        if version != NO_VERSION:
            self.version(project, version)
        change = AliasChange(
            alias=alias,
            version=version,
            reason=reason,
            changed_at=datetime.now(UTC),
            run_id=run_id,
            action=action,
            is_pinned=is_pinned,
            mode=mode,
            share=share,
        )
        data = json.dumps({**asdict(change), "changed_at": change.changed_at.isoformat()}).encode()
        number = len(self.alias_history(project, alias)) + 1
        while not self._blobs.put_if_absent(path := f"{self._alias_path(project, alias)}/{number:08}.json", data):
            number += 1
        self._blobs.make_durable([path])
        return change

    def aliased(self, project: str, alias: str) -> ModelVersion | None:
        """The version an alias points at, None where it points nowhere."""
        last = self.alias_state(project, alias)
        return None if last is None or last.is_withdrawn else self.version(project, last.version)

    def alias_state(self, project: str, alias: str) -> AliasChange | None:
        """The last change of an alias, None where there was none."""
        last = max((info.path for info in self._blobs.list(self._alias_path(project, alias))), default=None)
        return None if last is None else _change(self._blobs.get(last))

    def alias_history(self, project: str, alias: str) -> list[AliasChange]:
        """Every change of an alias, oldest first."""
        paths = sorted(info.path for info in self._blobs.list(self._alias_path(project, alias)))
        return [_change(self._blobs.get(path)) for path in paths]

    def _claim(self, root: str, name: str, run_id: str) -> int:
        numbers = [int(info.path.removeprefix(f"{root}/").split("/")[0]) for info in self._blobs.list(root)]
        number = max(numbers, default=0) + 1
        while not self._blobs.put_if_absent(f"{root}/{number}/{name}", json.dumps({"run_id": run_id}).encode()):
            number += 1
        return number

    def _amend(self, version: ModelVersion) -> ModelVersion:
        self._write(version)
        return version

    def _write(self, version: ModelVersion) -> None:
        data = {**asdict(version), "created_at": version.created_at.isoformat()}
        path = f"{self._version_path(version.project, version.version)}/version.json"
        self._blobs.put(path, json.dumps(data, indent=1).encode())
        self._blobs.make_durable([path])

    def _fill_cache(self, target: Path, files: Mapping[str, bytes]) -> None:
        """Put a whole copy in place at once, so that another process never sees a part of it."""
        target.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(dir=target.parent, prefix=".part-"))
        for name, data in files.items():
            (part / name).parent.mkdir(parents=True, exist_ok=True)
            (part / name).write_bytes(data)
        if target.is_dir():
            shutil.rmtree(target)  # damaged
        try:
            part.rename(target)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            shutil.rmtree(part)  # another process was faster with the same files

    def _project_path(self, project: str) -> str:
        if not _NAME.fullmatch(project):
            raise KeyError(project)
        return f"{self._prefix}/{project}"

    def _version_path(self, project: str, version: int) -> str:
        return f"{self._project_path(project)}/versions/{version}"

    def _alias_path(self, project: str, alias: str) -> str:
        if not _NAME.fullmatch(alias):
            raise KeyError(alias)
        return f"{self._project_path(project)}/aliases/{alias}"


def _version(data: bytes) -> ModelVersion:
    values = json.loads(data)
    created = datetime.fromisoformat(values["created_at"])
    return ModelVersion(**{**values, "labels": tuple(values["labels"]), "created_at": created})


def _change(data: bytes) -> AliasChange:
    values = json.loads(data)
    mode = values.get("mode")
    return AliasChange(
        **{
            **values,
            "changed_at": datetime.fromisoformat(values["changed_at"]),
            "action": AliasAction(values.get("action", AliasAction.GATE)),
            "mode": None if mode is None else ServingMode(mode),
        }
    )
