from __future__ import annotations

import math
from pathlib import Path

import pytest

from docplatform.models.search import Choice, Found, Real, SearchOptions, SearchStore, Values, Whole

SPACE = {"c": Real(0.01, 100), "n": Whole(1, 3), "side": Choice(("left", "right"))}
FIRST = ({"c": 1.0, "n": 1, "side": "left"},)


def hill(values: Values) -> float:
    """Highest, with 1, at c = e, n = 2 on the right."""
    return -((math.log(float(values["c"])) - 1) ** 2) - abs(int(values["n"]) - 2) + (values["side"] == "right")


class Recorder:
    """Scores ``hill`` and remembers what was asked; dies at one of the calls."""

    def __init__(self, dies_at: int = -1) -> None:
        self.asked: list[dict[str, object]] = []
        self.dies_at = dies_at

    def __call__(self, values: Values) -> float:
        if len(self.asked) == self.dies_at:
            self.dies_at = -1
            raise KeyboardInterrupt
        self.asked.append(dict(values))
        return hill(values)


def run(store: SearchStore, objective: Recorder, trials: int = 25, seconds: float | None = None) -> Found:
    return store.search("hill", SPACE, FIRST, objective, SearchOptions(trials=trials, seconds=seconds))


def test_what_is_given_is_tried_first_and_the_best_is_no_worse() -> None:
    objective = Recorder()
    found = run(SearchStore(), objective)
    assert objective.asked[0] == FIRST[0]
    assert found.score == max(map(hill, objective.asked)) == hill(found.values) > hill(FIRST[0])
    assert found.trials == len(objective.asked) == 25


def test_the_same_search_tries_the_same_values() -> None:
    one, other = Recorder(), Recorder()
    assert run(SearchStore(), one) == run(SearchStore(), other)
    assert one.asked == other.asked


@pytest.mark.parametrize("dies_at", [0, 1, 13], ids=["what is given", "the first proposal", "in the midst"])
def test_an_interrupted_search_goes_on_as_if_nothing_had_happened(dies_at: int, tmp_path: Path) -> None:
    whole, interrupted = Recorder(), Recorder(dies_at)
    with pytest.raises(KeyboardInterrupt):
        run(SearchStore(tmp_path), interrupted)
    assert len(interrupted.asked) == dies_at
    assert run(SearchStore(tmp_path), interrupted) == run(SearchStore(), whole)
    assert interrupted.asked == whole.asked


def test_a_finished_search_is_not_done_again(tmp_path: Path) -> None:
    first, again = Recorder(), Recorder()
    assert run(SearchStore(tmp_path), first) == run(SearchStore(tmp_path), again)
    assert again.asked == []


def test_no_trial_begins_after_the_time_is_spent_that_of_an_earlier_run_included(tmp_path: Path) -> None:
    objective = Recorder()
    assert run(SearchStore(tmp_path), objective, seconds=1e-9).trials == 1
    assert run(SearchStore(tmp_path), objective, seconds=1e-9).trials == 1
    assert len(objective.asked) == 1


def test_every_trial_is_told_with_its_values_and_the_best_so_far() -> None:
    lines: list[str] = []
    run(SearchStore(progress=lines.append), Recorder(), trials=3)
    assert len(lines) == 3
    assert lines[0].startswith("search: trial 1 of 3: c 1, n 1, side left: -2.0000 (best -2.0000, ")
