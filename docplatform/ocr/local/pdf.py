"""PDF: the text layer page by page, and OCR where a page has none that makes sense.

Belongs here: opening files, deciding per page, rendering. Doesn't: the text layer itself (``pdf_text``), recognising
(``recognition``).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from docplatform.errors import PermanentError, ReasonCode
from docplatform.ocr.completeness import UNREADABLE_PAGE
from docplatform.ocr.local.blocks import EMBEDDED_FILES, LineBox, Notice, PageBlocks, ReadDocument
from docplatform.ocr.local.bounds import check_pages
from docplatform.ocr.local.layout.document import with_roles
from docplatform.ocr.local.layout.page import arrange
from docplatform.ocr.local.page_elements import PageElements, Recognizer
from docplatform.ocr.local.pdf_forms import Annotations, page_annotations
from docplatform.ocr.local.pdf_rules import page_rules
from docplatform.ocr.local.pdf_text import POINTS_PER_INCH, PageFrame, characters, is_garbage, is_sane, page_lines
from docplatform.ocr.progress import page_done
from docplatform.settings import LimitSettings, ReadingSettings

ANNOTATIONS_OMITTED = "annotationsOmitted"
XFA_FORM = "xfaForm"
_PDFIUM_LOCK = threading.Lock()  # pdfium may only be used by one thread of a process at a time
_LITTLE_TEXT = 200
_PAGE_FILLING = 0.7
_MIN_RENDER_SIDE = 32  # pixels


def read_pdf(data: bytes, reading: ReadingSettings, limits: LimitSettings, recognizer: Recognizer) -> ReadDocument:
    """A page per page, in inches.

    Raises:
        PermanentError: CORRUPT, ENCRYPTED or TOO_MANY_PAGES.
    """
    with _PDFIUM_LOCK, _opened(data, reading) as document:
        check_pages(len(document), limits, holder="The PDF")
        if len(document) == 0:
            raise PermanentError("The PDF has no pages.", reason=ReasonCode.CORRUPT)
        document.init_forms()
        notices: list[Notice] = []
        pages = [_read_page(document, index, reading, recognizer, notices) for index in range(len(document))]
        if sum(notice.code == UNREADABLE_PAGE for notice in notices) == len(pages):
            raise PermanentError(f"No page of the PDF can be loaded: {notices[0].message}", reason=ReasonCode.CORRUPT)
        return ReadDocument(with_roles(pages), [*notices, *_file_notices(document)], len(document))


def _file_notices(document: Any) -> Iterator[Notice]:
    """What the file holds besides its pages."""
    import pypdfium2.raw as pdfium

    attachments = document.count_attachments()
    if attachments:
        yield Notice(EMBEDDED_FILES, f"{attachments} attached files were not read.")
    if document.get_formtype() in (pdfium.FORMTYPE_XFA_FULL, pdfium.FORMTYPE_XFA_FOREGROUND):
        yield Notice(XFA_FORM, "An XFA form: its pages were read as programs without XFA show them, maybe incomplete.")


@contextmanager
def _opened(data: bytes, reading: ReadingSettings) -> Iterator[Any]:
    import pypdfium2

    passwords = [None, *(password.get_secret_value() for password in reading.pdf_passwords)]
    for password in passwords:
        try:
            document = pypdfium2.PdfDocument(data, password=password)
        except pypdfium2.PdfiumError as error:
            if error.err_code == pypdfium2.raw.FPDF_ERR_PASSWORD:
                continue
            raise PermanentError(
                f"The PDF can't be opened ({error}): damaged or cut off. Ask the sender for it again.",
                reason=ReasonCode.UNSUPPORTED_TYPE
                if error.err_code == pypdfium2.raw.FPDF_ERR_SECURITY
                else ReasonCode.CORRUPT,
            ) from error
        with document:
            yield document
        return
    raise PermanentError(
        f"The PDF needs a password, and none of the {len(passwords) - 1} given opens it. "
        "Add it to DOCPLATFORM_READING__PDF_PASSWORDS.",
        reason=ReasonCode.ENCRYPTED,
    )


def _read_page(
    document: Any, index: int, reading: ReadingSettings, recognizer: Recognizer, notices: list[Notice]
) -> PageBlocks:
    import pypdfium2

    try:
        page = document[index]
    except pypdfium2.PdfiumError as error:
        notices.append(
            Notice(UNREADABLE_PAGE, f"Page {index + 1} can't be loaded ({error}); it was not read.", f"/pages/{index}")
        )
        return PageBlocks()
    try:
        frame = PageFrame.of(page)
        found = page_annotations(page, document.formenv, frame)
        if found.omitted:
            message = f"{found.omitted} annotations of page {index + 1} were not looked at."
            notices.append(Notice(ANNOTATIONS_OMITTED, message, f"/pages/{index}"))
        return _page_blocks(page, frame, found, reading, recognizer)
    finally:
        page.close()
        page_done()


def _page_blocks(
    page: Any, frame: PageFrame, found: Annotations, reading: ReadingSettings, recognizer: Recognizer
) -> PageBlocks:
    textpage = page.get_textpage()
    try:
        text = characters(textpage)
        if _needs_ocr(page, text, frame):
            recognized = _recognized(page, frame, reading, recognizer)
            if _tells_more(_letters(recognized), text):
                # The picture shows form fields, but no notes.
                return arrange(replace(recognized, lines=[*recognized.lines, *found.notes], marks=found.marks))
        lines, direction = page_lines(textpage, text, frame)
    finally:
        textpage.close()
    missing = [line for line in [*found.shown, *found.notes] if not _is_among(line, lines)]
    elements = PageElements([*lines, *missing], *_size(frame), "inch", direction, marks=found.marks)
    return arrange(replace(elements, rules=page_rules(page, frame)))


def _tells_more(letters: int, text: str) -> bool:
    """Whether a page's picture, in which ``letters`` were recognised, is to be believed rather than its text layer."""
    if is_sane(text):
        return letters >= _LITTLE_TEXT or letters > _visible(text)
    return letters > 0 or is_garbage(text)


def _is_among(line: LineBox, lines: Sequence[LineBox]) -> bool:
    """Whether the page's own text says the same at the same place: some programs write a form's values there too."""
    known = {word.text for other in lines if _touch(other, line) for word in other.words}
    return all(word.text in known for word in line.words)


def _touch(one: LineBox, two: LineBox) -> bool:
    """Whether lines overlap on the page. By their polygons: a piece's box is turned as its text is."""
    return all(
        min(first) < max(second) and min(second) < max(first)
        for first, second in (((one.polygon or ())[axis::2], (two.polygon or ())[axis::2]) for axis in (0, 1))
    )


def _size(frame: PageFrame) -> tuple[float, float]:
    return round(frame.width / POINTS_PER_INCH, 4), round(frame.height / POINTS_PER_INCH, 4)


def _visible(text: str) -> int:
    return sum(1 for char in text if not char.isspace())


def _letters(page: PageElements) -> int:
    return sum(len(word.text) for line in page.lines for word in line.words)


def _needs_ocr(page: Any, text: str, frame: PageFrame) -> bool:
    """True for pages without a text layer that makes sense, and for a page-filling picture over little text."""
    import pypdfium2.raw as pdfium

    if is_sane(text) and _visible(text) >= _LITTLE_TEXT:
        return False
    if pdfium.FPDFPage_CountObjects(page) <= 0 and pdfium.FPDFPage_GetAnnotCount(page) <= 0:
        return False  # blank: nothing to recognise
    return not is_sane(text) or _picture_share(page, frame) >= _PAGE_FILLING


def _picture_share(page: Any, frame: PageFrame) -> float:
    """Share of the page that its largest picture covers."""
    import pypdfium2.raw as pdfium

    area = max(frame.width * frame.height, 1e-6)
    share = 0.0
    for picture in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=4):
        left, bottom, right, top = picture.get_bounds()
        width = min(right, frame.right) - max(left, frame.left)
        height = min(top, frame.top) - max(bottom, frame.bottom)
        share = max(share, max(0.0, width) * max(0.0, height) / area)
    return share


def _recognized(page: Any, frame: PageFrame, reading: ReadingSettings, recognizer: Recognizer) -> PageElements:
    """Render within the pixel limit, whatever size the page claims, and recognise."""
    longest = max(frame.width, frame.height, 1e-3)
    scale = min(reading.pdf_render_dpi / POINTS_PER_INCH, reading.ocr_max_side / longest)
    if min(frame.width, frame.height) * scale < 1:  # a page as thin as a thread
        return PageElements((), *_size(frame), "inch")
    bitmap = page.render(scale=scale, may_draw_forms=True, rev_byteorder=False)
    try:
        image = bitmap.to_numpy()[:, :, :3] if bitmap.n_channels > 1 else bitmap.to_numpy()
        found = recognizer.recognize(image)
    finally:
        bitmap.close()
    return found.scaled(1.0 / (scale * POINTS_PER_INCH), *_size(frame), "inch")
