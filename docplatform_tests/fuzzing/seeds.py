"""Good files of every kind that is read, small ones: what hostile files are made from."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from functools import cache

import pypdfium2
from reportlab.pdfgen.canvas import Canvas

from docplatform.documents import media_types
from docplatform.documents.media_types import MediaType
from docplatform_tests.fuzzing.legacy_files import doc_file, msg_file, ppt_file, xls_file
from docplatform_tests.ingestion.archives import mail_of, zip_of
from docplatform_tests.ocr import drawing, office_files
from docplatform_tests.ocr.heic_sample import HEIC_PICTURE

WORDS = "Invoice 4711 of the twentieth of November, to be paid within thirty days. "
_ODF = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:text>'
    f"<text:p>{WORDS}</text:p></office:text></office:body></office:document-content>"
)
_ODS = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
    '<table:table table:name="one"><table:table-row table:number-rows-repeated="2">'
    f'<table:table-cell table:number-columns-repeated="3"><text:p>{WORDS}</text:p></table:table-cell>'
    "</table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"
)
_ODP = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:presentation>'
    f'<draw:page draw:name="one"><draw:frame><draw:text-box><text:p>{WORDS}</text:p></draw:text-box></draw:frame>'
    "</draw:page></office:presentation></office:body></office:document-content>"
)
_LABELS = {
    "projectFileVersion": "2022-05-01",
    "stringIndexType": "Utf16CodeUnit",
    "metadata": {"projectKind": "CustomSingleLabelClassification", "projectName": "p", "language": "en-us"},
    "assets": {"projectKind": "CustomSingleLabelClassification", "classes": [], "documents": []},
}


@cache
def seeds() -> Mapping[str, tuple[MediaType, bytes]]:
    """Name to type and bytes. The same every time."""
    picture = drawing.picture(("Total 1250",), (320, 110))
    return {
        "pdf": (media_types.PDF, drawing.pdf(_page, _page)),
        "pdf-picture": (media_types.PDF, drawing.pdf(lambda canvas: canvas.drawInlineImage(picture, 0, 600))),
        "pdf-locked": (media_types.PDF, drawing.pdf(_page, password="x")),
        "pdf-form": (media_types.PDF, drawing.pdf(_form)),
        "png": (media_types.PNG, drawing.saved(picture, "PNG")),
        "png-palette": (media_types.PNG, drawing.saved(picture.convert("P"), "PNG")),
        "jpeg": (media_types.JPEG, drawing.saved(picture, "JPEG")),
        "tiff": (media_types.TIFF, drawing.saved(picture, "TIFF", save_all=True, append_images=[picture])),
        "tiff-lzw": (media_types.TIFF, drawing.saved(picture, "TIFF", compression="tiff_lzw")),
        "tiff-fax": (media_types.TIFF, drawing.saved(picture.convert("1"), "TIFF", compression="group4")),
        "webp": (media_types.WEBP, drawing.saved(picture, "WEBP")),
        "bmp": (media_types.BMP, drawing.saved(picture.resize((160, 55)), "BMP")),
        "gif": (media_types.GIF, drawing.saved(picture, "GIF", save_all=True, append_images=[picture.rotate(90)])),
        "docx": (media_types.DOCX, office_files.word_file()),
        "xlsx": (media_types.XLSX, office_files.saved(office_files.filled_workbook())),
        "pptx": (media_types.PPTX, office_files.presentation_file()),
        "odt": (media_types.ODT, _stored_first(media_types.ODT.mime, ("content.xml", _ODF.encode()))),
        "epub": (media_types.EPUB, _epub()),
        "rtf": (media_types.RTF, rb"{\rtf1\ansi{\fonttbl\f0 Arial;}\f0\pard " + WORDS.encode() * 3 + rb"\par}"),
        "html": (media_types.HTML, _html().encode()),
        "xml": (media_types.XML, f"<?xml version='1.0'?><order b='c'><d>{WORDS}</d><!-- e --></order>".encode()),
        "json": (media_types.JSON, json.dumps({"text": WORDS, "list": [1, 2.5, None, {"deep": [WORDS]}]}).encode()),
        "labels": (media_types.LABELS, json.dumps(_LABELS).encode()),
        "markdown": (media_types.MARKDOWN, f"# Title\n\n{WORDS}\n\n| a | b |\n|---|---|\n| 1 | 2 |\n".encode()),
        "csv": (media_types.CSV, b"item;price\npen;1,50\nink;2,00\n" * 20),
        "txt": (media_types.TXT, (WORDS * 5).encode()),
        "txt-utf16": (media_types.TXT, (WORDS * 5).encode("utf-16")),
        "eml": (media_types.EML, mail_of(("note.txt", WORDS.encode()), ("scan.png", drawing.saved(picture, "PNG")))),
        "zip": (media_types.ZIP, zip_of(("a.txt", WORDS.encode()), ("b/c.csv", b"a;b\n1;2\n"), ("d.json", b"[1]"))),
        "ods": (media_types.ODS, _stored_first(media_types.ODS.mime, ("content.xml", _ODS.encode()))),
        "odp": (media_types.ODP, _stored_first(media_types.ODP.mime, ("content.xml", _ODP.encode()))),
        "jp2": (media_types.JPEG2000, drawing.saved(picture, "JPEG2000")),
        "avif": (media_types.AVIF, drawing.saved(picture, "AVIF")),
        "heic": (media_types.HEIC, HEIC_PICTURE),
        "mhtml": (media_types.MHTML, _mhtml()),
        "mbox": (media_types.MBOX, b"\n".join(b"From a@b.c Mon Nov 20\n" + mail_of(newline="\n") for _ in range(3))),
        "tar": (media_types.TAR, _tar()),
        "gzip": (media_types.GZIP, gzip.compress(WORDS.encode() * 9, mtime=0)),
        "bzip2": (media_types.BZIP2, bz2.compress(WORDS.encode() * 9)),
        "tar-gz": (media_types.GZIP, gzip.compress(_tar(), mtime=0)),
        "doc": (media_types.DOC, doc_file(WORDS)),
        "xls": (media_types.XLS, xls_file(WORDS)),
        "ppt": (media_types.PPT, ppt_file(WORDS)),
        "msg": (media_types.MSG, msg_file(WORDS)),
        "pdf-attachments": (media_types.PDF, _pdf_with_attachments()),
    }


def _page(canvas: Canvas) -> None:
    for line in range(5):
        canvas.drawString(72, 700 - 20 * line, f"{line}. {WORDS}")


def _form(canvas: Canvas) -> None:
    canvas.drawString(72, 700, WORDS)
    canvas.acroForm.textfield(name="total", value="1250", x=72, y=600, width=200, height=30)
    canvas.acroForm.checkbox(name="paid", checked=True, x=72, y=500)


def _pdf_with_attachments() -> bytes:
    document = pypdfium2.PdfDocument(drawing.pdf(_page))
    for name, data in (("data.xml", f"<a>{WORDS}</a>".encode()), ("inner.zip", zip_of(("a.txt", WORDS.encode())))):
        document.new_attachment(name).set_data(data)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _mhtml() -> bytes:
    head = b"From: <Saved by Blink>\r\nSnapshot-Content-Location: http://a/\r\nMIME-Version: 1.0\r\n"
    head += b"Content-Type: multipart/related; boundary=b; type=text/html\r\n\r\n"
    part = b"--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Location: http://a/\r\n\r\n"
    return head + part + _html().encode() + b"\r\n--b--\r\n"


def _tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in ("a.txt", "b/c.txt"):
            info = tarfile.TarInfo(name)
            info.size = len(WORDS)
            archive.addfile(info, io.BytesIO(WORDS.encode()))
    return buffer.getvalue()


def _stored_first(mimetype: str, *members: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), mimetype)
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


def _epub() -> bytes:
    container = (
        '<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
    )
    book = (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata/><manifest>'
        '<item id="one" href="one.xhtml" media-type="application/xhtml+xml"/></manifest>'
        '<spine><itemref idref="one"/></spine></package>'
    )
    return _stored_first(
        media_types.EPUB.mime,
        ("META-INF/container.xml", container.encode()),
        ("book.opf", book.encode()),
        ("one.xhtml", _html().encode()),
    )


def _html() -> str:
    rows = "".join(f"<tr><td>{number}</td><td>{WORDS}</td></tr>" for number in range(4))
    return (
        f"<html><head><title>Title</title></head><body><h1>Head</h1><p>{WORDS}</p><table>{rows}</table></body></html>"
    )
