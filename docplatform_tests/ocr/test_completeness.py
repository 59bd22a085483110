from __future__ import annotations

import pytest

from docplatform.documents import elements
from docplatform.documents.analyze_result import AnalyzeResult, Language, QualityGrade, Span, Warning
from docplatform.ocr.completeness import (
    INK_WITHOUT_TEXT,
    UNREADABLE_PAGE,
    main_language,
    pages_read,
    warned_pages,
    worst_quality,
)
from docplatform.ocr.local.blocks import PageBlocks, PageQuality, ReadDocument, paragraph_of
from docplatform.ocr.local.builder import build_result


def _result(*grades: tuple[str, list[str]] | None, warnings: tuple[tuple[str, str | None], ...] = ()) -> AnalyzeResult:
    """A page for each grade, None for a page of a format that has none."""
    pages = [
        PageBlocks([paragraph_of("text")], quality=PageQuality(QualityGrade(item[0]), item[1]) if item else None)
        for item in grades
    ]
    result = build_result(ReadDocument(pages), "m")
    return result.model_copy(
        update={"warnings": tuple(Warning(code=code, message="m", target=target) for code, target in warnings)}
    )


@pytest.mark.parametrize(
    ("grades", "worst"),
    [
        ([], ("EXCELLENT", [])),
        ([None, None], ("EXCELLENT", [])),
        ([None, ("GOOD", ["skew"])], ("GOOD", ["skew"])),
        ([("GOOD", ["skew"]), ("POOR", ["blur"]), ("POOR", ["noise", "blur"])], ("POOR", ["blur", "noise"])),
        ([("EXCELLENT", []), ("EXCELLENT", [])], ("EXCELLENT", [])),
    ],
)
def test_a_document_is_as_good_as_its_worst_page(grades, worst):
    assert worst_quality(_result(*grades)) == worst


def test_grades_survive_json():
    result = AnalyzeResult.from_json(_result(("FAIR", ["blur"])).to_json())
    assert worst_quality(result) == ("FAIR", ["blur"])
    assert result.pages[0].quality == elements.PageQuality(grade=QualityGrade.FAIR, reasons=("blur",))
    assert '"quality":{"grade":"FAIR","reasons":["blur"]}' in result.to_json()


def test_unread_pages_are_named_once_and_not_counted_as_read():
    warnings = (
        (UNREADABLE_PAGE, "/pages/2"), (UNREADABLE_PAGE, "/pages/0/lines/1"), (UNREADABLE_PAGE, "/pages/2"),
        (INK_WITHOUT_TEXT, "/pages/1"), (UNREADABLE_PAGE, None), (UNREADABLE_PAGE, "/documents/0"),
    )  # fmt: skip
    result = _result(("POOR", ["blur"]), ("GOOD", ["skew"]), None, None, warnings=warnings)
    assert warned_pages(result, UNREADABLE_PAGE) == [1, 3]
    assert warned_pages(result, INK_WITHOUT_TEXT) == [2]
    assert pages_read(result) == 2
    assert worst_quality(result) == ("GOOD", ["skew"]), "an unread page has no say"


def test_the_language_of_most_of_the_text_is_the_documents():
    def language(locale: str, *lengths: int) -> Language:
        return Language(locale=locale, spans=tuple(Span(offset=0, length=n) for n in lengths), confidence=1)

    result = _result()
    assert main_language(result) is None
    found = (language("en", 30), language("de", 20, 20))
    assert main_language(result.model_copy(update={"languages": found})) == "de"
