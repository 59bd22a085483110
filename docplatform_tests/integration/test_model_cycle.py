"""A model through the assets: labels from a real Label Studio, training, gate, drift, retraining, roll back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import dagster as dg
import pytest

from docplatform.composition import Platform
from docplatform.defs.build import build_defs
from docplatform.defs.by_hand import report_decision
from docplatform.defs.home_instance import home_instance
from docplatform.defs.labelling import label_studio_job
from docplatform.defs.resources import DESCRIPTIONS
from docplatform.defs.run_pass import Pass, PassReport
from docplatform.documents.predictions import TaskKind
from docplatform.labels.projects import AppliesTo, GateThresholds, ModelProject
from docplatform.labels.starting import empty_label_file
from docplatform.registry.base import CHAMPION
from docplatform.settings import LabelStudioSettings
from docplatform.training.label_push import LabelPusher
from docplatform.training.promotion import Promotions
from docplatform_tests.homes import Home, topic_texts
from docplatform_tests.integration import real_studio
from docplatform_tests.integration.real_studio import Annotator, choice
from docplatform_tests.integration.served_ui import free_port

pytestmark = pytest.mark.integration

FIRST, STRANGE = 60, 60


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home with a Label Studio of its own, and nothing else."""
    settings = LabelStudioSettings(venv=real_studio.installation().venv)
    home = Home.at(tmp_path_factory.mktemp("cycle") / "home", label_studio=settings)
    home.platform.studio_server.start(free_port(), print)
    yield home
    home.platform.studio_server.stop()


def run_pass(home: Home, instance: dg.DagsterInstance) -> PassReport:
    report = Pass(home.platform, instance).run()
    assert report.failures == []
    return report


def label_in_studio(home: Home, instance: dg.DagsterInstance, project: ModelProject, truth: Mapping[str, str]) -> int:
    """Push documents, answer for every one, and pull by the job that the sensor starts; how many were labelled."""
    p = home.platform
    report = LabelPusher(p.projects, p.ledger, p.lake, p.model_registry, p.blob_store, p.label_studio()).push(
        project, 200
    )
    annotator = Annotator(p.studio_server.running().url, p.studio_server.account())
    for task in p.label_studio().tasks(int(report.url.split("/")[-2])):
        if task["data"]["location"] in {document.name for document in report.pushed}:
            annotator.annotate(task["id"], choice(truth[task["data"]["location"]]))
    overrides = {key: getattr(p, key) for key in DESCRIPTIONS}
    job = build_defs(p.settings, resource_overrides=overrides).resolve_job_def(label_studio_job.name)
    assert job.execute_in_process(instance=instance).success
    return len(report.pushed)


def champion_of(platform: Platform) -> int:
    champion = platform.model_registry.aliased("topics", CHAMPION)
    assert champion is not None
    return champion.version


def predicted_by(home: Home) -> dict[int, int]:
    """Model version to how many documents it predicted."""
    counts: dict[int, int] = {}
    for row in home.rows("predictions", "document_id", "model_version"):
        counts[row["model_version"]] = counts.get(row["model_version"], 0) + 1
    return counts


def test_a_model_from_its_first_label_to_its_roll_back(home):
    p = home.platform
    with home_instance(p.settings.dagster_path) as instance:
        texts = topic_texts(FIRST)
        home.drop({f"acme/{name}": text for name, (_, text) in texts.items()})
        run_pass(home, instance)
        project = ModelProject(
            name="topics",
            kind=TaskKind.SINGLE_LABEL_CLASSIFICATION,
            customer="acme",
            labels="topics/labels.json",
            applies_to=AppliesTo(customers=["acme"], extensions=["txt"]),
            gate=GateThresholds(min_f1=0.8),
        )
        p.projects.save(project, empty_label_file(project, ["shipping", "billing", "geology"]))
        truth = {name: topic for name, (topic, _) in texts.items()}

        # label, pull, train, gate, promote, predict
        assert label_in_studio(home, instance, project, truth) == FIRST
        run_pass(home, instance)
        assert champion_of(p) == 1
        assert predicted_by(home) == {1: FIRST}
        right = [
            row["category"] == truth[row["name"]] for row in home.rows("predictions", "document_id", "name", "category")
        ]
        assert sum(right) > 0.9 * FIRST

        # drift: documents unlike any that was trained on
        strange = {f"odd-{n}.txt": f"Note {n}: basalt, gneiss and schist of outcrop {n * 31}." for n in range(STRANGE)}
        home.drop({f"acme/{name}": text for name, text in strange.items()})
        run_pass(home, instance)
        reports = sorted(home.rows("drift_report"), key=lambda row: row["checked_at"])
        assert reports[-1]["alarm"], reports[-1]["reason"]

        # retrained on labels of what is new: the next version, judged beside the first
        more = dict.fromkeys(strange, "geology")
        assert label_in_studio(home, instance, project, more) == STRANGE
        run_pass(home, instance)
        decisions = sorted(home.rows("champion_model"), key=lambda row: row["decided_at"])
        assert [row["candidate_version"] for row in decisions] == [1, 2]
        assert champion_of(p) == 2, decisions[-1]["reason"]
        assert predicted_by(home) == {2: FIRST + STRANGE}

        # rolled back by hand; predictions follow, and the gate leaves it so
        decision = Promotions("topics", p.lake, p.model_registry).roll_back("an integration test")
        report_decision(instance, decision, p.model_registry)
        assert champion_of(p) == 1
        run_pass(home, instance)
        assert predicted_by(home) == {1: FIRST + STRANGE}
        run_pass(home, instance)
        assert champion_of(p) == 1
