"""Drafts to page images as a scanner or camera delivers them: noise, blur, uneven light, skew, pages on their side.

Fonts are the DejaVu ones that matplotlib brings along, so that no system font is needed.
"""

from __future__ import annotations

import io
import random
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docplatform.samples.content import Draft
from docplatform.samples.layout import A4, SLIP, Measure, Page, typeset
from docplatform.samples.options import SampleOptions

if TYPE_CHECKING:
    from PIL.Image import Image

DPI = 150
_SCALE = DPI / 72
FAMILIES = ("DejaVuSans", "DejaVuSerif", "DejaVuSansMono")


def scan_pages(draft: Draft, rng: random.Random, options: SampleOptions) -> list[Image]:
    """The pages of a draft, printed and scanned, as 8-bit grey images at ``DPI``."""
    family = rng.choice(FAMILIES[:2]) if draft.items and not draft.is_slip else rng.choice(FAMILIES)

    pages = typeset(draft.blocks, SLIP if draft.is_slip else A4, font_measure(family))
    return [scanned(page, family, rng, options) for page in pages]


def scanned(page: Page, family: str, rng: random.Random, options: SampleOptions) -> Image:
    """A page printed in a font of ``FAMILIES`` and scanned."""
    return _degrade(_print(page, family), rng, options)


def font_measure(family: str) -> Measure:
    """Measures texts in a font of ``FAMILIES``."""
    return lambda text, size, bold: float(_font(family, bold, round(size * _SCALE)).getlength(text)) / _SCALE


def encode(images: list[Image], extension: str, rng: random.Random) -> bytes:
    """The pages as one ``png`` or ``jpg`` (first page only) or ``tiff`` (all pages)."""
    buffer = io.BytesIO()
    first, rest = images[0], images[1:]
    match extension:
        case "png":
            first.save(buffer, "PNG", compress_level=3, dpi=(DPI, DPI))
        case "jpg":
            first.save(buffer, "JPEG", quality=rng.randint(55, 85), dpi=(DPI, DPI))
        case "tiff":
            first.save(buffer, "TIFF", save_all=True, append_images=rest, compression="tiff_lzw", dpi=(DPI, DPI))
        case _:
            raise ValueError(f"no image format {extension!r}")
    return buffer.getvalue()


@lru_cache(maxsize=64)
def _font(family: str, bold: bool, pixels: int) -> Any:
    import matplotlib
    from PIL import ImageFont

    path = Path(matplotlib.get_data_path(), "fonts", "ttf", f"{family}{'-Bold' if bold else ''}.ttf")
    return ImageFont.truetype(str(path), pixels, layout_engine=ImageFont.Layout.BASIC)


def _print(page: Page, family: str) -> Image:
    from PIL import Image, ImageDraw

    image = Image.new("L", (round(page.width * _SCALE), round(page.height * _SCALE)), 255)
    draw = ImageDraw.Draw(image)
    for run in page.runs:
        font = _font(family, run.bold, round(run.size * _SCALE))
        draw.text((run.x * _SCALE, run.y * _SCALE), run.text, fill=20, font=font, anchor="ls")
    for x1, y1, x2, y2 in page.strokes:
        draw.line((x1 * _SCALE, y1 * _SCALE, x2 * _SCALE, y2 * _SCALE), fill=40, width=2)
    for y in page.rules:
        draw.line((page.margin * _SCALE, y * _SCALE, (page.width - page.margin) * _SCALE, y * _SCALE), fill=40, width=2)
    return image


def _degrade(image: Image, rng: random.Random, options: SampleOptions) -> Image:
    """What scanning does to a page. Grey levels are coarse, as in cheap scanners; it halves the files."""
    import numpy as np
    from PIL import Image, ImageFilter

    skew = rng.uniform(-options.skew_degrees, options.skew_degrees)
    image = image.rotate(skew, Image.Resampling.BILINEAR, fillcolor=255)
    strength = options.noise * rng.uniform(0.5, 1.5)
    if strength > 0:
        image = image.filter(ImageFilter.GaussianBlur(strength * 2))
        noise = np.random.default_rng(rng.getrandbits(64))
        pixels = np.asarray(image, dtype=np.float32)
        light = np.linspace(1 - 0.25 * strength, 1, pixels.shape[1], dtype=np.float32)
        pixels = pixels * light + noise.standard_normal(pixels.shape, dtype=np.float32) * (50 * strength)
        pixels[noise.random(pixels.shape, dtype=np.float32) < 0.0006 * strength] = 30
        image = Image.fromarray((np.clip(pixels, 0, 255).astype(np.uint8) >> 4) * 17)
    if rng.random() < options.rotated_share:
        image = image.transpose(
            rng.choice((Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270))
        )
    return image
