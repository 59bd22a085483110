"""Files that are refused before anything reads them: why, and what to do about it.

Belongs here: refusals by type and size, for whatever takes files in. Doesn't: what only reading shows.
"""

from __future__ import annotations

from docplatform.documents import media_types
from docplatform.documents.media_types import MediaType
from docplatform.errors import ReasonCode
from docplatform.settings import LimitSettings

_ARCHIVE = "It is an archive that isn't unpacked here. Unpack it and send what it holds, or pack it as zip."
_PICTURE = "Save it as PDF or PNG and send that."
_RECORDING = "It is a recording: there is nothing to read in it."
_PROGRAM_DATA = "It is a program's own data and no document. Export what is meant to be read as CSV or PDF."
_ANY = "No reader knows it. Send it as PDF, an image, text or a current Office format."
_ADVICE = {
    **dict.fromkeys((media_types.SEVEN_ZIP, media_types.RAR, media_types.XZ, media_types.ZSTD), _ARCHIVE),
    **dict.fromkeys((media_types.PHOTOSHOP, media_types.POSTSCRIPT), _PICTURE),
    **dict.fromkeys((media_types.MP3, media_types.MP4, media_types.WAV), _RECORDING),
    **dict.fromkeys((media_types.SQLITE, media_types.PARQUET, media_types.EXECUTABLE), _PROGRAM_DATA),
    media_types.XLSB: "Save it as xlsx and send that.",
}


def refusal_of(media_type: MediaType, size: int, limits: LimitSettings) -> tuple[ReasonCode, str] | None:
    """Why a file of this type and size can't go on, and what to do about it; None where it can."""
    if size > limits.max_file_bytes:
        return ReasonCode.TOO_LARGE, (
            f"The file has {size:,} bytes, more than {limits.max_file_bytes:,}. Split it, or raise "
            "DOCPLATFORM_LIMITS__MAX_FILE_BYTES and send it again."
        )
    return refusal_of_type(media_type)


def refusal_of_type(media_type: MediaType) -> tuple[ReasonCode, str] | None:
    """Why no file of this type can go on, and what to do about it; None where it can."""
    if media_type == media_types.EMPTY:
        return ReasonCode.EMPTY, "The file holds nothing, or only white space. If that is wrong, send it again."
    if media_type == media_types.ENCRYPTED_OFFICE:
        return ReasonCode.ENCRYPTED, "The Office file needs a password. Save it without one and send it again."
    if media_type not in media_types.READABLE:
        advice = _ADVICE.get(media_type, _ANY)
        return (
            ReasonCode.UNSUPPORTED_TYPE,
            f"The content is of type {media_type.mime}, whatever its name says. {advice}",
        )
    return None
