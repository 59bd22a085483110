"""Sentence embeddings without torch, and the text classifiers that see them."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from docplatform.documents.document_text import DocumentText
from docplatform.documents.predictions import LabeledExample
from docplatform.errors import ConfigurationError
from docplatform.models.local import sentence_encoder
from docplatform.models.local.multi_label import MultiLabelTrainer
from docplatform.models.local.options import ClassificationOptions
from docplatform.models.local.sentence_encoder import SentenceEncoder
from docplatform.models.local.single_label import SingleLabelTrainer
from docplatform.models.local.weights import WeightsFolder
from docplatform_tests.contracts.trainer import TrainerContract
from docplatform_tests.models.letters import multi_label, single_label, texts
from docplatform_tests.models.tiny_bert import write_tiny_bert

for _package in ("tokenizers", "safetensors"):
    pytest.importorskip(_package, reason=f"the extra `embeddings` isn't installed: no {_package}")

_WORDS = ("amount", "due", "the", "lender", "note", "##s", "server")
_TEXTS = ("the amount due", "The lender notes: server!")
_MEAN = "pooling_mode_mean_tokens"
_TRANSFORMERS = {
    _MEAN: (
        [-0.192996, 0.314684, -0.33873, -0.357298, 0.324292, 0.25691, -0.23502, -0.0714],
        [-0.150123, 0.174708, -0.390632, -0.256303, 0.167044, 0.302778, -0.350148, 0.027605],
    ),
    "pooling_mode_cls_token": (
        [-0.29481, 0.381797, -0.278504, -0.333537, 0.177991, 0.188987, -0.187964, -0.121248],
        [-0.219289, 0.003117, -0.275656, -0.206577, -0.103942, 0.278189, -0.320557, -0.008908],
    ),
}
"""First eight numbers of the embeddings of ``_TEXTS``, by transformers 5.24.0 and torch 2.13.0 on the same weights."""

_FLOODS = ("deluge", "torrent", "soaked", "puddle", "leaking", "drenched", "inundated", "moist", "wetness", "overflow")
_FIRES = ("blaze", "inferno", "scorched", "smoke", "ember", "charred", "ignite", "kindling", "ashes", "combust")


def encoder(folder, max_tokens: int = 256) -> SentenceEncoder:
    options = ClassificationOptions(engine="embeddings", weights=str(folder))
    return SentenceEncoder.open(WeightsFolder.of(options), max_tokens)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Weights that know words of the letters, and two groups of words that mean the same."""
    words = sorted({word for example in single_label(90) for word in example.text.split()})
    return write_tiny_bert(tmp_path_factory.mktemp("weights") / "tiny", words, alike=(_FLOODS, _FIRES))


@pytest.mark.parametrize("mode", _TRANSFORMERS)
def test_embeddings_are_those_of_transformers(mode, tmp_path) -> None:
    folder = write_tiny_bert(tmp_path / "tiny", _WORDS, pooling={mode: True, "pooling_mode_max_tokens": False})
    found = encoder(folder).embed(_TEXTS)
    np.testing.assert_allclose(found[:, :8], _TRANSFORMERS[mode], atol=2e-6)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)


def test_hidden_states_are_those_of_transformers_where_it_is_installed(tmp_path) -> None:
    torch = pytest.importorskip("torch", reason="torch isn't installed; recorded numbers stand in above")
    transformers = pytest.importorskip("transformers", reason="transformers isn't installed")
    folder = write_tiny_bert(tmp_path / "tiny", _WORDS, seed=11)
    ids = np.array([[2, 4, 5, 6, 9, 3], [2, 8, 1, 1, 7, 3]])
    reference = transformers.BertModel.from_pretrained(folder, local_files_only=True).eval()
    with torch.no_grad():
        expected = reference(input_ids=torch.from_numpy(ids)).last_hidden_state.numpy()
    np.testing.assert_allclose(encoder(folder).bert(ids), expected, atol=2e-5)


def test_a_text_is_embedded_the_same_to_the_last_bit_whatever_stands_beside_it(weights) -> None:
    given = [e.text for e in single_label(40)] + ["", "due", "due " * 500, "lone \ud800 surrogate"]
    together = encoder(weights).embed(given)
    assert (together == np.concatenate([encoder(weights).embed([text]) for text in given])).all()
    assert (together[::-1] == encoder(weights).embed(given[::-1])).all()
    assert encoder(weights).embed([]).shape == (0, 16)


def test_no_more_tokens_are_looked_at_than_asked_for_and_than_the_weights_have_places_for(weights) -> None:
    short, long = encoder(weights, 8), encoder(weights, 8_192)
    six = "due total net tax amount vendor"
    assert (short.embed([six]) == short.embed([f"{six} lender"])).all()
    assert (long.embed(["due " * 62]) == long.embed(["due " * 63])).all()
    assert (long.embed(["due " * 61]) != long.embed(["due " * 62])).any()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"config": {"model_type": "roberta"}}, "model_type is 'roberta', and only 'bert' can be run"),
        ({"config": {"hidden_act": "relu"}}, "hidden_act is 'relu'"),
        ({"config": {"num_hidden_layers": 3}}, r"encoder\.layer\.2\."),
        ({"pooling": {"pooling_mode_max_tokens": True}}, "pools by pooling_mode_max_tokens"),
    ],
)
def test_weights_that_can_not_be_run_are_refused_with_the_reason(changes, message, tmp_path) -> None:
    folder = write_tiny_bert(tmp_path / "tiny", _WORDS, **changes)
    with pytest.raises(ConfigurationError, match=message):
        encoder(folder)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_damaged_file_is_refused_by_its_folder(name, tmp_path) -> None:
    folder = write_tiny_bert(tmp_path / "tiny", _WORDS)
    (folder / name).write_bytes((folder / name).read_bytes()[:50])
    with pytest.raises(ConfigurationError, match=f"weights: {folder}"):
        encoder(folder)


class _Embeddings(TrainerContract):
    @pytest.fixture(scope="class")
    @classmethod
    def documents(cls) -> list[DocumentText]:
        others = texts("", "lone \ud800 surrogate total", "amount " * 500)
        return [*(e.document for e in single_label(20, seed=9)), *others]

    @pytest.fixture(scope="class")
    @classmethod
    def unlearnable(cls) -> list[list[LabeledExample]]:
        return [[], [LabeledExample("a", "text")]]


class TestSingleLabelEmbeddings(_Embeddings):
    @pytest.fixture(scope="class")
    @classmethod
    def trainer(cls, weights) -> SingleLabelTrainer:
        return SingleLabelTrainer.from_options({"engine": "embeddings", "weights": str(weights)})

    @pytest.fixture(scope="class")
    @classmethod
    def examples(cls) -> list[LabeledExample]:
        return single_label()


class TestMultiLabelEmbeddings(_Embeddings):
    @pytest.fixture(scope="class")
    @classmethod
    def trainer(cls, weights) -> MultiLabelTrainer:
        return MultiLabelTrainer.from_options({"engine": "embeddings", "weights": str(weights)})

    @pytest.fixture(scope="class")
    @classmethod
    def examples(cls) -> list[LabeledExample]:
        return multi_label()


def paraphrases(indices: range) -> list[LabeledExample]:
    """Texts of which no two of a class share more than a word that both classes have."""
    groups = (("flood", _FLOODS), ("fire", _FIRES))
    return [LabeledExample(f"{name}{i}", f"the {group[i]}", (name,)) for name, group in groups for i in indices]


@pytest.mark.parametrize("trainer", [SingleLabelTrainer, MultiLabelTrainer])
def test_auto_takes_embeddings_where_they_tell_held_out_examples_better(trainer, weights) -> None:
    auto = trainer.from_options({"engine": "auto", "weights": str(weights), "abstain_far": 0.0})
    model = auto.train(paraphrases(range(8)), [])
    assert model.engine_choice.startswith("embeddings, by cross-validation: ")
    new = paraphrases(range(8, 10))
    assert [p.categories[0].category for p in model.predict([e.document for e in new])] == [
        e.categories[0] for e in new
    ]


@pytest.mark.parametrize("trainer", [SingleLabelTrainer, MultiLabelTrainer])
def test_auto_stays_with_words_where_they_tell_all(trainer, weights, tmp_path) -> None:
    examples = [
        LabeledExample(str(i), f"{word} total" * (1 + i // 2), (word,)) for i, word in enumerate(("tax", "net") * 9)
    ]
    auto = trainer.from_options({"engine": "auto", "weights": str(weights)})
    model = auto.train(examples, [])
    assert model.engine_choice.startswith("linear, by cross-validation: ")
    model.save(tmp_path)
    assert json.loads((tmp_path / "model.json").read_text())["engine_choice"] == model.engine_choice
    assert trainer.from_options({}).load(tmp_path).engine_choice == model.engine_choice


def test_auto_without_weights_or_packages_is_words_alone_and_says_so(weights, monkeypatch) -> None:
    model = SingleLabelTrainer.from_options({"engine": "auto"}).train(single_label(), [])
    assert model.engine_choice == "linear, since the project names no `weights`"
    monkeypatch.setattr(sentence_encoder, "missing_package", lambda *_names: "tokenizers")
    model = SingleLabelTrainer.from_options({"engine": "auto", "weights": str(weights)}).train(single_label(), [])
    assert model.engine_choice == "linear, since the package tokenizers isn't installed"


def test_embeddings_without_the_packages_are_refused_with_what_to_install(weights, monkeypatch) -> None:
    monkeypatch.setattr(sentence_encoder, "missing_package", lambda *_names: "tokenizers")
    with pytest.raises(
        ConfigurationError, match=r"tokenizers isn't installed: pip install 'docplatform\[embeddings\]'"
    ):
        _ = SingleLabelTrainer.from_options({"engine": "embeddings", "weights": str(weights)}).fingerprint


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "needs `weights`: a folder with config.json"),
        ({"weights": "models/x"}, "must be a whole path"),
        ({"weights": "/nowhere"}, "/nowhere` holds no config.json, no model.safetensors, no tokenizer.json"),
        ({"weights": "here", "weights_sha256": "0" * 64}, "asks for 0000.*trust this one"),
    ],
)
def test_weights_that_are_not_there_are_named(options, message, weights) -> None:
    if options.get("weights") == "here":
        options = {**options, "weights": str(weights)}
    trainer = SingleLabelTrainer.from_options({"engine": "embeddings", **options})
    with pytest.raises(ConfigurationError, match=message):
        trainer.train(single_label(), [])


def test_the_fingerprint_tells_what_weights_hold_and_not_where_they_lie(weights, tmp_path) -> None:
    moved = shutil.copytree(weights, tmp_path / "moved")
    other = write_tiny_bert(tmp_path / "other", _WORDS)

    def fingerprint(**options: object) -> str:
        return SingleLabelTrainer.from_options(options).fingerprint

    there = fingerprint(engine="embeddings", weights=str(weights))
    assert there == fingerprint(engine="embeddings", weights=str(moved))
    assert there != fingerprint(engine="embeddings", weights=str(other))
    assert there != fingerprint(engine="auto", weights=str(weights))
    assert fingerprint() == fingerprint(weights=str(weights)) == fingerprint(engine="linear")


def test_a_model_follows_its_weights_and_takes_no_others(weights, tmp_path) -> None:
    model = SingleLabelTrainer.from_options({"engine": "embeddings", "weights": str(weights)}).train(single_label(), [])
    (tmp_path / "model").mkdir()
    model.save(tmp_path / "model")
    moved = shutil.copytree(weights, tmp_path / "moved")
    for engine in ("embeddings", "linear", "auto"):
        loaded = SingleLabelTrainer.from_options({"engine": engine, "weights": str(moved)}).load(tmp_path / "model")
        assert loaded.predict(texts("amount due")) == model.predict(texts("amount due"))
    other = write_tiny_bert(tmp_path / "other", _WORDS)
    with pytest.raises(ConfigurationError, match=r"trained with other weights.*SHA-256 of config\.json was"):
        SingleLabelTrainer.from_options({"weights": str(other)}).load(tmp_path / "model")
    with pytest.raises(ConfigurationError, match=r"name the folder of their weights in `trainer: \{weights"):
        SingleLabelTrainer.from_options({}).load(tmp_path / "model")


def test_a_search_looks_at_words_with_embeddings_beside_them(weights) -> None:
    options = {"engine": "embeddings", "weights": str(weights), "search": {"trials": 2}}
    model = SingleLabelTrainer.from_options(options).train(single_label(30), [])
    assert model.engine.encoder is not None
    assert model.predict(texts("amount due payable"))[0].categories[0].category == "invoice"
