"""The stages of recognition, each with inputs small enough to know the answer."""

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest

from docplatform.errors import ConfigurationError
from docplatform.ocr.local.recognition import engine, orientation
from docplatform.ocr.local.recognition.batches import read_lines
from docplatform.ocr.local.recognition.choice import recognizer_of
from docplatform.ocr.local.recognition.classification import upside_down
from docplatform.ocr.local.recognition.crops import HEIGHT, cut
from docplatform.ocr.local.recognition.decoding import Decoder
from docplatform.ocr.local.recognition.detection import detect
from docplatform.ocr.local.recognition.engine import bundled_folder, chosen, load_engine, model_paths
from docplatform.ocr.local.recognition.recognizer import RapidOcrRecognizer
from docplatform.ocr.local.recognition.sessions import OnnxRuntimeSession, OpenVinoSession
from docplatform.ocr.local.recognition.words import words
from docplatform.settings import OcrEngine, ReadingSettings
from docplatform_tests.ocr.drawing import LINES, picture

COLUMN = 8  # pixels of a crop per column of the network's output


class FakeSession:
    """Answers with what a function makes of a batch, and remembers the shapes it was given."""

    width_step = COLUMN

    def __init__(self, answer):
        self._answer = answer
        self.shapes = []

    def run(self, batch):
        self.shapes.append(batch.shape)
        return self._answer(batch)


def _output(columns, alphabet="ab", beliefs=()):
    """The network's output for one line: a class per column (" " space, "-" blank), certain but for some beliefs."""
    classes = "-" + alphabet + " "
    output = np.zeros((1, len(columns), len(classes)), np.float32)
    for place, char in enumerate(columns):
        output[0, place, classes.index(char)] = 0.9
    for place, belief in beliefs:
        output[0, place, -1] = belief
    return output


def _reading(columns, alphabet="ab", beliefs=()):
    return next(Decoder(alphabet).decode(_output(columns, alphabet, beliefs), len(columns) * COLUMN))


def _crop(inked, width, rows=(12, 36)):
    """A white line with black columns."""
    crop = np.full((HEIGHT, width, 3), 255, np.uint8)
    for start, end in inked:
        crop[rows[0] : rows[1], start:end] = 0
    return crop


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        ("a-b", "ab"),
        ("aabb", "ab"),  # repeated columns are one character
        ("a-a", "aa"),  # a blank parts equal characters
        ("a- -b", "a b"),
        ("---", ""),
    ],
)
def test_columns_become_characters(columns, text):
    assert _reading(columns).text == text


def test_characters_keep_their_places_and_scores():
    reading = _reading("-aa-b-")
    assert reading.starts.tolist() == [8, 32]
    assert reading.ends.tolist() == [24, 40]
    assert reading.score == pytest.approx(0.9)
    assert _reading("--").score == 0


@pytest.mark.parametrize(
    ("columns", "beliefs", "expected"),
    [
        ("a--b", (), ["ab"]),
        ("a--b", [(1, 0.05)], ["ab"]),
        ("a--b", [(2, 0.2)], ["a", "b"]),  # the blank is likelier, but a space is not unlikely
        ("a- -b", (), ["a", "b"]),
        (" a ", (), ["a"]),
        (" ", (), []),
    ],
)
def test_a_space_that_is_believed_in_parts_words(columns, beliefs, expected):
    reading = _reading(columns, beliefs=beliefs)
    crop = _crop([], len(columns) * COLUMN)
    assert [word.text for word in words(reading, crop)] == expected


def test_words_end_where_their_ink_ends():
    reading = _reading("--a-- --b--")
    crop = _crop([(14, 26), (60, 80)], 88)
    first, second = words(reading, crop)
    assert (first.left * 88, first.right * 88) == pytest.approx((14, 26))
    assert (second.left * 88, second.right * 88) == pytest.approx((60, 80))
    assert (first.top * HEIGHT, first.bottom * HEIGHT) == pytest.approx((6, 42))  # half-way to the ink


def test_words_without_ink_between_them_lie_beside_each_other():
    reading = _reading("aa- -bb")
    solid = list(words(reading, _crop([(0, 56)], 56)))
    assert solid[0].right == pytest.approx(solid[1].left, abs=0.03)
    assert all(word.right > word.left for word in solid)


def test_white_ink_on_black_paper_is_found_too():
    reading = _reading("--a-- --b--")
    crop = 255 - _crop([(14, 26), (60, 80)], 88)
    assert [round(word.left * 88) for word in words(reading, crop)] == [14, 60]


def test_lines_are_recognised_beside_others_of_their_width():
    session = FakeSession(lambda batch: np.repeat(_output("a" * (batch.shape[3] // COLUMN)), len(batch), axis=0))
    crops = [_crop([], width) for width in (100, 300, 104, 20, 97)]
    readings = read_lines(crops, session, Decoder("ab"))
    assert [reading.text for reading in readings] == ["a"] * 5
    assert all(shape[1:3] == (3, HEIGHT) and shape[3] % COLUMN == 0 for shape in session.shapes)
    assert max(len(shape) and shape[0] for shape in session.shapes) == 3


def test_few_lines_are_asked_whether_they_stand_on_their_heads_and_all_where_they_differ():
    upright = FakeSession(lambda batch: np.tile([0.95, 0.05], (len(batch), 1)))
    crops = [_crop([], 60 + number) for number in range(30)]
    assert upside_down(crops, upright) == [False] * 30
    assert sum(shape[0] for shape in upright.shapes) < 15
    turned = FakeSession(lambda batch: np.tile([0.05, 0.95], (len(batch), 1)))
    assert upside_down(crops, turned) == [True] * 30
    unsure = FakeSession(lambda batch: np.tile([0.4, 0.6], (len(batch), 1)))
    assert upside_down(crops, unsure) == [False] * 30
    assert upside_down([], unsure) == []


def test_text_is_found_where_the_map_says_so():
    def answer(batch):
        text_map = np.zeros((1, 1, *batch.shape[2:]), np.float32)
        text_map[0, 0, 40:50, 30:110] = 0.9
        text_map[0, 0, 80:90, 30:110] = 0.35  # above the level of ink, too faint for a region
        text_map[0, 0, 100:102, 30:32] = 0.9  # dust
        return text_map

    quads = detect(np.full((160, 192, 3), 255, np.uint8), FakeSession(answer))
    assert len(quads) == 1
    (left, top), (right, bottom) = quads[0][0], quads[0][2]
    assert 15 < left < 30
    assert 108 < right < 128
    assert 28 < top < 40
    assert 48 < bottom < 62


def test_level_lines_are_cut_and_turned_ones_are_levelled():
    image = np.full((200, 200, 3), 255, np.uint8)
    image[90:110, 40:160] = 0
    level = cut(image, np.array([[40, 80], [160, 80], [160, 120], [40, 120]], float))
    assert level.shape[0] == HEIGHT
    assert level[24].mean() < 30
    sideways = cut(np.rot90(image, -1).copy(), np.array([[120, 40], [120, 160], [80, 160], [80, 40]], float))
    assert sideways.shape == level.shape
    assert sideways[24].mean() < 30


def _quad(left, top, width, height):
    return [[left, top], [left + width, top], [left + width, top + height], [left, top + height]]


def test_a_single_character_that_is_taller_than_wide_stands_upright():
    quads = np.array([_quad(60, 10, 200, 40), _quad(60, 60, 150, 40), _quad(10, 12, 23, 36)], float)
    along, is_tall = orientation.along_text(quads)
    assert is_tall == [False, False, False]
    assert (along == quads).all()


def test_a_tall_line_beside_level_ones_runs_down():
    quads = np.array([_quad(60, 10, 200, 40), _quad(60, 60, 150, 40), _quad(10, 12, 40, 160)], float)
    along, is_tall = orientation.along_text(quads)
    assert is_tall == [False, False, True]
    assert along[2].tolist() == [[50, 12], [50, 172], [10, 172], [10, 12]]


def test_a_page_without_regions_has_nothing_to_turn():
    along, is_tall = orientation.along_text(np.zeros((0, 4, 2)))
    assert (along.shape, is_tall) == ((0, 4, 2), [])


@pytest.mark.parametrize("direction", [0, 90, 180, 270])
def test_points_of_the_turned_page_lie_at_their_places_of_the_page_as_it_came(direction):
    image = np.zeros((30, 50, 3), np.uint8)
    image[7, 11] = 255
    turned = orientation.upright(image, direction)
    y, x = (int(axis[0]) for axis in np.nonzero(turned[:, :, 0]))
    centre = np.array([[[x + 0.5, y + 0.5]] * 4])
    back = orientation.as_it_came(centre, direction, 50, 30)
    assert back[0, 0].tolist() == [11.5, 7.5]


def test_auto_takes_openvino_only_where_the_cpu_gains(tmp_path):
    plain, gaining = tmp_path / "plain", tmp_path / "gaining"
    plain.write_text("flags : fpu avx2 fma")
    gaining.write_text("flags : fpu avx2 avx512_bf16")
    pytest.importorskip("openvino")
    assert chosen(OcrEngine.AUTO, plain) is OcrEngine.ONNXRUNTIME
    assert chosen(OcrEngine.AUTO, gaining) is OcrEngine.OPENVINO
    assert chosen(OcrEngine.AUTO, tmp_path / "none") is OcrEngine.ONNXRUNTIME
    assert chosen(OcrEngine.TESSERACT, gaining) is OcrEngine.TESSERACT


def test_both_runtimes_say_the_same():
    pytest.importorskip("openvino")
    model = model_paths(bundled_folder())["Rec"]
    batch = np.random.default_rng(0).random((1, 3, HEIGHT, 64), np.float32)
    one, other = OnnxRuntimeSession(model), OpenVinoSession(model)
    assert one.characters() == other.characters()
    assert np.abs(one.run(batch) - other.run(batch)).max() < 0.01  # 4e-6 on AVX2; bf16 keeps two digits


_WATCHED = """
import sys
touched = []
sys.addaudithook(lambda event, _: touched.append(event) if event in ("socket.connect", "socket.getaddrinfo") else None)
import numpy as np
from docplatform.ocr.local.recognition.recognizer import RapidOcrRecognizer
from docplatform.settings import ReadingSettings
RapidOcrRecognizer(ReadingSettings(ocr_engine="openvino")).recognize(np.full((64, 64, 3), 255, np.uint8))
import socket
with socket.socket() as probe:
    probe.settimeout(0.1)
    probe.connect_ex(("127.0.0.1", 9))
print(touched)
"""


def test_openvino_reaches_for_no_network():
    pytest.importorskip("openvino")
    shown = subprocess.run([sys.executable, "-c", _WATCHED], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "['socket.connect']"  # the probe alone, which shows that the watch works


def test_openvino_reads_the_page_too():
    pytest.importorskip("openvino")
    found = RapidOcrRecognizer(ReadingSettings(ocr_engine=OcrEngine.OPENVINO)).recognize(np.asarray(picture(LINES[:1])))
    assert [word.text for line in found.lines for word in line.words] == LINES[0].split()


def test_an_engine_that_is_not_installed_is_named(monkeypatch):
    load_engine.cache_clear()
    monkeypatch.setitem(sys.modules, "openvino", None)
    monkeypatch.setitem(sys.modules, "pytesseract", None)
    image = np.full((40, 40, 3), 255, np.uint8)
    with pytest.raises(ConfigurationError, match=r"docplatform\[openvino\]"):
        recognizer_of(ReadingSettings(ocr_engine=OcrEngine.OPENVINO)).recognize(image)
    with pytest.raises(ConfigurationError, match=r"docplatform\[tesseract\]"):
        recognizer_of(ReadingSettings(ocr_engine=OcrEngine.TESSERACT)).recognize(image)


def test_tesseract_without_its_program_is_named(monkeypatch):
    pytesseract = pytest.importorskip("pytesseract")
    monkeypatch.setattr(pytesseract.pytesseract, "tesseract_cmd", "/nowhere/tesseract")
    monkeypatch.setattr(pytesseract, "get_tesseract_version", pytesseract.get_tesseract_version.__wrapped__)
    recognizer = recognizer_of(ReadingSettings(ocr_engine=OcrEngine.TESSERACT))
    with pytest.raises(ConfigurationError, match="on the PATH"):
        recognizer.recognize(np.zeros((9, 9), np.uint8))


def _has_tesseract():
    from shutil import which

    return which("tesseract") is not None


@pytest.mark.skipif(not _has_tesseract(), reason="the program tesseract isn't installed")
@pytest.mark.parametrize("direction", [0, 90, 180, 270])
def test_tesseract_reads_words_with_boxes_whichever_way_up(direction):
    pytest.importorskip("pytesseract")
    sheet = picture([*LINES, *LINES[::-1]], (900, 900))
    turned = np.asarray(sheet.rotate(-direction, expand=True))
    found = recognizer_of(ReadingSettings(ocr_engine=OcrEngine.TESSERACT)).recognize(turned)
    assert found.direction == direction
    assert [word.text for word in found.lines[0].words] == LINES[0].split()
    ink = turned.min(axis=2) < 128
    for word in (word for line in found.lines for word in line.words):
        xs, ys = word.polygon[::2], word.polygon[1::2]
        assert ink[int(min(ys)) : int(max(ys)), int(min(xs)) : int(max(xs))].any()
        assert 0 < word.confidence <= 1


def test_engines_have_fingerprints_of_their_own():
    pytest.importorskip("openvino")
    engines = [OcrEngine.ONNXRUNTIME, OcrEngine.OPENVINO] + [OcrEngine.TESSERACT] * _has_tesseract()
    prints = [recognizer_of(ReadingSettings(ocr_engine=name)).fingerprint for name in engines]
    assert all(one != other for one, other in pairwise(prints))
    assert recognizer_of(ReadingSettings()).fingerprint in prints


@pytest.mark.skipif(not _has_tesseract(), reason="the program tesseract isn't installed")
def test_tesseract_takes_a_page_with_few_letters_to_be_upright():
    pytest.importorskip("pytesseract")
    found = recognizer_of(ReadingSettings(ocr_engine=OcrEngine.TESSERACT)).recognize(
        np.asarray(picture(["Hello"], (300, 140)))
    )
    assert found.direction == 0
    assert [word.text for line in found.lines for word in line.words] == ["Hello"]


def test_a_missing_wheel_of_models_is_named(monkeypatch):
    monkeypatch.setattr(engine, "find_spec", lambda _: None)
    with pytest.raises(ConfigurationError, match=r"rapidocr==3\.10\.0"):
        bundled_folder()
