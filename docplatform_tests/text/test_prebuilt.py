from __future__ import annotations

import pytest

from docplatform.text.prebuilt import capabilities, find, is_known, is_language


@pytest.mark.parametrize(
    ("capability", "text", "found"),
    [
        (
            "Email",
            "write to ann.ash+x@mail.example.org, or bob@example.com.",
            ["ann.ash+x@mail.example.org", "bob@example.com"],
        ),
        ("Email", "no @mail, no a@b, 3 @ 4", []),
        (
            "URL",
            "see https://example.org/a?b=c. Or (www.example.com)!",
            ["https://example.org/a?b=c", "www.example.com"],
        ),
        ("IPAddress", "from 10.0.0.255 to 256.1.1.1 and fe80::1, at 12:30", ["10.0.0.255", "fe80::1"]),
        (
            "InternationalBankingAccountNumber",
            "pay to DE89 3704 0044 0532 0130 00, not to DE88 3704 0044 0532 0130 00",
            ["DE89 3704 0044 0532 0130 00"],
        ),
        ("CreditCardNumber", "card 4111 1111 1111 1111 or 4111 1111 1111 1112", ["4111 1111 1111 1111"]),
        ("CreditCardNumber", "0000 0000 0000 0000", []),
    ],
)
def test_what_its_own_form_proves_is_found(capability: str, text: str, found: list[str]) -> None:
    assert [text[offset : offset + length] for offset, length in find(capability, text)] == found


def test_languages_are_capabilities_of_whole_texts() -> None:
    text = "Der Server antwortet nicht, und niemand weiß, warum das so ist."
    assert is_language("Language:de", text)
    assert not is_language("Language:fr", text)
    assert not is_language("Language:und", "")


def test_every_capability_is_known_by_its_name_and_nothing_else_is() -> None:
    assert all(is_known(name) for name in capabilities()[:-1])
    assert is_known("Language:de")
    assert not is_known("Language:german")
    assert not is_known("Phone")
    with pytest.raises(KeyError):
        find("Phone", "text")
