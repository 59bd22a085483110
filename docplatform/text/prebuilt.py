"""Prebuilt capabilities: what can be found in any text without training, by names that Azure Language uses too.

Belongs here: finding. Doesn't: holding it against labels (``training.prebuilt``). Patterns take only what its own form
proves (check digits, a top-level domain): what needs context is a model's matter.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping

from docplatform.text.language import UNDETERMINED, detect_language

Found = tuple[int, int]
"""Offset and length in code points."""

LANGUAGE = "Language"
"""Whole texts: ``Language:de`` is the capability of telling German ones."""
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}(?![\w-])")
_URL = re.compile(r"\b(?:https?://|www\.)[^\s<>\"'\])}]+", re.IGNORECASE)
_IP = re.compile(r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f:]{3,39})(?![\w:]|\.\d)")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_CARD = re.compile(r"(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])")


def find(capability: str, text: str) -> list[Found]:
    """What a capability finds in a text, in order. Raises ``KeyError``: no such capability."""
    return list(_FINDERS[capability](text))


def is_language(capability: str, text: str) -> bool:
    """Whether a text is in the language of ``Language:<code>``."""
    language = detect_language(text).language
    return language != UNDETERMINED and capability == f"{LANGUAGE}:{language}"


def is_known(capability: str) -> bool:
    """Whether there is such a capability."""
    return capability in _FINDERS or re.fullmatch(rf"{LANGUAGE}:[a-z]{{2}}", capability) is not None


def capabilities() -> list[str]:
    """Every capability's name."""
    return [*_FINDERS, f"{LANGUAGE}:<ISO 639-1 code>"]


def _matches(
    pattern: re.Pattern[str], holds: Callable[[str], bool], strip: str = ""
) -> Callable[[str], Iterator[Found]]:
    def finder(text: str) -> Iterator[Found]:
        for match in pattern.finditer(text):
            value = match.group().rstrip(strip) if strip else match.group()
            if holds(value):
                yield match.start(), len(value)

    return finder


def _is_address(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def _is_iban(value: str) -> bool:
    """ISO 13616: the check digits make the number 1 modulo 97."""
    plain = value.replace(" ", "")
    digits = "".join(str(int(character, 36)) for character in plain[4:] + plain[:4])
    return 15 <= len(plain) <= 34 and int(digits) % 97 == 1


def _is_card(value: str) -> bool:
    """ISO/IEC 7812: the Luhn sum is a multiple of ten."""
    digits = [int(character) for character in value if character.isdigit()][::-1]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return 13 <= len(digits) <= 19 and any(digits) and (sum(digits[0::2]) + sum(doubled)) % 10 == 0


_FINDERS: Mapping[str, Callable[[str], Iterator[Found]]] = {
    "Email": _matches(_EMAIL, lambda _: True),
    "URL": _matches(_URL, lambda value: "." in value, strip=".,;:!?"),
    "IPAddress": _matches(_IP, _is_address),
    "InternationalBankingAccountNumber": _matches(_IBAN, _is_iban),
    "CreditCardNumber": _matches(_CARD, _is_card),
}
