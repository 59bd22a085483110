"""Words that the network is unsure of."""

import numpy as np
import pytest

from docplatform.ocr.local.recognition.decoding import Reading
from docplatform.ocr.local.recognition.spelling import spelled

ENGLISH = "The information contained in this message is intended only for the person who receives it. "
GERMAN = "Die Rechnung ist innerhalb von dreißig Tagen ohne Abzug zu bezahlen, wir danken für Ihren Auftrag. "


def _line(text, doubts=None):
    """A line whose characters at some places may be others."""
    doubts = doubts or {}
    places = np.arange(len(text), dtype=float)
    scores = np.array([doubts[place][char] if place in doubts else 0.99 for place, char in enumerate(text)])
    return Reading(text, places, places + 1, scores, np.zeros(len(text)), doubts)


def _spelled(text, doubts, page=ENGLISH):
    return spelled([_line(page), _line(text, doubts)])[1]


@pytest.mark.parametrize(
    ("read", "doubts", "expected"),
    [
        ("messago", {6: {"o": 0.5, "e": 0.3}}, "message"),
        ("(TCTAL):", {2: {"C": 0.51, "O": 0.47}}, "(TOTAL):"),
        ("for Agoncy:", {6: {"o": 0.62, "e": 0.34}}, "for Agency:"),
        ("SUHHARY", {2: {"H": 0.5, "M": 0.3}, 3: {"H": 0.4, "M": 0.3}}, "SUMMARY"),
        ("S/GNATURE", {1: {"/": 0.7, "I": 0.2}}, "SIGNATURE"),
        ("messago", {6: {"o": 0.95, "e": 0.04}}, "messago"),  # too sure of what is no word
        ("Cherag", {5: {"g": 0.8, "s": 0.2}}, "Cherag"),  # neither is a word
        ("horse", {2: {"r": 0.5, "u": 0.45}}, "horse"),  # both are
        ("IVE", {1: {"V": 0.5, "C": 0.45}}, "IVE"),  # short ones are abbreviations
        ("AB12O4", {4: {"O": 0.5, "0": 0.45}}, "AB12O4"),  # no word at all
        ("tOtai", {1: {"O": 0.6}, 4: {"i": 0.5, "l": 0.45}}, "tOtai"),  # of mixed case: a code
    ],
)
def test_a_word_is_spelled_as_one_where_the_network_nearly_read_it_so(read, doubts, expected):
    assert _spelled(read, doubts).text == expected


def test_a_word_with_many_doubts_is_noise():
    doubts = {
        place: {char: 0.5, wanted: 0.4} for place, (char, wanted) in enumerate(zip("nossago", "message", strict=True))
    }
    assert _spelled("nossago", {place: doubts[place] for place in (0, 1, 6)}).text == "message"
    assert _spelled("nossago", doubts).text == "nossago"


def test_a_changed_character_is_as_sure_as_the_network_was_of_it():
    assert _spelled("messago", {6: {"o": 0.5, "e": 0.3}}).scores.tolist() == pytest.approx([0.99] * 6 + [0.3])


def test_a_page_is_spelled_in_its_own_language():
    assert _spelled("Recbnung", {3: {"b": 0.5, "h": 0.4}}, GERMAN * 3).text == "Rechnung"
    assert _spelled("Recbnung", {3: {"b": 0.5, "h": 0.4}}, ENGLISH * 3).text == "Recbnung"
    assert _spelled("totab", {4: {"b": 0.5, "l": 0.4}}, GERMAN * 3).text == "total"  # English is everywhere


def test_what_is_sure_is_left_alone():
    lines = [_line("messago"), _line("")]
    assert [line.text for line in spelled(lines)] == ["messago", ""]
