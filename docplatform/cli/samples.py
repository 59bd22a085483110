"""``docplatform samples``: a generated corpus, and whether it fared as it should."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import click

from docplatform.composition import Platform
from docplatform.errors import ConfigurationError
from docplatform.settings import load_settings

MANIFESTS = "samples"
"""Folder in the home that holds the truth about generated batches."""
CORPUS = "corpus"
"""Name of the whole corpus there."""


@click.group(invoke_without_command=True)
@click.option("--seed", default=7, show_default=True, help="The same seed and options make the same bytes.")
@click.option("--documents", type=click.IntRange(1), help="Readable documents; default: a whole corpus of over 200.")
@click.option("--batch", help="Make further documents, none of which is in another batch: no labels, no bad files.")
@click.option("--noise", type=click.FloatRange(0, 1), default=0.3, show_default=True, help="How bad scans are.")
@click.option("--skew", type=click.FloatRange(0, 45), default=1.5, show_default=True, help="Most degrees of skew.")
@click.option("--if-missing", is_flag=True, help="Do nothing where this home has the corpus already.")
@click.pass_context
def samples(
    context: click.Context,
    seed: int,
    documents: int | None,
    batch: str | None,
    noise: float,
    skew: float,
    if_missing: bool,
) -> None:
    r"""Make a corpus with exact truth and drop it into the landing folder, with labels and model projects.

    Invoices, receipts, loan agreements, incident reports and letters of three customers, as PDF, scans, Office files,
    mails, archives and text, with some broken ones. The truth about each is kept in the home's samples/ folder.

    \b
    Examples:
      docplatform samples
      docplatform samples --documents 50 --batch more
      docplatform samples check
    """
    if context.invoked_subcommand is not None:
        return
    from docplatform.samples.corpus import generate_corpus
    from docplatform.samples.options import SampleOptions

    if batch == CORPUS:
        raise click.UsageError(f"--batch {CORPUS}: that is the name of the whole corpus; choose another.")
    try:
        options = SampleOptions(seed=seed, batch=batch, noise=noise, skew_degrees=skew)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    platform = Platform(load_settings())
    manifest_path = platform.settings.home_path / MANIFESTS / f"{batch or CORPUS}.json"
    if manifest_path.exists():
        if if_missing:
            return
        raise ConfigurationError(
            f"This home has that corpus already ({manifest_path}): dropped again it would only be duplicates. Use "
            "--batch NAME for further documents."
        )
    if documents is not None:
        options = replace(options, documents=documents)
    manifest = generate_corpus(platform.settings.landing_path, platform.projects, manifest_path, options)
    projects = f" and {len(manifest.projects)} model projects" if manifest.projects else ""
    click.echo(f"{len(manifest.files)} files{projects} in {platform.settings.landing_path}")


@samples.command()
def check() -> None:
    """Compare what became of the generated files with what should have; status 1 where any differs."""
    from docplatform.samples.checking import check_corpus
    from docplatform.samples.truth import load_manifest

    platform = Platform(load_settings())
    paths = sorted(Path(platform.settings.home_path / MANIFESTS).glob("*.json"))
    if not paths:
        raise ConfigurationError("This home has no generated corpus. Run `docplatform samples` first.")
    result = check_corpus([load_manifest(path) for path in paths], platform.lake)
    for difference in result.differences:
        click.echo(difference, err=True)
    click.echo(f"samples: {result.as_expected} of {result.checked} files and members came to the end they should")
    sys.exit(1 if result.differences else 0)
