import pytest

from docplatform.documents.media_types import EML
from docplatform.ocr.local.blocks import PageBlocks, PairBlock, WordBox, paragraph_of, table_of
from docplatform.ocr.local.layout import text_pairs
from docplatform.ocr.local.layout.text_pairs import with_text_pairs
from docplatform_tests.ocr.pages import text
from docplatform_tests.ocr.reading import read


def _pairs(page: PageBlocks) -> list[tuple[str, str]]:
    return [(text(pair.key), text(pair.value)) for pair in with_text_pairs(page).pairs]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("From: Ada <ada@example.org>\nSubject: Re: the plan", [("From:", "Ada <ada@example.org>")]),
        ("Name: Ada\n\nplain words", [("Name:", "Ada")]),
        ("Name:", []),
        ("there is one thing: a plan", []),
        ("Note: " + "word " * 20, []),
        ("This is a sentence that says at last: no", []),
    ],
)
def test_lines_that_begin_with_a_label_are_pairs(lines: str, expected: list[tuple[str, str]]) -> None:
    assert _pairs(PageBlocks([paragraph_of(lines)]))[: len(expected) or 1] == expected


def test_a_table_of_labels_and_values_is_pairs() -> None:
    rows = [["Invoice no.", "R-77"], ["Buyer:", "Red Ltd"], ["Green tea", "2.50"], ["Total", ""]]
    assert _pairs(PageBlocks([table_of(rows)])) == [("Invoice no.", "R-77"), ("Buyer:", "Red Ltd")]
    assert _pairs(PageBlocks([table_of([["Total", "a", "b"]])])) == []


def test_pages_with_geometry_or_pairs_stay_as_they_are() -> None:
    known = [PairBlock([WordBox("a")])]
    assert _pairs(PageBlocks([paragraph_of("Name: Ada")], width=600)) == []
    assert _pairs(PageBlocks([paragraph_of("Name: Ada")], pairs=known)) == [("a", "")]


def test_only_so_many_lines_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_pairs, "_MAX_LINES", 1)
    assert _pairs(PageBlocks([paragraph_of("Name: Ada"), paragraph_of("Name: Bob")])) == [("Name:", "Ada")]


def test_heads_of_mails_are_pairs_of_the_result() -> None:
    mail = b"From: ada@example.org\r\nTo: bob@example.org\r\nSubject: Order 77\r\n\r\nHello\r\n"
    found = {pair.key.content: pair.value.content for pair in read(mail, EML).key_value_pairs if pair.value}
    assert found == {"From:": "ada@example.org", "To:": "bob@example.org", "Subject:": "Order 77"}
