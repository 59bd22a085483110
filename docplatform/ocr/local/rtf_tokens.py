"""RTF's syntax: control words, characters and groups, and the code pages that its fonts name.

Belongs here: bytes to tokens. Doesn't: what the control words mean (``rtf``).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?[0-9]{1,10})?[ ]?"  # 1, 2: control word and its number
    rb"|\\'([0-9a-fA-F]{2})"  # 3: a byte of text
    rb"|\\([^a-zA-Z'])"  # 4: control symbol
    rb"|([{}])"  # 5: group
    rb"|([^\\{}\r\n\0]+)",  # 6: text
    re.DOTALL,
)
_CHARSETS = {
    **{77: "mac_roman", 128: "cp932", 129: "cp949", 130: "johab", 134: "gb18030", 136: "cp950", 161: "cp1253"},
    **{162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874"},
    **{238: "cp1250", 254: "cp437", 255: "cp437"},
}
_CODE_PAGES = {65001: "utf-8", 10000: "mac_roman", 936: "gb18030", 54936: "gb18030", 1361: "johab"}


@dataclass(frozen=True, slots=True)
class Token:
    """Exactly one of the first three is set; ``number`` belongs to a word."""

    word: str = ""
    symbol: str = ""
    """A control symbol, or a brace."""
    text: bytes = b""
    number: int | None = None


def tokens(data: bytes) -> Iterator[Token]:
    r"""The tokens of an RTF file; raw binary data (``\bin``) is stepped over. Never raises."""
    position = 0
    while (match := _TOKEN.search(data, position)) is not None:
        position = match.end()
        word, number, escaped, symbol, brace, text = match.groups()
        if word is not None:
            token = Token(word=word.decode("ascii"), number=None if number is None else int(number))
            if token.word == "bin" and token.number and token.number > 0:
                position += token.number
            yield token
        elif escaped is not None:
            yield Token(text=bytes([int(escaped, 16)]))
        elif symbol is not None:
            yield Token(symbol="\\" + symbol.decode("latin-1"))
        elif brace is not None:
            yield Token(symbol=brace.decode("ascii"))
        else:
            yield Token(text=text)


def charset_encoding(charset: int) -> str | None:
    """Python's name of a font's character set; None where it is the document's own, or unknown."""
    return _CHARSETS.get(charset)


def code_page_encoding(number: int) -> str | None:
    """Python's name of a Windows code page, None where there is none."""
    name = _CODE_PAGES.get(number, f"cp{number}")
    try:
        return codecs.lookup(name).name
    except LookupError:
        return None
