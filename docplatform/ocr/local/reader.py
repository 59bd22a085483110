"""``LocalDocumentReader``: every format docplatform reads, on this machine.

Belongs here: choosing the reader of a format, turning failures into reason codes, the fingerprint. Doesn't: any format
itself, worker processes (``ocr.workers``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, partial
from importlib.metadata import version

from docplatform.documents import media_types
from docplatform.documents.analyze_result import AnalyzeResult
from docplatform.errors import DocPlatformError, PermanentError, ReasonCode
from docplatform.ocr.base import DocumentSource, ReadOutcome
from docplatform.ocr.local.blocks import ReadDocument
from docplatform.ocr.local.builder import build_result
from docplatform.ocr.local.plain_text import read_plain_text
from docplatform.ocr.local.recognition.choice import recognizer_fingerprint, recognizer_of
from docplatform.ocr.workers import InProcessPool, PebbleWorkerPool, WorkerPool
from docplatform.settings import LimitSettings, ReadingSettings

MODEL_ID = "prebuilt-read"
_REVISION = 3
"""Raised when this reader reads something differently, so that documents are read anew."""
_ENGINES = ("pypdfium2", "openpyxl", "lxml", "kreuzberg", "pillow", "charset-normalizer")

_IMAGES = {item.mime for item in media_types.READABLE if item.mime.startswith("image/")}
_PLAIN = {item.mime for item in (media_types.TXT, media_types.CSV, media_types.MARKDOWN, media_types.JSON)} | {
    media_types.LABELS.mime,
    media_types.XML.mime,
}
_LEGACY = {
    item.mime
    for item in (
        *(media_types.DOC, media_types.XLS, media_types.PPT, media_types.MSG),
        *(media_types.ODT, media_types.RTF, media_types.EPUB),
    )
}


class LocalDocumentReader:
    """Implements ``DocumentReader``."""

    def __init__(self, reading: ReadingSettings, limits: LimitSettings) -> None:
        self._reading = reading
        self._limits = limits
        self._recognizer = recognizer_of(reading)

    @cached_property
    def fingerprint(self) -> str:
        """Engines with their versions, and a hash of the options that can change a result."""
        engines = ",".join(f"{name}={version(name)}" for name in _ENGINES)
        options = f"{self._reading.ocr_max_side}/{self._reading.pdf_render_dpi}"
        recognizer = recognizer_fingerprint(self._reading)
        digest = hashlib.sha256(f"{engines};{recognizer};{options}".encode()).hexdigest()[:12]
        return f"local-{_REVISION}:{recognizer.split(',')[0].replace('=', '-')}:{digest}"

    def read(self, source: DocumentSource) -> AnalyzeResult:
        """Read one document in this process; see ``DocumentReader``."""
        self._check(source)
        try:
            return self._dispatch(source)
        except (DocPlatformError, MemoryError):
            raise
        except RecursionError as error:
            raise PermanentError(
                f"{source.key}: its structure is nested too deeply to be read.", reason=ReasonCode.CORRUPT
            ) from error
        except Exception as error:  # whatever a format library raises concerns this document only
            raise PermanentError(
                f"{source.key} ({source.media_type}): the engine failed with {type(error).__name__}: {error}. "
                "Please report it with the file.",
                reason=ReasonCode.ENGINE_ERROR,
            ) from error

    def read_many(self, sources: Iterable[DocumentSource]) -> Iterator[ReadOutcome]:
        """Read many documents, in the worker processes that the settings ask for; see ``DocumentReader``."""
        return self._pool.read(sources)

    def close(self) -> None:
        """Stop the workers; they start anew when needed."""
        self._pool.close()

    @cached_property
    def _pool(self) -> WorkerPool:
        if self._reading.workers == 0:
            return InProcessPool(self.read)
        single = self._reading.model_copy(update={"workers": 0})
        return PebbleWorkerPool(
            partial(LocalDocumentReader, single, self._limits),
            workers=self._reading.workers,
            timeout_seconds=self._reading.timeout_seconds,
            memory_bytes=self._reading.worker_memory_bytes,
        )

    def _check(self, source: DocumentSource) -> None:
        size = len(source.data)
        if size > self._limits.max_file_bytes:
            raise PermanentError(
                f"{source.key} has {size} bytes; the limit is {self._limits.max_file_bytes} "
                "(DOCPLATFORM_LIMITS__MAX_FILE_BYTES).",
                reason=ReasonCode.TOO_LARGE,
            )
        if source.media_type == media_types.EMPTY.mime or not source.data.strip():
            raise PermanentError(f"{source.key} is empty. Send it again if it shouldn't be.", reason=ReasonCode.EMPTY)
        if source.media_type == media_types.ENCRYPTED_OFFICE.mime:
            raise PermanentError(
                f"{source.key} is an Office file with a password. Save it without one and send it again.",
                reason=ReasonCode.ENCRYPTED,
            )

    def _dispatch(self, source: DocumentSource) -> AnalyzeResult:
        if source.media_type in _PLAIN:
            return read_plain_text(source.data, MODEL_ID)
        read = self._format_reader(source.media_type)
        if read is None:
            raise PermanentError(
                f"{source.key}: files of type {source.media_type} can't be read. Convert it to PDF and send it again.",
                reason=ReasonCode.UNSUPPORTED_TYPE,
            )
        return build_result(read(source.data), MODEL_ID)

    def _format_reader(self, media_type: str) -> Callable[[bytes], ReadDocument] | None:
        """The reader of a type. Imported here: a worker that only reads mails never loads the others."""
        from docplatform.ocr.local import (
            archives,
            html,
            images,
            legacy,
            mail,
            pdf,
            presentations,
            spreadsheets,
            word_documents,
        )

        limits, reading, recognizer = self._limits, self._reading, self._recognizer
        if media_type in _IMAGES:
            return lambda data: images.read_image(data, reading, limits, recognizer)
        if media_type in _LEGACY:
            return lambda data: legacy.read_legacy(data, media_type, limits)
        readers: dict[str, Callable[[bytes], ReadDocument]] = {
            media_types.PDF.mime: lambda data: pdf.read_pdf(data, reading, limits, recognizer),
            media_types.HTML.mime: html.read_html,
            media_types.DOCX.mime: lambda data: word_documents.read_docx(data, limits),
            media_types.XLSX.mime: lambda data: spreadsheets.read_xlsx(data, limits),
            media_types.PPTX.mime: lambda data: presentations.read_pptx(data, limits),
            media_types.EML.mime: lambda data: mail.read_mail(data, limits),
            media_types.ZIP.mime: lambda data: archives.read_zip_listing(data, limits),
        }
        return readers.get(media_type)
