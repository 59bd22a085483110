"""The wheel: built without a network, loaded from outside the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
SOURCES = ("docplatform", "docplatform_tests", "pyproject.toml", "setup.cfg", "README.md", "LICENSE")


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("DOCPLATFORM_", "DAGSTER_"))}
    done = subprocess.run(command, cwd=cwd, env={**own, **environment}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy: building leaves its own files in the source tree."""
    source = tmp_path_factory.mktemp("source")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy(ROOT / name, source / name)
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", source / "dist", cwd=source)
    (built,) = (source / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder it is installed in, with nothing else."""
    target = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install"]
    run(*pip, "--quiet", "--no-index", "--no-deps", "--target", target, wheel, cwd=target)
    return target


def python(installed: Path, outside: Path, code: str) -> list[str]:
    return run(sys.executable, "-c", code, cwd=outside, PYTHONPATH=str(installed)).splitlines()


def test_it_holds_the_package_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"docplatform"}
    assert not [name for name in names if name.endswith((".pyc", ".db"))]


@pytest.mark.parametrize(
    "data", ["py.typed", "defs/dagster.yaml", "defs/workspace.yaml", "text/stop_words/en.txt", "text/stop_words/de.txt"]
)
def test_it_holds_its_data(installed: Path, data: str) -> None:
    assert (installed / "docplatform" / data).read_bytes() == (ROOT / "docplatform" / data).read_bytes()


def test_every_data_file_of_the_source_is_in_it(installed: Path) -> None:
    def data(root: Path) -> set[str]:
        found = (path for path in (root / "docplatform").rglob("*") if path.is_file() and path.suffix != ".pyc")
        return {str(path.relative_to(root)) for path in found}

    assert data(installed) == data(ROOT)


def test_definitions_load_from_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    code = (
        "import docplatform.definitions as d; print(d.__file__)\n"
        "d.defs.get_repository_def(); print(len(list(d.defs.resolve_asset_graph().get_all_asset_keys())))"
    )
    file, count = python(installed, tmp_path, code)
    assert Path(file).is_relative_to(installed)
    assert int(count) >= 13
    assert list(tmp_path.iterdir()) == []


def test_stop_words_work_from_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    code = (
        "from docplatform.settings import TextSettings; from docplatform.text.local import LocalTextPreprocessor\n"
        "print(*LocalTextPreprocessor(TextSettings()).preprocess('The invoice of the courier was paid').tokens)"
    )
    assert python(installed, tmp_path, code) == ["invoice courier paid"]


def test_the_command_runs_from_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    out = run(sys.executable, "-m", "docplatform.cli", "--help", cwd=tmp_path, PYTHONPATH=str(installed))
    assert "Usage: docplatform" in out.replace("python -m docplatform.cli", "docplatform")
    out = run(installed / "bin" / "docplatform", "--help", cwd=tmp_path, PYTHONPATH=str(installed))
    assert out.startswith("Usage: docplatform")
    assert "DOCPLATFORM_HOME" in out
    dagster = [sys.executable, "-m", "dagster", "definitions", "validate"]
    workspace = installed / "docplatform" / "defs" / "workspace.yaml"
    run(*dagster, "-w", workspace, cwd=tmp_path, PYTHONPATH=str(installed), DOCPLATFORM_HOME=str(tmp_path / "home"))
    assert not (tmp_path / "home").exists()
