"""Homes to test on: a real store, ledger and lake in a folder, real ingestion, and a reader that costs nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from docplatform.composition import Platform
from docplatform.documents.analyze_result import AnalyzeResult
from docplatform.documents.elements import Page, Span, Word
from docplatform.documents.predictions import TaskKind
from docplatform.errors import PermanentError, ReasonCode, TransientError
from docplatform.inference.stages import PreprocessingStage, ReadingStage, RoutingStage
from docplatform.ingestion.ingest import ingest
from docplatform.ingestion.publishing import Published, publish_arrivals
from docplatform.labels.projects import ModelProject
from docplatform.lake.incremental import run_stage
from docplatform.ocr.base import DocumentSource, PageCounts, ReadOutcome
from docplatform.settings import AutomationSettings, ReadingSettings, Settings, load_settings


@dataclass
class FakeReader:
    """Reads UTF-8. A text that begins with ``!<reason>`` is refused with that reason, one with ``?`` for now."""

    fingerprint: str = "fake-reader-1"
    read_keys: list[str] = field(default_factory=list)
    closed: int = 0

    def read(self, source: DocumentSource) -> AnalyzeResult:
        self.read_keys.append(source.key)
        content = source.data.decode(errors="replace")
        if content.startswith("!"):
            reason = ReasonCode(content[1:].split()[0])
            raise PermanentError(f"refused as {reason}", reason=reason)
        if content.startswith("?"):
            raise TransientError("try again")
        words, offset = [], 0
        for word in content.split():
            offset = content.index(word, offset)
            words.append(Word(content=word, span=Span(offset=offset, length=len(word)), confidence=1))
            offset += len(word)
        page = Page(page_number=1, words=tuple(words), lines=(), spans=(Span(offset=0, length=len(content)),))
        return AnalyzeResult(model_id="fake-read", content_format="text", content=content, pages=(page,))

    def read_many(self, sources: Iterable[DocumentSource]) -> Iterator[ReadOutcome]:
        for source in sources:
            try:
                yield ReadOutcome(key=source.key, result=self.read(source), seconds=0.5, pages=PageCounts(in_file=1))
            except PermanentError as error:
                yield ReadOutcome(key=source.key, reason=error.reason, message=str(error))
            except TransientError as error:
                reason = ReasonCode.ENGINE_ERROR
                yield ReadOutcome(key=source.key, reason=reason, message=str(error), is_transient=True)

    def cache_paths(self, source: DocumentSource) -> list[str]:
        return []

    def close(self) -> None:
        self.closed += 1


@dataclass(frozen=True)
class Home:
    """A home, its platform, and the steps of the way of the data without Dagster."""

    platform: Platform
    reader: FakeReader

    @classmethod
    def at(cls, path: Path, **settings: Any) -> Home:
        """A home in this folder."""
        platform = Platform(quick_settings(path, **settings))
        reader = FakeReader()
        platform.__dict__["document_reader"] = reader  # where cached_property keeps what it has made
        return cls(platform, reader)

    def copied_to(self, path: Path) -> Home:
        """A home of its own with all that is in this one."""
        self.platform.ledger.close()
        shutil.copytree(self.platform.settings.home_path, path, dirs_exist_ok=True)
        return Home.at(path)

    def drop(self, files: Mapping[str, str | bytes]) -> None:
        """Put files into the landing folder, by ``customer/name``."""
        for name, content in files.items():
            path = self.platform.settings.landing_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def ingest(self) -> None:
        """Take the landing folder's files in, without bringing them into the lake."""
        p = self.platform
        ingest(p.connectors, p.blob_store, p.ledger, p.settings.limits)

    def publish(self, run_id: str = "publish") -> Published:
        """Bring arrivals into the lake."""
        p = self.platform
        return publish_arrivals(p.ledger, p.lake, p.blob_store, p.projects, run_id=run_id)

    def take_in(self, files: Mapping[str, str | bytes]) -> Published:
        """Drop, ingest and publish."""
        self.drop(files)
        self.ingest()
        return self.publish()

    def process(self, run_id: str = "process") -> None:
        """Route, read and preprocess everything pending."""
        p = self.platform
        for stage in (
            RoutingStage(p.ledger, p.blob_store),
            ReadingStage(p.lake, p.blob_store, p.document_reader),
            PreprocessingStage(p.lake, p.text_preprocessor),
        ):
            run_stage(p.lake, stage, p.ledger.lake_partitions(), run_id=run_id)

    def add(self, files: Mapping[str, str | bytes]) -> None:
        """Take files in and process them."""
        self.take_in(files)
        self.process()

    def rows(self, table: str, *columns: str) -> list[dict[str, Any]]:
        """Rows of a table, in order of their document."""
        rows = self.platform.lake.read_rows(table, columns=columns or None)
        return sorted(rows, key=lambda row: str(row.get("document_id", "")))

    def project(self, labels: bytes, name: str = "topics", **settings: Any) -> ModelProject:
        """Save a single-label project over a label file."""
        values = {
            "kind": TaskKind.SINGLE_LABEL_CLASSIFICATION,
            "customer": "acme",
            "labels": f"{name}/labels.json",
            "trainer": {"regularization": 1.0, "char_ngrams": 0},
            **settings,
        }
        project = ModelProject(name=name, **values)
        self.platform.projects.save(project, labels)
        return project


def quick_settings(path: Path, **settings: Any) -> Settings:
    """Settings of a home that reads in-process and takes files in at once."""
    defaults = {"reading": ReadingSettings(workers=0), "automation": AutomationSettings(stable_seconds=0)}
    return load_settings(home=path, **{**defaults, **settings})


_SUBJECTS = {
    "shipping": ("parcel", "courier", "delivery", "warehouse", "tracking number"),
    "billing": ("invoice", "payment", "refund", "bank account", "credit note"),
}


def topic_texts(count: int, start: int = 0) -> dict[str, tuple[str, str]]:
    """Names of text files to their topic, ``shipping`` or ``billing`` by turns, and a text about it."""
    texts = {}
    for number in range(start, start + count):
        topic = ("shipping", "billing")[number % 2]
        words = _SUBJECTS[topic]
        text = (
            f"Letter {number}. We write to you about the {words[number % 5]} of last week. "
            f"Please look at the {words[number // 2 % 5]} and the {words[number // 3 % 5]} again. Case {number * 7919}."
        )
        texts[f"letter-{number:03}.txt"] = (topic, text)
    return texts


def class_labels(classes: Mapping[str, str], name: str = "Topics", **top: Any) -> bytes:
    """A single-label file in Azure Language's format: document to class."""
    content = {
        "projectFileVersion": "2022-05-01",
        "stringIndexType": "Utf16CodeUnit",
        "metadata": {"projectKind": "CustomSingleLabelClassification", "projectName": name, "language": "en-us"},
        "assets": {
            "projectKind": "CustomSingleLabelClassification",
            "classes": [{"category": category} for category in sorted(set(classes.values()))],
            "documents": [
                {"location": location, "language": "en-us", "class": {"category": category}}
                for location, category in classes.items()
            ],
        },
        **top,
    }
    return json.dumps(content).encode()


def topic_labels(texts: Mapping[str, tuple[str, str]]) -> bytes:
    """The label file of ``topic_texts``."""
    return class_labels({name: topic for name, (topic, _) in texts.items()})


def topic_home(path: Path, count: int = 40) -> tuple[Home, ModelProject]:
    """A home with processed letters and a project that labels them."""
    home, texts = Home.at(path), topic_texts(count)
    home.add({f"acme/{name}": text for name, (_, text) in texts.items()})
    return home, home.project(topic_labels(texts))
