"""The canonical document model, in Azure Document Intelligence's and Azure Language's words.

Belongs here: what a document, its content and what is said about it (labels, predictions) look like, and telling a
file's type from its bytes. Doesn't: reading files, storing anything, training anything.
"""
