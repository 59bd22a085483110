"""The reader with its caches: what is recognised, how often, across documents, customers and runs."""

from __future__ import annotations

import pickle
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from docplatform.composition import open_blob_store
from docplatform.documents import media_types
from docplatform.errors import ConfigurationError, TransientError
from docplatform.inference.stages import ReadingStage
from docplatform.lake.incremental import run_stage
from docplatform.ocr.base import DocumentSource, PageCounts, ReadOutcome
from docplatform.ocr.local import reader as reader_module
from docplatform.ocr.local.document_cache import decoded, encoded
from docplatform.ocr.local.reader import LocalDocumentReader
from docplatform.settings import LimitSettings, ReadingSettings
from docplatform.storage.memory import MemoryBlobStore
from docplatform_tests.homes import Home, quick_settings
from docplatform_tests.ocr.drawing import pdf, picture, picture_page, saved, text_page
from docplatform_tests.ocr.page_fakes import CountingRecognizer


@pytest.fixture
def engine(monkeypatch) -> CountingRecognizer:
    """Stands in for the OCR engine of every reader."""
    counting = CountingRecognizer()
    monkeypatch.setattr(reader_module, "recognizer_of", lambda _reading: counting)
    return counting


@pytest.fixture
def store() -> MemoryBlobStore:
    return MemoryBlobStore()


def _reader(store: MemoryBlobStore | None = None, **reading: object) -> LocalDocumentReader:
    settings = ReadingSettings.model_validate({"workers": 0, **reading})
    return LocalDocumentReader(settings, LimitSettings(), (lambda: store) if store else None)


def _read(reader: LocalDocumentReader, data: bytes, media_type: media_types.MediaType) -> ReadOutcome:
    (outcome,) = reader.read_many([DocumentSource("key", data, media_type.mime)])
    assert outcome.result is not None, outcome.message
    return outcome


def _kinds(store: MemoryBlobStore) -> list[str]:
    return sorted(info.path.split("/")[1] for info in store.list("cache"))


SCAN = picture()
PNG = saved(SCAN, "PNG")


def test_the_same_bytes_are_read_once(engine, store):
    first, second = (_read(_reader(store), PNG, media_types.PNG) for _ in range(2))
    assert len(engine.seen) == 1
    assert first.result == second.result
    assert first.pages == PageCounts(in_file=1, recognized=1)
    assert second.pages == PageCounts(in_file=1, cached=1)
    assert _kinds(store) == ["documents", "pages"]


def test_the_same_page_in_other_bytes_is_recognised_once(engine, store):
    frames = saved(SCAN, "TIFF", save_all=True, append_images=[Image.new("RGB", (300, 200), "red"), SCAN])
    _read(_reader(store), PNG, media_types.PNG)
    outcome = _read(_reader(store), frames, media_types.TIFF)
    assert outcome.pages == PageCounts(in_file=3, recognized=1, cached=2)
    assert len(engine.seen) == 2
    assert [page.lines[0].content for page in outcome.result.pages][::2] == [
        outcome.result.pages[0].lines[0].content
    ] * 2


def test_only_pages_that_are_images_count_as_recognised(engine, store):
    data = pdf(text_page(*["A line of a text layer, long enough to be believed"] * 5), picture_page(SCAN))
    outcome = _read(_reader(store), data, media_types.PDF)
    assert outcome.pages == PageCounts(in_file=2, recognized=1)


def test_what_needs_no_recognition_is_not_kept(engine, store):
    for data, media_type in ((b"plain", media_types.TXT), (pdf(text_page("A born digital page")), media_types.PDF)):
        outcome = _read(_reader(store), data, media_type)
        assert outcome.pages == PageCounts(in_file=1)
    assert _kinds(store) == []


@pytest.mark.parametrize("change", [{"pdf_render_dpi": 100}, {"ocr_max_side": 600}])
def test_other_options_read_a_document_again_and_recognise_only_pages_that_they_change(engine, store, change):
    _read(_reader(store), PNG, media_types.PNG)
    outcome = _read(_reader(store, **change), PNG, media_types.PNG)
    changes_pixels = "ocr_max_side" in change
    assert outcome.pages == PageCounts(in_file=1, recognized=changes_pixels, cached=not changes_pixels)


def test_another_engine_recognises_everything_again(engine, store):
    _read(_reader(store), PNG, media_types.PNG)
    engine.fingerprint = "fake-2"
    assert _read(_reader(store), PNG, media_types.PNG).pages == PageCounts(in_file=1, recognized=1)


def test_the_engine_is_part_of_the_readers_fingerprint_and_the_cache_is_not(engine, store):
    with_cache, without = _reader(store).fingerprint, _reader(cache=False).fingerprint
    assert with_cache == without == _reader(cache_max_bytes=5).fingerprint
    engine.fingerprint = "fake-2"
    assert _reader().fingerprint != without


def test_no_store_or_no_wish_no_cache(engine, store):
    for reader in (_reader(), _reader(store, cache=False)):
        assert [_read(reader, PNG, media_types.PNG).pages.recognized for _ in range(2)] == [1, 1]
    assert _kinds(store) == []


def test_damaged_entries_are_read_again(engine, store):
    whole = _read(_reader(store), PNG, media_types.PNG)
    for info in list(store.list("cache")):
        store.put(info.path, b"damaged")
    again = _read(_reader(store), PNG, media_types.PNG)
    assert again.result == whole.result
    assert again.pages == PageCounts(in_file=1, recognized=1, repaired=1)
    assert _read(_reader(store), PNG, media_types.PNG).pages == PageCounts(in_file=1, cached=1)


@pytest.mark.parametrize("data", [b"", b'{"odd": 1}\n{}', b"[1]\nx", b'{"in_file": 1}\n\xff'])
def test_what_is_no_reading_is_told(data):
    with pytest.raises(ValueError, match=r"not a reading|Expecting value|can't decode"):
        decoded(data)


def test_a_reading_comes_back_whole(engine):
    reading = _reader().reading(DocumentSource("k", PNG, media_types.PNG.mime))
    back = decoded(b"".join(encoded(reading)))
    assert back.result == reading.result
    assert back.pages == PageCounts(in_file=1, cached=1)


def test_a_store_can_be_opened_in_a_worker(tmp_path):
    open_store = pickle.loads(pickle.dumps(partial(open_blob_store, quick_settings(tmp_path))))  # noqa: S301 - ours
    open_store().put("a", b"x")
    assert (tmp_path / "a").read_bytes() == b"x"


class _FailingStore(MemoryBlobStore):
    """A store that can't be reached, or whose credentials are refused."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def get(self, path: str) -> bytes:
        raise self._error


def test_a_store_that_cannot_be_reached_is_tried_again_later(engine):
    reader = _reader(_FailingStore(TransientError("the store is busy")))
    (outcome,) = reader.read_many([DocumentSource("key", PNG, media_types.PNG.mime)])
    assert (outcome.result, outcome.is_transient, outcome.message) == (None, True, "the store is busy")


def test_a_store_that_refuses_the_credentials_ends_the_pass_and_quarantines_nothing(engine):
    reader = _reader(_FailingStore(ConfigurationError("access refused")))
    with pytest.raises(ConfigurationError, match="access refused"):
        list(reader.read_many([DocumentSource("key", PNG, media_types.PNG.mime)]))


class TestPass:
    """Documents on their way from landing folders to tables."""

    @pytest.fixture
    def home(self, tmp_path: Path, engine: CountingRecognizer) -> Home:
        home = Home.at(tmp_path)
        del home.platform.__dict__["document_reader"]  # the fake: the platform makes the real one, whose engine is one
        return home

    def _counts(self, home: Home) -> list[tuple[str, int, int, int, int]]:
        columns = ("lake_partition", "page_count", "file_page_count", "recognized_pages", "cached_pages")
        return sorted(tuple(row[name] for name in columns) for row in home.rows("ocr_text", *columns))

    def test_a_scan_that_two_customers_send_is_recognised_once(self, home, engine):
        tiff = saved(SCAN, "TIFF")
        home.add({"acme/scan.png": PNG, "beta/their copy.png": PNG, "beta/as.tiff": tiff})
        assert len(engine.seen) == 1
        counts = self._counts(home)
        assert [row[0].split("/")[:2] for row in counts] == [["acme", "png"], ["beta", "png"], ["beta", "tiff"]]
        assert sum(row[3] for row in counts) == 1
        assert sum(row[4] for row in counts) == 2
        assert all(row[1:3] == (1, 1) for row in counts)

    def test_a_forced_re_read_recognises_nothing_but_what_was_damaged(self, home, engine):
        home.add({"acme/scan.png": PNG})
        p = home.platform
        (row,) = home.rows("ocr_text")
        stage = ReadingStage(p.lake, p.blob_store, p.document_reader)
        (report,) = run_stage(
            p.lake, stage, [row["lake_partition"]], run_id="again", document_ids=[row["document_id"]]
        ).values()
        assert dict(report.counts) == {"pages": 1, "pages recognized": 0, "pages from cache": 1}
        p.blob_store.put(next(p.blob_store.list("cache/documents")).path, b"damaged")
        p.blob_store.put(next(p.blob_store.list("cache/pages")).path, b"damaged")
        ids = [row["document_id"]]
        (repair,) = run_stage(p.lake, stage, [row["lake_partition"]], run_id="repair", document_ids=ids).values()
        assert dict(repair.counts) == {
            "pages": 1, "pages recognized": 1, "pages from cache": 0, "damaged cache entries repaired": 1,
        }  # fmt: skip
        del engine.seen[1:]
        run_stage(p.lake, stage, [row["lake_partition"]], run_id="again", document_ids=ids)
        (again,) = home.rows("ocr_text")
        assert (again["run_id"], again["cached_pages"], again["content_hash"]) == ("again", 1, row["content_hash"])
        assert len(engine.seen) == 1


def test_workers_share_the_cache_of_a_home(tmp_path):
    """With the real engine, for workers make their own."""
    open_store = partial(open_blob_store, quick_settings(tmp_path))
    counts, contents = [], []
    for _ in range(2):
        reader = LocalDocumentReader(ReadingSettings(workers=1), LimitSettings(), open_store)
        try:
            outcome = _read(reader, saved(picture(["Invoice 4711"], (420, 120)), "PNG"), media_types.PNG)
        finally:
            reader.close()
        counts.append(outcome.pages)
        contents.append(outcome.result.content)
    assert counts == [PageCounts(in_file=1, recognized=1), PageCounts(in_file=1, cached=1)]
    assert contents[0] == contents[1] == "Invoice 4711"
