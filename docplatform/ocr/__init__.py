"""Reading: bytes of any supported type to an ``AnalyzeResult``.

Belongs here: the ``DocumentReader`` port and its backends, text layers, OCR, Office and mail readers, worker processes.
Doesn't: where bytes come from or results go (see ``inference``), unpacking archives into documents (``ingestion``).
"""
