"""Images: PNG, JPEG, TIFF with its pages, WebP, BMP, GIF, JPEG 2000, AVIF, HEIC, decoded once and handed to OCR.

Belongs here: decoding any pixel format to 8-bit BGR within the limits, the right way up. Doesn't: recognising.
"""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from docplatform.documents.media_types import HEIC, sniff
from docplatform.errors import PermanentError, ReasonCode
from docplatform.ocr.completeness import INK_WITHOUT_TEXT, UNREADABLE_PAGE
from docplatform.ocr.local.blocks import Notice, PageBlocks, ReadDocument
from docplatform.ocr.local.bounds import check_pages
from docplatform.ocr.local.layout.document import with_roles
from docplatform.ocr.local.layout.page import arrange
from docplatform.ocr.local.page_elements import Recognizer
from docplatform.ocr.memory import is_out_of_memory
from docplatform.ocr.progress import page_done
from docplatform.settings import LimitSettings, ReadingSettings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FRAMES_OMITTED = "framesOmitted"
_EXIF_ORIENTATION = 0x0112
_SHRINKABLE = ("L", "RGB", "CMYK", "YCbCr")  # pixels that may be averaged as they are
_SIXTEEN_BITS = ("I;16", "I;16B", "I;16L", "I;16N", "I", "F")


def read_image(data: bytes, reading: ReadingSettings, limits: LimitSettings, recognizer: Recognizer) -> ReadDocument:
    """A page per image of a TIFF, one page for other formats; in pixels of the image as it is shown.

    Raises:
        PermanentError: CORRUPT, TOO_LARGE or TOO_MANY_PAGES.
    """
    with _translated_errors():
        image = _opened(data, limits)
        frames = int(getattr(image, "n_frames", 1))
        is_paged = image.format == "TIFF"
    if is_paged:
        check_pages(frames, limits, holder="The TIFF")
    count = frames if is_paged else 1
    notices: list[Notice] = []
    pages = [_read_or_name(image, number, reading, limits, recognizer, notices) for number in range(count)]
    unread = [notice for notice in notices if notice.code == UNREADABLE_PAGE]
    if len(unread) == count:
        raise PermanentError(unread[0].message, reason=ReasonCode.CORRUPT)
    if frames > count:
        message = f"An animation: its first frame was read, {frames - count} were not."
        notices.append(Notice(FRAMES_OMITTED, message))
    return ReadDocument(with_roles(pages), notices, count)


def _read_or_name(
    image: Any, number: int, reading: ReadingSettings, limits: LimitSettings, recognizer: Recognizer, out: list[Notice]
) -> PageBlocks:
    """A page; an empty one, named in ``out``, where it can't be decoded: the file's others are still worth reading."""
    target = f"/pages/{number}"
    try:
        page = _read_frame(image, number, reading, limits, recognizer)
    except PermanentError as error:
        if error.reason is not ReasonCode.CORRUPT:
            raise
        out.append(Notice(UNREADABLE_PAGE, f"Page {number + 1} was not read: {error}", target))
        return PageBlocks()
    if page.quality and INK_WITHOUT_TEXT in page.quality.reasons:
        out.append(Notice(INK_WITHOUT_TEXT, f"Page {number + 1} isn't blank, and no text was found on it.", target))
    return page


_DAMAGE = (
    *(OSError, SyntaxError, ValueError, TypeError, ArithmeticError, LookupError, AttributeError, EOFError),
    RuntimeError,  # of the AVIF decoder
    struct.error,
)
"""What Pillow's parsers fail with on damaged files; ``UnidentifiedImageError`` is an ``OSError``."""


@contextmanager
def _translated_errors() -> Iterator[None]:
    from PIL import Image

    try:
        yield
    except Image.DecompressionBombError as error:
        raise PermanentError(f"The image is too large: {error}", reason=ReasonCode.TOO_LARGE) from error
    except _DAMAGE as error:
        if is_out_of_memory(error):
            raise MemoryError(str(error)) from error
        raise PermanentError(
            f"The image can't be decoded ({type(error).__name__}: {error}): damaged, cut off, or of a kind that Pillow "
            "doesn't know. Ask the sender for it again.",
            reason=ReasonCode.CORRUPT,
        ) from error


def _opened(data: bytes, limits: LimitSettings) -> Any:
    from PIL import Image

    if sniff(data[:64]) == HEIC:
        _know_heic()
    Image.MAX_IMAGE_PIXELS = limits.max_pixels  # Pillow's own limit would refuse what ours allows
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of sizes (checked here) and of odd metadata
        return Image.open(io.BytesIO(data))


def _know_heic() -> None:
    """Pillow itself has no decoder for HEIC: the one there is is LGPL, so it comes with an extra."""
    try:
        from pi_heif import register_heif_opener
    except ImportError as error:
        raise PermanentError(
            'HEIC pictures are only read where the extra is installed: pip install "docplatform[heic]". Or send it as '
            "JPEG or PNG.",
            reason=ReasonCode.UNSUPPORTED_TYPE,
        ) from error
    register_heif_opener()


def _read_frame(
    image: Any, number: int, reading: ReadingSettings, limits: LimitSettings, recognizer: Recognizer
) -> PageBlocks:
    with _translated_errors():  # not around the recogniser: what fails there is no fault of the file
        if number:
            image.seek(number)
        width, height = image.size
        if width * height > limits.max_pixels:
            raise PermanentError(
                f"The image has {width} x {height} pixels; the limit is {limits.max_pixels} "
                "(DOCPLATFORM_LIMITS__MAX_PIXELS).",
                reason=ReasonCode.TOO_LARGE,
            )
        turned = image.getexif().get(_EXIF_ORIENTATION, 1) in (5, 6, 7, 8)
        pixels = _pixels(image, reading.ocr_max_side)
    shown = (height, width) if turned else (width, height)
    found = recognizer.recognize(pixels)
    page_done()
    return arrange(found.scaled(shown[0] / pixels.shape[1], *shown, "pixel"))


def _pixels(image: Any, max_side: int) -> NDArray[np.uint8]:
    """8-bit BGR, upright by EXIF, at most about ``max_side`` on its long side."""
    import numpy as np
    from PIL import ImageOps

    if image.format == "JPEG":  # the decoder can halve as it decodes: many times cheaper for camera pictures
        ratio = max_side / max(image.size)
        if ratio < 0.5:
            image.draft(None, (int(image.width * ratio), int(image.height * ratio)))
    # Shrunk before it is coloured, where its kind allows: a grey or two-tone page of 34 megapixels takes 102 MB as RGB.
    frame = image.convert("L") if image.mode == "1" else image
    frame = _eight_bits(_shrunk(frame, max_side) if frame.mode in _SHRINKABLE else frame)
    frame = _shrunk(frame, max_side)
    orientation = image.getexif().get(_EXIF_ORIENTATION, 1)
    if orientation != 1:
        frame.getexif()[_EXIF_ORIENTATION] = orientation
        frame = ImageOps.exif_transpose(frame)
    return np.ascontiguousarray(np.asarray(frame)[:, :, ::-1])


def _shrunk(frame: Any, max_side: int) -> Any:
    from PIL import Image

    if max(frame.size) <= max_side:
        return frame
    ratio = max_side / max(frame.size)
    size = (max(1, round(frame.width * ratio)), max(1, round(frame.height * ratio)))
    return frame.resize(size, Image.Resampling.BOX if ratio < 0.5 else Image.Resampling.HAMMING)


def _eight_bits(image: Any) -> Any:
    """RGB on white."""
    from PIL import Image

    if image.mode in _SIXTEEN_BITS:
        return _stretched(image).convert("RGB")
    if image.mode == "P" and "transparency" in image.info:
        image = image.convert("RGBA")
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La"):
        rgba = image.convert("RGBA")
        paper = Image.new("RGB", rgba.size, (255, 255, 255))
        paper.paste(rgba, mask=rgba.getchannel("A"))
        return paper
    return image.convert("RGB") if image.mode != "RGB" else image


def _stretched(image: Any) -> Any:
    """A grey image of more than 8 bits: the range it uses becomes 0 to 255."""
    import numpy as np
    from PIL import Image

    values = np.nan_to_num(np.asarray(image, dtype=np.float32))
    low, high = float(values.min()), float(values.max())
    if image.mode.startswith("I;16") and high > 255:
        low = 0.0
    spread = (values - low) * (255.0 / max(high - low, 1e-6))
    return Image.fromarray(spread.astype(np.uint8))
