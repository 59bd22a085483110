"""Every check can fail: a check that can't is none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import dagster as dg
import pyarrow as pa
import pytest
from deltalake import write_deltalake

from docplatform.defs.checks import (
    all_documents_check,
    count_check,
    drift_check,
    f1_check,
    label_check,
    old_quarantine_check,
    schema_check,
)
from docplatform.evaluation.drift import DriftReport
from docplatform.labels.findings import Finding, FindingCode, LabelReport, Repair, Severity
from docplatform.lake.quarantine import EntryState, QuarantineEntry, write_entries
from docplatform.lake.stages import StageReport
from docplatform.registry.base import ModelVersion
from docplatform.training.annotations import AnnotationsReport
from docplatform.training.deciding import Decision
from docplatform.training.monitoring import DriftCheck

NOW = datetime.now(UTC)


@pytest.mark.parametrize(
    ("report", "passed"),
    [
        (StageReport("a/txt/2026-11-20"), True),
        (StageReport("a/txt/2026-11-20", upstream=3, current=1, made=1, quarantined=1), True),
        (StageReport("a/txt/2026-11-20", upstream=3, current=1, made=1, waiting=1), False),
    ],
)
def test_documents_left_over_fail(report, passed):
    result = all_documents_check([report, StageReport("b/txt/2026-11-20", upstream=1, made=1)])
    assert result.passed is passed
    assert result.metadata["documents in"].value == report.upstream + 1
    assert result.metadata["waiting"].value == (0 if passed else 1)
    assert result.metadata["waiting in"].value == ("none" if passed else "- a/txt/2026-11-20: 1")


def test_a_table_with_other_columns_fails(home):
    assert schema_check(home.platform.lake, "ocr_text").passed
    home.add({"acme/a.txt": "text"})
    assert schema_check(home.platform.lake, "ocr_text").passed
    location = home.platform.blob_store.table_location("lake/tables/quarantine")
    write_deltalake(location.uri, pa.table({"document_id": ["x"]}))
    result = schema_check(home.platform.lake, "quarantine")
    assert not result.passed
    assert "- reason" in result.metadata["differences"].value


@pytest.mark.parametrize(("counts", "passed"), [({"a": 3, "b": 3}, True), ({"a": 3, "b": 4}, False)])
def test_counts_that_differ_fail(counts, passed):
    result = count_check("has_consistent_counts", counts)
    assert (result.check_name, result.passed) == ("has_consistent_counts", passed)


def labels_report(*findings: Finding) -> AnnotationsReport:
    return AnnotationsReport(project="loans", labels=2, documents=1, missing=(), report=LabelReport(findings))


ERROR = Finding(
    code=FindingCode.TEXT_MISMATCH,
    severity=Severity.ERROR,
    message="the text is 'a | b'",
    location="a.txt",
    category="Lender",
    offset=3,
    length=4,
    repair=Repair(5, 4, True),
)
WARNING = Finding(code=FindingCode.FEW_EXAMPLES, severity=Severity.WARNING, message="few")


@pytest.mark.parametrize(
    ("findings", "problems", "passed", "severity", "says"),
    [
        ((), (), True, dg.AssetCheckSeverity.WARN, "none"),
        ((WARNING,), (), True, dg.AssetCheckSeverity.WARN, "none"),
        ((ERROR,), (), False, dg.AssetCheckSeverity.WARN, "**loans** a.txt: error Lender at 3, length 4"),
        ((ERROR,), (), False, dg.AssetCheckSeverity.WARN, "Repair: offset 5, length 4"),
        ((), ("projects/x.yaml: wrong",), False, dg.AssetCheckSeverity.ERROR, "**unusable**: projects/x.yaml: wrong"),
    ],
)
def test_labels_with_errors_and_wrong_projects_fail(findings, problems, passed, severity, says):
    result = label_check([labels_report(*findings)], list(problems))
    assert (result.passed, result.severity) == (passed, severity)
    assert says in result.metadata["findings"].value


@pytest.mark.parametrize("promoted", [True, False])
def test_a_candidate_that_may_not_serve_fails(promoted):
    decision = Decision(project="p", candidate_version=1, champion_version=None, promoted=promoted, reason="because")
    result = f1_check(decision)
    assert (result.passed, result.description) == (promoted, "because")


@pytest.mark.parametrize("alarm", [True, False])
def test_an_alarm_fails(alarm):
    champion = ModelVersion(
        project="p",
        version=1,
        kind="k",
        labels=(),
        dataset_version="d",
        trainer_fingerprint="t",
        created_at=NOW,
        run_id="r",
        checksum="c",
    )
    report = DriftReport(reference_count=1, current_count=1, alarm=alarm, reason="measured")
    result = drift_check(DriftCheck(project="p", champion=champion, report=report, checked_at=NOW))
    assert (result.passed, result.description) == (not alarm, "measured")


def test_without_a_champion_there_is_no_drift():
    assert drift_check(None).passed


def entry(name: str, age: timedelta, state: EntryState = EntryState.OPEN) -> QuarantineEntry:
    return QuarantineEntry(
        document_id=name,
        lake_partition="a/txt/2026-11-20",
        stage="ocr_text",
        scope="",
        name=name,
        reason="corrupt",
        message="cut\noff",
        attempts=1,
        state=state,
        first_failed_at=NOW - age,
        input_hash="i",
        fingerprint="f",
        run_id="r",
        processed_at=NOW,
    )


@pytest.mark.parametrize(
    ("age", "state", "passed"),
    [
        (timedelta(days=6), EntryState.OPEN, True),
        (timedelta(days=8), EntryState.OPEN, False),
        (timedelta(days=8), EntryState.DISMISSED, True),
        (timedelta(days=8), EntryState.RESOLVED, True),
    ],
)
def test_a_document_that_waited_too_long_in_quarantine_fails(home, age, state, passed):
    write_entries(home.platform.lake, [entry("scan_*1*.pdf", age, state)], "r")
    result = old_quarantine_check(home.platform.lake, days=7)
    assert result.passed is passed
    oldest, is_open = result.metadata["oldest"].value, state is EntryState.OPEN
    words = (r"scan\_\*1\*.pdf", "corrupt", "cut off", f"{age.days} days", "**What to do:** Ask the sender")
    assert [word in oldest for word in words] == [is_open] * 5
    assert result.metadata["reasons"].value == ("- corrupt: 1" if is_open else "none")


def test_the_oldest_in_quarantine_are_named_and_no_more_than_can_be_looked_at(home):
    many = [entry(f"{number:03}" + "x" * 300, timedelta(days=number)) for number in range(60)]
    write_entries(home.platform.lake, many, "r")
    result = old_quarantine_check(home.platform.lake, days=7)
    oldest = result.metadata["oldest"].value
    assert [line[2:5] for line in oldest.splitlines()] == [f"{number:03}" for number in range(59, 39, -1)]
    assert len(oldest) < 20 * 1_000
    assert (result.metadata["open"].value, result.metadata["old"].value) == (60, 53)
