"""Label Studio as the labelling UI: its server, its API, tasks out and answers back.

Belongs here: everything that knows Label Studio's ways. Doesn't: which documents are worth labelling, or where texts,
predictions and label files are kept (``training.labelling``).
"""
