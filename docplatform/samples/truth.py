"""The exact truth about a generated corpus, and the manifest file that holds it.

Belongs here: what is known of each file, and reading and writing it as JSON. Doesn't: making files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from docplatform.documents.predictions import Entity
from docplatform.errors import ConfigurationError, ReasonCode


class Kind(StrEnum):
    """What a document is about."""

    INVOICE = "invoice"
    RECEIPT = "receipt"
    LOAN_AGREEMENT = "loan_agreement"
    INCIDENT_REPORT = "incident_report"
    LETTER = "letter"


class ExpectedOutcome(StrEnum):
    """What must become of a file."""

    READ = "read"
    """It is read; an archive is opened, and its members have outcomes of their own."""
    DUPLICATE = "duplicate"
    """The customer already has this content (``duplicate_of``); whichever comes second is the duplicate."""
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What must become of a file; ``reason`` and ``stage`` (a table's name) where it is quarantined."""

    outcome: ExpectedOutcome = ExpectedOutcome.READ
    reason: ReasonCode | None = None
    stage: str | None = None


READ = Expected()
DUPLICATE = Expected(outcome=ExpectedOutcome.DUPLICATE)


def quarantined(reason: ReasonCode, stage: str) -> Expected:
    """Quarantined with ``reason``, having no row in the table ``stage``."""
    return Expected(outcome=ExpectedOutcome.QUARANTINED, reason=reason, stage=stage)


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleFile:
    """All that is known of one file, or of one member of a mail or archive."""

    path: str
    """Below the landing folder, ``customer/…``; for a member its name within its parent."""
    customer: str
    sha256: str
    format: str
    """Extension that goes with the content, whatever the name says; ``bin`` for content of no known type."""
    kind: Kind | None = None
    """None for bad files, mails (their attachments have kinds) and archives."""
    template: str = ""
    """Wording and layout it was made from; for bad files what is wrong with them."""
    held_out: bool = False
    """Whether the template appears in no training document."""
    expected: Expected = READ
    text: str | None = None
    """What the document says, line by line. Exact, line ends included, for ``txt``; the words in reading order for
    the others; for scans what was printed before noise. None where nothing is to be read, or only parts."""
    scanned: bool = False
    """Whether words must be recognised from pixels."""
    fields: dict[str, str] = field(default_factory=dict)
    """Values as printed."""
    pairs: tuple[tuple[str, str], ...] = ()
    """Every label that is printed beside or above its value, with the value. Only for pages (PDF, images)."""
    entities: tuple[Entity, ...] = ()
    """Only for ``txt``: offsets count code points of ``text``."""
    topics: tuple[str, ...] = ()
    """What a letter is about."""
    duplicate_of: str | None = None
    """Path of the file with the same content, for duplicates."""
    members: tuple[SampleFile, ...] = ()
    """What a mail or archive holds, for those that can be opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The truth about one batch of a corpus."""

    seed: int
    batch: str | None
    files: tuple[SampleFile, ...]
    """One for each file in the landing folder, in path order."""
    projects: tuple[str, ...] = ()
    """Model projects that were written with it."""

    def everything(self) -> Iterator[SampleFile]:
        """Every file and every member of one, parents first."""
        pending = list(reversed(self.files))
        while pending:
            file = pending.pop()
            yield file
            pending.extend(reversed(file.members))

    def by_path(self) -> dict[str, SampleFile]:
        """The landing files by path."""
        return {file.path: file for file in self.files}

    def outcomes(self) -> dict[ExpectedOutcome, int]:
        """How many files and members must come to which outcome."""
        counts = Counter(file.expected.outcome for file in self.everything())
        return {outcome: counts[outcome] for outcome in ExpectedOutcome}

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_MANIFEST.dump_json(self, indent=1, exclude_defaults=True) + b"\n")


_MANIFEST = TypeAdapter(Manifest)


def load_manifest(path: Path) -> Manifest:
    """Read what ``Manifest.save`` wrote.

    Raises:
        ConfigurationError: the file is missing or no manifest.
    """
    try:
        return _MANIFEST.validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise ConfigurationError(f"No manifest at {path}; docplatform samples writes one.") from error
    except ValidationError as error:
        raise ConfigurationError(f"{path} is no manifest of a sample corpus: {error}") from error
