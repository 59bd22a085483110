import pytest

from docplatform.ocr.local.text_sanity import GOOD_QUALITY, is_garbage, is_sane, quality

_PROSE = (
    "The lessee shall pay the rent of 1,250.00 EUR on the first working day of each month. Payment by standing order "
    "is welcome; the lessor's account is given below (see annex 4). Notice must be given in writing, at least three "
    "months before the end of the term, to the address on page 2."
)
_GERMAN = (
    "Sehr geehrte Damen und Herren, hiermit kündigen wir den Vertrag Nr. 4711 zum nächstmöglichen Zeitpunkt. Bitte "
    "bestätigen Sie uns den Eingang dieses Schreibens. Mit freundlichen Grüßen, Schröder & Söhne GmbH"
)
_TURKISH = "Değerli müşterimiz, faturanızın son ödeme tarihi yaklaşmaktadır. Lütfen ödemenizi zamanında yapınız. " * 2
_CZECH = "Vážený zákazníku, děkujeme za vaši objednávku, kterou jsme právě přijali ke zpracování a brzy odešleme. " * 2
_RUSSIAN = "Уважаемые господа, просим вас подтвердить получение нашего письма от двенадцатого ноября сего года. " * 2
_TABLE = "Pos Qty Price Total " + " ".join(f"{n} {n * 3} {n}.50 {n * 3 * n:,}.00 EUR" for n in range(1, 30))


def _shifted(text: str, by: int) -> str:
    """As a font without a character map is read: glyph numbers taken for characters."""
    return "".join(char if char.isspace() else chr(ord(char) - by) for char in text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Plain text of a page", True),
        ("short", False),
        ("\ue001\ue002\ue003\ue004\ue005\ue006\ue007\ue008\ue009\ue00a" * 3, False),
        ("!\"#$%&'()*+,-./:;<=>?@" * 3, False),
        ("Zürich 中文 текст und mehr", True),
        ("word " * 2_000 + "!" * 3_000, True),
        ("word " * 200 + "!" * 9_000, False),
    ],
)
def test_garbage_layers_are_told_from_text(text, expected):
    assert is_sane(text) is expected


@pytest.mark.parametrize(("text", "expected"), [("", False), ("\ufffd\ufffd ab", True), ("ab cd \ufffd ef gh", False)])
def test_undefined_characters_are_garbage_where_there_are_many(text, expected):
    assert is_garbage(text) is expected


@pytest.mark.parametrize("text", [_PROSE, _GERMAN, _TURKISH, _CZECH, _RUSSIAN, _TABLE, "too few tokens qxz7a"])
def test_text_in_any_language_has_quality(text):
    assert quality(text) >= GOOD_QUALITY + 0.2


@pytest.mark.parametrize(
    "text",
    [
        _shifted(_PROSE, 29),  # Identity-H subset fonts of Word
        _shifted(_GERMAN, 3),
        "l1ne5 tHAt w3rc rcc0gni5cd bv v3ry bAd 0CR 0f lItt1e u5c t0 an70nc wh0 rcAds thcm t0dAy i5 cl3ar" * 2,
    ],
)
def test_glyph_numbers_and_bad_ocr_have_none(text):
    assert quality(text) < GOOD_QUALITY
