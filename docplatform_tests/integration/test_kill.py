"""``kill -9`` of ``docplatform run`` at random moments, then one clean run: nothing is lost, nothing is doubled.

``DOCPLATFORM_TEST_KILLS`` says how often (default 6), ``DOCPLATFORM_TEST_KILL_SEED`` from which seed.
"""

from __future__ import annotations

import io
import json
import os
import random
import time
from collections import Counter
from pathlib import Path

import dagster as dg
import pytest
from PIL import Image, ImageDraw, ImageFont

from docplatform.labels.projects import GateThresholds
from docplatform.ledger.records import document_id_for
from docplatform.storage.paths import check_path
from docplatform_tests.homes import topic_labels, topic_texts
from docplatform_tests.ingestion.archives import zip_of
from docplatform_tests.integration.command import CommandHome

pytestmark = pytest.mark.integration

KILLS = int(os.environ.get("DOCPLATFORM_TEST_KILLS", "6"))
SEED = int(os.environ.get("DOCPLATFORM_TEST_KILL_SEED", "7"))
LETTERS = 30
"""Labelled letters of the first round: enough to train on."""
ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
DIE_SECONDS = 20
"""Longest that the children of a killed process may take to notice."""


def scan(number: int) -> bytes:
    """A picture of a line of text."""
    image = Image.new("RGB", (420, 90), "white")
    ImageDraw.Draw(image).text((20, 20), f"INVOICE {number}", fill="black", font=ImageFont.load_default(size=40))
    data = io.BytesIO()
    image.save(data, format="PNG")
    return data.getvalue()


def round_files(number: int) -> dict[str, bytes]:
    """What is dropped before a round: new texts, a scan, an archive, a duplicate, a bad file, and at times labels."""
    start = LETTERS + 4 * number
    texts = topic_texts(4, start) if number else topic_texts(LETTERS + 4)
    files = {f"acme/{name}": text.encode() for name, (_, text) in texts.items()}
    files[f"beta/scan-{number}.png"] = scan(4000 + number)
    files[f"beta/pack-{number}.zip"] = zip_of((f"in-{number}.txt", f"member {number}".encode()))
    files[f"acme/again-{number}.txt"] = topic_texts(1)["letter-000.txt"][1].encode()
    files[f"gamma/cut-{number}.pdf"] = f"%PDF-1.7\n{number} 0 obj\n<<".encode()
    if number % 4 == 0:
        files["acme/labels.json"] = topic_labels(topic_texts(start + 4))
    return files


class Rounds:
    """Drops files and remembers them; runs passes and kills them."""

    def __init__(self, home: CommandHome, seed: int) -> None:
        self.home = home
        self.random = random.Random(seed)  # noqa: S311 - reproducible on purpose
        self.dropped: list[tuple[str, bytes]] = []
        self.ended: Counter[str] = Counter()

    def drop(self, number: int) -> None:
        for name, data in round_files(number).items():
            target = self.home.landing / name
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_name(f"{target.name}.part")
            if target.exists():  # one that a killed pass hasn't taken in yet: the new one takes its place
                self.dropped.remove((name, target.read_bytes()))
            part.write_bytes(data)
            part.rename(target)
            self.dropped.append((name, data))

    def run_and_kill(self) -> str:
        """Start a pass and kill it after a random number of lines and a random moment more; where it was."""
        process = self.home.start("run")
        lines, delay = self.random.randrange(0, 17), self.random.uniform(0, 1.5)
        step = "its start"
        for _ in range(lines):
            words = process.stderr.readline().split()
            if not words:
                break
            step = words[0] if words[0].endswith("_job") else step
        time.sleep(delay)  # the moment is the experiment's variable, it waits for nothing
        process.kill()
        process.communicate()
        where = f"killed in {step}" if process.returncode < 0 else f"ended with {process.returncode}"
        self.ended[where] += 1
        return where


def wait_for_no_process(home: CommandHome) -> list[int]:
    """The children that outlive a killed pass, after a time in which they must have noticed."""
    deadline = time.monotonic() + DIE_SECONDS
    while (left := home.processes()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


@pytest.fixture(scope="module")
def rounds(tmp_path_factory: pytest.TempPathFactory) -> Rounds:
    rounds = Rounds(CommandHome(tmp_path_factory.mktemp("kill") / "home"), SEED)
    rounds.home.landing.mkdir(parents=True)
    for number in range(KILLS):
        rounds.drop(number)
        rounds.run_and_kill()
        left = wait_for_no_process(rounds.home)
        assert left == [], (
            f"processes outlive the pass they belong to: {[Path(f'/proc/{p}/cmdline').read_bytes() for p in left]}"
        )
    with rounds.home.platform() as platform:  # whatever the scores, there is a champion to predict with
        for project in platform.projects.load()[0]:
            platform.projects.save(project.model_copy(update={"gate": GateThresholds(min_f1=0.0)}))
    rounds.drop(KILLS)
    status, out, err = rounds.home.call("run", "--json")
    assert status == 0, err
    print(f"\n{KILLS} kills, seed {SEED}: {dict(rounds.ended)}; the clean run: {json.loads(out)['pass']['jobs']}")
    return rounds


def test_passes_were_killed_in_the_middle(rounds: Rounds) -> None:
    assert sum(count for where, count in rounds.ended.items() if where.startswith("killed")) >= KILLS / 3


def test_every_file_dropped_arrived_once(rounds: Rounds) -> None:
    home = rounds.home
    assert home.left_in_landing() == []
    arrived = Counter((row["customer"], row["name"]) for row in home.rows("raw_blobs") if not row["parent_document_id"])
    assert arrived == Counter(tuple(name.split("/", 1)) for name, _ in rounds.dropped)


def test_no_key_stands_in_two_rows(rounds: Rounds) -> None:
    assert rounds.home.doubled() == {}


def test_the_table_of_arrivals_is_the_ledger(rounds: Rounds) -> None:
    with rounds.home.platform() as platform:
        counts = platform.ledger.arrival_counts()
        assert platform.ledger.unexported(1) == []
        documents = {document.document_id for document in platform.ledger.documents_after(0, 100_000)}
    rows = rounds.home.rows("raw_blobs")
    assert len(rows) == counts.total
    assert {row["document_id"] for row in rows} == documents
    assert Counter(row["outcome"] for row in rows) == Counter(
        landed=counts.landed, duplicate=counts.duplicate, quarantined=counts.quarantined
    )


def test_documents_in_are_rows_out_plus_quarantined_at_every_stage(rounds: Rounds) -> None:
    home = rounds.home
    landed = {row["document_id"] for row in home.rows("raw_blobs") if row["outcome"] == "landed"}
    routed, read, preprocessed = (
        {row["document_id"] for row in home.rows(table)}
        for table in ("routed_documents", "ocr_text", "preprocessed_text")
    )
    refused = {row["document_id"] for row in home.rows("quarantine") if row["stage"] == "ocr_text"}
    assert landed == routed
    assert routed == read | refused
    assert not read & refused
    assert preprocessed == read
    bad = {data for name, data in rounds.dropped if name.startswith("gamma/")}
    assert len(refused) == len(bad) == KILLS + 1


def test_every_document_has_its_bytes_its_text_and_one_prediction(rounds: Rounds) -> None:
    home = rounds.home
    texts = {row["document_id"]: row["content"] for row in home.rows("ocr_text")}
    with home.platform() as platform:
        for row in home.rows("routed_documents"):
            assert len(platform.blob_store.get(check_path(row["lake_path"]))) == row["size"]
        champion = platform.model_registry.aliased("topics", "champion")
        assert platform.model_registry.fetch("topics", champion.version)
    letters = {
        document_id_for("acme", row["sha256"])
        for row in home.rows("raw_blobs")
        if row["customer"] == "acme" and row["outcome"] == "landed"
    }
    predictions = home.rows("predictions")
    assert {row["document_id"] for row in predictions} == letters
    assert {(row["project"], row["model_version"]) for row in predictions} == {("topics", champion.version)}
    for number in range(KILLS + 1):
        assert f"member {number}" in texts.values()
        assert f"INVOICE {4000 + number}" in {text.strip() for text in texts.values()}


def test_every_label_became_one_annotation(rounds: Rounds) -> None:
    labelled = max(len(json.loads(data)["assets"]["documents"]) for name, data in rounds.dropped if "labels" in name)
    rows = rounds.home.rows("annotations")
    assert len(rows) == len({row["location"] for row in rows}) == labelled
    newest = max(rounds.home.rows("dataset_versions"), key=lambda row: row["created_at"])
    assert newest["train_count"] + newest["validation_count"] + newest["test_count"] == labelled


def test_dagster_shows_no_run_as_still_running(rounds: Rounds) -> None:
    with dg.DagsterInstance.from_config(str(rounds.home.path / "dagster")) as instance:
        runs = instance.get_runs()
        assert [(run.job_name, run.status) for run in runs if run.status not in ENDED] == []
        assert any(run.is_success for run in runs)


def test_a_further_pass_has_nothing_to_do(rounds: Rounds) -> None:
    status, out, err = rounds.home.call("run", "--json")
    assert status == 0, err
    assert json.loads(out)["pass"]["runs"] == []
    assert rounds.home.processes() == []
