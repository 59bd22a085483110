"""Erasing a document: no file of the home holds it any more, and nothing else is disturbed."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest

from docplatform.labels.studio.client import StudioClient
from docplatform.training.datasets import pinned_versions
from docplatform.training.erasing import ErasePlan, Eraser
from docplatform.training.forgetting import forget, plan_forget
from docplatform_tests.homes import Home, topic_texts
from docplatform_tests.labels.studio.fake_studio import TOKEN, FakeStudio, serving
from docplatform_tests.training.chains import train
from docplatform_tests.training.test_label_studio import choice, pull, push
from docplatform_tests.training.test_monitoring import predict

NAME, MARK = "letter-003.txt", "Case 23757."
"""A labelled letter, and words that no other has."""


@pytest.fixture
def studio() -> Iterator[FakeStudio]:
    with serving() as fake:
        yield fake


def eraser(home: Home, client: StudioClient | None = None) -> Eraser:
    p = home.platform
    return Eraser(p.ledger, p.lake, p.blob_store, p.document_reader, p.projects, client, "none runs")


def id_of(home: Home, name: str) -> str:
    (found,) = {row["document_id"] for row in home.rows("ocr_text") if row["name"] == name}
    return found


def forget_and_erase(home: Home, name: str, client: StudioClient | None = None) -> tuple[ErasePlan, ErasePlan]:
    p, document_id = home.platform, id_of(home, name)
    seen = plan_forget(document_id, lake=p.lake, registry=p.model_registry, projects=p.projects, ledger=p.ledger)
    plan = eraser(home, client).plan(document_id)
    forget(seen, lake=p.lake, registry=p.model_registry, projects=p.projects, run_id="by hand")
    return plan, eraser(home, client).erase(plan, "by hand")


def files_with(home: Home, *traces: str) -> list[str]:
    """Files of the home that hold one of these, also within compressed tables."""
    import pyarrow.parquet as pq

    found = []
    for path in home.platform.settings.home_path.rglob("*"):
        if not path.is_file():
            continue
        data = path.read_bytes()
        texts = str(pq.read_table(io.BytesIO(data)).to_pydict()).encode() if path.suffix == ".parquet" else data
        if any(trace.encode() in texts for trace in traces):
            found.append(str(path.relative_to(home.platform.settings.home_path)))
    return found


def test_nothing_of_an_erased_document_is_left_in_any_file_and_the_others_are_as_they_were(trained):
    home, project, _ = trained
    predict(home)
    p, document_id = home.platform, id_of(home, NAME)
    others = {table: len(home.rows(table)) for table in ("raw_blobs", "ocr_text", "predictions")}
    assert len(files_with(home, MARK)) == 5, "bytes twice, text, text made ready, dataset"
    plan, left = forget_and_erase(home, NAME)
    assert (plan.name, plan.arrivals, len(plan.blobs), plan.lake_partition is not None) == (NAME, 1, 2, True)
    assert plan.rows.keys() >= {"raw_blobs", "routed_documents", "ocr_text", "preprocessed_text", "predictions"}
    assert left.is_empty
    p.ledger.close()
    assert files_with(home, MARK) == []
    assert files_with(home, NAME) == []
    assert {table: len(home.rows(table)) for table in others} == {table: count - 1 for table, count in others.items()}
    assert p.ledger.document(document_id) is None
    assert p.ledger.arrival_counts().total == 39
    assert eraser(home).erase(plan, "again").is_empty
    decision = train(home, project, run_id="without it")
    assert decision.champion_version == 2
    pinned = pinned_versions(p.lake)
    for table, versions in pinned.items():
        assert p.lake.maintain(table, keep_versions=sorted(versions), retention_hours=0) is not None
    assert len(home.rows("ocr_text")) == 39


def test_bytes_that_come_again_are_a_new_document(trained):
    home, _, _ = trained
    document_id = id_of(home, NAME)
    forget_and_erase(home, NAME)
    home.add({f"acme/{NAME}": topic_texts(40)[NAME][1]})
    assert id_of(home, NAME) == document_id


def test_its_tasks_pictures_and_answers_go_from_label_studio_and_others_stay(trained, studio):
    home, project, _ = trained
    home.add({"acme/one.txt": "qwertz asdfgh", "acme/two.txt": "yxcvb nmqwe"})
    push(home, project, studio)
    client = StudioClient(studio.url, TOKEN)
    for name in ("one.txt", "two.txt"):
        client.upload(1, f"{id_of(home, name)}-1.jpg", b"JPEG")
        studio.annotate(name, choice("billing"))
    pull(home, project, studio)
    plan, left = forget_and_erase(home, "one.txt", client)
    (traces,) = plan.studio
    assert (len(traces.tasks), len(traces.uploads), plan.studio_answers) == (1, 1, ("topics",))
    assert left.is_empty
    assert [task["data"]["location"] for task in studio.tasks] == ["two.txt"]
    assert len(client.uploads(1)) == 1
    link = json.loads(home.platform.projects.studio_link(project))
    assert link["origins"].keys() == {"two.txt"}
    assert not pull(home, project, studio).is_changed


def test_a_label_studio_that_cant_be_asked_is_named_and_the_rest_is_erased(trained, studio):
    home, project, _ = trained
    home.add({"acme/one.txt": "qwertz asdfgh"})
    push(home, project, studio)
    _, left = forget_and_erase(home, "one.txt")
    assert left.is_empty
    assert left.unreached == (f"topics, project 1 at {studio.url}: none runs",)
    document_id = studio.task("one.txt")["data"]["document_id"]
    later = eraser(home, StudioClient(studio.url, TOKEN))
    assert later.erase(later.plan(document_id), "later").is_empty, "it is found without the ledger"
    assert studio.tasks == []


def test_what_it_came_in_and_what_came_in_it_is_named_and_stays(tmp_path):
    import zipfile

    home, packed = Home.at(tmp_path / "home"), io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("inner.txt", "A letter in an archive.")
    home.add({"acme/outer.zip": packed.getvalue()})
    (inner,) = [row for row in home.rows("raw_blobs") if row["name"] == "inner.txt"]
    plan = eraser(home).plan(inner["document_id"])
    assert plan.containers == (inner["parent_document_id"],)
    outer = eraser(home).plan(inner["parent_document_id"])
    assert outer.members == (inner["document_id"],)
    assert eraser(home).erase(outer, "by hand").is_empty
    assert home.platform.ledger.document(inner["document_id"]) is not None


def test_a_document_that_nobody_knows_has_no_trace(trained):
    home, _, _ = trained
    assert eraser(home).plan("unheard of").is_empty


def test_cached_pages_are_found_without_recognising_and_removed(tmp_path):
    from docplatform.documents.media_types import PNG
    from docplatform.ocr.base import DocumentSource
    from docplatform.ocr.local.reader import LocalDocumentReader
    from docplatform.ocr.result_cache import CACHE_PREFIX
    from docplatform.settings import LimitSettings, ReadingSettings
    from docplatform.storage.local import LocalBlobStore

    store = LocalBlobStore(tmp_path / "store")
    reader = LocalDocumentReader(ReadingSettings(workers=0), LimitSettings(), lambda: store)
    source, other = (DocumentSource(text, picture(text), PNG.mime) for text in ("Total 12.50", "Invoice 7"))
    for each in (source, other):
        reader.read(each)
    paths = reader.cache_paths(source)
    assert sorted(path.split("/")[1] for path in paths) == ["documents", "pages"]
    store.delete(paths)
    assert reader.cache_paths(source) == []
    assert len(list(store.list(CACHE_PREFIX))) == 2, "the other one's"


def picture(text: str) -> bytes:
    from PIL import Image, ImageDraw, ImageFont

    image, data = Image.new("RGB", (400, 80), "white"), io.BytesIO()
    ImageDraw.Draw(image).text((10, 20), text, fill="black", font=ImageFont.load_default(32))
    image.save(data, "PNG")
    return data.getvalue()
