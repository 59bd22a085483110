"""Labelled examples made ready to train on: in an order of their own, checked, and dealt into folds."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence

import numpy as np
import numpy.typing as npt

from docplatform.documents.predictions import LabeledExample
from docplatform.errors import PermanentError

ALWAYS_TRAIN = -1
"""The fold of examples that are never held out: the only ones of their class."""


def in_stable_order(examples: Sequence[LabeledExample]) -> list[LabeledExample]:
    """The same examples in any order come out in one order, that of their texts' hashes.

    An order by name or time would put alike documents side by side; hashes shuffle them.
    """
    return sorted(examples, key=lambda e: (text_digest(e.text), e.document_id, e.categories, _spans(e)))


def examples_digest(train: Sequence[LabeledExample], validation: Sequence[LabeledExample]) -> str:
    """A hash of texts, labels and splits, whatever their order: the name of a search over them."""
    digest = hashlib.sha256()
    for split in (train, validation):
        for example in in_stable_order(split):
            told = (text_digest(example.text), sorted(example.categories), _spans(example), example.parts)
            digest.update(repr(told).encode("utf-8", "surrogatepass"))
        digest.update(b"|")
    return digest.hexdigest()


def single_classes(examples: Sequence[LabeledExample]) -> tuple[list[LabeledExample], list[str]]:
    """The examples that have a class, in a stable order, and their classes.

    Raises:
        PermanentError: where a document has several classes, or there are fewer than two classes.
    """
    labelled = [e for e in in_stable_order(examples) if e.categories]
    for example in labelled:
        if len(set(example.categories)) > 1:
            names = ", ".join(sorted(set(example.categories)))
            raise PermanentError(
                f"Document {example.document_id} has {len(set(example.categories))} classes ({names}); a single-label "
                "project takes one. Repair the labels or make it a multi-label project."
            )
    classes = [e.categories[0] for e in labelled]
    if len(set(classes)) < 2:
        raise PermanentError(
            f"Nothing to tell apart: {len(labelled)} labelled examples of {_named(classes)}. "
            "Label documents of at least two classes."
        )
    return labelled, classes


def label_matrix(
    examples: Sequence[LabeledExample],
) -> tuple[list[LabeledExample], tuple[str, ...], npt.NDArray[np.bool_]]:
    """Every example in a stable order, the classes that can be learned, and who has which.

    A class that every example has can't be learned and isn't among them; one without classes counts as having none.

    Raises:
        PermanentError: where no class is left to learn.
    """
    ordered = in_stable_order(examples)
    counts = Counter(category for e in ordered for category in set(e.categories))
    learnable = tuple(sorted(name for name, count in counts.items() if count < len(ordered)))
    if not learnable:
        raise PermanentError(
            f"Nothing to tell apart: {len(ordered)} examples, {_named(list(counts))}, and none that some have and "
            "others haven't. Label more documents, with different classes."
        )
    has = np.array([[name in e.categories for name in learnable] for e in ordered], dtype=np.bool_)
    return ordered, learnable, has


def deal_folds(texts: Sequence[str], strata: Sequence[Hashable], count: int) -> npt.NDArray[np.int64]:
    """The fold of each example: spread evenly within each stratum, the same text always in one fold.

    Deterministic for the same examples whatever their order. A stratum with one text only is ``ALWAYS_TRAIN``.
    """
    members: dict[Hashable, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for index, (text, stratum) in enumerate(zip(texts, strata, strict=True)):
        members[stratum][text_digest(text)].append(index)
    folds = np.full(len(texts), ALWAYS_TRAIN, dtype=np.int64)
    start = 0
    for stratum in sorted(members, key=repr):
        by_text = members[stratum]
        if len(by_text) == 1:
            continue
        for position, digest in enumerate(sorted(by_text)):
            folds[by_text[digest]] = (start + position) % count
        start += len(by_text)
    return folds


def _named(classes: Sequence[str]) -> str:
    names = sorted(set(classes))
    return f"{len(names)} classes" + (f" ({', '.join(names[:5])}{', …' if len(names) > 5 else ''})" if names else "")


def text_digest(text: str) -> str:
    """SHA-256 of a text, as hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _spans(example: LabeledExample) -> tuple[tuple[int, int, str], ...]:
    return tuple((e.offset, e.length, e.category) for e in example.entities)
