"""Erasing a document: it and all that was made of it, in the home and in Label Studio.

Belongs here: where a document leaves traces, listing and removing them. Doesn't: what models learned from it
(``forgetting``, which comes first), how a table's files lose a row (``lake.erasing``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from docplatform.errors import ConfigurationError, TransientError
from docplatform.labels.projects import ModelProject, ProjectStore
from docplatform.labels.studio.answers import document_of
from docplatform.labels.studio.client import StudioClient
from docplatform.labels.studio.merging import StudioLink
from docplatform.lake.lake import Lake
from docplatform.lake.routing import lake_path
from docplatform.lake.tables import TABLES
from docplatform.ledger.ledger import Ledger
from docplatform.ledger.records import Document
from docplatform.ocr.base import DocumentReader, DocumentSource
from docplatform.storage.base import BlobStore
from docplatform.training.studio_projects import linked_project

TABLES_WITH_DOCUMENTS = tuple(
    name for name, spec in TABLES.items() if any(column.name == "document_id" for column in spec.columns)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StudioTraces:
    """What Label Studio holds of a document for one project."""

    project: str
    studio_project: int
    tasks: tuple[int, ...]
    uploads: Mapping[int, str]
    """Pictures of its pages: number to path below the server's ``media`` folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasePlan:
    """Every trace of a document but what models learned."""

    document_id: str
    name: str
    """Empty where the ledger doesn't know it."""
    lake_partition: str | None
    arrivals: int
    blobs: tuple[str, ...]
    """Its bytes: as they came, and in the lake."""
    cached: tuple[str, ...]
    """Blobs of the cache of recognised pages. A page that another document has too is recognised again there."""
    rows: Mapping[str, int]
    """Table to its rows."""
    studio: tuple[StudioTraces, ...]
    studio_answers: tuple[str, ...]
    """Projects that keep who labelled it in Label Studio, and when."""
    members: tuple[str, ...]
    """Documents that arrived within it: they stay."""
    containers: tuple[str, ...]
    """Documents that it arrived within: they stay, and hold its bytes."""
    unreached: tuple[str, ...]
    """Projects whose Label Studio can't be asked, with why."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to be erased."""
        return not (self.arrivals or self.blobs or self.cached or self.rows or self.studio or self.studio_answers)

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class Eraser:
    """Everything that erasing takes.

    ``client`` is None, and ``no_client`` says why, where no Label Studio runs. ``studio_media`` is the folder of its
    pictures where the server is the home's own: it forgets about files, and deletes none.
    """

    ledger: Ledger
    lake: Lake
    blob_store: BlobStore
    reader: DocumentReader
    projects: ProjectStore
    client: StudioClient | None
    no_client: str = ""
    studio_media: Path | None = None

    def plan(self, document_id: str) -> ErasePlan:
        """List every trace; changes nothing."""
        document = self.ledger.document(document_id)
        studio, unreached = self._studio(document_id)
        blobs = [path for path in _blobs(document) if self.blob_store.exists(path)]
        arrivals = self.ledger.arrivals_of([document_id])
        return ErasePlan(
            document_id=document_id,
            name=document.name if document else "",
            lake_partition=document.lake_partition if document else None,
            arrivals=len(arrivals),
            blobs=tuple(blobs),
            cached=tuple(self._cached(document)) if blobs and document else (),
            rows={name: count for name in TABLES_WITH_DOCUMENTS if (count := self._count(name, document_id))},
            studio=tuple(studio),
            studio_answers=tuple(self._answered(document_id)),
            members=tuple(each.document_id for each in self.ledger.members(document_id)),
            containers=tuple(sorted({a.arrival.parent_document_id for a in arrivals if a.arrival.parent_document_id})),
            unreached=tuple(unreached),
        )

    def erase(self, plan: ErasePlan, run_id: str) -> ErasePlan:
        """Remove what ``plan`` listed, and give back what is there still.

        What would bring a trace back goes first: tasks, whose answers are pulled; then what the document is found by
        (the cache's entries by its bytes, those by the ledger); then rows. Doing it again changes nothing, and finishes
        what died half way.
        """
        for traces in plan.studio:
            self._erase_tasks(traces)
        for name in plan.studio_answers:
            self._erase_answers(self.projects.get(name), plan.document_id)
        self.blob_store.delete(plan.cached)
        self.blob_store.delete(plan.blobs)
        self.ledger.erase(plan.document_id)
        for name in TABLES_WITH_DOCUMENTS:
            self.lake.erase(name, plan.document_id, plan.lake_partition, run_id=run_id)
        return self.plan(plan.document_id)

    def _cached(self, document: Document) -> list[str]:
        data = self.blob_store.get(document.blob_path)
        return self.reader.cache_paths(DocumentSource(document.document_id, data, document.media_type))

    def _count(self, table: str, document_id: str) -> int:
        return len(self.lake.read(table, where={"document_id": document_id}, columns=["document_id"]))

    def _links(self) -> Iterator[tuple[ModelProject, StudioLink]]:
        """The projects that were ever in Label Studio."""
        for name in self.projects.names():
            project = self.projects.get(name)
            data = self.projects.studio_link(project)
            if data is not None:
                yield project, StudioLink.from_json(data)

    def _answered(self, document_id: str) -> Iterator[str]:
        for project, link in self._links():
            if any(origin.document_id == document_id for origin in link.origins.values()):
                yield project.name

    def _erase_answers(self, project: ModelProject, document_id: str) -> None:
        data = self.projects.studio_link(project)
        if data is None:
            return
        link = StudioLink.from_json(data)
        kept = {name: origin for name, origin in link.origins.items() if origin.document_id != document_id}
        self.projects.save_studio_link(project, replace(link, origins=kept).to_json())

    def _studio(self, document_id: str) -> tuple[list[StudioTraces], list[str]]:
        """What Label Studio holds, and the projects that it couldn't be asked about."""
        found, unreached = [], []
        for project, link in self._links():
            try:
                traces = self._traces(project, link.project_id, document_id)
            except (ConfigurationError, TransientError) as error:
                unreached.append(f"{project.name}, project {link.project_id} at {link.url}: {error}")
                continue
            if traces.tasks or traces.uploads:
                found.append(traces)
        return found, unreached

    def _traces(self, project: ModelProject, number: int, document_id: str) -> StudioTraces:
        client = self._reached()
        linked_project(project, self.projects, client)  # refuses a project that is another's by now
        tasks = [int(t["id"]) for t in client.tasks(number, with_answers=False) if document_of(t) == document_id]
        uploads = {upload: path for upload, path in client.uploads(number).items() if document_id in path}
        return StudioTraces(project=project.name, studio_project=number, tasks=tuple(tasks), uploads=uploads)

    def _erase_tasks(self, traces: StudioTraces) -> None:
        for task in traces.tasks:
            self._reached().delete_task(task)
        if traces.uploads:
            self._reached().delete_uploads(traces.studio_project, list(traces.uploads))
        if self.studio_media is not None:
            for path in traces.uploads.values():
                (self.studio_media / path).unlink(missing_ok=True)

    def _reached(self) -> StudioClient:
        if self.client is None:
            raise ConfigurationError(self.no_client)
        return self.client


def _blobs(document: Document | None) -> Iterator[str]:
    if document is not None:
        yield document.blob_path
        yield lake_path(document)
