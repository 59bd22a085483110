"""A draft in a format: bytes, and the truth about them."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass

from docplatform.documents.predictions import Entity
from docplatform.samples.content import Draft, printed_pairs, printed_text
from docplatform.samples.incidents import write_incident
from docplatform.samples.invoices import write_invoice
from docplatform.samples.layout import A4, SLIP, printable
from docplatform.samples.letters import write_letter
from docplatform.samples.loans import write_loan
from docplatform.samples.office import draft_to_docx, draft_to_xlsx
from docplatform.samples.options import SampleOptions
from docplatform.samples.pdf import draft_to_pdf, images_to_pdf
from docplatform.samples.plaintext import draft_to_csv, draft_to_html, draft_to_txt
from docplatform.samples.receipts import write_receipt
from docplatform.samples.scan import encode, scan_pages
from docplatform.samples.truth import Kind, SampleFile

WRITERS = {
    Kind.INVOICE: write_invoice,
    Kind.RECEIPT: write_receipt,
    Kind.LOAN_AGREEMENT: write_loan,
    Kind.INCIDENT_REPORT: write_incident,
    Kind.LETTER: write_letter,
}

_ENCODINGS = ("utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252")

_PAGES = ("pdf", "png", "jpg", "tiff")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A draft's bytes in one format."""

    data: bytes
    extension: str
    text: str
    entities: tuple[Entity, ...] = ()
    scanned: bool = False


def render(draft: Draft, style: str, rng: random.Random, options: SampleOptions) -> Rendered:
    """``draft`` in ``style``: a format's extension, ``azure_txt`` (UTF-8, for label files) or ``scanned_pdf``.

    A page image holds one page, so a longer draft asked for as ``png`` or ``jpg`` becomes a ``tiff``.
    """
    match style:
        case "azure_txt" | "txt":
            plain = draft_to_txt(draft, rng, encodings=("utf-8",) if style == "azure_txt" else _ENCODINGS)
            return Rendered(data=plain.data, extension="txt", text=plain.text, entities=plain.entities)
        case "pdf":
            return Rendered(data=draft_to_pdf(draft, rng), extension="pdf", text=printable(printed_text(draft.blocks)))
        case "docx":
            return Rendered(data=draft_to_docx(draft), extension="docx", text=printed_text(draft.blocks))
        case "html":
            return Rendered(data=draft_to_html(draft), extension="html", text=printed_text(draft.blocks))
        case "xlsx":
            return Rendered(data=draft_to_xlsx(draft), extension="xlsx", text=_table_text(draft))
        case "csv":
            return Rendered(data=draft_to_csv(draft, rng), extension="csv", text=_table_text(draft))
        case _:
            return _render_scan(draft, style, rng, options)


def _render_scan(draft: Draft, style: str, rng: random.Random, options: SampleOptions) -> Rendered:
    pages = scan_pages(draft, rng, options)
    text = printable(printed_text(draft.blocks))
    if style == "scanned_pdf":
        width = (SLIP if draft.is_slip else A4).width
        data = images_to_pdf([encode([page], "jpg", rng) for page in pages], width)
        return Rendered(data=data, extension="pdf", text=text, scanned=True)
    extension = "tiff" if len(pages) > 1 else style
    return Rendered(data=encode(pages, extension, rng), extension=extension, text=text, scanned=True)


def _table_text(draft: Draft) -> str:
    return "\n".join("  ".join(row) for row in (*draft.fields.items(), *draft.items))


def _pairs(draft: Draft) -> tuple[tuple[str, str], ...]:
    return tuple((printable(key), printable(value)) for key, value in printed_pairs(draft.blocks))


def describe(draft: Draft, rendered: Rendered, path: str, customer: str) -> SampleFile:
    """The truth about ``rendered`` at ``path``. Fields are those that its format shows, as printed."""
    return SampleFile(
        path=path,
        customer=customer,
        sha256=hashlib.sha256(rendered.data).hexdigest(),
        format=rendered.extension,
        kind=draft.kind,
        template=draft.template,
        held_out=draft.held_out,
        text=rendered.text,
        scanned=rendered.scanned,
        fields=draft.fields,
        pairs=_pairs(draft) if rendered.extension in _PAGES else (),
        entities=rendered.entities,
        topics=draft.topics,
    )
