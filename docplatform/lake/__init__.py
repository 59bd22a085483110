"""The data lake: partitions, routing, Delta tables and the one incremental mechanism.

Belongs here: where rows lie, what their columns mean, which of them are pending. Doesn't: what a stage does with a row.
"""
