"""Labels held against each other: near duplicates, words labelled in two ways, labels that models contradict."""

from __future__ import annotations

import random

import pytest

from docplatform.documents.predictions import Split, TaskKind
from docplatform.labels.confident import likely_wrong
from docplatform.labels.consistency import check_consistency
from docplatform.labels.findings import FindingCode
from docplatform.labels.label_file import DocumentLabels, LabeledEntity, LabelFile
from docplatform.labels.near_duplicates import groups, near_duplicates
from docplatform.labels.splits import Item, assign_splits
from docplatform_tests.labels.builders import class_file, entity_file

WORDS = [f"word{n}" for n in range(2_000)]


def texts(count: int, length: int = 60, seed: int = 1) -> list[str]:
    rng = random.Random(seed)  # noqa: S311
    return [" ".join(rng.choices(WORDS, k=length)) for _ in range(count)]


def edited(text: str) -> str:
    return f"NEW HEADER, {text.upper()}!"


def test_copies_with_another_header_are_found_and_others_are_not() -> None:
    made = texts(20)
    pairs = list(near_duplicates([*made, edited(made[3]), made[5], made[5]]))
    assert [(one, other) for one, other, _ in pairs if _ < 1] == [(3, 20)]
    assert sorted((one, other) for one, other, jaccard in pairs if jaccard == 1) == [(5, 21), (21, 22)]
    assert groups(23, ((one, other) for one, other, _ in pairs))[20:] == [3, 5, 5]


def test_filled_forms_of_one_template_are_no_copies() -> None:
    template = texts(1, 200, seed=2)[0]
    forms = [f"{template} {values}" for values in texts(30, 20, seed=3)]
    assert list(near_duplicates(forms)) == []
    assert [pair[:2] for pair in near_duplicates([*forms, forms[4]])] == [(4, 30)]


def test_short_and_empty_texts_are_compared_as_a_whole() -> None:
    assert [pair[:2] for pair in near_duplicates(["", "Hello you", "hello, you!", "hello", ""])] == [(1, 2)]


def test_near_duplicates_are_never_divided_between_splits() -> None:
    made = texts(100)
    items = [Item(f"{n:03}", text, frozenset("x")) for n, text in enumerate(made)]
    copies = [Item(f"c{n:03}", edited(text), frozenset("x")) for n, text in enumerate(made)]
    splits = assign_splits([*items, *copies])
    assert all(splits[f"{n:03}"] is splits[f"c{n:03}"] for n in range(100))
    assert len(set(splits.values())) == 3


def test_copies_on_both_sides_of_a_declared_split_and_with_other_classes_are_named() -> None:
    made = texts(3)
    documents = (
        DocumentLabels(location="a", classes=("x",), declared_split=Split.TRAIN),
        DocumentLabels(location="b", classes=("y",), declared_split=Split.TEST),
        DocumentLabels(location="c", classes=("x",), declared_split=Split.TRAIN),
        DocumentLabels(location="d", classes=("x",), declared_split=Split.TRAIN),
    )
    label_file = LabelFile(
        kind=TaskKind.SINGLE_LABEL_CLASSIFICATION, name="", language="en", categories=("x", "y"), documents=documents
    )
    found = check_consistency(label_file, {"a": made[0], "b": edited(made[0]), "c": made[1], "d": edited(made[1])})
    assert [(f.code, f.location) for f in found] == [
        (FindingCode.NEAR_DUPLICATE, "b"),
        (FindingCode.CONTRADICTION, "b"),
        (FindingCode.NEAR_DUPLICATE, None),
    ]
    assert "test against train" in found[0].message


def test_the_same_words_labelled_in_two_ways_or_not_at_all_are_named() -> None:
    sentence = "we met Acme Ltd in town"
    entity = LabeledEntity("A", 7, 8)
    other = LabeledEntity("B", 7, 8)
    label_file = entity_file(
        ("1", [entity]), ("2", [entity]), ("3", [other]), ("4", [LabeledEntity("A", 19, 4)]), ("5", [entity])
    )
    found = check_consistency(label_file, dict.fromkeys("12345", sentence) | {"5": "Acme too"})
    said = {(f.code, f.location, f.category) for f in found if f.code is not FindingCode.NEAR_DUPLICATE}
    assert (FindingCode.UNUSUAL_LABEL, "3", "B") in said
    assert (FindingCode.MISSING_LABEL, "4", None) in said


def test_a_category_that_its_words_have_nowhere_else_is_unusual() -> None:
    usual = [(f"{n}", [LabeledEntity("A", len(f"in year {n} "), 4)]) for n in range(12)]
    texts_ = {f"{n}": f"in year {n} Acme grew" for n in range(12)} | {"odd": "Acme fell"}
    found = check_consistency(entity_file(*usual, ("odd", [LabeledEntity("B", 0, 4)])), texts_)
    assert [(f.code, f.location) for f in found if f.code is FindingCode.UNUSUAL_LABEL] == [
        (FindingCode.UNUSUAL_LABEL, "odd")
    ]


def test_findings_of_one_kind_are_limited_and_counted() -> None:
    made = texts(80)
    names = {f"{n:03}": ("x",) for n in range(80)} | {f"c{n:03}": ("y",) for n in range(80)}
    known = {f"{n:03}": text for n, text in enumerate(made)} | {f"c{n:03}": edited(t) for n, t in enumerate(made)}
    found = check_consistency(class_file(TaskKind.SINGLE_LABEL_CLASSIFICATION, names), known)
    contradictions = [f for f in found if f.code is FindingCode.CONTRADICTION]
    assert len(contradictions) == 51
    assert "30 more findings" in contradictions[-1].message


@pytest.mark.parametrize(
    ("told", "suggested"),
    [
        ({"a": 0.02, "b": 0.5, "c": 0.48}, "b"),  # unsure which, and yet sure that it isn't a
        ({"a": 0.1, "b": 0.9}, None),  # nine times as probable, of labels of which one in twenty is wrong
        ({"a": 0.04, "b": 0.96}, "b"),
        ({"a": 0.6, "b": 0.4}, None),
        ({"b": 0.9, "c": 0.1}, None),  # a class it never learned isn't judged
        (None, None),
    ],
)
def test_a_label_is_likely_wrong_where_it_is_more_likely_wrong_than_right(told, suggested) -> None:
    assert [item.suggested for item in likely_wrong(["a"], [told])] == ([suggested] if suggested else [])


def test_the_label_that_is_least_probable_is_the_surest_to_be_wrong() -> None:
    found = likely_wrong(["a", "a"], [{"a": 0.03, "b": 0.97}, {"a": 0.01, "b": 0.5, "c": 0.49}])
    assert [(item.index, round(item.doubt, 2), item.probability) for item in found] == [(1, 0.99, 0.5), (0, 0.97, 0.97)]
