"""Invoices: five layouts to learn from, three held out."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass

from docplatform.samples import values, words
from docplatform.samples.content import Block, Draft, Gap, PageBreak, Row, Rule, Text
from docplatform.samples.options import SampleOptions
from docplatform.samples.truth import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class _Invoice:
    """The facts of one invoice, as printed."""

    vendor: str
    vendor_address: tuple[str, str]
    customer: str
    customer_address: tuple[str, str]
    number: str
    issued: str
    due: str
    order: str
    items: tuple[tuple[str, str, str, str], ...]
    """Description, quantity, unit price, line total."""
    subtotal: str
    tax_rate: str
    tax: str
    total: str


def write_invoice(rng: random.Random, held_out: bool, options: SampleOptions) -> Draft:
    """One invoice. Long ones fill more than a page."""
    layouts = _LATE_LAYOUTS if held_out else _LAYOUTS
    name = rng.choice(sorted(layouts))
    facts = _facts(rng, options.date)
    return Draft(
        kind=Kind.INVOICE,
        template=f"invoice/{name}",
        held_out=held_out,
        blocks=tuple(layouts[name](facts, rng)),
        fields={
            "VendorName": facts.vendor,
            "CustomerName": facts.customer,
            "InvoiceId": facts.number,
            "InvoiceDate": facts.issued,
            "DueDate": facts.due,
            "SubTotal": facts.subtotal,
            "TotalTax": facts.tax,
            "InvoiceTotal": facts.total,
        },
        items=(("Description", "Quantity", "Unit price", "Amount"), *facts.items),
    )


def _facts(rng: random.Random, today: dt.date) -> _Invoice:
    symbol = rng.choice(words.CURRENCIES)[0]
    cents = []
    items = []
    for goods in rng.sample(words.GOODS, rng.choice((1, 2, 3, 4, 5, 6, 8, 26))):
        count, price = rng.randint(1, 20), rng.randrange(150, 60_000, 5)
        cents.append(count * price)
        items.append(
            (goods, str(count), values.amount(price / 100, symbol), values.amount(count * price / 100, symbol))
        )
    rate = rng.choice((7, 10, 19, 20, 21))
    tax = round(sum(cents) * rate / 100)
    issued = values.day(rng, today)
    style = rng.choice(("%d %B %Y", "%Y-%m-%d", "%d.%m.%Y", "%b %d, %Y"))
    return _Invoice(
        vendor=values.firm(rng),
        vendor_address=values.address(rng),
        customer=values.firm(rng),
        customer_address=values.address(rng),
        number=values.reference(rng, rng.choice(("INV-#####", "20##-####", "R#######", "@@#####"))),
        issued=issued.strftime(style),
        due=(issued + dt.timedelta(days=rng.choice((10, 14, 30, 45)))).strftime(style),
        order=values.reference(rng, "PO-#####"),
        items=tuple(items),
        subtotal=values.amount(sum(cents) / 100, symbol),
        tax_rate=f"{rate}%",
        tax=values.amount(tax / 100, symbol),
        total=values.amount((sum(cents) + tax) / 100, symbol),
    )


_STOPS = (0.0, -0.62, -0.8, -1.0)


def _table(facts: _Invoice, head: tuple[str, str, str, str]) -> list[Block]:
    return [Row(head, _STOPS, bold=True), Rule(), *(Row(item, _STOPS) for item in facts.items), Rule()]


def _sums(facts: _Invoice, rng: random.Random) -> list[Block]:
    names = rng.choice(
        (("Subtotal", "VAT", "Total due"), ("Net amount", "Tax", "TOTAL"), ("Sum", "Sales tax", "Amount due"))
    )
    return [
        Row((names[0], facts.subtotal), (-0.8, -1.0), labels=(0,)),
        Row((f"{names[1]} {facts.tax_rate}", facts.tax), (-0.8, -1.0), labels=(0,)),
        Row((names[2], facts.total), (-0.8, -1.0), bold=True, labels=(0,)),
    ]


def _terms(facts: _Invoice, rng: random.Random) -> list[Block]:
    notes = (
        f"Please pay by {facts.due} without deduction.",
        f"Quote {facts.number} with your payment.",
        "Thank you for your business.",
        "Goods remain ours until paid in full.",
        "Late payments carry 8% interest per year.",
        "Questions? Ask accounts receivable.",
    )
    return [Gap(), *(Text(note, size=0.9) for note in rng.sample(notes, 2))]


def _classic(facts: _Invoice, rng: random.Random) -> list[Block]:
    head = rng.choice(("INVOICE", "Invoice", "Tax invoice"))
    meta = (("Invoice no.", facts.number), ("Date", facts.issued), ("Due date", facts.due), ("Your order", facts.order))
    return [
        Text(facts.vendor, size=1.4, bold=True),
        *map(Text, facts.vendor_address),
        Gap(),
        Text(head, size=2, bold=True, align="right"),
        Text("Bill to:", bold=True, label="Bill to:", lines_named=3),
        Text(facts.customer),
        *map(Text, facts.customer_address),
        Gap(),
        *(Row(pair, (0.0, 0.25), labels=(0,)) for pair in meta),
        Gap(),
        *_table(facts, ("Description", "Qty", "Unit price", "Amount")),
        *_sums(facts, rng),
        *_terms(facts, rng),
    ]


def _two_columns(facts: _Invoice, rng: random.Random) -> list[Block]:
    left = (facts.customer, *facts.customer_address)
    right = (f"Invoice number: {facts.number}", f"Invoice date: {facts.issued}", f"Payment due: {facts.due}")
    return [
        Row(("INVOICE", facts.vendor), (0.0, -1.0), bold=True),
        Row(("", ", ".join(facts.vendor_address)), (0.0, -1.0)),
        Rule(),
        *(Row(pair, (0.0, 0.55)) for pair in zip(left, right, strict=True)),
        Gap(2),
        *_table(facts, ("Item", "Quantity", "Price", "Total")),
        *_sums(facts, rng),
        *_terms(facts, rng),
    ]


def _centred(facts: _Invoice, rng: random.Random) -> list[Block]:
    return [
        Text(facts.vendor, size=1.6, bold=True, align="center"),
        Text(" - ".join(facts.vendor_address), size=0.9, align="center"),
        Gap(),
        Text(f"Invoice {facts.number}", size=1.4, bold=True, align="center"),
        Text(f"issued {facts.issued}, payable by {facts.due}", align="center"),
        Gap(),
        Text(f"To {facts.customer}, {', '.join(facts.customer_address)}"),
        Text(f"Reference: {facts.order}", label="Reference:"),
        Gap(),
        *_table(facts, ("Product or service", "Units", "Each", "Sum")),
        *_sums(facts, rng),
        *_terms(facts, rng),
    ]


def _totals_first(facts: _Invoice, rng: random.Random) -> list[Block]:
    return [
        Text("Invoice summary", size=1.5, bold=True),
        *_sums(facts, rng),
        Rule(),
        Row(("Invoice ID", "Issued", "Due", "Order"), (0.0, 0.3, 0.55, 0.8), bold=True, is_head=True),
        Row((facts.number, facts.issued, facts.due, facts.order), (0.0, 0.3, 0.55, 0.8)),
        Gap(),
        Row(("From", "To"), (0.0, 0.5), bold=True, is_head=True, rows_named=3),
        Row((facts.vendor, facts.customer), (0.0, 0.5)),
        *(Row(pair, (0.0, 0.5)) for pair in zip(facts.vendor_address, facts.customer_address, strict=True)),
        Gap(),
        *_table(facts, ("Details", "Qty", "Rate", "Amount")),
        *_terms(facts, rng),
    ]


def _with_slip(facts: _Invoice, rng: random.Random) -> list[Block]:
    slip = (("Payee", facts.vendor), ("Reference", facts.number), ("Amount", facts.total), ("Pay until", facts.due))
    return [
        *_classic(facts, rng),
        PageBreak(),
        Text("Payment slip", size=1.5, bold=True),
        Rule(),
        *(Row(pair, (0.0, 0.3), labels=(0,)) for pair in slip),
    ]


def _statement(facts: _Invoice, rng: random.Random) -> list[Block]:
    return [
        Row((facts.vendor, "Statement of charges"), (0.0, -1.0), bold=True),
        Row((", ".join(facts.vendor_address), f"Document {facts.number}"), (0.0, -1.0)),
        Gap(),
        Text(f"Account of {facts.customer}, {', '.join(facts.customer_address)}. Drawn up on {facts.issued}."),
        Gap(),
        *(Text(f"{count} x {goods} at {price}: {total}") for goods, count, price, total in facts.items),
        Gap(),
        Text(f"Before tax {facts.subtotal}, tax at {facts.tax_rate} {facts.tax}."),
        Text(f"{rng.choice(('We ask for', 'Please remit', 'Now owed:'))} {facts.total} until {facts.due}."),
    ]


def _pro_forma(facts: _Invoice, rng: random.Random) -> list[Block]:
    return [
        Text(rng.choice(("PRO FORMA", "Advance invoice", "Commercial invoice")), size=1.8, bold=True, align="center"),
        Rule(),
        Row(("Seller:", facts.vendor, "No.", facts.number), (0.0, 0.15, 0.65, -1.0), labels=(0, 2)),
        Row(("Buyer:", facts.customer, "Dated", facts.issued), (0.0, 0.15, 0.65, -1.0), labels=(0, 2)),
        Row(
            ("Ship to:", ", ".join(facts.customer_address), "Payable", facts.due),
            (0.0, 0.15, 0.65, -1.0),
            labels=(0, 2),
        ),
        Gap(),
        *_table(facts, ("Goods", "Pcs", "Value", "Line value")),
        *_sums(facts, rng),
    ]


def _by_letter(facts: _Invoice, rng: random.Random) -> list[Block]:
    done = rng.choice(("the work done", "what we delivered", "our services of last month"))
    listed = "; ".join(f"{goods} ({total})" for goods, _, _, total in facts.items)
    return [
        Text(f"{facts.vendor}, {', '.join(facts.vendor_address)}", size=0.9),
        Gap(),
        *map(Text, (facts.customer, *facts.customer_address)),
        Gap(),
        Text(facts.issued, align="right"),
        Text(f"Our number {facts.number}", bold=True),
        Gap(),
        Text(rng.choice(("Dear Sir or Madam,", "Dear customer,", "Hello,"))),
        Text(f"for {done} we charge you as follows: {listed}. That makes {facts.subtotal} and {facts.tax} of tax."),
        Text(
            f"Kindly transfer {facts.total} by {facts.due}. We enjoyed working for you and hope to hear from you soon."
        ),
        Gap(),
        Text(rng.choice(("Kind regards,", "Yours sincerely,", "Best wishes,"))),
        Text(facts.vendor),
    ]


_Layout = Callable[[_Invoice, random.Random], list[Block]]
_LAYOUTS: dict[str, _Layout] = {
    "classic": _classic,
    "two_columns": _two_columns,
    "centred": _centred,
    "totals_first": _totals_first,
    "with_slip": _with_slip,
}
_LATE_LAYOUTS: dict[str, _Layout] = {"statement": _statement, "pro_forma": _pro_forma, "by_letter": _by_letter}
