"""What to label next, as ``docplatform models`` prints it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from docplatform.cli.printing import printable
from docplatform.composition import Platform
from docplatform.errors import ConfigurationError
from docplatform.labels.projects import ModelProject

if TYPE_CHECKING:
    from docplatform.training.advice import LabelingAdvice


def advice_for(platform: Platform, project: ModelProject) -> LabelingAdvice | None:
    """What to label next for a project; where its label file is missing or wrong None, and what is wrong on stderr."""
    from docplatform.training.advice import labeling_advice
    from docplatform.training.choosing import DocumentChooser

    chooser = DocumentChooser(platform.projects, platform.ledger, platform.lake, platform.model_registry)
    try:
        return labeling_advice(project, chooser)
    except ConfigurationError as error:
        click.echo(f"What to label next can't be said: {printable(str(error))}", err=True)
        return None


def advice_lines(project: str, advice: LabelingAdvice | None) -> Iterator[str]:
    """For a terminal; nothing where there is none."""
    if advice is None:
        return
    yield (
        "More examples:"
        if advice.needs
        else ("More examples: the learning curve wasn't drawn of this dataset (evaluation: {learning_curve: true}).")
    )
    yield from (f"  {printable(line)}" for line in advice.needs)
    found = advice.next
    if not found.documents:
        yield "Next to label: every document that could be is labelled."
        return
    yield (
        f"Next to label, {len(found.documents)} of {len(found.documents) + found.waiting} ({found.in_review} for "
        f"review): docplatform labels push {project}"
    )
    yield from (f"  {printable(each.name)}: {printable(each.reason)}" for each in found.documents)
