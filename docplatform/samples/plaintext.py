"""Drafts to txt, html and csv."""

from __future__ import annotations

import csv
import html
import io
import random
from dataclasses import dataclass

from docplatform.documents.predictions import Entity
from docplatform.samples.content import Draft, Row, Rule, Text, marked_lines
from docplatform.samples.grammar import plain, unmark


@dataclass(frozen=True, slots=True)
class PlainText:
    """A text file: its bytes, what they say, and where the entities are (code points)."""

    data: bytes
    text: str
    entities: tuple[Entity, ...]


def draft_to_txt(draft: Draft, rng: random.Random, *, encodings: tuple[str, ...] = ("utf-8",)) -> PlainText:
    """A text file; some have CRLF line ends, some are wrapped at a narrow column, right through the entities."""
    wrap = rng.choice((None, None, None, 72))
    newline = rng.choice(("\n", "\n", "\r\n"))
    lines = marked_lines(draft.blocks, wrap)
    text, entities = unmark(newline.join("\n".join(lines).split("\n")) + newline)
    encoding = rng.choice(encodings)
    data = text.encode(encoding, "replace")
    return PlainText(data, data.decode(encoding), entities)


def draft_to_html(draft: Draft) -> bytes:
    """A page with headings, paragraphs and table rows, and a script and style that are no text of it."""
    body = []
    for block in draft.blocks:
        match block:
            case Text(text=text):
                tag = "h1" if block.size > 1.1 else "p"
                body.append(f"<{tag}>{'<br>'.join(html.escape(line) for line in plain(text).split(chr(10)))}</{tag}>")
            case Row(cells=cells):
                columns = "".join(f"<td>{html.escape(plain(cell))}</td>" for cell in cells)
                body.append(f"<table><tr>{columns}</tr></table>")
            case Rule():
                body.append("<hr>")
            case _:
                pass
    title = draft.kind.value.replace("_", " ")
    page = (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        "<style>td { padding: 2px 8px }</style><script>var ready = true;</script></head>\n<body>\n"
        + "\n".join(body)
        + "\n</body></html>\n"
    )
    return page.encode()


def draft_to_csv(draft: Draft, rng: random.Random) -> bytes:
    """The fields as a head of two columns, then the items, as accounting programs export them."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=rng.choice((",", ";")))
    writer.writerows(draft.fields.items())
    writer.writerows(draft.items)
    return buffer.getvalue().encode()
