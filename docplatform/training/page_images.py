"""Pages as pictures that people label on.

Belongs here: PDF and image files to JPEG, the way they are shown. Doesn't: recognising anything on them.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from docplatform.errors import PermanentError, ReasonCode

PAGED_EXTENSIONS = frozenset({"pdf", "png", "jpg", "tiff", "webp", "bmp", "gif", "jp2"})
"""Types whose pages have a picture; words of the others have no place either."""
LONG_SIDE = 1_600
"""Pixels: 8-point print on A4 is 15 pixels high, which reads well."""
_JPEG_QUALITY = 80
_MOST_PAGES = 50


@dataclass(frozen=True, slots=True)
class Picture:
    """A page's picture."""

    jpeg: bytes
    width: int
    """Pixels."""
    height: int


def page_images(data: bytes, extension: str) -> list[Picture]:
    """A picture of every page, up to the fiftieth, as it is shown (rotation, crop box and orientation applied).

    Raises:
        PermanentError: where the file can't be drawn; the reader read it, so that it was changed since.
    """
    draw = _pdf_pages if extension == "pdf" else _frames
    try:
        return [_encoded(image) for image in draw(data)]
    except (OSError, ValueError, RuntimeError, SyntaxError) as error:  # pypdfium2's error is a RuntimeError
        raise PermanentError(f"Pages of the file can't be drawn: {error}", reason=ReasonCode.CORRUPT) from error


def _pdf_pages(data: bytes) -> Iterator[Any]:
    import pypdfium2

    with pypdfium2.PdfDocument(data) as document:
        document.init_forms()
        for number in range(min(len(document), _MOST_PAGES)):
            page = document[number]
            scale = LONG_SIDE / max(*page.get_size(), 1.0)
            yield page.render(scale=scale, may_draw_forms=True).to_pil()


def _frames(data: bytes) -> Iterator[Any]:
    from PIL import Image, ImageOps

    image = Image.open(io.BytesIO(data))
    frames = int(getattr(image, "n_frames", 1)) if image.format == "TIFF" else 1
    for number in range(min(frames, _MOST_PAGES)):
        image.seek(number)
        frame: Any = image
        if image.mode.startswith(("I", "F")):  # 16 bits a pixel: Pillow would cut, not scale
            frame = image.point(lambda value: value / 256).convert("L")
        yield ImageOps.exif_transpose(frame)


def _encoded(image: Any) -> Picture:
    from PIL import Image

    if image.mode in ("RGBA", "LA", "PA", "P"):
        layer = image.convert("RGBA")
        image = Image.new("RGB", image.size, "white")
        image.paste(layer, mask=layer.getchannel("A"))
    image = image.convert("RGB")
    image.thumbnail((LONG_SIDE, LONG_SIDE))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=_JPEG_QUALITY)
    return Picture(out.getvalue(), image.width, image.height)
