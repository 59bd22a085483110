"""``docplatform labels studio | push | pull``: labelling in Label Studio."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from docplatform.cli.locks import hold
from docplatform.cli.printing import printable
from docplatform.composition import Platform
from docplatform.errors import ConfigurationError
from docplatform.labels.projects import ModelProject
from docplatform.settings import load_settings


@click.group()
def studio() -> None:
    """Run Label Studio, where people label, on this home: start, stop, status."""


@studio.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Port on the loopback address; default: 8080.")
@click.option("--no-browser", is_flag=True, help="Don't open the browser.")
def start(port: int | None, no_browser: bool) -> None:
    r"""Start Label Studio in the background, and return once it answers.

    It is installed the first time, into a virtual environment of its own below the home (about 1 GB). Its data and
    account lie there too; it listens on the loopback address only, and sends nothing anywhere.

    \b
    Examples:
      docplatform labels studio start
      docplatform labels studio start --port 8090 --no-browser
    """
    settings = load_settings()
    server = Platform(settings).studio_server
    running = server.start(port or settings.label_studio.port, lambda line: click.echo(line, err=True))
    click.echo(f"Label Studio on {running.url} (process {running.pid}).")
    click.echo("Who to sign in as: docplatform labels studio status. Then: docplatform labels push PROJECT")
    if not no_browser:
        click.launch(running.url)


@studio.command()
def stop() -> None:
    """Stop the Label Studio of this home. What was labelled stays."""
    stopped = Platform(load_settings()).studio_server.stop()
    click.echo("Label Studio has stopped." if stopped else "No Label Studio runs for this home.")


@studio.command()
def status() -> None:
    """Say whether Label Studio runs, where, and who to sign in as. Prints the password and the API token.

    Exit status: 0 when it answers, 1 when not.
    """
    platform = Platform(load_settings())
    named = platform.settings.label_studio.url
    running = platform.studio_server.running()
    account = platform.studio_server.account()
    if named is not None:
        click.echo(f"DOCPLATFORM_LABEL_STUDIO__URL names {named}.")
    elif running is None or account is None:
        click.echo("No Label Studio runs for this home: docplatform labels studio start")
        sys.exit(1)
    else:
        click.echo(f"Label Studio runs on {running.url} (process {running.pid}).")
        click.echo(f"Log:      {platform.studio_server.log}")
        click.echo(f"Sign in:  {account.username}")
        click.echo(f"Password: {account.password}")
        click.echo(f"Token:    {account.token}")
    click.echo(f"Version:  {platform.label_studio().version}")


@click.command()
@click.argument("project")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1_000), help="Most documents.")
@click.option(
    "--studio-project", type=int, help="Number of a project in Label Studio to take up, instead of a new one."
)
def push(project: str, limit: int, studio_project: int | None) -> None:
    r"""Hand the documents most worth labelling to Label Studio, with what the champion says about them.

    First come those whose prediction a person has to see (the review queue), then those that the champion is unsure
    about and that stand for many others like which none is labelled; without a champion, by the latter alone. Why each
    was chosen is said here and in its task. A document is handed over once. Pushing again hands over the next ones.

    \b
    Examples:
      docplatform labels push loan-terms
      docplatform labels push loan-terms --limit 50
    """
    from docplatform.training.label_push import LabelPusher

    platform = Platform(load_settings())
    known = _project(platform, project)
    pusher = LabelPusher(
        platform.projects,
        platform.ledger,
        platform.lake,
        platform.model_registry,
        platform.blob_store,
        platform.label_studio(),
    )
    # two at once would hand the same documents over twice
    taken = hold(platform.settings.label_studio_path / "push.lock", "Another `docplatform labels push` is under way.")
    try:
        report = pusher.push(known, limit, studio_project)
    finally:
        taken.close()
        platform.close()
    click.echo(report.summary())
    for document in report.pushed:
        click.echo(f"  {printable(document.name)}: {printable(document.reason)}")


@click.command()
@click.argument("project")
def pull(project: str) -> None:
    r"""Bring finished answers from Label Studio into the project's label file.

    They train with the next `docplatform run`, or by themselves where the UI runs. There label_studio_sensor also
    pulls by itself, once you switch it on.

    Exit status: 0 when every answer can be used, 1 when some can't: each is named.

    \b
    Examples:
      docplatform labels pull loan-terms
    """
    from docplatform.training.label_pull import pull_answers

    platform = Platform(load_settings())
    try:
        report = pull_answers(
            _project(platform, project),
            projects=platform.projects,
            ledger=platform.ledger,
            lake=platform.lake,
            client=platform.label_studio(),
        )
    finally:
        platform.close()
    click.echo(report.summary())
    for finding in report.findings:
        click.echo(f"  {finding}", err=True)
    sys.exit(1 if report.findings else 0)


@click.command()
@click.argument("name")
@click.option("--kind", required=True, help="single_label_classification, entity_recognition, field_extraction, …")
@click.option("--customer", required=True, help="Whose documents are to be labelled: the folder below landing/.")
@click.option("--category", "categories", multiple=True, required=True, help="A class, entity or field; repeat it.")
def new(name: str, kind: str, customer: str, categories: tuple[str, ...]) -> None:
    r"""Create a model project without any label yet, to be labelled in Label Studio.

    \b
    Examples:
      docplatform labels new topics --kind single_label_classification --customer acme \
        --category billing --category shipping
    """
    from docplatform.documents.predictions import TaskKind
    from docplatform.labels.projects import AppliesTo
    from docplatform.labels.starting import empty_label_file
    from docplatform.lake.partitions import sanitise_customer

    kinds = [each.value for each in TaskKind]
    if kind not in kinds:
        raise ConfigurationError(f"{kind!r} is no kind of project: say {', '.join(kinds)}.")
    platform = Platform(load_settings())
    if name in platform.projects.names():
        raise ConfigurationError(f"Project {name} exists already: {Path('projects') / f'{name}.yaml'} in the home.")
    owner = sanitise_customer(customer)
    try:
        project = ModelProject(
            name=name,
            kind=TaskKind(kind),
            customer=owner,
            labels=f"{name}/labels.json",
            applies_to=AppliesTo(customers=[owner]),
        )
    except ValueError as error:
        raise ConfigurationError(f"Project {name!r} can't be made: {error}") from error
    platform.projects.save(project, empty_label_file(project, categories))
    click.echo(f"Created project {name} ({kind}). Next: docplatform labels push {name}")


def _project(platform: Platform, name: str) -> ModelProject:
    try:
        return platform.projects.get(name)
    except KeyError as error:
        names = ", ".join(platform.projects.names()) or "none yet"
        raise ConfigurationError(f"There is no project {name!r}. There are: {names}.") from error
