"""The corpus as a whole: reproducible, truthful, complete."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import pytest

from docplatform.errors import ConfigurationError, ReasonCode
from docplatform.samples.options import SampleOptions
from docplatform.samples.plan import plan
from docplatform.samples.truth import ExpectedOutcome, Kind, load_manifest
from docplatform_tests.samples.conftest import SMALL, Corpus, make_corpus


def test_the_same_options_give_the_same_bytes(corpus: Corpus, tmp_path: Path) -> None:
    again = make_corpus(tmp_path, SMALL)

    assert again.all_bytes() == corpus.all_bytes()


def test_another_seed_gives_other_documents(corpus: Corpus, tmp_path: Path) -> None:
    other = make_corpus(tmp_path, SampleOptions(seed=8, documents=8))

    documents = {file.sha256 for file in other.manifest.files if file.kind}
    assert documents.isdisjoint(file.sha256 for file in corpus.manifest.files)


def test_a_further_batch_holds_exactly_the_documents_asked_for_and_none_twice(corpus: Corpus, tmp_path: Path) -> None:
    more = make_corpus(tmp_path / "more", SampleOptions(documents=15, batch="more"))
    third = make_corpus(tmp_path / "third", SampleOptions(documents=5, batch="third"))

    assert len(more.manifest.files) == 15
    assert {file.expected.outcome for file in more.manifest.files} == {ExpectedOutcome.READ}
    assert more.projects.names() == []
    batches = [{file.sha256 for file in made.manifest.everything()} for made in (corpus, more, third)]
    assert sum(map(len, batches)) == len(set.union(*batches))
    paths = [{file.path for file in made.manifest.files} for made in (corpus, more, third)]
    assert sum(map(len, paths)) == len(set.union(*paths))


def test_the_manifest_names_every_file_with_its_hash_and_nothing_else(corpus: Corpus) -> None:
    landing = corpus.root / "landing"
    on_disk = {str(path.relative_to(landing)) for path in landing.rglob("*") if path.is_file()}

    assert on_disk == corpus.manifest.by_path().keys()
    for file in corpus.manifest.files:
        assert hashlib.sha256(corpus.data(file)).hexdigest() == file.sha256
        assert file.path.startswith(f"{file.customer}/")


def test_the_manifest_survives_its_file(corpus: Corpus) -> None:
    assert load_manifest(corpus.root / "manifest.json") == corpus.manifest


@pytest.mark.parametrize("content", [None, b"", b"[]", b'{"seed": 7}'])
def test_what_is_no_manifest_is_refused_by_name(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "truth.json"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ConfigurationError, match=r"truth\.json"):
        load_manifest(path)


def test_outcomes_are_counted_over_files_and_members(corpus: Corpus) -> None:
    outcomes = corpus.manifest.outcomes()

    assert sum(outcomes.values()) == len(list(corpus.manifest.everything()))
    assert all(outcomes.values())


@pytest.mark.parametrize(
    ("reason", "stage"),
    [
        (ReasonCode.EMPTY, "raw_blobs"),
        (ReasonCode.BOMB, "raw_blobs"),
        (ReasonCode.ENCRYPTED, "raw_blobs"),
        (ReasonCode.UNSUPPORTED_TYPE, "raw_blobs"),
        (ReasonCode.CORRUPT, "ocr_text"),
        (ReasonCode.ENCRYPTED, "ocr_text"),
    ],
)
def test_every_reason_has_a_file(reason: ReasonCode, stage: str, corpus: Corpus) -> None:
    expected = [file.expected for file in corpus.manifest.files]

    assert [one for one in expected if one.reason is reason and one.stage == stage]


def test_a_duplicate_has_the_content_of_its_original_and_the_same_customer(corpus: Corpus) -> None:
    files = corpus.manifest.by_path()
    doubles = [file for file in files.values() if file.expected.outcome is ExpectedOutcome.DUPLICATE]

    assert doubles
    for double in doubles:
        original = files[double.duplicate_of or ""]
        assert (double.customer, double.sha256) == (original.customer, original.sha256)
        assert original.expected.outcome is ExpectedOutcome.READ


def test_content_is_unique_within_a_customer_unless_declared_a_duplicate(corpus: Corpus) -> None:
    counted = [
        (file.customer, file.sha256)
        for file in corpus.manifest.everything()
        if file.expected.outcome is ExpectedOutcome.READ
    ]

    assert len(counted) == len(set(counted))


def test_the_same_content_comes_from_two_customers(corpus: Corpus) -> None:
    shared = [file for file in corpus.manifest.files if "/shared/" in file.path]

    assert shared
    for file in shared:
        others = [one for one in corpus.manifest.files if one.sha256 == file.sha256 and one.customer != file.customer]
        assert others
        assert file.expected.outcome is ExpectedOutcome.READ


def test_a_changed_document_comes_under_a_name_that_was_there_before(corpus: Corpus) -> None:
    changed = next(file for file in corpus.manifest.files if "/corrected/" in file.path)
    name = changed.path.rpartition("/")[2]
    before = [file for file in corpus.manifest.files if file.path.endswith(name) and file is not changed]

    assert any(file.customer == changed.customer and file.sha256 != changed.sha256 for file in before)


def test_the_default_corpus_is_large_and_mixed_and_not_mostly_scans() -> None:
    documents = plan(SampleOptions())
    scans = [one for one in documents if one.style in ("png", "jpg", "tiff", "scanned_pdf")]

    assert len(documents) == 260
    assert {one.kind for one in documents} == set(Kind)
    assert {one.customer for one in documents} == {"acme", "globex", "initech"}
    assert 0.2 <= len(scans) / len(documents) <= 0.3


@pytest.mark.parametrize("customers", [("solo",)])
def test_fewer_customers_share_the_projects(customers: tuple[str, ...], tmp_path: Path) -> None:
    made = make_corpus(tmp_path, SampleOptions(documents=6, customers=customers))

    assert {file.customer for file in made.manifest.everything()} == set(customers)
    assert {made.projects.get(name).customer for name in made.projects.names()} <= set(customers)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"documents": 0}, "documents"),
        ({"customers": ()}, "customers"),
        ({"customers": ("ACME Corp",)}, "customers"),
        ({"batch": "two words"}, "batch"),
        ({"noise": 1.5}, "noise"),
        ({"rotated_share": -0.1}, "rotated_share"),
    ],
)
def test_options_that_make_no_corpus_are_refused(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        SampleOptions(**wrong)  # type: ignore[arg-type]


def test_files_land_whole_and_with_the_corpus_date(corpus: Corpus) -> None:
    landed = [path for path in (corpus.root / "landing").rglob("*") if path.is_file()]
    assert landed
    assert {path.stat().st_mtime for path in landed} == {dt.datetime.combine(SMALL.date, dt.time(), dt.UTC).timestamp()}
    assert not [path for path in landed if path.suffix == ".part"]
