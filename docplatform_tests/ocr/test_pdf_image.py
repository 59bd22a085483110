import numpy as np
import pypdfium2
import pytest
from reportlab.lib.utils import ImageReader

from docplatform.ocr.local.pdf_frame import PageFrame
from docplatform.ocr.local.pdf_image import page_image, pictures_image, pixels_of
from docplatform.ocr.local.pdf_objects import PageObjects
from docplatform.ocr.local.pdf_pictures import pictures
from docplatform_tests.ocr.drawing import pdf, picture


def _page(*places, rotation=0):
    def draw(canvas):
        canvas.setPageRotation(rotation)
        canvas.drawString(20, 20, "text beside the pictures")
        for place in places:
            canvas.drawImage(ImageReader(picture()), *place)

    return pypdfium2.PdfDocument(pdf(draw))[0]


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("scale", [0.61, 1.0, 2.7])
@pytest.mark.parametrize(
    "places",
    [
        [(100.3, 200.7, 201, 90)],
        [(100, 600, 90, 40), (333.3, 111.1, 50, 70)],
        [(-50, 700, 200, 200), (500, -20, 300, 100)],
    ],
    ids=["one", "two", "over the edges"],
)
def test_pictures_look_as_on_the_whole_page_and_nothing_else_is_there(places, scale, rotation):
    page = _page(*places, rotation=rotation)
    found = pictures(PageObjects.of(page), PageFrame.of(page))
    whole, alone = page_image(page, scale), pictures_image(page, scale, found)
    assert len(found) == len(places)
    expected = np.full_like(whole, 255)
    for one in found:
        expected[pixels_of(one.box, scale)] = whole[pixels_of(one.box, scale)]
    assert (expected < 255).any()
    assert np.array_equal(alone, expected)


def test_words_on_pictures_are_covered():
    page = _page((100, 500, 200, 100))
    found = pictures(PageObjects.of(page), PageFrame.of(page))
    assert (pictures_image(page, 1.0, found, [found[0].box]) == 255).all()


def test_a_picture_off_the_page_leaves_white_paper():
    page = _page((900, 900, 50, 50))
    found = pictures(PageObjects.of(page), PageFrame.of(page))
    assert (pictures_image(page, 1.0, found) == 255).all()
