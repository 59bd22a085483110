import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docplatform.documents.document_text import DocumentText, WordBox
from docplatform.documents.predictions import DocumentPart, Entity, Split, TaskKind
from docplatform.errors import ConfigurationError, PermanentError
from docplatform.labels.datasets import Dataset, build_dataset
from docplatform.labels.projects import TextSource
from docplatform.labels.splits import Item, assign_splits, normalized_hash
from docplatform_tests.labels.builders import project

SINGLE, MULTI = TaskKind.SINGLE_LABEL_CLASSIFICATION, TaskKind.MULTI_LABEL_CLASSIFICATION


def row(document_id: str, category: str = "x", **changes: Any) -> dict[str, Any]:
    empty = {"offset": None, "length": None, "text": None, "declared_split": None, "location": f"{document_id}.txt"}
    return {"document_id": document_id, "category": category, **empty, **changes}


def items(count: int, labels: int = 1, seed: str = "", start: int = 0) -> list[Item]:
    return [
        Item(f"d{seed}{number}", f"document {number} {seed}", frozenset({f"c{number % labels}"}))
        for number in range(start, start + count)
    ]


def by_label(documents: Sequence[Item], splits: dict[str, Split]) -> dict[str, Counter[Split]]:
    counts: dict[str, Counter[Split]] = defaultdict(Counter)
    for item in documents:
        counts["*"][splits[item.document_id]] += 1
        for label in item.labels:
            counts[label][splits[item.document_id]] += 1
    return counts


@pytest.mark.parametrize("per_class", [10, 11, 14, 20, 30, 100])
@pytest.mark.parametrize("seed", list("abcdefgh"))
def test_every_class_of_at_least_ten_documents_is_in_every_split_near_its_share(per_class: int, seed: str) -> None:
    documents = items(per_class * 4, labels=4, seed=seed)
    for label, counts in by_label(documents, assign_splits(documents)).items():
        size = counts.total()
        assert 0.1 <= counts[Split.TEST] / size <= 0.31, label
        assert 0.05 <= counts[Split.VALIDATION] / size <= 0.21, label
        assert counts[Split.TRAIN] >= size / 2, label


@settings(max_examples=30, deadline=None)
@given(st.lists(st.frozensets(st.sampled_from("abcdef"), min_size=1), min_size=40, max_size=80))
def test_labels_of_multi_label_documents_are_all_learned_and_judged(labels: list[frozenset[str]]) -> None:
    documents = [Item(f"d{number}", f"text {number}", names) for number, names in enumerate(labels)]
    for counts in by_label(documents, assign_splits(documents)).values():
        assert counts[Split.TRAIN] >= 1
        if counts.total() >= 15:
            assert counts[Split.TRAIN] >= 0.3 * counts.total()


@pytest.mark.parametrize("step", [1, 7, 50])
def test_documents_that_are_added_move_no_document_that_was_there(step: int) -> None:
    documents = items(40, labels=5)
    splits = assign_splits(documents)
    for start in range(40, 40 + 4 * step, step):
        documents += items(step, labels=5, start=start)
        grown = assign_splits(list(reversed(documents)), splits)
        assert {name: grown[name] for name in splits} == splits
        splits = grown
    counts = by_label(documents, splits)
    assert all(counts[f"c{number}"][Split.TEST] >= 1 for number in range(5))


def test_even_without_the_previous_splits_nearly_all_stay_by_their_hash() -> None:
    documents = items(400, labels=4)
    before, after = assign_splits(documents[:300]), assign_splits(documents)
    assert sum(before[name] != after[name] for name in before) <= 6


def test_the_order_of_documents_doesnt_matter() -> None:
    documents = items(60, labels=3)
    assert assign_splits(documents) == assign_splits(documents[::-1])


def test_near_identical_texts_are_never_divided() -> None:
    variants = ("The loan, signed.", "the LOAN signed", " The\r\nloan — signed! ")
    documents = [
        Item(f"{number}-{variant}", text + str(number), frozenset({"x"}))
        for number in range(60)
        for variant, text in enumerate(variants)
    ]
    splits = assign_splits(documents)
    assert set(splits.values()) == set(Split)
    assert all(len({splits[f"{number}-{variant}"] for variant in range(3)}) == 1 for number in range(60))


def test_texts_without_words_are_told_apart() -> None:
    assert normalized_hash("!!!") != normalized_hash("???")
    assert normalized_hash("Straße ﬁn") == normalized_hash("STRASSE  FIN.")


def test_declared_splits_are_kept_and_validation_is_carved_from_training() -> None:
    documents = [
        Item(f"d{n}", f"text {n}", frozenset({"x"}), Split.TEST if n % 4 == 0 else Split.TRAIN) for n in range(200)
    ]
    splits = assign_splits(documents)
    assert all((splits[item.document_id] is Split.TEST) == (item.declared is Split.TEST) for item in documents)
    assert 0.08 <= Counter(splits.values())[Split.VALIDATION] / 150 <= 0.18


@pytest.mark.parametrize(
    ("before", "declared", "after"),
    [
        (Split.TRAIN, Split.TEST, {Split.TEST}),
        (Split.TEST, Split.TRAIN, {Split.TRAIN, Split.VALIDATION}),
        (Split.VALIDATION, Split.TRAIN, {Split.VALIDATION}),
        (Split.TEST, None, {Split.TEST}),
    ],
)
def test_what_a_person_declares_counts_more_than_the_split_before(
    before: Split, declared: Split | None, after: set[Split]
) -> None:
    documents = [Item("a", "text a", frozenset({"x"}), declared), Item("b", "text b", frozenset({"x"}), Split.TEST)]
    assert assign_splits(documents, {"a": before})["a"] in after


def test_a_file_that_declares_only_training_declares_nothing() -> None:
    documents = [Item(f"d{n}", f"text {n}", frozenset({"x"}), Split.TRAIN) for n in range(50)]
    assert Counter(assign_splits(documents).values())[Split.TEST] >= 6


def test_twins_that_are_declared_apart_judge() -> None:
    twins = [Item("a", "same", frozenset({"x"}), Split.TRAIN), Item("b", "Same", frozenset({"x"}), Split.TEST)]
    assert set(assign_splits(twins).values()) == {Split.TEST}


def test_what_was_trained_on_never_judges_later() -> None:
    twins = [Item("a", "same", frozenset({"x"})), Item("b", "Same", frozenset({"x"}))]
    splits = assign_splits(twins, {"a": Split.TEST, "b": Split.TRAIN})
    assert set(splits.values()) == {Split.TRAIN}


@pytest.mark.parametrize("seed", list("abcdef"))
@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_rare_label_is_at_least_learned(seed: str, count: int) -> None:
    documents = items(count, seed=seed)
    assert Split.TRAIN in assign_splits(documents).values()


def documents(texts: dict[str, str]) -> dict[str, DocumentText]:
    return {document_id: DocumentText(text) for document_id, text in texts.items()}


def dataset(rows: list[dict[str, Any]], kind: TaskKind = SINGLE, **texts: str) -> Dataset:
    return build_dataset(project(kind), rows, documents(texts))


def test_examples_hold_what_the_labels_say() -> None:
    made = dataset([row("b", "x"), row("a", "y"), row("a", "x"), row("c", "")], MULTI, a="A", b="B", c="C")
    assert [(e.document_id, e.text, e.categories) for e in made.examples] == [
        ("a", "A", ("x", "y")),
        ("b", "B", ("x",)),
        ("c", "C", ()),
    ]
    assert sum(made.counts().values()) == 3


def test_entities_are_offsets_in_the_text_trained_on() -> None:
    rows = [
        row("a", "B", offset=4, length=2, text="db"),
        row("a", "A", offset=0, length=3, text="web"),
        row("a", "A", offset=0, length=3, text="web"),
    ]
    (example,) = dataset(rows, TaskKind.ENTITY_RECOGNITION, a="web db").examples
    assert example.entities == (Entity("A", 0, 3, "web"), Entity("B", 4, 2, "db"))


def test_entities_of_a_text_that_was_read_anew_are_refused() -> None:
    rows = [row("a", "A", offset=0, length=3, text="web")]
    with pytest.raises(PermanentError, match=r"a\.txt.*'web'.*' we'.*Materialize `annotations`"):
        dataset(rows, TaskKind.ENTITY_RECOGNITION, a=" web")


@pytest.mark.parametrize("source", [TextSource.CLEANED, TextSource.LEMMAS])
def test_entities_cant_be_learned_from_a_text_their_offsets_dont_count_in(source: TextSource) -> None:
    with pytest.raises(ConfigurationError, match="text_source must be content"):
        build_dataset(project(text_source=source), [], {})


@pytest.mark.parametrize(
    ("rows", "texts", "reason"),
    [
        ([row("a")], {}, "isn't there yet"),
        ([row("a")], {"a": " \n"}, "is empty"),
        ([row("a", "x"), row("a", "y")], {"a": "t"}, r"2 classes \(x, y\)"),
    ],
)
def test_a_document_that_cant_be_an_example_is_skipped_with_its_reason(
    rows: list[dict[str, Any]], texts: dict[str, str], reason: str
) -> None:
    made = build_dataset(project(SINGLE), rows, documents(texts))
    assert made.examples == ()
    (said,) = made.skipped.values()
    assert re.search(reason, said)


def test_the_version_names_the_content() -> None:
    base = dataset([row("a", "x"), row("b", "y")], a="A", b="B")
    assert base.version == dataset([row("b", "y"), row("a", "x")], b="B", a="A").version
    others = [
        dataset([row("a", "x"), row("b", "y")], a="A", b="B!"),
        dataset([row("a", "x"), row("b", "x")], a="A", b="B"),
        dataset([row("a", "x")], a="A"),
        build_dataset(project(MULTI), [row("a", "x"), row("b", "y")], documents({"a": "A", "b": "B"})),
    ]
    assert len({base.version, *(other.version for other in others)}) == 5


def test_where_words_lie_belongs_to_a_layout_dataset_and_its_version() -> None:
    rows = [row("a", "Total", offset=0, length=3, text="web")]

    def made(left: float) -> Dataset:
        document = DocumentText(
            "web db", (WordBox(0, 3, 1, left, 0.1, 0.3, 0.2), WordBox(4, 2, 2, 0.1, 0.1, 0.3, 0.2)), 2
        )
        return build_dataset(project(TaskKind.FIELD_EXTRACTION), rows, {"a": document})

    (example,) = made(0.1).examples
    assert example.entities == (Entity("Total", 0, 3, "web"),)
    assert (len(example.words), example.page_count, example.document.words[1].page) == (2, 2, 2)
    assert made(0.1).version == made(0.1).version != made(0.2).version


def test_a_packet_is_labelled_with_the_documents_in_it() -> None:
    rows = [
        row("a", "letter", first_page=3, last_page=3),
        row("a", "invoice", first_page=1, last_page=2),
        row("b", "letter"),
    ]
    texts = documents({"a": "A", "b": "B"})
    made = build_dataset(project(TaskKind.DOCUMENT_CLASSIFICATION), rows, texts)
    packet, letter = made.examples
    assert packet.parts == (DocumentPart("invoice", 1, 2), DocumentPart("letter", 3, 3))
    assert (packet.categories, letter.categories, letter.parts) == (("invoice", "letter"), ("letter",), ())
    moved = [row("a", "letter", first_page=2, last_page=3), row("a", "invoice", first_page=1, last_page=1), rows[2]]
    assert build_dataset(project(TaskKind.DOCUMENT_CLASSIFICATION), moved, texts).version != made.version


def test_declared_and_previous_splits_reach_the_examples() -> None:
    rows = [row("a", declared_split="test"), row("b", declared_split="train"), row("c")]
    made = build_dataset(
        project(SINGLE), rows, documents({"a": "A", "b": "B", "c": "C"}), previous={"c": Split.VALIDATION}
    )
    splits = {example.document_id: example.split for example in made.examples}
    assert splits["a"] is Split.TEST
    assert splits["b"] is not Split.TEST
    assert splits["c"] is Split.VALIDATION
    assert [example.document_id for example in made.split(Split.TEST)] == ["a"]
