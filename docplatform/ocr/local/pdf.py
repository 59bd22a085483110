"""PDF: opening files, page after page, and what a file holds besides pages.

Belongs here: the file. Doesn't: reading a page (``pdf_page``).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from docplatform.errors import PermanentError, ReasonCode
from docplatform.ocr.completeness import UNREADABLE_PAGE
from docplatform.ocr.local.blocks import EMBEDDED_FILES, Notice, PageBlocks, PageStream
from docplatform.ocr.local.bounds import check_pages
from docplatform.ocr.local.layout.page import arrange
from docplatform.ocr.local.page_elements import Recognizer
from docplatform.ocr.local.pdf_page import PdfPageReader
from docplatform.ocr.progress import page_done
from docplatform.settings import LimitSettings, ReadingSettings

XFA_FORM = "xfaForm"
_PDFIUM_LOCK = threading.Lock()  # pdfium may only be used by one thread of a process at a time


def read_pdf(data: bytes, reading: ReadingSettings, limits: LimitSettings, recognizer: Recognizer) -> PageStream:
    """A page per page, in inches. The file is opened when the first is asked for; others wait until the last is read.

    Asking for pages raises:
        PermanentError: CORRUPT, ENCRYPTED or TOO_MANY_PAGES.
    """
    stream = PageStream()
    stream.pages = _pages(data, reading, limits, recognizer, stream)
    return stream


def _pages(
    data: bytes, reading: ReadingSettings, limits: LimitSettings, recognizer: Recognizer, stream: PageStream
) -> Iterator[PageBlocks]:
    with _PDFIUM_LOCK, _opened(data, reading) as (document, is_locked):
        check_pages(len(document), limits, holder="The PDF")
        if len(document) == 0:
            raise PermanentError("The PDF has no pages.", reason=ReasonCode.CORRUPT)
        document.init_forms()
        stream.file_pages = len(document)
        # The dictionary of a picture is never compressed, so its type can be seen from outside.
        reader = PdfPageReader(document.formenv, b"/Image" in data, reading, limits, recognizer)
        for index in range(len(document)):
            yield _read_page(document, index, reader, stream.notices)
        unread = [notice for notice in stream.notices if notice.code == UNREADABLE_PAGE]
        if len(unread) == len(document):
            message = f"No page of the PDF can be loaded: {stream.notices[0].message}"
            raise PermanentError(message, reason=ReasonCode.CORRUPT)
        stream.notices += _file_notices(document, is_locked=is_locked)


def _file_notices(document: Any, *, is_locked: bool) -> Iterator[Notice]:
    """What the file holds besides its pages."""
    import pypdfium2.raw as pdfium

    if attachments := document.count_attachments():
        what = "can't be taken out of a PDF with a password" if is_locked else "are documents of their own"
        yield Notice(EMBEDDED_FILES, f"Files attached to the PDF, which {what}: {attachments}.")
    if document.get_formtype() in (pdfium.FORMTYPE_XFA_FULL, pdfium.FORMTYPE_XFA_FOREGROUND):
        yield Notice(XFA_FORM, "An XFA form: its pages were read as programs without XFA show them, maybe incomplete.")


@contextmanager
def _opened(data: bytes, reading: ReadingSettings) -> Iterator[tuple[Any, bool]]:
    """The document, and whether a password opened it."""
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
            yield document, password is not None
        return
    raise PermanentError(
        f"The PDF needs a password, and none of the {len(passwords) - 1} given opens it. "
        "Add it to DOCPLATFORM_READING__PDF_PASSWORDS.",
        reason=ReasonCode.ENCRYPTED,
    )


def _read_page(document: Any, index: int, reader: PdfPageReader, notices: list[Notice]) -> PageBlocks:
    import pypdfium2

    try:
        page = document[index]
    except pypdfium2.PdfiumError as error:
        notices.append(
            Notice(UNREADABLE_PAGE, f"Page {index + 1} can't be loaded ({error}); it was not read.", f"/pages/{index}")
        )
        return PageBlocks()
    try:
        read = reader.read(page, index)
    finally:
        page.close()
        page_done()
    notices += read.notices
    return arrange(read.elements)
