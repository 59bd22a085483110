"""Lines on a rule, read again without it."""

import numpy as np
import pytest

from docplatform.ocr.local.recognition.crops import HEIGHT
from docplatform.ocr.local.recognition.decoding import Decoder, Reading
from docplatform.ocr.local.recognition.underlines import read_without_rules

WIDTH = 80


class FakeSession:
    """Reads one certain ``b`` in the fourth column of every line, with a score of its own; remembers the batches."""

    width_step = 8

    def __init__(self, score):
        self._score = score
        self.batches = []

    def run(self, batch):
        self.batches.append(batch.copy())
        output = np.zeros((len(batch), batch.shape[3] // 8, 4), np.float32)
        output[:, 3, 2] = self._score
        return output


def _reading(score):
    place = np.array([16.0])
    return Reading("a", place, place + 8, np.array([score]), np.array([0.0]))


def _crop(rule=slice(40, 44), text=slice(12, 30)):
    crop = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    crop[text, 24:56] = 0
    crop[rule] = 0
    return crop


def test_a_doubtful_line_on_a_rule_is_read_without_it():
    session = FakeSession(0.95)
    crops, readings = read_without_rules([_crop()], [_reading(0.4)], session, Decoder("ab"))
    assert readings[0].text == "b"
    (batch,) = session.batches
    is_ink = batch[0, 0] < 0
    assert is_ink.any()
    assert not is_ink.all(axis=1).any()
    assert (crops[0][36:] == 255).all()
    assert (crops[0][12:30, 24:56] == 0).all()


def test_places_are_those_of_the_whole_line():
    _, readings = read_without_rules([_crop()], [_reading(0.4)], FakeSession(0.95), Decoder("ab"))
    scale = HEIGHT / (18 + 8 + 8)  # the text's rows and a margin on both sides
    assert readings[0].starts == pytest.approx([24 / scale + 24 - 8])
    assert readings[0].ends == pytest.approx([32 / scale + 24 - 8])


def test_the_better_reading_is_kept():
    crop = _crop()
    crops, readings = read_without_rules([crop], [_reading(0.4)], FakeSession(0.3), Decoder("ab"))
    assert readings[0].text == "a"
    assert crops[0] is crop


@pytest.mark.parametrize(
    ("crop", "score"),
    [
        (_crop(), 0.9),  # read well
        (_crop(rule=slice(0, 0)), 0.4),  # no rule
        (_crop(rule=slice(30, 46)), 0.4),  # a bar, thicker than rules are
        (_crop(text=slice(0, 0)), 0.4),  # a rule and nothing else
        (255 - _crop(), 0.4),  # light on dark
    ],
)
def test_other_lines_are_left_as_they_are(crop, score):
    session = FakeSession(0.95)
    crops, readings = read_without_rules([crop], [_reading(score)], session, Decoder("ab"))
    assert readings[0].text == "a"
    assert crops[0] is crop
    assert session.batches == []
