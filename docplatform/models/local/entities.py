"""Entity recognition: a conditional random field over tokens, with exact spans and marginal probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from docplatform.documents.document_text import DocumentText
from docplatform.documents.predictions import Entity, LabeledExample, Prediction, TaskKind
from docplatform.errors import PermanentError
from docplatform.models.local.bio import ranges_of
from docplatform.models.local.crf import Penalties, TokenSequences, choose_penalties, fit_crf, open_crf
from docplatform.models.local.examples import in_stable_order
from docplatform.models.local.model_folder import corrupt, read_model, write_model
from docplatform.models.local.options import EntityOptions, parse_options
from docplatform.models.local.threads import engine_versions, one_thread
from docplatform.models.local.token_features import TokenView
from docplatform.models.local.tokens import chunk, tokenize
from docplatform.models.search import NOT_KEPT, SearchStore

ENGINE = "crf/1"


@dataclass(frozen=True)
class EntityModel:
    """Finds entities. Abstains on a text without a visible character."""

    labels: tuple[str, ...]
    crf: bytes
    penalties: Penalties
    min_confidence: float

    @property
    def kind(self) -> TaskKind:
        """Entity recognition."""
        return TaskKind.ENTITY_RECOGNITION

    @one_thread
    def predict(self, documents: Sequence[DocumentText]) -> list[Prediction]:
        """The entities of each text, in the order of the text. An entity's confidence is its least sure token's."""
        return [self._predict_one(document.text) for document in documents]

    def _predict_one(self, content: str) -> Prediction:
        tokens = tokenize(content)
        if not tokens:
            return Prediction(abstained=True)
        tagger, view, entities = open_crf(self.crf), TokenView.of(tokens), []
        for begin, end in chunk(tokens):
            tags = tagger.tag(view.features(begin, end))
            for first, last, category in ranges_of(tags):
                confidence = min(float(tagger.marginal(tags[i], i)) for i in range(first, last))
                start, stop = tokens[begin + first].start, tokens[begin + last - 1].end
                entities.append(Entity(category, start, stop - start, content[start:stop], min(confidence, 1.0)))
        kept = tuple(e for e in entities if e.confidence_score >= self.min_confidence)
        return Prediction(entities=kept, confidence_score=min((e.confidence_score for e in kept), default=0.0))

    def save(self, folder: Path) -> None:
        """Write the model's files into an existing folder."""
        header = {
            "kind": self.kind.value,
            "labels": list(self.labels),
            "l1": self.penalties.l1,
            "l2": self.penalties.l2,
            "min_confidence": self.min_confidence,
        }
        write_model(folder, ENGINE, header, {"entities.crfsuite": self.crf})


@dataclass(frozen=True)
class EntityTrainer:
    """Trains ``EntityModel``."""

    options: EntityOptions
    searches: SearchStore = NOT_KEPT

    @classmethod
    def from_options(cls, given: Mapping[str, object], searches: SearchStore = NOT_KEPT) -> EntityTrainer:
        """From a project's options. Raises ``ConfigurationError``."""
        return cls(parse_options(EntityOptions, given), searches)

    @property
    def kind(self) -> TaskKind:
        """Entity recognition."""
        return TaskKind.ENTITY_RECOGNITION

    @property
    def fingerprint(self) -> str:
        """Engine, library versions and options."""
        return f"local/{ENGINE} {engine_versions('python-crfsuite')} {self.options.model_dump_json()}"

    @one_thread
    def train(self, train: Sequence[LabeledExample], validation: Sequence[LabeledExample]) -> EntityModel:
        """Choose the penalties on held-out examples, then fit on all, validation included.

        Examples without entities are trained on as such. Of overlapping entities the longest is learned.
        """
        validated = {id(e) for e in validation}
        examples = in_stable_order([*train, *validation])
        documents = [TokenSequences.of(example) for example in examples]
        labels = tuple(sorted({category for document in documents for *_, category in document.entities}))
        if not labels:
            raise PermanentError(f"None of the {len(examples)} examples has an entity; label some before training.")
        penalties = choose_penalties(
            documents,
            [e.text for e in examples],
            [id(e) in validated for e in examples],
            l1=self.options.l1,
            l2=self.options.l2,
            max_iterations=self.options.max_iterations,
        )
        crf = fit_crf(documents, penalties, self.options.max_iterations)
        return EntityModel(labels, crf, penalties, self.options.min_confidence)

    def load(self, folder: Path) -> EntityModel:
        """Read back what ``EntityModel.save`` wrote."""
        header, files = read_model(folder, ENGINE)
        try:
            model = EntityModel(
                labels=tuple(header["labels"]),
                crf=files["entities.crfsuite"],
                penalties=Penalties(float(header["l1"]), float(header["l2"])),
                min_confidence=float(header["min_confidence"]),
            )
            open_crf(model.crf)
        except (KeyError, ValueError, TypeError) as error:
            raise corrupt(folder, f"{type(error).__name__}: {error}") from error
        return model
