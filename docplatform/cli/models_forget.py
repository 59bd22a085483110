"""``docplatform models forget``: a document out of what was learned from it, or out of the home."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from docplatform.cli.locks import hold
from docplatform.cli.printing import printable
from docplatform.composition import Platform
from docplatform.errors import ConfigurationError
from docplatform.settings import load_settings

if TYPE_CHECKING:
    from docplatform.training.erasing import ErasePlan, Eraser
    from docplatform.training.forgetting import ForgetPlan

BY_HAND = "by hand"


@click.command()
@click.argument("document_id")
@click.option("--erase", is_flag=True, help="Also the document itself: bytes, text, cached pages, labelling tasks.")
@click.option("--dry-run", is_flag=True, help="Only list what saw it, and what would be erased.")
@click.option("--yes", is_flag=True, help="Erase without asking.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def forget(document_id: str, erase: bool, dry_run: bool, yes: bool, as_json: bool) -> None:
    r"""Take DOCUMENT_ID out of labels, datasets and predictions, and mark every model that saw it.

    The next `docplatform run` freezes the datasets without it and trains anew. With --erase the document itself goes
    too, for good: docs/projects.md says exactly what is removed and what is left.

    Exit status: 0 when done, 1 when something is left that --erase should have removed.

    \b
    Examples:
      docplatform models forget 3f2a… --dry-run
      docplatform models forget 3f2a… --erase --dry-run
      docplatform models forget 3f2a… --erase
    """
    platform = Platform(load_settings())
    home = platform.settings.home_path
    lock = hold(home / "run.lock", f"`docplatform run` is working on {home}. Wait until it ends.")
    try:
        plan = _plan(platform, document_id)
        eraser = _eraser(platform) if erase else None
        traces = eraser.plan(document_id) if eraser else None
        is_unknown = plan.is_unknown and (traces is None or traces.is_empty)
        if not as_json:
            _show(plan, traces)
        wanted = not dry_run and not is_unknown
        if wanted and erase and not yes:
            click.confirm("Erase all this? It can't be undone", abort=True, err=True)
        left = _carry_out(platform, plan, eraser, traces) if wanted else None
    finally:
        lock.close()
        platform.close()
    if as_json:
        row = {**plan.to_dict(), "forgotten": wanted}
        click.echo(json.dumps(row | ({"erase": traces.to_dict(), "left": left and left.to_dict()} if traces else {})))
    else:
        click.echo(_outcome(is_unknown, wanted, erase))
    unreached = traces is not None and bool(traces.unreached)
    if wanted and (unreached or (left is not None and not left.is_empty)):
        raise click.exceptions.Exit(1)


def _plan(platform: Platform, document_id: str) -> ForgetPlan:
    from docplatform.training.forgetting import plan_forget

    return plan_forget(
        document_id,
        lake=platform.lake,
        registry=platform.model_registry,
        projects=platform.projects,
        ledger=platform.ledger,
    )


def _eraser(platform: Platform) -> Eraser:
    from docplatform.training.erasing import Eraser

    client, no_client = None, ""
    try:
        client = platform.label_studio()
    except ConfigurationError as error:  # asked only where a project was ever there, which then is named with this
        no_client = str(error)
    p = platform
    media = None if p.settings.label_studio.url else p.studio_server.media
    return Eraser(p.ledger, p.lake, p.blob_store, p.document_reader, p.projects, client, no_client, media)


def _carry_out(
    platform: Platform, plan: ForgetPlan, eraser: Eraser | None, traces: ErasePlan | None
) -> ErasePlan | None:
    """What is left of what was to be erased; None where nothing was."""
    from docplatform.training.forgetting import forget as forget_document

    forget_document(
        plan, lake=platform.lake, registry=platform.model_registry, projects=platform.projects, run_id=BY_HAND
    )
    return eraser.erase(traces, BY_HAND) if eraser and traces else None


def _show(plan: ForgetPlan, traces: ErasePlan | None) -> None:
    named = [f"{name} in {project}" for project, names in plan.names.items() for name in names]
    for what, found in (
        ("named in label files", named),
        ("labels", [f"{count} of {project}" for project, count in plan.labels.items()]),
        ("datasets", [f"{project} {version[:12]}" for project, version in plan.datasets]),
        ("models", list(plan.models)),
        ("of them serving", list(plan.champions)),
        ("predictions", list(plan.predictions)),
        *(_trace_lines(traces) if traces else ()),
    ):
        click.echo(f"{what}: {printable(', '.join(found) or 'none')}")
    if traces:
        for where in traces.unreached:
            click.echo(f"not reached, so nothing is erased there: {printable(where)}", err=True)


def _trace_lines(traces: ErasePlan) -> Iterator[tuple[str, list[str]]]:
    yield "document", [f"{traces.name}, arrived {traces.arrivals} times"] if traces.arrivals else []
    yield "bytes", list(traces.blobs)
    yield "rows", [f"{count} of {table}" for table, count in traces.rows.items()]
    yield "cached readings", [str(len(traces.cached))] if traces.cached else []
    yield (
        "label studio",
        [f"{len(one.tasks)} tasks and {len(one.uploads)} pictures of {one.project}" for one in traces.studio],
    )
    yield "labelled there for", list(traces.studio_answers)
    yield "stays: arrived within it", list(traces.members)
    yield "stays, and holds its bytes: it arrived within", list(traces.containers)


def _outcome(is_unknown: bool, was_done: bool, erase: bool) -> str:
    if is_unknown:
        return "Nothing saw this document."
    if not was_done:
        return "Nothing was changed."
    done = "Forgotten, and erased." if erase else "Forgotten."
    return f"{done} The models marked are trained anew by the next run."
