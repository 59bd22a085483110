"""Reading JSON with errors that name the place.

Belongs here: typed access to parsed JSON by path. Doesn't: what any file's fields mean.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from docplatform.errors import ConfigurationError


class LabelFileError(ConfigurationError):
    """A label file can't be understood; the message names each JSON path, what stands there, and what should."""


@dataclass(frozen=True, slots=True)
class JsonNode:
    """A value and its path (``$.assets.documents[3].location``)."""

    value: Any
    path: str = "$"

    def error(self, should: str) -> LabelFileError:
        """The error that says what stands here and what ``should`` stand here."""
        return LabelFileError(f"{self.path} {should}, but is {_describe(self.value)}")

    @property
    def is_object(self) -> bool:
        """Whether this is a JSON object."""
        return isinstance(self.value, dict)

    def get(self, *names: str) -> JsonNode | None:
        """The first member of these names that is there and not null, else None.

        Raises:
            LabelFileError: where this isn't an object.
        """
        if not self.is_object:
            raise self.error("must be an object")
        for name in names:
            if self.value.get(name) is not None:
                return JsonNode(self.value[name], f"{self.path}.{name}")
        return None

    def need(self, *names: str) -> JsonNode:
        """As ``get``, but raises ``LabelFileError`` where none is there."""
        node = self.get(*names)
        if node is None:
            raise LabelFileError(f"{self.path} has no {names[0]!r}; it has {_names(self.value)}")
        return node

    def items(self) -> Iterator[JsonNode]:
        """The items of an array. Raises ``LabelFileError`` where this isn't one."""
        if not isinstance(self.value, list):
            raise self.error("must be an array")
        for index, item in enumerate(self.value):
            yield JsonNode(item, f"{self.path}[{index}]")

    def text(self) -> str:
        """A string that isn't blank. Raises ``LabelFileError``."""
        if not isinstance(self.value, str) or not self.value.strip():
            raise self.error("must be a text")
        return self.value

    def integer(self) -> int:
        """A whole number. Raises ``LabelFileError``."""
        if not isinstance(self.value, int) or isinstance(self.value, bool):
            raise self.error("must be a whole number")
        return self.value


def parse_json(data: bytes) -> JsonNode:
    """Parse UTF-8, UTF-16 or UTF-32 JSON, with or without a byte order mark.

    Raises:
        LabelFileError: naming line and column, or the key that stands twice in an object (a parser that keeps the last
            one would lose labels without a word).
    """
    try:
        return JsonNode(json.loads(data, object_pairs_hook=_without_duplicates))
    except json.JSONDecodeError as error:
        raise LabelFileError(f"not JSON: line {error.lineno}, column {error.colno}: {error.msg}") from error
    except UnicodeDecodeError as error:
        raise LabelFileError(f"not JSON: byte {error.start} is not valid {error.encoding}; save it as UTF-8") from error
    except RecursionError as error:
        raise LabelFileError("not a label file: its JSON is nested too deeply") from error


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise LabelFileError(f"an object has the key {twice!r} twice; remove one of them (object: {_names(result)})")
    return result


def _describe(value: Any) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "an array"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _names(value: dict[str, Any]) -> str:
    return ", ".join(list(value)[:8]) or "nothing"
