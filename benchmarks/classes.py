"""Text classification in detail: accuracy with intervals, few examples, texts from elsewhere, speed.

python benchmarks/classes.py [scores] [few] [far] [speed] [--trainer '{"engine": "embeddings", "weights": "/…"}']

Data as for `models.py`. banking77 is scored on its official split; the others are divided in five, each fifth being the
20 % that a model trained on the other 80 % is tested on. Intervals are those of 2,000 bootstrap samples of the tested
texts, 95 %.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import numpy.typing as npt
from machine import describe
from models import DATA, DATA_SETS, Examples, calibration_error, parts

from docplatform.documents.predictions import LabeledExample, Prediction, TaskKind
from docplatform.labels.projects import ModelProject
from docplatform.models.base import Model
from docplatform.models.factory import trainer_for
from docplatform.models.local.examples import in_stable_order

SETS = ("banking77", "bbc", "azure_web_of_science", "azure_movies")
SEEDS = (1, 2, 3, 4, 5)
PER_CLASS = 10
SAMPLES = 2_000

FOREIGN = (
    "Das Wetter in den Bergen war am Wochenende besser als angesagt.",
    "Mi hermano compró una casa nueva cerca del río el año pasado.",
    "L'autobus numéro douze passe devant la bibliothèque toutes les heures.",
    "Preheat the oven and bake the potatoes until they are golden brown.",
    "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod",
    "qwrt zzxp kkjh blorf vrunk glim",
    "0x7f3a 91bc 22ee 40d1 ffff 0007",
    "Мой кот весь день спит на тёплом подоконнике.",
)
"""Sentences that no set here is about."""


class Scored(NamedTuple):
    tested: Examples
    predictions: list[Prediction]
    training_seconds: float
    """CPU, mean of the trainings."""


def load(name: str) -> tuple[Examples, Examples | None]:
    return DATA_SETS[name].load(DATA / DATA_SETS[name].folder)


OPTIONS: dict[str, object] = {}
"""Of the trainer, for every training."""


def train(kind: TaskKind, examples: Examples) -> tuple[Model, float]:
    trainer = trainer_for(ModelProject(name="benchmark", kind=kind, customer="none", labels="none", trainer=OPTIONS))
    began = time.process_time()
    return trainer.train(examples, []), time.process_time() - began


def scored(name: str) -> Scored:
    examples, test = load(name)
    splits = [(examples, test)] if test is not None else list(parts(examples))
    tested: Examples = []
    predictions: list[Prediction] = []
    seconds = 0.0
    for kept, held_out in splits:
        model, took = train(DATA_SETS[name].kind, kept)
        predictions += model.predict([example.document for example in held_out])
        tested, seconds = tested + held_out, seconds + took
    return Scored(tested, predictions, seconds / len(splits))


def interval(
    rows: npt.NDArray[np.float64], score: Callable[[npt.NDArray[np.float64]], float]
) -> tuple[float, float, float]:
    """The score of all rows, and the bounds between which 95 % of the bootstrap samples' lie."""
    random = np.random.default_rng(0)
    drawn = [score(rows[random.integers(0, len(rows), len(rows))]) for _ in range(SAMPLES)]
    low, high = np.quantile(drawn, (0.025, 0.975))
    return score(rows), float(low), float(high)


def micro_f1(rows: npt.NDArray[np.float64]) -> float:
    right, total = rows.sum(axis=0)
    return float(2 * right / total)


def counts(examples: Sequence[LabeledExample], predictions: Sequence[Prediction]) -> npt.NDArray[np.float64]:
    """Per text: classes that were right, and those asserted plus those true."""
    said = [({c.category for c in p.categories}, set(e.categories)) for e, p in zip(examples, predictions, strict=True)]
    return np.array([(len(a & t), len(a) + len(t)) for a, t in said], dtype=np.float64)


def right(examples: Sequence[LabeledExample], predictions: Sequence[Prediction]) -> npt.NDArray[np.float64]:
    """Per text: whether its classes are exactly those said."""
    said = [{c.category for c in p.categories} == set(e.categories) for e, p in zip(examples, predictions, strict=True)]
    return np.array(said, dtype=np.float64)


def scores() -> None:
    print(
        f"{'data set':24}{'micro F1':>9}{'95 %':>14}{'accuracy':>10}{'95 %':>14}{'ECE':>7}{'train s':>9}{'tested':>8}"
    )
    for name in SETS:
        s = scored(name)
        f1, low, high = interval(counts(s.tested, s.predictions), micro_f1)
        accuracy, least, most = interval(right(s.tested, s.predictions), lambda rows: float(rows.mean()))
        print(
            f"{name:24}{f1:9.3f}{f'{low:.3f}-{high:.3f}':>14}{accuracy:10.3f}{f'{least:.3f}-{most:.3f}':>14}"
            f"{calibration_error(s.tested, s.predictions):7.3f}{s.training_seconds:9.1f}{len(s.tested):8d}",
            flush=True,
        )


def few() -> None:
    examples, test = load("banking77")
    found = []
    for seed in SEEDS:
        model, seconds = train(TaskKind.SINGLE_LABEL_CLASSIFICATION, draw(examples, seed))
        began = time.process_time()
        found.append(right(test or [], model.predict([e.document for e in test or []])).mean())
        rate = len(test or []) / (time.process_time() - began)
        print(
            f"banking77, {PER_CLASS} a class, draw {seed}: accuracy {found[-1]:.3f}, training {seconds:.1f} s, "
            f"{rate:.0f} texts/s",
            flush=True,
        )
    print(f"mean {np.mean(found):.3f}, standard deviation of the draws {np.std(found, ddof=1):.3f}")


def draw(examples: Examples, seed: int) -> Examples:
    """As many examples of each class, drawn by a seed."""
    left: dict[str, int] = {}
    drawn = []
    for index in np.random.default_rng(seed).permutation(len(examples)):
        (category,) = examples[index].categories
        left[category] = left.get(category, PER_CLASS) - 1
        if left[category] >= 0:
            drawn.append(examples[index])
    return drawn


def far() -> None:
    """The share of texts abstained from: of the model's own kind (held out), and of the other sets."""
    names = ("banking77", "bbc", "azure_web_of_science")
    sets = {name: load(name) for name in names}
    foreign = [LabeledExample(str(i), text) for i, text in enumerate(FOREIGN)]
    print(f"{'trained on':24}" + "".join(f"{name:>24}" for name in (*names, f"{len(foreign)} foreign")))
    for name in names:
        examples, test = sets[name]
        kept, held_out = (examples, test) if test is not None else next(iter(parts(examples)))
        model, _ = train(TaskKind.SINGLE_LABEL_CLASSIFICATION, kept)
        rows = [held_out if other == name else in_stable_order(sets[other][0])[:500] for other in names]
        shares = [np.mean([p.abstained for p in model.predict([e.document for e in r])]) for r in (*rows, foreign)]
        print(f"{name:24}" + "".join(f"{share:24.3f}" for share in shares), flush=True)


def speed() -> None:
    examples, test = load("banking77")
    model, _ = train(TaskKind.SINGLE_LABEL_CLASSIFICATION, in_stable_order(examples)[:3_000])
    documents = [e.document for e in test or []]
    texts = [document.text for document in documents]
    whole, bare = [], []
    for _ in range(5):
        began = time.process_time()
        model.predict(documents)
        between = time.process_time()
        model.weights.scores(model.features.transform(texts))  # type: ignore[attr-defined]
        whole.append(between - began)
        bare.append(time.process_time() - between)
    print(
        f"inference: {len(texts) / min(whole):.0f} short texts/s a core, "
        f"{np.median(np.array(whole) / np.array(bare)):.2f} x the CPU of the features and the product alone"
    )
    began = time.process_time()
    model, _ = train(TaskKind.SINGLE_LABEL_CLASSIFICATION, in_stable_order(load("bbc")[0])[:160])
    model.predict([e.document for e in in_stable_order(load("bbc")[0])[160:200]])
    print(f"training on 160 BBC articles and predicting 40: {time.process_time() - began:.1f} s")


PARTS = {"scores": scores, "few": few, "far": far, "speed": speed}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; default: all")
    parser.add_argument("--trainer", type=json.loads, default={}, metavar="JSON", help="options of the trainer")
    arguments = parser.parse_args()
    chosen = arguments.parts or list(PARTS)
    OPTIONS.update(arguments.trainer)
    if unknown := [part for part in chosen if part not in PARTS]:
        parser.error(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    if not DATA.is_dir():
        print(f"The data is not here: {DATA} doesn't exist. Set DOCPLATFORM_SHARED_DATA.", file=sys.stderr)
        return 1
    print(describe("scikit-learn", "numpy", "scipy"))
    for part in chosen:
        PARTS[part]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
