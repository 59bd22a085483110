"""Entity recognition: a conditional random field over tokens, with exact spans and calibrated confidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from docplatform.documents.document_text import DocumentText
from docplatform.documents.predictions import Entity, LabeledExample, Prediction, TaskKind
from docplatform.errors import PermanentError
from docplatform.models.local.bio import ranges_of
from docplatform.models.local.crf import Settings, TokenSequences, fit_crf, lean, open_crf
from docplatform.models.local.crf_search import CANDIDATES, Chosen, Labelled, Tryout, span_probability
from docplatform.models.local.examples import examples_digest, in_stable_order, text_digest
from docplatform.models.local.lexicon import Lexicon, learn_lexicon
from docplatform.models.local.model_folder import corrupt, read_model, write_model
from docplatform.models.local.options import EntityOptions, parse_options
from docplatform.models.local.span_confidence import SpanConfidence
from docplatform.models.local.threads import engine_versions, one_thread
from docplatform.models.local.token_features import TokenView
from docplatform.models.local.tokens import chunk, tokenize
from docplatform.models.local.word_features import Looks, WordFeatures
from docplatform.models.search import NOT_KEPT, Real, SearchStore, Space, Values, Whole

ENGINE = "crf/3"
_SPACE: Space = {"l1": Real(1e-3, 2.0), "l2": Real(1e-3, 4.0), "min_frequency": Whole(0, 3)}
"""What a search looks through."""


@dataclass(frozen=True)
class EntityModel:
    """Finds entities. Abstains on a text without a visible character, and on one whose words it hardly ever saw."""

    labels: tuple[str, ...]
    crf: bytes
    """Leaning as ``chosen`` says."""
    lexicon: Lexicon
    chosen: Chosen
    min_confidence: float
    unlabeled: Mapping[str, int | str]
    """What unlabelled texts it learned from: their number, characters and SHA-256."""

    @property
    def kind(self) -> TaskKind:
        """Entity recognition."""
        return TaskKind.ENTITY_RECOGNITION

    @cached_property
    def _known(self) -> WordFeatures:
        return WordFeatures(self.lexicon, self.chosen.looks)

    @one_thread
    def predict(self, documents: Sequence[DocumentText]) -> list[Prediction]:
        """The entities of each text, in the order of the text. An entity's confidence is its least sure token's."""
        tagger = open_crf(self.crf)
        return [self._predict_one(tagger, document.text) for document in documents]

    def _predict_one(self, tagger: Any, content: str) -> Prediction:
        tokens = tokenize(content)
        view = TokenView.of(tokens, self._known)
        familiarity = self.lexicon.familiarity(view.forms)
        if not tokens or (familiarity is not None and familiarity < self.chosen.min_familiarity):
            return Prediction(abstained=True)
        entities = []
        for begin, end in chunk(tokens):
            tags = tagger.tag(view.features(begin, end))
            for first, last, category in ranges_of(tags):
                confidence = self.chosen.confidence.of(span_probability(tagger, tags, first, last))
                start, stop = tokens[begin + first].start, tokens[begin + last - 1].end
                entities.append(Entity(category, start, stop - start, content[start:stop], confidence))
        kept = tuple(e for e in entities if e.confidence_score >= self.min_confidence)
        return Prediction(entities=kept, confidence_score=min((e.confidence_score for e in kept), default=0.0))

    def save(self, folder: Path) -> None:
        """Write the model's files into an existing folder."""
        settings, confidence = self.chosen.settings, self.chosen.confidence
        header = {
            "kind": self.kind.value,
            "labels": list(self.labels),
            "language": self.lexicon.language,
            "looks": self.chosen.looks._asdict(),
            "l1": settings.l1,
            "l2": settings.l2,
            "min_frequency": settings.min_frequency,
            "recall_bias": self.chosen.recall_bias,
            "confidence": [confidence.scale, confidence.shift],
            "min_familiarity": self.chosen.min_familiarity,
            "min_confidence": self.min_confidence,
            "unlabeled": dict(self.unlabeled),
        }
        write_model(folder, ENGINE, header, {"entities.crfsuite": self.crf, **self.lexicon.files()})


@dataclass(frozen=True)
class EntityTrainer:
    """Trains ``EntityModel``; ``LearnsFromUnlabeled``."""

    options: EntityOptions
    searches: SearchStore = NOT_KEPT
    unlabeled: tuple[str, ...] = field(default=(), repr=False)

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
        versions = engine_versions("python-crfsuite", "scikit-learn", "simplemma")
        return f"local/{ENGINE} {versions} {self.options.model_dump_json()}"

    @property
    def unlabeled_characters(self) -> int:
        """See ``LearnsFromUnlabeled``."""
        return self.options.unlabeled_characters

    def with_unlabeled(self, texts: Sequence[str]) -> EntityTrainer:
        """See ``LearnsFromUnlabeled``."""
        return replace(self, unlabeled=tuple(texts))

    @one_thread
    def train(self, train: Sequence[LabeledExample], validation: Sequence[LabeledExample]) -> EntityModel:
        """Choose settings and calibrate on held-out examples, then fit on all, validation included.

        Examples without entities are trained on as such. Of overlapping entities the longest is learned.
        """
        validated = {id(e) for e in validation}
        examples = in_stable_order([*train, *validation])
        learned = learn_lexicon([e.text for e in examples], self.unlabeled, language=self.options.language)
        labelled = Labelled(examples, [id(e) in validated for e in examples], learned)
        candidates = self._candidates()
        tryout = Tryout.looking_at_what_helps(
            labelled,
            candidates[0],
            max_iterations=self.options.max_iterations,
            recall_bias=self.options.recall_bias,
        )
        searched = self._searched(candidates, tryout, self._search_name(train, validation, learned.unlabeled))
        chosen = tryout.choose(searched, self.options.max_iterations)
        known = WordFeatures(learned.lexicon, chosen.looks)
        documents = [TokenSequences.of(example, known) for example in examples]
        labels = tuple(sorted({category for document in documents for *_, category in document.entities}))
        if not labels:
            raise PermanentError(f"None of the {len(examples)} examples has an entity; label some before training.")
        crf = fit_crf(documents, chosen.settings, self.options.max_iterations)
        leaning = lean(crf, chosen.recall_bias)
        return EntityModel(labels, leaning, learned.lexicon, chosen, self.options.min_confidence, learned.unlabeled)

    def _candidates(self) -> list[Settings]:
        """The settings to choose from. What the project gives isn't tried otherwise."""
        given = {key: value for key in _SPACE if (value := getattr(self.options, key)) is not None}
        return list(dict.fromkeys(replace(settings, **given) for settings in CANDIDATES))

    def _searched(self, candidates: list[Settings], tryout: Tryout, search_name: str) -> list[Settings]:
        """What a search finds, if the project asks for one and there is something to search."""
        space = {key: domain for key, domain in _SPACE.items() if getattr(self.options, key) is None}
        if self.options.search is None or not tryout.trials or not space:
            return candidates
        first = [{key: getattr(settings, key) for key in space} for settings in candidates]

        def score(values: Values) -> float:
            return tryout.attempt(_with(candidates[0], values)).score

        found = self.searches.search(search_name, space, first, score, self.options.search)
        return [_with(candidates[0], found.values)]

    def _search_name(
        self, train: Sequence[LabeledExample], validation: Sequence[LabeledExample], unlabeled: Mapping[str, int | str]
    ) -> str:
        """All that a trial's score depends on; not the budget: a larger one goes on with a smaller one's trials."""
        options = self.options.model_copy(update={"search": None}).model_dump_json()
        told = f"{ENGINE} {options} {unlabeled['sha256']} {examples_digest(train, validation)}"
        return f"{self.kind}-{text_digest(told)[:32]}"

    def load(self, folder: Path) -> EntityModel:
        """Read back what ``EntityModel.save`` wrote."""
        header, files = read_model(folder, ENGINE)
        try:
            settings = Settings(float(header["l1"]), float(header["l2"]), int(header["min_frequency"]))
            confidence = SpanConfidence(*map(float, header["confidence"]))
            bias, familiarity = float(header["recall_bias"]), float(header["min_familiarity"])
            model = EntityModel(
                labels=tuple(header["labels"]),
                crf=files["entities.crfsuite"],
                lexicon=Lexicon.of_files(str(header["language"]), files),
                chosen=Chosen(Looks(**header["looks"]), settings, bias, confidence, familiarity),
                min_confidence=float(header["min_confidence"]),
                unlabeled=dict(header["unlabeled"]),
            )
            open_crf(model.crf)
        except (KeyError, ValueError, TypeError) as error:
            raise corrupt(folder, f"{type(error).__name__}: {error}") from error
        return model


def _with(settings: Settings, values: Values) -> Settings:
    """The settings with what a search proposes."""
    merged = {"l1": settings.l1, "l2": settings.l2, "min_frequency": settings.min_frequency, **values}
    return Settings(float(merged["l1"]), float(merged["l2"]), int(merged["min_frequency"]))
