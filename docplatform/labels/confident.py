"""Which labels are likely wrong, told by models that weren't trained on them.

Belongs here: the method, on labels and probabilities as data. Doesn't: training (``training.label_errors``).

Of a label's own probability and that of the likeliest class, Bayes' rule says whether it is more likely wrong than
right. How little probable the given label is tells much more than how sure a model is of another one (the
self-confidence of Northcutt, Jiang and Chuang, 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels"):
among many classes that resemble each other a model is sure of none, and yet rules out most.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_WRONG = 0.05
"""Share of labels taken to be wrong before anything is known of them: one in twenty."""
_ODDS = (1 - _WRONG) / _WRONG
"""Times that another class must be as probable as the given one for the label to be more likely wrong than right."""


@dataclass(frozen=True, slots=True)
class LikelyWrong:
    """A label that is likely wrong."""

    index: int
    """Place of the example."""
    suggested: str
    """What the model says it is."""
    probability: float
    """How sure the model is of that, in [0, 1]."""
    doubt: float
    """How sure it is that the label isn't right: one less the label's own probability."""


def likely_wrong(labels: Sequence[str], probabilities: Sequence[Mapping[str, float] | None]) -> list[LikelyWrong]:
    """The examples whose label is likely wrong, the surest first.

    Args:
        labels: the given label of each example.
        probabilities: of each class, by a model not trained on the example; None where it has no answer. A label that
            the model never learned isn't judged.
    """
    found = []
    for index, (label, told) in enumerate(zip(labels, probabilities, strict=True)):
        if not told or label not in told:
            continue
        best = max(told, key=lambda name: (told[name], name))
        if told[best] >= _ODDS * told[label]:
            found.append(LikelyWrong(index, best, told[best], 1 - told[label]))
    return sorted(found, key=lambda item: (-item.doubt, item.index))
