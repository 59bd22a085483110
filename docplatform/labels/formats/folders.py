"""A folder per class, as text sets are handed out: ``business/001.txt``, or ``train/business/001.txt``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

from docplatform.documents.offsets import StringIndexType
from docplatform.documents.predictions import Split, TaskKind
from docplatform.labels.formats.base import LabelFiles, ParsedLabels, WrittenLabels
from docplatform.labels.json_reader import LabelFileError
from docplatform.labels.label_file import DocumentLabels, LabelFile
from docplatform.labels.readings import Reading

_SPLITS = {
    "train": Split.TRAIN,
    "training": Split.TRAIN,
    "test": Split.TEST,
    "testing": Split.TEST,
    "validation": Split.TRAIN,  # who validates is chosen among those that train
    "valid": Split.TRAIN,
    "dev": Split.TRAIN,
    "val": Split.TRAIN,
}


class Folders:
    """The sub-folders are the classes, the files in them the documents."""

    name = "folders"
    description = "a folder per class (below train/ and test/ too): classification of texts or documents"

    def sniff(self, files: LabelFiles) -> bool:
        """Two classes or more."""
        return len({_place(name)[1] for name in files if _place(name)[1]}) > 1

    def parse(self, files: LabelFiles, kind: TaskKind | None) -> ParsedLabels:
        """Each file below a class folder is a document of that class; texts by default where all are ``.txt``."""
        documents, outside = [], []
        for name in files:
            split, category = _place(name)
            if not category:
                outside.append(name)
                continue
            documents.append(DocumentLabels(location=name, declared_split=split, classes=(category,)))
        are_texts = all(document.location.lower().endswith((".txt", ".text")) for document in documents)
        guessed = TaskKind.SINGLE_LABEL_CLASSIFICATION if are_texts else TaskKind.DOCUMENT_CLASSIFICATION
        label_file = LabelFile(
            kind=kind or guessed,
            name="",
            language="en",
            categories=tuple(sorted({document.classes[0] for document in documents})),
            documents=tuple(documents),
            string_index_type=StringIndexType.UNICODE_CODE_POINT,
        )
        notes = (f"{len(outside)} files in no class's folder are left out: {outside[0]} …",) if outside else ()
        return ParsedLabels(label_file=label_file, notes=notes)

    def write(self, label_file: LabelFile, readings: Mapping[str, Reading]) -> WrittenLabels:
        """Write each document's text into its class's folder; other documents than texts must be copied by hand."""
        if label_file.kind is not TaskKind.SINGLE_LABEL_CLASSIFICATION:
            raise LabelFileError("Folders hold one class of each text only: use jsonl for other kinds of labels.")
        files: dict[str, bytes] = {}
        missing = 0
        for document in label_file.documents:
            reading = readings.get(document.location)
            if reading is None or len(document.classes) != 1:
                missing += 1
                continue
            is_placed = _place(document.location)[1] == document.classes[0]
            path = document.location if is_placed else f"{document.classes[0]}/{document.location}"
            files[path] = reading.text.encode("utf-8", "surrogatepass")
        notes = (f"{missing} documents without a text, or without exactly one class, are left out.",) if missing else ()
        return WrittenLabels(files=files, notes=notes)


def _place(name: str) -> tuple[Split | None, str]:
    """Declared split and class by the folders of a file; no class for files at the top."""
    folders = PurePosixPath(name).parts[:-1]
    split = _SPLITS.get(folders[0].lower()) if folders else None
    if split is not None:
        folders = folders[1:]
    return split, folders[0] if folders else ""
