"""Random values the way people write them: names, firms, addresses, dates, amounts.

Belongs here: values that several kinds of document need. Doesn't: values of one kind (error codes, topics).
"""

from __future__ import annotations

import datetime as dt
import random

from docplatform.samples import words

_DATE_FORMATS = ("%d %B %Y", "%B %d, %Y", "%Y-%m-%d", "%d/%m/%Y", "%d %b %Y", "%d.%m.%Y", "%A, %d %B %Y", "%b %d, %Y")


def person(rng: random.Random) -> str:
    """First name, sometimes an initial, last name."""
    middle = f" {rng.choice('ABCDEFGHJKLMNPRSTW')}." if rng.random() < 0.15 else ""
    return f"{rng.choice(words.FIRST_NAMES)}{middle} {rng.choice(words.LAST_NAMES)}"


def firm(rng: random.Random) -> str:
    """A firm, as it writes itself."""
    stem, trade, form = rng.choice(words.FIRM_STEMS), rng.choice(words.FIRM_TRADES), rng.choice(words.FIRM_FORMS)
    return rng.choice((f"{stem} {trade} {form}", f"{stem} {form}", f"{stem} & {rng.choice(words.LAST_NAMES)} {form}"))


def bank(rng: random.Random) -> str:
    """Somebody who lends money for a living."""
    return f"{rng.choice(words.FIRM_STEMS)} {rng.choice(words.BANK_FORMS)}"


def address(rng: random.Random) -> tuple[str, str]:
    """Street with number, and town with code."""
    return (
        f"{rng.randint(1, 240)} {rng.choice(words.STREETS)}",
        f"{rng.randint(10000, 99999)} {rng.choice(words.TOWNS)}",
    )


def day(rng: random.Random, today: dt.date) -> dt.date:
    """A day in the year before ``today``."""
    return today - dt.timedelta(days=rng.randint(1, 364))


def written_date(rng: random.Random, value: dt.date) -> str:
    """A date in one of the ways people write it."""
    return value.strftime(rng.choice(_DATE_FORMATS))


def amount(value: float, symbol: str = "$") -> str:
    """An amount with its symbol, in the fixed form of invoices."""
    return f"{symbol}{value:,.2f}"


def reference(rng: random.Random, pattern: str) -> str:
    """``pattern`` with ``#`` as random digits and ``@`` as random capitals."""
    swap = {"#": "0123456789", "@": "ABCDEFGHJKLMNPQRSTUVWXYZ"}
    return "".join(rng.choice(swap[char]) if char in swap else char for char in pattern)
