"""``docplatform labels``: check labels, import them as model projects, export them."""

from __future__ import annotations

import click

from docplatform.cli.labels_check import check
from docplatform.cli.labels_transfer import export, import_


@click.group()
def labels() -> None:
    """Check labels in many formats, turn them into model projects, and hand them on to other tools."""


labels.add_command(check)
labels.add_command(import_)
labels.add_command(export)
