"""Labels: formats in and out, checking them, model projects, datasets and splits.

Belongs here: everything from a label file to a frozen dataset. Doesn't: training on it, or finding documents in a
store.
"""
