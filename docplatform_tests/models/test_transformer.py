"""Fine-tuning a tiny transformer; where torch isn't installed, that this is said."""

from __future__ import annotations

import shutil

import pytest

from docplatform.documents.document_text import DocumentText
from docplatform.documents.predictions import LabeledExample, TaskKind
from docplatform.errors import ConfigurationError, PermanentError
from docplatform.labels.projects import ModelProject
from docplatform.models.factory import trainer_for
from docplatform.models.local import transformer
from docplatform.models.local.model_folder import read_model, write_model
from docplatform.models.local.single_label import SingleLabelTrainer
from docplatform.models.local.transformer import ENGINE, TransformerTrainer
from docplatform.models.search import SearchStore
from docplatform_tests.contracts.trainer import TrainerContract
from docplatform_tests.models.letters import single_label, texts
from docplatform_tests.models.tiny_bert import write_tiny_bert

_FEW = {"epochs": 20, "learning_rate": 0.01}


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    for package in ("torch", "transformers"):
        pytest.importorskip(package, reason=f"the extra `torch` isn't installed: no {package}")
    words = sorted({word for example in single_label(90) for word in example.text.split()})
    return write_tiny_bert(tmp_path_factory.mktemp("weights") / "tiny", words)


class TestTransformer(TrainerContract):
    @pytest.fixture(scope="class")
    @classmethod
    def trainer(cls, weights) -> TransformerTrainer:
        return TransformerTrainer.from_options({"engine": "transformer", "weights": str(weights), **_FEW})

    @pytest.fixture(scope="class")
    @classmethod
    def examples(cls) -> list[LabeledExample]:
        return single_label()

    @pytest.fixture(scope="class")
    @classmethod
    def documents(cls) -> list[DocumentText]:
        others = texts("", "lone \ud800 surrogate total", "amount " * 500)
        return [*(e.document for e in single_label(20, seed=9)), *others]

    @pytest.fixture(scope="class")
    @classmethod
    def unlearnable(cls) -> list[list[LabeledExample]]:
        return [[], [LabeledExample("a", "text")]]

    def test_examples_are_learned_and_new_texts_told_apart(self, model) -> None:
        def right(examples: list[LabeledExample]) -> int:
            predictions = model.predict([e.document for e in examples])
            return sum(p.categories[0].category == e.categories[0] for p, e in zip(predictions, examples, strict=True))

        assert right(single_label()) == 60
        assert right(single_label(60, seed=10)) >= 55

    def test_a_model_needs_the_folder_it_began_from_no_more(self, weights, model, documents, tmp_path) -> None:
        own = shutil.copytree(weights, tmp_path / "own")
        trained = TransformerTrainer.from_options({"weights": str(own), **_FEW}).train(single_label(), [])
        (tmp_path / "model").mkdir()
        trained.save(tmp_path / "model")
        assert str(own) not in "".join(path.read_bytes().decode("latin-1") for path in (tmp_path / "model").iterdir())
        shutil.rmtree(own)
        for load in (
            TransformerTrainer.from_options({"weights": str(own)}).load,
            SingleLabelTrainer.from_options({}).load,
        ):
            assert load(tmp_path / "model").predict(documents) == model.predict(documents)


def test_progress_is_told_epoch_by_epoch(weights) -> None:
    lines: list[str] = []
    options = {"weights": str(weights), "epochs": 2}
    TransformerTrainer.from_options(options, SearchStore(progress=lines.append)).train(single_label(12), [])
    assert [line.partition(": loss")[0] for line in lines] == [
        "calibration, epoch 1 of 2",
        "calibration, epoch 2 of 2",
        "epoch 1 of 2",
        "epoch 2 of 2",
    ]


def test_the_seed_and_every_option_are_part_of_the_fingerprint_and_the_folder_is_not(weights, tmp_path) -> None:
    moved = shutil.copytree(weights, tmp_path / "moved")

    def fingerprint(**options: object) -> str:
        return TransformerTrainer.from_options({"weights": str(weights), **options}).fingerprint

    assert fingerprint() == fingerprint(weights=str(moved))
    assert len({fingerprint(), fingerprint(seed=1), fingerprint(epochs=3), fingerprint(max_tokens=64)}) == 4


def test_below_the_asked_for_confidence_the_model_abstains(weights) -> None:
    options = {"weights": str(weights), "epochs": 1, "min_confidence": 1.0}
    model = TransformerTrainer.from_options(options).train(single_label(), [])
    assert model.predict(texts("amount due vendor"))[0].abstained


def test_a_model_of_words_serves_on_under_a_project_that_asks_for_a_transformer(tmp_path) -> None:
    model = SingleLabelTrainer.from_options({"regularization": 1.0}).train(single_label(), [])
    model.save(tmp_path)
    loaded = TransformerTrainer.from_options({"weights": "/nowhere"}).load(tmp_path)
    assert loaded.predict(texts("amount due")) == model.predict(texts("amount due"))


def test_weights_of_no_known_architecture_are_refused_and_no_code_of_theirs_is_run(weights, tmp_path) -> None:
    folder = write_tiny_bert(
        tmp_path / "odd", ("due",), config={"model_type": "own", "auto_map": {"AutoModel": "modeling.Own"}}
    )
    (folder / "modeling.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    with pytest.raises(ConfigurationError, match=f"weights: {folder}` can't be used"):
        TransformerTrainer.from_options({"weights": str(folder)}).train(single_label(12), [])
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_damaged_file_is_refused_by_its_folder(weights, name, tmp_path) -> None:
    folder = shutil.copytree(weights, tmp_path / "damaged")
    (folder / name).write_bytes((folder / name).read_bytes()[:50])
    with pytest.raises(ConfigurationError, match=f"weights: {folder}` can't be used"):
        TransformerTrainer.from_options({"weights": str(folder)}).train(single_label(12), [])


def test_files_that_do_not_belong_together_are_refused(weights, tmp_path) -> None:
    trainer = TransformerTrainer.from_options({"weights": str(weights), "epochs": 1})
    (tmp_path / "whole").mkdir()
    trainer.train(single_label(12), []).save(tmp_path / "whole")
    header, files = read_model(tmp_path / "whole", ENGINE)
    rest = {k: v for k, v in header.items() if k not in ("format", "engine", "files")}
    write_model(tmp_path, ENGINE, {**rest, "labels": [*rest["labels"], "zebra"]}, files)
    with pytest.raises(PermanentError, match=r"(?s)can't be read .RuntimeError: .*size mismatch for head"):
        trainer.load(tmp_path)


def test_without_torch_what_to_install_is_said(monkeypatch) -> None:
    monkeypatch.setattr(transformer, "missing_package", lambda *_names: "torch")
    trainer = TransformerTrainer.from_options({"weights": "/nowhere"})
    with pytest.raises(ConfigurationError, match=r"torch isn't installed: pip install 'docplatform\[torch\]'"):
        trainer.train(single_label(), [])


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("single_label_classification", {"engine": "transformer", "epochs": 0}, "epochs: Input should be greater"),
        ("single_label_classification", {"engine": "transformer", "search": {}}, "search: no such option.*seed"),
        ("multi_label_classification", {"engine": "transformer"}, "engine: Input should be 'linear', 'embeddings' or"),
    ],
)
def test_options_that_a_transformer_does_not_have_are_refused(kind, options, message) -> None:
    with pytest.raises(ConfigurationError, match=message):
        trainer_for(ModelProject(name="x", kind=TaskKind(kind), customer="acme", labels="x", trainer=options))
