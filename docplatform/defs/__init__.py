"""Everything that is Dagster: assets, checks, jobs, sensors, schedules, resources, and putting them together.

Belongs here: wiring and what the UI shows. Doesn't: logic. An asset reads a resource, calls a library function, and
returns metadata.
"""

import warnings

import dagster as dg

# One run for many lake partitions needs a backfill policy; Dagster is pinned, so its beta is known to us.
warnings.filterwarnings("ignore", message="Parameter `backfill_policy`", category=dg.BetaWarning)
