"""What a pass has done, told to the sensors, which would ask for all of it again.

Passes and sensors share the work but not their cursors. Before there was this, the sensors of a UI started after a pass
over 300 documents queued 57 runs that found nothing to do, and a file dropped meanwhile waited four minutes for them.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any

import dagster as dg

TAKEN_OVER = "handover"
"""Where a sensor's cursor keeps the id of the last pass it has taken over: each is taken over once, since what it did
may be out of date by the time somebody puts labels or a champion back to what they were."""

_KEY = "docplatform/handover"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """How far a pass without failures has come."""

    pass_id: str
    """Tells one pass from another."""
    ledger_seq: int
    """Every document of the ledger up to this one is processed."""
    champions: dict[str, int]
    """Project to the version that has predicted every document it applies to."""
    labels: dict[str, Any]
    """The cursor with which ``labels_sensor`` would ask for nothing."""


def hand_over(instance: dg.DagsterInstance, handover: Handover) -> None:
    """Tell the sensors of this instance."""
    instance.daemon_cursor_storage.set_cursor_values({_KEY: json.dumps(asdict(handover))})


def last_handover(instance: dg.DagsterInstance) -> Handover | None:
    """What the last pass told, None where there was none."""
    stored = instance.daemon_cursor_storage.get_cursor_values({_KEY}).get(_KEY)
    return None if stored is None else Handover(**json.loads(stored))
