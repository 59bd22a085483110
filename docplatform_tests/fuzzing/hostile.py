"""Files that are hostile by their structure: deep, cyclic, gigantic, exploding, lying."""

from __future__ import annotations

import bz2
import gzip
import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator

from docplatform.documents import media_types
from docplatform.documents.media_types import MediaType
from docplatform_tests.fuzzing.pdfs import hostile_pdfs
from docplatform_tests.fuzzing.seeds import seeds
from docplatform_tests.ingestion.archives import (
    Entry,
    crafted_zip,
    mail_of,
    nested_mail,
    nested_zip,
    overlapping_zip,
    quoting_zip,
    zip64_of,
    zip_of,
)
from docplatform_tests.ocr.office_files import RELATIONSHIPS, rewritten, with_part

Hostile = tuple[str, MediaType, bytes]

DEEP = 100_000
_ENTITY_BOMB = (
    "<?xml version='1.0'?><!DOCTYPE b [<!ENTITY a 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'>"
    + "".join(f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 20}'>" for n in range(10))
    + "]>"
)
_EXTERNAL = "<?xml version='1.0'?><!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"


def hostile_files() -> Iterator[Hostile]:
    """Every one of them; the same every time."""
    yield from _deep()
    yield from _archives()
    yield from _streams()
    yield from _mails()
    yield from _pictures()
    yield from _office()
    yield from _texts()
    for name, data in hostile_pdfs():
        yield f"pdf/{name}", media_types.PDF, data


def _deep() -> Iterator[Hostile]:
    yield "deep/html", media_types.HTML, b"<html><body>" + b"<div>" * DEEP + b"core"
    yield "deep/html-closed", media_types.HTML, b"<html>" + b"<b>" * DEEP + b"core" + b"</b>" * DEEP
    yield "deep/html-tables", media_types.HTML, b"<html>" + b"<table><tr><td>" * 20_000 + b"core"
    yield "deep/html-lists", media_types.HTML, b"<html>" + b"<ul><li>" * 20_000 + b"core"
    yield "deep/xml", media_types.XML, b"<?xml version='1.0'?>" + b"<a>" * DEEP + b"core" + b"</a>" * DEEP
    yield "deep/json-lists", media_types.JSON, b"[" * DEEP + b"]" * DEEP
    yield "deep/json-objects", media_types.JSON, b'{"a":' * DEEP + b"1" + b"}" * DEEP
    yield "deep/rtf", media_types.RTF, b"{\\rtf1 " + b"{" * DEEP + b"core" + b"}" * DEEP
    yield "deep/markdown", media_types.MARKDOWN, b"# Title\n\n" + b">" * DEEP + b" core\n" + b"[" * DEEP
    for levels in (3, 5, 40):
        yield f"deep/zip-{levels}", media_types.ZIP, nested_zip(levels)
        yield f"deep/mail-{levels}", media_types.EML, nested_mail(levels)
    yield "deep/mail-400", media_types.EML, nested_mail(400)
    parts = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(2_000))
    yield "deep/mail-multiparts", media_types.EML, b"From: a@b.c\r\nSubject: deep\r\nMIME-Version: 1.0\r\n" + parts
    for kind, part, tag in (("docx", "word/document.xml", "w:body"), ("pptx", "ppt/slides/slide1.xml", "p:spTree")):
        media_type, data = seeds()[kind]
        deep = f"<{tag}>" * 20_000
        yield f"deep/{kind}", media_type, rewritten(data, part, f"<{tag}>", deep)


def _archives() -> Iterator[Hostile]:
    z = media_types.ZIP
    yield "bomb/ratio", z, zip_of(("zeros", bytes(50 * 2**20)))
    yield "bomb/overlap", z, overlapping_zip(300, bytes(2**20))
    yield "bomb/quoting", z, quoting_zip(200)
    yield "bomb/entries", z, zip_of(*[(f"{n}", b"") for n in range(12_000)])
    yield "bomb/zip-in-zip", z, zip_of(*[(f"{n}.zip", zip_of(("zeros", bytes(2**22)))) for n in range(10)])
    yield "lie/size", z, crafted_zip(Entry(size=5_000_000_000 & 0xFFFFFFFF))
    yield "lie/size-small", z, crafted_zip(Entry(data=bytes(10_000), size=5))
    yield "lie/crc", z, crafted_zip(Entry(crc=1))
    yield "lie/count", z, crafted_zip(Entry(), count=60_000)
    yield "lie/offset", z, crafted_zip(Entry(offset=0xFFFFFFF0))
    yield "lie/itself", z, crafted_zip(Entry(), Entry(b"b", offset=0))
    yield "lie/method", z, crafted_zip(Entry(method=99))
    yield "lie/encrypted", z, crafted_zip(Entry(flags=1))
    yield "lie/zip64", z, zip64_of(Entry())
    names = [
        "../../../../etc/passwd", "/etc/passwd", "C:\\Windows\\system32\\a.txt", "..\\..\\a.txt", "a/../../b.txt",
        "con", "\x1b[31mred.txt", "line\nbreak.txt", "\u202egpj.exe", "n" * 300 + ".txt", "漢字/عربي/Übung.txt",
        "", ".", "..", "/", "a" * 60_000,
    ]  # fmt: skip
    for number, name in enumerate(names):
        yield f"name/{number}", z, crafted_zip(Entry(name=name.encode(), data=b"text %d" % number))
    yield "name/nul", z, crafted_zip(Entry(name=b"a\0b.txt"))
    yield "name/not-utf8", z, crafted_zip(Entry(name=b"\xff\xfe\xfd.txt", flags=0x800))
    yield "name/two-names", z, crafted_zip(Entry(name=b"a.txt", local_name=b"b.txt"))
    yield "name/same", z, crafted_zip(*[Entry(name=b"same.txt", data=b"%d" % n) for n in range(50)])


def _streams() -> Iterator[Hostile]:
    yield "bomb/gzip", media_types.GZIP, gzip.compress(bytes(60 * 2**20), mtime=0)
    yield "bomb/gzip-in-gzip", media_types.GZIP, gzip.compress(gzip.compress(bytes(60 * 2**20), mtime=0), mtime=0)
    yield "bomb/bzip2", media_types.BZIP2, bz2.compress(bytes(60 * 2**20))
    yield "lie/gzip-name", media_types.GZIP, b"\x1f\x8b\x08\x08\0\0\0\0\0\xff../../etc/passwd"
    tar = seeds()["tar"][1]
    yield "lie/tar-size", media_types.TAR, tar[:124] + b"77777777777\0" + tar[136:]
    yield "lie/tar-negative", media_types.TAR, tar[:124] + b"\xff" * 12 + tar[136:]
    for kind in b"12345LKgxSV":
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            info = tarfile.TarInfo("../../../etc/evil")
            info.type, info.linkname = bytes([kind]), "/etc/passwd"
            archive.addfile(info)
        yield f"name/tar-{chr(kind)}", media_types.TAR, buffer.getvalue()
    mails = b"".join(b"From a@b.c Mon\nFrom: a@b.c\nSubject: %d\n\nbody\n\n" % n for n in range(12_000))
    yield "bomb/mbox", media_types.MBOX, mails
    ods = seeds()["ods"][1]
    for count in ("2147483647", "1048576", "-1", "x"):
        repeated = f'columns-repeated="{count}"'
        yield (
            f"lie/ods-columns-{count}",
            media_types.ODS,
            rewritten(ods, "content.xml", 'columns-repeated="3"', repeated),
        )
        rows = f'rows-repeated="{count}"'
        yield f"lie/ods-rows-{count}", media_types.ODS, rewritten(ods, "content.xml", 'rows-repeated="2"', rows)
    for kind, tag in (("odt", "text:p"), ("ods", "text:p"), ("odp", "draw:page"), ("epub", "p")):
        media_type, data = seeds()[kind]
        part = "one.xhtml" if kind == "epub" else "content.xml"
        deep = rewritten(data, part, f"<{tag}>" if kind != "odp" else "<draw:page ", f"<{tag}>" * 30_000 + f"<{tag} ")
        yield f"deep/{kind}", media_type, deep


def _mails() -> Iterator[Hostile]:
    eml = media_types.EML
    yield "mail/1000-parts", eml, mail_of(*[(f"{n}.txt", b"part %d" % n) for n in range(1_000)])
    parts = b"".join(b"--b\r\nContent-Disposition: attachment; filename=a\r\n\r\n%d\r\n" % n for n in range(11_000))
    mixed = b"Subject: s\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    yield "mail/11000-parts", eml, b"From: a@b.c\r\nMIME-Version: 1.0\r\n" + mixed + parts + b"--b--\r\n"
    head = b"From: a@b.c\r\nTo: d@e.f\r\nMIME-Version: 1.0\r\n"
    yield "mail/long-header", eml, head + b"Subject: " + b"x" * 2_000_000 + b"\r\n\r\nbody"
    yield "mail/many-headers", eml, head + b"".join(b"X-%d: y\r\n" % n for n in range(50_000)) + b"\r\nbody"
    yield "mail/encoded-words", eml, head + b"Subject: " + b"=?utf-8?q?=ff=fe?= " * 5_000 + b"\r\n\r\nbody"
    yield "mail/bad-charset", eml, head + b"Subject: s\r\nContent-Type: text/plain; charset=no-such\r\n\r\n\xff\xfe"
    bad = b'Subject: s\r\nContent-Type: application/octet-stream; name="../../x"\r\n'
    yield "mail/bad-base64", eml, head + bad + b"Content-Transfer-Encoding: base64\r\n\r\n!!!=A=="
    yield "mail/uuencode", eml, head + bad + b"Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 a\r\n#86)C\r\n"
    same = b"Subject: s\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    yield "mail/unclosed", eml, head + same + b"--b\r\n\r\npart"
    yield (
        "mail/empty-boundary",
        eml,
        head + b'Subject: s\r\nContent-Type: multipart/mixed; boundary=""\r\n\r\n--\r\n\r\nx',
    )
    yield "mail/addresses", eml, b"From: " + b"<" * 20_000 + b"\r\nTo: " + b"(" * 20_000 + b"\r\nSubject: s\r\n\r\nbody"
    for number, value in enumerate((b"\0", b"\r", b"%s" * 1_000, b"''%ff" * 1_000, b"../../../x", b"n" * 300)):
        named = b'Content-Type: application/pdf; name="' + value + b'.pdf"\r\n'
        yield f"mail-name/{number}", eml, head + b"Subject: s\r\n" + named + b"\r\n%PDF-1.4"


def _png(width: int, height: int, *chunks: tuple[bytes, bytes], pixels: bytes = b"") -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    body = b"".join(chunk(kind, data) for kind, data in chunks)
    image = chunk(b"IDAT", pixels or zlib.compress(bytes(30)))
    return b"\x89PNG\r\n\x1a\n" + header + body + image + chunk(b"IEND", b"")


def _tiff(*fields: tuple[int, int, int, int], following: int = 0) -> bytes:
    """A little-endian TIFF with one directory at 8; ``following`` is where it says the next one lies."""
    entries = b"".join(struct.pack("<HHII", tag, kind, count, value) for tag, kind, count, value in fields)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(fields)) + entries + struct.pack("<I", following) + bytes(64)


def _pictures() -> Iterator[Hostile]:
    png, tiff = media_types.PNG, media_types.TIFF
    small = zlib.compress((b"\0" + b"\xff" * 24) * 8)
    for width, height in ((2**31 - 1, 1), (1, 2**31 - 1), (60_000, 60_000), (14_000, 14_000), (0, 0), (1, 1)):
        yield f"huge/png-{width}x{height}", png, _png(width, height)
    flood = zlib.compress(bytes(40 * 2**20), 9)
    yield "bomb/png-ztxt", png, _png(8, 8, (b"zTXt", b"k\0\0" + flood), pixels=small)
    yield "bomb/png-iccp", png, _png(8, 8, (b"iCCP", b"k\0\0" + flood), pixels=small)
    yield "bomb/png-itxt", png, _png(8, 8, (b"iTXt", b"k\0\1\0\0\0" + flood), pixels=small)
    yield "bomb/png-idat", png, _png(13_000, 13_000, pixels=flood)
    yield "lie/png-many-chunks", png, _png(8, 8, *[(b"tEXt", b"k\0v")] * 20_000, pixels=small)
    plain = ((257, 4, 1, 8), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 8), (279, 4, 1, 64))
    yield "cycle/tiff", tiff, _tiff((256, 4, 1, 8), *plain, following=8)
    yield "huge/tiff", tiff, _tiff((256, 4, 1, 2**31 - 1), (257, 4, 1, 2**31 - 1), *plain[1:])
    yield "huge/tiff-tags", tiff, _tiff((256, 4, 2**31, 8), *plain)
    yield "huge/tiff-strips", tiff, _tiff((256, 4, 1, 8), *plain[:4], (273, 4, 2**28, 8), (279, 4, 2**28, 64))
    yield "huge/tiff-samples", tiff, _tiff((256, 4, 1, 8), *plain, (277, 3, 1, 65_535))
    header = struct.pack("<IiiHHIIiiII", 40, 2**30, 2**30, 1, 24, 0, 0, 0, 0, 0, 0)
    yield "huge/bmp", media_types.BMP, b"BM" + struct.pack("<IHHI", 60, 0, 0, 54) + header
    negative = struct.pack("<IiiHHIIiiII", 40, -(2**31), -(2**31), 1, 1, 1, 0, 0, 0, 0, 0)
    yield "lie/bmp", media_types.BMP, b"BM" + struct.pack("<IHHI", 60, 0, 0, 54) + negative
    screen = b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + b"\x80\0\0\0\0\0\xff\xff\xff"
    frame = b"," + struct.pack("<HHHHB", 0, 0, 65_535, 65_535, 0) + b"\x02\x02\x44\x01\0"
    yield "huge/gif", media_types.GIF, screen + frame + b";"
    yield "bomb/gif-frames", media_types.GIF, screen + (b"!\xf9\x04\0\0\0\0\0" + frame) * 5_000 + b";"
    big = b"VP8X" + struct.pack("<I", 10) + b"\x10\0\0\0" + b"\xff\xff\xff" + b"\xff\xff\xff"
    yield "huge/webp", media_types.WEBP, b"RIFF" + struct.pack("<I", 4 + len(big)) + b"WEBP" + big
    jpeg = seeds()["jpeg"][1]
    at = jpeg.index(b"\xff\xc0")
    yield "huge/jpeg", media_types.JPEG, jpeg[: at + 5] + struct.pack(">HH", 65_500, 65_500) + jpeg[at + 9 :]
    yield "lie/jpeg-zero", media_types.JPEG, jpeg[: at + 5] + struct.pack(">HH", 0, 0) + jpeg[at + 9 :]


_SHEET = "xl/worksheets/sheet1.xml"


def _workbooks() -> Iterator[Hostile]:
    xlsx, sheet, book = seeds()["xlsx"][1], _SHEET, media_types.XLSX
    yield (
        "lie/xlsx-dimension",
        book,
        rewritten(xlsx, sheet, r'<dimension ref="[^"]*"', '<dimension ref="A1:XFD1048576"'),
    )
    yield (
        "lie/xlsx-far-cell",
        book,
        rewritten(xlsx, sheet, "<sheetData>", '<sheetData><row r="1"><c r="XFD1048576"><v>1</v></c></row>'),
    )
    yield (
        "lie/xlsx-bad-cell",
        book,
        rewritten(xlsx, sheet, "<sheetData>", '<sheetData><row r="-1"><c r="A0"><v>x</v></c></row>'),
    )
    yield (
        "lie/xlsx-row",
        book,
        rewritten(xlsx, sheet, "<sheetData>", '<sheetData><row r="99999999"><c><v>1</v></c></row>'),
    )
    yield (
        "lie/xlsx-string",
        book,
        rewritten(xlsx, sheet, "<sheetData>", '<sheetData><row r="1"><c t="s"><v>999999999</v></c></row>'),
    )
    shared = '<sheetData><row r="1"><c r="A1"><f t="shared" ref="A1:XFD1048576" si="0">A1</f><v>1</v></c></row>'
    yield "lie/xlsx-shared-formula", book, rewritten(xlsx, sheet, "<sheetData>", shared)
    merged = '</sheetData><mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    yield "lie/xlsx-merged", book, rewritten(xlsx, sheet, "</sheetData>", merged)


def _office() -> Iterator[Hostile]:
    yield from _workbooks()
    docx = seeds()["docx"][1]
    for kind, part in (("docx", "word/document.xml"), ("xlsx", _SHEET), ("pptx", "ppt/slides/slide1.xml")):
        media_type, data = seeds()[kind]
        root = r"(?s)^.*?(<(?:w:document|worksheet|p:sld)\b)"
        bomb = _replaced(data, part, _ENTITY_BOMB.encode() + b"<r>&k;</r>")
        yield f"bomb/{kind}-entities", media_type, bomb
        external = rewritten(data, part, root, _EXTERNAL.replace("\\", r"\\") + r"\1")
        yield f"lie/{kind}-external", media_type, external
        yield f"lie/{kind}-empty-part", media_type, _replaced(data, part, b"")
        yield f"lie/{kind}-no-part", media_type, _replaced(data, part, None)
        yield f"bomb/{kind}", media_type, _replaced(data, part, b"<a>" + b" " * (60 * 2**20) + b"</a>")
        yield f"lie/{kind}-rels", media_type, _replaced(data, "_rels/.rels", b"<Relationships")
        yield f"lie/{kind}-types", media_type, _replaced(data, "[Content_Types].xml", b"\xff\xfe\0")
    for kind, rels, target in (
        ("docx", "word/_rels/document.xml.rels", "document.xml"),
        ("pptx", "ppt/_rels/presentation.xml.rels", "presentation.xml"),
        ("xlsx", "xl/_rels/workbook.xml.rels", "workbook.xml"),
    ):
        media_type, data = seeds()[kind]
        itself = "".join(
            f'<Relationship Id="rIdX{what}" Type="{RELATIONSHIPS}/{what}" Target="{target}"/>'
            for what in ("header", "slide", "worksheet", "footnotes", "officeDocument")
        )
        yield f"cycle/{kind}", media_type, rewritten(data, rels, "</Relationships>", itself + "</Relationships>")
    outside = with_part(docx, "word/_rels/document.xml.rels", "footnotes", "../../../../etc/passwd", b"x")
    yield "name/docx-part", media_types.DOCX, outside
    span = '<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val="2000000000"/></w:tcPr><w:p/></w:tc></w:tr></w:tbl><w:p>'
    yield "lie/docx-span", media_types.DOCX, rewritten(docx, "word/document.xml", "<w:p>", span)
    for kind in ("odt", "epub"):
        media_type, data = seeds()[kind]
        part = "content.xml" if kind == "odt" else "one.xhtml"
        yield f"bomb/{kind}-entities", media_type, _replaced(data, part, _ENTITY_BOMB.encode() + b"<r>&k;</r>")
        yield f"bomb/{kind}", media_type, _replaced(data, part, b"<a>" + b" " * (60 * 2**20) + b"</a>")
        yield f"lie/{kind}-no-part", media_type, _replaced(data, part, None)


def _texts() -> Iterator[Hostile]:
    yield "wide/csv", media_types.CSV, b";".join(b"%d" % n for n in range(10**6)) + b"\n"
    yield "wide/csv-quotes", media_types.CSV, b'a;"' + b"x" * 2_000_000
    yield (
        "wide/html-colspan",
        media_types.HTML,
        b'<html><table><tr><td colspan="2000000000" rowspan="9999999">x</td></tr></table>',
    )
    spans = b"".join(b'<tr><td colspan="1000" rowspan="65534">%d</td></tr>' % n for n in range(300))
    yield "wide/html-spans", media_types.HTML, b"<html><table>" + spans + b"</table>"
    yield "wide/html-attributes", media_types.HTML, b"<html><p " + b"a " * 200_000 + b">x"
    yield "wide/line", media_types.TXT, b"word " * 1_000_000
    yield "wide/lines", media_types.TXT, b"\n" * 1_000_000 + b"end"
    yield "wide/combining", media_types.TXT, ("e" + "\u0301" * 200_000).encode()
    yield "wide/controls", media_types.TXT, "".join(map(chr, range(1, 0x600))).encode() * 20
    yield "bomb/xml-entities", media_types.XML, (_ENTITY_BOMB + "<b>&k;</b>").encode()
    yield (
        "bomb/svg-entities",
        media_types.XML,
        (_ENTITY_BOMB + "<svg xmlns='http://www.w3.org/2000/svg'><text>&k;</text></svg>").encode(),
    )
    yield "lie/xml-external", media_types.XML, (_EXTERNAL + "<r>&x;</r>").encode()
    yield "lie/xml-encoding", media_types.XML, b"<?xml version='1.0' encoding='no-such'?><a>x</a>"
    yield "lie/html-charset", media_types.HTML, b"<html><meta charset='utf-16'><p>plain bytes</p>"
    yield "lie/utf16-odd", media_types.TXT, b"\xff\xfea\0b\0c"
    yield "lie/utf16-surrogates", media_types.TXT, b"\xff\xfe" + b"\0\xd8" * 5_000
    yield "lie/utf7", media_types.TXT, b"+ADw-script+AD4- " * 100
    yield "lie/json-numbers", media_types.JSON, b"[" + b"9" * 200_000 + b", 1e999999, NaN]"
    yield "lie/rtf-bin", media_types.RTF, b"{\\rtf1 \\bin2147483647 x \\u-99999? \\'zz}"
    yield "lie/rtf-unicode", media_types.RTF, b"{\\rtf1 " + b"\\u55296?" * 1_000 + b"}"


def _replaced(data: bytes, name: str, content: bytes | None) -> bytes:
    """The package with one part's bytes set, or the part left out (None)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for info in source.infolist():
            if info.filename != name:
                target.writestr(info.filename, source.read(info))
            elif content is not None:
                target.writestr(info.filename, content)
    return buffer.getvalue()
