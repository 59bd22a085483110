import numpy as np
import pypdfium2
import pytest
from PIL import Image, ImageDraw

from docplatform.ocr.local import pdf_objects, pdf_rules
from docplatform.ocr.local.layout.image_rules import image_rules, ruled
from docplatform.ocr.local.layout.rules import Stroke, places, strokes_of
from docplatform.ocr.local.page_elements import PageElements, Rule
from docplatform.ocr.local.pdf_objects import PageObjects
from docplatform.ocr.local.pdf_rules import page_rules
from docplatform.ocr.local.pdf_text import PageFrame
from docplatform_tests.ocr.drawing import pdf


def _rules(*draw, **options):
    with pypdfium2.PdfDocument(pdf(*draw, **options)) as document:
        page = document[0]
        return sorted(
            tuple(round(72 * number) for number in (rule.x1, rule.y1, rule.x2, rule.y2))
            for rule in page_rules(PageObjects.of(page), PageFrame.of(page))
        )


def _within_forms(canvas):
    canvas.beginForm("inner")
    canvas.line(0, 0, 50, 0)
    canvas.endForm()
    canvas.beginForm("outer")
    canvas.translate(10, 20)
    canvas.doForm("inner")
    canvas.endForm()
    canvas.translate(100, 100)
    canvas.scale(2, 2)
    canvas.doForm("outer")


def _rotated(canvas):
    canvas.setPageRotation(90)
    canvas.line(100, 92, 300, 92)


@pytest.mark.parametrize(
    ("draw", "rules", "why"),
    [
        (lambda c: c.line(72, 692, 272, 692), [(72, 100, 272, 100)], "a line, from the top left"),
        (lambda c: c.rect(72, 691, 200, 2, stroke=0, fill=1), [(72, 100, 272, 100)], "a thin bar is a line"),
        (
            lambda c: c.rect(100, 592, 50, 100),
            [(100, 100, 100, 200), (100, 100, 150, 100), (100, 200, 150, 200), (150, 100, 150, 200)],
            "a box has four sides",
        ),
        (
            lambda c: c.lines([(72, 692, 272, 692), (72, 592, 72, 692)]),
            [(72, 100, 72, 200), (72, 100, 272, 100)],
            "two",
        ),
        (lambda c: c.line(72, 692, 272, 500), [], "slanted"),
        (lambda c: c.line(72, 692, 73, 692), [], "too short"),
        (lambda c: (c.setStrokeColorRGB(1, 1, 1), c.line(72, 692, 272, 692)), [], "white on white"),
        (lambda c: (c.setFillColorRGB(1, 1, 1), c.rect(72, 600, 99, 99, stroke=0, fill=1)), [], "a white background"),
        (lambda c: c.rect(0, 0, 612, 792, stroke=0, fill=1), [], "a background of the page"),
        (lambda c: c.line(500, 692, 900, 692), [(499, 100, 612, 100)], "clipped to the page"),
        (lambda c: c.line(700, 692, 900, 692), [], "beside the page"),
        (lambda c: c.circle(200, 200, 50), [], "round"),
        (_within_forms, [(118, 652, 222, 652)], "within forms within each other"),
    ],
)
def test_rules_are_the_straight_lines_that_show(draw, rules, why):
    found = _rules(draw)
    assert len(found) == len(rules), why
    for one, two in zip(found, sorted(rules), strict=True):
        assert one == pytest.approx(two, abs=1), why


def test_rules_of_turned_pages_are_where_they_are_shown():
    assert len(_rules(_rotated)) == 1
    left, top, right, bottom = _rules(_rotated)[0]
    assert left == right
    assert bottom - top == pytest.approx(200, abs=2)


@pytest.mark.parametrize("limit", ["MAX_OBJECTS", "MAX_PATHS", "MAX_SEGMENTS"])
def test_a_drawing_has_no_rules(monkeypatch, limit):
    def draw(canvas):
        for number in range(4):
            canvas.rect(100, 100 + 50 * number, 50, 40)

    assert len(_rules(draw)) == 16
    monkeypatch.setattr(pdf_objects if limit == "MAX_OBJECTS" else pdf_rules, limit, 3)
    assert _rules(draw) == []


def _grid_picture(angle=0.0, gap=0, ink=0, paper=255):
    image = Image.new("L", (1200, 1000), paper)
    draw = ImageDraw.Draw(image)
    for y in (200, 300, 400):
        draw.line((150, y, 1050, y), fill=ink, width=3)
    for x in (150, 600, 1050):
        draw.line((x, 200, x, 400), fill=ink, width=3)
    if gap:
        draw.rectangle((500, 190, 500 + gap, 210), fill=paper)
    draw.text((200, 600), "ordinary text lies here", fill=ink, font_size=36)
    return np.asarray(image.rotate(angle, Image.Resampling.BILINEAR, fillcolor=paper))


@pytest.mark.parametrize("angle", [0.0, 1.0, -3.0, 4.5])
@pytest.mark.parametrize(("ink", "paper"), [(0, 255), (255, 20), (110, 180)])
def test_strokes_of_an_image_are_rules_skewed_or_inverted_or_faint(angle, ink, paper):
    rules = image_rules(_grid_picture(angle, ink=ink, paper=paper))
    strokes = strokes_of((_turned(rule, angle) for rule in rules), tolerance=12)
    assert [len(strokes.level), len(strokes.upright)] == [3, 3]
    assert [round(stroke.length, -2) for stroke in strokes.level] == [900] * 3


def _turned(rule, angle):
    from docplatform.ocr.local.layout.frame import turned

    center = (600, 500)
    ends = (rule.x1 - center[0], rule.y1 - center[1], rule.x2 - center[0], rule.y2 - center[1])
    return Rule(*turned(ends, angle))


def test_a_broken_line_is_found_in_its_parts():
    rules = [rule for rule in image_rules(_grid_picture(gap=60)) if abs(rule.y1 - 200) < 5 and rule.x2 - rule.x1 > 50]
    assert [round(rule.x1, -1) for rule in sorted(rules, key=lambda rule: rule.x1)] == [150, 560]


def test_text_has_no_rules():
    image = Image.new("L", (1200, 800), 255)
    draw = ImageDraw.Draw(image)
    for number in range(12):
        draw.text((100, 40 + 60 * number), "Fill it with IIII lll TTT === --- words", fill=0, font_size=40)
    assert image_rules(np.asarray(image)) == []


@pytest.mark.parametrize("shape", [(1, 1), (5, 900), (20, 20)])
def test_images_too_small_for_rules_have_none(shape):
    assert image_rules(np.zeros(shape, np.uint8)) == []


def test_long_rules_tell_the_skew_better_than_text():
    grey = _grid_picture(-0.5)
    found = ruled(grey, PageElements((), 1200, 1000, "pixel", 0, 0.1))
    assert found.skew == pytest.approx(0.5, abs=0.1)
    assert len(found.rules) >= 6


@pytest.mark.parametrize(
    ("grey", "why"),
    [(_grid_picture(-4.0), "so far off that they are something else"), (np.full((900, 900), 255, np.uint8), "none")],
)
def test_the_skew_of_the_text_stands_without_such_rules(grey, why):
    assert ruled(grey, PageElements((), 1200, 1000, "pixel", 0, 0.1)).skew == 0.1, why


@pytest.mark.parametrize(
    ("rules", "level", "why"),
    [
        ([Rule(0, 5, 10, 5), Rule(11, 5, 20, 5)], [Stroke(5, 0, 20)], "broken"),
        ([Rule(0, 5, 10, 5), Rule(40, 5, 50, 5)], [Stroke(5, 0, 10), Stroke(5, 40, 50)], "two"),
        ([Rule(0, 5, 10, 5), Rule(0, 6, 30, 6)], [Stroke(6, 0, 30)], "double, where the longer one is"),
        ([Rule(10, 5, 0, 5.4)], [Stroke(5.2, 0, 10)], "from right to left, nearly level"),
        ([Rule(0, 0, 10, 10)], [], "slanted"),
    ],
)
def test_rules_become_mended_strokes(rules, level, why):
    strokes = strokes_of(rules, tolerance=2)
    assert (list(strokes.level), list(strokes.upright)) == (level, []), why
    turned = strokes_of([Rule(rule.y1, rule.x1, rule.y2, rule.x2) for rule in rules], tolerance=2)
    assert (list(turned.level), list(turned.upright)) == ([], level), why


def test_places_close_to_each_other_are_one():
    assert places([10, 1, 2, 11, 30], tolerance=2) == [1.5, 10.5, 30]
