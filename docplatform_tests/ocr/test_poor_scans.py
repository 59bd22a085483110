"""Scans as they come: crooked, faint, inverted, coarse, huge. Each is made here, and its text must be found."""

import numpy as np
import pytest
from PIL import Image, ImageFilter, ImageOps

from docplatform.ocr.local.recognition.preparation import prepared
from docplatform.ocr.local.recognition.recognizer import RapidOcrRecognizer
from docplatform.settings import ReadingSettings
from docplatform_tests.ocr.drawing import LINES, picture

_TEXT = " ".join(LINES[:2])
_SHEET = picture(LINES[:2], (900, 240)).convert("L")
"""Two lines: what differs is the page, and more lines only cost time."""


def _skewed(degrees):
    def turn(sheet):
        return sheet.rotate(-degrees, expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC)

    return turn


def _levels(ink, paper):
    def pale(sheet):
        return sheet.point([round(ink + (paper - ink) * level / 255) for level in range(256)])

    return pale


def _scaled(factor):
    def scale(sheet):
        size = (round(sheet.width * factor), round(sheet.height * factor))
        return sheet.resize(size, Image.Resampling.LANCZOS)

    return scale


def _read(sheet):
    return RapidOcrRecognizer(ReadingSettings()).recognize(np.asarray(sheet))


def _text(found):
    lines = sorted(found.lines, key=lambda line: line.polygon[1])
    return " ".join(word.text for line in lines for word in line.words)


@pytest.mark.parametrize(
    "spoil",
    [
        *(_skewed(2), _skewed(-5), _skewed(12)),
        *(ImageOps.invert, _levels(225, 245), _levels(40, 95), _levels(230, 242)),
        *(_scaled(0.3), _scaled(4)),
        lambda sheet: sheet.filter(ImageFilter.GaussianBlur(2.5)),
    ],
    ids=[
        *("skew of 2 degrees", "skew of -5 degrees", "skew of 12 degrees"),
        *("inverted", "faint", "dark paper", "12 grey levels"),
        *("coarse: letters of 9 pixels", "huge", "blurred"),
    ],
)
def test_poor_scans_are_read(spoil):
    assert _text(_read(spoil(_SHEET))) == _TEXT


@pytest.mark.parametrize("degrees", [-7, 7])
def test_words_of_a_crooked_page_lie_on_their_ink_in_the_page_s_own_frame(degrees):
    sheet = _skewed(degrees)(_SHEET)
    found = _read(sheet)
    assert found.skew == pytest.approx(degrees, abs=1)
    ink = np.asarray(sheet) < 128
    for word in (word for line in found.lines for word in line.words):
        x, y = (round(sum(numbers) / 4) for numbers in (word.polygon[::2], word.polygon[1::2]))
        assert ink[y - 12 : y + 12, x - 12 : x + 12].any(), word


def test_a_line_on_its_head_among_upright_ones_is_read():
    sheet = picture((*LINES[:2], ""), (900, 340)).convert("L")
    sheet.paste(picture(LINES[2:3], (900, 100)).convert("L").rotate(180), (0, 230))
    found = _read(sheet)
    assert found.direction == 0
    texts = {" ".join(word.text for word in line.words): line.polygon for line in found.lines}
    assert set(texts) == set(LINES[:3])
    assert texts[LINES[2]][0] > texts[LINES[2]][2]  # it starts at its right


@pytest.mark.parametrize("noise", [0, 3, 12])
def test_an_empty_page_stays_empty_however_its_paper_looks(noise):
    paper = np.random.default_rng(1).normal(240, noise, (400, 600)).clip(0, 255).astype(np.uint8)
    assert _read(paper).lines == []


def test_only_faint_pages_are_stretched():
    black = np.asarray(_SHEET)
    assert np.array_equal(prepared(black, 2_000)[0][:, :, 0], black)
    faint = np.asarray(_levels(225, 245)(_SHEET))
    page, scale = prepared(faint, 2_000)
    assert (page.min(), page.max(), scale) == (0, 255, 1.0)
    blank = np.full((100, 100, 3), 200, np.uint8)
    assert np.array_equal(prepared(blank, 2_000)[0], blank)
