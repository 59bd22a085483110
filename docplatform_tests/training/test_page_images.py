"""Pages as people see them when they label."""

from __future__ import annotations

import io
from typing import Any

import pypdfium2
import pytest
from PIL import Image

from docplatform.errors import PermanentError, ReasonCode
from docplatform.training.page_images import LONG_SIDE, Picture, page_images


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def shown(picture: Picture) -> Image.Image:
    image = Image.open(io.BytesIO(picture.jpeg))
    assert (image.format, image.size) == ("JPEG", (picture.width, picture.height))
    return image


def test_a_large_scan_is_scaled_and_a_small_one_is_not():
    large, small = (saved(Image.new("L", size, 200), "PNG") for size in ((4000, 2000), (40, 20)))
    assert shown(page_images(large, "png")[0]).size == (LONG_SIDE, LONG_SIDE // 2)
    assert shown(page_images(small, "png")[0]).size == (40, 20)


def test_a_picture_taken_sideways_is_shown_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turn it by a quarter clockwise
    (picture,) = page_images(saved(Image.new("RGB", (60, 20)), "JPEG", exif=exif), "jpg")
    assert shown(picture).size == (20, 60)


def test_every_page_of_a_tiff_is_a_picture():
    pages = [Image.new("L", (20, 30 + number)) for number in range(3)]
    data = saved(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    assert [picture.height for picture in page_images(data, "tiff")] == [30, 31, 32]


@pytest.mark.parametrize(
    ("image", "grey"),
    [
        (Image.new("RGBA", (8, 8), (0, 0, 0, 0)), 255),
        (Image.new("P", (8, 8), 0), 0),
        (Image.new("I;16", (8, 8), 0x8000), 128),
        (Image.new("1", (8, 8), 1), 255),
    ],
    ids=["clear is white", "palette", "16 bits are scaled", "1 bit"],
)
def test_pixels_of_any_kind_are_shown_as_they_look(image, grey):
    (picture,) = page_images(saved(image, "PNG"), "png")
    assert abs(shown(picture).convert("L").getpixel((4, 4)) - grey) <= 2


def test_every_page_of_a_pdf_is_a_picture_turned_as_it_is_shown():
    out = io.BytesIO()
    document = pypdfium2.PdfDocument.new()
    for angle in (0, 90):
        document.new_page(300, 600).set_rotation(angle)
    document.save(out)
    first, second = page_images(out.getvalue(), "pdf")
    assert (first.width, first.height) == (LONG_SIDE // 2, LONG_SIDE)
    assert (second.width, second.height) == (LONG_SIDE, LONG_SIDE // 2)


@pytest.mark.parametrize(("data", "extension"), [(b"%PDF-1.7", "pdf"), (b"\x89PNG\r\n\x1a\n", "png"), (b"", "jpg")])
def test_what_cant_be_drawn_is_said(data, extension):
    with pytest.raises(PermanentError, match="can't be drawn") as caught:
        page_images(data, extension)
    assert caught.value.reason is ReasonCode.CORRUPT
