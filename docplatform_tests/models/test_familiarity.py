from __future__ import annotations

import numpy as np
import pytest

from docplatform.documents.predictions import LabeledExample
from docplatform.models.local.familiarity import Familiarity
from docplatform.models.local.features import TextFeatures
from docplatform.models.local.multi_label import MultiLabelTrainer
from docplatform.models.local.options import ClassificationOptions
from docplatform.models.local.single_label import SingleLabelTrainer
from docplatform_tests.models.letters import multi_label, single_label, texts

FAR = (
    "Der Regen fiel die ganze Nacht auf das Dach.",
    "qwrt zzxp kkjh blorf vrunk glim",
    "She planted tomatoes behind the old barn every spring.",
)


@pytest.mark.parametrize(
    ("trainer", "made"), [(SingleLabelTrainer, single_label), (MultiLabelTrainer, multi_label)], ids=["single", "multi"]
)
def test_texts_from_elsewhere_are_abstained_from_and_the_own_are_not(trainer, made) -> None:
    model = trainer.from_options({}).train(made(120), [])
    assert all(prediction.abstained for prediction in model.predict(texts(*FAR)))
    own = model.predict([example.document for example in made(100, seed=11)])
    assert sum(prediction.abstained for prediction in own) <= 3


def test_nothing_is_far_where_that_is_asked_for() -> None:
    model = SingleLabelTrainer.from_options({"abstain_far": 0}).train(single_label(120), [])
    assert not any(prediction.abstained for prediction in model.predict(texts(*FAR)))


def test_with_a_handful_of_examples_nothing_is_far() -> None:
    model = SingleLabelTrainer.from_options({}).train(single_label(9), [])
    assert (model.familiarity.least_cosine, model.familiarity.least_known) == (0.0, 0.0)


def test_an_example_does_not_make_itself_familiar() -> None:
    given = [e.text for e in single_label(40)] + ["zirconium quartz obelisk"]
    features, rows = TextFeatures.fit(given, ClassificationOptions())
    has = np.ones((len(given), 1), dtype=np.bool_)
    share = features.known_share(given, rows, others_only=True)
    assert share[-1] == 0.0
    assert features.known_share(given, rows)[-1] == pytest.approx(1.0)
    assert Familiarity.fit(features, given, rows, has, 0.05).least_cosine > 0.0


def test_a_share_of_words_is_weighed_by_their_rarity() -> None:
    given = [f"the {word}" for word in ("amount", "lender", "server", "vendor")]
    features, _ = TextFeatures.fit(given, ClassificationOptions())
    known, half, none = ("the amount", "the zebra yak", "yak zebra")
    shares = features.known_share([known, half, none, "..."], features.transform([known, half, none, "..."]))
    assert shares[0] == pytest.approx(1.0)
    assert 0 < shares[1] < 0.5
    assert shares[2] == 0.0
    assert shares[3] == 1.0


def test_examples_of_no_class_are_familiar_too() -> None:
    plain = [LabeledExample(f"n{i}", f"meadow river stone {'tree ' * (i % 3)}") for i in range(30)]
    model = MultiLabelTrainer.from_options({}).train([*multi_label(), *plain], [])
    (prediction,) = model.predict(texts("meadow river tree"))
    assert not prediction.abstained


def test_one_unknown_word_does_not_make_a_short_text_of_a_small_vocabulary_far_and_two_do() -> None:
    names = {"open": "valve", "shut": "valve", "start": "pump", "stop": "pump"}
    closed = [
        LabeledExample(f"{i}{verb}", f"{verb} the {noun} now please", (noun,))
        for verb, noun in names.items()
        for i in range(10)
    ]
    model = SingleLabelTrainer.from_options({}).train(closed, [])
    given = ("open the valve Alice please", "open the old valve", "stop the zebra quickly", "quick brown foxes jump")
    assert [p.abstained for p in model.predict(texts(*given))] == [False, False, True, True]
