"""Getting documents in: connectors, and unpacking mails and archives safely.

Belongs here: pulling bytes from a source, landing them durably, entering them in the ledger. Doesn't: reading content.
"""
