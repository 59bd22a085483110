"""Holding a corpus against its truth: each difference is found."""

from __future__ import annotations

import hashlib

import pytest

from docplatform.errors import ReasonCode
from docplatform.lake.quarantine import dismiss, open_entries
from docplatform.samples.checking import CorpusCheck, check_corpus
from docplatform.samples.truth import DUPLICATE, READ, Expected, Manifest, SampleFile, quarantined
from docplatform_tests.homes import Home
from docplatform_tests.ingestion.archives import zip_of

ZIP = zip_of(("in.txt", b"a member"))
FILES: dict[str, tuple[bytes, Expected]] = {
    "acme/a.txt": (b"first", READ),
    "acme/copy.txt": (b"first", DUPLICATE),
    "acme/empty.txt": (b"", quarantined(ReasonCode.EMPTY, "raw_blobs")),
    "acme/bad.txt": (b"!corrupt text", quarantined(ReasonCode.CORRUPT, "ocr_text")),
    "acme/all.zip": (ZIP, READ),
}


def sample(path: str, data: bytes, expected: Expected, **values: object) -> SampleFile:
    digest = hashlib.sha256(data).hexdigest()
    return SampleFile(path=path, customer="acme", sha256=digest, format="txt", expected=expected, **values)


def manifest(**changes: Expected) -> Manifest:
    """The truth about FILES, with some of it changed (by base name, without extension)."""
    files = []
    for path, (data, expected) in FILES.items():
        members = (sample("in.txt", b"a member", changes.get("member", READ)),) if data == ZIP else ()
        name = path.split("/")[1].split(".")[0]
        files.append(sample(path, data, changes.get(name, expected), members=members))
    return Manifest(seed=1, batch=None, files=tuple(files))


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = Home.at(tmp_path_factory.mktemp("home"))
    home.add({path: data for path, (data, _) in FILES.items()})
    return home


def check(home: Home, *manifests: Manifest) -> CorpusCheck:
    return check_corpus(manifests, home.platform.lake)


def test_a_corpus_that_fared_as_it_should_has_no_difference(home):
    assert check(home, manifest()) == CorpusCheck(checked=6, as_expected=6, differences=())


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"bad": READ}, "acme/bad.txt: should be read, but is not (corrupt at ocr_text)"),
        ({"empty": READ}, "acme/empty.txt: should be read, but is not (empty at raw_blobs)"),
        (
            {"member": quarantined(ReasonCode.BOMB, "raw_blobs")},
            "in.txt: should be quarantined as bomb, but was read",
        ),
        (
            {"bad": quarantined(ReasonCode.ENCRYPTED, "ocr_text")},
            "acme/bad.txt: should be quarantined as encrypted at ocr_text, but: corrupt at ocr_text",
        ),
        (
            {"empty": quarantined(ReasonCode.EMPTY, "ocr_text")},
            "acme/empty.txt: should be quarantined as empty at ocr_text, but: empty at raw_blobs",
        ),
    ],
)
def test_each_file_that_came_to_another_end_is_named(home, changes, difference):
    result = check(home, manifest(**changes))
    assert result.differences == (difference,)
    assert (result.checked, result.as_expected) == (6, 5)


def test_a_file_that_never_arrived_is_named(home):
    more = Manifest(seed=2, batch="more", files=(sample("acme/lost.txt", b"lost", READ),))
    assert check(home, manifest(), more).differences == ("acme/lost.txt: 1 copies expected, arrived {}",)


def test_a_duplicate_too_many_or_too_few_is_named(home):
    more = Manifest(seed=2, batch="more", files=(sample("acme/third.txt", b"first", DUPLICATE),))
    differences = check(home, manifest(), more).differences
    assert len(differences) == 3
    assert all("3 copies expected" in difference for difference in differences)


def test_a_dismissed_entry_is_not_open_any_more(tmp_path, home):
    other = home.copied_to(tmp_path)
    dismiss(other.platform.lake, open_entries(other.platform.lake), note="no document", run_id="somebody")
    assert {line.split(":")[0] for line in check(other, manifest()).differences} == {"acme/empty.txt", "acme/bad.txt"}
    assert all("not quarantined" in difference for difference in check(other, manifest()).differences)
