from collections.abc import Callable
from pathlib import Path

import pytest

from docplatform.documents.predictions import TaskKind
from docplatform.errors import ConfigurationError
from docplatform.labels.importing import ImportPlan, plan_import, slugify
from docplatform.labels.projects import AppliesTo, GateThresholds, ModelProject
from docplatform_tests.labels.builders import TUTORIAL_TEXTS, ner_json, project, shared_project, tutorial_json

ENTITY = {"category": "Server", "offset": 0, "length": 3, "text": "web"}
LABELS = ner_json([{"location": name, "entities": [ENTITY]} for name in ("a.txt", "b.txt")])


def reading(**contents: bytes) -> Callable[[str], bytes | None]:
    return lambda location: contents.get(location.removesuffix(".txt"))


def plan(
    data: bytes = LABELS, existing: ModelProject | None = None, name: str | None = None, **contents: bytes
) -> ImportPlan:
    return plan_import(data, customer="acme", name=name, read_document=reading(**contents), existing=lambda _: existing)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("LoanAgreement", "loan-agreement"),
        ("WebOfScience", "web-of-science"),
        ("Movies", "movies"),
        ("  Règlement n° 4 / übrig ", "reglement-n-4-ubrig"),
        ("snake_case", "snake_case"),
        ("漢字", ""),
        ("x" * 80, "x" * 63),
    ],
)
def test_a_projects_name_is_made_from_any_name(name: str, slug: str) -> None:
    assert slugify(name) == slug


def test_a_new_project_is_planned_for_its_customer_alone() -> None:
    made = plan(a=b"web-01 is down", b=b"web")
    assert made.project == ModelProject(
        name="incidents",
        kind=TaskKind.ENTITY_RECOGNITION,
        language="en",
        customer="acme",
        labels="incidents/labels.json",
        applies_to=AppliesTo(customers=["acme"]),
    )
    assert made.is_usable
    assert not made.is_update
    assert (made.data, made.missing) == (LABELS, ())


def test_an_update_keeps_what_a_person_has_set() -> None:
    mine = project(
        name="incidents",
        gate=GateThresholds(min_f1=0.9),
        applies_to=AppliesTo(extensions=["txt"]),
        trainer={"features": "small"},
        description="mine",
        language="de",
        labels="elsewhere/mine.json",
    )
    made = plan(existing=mine, a=b"web")
    assert made.project == mine
    assert made.is_update


@pytest.mark.parametrize(
    ("existing", "message"),
    [
        (project(TaskKind.MULTI_LABEL_CLASSIFICATION), "kind multi_label_classification.*under another name"),
        (project(customer="beta"), "customer beta.*under another name"),
    ],
)
def test_a_project_of_another_kind_or_customer_is_never_taken_over(existing: ModelProject, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        plan(existing=existing)


def test_documents_that_are_missing_are_named_and_may_come_later() -> None:
    made = plan(a=b"web")
    assert made.missing == ("b.txt",)
    assert made.is_usable


def test_the_tutorials_labels_are_refused() -> None:
    contents = {name: text.encode() for name, text in TUTORIAL_TEXTS.items() if text is not None}
    made = plan_import(tutorial_json(), customer="acme", read_document=contents.get)
    assert not made.is_usable
    assert len(made.report.errors) == 3


def test_documents_that_arent_plain_text_are_checked_when_they_have_been_read() -> None:
    made = plan(a=b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n", b=b"web")
    assert made.is_usable
    assert made.missing == ()
    assert made.report.checked == 1


def test_an_empty_document_is_there_but_holds_no_label() -> None:
    made = plan(a=b"", b=b"web")
    assert made.missing == ()
    assert {finding.location for finding in made.report.errors} == {"a.txt"}


def test_a_name_is_asked_for_where_the_file_has_none() -> None:
    unnamed = ner_json([], metadata={"projectKind": "CustomEntityRecognition"})
    with pytest.raises(ConfigurationError, match="give a name"):
        plan(unnamed)
    assert plan(unnamed, name="mine").project.labels == "mine/labels.json"


def test_a_name_that_cant_be_a_key_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="'My Project' can't be made"):
        plan(name="My Project")


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("custom_ner_loan_agreements", "loan-agreement"),
        ("custom_single_label_web_of_science", "web-of-science"),
        ("custom_multi_label_movies", "movies"),
    ],
)
def test_microsofts_samples_can_be_imported(folder: str, name: str) -> None:
    path = shared_project(folder)
    (labels,) = path.glob("*.json")

    def read(location: str) -> bytes | None:
        file = Path(path / location)
        return file.read_bytes() if file.exists() else None

    made = plan_import(labels.read_bytes(), customer="acme", read_document=read)
    assert made.project.name == name
    assert made.is_usable
    assert made.missing == ()


def test_documents_that_turn_out_to_be_no_text_are_left_to_the_reader() -> None:
    made = plan(a=bytes(range(128, 256)) * 4 + b"\0", b=b"web")
    assert made.is_usable
    assert made.missing == ()
