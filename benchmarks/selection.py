"""What choosing documents to label is worth: accuracy after so many labels, by how they were chosen.

python benchmarks/selection.py [--seeds 3] [--only both --only random]

Training parts only: each set is halved at random into a pool, whose labels are asked for, and held-out texts. Data is
read as `benchmarks/models.py` reads it.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Sequence
from statistics import mean

from machine import describe
from models import DATA, banking77, bbc

from docplatform.documents.document_text import DocumentText
from docplatform.documents.predictions import LabeledExample, Prediction, TaskKind
from docplatform.evaluation.selection import choose
from docplatform.labels.projects import ModelProject
from docplatform.models.base import Model
from docplatform.models.factory import trainer_for

ROUNDS = 5
CLASSES = 15  # of banking77's: with a label or two a class nothing could be told
SIZES = {"banking77, 15 intents": 30, "bbc": 10}
"""Labels asked for in each round."""

Examples = list[LabeledExample]
Chooser = Callable[[Examples, Examples, list[float], int, random.Random], list[int]]


def at_random(pool: Examples, _: Examples, __: list[float], count: int, chance: random.Random) -> list[int]:
    return chance.sample(range(len(pool)), count)


def unsure(pool: Examples, _: Examples, uncertainty: list[float], count: int, __: random.Random) -> list[int]:
    return sorted(range(len(pool)), key=lambda index: -uncertainty[index])[:count]


def unlike(pool: Examples, known: Examples, _: list[float], count: int, __: random.Random) -> list[int]:
    return choose([e.text for e in pool], count, labeled=[e.text for e in known])


def both(pool: Examples, known: Examples, uncertainty: list[float], count: int, _: random.Random) -> list[int]:
    return choose([e.text for e in pool], count, uncertainty=uncertainty, labeled=[e.text for e in known])


STRATEGIES: dict[str, Chooser] = {"random": at_random, "unsure": unsure, "unlike": unlike, "both": both}


def train(examples: Examples) -> Model:
    project = ModelProject(
        name="selection",
        kind=TaskKind.SINGLE_LABEL_CLASSIFICATION,
        customer="c",
        labels="l.json",
        trainer={"regularization": 10.0},
    )
    return trainer_for(project).train(examples, [])


def predicted(model: Model, examples: Examples) -> list[Prediction]:
    return model.predict([DocumentText(example.text) for example in examples])


def accuracy(model: Model, held_out: Examples) -> float:
    answers = predicted(model, held_out)
    return mean(
        bool(answer.categories) and answer.categories[0].category == example.categories[0]
        for answer, example in zip(answers, held_out, strict=True)
    )


def simulate(pool: Examples, held_out: Examples, strategy: Chooser, size: int, seed: int) -> list[float]:
    """Accuracy after each round; the first is chosen by diversity, or at random, since there is no model yet."""
    chance = random.Random(seed)
    rest, known = list(pool), list[LabeledExample]()
    first = at_random if strategy in (at_random, unsure) else unlike
    scores: list[float] = []
    model: Model | None = None
    for _ in range(ROUNDS):
        answers = [] if model is None else predicted(model, rest)
        uncertainty = [1.0 if answer.abstained else 1.0 - answer.confidence_score for answer in answers]
        chosen = set((first if model is None else strategy)(rest, known, uncertainty, size, chance))
        known += [example for index, example in enumerate(rest) if index in chosen]
        rest = [example for index, example in enumerate(rest) if index not in chosen]
        model = train(known)
        scores.append(accuracy(model, held_out))
    return scores


def sets() -> dict[str, Examples]:
    found = {}
    if (DATA / "text" / "banking77").is_dir():
        examples, _ = banking77(DATA / "text" / "banking77")
        names = sorted({example.categories[0] for example in examples})[:CLASSES]
        found["banking77, 15 intents"] = [example for example in examples if example.categories[0] in names]
    if (DATA / "text" / "bbc").is_dir():
        found["bbc"] = bbc(DATA / "text" / "bbc")[0]
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", action="append", choices=list(STRATEGIES), help="Of the strategies; default: all.")
    options = parser.parse_args(arguments)
    seeds, only = options.seeds, options.only or list(STRATEGIES)
    print(describe("scikit-learn", "numpy"))
    for name, examples in sets().items():
        size = SIZES[name]
        print(f"\n{name}: accuracy after {', '.join(str(size * (n + 1)) for n in range(ROUNDS))} labels")
        for title in only:
            strategy = STRATEGIES[title]
            runs = []
            for seed in range(seeds):
                mixed = random.Random(seed).sample(examples, min(len(examples), 1_600))
                half = len(mixed) // 2
                runs.append(simulate(mixed[:half], mixed[half:], strategy, size, seed))
            print(f"  {title:8}", "  ".join(f"{mean(scores):.3f}" for scores in zip(*runs, strict=True)), flush=True)


if __name__ == "__main__":
    main()
