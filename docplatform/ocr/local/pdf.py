"""PDF: opening files, page after page, and what a file holds besides pages.

Belongs here: the file. Doesn't: reading a page (``pdf_page``).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

from docplatform.errors import PermanentError, ReasonCode
from docplatform.ocr.completeness import UNREADABLE_PAGE
from docplatform.ocr.local.blocks import EMBEDDED_FILES, Notice, PageBlocks, ReadDocument
from docplatform.ocr.local.bounds import check_pages
from docplatform.ocr.local.layout.page import arrange
from docplatform.ocr.local.page_elements import PageElements, Recognizer
from docplatform.ocr.local.pdf_page import PdfPageReader
from docplatform.ocr.progress import page_done
from docplatform.settings import LimitSettings, ReadingSettings

XFA_FORM = "xfaForm"
_PDFIUM_LOCK = threading.Lock()  # pdfium may only be used by one thread of a process at a time


def read_pdf(data: bytes, reading: ReadingSettings, limits: LimitSettings, recognizer: Recognizer) -> ReadDocument:
    """A page per page, in inches, each read when it is asked for: 500 pages take no more memory than one.

    Raises:
        PermanentError: CORRUPT, ENCRYPTED or TOO_MANY_PAGES; behind the last page also CORRUPT, where none can be loaded.
    """
    with _PDFIUM_LOCK:
        document, is_locked = _opened(data, reading)
        count = len(document)
        check_pages(count, limits, holder="The PDF")
        if count == 0:
            raise PermanentError("The PDF has no pages.", reason=ReasonCode.CORRUPT)
        document.init_forms()
    # The dictionary of a picture is never compressed, so its type can be seen from outside.
    reader = PdfPageReader(document.formenv, b"/Image" in data, reading, limits, recognizer)
    notices: list[Notice] = []
    return ReadDocument(_pages(document, reader, notices, is_locked=is_locked), notices, count)


def _pages(document: Any, reader: PdfPageReader, notices: list[Notice], *, is_locked: bool) -> Iterator[PageBlocks]:
    """The pages of a document, which is closed behind the last one; ``notices`` are complete then."""
    try:
        for index in range(len(document)):
            with _PDFIUM_LOCK:
                elements = _read_page(document, index, reader, notices)
            yield arrange(elements) if elements else PageBlocks()
        if sum(notice.code == UNREADABLE_PAGE for notice in notices) == len(document):
            raise PermanentError(f"No page of the PDF can be loaded: {notices[0].message}", reason=ReasonCode.CORRUPT)
        with _PDFIUM_LOCK:
            notices.extend(_file_notices(document, is_locked=is_locked))
    finally:
        with _PDFIUM_LOCK:
            document.close()


def _file_notices(document: Any, *, is_locked: bool) -> Iterator[Notice]:
    """What the file holds besides its pages."""
    import pypdfium2.raw as pdfium

    if attachments := document.count_attachments():
        what = "can't be taken out of a PDF with a password" if is_locked else "are documents of their own"
        yield Notice(EMBEDDED_FILES, f"Files attached to the PDF, which {what}: {attachments}.")
    if document.get_formtype() in (pdfium.FORMTYPE_XFA_FULL, pdfium.FORMTYPE_XFA_FOREGROUND):
        yield Notice(XFA_FORM, "An XFA form: its pages were read as programs without XFA show them, maybe incomplete.")


def _opened(data: bytes, reading: ReadingSettings) -> tuple[Any, bool]:
    """The document, and whether a password opened it."""
    import pypdfium2

    passwords = [None, *(password.get_secret_value() for password in reading.pdf_passwords)]
    for password in passwords:
        try:
            return pypdfium2.PdfDocument(data, password=password), password is not None
        except pypdfium2.PdfiumError as error:
            if error.err_code == pypdfium2.raw.FPDF_ERR_PASSWORD:
                continue
            raise PermanentError(
                f"The PDF can't be opened ({error}): damaged or cut off. Ask the sender for it again.",
                reason=ReasonCode.UNSUPPORTED_TYPE
                if error.err_code == pypdfium2.raw.FPDF_ERR_SECURITY
                else ReasonCode.CORRUPT,
            ) from error
    raise PermanentError(
        f"The PDF needs a password, and none of the {len(passwords) - 1} given opens it. "
        "Add it to DOCPLATFORM_READING__PDF_PASSWORDS.",
        reason=ReasonCode.ENCRYPTED,
    )


def _read_page(document: Any, index: int, reader: PdfPageReader, notices: list[Notice]) -> PageElements | None:
    """What is on a page; None, and a notice, where it can't be loaded."""
    import pypdfium2

    try:
        page = document[index]
    except pypdfium2.PdfiumError as error:
        message = f"Page {index + 1} can't be loaded ({error}); it was not read."
        notices.append(Notice(UNREADABLE_PAGE, message, f"/pages/{index}"))
        return None
    try:
        read = reader.read(page, index)
    finally:
        page.close()
        page_done()
    notices += read.notices
    return read.elements
