"""A folder of pretrained weights in Hugging Face's layout: found, checked, named by its checksums."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from docplatform.errors import ConfigurationError
from docplatform.models.local.options import ClassificationOptions, TransformerOptions

if TYPE_CHECKING:
    from tokenizers import Tokenizer

CONFIG, TENSORS, TOKENIZER = "config.json", "model.safetensors", "tokenizer.json"
POOLING = "1_Pooling/config.json"
"""What a sentence-transformer may have beside them; without it a text is the mean of its tokens."""


@dataclass(frozen=True)
class WeightsFolder:
    """Weights that are there and are those that were asked for."""

    path: Path
    checksums: Mapping[str, str]
    """SHA-256 of each file that counts, by its name below the folder."""

    @classmethod
    def of(cls, options: ClassificationOptions | TransformerOptions) -> WeightsFolder:
        """The folder that a project's options name.

        Raises:
            ConfigurationError: none is named, a file is missing, or ``weights_sha256`` is another one's.
        """
        if options.weights is None:
            raise ConfigurationError(
                f"`engine: {options.engine}` needs `weights`: a folder with {CONFIG}, {TENSORS} and {TOKENIZER}."
            )
        folder = Path(options.weights).expanduser()
        if not folder.is_absolute():
            raise ConfigurationError(f"`weights: {options.weights}` must be a whole path, beginning with / or ~.")
        missing = [name for name in (CONFIG, TENSORS, TOKENIZER) if not (folder / name).is_file()]
        if missing:
            raise ConfigurationError(f"`weights: {options.weights}` holds no {', no '.join(missing)}.")
        names = (CONFIG, TENSORS, TOKENIZER, POOLING)
        checksums = {name: _checksum(folder / name) for name in names if (folder / name).is_file()}
        expected = options.weights_sha256
        if expected is not None and expected != checksums[TENSORS]:
            raise ConfigurationError(
                f"`weights: {options.weights}`: the SHA-256 of {TENSORS} is {checksums[TENSORS]}, and `weights_sha256` "
                f"asks for {expected}. Fetch the right file, or trust this one by writing its own."
            )
        return cls(folder, checksums)

    @property
    def digest(self) -> str:
        """One short name for all of it."""
        return hashlib.sha256(repr(sorted(self.checksums.items())).encode()).hexdigest()[:16]

    def require(self, checksums: Mapping[str, str]) -> None:
        """That these are the weights a model was trained with. Raises ``ConfigurationError`` where they aren't."""
        for name in sorted({*checksums, *self.checksums}):
            was, found = checksums.get(name, "not there"), self.checksums.get(name, "not there")
            if was != found:
                raise ConfigurationError(
                    f"The model was trained with other weights than those in `weights: {self.path}`: the SHA-256 of "
                    f"{name} was {was} and is {found}. Put the former ones back, or train anew."
                )


def open_tokenizer(data: str, max_tokens: int) -> Tokenizer:
    """What a ``tokenizer.json`` holds, set to cut texts at so many tokens. Raises ``ValueError``: it holds none."""
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_str(data)
    except Exception as error:  # tokenizers raises the base class itself
        raise ValueError(f"its {TOKENIZER} can't be read: {error}") from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    return tokenizer


def missing_package(*names: str) -> str | None:
    """The first of some packages that isn't installed."""
    return next((name for name in names if find_spec(name) is None), None)


def _checksum(path: Path) -> str:
    state = path.stat()
    return _checksum_of(path, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=64)
def _checksum_of(path: Path, _size: int, _modified: int) -> str:
    """Once per state of a file: a trainer's fingerprint is asked for at every tick of a sensor."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
