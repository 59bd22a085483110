"""The Dagster UI in a real browser: what people see and click, and what happens by itself."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from docplatform_tests.homes import topic_labels, topic_texts
from docplatform_tests.integration.command import CommandHome
from docplatform_tests.integration.served_ui import ServedUi, served, until

playwright = pytest.importorskip("playwright.sync_api", reason="playwright for Python is not installed")

pytestmark = pytest.mark.integration

CHROMIUM_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ZONES = ["ingest", "lake", "text", "labels", "models", "inference", "monitoring"]
ASSETS = [
    "landing",
    "raw_blobs",
    "routed_documents",
    "ocr_text",
    "preprocessed_text",
    "annotations",
    "labeled_dataset",
    "trained_model",
    "model_evaluation",
    "champion_model",
    "predictions",
    "drift_report",
    "quarantine",
]
PAGE_SECONDS = 60
RUN_SECONDS = 120

DOCPLATFORM = [sys.executable, "-m", "docplatform.cli"]


@dataclass(frozen=True)
class Browsing:
    """A page of the UI."""

    page: playwright.Page
    ui: ServedUi

    def open(self, path: str) -> None:
        self.page.goto(self.ui.url + path)


@pytest.fixture(scope="module")
def browser() -> Iterator[playwright.Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed (Debian package: chromium)")
    with playwright.sync_playwright() as started:
        launched = started.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def home(browser: playwright.Browser, tmp_path_factory: pytest.TempPathFactory) -> CommandHome:
    """A home after a pass over forty letters, their labels and a broken file."""
    home = CommandHome(tmp_path_factory.mktemp("browser") / "home")
    texts = topic_texts(40)
    drop(home, {name: text.encode() for name, (_, text) in texts.items()})
    drop(home, {"labels.json": topic_labels(texts), "broken.pdf": b"%PDF-1.7 and nothing else"})
    status, out, err = home.call("run")
    assert status == 0, out + err
    return home


@pytest.fixture(scope="module")
def ui(home: CommandHome) -> Iterator[ServedUi]:
    with served(home, DOCPLATFORM, READING__WORKERS="1", AUTOMATION__SENSOR_SECONDS="5") as running:
        yield running


@pytest.fixture
def browsing(browser: playwright.Browser, ui: ServedUi) -> Iterator[Browsing]:
    playwright.expect.set_options(timeout=PAGE_SECONDS * 1000)
    page = browser.new_page(viewport={"width": 1600, "height": 1000})
    page.set_default_timeout(PAGE_SECONDS * 1000)
    yield Browsing(page, ui)
    page.close()


@contextmanager
def pictured(browsing: Browsing, folder: Path) -> Iterator[None]:
    """Keep a picture of the page where the block fails, and name it in the failure."""
    try:
        yield
    except Exception as error:
        picture = folder / "artifacts" / "page.png"
        browsing.page.screenshot(path=picture)
        error.add_note(f"The page then: {picture}. The UI's log: {browsing.ui.log}")
        raise


def drop(home: CommandHome, files: dict[str, bytes]) -> None:
    """Put files of the customer acme into the landing folder, each at once, as a careful sender does."""
    folder = home.landing / "acme"
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        part = folder / f"{name}.part"
        part.write_bytes(content)
        part.rename(folder / name)


def node(browsing: Browsing, name: str) -> playwright.Locator:
    """A node or group of the lineage graph, which draws each in a ``foreignObject``."""
    return browsing.page.locator("foreignObject").filter(has_text=re.compile(f"^{name}$")).first


def button(browsing: Browsing, text: str) -> playwright.Locator:
    """A button by exactly its text; its accessible name would begin with that of its icon."""
    return browsing.page.locator("button").filter(has_text=re.compile(f"^{text}$"))


def test_the_lineage_shows_every_zone_and_every_asset(browsing, tmp_path):
    with pictured(browsing, tmp_path):
        browsing.open("/asset-groups")
        for zone in ZONES:
            playwright.expect(node(browsing, zone)).to_be_visible()
        browsing.page.keyboard.press("Alt+e")
        for asset in ASSETS:
            playwright.expect(node(browsing, asset)).to_be_visible()
        for zone in ZONES:
            playwright.expect(node(browsing, zone)).to_be_visible()


@pytest.mark.parametrize(
    ("entry", "title"), [("confusion matrix", "Confusion matrix"), ("f1 per label", "F1 per label")]
)
def test_an_evaluation_shows_its_plots(browsing, tmp_path, entry, title):
    page = browsing.page
    with pictured(browsing, tmp_path):
        browsing.open("/assets/model_evaluation?view=partitions&partition=topics")
        row = page.locator("tr").filter(has=page.get_by_text(entry, exact=True))
        row.get_by_text("[Show Markdown]").click()
        picture = page.locator(f"img[alt='{title}']")
        playwright.expect(picture).to_be_visible()
        assert until(lambda: picture.evaluate("image => image.naturalWidth"), "the plot is drawn", PAGE_SECONDS) > 200


def run_shown(browsing: Browsing) -> str:
    """How the run ends that the UI says it has launched."""
    page = browsing.page
    page.locator("a[href*='/runs/']").filter(has_text=re.compile("^View$")).click()
    page.wait_for_url("**/runs/*")
    ended = page.get_by_text(re.compile("^(Success|Failure|Canceled)$")).first
    playwright.expect(ended).to_be_visible(timeout=RUN_SECONDS * 1000)
    return ended.inner_text()


def test_an_asset_is_materialized_by_a_click(browsing, tmp_path):
    with pictured(browsing, tmp_path):
        browsing.open("/assets/raw_blobs")
        button(browsing, "Materialize").click()
        assert run_shown(browsing) == "Success"


def test_a_lake_partition_is_materialized_by_two_clicks(browsing, tmp_path):
    (key,) = {row["lake_partition"] for row in browsing.ui.home.rows("routed_documents") if row["extension"] == "txt"}
    with pictured(browsing, tmp_path):
        browsing.open(f"/assets/routed_documents?view=partitions&partition={key}")
        playwright.expect(browsing.page.get_by_text("letter-000.txt")).to_be_visible()
        button(browsing, "Materialize…").click()
        button(browsing, "Launch 1 run").click()
        assert run_shown(browsing) == "Success"


def test_a_dropped_file_becomes_a_prediction_with_nobody_touching_anything(browsing, tmp_path):
    home = browsing.ui.home
    _, text = topic_texts(1, start=1001)["letter-1001.txt"]
    html = f"<!doctype html><html><title>Letter</title><body><p>{text}</p></body></html>"
    with pictured(browsing, tmp_path):
        drop(home, {"dropped.html": html.encode()})
        (row,) = until(
            lambda: [row for row in home.rows("predictions") if row["name"] == "dropped.html"],
            "dropped.html is in predictions",
            RUN_SECONDS,
        )
        assert (row["project"], row["category"], row["abstained"]) == ("topics", "billing", False)
        assert home.left_in_landing() == []
        browsing.open(f"/assets/predictions?view=partitions&partition={row['lake_partition']}")
        playwright.expect(browsing.page.get_by_text("dropped.html")).to_be_visible()


AUTOMATIONS = """{ repositoryOrError(
  repositorySelector: {repositoryName: "__repository__", repositoryLocationName: "docplatform"}
) { ... on Repository {
  sensors { name sensorState { status ticks(limit: 100) { status skipReason error { message } } } }
  schedules { name scheduleState { status } }
} } }"""


def test_sensors_and_schedules_run_from_the_start_and_no_tick_fails(ui):
    def answers() -> dict:
        found = ui.graphql(AUTOMATIONS)["repositoryOrError"]
        found["sensors"] = [sensor for sensor in found["sensors"] if sensor["name"] != "label_studio_sensor"]
        return found if all(sensor["sensorState"]["ticks"] for sensor in found["sensors"]) else {}

    automations = until(answers, "every sensor has ticked", RUN_SECONDS)
    assert len(automations["sensors"]) == 6
    assert {schedule["scheduleState"]["status"] for schedule in automations["schedules"]} == {"RUNNING"}
    for sensor in automations["sensors"]:
        assert sensor["sensorState"]["status"] == "RUNNING"
        for tick in sensor["sensorState"]["ticks"]:
            assert tick["error"] is None, (sensor["name"], tick)
            assert tick["status"] != "SKIPPED" or len(tick["skipReason"]) > 10, (sensor["name"], tick)


def test_the_ui_serves_from_any_folder_and_ends_with_everything_it_started(tmp_path):
    # as a script's background command has it: SIGINT ignored, which dagster takes for SIGTERM's handling too
    command = ["sh", "-c", "trap '' INT; exec \"$@\"", "sh", *DOCPLATFORM]
    with served(CommandHome(tmp_path / "home"), command) as ui:
        assert len(ui.home.processes()) >= 4, "dagster dev, web server, daemon and code server"
        ui.end()
