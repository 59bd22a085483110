"""Judging candidates on the frozen test split, beside the champion.

A small project may have hardly a test document: six forms have none one time in four. It is judged by
cross-validation: the same trainer, on all documents, each predicted by a model that hasn't seen it. What serves is
trained as ever, on the training and validation splits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from docplatform.documents.predictions import LabeledExample, Prediction, Split
from docplatform.errors import PermanentError
from docplatform.evaluation.comparison import Comparison, compare
from docplatform.evaluation.counts import DocumentCounts
from docplatform.evaluation.metrics import Evaluation, document_counts, evaluate
from docplatform.evaluation.slices import SliceScore, slice_scores
from docplatform.inference.champions import load_model
from docplatform.labels.projects import ModelProject
from docplatform.lake.lake import Lake
from docplatform.lake.tables import EVALUATION_SLICES
from docplatform.models.base import Trainer
from docplatform.models.factory import trainer_for
from docplatform.registry.base import CHAMPION, ModelRegistry, ModelVersion
from docplatform.training.candidates import candidate_for, require_dataset
from docplatform.training.cross_validation import deal, held_out_predictions
from docplatform.training.datasets import DatasetVersion, load_examples
from docplatform.training.prebuilt import PrebuiltScore, compare_prebuilt, load_prebuilt
from docplatform.training.reviewing import record_review_thresholds, review_everything
from docplatform.training.scores import Scored, document_attributes, write_scores
from docplatform.training.unlabeled import with_project_texts

LEAST_TEST_DOCUMENTS = 5
"""With fewer, cross-validation tells more than they do."""
MOST_CROSS_VALIDATED = 50
"""Documents of a project up to which it is cross-validated: whoever declares 3 of 1,000 test documents meant it."""
FOLDS = 10
COMPARISONS = "comparisons"
"""Key in a version's metrics: dataset and champion to how it compares."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A candidate's scores beside the champion's, on the same frozen test split.

    Where the candidate was cross-validated, the champion's are those it was last judged by on its own dataset.
    """

    dataset: DatasetVersion
    candidate: ModelVersion
    candidate_evaluation: Evaluation
    champion: ModelVersion | None
    """The champion at the time, None where there was none or the candidate serves already."""
    champion_evaluation: Evaluation | None
    comparison: Comparison | None = None
    """The two, document by document; None without a champion, or where the candidate was cross-validated."""
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
    trainer = partial(with_project_texts, trainer_for(project), project, lake, dataset)
    context = _Context(project, dataset, run_id, lake, registry)
    if len(test) < LEAST_TEST_DOCUMENTS and len(examples) <= MOST_CROSS_VALIDATED:
        _cross_validate(context, candidate, examples, trainer)
    else:
        versions = {v.version: v for v in (candidate, champion) if v is not None}.values()
        counts = {version.version: _test(context, version, test) for version in versions}
        if champion is not None and champion.version != candidate.version and test:
            _record_comparison(context, candidate, champion, counts)
    if champion is not None and champion.version != candidate.version:
        review_everything(project, champion, registry)
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
        evaluation = Evaluation.from_dict(candidate.metrics[dataset.dataset_version])
        scores = other and _champion_scores(other, dataset, is_cross_validated=evaluation.folds is not None)
        judgement = Judgement(
            dataset=dataset,
            candidate=candidate,
            candidate_evaluation=evaluation,
            champion=other,
            champion_evaluation=Evaluation.from_dict(scores) if scores else None,
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


def _champion_scores(
    champion: ModelVersion, dataset: DatasetVersion, *, is_cross_validated: bool
) -> Mapping[str, Any] | None:
    """Raises ``KeyError`` where it should have been scored on the test split and wasn't."""
    scores: Mapping[str, Mapping[str, Any]] = champion.metrics
    if is_cross_validated:  # it has seen these documents
        return scores.get(champion.dataset_version)
    return scores[dataset.dataset_version]


@dataclass(frozen=True, slots=True)
class _Context:
    """What is judged, and where it is written down."""

    project: ModelProject
    dataset: DatasetVersion
    run_id: str
    lake: Lake
    registry: ModelRegistry


def _cross_validate(
    context: _Context, candidate: ModelVersion, examples: Sequence[LabeledExample], trainer: Callable[[], Trainer]
) -> None:
    """Score what the candidate's trainer makes of the other documents; what can't be learned from them is missed."""
    try:
        found = held_out_predictions(examples, FOLDS, trainer)
    except PermanentError:  # too few to leave any out: nothing is found, and the gate says what it takes
        found = [None] * len(examples)
    predictions = [prediction or Prediction(abstained=True) for prediction in found]
    _write_down(context, candidate, examples, predictions, folds=len(set(deal(examples, FOLDS))))


def _test(context: _Context, version: ModelVersion, test: Sequence[LabeledExample]) -> DocumentCounts:
    model = load_model(context.project, version.version, context.registry)
    return _write_down(context, version, test, model.predict([example.document for example in test]))


def _write_down(
    context: _Context,
    version: ModelVersion,
    examples: Sequence[LabeledExample],
    predictions: Sequence[Prediction],
    folds: int | None = None,
) -> DocumentCounts:
    project, lake, registry = context.project, context.lake, context.registry
    scored = Scored(
        project=project.name,
        model_version=version.version,
        dataset_version=context.dataset.dataset_version,
        run_id=context.run_id,
    )
    evaluation = replace(evaluate(project.kind, examples, predictions), folds=folds)
    counts = document_counts(project.kind, examples, predictions)
    slices = slice_scores(counts, document_attributes(lake, counts.documents)) if examples else ()
    write_scores(lake, scored, evaluation, slices)
    compare_prebuilt(project, examples, evaluation, scored, lake)
    metrics = registry.version(project.name, version.version).metrics
    registry.record_metrics(project.name, version.version, {**metrics, scored.dataset_version: evaluation.to_dict()})
    return counts


def _record_comparison(
    context: _Context, candidate: ModelVersion, champion: ModelVersion, counts: Mapping[int, DocumentCounts]
) -> None:
    comparison = compare(counts[candidate.version], counts[champion.version])
    metrics = context.registry.version(candidate.project, candidate.version).metrics
    known = {**metrics.get(COMPARISONS, {}), _pair_key(context.dataset, champion): comparison.to_dict()}
    context.registry.record_metrics(candidate.project, candidate.version, {**metrics, COMPARISONS: known})


def _pair_key(dataset: DatasetVersion, champion: ModelVersion) -> str:
    return f"{dataset.dataset_version}/{champion.version}"


def _load_slices(lake: Lake, keys: dict[str, object]) -> tuple[SliceScore, ...]:
    rows = lake.read_rows(EVALUATION_SLICES, where=keys)
    names = ("attribute", "value", "documents", "f1", "gap", "gap_low", "gap_high", "is_flagged")
    found = [SliceScore(**{name: row[name] for name in names}) for row in rows]
    return tuple(sorted(found, key=lambda one: (one.attribute, one.value)))
