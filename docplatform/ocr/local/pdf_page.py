"""One page of a PDF: its text layer, or what its picture says, or both.

Belongs here: which of them to believe. Doesn't: reading the text layer (``pdf_text``), judging text (``text_sanity``),
recognising, opening files (``pdf``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from docplatform.ocr.local.blocks import LineBox, MarkBox, Notice
from docplatform.ocr.local.ink import ink_notice, ink_of
from docplatform.ocr.local.page_elements import PageElements, Recognizer
from docplatform.ocr.local.pdf_forms import Annotations, page_annotations
from docplatform.ocr.local.pdf_frame import POINTS_PER_INCH, PageFrame, polygon_of
from docplatform.ocr.local.pdf_image import page_image, pictures_image, pixels_of
from docplatform.ocr.local.pdf_objects import PageObjects
from docplatform.ocr.local.pdf_pictures import Picture, pictures, without_text
from docplatform.ocr.local.pdf_rules import page_rules
from docplatform.ocr.local.pdf_text import TextLayer, characters, text_layer
from docplatform.ocr.local.text_sanity import GOOD_QUALITY, is_garbage, is_sane, quality
from docplatform.settings import LimitSettings, ReadingSettings

ANNOTATIONS_OMITTED = "annotationsOmitted"
UNREADABLE_PICTURE = "unreadablePicture"
TEXT_OUTSIDE_PAGE = "textOutsidePage"
_LITTLE_TEXT = 200
_PAGE_FILLING = 0.7  # share of the page
_WORTH_READING = 0.1  # share of the page that pictures without a text layer cover before they are recognised
_BETTER = 0.1  # by how much the quality of what was recognised must be better than a doubtful text layer's
_FIGURE = 0.002  # share of the page
_GLANCE = 500  # pixels of the long side: enough to tell print from a photograph


@dataclass(frozen=True, slots=True)
class PageReading:
    """What was found on a page, and what to warn of."""

    elements: PageElements
    notices: list[Notice] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PdfPageReader:
    """Reads the pages of one document."""

    form: Any
    """The document's form environment, None where it has no form."""
    has_pictures: bool
    """False where no picture can be in the file: saves looking for them among the objects of every page."""
    reading: ReadingSettings
    limits: LimitSettings
    recognizer: Recognizer

    def read(self, page: Any, index: int) -> PageReading:
        """Read a pypdfium2 page; ``index`` counts from 0."""
        frame = PageFrame.of(page)
        annotations = page_annotations(page, self.form, frame)
        textpage = page.get_textpage()
        try:
            text = characters(textpage)
            layer = text_layer(textpage, text, frame)
        finally:
            textpage.close()
        found = _Found(page, index, frame, text, layer, annotations)
        found.warn()
        if self.has_pictures or found.has_little_text:
            found.pictures = pictures(found.objects, frame)
        if found.is_doubtful():
            return self._whole(found)
        bare = without_text(found.pictures, layer.boxes, frame) if layer.boxes is not None else []
        if sum(picture.share(frame) for picture in bare) >= _WORTH_READING:
            return self._with_pictures(found, bare)
        return PageReading(found.elements(), found.notices)

    def _whole(self, found: _Found) -> PageReading:
        """The page as its picture shows it, unless its text layer tells more."""
        scale = self._scale(found, self.reading.ocr_max_side)
        if scale is None:
            return PageReading(found.elements(), found.notices)
        image = page_image(found.page, scale)
        recognized = self._recognized(image, scale, found.frame)
        if found.is_outdone_by(recognized):
            # The picture shows form fields, but no notes.
            lines = [*recognized.lines, *found.annotations.notes]
            marks = _merged(found.annotations.marks, recognized.marks)
            return PageReading(replace(recognized, lines=lines, marks=marks), found.notices)
        elements = found.elements()
        if elements.lines:
            return PageReading(elements, found.notices)
        notice = ink_notice(image, found.index)
        elements = replace(elements, barcodes=recognized.barcodes, quality=recognized.quality)
        return PageReading(elements, [*found.notices, *([notice] if notice else [])])

    def _with_pictures(self, found: _Found, bare: Sequence[Picture]) -> PageReading:
        """The text layer, and what is recognised in pictures that it doesn't cover."""
        elements = found.elements()
        little, scale = self._scale(found, _GLANCE), self._scale(found, self.reading.ocr_max_side)
        if little is None or scale is None:
            return PageReading(elements, found.notices)
        glance = pictures_image(found.page, little, bare)
        if not any(ink_of(glance[pixels_of(picture.box, little)]).may_be_text for picture in bare):
            return PageReading(elements, found.notices)
        words = [] if found.layer.boxes is None else found.layer.boxes.tolist()
        recognized = self._recognized(pictures_image(found.page, scale, bare, words), scale, found.frame)
        lines = [*elements.lines, *recognized.lines]
        return PageReading(replace(elements, lines=lines, barcodes=recognized.barcodes), found.notices)

    def _recognized(self, image: Any, scale: float, frame: PageFrame) -> PageElements:
        return self.recognizer.recognize(image).scaled(1.0 / (scale * POINTS_PER_INCH), *frame.inches, "inch")

    def _scale(self, found: _Found, max_side: int) -> float | None:
        """Pixels per point of the page's image, within the pixel limit whatever size it claims; None: no image."""
        frame = found.frame
        longest = max(frame.width, frame.height, 1e-3)
        scale = min(self.reading.pdf_render_dpi / POINTS_PER_INCH, max_side / longest)
        is_thread = min(frame.width, frame.height) * scale < 1  # a page as thin as a thread
        return None if found.holds_too_large(self.limits.max_pixels) or is_thread else scale


@dataclass
class _Found:
    """What a page's own objects say."""

    page: Any
    index: int
    frame: PageFrame
    text: str
    layer: TextLayer
    annotations: Annotations
    pictures: list[Picture] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    @cached_property
    def objects(self) -> PageObjects:
        """What is drawn on it."""
        return PageObjects.of(self.page)

    def holds_too_large(self, most: int) -> bool:
        """Whether a picture has more than ``most`` pixels, so that the page isn't rendered; said in the notices."""
        largest = max((picture.pixels for picture in self.pictures), default=0)
        if largest <= most:
            return False
        message = (
            f"Page {self.index + 1} holds a picture of {largest} pixels, which was not decoded; the limit is "
            f"{most} (DOCPLATFORM_LIMITS__MAX_PIXELS)."
        )
        notice = Notice(UNREADABLE_PICTURE, message, f"/pages/{self.index}")
        if notice not in self.notices:
            self.notices.append(notice)
        return True

    @cached_property
    def visible(self) -> str:
        """The text layer without white space."""
        return "".join(self.text.split())

    @cached_property
    def has_little_text(self) -> bool:
        """Whether so little is in the text layer that a scan may lie beside it."""
        return len(self.visible) < _LITTLE_TEXT

    @cached_property
    def is_sane(self) -> bool:
        """Whether the text layer reads as text."""
        return is_sane(self.visible)

    def is_doubtful(self) -> bool:
        """True for a page without a text layer that makes sense, or with little text on a page-filling picture."""
        import pypdfium2.raw as pdfium

        if self.is_sane and not self.has_little_text:
            return quality(self.text) < GOOD_QUALITY
        if pdfium.FPDFPage_CountObjects(self.page) <= 0 and pdfium.FPDFPage_GetAnnotCount(self.page) <= 0:
            return False  # blank: nothing to recognise
        largest = max((picture.share(self.frame) for picture in self.pictures), default=0.0)
        return not self.is_sane or largest >= _PAGE_FILLING

    def is_outdone_by(self, recognized: PageElements) -> bool:
        """Whether what was recognised in the page's picture is to be believed rather than its text layer."""
        words = [word.text for line in recognized.lines for word in line.words]
        letters, visible = sum(map(len, words)), len(self.visible)
        if not self.is_sane:
            return letters > 0 or is_garbage(self.visible)
        if self.has_little_text:
            return letters >= _LITTLE_TEXT or letters > visible
        return 2 * letters >= visible and quality(" ".join(words)) >= quality(self.text) + _BETTER

    def elements(self) -> PageElements:
        """The text layer, and values and notes that it doesn't hold."""
        lines, extra = self.layer.lines, [*self.annotations.shown, *self.annotations.notes]
        missing = [line for line in extra if not _is_among(line, lines)]
        return PageElements(
            [*lines, *missing],
            *self.frame.inches,
            "inch",
            self.layer.direction,
            rules=page_rules(self.objects, self.frame),
            marks=self.annotations.marks,
            pictures=[
                polygon_of(picture.box)
                for picture in self.pictures
                if _FIGURE <= picture.share(self.frame) < _PAGE_FILLING
            ],
        )

    def warn(self) -> None:
        """Notices of annotations that aren't in the result, and of words that nobody sees."""
        number, target = self.index + 1, f"/pages/{self.index}"
        if self.annotations.omitted:
            message = f"{self.annotations.omitted} annotations of page {number} were not looked at."
            self.notices.append(Notice(ANNOTATIONS_OMITTED, message, target))
        if self.layer.outside:
            message = f"{self.layer.outside} words lie off page {number} as it is shown: its crop box hides them."
            self.notices.append(Notice(TEXT_OUTSIDE_PAGE, message, target))


def _merged(marks: Sequence[MarkBox], others: Sequence[MarkBox]) -> list[MarkBox]:
    """Marks, and those others that stand elsewhere."""
    return [*marks, *(other for other in others if not any(_touch(mark.polygon, other.polygon) for mark in marks))]


def _is_among(line: LineBox, lines: Sequence[LineBox]) -> bool:
    """Whether the page's own text says the same at the same place: some programs write a form's values there too."""
    known = {word.text for other in lines if _touch(other.polygon or (), line.polygon or ()) for word in other.words}
    return all(word.text in known for word in line.words)


def _touch(one: Sequence[float], two: Sequence[float]) -> bool:
    """Whether polygons overlap on the page."""
    return all(
        min(first) < max(second) and min(second) < max(first)
        for first, second in ((one[axis::2], two[axis::2]) for axis in (0, 1))
    )
