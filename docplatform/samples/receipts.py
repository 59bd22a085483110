"""Receipts from shops and restaurants: three layouts to learn from, three held out."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from docplatform.samples import values, words
from docplatform.samples.content import Block, Draft, Gap, Row, Rule, Text
from docplatform.samples.options import SampleOptions
from docplatform.samples.truth import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class _Receipt:
    """The facts of one receipt, as printed."""

    shop: str
    address: tuple[str, str]
    number: str
    date: str
    time: str
    items: tuple[tuple[str, str], ...]
    total: str
    tax: str
    cash: str
    change: str


def write_receipt(rng: random.Random, held_out: bool, options: SampleOptions) -> Draft:
    """One receipt, on a till roll; some held-out ones on A4, which look like an invoice or a deed."""
    layouts = _LATE_LAYOUTS if held_out else _LAYOUTS
    name = rng.choice(sorted(layouts))
    facts = _facts(rng, options)
    return Draft(
        kind=Kind.RECEIPT,
        template=f"receipt/{name}",
        held_out=held_out,
        blocks=tuple(layouts[name](facts, rng)),
        fields={"MerchantName": facts.shop, "TransactionDate": facts.date, "Total": facts.total, "TotalTax": facts.tax},
        items=(("Item", "Price"), *facts.items),
        is_slip=name not in ("confirmation", "acknowledgement"),
    )


def _facts(rng: random.Random, options: SampleOptions) -> _Receipt:
    symbol = rng.choice(("", "", *(pair[0] for pair in words.CURRENCIES)))
    prices = {goods: rng.randrange(45, 4_000) for goods in rng.sample(words.SHOP_GOODS, rng.randint(2, 9))}
    total = sum(prices.values())
    cash = -(-total // 1000) * 1000
    return _Receipt(
        shop=rng.choice(words.SHOPS),
        address=values.address(rng),
        number=values.reference(rng, rng.choice(("######", "##-####", "T#/#####"))),
        date=values.day(rng, options.date).strftime(rng.choice(("%d/%m/%Y", "%Y-%m-%d", "%d.%m.%y", "%d %b %Y"))),
        time=f"{rng.randint(7, 22):02d}:{rng.randrange(60):02d}",
        items=tuple((goods, values.amount(price / 100, symbol)) for goods, price in prices.items()),
        total=values.amount(total / 100, symbol),
        tax=values.amount(round(total * 0.19 / 1.19) / 100, symbol),
        cash=values.amount(cash / 100, symbol),
        change=values.amount((cash - total) / 100, symbol),
    )


_ENDS = (0.0, -1.0)
_THANKS = ("Thank you for shopping!", "Please come again", "Keep this receipt for returns", "Have a nice day")


def _till(facts: _Receipt, rng: random.Random) -> list[Block]:
    return [
        Text(facts.shop.upper(), size=1.4, bold=True, align="center"),
        *(Text(line, align="center") for line in facts.address),
        Gap(),
        Row((f"Receipt {facts.number}", f"{facts.date} {facts.time}"), _ENDS),
        Rule(),
        *(Row(item, _ENDS) for item in facts.items),
        Rule(),
        Row(("TOTAL", facts.total), _ENDS, bold=True, labels=(0,)),
        Row(("incl. VAT 19%", facts.tax), _ENDS, labels=(0,)),
        Row(("Cash", facts.cash), _ENDS, labels=(0,)),
        Row(("Change", facts.change), _ENDS, labels=(0,)),
        Gap(),
        Text(rng.choice(_THANKS), align="center"),
    ]


def _card(facts: _Receipt, rng: random.Random) -> list[Block]:
    return [
        Text(facts.shop, size=1.3, bold=True),
        Text(f"{facts.address[0]}, {facts.address[1]}", size=0.9),
        Text(f"Date {facts.date}  Time {facts.time}"),
        Gap(),
        *(Row((goods, price), _ENDS) for goods, price in facts.items),
        Row(("Amount", facts.total), _ENDS, bold=True, labels=(0,)),
        Row(("of which tax", facts.tax), _ENDS, labels=(0,)),
        Rule(),
        Text(rng.choice(("PAID BY CARD", "CARD PAYMENT APPROVED", "CONTACTLESS")), bold=True),
        Text(f"Terminal {facts.number}  **** {rng.randint(1000, 9999)}"),
        Text(rng.choice(_THANKS)),
    ]


def _restaurant(facts: _Receipt, rng: random.Random) -> list[Block]:
    return [
        Text(f"* {facts.shop} *", size=1.3, align="center"),
        Text(f"Table {rng.randint(1, 30)}   Guests {rng.randint(1, 6)}   No. {facts.number}", align="center"),
        Text(f"{facts.time}, {facts.date}", align="center"),
        Rule(),
        *(Row((f"1 {goods}", price), _ENDS) for goods, price in facts.items),
        Gap(),
        Row(("Sum", facts.total), _ENDS, bold=True, labels=(0,)),
        Row(("Tax", facts.tax), _ENDS, labels=(0,)),
        Text("Service not included", align="center"),
        Text(rng.choice(_THANKS), align="center"),
    ]


def _kiosk(facts: _Receipt, rng: random.Random) -> list[Block]:
    return [
        Row((facts.date, facts.time), _ENDS),
        Text(f"SLIP {facts.number}", bold=True),
        Row(("To pay", facts.total), _ENDS, bold=True, labels=(0,)),
        *(Row(item, _ENDS) for item in facts.items),
        Row(("Tax in total", facts.tax), _ENDS, labels=(0,)),
        Gap(),
        Text(f"{rng.choice(('Sold by', 'Operated by', 'At'))} {facts.shop}", size=0.9),
        Text(", ".join(facts.address), size=0.9),
    ]


def _confirmation(facts: _Receipt, rng: random.Random) -> list[Block]:
    return [
        Text(rng.choice(("Payment confirmation", "Proof of purchase", "Receipt of payment")), size=1.6, bold=True),
        Text(f"{facts.shop}, {facts.address[0]}, {facts.address[1]}"),
        Gap(),
        Text(f"We confirm that on {facts.date} at {facts.time} we received {facts.total} (tax included: {facts.tax})."),
        Text(f"Transaction {facts.number}"),
        Gap(),
        *(Row((goods, price), (0.0, -0.5)) for goods, price in facts.items),
    ]


def _acknowledgement(facts: _Receipt, rng: random.Random) -> list[Block]:
    payer, goods = values.person(rng), ", ".join(goods.lower() for goods, _ in facts.items)
    opening = rng.choice(("Received from", "I have received from", "With thanks from"))
    manner = rng.choice(("cash", "full", "coins and notes"))
    return [
        Text(f"No. {facts.number}", align="right"),
        Text(f"{opening} {payer} the sum of {facts.total}"),
        Text(f"({facts.tax} of it tax) on {facts.date} in {manner} for {goods}."),
        Gap(),
        Text(f"{facts.shop}, {facts.address[1]}"),
        Text("Signature: ____________"),
    ]


_Layout = Callable[[_Receipt, random.Random], list[Block]]
_LAYOUTS: dict[str, _Layout] = {"till": _till, "card": _card, "restaurant": _restaurant}
_LATE_LAYOUTS: dict[str, _Layout] = {
    "kiosk": _kiosk,
    "confirmation": _confirmation,
    "acknowledgement": _acknowledgement,
}
