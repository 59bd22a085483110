"""What the hyperparameter search of text classification looks through, single- and multi-label alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from docplatform.documents.predictions import LabeledExample
from docplatform.models.local.examples import examples_digest, text_digest
from docplatform.models.local.options import ClassificationOptions
from docplatform.models.search import Real, SearchStore, Space, Value, Values, Whole

_FEATURES: Space = {"word_ngrams": Whole(1, 3), "char_ngrams": Whole(3, 6), "char_weight": Real(0.5, 4)}


def search_name(
    engine: str, options: ClassificationOptions, train: Sequence[LabeledExample], validation: Sequence[LabeledExample]
) -> str:
    """All that a trial's score depends on; not the budget: a larger one goes on with a smaller one's trials."""
    others = options.model_copy(update={"search": None}).told
    return text_digest(f"{engine} {others} {examples_digest(train, validation)}")[:32]


def searched(
    options: ClassificationOptions,
    searches: SearchStore,
    name: str,
    regularizations: Sequence[float],
    score: Callable[[ClassificationOptions], float],
) -> ClassificationOptions:
    """The options with what a search found in them; what the project gives isn't searched for.

    Args:
        options: Of the project. Without ``search`` they come back as they are.
        searches: Where the search is kept.
        name: Of this search.
        regularizations: Values of C that are tried without a search: each is tried first, and up to ten times less
            and more.
        score: Of options that have a value of C, on what is held out.
    """
    whole: Space = {"regularization": Real(min(regularizations) / 10, max(regularizations) * 10), **_FEATURES}
    space = {key: domain for key, domain in whole.items() if key not in options.model_fields_set}
    if options.search is None or not space:
        return options
    first = [_start(options, space, c) for c in (regularizations if "regularization" in space else regularizations[:1])]

    def objective(values: Values) -> float:
        return score(options.model_copy(update=dict(values)))

    return options.model_copy(update=dict(searches.search(name, space, first, objective, options.search).values))


def _start(options: ClassificationOptions, space: Space, regularization: float) -> Values:
    values: dict[str, Value] = {"regularization": regularization, **{key: getattr(options, key) for key in _FEATURES}}
    return {key: value for key, value in values.items() if key in space}
