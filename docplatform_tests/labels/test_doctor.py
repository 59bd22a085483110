"""The label doctor on spans: what is wrong, and its repair."""

from __future__ import annotations

import pytest

from docplatform.documents.offsets import StringIndexType
from docplatform.documents.predictions import TaskKind
from docplatform.labels.azure_language import parse_label_file
from docplatform.labels.doctor import check_labels, repair
from docplatform.labels.findings import FindingCode, Severity
from docplatform.labels.label_file import DocumentLabels, LabeledEntity, LabelFile, LabelRegion
from docplatform_tests.labels.builders import (
    TUTORIAL_TEXTS,
    entity_file,
    tutorial_json,
)
from docplatform_tests.labels.doctored import TEXT, check_one, label, spans


def test_a_tutorials_wrong_offsets_are_refused_each_named_each_with_its_repair() -> None:
    label_file = parse_label_file(tutorial_json())
    report = check_labels(label_file, TUTORIAL_TEXTS)
    assert not report.is_usable
    found = [(f.location, f.category, f.offset, f.length, f.repair) for f in report.errors]
    assert [item[:4] for item in found] == [
        ("incident1.txt", "Server", 18, 12),
        ("incident1.txt", "Code", 48, 5),
        ("incident2.txt", "Server", 7, 5),
    ]
    assert [(r.offset, r.length, r.is_certain) for *_, r in found if r is not None] == [
        (20, 12, True),
        (50, 7, True),
        (7, 6, True),
    ]
    rendered = report.render()
    assert "declares 'payments-api', but there stands '  payments-a'; it stands at 20." in rendered
    assert "the offset is right, the length should be 6" in rendered
    assert "3 errors" in rendered
    repaired, applied = repair(label_file, report)
    assert len(applied) == 3
    assert check_labels(repaired, TUTORIAL_TEXTS).is_usable


@pytest.mark.parametrize("wanted", ["web-01", "ERR-503", "gateway", "Zürich", "web-02", "db-7"])
@pytest.mark.parametrize("declared", [True, False])
def test_a_right_label_has_no_finding(wanted: str, declared: bool) -> None:
    assert check_one(TEXT, label(TEXT, wanted, declared=declared)) == []


@pytest.mark.parametrize("shift", [-7, -1, 1, 3, 40])
@pytest.mark.parametrize("longer", [-1, 0, 2])
def test_a_declared_text_is_found_wherever_it_stands(shift: int, longer: int) -> None:
    (finding,) = check_one(TEXT, label(TEXT, "ERR-503", shift, longer))
    assert finding.severity is Severity.ERROR
    assert finding.repair is not None
    assert (finding.repair.offset, finding.repair.length, finding.repair.is_certain) == (TEXT.index("ERR"), 7, True)


def test_a_text_that_stands_twice_is_repaired_for_certain_only_where_one_place_touches_the_label() -> None:
    text = "web-01 and then, far away, web-01 again"
    (near,) = check_one(text, LabeledEntity("A", 26, 6, "web-01"))
    assert near.repair is not None
    assert (near.repair.offset, near.repair.is_certain) == (27, True)
    (far,) = check_one(text, LabeledEntity("A", 14, 6, "web-01"))
    assert far.repair is not None
    assert not far.repair.is_certain
    assert "(please check)" in far.render()


def test_a_text_in_other_case_is_only_a_suggestion() -> None:
    (finding,) = check_one(TEXT, LabeledEntity("A", 3, 6, "WEB-01"))
    assert finding.repair is not None
    assert (finding.repair.offset, finding.repair.is_certain) == (7, False)


def test_a_text_that_isnt_there_has_no_repair() -> None:
    (finding,) = check_one(TEXT, LabeledEntity("A", 3, 6, "nowhere"))
    assert finding.repair is None
    assert "the text doesn't hold it" in finding.message


@pytest.mark.parametrize("declared", ["failed, code ERR", "Zu\u0308rich", "Zürich. Restarted"])
def test_composition_and_white_space_of_a_declared_text_dont_matter(declared: str) -> None:
    found = declared.replace("u\u0308", "ü").replace(". R", ".\r\nR")
    assert check_one(TEXT, LabeledEntity("A", TEXT.index(found), len(found), declared)) == []


@pytest.mark.parametrize(
    ("entity", "code"),
    [
        (LabeledEntity("A", 80, 50), FindingCode.BEYOND_END),
        (LabeledEntity("A", -3, 5), FindingCode.BEYOND_END),
        (LabeledEntity("A", 80, 50, "db-7"), FindingCode.BEYOND_END),
        (LabeledEntity("A", 5, 0), FindingCode.EMPTY_SPAN),
        (LabeledEntity("A", 5, -2), FindingCode.EMPTY_SPAN),
        (LabeledEntity("A", 6, 1), FindingCode.EMPTY_SPAN),
        (LabeledEntity("A", 5, 0, "db-7"), FindingCode.EMPTY_SPAN),
    ],
)
def test_a_span_that_holds_nothing_is_an_error(entity: LabeledEntity, code: FindingCode) -> None:
    (finding,) = check_one(TEXT, entity)
    assert (finding.code, finding.severity) == (code, Severity.ERROR)
    assert (finding.repair is not None) == (entity.text is not None)


def test_a_span_that_splits_a_character_is_an_error() -> None:
    (finding,) = check_one("ok 😀 ok", LabeledEntity("A", 4, 3))
    assert finding.code is FindingCode.SPLITS_CHARACTER


@pytest.mark.parametrize(
    ("start", "length", "code", "suggested", "is_certain"),
    [
        (8, 6, FindingCode.CUTS_WORD, (7, 6), False),
        (7, 5, FindingCode.CUTS_WORD, (7, 6), False),
        (6, 7, FindingCode.EDGE_CHARACTERS, (7, 6), True),
        (7, 7, FindingCode.EDGE_CHARACTERS, (7, 6), True),
        (14, 7, FindingCode.EDGE_CHARACTERS, (14, 6), False),
        (36, 8, FindingCode.EDGE_CHARACTERS, (36, 7), False),
    ],
)
def test_without_a_declared_text_the_look_of_a_span_only_warns(
    start: int, length: int, code: FindingCode, suggested: tuple[int, int], is_certain: bool
) -> None:
    report = check_labels(entity_file(("a.txt", [LabeledEntity("A", start, length)])), {"a.txt": TEXT})
    (finding,) = spans(report)
    assert finding.code is code
    assert finding.severity is Severity.WARNING
    assert report.is_usable
    assert finding.repair is not None
    if code is FindingCode.EDGE_CHARACTERS:
        assert (finding.repair.offset, finding.repair.length) == suggested
    assert finding.repair.is_certain is is_certain


def test_scripts_without_spaces_between_words_are_never_cut() -> None:
    assert check_one("株式会社東京銀行", LabeledEntity("A", 4, 2)) == []


WIDE = "😀 web-01 and 😀 web-02 and 😀 db-7 and ünder ERR-503 then gateway end"


LINES = "first\r\nweb-01\r\nweb-02 x\r\ndb-7\r\nERR-503 y\r\ngateway\r\n"


NAMES = ("web-01", "web-02", "db-7", "ERR-503", "gateway")


def counted(text: str, seen: str, declared: bool, width: int = 1) -> list[LabeledEntity]:
    """Labels as a tool counts them that sees ``seen`` instead of ``text``."""
    return [LabeledEntity("A", seen.index(n) * width, len(n), n if declared else None) for n in NAMES]


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize(
    ("text", "entities_of", "unit", "message"),
    [
        (LINES, LINES.replace("\r\n", "\n"), StringIndexType.UTF16_CODE_UNIT, "the file has CRLF"),
        (LINES.replace("\r\n", "\n"), LINES, StringIndexType.UTF16_CODE_UNIT, "the file has LF"),
        (WIDE, WIDE, StringIndexType.UTF16_CODE_UNIT, "Unicode code points"),
        (WIDE, WIDE.replace("😀", "xx"), StringIndexType.UNICODE_CODE_POINT, "count UTF-16 code units"),
        (WIDE, WIDE.encode().decode("latin-1"), StringIndexType.UTF16_CODE_UNIT, "UTF-8 bytes"),
        ("x " + WIDE[2:], "\ufeffx " + WIDE[2:], StringIndexType.UNICODE_CODE_POINT, "byte order mark"),
        ("___" + LINES[7:], LINES[7:], StringIndexType.UTF16_CODE_UNIT, "every offset is 3 too small"),
    ],
)
def test_one_way_of_counting_that_explains_all_labels_is_found(
    text: str, entities_of: str, unit: StringIndexType, message: str, declared: bool
) -> None:
    text = text.replace("___", "id ")
    label_file = entity_file(("a.txt", counted(text, entities_of, declared)), unit=unit)
    report = check_labels(label_file, {"a.txt": text})
    (whole,) = [
        finding for finding in report.findings if finding.code is FindingCode.SHIFTED and finding.offset is None
    ]
    assert message in whole.message
    assert not (declared and report.is_usable)
    repairs = {f.entity_index: f.repair for f in report.findings if f.repair is not None}
    assert all(repair.is_certain is declared for repair in repairs.values())
    if declared:
        mended, _ = repair(label_file, report)
        assert spans(check_labels(mended, {"a.txt": text})) == []


def test_a_label_that_lies_outside_its_region_is_warned_of() -> None:
    document = DocumentLabels(location="a.txt", entities=(label(TEXT, "db-7"),), regions=(LabelRegion(0, 20),))
    label_file = LabelFile(
        kind=TaskKind.ENTITY_RECOGNITION, name="", language="en", categories=("A",), documents=(document,)
    )
    (finding,) = spans(check_labels(label_file, {"a.txt": TEXT}))
    assert (finding.code, finding.severity) == (FindingCode.OUTSIDE_REGION, Severity.WARNING)


@pytest.mark.parametrize(
    ("second", "code", "severity"),
    [
        (LabeledEntity("A", 7, 6), FindingCode.DUPLICATE, Severity.WARNING),
        (LabeledEntity("B", 7, 6), FindingCode.CONTRADICTION, Severity.ERROR),
        (LabeledEntity("B", 0, 13), FindingCode.OVERLAP, Severity.ERROR),
        (LabeledEntity("A", 7, 13), FindingCode.OVERLAP, Severity.ERROR),
    ],
)
def test_labels_that_overlap_are_found(second: LabeledEntity, code: FindingCode, severity: Severity) -> None:
    label_file = entity_file(("a.txt", [LabeledEntity("A", 7, 6), second, LabeledEntity("A", 27, 7)]))
    report = check_labels(label_file, {"a.txt": TEXT})
    (finding,) = spans(report)
    assert (finding.code, finding.severity) == (code, severity)
    repaired, applied = repair(label_file, report)
    assert len(repaired.documents[0].entities) == 3 - len(applied)
    assert bool(applied) is (code is FindingCode.DUPLICATE)
    if applied:
        assert "remove this label" in finding.render()
