"""The model projects that come with the corpus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from docplatform.documents.predictions import TaskKind
from docplatform.labels.projects import AppliesTo, GateThresholds, ModelProject, ProjectStore
from docplatform.samples.labelling import label_file
from docplatform.samples.truth import SampleFile


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleProject:
    """One project: its task, whose documents are labelled, and what its champion applies to."""

    name: str
    kind: TaskKind
    description: str
    customer: int
    """Index into the corpus's customers (modulo their number)."""
    document_classes: tuple[str, ...] = ()
    """Classes of ``document-type`` that its champion applies to; empty: all documents."""
    min_f1: float = 0.80


DOCUMENT_TYPE = SampleProject(
    name="document-type",
    kind=TaskKind.SINGLE_LABEL_CLASSIFICATION,
    description="What kind of document it is: invoice, receipt, loan agreement, incident report or letter.",
    customer=0,
)
LETTER_TOPICS = SampleProject(
    name="letter-topics",
    kind=TaskKind.MULTI_LABEL_CLASSIFICATION,
    description="What a customer's letter is about; it can be about several things.",
    customer=0,
    document_classes=("letter",),
    min_f1=0.75,
)
INCIDENT_ENTITIES = SampleProject(
    name="incident-entities",
    kind=TaskKind.ENTITY_RECOGNITION,
    description="Which service failed with which error on which server, and when.",
    customer=1,
    document_classes=("incident_report",),
)
LOAN_TERMS = SampleProject(
    name="loan-terms",
    kind=TaskKind.ENTITY_RECOGNITION,
    description="Who lends whom how much, at which interest, from when until when.",
    customer=2,
    document_classes=("loan_agreement",),
)
PROJECTS = (DOCUMENT_TYPE, INCIDENT_ENTITIES, LETTER_TOPICS, LOAN_TERMS)


def save_project(
    store: ProjectStore, project: SampleProject, customers: Sequence[str], files: Sequence[SampleFile]
) -> None:
    """Write the project and its label file over ``files``."""
    customer = customers[project.customer % len(customers)]
    classes = {DOCUMENT_TYPE.name: list(project.document_classes)} if project.document_classes else {}
    store.save(
        ModelProject(
            name=project.name,
            kind=project.kind,
            description=project.description,
            customer=customer,
            labels=f"{project.name}/labels.json",
            applies_to=AppliesTo(document_classes=classes),
            gate=GateThresholds(min_f1=project.min_f1),
        ),
        label_file(project.name, project.kind, project.description, files),
    )
