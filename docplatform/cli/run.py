"""``docplatform run``: one pass over everything pending."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click

from docplatform.cli.locks import hold
from docplatform.composition import Platform
from docplatform.settings import load_settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object.")
def run(as_json: bool) -> None:
    r"""Process everything pending, once: take in, route, read, preprocess, train, predict, look for drift.

    Runs in this process, without a daemon; every step is a Dagster run that the UI shows. What was done before is not
    done again, so running it twice is cheap, and after a crash it simply goes on.

    Exit status: 0 when every step succeeded and every count adds up, 1 when not, 2 for wrong settings.

    \b
    Examples:
      docplatform run
      docplatform run --json | jq .arrivals
      DOCPLATFORM_HOME=/data/docs docplatform run
    """
    from docplatform.cli.summary import render, summarize
    from docplatform.defs.home_instance import home_instance
    from docplatform.defs.run_pass import Pass

    platform = Platform(load_settings())
    began = time.monotonic()
    with only_one(platform.settings.home_path), home_instance(platform.settings.dagster_path) as instance:
        try:
            report = Pass(platform, instance, announce=lambda line: click.echo(line, err=True)).run()
            summary = summarize(platform)
        finally:
            platform.close()
    seconds = time.monotonic() - began
    if as_json:
        passed = {"seconds": seconds, "runs": report.runs, "failures": report.failures, "jobs": report.seconds}
        click.echo(json.dumps({**asdict(summary), "pass": passed}, default=str))
    else:
        click.echo(render(summary))
        click.echo(f"\n{len(report.runs)} Dagster runs in {seconds:.1f} s.")
    for failure in report.failures:
        click.echo(f"FAILED {failure}", err=True)
    for problem in summary.problems:
        click.echo(f"DOES NOT ADD UP {problem}", err=True)
    sys.exit(1 if report.failures or summary.problems else 0)


@contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Hold the home's lock: two passes at once would do the same work twice.

    Raises:
        ConfigurationError: where another process holds it. The lock goes with its process, however that ends.
    """
    with hold(home / "run.lock", f"Another `docplatform run` is working on {home}. Wait until it ends."):
        yield
