"""Hostile files of every kind, through the reader's workers and through the whole way: always a result or a reason.

``DOCPLATFORM_TEST_FUZZ`` says how many variants, at least and by default 300: every structure, and files cut at tenths;
``benchmarks/fuzz.py`` makes more. Limits of time are those of the settings: no variant but the three that are known to
exhaust them comes near, on a busy machine neither, and those have a test of their own.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from docplatform.composition import Platform
from docplatform.documents.media_types import READABLE
from docplatform.errors import ReasonCode
from docplatform.inference.stages import reading_stages
from docplatform.ingestion.ingest import ingest
from docplatform.ingestion.publishing import publish_arrivals
from docplatform.lake.incremental import run_stage
from docplatform.ocr.base import DocumentSource, ReadOutcome
from docplatform.ocr.local.reader import LocalDocumentReader
from docplatform.settings import AutomationSettings, LimitSettings, ReadingSettings, load_settings
from docplatform_tests.fuzzing.seeds import WORDS, seeds
from docplatform_tests.fuzzing.taking_in import processes_left, take_in
from docplatform_tests.fuzzing.variants import EXHAUSTING, Variant, variants
from docplatform_tests.ingestion.archives import mail_of
from docplatform_tests.ocr import drawing, office_files

pytestmark = pytest.mark.integration

COUNT = max(300, int(os.environ.get("DOCPLATFORM_TEST_FUZZ", "300")))
SEED = int(os.environ.get("DOCPLATFORM_TEST_FUZZ_SEED", "7"))
LANDED = 60
"""Variants that go the whole way: each is a file, a ledger row and a few rows of tables."""
READING = ReadingSettings(workers=2)
BUGS = {ReasonCode.ENGINE_ERROR, ReasonCode.CRASH, ReasonCode.TIMEOUT, ReasonCode.MEMORY}
GOOD = {
    "acme/good.txt": WORDS.encode(),
    "acme/good.pdf": drawing.pdf(lambda canvas: canvas.drawString(72, 700, WORDS)),
    "acme/good.docx": office_files.word_file(),
    "acme/good.eml": mail_of(("inner.csv", b"a;b\n1;2\n")),
    "beta/good.png": seeds()["png"][1],
}


@pytest.fixture(scope="module")
def chosen() -> dict[str, Variant]:
    """The variants, by name."""
    made = variants(COUNT + len(EXHAUSTING), SEED)
    return {variant.name: variant for variant in made if variant.name not in EXHAUSTING}


@pytest.fixture(scope="module")
def outcomes(chosen: dict[str, Variant]) -> list[ReadOutcome]:
    """What the workers make of them."""
    reader = LocalDocumentReader(READING, LimitSettings())
    with contextlib.closing(reader):
        return list(reader.read_many(map(_source, chosen.values())))


def _source(variant: Variant) -> DocumentSource:
    return DocumentSource(variant.name, variant.data, variant.media_type.mime)


def test_there_are_seeds_of_every_type_that_is_read() -> None:
    assert {media_type for media_type, _ in seeds().values()} == READABLE


def test_variants_are_many_different_and_the_same_every_time(chosen: dict[str, Variant]) -> None:
    assert len(chosen) == COUNT
    again = list(itertools.islice(variants(40, SEED), 40))
    assert [variant.name for variant in again] == list(chosen)[:40]
    timeless = [variant for variant in again if not variant.data.startswith(b"PK")]  # packages tell when they were made
    assert len(timeless) > 10
    assert all(chosen[variant.name].data == variant.data for variant in timeless)
    assert len({hashlib.sha256(variant.data).digest() for variant in chosen.values()}) > 0.95 * COUNT


def test_every_hostile_file_has_one_outcome(chosen: dict[str, Variant], outcomes: list[ReadOutcome]) -> None:
    assert sorted(outcome.key for outcome in outcomes) == sorted(chosen)
    assert all((outcome.result is None) != (outcome.reason is None) for outcome in outcomes)
    assert all(outcome.message for outcome in outcomes if outcome.reason)


def test_no_hostile_file_shows_a_bug(outcomes: list[ReadOutcome]) -> None:
    assert [(o.key, o.reason, o.message) for o in outcomes if o.reason in BUGS] == []
    assert [outcome.key for outcome in outcomes if outcome.is_transient] == []


def test_no_process_is_left(outcomes: list[ReadOutcome]) -> None:
    assert outcomes
    assert processes_left() == []


def test_taking_a_hostile_file_in_has_one_outcome_as_well(chosen: dict[str, Variant]) -> None:
    found = [take_in(variant.data, variant.name, LimitSettings()) for variant in chosen.values()]
    assert {each.reason for each in found}.isdisjoint(BUGS)
    assert {ReasonCode.BOMB, ReasonCode.CORRUPT, ReasonCode.ENCRYPTED, None} <= {each.reason for each in found}
    assert sum(each.members or 0 for each in found) > 1_000


def test_what_costs_more_than_it_may_is_cut_and_the_rest_is_read() -> None:
    exhausting = [variant for variant in variants(COUNT, SEED) if variant.name in EXHAUSTING]
    assert {variant.name for variant in exhausting} == EXHAUSTING
    reader = LocalDocumentReader(
        ReadingSettings(workers=2, timeout_seconds=5, worker_memory_bytes=2**29), LimitSettings()
    )
    with contextlib.closing(reader):
        good = [DocumentSource(str(number), WORDS.encode(), "text/plain") for number in range(9)]
        read = {outcome.key: outcome for outcome in reader.read_many([*map(_source, exhausting), *good])}
    assert {read[key].reason for key in EXHAUSTING} <= {ReasonCode.MEMORY, ReasonCode.TIMEOUT}
    assert all(read[source.key].result for source in good)


class TestTheWholeWay:
    @pytest.fixture(scope="class")
    @classmethod
    def alone(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
        """A home with the good files only, processed."""
        with _processed(tmp_path_factory.mktemp("alone"), {}) as platform:
            yield platform

    @pytest.fixture(scope="class")
    @classmethod
    def mixed(cls, tmp_path_factory: pytest.TempPathFactory, chosen: dict[str, Variant]) -> Iterator[Platform]:
        """One with hostile files among them."""
        step = max(1, len(chosen) // LANDED)
        hostile = {f"acme/{_file_name(v)}": v.data for v in list(chosen.values())[::step] if len(v.data) < 4_000_000}
        with _processed(tmp_path_factory.mktemp("mixed"), hostile) as platform:
            yield platform

    def test_every_file_is_a_row_or_in_quarantine(self, mixed: Platform) -> None:
        counts = mixed.ledger.arrival_counts()
        assert sum(mixed.lake.row_counts("raw_blobs").values()) == counts.total > len(GOOD)
        read = {row["document_id"] for row in mixed.lake.read_rows("ocr_text", columns=["document_id"])}
        refused = {row["document_id"]: row for row in mixed.lake.read_rows("quarantine")}
        routed = {row["document_id"] for row in mixed.lake.read_rows("routed_documents", columns=["document_id"])}
        assert routed == read | {key for key, row in refused.items() if row["stage"] == "ocr_text"}
        assert read.isdisjoint(key for key, row in refused.items() if row["stage"] == "ocr_text")
        assert counts.landed == len(routed)
        arrived = {row["document_id"] for row in mixed.lake.read_rows("raw_blobs", columns=["document_id"])}
        assert arrived == routed | refused.keys()
        assert all(row["message"] and row["reason"] in set(ReasonCode) for row in refused.values())

    def test_the_bytes_of_what_was_refused_are_kept(self, mixed: Platform) -> None:
        for row in mixed.lake.read_rows("quarantine"):
            document = mixed.ledger.document(row["document_id"])
            assert document is not None
            assert hashlib.sha256(mixed.blob_store.get(document.blob_path)).hexdigest() == document.sha256

    def test_the_landing_folder_is_empty(self, mixed: Platform) -> None:
        assert [path for path in mixed.settings.landing_path.rglob("*") if path.is_file()] == []

    def test_good_documents_read_the_same_as_without_hostile_ones_beside_them(
        self, alone: Platform, mixed: Platform
    ) -> None:
        expected = _results(alone)
        found = _results(mixed)
        assert len(expected) == len(GOOD) + 1
        assert {key: found[key] for key in expected} == expected

    def test_a_further_pass_has_nothing_to_do(self, mixed: Platform) -> None:
        for stage in _stages(mixed):
            reports = run_stage(mixed.lake, stage, mixed.ledger.lake_partitions(), run_id="again").values()
            assert [report for report in reports if report.made or report.failed or report.waiting] == []


@contextlib.contextmanager
def _processed(home: Path, hostile: dict[str, bytes]) -> Iterator[Platform]:
    settings = load_settings(home=home, reading=READING, automation=AutomationSettings(stable_seconds=0))
    platform = Platform(settings)
    for name, data in (GOOD | hostile).items():
        path = settings.landing_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    with contextlib.closing(platform):
        p = platform
        ingest(p.connectors, p.blob_store, p.ledger, p.settings.limits)
        publish_arrivals(p.ledger, p.lake, p.blob_store, p.projects, run_id="in")
        for stage in _stages(platform):
            run_stage(p.lake, stage, p.ledger.lake_partitions(), run_id="process")
        yield platform


def _stages(p: Platform) -> list:
    return reading_stages(p.ledger, p.blob_store, p.lake, p.document_reader, p.text_preprocessor)


def _results(platform: Platform) -> dict[str, tuple[str, str]]:
    rows = platform.lake.read_rows("ocr_text", columns=["document_id", "content_hash", "analyze_result"])
    return {row["document_id"]: (row["content_hash"], row["analyze_result"]) for row in rows}


def _file_name(variant: Variant) -> str:
    """A hostile file bears a name as hostile as a file system takes."""
    number = int.from_bytes(hashlib.sha256(variant.name.encode()).digest()[:2], "big")
    prefix = ("plain", "two\nlines", "\x1b[31mred", "\u202egpj", "漢字 عربي", "n" * 180, "a;b|c,d", "a..", "%2e%2e%2f")
    digest = hashlib.sha256(variant.name.encode()).hexdigest()[:16]
    return f"{prefix[number % len(prefix)]}-{digest}.{variant.media_type.extension}"
