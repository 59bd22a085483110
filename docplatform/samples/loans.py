"""Loan agreements, from one page to several.

Entities: BorrowerName, LenderName, LoanAmount, InterestRate, AgreementDate, MaturityDate. Fees, collateral values,
penalty rates, witnesses and instalment dates are there to be told apart from them.
"""

# ruff: noqa: E501
# One template a line: broken up, nobody could read or compare them.

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable

from docplatform.samples import values, words
from docplatform.samples.content import Draft, PageBreak, paragraphs
from docplatform.samples.grammar import expand, mark, mistype
from docplatform.samples.options import SampleOptions
from docplatform.samples.truth import Kind

_TITLES = ("Loan Agreement", "LOAN AGREEMENT", "Agreement on a Loan", "Credit Agreement", "Personal Loan Contract")
_OPENINGS = (
    'This {loan agreement|agreement|contract} (the "Agreement") is {made|entered into} {on|as of} <date> between <lender>, of <address> (the "Lender"), and <borrower>, of <address> (the "Borrower").',
    "{On|Dated} <date>{,|} <borrower> ({hereinafter|} the Borrower){, residing at <address>,|} and <lender> ({hereinafter|} the Lender) agree {as follows|on the terms below}.",
    "Date: <date>\nBorrower: <borrower>, <address>\nLender: <lender>, <address>",
    '{Parties|The parties}\n- <borrower> with a mailing address of <address> (the "Borrower")\n- <lender> with a mailing address of <address> (the "Lender")\n{Signed|Agreed} on <date>.',
    "The undersigned <borrower>, {called|known here as} the Borrower, {confirms|acknowledges} on <date> to have {received|obtained} a loan from <lender>, the Lender.",
    "BETWEEN\n<lender> (Lender)\nAND\n<borrower> (Borrower)\n{dated|made this day} <date>",
)
_LATE_OPENINGS = (
    "Whereas <borrower> (the borrower) has asked <lender> for {funds|money}, and <lender> (the lender) is willing to {advance|provide} them, the two sign this {deed|paper} in {<town>|the town of <town>} on <date>.",
    "By this {note|instrument} of <date>, <lender> ({as|the} creditor) {grants|extends} to <borrower> ({as|the} debtor) the credit described {below|in what follows}.",
    "I, <borrower>, living at <address>, {promise|undertake} on this <date> to repay <lender> what is {stated|set out} here.",
)
_AMOUNTS = (
    "The {loan amount|principal} {given by|lent by} the Lender {to the Borrower|} is <amount>{| (the \"Principal\")}.",
    "{Principal|Loan amount|Sum}: <amount>", "The Lender {lends|shall lend} the Borrower {the sum of|} <amount>{, paid out on <other_date>|}.",
    "{Subject to|Under} these terms a loan of <amount> is {granted|made available}{; a processing fee of <fee> is kept back|}.",
)  # fmt: skip
_LATE_AMOUNTS = (
    "{The money advanced|What is advanced} comes to <amount>{, less <fee> for costs|}.",
    "{Credit line|Facility}: {up to|} <amount>{; collateral worth <fee>|}.",
)
_RATES = (
    "{Interest|The loan} {shall bear|bears} {interest at|} <rate>{ per annum| per year|, compounded annually|}.", "Interest rate: <rate>{| (fixed)}",
    "The Borrower {pays|shall pay} interest of <rate>{| on the unpaid balance}{; overdue sums carry <penalty>|}.",
    "{A rate of|The rate is} <rate> {applies|is agreed}{ for the whole term|}.",
)  # fmt: skip
_LATE_RATES = (
    "{For the use of the money|In return} the debtor {owes|gives} <rate> {a year|yearly}{, or <penalty> when late|}.",
    "{Yield to the creditor|Charged}: <rate>{, reviewed every <months> months|}",
)
_ENDS = (
    "The {loan|Principal and interest} {is|are} {due|to be repaid in full} {on|by|no later than} <end>.", "{Maturity|Final repayment}: <end>",
    "{Repayment|The loan is repaid} in <months> {monthly instalments|equal parts}, {the first|starting} on <other_date>{, the last on <end>|}.",
    "{This agreement ends|The term ends} on <end>{, unless extended in writing|}.",
)  # fmt: skip
_LATE_ENDS = (
    "{Everything|The whole debt} {must be|is} {settled|back} {before|at the latest on} <end>{, after <months> payments from <other_date>|}.",
    "{Runs|In force} {until|through} <end>.",
)
_CLAUSES = (
    "{Late payment|Delay}: {any delay|a late payment} {is subject to|costs} {a fee|a fine} of <fee> {per week|for every week}.",
    "The Borrower {may|can} {prepay|pay back} {the loan |}{at any time|early} {without penalty|for a fee of <fee>}.",
    "{Security|Collateral}: {a vehicle|machinery|stock|jewellery} valued at <fee>.",
    "{If the Borrower fails to pay|In default}, the {full balance|whole amount} {becomes due|falls due at once}{, with <penalty> interest|}.",
    "This agreement is governed by the law of <town>{|, and its courts decide}.", "{Changes|Amendments} {need|require} {the written form|both signatures}.",
    "{Notices|Letters} go to <address>{, attention <person>|}.", "{The guarantor|As guarantor}, <person>, {stands in for|secures} up to <fee>.",
    "{Should one clause be void|If a clause is invalid}, the {others|rest} {stay in force|remain valid}.", "An earlier {note|agreement} of <other_date> is {replaced|void}.",
)  # fmt: skip
_CLOSINGS = (
    "{Signed|Signature}: ____________ {Borrower|<borrower>}\n{Signed|Signature}: ____________ {Lender|<lender>}\n{Witness: <person>|}",
    "{In witness whereof the parties have signed.|Read and agreed.}\n<borrower> (Borrower)        <lender> (Lender)", "{Witnessed by|Before me,} <person>, <other_date>",
)  # fmt: skip
_LATE_CLOSINGS = (
    "Done in {two copies|duplicate}, {one each|one for each side}.\n{Creditor|Lender}: <lender>\n{Debtor|Borrower}: <borrower>",
)
_FRAMES = {
    "classic": "# <title>\n\n<opening>\n\n1. <amount_clause>\n2. <rate_clause>\n3. <end_clause>\n4. <clause>\n5. <clause>\n\n<closing>",
    "headed": "# <title> {No. <number>|}\n\n<opening>\n\nAmount\n<amount_clause>\n\nInterest\n<rate_clause>\n\nTerm\n<end_clause>\n\n{Other terms|General}\n<clause> <clause>\n\n<closing>",
    "prose": "<opening> <amount_clause> <rate_clause> <end_clause>\n\n<clause> <clause> <clause>\n\n<closing>",
    "reordered": "{🏦 |}# <title>\n<number>\n\n<opening>\n\n§ 1 <end_clause>\n§ 2 <amount_clause>\n§ 3 <clause>\n§ 4 <rate_clause>\n\n<closing>",
}
_LATE_FRAMES = {
    "deed": "# {Deed of Loan|Promissory Note|Bill of Debt} 🖋\n\n<opening>\n\n(a) <clause>\n(b) <rate_clause>\n(c) <amount_clause>\n(d) <clause>\n(e) <end_clause>\n\n<closing>",
    "letter": "Re: {your loan|the credit}, file <number>\n\n<opening>\n\n<amount_clause> <clause>\n\n<rate_clause> <end_clause> <clause>\n\n<closing>",
}


def write_loan(rng: random.Random, held_out: bool, options: SampleOptions) -> Draft:
    """One agreement. Every third is long, with an annex of standard terms on a page of its own."""
    frames = _LATE_FRAMES if held_out else _FRAMES
    name = rng.choice(sorted(frames))
    facts = _Facts(rng, held_out, options.date)
    text = mistype(expand(frames[name], rng, facts.slots()), rng, options.typos)
    blocks = paragraphs(text)
    if rng.random() < 1 / 3:
        terms = "\n\n".join(f"{number}. {facts.sentence(_CLAUSES, ())}" for number in range(1, rng.randint(5, 9)))
        blocks = (
            *blocks,
            PageBreak(),
            *paragraphs(f"# {rng.choice(('Annex', 'Standard terms', 'Schedule'))}\n\n{terms}"),
        )
    return Draft(kind=Kind.LOAN_AGREEMENT, template=f"loan/{name}", held_out=held_out, blocks=blocks)


class _Facts:
    """The terms of one agreement, and its slots."""

    def __init__(self, rng: random.Random, held_out: bool, today: dt.date) -> None:
        self._rng, self._held_out = rng, held_out
        signed = values.day(rng, today)
        self._lender = values.bank(rng) if rng.random() < 0.6 else values.person(rng)
        self._borrower = values.firm(rng) if rng.random() < 0.35 else values.person(rng)
        self._symbol, self._currency = rng.choice(words.CURRENCIES)
        self._amount = self._money(rng.randrange(1_000, 900_000, rng.choice((1, 50, 500))))
        self._rate = _rate(rng)
        self._date = values.written_date(rng, signed)
        self._end = values.written_date(rng, signed + dt.timedelta(days=rng.randint(180, 3600)))
        self._other = values.written_date(rng, signed + dt.timedelta(days=rng.randint(-300, 90)))

    def slots(self) -> dict[str, Callable[[], str]]:
        """Filling for every slot the templates have."""
        rng = self._rng
        return {
            "title": lambda: rng.choice(_TITLES),
            "opening": lambda: self.sentence(_OPENINGS, _LATE_OPENINGS),
            "amount_clause": lambda: self.sentence(_AMOUNTS, _LATE_AMOUNTS),
            "rate_clause": lambda: self.sentence(_RATES, _LATE_RATES),
            "end_clause": lambda: self.sentence(_ENDS, _LATE_ENDS),
            "clause": lambda: self.sentence(_CLAUSES, ()),
            "closing": lambda: self.sentence(_CLOSINGS, _LATE_CLOSINGS),
            "lender": lambda: mark("LenderName", self._lender),
            "borrower": lambda: mark("BorrowerName", self._borrower),
            "amount": lambda: mark("LoanAmount", self._amount),
            "rate": lambda: mark("InterestRate", self._rate),
            "date": lambda: mark("AgreementDate", self._date),
            "end": lambda: mark("MaturityDate", self._end),
            "other_date": lambda: self._other,
            "fee": lambda: self._money(rng.randrange(25, 9_000, 25)),
            "penalty": lambda: _rate(rng),
            "months": lambda: str(rng.choice((6, 12, 18, 24, 36, 48, 60))),
            "address": lambda: ", ".join(values.address(rng)),
            "town": lambda: rng.choice(words.TOWNS),
            "person": lambda: values.person(rng),
            "number": lambda: values.reference(rng, "LN-####-##"),
        }

    def sentence(self, common: tuple[str, ...], late: tuple[str, ...]) -> str:
        """One of the sentences, with its slots filled."""
        use_late = self._held_out and late and self._rng.random() < 0.2
        return expand(self._rng.choice(late if use_late else common), self._rng, self.slots())

    def _money(self, value: int) -> str:
        return self._rng.choice((f"{self._symbol}{value:,}", f"{self._symbol}{value:,}.00", f"{self._currency} {value:,}",
                                 f"{value:,} {self._currency}", f"{self._symbol} {value}"))  # fmt: skip


def _rate(rng: random.Random) -> str:
    value = rng.randint(4, 60) / 4
    return rng.choice((f"{value:g}%", f"{value:.2f} %", f"{value:g} percent", f"{value:.1f}%", f"{value:g} per cent"))
