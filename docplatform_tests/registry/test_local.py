from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from docplatform.errors import PermanentError, ReasonCode, TransientError
from docplatform.registry.local import LocalModelRegistry
from docplatform.storage.base import BlobStore
from docplatform.storage.local import LocalBlobStore
from docplatform.storage.memory import MemoryBlobStore
from docplatform_tests.contracts.model_registry import ModelRegistryContract, model_folder, register


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    return LocalBlobStore(tmp_path / "home")


@pytest.fixture
def registry(store: BlobStore, tmp_path: Path) -> LocalModelRegistry:
    return LocalModelRegistry(store, tmp_path / "cache")


class TestOnDisk(ModelRegistryContract):
    pass


class TestInMemory(ModelRegistryContract):
    @pytest.fixture
    def store(self) -> BlobStore:
        return MemoryBlobStore()


class DyingStore(MemoryBlobStore):
    """Fails at the n-th write, as a process that is killed there would leave things."""

    def __init__(self) -> None:
        super().__init__()
        self.writes_left = 10**9

    def put(self, path: str, data: bytes | Path) -> None:
        self._write()
        super().put(path, data)

    def put_if_absent(self, path: str, data: bytes) -> bool:
        self._write()
        return super().put_if_absent(path, data)

    def _write(self) -> None:
        if self.writes_left == 0:
            raise TransientError("gone")
        self.writes_left -= 1


def test_a_registration_that_dies_at_any_write_leaves_nothing_to_see_and_the_next_one_succeeds(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "model", a=b"1", b=b"2", c=b"3")
    store = DyingStore()
    registry = LocalModelRegistry(store, tmp_path / "cache")
    died = 0
    while True:
        store.writes_left = died
        try:
            version = register(registry, folder, run_id=f"run-{died}")
        except TransientError:
            assert registry.projects() == []
            assert registry.versions("loans") == []
            died += 1
        else:
            break
    assert died == 5
    assert registry.versions("loans") == [version]
    assert {p.name for p in registry.fetch("loans", version.version).iterdir()} == {"a", "b", "c"}


def test_a_killed_process_leaves_no_half_version(
    store: BlobStore, registry: LocalModelRegistry, tmp_path: Path
) -> None:
    model_folder(tmp_path / "model", a=b"1" * 10_000, b=b"2")
    code = f"""
        import os, signal
        from pathlib import Path
        from docplatform.registry.local import LocalModelRegistry
        from docplatform.storage.local import LocalBlobStore
        class Killed(LocalBlobStore):
            def put(self, path, data):
                super().put(path, data)
                if path.endswith("/files/a"):
                    os.kill(os.getpid(), signal.SIGKILL)
        registry = LocalModelRegistry(Killed(Path({str(tmp_path / "home")!r})), Path({str(tmp_path / "cache")!r}))
        registry.register(project="loans", folder=Path({str(tmp_path / "model")!r}), kind="k", labels=["x"],
                          dataset_version="d", trainer_fingerprint="t", run_id="r")
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=False)
    assert done.returncode == -9
    assert any("/files/a" in info.path for info in store.list("models"))
    assert registry.versions("loans") == []
    version = register(registry, tmp_path / "model")
    assert registry.versions("loans") == [version]
    assert registry.fetch("loans", version.version).is_dir()


@pytest.mark.parametrize("damage", ["changed", "missing"])
def test_stored_files_that_are_not_what_was_registered_are_refused(
    store: BlobStore, registry: LocalModelRegistry, tmp_path: Path, damage: str
) -> None:
    register(registry, model_folder(tmp_path / "model", a=b"1", b=b"2"))
    if damage == "changed":
        store.put("models/loans/versions/1/files/a", b"0")
    else:
        store.delete(["models/loans/versions/1/files/a"])
    with pytest.raises(PermanentError, match=r"loans:1 at .* aren't what was registered") as caught:
        registry.fetch("loans", 1)
    assert caught.value.reason is ReasonCode.CORRUPT
    assert not list((tmp_path / "cache").rglob("a"))


def test_a_damaged_cached_copy_is_fetched_anew(registry: LocalModelRegistry, tmp_path: Path) -> None:
    register(registry, model_folder(tmp_path / "model", a=b"1"))
    copy = registry.fetch("loans", 1)
    (copy / "a").write_bytes(b"damaged")
    assert (registry.fetch("loans", 1) / "a").read_bytes() == b"1"


def test_a_copy_that_another_process_put_in_place_meanwhile_is_used(
    store: BlobStore, registry: LocalModelRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(registry, model_folder(tmp_path / "model", a=b"1"))
    other = LocalModelRegistry(store, tmp_path / "cache")
    rename = Path.rename

    def rename_after_the_other(self: Path, target: Path) -> Path:
        monkeypatch.setattr(Path, "rename", rename)
        other.fetch("loans", 1)
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", rename_after_the_other)
    fetched = registry.fetch("loans", 1)
    assert (fetched / "a").read_bytes() == b"1"
    assert [p.name for p in fetched.parent.iterdir()] == [fetched.name]


def test_a_cache_that_can_not_be_written_says_so(registry: LocalModelRegistry, tmp_path: Path, monkeypatch) -> None:
    register(registry, model_folder(tmp_path / "model", a=b"1"))

    def refuse(self: Path, target: Path) -> Path:
        raise PermissionError(13, "denied")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(PermissionError):
        registry.fetch("loans", 1)


@pytest.mark.parametrize("name", ["../up", "", "a/b", "Ü"])
def test_names_that_would_leave_their_folder_name_nothing(
    registry: LocalModelRegistry, tmp_path: Path, name: str
) -> None:
    with pytest.raises(KeyError):
        registry.version(name, 1)
    with pytest.raises(KeyError):
        registry.aliased("loans", name)
    with pytest.raises(KeyError):
        register(registry, model_folder(tmp_path / "model"), project=name)
