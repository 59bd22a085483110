"""``docplatform doctor``: everything it looks at can be wrong, and it says what to do."""

from __future__ import annotations

import socket
from collections import namedtuple

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from docplatform.cli import doctor
from docplatform.documents.analyze_result import AnalyzeResult
from docplatform.errors import PermanentError
from docplatform.ocr.local.reader import LocalDocumentReader
from docplatform.storage.local import LocalBlobStore
from docplatform_tests.homes import Home

SUBJECTS = [
    "python",
    "home",
    "disk",
    "storage",
    "ledger",
    "tables",
    "reading cache",
    "reader",
    "projects",
    "port",
    "landing folder",
]


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def quick_reader(monkeypatch):
    """A reader that recognises what is printed without an engine."""
    result = AnalyzeResult(model_id="m", content="INVOICE 4711", pages=())
    monkeypatch.setattr(LocalDocumentReader, "read", lambda *_: result)


def subjects(out: str, word: str) -> list[str]:
    return [line[6:].split(":")[0] for line in out.splitlines() if line.startswith(word)]


def wrong(call, port: int) -> tuple[str, str, str]:
    """The one wrong finding: its subject, what was found, the advice."""
    ended = call("doctor", "--port", port)
    assert ended.status == 1, ended.out
    lines = ended.out.splitlines()
    (index,) = [index for index, line in enumerate(lines) if line.startswith("WRONG")]
    subject, found = lines[index][6:].split(": ", 1)
    return subject, found, lines[index + 1].strip()


def test_a_machine_that_is_well(call, port):
    ended = call("doctor", "--port", port)
    assert ended.status == 0, ended.out
    assert subjects(ended.out, "ok") == SUBJECTS
    assert "recognises text" in ended.out, "by the real engine"


@pytest.mark.usefixtures("quick_reader")
class TestWrong:
    def test_python(self, call, port, monkeypatch):
        monkeypatch.setattr(doctor.sys, "version_info", (3, 10, 1))
        assert wrong(call, port) == ("python", "3.10.1", "Use Python 3.11 or later.")

    def test_a_home_that_is_a_file(self, call, port, home_path):
        home_path.write_text("a file")
        ended = call("doctor", "--port", port)
        assert ended.status == 1
        assert {"home", "storage", "ledger"} <= set(subjects(ended.out, "WRONG"))
        assert "set DOCPLATFORM_HOME" in ended.out

    def test_a_disk_that_is_full(self, call, port, monkeypatch):
        usage = namedtuple("usage", "total used free")
        monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: usage(0, 0, 2**30))
        assert wrong(call, port) == ("disk", "1.0 GiB free", "Free some space: 2 GiB at least.")

    def test_a_store_that_gives_other_bytes_back(self, call, port, monkeypatch):
        monkeypatch.setattr(LocalBlobStore, "get", lambda *_: b"other")
        subject, found, advice = wrong(call, port)
        assert (subject, "other bytes" in found) == ("storage", True)
        assert "DOCPLATFORM_STORAGE__" in advice

    def test_storage_that_is_not_configured(self, call, port, monkeypatch):
        monkeypatch.setenv("DOCPLATFORM_STORAGE__BACKEND", "memory")
        ended = call("doctor", "--port", port)
        assert ended.status == 1
        assert "storage" in subjects(ended.out, "WRONG")

    def test_a_ledger_that_cant_be_opened(self, call, port, monkeypatch):
        monkeypatch.setenv("DOCPLATFORM_LEDGER_URL", "sqlite:////nowhere/at/all/ledger.db")
        subject, _, advice = wrong(call, port)
        assert (subject, advice) == ("ledger", "Check DOCPLATFORM_LEDGER_URL.")

    def test_a_table_with_other_columns(self, call, port, home: Home):
        location = home.platform.blob_store.table_location("lake/tables/ocr_text")
        write_deltalake(location.uri, pa.table({"document_id": ["x"]}))
        subject, found, _ = wrong(call, port)
        assert subject == "tables"
        assert "ocr_text" in found

    def test_a_reader_that_misreads(self, call, port, monkeypatch):
        result = AnalyzeResult(model_id="m", content="1NV0ICE", pages=())
        monkeypatch.setattr(LocalDocumentReader, "read", lambda *_: result)
        assert wrong(call, port)[:2] == ("reader", "'INVOICE 4711' was recognised as '1NV0ICE'")

    @pytest.mark.parametrize("error", [PermanentError("no model"), ImportError("No module named 'rapidocr'")])
    def test_a_reader_that_cant_start(self, call, port, monkeypatch, error):
        def read(self, source):
            raise error

        monkeypatch.setattr(LocalDocumentReader, "read", read)
        assert wrong(call, port) == ("reader", str(error), "Reinstall with `make setup`.")

    def test_a_project(self, call, port, home: Home):
        home.platform.blob_store.put("projects/broken.yaml", b"kind: nonsense\n")
        subject, found, advice = wrong(call, port)
        assert (subject, "projects/broken.yaml" in found) == ("projects", True)
        assert "docs/projects.md" in advice

    def test_a_project_without_its_label_file(self, call, port, home: Home):
        home.project(b"{}")
        home.platform.blob_store.delete(["projects/topics/labels.json"])
        assert "projects/topics/labels.json does not exist" in wrong(call, port)[1]

    def test_a_port_in_use(self, call):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            subject, found, advice = wrong(call, taken.getsockname()[1])
        assert subject == "port"
        assert "Address already in use" in found
        assert "--port" in advice

    def test_a_landing_folder_that_is_a_file(self, call, port, home_path):
        home_path.mkdir()
        (home_path / "landing").write_text("a file")
        assert wrong(call, port)[0] == "landing folder"


@pytest.mark.usefixtures("quick_reader")
class TestReadingCache:
    def test_its_size_and_cap_are_told(self, call, port, home_path):
        entry = home_path / "cache" / "pages" / "ab" / "abcd"
        entry.parent.mkdir(parents=True)
        entry.write_bytes(bytes(2**20))
        out = call("doctor", "--port", port).out
        assert "reading cache: 1 entries, 1.0 MiB; maintenance trims it to 5120 MiB" in out

    def test_off_is_told_with_the_setting(self, call, port, monkeypatch):
        monkeypatch.setenv("DOCPLATFORM_READING__CACHE", "false")
        assert "reading cache: off (DOCPLATFORM_READING__CACHE)" in call("doctor", "--port", port).out
