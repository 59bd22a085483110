"""Label Studio's REST API, as far as docplatform needs it.

Belongs here: requests, authentication, and errors made ours. Doesn't: what tasks and answers mean.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import requests

from docplatform.errors import ConfigurationError, DocPlatformError, TransientError

TESTED_VERSION = "1.23.2"
"""The version that the tests run and `labels studio start` installs."""
_LEAST_VERSION = (1, 20)
_TIMEOUT_SECONDS = (5, 120)
"""To connect, and to answer: an import of some megabytes takes the server seconds."""
_PAGE_SIZE = 100
_IMPORT_BYTES = 8 * 2**20
"""Most bytes of tasks in one request."""
_DOTS_OF_JWT = 2
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_OTHER_PROBLEM = 300
"""Most characters of an answer that stand in a message."""


class StudioProjectMissingError(ConfigurationError):
    """The server has no such project (any more), or hides it from this account."""


@dataclass(frozen=True, slots=True)
class StudioProject:
    """A project on the server."""

    id: int
    title: str
    created_at: str
    """As the server says it: tells a project from another one that got its number after a reset."""
    label_config: str
    task_number: int
    annotation_number: int
    """Finished annotations, skipped ones not counted."""
    skipped_number: int

    @property
    def counts(self) -> tuple[int, int, int]:
        """What changes when tasks or answers come or go."""
        return self.task_number, self.annotation_number, self.skipped_number


class StudioClient:
    """One account on one server.

    Every method raises ``TransientError`` where the server can't be reached or fails, and ``ConfigurationError`` where
    it refuses the token, refuses what it is asked, or isn't a Label Studio that docplatform can talk to.

    Args:
        url: the server, e.g. ``http://127.0.0.1:8080``.
        token: a legacy API token, or a personal access token (a JWT, which is exchanged for short-lived ones).
    """

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigurationError(f"{url!r} is no address of a Label Studio: it must begin with http:// or https://")
        self.url = url.rstrip("/")
        self._token = token
        self._session = requests.Session()
        # a proxy named in the environment knows nothing of this machine's loopback address
        self._session.trust_env = parts.hostname not in _LOOPBACK

    @cached_property
    def version(self) -> str:
        """The server's version. Raises ``ConfigurationError`` where it is one that docplatform can't talk to."""
        answer = self._json("GET", "/api/version")
        version = answer.get("release") if isinstance(answer, dict) else None
        found = re.match(r"(\d+)\.(\d+)", version) if isinstance(version, str) else None
        if found is None:
            raise ConfigurationError(f"{self.url} doesn't say which Label Studio it is.")
        if found[1] != "1" or tuple(map(int, found.groups())) < _LEAST_VERSION:
            raise ConfigurationError(
                f"{self.url} is Label Studio {version}; docplatform needs 1.{_LEAST_VERSION[1]} or later, below 2 "
                f"(tested with {TESTED_VERSION})."
            )
        return str(version)

    def project(self, project_id: int) -> StudioProject:
        """One project. Raises ``StudioProjectMissingError``."""
        return _project(self._json("GET", f"/api/projects/{project_id}/"), self.url)

    def create_project(self, title: str, description: str, label_config: str) -> StudioProject:
        """Create a project; ``title`` is cut to the 50 characters that the server takes."""
        body = {
            "title": title[:50],
            "description": description,
            "label_config": label_config,
            "show_collab_predictions": True,  # the champion's answers stand there to be mended
            "show_skip_button": True,
            "enable_empty_annotation": True,  # a document without any label is an answer too
            "maximum_annotations": 1,
        }
        return _project(self._json("POST", "/api/projects/", body), self.url)

    def set_label_config(self, project_id: int, label_config: str) -> None:
        """Replace what can be labelled. The server refuses to lose categories that answers use."""
        self._json("PATCH", f"/api/projects/{project_id}/", {"label_config": label_config})

    def import_tasks(self, project_id: int, tasks: Sequence[Mapping[str, Any]]) -> int:
        """Add tasks with their predictions, in requests of bounded size; returns how many the server took."""
        taken = 0
        for batch in _batches(tasks):
            answer = self._json("POST", f"/api/projects/{project_id}/import", batch)
            count = answer.get("task_count") if isinstance(answer, dict) else None
            if count != len(batch):
                raise ConfigurationError(f"Label Studio took {count} of {len(batch)} tasks: look at its project.")
            taken += len(batch)
        return taken

    def upload(self, project_id: int, name: str, data: bytes) -> str:
        """Keep a file (a page image) in the project; returns the path on the server that tasks show it by."""
        path = f"/api/projects/{project_id}/import"
        answer = self._json("POST", path, query={"commit_to_project": "false"}, files={name: data})
        try:
            (number,) = answer["file_upload_ids"]
            return f"/data/{self._json('GET', f'/api/import/file-upload/{int(number)}')['file']}"
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigurationError(f"{self.url} keeps files in a way docplatform doesn't know: {error!r}.") from error

    def tasks(self, project_id: int, *, with_answers: bool = True) -> Iterator[dict[str, Any]]:
        """Every task, with its annotations where they are asked for, oldest first, a page at a time."""
        page, seen = 1, 0
        query = {"project": project_id, "page_size": _PAGE_SIZE, "query": _ordered("tasks:id"), "resolve_uri": "false"}
        if with_answers:
            query["fields"] = "all"
        while True:
            answer = self._json("GET", "/api/tasks/", query={**query, "page": page})
            found = _listed(answer, self.url)
            yield from found
            seen += len(found)
            if not found or seen >= int(answer.get("total", 0)):
                return
            page += 1

    def delete_task(self, task_id: int) -> None:
        """Delete a task with its answers."""
        self._json("DELETE", f"/api/tasks/{task_id}/")

    def uploads(self, project_id: int) -> dict[int, str]:
        """The files kept in a project: number to path on the server."""
        answer = self._json("GET", f"/api/projects/{project_id}/file-uploads", query={"all": "true"})
        return {int(each["id"]): str(each["file"]) for each in answer}

    def delete_uploads(self, project_id: int, numbers: Sequence[int]) -> None:
        """Delete files kept in a project."""
        self._json("DELETE", f"/api/projects/{project_id}/file-uploads", {"file_upload_ids": list(numbers)})

    def last_update(self, project_id: int) -> str:
        """When a task of the project, or an answer to it, changed last, as the server writes it; empty: no task."""
        query = {"project": project_id, "page": 1, "page_size": 1, "query": _ordered("-tasks:updated_at")}
        found = _listed(self._json("GET", "/api/tasks/", query=query), self.url)
        return str(found[0].get("updated_at") or "") if found else ""

    def _json(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, Any] | None = None,
        files: Mapping[str, bytes] | None = None,
    ) -> Any:
        response = self._send(method, path, body, query, files)
        if response.status_code == HTTPStatus.UNAUTHORIZED and "_authorization" in self.__dict__:
            del self._authorization  # a short-lived token may have run out
            response = self._send(method, path, body, query, files)
        if not response.ok or response.is_redirect:
            raise _refusal(self.url, method, path, response)
        return _decoded(self.url, response)

    def _send(
        self,
        method: str,
        path: str,
        body: Any,
        query: Mapping[str, Any] | None = None,
        files: Mapping[str, bytes] | None = None,
        *,
        with_token: bool = True,
    ) -> requests.Response:
        headers = {"Authorization": self._authorization} if with_token else {}
        try:
            return self._session.request(
                method,
                self.url + path,
                params=query,
                json=body,
                files={name: (name, data) for name, data in files.items()} if files else None,
                headers=headers,
                timeout=_TIMEOUT_SECONDS,
                allow_redirects=False,  # a token goes nowhere but where the settings say
            )
        except requests.RequestException as error:
            raise TransientError(
                f"Label Studio at {self.url} can't be reached ({type(error).__name__}): start it with `docplatform "
                "labels studio start`, or name the server that runs in DOCPLATFORM_LABEL_STUDIO__URL."
            ) from error

    @cached_property
    def _authorization(self) -> str:
        if self._token.count(".") != _DOTS_OF_JWT:
            return f"Token {self._token}"
        path = "/api/token/refresh/"
        response = self._send("POST", path, {"refresh": self._token}, with_token=False)
        if not response.ok:
            raise _refusal(self.url, "POST", path, response)
        return f"Bearer {_decoded(self.url, response)['access']}"


def _refusal(url: str, method: str, path: str, response: requests.Response) -> DocPlatformError:
    status = response.status_code
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return ConfigurationError(
            f"Label Studio at {url} refuses the token ({status}). Set DOCPLATFORM_LABEL_STUDIO__TOKEN to a token from "
            "its page Account & Settings; the server that `docplatform labels studio start` runs needs none."
        )
    if status == HTTPStatus.NOT_FOUND and re.match(r"/api/projects/\d", path):
        return StudioProjectMissingError(f"Label Studio at {url} has no such project: {path}.")
    if response.is_redirect:
        return ConfigurationError(
            f"{url} answers with a redirect to {response.headers.get('Location')}: set DOCPLATFORM_LABEL_STUDIO__URL "
            "to the address that Label Studio really has."
        )
    said = f"{method} {path} at {url}: {status} {response.text[:_OTHER_PROBLEM]}"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
        return TransientError(f"Label Studio failed. {said}")
    return ConfigurationError(f"Label Studio refuses. {said}")


def _decoded(url: str, response: requests.Response) -> Any:
    try:
        return response.json() if response.content else None
    except requests.JSONDecodeError as error:
        raise ConfigurationError(f"What answers at {url} isn't Label Studio: it sent no JSON.") from error


def _project(answer: Any, url: str) -> StudioProject:
    try:
        return StudioProject(
            id=int(answer["id"]),
            title=str(answer["title"]),
            created_at=str(answer["created_at"]),
            label_config=str(answer.get("label_config") or ""),
            task_number=int(answer.get("task_number") or 0),
            annotation_number=int(answer.get("total_annotations_number") or 0),
            skipped_number=int(answer.get("skipped_annotations_number") or 0),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigurationError(f"{url} describes a project in a way docplatform doesn't know: {error!r}.") from error


def _listed(answer: Any, url: str) -> list[dict[str, Any]]:
    found = answer.get("tasks") if isinstance(answer, dict) else None
    if not isinstance(found, list) or not all(isinstance(task, dict) for task in found):
        raise ConfigurationError(f"{url} lists tasks in a way docplatform doesn't know.")
    return found


def _ordered(field: str) -> str:
    return json.dumps({"ordering": [field]})


def _batches(tasks: Sequence[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    batch: list[Mapping[str, Any]] = []
    size = 0
    for task in tasks:
        bytes_ = len(json.dumps(task))
        if batch and size + bytes_ > _IMPORT_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(task)
        size += bytes_
    if batch:
        yield batch
