"""``docplatform read``: what the reader makes of files, without a home."""

from __future__ import annotations

import json
import re
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click

from docplatform.cli.files import Unlisted, load, walk
from docplatform.cli.printing import printable
from docplatform.errors import DocPlatformError, PermanentError, ReasonCode
from docplatform.ocr.base import DocumentSource, ReadOutcome
from docplatform.settings import Settings, load_settings

HEAD_CHARACTERS = 60
INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it."""
_TERMINAL_SECONDS, _LOG_SECONDS = 0.2, 5.0
"""Least time between two signs of progress: on a terminal's last line, and as lines of a log."""
_CLEAR = "\r\x1b[K"
_SURROGATE = re.compile("[\ud800-\udfff]")


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a file, a line each, with its AnalyzeResult.")
@click.option("--markdown", is_flag=True, help="Content in markdown, whatever the settings say.")
@click.option("--progress/--no-progress", default=None, help="Say how far it is. Default: where somebody looks on.")
def read(paths: tuple[Path, ...], as_json: bool, markdown: bool, progress: bool | None) -> None:
    r"""Read files, and all files below folders, and print what became of each.

    A line a file, as each is done: `path`, `status` (read, blank or refused), `reason` (the code it would be
    quarantined with), `seconds` and, with --json, `analyzeResult` in Document Intelligence's shape. Control characters
    in names and texts are escaped. Then a summary, to standard error. Needs no home.

    Exit status: 0 when every file was read, 1 when any was refused, 2 for wrong arguments, 130 after Ctrl-C.

    \b
    Examples:
      docplatform read invoice.pdf
      docplatform read --json inbox/ > results.jsonl
      docplatform read --json --markdown report.docx | jq -r .analyzeResult.content
    """
    from docplatform.ocr.local.reader import LocalDocumentReader

    for path in paths:
        if not path.is_symlink() and not path.exists():
            raise click.BadParameter(f"{printable(str(path))!r} does not exist.", param_hint="PATHS")
    settings = load_settings()
    reading = settings.reading.model_copy(update={"content_format": "markdown"}) if markdown else settings.reading
    reader = LocalDocumentReader(reading, settings.limits)
    teller = Teller(as_json, sys.stderr.isatty() if progress is None else progress)
    try:
        early: deque[ReadOutcome] = deque()
        for outcome in _interleave(reader.read_many(_sources(paths, settings, early)), early):
            teller.tell(outcome)
    except KeyboardInterrupt:
        teller.is_interrupted = True
    finally:
        reader.close()
    teller.sum_up()
    sys.exit(INTERRUPTED if teller.is_interrupted else 1 if teller.refused else 0)


@dataclass
class Teller:
    """Says what becomes of files, how far it is, and what it came to."""

    as_json: bool
    shows_progress: bool
    is_interrupted: bool = False
    statuses: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    """By reason code."""
    pages: int = 0
    began: float = field(default_factory=time.monotonic)
    _last_sign: float = field(default_factory=time.monotonic)

    def tell(self, outcome: ReadOutcome) -> None:
        """One file is done."""
        self.statuses[_status(outcome)] += 1
        self.pages += len(outcome.result.pages) if outcome.result else 0
        if outcome.reason is not None:
            self.refused[outcome.reason.value] += 1
        on_terminal = self.shows_progress and sys.stderr.isatty()
        if on_terminal and sys.stdout.isatty():
            click.echo(_CLEAR, nl=False, err=True)
        click.echo(_as_json(outcome) if self.as_json else _as_line(outcome))
        now = time.monotonic()
        if self.shows_progress and now - self._last_sign >= (_TERMINAL_SECONDS if on_terminal else _LOG_SECONDS):
            self._last_sign = now
            click.echo(f"{_CLEAR}{self._so_far()}" if on_terminal else self._so_far(), nl=not on_terminal, err=True)

    def sum_up(self) -> None:
        """The last line."""
        if self.shows_progress and sys.stderr.isatty():
            click.echo(_CLEAR, nl=False, err=True)
        click.echo(f"{'Interrupted. ' if self.is_interrupted else ''}{self._so_far()}", err=True)

    def _so_far(self) -> str:
        seconds = time.monotonic() - self.began
        reasons = ", ".join(f"{count} {reason}" for reason, count in self.refused.most_common())
        files = self.statuses.total()
        return (
            f"{files} file{'s' if files != 1 else ''}: {self.statuses['read']} read, {self.statuses['blank']} blank, "
            f"{self.statuses['refused']} refused{f' ({reasons})' if reasons else ''}; {self.pages} pages in "
            f"{seconds:.1f} s, {self.pages / max(seconds, 1e-3):.1f} pages/s"
        )


def _sources(paths: tuple[Path, ...], settings: Settings, early: deque[ReadOutcome]) -> Iterator[DocumentSource]:
    """What can be read; files that are refused before reading go to ``early``."""
    for found in walk(paths):
        if isinstance(found, Unlisted):
            early.append(_refusal(found.path, ReasonCode.ENGINE_ERROR, found.message))
            continue
        try:
            yield load(found, settings.limits.max_file_bytes)
        except DocPlatformError as error:
            reason = error.reason if isinstance(error, PermanentError) else ReasonCode.ENGINE_ERROR
            early.append(_refusal(found, reason, str(error)))


def _refusal(path: Path, reason: ReasonCode, message: str) -> ReadOutcome:
    is_transient = reason is ReasonCode.ENGINE_ERROR
    return ReadOutcome(key=str(path), reason=reason, message=message, is_transient=is_transient)


def _interleave(outcomes: Iterator[ReadOutcome], early: deque[ReadOutcome]) -> Iterator[ReadOutcome]:
    for outcome in outcomes:
        while early:
            yield early.popleft()
        yield outcome
    yield from early


def _status(outcome: ReadOutcome) -> str:
    if outcome.result is None:
        return "refused"
    return "read" if outcome.result.content.strip() else "blank"


def _as_json(outcome: ReadOutcome) -> str:
    value = {
        "path": outcome.key,
        "status": _status(outcome),
        "reason": outcome.reason.value if outcome.reason else None,
        "message": outcome.message or None,
        "seconds": round(outcome.seconds, 3),
        "analyzeResult": json.loads(outcome.result.to_json()) if outcome.result else None,
    }
    text = json.dumps(value, ensure_ascii=False)
    # A name in another encoding holds lone surrogates, which UTF-8 can't hold but JSON's escapes can.
    return json.dumps(value) if _SURROGATE.search(text) else text


def _as_line(outcome: ReadOutcome) -> str:
    path = printable(outcome.key)
    if outcome.result is None:
        return f"{path}\trefused\t{outcome.reason}\t{printable(outcome.message)}"
    head = printable(" ".join(outcome.result.content[: HEAD_CHARACTERS * 4].split()), HEAD_CHARACTERS)
    return f"{path}\t{_status(outcome)}\t{len(outcome.result.pages)} pages, {outcome.seconds:.2f} s\t{head}"
