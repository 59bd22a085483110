"""``docplatform doctor``: is everything in place, and what to do where it isn't."""

from __future__ import annotations

import io
import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import click

from docplatform.composition import Platform
from docplatform.errors import ConfigurationError, DocPlatformError
from docplatform.settings import Settings, StorageBackend, load_settings

LEAST_FREE_BYTES = 2 * 2**30
_PRINTED = "INVOICE 4711"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. ``advice`` says what to do where it isn't ``ok``."""

    subject: str
    ok: bool
    found: str
    advice: str = ""


@click.command()
@click.option("--port", default=3000, show_default=True, help="Port the UI should listen on.")
def doctor(port: int) -> None:
    """Check settings, home, disk, storage, ledger, reader, projects and port; say what to do about each finding.

    Exit status: 0 when all is well, 1 when not, 2 when the settings can't even be read.
    """
    settings = load_settings()
    wrong = 0
    for finding in examine(settings, port):
        wrong += not finding.ok
        click.echo(f"{'ok   ' if finding.ok else 'WRONG'} {finding.subject}: {finding.found}")
        if not finding.ok:
            click.echo(f"      {finding.advice}")
    sys.exit(1 if wrong else 0)


def examine(settings: Settings, port: int) -> Iterator[Finding]:
    """Look at everything, one finding at a time."""
    platform = Platform(settings)
    yield _python()
    yield _home(settings)
    yield _disk(settings)
    yield _try("storage", lambda: _round_trip(platform), "Check DOCPLATFORM_STORAGE__… and that it can be reached.")
    yield _try("ledger", lambda: f"{platform.ledger.last_seq()} documents", "Check DOCPLATFORM_LEDGER_URL.")
    yield _try("tables", lambda: _tables(platform), "Restore the home from a backup, or start a new one.")
    yield _try("reading cache", lambda: _cache(platform), "Delete the folder `cache` of the home: it is made anew.")
    yield _try("reader", lambda: _recognise(platform), "Reinstall with `make setup`.")
    yield _try("projects", lambda: _projects(platform), "Mend the YAML file it names; see docs/projects.md.")
    yield _port(port)
    yield _landing(settings)
    platform.close()


def _try(subject: str, look: Callable[[], str], advice: str) -> Finding:
    try:
        return Finding(subject, True, look())
    except (DocPlatformError, OSError, ImportError) as error:
        return Finding(subject, False, str(error), advice)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("python", sys.version_info >= (3, 11), version, "Use Python 3.11 or later.")


def _home(settings: Settings) -> Finding:
    home = settings.home_path
    existing = next(path for path in (home, *home.parents) if path.exists())
    ok = existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)
    found = f"{home}{'' if home.exists() else ' (made when needed)'}"
    return Finding("home", ok, found, f"{existing} can't be written to: mend its permissions or set DOCPLATFORM_HOME.")


def _disk(settings: Settings) -> Finding:
    home = settings.home_path
    free = shutil.disk_usage(next(path for path in (home, *home.parents) if path.exists())).free
    return Finding("disk", free >= LEAST_FREE_BYTES, f"{free / 2**30:.1f} GiB free", "Free some space: 2 GiB at least.")


def _round_trip(platform: Platform) -> str:
    path = "doctor/probe"
    platform.blob_store.put(path, b"docplatform")
    data = platform.blob_store.get(path)
    platform.blob_store.delete([path])
    if data != b"docplatform":
        raise OSError(f"{platform.blob_store.uri(path)} gave back other bytes than were put there")
    where = "disk" if platform.settings.storage.backend is StorageBackend.LOCAL else "Azure"
    return f"{where}, {platform.blob_store.uri(path).removesuffix(path)}"


def _tables(platform: Platform) -> str:
    from docplatform.lake.tables import TABLES

    wrong = {
        name: differences for name, spec in TABLES.items() if (differences := platform.lake.schema_differences(spec))
    }
    if wrong:
        raise OSError(f"tables with other columns than docs/tables.md says: {wrong}")
    return f"{len(TABLES)} tables as declared"


def _cache(platform: Platform) -> str:
    from docplatform.ocr.result_cache import cache_size

    if not platform.settings.reading.cache:
        return "off (DOCPLATFORM_READING__CACHE)"
    size, cap = cache_size(platform.blob_store), platform.settings.reading.cache_max_bytes
    return f"{size.entries} entries, {size.bytes / 2**20:.1f} MiB; maintenance trims it to {cap / 2**20:.0f} MiB"


def _recognise(platform: Platform) -> str:
    from PIL import Image, ImageDraw, ImageFont

    from docplatform.ocr.base import DocumentSource

    image = Image.new("RGB", (420, 90), "white")
    ImageDraw.Draw(image).text((20, 20), _PRINTED, fill="black", font=ImageFont.load_default(size=40))
    data = io.BytesIO()
    image.save(data, format="PNG")
    result = platform.document_reader.read(DocumentSource("doctor", data.getvalue(), "image/png"))
    if result.content.split() != _PRINTED.split():
        raise OSError(f"{_PRINTED!r} was recognised as {result.content!r}")
    return f"{platform.document_reader.fingerprint}, recognises text"


def _projects(platform: Platform) -> str:
    projects, problems = platform.projects.load()
    if problems:
        raise ConfigurationError(" ".join(problems))
    for project in projects:
        platform.projects.label_file(project)
    return f"{len(projects)} model projects"


def _port(port: int) -> Finding:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            advice = "Is the UI running already? Otherwise choose another: docplatform ui --port …, make run PORT=…"
            return Finding("port", False, f"127.0.0.1:{port}: {error.strerror}", advice)
    return Finding("port", True, f"127.0.0.1:{port} is free")


def _landing(settings: Settings) -> Finding:
    landing = settings.landing_path
    ok = not landing.exists() or os.access(landing, os.W_OK | os.X_OK)
    return Finding(
        "landing folder", ok, f"{landing}/<customer>/", "Files can't be taken out of it: mend its permissions."
    )
