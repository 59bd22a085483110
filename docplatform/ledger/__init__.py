"""The arrivals ledger: what arrived, when, from where, and which document it is.

Belongs here: the transactional record (SQLAlchemy Core; SQLite WAL embedded, PostgreSQL for several hosts). Doesn't:
content, text or predictions (those are Delta tables in ``lake``), nor fetching anything.
"""
