"""Field extraction: a conditional random field over words with their places, and the values its spans make up."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docplatform.documents.document_text import DocumentText
from docplatform.documents.line_items import column_of
from docplatform.documents.predictions import Entity, FieldValue, LabeledExample, Prediction, TaskKind
from docplatform.models.local.crf import Settings, TokenSequences, fit_crf, open_crf
from docplatform.models.local.examples import in_stable_order
from docplatform.models.local.familiarity import KnownWords
from docplatform.models.local.field_confidence import FieldConfidence
from docplatform.models.local.field_crf import content_of, page_features, spans_of
from docplatform.models.local.field_spans import Assembly, placed
from docplatform.models.local.field_training import FieldProblem
from docplatform.models.local.field_types import FieldType, ValueReader
from docplatform.models.local.form_template import FormTemplate
from docplatform.models.local.layout_view import pieces_of
from docplatform.models.local.model_folder import corrupt, read_model, write_model
from docplatform.models.local.options import FieldOptions, parse_options
from docplatform.models.local.threads import engine_versions, one_thread
from docplatform.models.search import NOT_KEPT, Real, SearchStore, Values

ENGINE = "layout-crf/2"


@dataclass(frozen=True)
class FieldModel:
    """Finds fields' values. Abstains on a document without a visible character, and on one far from all examples."""

    labels: tuple[str, ...]
    """Fields; a column of line items is ``Items/*/Amount``."""
    crf: bytes
    has_case: bool
    """Whether letters of both cases are told apart."""
    known_words: KnownWords
    template: FormTemplate | None
    assembly: Assembly
    readers: Mapping[str, ValueReader]
    confidence: FieldConfidence
    min_confidence: float

    @property
    def kind(self) -> TaskKind:
        """Field extraction."""
        return TaskKind.FIELD_EXTRACTION

    @one_thread
    def predict(self, documents: Sequence[DocumentText]) -> list[Prediction]:
        """The value of each field found, and the spans it is made of."""
        tagger = open_crf(self.crf)
        far = self.known_words.is_far([document.text for document in documents])
        return [
            Prediction(abstained=True) if is_far else self._predict_one(tagger, document)
            for document, is_far in zip(documents, far, strict=True)
        ]

    def _predict_one(self, tagger: Any, document: DocumentText) -> Prediction:
        pieces = pieces_of(document)
        laid = self.template.laid_over(pieces) if self.template is not None else None
        found = spans_of(tagger, pieces, page_features(pieces, laid, has_case=self.has_case), self.labels)
        spans = found.spans if laid is None else placed(found.spans, pieces, laid, self.readers)
        fields: list[FieldValue] = []
        for value in self.assembly.values(spans, pieces, self.readers, found.faint):
            confidence = self.confidence(column_of(value.field), value.score, value.rival)
            if confidence < self.min_confidence:
                continue
            places = content_of(document, pieces, value.spans)
            content = "\n".join(document.text[offset : offset + length] for offset, length in places)
            reader = self.readers[column_of(value.field)]
            typed = reader.read(content)
            fields.append(FieldValue(value.field, content, places, typed, confidence, reader.field_type))
        entities = [
            Entity(f.name, offset, length, document.text[offset : offset + length], f.confidence_score)
            for f in fields
            for offset, length in f.spans
        ]
        return Prediction(
            entities=tuple(sorted(entities, key=lambda e: (e.offset, e.category))),
            confidence_score=min((f.confidence_score for f in fields), default=0.0),
            fields=tuple(fields),
        )

    def save(self, folder: Path) -> None:
        """Write the model's files into an existing folder."""
        header = {
            "kind": self.kind.value,
            "labels": list(self.labels),
            "has_case": self.has_case,
            "assembly": self.assembly.to_json(),
            "types": {name: [reader.field_type.value, reader.day_first] for name, reader in self.readers.items()},
            "confidence": self.confidence.to_json(),
            "min_confidence": self.min_confidence,
        }
        files = {"fields.crfsuite": self.crf, **self.known_words.to_files()}
        if self.template is not None:
            files["form.json"] = self.template.to_file()
        write_model(folder, ENGINE, header, files)


@dataclass(frozen=True)
class FieldTrainer:
    """Trains ``FieldModel``."""

    options: FieldOptions
    searches: SearchStore = NOT_KEPT

    @classmethod
    def from_options(cls, given: Mapping[str, object], searches: SearchStore = NOT_KEPT) -> FieldTrainer:
        """From a project's options. Raises ``ConfigurationError``."""
        return cls(parse_options(FieldOptions, given), searches)

    @property
    def kind(self) -> TaskKind:
        """Field extraction."""
        return TaskKind.FIELD_EXTRACTION

    @property
    def fingerprint(self) -> str:
        """Engine, library versions and options."""
        return f"local/{ENGINE} {engine_versions('python-crfsuite', 'scikit-learn')} {self.options.model_dump_json()}"

    @one_thread
    def train(self, train: Sequence[LabeledExample], validation: Sequence[LabeledExample]) -> FieldModel:
        """Calibrate on held-out examples, then fit on all, validation included.

        Examples without labels are trained on as such. Of overlapping labels the longest is learned.
        """
        problem = FieldProblem.of(in_stable_order([*train, *validation]), look_for_form=self.options.form_template)
        settings = self._settings(problem)
        return FieldModel(
            labels=problem.labels,
            crf=self._fit(problem.documents, settings),
            has_case=problem.has_case,
            known_words=KnownWords.fit([e.text for e in problem.examples], self.options.least_familiar),
            template=problem.template,
            assembly=problem.assembly,
            readers=problem.readers,
            confidence=FieldConfidence.of(problem.held_out(lambda kept: self._fit(kept, settings))),
            min_confidence=self.options.min_confidence,
        )

    def _fit(self, documents: Sequence[TokenSequences], settings: Settings) -> bytes:
        return fit_crf(documents, settings, self.options.max_iterations)

    def _settings(self, problem: FieldProblem) -> Settings:
        """The project's, or those under which a search found most values right in held-out documents."""
        given = Settings(self.options.l1, self.options.l2)
        if self.options.search is None:
            return given

        def objective(values: Values) -> float:
            settings = Settings(float(values["l1"]), float(values["l2"]))
            return problem.f1(problem.held_out(lambda kept: self._fit(kept, settings)))

        others = self.options.model_copy(update={"search": None}).model_dump_json()
        name = hashlib.sha256(f"{ENGINE} {others} {problem.digest}".encode()).hexdigest()[:32]
        space = {"l1": Real(0.003, 3.0), "l2": Real(0.003, 3.0)}
        first = {"l1": min(max(given.l1, 0.003), 3.0), "l2": min(max(given.l2, 0.003), 3.0)}
        found = self.searches.search(name, space, [first], objective, self.options.search).values
        return Settings(float(found["l1"]), float(found["l2"]))

    def load(self, folder: Path) -> FieldModel:
        """Read back what ``FieldModel.save`` wrote."""
        header, files = read_model(folder, ENGINE)
        try:
            types = header["types"].items()
            model = FieldModel(
                labels=tuple(header["labels"]),
                crf=files["fields.crfsuite"],
                has_case=bool(header["has_case"]),
                known_words=KnownWords.from_files(files),
                template=FormTemplate.from_file(files["form.json"]) if "form.json" in files else None,
                assembly=Assembly.from_json(header["assembly"]),
                readers={name: ValueReader(FieldType(kind), bool(day_first)) for name, (kind, day_first) in types},
                confidence=FieldConfidence.from_json(header["confidence"]),
                min_confidence=float(header["min_confidence"]),
            )
            open_crf(model.crf)
        except (AttributeError, IndexError, KeyError, ValueError, TypeError) as error:
            raise corrupt(folder, f"{type(error).__name__}: {error}") from error
        return model
