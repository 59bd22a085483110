"""Running jobs in process, and what they told."""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

from docplatform.defs.build import build_defs
from docplatform.defs.resources import DESCRIPTIONS
from docplatform_tests.homes import Home

STAGES = ("routed_documents", "ocr_text", "preprocessed_text", "predictions")


def run_job(
    home: Home,
    instance: dg.DagsterInstance,
    job: str,
    *,
    partition: str | None = None,
    between: Sequence[str] = (),
    config: dict | None = None,
    raise_on_error: bool = True,
) -> dg.ExecuteInProcessResult:
    overrides = {key: getattr(home.platform, key) for key in DESCRIPTIONS}
    tags = {}
    if between:
        tags = {"dagster/asset_partition_range_start": between[0], "dagster/asset_partition_range_end": between[-1]}
    return (
        build_defs(home.platform.settings, resource_overrides=overrides)
        .resolve_job_def(job)
        .execute_in_process(
            instance=instance, partition_key=partition, tags=tags, run_config=config, raise_on_error=raise_on_error
        )
    )


def ingest(home: Home, instance: dg.DagsterInstance, files: dict[str, str | bytes]) -> dg.ExecuteInProcessResult:
    home.drop(files)
    return run_job(home, instance, "ingest_job")


def materializations(result: dg.ExecuteInProcessResult, asset: str) -> dict[str | None, dict]:
    """Partition to metadata, as plain values."""
    found = [event.step_materialization_data.materialization for event in result.get_asset_materialization_events()]
    return {
        event.partition: {name: value.value for name, value in event.metadata.items()}
        for event in found
        if event.asset_key == dg.AssetKey(asset)
    }


def checks(result: dg.ExecuteInProcessResult) -> dict[tuple[str, str], bool]:
    return {(e.asset_key.to_user_string(), e.check_name): e.passed for e in result.get_asset_check_evaluations()}


def failure(result: dg.ExecuteInProcessResult) -> str:
    (event,) = [event for event in result.all_events if event.is_step_failure]
    return event.step_failure_data.user_failure_data.description


def ops(config: dict, *names: str) -> dict:
    return {"ops": {name: {"config": config} for name in names}}
