"""``docplatform labels import`` and ``export``: label formats to model projects, and back."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import click

from docplatform.cli.label_sources import (
    PATH,
    checked_path,
    checked_project,
    documents_option,
    format_option,
    kind_option,
    parse_path,
    reader_of,
)
from docplatform.composition import Platform
from docplatform.labels.projects import ModelProject
from docplatform.lake.partitions import sanitise_customer
from docplatform.settings import load_settings

_NOTES_SHOWN = 20


@click.command("import")
@click.argument("path", type=PATH)
@format_option
@kind_option
@click.option("--customer", required=True, help="Whose documents are labelled: the folder below landing/.")
@click.option("--name", help="Name of the project; default: made from the name in the file, or of the file.")
@documents_option
@click.option("--land", is_flag=True, help="Also copy the labelled documents into the landing folder.")
@click.option("--force", is_flag=True, help="Import although some labels have errors; their documents are left out.")
def import_(
    path: Path,
    format_name: str,
    kind: str | None,
    customer: str,
    name: str | None,
    documents: Path | None,
    land: bool,
    force: bool,
) -> None:
    r"""Create or update a model project from PATH, a label file or a folder, after checking every label.

    The project stands in projects/<name>.yaml in the home, for you to edit: what it applies to, its gate, its trainer.
    It is trained by the next `docplatform run`, or by itself where the UI runs. Texts that the label files hold
    themselves are landed in any case, below the project's name.

    \b
    Examples:
      docplatform labels import loans/labels.json --customer acme --land
      docplatform labels import studio-project/ --customer acme --name invoices --land
      docplatform labels import questions.csv --customer acme
      docplatform labels import scans/ --kind document_classification --customer acme --land
    """
    from docplatform.labels.importing import plan_labels

    platform = Platform(load_settings())
    customer = sanitise_customer(customer)  # as ingestion names the customer of landing/<folder>
    read = reader_of(path, documents)
    plan = plan_labels(
        parse_path(path, format_name, kind),
        customer=customer,
        name=name,
        fallback_name=path.resolve().name if path.is_dir() else path.stem,
        read_document=read,
        existing=_existing(platform),
    )
    _say(plan.notes)
    if not plan.is_usable and not force:
        click.echo(plan.report.render(), err=True)
        click.echo("Not imported. Mend the labels (docplatform labels check --repair), or use --force.", err=True)
        sys.exit(1)
    platform.projects.save(plan.project, plan.data)
    done = "Updated" if plan.is_update else "Created"
    click.echo(f"{done} project {plan.project.name} ({plan.project.kind}). {plan.report.summary()}")
    locations = [document.location for document in plan.label_file.documents if document.location not in plan.missing]
    landed = locations if land else list(plan.documents)
    folder = platform.settings.landing_path / customer
    if landed:
        _land(
            folder, landed, lambda location: plan.documents[location] if location in plan.documents else read(location)
        )
        click.echo(f"{len(landed)} documents landed for {customer}.")
    arrived = platform.ledger.find_documents(customer, locations)
    waiting = len([location for location in locations if location not in {*landed, *arrived}])
    if waiting:
        click.echo(f"{waiting} haven't arrived for {customer} yet: drop them into {folder}, or import with --land.")
    if plan.missing:
        click.echo(f"{len(plan.missing)} labelled documents not found beside the file: they train once they arrive.")


@click.command()
@click.argument("source")
@click.option("--format", "format_name", required=True, help="The format to write; see docs/labels.md.")
@click.option(
    "--to", "folder", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder to write to."
)
@click.option("--from-format", default="auto", show_default=True, help="Format of SOURCE, where it is files.")
@kind_option
@documents_option
def export(
    source: str, format_name: str, folder: Path, from_format: str, kind: str | None, documents: Path | None
) -> None:
    r"""Write the labels of SOURCE, a project of the home or label files, in another format.

    What the format can't hold is said; what would be wrong without it is refused. Formats that hold texts or places on
    pages need the documents: those of a project as they were read, else those beside the files.

    \b
    Examples:
      docplatform labels export loan-agreement --format conll --to out/
      docplatform labels export invoices --format di-studio --to studio-project/
      docplatform labels export labels.json --format jsonl --to out/
    """
    from docplatform.labels.formats import export_labels

    path = Path(source)
    checked = checked_path(path, documents, from_format, kind) if path.exists() else checked_project(source)
    written = export_labels(checked.label_file, format_name, checked.readings)
    _say((*checked.notes, *written.notes))
    root = folder.resolve()
    for name, data in written.files.items():
        target = (root / name).resolve()
        if not target.is_relative_to(root):
            click.echo(f"Note: {name} leads out of {folder}: left out.", err=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    click.echo(f"{len(written.files)} files written to {folder}.")


def _say(notes: Iterable[str]) -> None:
    listed = list(dict.fromkeys(notes))
    for note in listed[:_NOTES_SHOWN]:
        click.echo(f"Note: {note}", err=True)
    if len(listed) > _NOTES_SHOWN:
        click.echo(f"Note: … and {len(listed) - _NOTES_SHOWN} more.", err=True)


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
