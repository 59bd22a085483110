"""Entity recognition in detail: sentences a second beside the bare CRF, and a project of 200 documents from end to end.

python benchmarks/entities.py [speed] [project]

Data as for `models.py`: WNUT17's sentences. A document of the project is 17 of them, about 500 tokens.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import median

os.environ.setdefault("OMP_NUM_THREADS", "1")

from machine import describe
from models import DATA, DATA_SETS, Examples

from docplatform.documents.predictions import Entity, LabeledExample, TaskKind
from docplatform.evaluation.metrics import evaluate
from docplatform.labels.projects import ModelProject
from docplatform.models.factory import trainer_for
from docplatform.models.local.crf import open_crf
from docplatform.models.local.entities import EntityModel
from docplatform.models.local.token_features import TokenView
from docplatform.models.local.tokens import chunk, tokenize
from docplatform.models.local.word_features import WordFeatures

DOCUMENTS, SENTENCES = 200, 17
TRAINED, REPEATS = 800, 5


def load() -> tuple[Examples, Examples]:
    examples, test = DATA_SETS["wnut17"].load(DATA / DATA_SETS["wnut17"].folder)
    return examples, test or []


def train(examples: Examples) -> EntityModel:
    project = ModelProject(name="benchmark", kind=TaskKind.ENTITY_RECOGNITION, customer="none", labels="none")
    model = trainer_for(project).train(examples, [])
    assert isinstance(model, EntityModel)
    return model


def speed() -> None:
    """Each time anew, as the model does: without words kept from the time before."""
    examples, test = load()
    model = train(examples[:TRAINED])
    documents = [e.document for e in test]
    texts = [document.text for document in documents]
    rows = list(features(model, texts))
    whole, bare, ready = [], [], []
    for _ in range(REPEATS):
        fresh = replace(model)
        whole.append(seconds(lambda: fresh.predict(documents)))  # noqa: B023 - called at once
        bare.append(seconds(lambda: tag(model, features(model, texts))))
        ready.append(seconds(lambda: tag(model, rows)))
    tokens = sum(map(len, rows))
    print(
        f"inference, {len(texts)} sentences of {tokens / len(texts):.0f} tokens: {len(texts) / min(whole):.0f} "
        f"sentences/s a core; {ratio(whole, bare):.2f} x the CPU of the bare call (tokens, features, CRFsuite's tags), "
        f"{ratio(whole, ready):.2f} x that of the tags alone, features given"
    )


def features(model: EntityModel, texts: Sequence[str]) -> list[list[list[str]]]:
    known = WordFeatures(model.lexicon, model.chosen.looks)
    rows = []
    for text in texts:
        tokens = tokenize(text)
        view = TokenView.of(tokens, known)
        rows += [view.features(begin, end) for begin, end in chunk(tokens)]
    return rows


def tag(model: EntityModel, rows: Sequence[list[list[str]]]) -> None:
    tagger = open_crf(model.crf)
    for row in rows:
        tagger.tag(row)


def seconds(call: Callable[[], object]) -> float:
    began = time.process_time()
    call()
    return time.process_time() - began


def ratio(these: Sequence[float], those: Sequence[float]) -> float:
    return median(a / b for a, b in zip(these, those, strict=True))


def project() -> None:
    examples, _ = load()
    documents = [joined(examples[i * SENTENCES : (i + 1) * SENTENCES], str(i)) for i in range(DOCUMENTS)]
    kept, held_out = documents[: DOCUMENTS * 4 // 5], documents[DOCUMENTS * 4 // 5 :]
    began = time.process_time()
    model = train(kept)
    trained = time.process_time()
    predictions = model.predict([e.document for e in held_out])
    score = evaluate(TaskKind.ENTITY_RECOGNITION, held_out, predictions)
    print(
        f"{DOCUMENTS} documents ({sum(len(e.entities) for e in documents)} entities): trained on {len(kept)} in "
        f"{trained - began:.1f} s, evaluated on {len(held_out)} in {time.process_time() - trained:.1f} s; "
        f"micro F1 {score.micro.f1:.3f}"
    )


def joined(examples: Examples, document_id: str) -> LabeledExample:
    """One document of several texts, a paragraph each."""
    text, entities = "", []
    for example in examples:
        entities += [Entity(e.category, len(text) + e.offset, e.length, e.text) for e in example.entities]
        text += f"{example.text}\n"
    return LabeledExample(document_id, text, entities=tuple(entities))


PARTS = {"speed": speed, "project": project}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; default: all")
    chosen = parser.parse_args().parts or list(PARTS)
    if unknown := [part for part in chosen if part not in PARTS]:
        parser.error(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    if not DATA.is_dir():
        print(f"The data is not here: {DATA} doesn't exist. Set DOCPLATFORM_SHARED_DATA.", file=sys.stderr)
        return 1
    print(describe("python-crfsuite", "scikit-learn", "numpy"))
    for part in chosen:
        PARTS[part]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
