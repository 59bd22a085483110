"""``docplatform models promote | rollback | pin | unpin | challenge | withdraw``: who serves, by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from docplatform.composition import Platform
from docplatform.errors import ConfigurationError
from docplatform.settings import load_settings

if TYPE_CHECKING:
    from docplatform.registry.base import AliasChange
    from docplatform.training.deciding import Decision
    from docplatform.training.promotion import Promotions

_REASON = click.option("--reason", required=True, help="Why; it is recorded with the change.")


@contextmanager
def _promotions(project: str) -> Iterator[tuple[Platform, Promotions]]:
    from docplatform.training.promotion import Promotions

    platform = Platform(load_settings())
    try:
        if project not in platform.projects.names():
            there = ", ".join(platform.projects.names()) or "none"
            raise ConfigurationError(f"There is no project {project!r}; there are: {there}.")
        yield platform, Promotions(project, platform.lake, platform.model_registry)
    finally:
        platform.close()


def _decide(project: str, change: Callable[[Promotions], Decision]) -> None:
    from docplatform.defs.by_hand import report_decision
    from docplatform.defs.home_instance import home_instance

    with _promotions(project) as (platform, promotions):
        decision = change(promotions)
        with home_instance(platform.settings.dagster_path) as instance:
            report_decision(instance, decision, platform.model_registry)
    pinned = ", pinned" if decision.is_pinned else ""
    click.echo(f"{project}: version {decision.champion_version} serves{pinned}. {decision.reason}")


def _challenge(project: str, change: Callable[[Promotions], AliasChange]) -> None:
    from docplatform.defs.by_hand import report_challenger
    from docplatform.defs.home_instance import home_instance

    with _promotions(project) as (platform, promotions):
        made = change(promotions)
        with home_instance(platform.settings.dagster_path) as instance:
            report_challenger(instance, project, made)
    what = "no challenger" if made.is_withdrawn else f"version {made.version} is the challenger ({made.mode})"
    click.echo(f"{project}: {what}. {made.reason}")


@click.command()
@click.argument("project")
@click.argument("version", type=int)
@_REASON
@click.option("--pin", is_flag=True, help="Also keep the gate from replacing it.")
def promote(project: str, version: int, reason: str, pin: bool) -> None:
    r"""Make VERSION of PROJECT the champion, whatever the gate says.

    \b
    Examples:
      docplatform models promote loans 4 --reason "checked 200 predictions by hand"
    """
    _decide(project, lambda promotions: promotions.promote(version, reason, pin=pin))


@click.command()
@click.argument("project")
@_REASON
def rollback(project: str, reason: str) -> None:
    r"""Let the version serve again that served before the present one.

    \b
    Examples:
      docplatform models rollback loans --reason "version 5 misses amounts in EUR"
    """
    _decide(project, lambda promotions: promotions.roll_back(reason))


@click.command()
@click.argument("project")
@_REASON
def pin(project: str, reason: str) -> None:
    r"""Keep the present champion of PROJECT: the gate goes on judging and replaces nothing.

    \b
    Examples:
      docplatform models pin loans --reason "audit until March"
    """
    _decide(project, lambda promotions: promotions.pin(reason))


@click.command()
@click.argument("project")
@_REASON
def unpin(project: str, reason: str) -> None:
    """Let the gate replace the champion of PROJECT again."""
    _decide(project, lambda promotions: promotions.unpin(reason))


@click.command()
@click.argument("project")
@click.argument("version", type=int)
@_REASON
@click.option("--share", type=float, help="Share of requests it answers, in (0, 1); default: none, it runs in shadow.")
def challenge(project: str, version: int, reason: str, share: float | None) -> None:
    r"""Try VERSION beside the champion: in its shadow, or on a share of the requests.

    \b
    Examples:
      docplatform models challenge loans 5 --reason "new trainer"
      docplatform models challenge loans 5 --share 0.1 --reason "a tenth of the traffic"
    """
    from docplatform.registry.base import ServingMode

    mode = ServingMode.SHADOW if share is None else ServingMode.SPLIT
    _challenge(project, lambda promotions: promotions.challenge(version, reason, mode=mode, share=share or 0.0))


@click.command()
@click.argument("project")
@_REASON
def withdraw(project: str, reason: str) -> None:
    """Stop trying the challenger of PROJECT."""
    _challenge(project, lambda promotions: promotions.withdraw(reason))


BY_HAND_COMMANDS = (promote, rollback, pin, unpin, challenge, withdraw)
"""What ``docplatform models`` takes from here."""
