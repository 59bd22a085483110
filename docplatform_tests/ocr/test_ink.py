import numpy as np
import pytest

from docplatform.ocr.local.ink import ink_notice, ink_of
from docplatform_tests.ocr.drawing import picture


def _page(level: int = 255, channels: int = 3) -> np.ndarray:
    return np.full((2200, 1700, channels), level, np.uint8)


def _photograph() -> np.ndarray:
    ramp = np.linspace(0, 255, 1700)[None, :] * np.linspace(0.2, 1, 2200)[:, None]
    return np.repeat(ramp.astype(np.uint8)[:, :, None], 3, axis=2)


@pytest.mark.parametrize("channels", [1, 3])
def test_print_on_paper_may_be_text_and_a_photograph_is_none(channels):
    text = np.asarray(picture())[:, :, :channels]
    assert ink_of(text).may_be_text
    assert ink_of(255 - text).may_be_text  # white on black
    assert not ink_of(_photograph()[:, :, :channels]).may_be_text


@pytest.mark.parametrize("image", [_page(), _page(120), _page()[:, :, 0]])
def test_an_even_page_is_blank(image):
    assert not ink_of(image).may_be_text
    assert ink_notice(image, 0) is None


def test_nothing_is_no_text():
    assert not ink_of(np.zeros((0, 5, 3), np.uint8)).may_be_text


def test_dust_and_the_scanners_edge_are_no_ink():
    image = _page()
    image[:20] = image[:, :20] = 0
    image[500:508, 500:508] = 0
    assert ink_notice(image, 0) is None


def test_a_drawing_without_text_is_told_with_its_page():
    image = _page()
    image[500:600, 500:900] = (200, 40, 40)
    notice = ink_notice(image, 4)
    assert (notice.code, notice.target) == ("inkWithoutText", "/pages/4")
    assert "page 5 (1.2% of it)" in notice.message
