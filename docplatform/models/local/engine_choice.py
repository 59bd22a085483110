"""Words alone, or words with sentence embeddings beside them: which engine a text classifier is of, and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from docplatform.models.local.options import ClassificationOptions
from docplatform.models.local.sentence_encoder import SentenceEncoder, weights_of, why_nothing_to_choose
from docplatform.models.local.threads import engine_versions

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


class EngineChoice(NamedTuple):
    """An engine."""

    encoder: SentenceEncoder | None
    """None: words alone."""
    embeddings: csr_matrix | None
    """Rows of the texts it was chosen on; None: words alone."""
    reason: str
    """What `engine: auto` chose and why, as a sentence; empty where the project names its engine."""

    def to_header(self) -> dict[str, Any]:
        """What a saved model tells of it."""
        encoder = {} if self.encoder is None else {"encoder": self.encoder.to_header()}
        return {**encoder, **({"engine_choice": self.reason} if self.reason else {})}

    @classmethod
    def from_header(cls, header: dict[str, Any], options: ClassificationOptions) -> EngineChoice:
        """Of a saved model, with the weights that the project names now. Raises ``ConfigurationError``: not those."""
        encoder = SentenceEncoder.from_header(header["encoder"], options) if "encoder" in header else None
        return cls(encoder, None, str(header.get("engine_choice", "")))

    def seen(self, lexical: csr_matrix, texts: Sequence[str], max_characters: int) -> csr_matrix:
        """All that the engine sees of texts whose words' features these are."""
        if self.encoder is None:
            return lexical
        return beside(lexical, self.encoder.rows([text[:max_characters] for text in texts]))


LINEAR = EngineChoice(None, None, "")


def choose_engine(
    options: ClassificationOptions, texts: Sequence[str], score: Callable[[csr_matrix | None], float], measure: str
) -> EngineChoice:
    """The engine the options name; of `auto` the one that tells held-out examples better, words alone at a tie.

    Args:
        options: Of the project.
        texts: All that will be embedded in training.
        score: Of the texts' embeddings beside words, or of words alone (None), on held-out examples; more is better.
        measure: What ``score`` is, for the reason.

    Raises:
        ConfigurationError: embeddings are asked for and can't be had.
    """
    weights = weights_of(options)
    if weights is None:
        why = why_nothing_to_choose(options)
        return LINEAR._replace(reason=f"linear, since {why}" if why else "")
    encoder = SentenceEncoder.open(weights, options.max_tokens)
    embeddings = encoder.rows([text[: options.max_characters] for text in texts])
    if options.engine != "auto":
        return EngineChoice(encoder, embeddings, "")
    alone, both = score(None), score(embeddings)
    figures = f"by cross-validation: {measure} {both:.3f} with embeddings, {alone:.3f} without"
    if both > alone:
        return EngineChoice(encoder, embeddings, f"embeddings, {figures}")
    return LINEAR._replace(reason=f"linear, {figures}")


def beside(lexical: csr_matrix, embeddings: csr_matrix | None) -> csr_matrix:
    """Features of texts' words, and of their embeddings where there are some, as rows of one matrix."""
    from scipy.sparse import hstack

    return lexical if embeddings is None else hstack([lexical, embeddings], format="csr")


def engine_fingerprint(options: ClassificationOptions) -> str:
    """Versions and checksums of what embeds texts, with a space before; empty where the options ask for nothing."""
    weights = weights_of(options)
    return "" if weights is None else f" {engine_versions('tokenizers')} weights=={weights.digest}"
