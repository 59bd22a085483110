"""What a field extractor is trained on, what it can be told of beforehand, and how good it is on what is held out."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from docplatform.documents.line_items import column_of, is_column
from docplatform.documents.predictions import LabeledExample
from docplatform.errors import PermanentError
from docplatform.models.local.bio import tags_of
from docplatform.models.local.crf import TokenSequences, open_crf
from docplatform.models.local.examples import deal_folds
from docplatform.models.local.field_confidence import Scored
from docplatform.models.local.field_crf import LabeledPieces, page_features, pages_of, spans_of, tells_case
from docplatform.models.local.field_spans import Assembly, Value, in_one_word, placed, said
from docplatform.models.local.field_types import FieldType, ValueReader
from docplatform.models.local.form_template import FormTemplate, LaidPage
from docplatform.models.local.layout_view import side_by_side

_FOLDS = 3
_GAP_SLACK = 4
"""Pieces by which a gap between two spans of one value may be wider than any labelled."""
_CUT = 0.02
"""Share of a field's labelled spans that may cut a word, or a segment, for its values still to be taken as whole."""
_JOINED = 0.1
"""Share of labelled documents in which a field's spans must say different things for it to be joined of several."""


@dataclass(frozen=True)
class FieldProblem:
    """Labelled documents in the shapes that training wants, one of each per document."""

    examples: Sequence[LabeledExample]
    labelled: Sequence[LabeledPieces]
    template: FormTemplate | None
    laid: Sequence[LaidPage | None]
    """Each document over the form, told of others' labels only."""
    documents: Sequence[TokenSequences]
    has_case: bool
    """Whether letters of both cases are told apart: not where all examples are in capitals."""
    labels: tuple[str, ...]
    assembly: Assembly
    readers: Mapping[str, ValueReader]

    @classmethod
    def of(cls, examples: Sequence[LabeledExample], *, look_for_form: bool) -> FieldProblem:
        """Of examples in a stable order. Raises ``PermanentError`` where none is labelled."""
        labelled = [LabeledPieces.of(example) for example in examples]
        labels = tuple(sorted({field for document in labelled for *_, field in document.ranges}))
        if not labels:
            raise PermanentError(f"None of the {len(examples)} examples has a field; label some before training.")
        template = (
            FormTemplate.of([d.pieces for d in labelled], [d.ranges for d in labelled]) if look_for_form else None
        )
        laid = [template.laid_over(d.pieces, number) if template else None for number, d in enumerate(labelled)]
        has_case = tells_case(example.text for example in examples)
        documents = [
            TokenSequences(page_features(d.pieces, where, has_case=has_case), _tags(d), d.ranges)
            for d, where in zip(labelled, laid, strict=True)
        ]
        readers = _readers(examples, labels)
        assembly = _assembly(labelled, readers)
        return cls(examples, labelled, template, laid, documents, has_case, labels, assembly, readers)

    @property
    def digest(self) -> str:
        """A name for these examples."""
        told = [(e.text, e.words, sorted((x.category, x.offset, x.length) for x in e.entities)) for e in self.examples]
        return hashlib.sha256(repr(told).encode("utf-8", "surrogatepass")).hexdigest()

    def held_out(self, fit: Callable[[Sequence[TokenSequences]], bytes]) -> list[Scored]:
        """The values found in documents that weren't trained on.

        Args:
            fit: Documents to a CRF.
        """
        folds = deal_folds([e.text for e in self.examples], [bool(d.ranges) for d in self.labelled], _FOLDS)
        scored: list[Scored] = []
        for fold in range(_FOLDS):
            kept = [d for d, f in zip(self.documents, folds, strict=True) if f != fold]
            if not any(d.entities for d in kept) or not (folds == fold).any():
                continue
            crf = fit(kept)
            tagger = open_crf(crf)
            for index in map(int, np.flatnonzero(folds == fold)):
                pieces, laid = self.labelled[index].pieces, self.laid[index]
                found = spans_of(tagger, pieces, self.documents[index].features, self.labels)
                spans = found.spans if laid is None else placed(found.spans, pieces, laid, self.readers)
                scored += [
                    Scored(column_of(value.field), value.score, value.rival, _is_right(value, self.labelled[index]))
                    for value in self.assembly.values(spans, pieces, self.readers, found.faint)
                ]
        return scored

    def f1(self, scored: Sequence[Scored]) -> float:
        """Of values found in held-out documents, against the fields labelled; rows of line items count by column."""
        labelled = sum(len({field for *_, field in document.ranges}) for document in self.labelled)
        return 2 * sum(s.is_right for s in scored) / max(len(scored) + labelled, 1)


def _tags(document: LabeledPieces) -> list[list[str]]:
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


def _assembly(labelled: Sequence[LabeledPieces], readers: Mapping[str, ValueReader]) -> Assembly:
    """Told by labels: what is joined, and fields that hardly ever begin or end within a word, or within a segment.

    Segments count for texts only: where an amount stands alone in the examples, another layout has its name beside it.
    """
    total: Counter[str] = Counter()
    cut: dict[str, Counter[str]] = defaultdict(Counter)
    for document in labelled:
        pieces = document.pieces
        for first, last, field in document.ranges:
            before = pieces[first - 1 : first + 1] if first else ()
            after = pieces[last - 1 : last + 1] if last < len(pieces) else ()
            total[field] += 1
            cut["word"][field] += any(pair and in_one_word(*pair) for pair in (before, after))
            cut["first"][field] += bool(before) and side_by_side(*before)
            cut["last"][field] += bool(after) and side_by_side(*after)
    texts = {field for field in total if readers[field].field_type is FieldType.STRING}
    word, first_, last_ = (
        frozenset(field for field in among if cut[edge][field] <= _CUT * total[field])
        for edge, among in (("word", set(total)), ("first", texts), ("last", texts))
    )
    return Assembly(_joined(labelled), word, first_, last_)


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
