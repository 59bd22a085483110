"""``LocalDocumentReader``: every format docplatform reads, on this machine.

Belongs here: choosing the reader of a format, turning failures into reason codes, the fingerprint. Doesn't: any format
itself, worker processes (``ocr.workers``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import cached_property, partial
from importlib.metadata import version

from docplatform.documents import media_types
from docplatform.documents.analyze_result import AnalyzeResult
from docplatform.documents.vocabulary import ContentFormat
from docplatform.errors import DocPlatformError, PermanentError, ReasonCode
from docplatform.ocr.base import DocumentSource, Reading, ReadOutcome
from docplatform.ocr.collecting import uncollected
from docplatform.ocr.local.blocks import PageBlocks, PageStream, ReadDocument
from docplatform.ocr.local.builder import build_from_pages, build_from_stream
from docplatform.ocr.local.document_cache import DOCUMENTS, decoded, document_key, encoded, is_worth_keeping
from docplatform.ocr.local.layout.text_pairs import with_text_pairs
from docplatform.ocr.local.page_cache import PAGES, CachedRecognizer, KeptPages
from docplatform.ocr.local.page_elements import Recognizer
from docplatform.ocr.local.page_findings import PageFindings
from docplatform.ocr.local.pictures import Pictures
from docplatform.ocr.local.plain_text import read_plain_text
from docplatform.ocr.local.recognition.choice import recognizer_of
from docplatform.ocr.memory import is_out_of_memory
from docplatform.ocr.result_cache import ResultCache
from docplatform.ocr.workers import InProcessPool, PebbleWorkerPool, WorkerPool
from docplatform.settings import LimitSettings, ReadingSettings
from docplatform.storage.base import BlobStore

MODEL_ID = "prebuilt-read"
_REVISION = 6
"""Raised when this reader reads something differently, so that documents are read anew."""
_ENGINES = (
    *("pypdfium2", "pillow", "openpyxl", "lxml", "kreuzberg", "olefile"),
    *("charset-normalizer", "py3langid", "zxing-cpp"),
)

_IMAGES = {item.mime for item in media_types.READABLE if item.mime.startswith("image/")}
_PLAIN = {item.mime for item in (media_types.TXT, media_types.CSV, media_types.MARKDOWN, media_types.JSON)} | {
    media_types.LABELS.mime,
    media_types.XML.mime,
}
_LEGACY = {
    item.mime
    for item in (
        media_types.DOC,
        media_types.XLS,
        media_types.PPT,
    )
}
_OPEN_DOCUMENT = {item.mime for item in (media_types.ODT, media_types.ODS, media_types.ODP)}
_ARCHIVES = {
    item.mime for item in (media_types.ZIP, media_types.TAR, media_types.GZIP, media_types.BZIP2, media_types.MBOX)
}


_FormatReader = Callable[[bytes], ReadDocument | PageStream]


class LocalDocumentReader:
    """Implements ``DocumentReader``."""

    def __init__(
        self, reading: ReadingSettings, limits: LimitSettings, open_store: Callable[[], BlobStore] | None = None
    ) -> None:
        """``open_store`` opens the blob store of the caches, in any process (it is pickled); None: no cache."""
        self._reading = reading
        self._limits = limits
        self._open_store = open_store if reading.cache else None
        self._recognizer = PageFindings(recognizer_of(reading))
        self._pages, self._documents = (
            (ResultCache(self._open_store, kind) if self._open_store else None) for kind in (PAGES, DOCUMENTS)
        )

    @cached_property
    def fingerprint(self) -> str:
        """Engines with their versions, and a hash of the options that can change a result."""
        engines = ",".join(f"{name}={version(name)}" for name in _ENGINES)
        reading, recognizer = self._reading, self._recognizer.fingerprint
        options = f"{reading.ocr_max_side}/{reading.pdf_render_dpi}/{reading.content_format}"
        digest = hashlib.sha256(f"{engines};{options};{recognizer}".encode()).hexdigest()[:12]
        return f"local-{_REVISION}:{recognizer.split(':')[0]}:{digest}"

    def read(self, source: DocumentSource) -> AnalyzeResult:
        """Read one document in this process; see ``DocumentReader``."""
        return self.reading(source).result

    def reading(self, source: DocumentSource) -> Reading:
        """As ``read``, with the pages counted."""
        self._check(source)
        with _failures_of(source):
            return self._remembered(source)

    def cache_paths(self, source: DocumentSource) -> list[str]:
        """See ``DocumentReader``. Reads the document anew, without recognising anything."""
        if self._documents is None or self._pages is None:
            return []
        kept = self._documents.kept_at(self._document_key(source))
        pages = KeptPages(self._recognizer.fingerprint, self._pages)
        with suppress(PermanentError), _failures_of(source):  # of what can't be read pages may be kept all the same
            self._check(source)
            self._read(source, pages)
        return [*([kept] if kept else []), *dict.fromkeys(pages.paths)]

    def read_many(self, sources: Iterable[DocumentSource]) -> Iterator[ReadOutcome]:
        """Read many documents, in the worker processes that the settings ask for; see ``DocumentReader``."""
        return self._pool.read(sources)

    def close(self) -> None:
        """Stop the workers; they start anew when needed."""
        self._pool.close()

    @cached_property
    def _pool(self) -> WorkerPool:
        if self._reading.workers == 0:
            return InProcessPool(self.reading)
        single = self._reading.model_copy(update={"workers": 0})
        return PebbleWorkerPool(
            partial(LocalDocumentReader, single, self._limits, self._open_store),
            workers=self._reading.workers,
            timeout_seconds=self._reading.timeout_seconds,
            document_seconds=self._reading.document_seconds,
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

    def _remembered(self, source: DocumentSource) -> Reading:
        """What an earlier reading of the same bytes made of them, or else a reading now."""
        if self._documents is None:
            return self._dispatch(source)
        key = self._document_key(source)
        kept = self._documents.get(key, decoded)
        if kept is not None:
            return kept
        reading = self._dispatch(source)
        if is_worth_keeping(reading):
            self._documents.put(key, encoded(reading))
        return reading

    def _document_key(self, source: DocumentSource) -> str:
        return document_key(source, f"{self.fingerprint};{self._limits.model_dump_json()}")

    def _dispatch(self, source: DocumentSource) -> Reading:
        recognizer = CachedRecognizer(self._recognizer, self._pages)
        result, in_file = self._read(source, recognizer)
        return Reading(result, recognizer.counts(in_file))

    def _read(self, source: DocumentSource, recognizer: Recognizer) -> tuple[AnalyzeResult, int]:
        """The result, and how many pages the file has."""
        content_format = ContentFormat(self._reading.content_format)
        if source.media_type in _PLAIN:
            result = read_plain_text(source.data, MODEL_ID, source.media_type, content_format)
            return result, 1
        read = self._format_reader(source.media_type, recognizer)
        if read is None:
            raise PermanentError(
                f"{source.key}: files of type {source.media_type} can't be read. Convert it to PDF and send it again.",
                reason=ReasonCode.UNSUPPORTED_TYPE,
            )
        with uncollected() if source.media_type == media_types.PDF.mime else nullcontext():
            document = read(source.data)
            if isinstance(document, PageStream):
                result = build_from_stream(document, MODEL_ID, content_format)
                in_file = document.file_pages
            else:
                pages, notices = list(document.pages), document.notices
                in_file = document.file_pages or len(pages)
                del document  # so that each page can go once it is written
                result = build_from_pages(_let_go(pages), notices, MODEL_ID, content_format)
        return result, in_file

    def _format_reader(self, media_type: str, recognizer: Recognizer) -> _FormatReader | None:
        """The reader of a type. Imported here: a worker that only reads mails never loads the others."""
        from docplatform.ocr.local import (
            archives,
            epub,
            html,
            images,
            legacy,
            mail,
            open_document,
            outlook,
            pdf,
            presentations,
            rtf,
            spreadsheets,
            word_documents,
        )

        limits, reading = self._limits, self._reading

        def pictures() -> Pictures:
            return Pictures(lambda data: images.read_image(data, reading, limits, recognizer))

        if media_type in _IMAGES:
            return lambda data: images.read_image(data, reading, limits, recognizer)
        if media_type in _LEGACY:
            return lambda data: legacy.read_legacy(data, media_type)
        if media_type in _OPEN_DOCUMENT:
            return lambda data: open_document.read_open_document(data, limits, pictures())
        if media_type in _ARCHIVES:
            return lambda data: archives.read_listing(data, media_type, limits)
        readers: dict[str, _FormatReader] = {
            media_types.PDF.mime: lambda data: pdf.read_pdf(data, reading, limits, recognizer),
            media_types.HTML.mime: html.read_html,
            media_types.DOCX.mime: lambda data: word_documents.read_docx(data, limits, pictures()),
            media_types.XLSX.mime: lambda data: spreadsheets.read_xlsx(data, limits, pictures()),
            media_types.PPTX.mime: lambda data: presentations.read_pptx(data, limits, pictures()),
            media_types.EPUB.mime: lambda data: epub.read_epub(data, limits, pictures()),
            media_types.RTF.mime: rtf.read_rtf,
            media_types.EML.mime: lambda data: mail.read_mail(data, limits),
            media_types.MHTML.mime: lambda data: mail.read_saved_page(data, limits, pictures()),
            media_types.MSG.mime: lambda data: outlook.read_msg(data, limits),
        }
        return readers.get(media_type)


@contextmanager
def _failures_of(source: DocumentSource) -> Iterator[None]:
    """Whatever a format library raises concerns this document only."""
    try:
        yield
    except (DocPlatformError, MemoryError):
        raise
    except RecursionError as error:
        raise PermanentError(
            f"{source.key}: its structure is nested too deeply to be read.", reason=ReasonCode.CORRUPT
        ) from error
    except Exception as error:
        if is_out_of_memory(error):
            raise MemoryError(str(error)) from error
        raise PermanentError(
            f"{source.key} ({source.media_type}): the engine failed with {type(error).__name__}: {error}. "
            "Please report it with the file.",
            reason=ReasonCode.ENGINE_ERROR,
        ) from error


def _let_go(pages: list[PageBlocks]) -> Iterator[PageBlocks]:
    """The pages with their pairs, each taken from the list."""
    pages.reverse()
    while pages:
        yield with_text_pairs(pages.pop())
