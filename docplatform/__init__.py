"""docplatform: a Dagster data platform for document processing.

Import nothing from here: every room (``docplatform.ocr``, ``docplatform.models``, …) is imported by its own name.
"""

__version__ = "0.1.0"
