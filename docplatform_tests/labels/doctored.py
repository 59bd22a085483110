"""Label files to examine."""

from docplatform.documents.offsets import StringIndexType
from docplatform.labels.doctor import check_labels
from docplatform.labels.findings import Finding, FindingCode, LabelReport
from docplatform.labels.label_file import LabeledEntity
from docplatform_tests.labels.builders import (
    entity_file,
)

TEXT = "Server web-01 failed, code ERR-503 (gateway) in Zürich.\r\nRestarted web-02.\r\nDone: db-7."


def label(text: str, wanted: str, shift: int = 0, longer: int = 0, declared: bool = True) -> LabeledEntity:
    place = text.encode("utf-16-le").index(wanted.encode("utf-16-le")) // 2
    return LabeledEntity("A", place + shift, len(wanted) + longer, wanted if declared else None)


def spans(report: LabelReport) -> list[Finding]:
    """What is found about single labels and documents, without the advice about numbers of examples."""
    return [f for f in report.findings if f.code not in {FindingCode.FEW_EXAMPLES, FindingCode.UNUSED_CATEGORY}]


def check_one(
    text: str, *entities: LabeledEntity, unit: StringIndexType = StringIndexType.UTF16_CODE_UNIT
) -> list[Finding]:
    return spans(check_labels(entity_file(("a.txt", entities), unit=unit), {"a.txt": text}))
