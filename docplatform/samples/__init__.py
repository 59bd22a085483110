"""A generated corpus with exact truth and difficulty knobs.

Belongs here: making documents, their labels and what must become of them. Doesn't: processing them.
"""
