import sys
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image, ImageOps

from docplatform.documents import media_types
from docplatform.documents.media_types import sniff
from docplatform.errors import ConfigurationError, PermanentError, ReasonCode
from docplatform.ocr.local.recognition import recognizer as recognition
from docplatform.ocr.local.recognition.decoding import Decoder
from docplatform.ocr.local.recognition.engine import Engine, load_engine
from docplatform.ocr.local.recognition.recognizer import RapidOcrRecognizer
from docplatform.settings import ReadingSettings
from docplatform_tests.ocr.drawing import LINES, picture, saved
from docplatform_tests.ocr.heic_sample import HEIC_PICTURE
from docplatform_tests.ocr.reading import lines as _lines
from docplatform_tests.ocr.reading import read as _read

_STRIP = (640, 120)
_LINE = picture(LINES[:1], _STRIP)
"""One line of text: where only decoding differs, recognising more costs time and shows nothing."""


def _transparent(image: Image.Image) -> Image.Image:
    """Black text; what is white becomes transparent black, as careless programs write it."""
    image = Image.new("RGBA", image.size, (0, 0, 0, 0)) if image is None else image
    alpha = ImageOps.invert(image.convert("L"))
    return Image.merge("RGBA", [Image.new("L", image.size, 0)] * 3 + [alpha])


def _see_through(image: Image.Image) -> Image.Image:
    """A palette of two blacks, for the ink and for the paper; saved so that the paper's is transparent."""
    indexed = Image.fromarray((np.asarray(image.convert("L")) < 128).astype(np.uint8)).convert("P")
    indexed.putpalette([0] * 6)
    return indexed


def _sixteen_bits(image: Image.Image) -> Image.Image:
    return Image.fromarray((np.asarray(image.convert("L")).astype(np.uint16) * 257).astype(np.uint16))


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (saved(_LINE, "PNG"), media_types.PNG),
        (saved(_LINE, "JPEG", quality=90), media_types.JPEG),
        (saved(_LINE.convert("CMYK"), "JPEG", quality=90), media_types.JPEG),
        (saved(_LINE, "WEBP", lossless=True), media_types.WEBP),
        (saved(_LINE, "BMP"), media_types.BMP),
        (saved(_LINE.convert("P"), "GIF"), media_types.GIF),
        (saved(_LINE.convert("1"), "TIFF", compression="group4"), media_types.TIFF),
        (saved(_sixteen_bits(_LINE), "PNG"), media_types.PNG),
        (saved(_transparent(_LINE), "PNG"), media_types.PNG),
        (saved(_LINE.convert("LA"), "PNG"), media_types.PNG),
        (saved(_see_through(_LINE), "PNG", transparency=0), media_types.PNG),
        (saved(_LINE, "AVIF", quality=90), media_types.AVIF),
        (saved(_LINE, "JPEG2000"), media_types.JPEG2000),
    ],
    ids=[
        *("png", "jpeg", "cmyk", "webp", "bmp", "gif", "1-bit tiff", "16-bit", "transparent", "grey with alpha"),
        *("palette with a transparent colour", "avif", "jpeg 2000"),
    ],
)
def test_every_kind_of_picture_is_read(data, media_type):
    assert _lines(_read(data, media_type)) == [LINES[0]]


def test_heic_is_read_where_the_extra_is_installed():
    pytest.importorskip("pi_heif", reason="needs the extra heic")
    assert sniff(HEIC_PICTURE) is media_types.HEIC
    assert _lines(_read(HEIC_PICTURE, media_types.HEIC)) == ["TOTAL 1250"]


def test_heic_is_refused_with_the_name_of_the_extra_where_that_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    with pytest.raises(PermanentError, match=r"docplatform\[heic\]") as caught:
        _read(HEIC_PICTURE, media_types.HEIC)
    assert caught.value.reason is ReasonCode.UNSUPPORTED_TYPE


def test_words_lie_in_the_picture_s_own_pixels():
    result = _read(saved(picture(), "PNG"), media_types.PNG)
    page = result.pages[0]
    assert (page.width, page.height, page.unit) == (900, 420, "pixel")
    ink = np.asarray(picture().convert("L")) < 128
    for word in page.words:
        left, top, right, bottom = (round(value) for value in (*word.polygon[:2], *word.polygon[4:6]))
        assert ink[top:bottom, left:right].any(), word
        assert 0 < word.confidence <= 1
    first_line = [word for word in page.words if word.polygon[1] < 100]
    assert [word.content for word in first_line] == LINES[0].split()
    assert all(a.polygon[2] <= b.polygon[0] + 8 for a, b in pairwise(first_line))


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_pages_the_wrong_way_up_are_read_in_order(turns):
    turned = picture().rotate(-90 * turns, expand=True)  # clockwise
    result = _read(saved(turned, "PNG"), media_types.PNG)
    page = result.pages[0]
    assert _lines(result) == list(LINES)
    assert page.angle % 360 == pytest.approx(90 * turns, abs=1)
    ink = np.asarray(turned.convert("L")) < 128
    for word in page.words:
        xs, ys = word.polygon[::2], word.polygon[1::2]
        assert ink[int(min(ys)) : int(max(ys)), int(min(xs)) : int(max(xs))].any()


def test_skew_is_measured():
    tilted = picture().rotate(-4, fillcolor="white", expand=True, resample=Image.Resampling.BICUBIC)
    result = _read(saved(tilted, "PNG"), media_types.PNG)
    assert _lines(result) == list(LINES)
    assert result.pages[0].angle == pytest.approx(4, abs=1)


def test_the_exif_orientation_is_obeyed():
    exif = Image.Exif()
    exif[0x0112] = 6
    result = _read(saved(picture().rotate(90, expand=True), "JPEG", exif=exif, quality=90), media_types.JPEG)
    assert _lines(result) == list(LINES)
    assert (result.pages[0].width, result.pages[0].angle) == (900, pytest.approx(0, abs=1))


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_huge_pictures_are_scaled_down_and_boxes_scaled_back(kind):
    large = picture().resize((4_500, 2_100), Image.Resampling.BICUBIC)
    result = _read(saved(large, kind), media_types.PNG if kind == "PNG" else media_types.JPEG)
    assert _lines(result) == list(LINES)
    assert result.pages[0].width == 4_500
    assert max(x for word in result.pages[0].words for x in word.polygon[::2]) > 2_000


@pytest.mark.parametrize("size", [(1, 1), (2_000, 3), (3, 2_000), (20, 20)])
def test_tiny_and_thin_pictures_are_blank(size):
    result = _read(saved(Image.new("L", size, 255), "PNG"), media_types.PNG)
    assert result.warnings[0].code == "emptyDocument"
    assert (result.pages[0].width, result.pages[0].height) == size


def test_a_strip_of_one_line_is_read():
    strip = picture(["A long strip with only one line of text in it"], (1_300, 100))
    result = _read(saved(strip, "PNG"), media_types.PNG)
    assert _lines(result) == ["A long strip with only one line of text in it"]
    assert all(0 <= y <= 100 for word in result.pages[0].words for y in word.polygon[1::2])


def test_every_page_of_a_tiff_is_read():
    pages = [picture([text], _STRIP) for text in ("First page here", "Second page here")]
    result = _read(saved(pages[0], "TIFF", save_all=True, append_images=pages[1:]), media_types.TIFF)
    assert [page.lines[0].content for page in result.pages] == ["First page here", "Second page here"]


def test_of_an_animation_the_first_frame_is_read_and_the_rest_named():
    frames = [picture([text], _STRIP).convert("P") for text in ("First frame here", "Second frame here")]
    result = _read(saved(frames[0], "GIF", save_all=True, append_images=frames[1:]), media_types.GIF)
    assert _lines(result) == ["First frame here"]
    assert [warning.code for warning in result.warnings] == ["framesOmitted"]


@pytest.mark.parametrize(
    ("data", "limits", "reason"),
    [
        (saved(picture(), "PNG"), {"max_pixels": 100_000}, ReasonCode.TOO_LARGE),
        (saved(picture(), "PNG"), {"max_pixels": 300_000}, ReasonCode.TOO_LARGE),
        (saved(picture(), "PNG")[:2_000], {}, ReasonCode.CORRUPT),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), {}, ReasonCode.CORRUPT),
    ],
)
def test_bad_pictures_are_refused_with_their_reason(data, limits, reason):
    with pytest.raises(PermanentError) as caught:
        _read(data, media_types.PNG, **limits)
    assert caught.value.reason is reason


def test_too_many_tiff_pages_are_refused():
    page = picture(["x"], (50, 50))
    data = saved(page, "TIFF", save_all=True, append_images=[page, page])
    with pytest.raises(PermanentError) as caught:
        _read(data, media_types.TIFF, max_pages=2)
    assert caught.value.reason is ReasonCode.TOO_MANY_PAGES


def test_a_missing_model_is_refused_and_not_downloaded(tmp_path):
    with pytest.raises(ConfigurationError, match="PP-OCRv6_det_small"):
        load_engine(folder=tmp_path)


def test_a_failing_engine_is_no_fault_of_the_picture(monkeypatch):
    def fail(*_: object) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr(RapidOcrRecognizer, "recognize", fail)
    with pytest.raises(PermanentError, match="a bug") as caught:
        _read(saved(picture(), "PNG"), media_types.PNG)
    assert caught.value.reason is ReasonCode.ENGINE_ERROR


def test_an_image_larger_than_the_limit_is_shrunk_before_it_is_recognised():
    recognizer = RapidOcrRecognizer(ReadingSettings(ocr_max_side=1_000))
    page = recognizer.recognize(np.full((100, 4_000, 3), 255, np.uint8))
    assert (page.width, page.height, page.lines) == (4_000, 100, [])


class _FailingSession:
    def __init__(self, message: str) -> None:
        self._message = message

    def run(self, batch: object) -> object:
        raise RuntimeError(self._message)


@pytest.mark.parametrize(("message", "error"), [("std::bad_alloc", MemoryError), ("odd", RuntimeError)])
def test_an_engine_out_of_memory_is_told_from_other_failures(monkeypatch, message, error):
    failing = _FailingSession(message)
    engine = Engine(failing, failing, failing, Decoder("abc"))
    monkeypatch.setattr(recognition, "load_engine", lambda _: engine)
    with pytest.raises(error):
        RapidOcrRecognizer(ReadingSettings()).recognize(np.zeros((9, 9), np.uint8))
