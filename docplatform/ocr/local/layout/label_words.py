"""What labels are made of: nouns that name a value on invoices, receipts and forms, in seven languages.

Belongs here: the words, and asking whether a text could be a label. Doesn't: finding the value (``pairs``).

Only used where no colon says that a text is a label, so a missing word costs recall, not truth.
"""

# ruff: noqa: E501
# A subject a line: broken up, nobody could read or compare them.

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

_AMOUNTS = frozenset(
    " ".join(
        (
            "total totals subtotal sum summe zwischensumme gesamt gesamtbetrag totaal somme suma importe importo montant betrag bedrag amount balance saldo solde net netto gross brutto",
            "tax vat mwst ust umsatzsteuer tva iva btw gst discount rabatt remise descuento sconto korting shipping versand freight fee fees charge charges rounding",
            "cash bar change rückgeld paid payable pay due zahlung paiement pago pagamento tip tendered deposit credit debit",
        )
    ).split()
)
_NOUNS = _AMOUNTS | frozenset(
    " ".join(
        (
            "number no nr num nummer numéro numero número n° nº № # id code ref reference referenz référence referencia riferimento referentie file case docket",
            "date datum dated issued fecha data fällig échéance vencimiento scadenza vervaldatum deadline until expiry expires valid time zeit uhrzeit heure hora ora",
            "invoice rechnung facture factura fattura factuur fatura receipt quittung beleg reçu recibo ricevuta order bestellung commande pedido ordine",
            "name nom nombre nome naam vorname nachname surname initials title titel position occupation department company firma société empresa ditta bedrijf organization organisation",
            "address adresse dirección indirizzo adres street straße rue city stadt ville ciudad città town state zip plz postcode country land pays país paese county region location",
            "phone telephone tel telefon téléphone teléfono telefono fax mobile handy email e-mail web website url contact",
            "from to cc via subject betreff objet asunto attn attention re page pages seite",
            "customer kunde client cliente klant vendor supplier lieferant fournisseur seller buyer payee payer recipient sender account konto compte cuenta conto rekening iban bic swift bank branch",
            "signature unterschrift signed approved authorized requested prepared received completed submitted checked reviewed",
            "weight gewicht poids peso length width height size volume color colour type model serial sku brand product project program",
            "born age sex gender nationality ssn passport licence license registration class grade category",
            "purpose comments remarks notes reason terms period month year duration arrival departure check-in check-out room table terminal cashier guests",
            "kundennummer kundennr rechnungsnummer rechnungsdatum lieferdatum bestellnummer auftragsnummer steuernummer factuurnummer factuurdatum klantnummer ordernummer orderdatum",
        )
    ).split()
)
_TABLE_HEADS = frozenset(
    [
        "description",
        "item",
        "items",
        "product",
        "service",
        "article",
        "artikel",
        "bezeichnung",
        "beschreibung",
        "désignation",
        "descripción",
        "qty",
        "quantity",
        "menge",
        "quantité",
        "cantidad",
        "units",
        "unit",
        "einheit",
        "price",
        "preis",
        "prix",
        "precio",
        "rate",
        "each",
    ]
)
_TRIMMED = re.compile(r"^[^\w#№°]+|[^\w#№°%]+$")
_MAX_WORDS = 5
_AMOUNT = re.compile(r"^[^\w]?[A-Z]{0,3}[^\w]?\d[\d.,' ]*[.,]\d\d[^\w]?[A-Z]{0,3}$")
_SYMBOLS = str.maketrans("", "", "*_.…·:")


def is_label(words: Sequence[str]) -> bool:
    """Whether words name a value: few of them, the first or last a known noun, none a number."""
    named = _named(words)
    return bool(named) and (named[-1] in _NOUNS or named[0] in _NOUNS)


def names_amount(words: Sequence[str]) -> bool:
    """Whether words name an amount of money."""
    return not _AMOUNTS.isdisjoint(_named(words))


def heads_column(words: Sequence[str]) -> bool:
    """Whether words head a column of goods, so that they don't name the one value below them."""
    return not _TABLE_HEADS.isdisjoint(_named(words))


def looks_like_label(words: Sequence[str]) -> bool:
    """Whether words could be a label whose nouns nobody knows: few, no number, a capital first, no end of sentence."""
    return bool(_named(words)) and words[0][:1].isupper() and not words[-1].endswith((".", ",", ";", "!"))


def is_value(words: Sequence[str]) -> bool:
    """Whether words hold something to be named: a digit."""
    return any(_has_digit(word) for word in words)


def is_amount(words: Sequence[str]) -> bool:
    """Whether words are a sum of money and nothing else, as the prices of goods are."""
    return bool(_AMOUNT.match("".join(words)))


def _named(words: Sequence[str]) -> tuple[str, ...]:
    """The words of a label in lower case, rates left out; none where a number, a comma or their count tells of more."""
    return _named_by(tuple(words)) if 0 < len(words) <= _MAX_WORDS else ()


@lru_cache(maxsize=4_096)  # each text of a page is asked four times, and forms come again
def _named_by(words: tuple[str, ...]) -> tuple[str, ...]:
    if any(word.endswith(",") for word in words):
        return ()
    plain = [_TRIMMED.sub("", word).lower() for word in words]
    named = tuple(word for word in plain if word and not word.endswith("%"))
    return () if any(map(_has_digit, named)) else named


def is_filler(text: str) -> bool:
    """Whether a text is only what leads from a label to its value: dots, underscores."""
    return not text.translate(_SYMBOLS).strip()


def _has_digit(text: str) -> bool:
    return any(char.isdigit() for char in text)
