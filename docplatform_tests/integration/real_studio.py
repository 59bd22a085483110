"""A real Label Studio for tests: installed once into a folder that outlives them, and what people do in it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from docplatform.errors import ConfigurationError
from docplatform.labels.studio.installation import StudioInstallation
from docplatform.labels.studio.server import StudioAccount

_INSTALL = "docplatform labels studio start, with DOCPLATFORM_LABEL_STUDIO__VENV set to that folder"


def installation() -> StudioInstallation:
    """Label Studio in a virtual environment that all test runs share; installed here in CI, else skips without it."""
    named = os.environ.get("DOCPLATFORM_TEST_LABEL_STUDIO")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    found = StudioInstallation(Path(named) if named else cache / "docplatform" / "label-studio")
    if found.is_complete:
        return found
    if os.environ.get("CI") != "true":
        pytest.skip(f"Label Studio is not installed in {found.venv} (or DOCPLATFORM_TEST_LABEL_STUDIO): {_INSTALL}")
    try:
        found.install(print)
    except ConfigurationError as error:
        pytest.skip(str(error))
    return found


@dataclass(frozen=True)
class Annotator:
    """Somebody who labels through the API, as the browser does."""

    url: str
    account: StudioAccount

    def call(self, method: str, path: str, body: object = None) -> Any:
        """What the API answers."""
        headers = {"Authorization": f"Token {self.account.token}"}
        response = requests.request(method, self.url + path, json=body, headers=headers, timeout=60)
        assert response.ok, response.text
        return response.json() if response.content else None

    def annotate(self, task: int, *result: dict[str, Any], **fields: Any) -> int:
        """Submit an answer; returns its number."""
        body = {"result": list(result), **fields}
        number: int = self.call("POST", f"/api/tasks/{task}/annotations/", body)["id"]
        return number

    def change(self, annotation: int, *result: dict[str, Any]) -> None:
        """Submit another answer in place of one."""
        self.call("PATCH", f"/api/annotations/{annotation}/", {"result": list(result)})

    def delete(self, annotation: int) -> None:
        """Take an answer back."""
        self.call("DELETE", f"/api/annotations/{annotation}/")


def choice(name: str) -> dict[str, Any]:
    """A class chosen."""
    return {"from_name": "label", "to_name": "text", "type": "choices", "value": {"choices": [name]}}


def span(text: str, labeled: str, category: str) -> dict[str, Any]:
    """The first place of some text labelled."""
    start = text.index(labeled)
    value = {"start": start, "end": start + len(labeled), "text": labeled, "labels": [category]}
    return {"from_name": "label", "to_name": "text", "type": "labels", "value": value}
