"""The jobs: one for each way in."""

from typing import Any

import dagster as dg

from docplatform.defs.assets.inference import predictions
from docplatform.defs.assets.ingest import raw_blobs
from docplatform.defs.assets.labels import annotations, labeled_dataset
from docplatform.defs.assets.lake import routed_documents
from docplatform.defs.assets.models import champion_model, model_evaluation, trained_model
from docplatform.defs.assets.monitoring import drift_report
from docplatform.defs.assets.text import ocr_text, preprocessed_text

_READING = (routed_documents, ocr_text, preprocessed_text)
_STAGES = (*_READING, predictions)
STAGE_ASSETS = tuple(asset.key.path[-1] for asset in _STAGES)
"""Names of the assets of a lake partition, which are their ops' names too."""

ingest_job = dg.define_asset_job(
    "ingest_job",
    [raw_blobs],
    description="Take in everything that lies in the sources now.",
    tags={"dagster/priority": "1"},  # it takes a second, and need not wait behind a queue of reading runs
)
reading_job = dg.define_asset_job(
    "reading_job",
    _READING,
    description="Route, read and preprocess what is pending in lake partitions.",
)
process_job = dg.define_asset_job(
    "process_job",
    _STAGES,
    description="Everything for a lake partition: route, read, preprocess and predict what is pending.",
)
predict_job = dg.define_asset_job(
    "predict_job",
    [predictions],
    description="Predict what is pending in lake partitions: new documents, or all of them after a new champion.",
)
replay_job = dg.define_asset_job(
    "replay_job",
    _STAGES,
    config={"ops": {name: {"config": {"replay": True}} for name in STAGE_ASSETS}},
    description=(
        "Try the open quarantine entries of a lake partition again, and what follows from them; nothing else. Named in "
        "`document_ids`: only those. What was refused at arrival is `replay_arrivals_job`'s."
    ),
)
replay_arrivals_job = dg.define_asset_job(
    "replay_arrivals_job",
    [raw_blobs],
    config={"ops": {"raw_blobs": {"config": {"replay": True}}}},
    description="Judge documents anew that were refused at arrival, after a limit was raised or bytes were restored.",
    tags={"dagster/priority": "1"},
)
labels_job = dg.define_asset_job(
    "labels_job", [annotations], description="Check all label files against the text that was read, and store them."
)
retrain_job = dg.define_asset_job(
    "retrain_job",
    [labeled_dataset, trained_model, model_evaluation, champion_model],
    description="Freeze a project's dataset, train a candidate, judge it, and let the gate decide.",
)


def retraining_config(drifted: bool) -> dict[str, Any]:
    """Run config of ``retrain_job``: after drift the same labels are trained on again."""
    return {"ops": {"trained_model": {"config": {"retrain": True}}}} if drifted else {}


drift_job = dg.define_asset_job(
    "drift_job",
    [drift_report],
    description="Compare a project's recent documents and predictions with its champion's training data.",
)

ASSET_JOBS = (
    ingest_job,
    reading_job,
    process_job,
    predict_job,
    replay_job,
    replay_arrivals_job,
    labels_job,
    retrain_job,
    drift_job,
)
