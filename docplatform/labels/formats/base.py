"""The port of label formats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from docplatform.documents.predictions import TaskKind
from docplatform.labels.label_file import LabelFile
from docplatform.labels.readings import Reading

LabelFiles = Mapping[str, bytes]
"""Files by their path below the folder that is imported, with ``/``; a single file under its own name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedLabels:
    """What label files say."""

    label_file: LabelFile
    documents: Mapping[str, bytes] = field(default_factory=dict)
    """Documents that the label files themselves hold, by location: texts in a CSV, sentences of a CoNLL file."""
    source: bytes | None = None
    """The label file itself, where a home stores this format as it is (``stored``)."""
    readings: Mapping[str, Reading] = field(default_factory=dict)
    """Location to what the label tool read there, where it comes with the labels."""
    notes: tuple[str, ...] = ()
    """What a person should know: what was left out and why, what had to be guessed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenLabels:
    """Labels in a format."""

    files: Mapping[str, bytes]
    """By path below the folder to export to."""
    notes: tuple[str, ...] = ()
    """Everything that the format couldn't hold."""


class LabelFormat(Protocol):
    """A format of labels, in and out.

    ``parse(write(x))`` gives back what the format can hold of ``x``; what it can't hold is said in ``notes``, and what
    would be wrong without it raises ``LabelFileError``.
    """

    @property
    def name(self) -> str:
        """The name that commands know it by."""
        ...

    @property
    def description(self) -> str:
        """One line: whose format it is, and for which kinds of labels."""
        ...

    def sniff(self, files: LabelFiles) -> bool:
        """Whether these files are of this format. Looks at names and at the beginning of few files only."""
        ...

    def parse(self, files: LabelFiles, kind: TaskKind | None) -> ParsedLabels:
        """Parse the files.

        Args:
            files: label files, documents and whatever else lies there.
            kind: what the labels are for, where the format leaves it open; None: as the files suggest.

        Raises:
            LabelFileError: (a ``ConfigurationError``) naming file and place of what is wrong.
        """
        ...

    def write(self, label_file: LabelFile, readings: Mapping[str, Reading]) -> WrittenLabels:
        """Write the labels.

        Args:
            label_file: the labels.
            readings: location to the document as docplatform read it: formats that hold texts or places need it.

        Raises:
            LabelFileError: where the format has no such labels, or a reading that it needs is missing.
        """
        ...
