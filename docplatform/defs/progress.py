"""The logger of in-process passes: one plain line for what an asset says, none for Dagster's own events."""

import logging
import sys

import dagster as dg

PROGRESS_LOGGER = "progress"


class _AssetLines(logging.Filter):
    """Lets through what assets log themselves, warnings and worse; Dagster's own events carry ``dagster_event``."""

    def filter(self, record: logging.LogRecord) -> bool:
        meta = getattr(record, "dagster_meta", {})
        is_event = bool(meta.get("dagster_event")) if isinstance(meta, dict) else False
        return record.levelno >= logging.INFO and not is_event


class _Plain(logging.Formatter):
    """The message as the asset gave it."""

    def format(self, record: logging.LogRecord) -> str:
        meta = getattr(record, "dagster_meta", {})
        message = meta.get("orig_message") or record.getMessage()
        prefix = "" if record.levelno < logging.WARNING else f"{record.levelname}: "
        return f"  {prefix}{message}"


@dg.logger({}, description="One line per message of an asset, to standard error.")
def progress_logger(_context: dg.InitLoggerContext) -> logging.Logger:
    """A logger that writes what assets say, briefly, to standard error."""
    logger = logging.Logger("docplatform.progress", level=logging.INFO)
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_AssetLines())
    handler.setFormatter(_Plain())
    logger.addHandler(handler)
    return logger
