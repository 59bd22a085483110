"""A model that costs nothing, and predicting with it."""

from __future__ import annotations

from collections.abc import Sequence

from docplatform.documents.document_text import DocumentText
from docplatform.documents.predictions import Category, Entity, Prediction, TaskKind
from docplatform.inference.stages import PredictionStage
from docplatform.labels.projects import ModelProject
from docplatform.lake.incremental import run_stage
from docplatform_tests.homes import Home


class FakeModel:
    """Says of a text how long it is, and where it says ``total``."""

    kind = TaskKind.ENTITY_RECOGNITION
    labels = ("total",)

    def __init__(self) -> None:
        self.calls: list[int] = []

    def predict(self, documents: Sequence[DocumentText]) -> list[Prediction]:
        self.calls.append(len(documents))
        return [self._one(document.text) for document in documents]

    def _one(self, text: str) -> Prediction:
        if "total" not in text:
            return Prediction(abstained=True)
        entity = Entity("total", text.index("total"), 5, "total", 0.5)
        return Prediction((Category(str(len(text)), 0.75),), (entity,), 0.5)


def entity_project(**values: object) -> ModelProject:
    settings = {"kind": TaskKind.ENTITY_RECOGNITION, "customer": "acme", "labels": "p/labels.json", **values}
    return ModelProject(name="totals", **settings)


def predict(home: Home, model: FakeModel, project: ModelProject, version: int = 1) -> None:
    stage = PredictionStage(home.platform.lake, project, version, lambda: model)
    run_stage(home.platform.lake, stage, home.platform.ledger.lake_partitions(), run_id="predict")
