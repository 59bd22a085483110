"""Promoting, rolling back, pinning and challenging by hand, always with a reason."""

from __future__ import annotations

from dataclasses import dataclass

from docplatform.errors import ConfigurationError, PermanentError
from docplatform.lake.lake import Lake
from docplatform.registry.base import (
    CHALLENGER,
    CHAMPION,
    NO_VERSION,
    AliasAction,
    AliasChange,
    ModelRegistry,
    ModelVersion,
    ServingMode,
)
from docplatform.training.deciding import Decision, record_by_hand

BY_HAND = "by hand"
"""``run_id`` of what no run did."""


@dataclass(frozen=True)
class Promotions:
    """Changes of who serves a project.

    Every method raises ``PermanentError`` where what is asked for makes no sense, and ``ConfigurationError`` without a
    reason or for a version that doesn't exist.
    """

    project: str
    lake: Lake
    registry: ModelRegistry

    def promote(self, version: int, reason: str, *, pin: bool = False) -> Decision:
        """Make a version champion. A pinned champion has to be unpinned first."""
        state = self.registry.alias_state(self.project, CHAMPION)
        if state is not None and state.is_pinned and state.version != version:
            raise PermanentError(
                f"Version {state.version} of {self.project} is pinned ({state.reason}): unpin it before you promote "
                "another."
            )
        return self._point(version, reason, AliasAction.PROMOTE, is_pinned=pin)

    def roll_back(self, reason: str) -> Decision:
        """Make the version champion that served before the present one. A pin goes with the version it held."""
        history = self.registry.alias_history(self.project, CHAMPION)
        current = history[-1].version if history else None
        former = _before(history)
        if current is None or former is None:
            raise PermanentError(f"No version of {self.project} served before: there is nothing to roll back to.")
        return self._point(former, f"Rolled back from version {current}: {reason}", AliasAction.ROLL_BACK, given=reason)

    def pin(self, reason: str) -> Decision:
        """Keep the gate from replacing the present champion."""
        return self._point(self._serving().version, reason, AliasAction.PIN, is_pinned=True)

    def unpin(self, reason: str) -> Decision:
        """Let the gate replace the present champion again."""
        return self._point(self._serving().version, reason, AliasAction.UNPIN)

    def challenge(self, version: int, reason: str, *, mode: ServingMode, share: float = 0.0) -> AliasChange:
        """Try a version beside the champion: in its shadow, or on a share of the requests.

        What is recorded is the alias ``challenger`` with ``mode`` and ``share``; serving acts on it.
        """
        if self._serving().version == version:
            raise PermanentError(f"Version {version} of {self.project} serves already.")
        if mode is ServingMode.SPLIT and not 0 < share < 1:
            raise ConfigurationError(f"The challenger's share must lie between 0 and 1, not be {share}.")
        if mode is ServingMode.SHADOW and share:
            raise ConfigurationError("A challenger in the shadow answers no request: leave its share out.")
        self._require(version, reason)
        return self.registry.set_alias(
            self.project,
            CHALLENGER,
            version,
            reason=reason,
            run_id=BY_HAND,
            action=AliasAction.CHALLENGE,
            mode=mode,
            share=share,
        )

    def withdraw(self, reason: str) -> AliasChange:
        """Stop trying the challenger."""
        if self.registry.aliased(self.project, CHALLENGER) is None:
            raise PermanentError(f"Project {self.project} has no challenger.")
        _require_reason(reason)
        return self.registry.set_alias(
            self.project, CHALLENGER, NO_VERSION, reason=reason, run_id=BY_HAND, action=AliasAction.WITHDRAW
        )

    def _serving(self) -> ModelVersion:
        champion = self.registry.aliased(self.project, CHAMPION)
        if champion is None:
            raise PermanentError(f"Project {self.project} has no champion yet.")
        return champion

    def _require(self, version: int, reason: str) -> ModelVersion:
        _require_reason(reason)
        try:
            return self.registry.version(self.project, version)
        except KeyError:
            there = ", ".join(str(v.version) for v in self.registry.versions(self.project)) or "none"
            raise ConfigurationError(f"Project {self.project} has no version {version}; there are: {there}.") from None

    def _point(
        self, version: int, reason: str, action: AliasAction, *, is_pinned: bool = False, given: str | None = None
    ) -> Decision:
        wanted = self._require(version, reason if given is None else given)
        former = self.registry.aliased(self.project, CHAMPION)
        change = self.registry.set_alias(
            self.project, CHAMPION, version, reason=reason, run_id=BY_HAND, action=action, is_pinned=is_pinned
        )
        return record_by_hand(self.lake, change, wanted, former)


def _before(history: list[AliasChange]) -> int | None:
    """The version that served before the last one: changes by rolling back are undone, not gone back to."""
    served: list[int] = []
    for change in history:
        if change.action is AliasAction.ROLL_BACK:
            while served and served[-1] != change.version:
                served.pop()
        if not change.is_withdrawn and (not served or served[-1] != change.version):
            served.append(change.version)
    return served[-2] if len(served) > 1 else None


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise ConfigurationError("Say why: a change by hand is recorded with its reason.")
