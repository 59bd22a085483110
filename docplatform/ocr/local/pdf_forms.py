"""What lies on a PDF page besides its text layer: form fields' values, check boxes, notes.

Belongs here: annotations of a page as pieces of lines and selection marks. Doesn't: the page's own text.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Any

from docplatform.ocr.local.blocks import LineBox, MarkBox, WordBox
from docplatform.ocr.local.pdf_text import PageFrame, polygon_of
from docplatform.ocr.local.reading_order import Box, Piece

_MAX_ANNOTATIONS = 5_000


def page_annotations(page: Any, form: Any, frame: PageFrame) -> tuple[list[Piece], list[MarkBox]]:
    """Values of form fields and the text of notes, where they stand; check boxes and radio buttons as marks."""
    import pypdfium2.raw as pdfium

    pieces: list[Piece] = []
    marks: list[MarkBox] = []
    for index in range(min(_MAX_ANNOTATIONS, pdfium.FPDFPage_GetAnnotCount(page))):
        annotation = pdfium.FPDFPage_GetAnnot(page, index)
        if not annotation:
            continue
        try:
            kind = pdfium.FPDFAnnot_GetSubtype(annotation)
            box = _box(annotation, frame)
            if kind == pdfium.FPDF_ANNOT_WIDGET:
                if form is not None:
                    _read_widget(annotation, form, box, pieces, marks)
            elif kind not in (pdfium.FPDF_ANNOT_LINK, pdfium.FPDF_ANNOT_POPUP):
                pieces += _pieces(_annotation_text(annotation), box)
        finally:
            pdfium.FPDFPage_CloseAnnot(annotation)
    return pieces, marks


def _read_widget(annotation: Any, form: Any, box: Box, pieces: list[Piece], marks: list[MarkBox]) -> None:
    import pypdfium2.raw as pdfium

    kind = pdfium.FPDFAnnot_GetFormFieldType(form, annotation)
    if kind in (pdfium.FPDF_FORMFIELD_CHECKBOX, pdfium.FPDF_FORMFIELD_RADIOBUTTON):
        marks.append(MarkBox(bool(pdfium.FPDFAnnot_IsChecked(form, annotation)), polygon_of(box)))
    elif kind not in (pdfium.FPDF_FORMFIELD_PUSHBUTTON, pdfium.FPDF_FORMFIELD_SIGNATURE):
        pieces += _pieces(_utf16(pdfium.FPDFAnnot_GetFormFieldValue, form, annotation), box)


def _annotation_text(annotation: Any) -> str:
    import pypdfium2.raw as pdfium

    return _utf16(pdfium.FPDFAnnot_GetStringValue, annotation, b"Contents")


def _utf16(function: Any, *arguments: Any) -> str:
    """Call a pdfium function that fills a UTF-16 buffer and says how many bytes it needs."""
    import pypdfium2.raw as pdfium

    size = function(*arguments, None, 0)
    if size <= 2:
        return ""
    buffer = ctypes.create_string_buffer(size)
    function(*arguments, ctypes.cast(buffer, ctypes.POINTER(pdfium.FPDF_WCHAR)), size)
    return buffer.raw[: size - 2].decode("utf-16-le", errors="replace")


def _box(annotation: Any, frame: PageFrame) -> Box:
    import pypdfium2.raw as pdfium

    rect = pdfium.FS_RECTF()
    pdfium.FPDFAnnot_GetRect(annotation, rect)
    bottom, top = sorted((rect.bottom, rect.top))
    left, right = sorted((rect.left, rect.right))
    return frame.shown(left, bottom, right, top)


def _pieces(text: str, box: Box) -> Iterator[Piece]:
    """The lines of a text in a box, which is shared out evenly: where they stand inside it isn't known."""
    lines = [line.split() for line in text.replace("\r", "\n").split("\n") if line.strip()]
    left, top, right, bottom = box
    for number, words in enumerate(lines):
        step = (bottom - top) / len(lines)
        line_box = (left, top + number * step, right, top + (number + 1) * step)
        length = sum(len(word) for word in words) + len(words) - 1
        boxes, offset = [], 0
        for word in words:
            start, end = (left + (right - left) * place / length for place in (offset, offset + len(word)))
            boxes.append(WordBox(word, polygon_of((start, line_box[1], end, line_box[3]))))
            offset += len(word) + 1
        yield Piece(LineBox(boxes, polygon_of(line_box)), line_box)
