"""``docplatform models``: what there is, how good it is, and which of it serves."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from docplatform.cli.label_advice import advice_for, advice_lines
from docplatform.cli.models_by_hand import BY_HAND_COMMANDS
from docplatform.cli.models_forget import forget
from docplatform.cli.models_transfer import TRANSFER_COMMANDS
from docplatform.cli.printing import printable
from docplatform.composition import Platform
from docplatform.errors import ConfigurationError
from docplatform.settings import load_settings

if TYPE_CHECKING:
    from docplatform.evaluation.metrics import Evaluation
    from docplatform.labels.projects import ModelProject
    from docplatform.training.unseen import UnseenReport

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
ANYTHING = click.Path(exists=True, path_type=Path)


@click.group()
def models() -> None:
    """Look at models, score them on anything, and say by hand which serves."""


for _command in (*BY_HAND_COMMANDS, *TRANSFER_COMMANDS, forget):
    models.add_command(_command)


@contextmanager
def platform_of_home() -> Iterator[Platform]:
    """The home's platform, closed at the end."""
    platform = Platform(load_settings())
    try:
        yield platform
    finally:
        platform.close()


def project_named(platform: Platform, name: str) -> ModelProject:
    """A project. Raises ``ConfigurationError`` naming those there are."""
    try:
        return platform.projects.get(name)
    except KeyError:
        there = ", ".join(platform.projects.names()) or "none"
        raise ConfigurationError(f"There is no project {name!r}; there are: {there}.") from None


@models.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per project.")
def list_(as_json: bool) -> None:
    r"""Every project: which version serves, and whether it is to be trained, and why.

    \b
    Examples:
      docplatform models list
    """
    from docplatform.registry.base import CHALLENGER, CHAMPION
    from docplatform.training.pending import project_states

    with platform_of_home() as platform:
        registry = platform.model_registry
        states, problems = project_states(
            projects=platform.projects, ledger=platform.ledger, lake=platform.lake, registry=registry
        )
        for state in states:
            champion, challenger = (registry.aliased(state.project, alias) for alias in (CHAMPION, CHALLENGER))
            pinned = registry.alias_state(state.project, CHAMPION)
            row = {
                "project": state.project,
                "versions": len(registry.versions(state.project)),
                "champion": champion.version if champion else None,
                "pinned": bool(champion and pinned and pinned.is_pinned),
                "challenger": challenger.version if challenger else None,
                "labeled": state.labeled,
                "arrived": state.arrived,
                "to_train": state.needs_training,
                "reason": state.reason,
            }
            click.echo(json.dumps(row) if as_json else _project_line(row))
    for problem in problems:
        click.echo(f"a project is wrong: {printable(problem)}", err=True)


def _project_line(row: dict[str, object]) -> str:
    serves = f"version {row['champion']}{' (pinned)' if row['pinned'] else ''}" if row["champion"] else "none"
    tried = f", challenger {row['challenger']}" if row["challenger"] else ""
    todo = "to be trained" if row["to_train"] else "not trained"
    return (
        f"{row['project']}: champion {serves}{tried}, {row['versions']} versions, {row['arrived']} of {row['labeled']} "
        f"labelled documents here\n  {todo}: {printable(str(row['reason']))}"
    )


@models.command()
@click.argument("project")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show(project: str, as_json: bool) -> None:
    r"""Every version of PROJECT with what it was made from, who served when and why, and what to label next.

    \b
    Examples:
      docplatform models show loans
    """
    from docplatform.registry.base import CHALLENGER, CHAMPION
    from docplatform.training.reviewing import describe_thresholds

    with platform_of_home() as platform:
        advice = advice_for(platform, project_named(platform, project))
        registry = platform.model_registry
        versions = [
            {
                "version": v.version,
                "created_at": v.created_at.isoformat(),
                "kind": v.kind,
                "labels": list(v.labels),
                "dataset_version": v.dataset_version,
                "trainer": v.trainer_fingerprint,
                "run_id": v.run_id,
                "checksum": v.checksum,
                "lineage": dict(v.lineage),
                "f1": v.metrics.get(v.dataset_version, {}).get("micro", {}).get("f1"),
                "review": describe_thresholds(v),
                "stale": v.stale,
            }
            for v in registry.versions(project)
        ]
        history = [
            {
                "alias": change.alias,
                "version": change.version,
                "action": change.action.value,
                "pinned": change.is_pinned,
                "changed_at": change.changed_at.isoformat(),
                "reason": change.reason,
            }
            for alias in (CHAMPION, CHALLENGER)
            for change in registry.alias_history(project, alias)
        ]
    if as_json:
        row = {"project": project, "versions": versions, "history": history, "advice": advice and advice.to_dict()}
        click.echo(json.dumps(row))
        return
    for line in (*_version_lines(versions), *_history_lines(history), *advice_lines(project, advice)):
        click.echo(line)


def _version_lines(versions: list[dict[str, Any]]) -> Iterator[str]:
    for version in versions:
        score = "not judged" if version["f1"] is None else f"F1 {version['f1']:.4f}"
        stale = f", STALE: {version['stale']}" if version["stale"] else ""
        yield f"version {version['version']}: {score}, {version['created_at'][:16]}, run {version['run_id']}{stale}"
        yield f"  dataset {version['dataset_version'][:12]}, labels {printable(', '.join(version['labels']), 80)}"
        if "engine_choice" in version["lineage"]:
            yield f"  engine: {printable(version['lineage']['engine_choice'])}"
        if version["review"]:
            yield f"  reviewed by a person: {printable(version['review'])}"


def _history_lines(history: list[dict[str, Any]]) -> Iterator[str]:
    for change in history:
        pin = ", pinned" if change["pinned"] else ""
        what = f"{change['alias']} -> {change['version'] or 'none'} ({change['action']}{pin})"
        yield f"{str(change['changed_at'])[:16]} {what}: {printable(str(change['reason']))}"


@models.command()
@click.argument("project")
@click.option("--labels", "labels_path", required=True, type=ANYTHING, help="Label file, or a folder of them.")
@click.option("--documents", type=FOLDER, help="Folder of the labelled documents; default: the labels' own folder.")
@click.option("--version", "number", type=int, help="Which version; default: the champion.")
@click.option("--format", "format_name", default="auto", show_default=True, help="Label format.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def evaluate(
    project: str, labels_path: Path, documents: Path | None, number: int | None, format_name: str, as_json: bool
) -> None:
    r"""Score a model of PROJECT on labels and documents that the home has never seen. Writes nothing.

    What to label next stands below the scores.

    Exit status: 0 when every labelled document was scored, 1 when some were missing or refused.

    \b
    Examples:
      docplatform models evaluate loans --labels held-out/labels.json --documents held-out
      docplatform models evaluate loans --labels labels.json --version 3 --json
    """
    from docplatform.labels.formats import files_of, read_labels
    from docplatform.training.unseen import UnseenScorer

    with platform_of_home() as platform:
        wanted = project_named(platform, project)
        parsed = read_labels(files_of(labels_path), format_name, wanted.kind)
        own = labels_path if labels_path.is_dir() else labels_path.parent
        scorer = UnseenScorer(platform.model_registry, platform.document_reader, platform.text_preprocessor)
        find = _finder(documents or own, parsed.documents)
        report = scorer.score(wanted, parsed.label_file, find, version=number)
        advice = advice_for(platform, wanted)
    if as_json:
        click.echo(json.dumps({**_as_json(report), "advice": advice and advice.to_dict()}))
    else:
        said = [] if advice is not None and advice.is_empty else advice_lines(project, advice)
        click.echo("\n".join([render_report(report), *said]))
    sys.exit(1 if report.missing or report.refused else 0)


def _finder(folder: Path, held: Mapping[str, bytes]) -> Callable[[str], bytes | None]:
    """Documents that the label files hold themselves, else those in the folder."""
    root = folder.resolve()

    def find(location: str) -> bytes | None:
        if location in held:
            return held[location]
        path = (root / location).resolve()
        # a location is somebody's text: it must not lead out of the folder
        return path.read_bytes() if path.is_relative_to(root) and path.is_file() else None

    return find


def _as_json(report: UnseenReport) -> dict[str, object]:
    return {
        "model": report.version.model_id,
        "evaluation": report.evaluation.to_dict(),
        "missing": list(report.missing),
        "refused": dict(report.refused),
        "label_errors": len(report.labels.errors),
    }


def render_report(report: UnseenReport) -> str:
    """The scores for a terminal."""
    lines = [
        f"{report.version.model_id} on {report.evaluation.example_count} documents",
        *score_lines(report.evaluation),
    ]
    lines += [f"missing: {printable(location)}" for location in report.missing]
    lines += [f"refused: {printable(name)}: {printable(why)}" for name, why in sorted(report.refused.items())]
    return "\n".join(lines)


def score_lines(evaluation: Evaluation) -> list[str]:
    """A table of scores, and one line for each thing that only some kinds have."""
    lines = [f"{'label':<32}{'precision':>10}{'recall':>10}{'f1':>10}{'95 % interval':>18}{'support':>9}"]
    for score in (*evaluation.labels, evaluation.micro, evaluation.macro, evaluation.weighted):
        if score is not None:
            interval = "" if score.f1_low is None else f"{score.f1_low:.3f} to {score.f1_high:.3f}"
            lines.append(
                f"{printable(score.label, 31):<32}{score.precision:>10.4f}{score.recall:>10.4f}{score.f1:>10.4f}"
                f"{interval:>18}{score.support:>9}"
            )
    lines.append(f"documents right in every part: {evaluation.accuracy:.4f}; abstained: {evaluation.abstained_count}")
    if evaluation.overlap:
        lines.append(f"spans that overlap: F1 {evaluation.overlap[-1].f1:.4f}")
    if evaluation.fields is not None:
        fields = evaluation.fields
        lines.append(
            f"values: exact {fields.exact:.4f}, normalised {fields.normalized:.4f}; whole documents: exact "
            f"{fields.document_exact:.4f}, normalised {fields.document_normalized:.4f}"
        )
    if evaluation.pages is not None:
        pages = evaluation.pages
        lines.append(f"pages: class {pages.page_accuracy:.4f}; files divided rightly: {pages.split_accuracy:.4f}")
    if evaluation.calibration is not None:
        auroc = evaluation.calibration.auroc
        told = "" if auroc is None else f", tells right from wrong with AUROC {auroc:.4f}"
        lines.append(f"confidence: calibration error {evaluation.calibration.error:.4f}{told}")
    return lines


@models.command()
@click.argument("project")
@click.argument("first", type=int)
@click.argument("second", type=int)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def compare(project: str, first: int, second: int, as_json: bool) -> None:
    r"""Compare version FIRST of PROJECT with SECOND on the newest dataset's test split. Writes nothing.

    \b
    Examples:
      docplatform models compare loans 4 3
    """
    from docplatform.training.comparing import compare_versions

    with platform_of_home() as platform:
        wanted = project_named(platform, project)
        result = compare_versions(wanted, first, second, lake=platform.lake, registry=platform.model_registry)
    if as_json:
        click.echo(json.dumps(result.to_dict()))
        return
    needed = result.needed_documents
    more = "" if not needed else f"; about {needed} more test documents would probably tell"
    verdict = "better" if result.difference > 0 else "worse"
    certain = f"{verdict} beyond chance" if result.p_value <= 0.05 else f"can't be told apart{more}"
    click.echo(
        f"{project}:{first} against {project}:{second} on {result.documents} test documents: micro F1 "
        f"{result.difference:+.4f}, 95 % interval {result.low:+.4f} to {result.high:+.4f}, {result.test} p "
        f"{result.p_value:.4f}: {certain}."
    )
