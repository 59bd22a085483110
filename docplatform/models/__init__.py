"""Custom models: trainers and models per task.

Belongs here: the ``Trainer`` and ``Model`` ports, their backends and engines. Doesn't: making datasets (``labels``),
judging models (``evaluation``), keeping versions (``registry``).
"""
