"""From labels to champion, and watching it: annotations, datasets, candidates, judging, drift.

Belongs here: what each model-project asset does, on the ports of labels, lake, models, evaluation and registry.
Doesn't: label formats, engines, metrics (their own rooms), or Dagster (``defs``).
"""
