"""The type of a file, told from its content.

Belongs here: the types docplatform knows, and ``sniff``. Doesn't: reading any of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from docplatform.documents import binary_probe, text_probe
from docplatform.documents.binary_probe import ByteWindow
from docplatform.documents.decoding import decode_head


@dataclass(frozen=True, slots=True)
class MediaType:
    """A type: its MIME name, and the extension (lower case, no dot) that goes with it."""

    mime: str
    extension: str

    def __str__(self) -> str:
        return self.mime


_OOXML = "application/vnd.openxmlformats-officedocument"
_ODF = "application/vnd.oasis.opendocument"

PDF = MediaType("application/pdf", "pdf")
PNG = MediaType("image/png", "png")
JPEG = MediaType("image/jpeg", "jpg")
TIFF = MediaType("image/tiff", "tiff")
WEBP = MediaType("image/webp", "webp")
BMP = MediaType("image/bmp", "bmp")
GIF = MediaType("image/gif", "gif")
HEIC = MediaType("image/heic", "heic")
AVIF = MediaType("image/avif", "avif")
JPEG2000 = MediaType("image/jp2", "jp2")
PHOTOSHOP = MediaType("image/vnd.adobe.photoshop", "psd")
TXT = MediaType("text/plain", "txt")
CSV = MediaType("text/csv", "csv")
HTML = MediaType("text/html", "html")
MARKDOWN = MediaType("text/markdown", "md")
JSON = MediaType("application/json", "json")
LABELS = MediaType("application/vnd.docplatform.labels+json", "json")
"""An Azure Language project file (labels), told from other JSON so that it can be imported."""
XML = MediaType("application/xml", "xml")
DOCX = MediaType(f"{_OOXML}.wordprocessingml.document", "docx")
XLSX = MediaType(f"{_OOXML}.spreadsheetml.sheet", "xlsx")
PPTX = MediaType(f"{_OOXML}.presentationml.presentation", "pptx")
XLSB = MediaType("application/vnd.ms-excel.sheet.binary.macroenabled.12", "xlsb")
OPC = MediaType("application/vnd.docplatform.opc-package", "opc")
"""An Open Packaging file that is none of docx, xlsx, pptx (Visio, XPS, …)."""
DOC = MediaType("application/msword", "doc")
XLS = MediaType("application/vnd.ms-excel", "xls")
PPT = MediaType("application/vnd.ms-powerpoint", "ppt")
MSG = MediaType("application/vnd.ms-outlook", "msg")
OLE2 = MediaType("application/x-ole-storage", "ole")
"""An OLE2 compound file that is none of doc, xls, ppt, msg."""
ENCRYPTED_OFFICE = MediaType("application/vnd.docplatform.encrypted-office", "office")
"""A docx, xlsx or pptx with a password: which of them can't be told before it is opened."""
ODT = MediaType(f"{_ODF}.text", "odt")
ODS = MediaType(f"{_ODF}.spreadsheet", "ods")
ODP = MediaType(f"{_ODF}.presentation", "odp")
EPUB = MediaType("application/epub+zip", "epub")
RTF = MediaType("application/rtf", "rtf")
EML = MediaType("message/rfc822", "eml")
MHTML = MediaType("multipart/related", "mhtml")
"""A web page saved with all that it shows, as a mail."""
MBOX = MediaType("application/mbox", "mbox")
"""Several mails in one file."""
ZIP = MediaType("application/zip", "zip")
GZIP = MediaType("application/gzip", "gz")
TAR = MediaType("application/x-tar", "tar")
SEVEN_ZIP = MediaType("application/x-7z-compressed", "7z")
RAR = MediaType("application/vnd.rar", "rar")
BZIP2 = MediaType("application/x-bzip2", "bz2")
XZ = MediaType("application/x-xz", "xz")
ZSTD = MediaType("application/zstd", "zst")
POSTSCRIPT = MediaType("application/postscript", "ps")
MP4 = MediaType("video/mp4", "mp4")
MP3 = MediaType("audio/mpeg", "mp3")
WAV = MediaType("audio/wav", "wav")
SQLITE = MediaType("application/vnd.sqlite3", "sqlite")
PARQUET = MediaType("application/vnd.apache.parquet", "parquet")
EXECUTABLE = MediaType("application/x-executable", "exe")
EMPTY = MediaType("application/x-empty", "empty")
"""No bytes, or nothing but white space."""
UNKNOWN = MediaType("application/octet-stream", "bin")

ALL: tuple[MediaType, ...] = tuple(value for value in list(globals().values()) if isinstance(value, MediaType))
"""Every type docplatform knows by name, supported or not."""

TEXT_TYPES = frozenset({TXT, CSV, HTML, MARKDOWN, JSON, LABELS, XML, EML, MHTML, MBOX})
"""Types whose bytes are plain text in some encoding."""

CONTAINERS = frozenset({EML, MSG, MBOX, ZIP, TAR, GZIP, BZIP2})
"""Types whose members become documents of their own. Office files are zips but not containers."""

PDF_EMBEDDED_FILE = b"/EmbeddedFile"
"""What the bytes of a PDF with attached files hold: it is a container too."""

READABLE = frozenset(
    {PDF, PNG, JPEG, TIFF, WEBP, BMP, GIF, HEIC, AVIF, JPEG2000, TXT, CSV, HTML, MARKDOWN, JSON, LABELS, XML}
    | {DOCX, XLSX, PPTX, DOC, XLS, PPT, ODT, ODS, ODP, RTF, EPUB, EML, MHTML, MSG}
    | {MBOX, ZIP, TAR, GZIP, BZIP2}
)
"""Types that docplatform's reader reads (an archive as a listing); others are quarantined at arrival."""

_MAGIC: tuple[tuple[int, bytes, MediaType], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", PNG),
    (0, b"\xff\xd8\xff", JPEG),
    (0, b"II*\0", TIFF),
    (0, b"MM\0*", TIFF),
    (0, b"II+\0\x08\0\0\0", TIFF),
    (0, b"MM\0+\0\x08\0\0", TIFF),
    (0, b"GIF87a", GIF),
    (0, b"GIF89a", GIF),
    (0, b"{\\rtf", RTF),
    (0, b"\x1f\x8b\x08", GZIP),
    (0, b"7z\xbc\xaf\x27\x1c", SEVEN_ZIP),
    (0, b"Rar!\x1a\x07", RAR),
    (0, b"BZh", BZIP2),
    (0, b"\xfd7zXZ\0", XZ),
    (0, b"\x28\xb5\x2f\xfd", ZSTD),
    (257, b"ustar", TAR),
    (0, b"\0\0\0\x0cjP  \r\n\x87\n", JPEG2000),
    (0, b"8BPS\0\x01", PHOTOSHOP),
    (0, b"%!PS", POSTSCRIPT),
    (0, b"ID3\x02", MP3),
    (0, b"ID3\x03", MP3),
    (0, b"ID3\x04", MP3),
    (0, b"SQLite format 3\0", SQLITE),
    (0, b"PAR1", PARQUET),
    (0, b"\x7fELF", EXECUTABLE),
)
_PDF_OBJECT = re.compile(rb"\d \d{1,5} obj\b")
_ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OLE2_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MIMETYPES = {media_type.mime: media_type for media_type in (ODT, ODS, ODP, EPUB)}
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_WHOLE_JSON_BYTES = 16 * 2**20
"""JSON up to this size is parsed as a whole to be sure that it is JSON."""
_HINTS = {
    "txt": TXT,
    "text": TXT,
    "log": TXT,
    "md": MARKDOWN,
    "markdown": MARKDOWN,
    "csv": CSV,
    "tsv": CSV,
    "html": HTML,
    "htm": HTML,
    "xhtml": HTML,
    "json": JSON,
    "xml": XML,
    "eml": EML,
    "mht": EML,
    "mhtml": EML,
}


def sniff(data: ByteWindow, name_hint: str | None = None) -> MediaType:
    """The type of a file, from its content.

    Args:
        data: the whole file. Only bounded parts of it are looked at.
        name_hint: the file's name. It only picks among kinds of text, where nothing in the bytes can tell them apart
            (Markdown from plain text, a table of one column from a list); it never makes binary content text, text
            binary, or the other way round.

    Returns:
        The type; ``UNKNOWN`` where nothing is recognised, ``EMPTY`` for no bytes or white space only. Never raises.
    """
    head = data[0 : text_probe.HEAD_BYTES]
    if not head:
        return EMPTY
    binary = _by_magic(data, head)
    if binary is not None:
        return binary
    text = decode_head(head)
    if text is None:
        return UNKNOWN
    if not text.strip():
        return EMPTY if len(data) <= len(head) else TXT
    return _by_text(data, text, _hinted_type(name_hint))


def _by_magic(data: ByteWindow, head: bytes) -> MediaType | None:
    for offset, magic, media_type in _MAGIC:
        if head.startswith(magic, offset):
            return media_type
    if head.startswith(_ZIP_MAGIC):
        return _zip_type(data)
    if head.startswith(_OLE2_MAGIC):
        return _ole2_type(data)
    return _by_structure(head) or (PDF if _is_pdf(head) else None)


def _by_structure(head: bytes) -> MediaType | None:
    """Types whose magic is too short to stand alone, or lies behind a length."""
    if head[:4] == b"RIFF":
        return {b"WEBP": WEBP, b"WAVE": WAV}.get(head[8:12])
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return HEIC if brand in _HEIF_BRANDS else AVIF if brand in (b"avif", b"avis") else MP4
    if head[:2] == b"BM" and head[14:18] in {bytes([size, 0, 0, 0]) for size in (12, 40, 52, 56, 64, 108, 124)}:
        return BMP
    if head[:2] == b"MZ" and b"PE\0\0" in head[:4096]:
        return EXECUTABLE
    return None


def _is_pdf(head: bytes) -> bool:
    """PDF, also after up to 1024 bytes of junk, as readers accept it; then an object must follow."""
    start = head.find(b"%PDF-", 0, 1024 + len(b"%PDF-"))
    return start == 0 or (start > 0 and _PDF_OBJECT.search(head, start, start + 65_536) is not None)


def _zip_type(data: ByteWindow) -> MediaType:
    listing = binary_probe.zip_listing(data)
    by_mimetype = _MIMETYPES.get(listing.mimetype.removesuffix("-template"))
    if by_mimetype is not None:
        return by_mimetype
    if "[Content_Types].xml" not in listing.names:
        return ZIP
    folders = {name.split("/", 1)[0] for name in listing.names if "/" in name}
    if "xl" in folders and "word" not in folders:
        return XLSB if "xl/workbook.bin" in listing.names else XLSX
    return DOCX if "word" in folders else PPTX if "ppt" in folders else OPC


def _ole2_type(data: ByteWindow) -> MediaType:
    names = binary_probe.ole2_names(data)
    for marks, media_type in (
        ({"EncryptedPackage"}, ENCRYPTED_OFFICE),
        ({"__properties_version1.0", "__nameid_version1.0"}, MSG),
        ({"WordDocument"}, DOC),
        ({"PowerPoint Document"}, PPT),
        ({"Workbook", "Book"}, XLS),
    ):
        if names & marks:
            return media_type
    return OLE2


def _hinted_type(name_hint: str | None) -> MediaType | None:
    if not name_hint:
        return None
    return _HINTS.get(PurePosixPath(name_hint.replace("\0", "_")).suffix.lower().lstrip("."))


def _by_text(data: ByteWindow, text: str, hint: MediaType | None) -> MediaType:
    structured = _structured_text(data, text, hint)
    if structured is not None:
        return structured
    if text_probe.is_csv(text) and hint is not MARKDOWN:
        return CSV
    if hint in (CSV, MARKDOWN, TXT):
        return hint
    return MARKDOWN if text_probe.is_markdown(text) else TXT


def _structured_text(data: ByteWindow, text: str, hint: MediaType | None) -> MediaType | None:
    """Kinds of text with a grammar: JSON, HTML, XML, mail."""
    if text.lstrip()[:1] in ("{", "["):
        return _json_type(data, text, hint)
    if text_probe.is_html(text) or (hint is HTML and text_probe.has_html_tags(text)):
        return HTML
    if text_probe.is_xml(text):
        return XML
    if not text_probe.is_mail(text, is_hinted=hint is EML):
        return None
    return MBOX if text_probe.is_mailbox(text) else MHTML if text_probe.is_saved_page(text) else EML


def _json_type(data: ByteWindow, text: str, hint: MediaType | None) -> MediaType | None:
    is_whole = len(data) <= _WHOLE_JSON_BYTES
    if is_whole and len(data) > text_probe.HEAD_BYTES:
        text = decode_head(data[0:_WHOLE_JSON_BYTES]) or text
    if text_probe.is_label_file(text, is_whole=is_whole):
        return LABELS
    return JSON if hint is JSON or text_probe.is_json(text, is_whole=is_whole) else None
