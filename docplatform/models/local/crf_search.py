"""Choosing on held-out examples what a CRF looks at, how it is fitted, how far it leans, what its probabilities mean.

The work is bounded by counts, never by a clock: the same examples must give the same model on a slow machine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from docplatform.documents.predictions import LabeledExample
from docplatform.models.local.bio import ranges_of
from docplatform.models.local.crf import Settings, TokenSequences, fit_crf, lean, open_crf
from docplatform.models.local.examples import deal_folds
from docplatform.models.local.lexicon import LearnedLexicon, forms_of
from docplatform.models.local.span_confidence import SpanConfidence, fit_span_confidence
from docplatform.models.local.tokens import token_texts
from docplatform.models.local.word_features import Looks, WordFeatures

_FOLDS = 3
"""With few documents each is a fold of its own."""
_ENOUGH_VALIDATION = 100
"""A validation split with this many entities is what is held out; with fewer, all examples are cross-validated."""
_ENOUGH_HELD_OUT = 250
"""Once this many entities were held out, further folds are left undone."""
_ENOUGH_TO_LEAN = 50
"""With fewer entities held out, F1 under one lean or another is chance."""
_ENOUGH_DOCUMENTS = 10
"""With fewer documents held out, what is best for them is peculiar to them: nothing leans, and what to look at isn't
tried. On SEC's filings (5 to learn from) cross-validation asked for leaning and for the lexicon without lines; either
cost .02 F1 on the official test."""
_SEARCH_TOKENS = 20_000
"""Tokens the search looks at, of each document alike: beyond, settings change little and every trial costs minutes."""
_SEARCH_ITERATIONS = 50
"""Most optimiser steps in a trial. A model of many more needs to lean less than its trials say."""
_LEAN_STEP = 0.5
_MOST_LEAN = 3.0
_NEARLY = 0.01
"""F1 that is given up for looking at less, and for leaning less."""
_FAR_FROM_ALL = 0.5
"""A text is abstained from whose share of words seen before is under this part of the least among held-out ones."""

_UNTRIED = Looks(lines=True)
"""Where lines are needed, leaving them out costs far more (loan agreements: F1 .71 without, .97 with) than they cost
where they aren't (FIN5: .860 without, .859 with)."""
ADDITIONS = ("lexicon", "lines")
"""Of ``Looks``, the cheaper one first."""
CANDIDATES = (Settings(0.1, 0.1), Settings(0.1, 1.0))
"""Settings that are tried, the one preferred at equal score first."""


class Chosen(NamedTuple):
    """What held-out examples said."""

    looks: Looks
    settings: Settings
    recall_bias: float
    confidence: SpanConfidence
    min_familiarity: float


@dataclass(frozen=True)
class Labelled:
    """Everything there is to train on, in a stable order."""

    examples: Sequence[LabeledExample]
    is_validation: Sequence[bool]
    learned: LearnedLexicon


class Trial(NamedTuple):
    """What to train on, and what to hold out."""

    kept: Sequence[TokenSequences]
    held_out: Sequence[TokenSequences]
    """Seen with a lexicon that doesn't know them."""
    familiarities: Sequence[float]


class Tried(NamedTuple):
    """Settings, the lean that is best under them, the F1 then, and the CRFs of the trials, not leaning."""

    settings: Settings
    recall_bias: float
    score: float
    crfs: Sequence[bytes]


@dataclass(frozen=True)
class Tryout:
    """Tries settings on held-out examples."""

    labelled: Labelled
    looks: Looks
    trials: Sequence[Trial]
    iterations: int
    recall_bias: float | None
    """Given by the project; None: to be found."""
    tried: dict[Settings, Tried] = field(default_factory=dict, repr=False)

    @classmethod
    def looking_at_what_helps(
        cls, labelled: Labelled, settings: Settings, *, max_iterations: int, recall_bias: float | None
    ) -> Tryout:
        """Looking at no more than finds held-out entities better under the settings, one addition after the other.

        With few documents nothing is tried: it looks at lines.
        """
        steps = min(max_iterations, _SEARCH_ITERATIONS)
        if len(labelled.examples) < _ENOUGH_DOCUMENTS:
            return cls(labelled, _UNTRIED, _trials(labelled, _UNTRIED), steps, recall_bias)
        best = cls(labelled, Looks(), _trials(labelled, Looks()), steps, recall_bias)
        for addition in ADDITIONS if best.trials else ():
            looks = best.looks._replace(**{addition: True})
            tryout = cls(labelled, looks, _trials(labelled, looks), steps, recall_bias)
            if tryout.attempt(settings).score > best.attempt(settings).score + _NEARLY:
                best = tryout
        return best

    def attempt(self, settings: Settings) -> Tried:
        """Fit without each held-out part, and lean so that entities are found best."""
        if settings not in self.tried:
            crfs = [fit_crf(trial.kept, settings, self.iterations) for trial in self.trials]
            self.tried[settings] = Tried(settings, *_best_lean(self.trials, crfs, self.recall_bias), crfs)
        return self.tried[settings]

    def choose(self, candidates: Sequence[Settings], max_iterations: int) -> Chosen:
        """The candidate under which held-out entities are found best, the first of equals, and what follows from it.

        Without anything to hold out it is the first, neither leaning (unless the project says so) nor calibrated.
        """
        if not self.trials:
            return Chosen(self.looks, candidates[0], self.recall_bias or 0.0, SpanConfidence(), 0.0)
        settings = max(map(self.attempt, candidates), key=lambda tried: tried.score).settings
        whole = self._with_everything(max_iterations)
        best = whole.attempt(settings)
        confidence = _confidence(whole.trials, [lean(crf, best.recall_bias) for crf in best.crfs])
        least = min((f for trial in whole.trials for f in trial.familiarities), default=0.0)
        return Chosen(self.looks, settings, best.recall_bias, confidence, _FAR_FROM_ALL * least)

    def _with_everything(self, max_iterations: int) -> Tryout:
        """Where there is more than the search looks at: a CRF that learned from little needs to lean further.

        On WNUT17's development split a lean of 2.0 was best for a CRF of 16,000 tokens; one of all 100,000 found .37 at
        1.5, and .31 at 2.0.
        """
        count, share = _search_part(self.labelled.examples)
        if share == _SEARCH_TOKENS or count < _ENOUGH_DOCUMENTS:
            return self
        trials = _trials(self.labelled, self.looks, everything=True)
        return Tryout(self.labelled, self.looks, trials, max_iterations, self.recall_bias)


def _trials(labelled: Labelled, looks: Looks, *, everything: bool = False) -> list[Trial]:
    """What to train on and what to hold out, in turn; only trials with entities on both sides."""
    count, share = (len(labelled.examples), None) if everything else _search_part(labelled.examples)
    examples, is_validation = labelled.examples[:count], labelled.is_validation[:count]
    known = WordFeatures(labelled.learned.lexicon, looks)
    documents = [TokenSequences.of(example, known, share) for example in examples]
    parts: Sequence[bool] | npt.NDArray[np.int64] = is_validation
    held_out_parts: Sequence[int] = [1]
    if _entities([d for d, held in zip(documents, is_validation, strict=True) if held]) < _ENOUGH_VALIDATION:
        folds = _FOLDS if count >= _ENOUGH_DOCUMENTS else count
        parts = deal_folds([e.text for e in examples], [bool(d.entities) for d in documents], folds)
        held_out_parts = range(folds)
    trials: list[Trial] = []
    for number in held_out_parts:
        if count >= _ENOUGH_DOCUMENTS and sum(_entities(t.held_out) for t in trials) >= _ENOUGH_HELD_OUT:
            break
        kept = [d for d, part in zip(documents, parts, strict=True) if part != number]
        held_out = [d for d, part in zip(documents, parts, strict=True) if part == number]
        if _entities(kept) and _entities(held_out):
            unseen = [e for e, part in zip(examples, parts, strict=True) if part == number]
            trials.append(_trial(kept, unseen, labelled.learned, looks, share))
    return trials


def _trial(
    kept: Sequence[TokenSequences],
    unseen: Sequence[LabeledExample],
    learned: LearnedLexicon,
    looks: Looks,
    share: int | None,
) -> Trial:
    forms = [forms_of(example.text) for example in unseen]
    lexicon = learned.lexicon.without(learned.counts, Counter(form for text in forms for form in text))
    known = WordFeatures(lexicon, looks)
    familiarities = [f for f in map(lexicon.familiarity, forms) if f is not None]
    return Trial(kept, [TokenSequences.of(example, known, share) for example in unseen], familiarities)


def _search_part(examples: Sequence[LabeledExample]) -> tuple[int, int]:
    """How many documents the search looks at, and how many tokens of each.

    They are the first ones; their order is that of hashes, so any part is alike. Rather than fewer than enough
    documents it takes the beginning of each: what holds in one doesn't in another.
    """
    total = 0
    for count, example in enumerate(examples):
        total += len(token_texts(example.text))
        if total > _SEARCH_TOKENS:
            count = min(len(examples), max(count, _ENOUGH_DOCUMENTS))
            return count, max(1, _SEARCH_TOKENS // count)
    return len(examples), _SEARCH_TOKENS


def _entities(documents: Sequence[TokenSequences]) -> int:
    return sum(len(document.entities) for document in documents)


def _best_lean(trials: Sequence[Trial], crfs: Sequence[bytes], given: float | None) -> tuple[float, float]:
    """How far to lean, and the F1 then. It climbs from none, and stops after two steps that weren't better.

    Of leans nearly as good the least is taken: with all examples to learn from, less is needed than in the trials.
    """
    scores = {given or 0.0: names_f1(trials, [lean(crf, given or 0.0) for crf in crfs])}
    documents, entities = sum(len(t.held_out) for t in trials), sum(_entities(t.held_out) for t in trials)
    if given is None and documents >= _ENOUGH_DOCUMENTS and entities >= _ENOUGH_TO_LEAN:
        bias = best = 0.0
        while bias < min(_MOST_LEAN, best + 2 * _LEAN_STEP):
            bias += _LEAN_STEP
            scores[bias] = names_f1(trials, [lean(crf, bias) for crf in crfs])
            best = bias if scores[bias] > scores[best] else best
    least = min(bias for bias, score in scores.items() if score >= max(scores.values()) - _NEARLY)
    return least, scores[least]


def names_f1(trials: Sequence[Trial], crfs: Sequence[bytes]) -> float:
    """Exact-span micro F1 of CRFs on documents they weren't trained on; what is named often in a document counts once.

    700 of the 1,169 entities in SEC's training filings are "Borrower": counted each time, settings that find no other
    name look as good as those that do.
    """
    right = total = 0
    for trial, crf in zip(trials, crfs, strict=True):
        tagger = open_crf(crf)
        for document in trial.held_out:
            found, truth = set(), set()
            for features, tags, forms in zip(document.features, document.tags, document.forms, strict=True):
                found |= _names(tagger.tag(features), forms)
                truth |= _names(tags, forms)
            right += len(found & truth)
            total += len(found) + len(truth)
    return 2 * right / total if total else 0.0


def _names(tags: Sequence[str], forms: Sequence[str]) -> set[tuple[str, tuple[str, ...]]]:
    return {(category, tuple(forms[first:last])) for first, last, category in ranges_of(tags)}


def _confidence(trials: Sequence[Trial], crfs: Sequence[bytes]) -> SpanConfidence:
    probabilities: list[float] = []
    right: list[bool] = []
    for trial, crf in zip(trials, crfs, strict=True):
        tagger = open_crf(crf)
        for document in trial.held_out:
            for features, tags in zip(document.features, document.tags, strict=True):
                found, truth = tagger.tag(features), set(ranges_of(tags))
                for span in ranges_of(found):
                    probabilities.append(span_probability(tagger, found, span[0], span[1]))
                    right.append(span in truth)
    return fit_span_confidence(probabilities, right)


def span_probability(tagger: Any, tags: Sequence[str], first: int, last: int) -> float:
    """The least marginal probability among a span's tokens, of the sequence that the tagger tagged last."""
    return min(float(tagger.marginal(tags[i], i)) for i in range(first, last))
