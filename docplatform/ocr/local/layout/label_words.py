"""What labels are made of: nouns that name a value on invoices, receipts and forms, in seven languages.

Belongs here: the words, and asking whether a text could be a label. Doesn't: finding the value (``pairs``).

Only used where no colon says that a text is a label, so a missing word costs recall, not truth.
"""

# ruff: noqa: E501
# A subject a line: broken up, nobody could read or compare them.

from __future__ import annotations

import re
from collections.abc import Sequence

_NOUNS = frozenset(
    " ".join(
        (
            "number no nr num nummer numéro numero número n° nº № # id code ref reference referenz référence referencia riferimento referentie file case docket",
            "date datum dated issued fecha data due fällig échéance vencimiento scadenza vervaldatum deadline expiry expires valid time zeit uhrzeit heure hora ora",
            "invoice rechnung facture factura fattura factuur fatura receipt quittung beleg reçu recibo ricevuta order bestellung commande pedido ordine",
            "total totals subtotal sum summe zwischensumme gesamt gesamtbetrag totaal somme suma importe importo montant betrag bedrag amount balance saldo solde net netto gross brutto",
            "tax vat mwst ust umsatzsteuer tva iva btw gst discount rabatt remise descuento sconto korting shipping versand freight fee fees charge charges price preis prix precio prezzo rate rates cost",
            "cash bar change rückgeld paid payable pay payment zahlung paiement pago pagamento tip tender tendered deposit credit debit card visa mastercard rounding",
            "name nom nombre nome naam vorname nachname surname firstname lastname initials title titel position occupation department company firma société empresa ditta bedrijf organization organisation",
            "address adresse dirección indirizzo adres street straße rue city stadt ville ciudad città town state zip plz postcode country land pays país paese county region location",
            "phone telephone tel telefon téléphone teléfono telefono fax mobile handy cell email e-mail mail web website url contact",
            "from to cc via subject betreff objet asunto attn attention re by per page pages seite copies",
            "customer kunde kundennummer client cliente klant vendor supplier lieferant fournisseur seller buyer payee payer recipient sender bill ship account konto compte cuenta conto rekening iban bic swift bank branch",
            "signature unterschrift signed signatory witness approved authorized requested prepared received completed submitted checked reviewed",
            "quantity qty menge quantité cantidad quantità units weight gewicht poids peso length width height size volume color colour type model serial sku brand product project program",
            "birth born age sex gender gender nationality marital status ssn passport licence license registration class grade category",
            "purpose description comments remarks notes reason terms period month year duration start begin end arrival departure check-in check-out room table terminal cashier guests",
            "rechnungsnummer rechnungsdatum kundennr lieferdatum bestellnummer auftragsnummer steuernummer factuurnummer factuurdatum klantnummer ordernummer orderdatum",
        )
    ).split()
)
_TRIMMED = re.compile(r"^[^\w#№°]+|[^\w#№°%]+$")
_MAX_WORDS = 5
_SYMBOLS = str.maketrans("", "", "*_.…·:")


def is_label(words: Sequence[str]) -> bool:
    """Whether words name a value: few of them, the first or last a known noun, none a number."""
    if not 0 < len(words) <= _MAX_WORDS:
        return False
    plain = [_TRIMMED.sub("", word).lower() for word in words]
    plain = [word for word in plain if word]
    if not plain or any(_has_digit(word) and not word.endswith("%") for word in plain):
        return False
    named = [word for word in plain if not word.endswith("%")]
    return bool(named) and (named[-1] in _NOUNS or named[0] in _NOUNS)


def is_value(words: Sequence[str]) -> bool:
    """Whether words hold something to be named: a digit."""
    return any(_has_digit(word) for word in words)


def is_filler(text: str) -> bool:
    """Whether a text is only what leads from a label to its value: dots, underscores."""
    return not text.translate(_SYMBOLS).strip()


def _has_digit(text: str) -> bool:
    return any(char.isdigit() for char in text)
