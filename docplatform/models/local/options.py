"""The options of the local trainers, as they stand under ``trainer:`` in a project's YAML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from docplatform.errors import ConfigurationError
from docplatform.models.search import SearchOptions


class TextOptions(BaseModel):
    """What every classifier of texts takes."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    regularization: float | None = Field(
        None,
        gt=0,
        description="C of the linear classifier: larger fits closer. Default: 20; of several labels, chosen by "
        "cross-validation.",
    )
    word_ngrams: int = Field(2, ge=1, le=3, description="Longest run of words that is a feature.")
    char_ngrams: int = Field(5, ge=0, le=6, description="Longest run of characters; 0: words only.")
    char_weight: float = Field(1.4, gt=0, description="Weight of characters beside words.")
    max_features: int = Field(100_000, ge=100, description="Most features of words, and of characters.")
    max_characters: int = Field(50_000, ge=100, description="Characters of a text that are looked at.")
    min_confidence: float = Field(0.0, ge=0, le=1, description="Below this confidence the model abstains.")
    abstain_far: float = Field(
        0.0005, ge=0, lt=1, description="Share of texts like the examples that may be abstained from as far from all."
    )


class ClassificationOptions(TextOptions):
    """Options of single- and multi-label classification."""

    search: SearchOptions | None = Field(None, description="Search for hyperparameters under a budget. Default: none.")
    engine: Literal["linear", "embeddings", "auto"] = Field(
        "linear",
        description="`embeddings`: sentence embeddings beside words. `auto`: whichever tells held-out examples better.",
    )
    weights: str | None = Field(
        None, description="Folder of pretrained weights: config.json, model.safetensors, tokenizer.json."
    )
    weights_sha256: str | None = Field(
        None, pattern="^[0-9a-f]{64}$", description="SHA-256 that model.safetensors must have. Default: any."
    )
    max_tokens: int = Field(256, ge=8, le=8_192, description="Tokens of a text that pretrained weights look at.")

    @property
    def told(self) -> str:
        """Those that can change a model, as JSON: not where weights lie."""
        others = {"weights", "weights_sha256", *(("engine", "max_tokens") if self.engine == "linear" else ())}
        return self.model_dump_json(exclude=others)


class TransformerOptions(BaseModel):
    """Options of single-label classification by a fine-tuned transformer."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    engine: Literal["transformer"] = Field("transformer", description="Fine-tune pretrained weights.")
    weights: str | None = Field(
        None, description="Folder of the weights to begin from: config.json, model.safetensors, tokenizer.json."
    )
    weights_sha256: str | None = Field(
        None, pattern="^[0-9a-f]{64}$", description="SHA-256 that model.safetensors must have. Default: any."
    )
    epochs: int = Field(10, ge=1, le=1_000, description="Times that every example is looked at.")
    learning_rate: float = Field(3e-4, gt=0, le=1, description="Greatest step of the optimiser.")
    batch_size: int = Field(16, ge=1, le=1_024, description="Examples of a step.")
    max_tokens: int = Field(128, ge=8, le=512, description="Tokens of a text that are looked at.")
    seed: int = Field(20_221_001, ge=0, le=2**31 - 1, description="Decides all chance in training.")
    max_characters: int = Field(50_000, ge=100, description="Characters of a text that are looked at.")
    min_confidence: float = Field(0.0, ge=0, le=1, description="Below this confidence the model abstains.")
    abstain_far: float = Field(
        0.0005, ge=0, lt=1, description="Share of texts like the examples that may be abstained from as far from all."
    )


class DocumentClassOptions(TextOptions):
    """Options of document classification."""

    abstain_far: float = Field(
        0.00001,
        ge=0,
        lt=1,
        description="Share of documents like the examples that may be abstained from as far from all. Smaller than for "
        "texts: documents of a kind come with letterheads and layouts that no example has.",
    )
    layout: bool = Field(True, description="Look at where words lie too, where that tells held-out documents better.")
    split_packets: bool = Field(True, description="Divide files of several pages into the documents they hold.")


class EntityOptions(BaseModel):
    """Options of entity recognition."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    l1: float | None = Field(None, ge=0, description="L1 penalty of the CRF. Default: chosen by cross-validation.")
    l2: float | None = Field(None, ge=0, description="L2 penalty of the CRF. Default: chosen by cross-validation.")
    min_frequency: int | None = Field(
        None, ge=0, le=100, description="Features seen less often are left out. Default: none, unless searched for."
    )
    recall_bias: float | None = Field(
        None,
        ge=-5,
        le=5,
        description="Log-odds taken from 'no entity' everywhere: more is found, less surely. Default: the one of "
        "greatest F1 in cross-validation.",
    )
    language: str | None = Field(
        None, min_length=2, max_length=3, description="ISO 639-1; whose dictionary is used. Default: detected."
    )
    unlabeled_characters: int = Field(
        5_000_000, ge=0, description="Characters of the project's unlabelled texts that word clusters are learned from."
    )
    max_iterations: int = Field(50, ge=1, le=2_000, description="Most steps of the optimiser.")
    min_confidence: float = Field(0.0, ge=0, le=1, description="Entities below this confidence are left out.")
    search: SearchOptions | None = Field(None, description="Search for hyperparameters under a budget. Default: none.")


class FieldOptions(BaseModel):
    """Options of field extraction."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    l1: float = Field(0.02, ge=0, description="L1 penalty of the CRF.")
    l2: float = Field(0.5, ge=0, description="L2 penalty of the CRF.")
    max_iterations: int = Field(60, ge=1, le=2_000, description="Most steps of the optimiser.")
    search: SearchOptions | None = Field(
        None, description="Search for `l1` and `l2` under a budget, beginning with those given. Default: none."
    )
    form_template: bool = Field(
        True, description="Look for printed words that most examples share, and use fields' places relative to them."
    )
    min_confidence: float = Field(0.0, ge=0, le=1, description="Values below this confidence are left out.")
    least_familiar: float = Field(
        0.45, ge=0, le=1, description="Part of the examples' usual share of known words below which the model abstains."
    )


Options = TypeVar("Options", bound=BaseModel)


def parse_options(options: type[Options], given: Mapping[str, object]) -> Options:
    """Validate what a project gives.

    Raises:
        ConfigurationError: naming each wrong option, what is wrong with it, and every option there is.
    """
    try:
        return options.model_validate(dict(given))
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {_words(e['type'], e['msg'])}" for e in error.errors())
        allowed = ", ".join(options.model_fields)
        raise ConfigurationError(f"Trainer options are wrong: {problems}. Options there are: {allowed}.") from error


def _words(kind: str, message: str) -> str:
    return "no such option" if kind == "extra_forbidden" else message
