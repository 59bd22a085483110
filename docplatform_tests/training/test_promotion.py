"""Who serves, by the gate and by hand."""

from __future__ import annotations

import pytest

from docplatform.errors import ConfigurationError, PermanentError
from docplatform.registry.base import CHALLENGER, CHAMPION, AliasAction, ServingMode
from docplatform.training.candidates import train_candidate
from docplatform.training.promotion import Promotions
from docplatform_tests.homes import Home
from docplatform_tests.training.chains import judge_and_decide


def further(home: Home, project, count: int = 1) -> None:
    """So many more versions of the same model."""
    registry = home.platform.model_registry
    for _ in range(count):
        newest = registry.versions(project.name)[-1]
        registry.mark_stale(project.name, newest.version, "for a test")
        train_candidate(project, lake=home.platform.lake, registry=registry, run_id=f"after {newest.version}")


def promotions(home: Home) -> Promotions:
    return Promotions("topics", home.platform.lake, home.platform.model_registry)


def serving(home: Home) -> int:
    return home.platform.model_registry.aliased("topics", CHAMPION).version


def test_a_version_is_promoted_by_hand_with_its_reason_in_history_and_table(trained):
    home, project, _ = trained
    further(home, project)
    decision = promotions(home).promote(2, "checked by hand")
    assert (decision.champion_version, decision.former_version, decision.promoted) == (2, 1, True)
    assert serving(home) == 2
    change = home.platform.model_registry.alias_history("topics", CHAMPION)[-1]
    assert (change.action, change.reason, change.run_id) == (AliasAction.PROMOTE, "checked by hand", "by hand")
    row = max(home.rows("champion_model"), key=lambda row: row["decided_at"])
    assert (row["action"], row["reason"], row["former_version"]) == ("promote", "checked by hand", 1)
    assert len(home.rows("champion_model")) == 2, "the gate's own row stays"


def test_the_gate_leaves_a_pinned_champion_and_says_what_it_would_have_done(trained):
    home, project, _ = trained
    promotions(home).pin("audit until March")
    further(home, project)
    decision = judge_and_decide(home, project)
    assert (decision.promoted, decision.champion_version, decision.is_pinned) == (False, 1, True)
    assert "version 1 is pinned (audit until March)" in decision.reason
    assert "Promoted: F1" in decision.reason
    with pytest.raises(PermanentError, match="unpin it before"):
        promotions(home).promote(2, "now")
    promotions(home).unpin("audit is over")
    assert judge_and_decide(home, project).champion_version == 2


def test_rolling_back_goes_one_step_further_each_time_and_never_to_what_was_left(trained):
    home, project, _ = trained
    further(home, project, 2)
    for version in (2, 3):
        promotions(home).promote(version, f"try {version}")
    assert promotions(home).roll_back("3 is bad").champion_version == 2
    assert promotions(home).roll_back("2 too").champion_version == 1
    with pytest.raises(PermanentError, match="nothing to roll back to"):
        promotions(home).roll_back("further")
    promotions(home).promote(3, "better after all")
    assert promotions(home).roll_back("no").champion_version == 1


def test_a_challenger_is_recorded_with_how_it_is_tried_and_can_be_withdrawn(trained):
    home, project, _ = trained
    further(home, project)
    hand, registry = promotions(home), home.platform.model_registry
    change = hand.challenge(2, "a tenth of the traffic", mode=ServingMode.SPLIT, share=0.1)
    assert registry.alias_state("topics", CHALLENGER) == change
    assert hand.challenge(2, "shadow first", mode=ServingMode.SHADOW).share == 0.0
    hand.withdraw("done")
    assert registry.aliased("topics", CHALLENGER) is None
    assert serving(home) == 1


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        (lambda hand: hand.promote(9, "x"), ConfigurationError, "has no version 9; there are: 1"),
        (lambda hand: hand.promote(1, "  "), ConfigurationError, "Say why"),
        (lambda hand: hand.roll_back(""), PermanentError, "nothing to roll back to"),
        (lambda hand: hand.challenge(1, "x", mode=ServingMode.SHADOW), PermanentError, "serves already"),
        (lambda hand: hand.challenge(2, "x", mode=ServingMode.SPLIT, share=1.5), ConfigurationError, "between 0 and 1"),
        (lambda hand: hand.challenge(2, "x", mode=ServingMode.SHADOW, share=0.5), ConfigurationError, "leave its sha"),
        (lambda hand: hand.withdraw("x"), PermanentError, "no challenger"),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(trained, change, error, says):
    home, _, _ = trained
    before = home.platform.model_registry.alias_history("topics", CHAMPION)
    with pytest.raises(error, match=says):
        change(promotions(home))
    assert home.platform.model_registry.alias_history("topics", CHAMPION) == before


def test_without_a_champion_there_is_nothing_to_pin(ready):
    with pytest.raises(PermanentError, match="no champion yet"):
        promotions(ready[0]).pin("why not")
