"""Model projects: which labels train which model, what its champion applies to, and what it must score.

A project is data: ``projects/<name>.yaml`` in the home, with its label file beside it in ``projects/<name>/``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from graphlib import CycleError, TopologicalSorter
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from docplatform.documents.document_text import DocumentText, document_text
from docplatform.documents.predictions import TaskKind
from docplatform.errors import ConfigurationError
from docplatform.storage.base import BlobStore

PROJECT_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


class TextSource(StrEnum):
    """Which text of a document a project trains on and predicts from."""

    CONTENT = "content"
    """The text as read (``ocr_text.content``): what entity offsets count in."""
    CLEANED = "cleaned"
    LEMMAS = "lemmas"
    LAYOUT = "layout"
    """The text as read, with the places of its words (``ocr_text.analyze_result``)."""

    @property
    def table(self) -> str:
        """The table that holds this text."""
        return "ocr_text" if self.is_as_read else "preprocessed_text"

    @property
    def column(self) -> str:
        """The column of ``table`` that holds this text (``document`` makes of it what models see)."""
        return "analyze_result" if self is TextSource.LAYOUT else self.value

    @property
    def is_as_read(self) -> bool:
        """Whether labelled offsets count in it."""
        return self in (TextSource.CONTENT, TextSource.LAYOUT)

    def document(self, value: str | Sequence[str]) -> DocumentText:
        """The column's value as models see it; lists (lemmas) are joined by spaces."""
        if self is TextSource.LAYOUT and isinstance(value, str):
            return document_text(value)
        return DocumentText(value if isinstance(value, str) else " ".join(value))


class GateThresholds(BaseModel):
    """What a candidate must reach on the frozen test split to become champion. Scores in [0, 1]."""

    model_config = ConfigDict(extra="forbid")

    min_f1: float = Field(0.80, ge=0, le=1, description="Least F1 (micro; single-label: macro too is reported).")
    max_regression: float = Field(0.0, ge=0, le=1, description="How far below the champion's F1 it may stay.")
    min_label_f1: dict[str, float] = Field(default_factory=dict, description="Least F1 of single labels.")
    require_significant: bool = Field(
        default=False, description="Promote a challenger only where it is better than the champion beyond chance."
    )
    significance: float = Field(0.05, gt=0, lt=1, description="Largest p-value that counts as beyond chance.")


class Abstention(BaseModel):
    """Which predictions a person has to look at."""

    model_config = ConfigDict(extra="forbid")

    target_precision: float | None = Field(
        None, gt=0, lt=1, description="Precision that unreviewed assertions of each label must have."
    )
    folds: int = Field(4, ge=2, le=10, description="Parts of the training data that are predicted held out for it.")


class EvaluationOptions(BaseModel):
    """What is measured beside the scores."""

    model_config = ConfigDict(extra="forbid")

    learning_curve: bool = Field(
        default=False, description="Tell how many more examples each label needs; costs about three trainings."
    )


class AppliesTo(BaseModel):
    """Which documents the champion predicts. An empty list means all."""

    model_config = ConfigDict(extra="forbid")

    customers: list[str] = Field(default_factory=list)
    extensions: list[str] = Field(default_factory=list)
    document_classes: dict[str, list[str]] = Field(
        default_factory=dict,
        description="Classification project to classes: only documents its champion put in one of them.",
    )

    def includes(self, customer: str, extension: str) -> bool:
        """Whether documents of this customer and type (extension from the content) may be predicted at all."""
        return (not self.customers or customer in self.customers) and (
            not self.extensions or extension in self.extensions
        )


class ModelProject(BaseModel):
    """One custom model: labels in, champion out."""

    model_config = ConfigDict(extra="forbid")

    name: str
    kind: TaskKind
    description: str = ""
    language: str = "en"
    customer: str = Field(description="Whose documents the labels are about.")
    labels: str = Field(description="The label file's path below projects/, e.g. loans/labels.json.")
    applies_to: AppliesTo = Field(default_factory=AppliesTo)
    gate: GateThresholds = Field(default_factory=GateThresholds)
    evaluation: EvaluationOptions = Field(default_factory=EvaluationOptions)
    abstention: Abstention = Field(default_factory=Abstention)
    prebuilt: dict[str, str] = Field(
        default_factory=dict, description="Label to the prebuilt capability that may find it too, for comparison."
    )
    backend: str = "local"
    trainer: dict[str, Any] = Field(default_factory=dict, description="Options of the trainer.")
    text_source: TextSource | None = Field(
        None, description="Default: content for entities, cleaned for classes, layout for fields and document classes."
    )

    @field_validator("name")
    @classmethod
    def _name_is_a_key(cls, value: str) -> str:
        if not PROJECT_NAME.fullmatch(value):
            raise ValueError("must be 1 to 63 of a-z, 0-9, _ and -, beginning with a letter or digit")
        return value

    @property
    def text(self) -> TextSource:
        """The text source in force."""
        if self.text_source is not None:
            return self.text_source
        if self.kind.sees_layout:
            return TextSource.LAYOUT
        return TextSource.CONTENT if self.kind.labels_spans else TextSource.CLEANED


class ProjectStore:
    """The model projects of a home: ``projects/<name>.yaml`` in the blob store."""

    def __init__(self, blob_store: BlobStore, prefix: str = "projects") -> None:
        self._blobs = blob_store
        self._prefix = prefix

    def names(self) -> list[str]:
        """Every project's name, sorted."""
        depth = self._prefix.count("/") + 1
        return sorted(
            info.path.rsplit("/", 1)[-1].removesuffix(".yaml")
            for info in self._blobs.list(self._prefix)
            if info.path.endswith(".yaml") and info.path.count("/") == depth
        )

    def state(self) -> list[tuple[str, int, str]]:
        """Path, size and time of every project's files: differs when any of them was touched."""
        return [(info.path, info.size, info.last_modified.isoformat()) for info in self._blobs.list(self._prefix)]

    def get(self, name: str) -> ModelProject:
        """One project.

        Raises:
            KeyError: no such project.
            ConfigurationError: its YAML is wrong; the message names the file, the field and what it should be.
        """
        path = f"{self._prefix}/{name}.yaml"
        try:
            data = yaml.safe_load(self._blobs.get(path))
        except FileNotFoundError:
            raise KeyError(name) from None
        except yaml.YAMLError as error:
            raise ConfigurationError(f"{path} is not YAML: {error}") from error
        if not isinstance(data, dict):
            raise ConfigurationError(f"{path} must hold a mapping of settings, see docs/projects.md")
        try:
            return ModelProject.model_validate({"name": name, **data})
        except ValidationError as error:
            problems = "; ".join(
                f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False)
            )
            raise ConfigurationError(f"{path}: {problems}. See docs/projects.md.") from error

    def source(self, name: str) -> bytes:
        """A project's YAML, as it stands there. Raises ``KeyError``: no such project."""
        try:
            return self._blobs.get(f"{self._prefix}/{name}.yaml")
        except FileNotFoundError:
            raise KeyError(name) from None

    def load(self) -> tuple[list[ModelProject], list[str]]:
        """Every project that is right, by name, and what is wrong with each other one: one must not stop the rest."""
        projects, problems = [], []
        for name in self.names():
            try:
                projects.append(self.get(name))
            except ConfigurationError as error:
                problems.append(str(error))
        return _with_sound_references(projects, problems), problems

    def save(self, project: ModelProject, label_file: bytes | None = None) -> None:
        """Create or replace a project, and its label file where one is given (written first)."""
        if label_file is not None:
            self._blobs.put(f"{self._prefix}/{project.labels}", label_file)
        data = project.model_dump(mode="json", exclude={"name"}, exclude_defaults=True)
        text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
        self._blobs.put(f"{self._prefix}/{project.name}.yaml", text.encode())

    def save_labels(self, project: ModelProject, label_file: bytes) -> None:
        """Replace a project's label file; its YAML stays as people wrote it."""
        self._blobs.put(f"{self._prefix}/{project.labels}", label_file)

    def studio_link(self, project: ModelProject) -> bytes | None:
        """What ``labels.studio`` keeps about a project; None where it was never in Label Studio."""
        try:
            return self._blobs.get(self._studio_path(project))
        except FileNotFoundError:
            return None

    def save_studio_link(self, project: ModelProject, data: bytes) -> None:
        """Replace what ``labels.studio`` keeps about a project."""
        self._blobs.put(self._studio_path(project), data)

    def _studio_path(self, project: ModelProject) -> str:
        return f"{self._prefix}/{project.name}/label_studio.json"

    def label_file(self, project: ModelProject) -> bytes:
        """The project's label file. Raises ``ConfigurationError`` where it is missing."""
        path = f"{self._prefix}/{project.labels}"
        try:
            return self._blobs.get(path)
        except FileNotFoundError:
            raise ConfigurationError(f"Project {project.name}: its label file {path} does not exist.") from None


def prediction_order(projects: Iterable[ModelProject]) -> list[ModelProject]:
    """The projects, each after those whose classes it needs, else by name. Raises ``graphlib.CycleError``."""
    by_name = {project.name: project for project in sorted(projects, key=lambda project: project.name)}
    needs = {name: sorted(project.applies_to.document_classes) for name, project in by_name.items()}
    return [by_name[name] for name in TopologicalSorter(needs).static_order() if name in by_name]


def _with_sound_references(projects: list[ModelProject], problems: list[str]) -> list[ModelProject]:
    """The projects whose ``document_classes`` name classification projects there are, and don't go in a circle."""
    classifying = {p.name for p in projects if not p.kind.labels_spans}
    sound = []
    for project in projects:
        unknown = sorted(set(project.applies_to.document_classes) - classifying)
        if unknown:
            problems.append(
                f"Project {project.name}: applies_to.document_classes names {', '.join(unknown)}, which is no "
                f"classification project here; there are: {', '.join(sorted(classifying)) or 'none'}."
            )
        else:
            sound.append(project)
    try:
        prediction_order(sound)
    except CycleError as error:
        circle: list[str] = error.args[1]
        problems.append(f"Projects {' -> '.join(circle)} wait for each other's document_classes: break the circle.")
        return [project for project in sound if project.name not in circle]
    return sound
