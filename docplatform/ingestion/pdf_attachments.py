"""Takes the attached files out of a PDF, in a process of its own: the parser is native, and the PDF may be hostile.

Belongs here: what the child process does, and the frames it writes. Doesn't: starting it, budgets (``pdf_members``).

Reads the PDF from standard input. Writes per attached file a header (``HEADER``: bytes of the name, bytes of the file)
and both; nothing for a PDF that can't be opened without a password, or at all. Its arguments: the bytes of address
space it may take, and the CPU seconds.
"""

from __future__ import annotations

import ctypes
import resource
import struct
import sys
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from docplatform.documents.media_types import PDF_EMBEDDED_FILE

HEADER = struct.Struct(">IQ")


def write_attachments(data: bytes, out: BinaryIO) -> None:
    """Write the attached files of a PDF: those of its list first, then those pinned to its pages."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError:  # locked or damaged: the reader says so, with its passwords and reasons
        return
    wanted = data.count(PDF_EMBEDDED_FILE) - data.count(PDF_EMBEDDED_FILE + b"s")
    listed = document.count_attachments()
    with document:
        for index in range(listed):
            _write(pypdfium2.raw.FPDFDoc_GetAttachment(document, index), out)
        if listed < wanted:
            for attachment in _pinned(document):
                _write(attachment, out)


def _pinned(document: Any) -> Iterator[Any]:
    """Files in annotations."""
    import pypdfium2
    import pypdfium2.raw as pdfium

    for index in range(len(document)):
        try:
            page = document[index]
        except pypdfium2.PdfiumError:  # the reader names it as unread
            continue
        for number in range(pdfium.FPDFPage_GetAnnotCount(page)):
            annotation = pdfium.FPDFPage_GetAnnot(page, number)
            if annotation and pdfium.FPDFAnnot_GetSubtype(annotation) == pdfium.FPDF_ANNOT_FILEATTACHMENT:
                yield pdfium.FPDFAnnot_GetFileAttachment(annotation)
            pdfium.FPDFPage_CloseAnnot(annotation)
        page.close()


def _write(attachment: Any, out: BinaryIO) -> None:
    import pypdfium2.raw as pdfium

    if not attachment:
        return
    name = _filled(lambda buffer, size: int(pdfium.FPDFAttachment_GetName(attachment, buffer, size)))
    size = ctypes.c_ulong()
    is_there = pdfium.FPDFAttachment_GetFile(attachment, None, 0, size)
    encoded = name[:-2].decode("utf-16-le", "replace").encode()
    out.write(HEADER.pack(len(encoded), size.value if is_there else 0) + encoded)
    out.flush()  # the parent may end it here, before anything as large is made again
    if is_there and size.value:
        buffer = ctypes.create_string_buffer(size.value)
        pdfium.FPDFAttachment_GetFile(attachment, buffer, size.value, size)
        out.write(memoryview(buffer))


def _filled(call: Callable[[Any, int], int]) -> bytes:
    import pypdfium2.raw as pdfium

    buffer = ctypes.create_string_buffer(call(None, 0))
    call(ctypes.cast(buffer, ctypes.POINTER(pdfium.FPDF_WCHAR)), len(buffer))
    return buffer.raw


def main() -> None:
    """The child process."""
    space, seconds = map(int, sys.argv[1:3])
    resource.setrlimit(resource.RLIMIT_AS, (space, space))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    write_attachments(sys.stdin.buffer.read(), sys.stdout.buffer)


if __name__ == "__main__":
    main()
