"""Fine-tuning a pretrained transformer to tell classes apart, on the processor, with torch (extra ``torch``).

Belongs here: everything that touches torch and transformers. Doesn't: examples, calibration, files (``transformer``).
Imported when a model is trained or loaded, never before. Nothing is fetched and no code of a weights folder is run.

The head sees the mean of the last hidden states, as sentence-transformers do: the first token, which BERT's own head
sees, means nothing yet in weights that were trained as those.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError
from safetensors.torch import load as tensors_of
from safetensors.torch import save as bytes_of
from tokenizers import Tokenizer
from transformers import AutoConfig, AutoModel
from transformers.utils.logging import disable_progress_bar

from docplatform.errors import ConfigurationError
from docplatform.models.local.options import TransformerOptions
from docplatform.models.local.weights import CONFIG, TENSORS, TOKENIZER, open_tokenizer

disable_progress_bar()  # progress is told line by line

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_WARM_UP = 0.1
"""Share of the steps in which the learning rate rises to its full height; it falls to nothing in the others."""
_WEIGHT_DECAY = 0.01
_LONGEST_GRADIENT = 1.0
"""As in BERT's own fine-tuning (Devlin et al. 2019, appendix A.3), with the gradient clipped."""
_LENGTHS = 16
"""Batches among which examples are put together by length, so that little is padded."""


@dataclass(frozen=True)
class FineTuned:
    """A transformer with a head that scores classes."""

    module: Any
    """``backbone`` and ``head``."""
    tokenizer: Tokenizer
    max_tokens: int

    @classmethod
    def begin(cls, folder: Path, classes: int, options: TransformerOptions) -> FineTuned:
        """The pretrained weights of a folder, and a head that knows nothing yet.

        Raises:
            ConfigurationError: the folder's weights can't be used; says why.
        """
        try:
            backbone = AutoModel.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False, use_safetensors=True, dtype=torch.float32
            )
            return cls._of(backbone, classes, (folder / TOKENIZER).read_text("utf-8"), options.max_tokens)
        except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
            raise ConfigurationError(f"`weights: {folder}` can't be used: {error}") from error

    @classmethod
    def from_files(cls, files: dict[str, bytes], classes: int, max_tokens: int) -> FineTuned:
        """Read back what ``to_files`` gave. Raises ``KeyError``, ``ValueError`` or ``RuntimeError``: not such."""
        config = json.loads(files[CONFIG])
        backbone = AutoModel.from_config(AutoConfig.for_model(**config), trust_remote_code=False)
        found = cls._of(backbone, classes, files[TOKENIZER].decode(), max_tokens)
        found.module.load_state_dict(tensors_of(files[TENSORS]))
        return found

    @classmethod
    def _of(cls, backbone: Any, classes: int, tokenizer: str, max_tokens: int) -> FineTuned:
        head = torch.nn.Linear(backbone.config.hidden_size, classes)
        longest = getattr(backbone.config, "max_position_embeddings", max_tokens)
        reader = open_tokenizer(tokenizer, min(max_tokens, longest))
        return cls(torch.nn.ModuleDict({"backbone": backbone, "head": head}).eval(), reader, max_tokens)

    def to_files(self) -> dict[str, bytes]:
        """Weights, configuration and tokenizer, without a trace of where the pretrained weights lay."""
        config = {k: v for k, v in self.module["backbone"].config.to_dict().items() if k != "_name_or_path"}
        return {
            TENSORS: bytes_of(self.module.state_dict(), metadata={"format": "pt"}),
            CONFIG: json.dumps(config, sort_keys=True).encode(),
            TOKENIZER: self.tokenizer.to_str().encode(),
        }

    def scores(self, texts: Sequence[str]) -> Floats:
        """Of each class, one row per text. Text by text: together they would differ in their last bits."""
        with _one_thread(), torch.inference_mode():
            rows = [self._forward([ids])[0].double().numpy() for ids in self._ids(texts)]
        return np.array(rows).reshape(len(texts), self.module["head"].out_features)

    def fit(self, texts: Sequence[str], truth: Ints, options: TransformerOptions, tell: Callable[[str], None]) -> None:
        """Train all weights on these texts, each class weighted by its rarity; the seed decides all chance."""
        ids, classes = self._ids(texts), torch.from_numpy(truth)
        rarity = torch.bincount(classes, minlength=self.module["head"].out_features).clamp(min=1).float().reciprocal()
        loss = torch.nn.CrossEntropyLoss(weight=rarity / rarity.mean())
        batches = -(-len(ids) // options.batch_size)
        optimizer = torch.optim.AdamW(self.module.parameters(), options.learning_rate, weight_decay=_WEIGHT_DECAY)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, _rate(batches * options.epochs))
        began = time.monotonic()
        self.module.train()
        for epoch in range(1, options.epochs + 1):
            total = 0.0
            for batch in _batches([len(one) for one in ids], options.batch_size):
                value = loss(self._forward([ids[index] for index in batch]), classes[batch])
                optimizer.zero_grad()
                value.backward()
                torch.nn.utils.clip_grad_norm_(self.module.parameters(), _LONGEST_GRADIENT)
                optimizer.step()
                schedule.step()
                total += value.item()
            tell(f"epoch {epoch} of {options.epochs}: loss {total / batches:.4f}, {time.monotonic() - began:.0f} s")
        self.module.eval()

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        readable = [text.encode("utf-8", "replace").decode() for text in texts]  # no lone surrogates
        return [self.tokenizer.encode(text).ids or [0] for text in readable]

    def _forward(self, ids: Sequence[Sequence[int]]) -> Any:
        longest, pad = max(map(len, ids)), self.module["backbone"].config.pad_token_id or 0
        tokens = torch.tensor([[*one, *[pad] * (longest - len(one))] for one in ids])
        mask = torch.tensor([[1] * len(one) + [0] * (longest - len(one)) for one in ids])
        states = self.module["backbone"](input_ids=tokens, attention_mask=mask).last_hidden_state
        weight = mask.unsqueeze(-1).to(states.dtype)
        return self.module["head"]((states * weight).sum(dim=1) / weight.sum(dim=1))


def fine_tune(
    folder: Path,
    texts: Sequence[str],
    truth: Ints,
    classes: int,
    options: TransformerOptions,
    tell: Callable[[str], None],
) -> FineTuned:
    """A transformer fine-tuned on texts: the same for the same texts in the same order."""
    with _one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(options.seed)
        model = FineTuned.begin(folder, classes, options)
        model.fit(texts, truth, options, tell)
    return model


def _rate(steps: int) -> Callable[[int], float]:
    rising = max(1, round(steps * _WARM_UP))
    return lambda step: min((step + 1) / rising, max(0, steps - step) / max(1, steps - rising))


def _batches(lengths: Sequence[int], size: int) -> Iterator[list[int]]:
    """Every index once: by chance, but beside others of about its length."""
    order = torch.randperm(len(lengths)).tolist()
    window = size * _LENGTHS
    near = [sorted(order[start : start + window], key=lengths.__getitem__) for start in range(0, len(order), window)]
    alike = [part[start : start + size] for part in near for start in range(0, len(part), size)]
    return (alike[index] for index in torch.randperm(len(alike)).tolist())


@contextmanager
def _one_thread() -> Iterator[None]:
    """More would add in another order on another machine, and fight with the other workers of this one."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
