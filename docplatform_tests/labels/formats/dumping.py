"""JSON as bytes."""

from __future__ import annotations

import json
from typing import Any


def dumped(value: Any) -> bytes:
    return json.dumps(value).encode()
