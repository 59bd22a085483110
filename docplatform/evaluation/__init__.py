"""Judging models: metrics, comparison, the promotion gate, drift.

Belongs here: numbers about predictions and the decisions made from them. Doesn't: making predictions, or storing
results.
"""
