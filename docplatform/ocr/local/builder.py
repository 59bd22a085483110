"""Blocks to ``AnalyzeResult``: the one way every format takes.

Belongs here: which writer writes a document, and the result as a whole. Doesn't: content and elements (``building``),
knowing any file format.

``content[span] == element.content`` holds for every element in text and in markdown; what has several spans joins them
with a space. Offsets count Unicode code points.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic_core import to_json

from docplatform.documents.analyze_result import API_VERSION, UNICODE_CODE_POINT, AnalyzeResult
from docplatform.documents.vocabulary import ContentFormat
from docplatform.ocr.local.blocks import Notice, PageBlocks, ReadDocument
from docplatform.ocr.local.building.content import Json, clean
from docplatform.ocr.local.building.languages import languages
from docplatform.ocr.local.building.lines import LINES_OMITTED, WORDS_OMITTED
from docplatform.ocr.local.building.markdown_writer import MarkdownWriter
from docplatform.ocr.local.building.sections import sections
from docplatform.ocr.local.building.text_writer import TextWriter
from docplatform.ocr.local.building.verbatim import add_code_page, add_verbatim_page
from docplatform.ocr.local.building.writer import Writer

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
    return build_from_pages(list(document.pages), document.notices, model_id, content_format)


def build_from_pages(
    pages: list[PageBlocks], notices: Sequence[Notice], model_id: str, content_format: ContentFormat
) -> AnalyzeResult:
    """The same for pages that nobody needs any more: each leaves the list, and memory, once it is written."""
    writer = _WRITERS[content_format](MAX_PLAIN_WORDS)
    pages.reverse()
    while pages:
        writer.add_page(pages.pop())
    return _result(writer, model_id, notices, content_format)


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
    optional = {
        "paragraphs": writer.paragraphs,
        "tables": writer.tables,
        "figures": writer.figures,
        "sections": sections(writer.leaves),
        "keyValuePairs": writer.pairs,
        "languages": languages(content, writer.paragraphs),
        "warnings": [_warning(notice) for notice in (*notices, *_omissions(writer))],
    }
    result: Json = {
        "apiVersion": API_VERSION,
        "modelId": model_id,
        "stringIndexType": UNICODE_CODE_POINT,
        "contentFormat": content_format.value,
        "content": content,
    }
    rest = {name: entries for name, entries in optional.items() if entries}
    return AnalyzeResult.deferred(_joined(result, writer.pages, rest).decode())


def _joined(head: Json, pages: bytearray, rest: Json) -> bytes:
    """The JSON of an object with ``pages`` between its other entries. The pages are let go: they are in it."""
    end = b"]," + to_json(rest)[1:] if rest else b"]}"
    joined = b"".join([to_json(head)[:-1], b',"pages":[', pages, end])
    pages.clear()
    return joined


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
