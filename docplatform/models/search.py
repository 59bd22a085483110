"""Hyperparameter search with a trial and time budget: seeded, resumable, visible. One mechanism for every trainer.

Belongs here: proposing values (Optuna's TPE: Bergstra et al. 2011, *Algorithms for Hyper-Parameter Optimization*),
keeping what was tried, stopping. Doesn't: what a value means and how it is scored, which is the trainer's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution
    from optuna.samplers import TPESampler
    from optuna.trial import FrozenTrial

Value = float | int | str
Values = Mapping[str, Value]

_SEED = 20_221_001
_SECONDS = "seconds"


class SearchOptions(BaseModel):
    """``search:`` among a trainer's options. Without it a trainer tries the few settings of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    trials: int = Field(30, ge=1, le=10_000, description="Most settings that are tried.")
    seconds: float | None = Field(
        None, gt=0, description="No trial begins after this much time; a resumed search counts what was spent before."
    )


class Real(NamedTuple):
    """A number between two bounds, both included, tried evenly in its logarithm where ``log``."""

    low: float
    high: float
    log: bool = True


class Whole(NamedTuple):
    """A whole number between two bounds, both included."""

    low: int
    high: int


class Choice(NamedTuple):
    """One of some values."""

    values: tuple[Value, ...]


Space = Mapping[str, Real | Whole | Choice]


@dataclass(frozen=True)
class Found:
    """The best of a search."""

    values: Values
    score: float
    trials: int
    """How many were finished, those of an interrupted run included."""


def _silent(_line: str) -> None:
    """Nobody looks on."""


@dataclass(frozen=True)
class SearchStore:
    """Where searches are kept and told of: what a composition hands to a trainer."""

    folder: Path | None = None
    """Kept here, one journal per search, so that an interrupted one goes on where it was. None: kept nowhere."""
    progress: Callable[[str], None] = _silent
    """Takes one line per finished trial."""

    def search(
        self,
        name: str,
        space: Space,
        first: Sequence[Values],
        objective: Callable[[Values], float],
        options: SearchOptions,
    ) -> Found:
        """The values under which ``objective`` is greatest.

        Proposals depend on the finished trials and a seed alone: interrupted or not, the same search tries the same
        values, as long as ``options.seconds`` doesn't end it.

        Args:
            name: Of this search: a digest of everything its scores depend on (examples, engine, options). An earlier
                search of this name is gone on with.
            space: The values to choose from.
            first: Settings tried before any proposal, so that the result is no worse than they are. At least one, each
                within the space.
            objective: Score of one setting, greater is better, the same at every call.
            options: The budget.
        """
        study = self._study(name)
        distributions = {key: _distribution(domain) for key, domain in space.items()}
        done = _finished(study)
        while len(done) < options.trials and not _spent(done, options):
            if len(done) < len(first):
                _try_given(study, distributions, first[len(done)], objective)
            else:
                study.sampler = _sampler(len(done))
                proposed = study.ask(distributions)
                study.tell(proposed, objective(proposed.params))
            done = _finished(study)
            self._tell(study, options)
        best = study.best_trial
        return Found(dict(best.params), float(best.values[0]), len(_finished(study)))

    def _study(self, name: str) -> Study:
        import optuna
        from optuna.storages import JournalStorage
        from optuna.storages.journal import JournalFileBackend

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        if self.folder is None:
            return optuna.create_study(direction="maximize", study_name=name)
        self.folder.mkdir(parents=True, exist_ok=True)
        storage = JournalStorage(JournalFileBackend(str(self.folder / f"{name}.journal")))
        study = optuna.create_study(direction="maximize", study_name=name, storage=storage, load_if_exists=True)
        for trial in study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.RUNNING,)):
            study.tell(trial.number, state=optuna.trial.TrialState.FAIL)  # its process was ended in the midst of it
        return study

    def _tell(self, study: Study, options: SearchOptions) -> None:
        done = _finished(study)
        last, best = done[-1], study.best_trial
        values = ", ".join(f"{key} {_short(value)}" for key, value in sorted(last.params.items()))
        self.progress(
            f"search: trial {len(done)} of {options.trials}: {values}: {last.values[0]:.4f} "
            f"(best {best.values[0]:.4f}, {sum(map(_seconds, done)):.0f} s)"
        )


NOT_KEPT = SearchStore()
"""Searches that are kept nowhere and told to nobody."""


def _try_given(
    study: Study, distributions: dict[str, BaseDistribution], values: Values, objective: Callable[[Values], float]
) -> None:
    from optuna.trial import create_trial

    began = time.monotonic()
    trial = create_trial(params=dict(values), distributions=distributions, value=objective(values))
    trial.set_user_attr(_SECONDS, time.monotonic() - began)
    study.add_trial(trial)


def _finished(study: Study) -> Sequence[FrozenTrial]:
    from optuna.trial import TrialState

    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))


def _seconds(trial: FrozenTrial) -> float:
    kept = trial.user_attrs.get(_SECONDS)
    if kept is not None:
        return float(kept)
    return trial.duration.total_seconds() if trial.duration else 0.0


def _spent(done: Sequence[FrozenTrial], options: SearchOptions) -> bool:
    return bool(done) and options.seconds is not None and sum(map(_seconds, done)) >= options.seconds


def _sampler(finished: int) -> TPESampler:
    """A sampler of its own for each trial, so that a resumed search proposes what an uninterrupted one would have."""
    from optuna.samplers import TPESampler

    return TPESampler(seed=_SEED + finished)


def _distribution(domain: Real | Whole | Choice) -> BaseDistribution:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if isinstance(domain, Real):
        return FloatDistribution(domain.low, domain.high, log=domain.log)
    if isinstance(domain, Whole):
        return IntDistribution(domain.low, domain.high)
    return CategoricalDistribution(domain.values)


def _short(value: Value) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
