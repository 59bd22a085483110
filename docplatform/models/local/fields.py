"""Field extraction: a conditional random field over words with their places, and the values its spans make up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, log
from pathlib import Path
from typing import Any

import numpy as np

from docplatform.documents.document_text import DocumentText
from docplatform.documents.predictions import Entity, FieldValue, LabeledExample, Prediction, TaskKind
from docplatform.errors import PermanentError
from docplatform.models.local.bio import tags_of
from docplatform.models.local.calibration import fit_sigmoid
from docplatform.models.local.crf import Penalties, TokenSequences, fit_crf, open_crf
from docplatform.models.local.examples import deal_folds, in_stable_order
from docplatform.models.local.field_crf import LabeledPieces, content_of, page_features, spans_of
from docplatform.models.local.field_spans import Assembly, Value, column_of, is_column, placed, said
from docplatform.models.local.field_types import FieldType, ValueReader
from docplatform.models.local.form_template import FormTemplate
from docplatform.models.local.layout_view import pieces_of
from docplatform.models.local.model_folder import corrupt, read_model, write_model
from docplatform.models.local.options import FieldOptions, parse_options
from docplatform.models.local.threads import engine_versions, one_thread
from docplatform.models.search import NOT_KEPT, SearchStore

ENGINE = "layout-crf/1"
_FOLDS = 3
_ENOUGH_HELD_OUT = 30
"""Held-out values from which confidence is calibrated on them."""
_UNCALIBRATED = (0.7, -0.2)
"""Scale and shift of the log-odds where it isn't: CRFs trained on few examples are too sure of themselves."""
_GAP_SLACK = 4
"""Pieces by which a gap between two spans of one value may be wider than any labelled."""
_CUT = 0.02
"""Share of a field's labelled spans that may cut a word for its values still to be taken as whole words."""
_JOINED = 0.1
"""Share of labelled documents in which a field's spans must say different things for it to be joined of several."""


@dataclass(frozen=True)
class FieldModel:
    """Finds fields' values. Abstains on a document without a visible character."""

    labels: tuple[str, ...]
    """Fields; a column of line items is ``Items/*/Amount``."""
    crf: bytes
    template: FormTemplate | None
    assembly: Assembly
    readers: Mapping[str, ValueReader]
    calibration: tuple[float, float]
    """Scale and shift of a value's log-odds."""
    min_confidence: float

    @property
    def kind(self) -> TaskKind:
        """Field extraction."""
        return TaskKind.FIELD_EXTRACTION

    @one_thread
    def predict(self, documents: Sequence[DocumentText]) -> list[Prediction]:
        """The value of each field found, and the spans it is made of."""
        tagger = open_crf(self.crf)
        return [self._predict_one(tagger, document) for document in documents]

    def _predict_one(self, tagger: Any, document: DocumentText) -> Prediction:
        pieces = pieces_of(document)
        if not pieces:
            return Prediction(abstained=True)
        laid = self.template.laid_over(pieces) if self.template is not None else None
        spans = spans_of(tagger, pieces, page_features(pieces, laid), self.labels)
        if laid is not None:
            spans = placed(spans, pieces, laid, self.readers)
        fields: list[FieldValue] = []
        for value in self.assembly.values(spans, pieces):
            confidence = _probability(value.score, self.calibration)
            if confidence < self.min_confidence:
                continue
            places = content_of(document, pieces, value.spans)
            content = "\n".join(document.text[offset : offset + length] for offset, length in places)
            typed = self.readers[column_of(value.field)].read(content)
            fields.append(FieldValue(value.field, content, places, typed, confidence))
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
            "whole": sorted(self.assembly.whole),
            "joined": dict(sorted(self.assembly.joined.items())),
            "types": {name: [reader.field_type.value, reader.day_first] for name, reader in self.readers.items()},
            "calibration": list(self.calibration),
            "min_confidence": self.min_confidence,
        }
        files = {"fields.crfsuite": self.crf}
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
        return f"local/{ENGINE} {engine_versions('python-crfsuite')} {self.options.model_dump_json()}"

    @one_thread
    def train(self, train: Sequence[LabeledExample], validation: Sequence[LabeledExample]) -> FieldModel:
        """Calibrate on held-out examples, then fit on all, validation included.

        Examples without labels are trained on as such. Of overlapping labels the longest is learned.
        """
        examples = in_stable_order([*train, *validation])
        labelled = [LabeledPieces.of(example) for example in examples]
        labels = tuple(sorted({field for document in labelled for *_, field in document.ranges}))
        if not labels:
            raise PermanentError(f"None of the {len(examples)} examples has a field; label some before training.")
        template = self._template(labelled)
        laid = [template.laid_over(d.pieces, number) if template else None for number, d in enumerate(labelled)]
        documents = [
            TokenSequences(page_features(d.pieces, where), _tags(d), d.ranges)
            for d, where in zip(labelled, laid, strict=True)
        ]
        assembly, readers = Assembly(_joined(labelled), _whole(labelled)), _readers(examples, labels)
        scored = self._held_out(documents, labelled, [e.text for e in examples], labels, assembly)
        return FieldModel(
            labels=labels,
            crf=self._fit(documents),
            template=template,
            assembly=assembly,
            readers=readers,
            calibration=_calibration(scored),
            min_confidence=self.options.min_confidence,
        )

    def _template(self, labelled: Sequence[LabeledPieces]) -> FormTemplate | None:
        if not self.options.form_template:
            return None
        return FormTemplate.of([d.pieces for d in labelled], [d.ranges for d in labelled])

    def _fit(self, documents: Sequence[TokenSequences]) -> bytes:
        return fit_crf(documents, Penalties(self.options.l1, self.options.l2), self.options.max_iterations)

    def _held_out(
        self,
        documents: Sequence[TokenSequences],
        labelled: Sequence[LabeledPieces],
        texts: Sequence[str],
        labels: Sequence[str],
        assembly: Assembly,
    ) -> list[tuple[float, bool]]:
        """Score and rightness of the values found in documents that weren't trained on."""
        folds = deal_folds(texts, [bool(d.ranges) for d in labelled], _FOLDS)
        scored: list[tuple[float, bool]] = []
        for fold in range(_FOLDS):
            kept = [d for d, f in zip(documents, folds, strict=True) if f != fold]
            if not any(d.entities for d in kept) or not (folds == fold).any():
                continue
            crf = self._fit(kept)
            tagger = open_crf(crf)
            for index in map(int, np.flatnonzero(folds == fold)):
                pieces, truth = labelled[index].pieces, labelled[index]
                spans = spans_of(tagger, pieces, documents[index].features, labels)
                scored += [(v.score, _is_right(v, truth)) for v in assembly.values(spans, pieces)]
        return scored

    def load(self, folder: Path) -> FieldModel:
        """Read back what ``FieldModel.save`` wrote."""
        header, files = read_model(folder, ENGINE)
        try:
            types = header["types"].items()
            model = FieldModel(
                labels=tuple(header["labels"]),
                crf=files["fields.crfsuite"],
                template=FormTemplate.from_file(files["form.json"]) if "form.json" in files else None,
                assembly=Assembly(
                    {str(field): int(gap) for field, gap in header["joined"].items()}, frozenset(header["whole"])
                ),
                readers={name: ValueReader(FieldType(kind), bool(day_first)) for name, (kind, day_first) in types},
                calibration=(float(header["calibration"][0]), float(header["calibration"][1])),
                min_confidence=float(header["min_confidence"]),
            )
            open_crf(model.crf)
        except (AttributeError, IndexError, KeyError, ValueError, TypeError) as error:
            raise corrupt(folder, f"{type(error).__name__}: {error}") from error
        return model


def _tags(document: LabeledPieces) -> list[list[str]]:
    from docplatform.models.local.field_crf import pages_of

    tags = tags_of(len(document.pieces), document.ranges)
    return [tags[page.start : page.stop] for page in pages_of(document.pieces)]


def _joined(labelled: Sequence[LabeledPieces]) -> dict[str, int]:
    """Fields whose spans within a document say different things, with the widest gap between two of their spans.

    Those are lines of one value, not one value in two places.
    """
    documents: dict[str, int] = defaultdict(int)
    gaps: dict[str, list[int]] = defaultdict(list)
    for document in labelled:
        spans: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for first, last, field in document.ranges:
            spans[field].append((first, last))
        for field, found in spans.items():
            documents[field] += 1
            sayings = {"".join(p.text.casefold() for p in document.pieces[a:b]) for a, b in found}
            if len(sayings) > 1 and not is_column(field):
                gaps[field].append(max(b - a for (_, a), (b, _) in pairwise(found)))
    return {f: max(widest) + _GAP_SLACK for f, widest in gaps.items() if len(widest) > _JOINED * documents[f]}


def _whole(labelled: Sequence[LabeledPieces]) -> frozenset[str]:
    """Fields that hardly ever begin or end within a word."""
    total: dict[str, int] = defaultdict(int)
    cut: dict[str, int] = defaultdict(int)
    for document in labelled:
        pieces = document.pieces
        for first, last, field in document.ranges:
            before = first > 0 and pieces[first - 1].end == pieces[first].start
            after = last < len(pieces) and pieces[last - 1].end == pieces[last].start
            total[field] += 1
            cut[field] += before or after
    return frozenset(field for field, count in total.items() if cut[field] <= _CUT * count)


def _readers(examples: Sequence[LabeledExample], labels: Sequence[str]) -> dict[str, ValueReader]:
    contents: dict[str, list[str]] = defaultdict(list)
    for example in examples:
        texts: dict[str, dict[str, None]] = defaultdict(dict)
        for entity in example.entities:
            texts[entity.category][entity.text] = None
        for category, said_of_it in texts.items():
            contents[column_of(category)].append("\n".join(said_of_it))
    return {label: ValueReader.of(contents[label]) for label in labels}


def _is_right(value: Value, truth: LabeledPieces) -> bool:
    """Whether a value says what is labelled: all spans together, or any one of the labelled places."""
    field = column_of(value.field)
    found = "".join(said(truth.pieces, span) for span in value.spans)
    spans = [
        said(truth.pieces, span._replace(first=a, last=b))
        for span in value.spans[:1]
        for a, b, f in truth.ranges
        if f == field
    ]
    return found in spans or found == "".join(spans)


def _calibration(scored: Sequence[tuple[float, bool]]) -> tuple[float, float]:
    if len(scored) < _ENOUGH_HELD_OUT:
        return _UNCALIBRATED
    odds = np.array([_log_odds(score) for score, _ in scored])
    return fit_sigmoid(odds, np.array([right for _, right in scored]))


def _log_odds(probability: float) -> float:
    clipped = min(max(probability, 1e-4), 1 - 1e-4)
    return log(clipped / (1 - clipped))


def _probability(score: float, calibration: tuple[float, float]) -> float:
    scale, shift = calibration
    return 1 / (1 + exp(-(scale * _log_odds(score) + shift)))
