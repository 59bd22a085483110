"""What classifiers keep alike: a vocabulary, linear weights over it, how alike texts must be to the examples."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docplatform.models.local.familiarity import Familiarity
from docplatform.models.local.features import TextFeatures
from docplatform.models.local.linear import LinearWeights
from docplatform.models.local.model_folder import (
    Arrays,
    arrays_from_bytes,
    arrays_to_bytes,
    corrupt,
    read_model,
    write_model,
)

_VOCABULARY, _ARRAYS = "vocabulary.json", "weights.npz"


@dataclass(frozen=True)
class ClassifierFiles:
    """The parts of a classifier that go into a model's folder."""

    labels: tuple[str, ...]
    features: TextFeatures
    familiarity: Familiarity
    weights: LinearWeights
    header: dict[str, Any]
    """What else it is, as JSON values."""
    arrays: Arrays
    """And as numbers."""

    def write(self, folder: Path, engine: str) -> None:
        """Write them into an existing folder."""
        vocabulary, idf = self.features.to_files()
        arrays: Arrays = {
            **idf,
            **self.familiarity.to_arrays(),
            "weights": self.weights.weights,
            "bias": self.weights.bias,
            **self.arrays,
        }
        header = {"labels": list(self.labels), **self.header}
        write_model(folder, engine, header, {_VOCABULARY: vocabulary, _ARRAYS: arrays_to_bytes(arrays)})

    @classmethod
    @contextmanager
    def reading(cls, folder: Path, *engines: str) -> Iterator[ClassifierFiles]:
        """Read back what ``write`` wrote; what a model misses in them, or can't make anything of, is damage too.

        Raises:
            PermanentError: (CORRUPT) where files are missing, damaged, or of another engine.
        """
        header, files = read_model(folder, *engines)
        try:
            arrays = arrays_from_bytes(files[_ARRAYS])
            yield cls(
                labels=tuple(header["labels"]),
                features=TextFeatures.from_files(files[_VOCABULARY], arrays),
                familiarity=Familiarity.from_arrays(arrays),
                weights=LinearWeights(arrays["weights"], arrays["bias"]),
                header=header,
                arrays=arrays,
            )
        except (KeyError, ValueError, TypeError) as error:
            raise corrupt(folder, f"{type(error).__name__}: {error}") from error
