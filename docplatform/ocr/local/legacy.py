"""doc, xls, ppt: through kreuzberg, without OCR, cache or network, and by their own structure what it leaves out.

Belongs here: calling kreuzberg and checking that it didn't lose anything. Doesn't: the structure itself
(``office97``), newer formats, which kreuzberg reads with losses and which have readers of their own.
"""

from __future__ import annotations

import re

from docplatform.documents import media_types
from docplatform.errors import PermanentError, ReasonCode
from docplatform.ocr.local.blocks import Block, PageBlocks, ReadDocument, lines_of, paragraph_of
from docplatform.ocr.local.compound_chains import flaw_of
from docplatform.ocr.local.html import unsaid
from docplatform.ocr.local.office97 import texts_beside

_ENCRYPTED = re.compile(r"encrypt|password|protected", re.IGNORECASE)
_PICTURE = re.compile(r"^\[Image(?:: [^\]]*)?\]$")


def read_legacy(data: bytes, media_type: str) -> ReadDocument:
    """One page of paragraphs.

    Raises:
        PermanentError: CORRUPT or ENCRYPTED.
    """
    blocks: list[Block] = [
        paragraph_of(part) for part in re.split(r"\n\s*\n", _extracted(data, media_type)) if lines_of(part)
    ]
    # A ppt keeps the texts of slides that were changed or deleted: they are only looked at where there is nothing else.
    if media_type != media_types.PPT.mime or not blocks:
        blocks += unsaid([paragraph_of(text) for text in texts_beside(data, media_type)], blocks)
    return ReadDocument([PageBlocks(blocks)])


def _extracted(data: bytes, media_type: str) -> str:
    import kreuzberg

    if media_type == media_types.XLS.mime and (flaw := flaw_of(data)):
        raise PermanentError(
            f"The {media_type} file is damaged: {flaw}. Open and save it anew, or send it as PDF or xlsx.",
            reason=ReasonCode.CORRUPT,
        )
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
