"""A label file with the mistakes of a widely copied tutorial, to show what the label doctor finds.

The tutorial's shape differs from what the service takes (``document`` for ``location``, no ``dataset``, labels beside
each other without regions, the text they claim written with them), and its offsets were counted by hand: one text that
begins at 20 is labelled at 18, one length is one too long. Wording and documents here are our own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

_REPORTS = {
    "incident-001.txt": (
        "At 2:10 PM CET, the billing API began to answer HTTP 504. The fault was traced to prod-app-07, whose disk was "
        "full. The ledger service was slow too. Normal again at 3:05 PM CET.\n"
    ),
    "incident-002.txt": (
        "Search gateway down since 07:45 UTC: every query to edge-03 ends in ERR_QUOTA. Next update in 20 minutes.\n"
    ),
}
_LABELS: dict[str, tuple[tuple[str, str, int, int], ...]] = {
    "incident-001.txt": (
        ("ServiceName", "billing API", 18, 11),
        ("ErrorCode", "HTTP 504", 48, 8),
        ("ServerName", "prod-app-07", 82, 11),
        ("TimeReference", "2:10 PM CET", 3, 12),
        ("ServiceName", "ledger service", 120, 14),
    ),
    "incident-002.txt": (
        ("ServiceName", "Search gateway", 0, 14),
        ("TimeReference", "07:45 UTC", 26, 9),
        ("ServerName", "edge-03", 52, 7),
        ("ErrorCode", "ERR_QUOTA", 68, 9),
    ),
}


@dataclass(frozen=True, slots=True)
class WrongLabel:
    """One wrong label, and where its text really is (UTF-16 code units; here code points are the same)."""

    document: str
    category: str
    text: str
    offset: int
    length: int
    right_offset: int
    right_length: int


@dataclass(frozen=True, slots=True)
class TutorialLabels:
    """The label file, its documents by name, and what is wrong with it."""

    label_file: bytes
    documents: dict[str, bytes]
    wrong: tuple[WrongLabel, ...]


def tutorial_labels() -> TutorialLabels:
    """The label file in the 2022-10-01-preview shape that circulates in tutorials, wrong offsets included."""
    documents = [
        {
            "document": name,
            "language": "en",
            "entities": [
                {"category": category, "offset": offset, "length": length, "text": text}
                for category, text, offset, length in labels
            ],
        }
        for name, labels in _LABELS.items()
    ]
    content = {
        "projectFileVersion": "2022-10-01-preview",
        "stringIndexType": "Utf16CodeUnit",
        "metadata": {
            "projectKind": "CustomEntityRecognition",
            "projectName": "IncidentReports",
            "language": "en",
            "storageInputContainerName": "training-data",
        },
        "assets": {
            "projectKind": "CustomEntityRecognition",
            "entities": [{"category": name} for name in ("ServiceName", "ErrorCode", "ServerName", "TimeReference")],
            "documents": documents,
        },
    }
    return TutorialLabels(
        label_file=json.dumps(content, indent=2).encode() + b"\n",
        documents={name: text.encode() for name, text in _REPORTS.items()},
        wrong=tuple(_wrong()),
    )


def _wrong() -> list[WrongLabel]:
    found = []
    for name, labels in _LABELS.items():
        for category, text, offset, length in labels:
            right = _REPORTS[name].index(text)
            if (offset, length) != (right, len(text)):
                found.append(WrongLabel(name, category, text, offset, length, right, len(text)))
    return found
