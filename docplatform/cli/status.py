"""``docplatform status``: what is pending, quarantined, championed."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from docplatform.composition import Platform
from docplatform.settings import load_settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(as_json: bool) -> None:
    r"""Show what the home holds: arrivals, lake partitions, quarantine, model projects. Changes nothing.

    \b
    Examples:
      docplatform status
      docplatform status --json | jq .quarantine
    """
    from docplatform.cli.summary import render, summarize

    platform = Platform(load_settings())
    try:
        summary = summarize(platform)
        wrong = platform.projects.load()[1]
    finally:
        platform.close()
    if as_json:
        click.echo(json.dumps(asdict(summary), default=str))
        return
    click.echo(render(summary))
    for problem in wrong:
        click.echo(f"a project is wrong: {problem}", err=True)
    for problem in summary.problems:
        click.echo(f"pending or lost: {problem}", err=True)
