"""Predictions of labelled examples by models that haven't seen them.

Belongs here: parting examples into folds, training on all but one, predicting that one. Doesn't: what the predictions
are for (``judging`` of projects with hardly a test document, ``reviewing``, ``label_errors``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeVar

from docplatform.documents.document_text import DocumentText
from docplatform.documents.predictions import LabeledExample, Prediction
from docplatform.errors import PermanentError
from docplatform.labels.near_duplicates import groups, near_duplicates
from docplatform.labels.splits import normalized_hash
from docplatform.models.base import Model, Trainer

T = TypeVar("T")

HeldOut = list[Prediction | None]
"""A prediction per example; None where the other folds can't be learned from."""


def held_out_predictions(
    examples: Sequence[LabeledExample], folds: int, trainer: Callable[[], Trainer], *, hurried: bool = False
) -> HeldOut:
    """As ``held_out_answers``, asking for predictions."""
    return held_out_answers(
        examples, folds, trainer, lambda model, documents: model.predict(documents), hurried=hurried
    )


def held_out_answers(
    examples: Sequence[LabeledExample],
    folds: int,
    trainer: Callable[[], Trainer],
    ask: Callable[[Model, Sequence[DocumentText]], Sequence[T]],
    *,
    hurried: bool = False,
) -> list[T | None]:
    """Train on all folds but one and ask about that one, for each.

    Args:
        examples: in any order; near-duplicates are in the same fold.
        folds: how many; of fewer groups of near-duplicates each is a fold.
        trainer: makes the trainer of a fold.
        ask: one answer of a model per document.
        hurried: give the trainer the fold after the one that is predicted to choose its settings on: it needn't
            cross-validate for them then, and learns from fewer examples.

    Raises:
        PermanentError: where no fold's others can be learned from.
    """
    places = deal(examples, folds)
    found: list[T | None] = [None] * len(examples)
    failure: PermanentError | None = None
    trained = 0
    for fold in sorted(set(places)):
        held_out = [index for index, place in enumerate(places) if place == fold]
        apart = {(fold + 1) % folds} if hurried else set()
        choosing = [e for e, place in zip(examples, places, strict=True) if place in apart]
        others = [e for e, place in zip(examples, places, strict=True) if place not in apart | {fold}]
        if not others:
            continue
        try:
            model = trainer().train(others, choosing)
        except PermanentError as error:
            failure = error
            continue
        trained += 1
        for index, answer in zip(held_out, ask(model, [examples[i].document for i in held_out]), strict=True):
            found[index] = answer
    if failure is not None and not trained:
        raise failure
    return found


def deal(examples: Sequence[LabeledExample], folds: int) -> list[int]:
    """The fold of each example: dealt by class and by hash of the text, whatever their order, near-duplicates together.

    So every fold has its share of each class.
    """
    keys = [(",".join(e.categories), normalized_hash(e.text), e.document_id) for e in examples]
    order = sorted(range(len(examples)), key=keys.__getitem__)
    pairs = [(one, other) for one, other, _ in near_duplicates([examples[index].text for index in order])]
    equal: dict[str, list[int]] = {}
    for place, index in enumerate(order):
        equal.setdefault(keys[index][1], []).append(place)
    pairs += [pair for places in equal.values() for pair in pairwise(places)]
    firsts = groups(len(order), pairs)
    numbers = {first: number for number, first in enumerate(dict.fromkeys(firsts))}
    dealt = [0] * len(examples)
    for index, first in zip(order, firsts, strict=True):
        dealt[index] = numbers[first] % folds
    return dealt
