"""Judging candidates on the frozen test split, beside the champion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from docplatform.documents.predictions import LabeledExample, Split
from docplatform.errors import PermanentError
from docplatform.evaluation.comparison import Comparison, compare
from docplatform.evaluation.counts import DocumentCounts
from docplatform.evaluation.metrics import Evaluation, document_counts, evaluate
from docplatform.evaluation.slices import SliceScore, slice_scores
from docplatform.inference.champions import load_model
from docplatform.labels.projects import ModelProject
from docplatform.lake.lake import Lake
from docplatform.lake.tables import EVALUATION_SLICES
from docplatform.models.factory import trainer_for
from docplatform.registry.base import CHAMPION, ModelRegistry, ModelVersion
from docplatform.training.candidates import candidate_for, require_dataset
from docplatform.training.datasets import DatasetVersion, load_examples
from docplatform.training.prebuilt import PrebuiltScore, compare_prebuilt, load_prebuilt
from docplatform.training.reviewing import record_review_thresholds, review_everything
from docplatform.training.scores import Scored, document_attributes, write_scores
from docplatform.training.unlabeled import with_project_texts

COMPARISONS = "comparisons"
"""Key in a version's metrics: dataset and champion to how it compares."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A candidate's scores beside the champion's, on the same frozen test split."""

    dataset: DatasetVersion
    candidate: ModelVersion
    candidate_evaluation: Evaluation
    champion: ModelVersion | None
    """The champion at the time, None where there was none or the candidate serves already."""
    champion_evaluation: Evaluation | None
    comparison: Comparison | None = None
    """The two, document by document; None without a champion, or with an empty test split."""
    slices: tuple[SliceScore, ...] = ()
    prebuilt: tuple[PrebuiltScore, ...] = ()


def newest_candidate(project: ModelProject, registry: ModelRegistry, dataset: DatasetVersion) -> ModelVersion:
    """The newest version that the project's trainer made of the dataset. Raises ``PermanentError``: there is none."""
    candidate = candidate_for(registry, dataset, trainer_for(project).fingerprint)
    if candidate is None:
        raise PermanentError(
            f"Project {project.name} has no model that its trainer made of its newest dataset: materialize "
            "`trained_model`."
        )
    return candidate


def judge_candidate(project: ModelProject, *, lake: Lake, registry: ModelRegistry, run_id: str) -> Judgement:
    """Score the newest candidate, and the champion beside it, on the newest dataset's test split; write both down.

    Raises ``PermanentError`` where there is no dataset or no candidate yet.
    """
    dataset = require_dataset(lake, project.name)
    candidate = newest_candidate(project, registry, dataset)
    champion = registry.aliased(project.name, CHAMPION)
    examples = load_examples(lake, project.name, dataset.dataset_version)
    test = [example for example in examples if example.split is Split.TEST]
    counts = {}
    for version in {v.version: v for v in (candidate, champion) if v is not None}.values():
        scored = Scored(
            project=project.name,
            model_version=version.version,
            dataset_version=dataset.dataset_version,
            run_id=run_id,
        )
        counts[version.version] = _judge(project, test, scored, lake=lake, registry=registry)
    if champion is not None and champion.version != candidate.version:
        review_everything(project, champion, registry)
        if test:
            _record_comparison(registry, dataset, candidate, champion, counts)
    trainer = partial(with_project_texts, trainer_for(project), project, lake, dataset)
    record_review_thresholds(project, candidate, trainer, examples, registry)
    return load_judgement(project, lake=lake, registry=registry)


def load_judgement(project: ModelProject, *, lake: Lake, registry: ModelRegistry) -> Judgement:
    """What ``judge_candidate`` found last. Raises ``PermanentError`` where the newest candidate wasn't judged yet."""
    dataset = require_dataset(lake, project.name)
    candidate = newest_candidate(project, registry, dataset)
    champion = registry.aliased(project.name, CHAMPION)
    other = champion if champion is not None and champion.version != candidate.version else None
    keys = {
        "project": project.name,
        "model_version": candidate.version,
        "dataset_version": dataset.dataset_version,
    }
    try:
        judgement = Judgement(
            dataset=dataset,
            candidate=candidate,
            candidate_evaluation=Evaluation.from_dict(candidate.metrics[dataset.dataset_version]),
            champion=other,
            champion_evaluation=Evaluation.from_dict(other.metrics[dataset.dataset_version]) if other else None,
        )
    except KeyError as error:
        raise PermanentError(
            f"Project {project.name}: version {candidate.version} was not judged on its newest dataset yet: "
            "materialize `model_evaluation`."
        ) from error
    known = candidate.metrics.get(COMPARISONS, {}).get(_pair_key(dataset, other)) if other else None
    return replace(
        judgement,
        comparison=Comparison.from_dict(known) if known else None,
        slices=_load_slices(lake, keys),
        prebuilt=load_prebuilt(lake, keys),
    )


def _judge(
    project: ModelProject, test: Sequence[LabeledExample], scored: Scored, *, lake: Lake, registry: ModelRegistry
) -> DocumentCounts:
    model = load_model(project, scored.model_version, registry)
    predictions = model.predict([example.document for example in test])
    evaluation = evaluate(project.kind, test, predictions)
    counts = document_counts(project.kind, test, predictions)
    slices = slice_scores(counts, document_attributes(lake, counts.documents)) if test else ()
    write_scores(lake, scored, evaluation, slices)
    compare_prebuilt(project, test, evaluation, scored, lake)
    metrics = registry.version(project.name, scored.model_version).metrics
    registry.record_metrics(
        project.name, scored.model_version, {**metrics, scored.dataset_version: evaluation.to_dict()}
    )
    return counts


def _record_comparison(
    registry: ModelRegistry,
    dataset: DatasetVersion,
    candidate: ModelVersion,
    champion: ModelVersion,
    counts: dict[int, DocumentCounts],
) -> None:
    comparison = compare(counts[candidate.version], counts[champion.version])
    metrics = registry.version(candidate.project, candidate.version).metrics
    known = {**metrics.get(COMPARISONS, {}), _pair_key(dataset, champion): comparison.to_dict()}
    registry.record_metrics(candidate.project, candidate.version, {**metrics, COMPARISONS: known})


def _pair_key(dataset: DatasetVersion, champion: ModelVersion) -> str:
    return f"{dataset.dataset_version}/{champion.version}"


def _load_slices(lake: Lake, keys: dict[str, object]) -> tuple[SliceScore, ...]:
    rows = lake.read_rows(EVALUATION_SLICES, where=keys)
    names = ("attribute", "value", "documents", "f1", "gap", "gap_low", "gap_high", "is_flagged")
    found = [SliceScore(**{name: row[name] for name in names}) for row in rows]
    return tuple(sorted(found, key=lambda one: (one.attribute, one.value)))
