"""Projects out of a home and into another."""

from __future__ import annotations

import hashlib
import io
import json
import random
import tracemalloc
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from docplatform.documents.document_text import DocumentText
from docplatform.errors import ConfigurationError, PermanentError
from docplatform.inference.champions import load_model
from docplatform.registry.base import CHAMPION
from docplatform.training.bundle_import import import_bundle, land_documents
from docplatform.training.bundle_reading import open_bundle
from docplatform.training.bundles import export_bundle
from docplatform.training.promotion import Promotions
from docplatform_tests.homes import Home, topic_labels, topic_texts
from docplatform_tests.training.chains import state_of


def export(home: Home, **options: bool) -> bytes:
    p, target = home.platform, home.platform.settings.home_path / "backup" / "topics.zip"
    export_bundle(
        "topics",
        target,
        projects=p.projects,
        lake=p.lake,
        registry=p.model_registry,
        ledger=p.ledger,
        blob_store=p.blob_store,
        **options,
    )
    return target.read_bytes()


def bring_in(home: Home, data: bytes):
    p = home.platform
    with open_bundle(io.BytesIO(data)) as bundle:
        return import_bundle(bundle, projects=p.projects, lake=p.lake, registry=p.model_registry, run_id="import")


def check(data: bytes) -> None:
    with open_bundle(io.BytesIO(data)):
        pass


def changed(data: bytes, change: Callable[[dict[str, bytes]], None], *, resign: bool = True) -> bytes:
    """The bundle with other files; ``resign``: with a manifest that fits them."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    if resign:
        manifest = json.loads(files["manifest.json"])
        others: Mapping[str, bytes] = {name: data for name, data in files.items() if name != "manifest.json"}
        manifest["files"] = {name: hashlib.sha256(data).hexdigest() for name, data in others.items()}
        files["manifest.json"] = json.dumps(manifest).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def bundle(_trained) -> bytes:
    return export(_trained[0])


def test_a_home_that_was_lost_is_made_again_with_models_scores_labels_and_history(trained, tmp_path):
    home, project, _ = trained
    Promotions("topics", home.platform.lake, home.platform.model_registry).pin("audit")
    data = export(home, with_documents=True)
    other = Home.at(tmp_path / "other")
    made = bring_in(other, data)
    assert made.versions == {1: 1}
    assert other.platform.projects.get("topics") == project
    assert other.platform.projects.label_file(project) == home.platform.projects.label_file(project)
    for table in ("labeled_dataset", "dataset_versions", "model_evaluation", "champion_model"):
        assert other.rows(table) == home.rows(table), table
    champion = other.platform.model_registry.aliased("topics", CHAMPION)
    original = home.platform.model_registry.aliased("topics", CHAMPION)
    assert (champion.checksum, champion.metrics) == (original.checksum, original.metrics)
    state = other.platform.model_registry.alias_state("topics", CHAMPION)
    assert state.is_pinned
    assert "audit (imported" in state.reason
    text = [DocumentText("We write about the parcel and the courier")]
    assert load_model(project, 1, other.platform.model_registry).predict(text) == load_model(
        project, 1, home.platform.model_registry
    ).predict(text)
    with open_bundle(io.BytesIO(data)) as bundle:
        assert land_documents(bundle, other.platform.settings.landing_path / "acme") == 40
    other.add({})
    assert state_of(other, project).step is None, "with its documents landed nothing has to be trained again"


def test_a_project_that_is_here_already_is_left_alone(trained, bundle):
    with pytest.raises(ConfigurationError, match="project topics here already"):
        bring_in(trained[0], bundle)


def _model_file(files: dict[str, bytes]) -> str:
    return next(name for name in files if name.startswith("models/1/files/") and name.endswith(".npz"))


def _poison(files: dict[str, bytes]) -> None:
    name = "models/1/files/weights.pkl"
    files[name] = b"\x80\x04K\x01."
    about = json.loads(files["models/1/version.json"])
    from docplatform.registry.base import checksum

    root = "models/1/files/"
    about["checksum"] = checksum({n.removeprefix(root): d for n, d in files.items() if n.startswith(root)})
    files["models/1/version.json"] = json.dumps(about).encode()


def _other_engine(files: dict[str, bytes]) -> None:
    from docplatform.registry.base import checksum

    header = json.loads(files["models/1/files/model.json"])
    files["models/1/files/model.json"] = json.dumps({**header, "engine": "anything/1"}).encode()
    root = "models/1/files/"
    about = json.loads(files["models/1/version.json"])
    about["checksum"] = checksum({n.removeprefix(root): d for n, d in files.items() if n.startswith(root)})
    files["models/1/version.json"] = json.dumps(about).encode()


@pytest.mark.parametrize(
    ("change", "resign", "says"),
    [
        (lambda f: f.update({_model_file(f): b"other"}), False, "isn't what the manifest says"),
        (lambda f: f.update({_model_file(f): b"other"}), True, "aren't those that were registered"),
        (lambda f: f.update({"../../evil.txt": b"x"}), True, "leads elsewhere"),
        (lambda f: f.update({"/etc/evil": b"x"}), True, "leads elsewhere"),
        (lambda f: f.update({"a\\..\\evil": b"x"}), True, "leads elsewhere"),
        (lambda f: f.update({"extra.txt": b"x"}), False, "doesn't speak of the same files"),
        (lambda f: f.pop("project.yaml"), True, "one label file"),
        (lambda f: f.update({"project.yaml": b"kind: nonsense"}), True, "is no project"),
        (_poison, True, "holds a pickle"),
        (_other_engine, True, "engine 'anything/1'"),
        (lambda f: f.update({"manifest.json": b"{}"}), False, "its format is None"),
        (lambda f: f.update({"manifest.json": b"["}), False, "no JSON"),
    ],
)
def test_a_bundle_that_is_not_what_it_says_is_refused(bundle, change, resign, says):
    with pytest.raises(PermanentError, match=says):
        check(changed(bundle, change, resign=resign))


def test_what_is_no_zip_or_holds_a_link_is_refused(bundle):
    with pytest.raises(PermanentError, match="can't be unzipped"):
        check(b"PK\x03\x04 no")
    buffer = io.BytesIO(bundle)
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(PermanentError, match="is a link"):
        check(buffer.getvalue())
    damaged = bytearray(bundle)
    damaged[len(damaged) // 2] ^= 0xFF
    with pytest.raises(PermanentError, match="refused"):
        check(bytes(damaged))


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.7, 0.99, 0.9999])
def test_a_bundle_that_was_cut_off_is_refused_with_what_is_wrong(bundle, share):
    with pytest.raises(PermanentError, match="damaged or not complete"):
        check(bundle[: int(len(bundle) * share)])


def test_a_byte_that_was_damaged_anywhere_is_refused_or_does_no_harm(bundle):
    with open_bundle(io.BytesIO(bundle)) as sound:
        files = {path: hashlib.sha256(sound.read(path)).digest() for path in sound.files}
    chance, refusals = random.Random(5), 0  # noqa: S311 - where to damage it
    for place in chance.sample(range(len(bundle)), 40):
        damaged = bytearray(bundle)
        damaged[place] ^= 0xFF
        try:
            with open_bundle(io.BytesIO(bytes(damaged))) as opened:
                assert {path: hashlib.sha256(opened.read(path)).digest() for path in opened.files} == files
        except PermanentError:
            refusals += 1
    assert refusals > 30


def test_documents_that_lead_out_of_the_landing_folder_are_not_landed(bundle, tmp_path):
    def lead_out(files: dict[str, bytes]) -> None:
        files |= {"documents/0": b"x", "documents/1": b"y"}
        files["documents.json"] = json.dumps({"documents/0": "fine.txt", "documents/1": "../out.txt"}).encode()

    with (
        open_bundle(io.BytesIO(changed(bundle, lead_out))) as opened,
        pytest.raises(ConfigurationError, match="out of"),
    ):
        land_documents(opened, tmp_path / "landing")
    assert list(tmp_path.rglob("*.txt")) == []


def test_an_export_that_fails_leaves_the_former_bundle_and_no_half_of_one(trained):
    home, _, _ = trained
    before = export(home)
    home.platform.blob_store.delete(
        [home.platform.ledger.documents(home.platform.ledger.lake_partitions()[0])[0].blob_path]
    )
    with pytest.raises(FileNotFoundError):
        export(home, with_documents=True)
    (left,) = (home.platform.settings.home_path / "backup").iterdir()
    assert left.read_bytes() == before


def test_documents_are_never_held_together(trained, tmp_path):
    """Twelve documents of 2 MB: all of them would be 24 MB, the compressor and one of them are under ten."""
    home, project, _ = trained
    big = {f"acme/big-{number}.txt": (f"{number} " * 2**20)[: 2 * 2**20] for number in range(12)}
    home.take_in(big)
    labels = topic_labels(topic_texts(40) | {name.removeprefix("acme/"): ("billing", "") for name in big})
    home.platform.projects.save_labels(project, labels)
    other = Home.at(tmp_path / "other")
    peaks = []
    for step in (
        lambda: export(home, with_documents=True),
        lambda: bring_in_and_land(other, home.platform.settings.home_path / "backup" / "topics.zip"),
    ):
        tracemalloc.start()
        step()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert len(list((other.platform.settings.landing_path / "acme").glob("big-*.txt"))) == 12
    assert max(peaks) < 15 * 2**20, peaks


def bring_in_and_land(home: Home, path: Path) -> None:
    p = home.platform
    with open_bundle(path) as bundle:
        import_bundle(bundle, projects=p.projects, lake=p.lake, registry=p.model_registry, run_id="import")
        land_documents(bundle, p.settings.landing_path / "acme")
