"""How docplatform's errors become Dagster's."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from docplatform.errors import ConfigurationError, PermanentError, TransientError

MAX_RETRIES = 3
RETRY_SECONDS = 20


@contextmanager
def as_failures() -> Iterator[None]:
    """Retry what is transient; fail at once, with the message as description, what is not."""
    try:
        yield
    except (PermanentError, ConfigurationError) as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error
    except TransientError as error:
        raise dg.RetryRequested(max_retries=MAX_RETRIES, seconds_to_wait=RETRY_SECONDS) from error
