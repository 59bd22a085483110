"""The Dagster instance of a home, and runs that a killed process left behind in it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import dagster as dg

PROCESS_TAG = "docplatform/process"
"""Tag of runs that execute inside a ``docplatform`` process: its id and start time."""

_LAUNCHED = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
_UNFINISHED = [dg.DagsterRunStatus.NOT_STARTED, *_LAUNCHED]


def prepare_dagster_home(path: Path) -> None:
    """Create the instance's folder, with docplatform's ``dagster.yaml`` where there is none."""
    path.mkdir(parents=True, exist_ok=True)
    config = path / "dagster.yaml"
    if not config.exists():
        part = config.with_name(f"dagster.yaml.{os.getpid()}.part")  # half a file would be taken for the whole
        part.write_bytes(files("docplatform.defs").joinpath("dagster.yaml").read_bytes())
        part.replace(config)


@contextmanager
def home_instance(path: Path) -> Iterator[dg.DagsterInstance]:
    """The instance at ``path``, with the runs of dead processes marked as failed."""
    prepare_dagster_home(path)
    os.environ["DAGSTER_HOME"] = str(path)
    with dg.DagsterInstance.from_config(str(path)) as instance:
        fail_orphaned_runs(instance)
        yield instance


def process_identity(pid: int) -> str | None:
    """``pid@start-time`` of a running process, None where there is none. A process id alone is used again."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    return f"{pid}@{stat.rsplit(')', 1)[1].split()[19]}"


def fail_orphaned_runs(instance: dg.DagsterInstance, *, is_daemon_down: bool = False) -> list[str]:
    """Mark runs as failed whose process died (killed, power cut), and return their ids.

    Such a run would show as running forever, and hold its lake partition's concurrency slot. Runs of passes name
    their process. Those that a daemon launched don't: they are failed too where the caller knows that no daemon runs.
    """
    filters = dg.RunsFilter(statuses=_UNFINISHED)
    orphaned = []
    for run in instance.get_runs(filters):
        identity = run.tags.get(PROCESS_TAG)
        if identity is None:
            is_orphaned = is_daemon_down and run.status in _LAUNCHED
        else:
            is_orphaned = process_identity(int(identity.split("@")[0])) != identity
        if is_orphaned:
            instance.report_run_failed(run, "The process that ran it died; what it had committed is kept.")
            orphaned.append(run.run_id)
    return orphaned
