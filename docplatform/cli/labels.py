"""``docplatform labels``: check labels, import them as model projects, export them; label in Label Studio."""

from __future__ import annotations

import click

from docplatform.cli.labels_check import check
from docplatform.cli.labels_transfer import export, import_
from docplatform.cli.studio import new, pull, push, studio


@click.group()
def labels() -> None:
    """Check labels in many formats, turn them into model projects, label in Label Studio, hand labels on."""


for command in (check, import_, export, new, studio, push, pull):
    labels.add_command(command)
