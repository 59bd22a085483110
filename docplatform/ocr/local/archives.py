"""zip: what is in it, by name and size.

Belongs here: listing. Doesn't: unpacking (``ingestion``: members become documents of their own).
"""

from __future__ import annotations

import io
import zipfile

from docplatform.errors import PermanentError, ReasonCode
from docplatform.ocr.local.blocks import PageBlocks, ReadDocument, table_of
from docplatform.ocr.local.bounds import check_entries
from docplatform.settings import LimitSettings


def read_zip_listing(data: bytes, limits: LimitSettings) -> ReadDocument:
    """One page with a table of the members.

    Raises:
        PermanentError: CORRUPT where it can't be opened, BOMB where it has too many members.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise PermanentError(
            f"The zip's directory is damaged ({error}). Ask the sender for it again.", reason=ReasonCode.CORRUPT
        ) from error
    check_entries(len(infos), limits, holder="The zip", unit="members")
    rows = [[info.filename, f"{info.file_size} bytes"] for info in infos if not info.is_dir()]
    return ReadDocument([PageBlocks([table_of(rows)] if rows else [])])
