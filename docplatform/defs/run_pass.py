"""One pass over everything pending, in this process and with no daemon: what ``docplatform run`` does.

Each step is a Dagster run, so the UI shows what happened; a step with nothing to do makes no run.
"""

import os
import time
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import dagster as dg

from docplatform.composition import Platform
from docplatform.defs.behind import partitions_behind
from docplatform.defs.build import build_defs
from docplatform.defs.handover import Handover, hand_over
from docplatform.defs.home_instance import PROCESS_TAG, process_identity
from docplatform.defs.jobs import STAGE_ASSETS, retraining_config
from docplatform.defs.partitions import LAKE_PARTITION, MODEL_PROJECT, add_missing_partitions
from docplatform.defs.progress import PROGRESS_LOGGER, progress_logger
from docplatform.defs.project_sensors import BECAUSE_TAG, current_champions, source_versions, watched_labels
from docplatform.defs.resources import DESCRIPTIONS
from docplatform.ingestion.base import Connector
from docplatform.lake.quarantine import QuarantineEntry
from docplatform.lake.stages import Stage
from docplatform.lake.tables import RAW_BLOBS

SETTLING_STEP_SECONDS = 0.2
LANDED_AT_ONCE = 1_000
LOCATION_TAGS = {".dagster/repository": "__repository__@docplatform"}
"""What lets the UI's job pages find a pass's runs, which have no code location by themselves (see workspace.yaml)."""
_RANGE_START, _RANGE_END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"


@dataclass(slots=True)
class PassReport:
    """What a pass ran."""

    runs: list[str] = field(default_factory=list)
    """Dagster run ids."""
    failures: list[str] = field(default_factory=list)
    """Step, partition and message of every run that failed."""
    seconds: dict[str, float] = field(default_factory=dict)
    """Wall-clock seconds per job."""


def contiguous_ranges(keys: Iterable[str], ordered: Sequence[str]) -> list[tuple[str, str]]:
    """The fewest ranges of ``ordered`` that hold exactly ``keys``, as (first, last): what a Dagster run can take."""
    position = {key: index for index, key in enumerate(ordered)}
    indices = sorted(position[key] for key in keys)
    ranges = []
    for _, group in groupby(enumerate(indices), key=lambda item: item[1] - item[0]):
        run = [index for _, index in group]
        ranges.append((ordered[run[0]], ordered[run[-1]]))
    return ranges


class Pass:
    """One pass. ``platform`` stays open, so that reader workers stay warm from one run to the next."""

    def __init__(
        self, platform: Platform, instance: dg.DagsterInstance, announce: Callable[[str], None] = lambda _: None
    ) -> None:
        self._platform = platform
        self._instance = instance
        self._announce = announce
        overrides = {key: getattr(platform, key) for key in DESCRIPTIONS}
        defs = build_defs(platform.settings, resource_overrides=overrides)
        self._defs = dg.Definitions.merge(defs, dg.Definitions(loggers={PROGRESS_LOGGER: progress_logger}))
        self._tags = {PROCESS_TAG: process_identity(os.getpid()) or "", **LOCATION_TAGS}
        self.report = PassReport()

    def run(self) -> PassReport:
        """Everything pending, from sources to drift."""
        self._ingest()
        ledger_seq = self._platform.ledger.last_seq()
        self._read()
        labels = self._labels()
        trained = self._train()
        champions = current_champions(self._platform.projects.load()[0], self._platform.model_registry)
        predicted = self._predict()
        self._watch(sorted({*trained, *predicted}))
        if not self.report.failures:
            pass_id = uuid.uuid4().hex
            handover = Handover(pass_id=pass_id, ledger_seq=ledger_seq, champions=champions, labels=labels)
            hand_over(self._instance, handover)
        return self.report

    def replay(self, entries: Sequence[QuarantineEntry]) -> PassReport:
        """Try exactly the documents of these entries again, and what follows from them."""
        refused = {entry.document_id for entry in entries if entry.stage == RAW_BLOBS.name}
        self._replay_arrivals(refused)
        failed = [entry for entry in entries if entry.stage != RAW_BLOBS.name]
        by_partition: dict[str, list[str]] = {}
        for entry in failed:
            by_partition.setdefault(entry.lake_partition, []).append(entry.document_id)
        self._execute_documents("replay_job", by_partition, replay=True)
        return self.report

    def _replay_arrivals(self, document_ids: Collection[str]) -> None:
        """Judge refused documents anew, then process those that go on, with what was unpacked from them."""
        if not document_ids:
            return
        ledger, ids = self._platform.ledger, set(document_ids)
        seq = ledger.last_seq()
        config = {"replay": True, "document_ids": sorted(ids)}
        self._execute("replay_arrivals_job", config={"ops": {"raw_blobs": {"config": config}}})
        by_partition: dict[str, list[str]] = {}
        while documents := ledger.documents_after(seq, LANDED_AT_ONCE):
            seq = documents[-1].seq
            for document in documents:  # containers come before what was in them
                if document.reason is None and (document.document_id in ids or document.parent_document_id in ids):
                    ids.add(document.document_id)
                    by_partition.setdefault(document.lake_partition, []).append(document.document_id)
        self._execute_documents("process_job", by_partition, replay=False)

    def _execute_documents(self, job_name: str, by_partition: Mapping[str, Sequence[str]], *, replay: bool) -> None:
        """Run a job of the stages for these documents alone, by lake partition."""
        add_missing_partitions(self._instance, LAKE_PARTITION, list(by_partition))
        ordered = self._instance.get_dynamic_partitions(LAKE_PARTITION)
        for first, last in contiguous_ranges(by_partition, ordered):
            keys = ordered[ordered.index(first) : ordered.index(last) + 1]
            ids = sorted({document_id for key in keys for document_id in by_partition[key]})
            config = {"replay": replay, "document_ids": ids}
            ops = {name: {"config": config} for name in STAGE_ASSETS}
            self._execute(job_name, {_RANGE_START: first, _RANGE_END: last}, config={"ops": ops})

    def _labels(self) -> dict[str, Any]:
        """What training is about to start from, as labels_sensor's cursor."""
        p = self._platform
        watched = watched_labels(p.projects, p.ledger, p.lake)
        return {"watched": watched, "versions": source_versions(p.projects, p.ledger, p.lake)[0]}

    def _ingest(self) -> None:
        platform = self._platform
        wait_until_settled(platform.connectors, platform.settings.automation.stable_seconds)
        if any(connector.has_ready() for connector in platform.connectors) or platform.ledger.unexported(1):
            self._execute("ingest_job")

    def _read(self) -> None:
        from docplatform.inference.stages import reading_stages

        platform = self._platform
        stages = reading_stages(
            platform.ledger, platform.blob_store, platform.lake, platform.document_reader, platform.text_preprocessor
        )
        self._execute_partitions("reading_job", self._behind(stages))

    def _train(self) -> list[str]:
        from docplatform.training.pending import project_states, to_train

        platform = self._platform
        states, problems = project_states(
            projects=platform.projects,
            ledger=platform.ledger,
            lake=platform.lake,
            registry=platform.model_registry,
        )
        self.report.failures += problems
        wanted = to_train(states)
        if wanted:
            self._execute("labels_job")
            add_missing_partitions(self._instance, MODEL_PROJECT, [state.project for state in wanted])
        return [
            state.project
            for state in wanted
            if self._execute(
                "retrain_job",
                {"dagster/partition": state.project, BECAUSE_TAG: state.reason},
                config=retraining_config(state.drifted),
            )
        ]

    def _predict(self) -> list[str]:
        from docplatform.inference.champions import champion_stages

        platform = self._platform
        stages = champion_stages(platform.lake, platform.projects, platform.model_registry)
        if not stages:
            return []
        behind = self._behind(stages)
        self._execute_partitions("predict_job", behind)
        return [stage.project.name for stage in stages] if behind else []

    def _watch(self, projects: Sequence[str]) -> None:
        add_missing_partitions(self._instance, MODEL_PROJECT, list(projects))
        for name in projects:
            self._execute("drift_job", {"dagster/partition": name})

    def _behind(self, stages: Sequence[Stage]) -> list[str]:
        keys = self._platform.ledger.lake_partitions()
        return partitions_behind(self._instance, self._platform.lake, keys, stages)

    def _execute_partitions(self, job_name: str, keys: Sequence[str]) -> None:
        """Run a job for these lake partitions: one Dagster run for each contiguous range of them."""
        ordered = self._instance.get_dynamic_partitions(LAKE_PARTITION)
        for first, last in contiguous_ranges(keys, ordered):
            self._execute(job_name, {_RANGE_START: first, _RANGE_END: last})

    def _execute(
        self, job_name: str, tags: Mapping[str, str] | None = None, config: Mapping[str, Any] | None = None
    ) -> bool:
        """Run a job in this process; a failure is written down and the pass goes on with what doesn't need it."""
        given = dict(tags or {})
        because = f" ({given.pop(BECAUSE_TAG)})" if BECAUSE_TAG in given else ""
        self._announce(f"{job_name} {' to '.join(dict.fromkeys(given.values()))}".rstrip() + because)
        began = time.monotonic()
        result = self._defs.resolve_job_def(job_name).execute_in_process(
            instance=self._instance,
            tags={**self._tags, **(tags or {})},
            run_config={"loggers": {PROGRESS_LOGGER: {}}, **(config or {})},
            raise_on_error=False,
        )
        self.report.runs.append(result.run_id)
        elapsed = time.monotonic() - began
        self.report.seconds[job_name] = self.report.seconds.get(job_name, 0.0) + elapsed
        failures = [_failure_text(job_name, tags or {}, event) for event in result.all_events if event.is_step_failure]
        if not result.success and not failures:
            failures = [f"{job_name}: run {result.run_id} failed before any of its steps; the UI shows why"]
        self.report.failures += failures
        return result.success


def _failure_text(job_name: str, tags: Mapping[str, str], event: dg.DagsterEvent) -> str:
    where = tags.get("dagster/partition") or tags.get(_RANGE_START, "")
    data = event.step_failure_data
    reason = data.user_failure_data.description if data.user_failure_data else None
    error = data.error
    while error is not None and error.cause is not None:  # Dagster's own errors only say that there was one
        error = error.cause
    message = reason or (error.message.strip() if error else event.message)
    return f"{job_name} {event.step_key} {where}: {message}".replace("  ", " ")


def wait_until_settled(connectors: Sequence[Connector], stable_seconds: float) -> None:
    """Wait for files that were just dropped to count as finished; no longer than it takes those here now.

    A file that is still being written stays for the next pass.
    """
    deadline = time.monotonic() + stable_seconds + SETTLING_STEP_SECONDS
    while time.monotonic() < deadline and any(connector.is_settling() for connector in connectors):
        time.sleep(SETTLING_STEP_SECONDS)
