from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from docplatform.documents.elements import QualityGrade
from docplatform.ocr.base import PageCounts
from docplatform.ocr.local.blocks import BarcodeBox, LineBox, MarkBox, PageQuality, WordBox
from docplatform.ocr.local.page_cache import CachedRecognizer, decoded, encoded, page_key
from docplatform.ocr.local.page_elements import PageElements, Rule
from docplatform.ocr.local.page_findings import FINDERS, Finder, PageFindings
from docplatform.ocr.result_cache import ResultCache
from docplatform.storage.memory import MemoryBlobStore
from docplatform_tests.ocr.page_fakes import CountingRecognizer


@pytest.fixture
def store() -> MemoryBlobStore:
    return MemoryBlobStore()


@pytest.fixture
def cache(store) -> ResultCache:
    return ResultCache(lambda: store, "pages")


def _image(fill: int = 7, shape: tuple[int, ...] = (40, 60, 3)) -> np.ndarray:
    return np.full(shape, fill, np.uint8)


def test_a_page_is_recognised_once_and_comes_back_the_same(cache):
    engine = CountingRecognizer()
    first, second = CachedRecognizer(engine, cache), CachedRecognizer(engine, cache)
    found = [first.recognize(_image()), first.recognize(_image()), second.recognize(_image())]
    assert len(engine.seen) == 1
    assert found[0] == found[1] == found[2]
    assert found[0].lines == engine.recognize(_image()).lines
    assert first.counts(2) == PageCounts(in_file=2, recognized=1, cached=1)
    assert second.counts(1) == PageCounts(in_file=1, cached=1)


@pytest.mark.parametrize(
    "other",
    [
        _image(8),
        _image(shape=(60, 40, 3)),
        _image(shape=(40, 180)),
        np.where(np.arange(40 * 60 * 3).reshape(40, 60, 3) == 5, 8, 7).astype(np.uint8),
    ],
    ids=["other pixels", "turned", "grey", "one pixel"],
)
def test_another_image_is_another_page(cache, other):
    engine = CountingRecognizer()
    recognizer = CachedRecognizer(engine, cache)
    recognizer.recognize(_image())
    recognizer.recognize(other)
    assert recognizer.counts(2) == PageCounts(in_file=2, recognized=2)


def test_only_another_engine_recognises_a_page_again(cache):
    for fingerprint, recognized in (("fake-1", 1), ("fake-2", 1), ("fake-1", 0), ("fake-2", 0)):
        recognizer = CachedRecognizer(CountingRecognizer(fingerprint), cache)
        recognizer.recognize(_image())
        assert recognizer.counts(1).recognized == recognized


def test_how_an_image_lies_in_memory_makes_no_difference():
    whole = np.random.default_rng(1).integers(0, 255, (50, 70, 4), dtype=np.uint8)
    assert page_key(whole[:, :, :3], "e") == page_key(np.ascontiguousarray(whole[:, :, :3]), "e")
    assert page_key(whole[:, :, :3], "e") != page_key(whole[:, :, 1:], "e")


def test_without_a_cache_pages_are_counted_all_the_same():
    engine = CountingRecognizer()
    recognizer = CachedRecognizer(engine)
    assert recognizer.recognize(_image()) == recognizer.recognize(_image())
    assert len(engine.seen) == 2
    assert recognizer.counts(5) == PageCounts(in_file=5, recognized=2)


def test_a_damaged_entry_is_recognised_again_written_over_and_counted(store, cache):
    engine = CountingRecognizer()
    CachedRecognizer(engine, cache).recognize(_image())
    (entry,) = store.list("")
    store.put(entry.path, store.get(entry.path)[:-9])
    recognizer = CachedRecognizer(engine, cache)
    found = [recognizer.recognize(_image()) for _ in range(2)]
    assert found[0] == found[1]
    assert recognizer.counts(1) == PageCounts(in_file=1, recognized=1, cached=1, repaired=1)


def test_whatever_a_page_holds_comes_back():
    polygon = (1, 2.25, 30, 2.25, 30, 12, 1, 12)
    words = [WordBox("Grüße", polygon, 0.9871), WordBox("世界\t", None, 1.0, "")]
    quality = PageQuality(QualityGrade.FAIR, ["blur", "noise"], {"blur": 0.31})
    full = PageElements(
        [LineBox(words, polygon), LineBox([])], 100.5, 200, "pixel", 270, -1.75, [Rule(0, 1.5, 2, 3)],
        [MarkBox(True, polygon, 0.5)], [BarcodeBox("QRCode", "x", polygon, 0.75)], [polygon], quality=quality,
    )  # fmt: skip
    back = decoded(encoded(full))
    for field in fields(PageElements):
        default = field.default
        assert getattr(full, field.name) != default, f"{field.name}: give it a value in this test"
        assert getattr(back, field.name) == getattr(full, field.name)


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"lines": 3}', b"\xff"])
def test_anything_else_is_told(data):
    with pytest.raises(ValueError, match="validation error"):
        decoded(data)


class TestFindings:
    def test_finders_run_after_recognition_in_their_order_and_see_what_others_found(self):
        def first(image, elements):
            return PageElements(elements.lines, *elements_size(elements), "pixel", rules=[Rule(0, 0, 1, 1)])

        def second(image, elements):
            return PageElements(elements.lines, *elements_size(elements), "pixel", rules=[*elements.rules] * 2)

        def elements_size(elements):
            return elements.width, elements.height

        findings = PageFindings(CountingRecognizer(), [Finder("first", 1, first), Finder("second", 1, second)])
        assert len(findings.recognize(_image()).rules) == 2

    def test_each_finder_is_part_of_the_fingerprint(self):
        def same(image, elements):
            return elements

        prints = {
            PageFindings(CountingRecognizer(engine), finders).fingerprint
            for engine in ("e1", "e2")
            for finders in ([], [Finder("a", 1, same)], [Finder("a", 2, same)], [Finder("b", 1, same)])
        }
        assert len(prints) == 8

    def test_finders_have_names_of_their_own(self):
        assert len({finder.name for finder in FINDERS}) == len(FINDERS)


@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 1), (4, 6, 3), (4, 6, 4)])
def test_finders_see_every_image_as_eight_bits_of_grey(shape):
    seen = []

    def find(grey, elements):
        seen.append((grey.shape, grey.dtype, int(grey.min()), int(grey.max())))
        return elements

    class Recognizer:
        fingerprint = "r"

        def recognize(self, image):
            return PageElements([], 6, 4, "pixel")

    PageFindings(Recognizer(), [Finder("looks", 1, find)]).recognize(np.full(shape, 200, np.uint8))
    assert seen == [((4, 6), np.uint8, 200, 200)]
