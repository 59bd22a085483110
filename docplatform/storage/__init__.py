"""Bytes by path: the ``BlobStore`` port and its backends (local disk, memory, Azure Blob / ADLS Gen2) on obstore.

Belongs here: putting, getting, listing and copying bytes, and telling deltalake where a table lies. Doesn't: what the
bytes mean, or which paths are used for what (see ``lake``, ``ingestion``, ``registry``).
"""
