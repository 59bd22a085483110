"""The ledger's SQL tables.

Belongs here: tables, indexes, column types. Doesn't: what is written to them and when (``ledger``).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """Timezone-aware UTC in and out, also on databases that keep no time zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: sa.Dialect) -> datetime | None:
        """Refuse a time without a zone: it can't be told what instant it means."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone: the ledger keeps instants, give UTC")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any | None, _dialect: sa.Dialect) -> datetime | None:
        """Say again that it is UTC."""
        if value is None:
            return None
        instant: datetime = value
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


METADATA = sa.MetaData()

_SEQ = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # SQLite numbers rows by INTEGER keys only

ARRIVALS = sa.Table(
    "arrivals",
    METADATA,
    sa.Column("seq", _SEQ, primary_key=True, autoincrement=True),
    sa.Column("arrival_id", sa.String(255), nullable=False, unique=True),
    sa.Column("document_id", sa.String(32), nullable=False),
    sa.Column("connector", sa.String(255), nullable=False),
    sa.Column("source_uri", sa.Text, nullable=False),
    sa.Column("customer", sa.String(63), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("lookup_name", sa.Text, nullable=False),
    sa.Column("lookup_base_name", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("media_type", sa.String(255), nullable=False),
    sa.Column("extension", sa.String(63), nullable=False),
    sa.Column("blob_path", sa.Text, nullable=False),
    sa.Column("lake_partition", sa.String(255), nullable=False),
    sa.Column("arrived_at", UtcDateTime, nullable=False),
    sa.Column("parent_document_id", sa.String(32)),
    sa.Column("reason", sa.String(63)),
    sa.Column("message", sa.Text),
    sa.Column("outcome", sa.String(63), nullable=False),
    sa.Column("exported", sa.Boolean, nullable=False, default=False),
    sa.Index("arrivals_by_exported", "exported", "seq"),
    sa.Index("arrivals_by_name", "customer", "lookup_name"),
    sa.Index("arrivals_by_base_name", "customer", "lookup_base_name"),
    sa.Index("arrivals_by_outcome", "outcome", "parent_document_id"),
    sqlite_autoincrement=True,
)
"""Every arrival. ``seq`` is never used again, so that a cursor over it misses nothing."""

DOCUMENTS = sa.Table(
    "documents",
    METADATA,
    sa.Column("seq", _SEQ, primary_key=True, autoincrement=True),
    sa.Column("document_id", sa.String(32), nullable=False, unique=True),
    sa.Column("customer", sa.String(63), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("source_uri", sa.Text, nullable=False),
    sa.Column("connector", sa.String(255), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("media_type", sa.String(255), nullable=False),
    sa.Column("extension", sa.String(63), nullable=False),
    sa.Column("blob_path", sa.Text, nullable=False),
    sa.Column("lake_partition", sa.String(255), nullable=False),
    sa.Column("arrived_at", UtcDateTime, nullable=False),
    sa.Column("parent_document_id", sa.String(32)),
    sa.Column("reason", sa.String(63)),
    sa.Column("message", sa.Text),
    sa.Column("routable", sa.Boolean, nullable=False),
    sa.Index("documents_by_partition", "lake_partition", "routable", "seq"),
    sa.Index("documents_by_routable", "routable", "seq", "lake_partition"),
    sqlite_autoincrement=True,
)
"""Every document: the distinct contents of each customer. ``routable`` is ``reason IS NULL``, made fit for an index."""

LAKE_PARTITIONS = sa.Table("lake_partitions", METADATA, sa.Column("lake_partition", sa.String(255), primary_key=True))
"""Lake partitions with a routable document, so that listing them doesn't cost a pass over all documents."""

CURSORS = sa.Table(
    "cursors",
    METADATA,
    sa.Column("name", sa.String(255), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
"""How far each connector has read its source."""
