"""What the usual readers find in a file, a JSON line each: run by ``consensus.py`` with the Python that has them.

    python benchmarks/consensus_peers.py list
    python benchmarks/consensus_peers.py read < paths

Knows nothing of docplatform, so that it runs in an environment that only has the peers. A reader named ``exact:…``
takes the text from the format's own text elements: nothing it finds can be a mistake of interpretation.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

Reader = Callable[[Path], str]
_OOXML_TEXT = re.compile(r"<(?:\w+:)?t(?: [^>]*)?>([^<]*)</(?:\w+:)?t>")
_OOXML_PARTS = re.compile(
    r"(word/(document|header\d*|footer\d*|footnotes|endnotes|comments)|ppt/(slides|notesSlides|comments)/[^/]+"
    r"|(word|ppt|xl)/(charts|diagrams)/(chart|data)[^/]*|xl/(sharedStrings|comments\d*|drawings/drawing\d+))\.xml"
)
_KINDS = {
    "docx": ("exact:ooxml", "python-docx", "docx2txt", "markitdown", "kreuzberg"),
    "pptx": ("exact:ooxml", "python-pptx", "markitdown", "kreuzberg"),
    "xlsx": ("exact:ooxml", "openpyxl", "python-calamine", "markitdown", "kreuzberg"),
    "xls": ("xlrd", "python-calamine", "kreuzberg"),
    "doc": ("antiword", "catdoc", "kreuzberg"),
    "ppt": ("catppt", "kreuzberg"),
    "msg": ("extract-msg", "markitdown", "kreuzberg"),
    "odt": ("exact:odf", "odfpy", "kreuzberg"),
    "ods": ("exact:odf", "odfpy", "python-calamine", "kreuzberg"),
    "odp": ("exact:odf", "odfpy", "kreuzberg"),
    "rtf": ("striprtf", "catdoc", "kreuzberg"),
    "epub": ("ebooklib", "markitdown", "kreuzberg"),
    "html": ("beautifulsoup4", "lxml", "markitdown", "kreuzberg"),
    "eml": ("email plain", "email html", "kreuzberg"),
    "pdf": ("pypdf", "pdfminer.six", "pdfplumber", "pdftotext"),
    "txt": ("exact:decoded", "kreuzberg"),
}
_MIMES = {
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "msg": "application/vnd.ms-outlook",
    "eml": "message/rfc822",
    "rtf": "application/rtf",
    "txt": "text/plain",
}


def _exact_ooxml(path: Path) -> str:
    from html import unescape

    with zipfile.ZipFile(path) as archive:
        parts = [
            archive.read(name).decode("utf-8", "replace") for name in archive.namelist() if _OOXML_PARTS.match(name)
        ]
    # A word may be split over runs: paragraphs are joined from theirs, and words of other elements stand alone.
    paragraphs = (part for text in parts for part in re.split(r"</(?:\w+:)?(?:p|si|comment|text)>", text))
    return "\n".join(unescape("".join(_OOXML_TEXT.findall(_without_breaks(part)))) for part in paragraphs)


def _without_breaks(markup: str) -> str:
    return re.sub(r"<\w+:(?:tab|br|cr)\b[^>]*/>|</a:r><a:fld|<w:txbxContent>", "<t> </t>", markup)


def _exact_odf(path: Path) -> str:
    from lxml import etree

    with zipfile.ZipFile(path) as archive:
        root = etree.fromstring(archive.read("content.xml"))
    for space in root.iter("{*}s", "{*}tab", "{*}line-break"):
        space.tail = " " + (space.tail or "")
    return "\n".join("".join(element.itertext()) for element in root.iter("{*}p", "{*}h"))


def _exact_decoded(path: Path) -> str:
    data = path.read_bytes()
    for encoding in ("utf-8-sig", "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "ascii"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ValueError("Its encoding isn't told by its bytes alone.")


def _python_docx(path: Path) -> str:
    import docx

    document = docx.Document(str(path))
    cells = (cell.text for table in document.tables for row in table.rows for cell in row.cells)
    edges = (
        paragraph.text
        for section in document.sections
        for part in (section.header, section.footer)
        for paragraph in part.paragraphs
    )
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells, *edges])


def _docx2txt(path: Path) -> str:
    import docx2txt

    return str(docx2txt.process(str(path)))


def _python_pptx(path: Path) -> str:
    import pptx

    texts = []
    for slide in pptx.Presentation(str(path)).slides:
        texts += [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]
        texts += [
            cell.text for shape in slide.shapes if shape.has_table for row in shape.table.rows for cell in row.cells
        ]
        if slide.has_notes_slide:
            texts.append(slide.notes_slide.notes_text_frame.text)
    return "\n".join(texts)


def _openpyxl(path: Path) -> str:
    import openpyxl

    workbook = openpyxl.load_workbook(path, data_only=True)
    cells = (cell.value for sheet in workbook.worksheets for row in sheet.iter_rows() for cell in row)
    return "\n".join([*workbook.sheetnames, *(value for value in cells if isinstance(value, str))])


def _calamine(path: Path) -> str:
    import python_calamine

    workbook = python_calamine.CalamineWorkbook.from_path(path)
    rows = (row for name in workbook.sheet_names for row in workbook.get_sheet_by_name(name).to_python())
    return "\n".join(value for row in rows for value in row if isinstance(value, str))


def _xlrd(path: Path) -> str:
    import xlrd

    with xlrd.open_workbook(path, logfile=io.StringIO()) as book:
        return "\n".join(
            cell.value for sheet in book.sheets() for row in sheet.get_rows() for cell in row if cell.ctype == 1
        )


def _extract_msg(path: Path) -> str:
    import extract_msg

    with extract_msg.openMsg(path) as message:
        return "\n".join(
            str(part or "") for part in (message.subject, message.sender, message.to, message.cc, message.body)
        )


def _odfpy(path: Path) -> str:
    from odf import opendocument, teletype, text

    document = opendocument.load(str(path))
    kinds = (text.P, text.H)
    return "\n".join(teletype.extractText(node) for kind in kinds for node in document.getElementsByType(kind))


def _striprtf(path: Path) -> str:
    from striprtf.striprtf import rtf_to_text

    return str(rtf_to_text(path.read_bytes().decode("latin-1"), errors="replace"))


def _ebooklib(path: Path) -> str:
    import ebooklib
    from ebooklib import epub

    items = epub.read_epub(str(path)).get_items_of_type(ebooklib.ITEM_DOCUMENT)
    return "\n".join(_soup_text(item.get_content()) for item in items)


def _soup_text(markup: bytes | str, parser: str = "lxml") -> str:
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(markup, parser)
    for element in soup(["script", "style"]):
        element.decompose()
    return str(soup.get_text("\n"))


def _lxml(path: Path) -> str:
    from lxml import html

    root = html.fromstring(path.read_bytes())
    return "\n".join(text for text in root.itertext() if text.getparent().tag not in ("script", "style"))


def _mail_part(path: Path, kind: str) -> str:
    from email import message_from_bytes, policy

    message = message_from_bytes(path.read_bytes().lstrip(), policy=policy.default)
    body = message.get_body((kind,))
    text = str(body.get_content()) if body is not None else ""
    headers = "\n".join(str(message.get(name, "")) for name in ("from", "to", "cc", "subject"))
    return f"{headers}\n{_soup_text(text) if kind == 'html' else text}"


def _markitdown(path: Path) -> str:
    from markitdown import MarkItDown

    markdown = str(MarkItDown().convert_local(str(path)).text_content)
    return re.sub(r"\]\([^)]*\)|<[^>]{1,500}>", " ", markdown)  # addresses and markup are no text that is shown


def _kreuzberg(path: Path) -> str:
    import kreuzberg

    config = kreuzberg.ExtractionConfig(use_cache=False, disable_ocr=True)
    mime = _MIMES.get(path.suffix[1:].lower())
    markdown = str(kreuzberg.extract_file_sync(path, mime, config).content)
    return re.sub(r"\]\([^)]*\)|<[^>]{1,500}>", " ", markdown)


def _pypdf(path: Path) -> str:
    import pypdf

    return "\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages)


def _pdfminer(path: Path) -> str:
    from pdfminer.high_level import extract_text

    return str(extract_text(path))


def _pdfplumber(path: Path) -> str:
    import pdfplumber

    with pdfplumber.open(path) as document:
        return "\n".join(page.extract_text() or "" for page in document.pages)


def _program(*command: str) -> Reader:
    def read(path: Path) -> str:
        arguments = [str(path) if part == "FILE" else part for part in command]
        return subprocess.run(arguments, check=True, capture_output=True, timeout=120).stdout.decode("utf-8", "replace")

    return read


_READERS: dict[str, tuple[str, Reader]] = {
    "exact:ooxml": ("zipfile", _exact_ooxml),
    "exact:odf": ("lxml", _exact_odf),
    "exact:decoded": ("json", _exact_decoded),
    "python-docx": ("docx", _python_docx),
    "docx2txt": ("docx2txt", _docx2txt),
    "python-pptx": ("pptx", _python_pptx),
    "openpyxl": ("openpyxl", _openpyxl),
    "python-calamine": ("python_calamine", _calamine),
    "xlrd": ("xlrd", _xlrd),
    "extract-msg": ("extract_msg", _extract_msg),
    "odfpy": ("odf", _odfpy),
    "striprtf": ("striprtf", _striprtf),
    "ebooklib": ("ebooklib", _ebooklib),
    "beautifulsoup4": ("bs4", lambda path: _soup_text(path.read_bytes(), "html.parser")),  # lxml is a reader of its own
    "lxml": ("lxml", _lxml),
    "email plain": ("email", lambda path: _mail_part(path, "plain")),
    "email html": ("bs4", lambda path: _mail_part(path, "html")),
    "markitdown": ("markitdown", _markitdown),
    "kreuzberg": ("kreuzberg", _kreuzberg),
    "pypdf": ("pypdf", _pypdf),
    "pdfminer.six": ("pdfminer", _pdfminer),
    "pdfplumber": ("pdfplumber", _pdfplumber),
    "pdftotext": ("pdftotext", _program("pdftotext", "-enc", "UTF-8", "FILE", "-")),
    "antiword": ("antiword", _program("antiword", "-m", "UTF-8.txt", "-w", "0", "FILE")),
    "catdoc": ("catdoc", _program("catdoc", "-w", "-d", "utf-8", "FILE")),
    "catppt": ("catppt", _program("catppt", "-d", "utf-8", "FILE")),
}
_PROGRAMS = {"pdftotext", "antiword", "catdoc", "catppt"}


def installed() -> set[str]:
    return {
        name
        for name, (module, _) in _READERS.items()
        if (shutil.which(module) if module in _PROGRAMS else find_spec(module)) is not None
    }


def read_all(lines: Iterator[str]) -> Iterator[dict[str, object]]:
    """A line in: kind, tab, path. A line out per reader: its text, or what it failed with."""
    available = installed()
    for line in lines:
        kind, _, name = line.rstrip("\n").partition("\t")
        for reader in _KINDS.get(kind, ()):
            if reader not in available:
                continue
            entry: dict[str, object] = {"path": name, "reader": reader}
            try:
                yield entry | {"text": _READERS[reader][1](Path(name))}
            except Exception as error:  # noqa: BLE001 - any failure of a peer is its own
                yield entry | {"error": f"{type(error).__name__}: {str(error)[:200]}"}


if __name__ == "__main__":
    if sys.argv[1:] == ["list"]:
        print(json.dumps({"installed": sorted(installed()), "missing": sorted(set(_READERS) - installed())}))
    else:
        for found in read_all(iter(sys.stdin)):
            sys.stdout.write(json.dumps(found) + "\n")
