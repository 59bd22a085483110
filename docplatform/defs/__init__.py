"""Everything that is Dagster: assets, checks, jobs, sensors, schedules, resources, and putting them together.

Belongs here: wiring and what the UI shows. Doesn't: logic. An asset reads a resource, calls a library function, and
returns metadata.
"""
