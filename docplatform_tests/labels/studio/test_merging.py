"""Answers in a label file: replaced, taken back, and nothing of what others labelled lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from docplatform.documents.offsets import StringIndexType
from docplatform.documents.predictions import Split, TaskKind
from docplatform.errors import ConfigurationError
from docplatform.labels.label_file import DocumentLabels, LabeledEntity, LabelFile, LabelRegion
from docplatform.labels.studio.answers import Answer
from docplatform.labels.studio.merging import StudioLink, attributions, merge_answers

TEXT = "\U0001f600 on 6/29/2018"
BY_HAND = DocumentLabels(
    location="hand.txt",
    declared_split=Split.TEST,
    language="de",
    entities=(LabeledEntity("Date", 0, 4),),
    regions=(LabelRegion(0, 9),),
)
FILE = LabelFile(
    kind=TaskKind.ENTITY_RECOGNITION, name="loans", language="en-us", categories=("Date",), documents=(BY_HAND,)
)


def answer(location: str = "01.txt", *entities: LabeledEntity, annotation: int = 1) -> tuple[Answer, str]:
    made = Answer(
        location=location,
        document_id=f"id of {location}",
        content_hash="h",
        task=1,
        annotation=annotation,
        labeled_by="ann@example.com",
        labeled_at="2026-11-25T10:00:00Z",
        entities=entities or (LabeledEntity("Date", 5, 9, "6/29/2018"),),
    )
    return made, TEXT


@pytest.mark.parametrize(
    ("unit", "offset"), [(StringIndexType.UTF16_CODE_UNIT, 6), (StringIndexType.UNICODE_CODE_POINT, 5)]
)
def test_offsets_are_written_in_the_files_own_unit(unit, offset):
    merged = merge_answers(replace(FILE, string_index_type=unit), [answer()], {})
    assert merged.label_file.documents[1].entities == (LabeledEntity("Date", offset, 9, "6/29/2018"),)
    assert (merged.added, merged.replaced, merged.removed) == (("01.txt",), (), ())
    assert merged.label_file.documents[0] == BY_HAND


def test_merging_again_changes_nothing():
    first = merge_answers(FILE, [answer()], {})
    again = merge_answers(first.label_file, [answer()], first.origins)
    assert (again.label_file, again.origins, again.is_changed) == (first.label_file, first.origins, False)


def test_an_answer_replaces_all_labels_of_its_document_and_nothing_else_about_it():
    merged = merge_answers(FILE, [answer("hand.txt", LabeledEntity("Lender", 5, 1, "6"))], {})
    (document,) = merged.label_file.documents
    assert (document.declared_split, document.language, document.regions) == (Split.TEST, "de", ())
    assert [entity.category for entity in document.entities] == ["Lender"]
    assert merged.label_file.categories == ("Date", "Lender")
    assert merged.replaced == ("hand.txt",)


def test_an_answer_taken_back_takes_its_labels_along():
    first = merge_answers(FILE, [answer()], {})
    after = merge_answers(first.label_file, [], first.origins)
    assert (after.removed, after.label_file, after.origins) == (("01.txt",), FILE, {})


def test_labels_that_somebody_changed_since_stay_when_the_answer_is_taken_back():
    first = merge_answers(FILE, [answer()], {})
    mended = replace(first.label_file.documents[1], entities=(LabeledEntity("Date", 6, 4),))
    changed = replace(first.label_file, documents=(BY_HAND, mended))
    after = merge_answers(changed, [], first.origins)
    assert (after.removed, after.label_file.documents) == ((), (BY_HAND, mended))


def test_labels_whose_answer_cant_be_read_now_stay():
    first = merge_answers(FILE, [answer()], {})
    after = merge_answers(first.label_file, [], first.origins, kept=["01.txt", "never.txt"])
    assert (after.removed, after.origins) == ((), first.origins)


def test_who_labelled_is_known_as_long_as_the_labels_are_theirs():
    merged = merge_answers(FILE, [answer()], {})
    link = StudioLink("http://127.0.0.1:8080", 3, "2026", merged.origins)
    assert attributions(merged.label_file, link) == {
        "01.txt": ("ann@example.com", datetime(2026, 11, 25, 10, tzinfo=UTC))
    }
    mended = replace(merged.label_file.documents[1], entities=())
    assert attributions(replace(FILE, documents=(mended,)), link) == {}
    timeless = {"01.txt": replace(merged.origins["01.txt"], labeled_at="yesterday")}
    with pytest.raises(ConfigurationError, match="no time"):
        attributions(merged.label_file, replace(link, origins=timeless))


def test_what_is_remembered_can_be_stored_and_damage_is_said():
    link = StudioLink("http://127.0.0.1:8080", 3, "2026", merge_answers(FILE, [answer()], {}).origins)
    assert StudioLink.from_json(link.to_json()) == link
    for damaged in (b"", b"[]", b"{}", b'{"origins": {"a": {"b": 1}}}'):
        with pytest.raises(ConfigurationError, match="damaged"):
            StudioLink.from_json(damaged)
