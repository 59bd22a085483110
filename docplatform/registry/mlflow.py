"""A mirror of registered versions in MLflow: for people who look there. What serves is decided here, never there.

Needs the extra ``mlflow`` (``mlflow-skinny``, the client alone). A version is a run of the experiment
``docplatform/<project>`` with its scores, lineage and files; the same version is mirrored once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from docplatform.errors import ConfigurationError, TransientError
from docplatform.registry.base import ModelRegistry, ModelVersion

_CHECKSUM_TAG = "docplatform.checksum"
_VERSION_TAG = "docplatform.version"
_LONGEST_TAG = 500


def mirror_version(registry: ModelRegistry, project: str, version: int, uri: str) -> str:
    """Copy one version to the MLflow server at ``uri``; returns the run's id. Doing it again finds the same run.

    Raises:
        ConfigurationError: the extra isn't installed, or there is no such version.
        TransientError: the server can't be reached or refuses.
    """
    try:
        from mlflow.exceptions import MlflowException
        from mlflow.tracking import MlflowClient
    except ImportError as error:
        raise ConfigurationError("Mirroring to MLflow needs its client: pip install 'docplatform[mlflow]'.") from error
    try:
        wanted = registry.version(project, version)
    except KeyError:
        raise ConfigurationError(f"Project {project} has no version {version}.") from None
    try:
        return _mirror(MlflowClient(tracking_uri=uri), registry, wanted)
    except MlflowException as error:
        raise TransientError(f"MLflow at {uri}: {error}") from error


def _mirror(client: Any, registry: ModelRegistry, version: ModelVersion) -> str:
    name = f"docplatform/{version.project}"
    experiment = client.get_experiment_by_name(name)
    experiment_id = experiment.experiment_id if experiment else client.create_experiment(name)
    found = client.search_runs(
        [experiment_id],
        filter_string=f"tags.`{_CHECKSUM_TAG}` = '{version.checksum}' and tags.`{_VERSION_TAG}` = '{version.version}'",
    )
    whole = [run for run in found if run.info.status == "FINISHED"]
    if whole:
        return str(whole[0].info.run_id)
    run = client.create_run(experiment_id, run_name=version.model_id, tags=_tags(version))
    for metric, value in _metrics(version.metrics.get(version.dataset_version, {})):
        client.log_metric(run.info.run_id, metric, value)
    client.log_artifacts(run.info.run_id, str(registry.fetch(version.project, version.version)), "model")
    client.set_terminated(run.info.run_id, "FINISHED")
    return str(run.info.run_id)


def _tags(version: ModelVersion) -> dict[str, str]:
    tags = {
        _CHECKSUM_TAG: version.checksum,
        _VERSION_TAG: str(version.version),
        "docplatform.kind": version.kind,
        "docplatform.dataset_version": version.dataset_version,
        "docplatform.trainer": version.trainer_fingerprint,
        "docplatform.run_id": version.run_id,
        **{f"docplatform.{name}": value for name, value in version.lineage.items()},
    }
    return {name: value[:_LONGEST_TAG] for name, value in tags.items()}


def _metrics(evaluation: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for average in ("micro", "macro", "weighted"):
        scores = evaluation.get(average) or {}
        for measure in ("precision", "recall", "f1"):
            if measure in scores:
                yield f"{average}_{measure}", float(scores[measure])
    if evaluation:
        yield "accuracy", float(evaluation["accuracy"])
        yield "test_documents", float(evaluation["example_count"])
