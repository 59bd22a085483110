"""A model project's project in Label Studio: found again, or made.

Belongs here: which project on which server belongs to a model project. Doesn't: its tasks and answers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from docplatform.errors import ConfigurationError
from docplatform.labels.label_file import LabelFile
from docplatform.labels.projects import ModelProject, ProjectStore
from docplatform.labels.studio.client import StudioClient, StudioProject, StudioProjectMissingError
from docplatform.labels.studio.configs import declared_categories, label_config
from docplatform.labels.studio.merging import StudioLink


@dataclass(frozen=True, slots=True)
class LinkedProject:
    """A model project's project in Label Studio."""

    link: StudioLink
    studio: StudioProject
    is_new: bool = False


def linked_project(project: ModelProject, projects: ProjectStore, client: StudioClient) -> LinkedProject | None:
    """The project's project on this server; None where it never had one.

    Raises:
        StudioProjectMissingError: it had one that is gone, or that is another's by now.
    """
    data = projects.studio_link(project)
    if data is None:
        return None
    link = StudioLink.from_json(data)
    studio = client.project(link.project_id)
    if studio.created_at != link.created_at:
        raise StudioProjectMissingError(
            f"Project {project.name} was number {link.project_id} of Label Studio at {link.url}; at {client.url} that "
            f"is another project, {studio.title!r}. Set DOCPLATFORM_LABEL_STUDIO__URL to the right server, or name the "
            f"project's number there: docplatform labels push {project.name} --studio-project NUMBER."
        )
    return LinkedProject(replace(link, url=client.url), studio)


def take_up_project(
    project: ModelProject,
    label_file: LabelFile,
    *,
    projects: ProjectStore,
    client: StudioClient,
    number: int | None = None,
) -> LinkedProject:
    """The project's project on this server, made where it has none, with all categories of its label file.

    ``number`` takes up one that is there already, e.g. one that people made by hand.

    Raises:
        ConfigurationError: nothing can be labelled, or the project that it had is gone: its answers can't be told from
            new ones then, so that a person must say what to do.
    """
    if number is not None:
        studio = client.project(number)
        linked = LinkedProject(StudioLink(client.url, studio.id, studio.created_at), studio)
    else:
        linked = _known_or_new(project, label_file, projects, client)
    offered = declared_categories(linked.studio.label_config)
    missing = [name for name in label_file.categories if name not in offered]
    if missing:
        client.set_label_config(linked.studio.id, label_config(project.kind, [*offered, *missing]))
    projects.save_studio_link(project, linked.link.to_json())
    return linked


def _known_or_new(
    project: ModelProject, label_file: LabelFile, projects: ProjectStore, client: StudioClient
) -> LinkedProject:
    try:
        linked = linked_project(project, projects, client)
    except StudioProjectMissingError as error:
        raise ConfigurationError(
            f"{error} If it was deleted on purpose, delete projects/{project.name}/label_studio.json in the home: the "
            "labels that came from it stay in the label file, and the next push makes a new project."
        ) from error
    if linked is not None:
        return linked
    config = label_config(project.kind, label_file.categories)
    description = project.description or f"docplatform project {project.name}, customer {project.customer}"
    studio = client.create_project(f"docplatform: {project.name}", description, config)
    return LinkedProject(StudioLink(client.url, studio.id, studio.created_at), studio, is_new=True)
