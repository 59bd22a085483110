"""Where a document's bytes lie in the lake."""

from __future__ import annotations

from docplatform.lake.partitions import LakePartition
from docplatform.ledger.records import Document

DOCUMENTS_PREFIX = "lake/documents"


def lake_path(document: Document) -> str:
    """``lake/documents/customer=…/extension=…/date=…/<document_id>.<extension>``, below the home or container.

    Made of ids and types alone, never of the sender's name: that is metadata and may say ``../../etc/passwd``.
    """
    partition = LakePartition.parse(document.lake_partition)
    return f"{DOCUMENTS_PREFIX}/{partition.path}{document.document_id}.{partition.extension}"
