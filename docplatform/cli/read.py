"""``docplatform read``: what the reader makes of files, without a home."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from docplatform.documents.media_types import sniff
from docplatform.errors import ReasonCode
from docplatform.ingestion.refusals import refusal_of
from docplatform.ocr.base import DocumentSource, ReadOutcome
from docplatform.settings import Settings, load_settings

HEAD_CHARACTERS = 60


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a file, a line each, with its AnalyzeResult.")
def read(paths: tuple[Path, ...], as_json: bool) -> None:
    r"""Read files, and all files below folders, and print what became of each.

    A line a file, as each is done: `path`, `status` (read, blank or refused), `reason` (the code it would be
    quarantined with), `seconds` and, with --json, `analyzeResult` in Document Intelligence's shape. Needs no home.

    Exit status: 0 when every file was read, 1 when any was refused.

    \b
    Examples:
      docplatform read invoice.pdf
      docplatform read --json inbox/ > results.jsonl
    """
    from docplatform.ocr.local.reader import LocalDocumentReader

    settings = load_settings()
    reader = LocalDocumentReader(settings.reading, settings.limits)
    refused = 0
    try:
        early: list[ReadOutcome] = []
        for outcome in _interleave(reader.read_many(_sources(paths, settings, early)), early):
            refused += outcome.result is None
            click.echo(json.dumps(_as_json(outcome), ensure_ascii=False) if as_json else _as_line(outcome))
    finally:
        reader.close()
    sys.exit(1 if refused else 0)


def _files(paths: tuple[Path, ...]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(found for found in path.rglob("*") if found.is_file())
        else:
            yield path


def _sources(paths: tuple[Path, ...], settings: Settings, early: list[ReadOutcome]) -> Iterator[DocumentSource]:
    """What can be read; files that are refused before reading go to ``early``."""
    for path in _files(paths):
        try:
            size = path.stat().st_size
            data = path.read_bytes() if size <= settings.limits.max_file_bytes else b""
        except OSError as error:
            message = f"It couldn't be opened: {error.strerror}."
            early.append(ReadOutcome(key=str(path), reason=ReasonCode.ENGINE_ERROR, message=message, is_transient=True))
            continue
        media_type = sniff(data, path.name)
        refusal = refusal_of(media_type, size, settings.limits)
        if refusal is not None:
            early.append(_refusal(path, *refusal))
        else:
            yield DocumentSource(str(path), data, media_type.mime)


def _refusal(path: Path, reason: ReasonCode, message: str) -> ReadOutcome:
    return ReadOutcome(key=str(path), reason=reason, message=message)


def _interleave(outcomes: Iterator[ReadOutcome], early: list[ReadOutcome]) -> Iterator[ReadOutcome]:
    for outcome in outcomes:
        while early:
            yield early.pop(0)
        yield outcome
    yield from early


def _status(outcome: ReadOutcome) -> str:
    if outcome.result is None:
        return "refused"
    return "read" if outcome.result.content.strip() else "blank"


def _as_json(outcome: ReadOutcome) -> dict[str, object]:
    return {
        "path": outcome.key,
        "status": _status(outcome),
        "reason": outcome.reason.value if outcome.reason else None,
        "message": outcome.message or None,
        "seconds": round(outcome.seconds, 3),
        "analyzeResult": json.loads(outcome.result.to_json()) if outcome.result else None,
    }


def _as_line(outcome: ReadOutcome) -> str:
    if outcome.result is None:
        return f"{outcome.key}\trefused\t{outcome.reason}\t{outcome.message}"
    head = " ".join(outcome.result.content[: HEAD_CHARACTERS * 4].split())[:HEAD_CHARACTERS]
    return f"{outcome.key}\t{_status(outcome)}\t{len(outcome.result.pages)} pages, {outcome.seconds:.2f} s\t{head}"
