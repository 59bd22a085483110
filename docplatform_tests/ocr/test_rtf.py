"""rtf: what is read of its control words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docplatform.documents import media_types
from docplatform.errors import PermanentError, ReasonCode
from docplatform.ocr.local.rtf import read_rtf
from docplatform_tests.ocr.reading import lines, read

_FONTS = rb"{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset204 Cyr;}{\f2\fcharset128 Mincho;}{\f3\cpg1250 East;}}"


def _rtf(body: bytes | str) -> bytes:
    return rb"{\rtf1\ansi\ansicpg1252" + _FONTS + (body if isinstance(body, bytes) else body.encode()) + b"}"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (r"one\par two\line three\tab four", ["one", "two", "three four"]),
        (r"Gr\'fc\'dfe \f1 \'cf\'f0 \f2 \'93\'fa\'96\'7b \f3 \'e8", ["Grüße Пр 日本 č"]),
        (r"\{a\}\\b\~c\_d\-e\emdash f\lquote g\rquote", ["{a}\\b c-de—f‘g’"]),
        (r"{\info{\title hidden}}{\*\unknown hidden}{\stylesheet hidden}{\pict 00ff}seen", ["seen"]),
        (r"{\*\bkmkstart x}a{\field{\*\fldinst HYPERLINK x}{\fldrslt shown}}b", ["ashownb"]),
        (r"kept{\deleted gone}{\v hidden}", ["kepthidden"]),
        (r"{\shp{\*\shpinst{\sp{\sn x}{\sv 1}}{\shptxt\pard boxed\par}}}after\par", ["after", "boxed"]),
        (r"word{\footnote\pard the note\par} on\par{\*\annotation\pard said\par}", ["word on", "the note", "said"]),
        (r"{\upr{plain}{\*\ud{\u252?ber}}}", ["über"]),
        (r"{\object{\*\objdata 0102}{\result shown}}", ["shown"]),
        ("a\\bin5 {}{}!b", ["ab"]),
        ("a}}}b", ["ab"]),
        (r"\htmlrtf no\htmlrtf0 yes{\*\htmltag64 <p>}", ["yes"]),
    ],
)  # fmt: skip
def test_text_is_read_as_it_is_meant(body, expected):
    assert lines(read(_rtf(body), media_types.RTF)) == expected


def test_characters_by_number_stand_for_those_that_follow():
    body = r"\u8364?\uc2\u8364 ??!{\uc0\u8364 x}\u8364 ab \uc1\u-10179?\u-8694?"
    assert lines(read(_rtf(body), media_types.RTF)) == ["€€!€x€ 😊"]


@pytest.mark.parametrize(
    ("start", "text"),
    [(rb"{\rtf1\mac \'8a}", "ä"), (rb"{\rtf1\pc \'84}", "ä"), (rb"{\rtf1\ansicpg65001 \'c3\'a4}", "ä"),
     (rb"{\rtf1\ansicpg99999 \'e4}", "ä"), ("{\\rtf1 ä}".encode("cp1252"), "ä")],
)  # fmt: skip
def test_the_documents_own_code_page_is_used(start, text):
    assert read(start, media_types.RTF).content == text


def test_tables_are_tables_and_paragraphs_in_cells_stay_there():
    body = r"before\par\trowd\intbl a\par b\cell c\cell\row\intbl d\cell e\row\pard after\par"
    result = read(_rtf(body), media_types.RTF)
    assert [(cell.row_index, cell.column_index, cell.content) for cell in result.tables[0].cells] == [
        *((0, 0, "a\nb"), (0, 1, "c"), (1, 0, "d"), (1, 1, "e")),
    ]
    assert lines(result)[0] == "before"
    assert lines(result)[-1] == "after"


def test_a_row_that_is_not_ended_is_read():
    assert lines(read(_rtf(r"\intbl a\cell b\cell\pard after\par"), media_types.RTF)) == ["a\tb", "after"]


def test_headers_and_footers_stand_around_the_body_once():
    body = r"{\header\pard Top\par}{\headerf Top\par}{\footer Bottom\par}body\par"
    result = read(_rtf(body), media_types.RTF)
    assert [(paragraph.content, paragraph.role) for paragraph in result.paragraphs] == [
        ("Top", "pageHeader"),
        ("body", None),
        ("Bottom", "pageFooter"),
    ]


def test_groups_nested_without_end_are_refused():
    with pytest.raises(PermanentError) as caught:
        read(b"{\\rtf1" + b"{" * 20_000, media_types.RTF)
    assert caught.value.reason is ReasonCode.CORRUPT


_PARTS = rb"{ } \par \u1 \* \'e4 \cell \row text \footnote \header \intbl \bin9 \ \fonttbl \pard \htmlrtf".split()


@given(st.lists(st.sampled_from(_PARTS), max_size=40))
def test_any_order_of_control_words_is_read(parts):
    assert len(read_rtf(b"{\\rtf1" + b"".join(parts)).pages) == 1
