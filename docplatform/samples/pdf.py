"""Drafts and page images to PDF: born-digital, scanned, and password-protected."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from typing import Any

from docplatform.samples.content import Draft
from docplatform.samples.layout import A4, SLIP, Measure, Page, typeset

FONTS = (("Helvetica", "Helvetica-Bold"), ("Times-Roman", "Times-Bold"), ("Courier", "Courier-Bold"))
_PASSWORD = "not in any settings"  # noqa: S105  nobody is meant to open these


def draft_to_pdf(draft: Draft, rng: random.Random, *, encrypted: bool = False) -> bytes:
    """A PDF with a text layer, in one of the standard fonts. ``encrypted``: needs a password that nobody has."""
    fonts = rng.choice(FONTS if not draft.items else FONTS[:2])
    buffer = io.BytesIO()
    canvas = _canvas(buffer, encrypted=encrypted)
    for page in typeset(draft.blocks, SLIP if draft.is_slip else A4, font_measure(fonts)):
        canvas.setPageSize((page.width, page.height))
        _draw(canvas, page, fonts)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def pages_to_pdf(pages: Sequence[Page], fonts: tuple[str, str]) -> bytes:
    """A PDF of pages as they are. ``fonts``: names of standard ones, regular and bold."""
    buffer = io.BytesIO()
    canvas = _canvas(buffer)
    for page in pages:
        canvas.setPageSize((page.width, page.height))
        _draw(canvas, page, fonts)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def font_measure(fonts: tuple[str, str]) -> Measure:
    """Measures texts in standard fonts, regular and bold."""
    from reportlab.pdfbase.pdfmetrics import stringWidth

    return lambda text, size, bold: float(stringWidth(text, fonts[bold], size))


def images_to_pdf(pages: Sequence[bytes], width: float) -> bytes:
    """A PDF of page images (JPEG bytes) ``width`` points wide, without a text layer, as scanners make them."""
    from reportlab.lib.utils import ImageReader

    buffer = io.BytesIO()
    canvas = _canvas(buffer)
    for data in pages:
        image = ImageReader(io.BytesIO(data))
        pixels_wide, pixels_high = image.getSize()
        height = width * pixels_high / pixels_wide
        canvas.setPageSize((width, height))
        canvas.drawImage(image, 0, 0, width, height)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _canvas(buffer: io.BytesIO, *, encrypted: bool = False) -> Any:
    """A reportlab canvas whose ids and dates are fixed (``invariant``)."""
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfgen.canvas import Canvas

    # 128 bits: the 256-bit handler draws its key from the operating system, so no two files would be alike.
    encrypt = StandardEncryption(_PASSWORD, ownerPassword=_PASSWORD * 2, strength=128) if encrypted else None
    return Canvas(buffer, invariant=1, pageCompression=1, encrypt=encrypt)


def _draw(canvas: Any, page: Page, fonts: tuple[str, str]) -> None:
    for run in page.runs:
        canvas.setFont(fonts[run.bold], run.size)
        canvas.drawString(run.x, page.height - run.y, run.text)
    for x1, y1, x2, y2 in page.strokes:
        canvas.line(x1, page.height - y1, x2, page.height - y2)
    for y in page.rules:
        canvas.line(page.margin, page.height - y, page.width - page.margin, page.height - y)
