from __future__ import annotations

from docplatform.documents.document_text import DocumentText
from docplatform.documents.predictions import Category, Entity, FieldValue, Prediction
from docplatform.inference.packet_parts import cut, joined, members, restricted
from docplatform_tests.models.pages import classed, packet


def row(document_id: str, *parts: tuple[str, int, int]) -> dict[str, object]:
    return {
        "document_id": document_id,
        "categories": [{"category": name} for name in sorted({name for name, *_ in parts})],
        "parts": [{"category": name, "first_page": first, "last_page": last} for name, first, last in parts],
    }


def test_a_whole_document_has_no_pages_and_a_packet_those_of_the_classes_asked_for() -> None:
    rows = [row("whole", ("a", 1, 3)), row("packet", ("a", 1, 1), ("b", 2, 3), ("a", 4, 4)), row("other", ("b", 1, 1))]
    assert members(rows, frozenset("a")) == {"whole": [], "packet": [(1, 1), (4, 4)]}
    text_only = {"document_id": "t", "categories": [{"category": "a"}], "parts": None}
    assert members([text_only], frozenset("a")) == {"t": []}


def test_other_pages_make_another_input_and_no_pages_the_same() -> None:
    given = {"document_id": "d", "input_hash": "h"}
    assert restricted(given, []) is given
    one, other = restricted(given, [(1, 2)]), restricted(given, [(1, 3)])
    assert len({given["input_hash"], one["input_hash"], other["input_hash"]}) == 3
    assert one == restricted(given, [(1, 2)])


def test_a_packet_is_cut_into_its_documents_with_offsets_kept() -> None:
    example = packet("p", classed(4))
    document = example.document
    assert cut(document, {}) == [document]
    parts = cut(document, {"pages": [(p.first_page, p.last_page) for p in example.parts]})
    for part, expected in zip(parts, example.parts, strict=True):
        assert part.page_count == expected.last_page - expected.first_page + 1
        assert {word.page for word in part.words} == set(range(1, part.page_count + 1))
        for word in part.words:
            assert part.text[word.offset :][: word.length] == document.text[word.offset :][: word.length]
    assert "".join(part.text.lstrip() for part in parts) == document.text
    assert cut(DocumentText("no places", (), 4), {"pages": [(2, 3)]}) == [DocumentText("no places", (), 4)]


def test_what_is_said_about_parts_is_joined_with_the_least_confidence() -> None:
    one, silent = Prediction(abstained=True), Prediction()
    first = said("x", 5, 0.9)
    second = said("y", 50, 0.6)
    assert joined([first]) is first
    both = joined([first, one, silent, second])
    assert [(e.offset, f.content) for e, f in zip(both.entities, both.fields, strict=True)] == [(5, "x"), (50, "y")]
    assert (both.confidence_score, both.abstained) == (0.6, False)
    assert both.categories == (Category("c", 0.6),)
    assert joined([one, one]).abstained
    assert joined([silent, one]) == silent


def said(text: str, offset: int, confidence: float) -> Prediction:
    field = FieldValue("F", text, ((offset, 1),), text, confidence)
    entity = Entity("F", offset, 1, text, confidence)
    return Prediction((Category("c", confidence),), (entity,), confidence, fields=(field,))
