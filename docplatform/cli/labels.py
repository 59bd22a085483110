"""``docplatform labels``: check label files, import them as model projects."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import click

from docplatform.cli.studio import new, pull, push, studio
from docplatform.composition import Platform
from docplatform.labels.projects import ModelProject
from docplatform.lake.partitions import sanitise_customer
from docplatform.settings import load_settings

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group()
def labels() -> None:
    """Check label files (Azure AI Language's format) and turn them into model projects."""


labels.add_command(new)
labels.add_command(studio)
labels.add_command(push)
labels.add_command(pull)


@labels.command()
@click.argument("file", type=FILE)
@click.option("--documents", type=FOLDER, help="Folder of the labelled documents; default: the label file's.")
@click.option(
    "--repair",
    "repaired",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the file with certain repairs here.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def check(file: Path, documents: Path | None, repaired: Path | None, as_json: bool) -> None:
    r"""Hold every label of FILE against its document; name each that is wrong, with the repair.

    Exit status: 0 when every label can be used, 1 when not or when no document was found, 2 when the file can't be
    parsed.

    \b
    Examples:
      docplatform labels check loans/labels.json
      docplatform labels check labels.json --documents ./texts --repair mended.json
    """
    from docplatform.labels.azure_language import write_label_file
    from docplatform.labels.doctor import repair
    from docplatform.labels.importing import plan_import

    plan = plan_import(file.read_bytes(), customer="check", name="check", read_document=_reader(file, documents))
    click.echo(json.dumps(plan.report.to_dict()) if as_json else plan.report.render())
    if repaired is not None:
        mended, applied = repair(plan.label_file, plan.report)
        repaired.write_bytes(write_label_file(mended))
        click.echo(f"{len(applied)} repairs written to {repaired}. Check it again.", err=True)
    if plan.label_file.documents and len(plan.missing) == len(plan.label_file.documents):
        click.echo(
            f"None of the labelled documents is in {documents or file.parent}: say where with --documents.", err=True
        )
        sys.exit(1)
    sys.exit(0 if plan.is_usable else 1)


@labels.command("import")
@click.argument("file", type=FILE)
@click.option("--customer", required=True, help="Whose documents are labelled: the folder below landing/.")
@click.option("--name", help="Name of the project; default: made from the file's projectName.")
@click.option("--documents", type=FOLDER, help="Folder of the labelled documents; default: the label file's.")
@click.option("--land", is_flag=True, help="Also copy the labelled documents into the landing folder.")
@click.option("--force", is_flag=True, help="Import although some labels have errors; their documents are left out.")
def import_(file: Path, customer: str, name: str | None, documents: Path | None, land: bool, force: bool) -> None:
    r"""Create or update a model project from FILE, after checking every label.

    The project stands in projects/<name>.yaml in the home, for you to edit: what it applies to, its gate, its trainer.
    It is trained by the next `docplatform run`, or by itself where the UI runs.

    \b
    Examples:
      docplatform labels import loans/labels.json --customer acme --land
      docplatform labels import labels.json --customer acme --name loan-terms
    """
    from docplatform.labels.importing import plan_import

    platform = Platform(load_settings())
    customer = sanitise_customer(customer)  # as ingestion names the customer of landing/<folder>
    read = _reader(file, documents)
    plan = plan_import(
        file.read_bytes(), customer=customer, name=name, read_document=read, existing=_existing(platform)
    )
    if not plan.is_usable and not force:
        click.echo(plan.report.render(), err=True)
        click.echo("Not imported. Mend the labels (docplatform labels check --repair), or use --force.", err=True)
        sys.exit(1)
    platform.projects.save(plan.project, plan.data)
    done = "Updated" if plan.is_update else "Created"
    click.echo(f"{done} project {plan.project.name} ({plan.project.kind}). {plan.report.summary()}")
    if land:
        locations = [
            document.location for document in plan.label_file.documents if document.location not in plan.missing
        ]
        _land(platform.settings.landing_path / customer, locations, read)
        click.echo(f"{len(locations)} documents landed for {customer}.")
    elif plan.missing:
        click.echo(f"{len(plan.missing)} labelled documents not found beside the file: they train once they arrive.")


def _reader(file: Path, documents: Path | None) -> Callable[[str], bytes | None]:
    folder = (documents or file.parent).resolve()

    def read(location: str) -> bytes | None:
        path = (folder / location).resolve()
        # a location is somebody's text: it must not lead out of the folder
        return path.read_bytes() if path.is_relative_to(folder) and path.is_file() else None

    return read


def _existing(platform: Platform) -> Callable[[str], ModelProject | None]:
    names = set(platform.projects.names())
    return lambda name: platform.projects.get(name) if name in names else None


def _land(folder: Path, locations: list[str], read: Callable[[str], bytes | None]) -> None:
    for location in locations:
        data = read(location)
        target = folder / location
        if data is None or not target.resolve().is_relative_to(folder.resolve()):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(target.name + ".part")  # ingestion leaves it alone until it is whole
        part.write_bytes(data)
        part.rename(target)
