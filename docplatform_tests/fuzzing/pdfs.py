"""PDFs that are hostile by their structure, written by hand."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping

_TEXT = b"BT /F1 12 Tf 20 100 Td (words of a page) Tj ET"
_FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"


def pdf_of(objects: Mapping[int, bytes], root: int = 1, extra: bytes = b"") -> bytes:
    """A PDF of these objects, with a right cross-reference table."""
    body, places = b"%PDF-1.7\n", {}
    for number, content in objects.items():
        places[number] = len(body)
        body += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    size = max(objects) + 1
    table = b"xref\n0 %d\n0000000000 65535 f \n" % size
    table += b"".join(b"%010d 00000 n \n" % places.get(number, 0) for number in range(1, size))
    end = b"trailer\n<</Size %d/Root %d 0 R%b>>\nstartxref\n%d\n%%%%EOF\n" % (size, root, extra, len(body))
    return body + table + end


def stream(data: bytes, entries: bytes = b"", length: int | None = None) -> bytes:
    """A stream object's content."""
    size = len(data) if length is None else length
    return b"<</Length %d%b>>\nstream\n%b\nendstream" % (size, entries, data)


def one_page(
    content: bytes = stream(_TEXT),
    box: bytes = b"[0 0 200 200]",
    page: bytes = b"",
    more: Mapping[int, bytes] | None = None,
) -> dict[int, bytes]:
    """The objects of a PDF with one page; those after 5 are free."""
    return {
        1: b"<</Type/Catalog/Pages 2 0 R>>",
        2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: b"<</Type/Page/Parent 2 0 R/MediaBox %b/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>%b>>" % (box, page),
        4: content,
        5: _FONT,
        **(more or {}),
    }


def hostile_pdfs() -> Iterator[tuple[str, bytes]]:
    """Every one of them, by name."""
    yield from _trees()
    yield from _boxes()
    yield from _streams()
    yield from _references()


def _trees() -> Iterator[tuple[str, bytes]]:
    cyclic = one_page() | {2: b"<</Type/Pages/Kids[2 0 R 3 0 R]/Count 2>>"}
    yield "cycle-kids", pdf_of(cyclic)
    yield "cycle-parents", pdf_of(one_page() | {2: b"<</Type/Pages/Kids[3 0 R]/Count 1/Parent 3 0 R>>"})
    yield "count-lie", pdf_of(one_page() | {2: b"<</Type/Pages/Kids[3 0 R]/Count 2147483647>>"})
    yield "count-million", pdf_of(one_page() | {2: b"<</Type/Pages/Kids[3 0 R]/Count 1000000>>"})
    yield "count-1900", pdf_of(one_page() | {2: b"<</Type/Pages/Kids[3 0 R]/Count 1900>>"})
    yield "count-negative", pdf_of(one_page() | {2: b"<</Type/Pages/Kids[3 0 R]/Count -1>>"})
    yield "same-page-1500-times", pdf_of(one_page() | {2: b"<</Type/Pages/Kids[%b]/Count 1500>>" % (b"3 0 R " * 1_500)})
    yield "same-page-3000-times", pdf_of(one_page() | {2: b"<</Type/Pages/Kids[%b]/Count 3000>>" % (b"3 0 R " * 3_000)})
    chain = {n: b"<</Type/Pages/Kids[%d 0 R]/Count 1/Parent %d 0 R>>" % (n + 1, n - 1) for n in range(10, 3_000)}
    deep = one_page() | {2: b"<</Type/Pages/Kids[10 0 R]/Count 1>>"} | chain | {3_000: one_page()[3]}
    yield "deep-tree", pdf_of(deep)
    yield "no-pages", pdf_of({1: b"<</Type/Catalog/Pages 2 0 R>>", 2: b"<</Type/Pages/Kids[]/Count 0>>"})
    outlines = {1: b"<</Type/Catalog/Pages 2 0 R/Outlines 6 0 R>>", 6: b"<</First 6 0 R/Next 6 0 R/Parent 6 0 R>>"}
    yield "cycle-outlines", pdf_of(one_page() | outlines)


def _boxes() -> Iterator[tuple[str, bytes]]:
    for name, box in {
        "huge": b"[0 0 99999999 99999999]",
        "endless": b"[0 0 1e38 1e38]",
        "thread": b"[0 0 0.0001 14400]",
        "empty": b"[0 0 0 0]",
        "reversed": b"[200 200 0 0]",
        "negative": b"[-1e9 -1e9 1e9 1e9]",
        "nonsense": b"[(a) null]",
        "far": b"[1e30 1e30 2e30 2e30]",
    }.items():
        yield f"box-{name}", pdf_of(one_page(box=box))
    yield "unit-lie", pdf_of(one_page(page=b"/UserUnit 1e9"))
    yield "rotate-lie", pdf_of(one_page(page=b"/Rotate 37"))
    yield "crop-outside", pdf_of(one_page(page=b"/CropBox[9000 9000 9100 9100]"))
    yield "font-size-huge", pdf_of(one_page(stream(b"BT /F1 1e30 Tf 20 100 Td (words of a page) Tj ET")))
    yield "text-nowhere", pdf_of(one_page(stream(b"BT /F1 12 Tf 1e38 0 0 1e38 1e38 1e38 Tm (words of a page) Tj ET")))


def _streams() -> Iterator[tuple[str, bytes]]:
    flate = b"/Filter/FlateDecode"
    yield "flate-bomb", pdf_of(one_page(stream(zlib.compress(b" " * (80 * 2**20), 9), flate)))
    twice = zlib.compress(zlib.compress(bytes(200 * 2**20), 9), 9)
    yield "flate-bomb-twice", pdf_of(one_page(stream(twice, b"/Filter[/FlateDecode/FlateDecode]")))
    yield "filters", pdf_of(one_page(stream(b"x", b"/Filter[" + b"/ASCIIHexDecode" * 5_000 + b"]")))
    yield "length-lie", pdf_of(one_page(stream(_TEXT, length=2**31 - 1)))
    yield "length-itself", pdf_of(one_page(b"<</Length 4 0 R>>\nstream\n" + _TEXT + b"\nendstream"))
    yield (
        "predictor",
        pdf_of(one_page(stream(zlib.compress(_TEXT), flate + b"/DecodeParms<</Predictor 15/Columns 2147483647>>"))),
    )
    picture = b"/XObject<</I 6 0 R>>"
    draw = stream(b"q 200 0 0 200 0 0 cm /I Do Q")
    for name, entries in {
        "picture-huge": b"/Width 100000/Height 100000/ColorSpace/DeviceGray/BitsPerComponent 8",
        "picture-endless": b"/Width 2147483647/Height 2147483647/ColorSpace/DeviceRGB/BitsPerComponent 16",
        "picture-fax": b"/Width 60000/Height 60000/ColorSpace/DeviceGray/BitsPerComponent 1/Filter/CCITTFaxDecode",
        "picture-jbig2": b"/Width 100/Height 100/ColorSpace/DeviceGray/BitsPerComponent 1/Filter/JBIG2Decode",
        "picture-jpx": b"/Width 100/Height 100/Filter/JPXDecode",
        "picture-mask-itself": b"/Width 4/Height 4/ColorSpace/DeviceGray/BitsPerComponent 8/SMask 6 0 R",
    }.items():
        objects = one_page(draw, more={6: stream(bytes(64), b"/Type/XObject/Subtype/Image" + entries)})
        objects[3] = objects[3].replace(b"/Font<<", picture + b"/Font<<")
        yield name, pdf_of(objects)
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 200 200]/Resources<</XObject<</I 6 0 R>>>>"
    objects = one_page(stream(b"/I Do"), more={6: stream(b"/I Do /I Do", form)})
    objects[3] = objects[3].replace(b"/Font<<", picture + b"/Font<<")
    yield "cycle-forms", pdf_of(objects)
    nested = {n: stream(b"/I Do " * 10, form.replace(b"6 0 R", b"%d 0 R" % (n + 1))) for n in range(6, 20)} | {
        20: stream(_TEXT, form)
    }
    objects = one_page(stream(b"/I Do"), more=nested)
    objects[3] = objects[3].replace(b"/Font<<", picture + b"/Font<<")
    yield "forms-10-to-the-14", pdf_of(objects)
    pattern = stream(
        b"0 0 1 1 re f", b"/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 1 1]/XStep 0.0001/YStep 0.0001"
    )
    tiled = one_page(stream(b"/Pattern cs /P scn 0 0 200 200 re f"), more={6: pattern})
    tiled[3] = tiled[3].replace(b"/Font<<", b"/Pattern<</P 6 0 R>>/Font<<")
    yield "tiling-fine", pdf_of(tiled)
    yield "saves", pdf_of(one_page(stream(b"q " * 500_000 + _TEXT)))
    yield "paths", pdf_of(one_page(stream(b"".join(b"%d %d l " % (n % 200, n % 199) for n in range(300_000)) + b"S")))
    yield "arrays", pdf_of(one_page(stream(b"[" * 100_000 + _TEXT)))
    yield "much-text", pdf_of(one_page(stream(b"BT /F1 1 Tf " + b"1 0 Td (words) Tj " * 100_000 + b"ET")))


def _references() -> Iterator[tuple[str, bytes]]:
    yield "reference-itself", pdf_of(one_page() | {5: b"5 0 R"})
    yield "reference-ring", pdf_of(one_page(more={6: b"7 0 R", 7: b"6 0 R"}) | {5: b"6 0 R"})
    inner = b"4 0 " + b"<</A 4 0 R>>"
    packed = stream(zlib.compress(inner), b"/Type/ObjStm/N 1/First 4/Filter/FlateDecode/Extends 6 0 R")
    yield "objects-in-themselves", pdf_of(one_page(more={6: packed}))
    deep = b"<</A" * 50_000 + b" 1" + b">>" * 50_000
    yield "deep-dictionary", pdf_of(one_page(more={6: deep}, page=b"/B 6 0 R"))
    yield "prev-itself", pdf_of(one_page(), extra=b"/Prev 9")
    plain = pdf_of(one_page())
    yield "no-xref", plain[: plain.index(b"xref\n")]
    yield "xref-lie", plain.replace(b"startxref\n", b"startxref\n99999")
    yield "encrypt-lie", pdf_of(one_page(), extra=b"/Encrypt<</Filter/Standard/V 9/R 9/Length 4096>>")
    yield "encrypt-ring", pdf_of(one_page(more={6: b"<</Filter/Standard/V 6 0 R/R 6 0 R>>"}), extra=b"/Encrypt 6 0 R")
    annots = b"/Annots[" + b"6 0 R " * 50_000 + b"]"
    note = b"<</Type/Annot/Subtype/Text/Contents(note)/Rect[0 0 9 9]/Parent 6 0 R/Popup 6 0 R>>"
    yield "annotations", pdf_of(one_page(page=annots, more={6: note}))
    fields = b"/AcroForm<</Fields[6 0 R]>>"
    ring = one_page(more={6: b"<</T(a)/Kids[6 0 R]/Parent 6 0 R/FT/Tx>>"})
    yield "cycle-fields", pdf_of(ring | {1: b"<</Type/Catalog/Pages 2 0 R%b>>" % fields})
    script = b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(while\\(1\\){})>>>>"
    yield "script", pdf_of(one_page() | {1: script})
    yield "launch", pdf_of(one_page() | {1: script.replace(b"JavaScript/JS(while\\(1\\){})", b"Launch/F(/bin/sh)")})
