"""Blocks to ``AnalyzeResult``: the one way every format takes.

Belongs here: which writer writes a document, and the result as a whole. Doesn't: content and elements (``building``),
knowing any file format.

``content[span] == element.content`` holds for every element in text and in markdown; what has several spans joins them
with a space. Offsets count Unicode code points.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pydantic_core import to_json

from docplatform.documents.analyze_result import API_VERSION, UNICODE_CODE_POINT, AnalyzeResult
from docplatform.documents.stored_json import StoredJson
from docplatform.documents.vocabulary import ContentFormat
from docplatform.ocr.local.blocks import Notice, PageBlocks, PageStream, ReadDocument
from docplatform.ocr.local.building.content import Json, clean
from docplatform.ocr.local.building.languages import languages
from docplatform.ocr.local.building.lines import LINES_OMITTED, WORDS_OMITTED
from docplatform.ocr.local.building.markdown_writer import MarkdownWriter
from docplatform.ocr.local.building.sections import sections
from docplatform.ocr.local.building.text_writer import TextWriter
from docplatform.ocr.local.building.verbatim import add_code_page, add_verbatim_page
from docplatform.ocr.local.building.waiting import WaitingPages
from docplatform.ocr.local.building.writer import Writer
from docplatform.ocr.local.layout.document import RoleFinder, with_page_roles

MAX_PLAIN_WORDS = 200_000
"""Words without geometry that are listed one by one, and as many lines and cells' paragraphs: they say nothing that
``content`` doesn't, and cost 1 KB each, which would make gigabytes of a table of some megabytes."""
EMPTY_DOCUMENT = "emptyDocument"

_WRITERS: dict[ContentFormat, type[Writer]] = {
    ContentFormat.TEXT: TextWriter,
    ContentFormat.MARKDOWN: MarkdownWriter,
}


def build_result(
    document: ReadDocument, model_id: str, content_format: ContentFormat = ContentFormat.TEXT
) -> AnalyzeResult:
    """The result of a document read as blocks."""
    return build_from_pages(document.pages, document.notices, model_id, content_format)


def build_from_pages(
    pages: Iterable[PageBlocks], notices: Sequence[Notice], model_id: str, content_format: ContentFormat
) -> AnalyzeResult:
    """The same for pages that nobody needs any more: each is asked for when the one before it is written."""
    writer = _WRITERS[content_format](MAX_PLAIN_WORDS)
    for page in pages:
        writer.add_page(page)
        del page  # before the next one is made
    return _result(writer, model_id, notices, content_format)


def build_from_stream(stream: PageStream, model_id: str, content_format: ContentFormat) -> AnalyzeResult:
    """The result of pages that have no roles yet, which all of them together tell.

    A text doesn't depend on roles: it is written page by page, and the roles are put in at the end. In markdown they
    decide what is written: the pages wait in a file.
    """
    finder = RoleFinder()
    if content_format is ContentFormat.MARKDOWN:
        waiting = WaitingPages()
        for page in stream.pages:
            finder.add(page)
            waiting.append(page)
        roles = finder.roles()
        pages = (with_page_roles(page, roles[number]) for number, page in enumerate(waiting))
        return build_from_pages(pages, stream.notices, model_id, content_format)
    writer = TextWriter(MAX_PLAIN_WORDS)
    numbers = []
    for page in stream.pages:
        finder.add(page)
        writer.add_page(page)
        numbers.append(writer.numbers_of(page))
        del page  # before the next one is made
    found = zip(numbers, finder.roles(), strict=True)
    writer.give_roles({of[index]: role for of, roles in found for index, role in roles.items() if of[index] >= 0})
    return _result(writer, model_id, stream.notices, content_format)


def build_verbatim_result(
    content: str,
    model_id: str,
    notices: Sequence[Notice] = (),
    content_format: ContentFormat = ContentFormat.TEXT,
) -> AnalyzeResult:
    """The result of a plain text, or of a markdown that is one already: ``content`` is as it is, with one page."""
    writer = TextWriter(MAX_PLAIN_WORDS)
    add_verbatim_page(writer, content)
    return _result(writer, model_id, notices, content_format)


def build_code_result(content: str, model_id: str, notices: Sequence[Notice], language: str) -> AnalyzeResult:
    """The markdown of a text that is no prose: a code block."""
    writer = MarkdownWriter(MAX_PLAIN_WORDS)
    add_code_page(writer, content, language)
    return _result(writer, model_id, notices, ContentFormat.MARKDOWN)


def _result(writer: Writer, model_id: str, notices: Sequence[Notice], content_format: ContentFormat) -> AnalyzeResult:
    # what stands between blank pages is no content
    content = writer.content.text if writer.has_content else ""
    listed = {
        "paragraphs": writer.paragraphs.chunks(),
        "tables": writer.tables.chunks(),
        "figures": writer.figures.chunks(),
        "sections": _chunks(sections(writer.leaves)),
        "keyValuePairs": writer.pairs.chunks(),
        "languages": _chunks(languages(content, writer.paragraphs.extents)),
        "warnings": _chunks([_warning(notice) for notice in (*notices, *_omissions(writer))]),
    }
    head: Json = {
        "apiVersion": API_VERSION,
        "modelId": model_id,
        "stringIndexType": UNICODE_CODE_POINT,
        "contentFormat": content_format.value,
        "content": content,
    }
    whole = writer.pages
    whole.begin_with(to_json(head)[:-1] + b',"pages":[')
    whole.write(b"]")
    for name, chunks in listed.items():
        _add_list(whole, name, chunks)
    whole.write(b"}")
    return AnalyzeResult.deferred(whole if whole.is_large else whole.text())


def _chunks(entries: Sequence[Json]) -> Iterator[bytes]:
    yield to_json(entries)[1:-1]


def _add_list(whole: StoredJson, name: str, chunks: Iterator[bytes]) -> None:
    """Add a key with a list, unless there is nothing in it."""
    before = f',"{name}":['.encode()
    for chunk in chunks:
        if chunk:
            whole.write(before + chunk)
            before = b""
    if not before:
        whole.write(b"]")


def _omissions(writer: Writer) -> list[Notice]:
    found = [] if writer.has_text else [Notice(EMPTY_DOCUMENT, "No text was found in the document: it is blank.")]
    for code, what in ((WORDS_OMITTED, "words"), (LINES_OMITTED, "lines")):
        count = writer.line_writer.plain[code]
        if count > MAX_PLAIN_WORDS:
            message = f"Of {count} {what} the first {MAX_PLAIN_WORDS} are listed; content holds them all."
            found.append(Notice(code, message))
    return found


def _warning(notice: Notice) -> Json:
    return {"code": notice.code, "message": clean(notice.message)} | (
        {"target": notice.target} if notice.target else {}
    )
