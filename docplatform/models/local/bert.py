"""A BERT encoder's forward pass in numpy (Devlin et al. 2019, *BERT*): its last hidden states, without torch.

Belongs here: the sums, and which configurations they are right for. Doesn't: files, texts and tokens
(``sentence_encoder``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats32 = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

_ERF = (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)
_ERF_SCALE = 0.3275911
"""The error function to 1.5e-7 (Abramowitz and Stegun, 7.1.26), about 32-bit's own precision; SciPy's took twice the
time of the matrix product beside it."""


@dataclass(frozen=True)
class Linear:
    """A layer's weights (inputs x outputs) and bias."""

    weights: Floats32
    bias: Floats32

    def __call__(self, states: Floats32) -> Floats32:
        """One product per text: what a text comes out as must not depend on those beside it, to the last bit."""
        out: Floats32 = states @ self.weights
        out += self.bias
        return out


@dataclass(frozen=True)
class LayerNorm:
    """Layer normalisation over the last axis."""

    gain: Floats32
    bias: Floats32
    epsilon: np.float32

    def __call__(self, states: Floats32) -> Floats32:
        """Each state centred, of unit variance, then scaled and shifted."""
        centred: Floats32 = states - states.mean(axis=-1, keepdims=True)
        centred /= np.sqrt(np.square(centred).mean(axis=-1, keepdims=True) + self.epsilon)
        centred *= self.gain
        centred += self.bias
        return centred


@dataclass(frozen=True)
class Layer:
    """One transformer block."""

    heads: int
    query_key_value: Linear
    attended: Linear
    attended_norm: LayerNorm
    intermediate: Linear
    output: Linear
    output_norm: LayerNorm

    def __call__(self, states: Floats32) -> Floats32:
        """The states of the next layer."""
        states = self.attended_norm(states + self.attended(self._attention(states)))
        return self.output_norm(states + self.output(gelu(self.intermediate(states))))

    def _attention(self, states: Floats32) -> Floats32:
        texts, tokens, width = states.shape
        parts = self.query_key_value(states).reshape(texts, tokens, 3, self.heads, width // self.heads)
        query, key, value = (parts[:, :, part].transpose(0, 2, 1, 3) for part in range(3))
        weights: Floats32 = query @ key.transpose(0, 1, 3, 2)
        weights *= np.float32((width // self.heads) ** -0.5)
        weights -= weights.max(axis=-1, keepdims=True)
        np.exp(weights, out=weights)
        weights /= weights.sum(axis=-1, keepdims=True)
        return np.asarray((weights @ value).transpose(0, 2, 1, 3).reshape(texts, tokens, width))


@dataclass(frozen=True)
class Bert:
    """An encoder."""

    words: Floats32
    """Embedding of each token id."""
    positions: Floats32
    """Embedding of each position, that of the first segment included."""
    norm: LayerNorm
    layers: tuple[Layer, ...]

    @classmethod
    def of(cls, config: Mapping[str, Any], tensors: Mapping[str, npt.NDArray[Any]]) -> Bert:
        """From a Hugging Face ``config.json`` and the tensors of its ``model.safetensors``.

        Raises:
            ValueError: where the configuration is of another architecture than these sums; says what.
            KeyError: where a tensor or an entry of the configuration is missing.
        """
        for key, expected in (("model_type", "bert"), ("hidden_act", "gelu"), ("position_embedding_type", "absolute")):
            if (found := config.get(key, expected)) != expected:
                raise ValueError(f"its {key} is {found!r}, and only {expected!r} can be run without torch")
        read = _Reader(tensors, "bert." if "bert.embeddings.LayerNorm.weight" in tensors else "", config)
        return cls(
            read("embeddings.word_embeddings.weight"),
            read("embeddings.position_embeddings.weight") + read("embeddings.token_type_embeddings.weight")[0],
            read.norm("embeddings.LayerNorm"),
            tuple(read.layer(f"encoder.layer.{index}.") for index in range(int(config["num_hidden_layers"]))),
        )

    @property
    def width(self) -> int:
        """Numbers of a hidden state."""
        return int(self.words.shape[1])

    @property
    def longest(self) -> int:
        """Most tokens of a text."""
        return len(self.positions)

    def __call__(self, ids: Ints) -> Floats32:
        """The last hidden states (texts x tokens x width) of texts (texts x tokens) that are equally long."""
        states = self.norm(self.words[ids] + self.positions[: ids.shape[1]])
        for layer in self.layers:
            states = layer(states)
        return states


@dataclass(frozen=True)
class _Reader:
    tensors: Mapping[str, npt.NDArray[Any]]
    prefix: str
    config: Mapping[str, Any]

    def __call__(self, name: str) -> Floats32:
        return np.asarray(self.tensors[self.prefix + name], dtype=np.float32)

    def linear(self, *names: str) -> Linear:
        """Layers that see the same states are one, side by side."""
        weights = np.concatenate([self(f"{name}.weight") for name in names])
        return Linear(np.ascontiguousarray(weights.T), np.concatenate([self(f"{name}.bias") for name in names]))

    def norm(self, name: str) -> LayerNorm:
        return LayerNorm(self(f"{name}.weight"), self(f"{name}.bias"), np.float32(self.config["layer_norm_eps"]))

    def layer(self, name: str) -> Layer:
        own = f"{name}attention.self."
        return Layer(
            heads=int(self.config["num_attention_heads"]),
            query_key_value=self.linear(f"{own}query", f"{own}key", f"{own}value"),
            attended=self.linear(f"{name}attention.output.dense"),
            attended_norm=self.norm(f"{name}attention.output.LayerNorm"),
            intermediate=self.linear(f"{name}intermediate.dense"),
            output=self.linear(f"{name}output.dense"),
            output_norm=self.norm(f"{name}output.LayerNorm"),
        )


def gelu(values: Floats32) -> Floats32:
    """Gaussian error linear unit, x Φ(x) (Hendrycks and Gimpel 2016)."""
    size = np.abs(values)
    size *= np.float32(0.5**0.5)
    part = 1 / (1 + np.float32(_ERF_SCALE) * size)
    tail = np.full_like(part, _ERF[-1])
    for factor in (*_ERF[-2::-1], 0.0):
        tail *= part
        tail += np.float32(factor)
    np.square(size, out=size)
    np.negative(size, out=size)
    tail *= np.exp(size, out=size)  # 1 - erf(|x| / √2)
    tail *= np.float32(0.5)
    return np.asarray(values * np.where(values < 0, tail, 1 - tail), dtype=np.float32)
