"""Files with known text, made for the tests of PDF and image readers."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

from PIL import Image, ImageDraw, ImageFont
from reportlab.lib import pdfencrypt
from reportlab.pdfgen.canvas import Canvas

LINES = ("Invoice number 4711", "Total amount due 1250", "Payment within thirty days", "Thank you for your order")


def picture(lines: Sequence[str] = LINES, size: tuple[int, int] = (900, 420)) -> Image.Image:
    """Black text on white, large enough to be recognised without doubt."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(44)
    for number, line in enumerate(lines):
        draw.text((40, 30 + 95 * number), line, fill="black", font=font)
    return image


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    """The image as a file."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def pdf(*pages: Callable[[Canvas], None], password: str | None = None, size: tuple[float, float] = (612, 792)) -> bytes:
    """A PDF with a page per drawing function."""
    buffer = io.BytesIO()
    encryption = pdfencrypt.StandardEncryption(password) if password else None
    canvas = Canvas(buffer, pagesize=size, encrypt=encryption)
    for draw in pages:
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def text_page(*lines: str, left: float = 72, top: float = 720) -> Callable[[Canvas], None]:
    """A page with lines below each other."""

    def draw(canvas: Canvas) -> None:
        for number, line in enumerate(lines):
            canvas.drawString(left, top - 14 * number, line)

    return draw


def picture_page(image: Image.Image, *lines: str) -> Callable[[Canvas], None]:
    """A page that a picture fills, with lines over it."""
    from reportlab.lib.utils import ImageReader

    def draw(canvas: Canvas) -> None:
        sheet = Image.new("RGB", (image.width, image.width * 792 // 612), "white")
        sheet.paste(image)
        canvas.drawImage(ImageReader(sheet), 0, 0, 612, 792)
        for number, line in enumerate(lines):
            canvas.drawString(72, 20 + 14 * number, line)

    return draw
