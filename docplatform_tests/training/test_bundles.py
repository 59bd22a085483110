"""Projects out of a home and into another."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping

import pytest

from docplatform.documents.document_text import DocumentText
from docplatform.errors import ConfigurationError, PermanentError
from docplatform.inference.champions import load_model
from docplatform.registry.base import CHAMPION
from docplatform.training.bundle_import import import_bundle, read_bundle
from docplatform.training.bundles import export_bundle
from docplatform.training.promotion import Promotions
from docplatform_tests.homes import Home
from docplatform_tests.training.chains import state_of


def export(home: Home, **options: bool) -> bytes:
    p = home.platform
    return export_bundle(
        "topics",
        projects=p.projects,
        lake=p.lake,
        registry=p.model_registry,
        ledger=p.ledger,
        blob_store=p.blob_store,
        **options,
    )[0]


def bring_in(home: Home, data: bytes):
    p = home.platform
    return import_bundle(
        read_bundle(data), projects=p.projects, lake=p.lake, registry=p.model_registry, run_id="import"
    )


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
    other.add({f"acme/{location}": data for location, data in read_bundle(data).documents.items()})
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
        read_bundle(changed(bundle, change, resign=resign))


def test_what_is_no_zip_or_holds_a_link_is_refused(bundle):
    with pytest.raises(PermanentError, match="can't be unzipped"):
        read_bundle(b"PK\x03\x04 no")
    buffer = io.BytesIO(bundle)
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(PermanentError, match="is a link"):
        read_bundle(buffer.getvalue())
    damaged = bytearray(bundle)
    damaged[len(damaged) // 2] ^= 0xFF
    with pytest.raises(PermanentError, match="refused"):
        read_bundle(bytes(damaged))
