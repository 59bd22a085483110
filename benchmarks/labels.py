"""What the label doctor finds of planted label errors, what is found of labels without offsets, and what it costs.

python benchmarks/labels.py [errors] [values] [duplicates]

Data is read from the folder in DOCPLATFORM_SHARED_DATA, else from `shared/data` beside the checkout. Errors: 5 % of the
labels of a training set are changed to another class, at random (seed 7); recall and precision are of those, so that
errors that were there before count as false. Values: the key values of receipts, looked for in their lines of text.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

from machine import describe

from docplatform.documents.decoding import decode
from docplatform.documents.predictions import TaskKind
from docplatform.labels.formats import files_of, read_labels
from docplatform.labels.label_file import DocumentLabels, LabeledField, LabelFile
from docplatform.labels.near_duplicates import near_duplicates
from docplatform.labels.placing import place_fields
from docplatform.labels.projects import ModelProject
from docplatform.labels.readings import Reading
from docplatform.training.label_errors import likely_wrong_labels

DATA = Path(os.environ.get("DOCPLATFORM_SHARED_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
FLIPPED = 0.05
_LINE = re.compile(r"(?:\d+,){8}(.*)")


def errors() -> None:
    """Planted label errors."""
    for name, path in (("banking77", "text/banking77/train.csv"), ("bbc", "text/bbc")):
        files = files_of(DATA / path)
        parsed = read_labels(files)
        documents = [d for d in parsed.label_file.documents if d.classes]
        generator = random.Random(7)
        flipped = set(generator.sample(range(len(documents)), round(FLIPPED * len(documents))))
        wrong = tuple(
            replace(document, classes=(_other(generator, parsed.label_file, document),))
            if index in flipped
            else document
            for index, document in enumerate(documents)
        )
        held = {**files, **parsed.documents} if parsed.documents else files
        readings = {d.location: Reading.of_text(decode(held[d.location]).text) for d in documents}
        project = ModelProject(
            name=name, kind=TaskKind.SINGLE_LABEL_CLASSIFICATION, customer="acme", labels="labels.json"
        )
        started = time.process_time()
        found = likely_wrong_labels(project, replace(parsed.label_file, documents=wrong), readings)
        seconds = time.process_time() - started
        right = sum(finding.document_index in flipped for finding in found)
        print(
            f"{name}: {len(documents)} labels, {len(flipped)} planted errors, {len(found)} found; "
            f"recall {right / len(flipped):.3f}, precision {right / max(1, len(found)):.3f}; {seconds:.0f} CPU s",
            flush=True,
        )


def _other(generator: random.Random, label_file: LabelFile, document: DocumentLabels) -> str:
    return generator.choice([name for name in label_file.categories if name != document.classes[0]])


def values() -> None:
    """Values of receipts, and of a project with boxes whose places are known."""
    documents, readings = [], {}
    for path in sorted((DATA / "receipts_text" / "annotations").glob("*.txt")):
        text = path.read_text(errors="replace")
        keys = re.search(r"\{.*?\}", text, re.DOTALL)
        fields = tuple(LabeledField(name, value) for name, value in json.loads(keys[0] if keys else "{}").items())
        documents.append(DocumentLabels(location=path.name, fields=fields))
        lines = (match[1] for line in text.splitlines() if (match := _LINE.fullmatch(line)))
        readings[path.name] = Reading.of_text("\n".join(lines))
    _place("receipts by value", _fields(documents), readings)
    parsed = read_labels(files_of(DATA / "azure_projects" / "custom_template_1099"))
    by_place = _place("1099 forms by place", parsed.label_file, dict(parsed.readings))
    without = [
        replace(d, fields=tuple(LabeledField(f.name, f.declared) for f in d.fields))
        for d in parsed.label_file.documents
    ]
    by_value = _place("1099 forms by value", _fields(without), dict(parsed.readings))
    print(f"1099 forms: {len(by_place & by_value)} of {len(by_place)} spans found in the same place by value")


def _fields(documents: list[DocumentLabels]) -> LabelFile:
    return LabelFile(kind=TaskKind.FIELD_EXTRACTION, name="", language="en", categories=(), documents=tuple(documents))


def _place(name: str, label_file: LabelFile, readings: dict[str, Reading]) -> set[tuple[str, str, int, int]]:
    started = time.process_time()
    placed, findings = place_fields(label_file, readings)
    seconds = time.process_time() - started
    total = sum(len(document.fields) for document in label_file.documents)
    found = {(d.location, e.category, e.offset, e.length) for d in placed.documents for e in d.entities}
    counts = dict(Counter(finding.code.value for finding in findings))
    share = len({span[:2] for span in found}) / total
    print(f"{name}: {total} labels, {share:.3f} found; findings {counts}; {seconds:.1f} CPU s", flush=True)
    return found


def duplicates() -> None:
    """Near duplicates of real sets, and the time for 10,000 documents of 300 words."""
    generator = random.Random(1)
    words = [f"word{number}" for number in range(5_000)]
    texts = {
        name: [decode(data).text for data in _documents(DATA / path)]
        for name, path in (("banking77", "text/banking77/train.csv"), ("bbc", "text/bbc"))
    }
    texts["10,000 of 300 words"] = [" ".join(generator.choices(words, k=300)) for _ in range(10_000)]
    for name, made in texts.items():
        started = time.process_time()
        count = sum(1 for _ in near_duplicates(made))
        print(f"{name}: {len(made)} texts, {count} pairs, {time.process_time() - started:.1f} CPU s", flush=True)


def _documents(path: Path) -> list[bytes]:
    files = files_of(path)
    parsed = read_labels(files)
    return list(parsed.documents.values()) or [files[d.location] for d in parsed.label_file.documents]


def main() -> None:
    """Measure what is asked for, or everything."""
    parts = {"values": values, "duplicates": duplicates, "errors": errors}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("part", nargs="*", choices=[*parts, []])
    chosen = parser.parse_args().part or list(parts)
    if not DATA.is_dir():
        sys.exit(f"{DATA} isn't there: set DOCPLATFORM_SHARED_DATA.")
    print(describe("scikit-learn", "numpy"))
    for name in chosen:
        parts[name]()


if __name__ == "__main__":
    main()
