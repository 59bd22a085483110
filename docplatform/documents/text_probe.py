"""What kind of text a text is: careful heuristics over a bounded head of the file.

Belongs here: telling kinds of text from each other, without raising. Doesn't: decoding (``decoding``), or naming types
(``media_types``).
"""

from __future__ import annotations

import csv
import json
import re

HEAD_BYTES = 256 * 1024
"""How much of a file is looked at to tell its kind of text."""
_HTML_START = re.compile(
    r"(?><\?xml[^>]{0,500}\?>|<!--.{0,20000}?-->|\s)*+"  # atomic: comments in a row must not backtrack
    r"<(?:!doctype\s+html|(?:html|head|body|title|meta|link|base|div|span|p|table|thead|tbody|tr|h[1-6]|ul|ol|dl|section"
    r"|article|main|header|footer|nav|style|script|form|center|font|br|hr|img|a|b|i|pre|blockquote|figure)\b[^<]{0,5000}>)",
    re.IGNORECASE | re.DOTALL,
)
_HTML_TAG = re.compile(r"</?(?:[a-z]+|h[1-6])(?:\s[^<>]{0,1000})?/?>", re.IGNORECASE)
_XML_START = re.compile(
    r"(?><!--.{0,20000}?-->|\s)*+<(?:\?xml\s|!DOCTYPE\s|([A-Za-z_][\w.:-]{0,200})[\s/>])", re.DOTALL
)
_HEADER_LINE = re.compile(r"([!-9;-~]{1,76}):(?:[ \t]|$)?(.*)")
_MAILBOX_LINE = re.compile(r"\n\r?\nFrom \S{1,200} [^\n]{10,200}\n[!-9;-~]{1,76}:")
_MARKDOWN_MARKS = (
    re.compile(r"^#{1,6} \S.{0,500}\n[ \t]*\r?\n", re.MULTILINE),  # the blank line: comments of scripts have none
    re.compile(r"^(?:```|~~~)", re.MULTILINE),
    re.compile(r"!?\[[^\]\n]{1,200}\]\([^)\s]{1,500}\)"),
    re.compile(r"^\|?[ \t]*:?-{3,}:?[ \t]*\|[ \t:|-]*$", re.MULTILINE),
    re.compile(r"\*\*[^*\n]{1,200}\*\*"),
    re.compile(r"^ {0,3}[-*+] \S", re.MULTILINE),
    re.compile(r"^> ", re.MULTILINE),
)
_MACHINE_HEADERS = frozenset(
    {"message-id", "received", "return-path", "mime-version", "delivered-to", "content-type", "dkim-signature"}
    | {"content-transfer-encoding", "x-mailer", "x-originating-ip", "authentication-results", "arc-seal"}
)
_PERSON_HEADERS = frozenset(("from", "to", "cc", "bcc", "date", "subject", "reply-to", "sender"))


def is_html(text: str) -> bool:
    """Whether ``text`` starts as HTML does."""
    return _HTML_START.match(text) is not None


def has_html_tags(text: str) -> bool:
    """Whether there is any HTML tag in ``text``."""
    return _HTML_TAG.search(text) is not None


def is_xml(text: str) -> bool:
    """Whether ``text`` starts as XML does: a declaration, or an element that is closed again."""
    match = _XML_START.match(text)
    if match is None:
        return False
    root = match.group(1)
    return root is None or f"</{root}" in text or "/>" in text[:1_000]


def is_json(text: str, *, is_whole: bool) -> bool:
    """Whether ``text`` is a JSON object or array; of a head only (``is_whole`` False) whether it starts like one."""
    if not text.lstrip().startswith(("{", "[")):
        return False
    if not is_whole:
        return re.match(r'\s*(?:\{\s*"[^"\n]{0,500}"\s*:|\[\s*[\[{"\d-])', text) is not None
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


_LABEL_MARKS = ("projectFileVersion", "docplatformLabels")


def is_label_file(text: str, *, is_whole: bool) -> bool:
    """Whether ``text`` is a label file: a JSON object with Azure Language's or docplatform's own mark at its top."""
    if not any(f'"{mark}"' in text for mark in _LABEL_MARKS) or not text.lstrip().startswith("{"):
        return False
    if is_whole:
        try:
            content = json.loads(text)
        except (ValueError, RecursionError):
            content = None
        if isinstance(content, dict):
            return any(mark in content for mark in _LABEL_MARKS)
    return re.match(rf'\s*\{{\s*"(?:{"|".join(_LABEL_MARKS)})"\s*:', text) is not None


def is_mail(text: str, *, is_hinted: bool = False) -> bool:
    """Whether ``text`` starts with the headers of a mail.

    A memo may start with "From:" and "Subject:" too, so either a header that only machines write must be there, or a
    sender with an address. ``is_hinted``: the name says it is a mail; then one known header is enough.
    """
    names, sender = _header_names(text)
    known = names & (_MACHINE_HEADERS | _PERSON_HEADERS)
    if is_hinted:
        return bool(known)
    if len(known) < 2:
        return False
    return bool(names & _MACHINE_HEADERS and known - {"content-type"}) or ("from" in names and "@" in sender)


def is_mailbox(text: str) -> bool:
    """Whether mails follow each other in ``text``, each under a "From " line (mbox)."""
    return text.startswith("From ") and _MAILBOX_LINE.search(text) is not None


def is_saved_page(text: str) -> bool:
    """Whether a mail is a web page that a browser saved (MHTML): it says where it was, and nobody it was sent to."""
    head = text[:65_536].lstrip("\r\n").split("\n\n")[0].split("\r\n\r\n")[0].lower()
    names, _ = _header_names(text)
    return bool(names & {"snapshot-content-location", "content-location"} or "<saved by" in head) and "to" not in names


def _header_names(text: str) -> tuple[set[str], str]:
    """Names of the header lines ``text`` starts with, lower case, and the sender; empty where a line is no header."""
    names: set[str] = set()
    sender = ""
    for number, line in enumerate(text[:65_536].lstrip("\r\n").splitlines()[:500]):
        if not line.strip():
            break
        if line[0] in " \t" or (number == 0 and line.startswith("From ")):
            continue
        match = _HEADER_LINE.match(line)
        if match is None:
            return set(), ""
        names.add(match.group(1).lower())
        sender = sender or (match.group(2) if match.group(1).lower() == "from" else "")
    return names, sender


def is_csv(text: str) -> bool:
    """Whether ``text`` is a table with a delimiter: rows of the same number of columns, and not prose with commas."""
    lines = [line for line in text[:65_536].splitlines()[:200] if line.strip()]
    if len(text) >= 65_536 and len(lines) < 200:
        lines = lines[:-1]  # the last one may be cut
    return len(lines) >= 2 and any(_has_columns(lines, delimiter) for delimiter in ",;\t|")


def _has_columns(lines: list[str], delimiter: str) -> bool:
    if lines[0].count(delimiter) == 0:
        return False
    try:
        rows = [row for row in csv.reader(lines, delimiter=delimiter) if row]
    except csv.Error:
        return False
    widths = [len(row) for row in rows]
    columns = max(set(widths), key=widths.count)
    agreeing = widths.count(columns)
    if columns < 2 or agreeing < 2 or agreeing < 0.8 * len(widths):
        return False
    if delimiter == "\t":
        return True
    if columns < 4 and delimiter in ",;" and _is_prose(lines, delimiter, columns):
        return False
    return (columns > 2 or agreeing >= 3) and not _is_markdown_table(lines)


def _is_prose(lines: list[str], delimiter: str, columns: int) -> bool:
    """Whether delimiters are followed by spaces, or lines end as sentences and salutations do."""
    spaced = sum(line.count(delimiter + " ") for line in lines)
    if spaced > 0.5 * sum(line.count(delimiter) for line in lines):
        return True
    ends = (".", "!", "?", ":", delimiter) if columns == 2 else (".", "!", "?", ":")
    return sum(line.rstrip().endswith(ends) for line in lines) > 0.2 * len(lines)


def _is_markdown_table(lines: list[str]) -> bool:
    return any(_MARKDOWN_MARKS[3].match(line) for line in lines[:50])


def is_markdown(text: str) -> bool:
    """Whether ``text`` has at least two kinds of Markdown's marks, one of them more than a list's dash."""
    sample = text[:65_536]
    found = [mark.search(sample) is not None for mark in _MARKDOWN_MARKS]
    return sum(found) >= 2 and any(found[:4])
