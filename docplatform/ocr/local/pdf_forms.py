"""What lies on a PDF page besides its text layer: form fields' values, check boxes, notes.

Belongs here: annotations of a page as lines and selection marks. Doesn't: the page's own text.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from docplatform.ocr.local.blocks import LineBox, MarkBox, WordBox
from docplatform.ocr.local.layout.pieces import Box
from docplatform.ocr.local.pdf_frame import PageFrame, polygon_of

_MAX_ANNOTATIONS = 5_000
_MAX_OPTIONS = 1_000  # of one field


@dataclass(frozen=True, slots=True)
class Annotations:
    """What lies on a page, where it stands."""

    shown: list[LineBox] = field(default_factory=list)
    """Values of form fields and text boxes: who sees the page sees them."""
    notes: list[LineBox] = field(default_factory=list)
    """Text that only shows when a note or a mark is opened."""
    marks: list[MarkBox] = field(default_factory=list)
    """Check boxes and radio buttons."""
    omitted: int = 0
    """Annotations that weren't looked at, being too many."""


def page_annotations(page: Any, form: Any, frame: PageFrame) -> Annotations:
    """The annotations of a pypdfium2 page; links and what only belongs to other annotations left out."""
    import pypdfium2.raw as pdfium

    count = pdfium.FPDFPage_GetAnnotCount(page)
    found = Annotations(omitted=max(0, count - _MAX_ANNOTATIONS))
    for index in range(min(_MAX_ANNOTATIONS, count)):
        annotation = pdfium.FPDFPage_GetAnnot(page, index)
        if not annotation:
            continue
        try:
            kind = pdfium.FPDFAnnot_GetSubtype(annotation)
            if kind in (pdfium.FPDF_ANNOT_LINK, pdfium.FPDF_ANNOT_POPUP):
                continue
            box = _box(annotation, frame)
            if kind == pdfium.FPDF_ANNOT_WIDGET and form is None:  # programs that merge files lose the form itself
                found.shown.extend(_lines(_annotation_text(annotation, b"V"), box))
            elif kind == pdfium.FPDF_ANNOT_WIDGET:
                _read_widget(annotation, form, box, found)
            else:
                target = found.shown if kind == pdfium.FPDF_ANNOT_FREETEXT else found.notes
                target.extend(_lines(_annotation_text(annotation, b"Contents"), box))
        finally:
            pdfium.FPDFPage_CloseAnnot(annotation)
    return found


def _read_widget(annotation: Any, form: Any, box: Box, found: Annotations) -> None:
    import pypdfium2.raw as pdfium

    kind = pdfium.FPDFAnnot_GetFormFieldType(form, annotation)
    if kind in (pdfium.FPDF_FORMFIELD_CHECKBOX, pdfium.FPDF_FORMFIELD_RADIOBUTTON):
        found.marks.append(MarkBox(bool(pdfium.FPDFAnnot_IsChecked(form, annotation)), polygon_of(box)))
    elif kind in (pdfium.FPDF_FORMFIELD_COMBOBOX, pdfium.FPDF_FORMFIELD_LISTBOX):
        found.shown.extend(_lines(_chosen(annotation, form), box))
    elif kind not in (pdfium.FPDF_FORMFIELD_PUSHBUTTON, pdfium.FPDF_FORMFIELD_SIGNATURE):
        found.shown.extend(_lines(_utf16(pdfium.FPDFAnnot_GetFormFieldValue, form, annotation), box))


def _chosen(annotation: Any, form: Any) -> str:
    """The options chosen, a line each, as the page shows them; a field's value may be a code behind its option."""
    import pypdfium2.raw as pdfium

    count = min(_MAX_OPTIONS, pdfium.FPDFAnnot_GetOptionCount(form, annotation))
    chosen = [index for index in range(count) if pdfium.FPDFAnnot_IsOptionSelected(form, annotation, index)]
    labels = [_utf16(pdfium.FPDFAnnot_GetOptionLabel, form, annotation, index) for index in chosen]
    return "\n".join(labels) or _utf16(pdfium.FPDFAnnot_GetFormFieldValue, form, annotation)


def _annotation_text(annotation: Any, key: bytes) -> str:
    import pypdfium2.raw as pdfium

    return _utf16(pdfium.FPDFAnnot_GetStringValue, annotation, key)


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


def _lines(text: str, box: Box) -> Iterator[LineBox]:
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
        yield LineBox(boxes, polygon_of(line_box))
