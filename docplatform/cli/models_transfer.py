"""``docplatform models export | import | mirror``: models and data in and out of a home."""

from __future__ import annotations

from pathlib import Path

import click

from docplatform.composition import Platform
from docplatform.errors import ConfigurationError
from docplatform.settings import load_settings

BY_HAND = "by hand"


@click.command()
@click.argument("project")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--documents", is_flag=True, help="With the labelled documents.")
def export(project: str, file: Path, documents: bool) -> None:
    r"""Write PROJECT with labels, datasets, evaluations and all model versions into FILE (.zip).

    \b
    Examples:
      docplatform models export loans backup/loans.zip
      docplatform models export loans loans.zip --documents
    """
    from docplatform.training.bundles import export_bundle

    platform = Platform(load_settings())
    try:
        if project not in platform.projects.names():
            raise ConfigurationError(f"There is no project {project!r}.")
        contents = export_bundle(
            project,
            file,
            projects=platform.projects,
            lake=platform.lake,
            registry=platform.model_registry,
            ledger=platform.ledger,
            blob_store=platform.blob_store,
            with_documents=documents,
        )
    finally:
        platform.close()
    click.echo(
        f"{file}: project {project}, {len(contents.versions)} model versions, {sum(contents.rows.values())} rows, "
        f"{contents.documents} documents, {contents.bytes / 1e6:.1f} MB."
    )


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--land", is_flag=True, help="Also put the bundle's documents into the landing folder.")
def import_(file: Path, land: bool) -> None:
    r"""Make the project that FILE holds in this home, after checking every file against the bundle's manifest.

    \b
    Examples:
      docplatform models import backup/loans.zip --land
    """
    from docplatform.training.bundle_import import import_bundle, land_documents
    from docplatform.training.bundle_reading import open_bundle

    platform = Platform(load_settings())
    try:
        with open_bundle(file) as bundle:
            made = import_bundle(
                bundle,
                projects=platform.projects,
                lake=platform.lake,
                registry=platform.model_registry,
                run_id=BY_HAND,
            )
            landed = land_documents(bundle, platform.settings.landing_path / bundle.project.customer) if land else 0
    finally:
        platform.close()
    moved = [f"{old} is {new} here" for old, new in made.versions.items() if old != new]
    click.echo(
        f"Project {made.project}: {len(made.versions)} model versions, {sum(made.rows.values())} rows, {landed} "
        f"documents landed.{' Version ' + ', '.join(moved) + '.' if moved else ''}"
    )


@click.command()
@click.argument("project")
@click.option("--uri", required=True, help="MLflow tracking URI, e.g. https://mlflow.example.com.")
@click.option("--version", "number", type=int, help="Which version; default: the champion.")
def mirror(project: str, uri: str, number: int | None) -> None:
    r"""Copy a version of PROJECT with its scores and lineage to an MLflow server (extra `mlflow`).

    \b
    Examples:
      docplatform models mirror loans --uri https://mlflow.example.com
    """
    from docplatform.registry.base import CHAMPION
    from docplatform.registry.mlflow import mirror_version

    platform = Platform(load_settings())
    registry = platform.model_registry
    try:
        champion = registry.aliased(project, CHAMPION)
        chosen = number if number is not None else champion.version if champion else None
        if chosen is None:
            raise ConfigurationError(f"Project {project} has no champion: name a version.")
        run = mirror_version(registry, project, chosen, uri)
    finally:
        platform.close()
    click.echo(f"{project}:{chosen} is run {run} of experiment docplatform/{project}.")


TRANSFER_COMMANDS = (export, import_, mirror)
"""What ``docplatform models`` takes from here."""
