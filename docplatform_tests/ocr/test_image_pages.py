"""Every page of an image file is in the result or named. No engine runs."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from docplatform.errors import PermanentError, ReasonCode
from docplatform.ocr.local.blocks import ReadDocument
from docplatform.ocr.local.images import read_image
from docplatform.ocr.local.page_elements import PageElements
from docplatform.ocr.local.page_findings import PageFindings
from docplatform.settings import LimitSettings, ReadingSettings
from docplatform_tests.ocr.drawing import picture, saved
from docplatform_tests.ocr.page_fakes import CountingRecognizer


class _Blind(CountingRecognizer):
    """Finds nothing on any image."""

    def recognize(self, image) -> PageElements:
        return PageElements((), image.shape[1], image.shape[0], "pixel")


def _read(data: bytes, recognizer: CountingRecognizer, **limits: int) -> ReadDocument:
    settings = LimitSettings.model_validate(limits)
    return read_image(data, ReadingSettings(), settings, PageFindings(recognizer))


def _tiff(pages: int, damaged: tuple[int, ...] = ()) -> bytes:
    """Pages of different sizes; the pixels of those that are ``damaged`` can't be decompressed."""
    frames = [picture(size=(300 + 10 * number, 200)) for number in range(pages)]
    data = bytearray(saved(frames[0], "TIFF", save_all=True, append_images=frames[1:], compression="tiff_deflate"))
    image = Image.open(io.BytesIO(bytes(data)))
    for number in damaged:
        image.seek(number)
        start = image.tag_v2[273][0]
        data[start : start + 20] = b"\xff" * 20
    return bytes(data)


def test_a_page_that_cannot_be_decoded_is_named_and_the_others_are_read():
    document = _read(_tiff(4, damaged=(1, 3)), CountingRecognizer())
    assert document.file_pages == len(document.pages) == 4
    assert [page.width for page in document.pages] == [300, None, 320, None]
    assert [(notice.code, notice.target) for notice in document.notices] == [
        ("unreadablePage", "/pages/1"),
        ("unreadablePage", "/pages/3"),
    ]
    assert document.notices[0].message.startswith("Page 2 was not read: ")


def test_a_file_none_of_whose_pages_can_be_decoded_is_corrupt():
    with pytest.raises(PermanentError, match="Page 1 was not read") as caught:
        _read(_tiff(2, damaged=(0, 1)), CountingRecognizer())
    assert caught.value.reason is ReasonCode.CORRUPT


def test_a_page_over_a_limit_refuses_the_file():
    with pytest.raises(PermanentError) as caught:
        _read(_tiff(2), CountingRecognizer(), max_pixels=61_000)
    assert caught.value.reason is ReasonCode.TOO_LARGE


def test_a_page_with_ink_and_no_text_is_named_and_a_blank_one_is_not():
    pages = [picture(), Image.new("RGB", (900, 420), "white"), picture()]
    document = _read(saved(pages[0], "TIFF", save_all=True, append_images=pages[1:]), _Blind())
    assert [(notice.code, notice.target) for notice in document.notices] == [
        ("inkWithoutText", "/pages/0"),
        ("inkWithoutText", "/pages/2"),
    ]
    assert [page.quality.grade for page in document.pages] == ["POOR", "EXCELLENT", "POOR"]


def test_an_animation_is_one_page():
    frames = [picture(size=(300, 200)).convert("P"), Image.new("P", (300, 200))]
    document = _read(saved(frames[0], "GIF", save_all=True, append_images=frames[1:]), CountingRecognizer())
    assert document.file_pages == len(document.pages) == 1
    assert [notice.code for notice in document.notices] == ["framesOmitted"]
