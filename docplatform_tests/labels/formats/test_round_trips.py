"""What a format can hold comes back as it was; what it can't is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings

from docplatform.documents.predictions import TaskKind
from docplatform.labels.formats import export_labels, formats, read_labels
from docplatform.labels.label_file import LabelFile, PlaceUnit
from docplatform.labels.placing import place_fields
from docplatform.labels.readings import Reading
from docplatform_tests.labels.formats import strategies as s

few = settings(max_examples=20, deadline=None)


def again(label_file: LabelFile, name: str, readings: Mapping[str, Reading] | None = None) -> LabelFile:
    written = export_labels(label_file, name, readings or {})
    assert written.notes == ()
    parsed = read_labels(written.files, kind=label_file.kind)
    assert {key: value.decode() for key, value in parsed.documents.items()} == (
        {key: reading.text for key, reading in (readings or {}).items()} if parsed.documents else {}
    )
    return parsed.label_file


def plain(label_file: LabelFile) -> LabelFile:
    """Without what only the format itself has a use for."""
    documents = tuple(
        replace(d, extras={}, regions=(), fields=tuple(replace(f, extras={}) for f in d.fields))
        for d in label_file.documents
    )
    return replace(label_file, documents=documents, extras={}, sha256="", version="")


def without_split(label_file: LabelFile) -> LabelFile:
    return replace(label_file, documents=tuple(replace(d, declared_split=None) for d in label_file.documents))


@pytest.mark.parametrize("name", ["docplatform", "conll", "conll-iob1", "conll-bilou", "label-studio", "jsonl"])
@few
@given(made=s.entity_files())
def test_entities_come_back(name: str, made: tuple[LabelFile, dict[str, Reading]]) -> None:
    label_file, readings = made
    assert plain(again(label_file, name, readings)) == label_file


@few
@given(made=s.entity_files())
def test_entities_come_back_from_azure_but_for_answers_of_nothing_and_from_csv_but_for_texts(
    made: tuple[LabelFile, dict[str, Reading]],
) -> None:
    label_file, readings = made
    assert plain(again(label_file, "csv")) == label_file
    back = again(label_file, "azure-language", readings)
    assert [d.entities for d in back.documents] == [d.entities for d in label_file.documents]


@pytest.mark.parametrize("kind", [TaskKind.SINGLE_LABEL_CLASSIFICATION, TaskKind.MULTI_LABEL_CLASSIFICATION])
@pytest.mark.parametrize("name", ["docplatform", "azure-language", "jsonl", "csv"])
def test_classes_come_back(name: str, kind: TaskKind) -> None:
    @few
    @given(made=s.class_files(kind))
    def check(made: tuple[LabelFile, dict[str, Reading]]) -> None:
        label_file, readings = made
        assert plain(again(label_file, name, readings)) == label_file
        if name not in ("azure-language", "docplatform"):
            assert plain(again(label_file, name)) == label_file

    check()


@few
@given(made=s.class_files(TaskKind.SINGLE_LABEL_CLASSIFICATION))
def test_classes_come_back_from_label_studio_and_folders_without_their_split(
    made: tuple[LabelFile, dict[str, Reading]],
) -> None:
    label_file, readings = made
    assert plain(again(label_file, "label-studio", readings)) == without_split(label_file)
    files = export_labels(label_file, "folders", readings).files
    back = formats()["folders"].parse(files, label_file.kind).label_file
    classes = {d.location.partition("/")[2]: d.classes for d in back.documents}
    assert classes == {d.location: d.classes for d in label_file.documents}


@pytest.mark.parametrize("name", ["docplatform", "jsonl", "csv"])
@few
@given(label_file=s.part_files())
def test_page_ranges_come_back(name: str, label_file: LabelFile) -> None:
    assert again(label_file, name) == replace(label_file, sha256=again(label_file, name).sha256)


@few
@given(label_file=s.value_files())
def test_values_come_back_from_csv(label_file: LabelFile) -> None:
    back = again(label_file, "csv")
    assert values(back) == values(label_file)


def values(label_file: LabelFile) -> dict[str, set[tuple[str, str | None]]]:
    return {d.location: {(item.name, item.value) for item in d.fields} for d in label_file.documents}


@pytest.mark.parametrize("name", ["docplatform", "jsonl"])
@few
@given(label_file=s.value_files(most_values=3))
def test_values_come_back(name: str, label_file: LabelFile) -> None:
    assert plain(again(label_file, name)) == label_file


@few
@given(label_file=s.place_files(PlaceUnit.PAGE, 1000))
def test_boxes_in_pixels_come_back_from_coco(label_file: LabelFile) -> None:
    assert plain(again(label_file, "coco")) == label_file


@few
@given(label_file=s.place_files(PlaceUnit.PERCENT, 100))
def test_boxes_in_percent_come_back_from_label_studio(label_file: LabelFile) -> None:
    back = plain(again(label_file, "label-studio"))
    assert [d.fields for d in back.documents] == [d.fields for d in label_file.documents]


@few
@given(label_file=s.place_files(PlaceUnit.FRACTION, 1, most_places=3))
def test_boxes_in_fractions_come_back_from_document_intelligence_studio(label_file: LabelFile) -> None:
    back = plain(again(label_file, "di-studio"))
    assert sorted(back.documents, key=lambda d: d.location) == sorted(label_file.documents, key=lambda d: d.location)
    assert back.categories == label_file.categories


@pytest.mark.parametrize("name", ["di-studio", "di-studio-2024-11-30", "coco"])
@few
@given(made=s.entity_files())
def test_spans_become_boxes_and_the_same_words_are_found_again(
    name: str, made: tuple[LabelFile, dict[str, Reading]]
) -> None:
    label_file, readings = made
    sized = (replace(d, page_sizes=((1000, 2000),), is_answered=False) for d in label_file.documents)
    fields = replace(label_file, kind=TaskKind.FIELD_EXTRACTION, documents=tuple(sized))
    placed, _ = place_fields(read_labels(export_labels(fields, name, readings).files).label_file, readings)
    assert labelled_words(placed, readings) == labelled_words(fields, readings)


def labelled_words(label_file: LabelFile, readings: Mapping[str, Reading]) -> set[tuple[str, str, int]]:
    """Location, category and offset of every word that a label covers."""
    return {
        (document.location, entity.category, word.offset)
        for document in label_file.documents
        for entity in document.entities
        for word in readings[document.location].document.words
        if entity.offset <= word.offset < entity.offset + entity.length
    }
