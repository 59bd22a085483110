"""Scores and training seconds of the local trainers on public data sets and Microsoft's own sample projects.

python benchmarks/models.py [NAME ...]

Data is read from the folder in DOCPLATFORM_SHARED_DATA, else from `shared/data` beside the checkout. Data sets with an
official split are scored on it; the others, and the sample projects, by cross-validation in five parts.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")

from machine import describe

from docplatform.documents.decoding import decode
from docplatform.documents.offsets import TextOffsets
from docplatform.documents.predictions import Entity, LabeledExample, Prediction, Split, TaskKind
from docplatform.evaluation.metrics import Evaluation, evaluate
from docplatform.labels.azure_language import parse_label_file
from docplatform.labels.projects import ModelProject
from docplatform.models.factory import trainer_for
from docplatform.models.local.examples import deal_folds

DATA = Path(os.environ.get("DOCPLATFORM_SHARED_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
FOLDS = 5

Examples = list[LabeledExample]


class DataSet(NamedTuple):
    kind: TaskKind
    folder: str
    load: Callable[[Path], tuple[Examples, Examples | None]]
    """Training (some may be marked as validation) and test examples; no test examples: to be cross-validated."""


class Outcome(NamedTuple):
    evaluation: Evaluation
    training_seconds: float
    """CPU, mean of the trainings."""
    texts_per_second: float
    calibration_error: float


def banking77(folder: Path) -> tuple[Examples, Examples]:
    def read(name: str) -> Examples:
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        return [LabeledExample(f"{name}/{i}", row["text"], (row["category"],)) for i, row in enumerate(rows)]

    return read("train"), read("test")


def bbc(folder: Path) -> tuple[Examples, None]:
    files = sorted(folder.glob("*/*.txt"))
    return [LabeledExample(str(f), f.read_text("latin-1"), (f.parent.name,)) for f in files], None


def sec_filings(folder: Path) -> tuple[Examples, Examples]:
    data = folder / "SEC-filings" / "CONLL-format" / "data"
    return list(conll(data / "train" / "FIN5.txt", " ")), list(conll(data / "test" / "FIN3.txt", " "))


def wnut17(folder: Path) -> tuple[Examples, Examples]:
    train, development, test = (
        list(conll(folder / name, "\t", one_sentence=True))
        for name in ("wnut17train.conll", "emerging.dev.conll", "emerging.test.annotated")
    )
    return [*train, *(replace(e, split=Split.VALIDATION) for e in development)], test


def conll(path: Path, separator: str, *, one_sentence: bool = False) -> Iterator[LabeledExample]:
    """Documents of a CoNLL file: tokens joined by spaces, a sentence a line, tags as entities."""
    documents: list[list[list[tuple[str, str]]]] = [[[]]]
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("-DOCSTART-"):
            documents.append([[]])
        elif line.strip():
            columns = line.split(separator)
            documents[-1][-1].append((columns[0], columns[-1].strip()))
        elif one_sentence:
            documents.append([[]])
        else:
            documents[-1].append([])
    for number, sentences in enumerate(documents):
        if any(sentences):
            yield example_of(f"{path.name}/{number}", [s for s in sentences if s])


def example_of(document_id: str, sentences: Sequence[Sequence[tuple[str, str]]]) -> LabeledExample:
    text, spans = "", []
    for sentence in sentences:
        before = "O"
        for token, tag in sentence:
            if tag != "O" and (before == "O" or tag.startswith("B-") or tag[2:] != before[2:]):
                spans.append([tag[2:], len(text), 0])
            if tag != "O":
                spans[-1][2] = len(text) + len(token)
            text, before = f"{text}{token} ", tag
        text = f"{text[:-1]}\n"
    entities = tuple(Entity(category, start, end - start, text[start:end]) for category, start, end in spans)
    return LabeledExample(document_id, text, entities=entities)


def azure_project(folder: Path) -> tuple[Examples, None]:
    (path,) = folder.glob("*.json")
    labels = parse_label_file(path.read_bytes())
    examples = []
    for document in labels.documents:
        text = decode((folder / document.location).read_bytes()).text
        offsets = TextOffsets(text, labels.string_index_type)
        entities = []
        for entity in document.entities:
            start, end = offsets.span_to_code_points(entity.offset, entity.length)
            entities.append(Entity(entity.category, start, end - start, text[start:end]))
        examples.append(LabeledExample(document.location, text, document.classes, tuple(entities)))
    return examples, None


SINGLE, MULTI, ENTITIES = (
    TaskKind.SINGLE_LABEL_CLASSIFICATION,
    TaskKind.MULTI_LABEL_CLASSIFICATION,
    TaskKind.ENTITY_RECOGNITION,
)
DATA_SETS = {
    "banking77": DataSet(SINGLE, "text/banking77", banking77),
    "bbc": DataSet(SINGLE, "text/bbc", bbc),
    "sec_filings": DataSet(ENTITIES, "text/sec_filings", sec_filings),
    "wnut17": DataSet(ENTITIES, "text/wnut17", wnut17),
    "azure_loan_agreements": DataSet(ENTITIES, "azure_projects/custom_ner_loan_agreements", azure_project),
    "azure_web_of_science": DataSet(SINGLE, "azure_projects/custom_single_label_web_of_science", azure_project),
    "azure_movies": DataSet(MULTI, "azure_projects/custom_multi_label_movies", azure_project),
}


def measure(data_set: DataSet) -> Outcome:
    examples, test = data_set.load(DATA / data_set.folder)
    splits = [(examples, test)] if test is not None else list(parts(examples))
    trainer = trainer_for(ModelProject(name="benchmark", kind=data_set.kind, customer="none", labels="none"))
    training = predicting = 0.0
    tested: Examples = []
    predictions: list[Prediction] = []
    for train, held_out in splits:
        began = time.process_time()
        validation = [e for e in train if e.split is Split.VALIDATION]
        model = trainer.train([e for e in train if e.split is not Split.VALIDATION], validation)
        trained = time.process_time()
        predictions += model.predict([example.document for example in held_out])
        training, predicting = training + trained - began, predicting + time.process_time() - trained
        tested += held_out
    return Outcome(
        evaluate(data_set.kind, tested, predictions),
        training / len(splits),
        len(tested) / predicting,
        calibration_error(tested, predictions),
    )


def parts(examples: Examples) -> Iterator[tuple[Examples, Examples]]:
    strata = [e.categories for e in examples]
    folds = deal_folds([e.text for e in examples], strata if len(set(strata)) < 10 else [()] * len(examples), FOLDS)
    for fold in range(FOLDS):
        yield (
            [e for e, f in zip(examples, folds, strict=True) if f != fold],
            [e for e, f in zip(examples, folds, strict=True) if f == fold],
        )


def calibration_error(examples: Examples, predictions: Sequence[Prediction]) -> float:
    """Expected calibration error of everything asserted, in ten bins."""
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(10)]
    for example, prediction in zip(examples, predictions, strict=True):
        truth = {(e.category, e.offset, e.length) for e in example.entities}
        for c in prediction.categories:
            bins[min(9, int(c.confidence_score * 10))].append((c.confidence_score, c.category in example.categories))
        for e in prediction.entities:
            right = (e.category, e.offset, e.length) in truth
            bins[min(9, int(e.confidence_score * 10))].append((e.confidence_score, right))
    total = sum(map(len, bins))
    return sum(abs(sum(c for c, _ in b) - sum(r for _, r in b)) for b in bins) / max(1, total)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(DATA_SETS)}; default: all")
    names = parser.parse_args().names or list(DATA_SETS)
    if unknown := [name for name in names if name not in DATA_SETS]:
        parser.error(f"no such data set: {', '.join(unknown)}; there are {', '.join(DATA_SETS)}")
    if not DATA.is_dir():
        print(f"The data is not here: {DATA} doesn't exist. Set DOCPLATFORM_SHARED_DATA.", file=sys.stderr)
        return 1
    print(describe("scikit-learn", "python-crfsuite", "numpy", "scipy"))
    print(
        f"{'data set':24}{'micro F1':>9}{'macro F1':>9}{'accuracy':>9}{'ECE':>7}"
        f"{'train s':>9}{'texts/s':>9}{'tested':>8}"
    )
    for name in names:
        if not (DATA / DATA_SETS[name].folder).is_dir():
            print(f"{name:24} absent: {DATA / DATA_SETS[name].folder}")
            continue
        o = measure(DATA_SETS[name])
        e = o.evaluation
        print(
            f"{name:24}{e.micro.f1:9.3f}{e.macro.f1:9.3f}{e.accuracy:9.3f}{o.calibration_error:7.3f}"
            f"{o.training_seconds:9.1f}{o.texts_per_second:9.0f}{e.example_count:8d}",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
