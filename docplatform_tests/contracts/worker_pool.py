"""What every ``WorkerPool`` must do. Subclass it with the fixtures named below.

``WorkerPoolContract`` holds for every pool, ``IsolatingWorkerPoolContract`` besides for those whose documents can't
disturb each other: worker processes here, actors on a cluster.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from docplatform.errors import ConfigurationError, ReasonCode
from docplatform.ocr.base import DocumentSource, PageCounts, ReadOutcome
from docplatform.ocr.workers import WorkerPool

MEMORY_BYTES = 300 * 2**20
TIMEOUT_SECONDS = 3.0
"""Of the ``impatient`` pool. Between two pages of ``test_the_clock_starts_again…`` lies a quarter of it."""


def sources(*verbs: str) -> list[DocumentSource]:
    """Documents, named by their position, that have ``ObedientReader`` do these things."""
    return [DocumentSource(str(number), verb.encode(), "text/plain") for number, verb in enumerate(verbs)]


def by_key(outcomes: Iterator[ReadOutcome]) -> dict[str, ReadOutcome]:
    """The outcomes by document. Fails where a document has several, or one has both result and reason, or neither."""
    found = list(outcomes)
    assert len({outcome.key for outcome in found}) == len(found), "one outcome each"
    assert all((outcome.result is None) != (outcome.reason is None) for outcome in found)
    return {outcome.key: outcome for outcome in found}


class WorkerPoolContract:
    """Fixture ``pool``: reads with ``ObedientReader``, two documents at once at most."""

    def test_each_source_has_one_outcome(self, pool: WorkerPool) -> None:
        outcomes = by_key(pool.read(sources(*["say"] * 20)))
        assert {key: outcome.result and outcome.result.content for key, outcome in outcomes.items()} == {
            str(number): f"{number} said" for number in range(20)
        }

    def test_pages_are_counted_on_the_way(self, pool: WorkerPool) -> None:
        outcomes = by_key(pool.read(sources("say", "refuse")))
        assert outcomes["0"].pages == PageCounts(in_file=1, cached=len("say"))
        assert outcomes["1"].pages == PageCounts()

    def test_settings_that_are_wrong_end_the_pass_and_quarantine_nothing(self, pool: WorkerPool) -> None:
        with pytest.raises(ConfigurationError, match="not allowed to write"):
            list(pool.read(sources("misconfigured")))

    def test_a_bad_document_is_told_with_its_reason_and_disturbs_no_other(self, pool: WorkerPool) -> None:
        outcomes = by_key(pool.read(sources("say", "refuse", "later", "gorge", "say", "break", "panic")))
        assert [outcomes[key].reason for key in "0123456"] == [
            None,
            ReasonCode.CORRUPT,
            ReasonCode.ENGINE_ERROR,
            ReasonCode.MEMORY,
            None,
            ReasonCode.ENGINE_ERROR,
            ReasonCode.ENGINE_ERROR,
        ]
        assert "ZeroDivisionError: a promise broken" in outcomes["5"].message
        assert outcomes["1"].message == "damaged"
        assert [outcomes[key].is_transient for key in "12"] == [False, True]

    def test_sources_are_consumed_lazily(self, pool: WorkerPool) -> None:
        taken = 0

        def endless() -> Iterator[DocumentSource]:
            nonlocal taken
            while True:
                taken += 1
                yield DocumentSource(str(taken), b"say", "text/plain")

        outcomes = pool.read(endless())
        for _ in range(10):
            next(outcomes)
        with contextlib.closing(outcomes):  # type: ignore[type-var]
            assert taken <= 10 + 2 * 2

    def test_outcomes_nobody_waits_for_are_left_and_the_next_read_is_whole(self, pool: WorkerPool) -> None:
        abandoned = pool.read(sources(*["say"] * 9))
        next(abandoned)
        abandoned.close()  # type: ignore[attr-defined]
        outcomes = by_key(pool.read(sources("say", "refuse")))
        assert [outcomes[key].reason for key in "01"] == [None, ReasonCode.CORRUPT]

    def test_a_source_that_raises_ends_the_read_with_its_error_and_not_the_pool(self, pool: WorkerPool) -> None:
        def breaking() -> Iterator[DocumentSource]:
            yield from sources("say", "say")
            raise ConnectionError("the store went away")

        with pytest.raises(ConnectionError, match="went away"):
            list(pool.read(breaking()))
        assert by_key(pool.read(sources("say")))["0"].result

    def test_two_reads_at_once_get_each_their_own(self, pool: WorkerPool) -> None:
        one, two = pool.read(sources(*["say"] * 5)), pool.read(sources(*["refuse"] * 5))
        mixed = [outcome for pair in zip(one, two, strict=True) for outcome in pair]
        assert [outcome.result is not None for outcome in mixed] == [True, False] * 5

    def test_a_huge_document_is_handed_over_whole(self, pool: WorkerPool) -> None:
        data = b"size " + b"x" * (24 * 2**20)
        (outcome,) = pool.read([DocumentSource("huge", data, "text/plain")])
        assert outcome.result is not None
        assert outcome.result.content == str(len(data))

    def test_it_can_be_used_again_after_closing(self, pool: WorkerPool) -> None:
        pool.close()
        pool.close()
        assert by_key(pool.read(sources("say")))["0"].result

    def test_no_sources_no_outcomes(self, pool: WorkerPool) -> None:
        assert list(pool.read([])) == []


class IsolatingWorkerPoolContract(WorkerPoolContract):
    """Besides: fixture ``impatient``, such a pool whose documents may be silent for ``TIMEOUT_SECONDS``.

    Both let a worker grow by ``MEMORY_BYTES``.
    """

    @pytest.mark.parametrize("verb", ["die", "segfault", "leave"])
    def test_a_document_that_always_ends_its_worker_is_a_crash_and_the_rest_is_read(
        self, pool: WorkerPool, verb: str
    ) -> None:
        outcomes = by_key(pool.read(sources("say", verb, "say", "say", verb, "say")))
        assert [outcomes[key].reason for key in "14"] == [ReasonCode.CRASH] * 2
        assert "exit status" in outcomes["1"].message
        assert all(outcomes[key].result for key in "0235")

    @pytest.mark.parametrize("verb", ["grow", "reserve"])
    def test_a_document_that_eats_memory_is_told_so_and_the_rest_is_read(self, pool: WorkerPool, verb: str) -> None:
        outcomes = by_key(pool.read(sources(verb, "say", "say")))
        assert outcomes["0"].reason is ReasonCode.MEMORY
        assert str(MEMORY_BYTES) in outcomes["0"].message
        assert all(outcomes[key].result for key in "12")

    @pytest.mark.parametrize("verb", ["die", "gorge"])
    def test_a_worker_that_ends_once_is_forgiven(self, pool: WorkerPool, verb: str, tmp_path: Path) -> None:
        outcomes = by_key(pool.read(sources(f"{verb} {tmp_path / 'seen'}")))
        assert outcomes["0"].result is not None

    def test_a_document_that_hangs_is_cut_and_the_rest_is_read(self, impatient: WorkerPool, tmp_path: Path) -> None:
        outcomes = by_key(impatient.read(sources("hang", "say", "spin", f"hang {tmp_path / 'seen'}")))
        assert [outcomes[key].reason for key in "02"] == [ReasonCode.TIMEOUT] * 2
        assert outcomes["0"].seconds >= TIMEOUT_SECONDS
        assert outcomes["1"].result
        assert outcomes["3"].result, "a hang that doesn't come again is forgiven"

    def test_the_clock_starts_again_with_every_page(self, impatient: WorkerPool) -> None:
        pages, each = 6, TIMEOUT_SECONDS / 4
        outcomes = by_key(impatient.read(sources(f"pages-{pages}-{each}", "say")))
        assert outcomes["0"].result, "it takes longer than a page may, but no page does"
        assert outcomes["0"].seconds > TIMEOUT_SECONDS

    def test_workers_ended_from_outside_are_replaced_and_nothing_is_lost(self, pool: WorkerPool) -> None:
        outcomes = pool.read(sources(*["pid"] * 40))
        first = [next(outcomes) for _ in range(4)]
        for pid in {int(_said(outcome).split()[0]) for outcome in first}:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        found = by_key(iter([*first, *outcomes]))
        assert len(found) == 40
        assert all(outcome.result for outcome in found.values())

    def test_all_workers_ended_while_nothing_is_read_are_replaced(self, pool: WorkerPool) -> None:
        pids = {int(_said(outcome).split()[0]) for outcome in pool.read(sources(*["pid"] * 8))}
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        found = by_key(pool.read(sources(*["pid"] * 8)))
        assert all(outcome.result for outcome in found.values())
        assert pids.isdisjoint(int(_said(outcome).split()[0]) for outcome in found.values())

    def test_abandoned_outcomes_free_their_workers(self, pool: WorkerPool) -> None:
        abandoned = pool.read(sources("say", "hang", "hang", "hang", "hang"))
        next(abandoned)
        abandoned.close()  # type: ignore[attr-defined]
        assert all(outcome.result for outcome in pool.read(sources("say", "say", "say")))


def _said(outcome: ReadOutcome) -> str:
    assert outcome.result is not None, outcome
    return outcome.result.content
