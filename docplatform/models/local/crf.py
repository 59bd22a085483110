"""Conditional random fields with CRFsuite: what they are fitted on, fitting, and leaning towards finding more."""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from docplatform.documents.predictions import LabeledExample
from docplatform.models.local.bio import OUTSIDE, entity_ranges, tags_of
from docplatform.models.local.token_features import TokenView
from docplatform.models.local.tokens import chunk, tokenize
from docplatform.models.local.word_features import BIAS, WordFeatures

_HEADER = struct.Struct("<4sI4s8I")
"""CRFsuite 0.12's file header (lib/crf/src/crf1d_model.c): magic, size, type, version, numbers of features, labels and
attributes, then the offsets of features, labels, attributes and two reference tables."""
_CHUNK = 12
"""Bytes of a chunk's own header: name, size, count."""
_FEATURE = np.dtype([("type", "<u4"), ("source", "<u4"), ("target", "<u4"), ("weight", "<f8")])
_STATE = 0


@dataclass(frozen=True)
class Settings:
    """How a CRF is fitted."""

    l1: float
    """Penalty on the sum of weights."""
    l2: float
    """Penalty on the sum of their squares."""
    min_frequency: int = 0
    """Features seen less often are left out."""


@dataclass(frozen=True)
class TokenSequences:
    """One labelled text as CRFsuite takes it: features and tags per chunk."""

    features: Sequence[Any]
    """One ``pycrfsuite.ItemSequence`` per chunk."""
    tags: Sequence[Sequence[str]]
    entities: Sequence[tuple[int, int, str]]
    """Ranges of tokens with their categories."""
    forms: Sequence[Sequence[str]] = ()
    """Lower-cased tokens per chunk."""

    @classmethod
    def of(cls, example: LabeledExample, known: WordFeatures, most_tokens: int | None = None) -> TokenSequences:
        """Tokenise, chunk and tag a text, up to the chunk that reaches the most tokens. No entity crosses a chunk."""
        from pycrfsuite import ItemSequence

        tokens = tokenize(example.text)
        entities = entity_ranges(tokens, example.entities)
        chunks = chunk(tokens, [(first, last) for first, last, _ in entities])
        if most_tokens is not None:
            chunks = [(start, end) for start, end in chunks if start < most_tokens]
            entities = [found for found in entities if found[1] <= chunks[-1][1]]
        view, tags = TokenView.of(tokens, known), tags_of(len(tokens), entities)
        features = [ItemSequence(view.features(start, end)) for start, end in chunks]
        forms = [view.forms[start:end] for start, end in chunks]
        return cls(features, [tags[start:end] for start, end in chunks], entities, forms)


def fit_crf(documents: Sequence[TokenSequences], settings: Settings, max_iterations: int) -> bytes:
    """Fit a CRF; the bytes of CRFsuite's model file."""
    from pycrfsuite import Trainer

    trainer = Trainer(algorithm="lbfgs", verbose=False)
    trainer.set_params(
        {
            "c1": settings.l1,
            "c2": settings.l2,
            "max_iterations": max_iterations,
            "feature.minfreq": settings.min_frequency,
            "feature.possible_transitions": True,
        }
    )
    for document in documents:
        for features, tags in zip(document.features, document.tags, strict=True):
            trainer.append(features, tags)
    with tempfile.TemporaryDirectory(prefix="docplatform-crf-") as folder:
        path = Path(folder) / "model"
        trainer.train(str(path))
        return path.read_bytes()


def open_crf(crf: bytes) -> Any:
    """A tagger of a model file's bytes. Raises ``ValueError`` where they aren't one. Not to be shared by threads."""
    from pycrfsuite import Tagger

    tagger = Tagger()
    tagger.open_inmemory(crf)
    return tagger


def lean(crf: bytes, recall_bias: float) -> bytes:
    """The CRF with the odds of every token of being outside an entity divided by e to the ``recall_bias``.

    Few labels, and entities like none seen before, make a CRF answer "outside" too often: its likelihood counts tokens,
    of which nearly all are outside, not entities found. The weight of ``bias``, a feature of every token, is changed in
    the file itself, so that tagging costs nothing more and marginals agree with it. A CRF that gave that feature no
    weight (it never found a use for it) comes back as it is.
    """
    outside = open_crf(crf).labels().index(OUTSIDE)
    header = _HEADER.unpack_from(crf)
    at_features, at_attributes = header[7], header[9]
    name = BIAS.encode() + b"\0"
    record = crf.find(struct.pack("<I", len(name)) + name, at_attributes)
    if record < 0:
        return crf
    (attribute,) = struct.unpack_from("<I", crf, record - 4)
    (count,) = struct.unpack_from("<I", crf, at_features + 8)
    changed = bytearray(crf)
    table = np.frombuffer(changed, dtype=_FEATURE, count=count, offset=at_features + _CHUNK)
    its = (table["type"] == _STATE) & (table["source"] == attribute) & (table["target"] == outside)
    table["weight"][its] -= recall_bias
    return bytes(changed)
