"""``docplatform labels check``: the label doctor."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import click

from docplatform.cli.label_sources import (
    CheckedLabels,
    checked_path,
    checked_project,
    documents_option,
    format_option,
    kind_option,
)


@click.command()
@click.argument("target")
@format_option
@kind_option
@documents_option
@click.option(
    "--repair",
    "repaired",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the labels with certain repairs here (Azure Language's format as it was, others in docplatform's own).",
)
@click.option("--likely-wrong", is_flag=True, help="Also name labels that models trained on the others contradict.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def check(
    target: str,
    format_name: str,
    kind: str | None,
    documents: Path | None,
    repaired: Path | None,
    likely_wrong: bool,
    as_json: bool,
) -> None:
    r"""Hold every label of TARGET against its document; name each that is wrong, with the repair.

    TARGET is a label file, a folder of them, or a project of the home, whose documents are then taken as they were
    read. --likely-wrong trains five times, each time on four fifths of the labels.

    Exit status: 0 when every label can be used, 1 when not or when no document was found, 2 when the files can't be
    parsed.

    \b
    Examples:
      docplatform labels check loans/labels.json
      docplatform labels check labels.json --documents ./texts --repair mended.json
      docplatform labels check studio-project/ --json
      docplatform labels check loan-agreement --likely-wrong
    """
    path = Path(target)
    checked = checked_path(path, documents, format_name, kind) if path.exists() else checked_project(target)
    if likely_wrong:
        checked = _with_likely_wrong(checked)
    for note in checked.notes:
        click.echo(f"Note: {note}", err=True)
    click.echo(json.dumps({**checked.report.to_dict(), "notes": checked.notes}) if as_json else checked.report.render())
    if checked.report.unread and path.exists():
        click.echo(
            "To hold those labels against what is read: `docplatform labels import … --land`, `docplatform run`, "
            "`docplatform labels check PROJECT`.",
            err=True,
        )
    if repaired is not None:
        _repair(checked, repaired)
    if (
        checked.label_file.documents
        and not checked.readings
        and len(checked.missing) == len(checked.label_file.documents)
    ):
        where = (documents or (path if path.is_dir() else path.parent)) if path.exists() else "the home"
        click.echo(f"None of the labelled documents is in {where}: say where with --documents.", err=True)
        sys.exit(1)
    sys.exit(0 if checked.report.is_usable else 1)


def _with_likely_wrong(checked: CheckedLabels) -> CheckedLabels:
    from docplatform.training.label_errors import likely_wrong_labels

    findings = likely_wrong_labels(checked.project, checked.placed, checked.readings)
    report = replace(checked.report, findings=(*checked.report.findings, *findings))
    return replace(checked, report=report)


def _repair(checked: CheckedLabels, path: Path) -> None:
    from docplatform.errors import ConfigurationError
    from docplatform.labels.doctor import repair
    from docplatform.labels.stored import rewrite_labels

    mended, applied = repair(checked.label_file, checked.report)
    try:
        path.write_bytes(rewrite_labels(mended, checked.data))
    except OSError as error:
        raise ConfigurationError(f"{path} can't be written: {error.strerror}") from error
    click.echo(f"{len(applied)} repairs written to {path}. Check it again.", err=True)
