"""The mirror in MLflow, on a tracking store in a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from docplatform.errors import ConfigurationError
from docplatform.registry.local import LocalModelRegistry
from docplatform.storage.memory import MemoryBlobStore
from docplatform_tests.contracts.model_registry import model_folder, register

pytest.importorskip("mlflow", reason="the extra mlflow isn't installed")

from mlflow.tracking import MlflowClient

from docplatform.registry.mlflow import mirror_version


@pytest.fixture
def registry(tmp_path: Path) -> LocalModelRegistry:
    registry = LocalModelRegistry(MemoryBlobStore(), tmp_path / "cache")
    register(registry, model_folder(tmp_path / "model", weights=b"\x00\x01"), lineage={"label_set": "abc"})
    scores = {"precision": 0.5, "recall": 1.0, "f1": 0.75}
    registry.record_metrics("loans", 1, {"d1": {"micro": scores, "macro": scores, "accuracy": 0.5, "example_count": 8}})
    return registry


@pytest.fixture
def uri(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    return (tmp_path / "mlruns").as_uri()


def test_a_version_is_mirrored_once_with_scores_lineage_and_files(registry: LocalModelRegistry, uri: str) -> None:
    run_id = mirror_version(registry, "loans", 1, uri)
    assert mirror_version(registry, "loans", 1, uri) == run_id
    client = MlflowClient(tracking_uri=uri)
    run = client.get_run(run_id)
    assert run.data.metrics["micro_f1"] == 0.75
    assert run.data.metrics["test_documents"] == 8
    assert run.data.tags["docplatform.label_set"] == "abc"
    assert run.data.tags["docplatform.checksum"] == registry.version("loans", 1).checksum
    assert [artifact.path for artifact in client.list_artifacts(run_id, "model")] == ["model/weights"]


def test_a_version_that_does_not_exist_is_said(registry: LocalModelRegistry, uri: str) -> None:
    with pytest.raises(ConfigurationError, match="has no version 7"):
        mirror_version(registry, "loans", 7, uri)
