"""Model versions and their aliases (``champion``, ``challenger``).

Belongs here: the ``ModelRegistry`` port and its backends. Doesn't: training, judging or serving models.
"""
