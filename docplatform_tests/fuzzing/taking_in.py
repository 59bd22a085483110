"""What ingestion does to a file before any worker sees it, and what is left of workers afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from docplatform.documents.media_types import sniff
from docplatform.errors import PermanentError, ReasonCode
from docplatform.ingestion.containers import is_container, unpack
from docplatform.ingestion.refusals import refusal_of
from docplatform.settings import LimitSettings

_STAYING = ("multiprocessing.forkserver", "multiprocessing.resource_tracker")


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of a file on arrival: ``members`` of a container (None: it is none), or why it goes no further."""

    members: int | None = None
    refused_members: int = 0
    reason: ReasonCode | None = None


def take_in(data: bytes, name: str, limits: LimitSettings) -> TakenIn:
    """Find out its type and unpack it, in this process, as ingestion does. Anything but ``PermanentError`` is a bug."""
    media_type = sniff(data, name)
    refusal = refusal_of(media_type, len(data), limits)
    if refusal is not None:
        return TakenIn(reason=refusal[0])
    if not is_container(media_type, data):
        return TakenIn()
    try:
        members = [member.reason for member in unpack(data, media_type, limits)]
    except PermanentError as error:
        return TakenIn(reason=error.reason)
    return TakenIn(len(members), sum(reason is not None for reason in members))


def processes_left() -> list[int]:
    """Processes below this one, beside Python's own fork server and resource tracker. Linux only."""
    left = []
    for child in _children("self"):
        stays = any(name in _command(child) for name in _STAYING)
        left += _children(str(child)) if stays else [child]
    return left


def _children(process: str) -> list[int]:
    try:
        lists = [path.read_text() for path in Path(f"/proc/{process}/task").glob("*/children")]
    except FileNotFoundError:  # it has ended
        return []
    return [int(pid) for pids in lists for pid in pids.split()]


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except FileNotFoundError:
        return ""
