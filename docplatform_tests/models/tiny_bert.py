"""A folder of BERT weights in Hugging Face's layout, a few kilobytes, made from a seed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

WIDTH, LAYERS, HEADS, INTERMEDIATE, POSITIONS = 16, 2, 2, 32, 64
_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")


def write_tiny_bert(
    folder: Path,
    words: Sequence[str],
    *,
    alike: Sequence[Sequence[str]] = (),
    seed: int = 7,
    config: Mapping[str, object] | None = None,
    pooling: Mapping[str, bool] | None = None,
) -> Path:
    """Write ``config.json``, ``model.safetensors`` and ``tokenizer.json`` into a new folder; hand it out.

    Args:
        folder: To make.
        words: Of the vocabulary, lower case.
        alike: Groups of words that mean the same: one embedding each group, and a large one.
        seed: Of the weights.
        config: Entries of ``config.json`` to set otherwise.
        pooling: What ``1_Pooling/config.json`` is to say; None: no such file.
    """
    from safetensors.numpy import save_file

    vocabulary = [*_SPECIAL, *dict.fromkeys([*words, *(word for group in alike for word in group)])]
    folder.mkdir(parents=True)
    settings = {
        "model_type": "bert",
        "hidden_act": "gelu",
        "hidden_size": WIDTH,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "intermediate_size": INTERMEDIATE,
        "max_position_embeddings": POSITIONS,
        "type_vocab_size": 2,
        "vocab_size": len(vocabulary),
        "layer_norm_eps": 1e-12,
        "pad_token_id": 0,
        **(config or {}),
    }
    (folder / "config.json").write_text(json.dumps(settings))
    save_file(_tensors(vocabulary, alike, seed), folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "tokenizer.json").write_text(_tokenizer(vocabulary))
    if pooling is not None:
        (folder / "1_Pooling").mkdir()
        (folder / "1_Pooling/config.json").write_text(json.dumps(pooling))
    return folder


def _tensors(vocabulary: list[str], alike: Sequence[Sequence[str]], seed: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    shapes = {
        "embeddings.word_embeddings.weight": (len(vocabulary), WIDTH),
        "embeddings.position_embeddings.weight": (POSITIONS, WIDTH),
        "embeddings.token_type_embeddings.weight": (2, WIDTH),
        "pooler.dense.weight": (WIDTH, WIDTH),
        "pooler.dense.bias": (WIDTH,),
    }
    norms = ["embeddings.LayerNorm"]
    for layer in (f"encoder.layer.{index}." for index in range(LAYERS)):
        blocks = {f"attention.self.{part}": (WIDTH, WIDTH) for part in ("query", "key", "value")}
        blocks |= {
            "attention.output.dense": (WIDTH, WIDTH),
            "intermediate.dense": (INTERMEDIATE, WIDTH),
            "output.dense": (WIDTH, INTERMEDIATE),
        }
        for name, (out, given) in blocks.items():
            shapes |= {f"{layer}{name}.weight": (out, given), f"{layer}{name}.bias": (out,)}
        norms += [f"{layer}attention.output.LayerNorm", f"{layer}output.LayerNorm"]
    tensors = {name: random.normal(0, 0.3, shape).astype(np.float32) for name, shape in sorted(shapes.items())}
    for name in norms:
        tensors[f"{name}.weight"] = (1 + random.normal(0, 0.1, WIDTH)).astype(np.float32)
        tensors[f"{name}.bias"] = random.normal(0, 0.1, WIDTH).astype(np.float32)
    for group in alike:
        meaning = random.normal(0, 2, WIDTH).astype(np.float32)
        tensors["embeddings.word_embeddings.weight"][[vocabulary.index(word) for word in group]] = meaning
    return tensors


def _tokenizer(vocabulary: list[str]) -> str:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    ids = {word: index for index, word in enumerate(vocabulary)}
    made = Tokenizer(models.WordPiece(ids, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.add_special_tokens(list(_SPECIAL))
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", ids["[CLS]"]), ("[SEP]", ids["[SEP]"])]
    )
    return made.to_str()
