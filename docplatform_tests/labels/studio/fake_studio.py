"""A server that answers as Label Studio does, in memory; faults can be switched on."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "a-legacy-token"
REFRESH = "header.payload.signature"


@dataclass
class FakeStudio:
    """What the server holds. ``faults``: (method, path) to the (status, body, headers) answered instead."""

    url: str = ""
    release: object = "1.23.2"
    projects: dict[int, dict[str, Any]] = field(default_factory=dict)
    tasks: list[dict[str, Any]] = field(default_factory=list)
    uploads: list[bytes] = field(default_factory=list)
    faults: dict[tuple[str, str], tuple[int, bytes, dict[str, str]]] = field(default_factory=dict)
    access: str = "access-1"
    refreshes: int = 0
    requests: list[str] = field(default_factory=list)
    clock: int = 0

    def now(self) -> str:
        """A time later than every one before."""
        self.clock += 1
        return f"2026-11-25T10:00:{self.clock // 10:02}.{self.clock % 10}00000Z"

    def annotate(self, location: str, result: list[dict[str, Any]], **fields: Any) -> dict[str, Any]:
        """Answer a task, as a person does."""
        task = self.task(location)
        annotation = {
            "id": self.clock + 1,
            "result": result,
            "created_username": " Ann Otator ann@example.com, 7",
            "completed_by": 7,
            "was_cancelled": False,
            "ground_truth": False,
            "updated_at": self.now(),
            **fields,
        }
        task["annotations"].append(annotation)
        task["updated_at"] = annotation["updated_at"]
        return annotation

    def task(self, location: str) -> dict[str, Any]:
        """The task of a document."""
        (found,) = [task for task in self.tasks if task["data"]["location"] == location]
        return found

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> tuple[int, object]:
        parts = path.strip("/").split("/")
        if parts == ["api", "version"]:
            return 200, {"release": self.release}
        if parts[:2] == ["api", "tasks"]:
            return self._delete_task(int(parts[2])) if method == "DELETE" else (200, self._tasks(query))
        if parts[:3] == ["api", "import", "file-upload"]:
            return 200, {"id": int(parts[3]), "file": f"upload/1/{parts[3]}.jpg"}
        if parts == ["api", "projects"] and method == "POST":
            number = len(self.projects) + 1
            self.projects[number] = {"id": number, "created_at": self.now(), **body}
            return 201, self._project(number)
        return self._answer_about(int(parts[2]), parts[3:], method, body)

    def _answer_about(self, number: int, what: list[str], method: str, body: Any) -> tuple[int, object]:
        if number not in self.projects:
            return 404, {"detail": "No Project matches the given query."}
        if what == ["file-uploads"]:
            return self._file_uploads(method, body)
        if what == ["import"]:
            return 201, self._import(number, body)
        if method == "PATCH":
            self.projects[number] |= body
        return 200, self._project(number)

    def _delete_task(self, number: int) -> tuple[int, object]:
        self.tasks = [task for task in self.tasks if task["id"] != number]
        return 204, None

    def _file_uploads(self, method: str, body: Any) -> tuple[int, object]:
        if method == "DELETE":
            for number in body["file_upload_ids"]:
                self.uploads[number - 1] = b""
        kept = [(number, data) for number, data in enumerate(self.uploads, 1) if data]
        return 200, [{"id": n, "file": f"upload/1/{n}-{data[:200].decode(errors='replace')}"} for n, data in kept]

    def _project(self, number: int) -> dict[str, Any]:
        own = [task for task in self.tasks if task["project"] == number]
        annotations = [each for task in own for each in task["annotations"]]
        skipped = sum(each["was_cancelled"] for each in annotations)
        return {
            **self.projects[number],
            "task_number": len(own),
            "total_annotations_number": len(annotations) - skipped,
            "skipped_annotations_number": skipped,
        }

    def _import(self, number: int, body: Any) -> dict[str, Any]:
        if isinstance(body, bytes):
            self.uploads.append(body)
            return {"file_upload_ids": [len(self.uploads)]}
        for task in body:
            now = self.now()
            own = {"id": len(self.tasks) + 1, "project": number, "annotations": [], "updated_at": now, **task}
            self.tasks.append(own)
        return {"task_count": len(body)}

    def _tasks(self, query: dict[str, str]) -> dict[str, Any]:
        (order,) = json.loads(query["query"])["ordering"]
        name = order.lstrip("-").removeprefix("tasks:")
        own = [task for task in self.tasks if task["project"] == int(query["project"])]
        own.sort(key=lambda task: task[name], reverse=order.startswith("-"))
        size, page = int(query["page_size"]), int(query["page"])
        found = own[(page - 1) * size : page * size]
        hidden = set() if query.get("fields") == "all" else {"annotations", "predictions"}
        shown = [{key: value for key, value in task.items() if key not in hidden} for task in found]
        return {"tasks": shown, "total": len(own)}


class _Handler(BaseHTTPRequestHandler):
    studio: FakeStudio

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def do_PATCH(self) -> None:
        self._serve()

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        is_json = "json" in (self.headers.get("Content-Type") or "")
        body = json.loads(raw) if raw and is_json else raw
        self.studio.requests.append(f"{self.command} {parts.path}")
        fault = self.studio.faults.get((self.command, parts.path))
        if fault is not None:
            self._send(*fault)
        elif parts.path == "/api/token/refresh/":
            self.studio.refreshes += 1
            known = body["refresh"] == REFRESH
            self._send(200 if known else 401, json.dumps({"access": self.studio.access}).encode(), {})
        elif self.headers.get("Authorization") not in (f"Token {TOKEN}", f"Bearer {self.studio.access}"):
            self._send(401, b'{"detail": "Invalid token."}', {})
        else:
            status, answer = self.studio.answer(self.command, parts.path, query, body)
            self._send(status, b"" if answer is None else json.dumps(answer).encode(), {})

    def _send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@contextmanager
def serving() -> Iterator[FakeStudio]:
    """A fake that serves on a free port of the loopback address."""
    studio = FakeStudio()
    handler = type("Handler", (_Handler,), {"studio": studio})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        studio.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield studio
        server.shutdown()
        thread.join()
