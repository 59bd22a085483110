"""The learning curve of a project: its own trainer on growing parts of the training split, scored on the test split.

The curve is for people (what to label next); nothing is chosen by it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from docplatform.documents.predictions import LabeledExample, Split
from docplatform.errors import PermanentError
from docplatform.evaluation.learning import SHARES, CurvePoint, label_names, nested_subsets
from docplatform.evaluation.metrics import evaluate
from docplatform.labels.projects import ModelProject
from docplatform.lake.lake import Lake
from docplatform.lake.tables import LEARNING_CURVES
from docplatform.models.base import Trainer
from docplatform.models.factory import trainer_for
from docplatform.training.candidates import require_dataset
from docplatform.training.datasets import load_examples
from docplatform.training.unlabeled import with_project_texts


def draw_learning_curve(project: ModelProject, *, lake: Lake, run_id: str) -> tuple[CurvePoint, ...]:
    """Train on 20, 40, … 100 % of the newest dataset's training split, score each on its test split, write it down.

    Validation examples go to every training. Costs about three trainings. Raises ``PermanentError``: no dataset yet.
    """
    dataset = require_dataset(lake, project.name)
    trainer = with_project_texts(trainer_for(project), project, lake, dataset)
    points = learning_curve(project, trainer, load_examples(lake, project.name, dataset.dataset_version))
    keys = {"project": project.name, "dataset_version": dataset.dataset_version}
    rows = [
        {
            **keys,
            "label": point.label,
            "share": point.share,
            "examples": point.examples,
            "f1": point.f1,
            "support": point.support,
            "trained_at": datetime.now(UTC),
            "run_id": run_id,
        }
        for point in points
    ]
    lake.replace(LEARNING_CURVES, rows, where=keys, run_id=run_id)
    return points


def load_learning_curve(lake: Lake, project: str, dataset_version: str) -> tuple[CurvePoint, ...]:
    """The points drawn last of a dataset; none where it wasn't asked for."""
    rows = lake.read_rows(LEARNING_CURVES, where={"project": project, "dataset_version": dataset_version})
    points = [CurvePoint(row["label"], row["share"], row["examples"], row["f1"], row["support"]) for row in rows]
    return tuple(sorted(points, key=lambda point: (point.label, point.share)))


def learning_curve(
    project: ModelProject, trainer: Trainer, examples: Sequence[LabeledExample]
) -> tuple[CurvePoint, ...]:
    """The points: per label and on average. A share that can't be trained on (one class only) has none."""
    by_split = {split: [e for e in examples if e.split is split] for split in Split}
    test, validation = by_split[Split.TEST], by_split[Split.VALIDATION]
    points: list[CurvePoint] = []
    for share, subset in zip(SHARES, nested_subsets(by_split[Split.TRAIN], SHARES), strict=True):
        try:
            model = trainer.train(subset, validation)
        except PermanentError:  # what the estimate then says is "only so many sizes could be trained on"
            continue
        evaluation = evaluate(project.kind, test, model.predict([example.document for example in test]))
        counts = Counter(name for example in (*subset, *validation) for name in label_names(example))
        known = [score for score in evaluation.labels if score.support]
        points += [CurvePoint(score.label, share, counts[score.label], score.f1, score.support) for score in known]
        micro = evaluation.micro
        points.append(CurvePoint(micro.label, share, len(subset) + len(validation), micro.f1, micro.support))
    return tuple(points)
