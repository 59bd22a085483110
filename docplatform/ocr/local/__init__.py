"""The local reader: text layers, OCR, Office, mail and text formats, with no account, network or download.

Belongs here: one module per family of formats, each turning bytes into blocks, and what they share. Doesn't: worker
processes (``ocr.workers``).
"""
