"""The folder a local model is kept in: ``model.json`` and the files it names with their SHA-256.

The checksums matter beyond good order: CRFsuite maps its file into memory unchecked, so a truncated one would end the
process instead of raising.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from docplatform.errors import PermanentError, ReasonCode

FORMAT = 1
_HEADER = "model.json"

Arrays = dict[str, npt.NDArray[Any]]


def write_model(folder: Path, engine: str, header: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
    """Write a model's files, then ``model.json``.

    Args:
        folder: An existing folder.
        engine: Name of the format of ``files``; ``read_model`` refuses any other.
        header: What else the model is, as JSON values.
        files: Bytes by file name.
    """
    for name, data in files.items():
        (folder / name).write_bytes(data)
    checksums = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}
    document = {"format": FORMAT, "engine": engine, **header, "files": checksums}
    (folder / _HEADER).write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def engine_of(folder: Path) -> str:
    """The engine that ``model.json`` names; empty where that can't be read, as ``read_model`` will say."""
    try:
        return str(json.loads((folder / _HEADER).read_text(encoding="utf-8"))["engine"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def read_model(folder: Path, *engines: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Read what ``write_model`` wrote: the header and the files of a model of one of these engines.

    Raises:
        PermanentError: (CORRUPT) where a file is missing, differs from its checksum, or is of another engine.
    """
    try:
        header = json.loads((folder / _HEADER).read_text(encoding="utf-8"))
        found, checksums = (header["format"], header["engine"]), dict(header["files"])
        files = {name: (folder / Path(name).name).read_bytes() for name in checksums}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise corrupt(folder, f"{type(error).__name__}: {error}") from error
    if found not in [(FORMAT, engine) for engine in engines]:
        expected = " or ".join(map(repr, engines))
        raise corrupt(folder, f"format {found[0]} of engine {found[1]!r}, expected {FORMAT} of {expected}")
    for name, data in files.items():
        if hashlib.sha256(data).hexdigest() != checksums[name]:
            raise corrupt(folder, f"{name} differs from its checksum")
    return header, files


def corrupt(folder: Path, what: str) -> PermanentError:
    """The error for a model folder that can't be read."""
    return PermanentError(
        f"The model in {folder} can't be read ({what}): fetch it again from the registry or train it anew.",
        reason=ReasonCode.CORRUPT,
    )


def arrays_to_bytes(arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """Numbers as an ``.npz``."""
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **dict(arrays))
    return buffer.getvalue()


def arrays_from_bytes(data: bytes) -> Arrays:
    """Numbers from an ``.npz``; pickled objects in it are refused (``ValueError``)."""
    with np.load(io.BytesIO(data), allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}
