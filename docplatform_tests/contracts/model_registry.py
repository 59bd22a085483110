"""What every ``ModelRegistry`` must do. Subclass it with a fixture ``registry`` that hands out an empty one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from docplatform.registry.base import NO_VERSION, AliasAction, ModelRegistry, ModelVersion, ServingMode


def model_folder(root: Path, **files: bytes) -> Path:
    """A folder of a model's files; ``__`` in a name stands for a sub-folder."""
    root.mkdir(parents=True)
    for name, data in (files or {"weights": b"\x00\x01"}).items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root


def register(registry: ModelRegistry, folder: Path, **changes: Any) -> ModelVersion:
    values: dict[str, Any] = {
        "project": "loans",
        "folder": folder,
        "kind": "entity_recognition",
        "labels": ["Date", "Lender"],
        "dataset_version": "d1",
        "trainer_fingerprint": "crf 1",
        "run_id": "run-1",
    }
    return registry.register(**{**values, **changes})


class ModelRegistryContract:
    """One test per promise of the port."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return model_folder(tmp_path / "model", weights=b"\x00\xff" * 1_000, sub__vocabulary=b"[]")

    def test_a_registered_version_says_what_it_was_made_from(self, registry: ModelRegistry, folder: Path) -> None:
        version = register(registry, folder)
        assert (version.project, version.version, version.model_id) == ("loans", 1, "loans:1")
        assert (version.labels, version.dataset_version, version.run_id) == (("Date", "Lender"), "d1", "run-1")
        assert version.metrics == {}
        assert version.created_at.tzinfo is not None
        assert registry.version("loans", 1) == version
        assert registry.versions("loans") == [version]
        assert registry.projects() == ["loans"]

    def test_fetched_files_are_those_registered_even_after_the_folder_is_gone(
        self, registry: ModelRegistry, folder: Path
    ) -> None:
        expected = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
        version = register(registry, folder)
        for path in sorted(folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        for _ in range(2):
            fetched = registry.fetch("loans", version.version)
            files = {p.relative_to(fetched).as_posix(): p.read_bytes() for p in fetched.rglob("*") if p.is_file()}
            assert files == expected

    def test_versions_count_up_and_come_oldest_first(self, registry: ModelRegistry, folder: Path) -> None:
        numbers = [register(registry, folder, run_id=f"run-{i}").version for i in range(11)]
        assert numbers == list(range(1, 12))
        assert [v.version for v in registry.versions("loans")] == numbers

    def test_projects_count_for_themselves(self, registry: ModelRegistry, folder: Path) -> None:
        register(registry, folder)
        assert register(registry, folder, project="bills").version == 1
        assert registry.projects() == ["bills", "loans"]

    def test_several_at_once_get_versions_of_their_own(self, registry: ModelRegistry, folder: Path) -> None:
        with ThreadPoolExecutor(8) as pool:
            versions = list(pool.map(lambda i: register(registry, folder, run_id=f"run-{i}"), range(16)))
        assert sorted(v.version for v in versions) == list(range(1, 17))
        assert sorted((v.version, v.run_id) for v in registry.versions("loans")) == sorted(
            (v.version, v.run_id) for v in versions
        )

    def test_a_run_that_registers_the_same_again_gets_the_same_version(
        self, registry: ModelRegistry, folder: Path
    ) -> None:
        first = register(registry, folder)
        assert register(registry, folder) == first
        assert register(registry, folder, run_id="run-2").version == 2
        assert register(registry, folder, dataset_version="d2").version == 3
        (folder / "weights").write_bytes(b"other")
        assert register(registry, folder).version == 4

    def test_the_checksum_depends_on_names_and_bytes(self, registry: ModelRegistry, tmp_path: Path) -> None:
        folders = [
            model_folder(tmp_path / "a", x=b"12", y=b"3"),
            model_folder(tmp_path / "b", x=b"1", y=b"23"),
            model_folder(tmp_path / "c", x=b"12", z=b"3"),
        ]
        assert len({register(registry, folder).checksum for folder in folders}) == 3

    def test_metrics_are_replaced_and_nothing_else_changes(self, registry: ModelRegistry, folder: Path) -> None:
        version = register(registry, folder)
        registry.record_metrics("loans", 1, {"d1": {"f1": 0.5, "old": True}})
        updated = registry.record_metrics("loans", 1, {"d1": {"f1": 0.75, "ü": [1]}})
        assert registry.version("loans", 1) == updated
        assert updated.metrics == {"d1": {"f1": 0.75, "ü": [1]}}
        assert (updated.checksum, updated.created_at) == (version.checksum, version.created_at)
        registry.fetch("loans", 1)

    def test_an_alias_points_at_its_last_version_and_keeps_its_history(
        self, registry: ModelRegistry, folder: Path
    ) -> None:
        for i in (1, 2):
            register(registry, folder, run_id=f"run-{i}")
        assert registry.aliased("loans", "champion") is None
        assert registry.alias_history("loans", "champion") == []
        changes = [
            registry.set_alias("loans", "champion", version, reason=f"because {i}", run_id=f"run-{i}")
            for i, version in enumerate([1, 2, 1])
        ]
        assert registry.aliased("loans", "champion") == registry.version("loans", 1)
        assert registry.alias_history("loans", "champion") == changes
        assert [(c.version, c.reason, c.alias) for c in changes][1] == (2, "because 1", "champion")
        assert registry.aliased("loans", "challenger") is None

    def test_no_change_of_an_alias_is_lost_when_several_come_at_once(
        self, registry: ModelRegistry, folder: Path
    ) -> None:
        register(registry, folder)
        with ThreadPoolExecutor(8) as pool:
            list(
                pool.map(
                    lambda i: registry.set_alias("loans", "champion", 1, reason=str(i), run_id=f"run-{i}"), range(16)
                )
            )
        assert sorted(int(c.reason) for c in registry.alias_history("loans", "champion")) == list(range(16))

    def test_an_alias_keeps_who_changed_it_whether_it_is_pinned_and_how_it_serves(
        self, registry: ModelRegistry, folder: Path
    ) -> None:
        register(registry, folder)
        assert registry.alias_state("loans", "challenger") is None
        change = registry.set_alias(
            "loans",
            "challenger",
            1,
            reason="try it",
            run_id="hand",
            action=AliasAction.CHALLENGE,
            is_pinned=True,
            mode=ServingMode.SPLIT,
            share=0.1,
        )
        assert registry.alias_state("loans", "challenger") == change
        assert registry.alias_history("loans", "challenger") == [change]
        assert (change.mode, change.share, change.is_pinned) == (ServingMode.SPLIT, 0.1, True)

    def test_a_withdrawn_alias_points_nowhere_and_keeps_its_history(
        self, registry: ModelRegistry, folder: Path
    ) -> None:
        register(registry, folder)
        registry.set_alias("loans", "challenger", 1, reason="try it", run_id="r")
        registry.set_alias("loans", "challenger", NO_VERSION, reason="done", run_id="r", action=AliasAction.WITHDRAW)
        assert registry.aliased("loans", "challenger") is None
        assert [change.version for change in registry.alias_history("loans", "challenger")] == [1, NO_VERSION]

    def test_lineage_thresholds_and_staleness_are_kept_beside_the_files(
        self, registry: ModelRegistry, folder: Path
    ) -> None:
        version = register(registry, folder, lineage={"label_set": "abc"})
        assert (version.lineage, version.thresholds, version.stale) == ({"label_set": "abc"}, {}, "")
        registry.record_thresholds("loans", 1, {"Date": 0.9, "*": 2.0})
        registry.mark_stale("loans", 1, "saw a document that is to be forgotten")
        found = registry.version("loans", 1)
        assert found.thresholds == {"Date": 0.9, "*": 2.0}
        assert found.stale.startswith("saw")
        assert (found.lineage, found.checksum) == (version.lineage, version.checksum)

    def test_what_does_not_exist_is_a_key_error(self, registry: ModelRegistry, folder: Path) -> None:
        register(registry, folder)
        assert registry.versions("bills") == []
        for missing in (("loans", 2), ("bills", 1)):
            for call in (registry.version, registry.fetch):
                with pytest.raises(KeyError):
                    call(*missing)
            with pytest.raises(KeyError):
                registry.record_metrics(*missing, {})
            with pytest.raises(KeyError):
                registry.set_alias(missing[0], "champion", missing[1], reason="r", run_id="x")
        assert registry.alias_history("loans", "champion") == []

    def test_a_folder_without_files_is_refused(self, registry: ModelRegistry, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        with pytest.raises(ValueError, match="holds no files"):
            register(registry, tmp_path / "empty")
        assert registry.projects() == []
