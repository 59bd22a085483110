"""A project's label file in the home, whatever format its labels came in.

Belongs here: docplatform's own JSON, which holds everything ``LabelFile`` does, and telling it from Azure Language's.
Doesn't: the formats of other tools (``formats``).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from functools import cache

from pydantic import TypeAdapter, ValidationError

from docplatform.labels.azure_language import parse_label_file, write_label_file
from docplatform.labels.json_reader import LabelFileError, parse_json
from docplatform.labels.label_file import LabelFile

VERSION_KEY = "docplatformLabels"
VERSION = 1


def parse_labels(data: bytes) -> LabelFile:
    """Parse a project's label file: docplatform's own JSON, or Azure Language's.

    Raises:
        LabelFileError: (a ``ConfigurationError``) naming what is wrong, and where.
    """
    root = parse_json(data)
    if not root.is_object or VERSION_KEY not in root.value:
        return parse_label_file(data)
    if root.value[VERSION_KEY] != VERSION:
        raise LabelFileError(f"$.{VERSION_KEY} is {root.value[VERSION_KEY]!r}; this docplatform reads {VERSION}")
    content = {name: value for name, value in root.value.items() if name != VERSION_KEY}
    try:
        parsed = _adapter().validate_python(content)
    except ValidationError as error:
        problems = [
            f"$.{'.'.join(map(str, e['loc']))}: {e['msg']}"
            for e in error.errors(include_input=False, include_url=False)
        ]
        raise LabelFileError("; ".join(problems[:20])) from error
    return replace(parsed, sha256=hashlib.sha256(data).hexdigest())


def write_labels(label_file: LabelFile) -> bytes:
    """Write docplatform's own JSON (UTF-8). ``parse_labels`` gives back an equal ``LabelFile``, but for ``sha256``."""
    content = _adapter().dump_python(replace(label_file, sha256=""), mode="json", exclude_defaults=True)
    return (json.dumps({VERSION_KEY: VERSION, **content}, ensure_ascii=False, indent=1) + "\n").encode(
        "utf-8", "surrogatepass"
    )


def rewrite_labels(label_file: LabelFile, former: bytes) -> bytes:
    """Write changed labels in the format that the project's ``former`` label file has, where that can hold them."""
    is_own = VERSION_KEY in parse_json(former).value
    has_more = any(document.fields or document.parts or document.is_answered for document in label_file.documents)
    return write_labels(label_file) if is_own or has_more else write_label_file(label_file)


@cache
def _adapter() -> TypeAdapter[LabelFile]:
    return TypeAdapter(LabelFile)
