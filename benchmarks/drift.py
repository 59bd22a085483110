"""False alarms and misses of drift detection on public text sets, with fresh seeds.

python benchmarks/drift.py [--pairs 100] [--shifted 30] [--seed 1] [NAME ...]

A model is trained on a third of a set; pairs of samples (``SIZES``) are drawn from the rest.
Nothing is shared between the two samples of a pair. The shifts: three in ten recent documents of classes that the
reference has none of; other shares of the classes (every second one four times as frequent); one character in twenty
misread.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from machine import describe
from models import DATA, DATA_SETS

from docplatform.documents.document_text import DocumentText
from docplatform.documents.predictions import LabeledExample, Prediction
from docplatform.evaluation.drift import DriftReport, detect_drift
from docplatform.labels.projects import ModelProject
from docplatform.models.base import Model
from docplatform.models.factory import trainer_for

SIZES = {"banking77": (1_000, 500), "bbc": (400, 200)}
"""Reference and recent documents: of a set with 77 classes a few of each are needed, of one with 5 they are few."""
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


class Pool:
    """Examples that a model was not trained on, and what it says of them."""

    def __init__(self, name: str, seed: int, sizes: Sequence[int]) -> None:
        data_set = DATA_SETS[name]
        examples = data_set.load(DATA / data_set.folder)[0]
        order = np.random.default_rng(seed).permutation(len(examples))
        train = [examples[i] for i in order[: len(examples) // 3]]
        self.examples: list[LabeledExample] = [examples[i] for i in order[len(examples) // 3 :]]
        project = ModelProject(name="benchmark", kind=data_set.kind, customer="none", labels="none")
        self.model: Model = trainer_for(project).train(train, [])
        self.predictions = self.model.predict([example.document for example in self.examples])
        self.reference_count, self.recent_count = sizes
        self.classes = np.array([example.categories[0] for example in self.examples])

    def compare(
        self, reference: Sequence[int], recent: Sequence[int], texts: Sequence[str] | None = None
    ) -> DriftReport:
        predictions: list[Prediction] = [self.predictions[i] for i in recent]
        if texts is not None:
            predictions = self.model.predict([DocumentText(text) for text in texts])
        return detect_drift(
            [self.examples[i].text for i in reference],
            list(texts) if texts is not None else [self.examples[i].text for i in recent],
            [self.predictions[i] for i in reference],
            predictions,
        )


def alike(pool: Pool, rng: np.random.Generator) -> DriftReport:
    chosen = rng.permutation(len(pool.examples))[: pool.reference_count + pool.recent_count]
    return pool.compare(chosen[: pool.reference_count], chosen[pool.reference_count :])


def mixed(pool: Pool, rng: np.random.Generator) -> DriftReport:
    names = rng.permutation(np.unique(pool.classes))
    new = np.isin(pool.classes, names[: max(1, len(names) // 4)])
    known, others = rng.permutation(np.flatnonzero(~new)), rng.permutation(np.flatnonzero(new))
    strange = int(0.3 * pool.recent_count)
    recent = [*known[pool.reference_count : pool.reference_count + pool.recent_count - strange], *others[:strange]]
    return pool.compare(known[: pool.reference_count], recent)


def reweighed(pool: Pool, rng: np.random.Generator) -> DriftReport:
    names = rng.permutation(np.unique(pool.classes))
    often = np.isin(pool.classes, names[: len(names) // 2])
    chosen = rng.permutation(len(pool.examples))
    reference, rest = chosen[: pool.reference_count], chosen[pool.reference_count :]
    weights = np.where(often[rest], 4.0, 1.0)
    return pool.compare(reference, rng.choice(rest, pool.recent_count, replace=False, p=weights / weights.sum()))


def misread(pool: Pool, rng: np.random.Generator) -> DriftReport:
    chosen = rng.permutation(len(pool.examples))[: pool.reference_count + pool.recent_count]
    texts = [_noisy(pool.examples[i].text, rng) for i in chosen[pool.reference_count :]]
    return pool.compare(chosen[: pool.reference_count], chosen[pool.reference_count :], texts)


def _noisy(text: str, rng: np.random.Generator) -> str:
    hit = rng.random(len(text)) < 0.05
    others = rng.integers(len(_LETTERS), size=len(text))
    return "".join(_LETTERS[o] if h and c != " " else c for c, h, o in zip(text, hit, others, strict=True))


def run(
    pool: Pool, draw: Callable[[Pool, np.random.Generator], DriftReport], count: int, seed: int
) -> list[DriftReport]:
    return [draw(pool, np.random.default_rng([seed, number])) for number in range(count)]


DRAWS = {"none": alike, "mix": mixed, "priors": reweighed, "noise": misread}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", default=list(SIZES))
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--shifted", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sizes", type=int, nargs=2, metavar=("REFERENCE", "RECENT"), help="Other sizes of samples.")
    parser.add_argument("--shifts", nargs="+", choices=list(DRAWS), default=list(DRAWS))
    options = parser.parse_args()
    print(describe("scikit-learn", "numpy", "scipy"))
    print(f"{'set':12}{'shift':12}{'alarms':>12}{'by':>48}{'CPU s':>8}")
    for name in options.names:
        if not (DATA / DATA_SETS[name].folder).is_dir():
            print(f"{name:12} absent")
            continue
        pool = Pool(name, options.seed, options.sizes or SIZES[name])
        for label in options.shifts:
            draw, count = DRAWS[label], options.pairs if label == "none" else options.shifted
            began = time.process_time()
            reports = run(pool, draw, count, options.seed)
            by = Counter(measure for report in reports for measure in report.alarms)
            causes = ", ".join(f"{cause} {n}" for cause, n in sorted(by.items()))
            seconds = time.process_time() - began
            alarms = sum(report.alarm for report in reports)
            print(
                f"{name:12}{label:12}{f'{alarms} of {count}':>12}{causes:>48}{seconds / max(1, count):8.2f}", flush=True
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
