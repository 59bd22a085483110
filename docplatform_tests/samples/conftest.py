"""One small corpus, made once for all tests of this room."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import pytest

from docplatform.labels.projects import ProjectStore
from docplatform.samples.corpus import generate_corpus
from docplatform.samples.options import SampleOptions
from docplatform.samples.truth import Manifest, SampleFile
from docplatform.storage.memory import MemoryBlobStore


@dataclass(frozen=True)
class Corpus:
    root: Path
    projects: ProjectStore
    manifest: Manifest

    def data(self, file: SampleFile) -> bytes:
        return (self.root / "landing" / file.path).read_bytes()

    def all_bytes(self) -> dict[str, bytes]:
        files = {str(path.relative_to(self.root)): path.read_bytes() for path in self.root.rglob("*") if path.is_file()}
        for name in self.projects.names():
            files[f"project {name}"] = self.projects.label_file(self.projects.get(name))
        return files


def make_corpus(root: Path, options: SampleOptions) -> Corpus:
    projects = ProjectStore(MemoryBlobStore())
    manifest = generate_corpus(root / "landing", projects, root / "manifest.json", options)
    return Corpus(root, projects, manifest)


def seeded(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311  reproducible on purpose


SMALL = SampleOptions(documents=60)


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return make_corpus(tmp_path_factory.mktemp("corpus"), SMALL)
