"""Sentence embeddings of pretrained weights, without torch: what the few-shot engine sees beside words.

Sentence-BERT (Reimers and Gurevych 2019): the mean of a text's last hidden states, of unit length. Needs the extra
``embeddings`` (packages tokenizers and safetensors), imported when an encoder is opened.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from docplatform.errors import ConfigurationError
from docplatform.models.local.bert import Bert
from docplatform.models.local.options import ClassificationOptions
from docplatform.models.local.weights import (
    CONFIG,
    POOLING,
    TENSORS,
    TOKENIZER,
    WeightsFolder,
    missing_package,
    open_tokenizer,
)

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from tokenizers import Tokenizer

Floats32 = npt.NDArray[np.float32]

_PACKAGES = ("tokenizers", "safetensors")
_BATCH_TOKENS = 1_024
"""Tokens that go through a layer at once (87 texts a second; 76 with 256, no more with 4,096)."""
_WEIGHT = 4.0
"""Length of an embedding beside the word and character features of a text (lengths 1 and 1.4). Held-out texts of
banking77, 10 a class, three draws: .840 at 3, .843 at 4, .839 at 6; the first draw: .732 without, .829 at 4, .818 by
embeddings alone."""


@dataclass(frozen=True)
class SentenceEncoder:
    """Texts to vectors. ``embed`` depends on each text alone."""

    weights: WeightsFolder
    tokenizer: Tokenizer
    bert: Bert
    by_first_token: bool
    """The state of the first token stands for the text, instead of the mean of all."""
    max_tokens: int

    @classmethod
    def open(cls, weights: WeightsFolder, max_tokens: int) -> SentenceEncoder:
        """Read the weights; those read last are kept for who asks next.

        Args:
            weights: The folder.
            max_tokens: Tokens of a text that are looked at, at most as many as the weights have positions for.

        Raises:
            ConfigurationError: a package is missing, or the weights are of an architecture that can't be run.
        """
        _require_packages()
        return _opened(weights.path, tuple(sorted(weights.checksums.items())), max_tokens)

    def embed(self, texts: Sequence[str]) -> Floats32:
        """One row of unit length per text. Texts of equally many tokens go through together, so none is padded."""
        found = np.zeros((len(texts), self.bert.width), dtype=np.float32)
        readable = [text.encode("utf-8", "replace").decode() for text in texts]  # no lone surrogates
        ids = [self.tokenizer.encode(text).ids for text in readable]  # encode_batch would start threads of its own
        alike: dict[int, list[int]] = defaultdict(list)
        for index, tokens in enumerate(ids):
            alike[len(tokens)].append(index)
        for length, indices in alike.items():
            step = max(1, _BATCH_TOKENS // max(1, length))
            for start in range(0, len(indices) if length else 0, step):
                batch = indices[start : start + step]
                found[batch] = self._pooled(np.array([ids[index] for index in batch]))
        return found

    def _pooled(self, ids: npt.NDArray[np.int64]) -> Floats32:
        states = self.bert(ids)
        pooled: Floats32 = states[:, 0] if self.by_first_token else states.mean(axis=1)
        pooled /= np.sqrt(np.maximum(np.square(pooled).sum(axis=1, keepdims=True), np.float32(1e-12)))
        return pooled

    def rows(self, texts: Sequence[str]) -> csr_matrix:
        """The texts' embeddings as features, to stand ``beside`` those of their words."""
        from scipy.sparse import csr_matrix

        return csr_matrix(self.embed(texts) * np.float32(_WEIGHT))

    def to_header(self) -> dict[str, Any]:
        """What a saved model tells of its encoder; the weights themselves stay where they are."""
        return {"weights": dict(self.weights.checksums), "max_tokens": self.max_tokens}

    @classmethod
    def from_header(cls, header: dict[str, Any], options: ClassificationOptions) -> SentenceEncoder:
        """The encoder of a saved model, from the folder that the project names now.

        Raises:
            ConfigurationError: no folder is named, or its weights aren't those that the model was trained with.
        """
        if options.weights is None:
            raise ConfigurationError(
                "The model sees sentence embeddings: name the folder of their weights in `trainer: {weights: …}` as "
                f"long as it serves ({TENSORS} has the SHA-256 {header['weights'][TENSORS]})."
            )
        weights = WeightsFolder.of(options.model_copy(update={"weights_sha256": None}))
        weights.require(header["weights"])
        return cls.open(weights, int(header["max_tokens"]))


def beside(lexical: csr_matrix, embeddings: csr_matrix) -> csr_matrix:
    """Features of texts' words, and of their embeddings, as rows of one matrix."""
    from scipy.sparse import hstack

    return hstack([lexical, embeddings], format="csr")


def weights_of(options: ClassificationOptions) -> WeightsFolder | None:
    """The weights that the options' engine uses; None: it uses none.

    Raises ``ConfigurationError`` where they are asked for and can't be used.
    """
    if options.engine == "linear" or why_nothing_to_choose(options):
        return None
    _require_packages()
    return WeightsFolder.of(options)


def why_nothing_to_choose(options: ClassificationOptions) -> str | None:
    """Why `engine: auto` has only one engine here; None where it has two, or another engine is asked for."""
    if options.engine != "auto":
        return None
    if options.weights is None:
        return "the project names no `weights`"
    missing = missing_package(*_PACKAGES)
    return f"the package {missing} isn't installed" if missing else None


def _require_packages() -> None:
    if missing := missing_package(*_PACKAGES):
        raise ConfigurationError(f"The package {missing} isn't installed: pip install 'docplatform[embeddings]'.")


@lru_cache(maxsize=1)
def _opened(folder: Path, checksums: tuple[tuple[str, str], ...], max_tokens: int) -> SentenceEncoder:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    weights = WeightsFolder(folder, dict(checksums))
    try:
        bert = Bert.of(json.loads((folder / CONFIG).read_text("utf-8")), load_file(folder / TENSORS))
        pooling = json.loads((folder / POOLING).read_text("utf-8")) if POOLING in weights.checksums else {}
        tokenizer = open_tokenizer((folder / TOKENIZER).read_text("utf-8"), min(max_tokens, bert.longest))
        return SentenceEncoder(weights, tokenizer, bert, _by_first_token(pooling), max_tokens)
    except (ValueError, KeyError, TypeError, SafetensorError) as error:
        raise ConfigurationError(f"`weights: {folder}` can't be used: {error}.") from error


def _by_first_token(pooling: dict[str, Any]) -> bool:
    """How the weights were trained to stand for a text. Raises ``ValueError`` for a way that isn't supported."""
    modes = {name for name, on in pooling.items() if name.startswith("pooling_mode_") and on}
    if modes <= {"pooling_mode_mean_tokens"}:
        return False
    if modes == {"pooling_mode_cls_token"}:
        return True
    raise ValueError(f"it pools by {', '.join(sorted(modes))}; only the mean and the first token are supported")
