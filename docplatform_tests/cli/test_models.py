"""``docplatform models``: looking, scoring, deciding by hand, moving, forgetting."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import dagster as dg
import pytest

from docplatform.defs.home_instance import home_instance
from docplatform.defs.previews import engine_metadata
from docplatform.inference.champions import champion_stages
from docplatform.lake.incremental import run_stage
from docplatform.training.learning import draw_learning_curve
from docplatform_tests.homes import Home, class_labels, topic_home, topic_labels, topic_texts
from docplatform_tests.training.chains import train


@pytest.fixture(scope="module")
def _trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home, project = topic_home(tmp_path_factory.mktemp("trained"))
    train(home, project)
    home.platform.close()
    return home.platform.settings.home_path


@pytest.fixture
def trained(_trained: Path, home_path: Path) -> Home:
    """The command line's home, with a champion of the project ``topics``."""
    shutil.copytree(_trained, home_path)
    return Home.at(home_path)


@pytest.fixture
def unseen(tmp_path: Path) -> Path:
    """A label file beside documents that no home has seen."""
    folder, texts = tmp_path / "unseen", topic_texts(12, start=500)
    folder.mkdir()
    for name, (_, text) in texts.items():
        (folder / name).write_text(text)
    (folder / "labels.json").write_bytes(topic_labels(texts))
    return folder


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def champion_events(home: Home) -> list[dg.EventLogRecord]:
    with home_instance(home.platform.settings.dagster_path) as instance:
        return list(instance.fetch_materializations(dg.AssetKey("champion_model"), limit=10).records)


def test_every_project_is_listed_with_what_serves_and_why_it_is_not_trained(call, trained):
    ended = call("models", "list")
    assert ended.status == 0
    assert "topics: champion version 1, 1 versions, 40 of 40 labelled documents here" in ended.out
    assert "not trained: nothing changed" in ended.out
    (row,) = call("models", "list", "--json").json_lines
    assert (row["champion"], row["to_train"], row["pinned"]) == (1, False, False)


def test_a_versions_lineage_is_shown(call, trained):
    shown = call("models", "show", "topics", "--json").json
    (version,) = shown["versions"]
    assert version["lineage"].keys() == {"source_version", "label_set", "code_version"}
    assert version["dataset_version"] == trained.rows("dataset_versions")[0]["dataset_version"]
    assert [(h["alias"], h["version"], h["action"]) for h in shown["history"]] == [("champion", 1, "gate")]
    text = call("models", "show", "topics").out
    assert "version 1: F1 1.0000" in text
    assert "champion -> 1 (gate)" in text
    assert "More examples: the learning curve wasn't drawn" in text
    assert "Next to label: every document that could be is labelled." in text
    assert shown["advice"] == {"examples_needed": [], "next_documents": [], "waiting": 0, "in_review": 0}


def test_what_to_label_next_is_shown_beside_the_scores(call, trained, unseen):
    p = trained.platform
    trained.add({"acme/odd.txt": "qwertz asdfgh", "acme/new.txt": topic_texts(1, start=700)["letter-700.txt"][1]})
    draw_learning_curve(p.projects.get("topics"), lake=p.lake, run_id="curve")
    for stage in champion_stages(p.lake, p.projects, p.model_registry):
        run_stage(p.lake, stage, p.ledger.lake_partitions(), run_id="predict")
    advice = [
        "  odd.txt: for review: the model has no answer it stands behind",
        "Next to label, 2 of 2 (1 for review): docplatform labels push topics",
    ]
    for arguments in (("show", "topics"), ("evaluate", "topics", "--labels", unseen / "labels.json")):
        lines = call("models", *arguments).out.splitlines()
        assert set(advice) < set(lines)
        assert any(line.startswith("  Label billing has F1 1.00") for line in lines)
        said = call("models", *arguments, "--json").json["advice"]
        assert [each["name"] for each in said["next_documents"]] == ["odd.txt", "new.txt"]


def test_a_project_whose_label_file_is_wrong_is_shown_all_the_same(call, trained):
    trained.project(b"not json")
    shown = call("models", "show", "topics", "--json")
    assert (shown.status, shown.json["advice"], len(shown.json["versions"])) == (0, None, 1)
    assert "What to label next can't be said" in shown.err
    assert "Next to label" not in call("models", "show", "topics").out


def test_which_engine_was_chosen_and_why_is_shown(call, trained):
    labels = trained.platform.projects.label_file(trained.platform.projects.get("topics"))
    train(trained, trained.project(labels, trainer={"regularization": 1.0, "char_ngrams": 0, "engine": "auto"}))
    assert "  engine: linear, since the project names no `weights`" in call("models", "show", "topics").out
    version = trained.platform.model_registry.version("topics", 2)
    assert engine_metadata(version) == {"engine": "linear, since the project names no `weights`"}


def test_a_champion_is_scored_on_documents_the_home_has_never_seen_and_nothing_is_written(call, trained, unseen):
    before = files_of(trained.platform.settings.home_path / "lake")
    ended = call("models", "evaluate", "topics", "--labels", unseen / "labels.json", "--documents", unseen, "--json")
    assert ended.status == 0, ended.err
    evaluation = ended.json["evaluation"]
    assert (ended.json["model"], evaluation["example_count"]) == ("topics:1", 12)
    assert evaluation["micro"]["f1"] == 1.0
    assert evaluation["calibration"]["count"] == 12
    assert files_of(trained.platform.settings.home_path / "lake") == before
    text = call("models", "evaluate", "topics", "--labels", unseen / "labels.json").out
    assert "topics:1 on 12 documents" in text
    assert "confidence: calibration error" in text


def test_wrong_labels_are_counted_as_mistakes_of_the_model(call, trained, unseen):
    texts = topic_texts(12, start=500)
    swapped = {name: "billing" if topic == "shipping" else "shipping" for name, (topic, _) in texts.items()}
    (unseen / "wrong.json").write_bytes(class_labels(swapped))
    scores = call("models", "evaluate", "topics", "--labels", unseen / "wrong.json", "--json").json["evaluation"]
    assert scores["micro"]["f1"] == 0.0
    assert scores["error_count"] == 12


def test_missing_and_unreadable_documents_are_named_and_a_way_out_of_the_folder_is_none(call, trained, unseen):
    (unseen / "letter-500.txt").unlink()
    (unseen / "letter-501.txt").write_bytes(b"%PDF-1.7 broken")
    (unseen.parent / "secret.txt").write_text("invoice")
    texts = topic_texts(12, start=500)
    classes = {name: topic for name, (topic, _) in texts.items()} | {"../secret.txt": "billing"}
    (unseen / "labels.json").write_bytes(class_labels(classes))
    ended = call("models", "evaluate", "topics", "--labels", unseen / "labels.json", "--json")
    assert ended.status == 1
    assert set(ended.json["missing"]) == {"letter-500.txt", "../secret.txt"}
    assert set(ended.json["refused"]) == {"letter-501.txt"}
    assert ended.json["evaluation"]["example_count"] == 10


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("models", "show", "nope"), "There is no project 'nope'; there are: topics"),
        (("models", "promote", "nope", "1", "--reason", "x"), "There is no project 'nope'"),
        (("models", "promote", "topics", "7", "--reason", "x"), "has no version 7; there are: 1"),
        (("models", "rollback", "topics", "--reason", "x"), "nothing to roll back to"),
        (("models", "compare", "topics", "1", "7"), "has no version 7"),
        (("models", "withdraw", "topics", "--reason", "x"), "no challenger"),
    ],
)
def test_what_is_not_there_is_said(call, trained, arguments, says):
    ended = call(*arguments)
    assert ended.status == 2
    assert says in ended.err


def test_a_change_by_hand_is_an_event_of_the_asset_with_its_reason(call, trained):
    ended = call("models", "pin", "topics", "--reason", "audit until March")
    assert ended.status == 0, ended.err
    assert "version 1 serves, pinned. audit until March" in ended.out
    (record,) = champion_events(trained)
    assert record.partition_key == "topics"
    materialization = record.asset_materialization
    assert "pin by hand: audit until March" in materialization.description
    assert materialization.metadata["pinned"].value is True
    assert call("models", "unpin", "topics", "--reason", "over").status == 0
    assert len(champion_events(trained)) == 2


def test_a_version_is_compared_with_itself_and_can_not_be_told_apart(call, trained):
    ended = call("models", "compare", "topics", "1", "1")
    assert "can't be told apart" in ended.out
    assert call("models", "compare", "topics", "1", "1", "--json").json["p_value"] == 1.0


def test_a_project_goes_into_a_file_and_comes_back_in_an_empty_home(call, trained, tmp_path, monkeypatch):
    bundle = tmp_path / "backup" / "topics.zip"
    ended = call("models", "export", "topics", bundle, "--documents")
    assert ended.status == 0, ended.err
    assert "1 model versions" in ended.out
    assert "40 documents" in ended.out
    other = tmp_path / "other"
    monkeypatch.setenv("DOCPLATFORM_HOME", str(other))
    ended = call("models", "import", bundle, "--land")
    assert ended.status == 0, ended.err
    assert "40 documents landed" in ended.out
    assert len(list((other / "landing" / "acme").iterdir())) == 40
    assert call("models", "import", bundle).status == 2


def test_a_document_is_forgotten_after_a_dry_run(call, trained):
    document_id = next(row["document_id"] for row in trained.rows("annotations") if row["location"] == "letter-003.txt")
    ended = call("models", "forget", document_id, "--dry-run")
    assert "models: topics:1" in ended.out
    assert "Nothing was changed." in ended.out
    assert call("models", "list", "--json").json["to_train"] is False
    assert call("models", "forget", document_id, "--json").json["forgotten"] is True
    row = call("models", "list", "--json").json
    assert (row["to_train"], row["labeled"]) == (True, 39)
    assert "Nothing saw this document" in call("models", "forget", document_id[:-1] + "x").out


def test_a_document_is_erased_once_somebody_has_said_yes(call, trained, monkeypatch):
    document_id = next(row["document_id"] for row in trained.rows("annotations") if row["location"] == "letter-003.txt")
    raw = trained.platform.ledger.document(document_id).blob_path
    shown = call("models", "forget", document_id, "--erase", "--dry-run").out
    assert "named in label files: letter-003.txt in topics" in shown
    assert "document: letter-003.txt, arrived 1 times" in shown
    assert f"bytes: {raw}, lake/documents/" in shown
    assert "1 of ocr_text" in shown
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    refused = call("models", "forget", document_id, "--erase")
    assert refused.status == 1
    assert trained.platform.blob_store.exists(raw)
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    done = call("models", "forget", document_id, "--erase")
    assert (done.status, done.out.splitlines()[-1][:22]) == (0, "Forgotten, and erased.")
    assert not trained.platform.blob_store.exists(raw)
    again = call("models", "forget", document_id, "--erase", "--yes", "--json").json
    assert (again["forgotten"], again["erase"]["rows"], again["left"]) == (False, {}, None)


def test_mirroring_without_the_client_says_what_to_install(call, trained, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "mlflow.exceptions", None)
    ended = call("models", "mirror", "topics", "--uri", "http://127.0.0.1:1")
    assert ended.status == 2
    assert "docplatform[mlflow]" in ended.err
