"""Opening a bundle. It may come from anywhere, so everything is held against the manifest before anything is used.

Refused are: a file outside the manifest or not what it says, names that lead elsewhere (``..``, absolute, backslashes),
links, encrypted or oversized entries, and model files that are pickles or of an engine that the project's trainer
doesn't load. Documents are never held whole, of models one version.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO

import yaml
from pydantic import ValidationError

from docplatform.errors import PermanentError, ReasonCode
from docplatform.labels.projects import ModelProject
from docplatform.labels.stored import parse_labels
from docplatform.models.factory import trainer_for
from docplatform.registry.base import checksum
from docplatform.training.bundles import CHUNK, DOCUMENTS, FORMAT, LABELS, MANIFEST, PROJECT

MAX_BYTES = 8 * 1024**3
"""Most bytes that a bundle may unpack to."""
MAX_ENTRIES = 200_000
MAX_HELD_BYTES = 2**30
"""Most bytes of a file that is held whole: what isn't a document, or a table."""
_PICKLE = re.compile(rb"\A\x80[\x02-\x05]")
_PICKLE_NAMES = (".pkl", ".pickle", ".joblib", ".pt", ".pth", ".bin.index.pkl")
_VERSION = re.compile(r"models/([1-9]\d{0,8})/version\.json")


@dataclass(frozen=True)
class Bundle:
    """An open bundle whose files are what its manifest says."""

    archive: zipfile.ZipFile
    files: frozenset[str]
    project: ModelProject
    versions: Mapping[int, dict[str, Any]]
    """Number in the bundle to what it says of the version."""

    @property
    def name(self) -> str:
        """The project's."""
        return self.project.name

    def read(self, path: str) -> bytes:
        """A file, held whole. Raises ``PermanentError`` where it is too large for that."""
        return _held(self.archive, path)

    def read_json(self, path: str) -> dict[str, Any]:
        """An object; an empty one where there is no such file."""
        return _parsed(self.read(path), path) if path in self.files else {}

    def open(self, path: str) -> IO[bytes]:
        """A file, to be read piece by piece."""
        return self.archive.open(path)

    @contextmanager
    def model_folder(self, version: int) -> Iterator[Path]:
        """A version's files in a folder that is gone afterwards."""
        root = _root(version)
        with tempfile.TemporaryDirectory(prefix="docplatform-bundle-") as folder:
            for path in sorted(path for path in self.files if path.startswith(root)):
                target = Path(folder) / path.removeprefix(root)
                target.parent.mkdir(parents=True, exist_ok=True)
                with self.open(path) as source, target.open("wb") as file:
                    shutil.copyfileobj(source, file, CHUNK)
            yield Path(folder)

    @property
    def label_file(self) -> bytes:
        """The label file."""
        return self.read(next(path for path in self.files if path.startswith(f"{LABELS}/")))

    @property
    def documents(self) -> dict[str, str]:
        """Location, as the label file says it, to path in the bundle."""
        return {location: path for path, location in self.read_json(DOCUMENTS).items() if path in self.files}


@contextmanager
def open_bundle(source: Path | BinaryIO) -> Iterator[Bundle]:
    """Open a bundle and check everything in it that can be checked without using it.

    Raises:
        PermanentError: (CORRUPT) it isn't a bundle, or isn't what its manifest says; the message says what is wrong.
    """
    with ExitStack() as opened:
        try:
            archive = opened.enter_context(zipfile.ZipFile(source))
            bundle = _checked(archive)
        except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError) as error:
            raise refused(f"it can't be unzipped, so it is damaged or not complete ({error})") from error
        yield bundle


def _checked(archive: zipfile.ZipFile) -> Bundle:
    files = _entries(archive)
    if MANIFEST not in files:
        raise refused(f"it holds no {MANIFEST}")
    manifest = _parsed(_held(archive, MANIFEST), MANIFEST)
    if manifest.get("format") != FORMAT:
        raise refused(f"its format is {manifest.get('format')!r}, this docplatform reads {FORMAT}")
    files -= {MANIFEST}
    _check_manifest(archive, files, manifest.get("files") or {})
    project = _project(archive, files, str(manifest.get("project")))
    numbers = sorted(int(found[1]) for path in files if (found := _VERSION.fullmatch(path)))
    versions = {n: _parsed(_held(archive, p), p) for n in numbers for p in [f"models/{n}/version.json"]}
    bundle = Bundle(archive, frozenset(files), project, versions)
    for number in versions:
        _check_model(bundle, number)
    return bundle


def _entries(archive: zipfile.ZipFile) -> set[str]:
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_BYTES:
        raise refused(f"it holds more than {MAX_ENTRIES} files or {MAX_BYTES // 1024**3} GiB")
    files: set[str] = set()
    for entry in entries:
        if entry.flag_bits & 1 or stat.S_ISLNK(entry.external_attr >> 16) or entry.is_dir():
            raise refused(f"{entry.filename!r} is a link, a folder or encrypted")
        if not _is_safe(entry.filename) or entry.filename in files:
            raise refused(f"{entry.filename!r} leads elsewhere or stands there twice")
        files.add(entry.filename)
    return files


def _is_safe(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return (
        bool(parts)
        and not name.startswith("/")
        and not {"..", "."} & set(name.split("/"))
        and "" not in name.split("/")
        and not re.search(r"[\\:\x00-\x1f]", name)
    )


def _check_manifest(archive: zipfile.ZipFile, files: set[str], declared: Mapping[str, str]) -> None:
    if files != declared.keys():
        odd = sorted(files ^ declared.keys())
        raise refused(f"its manifest doesn't speak of the same files: {', '.join(odd[:3])}")
    for path in sorted(files):
        digest = hashlib.sha256()
        with archive.open(path) as stream:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
        if digest.hexdigest() != declared[path]:
            raise refused(f"{path} isn't what the manifest says")


def _check_model(bundle: Bundle, number: int) -> None:
    """Checksum, no pickles, and an engine that the project's trainer loads."""
    root, about = _root(number), bundle.versions[number]
    files = {path.removeprefix(root): bundle.read(path) for path in bundle.files if path.startswith(root)}
    if checksum(files) != about.get("checksum"):
        raise refused(f"the files of model {number} aren't those that were registered")
    for path, data in files.items():
        if path.lower().endswith(_PICKLE_NAMES) or _PICKLE.match(data):
            raise refused(f"model {number} holds a pickle ({path}), which would run code when loaded")
    del files
    with bundle.model_folder(number) as folder:
        trainer_for(bundle.project).load(folder)


def _root(version: int) -> str:
    return f"models/{version}/files/"


def _project(archive: zipfile.ZipFile, files: set[str], name: str) -> ModelProject:
    labels = [path for path in files if path.startswith(f"{LABELS}/")]
    if PROJECT not in files or len(labels) != 1:
        raise refused(f"it must hold {PROJECT} and one label file")
    try:
        values = yaml.safe_load(_held(archive, PROJECT))
        project = ModelProject.model_validate({**values, "name": name})
    except (yaml.YAMLError, TypeError, ValidationError) as error:
        raise refused(f"{PROJECT} is no project: {error}") from error
    if not _is_safe(project.labels):
        raise refused(f"{PROJECT} names a label file that leads elsewhere: {project.labels!r}")
    parse_labels(_held(archive, labels[0]))
    return project


def _held(archive: zipfile.ZipFile, path: str) -> bytes:
    if archive.getinfo(path).file_size > MAX_HELD_BYTES:
        raise refused(f"{path} has more than {MAX_HELD_BYTES // 2**20} MiB")
    return archive.read(path)


def _parsed(data: bytes, path: str) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except ValueError as error:
        raise refused(f"{path} is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise refused(f"{path} must hold an object")
    return value


def refused(what: str) -> PermanentError:
    """The error for a bundle that isn't taken."""
    return PermanentError(f"The bundle is refused: {what}.", reason=ReasonCode.CORRUPT)
