"""epub: chapters in the order of the spine."""

import pytest

from docplatform.documents import media_types
from docplatform.errors import PermanentError, ReasonCode
from docplatform_tests.documents.binary_files import zip_of
from docplatform_tests.ocr.drawing import picture, saved
from docplatform_tests.ocr.reading import lines, read

_CONTAINER = b"<container><rootfiles><rootfile full-path='OEBPS/book.opf'/></rootfiles></container>"
_BOOK = b"""<package xmlns='http://www.idpf.org/2007/opf'><manifest>
<item id='nav' href='nav.xhtml' media-type='application/xhtml+xml' properties='nav'/>
<item id='two' href='text/b%20.xhtml' media-type='application/xhtml+xml'/>
<item id='one' href='text/z.xhtml' media-type='application/xhtml+xml'/>
<item id='notes' href='notes.html' media-type='text/html'/>
<item id='gone' href='gone.xhtml' media-type='application/xhtml+xml'/>
<item id='css' href='style.css' media-type='text/css'/></manifest>
<spine><itemref idref='one'/><itemref idref='two'/><itemref idref='unknown'/><itemref idref='one'/></spine></package>"""


def _book(*more: tuple[str, bytes], container: bytes = _CONTAINER) -> bytes:
    return zip_of(
        ("META-INF/container.xml", container),
        ("OEBPS/book.opf", _BOOK),
        ("OEBPS/nav.xhtml", b"<html><body>contents</body></html>"),
        ("OEBPS/text/b .xhtml", "<html><head><title>Book</title></head><body><h1>Zwei</h1>ü</body></html>".encode()),
        ("OEBPS/text/z.xhtml", b"<html><body><p>first</p><img src='../p.png'/></body></html>"),
        ("OEBPS/notes.html", b"<p>a note</p>"),
        *more,
    )


def test_chapters_are_pages_in_the_order_of_the_spine_and_the_rest_follows():
    result = read(_book(), media_types.EPUB)
    assert [lines(result, page) for page in range(len(result.pages))] == [["first"], ["Zwei", "ü"], ["a note"]]


def test_pictures_in_chapters_are_recognised():
    result = read(_book(("OEBPS/p.png", saved(picture(), "PNG"))), media_types.EPUB)
    assert "4711" in result.content.split("Zwei")[0]


def test_a_book_without_a_table_of_its_parts_is_read_by_their_names():
    result = read(_book(container=b""), media_types.EPUB)
    assert result.content.split() == ["contents", "a", "note", "Zwei", "ü", "first"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"no package", ReasonCode.CORRUPT),
        (zip_of(("mimetype", b"application/epub+zip")), ReasonCode.CORRUPT),
        (
            _book(
                ("META-INF/encryption.xml", b"<e><CipherReference xmlns='x' URI='OEBPS/text/z.xhtml'/></e>"),
            ),
            ReasonCode.ENCRYPTED,
        ),
        (_book(("META-INF/encryption.xml", b"<e><CipherReference xmlns='x' URI='OEBPS/f.otf'/></e>")), None),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(data, reason):
    if reason is None:  # fonts may be garbled: the text isn't
        assert "first" in read(data, media_types.EPUB).content
        return
    with pytest.raises(PermanentError) as caught:
        read(data, media_types.EPUB)
    assert caught.value.reason is reason
