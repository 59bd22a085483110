"""Barcodes on a page's image.

Belongs here: finding them with zxing-cpp, and their names. Doesn't: what a code's value means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from docplatform.ocr.local.blocks import BarcodeBox
from docplatform.ocr.local.page_elements import PageElements

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_LINEAR = {
    "UPCA": ("UPCA",),
    "UPCE": ("UPCE",),
    "EAN8": ("EAN8",),
    "EAN13": ("EAN13", "ISBN"),
    "Code39": ("Code39", "Code39Std", "Code39Ext", "Code32", "PZN"),
    "Code93": ("Code93",),
    "Code128": ("Code128",),
    "Codabar": ("Codabar",),
    "ITF": ("ITF", "ITF14"),
    "DataBar": ("DataBar", "DataBarOmni", "DataBarStk", "DataBarStkOmni", "DataBarLtd"),
    "DataBarExpanded": ("DataBarExp", "DataBarExpStk"),
    "PDF417": ("PDF417", "CompactPDF417", "MicroPDF417"),
}
_MATRIX = {
    "QRCode": ("QRCode", "QRCodeModel1", "QRCodeModel2"),
    "MicroQRCode": ("MicroQRCode",),
    "Aztec": ("Aztec", "AztecCode", "AztecRune"),
    "MaxiCode": ("MaxiCode",),
}
_DIRECTED_MATRIX = {"DataMatrix": ("DataMatrix",)}
KINDS = {
    name: kind for kinds in (_LINEAR, _MATRIX, _DIRECTED_MATRIX) for kind, names in kinds.items() for name in names
}
"""Document Intelligence's name of a kind by zxing-cpp's, whose variants have names of their own."""
_BLOCK = 24
"""Pixels: side of the blocks in which bars that lie on their side are looked for."""
_MIN_BLOCKS = 6
_MIN_EDGES, _ONE_WAY = 35.0, 4.0
"""Mean step from one pixel to the next (of 255) within bars, and how much more of it there is across than along."""


def find_barcodes(grey: NDArray[np.uint8], elements: PageElements) -> PageElements:
    """A page with the barcodes of its image; a ``Finder``."""
    codes = image_barcodes(grey)
    return replace(elements, barcodes=[*elements.barcodes, *codes]) if codes else elements


def image_barcodes(grey: NDArray[np.uint8]) -> list[BarcodeBox]:
    """The barcodes of an image, in its pixels; those whose checksum fails are none."""
    import zxingcpp

    def read(kinds: Mapping[str, Sequence[str]], *, sideways: bool) -> list[Any]:
        formats = zxingcpp.BarcodeFormats([getattr(zxingcpp.BarcodeFormat, names[0]) for names in kinds.values()])
        return list(zxingcpp.read_barcodes(grey, formats=formats, try_rotate=sideways, try_invert=False))

    # Looking for everything in every direction takes 29 ms a page instead of 16: 3 % of what reading its text takes.
    codes = read(_DIRECTED_MATRIX, sideways=True)
    if _has_sideways_bars(grey):
        codes += [*read(_LINEAR, sideways=True), *read(_MATRIX, sideways=False)]
    else:
        codes += read(_LINEAR | _MATRIX, sideways=False)
    return [_box(code) for code in codes]


def _has_sideways_bars(grey: NDArray[np.uint8]) -> bool:
    """Whether some part of an image is stripes that run from left to right and nothing else."""
    import cv2
    import numpy as np

    size = (grey.shape[1] // _BLOCK, grey.shape[0] // _BLOCK)
    if min(size) < 1:
        return False
    half = cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    along, across = (
        cv2.resize(
            cv2.convertScaleAbs(cv2.Sobel(half, cv2.CV_16S, *axes, ksize=1)), size, interpolation=cv2.INTER_AREA
        ).astype(np.float32)
        for axes in ((1, 0), (0, 1))
    )
    striped = ((across >= _MIN_EDGES) & (across > _ONE_WAY * along)).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(striped, connectivity=8)
    return bool((stats[1:, cv2.CC_STAT_AREA] >= _MIN_BLOCKS).any())


def _box(code: Any) -> BarcodeBox:
    place = code.position
    corners = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
    polygon = tuple(float(number) for corner in corners for number in (corner.x, corner.y))
    kind, value = KINDS[code.format.name], code.text
    if kind == "EAN13" and value.startswith("0"):  # the same bars; zxing-cpp calls them so
        kind, value = "UPCA", value[1:]
    return BarcodeBox(kind, value, polygon)
