"""Characters that the network is unsure of, settled by the page."""

import numpy as np
import pytest

from docplatform.ocr.local.recognition.ambiguity import settled
from docplatform.ocr.local.recognition.decoding import Decoder, Reading

PAGE = "Golden Arches Restaurants, Level 6, Bangunan Damansara, 47400 Petaling Jaya, Selangor. " * 10


def _sure(text, score=0.99):
    places = np.arange(len(text), dtype=float)
    return Reading(text, places, places + 1, np.full(len(text), score), np.zeros(len(text)))


def _unsure(text, doubts, spaces=()):
    """A line whose characters at some places may be others."""
    line = _sure(text)
    for place, beliefs in doubts.items():
        line.scores[place] = beliefs[text[place]]
    for place in spaces:
        line.spaces[place] = 0.5
    return Reading(line.text, line.starts, line.ends, line.scores, line.spaces, doubts)


@pytest.mark.parametrize(
    ("read", "place", "beliefs", "expected"),
    [
        ("Restäurant", 4, {"ä": 0.74, "a": 0.23}, "Restaurant"),
        ("：C1-01", 0, {"：": 0.67, ":": 0.3}, ":C1-01"),
        ("日", 0, {"日": 0.6, "0": 0.1}, "0"),
        ("Café", 3, {"é": 0.95, "e": 0.04}, "Café"),  # all but sure: what is rare may still be
        ("Café", 3, {"é": 0.6}, "Café"),  # nothing else it could be
        ("8ºC", 1, {"º": 0.6, "0": 0.3}, "8ºC"),  # a sign of all languages
        ("36 m²", 4, {"²": 0.7, "2": 0.25}, "36 m²"),
        ("Ωmega", 0, {"Ω": 0.5, "O": 0.4}, "Omega"),
    ],
)
def test_a_script_that_the_page_hardly_has_is_believed_less(read, place, beliefs, expected):
    lines = settled([_sure(PAGE), _unsure(read, {place: beliefs})])
    assert [line.text for line in lines] == [PAGE, expected]


@pytest.mark.parametrize(
    ("page", "read", "beliefs"),
    [
        ("Größe, Menge und Preis für Möbel aus Österreich " * 10, "ä", {"ä": 0.6, "a": 0.4}),
        ("合計金額：領収書を発行しました " * 10, "：", {"：": 0.6, ":": 0.4}),
        ("合計金額：領収書を発行しました " * 10, "ト", {"ト": 0.6, "1": 0.4}),
        ("", "ä", {"ä": 0.6, "a": 0.4}),  # nothing is known of the page
    ],
)
def test_a_script_of_the_page_is_believed_as_the_network_does(page, read, beliefs):
    assert settled([_sure(page), _unsure(read, {0: beliefs})])[1].text == read


def test_characters_that_are_not_sure_say_nothing_of_the_page():
    noise = _sure("京本水" * 20, score=0.6)
    lines = settled([_sure(PAGE), noise, _unsure("日", {0: {"日": 0.6, "0": 0.1}})])
    assert lines[1].text == noise.text
    assert lines[2].text == "0"
    assert lines[2].score == pytest.approx(0.1)  # as little as the network believed in it


@pytest.mark.parametrize(
    ("read", "place", "beliefs", "expected"),
    [
        ("F1r", 1, {"1": 0.47, "I": 0.31, "l": 0.21}, "Flr"),
        ("BIk", 1, {"I": 0.56, "l": 0.38}, "Blk"),
        ("P0S", 1, {"0": 0.51, "O": 0.44}, "POS"),
        ("2O1", 1, {"O": 0.6, "0": 0.3}, "201"),
        ("B1L", 1, {"1": 0.5, "l": 0.2, "I": 0.3}, "BIL"),
        ("PJU6A", 3, {"6": 0.69, "G": 0.3}, "PJU6A"),  # no twins: the network can tell them apart
        ("1st", 0, {"1": 0.6, "l": 0.3}, "1st"),
        ("A0", 1, {"0": 0.6, "O": 0.3}, "A0"),
        ("It", 0, {"I": 0.6, "l": 0.3}, "It"),
        ("Z1A", 1, {"1": 0.93, "I": 0.06}, "Z1A"),
        ("O/O", 0, {"O": 0.6, "C": 0.3}, "O/O"),
    ],
)
def test_lookalikes_go_with_the_characters_beside_them(read, place, beliefs, expected):
    assert settled([_unsure(read, {place: beliefs})])[0].text == expected


def test_characters_of_other_words_are_not_beside_one():
    beliefs = {1: {"1": 0.47, "l": 0.21}}
    assert settled([_unsure("F1r", beliefs, spaces=[2])])[0].text == "F1r"
    assert settled([_unsure("F1r", beliefs, spaces=[1])])[0].text == "F1r"


def test_a_choice_between_lookalikes_is_as_sure_as_the_network_was_of_them_all():
    line = settled([_unsure("F1r", {1: {"1": 0.47, "I": 0.31, "l": 0.21, "t": 0.01}})])[0]
    assert line.scores.tolist() == pytest.approx([0.99, 0.99, 0.99])


def test_the_decoder_names_what_it_doubts():
    output = np.zeros((1, 5, 4), np.float32)  # blank, a, b, space
    output[0, 0, 1] = 0.99
    output[0, 1, 0] = 1.0
    output[0, 2] = (0.0, 0.3, 0.6, 0.1)
    output[0, 3, 3] = 0.8  # a space isn't doubted
    output[0, 4] = (0.005, 0.995, 0.0, 0.0)
    reading = next(Decoder("ab").decode(output, 40))
    assert reading.text == "ab a"
    assert list(reading.doubts) == [1]
    assert reading.doubts[1] == pytest.approx({"b": 0.6, "a": 0.3})
