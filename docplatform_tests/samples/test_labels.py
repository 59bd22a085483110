"""Label files point at exactly the text they mean."""

from __future__ import annotations

import json
from typing import Any

import pytest

from docplatform.documents.predictions import TaskKind
from docplatform.samples.labelling import utf16_length
from docplatform.samples.loans import write_loan
from docplatform.samples.options import SampleOptions
from docplatform.samples.render import render
from docplatform.samples.tutorial_labels import WrongLabel, tutorial_labels
from docplatform_tests.samples.conftest import Corpus, seeded

ENTITY_PROJECTS = ("incident-entities", "loan-terms")


def _documents(corpus: Corpus, name: str) -> list[dict[str, Any]]:
    project = corpus.projects.get(name)
    content = json.loads(corpus.projects.label_file(project))
    assert content["projectFileVersion"] == "2022-05-01"
    assert content["stringIndexType"] == "Utf16CodeUnit"
    documents: list[dict[str, Any]] = content["assets"]["documents"]
    return documents


@pytest.mark.parametrize("name", ENTITY_PROJECTS)
def test_every_label_lands_on_its_entity_in_utf16_units_of_the_file_as_written(name: str, corpus: Corpus) -> None:
    customer, files = corpus.projects.get(name).customer, corpus.manifest.by_path()
    checked = 0
    for document in _documents(corpus, name):
        file = files[f"{customer}/{document['location']}"]
        units = corpus.data(file).decode("utf-8").encode("utf-16-le")
        (region,) = document["entities"]
        assert region["regionLength"] * 2 == len(units)
        slices = [
            units[label["offset"] * 2 : (label["offset"] + label["length"]) * 2].decode("utf-16-le")
            for label in region["labels"]
        ]
        assert slices == [entity.text for entity in file.entities]
        assert [label["category"] for label in region["labels"]] == [entity.category for entity in file.entities]
        checked += len(slices)
    assert checked > 40


def test_truth_offsets_count_code_points_of_the_text(corpus: Corpus) -> None:
    for file in corpus.manifest.everything():
        for entity in file.entities:
            assert (file.text or "")[entity.offset : entity.offset + entity.length] == entity.text


def test_some_labels_need_utf16_and_some_need_the_carriage_returns(corpus: Corpus) -> None:
    labelled = [
        (corpus.manifest.by_path()[f"{corpus.projects.get(name).customer}/{document['location']}"], document)
        for name in ENTITY_PROJECTS
        for document in _documents(corpus, name)
    ]

    shifted = [
        file
        for file, document in labelled
        if [label["offset"] for label in document["entities"][0]["labels"]] != [one.offset for one in file.entities]
    ]
    assert shifted
    assert [file for file, _ in labelled if "\r\n" in (file.text or "")]


def test_wrapped_files_break_lines_right_within_entities() -> None:
    options = SampleOptions()
    texts = [
        entity.text
        for seed in range(40)
        for entity in render(write_loan(seeded(seed), False, options), "azure_txt", seeded(seed), options).entities
    ]

    assert [text for text in texts if "\n" in text]


@pytest.mark.parametrize(
    ("name", "kind", "classes"),
    [
        ("document-type", TaskKind.SINGLE_LABEL_CLASSIFICATION, 5),
        ("letter-topics", TaskKind.MULTI_LABEL_CLASSIFICATION, 6),
        ("incident-entities", TaskKind.ENTITY_RECOGNITION, 4),
        ("loan-terms", TaskKind.ENTITY_RECOGNITION, 6),
    ],
)
def test_projects_train_and_test_on_different_templates(
    name: str, kind: TaskKind, classes: int, corpus: Corpus
) -> None:
    project, files = corpus.projects.get(name), corpus.manifest.by_path()
    content = json.loads(corpus.projects.label_file(project))
    declared = content["assets"]["entities" if kind is TaskKind.ENTITY_RECOGNITION else "classes"]

    assert project.kind is kind
    assert len(declared) == classes
    templates: dict[str, set[str]] = {"Train": set(), "Test": set()}
    for document in _documents(corpus, name):
        templates[document["dataset"]].add(files[f"{project.customer}/{document['location']}"].template)
    assert all(templates.values())
    assert templates["Train"].isdisjoint(templates["Test"])


def test_class_labels_are_the_truth(corpus: Corpus) -> None:
    files = corpus.manifest.by_path()
    for document in _documents(corpus, "document-type"):
        assert document["class"]["category"] == files[f"acme/{document['location']}"].kind
    for document in _documents(corpus, "letter-topics"):
        topics = [label["category"] for label in document["classes"]]
        assert topics == list(files[f"acme/{document['location']}"].topics)


def test_documents_of_all_formats_are_labelled_with_their_type(corpus: Corpus) -> None:
    endings = {document["location"].rpartition(".")[2] for document in _documents(corpus, "document-type")}

    assert {"pdf", "jpg", "txt"} <= endings


def test_labelled_documents_have_no_copies(corpus: Corpus) -> None:
    labelled = {
        f"{corpus.projects.get(name).customer}/{document['location']}"
        for name in corpus.projects.names()
        for document in _documents(corpus, name)
    }

    assert labelled.isdisjoint(file.duplicate_of for file in corpus.manifest.files)


@pytest.mark.parametrize(("text", "units"), [("", 0), ("abc", 3), ("é", 1), ("🔥", 2), ("a🚨b", 4)])
def test_text_is_measured_in_utf16_units(text: str, units: int) -> None:
    assert utf16_length(text) == units


def test_the_tutorial_labels_are_wrong_in_the_two_ways_that_circulate() -> None:
    tutorial = tutorial_labels()

    assert tutorial.wrong == (
        WrongLabel("incident-001.txt", "ServiceName", "billing API", 18, 11, 20, 11),
        WrongLabel("incident-001.txt", "TimeReference", "2:10 PM CET", 3, 12, 3, 11),
    )


def test_the_tutorial_labels_have_the_tutorials_shape_and_are_right_elsewhere() -> None:
    tutorial = tutorial_labels()
    content = json.loads(tutorial.label_file)
    wrong = {(one.document, one.text) for one in tutorial.wrong}

    assert content["projectFileVersion"] == "2022-10-01-preview"
    for document in content["assets"]["documents"]:
        text = tutorial.documents[document["document"]].decode()
        for label in document["entities"]:
            right = text[label["offset"] : label["offset"] + label["length"]] == label["text"]
            assert right is ((document["document"], label["text"]) not in wrong)
