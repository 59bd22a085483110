"""From bytes to predictions: one pipeline for batch, command line and REST.

Belongs here: what each stage does with a row (route, read, preprocess, predict). Doesn't: what is pending
(``lake``), or Dagster (``defs``).
"""
