"""Labelling in a real Label Studio: push, label by API and in a browser, pull, rows of annotations."""

from __future__ import annotations

import io
import os
import shutil
import signal
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from docplatform.documents.predictions import TaskKind
from docplatform.errors import ConfigurationError
from docplatform.labels.projects import ModelProject
from docplatform.labels.starting import empty_label_file
from docplatform.labels.stored import parse_labels
from docplatform.labels.studio.client import TESTED_VERSION, StudioClient
from docplatform.labels.studio.server import StudioServer
from docplatform.settings import LabelStudioSettings
from docplatform.training.erasing import Eraser
from docplatform.training.label_pull import PullReport, pull_answers
from docplatform.training.label_push import LabelPusher, PushReport
from docplatform_tests.homes import Home, topic_labels, topic_texts
from docplatform_tests.integration import real_studio
from docplatform_tests.integration.real_studio import Annotator, choice, span
from docplatform_tests.integration.served_ui import free_port, until
from docplatform_tests.training.chains import annotate, train

pytestmark = pytest.mark.integration

LOAN = 'Loan \U0001f600 of 6/29/2018\r\nto  Zoë & Co., "Lender"\r\n\r\nTotal: 12 €'
PAGE_SECONDS = 60
TAKE_UP_SECONDS = 2


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home whose Label Studio runs, with forty letters, a champion for them, and two loan agreements."""
    installed = real_studio.installation()
    settings = LabelStudioSettings(venv=installed.venv)
    home = Home.at(tmp_path_factory.mktemp("studio") / "home", label_studio=settings)
    server = home.platform.studio_server
    server.start(free_port(), print)
    try:
        texts = topic_texts(40)
        home.add({f"acme/{name}": text for name, (_, text) in texts.items()})
        home.add({"bank/loan-1.txt": LOAN, "bank/loan-2.txt": LOAN + " and more"})
        train(home, home.project(topic_labels(texts)))
        yield home
    finally:
        server.stop()


@pytest.fixture
def annotator(home: Home) -> Annotator:
    running, account = home.platform.studio_server.running(), home.platform.studio_server.account()
    return Annotator(running.url, account)


def push(home: Home, project: ModelProject, limit: int = 10) -> PushReport:
    p = home.platform
    pusher = LabelPusher(p.projects, p.ledger, p.lake, p.model_registry, p.blob_store, p.label_studio())
    return pusher.push(project, limit)


def pull(home: Home, project: ModelProject) -> PullReport:
    p = home.platform
    return pull_answers(project, projects=p.projects, ledger=p.ledger, lake=p.lake, client=p.label_studio())


def tasks_of(home: Home, report: PushReport) -> dict[str, dict[str, Any]]:
    """The tasks of a project, by location."""
    number = int(report.url.split("/")[-2])
    return {task["data"]["location"]: task for task in home.platform.label_studio().tasks(number)}


def rows_of(home: Home, project: ModelProject) -> dict[str, list[tuple[str, str | None]]]:
    """What ``annotations`` holds of a project: location to categories and texts."""
    annotate(home, project)
    rows: dict[str, list[tuple[str, str | None]]] = {}
    for row in home.rows("annotations"):
        if row["project"] == project.name:
            rows.setdefault(row["location"], []).append((row["category"], row["text"]))
    return {location: sorted(labels) for location, labels in rows.items()}


def test_the_server_is_ours_alone(home):
    server, folder = home.platform.studio_server, home.platform.settings.label_studio_path
    running = server.running()
    assert running.url.startswith("http://127.0.0.1:")
    assert home.platform.label_studio().version == TESTED_VERSION
    assert server.start(free_port(), print) == running, "one that runs is found, not started again"
    account = server.account()
    for name in ("account.json", "server.json", "server.log"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600, name
    told = server.log.read_text() + Path(f"/proc/{running.pid}/cmdline").read_text()
    assert account.token not in told
    assert account.password not in told


def test_a_champions_answers_are_mended_and_come_back_as_rows(home, annotator):
    project = home.platform.projects.get("topics")
    home.add({f"acme/{name}": text for name, (_, text) in topic_texts(4, start=700).items()})
    report = push(home, project)
    assert (len(report.pushed), report.predicted, report.is_new) == (4, 4, True)
    assert push(home, project).pushed == ()
    tasks = tasks_of(home, report)
    assert tasks["letter-700.txt"]["predictions"][0]["result"][0]["value"] == {"choices": ["shipping"]}
    assert tasks["letter-700.txt"]["predictions"][0]["model_version"] == "topics:1"
    one = annotator.annotate(tasks["letter-700.txt"]["id"], choice("billing"))
    two = annotator.annotate(tasks["letter-701.txt"]["id"], choice("shipping"))
    annotator.annotate(tasks["letter-702.txt"]["id"], was_cancelled=True)
    first = pull(home, project)
    assert (sorted(first.added), first.findings) == (["letter-700.txt", "letter-701.txt"], ())
    rows = rows_of(home, project)
    assert (rows["letter-700.txt"], rows["letter-701.txt"]) == ([("billing", None)], [("shipping", None)])
    assert len(rows) == 42
    origins = home.platform.projects.studio_link(project).decode()
    assert "docplatform@localhost" in origins

    client, number = home.platform.label_studio(), int(report.url.split("/")[-2])
    seen = client.last_update(number), client.project(number).counts
    annotator.change(one, choice("shipping"))
    assert (changed := client.last_update(number)) > seen[0], "the sensor sees an answer that changed"
    annotator.delete(two)
    assert (client.last_update(number), client.project(number).counts) != (changed, seen[1]), "and one that is gone"
    second = pull(home, project)
    assert (second.replaced, second.removed) == (("letter-700.txt",), ("letter-701.txt",))
    rows = rows_of(home, project)
    assert rows["letter-700.txt"] == [("shipping", None)]
    assert "letter-701.txt" not in rows


def loans(home: Home, name: str = "loans") -> ModelProject:
    kind = TaskKind.ENTITY_RECOGNITION
    project = ModelProject(name=name, kind=kind, customer="bank", labels=f"{name}/labels.json")
    home.platform.projects.save(project, empty_label_file(project, ["Date", "Total"]))
    return project


def test_spans_come_back_on_the_characters_that_were_labelled(home, annotator):
    project = loans(home)
    report = push(home, project)
    for task in tasks_of(home, report).values():
        text = task["data"]["text"]
        annotator.annotate(task["id"], span(text, "6/29/2018", "Date"), span(text, "€", "Total"))
    assert pull(home, project).findings == ()
    label_file = parse_labels(home.platform.projects.label_file(project))
    offsets = [entity.offset for entity in label_file.documents[0].entities]
    assert offsets[0] == LOAN.index("6/29") + 1, "the file counts UTF-16 units, and the face is two"
    assert rows_of(home, project) == {
        f"loan-{number}.txt": [("Date", "6/29/2018"), ("Total", "€")] for number in (1, 2)
    }


def paged_pdf() -> bytes:
    """Two pages of a letter with a text layer."""
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    canvas.setFont("Helvetica", 14)
    canvas.drawString(72, 770, "Invoice 4711 of Harbour Supplies Limited")
    canvas.drawString(72, 740, "Amount due 120.50 EUR")
    canvas.showPage()
    canvas.setFont("Helvetica", 14)
    canvas.drawString(72, 770, "Signed by Ann Otator in Bristol")
    canvas.save()
    return out.getvalue()


def test_fields_are_rectangles_on_pages_and_come_back_as_the_words_under_them(home, annotator):
    from docplatform.inference.stages import ReadingStage, RoutingStage
    from docplatform.lake.incremental import run_stage

    p = home.platform
    home.take_in({"forms/invoice.pdf": paged_pdf()})
    keys = [key for key in p.ledger.lake_partitions() if key.startswith("forms/")]
    for stage in (RoutingStage(p.ledger, p.blob_store), ReadingStage(p.lake, p.blob_store, _real_reader(home))):
        run_stage(p.lake, stage, keys, run_id="read")
    kind = TaskKind.FIELD_EXTRACTION
    project = ModelProject(name="invoices", kind=kind, customer="forms", labels="invoices/labels.json")
    p.projects.save(project, empty_label_file(project, ["Number", "Signer"]))
    (task,) = tasks_of(home, push(home, project)).values()
    assert len(task["data"]["pages"]) == 2
    for page in task["data"]["pages"]:
        import requests

        headers = {"Authorization": f"Token {annotator.account.token}"}
        image = requests.get(annotator.url + page, headers=headers, timeout=30)
        assert image.content.startswith(b"\xff\xd8"), image.content[:100]

    words = _words(home, "invoice.pdf")
    regions = [_rectangle(words["4711"], "Number"), _rectangle(words["Otator"], "Signer")]
    annotator.annotate(task["id"], *regions)
    assert pull(home, project).findings == ()
    assert rows_of(home, project) == {"invoice.pdf": [("Number", "4711"), ("Signer", "Otator")]}


def _real_reader(home: Home) -> Any:
    from docplatform.composition import Platform

    return Platform(home.platform.settings).document_reader


def _words(home: Home, name: str) -> dict[str, Any]:
    from docplatform.documents.document_text import document_text

    (row,) = [row for row in home.rows("ocr_text") if row["name"] == name]
    document = document_text(row["analyze_result"])
    return {document.text[word.offset : word.offset + word.length]: word for word in document.words}


def _rectangle(word: Any, category: str) -> dict[str, Any]:
    """A rectangle as people draw it: a little more than the word."""
    value = {
        "x": word.left * 100 - 0.5,
        "y": word.top * 100 - 0.5,
        "width": (word.right - word.left) * 100 + 1,
        "height": (word.bottom - word.top) * 100 + 1,
        "rotation": 0,
        "rectanglelabels": [category],
    }
    sizes = {"original_width": 1131, "original_height": 1600, "item_index": word.page - 1}
    return {"from_name": "label", "to_name": "page", "type": "rectanglelabels", "value": value, **sizes}


SELECTION = """label => {
  const walker = document.createTreeWalker(document.querySelector("[class*=richtext]"), NodeFilter.SHOW_TEXT)
  for (let node; (node = walker.nextNode()); ) {
    const at = node.data.indexOf(label)
    if (at < 0) continue
    const range = document.createRange()
    range.setStart(node, at)
    range.setEnd(node, at + label.length)
    const box = range.getBoundingClientRect()
    return [box.x, box.y + box.height / 2, box.x + box.width]
  }
}"""


def mark(page: Any, category: str, labeled: str) -> None:
    """Choose a category and draw the mouse over a text; the page is slow to take it up on a busy machine."""
    choice_ = page.locator(".lsf-label").filter(has_text=category).first
    taken = page.locator(".lsf-outliner-item__text").get_by_text(labeled, exact=True)

    def is_marked() -> bool:
        if "lsf-label_selected" not in (choice_.get_attribute("class") or ""):
            choice_.click()
            page.locator(".lsf-label_selected").filter(has_text=category).wait_for()
        left, middle, right = page.evaluate(SELECTION, labeled)
        page.mouse.move(left + 0.5, middle)
        page.mouse.down()
        page.mouse.move((left + right) / 2, middle)
        page.mouse.move(right + 0.5, middle)
        page.mouse.up()
        page.wait_for_timeout(TAKE_UP_SECONDS * 1000)
        return taken.count() > 0

    page.locator("[class*=richtext]").get_by_text("Total").first.wait_for()
    until(is_marked, f"{labeled} is marked", PAGE_SECONDS)


def test_an_erased_document_leaves_no_task_and_no_picture(home):
    home.add({"bank/erased.txt": LOAN + " to be erased"})
    project = loans(home, "erased")
    report = push(home, project)
    task = tasks_of(home, report)["erased.txt"]
    p, client, document_id = home.platform, home.platform.label_studio(), task["data"]["document_id"]
    number = int(report.url.split("/")[-2])
    pictures = [client.upload(number, f"{each}-1.jpg", b"\xff\xd8\xff\xe0 a page") for each in (document_id, "other")]
    files = [p.studio_server.media / path.removeprefix("/data/") for path in pictures]
    assert all(file.is_file() for file in files)
    eraser = Eraser(
        p.ledger, p.lake, p.blob_store, p.document_reader, p.projects, client, studio_media=p.studio_server.media
    )
    plan = eraser.plan(document_id)
    (traces,) = plan.studio
    assert (traces.tasks, len(traces.uploads)) == ((task["id"],), 1)
    assert eraser.erase(plan, "by hand").is_empty
    assert "erased.txt" not in tasks_of(home, report)
    assert [file.is_file() for file in files] == [False, True]


def test_what_is_labelled_with_the_mouse_is_what_comes_back(home, annotator, tmp_path):
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright for Python is not installed")
    chromium = shutil.which("chromium") or pytest.skip("Chromium is not installed (Debian package: chromium)")
    project = loans(home, "mouse")
    report = push(home, project, limit=1)
    (task,) = tasks_of(home, report).values()
    elsewhere: list[str] = []
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(
            executable_path=chromium, args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.set_default_timeout(PAGE_SECONDS * 1000)
        page.on("request", lambda r: elsewhere.append(r.url) if not r.url.startswith(_own(annotator)) else None)
        page.goto(f"{annotator.url}/user/login/")
        page.fill("input[name=email]", annotator.account.username)
        page.fill("input[name=password]", annotator.account.password)
        page.click("button[type=submit]")
        page.wait_for_url(f"{annotator.url}/**")
        page.goto(f"{report.url}?task={task['id']}")
        page.get_by_role("button", name="Submit").wait_for()
        page.get_by_role("heading", name=report.pushed[0].reason).wait_for()
        for category, labeled in (("Date", "6/29/2018"), ("Total", "12")):
            mark(page, category, labeled)
        picture = tmp_path / "artifacts" / "label-studio-task.png"
        page.screenshot(path=picture)
        page.get_by_role("button", name="Submit").click()
        until(lambda: tasks_of(home, report)[task["data"]["location"]]["annotations"], "submitted", PAGE_SECONDS)
        browser.close()
    assert picture.stat().st_size > 10_000
    assert elsewhere == [], "the page asks nobody else"
    assert pull(home, project).findings == ()
    (labels,) = rows_of(home, project).values()
    assert labels == [("Date", "6/29/2018"), ("Total", "12")]


def _own(annotator: Annotator) -> tuple[str, ...]:
    return annotator.url, "data:", "blob:"


def test_a_server_that_was_killed_is_not_taken_for_running_and_starts_again(home, tmp_path):
    venv = home.platform.settings.label_studio.venv
    server = StudioServer(home.platform.settings.label_studio_path, real_studio.StudioInstallation(venv))
    former = server.running()
    os.kill(former.pid, signal.SIGKILL)
    until(lambda: server.running() is None, "it has ended", PAGE_SECONDS)
    with pytest.raises(ConfigurationError, match="labels studio start"):
        home.platform.label_studio()
    assert server.stop() is False
    again = server.start(free_port(), print)
    assert again.pid != former.pid
    client = StudioClient(again.url, server.account().token)
    assert client.project(1).title == "docplatform: topics", "what was labelled is there"
    assert server.stop() is True
    assert server.running() is None
