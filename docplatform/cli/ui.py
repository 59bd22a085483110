"""``docplatform ui``: the Dagster UI on this home, with sensors and schedules running."""

from __future__ import annotations

import os
import signal
import socket
import sys
from importlib.resources import files

import click

from docplatform.cli.locks import hold
from docplatform.errors import ConfigurationError
from docplatform.settings import load_settings


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=3000, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
def ui(host: str, port: int) -> None:
    r"""Serve the Dagster UI, with the daemon that runs sensors and schedules, until interrupted.

    The UI has no log-in: listen on other addresses than the loopback one only behind something that has.

    \b
    Examples:
      docplatform ui
      docplatform ui --port 3001
    """
    from docplatform.defs.home_instance import fail_orphaned_runs, home_instance

    settings = load_settings()
    require_free_port(host, port)
    lock = hold(settings.home_path / "ui.lock", f"Another `docplatform ui` serves {settings.home_path} already.")
    os.set_inheritable(lock.fileno(), True)  # dagster, which takes this process's place, holds it on
    with home_instance(settings.dagster_path) as instance:
        # runs that a killed pass or daemon left as running would keep the sensors waiting for ever
        fail_orphaned_runs(instance, is_daemon_down=True)
    settings.landing_path.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        "DAGSTER_HOME": str(settings.dagster_path),
        "DOCPLATFORM_HOME": str(settings.home_path),
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1"),
    }
    click.echo(
        f"Dagster UI on http://{host}:{port} in a few seconds. Drop files into {settings.landing_path}/<customer>/"
    )
    # A shell without job control starts background commands with SIGINT ignored; dagster takes SIGTERM for the same
    # signal, so that nothing but SIGKILL would end it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execve(sys.executable, dagster_command(host, port), environment)  # noqa: S606 - our own interpreter, no shell


def dagster_command(host: str, port: int) -> list[str]:
    """The command line of ``dagster dev``, quiet but for warnings and what runs say."""
    workspace = str(files("docplatform.defs").joinpath("workspace.yaml"))
    superseded = "ignore:Function `dev_command` is superseded"  # by `dg dev`, which wants a checkout
    options = ["-w", workspace, "-h", host, "-p", str(port), "--log-level", "warning"]
    return [sys.executable, "-W", superseded, "-m", "dagster", "dev", *options]


def require_free_port(host: str, port: int) -> None:
    """Raise ``ConfigurationError`` where something listens already: dagster would choose another port silently."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConfigurationError(
                f"Can't listen on {host}:{port}: {error.strerror}. Choose another with --port (make run PORT=…)."
            ) from error
