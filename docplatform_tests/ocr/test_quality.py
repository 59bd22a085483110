"""Pages drawn here, with the boxes that a recogniser would find on them: no engine runs."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from docplatform.documents.elements import QualityGrade
from docplatform.ocr.local.blocks import AS_GIVEN, LineBox, WordBox
from docplatform.ocr.local.layout.page import arrange
from docplatform.ocr.local.page_elements import PageElements
from docplatform.ocr.local.quality import SCALES, graded, page_quality, shows_ink

_LINES = ("The quick brown fox jumps over", "the lazy dog and runs away from", "a cat that has not been fed yet")


def _page(size: int = 22, ink: int = 20, paper: int = 255) -> tuple[Image.Image, list[tuple[str, tuple[float, ...]]]]:
    """A page with three lines of ``size`` pixels, and their boxes as generous as a detector's."""
    page = Image.new("L", (40 * size, 10 * size), paper)
    draw, font, boxes = ImageDraw.Draw(page), ImageFont.load_default(size), []
    for number, line in enumerate(_LINES):
        x, y = size, size + number * 2 * size
        draw.text((x, y), line, fill=ink, font=font)
        left, top, right, bottom = draw.textbbox((x, y), line, font=font)
        boxes.append((line, (left - 2, top - 4, right + 2, top - 4, right + 2, bottom + 4, left - 2, bottom + 4)))
    return page, boxes


def _elements(boxes, confidence: float = 0.99, skew: float = 0.0) -> PageElements:
    lines = [LineBox([WordBox(word, None, confidence) for word in text.split()], box) for text, box in boxes]
    return PageElements(lines, 1_000, 1_000, "pixel", skew=skew)


def _quality(page, boxes, **elements):
    return page_quality(np.asarray(page), _elements(boxes, **elements))


def _noisy(page: Image.Image, levels: float) -> Image.Image:
    noise = np.random.default_rng(3).standard_normal((page.height, page.width)) * levels
    return Image.fromarray(np.clip(np.asarray(page) * 0.8 + 25 + noise, 0, 255).astype(np.uint8))


def test_a_clean_page_is_excellent_and_says_what_was_measured():
    quality = _quality(*_page())
    assert (quality.grade, quality.reasons) == (QualityGrade.EXCELLENT, [])
    assert set(quality.measures) == {scale.measure for scale in SCALES}
    assert quality.measures["textSize"] == pytest.approx(22, rel=0.25)
    assert quality.measures["contrast"] == pytest.approx((255 - 20) / 255, abs=0.25), (
        "thin strokes are never quite black"
    )
    assert quality.measures["blur"] < 0.1


@pytest.mark.parametrize(
    ("reason", "spoil"),
    [
        ("blur", lambda page: page.filter(ImageFilter.GaussianBlur(4))),
        ("noise", lambda page: _noisy(page, 80)),
        ("faint", lambda page: page.point(lambda level: 255 - (255 - level) * 0.1)),
    ],
)
def test_a_spoiled_page_is_worse_and_says_why(reason, spoil):
    page, boxes = _page()
    quality = _quality(spoil(page), boxes)
    assert quality.grade in (QualityGrade.POOR, QualityGrade.FAIR)
    assert reason in quality.reasons


@pytest.mark.parametrize(
    ("found", "grade", "reasons"),
    [
        ({"confidence": 0.97}, QualityGrade.GOOD, ["lowConfidence"]),
        ({"confidence": 0.6}, QualityGrade.POOR, ["lowConfidence"]),
        ({"skew": -12.0}, QualityGrade.FAIR, ["skew"]),
        ({"skew": 7.0, "confidence": 0.97}, QualityGrade.GOOD, ["lowConfidence", "skew"]),
        ({"skew": 7.0, "confidence": 0.5}, QualityGrade.POOR, ["lowConfidence"]),
    ],
)
def test_what_the_recogniser_says_counts_and_the_worst_measure_decides(found, grade, reasons):
    quality = _quality(*_page(), **found)
    assert (quality.grade, quality.reasons) == (grade, reasons)


@pytest.mark.parametrize(("size", "grade"), [(20, "EXCELLENT"), (9, "GOOD"), (7, "FAIR"), (5, "POOR")])
def test_small_text_is_low_resolution(size, grade):
    page, _ = _page()
    scale = size / 22
    boxes = [(text, tuple(value * scale for value in box)) for text, box in _page()[1]]
    small = page.resize((round(page.width * scale), round(page.height * scale)), Image.Resampling.BOX)
    quality = _quality(small, boxes)
    assert quality.grade == grade
    assert quality.reasons == ([] if grade == "EXCELLENT" else ["lowResolution"])


def test_wide_characters_are_measured_by_their_height():
    box = (0, 0, 160, 0, 160, 20, 0, 20)
    image = np.random.default_rng(1).choice(np.array([20, 255], np.uint8), (20, 160)).repeat(1, axis=0)
    elements = PageElements([LineBox([WordBox("一二三四五六七八")], box)], 160, 20, "pixel")
    assert page_quality(image, elements).measures["textSize"] == 20


def test_colours_and_an_extra_axis_make_no_difference():
    page, boxes = _page()
    grey = np.asarray(page)
    wanted = page_quality(grey, _elements(boxes))
    assert page_quality(grey[:, :, None], _elements(boxes)) == wanted
    assert page_quality(np.repeat(grey[:, :, None], 3, axis=2), _elements(boxes)) == wanted


def test_boxes_of_no_size_or_off_the_page_spoil_nothing():
    page, boxes = _page()
    odd = [
        ("i", (5.0,) * 8),
        ("", (50, 50, 90, 50, 90, 70, 50, 70)),
        ("off", (9_000, 9_000, 9_010, 9_000, 9_010, 9_010, 9_000, 9_010)),
    ]
    assert _quality(page, [*boxes, *odd]).grade is QualityGrade.EXCELLENT
    assert _quality(page, odd).grade is QualityGrade.POOR


class TestInk:
    @staticmethod
    def _sheet(paper: int = 250) -> np.ndarray:
        return np.full((1_600, 1_200), paper, np.uint8)

    def test_paper_is_blank_whatever_its_shade_speckles_and_edges(self):
        shade = np.tile(np.linspace(140, 250, 1_200).astype(np.uint8), (1_600, 1))
        speckled = self._sheet()
        speckled[np.random.default_rng(5).random(speckled.shape) < 0.0005] = 0
        edged = self._sheet()
        edged[:, :20] = edged[:, -20:] = edged[:25] = 0
        noisy = np.clip(self._sheet(200) + np.random.default_rng(5).normal(0, 15, (1_600, 1_200)), 0, 255)
        for sheet in (self._sheet(), self._sheet(60), shade, speckled, edged, noisy.astype(np.uint8)):
            assert not shows_ink(sheet)

    @pytest.mark.parametrize("inverted", [False, True])
    def test_a_stamp_or_a_line_of_writing_is_ink(self, inverted):
        sheet = self._sheet()
        sheet[800:840, 300:420] = 90
        assert shows_ink(255 - sheet if inverted else sheet)
        assert shows_ink(np.repeat(sheet[:, :, None], 3, axis=2))

    def test_a_tiny_image_is_looked_at_too(self):
        assert not shows_ink(np.full((3, 2), 255, np.uint8))

    def test_a_page_without_text_is_poor_with_ink_and_excellent_without(self):
        blank = PageElements((), 1_200, 1_600, "pixel")
        inked = self._sheet()
        inked[300:900, 300:900:12] = 0
        assert page_quality(self._sheet(), blank) == AS_GIVEN
        quality = page_quality(inked, blank)
        assert (quality.grade, list(quality.reasons)) == (QualityGrade.POOR, ["inkWithoutText"])


def test_a_grade_goes_with_its_page():
    page, boxes = _page()
    elements = graded(np.asarray(page), _elements(boxes, confidence=0.5))
    assert elements.quality.grade is QualityGrade.POOR
    assert arrange(elements.scaled(0.01, 4, 2, "inch")).quality == elements.quality
    assert arrange(_elements(boxes)).quality == AS_GIVEN
