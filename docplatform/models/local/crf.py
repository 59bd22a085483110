"""Training conditional random fields with CRFsuite, and choosing their penalties on held-out examples."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from docplatform.documents.predictions import LabeledExample
from docplatform.models.local.bio import entity_ranges, ranges_of, tags_of
from docplatform.models.local.examples import deal_folds
from docplatform.models.local.token_features import TokenView
from docplatform.models.local.tokens import chunk, tokenize

_FOLDS = 3
_ENOUGH_VALIDATION = 100
"""A validation split with this many entities is what is held out; with fewer, all examples are cross-validated."""
_ENOUGH_HELD_OUT = 300
"""Once this many entities were held out, further folds are left undone."""
_SEARCH_TOKENS = 40_000
"""Tokens the search for penalties looks at: beyond, penalties change little and every trial costs minutes."""


@dataclass(frozen=True)
class Penalties:
    """Penalties on the sum of weights (L1) and of their squares (L2)."""

    l1: float
    l2: float


CANDIDATES = (Penalties(0.1, 0.1), Penalties(0.05, 0.01))
"""Penalties that are tried, the one preferred at equal score first."""


@dataclass(frozen=True)
class TokenSequences:
    """One labelled text as CRFsuite takes it: features and tags per chunk."""

    features: Sequence[Any]
    """One ``pycrfsuite.ItemSequence`` per chunk."""
    tags: Sequence[Sequence[str]]
    entities: Sequence[tuple[int, int, str]]
    """Ranges of tokens with their categories."""

    @classmethod
    def of(cls, example: LabeledExample) -> TokenSequences:
        """Tokenise, chunk and tag a text. No entity crosses a chunk."""
        from pycrfsuite import ItemSequence

        tokens = tokenize(example.text)
        entities = entity_ranges(tokens, example.entities)
        chunks = chunk(tokens, [(first, last) for first, last, _ in entities])
        view, tags = TokenView.of(tokens), tags_of(len(tokens), entities)
        features = [ItemSequence(view.features(start, end)) for start, end in chunks]
        return cls(features, [tags[start:end] for start, end in chunks], entities)

    @property
    def token_count(self) -> int:
        """Tokens in all chunks."""
        return sum(len(tags) for tags in self.tags)


def fit_crf(documents: Sequence[TokenSequences], penalties: Penalties, max_iterations: int) -> bytes:
    """Fit a CRF; the bytes of CRFsuite's model file."""
    from pycrfsuite import Trainer

    trainer = Trainer(algorithm="lbfgs", verbose=False)
    trainer.set_params(
        {
            "c1": penalties.l1,
            "c2": penalties.l2,
            "max_iterations": max_iterations,
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


def choose_penalties(
    documents: Sequence[TokenSequences],
    texts: Sequence[str],
    is_validation: Sequence[bool],
    *,
    l1: float | None,
    l2: float | None,
    max_iterations: int,
) -> Penalties:
    """The penalties under which held-out entities are found best. What the project gives isn't tried otherwise."""
    given = [Penalties(c.l1 if l1 is None else l1, c.l2 if l2 is None else l2) for c in CANDIDATES]
    candidates = list(dict.fromkeys(given))
    trials = _trials(documents, texts, is_validation) if len(candidates) > 1 else []
    if not trials:
        return candidates[0]
    scores = [span_f1([(held_out, fit_crf(kept, c, max_iterations)) for kept, held_out in trials]) for c in candidates]
    return candidates[scores.index(max(scores))]


Trial = tuple[Sequence[TokenSequences], Sequence[TokenSequences]]


def _trials(documents: Sequence[TokenSequences], texts: Sequence[str], is_validation: Sequence[bool]) -> list[Trial]:
    """What to train on and what to hold out, in turn; only trials with entities on both sides."""
    used = _first_tokens(documents)
    parts: Sequence[bool] | npt.NDArray[np.int64] = is_validation[: len(used)]
    held_out_parts: Sequence[int] = [1]
    if _entities([d for d, held in zip(used, is_validation, strict=False) if held]) < _ENOUGH_VALIDATION:
        parts = deal_folds(texts[: len(used)], [bool(d.entities) for d in used], _FOLDS)
        held_out_parts = range(_FOLDS)
    trials: list[Trial] = []
    for number in held_out_parts:
        kept = [d for d, part in zip(used, parts, strict=True) if part != number]
        held_out = [d for d, part in zip(used, parts, strict=True) if part == number]
        if _entities(kept) and _entities(held_out) and sum(_entities(h) for _, h in trials) < _ENOUGH_HELD_OUT:
            trials.append((kept, held_out))
    return trials


def _first_tokens(documents: Sequence[TokenSequences]) -> Sequence[TokenSequences]:
    """The first documents, as many as the search may look at; their order is that of hashes, so any part is alike."""
    total = 0
    for count, document in enumerate(documents):
        total += document.token_count
        if total > _SEARCH_TOKENS:
            return documents[: max(count, _FOLDS)]
    return documents


def _entities(documents: Sequence[TokenSequences]) -> int:
    return sum(len(document.entities) for document in documents)


def span_f1(trials: Sequence[tuple[Sequence[TokenSequences], bytes]]) -> float:
    """Exact-span micro F1 of CRFs on documents they weren't trained on."""
    right = total = 0
    for documents, crf in trials:
        tagger = open_crf(crf)
        for document in documents:
            for features, tags in zip(document.features, document.tags, strict=True):
                found, truth = set(ranges_of(tagger.tag(features))), set(ranges_of(tags))
                right += len(found & truth)
                total += len(found) + len(truth)
    return 2 * right / total if total else 0.0
