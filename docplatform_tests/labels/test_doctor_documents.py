"""The label doctor on documents and whole files, and on real projects."""

import json
import re

import pytest

from docplatform.documents.decoding import decode
from docplatform.documents.predictions import TaskKind
from docplatform.labels.azure_language import parse_label_file
from docplatform.labels.doctor import check_labels, repair
from docplatform.labels.findings import FindingCode, Severity
from docplatform.labels.label_file import DocumentLabels, LabeledEntity, LabelFile
from docplatform_tests.labels.builders import (
    TUTORIAL_TEXTS,
    class_file,
    entity_file,
    ner_json,
    shared_project,
    tutorial_json,
)
from docplatform_tests.labels.doctored import spans

SINGLE, MULTI = TaskKind.SINGLE_LABEL_CLASSIFICATION, TaskKind.MULTI_LABEL_CLASSIFICATION


def codes(label_file: LabelFile, texts: dict[str, str | None]) -> list[tuple[FindingCode, Severity, str | None]]:
    return [(f.code, f.severity, f.location) for f in spans(check_labels(label_file, texts))]


@pytest.mark.parametrize(
    ("label_file", "texts", "expected"),
    [
        (class_file(SINGLE, {"a": ("x",)}), {}, (FindingCode.MISSING_DOCUMENT, Severity.WARNING, "a")),
        (class_file(SINGLE, {"a": ("x",)}), {"a": None}, (FindingCode.MISSING_DOCUMENT, Severity.WARNING, "a")),
        (class_file(SINGLE, {"a": ("x",)}), {"a": " \n"}, (FindingCode.EMPTY_DOCUMENT, Severity.WARNING, "a")),
        (class_file(SINGLE, {"a": ()}), {"a": "t"}, (FindingCode.UNLABELED_DOCUMENT, Severity.WARNING, "a")),
        (class_file(SINGLE, {"a": ("x", "y")}), {"a": "t"}, (FindingCode.SEVERAL_CLASSES, Severity.ERROR, "a")),
        (class_file(SINGLE, {"a": ("x", "x")}), {"a": "t"}, (FindingCode.DUPLICATE, Severity.WARNING, "a")),
        (class_file(SINGLE, {"a": ("z",)}), {"a": "t"}, (FindingCode.UNKNOWN_CATEGORY, Severity.ERROR, "a")),
        (class_file(SINGLE, {"a": ("x",)}, ()), {"a": "t"}, (FindingCode.NO_CATEGORIES, Severity.ERROR, None)),
        (class_file(SINGLE, {"a": ("x",)}, ("x", "x")), {"a": "t"}, (FindingCode.DUPLICATE, Severity.WARNING, None)),
        (
            class_file(SINGLE, {"a": ("x",), "b": ("y",)}),
            {"a": "same  text", "b": "same text"},
            (FindingCode.CONTRADICTION, Severity.ERROR, "b"),
        ),
        (entity_file(("a", [])), {"a": "t"}, (FindingCode.UNLABELED_DOCUMENT, Severity.WARNING, "a")),
        (
            entity_file(("a", [LabeledEntity("a ", 0, 1)])),
            {"a": "t"},
            (FindingCode.UNKNOWN_CATEGORY, Severity.ERROR, "a"),
        ),
        (
            entity_file(("a", [LabeledEntity("A", 0, 1)]), ("a", [LabeledEntity("A", 0, 1)])),
            {"a": "t"},
            (FindingCode.DUPLICATE_DOCUMENT, Severity.WARNING, "a"),
        ),
        (
            entity_file(("a", [LabeledEntity("A", 0, 1)]), ("a", [LabeledEntity("B", 0, 1)])),
            {"a": "t"},
            (FindingCode.DUPLICATE_DOCUMENT, Severity.ERROR, "a"),
        ),
    ],
)
def test_what_is_wrong_with_a_document_or_file_is_found(
    label_file: LabelFile, texts: dict[str, str | None], expected: tuple[FindingCode, Severity, str | None]
) -> None:
    assert codes(label_file, texts) == [expected]


def test_a_document_without_a_class_is_an_answer_in_a_multi_label_file() -> None:
    assert codes(class_file(MULTI, {"a": ()}), {"a": "t"}) == []


def test_an_unknown_category_that_is_only_spelled_otherwise_is_recognised() -> None:
    report = check_labels(class_file(SINGLE, {"a": ("X ",)}), {"a": "t"})
    assert "did you mean 'x'?" in report.errors[0].message


def test_a_document_whose_text_isnt_known_is_neither_missing_nor_checked() -> None:
    label_file = entity_file(("a.pdf", [LabeledEntity("A", 900, 9)]))
    report = check_labels(label_file, {}, unread={"a.pdf"})
    assert spans(report) == []
    assert report.checked == 0


@pytest.mark.parametrize(
    ("count", "messages"),
    [
        (
            1,
            [
                "the file has 1 labelled document;",
                "x has 1 labelled document;",
                "y is declared, but no document has it",
            ],
        ),
        (9, ["the file has 9 labelled documents; Azure asks for at least 10", "x has 9", "y is declared"]),
        (49, ["the file has 49 labelled documents; 50 or more give better models.", "y is declared"]),
        (50, ["y is declared"]),
    ],
)
def test_too_few_examples_are_warned_of(count: int, messages: list[str]) -> None:
    names = {f"d{number}": ("x",) for number in range(count)}
    report = check_labels(class_file(SINGLE, names), {name: name for name in names})
    assert report.is_usable
    assert len(report.warnings) == len(messages)
    assert all(finding.message.startswith(start) for finding, start in zip(report.warnings, messages, strict=True))


def test_the_report_is_given_as_text_and_as_data() -> None:
    report = check_labels(parse_label_file(tutorial_json()), TUTORIAL_TEXTS)
    data = json.loads(json.dumps(report.to_dict()))
    assert data["usable"] is False
    assert data["counts"]["text_mismatch"] == 3
    assert data["findings"][-1]["severity"] == "warning"
    first = next(finding for finding in data["findings"] if finding["code"] == "text_mismatch")
    assert first["repair"] == {"offset": 20, "length": 12, "is_certain": True, "removes": False}
    assert report.render(limit=1).splitlines()[2].startswith("… and ")
    assert report.refused == {"incident1.txt", "incident2.txt"}


def test_a_finding_that_holds_no_repair_changes_nothing() -> None:
    label_file = parse_label_file(ner_json([{"location": "a.txt"}]))
    assert repair(label_file, check_labels(label_file, {})) == (label_file, ())


def test_every_label_of_microsofts_loan_agreements_lands_on_its_text() -> None:
    folder = shared_project("custom_ner_loan_agreements")
    label_file = parse_label_file((folder / "loanAgreementsLabels.json").read_bytes())
    texts = {d.location: decode((folder / d.location).read_bytes()).text for d in label_file.documents}
    report = check_labels(label_file, dict(texts))
    assert (report.checked, spans(report)) == (240, [])
    shapes = {"Date": r"\d{1,2}/\d{1,2}/\d{4}", "Interest": r"\d+%", "LoanAmountNumbers": r"\$[\d,]+\.00"}
    shapes |= {"LoanAmountWords": r"[a-z -]+ Dollars", "BorrowerState": r"[A-Z].*[a-z]", "LenderCity": r"[A-Z].*[a-z]"}
    for document in label_file.documents:
        for entity in document.entities:
            found = texts[document.location][entity.offset : entity.offset + entity.length]
            assert re.fullmatch(shapes.get(entity.category, r"\S.*\S"), found), (document.location, entity)


def test_the_same_labels_counted_without_carriage_returns_are_mended_to_the_last_one() -> None:
    folder = shared_project("custom_ner_loan_agreements")
    label_file = parse_label_file((folder / "loanAgreementsLabels.json").read_bytes())
    texts = {d.location: decode((folder / d.location).read_bytes()).text for d in label_file.documents}

    def as_lf(document: DocumentLabels) -> DocumentLabels:
        text = texts[document.location]
        moved = [
            LabeledEntity(e.category, e.offset - text[: e.offset].count("\r"), e.length, text[e.offset :][: e.length])
            for e in document.entities
        ]
        return DocumentLabels(location=document.location, entities=tuple(moved))

    wrong = entity_file(
        *[(d.location, as_lf(d).entities) for d in label_file.documents], categories=label_file.categories
    )
    report = check_labels(wrong, dict(texts))
    assert len(report.refused) == 20
    mended, _ = repair(wrong, report)
    right = [[(e.offset, e.length) for e in d.entities] for d in label_file.documents]
    assert [[(e.offset, e.length) for e in d.entities] for d in mended.documents] == right
