"""Scoring a registered model on labels and documents that the home has never seen. Nothing is written."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from docplatform.documents import media_types
from docplatform.documents.analyze_result import AnalyzeResult
from docplatform.documents.document_text import DocumentText, document_text
from docplatform.documents.predictions import LabeledExample
from docplatform.errors import ConfigurationError, PermanentError
from docplatform.evaluation.metrics import Evaluation, evaluate
from docplatform.inference.champions import load_model
from docplatform.labels.annotations import LabeledText, build_annotations
from docplatform.labels.datasets import build_dataset
from docplatform.labels.findings import LabelReport
from docplatform.labels.label_file import LabelFile
from docplatform.labels.projects import ModelProject, TextSource
from docplatform.labels.readings import Reading
from docplatform.ocr.base import DocumentReader, DocumentSource
from docplatform.registry.base import CHAMPION, ModelRegistry, ModelVersion
from docplatform.text.base import TextPreprocessor


@dataclass(frozen=True, slots=True, kw_only=True)
class UnseenReport:
    """Scores on documents from outside, and what could not be scored."""

    version: ModelVersion
    evaluation: Evaluation
    labels: LabelReport
    """What the label doctor found."""
    missing: tuple[str, ...]
    """Labelled documents that aren't there."""
    refused: Mapping[str, str] = field(default_factory=dict)
    """Location of documents that couldn't be read, or whose labels can't be used, to why."""


@dataclass(frozen=True)
class UnseenScorer:
    """Reads, aligns and scores with the platform's own parts."""

    registry: ModelRegistry
    reader: DocumentReader
    preprocessor: TextPreprocessor

    def score(
        self,
        project: ModelProject,
        label_file: LabelFile,
        find: Callable[[str], bytes | None],
        *,
        version: int | None = None,
    ) -> UnseenReport:
        """Score a version, or the champion, on labelled documents.

        Args:
            project: Whose model.
            label_file: The labels, of the project's kind.
            find: A document's bytes by its location, None where it isn't there.
            version: Default: the champion.

        Raises:
            ConfigurationError: no such version, no champion, or labels of another kind.
            PermanentError: no labelled document could be read.
        """
        wanted = self._version(project, version)
        results, refused = self._read(_sources(label_file, find))
        texts = {
            location: LabeledText(
                location, result.content, _digest(result.content), Reading.of_analyze_result(result.to_json())
            )
            for location, result in results.items()
        }
        build = build_annotations(project, label_file, texts, run_id="", now=datetime.now(UTC))
        inputs = {location: self._text(project, result) for location, result in results.items()}
        dataset = build_dataset(project, build.rows, inputs)
        if not dataset.examples:
            raise PermanentError(
                f"None of the {len(label_file.documents)} labelled documents can be scored: "
                f"{len(build.missing)} aren't there or can't be read, {len(build.report.errors)} labels have errors."
            )
        evaluation = self._evaluate(project, wanted, dataset.examples)
        wrong = dict.fromkeys(build.report.refused, "its labels have errors")
        return UnseenReport(
            version=wanted,
            evaluation=evaluation,
            labels=build.report,
            missing=tuple(location for location in build.missing if location not in refused),
            refused={**dict(dataset.skipped), **wrong, **refused},
        )

    def _evaluate(
        self, project: ModelProject, version: ModelVersion, examples: tuple[LabeledExample, ...]
    ) -> Evaluation:
        model = load_model(project, version.version, self.registry)
        return evaluate(project.kind, examples, model.predict([example.document for example in examples]))

    def _version(self, project: ModelProject, number: int | None) -> ModelVersion:
        if number is None:
            champion = self.registry.aliased(project.name, CHAMPION)
            if champion is None:
                raise ConfigurationError(f"Project {project.name} has no champion: name a version.")
            return champion
        try:
            return self.registry.version(project.name, number)
        except KeyError:
            raise ConfigurationError(f"Project {project.name} has no version {number}.") from None

    def _read(self, sources: Iterable[DocumentSource]) -> tuple[dict[str, AnalyzeResult], dict[str, str]]:
        results, refused = {}, {}
        for outcome in self.reader.read_many(iter(sources)):
            if outcome.result is None:
                refused[outcome.key] = f"{outcome.reason}: {outcome.message}"
            else:
                results[outcome.key] = outcome.result
        return results, refused

    def _text(self, project: ModelProject, result: AnalyzeResult) -> DocumentText:
        if project.text is TextSource.LAYOUT:
            return document_text(result.to_json())
        if project.text is TextSource.CONTENT:
            return project.text.document(result.content)
        text = self.preprocessor.preprocess(result.content)
        return project.text.document(text.cleaned if project.text is TextSource.CLEANED else list(text.lemmas))


def _sources(label_file: LabelFile, find: Callable[[str], bytes | None]) -> Iterator[DocumentSource]:
    for location in dict.fromkeys(document.location for document in label_file.documents):
        data = find(location)
        if data is not None:
            yield DocumentSource(location, data, media_types.sniff(data, location).mime)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
