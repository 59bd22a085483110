"""The command line: ``docplatform run | read | status | quarantine | labels | models | samples | doctor | sql | ui``.

Belongs here: arguments, printing, exit codes. Doesn't: anything a library function could do. Commands are imported when
asked for, so that ``--help`` is quick.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping

import click

from docplatform import __version__
from docplatform.errors import DocPlatformError

COMMANDS: Mapping[str, str] = {
    "run": "docplatform.cli.run:run",
    "read": "docplatform.cli.read:read",
    "status": "docplatform.cli.status:status",
    "quarantine": "docplatform.cli.quarantine:quarantine",
    "labels": "docplatform.cli.labels:labels",
    "models": "docplatform.cli.models:models",
    "samples": "docplatform.cli.samples:samples",
    "doctor": "docplatform.cli.doctor:doctor",
    "sql": "docplatform.cli.sql:sql",
    "ui": "docplatform.cli.ui:ui",
}
"""Command to where it is defined."""


class LazyGroup(click.Group):
    """Imports a command when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """All commands, in the order people need them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """One command, None where there is no such."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        command = getattr(importlib.import_module(module), name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{COMMANDS[cmd_name]} is not a command")
        return _with_examples_as_written(command)


def _with_examples_as_written(command: click.Command) -> click.Command:
    r"""Keep the lines of paragraphs marked by ``\b`` apart in the help of a command and of those below it.

    Click looks for the character backspace; docstrings with a backslash are raw strings, which hold two characters.
    """
    command.help = (command.help or "").replace("\\b\n", "\b\n")
    for below in command.commands.values() if isinstance(command, click.Group) else ():
        _with_examples_as_written(below)
    return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="docplatform")
def cli() -> None:
    r"""Document processing as Dagster assets: read, label, train, predict and watch, locally or on Azure.

    Everything local lives in the home, DOCPLATFORM_HOME (default: .docplatform in the working directory). Drop files
    into landing/<customer>/ there.

    \b
    Examples:
      docplatform samples        make a sample corpus and land it
      docplatform run            process everything pending, once
      docplatform ui             the Dagster UI, with sensors and schedules running
      docplatform read scan.png  read one file, without a home
    """


_with_examples_as_written(cli)


def main() -> None:
    """Entry point: docplatform's own errors end with their message and status 2, without a traceback."""
    try:
        cli(prog_name="docplatform")
    except DocPlatformError as error:
        click.echo(f"Error: {error}", err=True)
        raise SystemExit(2) from error
