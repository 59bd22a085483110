"""What a blob path may look like, the same on every backend.

Belongs here: the rules and their errors. Doesn't: which paths are used for what.
"""

from __future__ import annotations

import re

MAX_PART_BYTES = 240
"""File systems allow 255 bytes a name; the rest is room for the staging suffix of an atomic write."""
MAX_PATH_CHARACTERS = 1024
"""Azure's limit on a blob's name."""

_RESERVED_END = re.compile(r"#\d+$")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def check_path(path: str) -> str:
    """The path itself, where every backend can hold it.

    Raises:
        ValueError: saying which rule the path breaks.
    """
    problem = _problem(path)
    if problem:
        raise ValueError(f"Blob path {path!r} {problem}: give a relative path of names with / between them.")
    return path


def check_prefix(prefix: str) -> str:
    """A folder path without a slash at its end; empty stands for the whole store. Raises ``ValueError``."""
    folder = prefix.removesuffix("/")
    return check_path(folder) if folder else ""


def _problem(path: str) -> str:
    parts = path.split("/")
    if any(part in ("", ".", "..") for part in parts):
        return "has an empty, '.' or '..' part"
    if _CONTROL.search(path):
        return "holds a control character"
    if "\\" in path:
        return "holds a backslash"
    if _RESERVED_END.search(path):
        return "ends in # and digits, which is reserved for half-written blobs"
    if not _is_unicode(path):
        return "is not valid Unicode"
    if len(path) > MAX_PATH_CHARACTERS or max(len(part.encode()) for part in parts) > MAX_PART_BYTES:
        return f"is longer than {MAX_PATH_CHARACTERS} characters, or a part than {MAX_PART_BYTES} bytes"
    return ""


def _is_unicode(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
