from __future__ import annotations

import pytest

from docplatform.models.local.crf import Settings, TokenSequences, fit_crf, lean, open_crf
from docplatform.models.local.lexicon import learn_lexicon
from docplatform.models.local.word_features import Looks, WordFeatures
from docplatform_tests.models.letters import entities


@pytest.fixture(scope="module")
def documents() -> list[TokenSequences]:
    lexicon = learn_lexicon([e.text for e in entities(8)], [], language="en").lexicon
    return [TokenSequences.of(example, WordFeatures(lexicon, Looks())) for example in entities(8)]


def test_leaning_changes_the_marginals_by_just_those_odds(documents: list[TokenSequences]) -> None:
    crf = fit_crf(documents, Settings(0.0, 1.0), 20)
    items = type(documents[0].features[0])(documents[0].features[0].items()[:1])  # one token: odds are its own
    odds = []
    for bias in (0.0, 1.5):
        tagger = open_crf(lean(crf, bias))
        tagger.tag(items)
        outside = tagger.marginal("O", 0)
        odds.append(outside / (1 - outside))
    assert odds[0] / odds[1] == pytest.approx(2.718281828**1.5, rel=1e-6)


def test_not_leaning_leaves_every_byte_as_it_is(documents: list[TokenSequences]) -> None:
    crf = fit_crf(documents, Settings(0.1, 0.1), 10)
    assert lean(crf, 0.0) == crf
    assert lean(lean(crf, 2.0), -2.0) != lean(crf, 2.0)


def test_a_crf_that_gave_the_common_feature_no_weight_comes_back_as_it_is(documents: list[TokenSequences]) -> None:
    crf = fit_crf(documents, Settings(1e6, 0.1), 10)
    assert lean(crf, 2.0) == crf
