"""Label formats of other tools, in and out: the registry, and telling formats apart.

Belongs here: one module per format. Doesn't: whether labels are right (``doctor``), or finding labels without offsets
in a text (``placing``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from docplatform.documents.predictions import TaskKind
from docplatform.labels.formats.base import LabelFiles, LabelFormat, ParsedLabels, WrittenLabels
from docplatform.labels.json_reader import LabelFileError
from docplatform.labels.label_file import LabelFile
from docplatform.labels.placing import place_fields
from docplatform.labels.readings import Reading

__all__ = [
    "AUTO",
    "LabelFormat",
    "ParsedLabels",
    "WrittenLabels",
    "export_labels",
    "files_of",
    "formats",
    "read_labels",
]

AUTO = "auto"
_BY_PLACE = frozenset(("di-studio", "di-studio-2024-11-30", "coco", "label-studio"))
_BY_SPAN = frozenset(("azure-language", "conll", "conll-iob1", "conll-bilou"))
_CLASS_KINDS = (TaskKind.SINGLE_LABEL_CLASSIFICATION, TaskKind.DOCUMENT_CLASSIFICATION)
_SPAN_KINDS = (TaskKind.ENTITY_RECOGNITION, TaskKind.FIELD_EXTRACTION)


@cache
def formats() -> Mapping[str, LabelFormat]:
    """Every format by its name, in the order in which they are tried."""
    from docplatform.labels.formats.coco import Coco
    from docplatform.labels.formats.conll import SCHEMES, Conll
    from docplatform.labels.formats.folders import Folders
    from docplatform.labels.formats.json_files import AzureLanguage, OwnLabels
    from docplatform.labels.formats.label_studio import LabelStudio
    from docplatform.labels.formats.studio import DocumentIntelligenceStudio
    from docplatform.labels.formats.table_rows import CsvRows, JsonLines

    known: list[LabelFormat] = [
        OwnLabels(),
        AzureLanguage(),
        DocumentIntelligenceStudio(is_second=False),
        DocumentIntelligenceStudio(is_second=True),
        Coco(),
        LabelStudio(),
        JsonLines(),
        CsvRows(),
        *(Conll(scheme) for scheme in SCHEMES),
        Folders(),
    ]
    return {item.name: item for item in known}


def read_labels(files: LabelFiles, format_name: str = AUTO, kind: TaskKind | None = None) -> ParsedLabels:
    """Parse label files.

    Args:
        files: see ``files_of``.
        format_name: a name of ``formats``; ``auto``: the first that the files look like.
        kind: what the labels are for, where the format leaves it open.

    Raises:
        LabelFileError: (a ``ConfigurationError``) where no format fits, something in the files is wrong, or the labels
            are of another kind.
    """
    if format_name != AUTO and format_name not in formats():
        raise LabelFileError(f"There is no label format {format_name!r}. There are: {', '.join(formats())}.")
    chosen = formats()[format_name] if format_name != AUTO else _sniffed(files)
    parsed = chosen.parse(files, kind)
    if not parsed.label_file.documents:
        raise LabelFileError(f"The label files ({chosen.name}) name no document.")
    label_file = _of_kind(parsed.label_file, kind)
    # a file that says another kind can't be stored as it is
    return replace(parsed, label_file=label_file, source=parsed.source if label_file is parsed.label_file else None)


def export_labels(label_file: LabelFile, format_name: str, readings: Mapping[str, Reading]) -> WrittenLabels:
    """Write labels in a format; see ``LabelFormat.write``. Raises ``LabelFileError``."""
    if format_name not in formats():
        raise LabelFileError(f"There is no label format {format_name!r}. There are: {', '.join(formats())}.")
    return formats()[format_name].write(_prepared(label_file, format_name, readings), readings)


def _prepared(label_file: LabelFile, format_name: str, readings: Mapping[str, Reading]) -> LabelFile:
    """The labels as spans, where the format holds no values, or holds places and some label has none."""
    fields = [item for document in label_file.documents for item in document.fields]
    by_place = format_name in _BY_PLACE and any(not item.places for item in fields)
    if not fields or not (by_place or format_name in _BY_SPAN):
        return label_file
    return place_fields(label_file, readings)[0]


def _sniffed(files: LabelFiles) -> LabelFormat:
    for known in formats().values():
        if known.sniff(files):
            return known
    raise LabelFileError(
        f"These files ({', '.join(list(files)[:5])}{', …' if len(files) > 5 else ''}) look like no label format that "
        f"docplatform knows. Say which with --format: {', '.join(formats())}."
    )


def _of_kind(label_file: LabelFile, kind: TaskKind | None) -> LabelFile:
    """The labels as labels of the kind that was asked for, where they can be."""
    found = label_file.kind
    if kind is None or kind is found:
        return label_file
    is_alike = {kind, found} <= set(_CLASS_KINDS) or {kind, found} <= set(_SPAN_KINDS)
    if is_alike or (kind is TaskKind.MULTI_LABEL_CLASSIFICATION and found is TaskKind.SINGLE_LABEL_CLASSIFICATION):
        return replace(label_file, kind=kind)
    raise LabelFileError(f"The labels are for {found.value}, not for {kind.value}.")


class FolderFiles(Mapping[str, bytes]):
    """The files below a folder, read when asked for. Hidden files and links that lead out of it are left out."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        paths = (path for path in self._folder.rglob("*") if path.is_file())
        relative = (path.relative_to(self._folder) for path in paths if path.resolve().is_relative_to(self._folder))
        self._names = sorted(path.as_posix() for path in relative if not any(p.startswith(".") for p in path.parts))
        self._known = frozenset(self._names)

    def __getitem__(self, name: str) -> bytes:
        if name not in self._known:
            raise KeyError(name)
        return (self._folder / name).read_bytes()

    def __contains__(self, name: object) -> bool:
        return name in self._known

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def files_of(path: Path) -> LabelFiles:
    """The files that ``path`` means: one file, or everything below a folder (read when asked for)."""
    return FolderFiles(path) if path.is_dir() else {path.name: path.read_bytes()}
