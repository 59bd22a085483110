"""Field extraction and document classification on documents with layout.

    python benchmarks/fields.py [receipts] [project] [reading] [forms] [packets] [--data ../shared/data]

- receipts: SROIE's texts with boxes, 80/20, no address on both sides, and 80/20 at random, where shops are on both.
  A value is right if its letters and digits are the key's, in either case (exact: all but white space). Inference is
  timed against the bare model call: words cut and grouped, features, and CRFsuite's tags, without values and types.
- project: 200 receipts, 160 to train, the others predicted and evaluated.
- reading: the same fields on docplatform's own reading of the images of ``receipts``, trained on ``receipts_text``
  without those receipts, against the same receipts with the true boxes.
- forms: Microsoft's 1099 sample, each form by a model of the five others.
- packets: generated documents of several classes, read from their PDFs, concatenated.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

from document_packets import packets
from form_labels import studio_forms
from machine import describe
from receipt_fields import Receipt, at_random, bare, by_address, photographed, receipts_text, same_text

from docplatform.documents.document_text import DocumentText
from docplatform.documents.predictions import Prediction, TaskKind
from docplatform.evaluation.metrics import evaluate
from docplatform.models.local.crf import open_crf
from docplatform.models.local.field_crf import page_features
from docplatform.models.local.fields import FieldModel, FieldTrainer
from docplatform.models.local.layout_view import pieces_of

DATA = Path(os.environ.get("DOCPLATFORM_SHARED_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")


def receipts(data: Path) -> None:
    """Fields of receipts whose text is given."""
    for name, split in (("addresses apart", by_address), ("at random", at_random)):
        train, test = split(receipts_text(data / "receipts_text"))
        began = time.process_time()
        model = FieldTrainer.from_options({}).train([one.example for one in train], [])
        seconds = time.process_time() - began
        documents = [one.example.document for one in test]
        predictions = model.predict(documents)
        print(f"receipts, {name}: {len(train)} to train ({seconds:.0f} CPU s), {len(test)} to test")
        scores(test, predictions)
        calibration(test, predictions)
        speed(model, documents)


def project(data: Path) -> None:
    """What a project of 200 documents takes."""
    given = [one.example for one in at_random(receipts_text(data / "receipts_text"))[0][:200]]
    began = time.process_time()
    model = FieldTrainer.from_options({}).train(given[:160], [])
    trained = time.process_time()
    found = evaluate(TaskKind.FIELD_EXTRACTION, given[160:], model.predict([e.document for e in given[160:]]))
    print(f"a project of 200 receipts, 160 to train: {trained - began:.1f} CPU s")
    print(f"  40 evaluated in {time.process_time() - trained:.1f} CPU s, F1 {found.micro.f1:.3f}")


def reading(data: Path) -> None:
    """Fields of receipts that are read from their images."""
    true, read = photographed(data / "receipts")
    known = {tuple(sorted((k, bare(v)) for k, v in one.keys.items())) for one in true}
    others = [
        one
        for one in receipts_text(data / "receipts_text")
        if tuple(sorted((k, bare(v)) for k, v in one.keys.items())) not in known
    ]
    model = FieldTrainer.from_options({}).train([one.example for one in others], [])
    print(f"receipts read from images: {len(others)} to train, {len(true)} to test")
    for name, given in (("true boxes", true), ("own reading", read)):
        print(f" {name}")
        scores(given, model.predict([one.example.document for one in given]))


def forms(data: Path) -> None:
    """Fields of a form that few examples are labelled of."""
    examples = studio_forms(data / "azure_projects" / "custom_template_1099")
    right = labelled = too_many = 0
    began = time.process_time()
    for number, example in enumerate(examples):
        model = FieldTrainer.from_options({}).train(examples[:number] + examples[number + 1 :], [])
        (prediction,) = model.predict([example.document])
        found = {field.name: bare(field.content) for field in prediction.fields}
        truth: dict[str, str] = {}
        for entity in example.entities:
            truth[entity.category] = truth.get(entity.category, "") + bare(entity.text)
        right += sum(found.get(name) == value for name, value in truth.items())
        too_many += sum(name not in truth for name in found)
        labelled += len(truth)
    seconds = (time.process_time() - began) / len(examples)
    print(f"forms: {right} of {labelled} fields right ({right / labelled:.3f}), {too_many} values where nothing is")
    print(f" {len(examples)} forms, each left out once, {seconds:.1f} CPU s a training")


def scores(given: Sequence[Receipt], predictions: Sequence[Prediction]) -> None:
    """F1 of each field and of all, letters and digits, and exact."""
    counts: dict[str, list[int]] = {}
    for one, prediction in zip(given, predictions, strict=True):
        found = {field.name: field.content for field in prediction.fields}
        for name in {*one.keys, *found}:
            tally = counts.setdefault(name, [0, 0, 0])
            tally[0] += (name in one.keys) + (name in found)
            if name in one.keys and name in found:
                tally[1] += bare(found[name]) == bare(one.keys[name])
                tally[2] += same_text(found[name], one.keys[name])
    counts["all"] = [sum(column) for column in zip(*counts.values(), strict=True)]
    for name, (total, alike, exact) in counts.items():
        print(f"  {name:10} alphanumeric F1 {2 * alike / total:.3f}   exact {2 * exact / total:.3f}")


def calibration(given: Sequence[Receipt], predictions: Sequence[Prediction]) -> None:
    """Expected calibration error of the values' confidence in ten bins, and its AUROC for values being right."""
    from sklearn.metrics import roc_auc_score

    told: list[tuple[float, bool]] = []
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(10)]
    for one, prediction in zip(given, predictions, strict=True):
        for field in prediction.fields:
            right = bare(field.content) == bare(one.keys.get(field.name, ""))
            told.append((field.confidence_score, right))
            bins[min(9, int(field.confidence_score * 10))].append((field.confidence_score, right))
    total = sum(map(len, bins))
    error = sum(abs(sum(c for c, _ in b) - sum(r for _, r in b)) for b in bins) / max(total, 1)
    area = roc_auc_score([right for _, right in told], [confidence for confidence, _ in told])
    print(f"  calibration error {error:.3f} of {total} values, AUROC {area:.3f}")


def speed(model: FieldModel, documents: Sequence[DocumentText]) -> None:
    """Receipts a second, and CPU against the bare model call, the least of five rounds each."""
    tagger = open_crf(model.crf)
    whole, plain = [], []
    for _ in range(5):
        began = time.process_time()
        model.predict(documents)
        middle = time.process_time()
        for document in documents:
            for sequence in page_features(pieces_of(document), None):
                tagger.tag(sequence)
        whole.append(middle - began)
        plain.append(time.process_time() - middle)
    print(f"  {len(documents) / min(whole):.0f} receipts/s, {min(whole) / min(plain):.2f} x the CPU of the bare call")


BENCHMARKS: Mapping[str, object] = {
    "receipts": receipts,
    "project": project,
    "reading": reading,
    "forms": forms,
    "packets": packets,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[*BENCHMARKS, []], help="default: all")
    parser.add_argument("--data", type=Path, default=DATA)
    given = parser.parse_args()
    if not given.data.is_dir():
        print(f"The data is not here: {given.data} doesn't exist. Set DOCPLATFORM_SHARED_DATA.", file=sys.stderr)
        return 1
    print(describe("python-crfsuite", "scikit-learn", "numpy"))
    for name in given.names or BENCHMARKS:
        BENCHMARKS[name](given.data)  # type: ignore[operator]
    return 0


if __name__ == "__main__":
    sys.exit(main())
