"""``docplatform quarantine``: what could not be processed, and what is to become of it."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import click

from docplatform.cli.printing import printable
from docplatform.composition import Platform
from docplatform.errors import ReasonCode
from docplatform.settings import load_settings

if TYPE_CHECKING:
    from docplatform.lake.quarantine import QuarantineEntry

SHORT_ID = 12
_MOST_NAME = 60
_AGE = re.compile(r"(\d+(?:\.\d+)?)([dhm]?)")
_AGE_UNITS = {"": "days", "d": "days", "h": "hours", "m": "minutes"}
_STAGES = ("raw_blobs", "routed_documents", "ocr_text", "preprocessed_text", "predictions")
_STATES = ("open", "replaying", "resolved", "dismissed")

Command = TypeVar("Command", bound=Callable[..., None])


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which entries somebody means: those that meet every condition given."""

    ids: tuple[str, ...] = ()
    """Beginnings of document ids."""
    reason: str | None = None
    stage: str | None = None
    customer: str | None = None
    partition: str | None = None
    older_than: timedelta | None = None

    @property
    def is_everything(self) -> bool:
        """Whether there is no condition."""
        return self == Selection()

    def find(self, platform: Platform, states: Sequence[str] | None) -> list[QuarantineEntry]:
        """The entries in one of these states, the longest failing first.

        Raises:
            click.UsageError: an id names no entry, or several documents.
        """
        from docplatform.lake.quarantine import EntryState, find_entries

        found = find_entries(
            platform.lake,
            states=None if states is None else [EntryState(state) for state in states],
            stage=self.stage,
            reason=self.reason,
            lake_partitions=None if self.partition is None else [self.partition],
        )
        newest = datetime.now(UTC) - self.older_than if self.older_than is not None else None
        entries = [
            entry
            for entry in found
            if (self.customer is None or entry.lake_partition.split("/", 1)[0] == self.customer)
            and (newest is None or entry.first_failed_at < newest)
        ]
        return (
            entries if not self.ids else [entry for entry in entries if entry.document_id in self._documents(entries)]
        )

    def _documents(self, entries: Sequence[QuarantineEntry]) -> set[str]:
        known = {entry.document_id for entry in entries}
        return {_document(prefix, known) for prefix in self.ids}


def _document(prefix: str, known: set[str]) -> str:
    found = sorted(document_id for document_id in known if document_id.startswith(prefix.lower()))
    if not found:
        raise click.UsageError(f"No such entry: {prefix}. See: docplatform quarantine list --state all")
    if len(found) > 1:
        raise click.UsageError(f"{prefix} begins {len(found)} ids: {', '.join(found[:5])}. Give more of it.")
    return found[0]


def _age(_context: click.Context, _parameter: click.Parameter, value: str | None) -> timedelta | None:
    if value is None:
        return None
    match = _AGE.fullmatch(value)
    if match is None:
        raise click.BadParameter("Give days, hours or minutes: 7d, 12h, 30m.")
    return timedelta(**{_AGE_UNITS[match[2]]: float(match[1])})


def _selecting(command: Command) -> Command:
    """The options that select entries."""
    for option in (
        click.option("--older-than", callback=_age, metavar="AGE", help="Failing for longer than this: 7d, 12h, 30m."),
        click.option("--partition", metavar="KEY", help="Of this lake partition: acme/pdf/2026-11-20."),
        click.option("--customer", help="Of this customer."),
        click.option("--stage", type=click.Choice(_STAGES), help="Failed at this stage; raw_blobs: at arrival."),
        click.option("--reason", type=click.Choice([code.value for code in ReasonCode]), help="With this code."),
    ):
        command = option(command)
    return command


@click.group()
def quarantine() -> None:
    """Look at documents that could not be processed; try them again, or dismiss them.

    docs/quarantine.md lists every reason code with what to do.
    """


@quarantine.command("list")
@_selecting
@click.option("--state", type=click.Choice([*_STATES, "all"]), default="open", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object an entry, a line each.")
def list_(state: str, as_json: bool, **conditions: Any) -> None:
    r"""List entries, the longest failing first: id, state, reason, stage, since when, attempts, lake partition, name.

    \b
    Examples:
      docplatform quarantine list
      docplatform quarantine list --reason encrypted --customer acme
      docplatform quarantine list --state all --older-than 7d --json | jq .message
    """
    platform = Platform(load_settings())
    entries = Selection(**conditions).find(platform, None if state == "all" else [state])
    for entry in entries:
        click.echo(json.dumps(asdict(entry), default=str, ensure_ascii=True) if as_json else _line(entry))
    counts: dict[str, int] = {}
    for entry in entries:
        counts[entry.reason] = counts.get(entry.reason, 0) + 1
    by_reason = ", ".join(f"{count} {reason}" for reason, count in sorted(counts.items(), key=lambda item: -item[1]))
    click.echo(f"{len(entries)} entries{': ' if entries else ''}{by_reason}", err=True)


@quarantine.command()
@click.argument("document_id")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show(document_id: str, as_json: bool) -> None:
    r"""Show all that is known of the document whose id begins with DOCUMENT_ID, and what to do.

    \b
    Examples:
      docplatform quarantine show 3f2a90
      docplatform quarantine show 3f2a90 --json | jq .bytes
    """
    from docplatform.cli.quarantined import Dossier

    platform = Platform(load_settings())
    try:
        entries = Selection(ids=(document_id,)).find(platform, None)
        dossier = Dossier.of(platform, entries)
    finally:
        platform.close()
    click.echo(json.dumps(asdict(dossier), default=str) if as_json else dossier.render())


@quarantine.command()
@click.argument("ids", nargs=-1)
@_selecting
@click.option("--all", "everything", is_flag=True, help="All that are open.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object an entry, a line each, as it stands afterwards.")
def replay(ids: tuple[str, ...], everything: bool, as_json: bool, **conditions: Any) -> None:
    r"""Try the entries again that meet every condition, and nothing else; print what became of each.

    Do it after what was wrong has been mended: a password added, a limit raised, bytes restored, an engine updated. A
    document refused at arrival is judged anew from its stored bytes; one that failed later goes on from there. Entries
    that are named by id are tried even where they were dismissed.

    Exit status: 0 when all were processed, 1 when some failed again, 2 for wrong arguments.

    \b
    Examples:
      docplatform quarantine replay 3f2a90 77c1
      docplatform quarantine replay --reason encrypted --customer acme
      docplatform quarantine replay --all
    """
    from docplatform.cli.quarantined import replay_entries

    selection = Selection(ids=ids, **conditions)
    if selection.is_everything and not everything:
        raise click.UsageError("Say which: ids, --reason, --stage, --customer, --partition, --older-than, or --all.")
    platform = Platform(load_settings())
    try:
        states = ("open", "replaying", "dismissed") if ids else ("open", "replaying")
        entries = selection.find(platform, states)
        outcomes, failures = replay_entries(platform, entries, announce=lambda line: click.echo(line, err=True))
    finally:
        platform.close()
    for outcome in outcomes:
        click.echo(json.dumps(asdict(outcome.entry), default=str) if as_json else outcome.render())
    for failure in failures:
        click.echo(f"FAILED {printable(failure)}", err=True)
    processed = sum(outcome.is_processed for outcome in outcomes)
    click.echo(f"{len(outcomes)} replayed: {processed} processed, {len(outcomes) - processed} not", err=True)
    sys.exit(0 if processed == len(outcomes) and not failures else 1)


@quarantine.command()
@click.argument("ids", nargs=-1)
@_selecting
@click.option("--all", "everything", is_flag=True, help="All that are open.")
@click.option("--why", required=True, help="Kept in the entry's column `note`.")
def dismiss(ids: tuple[str, ...], everything: bool, why: str, **conditions: Any) -> None:
    r"""Decide that open entries that meet every condition needn't be processed. Their bytes are kept.

    \b
    Examples:
      docplatform quarantine dismiss 3f2a90 --why "a logo, no document"
      docplatform quarantine dismiss --reason empty --older-than 30d --why "the sender knows"
    """
    from docplatform.cli.quarantined import BY_HAND
    from docplatform.lake import quarantine as table

    selection = Selection(ids=ids, **conditions)
    if selection.is_everything and not everything:
        raise click.UsageError("Say which: ids, --reason, --stage, --customer, --partition, --older-than, or --all.")
    if not why.strip():
        raise click.UsageError("Say why, in a few words.")
    platform = Platform(load_settings())
    entries = selection.find(platform, ("open", "replaying"))
    for entry in table.dismiss(platform.lake, entries, note=why.strip(), run_id=BY_HAND):
        click.echo(_line(entry))
    click.echo(f"{len(entries)} dismissed", err=True)


def _line(entry: QuarantineEntry) -> str:
    return "\t".join(
        (
            entry.document_id[:SHORT_ID],
            entry.state.value,
            entry.reason,
            f"{entry.stage}:{entry.scope}" if entry.scope else entry.stage,
            f"{entry.first_failed_at:%Y-%m-%d %H:%M}",
            f"{entry.attempts} attempt{'s' if entry.attempts != 1 else ''}",
            entry.lake_partition,
            printable(entry.name, _MOST_NAME),
        )
    )
