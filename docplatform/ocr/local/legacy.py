"""doc, xls, ppt, msg, odt, rtf, epub: through kreuzberg, without OCR, cache or network.

Belongs here: calling kreuzberg and checking that it didn't lose everything. Doesn't: newer formats, which it reads with
losses and which have readers of their own.
"""

from __future__ import annotations

import re

from docplatform.errors import PermanentError, ReasonCode
from docplatform.ocr.local.blocks import PageBlocks, ReadDocument, paragraph_of

ENGINE_FOUND_NOTHING = "engineFoundNothing"
_ENCRYPTED = re.compile(r"encrypt|password|protected", re.IGNORECASE)
_PICTURE = re.compile(r"^\[Image(?:: [^\]]*)?\]$")
_RTF_CONTROL = re.compile(r"\\[a-z]+-?\d* ?|[{}]|\\\*", re.IGNORECASE)
_MIN_LETTERS = 20  # of an RTF file: names of fonts and styles stay in what the simple reader finds


def read_legacy(data: bytes, media_type: str) -> ReadDocument:
    """One page of paragraphs.

    Raises:
        PermanentError: CORRUPT or ENCRYPTED.
    """
    paragraphs = [part for part in re.split(r"\n\s*\n", _extracted(data, media_type)) if part.strip()]
    return ReadDocument([PageBlocks([paragraph_of(part) for part in paragraphs])] if paragraphs else [PageBlocks()])


def _extracted(data: bytes, media_type: str) -> str:
    import kreuzberg

    config = kreuzberg.ExtractionConfig(use_cache=False, disable_ocr=True, enable_quality_processing=False)  # type: ignore[call-arg]
    try:
        content = kreuzberg.extract_bytes_sync(data, media_type, config).content
    except kreuzberg.KreuzbergError as error:
        reason = ReasonCode.ENCRYPTED if _ENCRYPTED.search(str(error)) else ReasonCode.CORRUPT
        raise PermanentError(
            f"The {media_type} file can't be read ({error}). Open and save it anew, or send it as PDF or docx.",
            reason=reason,
        ) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # Rust's: no Exception, and its module can't be imported
            raise
        raise PermanentError(
            f"The {media_type} file is damaged: its parser gave up ({error}). Open and save it anew.",
            reason=ReasonCode.CORRUPT,
        ) from error
    return "\n".join(line for line in str(content).splitlines() if not _PICTURE.match(line.strip()))
