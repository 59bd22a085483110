"""Announcing failed runs to a real web server and a real mail server."""

from __future__ import annotations

import email
import json
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import dagster as dg
import pytest
from pydantic import SecretStr

from docplatform.defs.alerts import announce, build_failure_sensor, post_webhook, send_email
from docplatform.settings import AlertSettings, AutomationSettings

MESSAGE = {"run_id": "1234", "job": "process_job", "partition": "acme/pdf/2026-11-20", "message": "it broke"}


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def web_server(status: int = 204) -> Iterator[tuple[str, list[dict[str, str]]]]:
    received: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/json"
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    with serving(HTTPServer(("127.0.0.1", 0), Handler)) as port:
        yield f"http://127.0.0.1:{port}/hook", received


@contextmanager
def mail_server(refused: str = "") -> Iterator[tuple[int, list[bytes]]]:
    """A server that speaks as much SMTP as a client needs to hand over a mail."""
    received: list[bytes] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 ready")
            while line := self.rfile.readline():
                verb = line.decode().split()[0].upper()
                if verb == refused:
                    self.say("550 not here")
                elif verb == "DATA":
                    self.say("354 go on")
                    received.append(b"".join(iter(self.rfile.readline, b".\r\n")))
                    self.say("250 taken")
                elif verb == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 fine")

        def say(self, text: str) -> None:
            self.wfile.write(text.encode() + b"\r\n")

    with serving(socketserver.TCPServer(("127.0.0.1", 0), Handler)) as port:
        yield port, received


def mail_settings(port: int, **values: object) -> AlertSettings:
    return AlertSettings(
        smtp_host="127.0.0.1",
        smtp_port=port,
        email_from="dp@example.com",
        email_to="a@example.com, b@example.com",
        **values,
    )


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_webhook_gets_the_message_as_json():
    with web_server() as (url, received):
        post_webhook(url, MESSAGE)
    assert received == [MESSAGE]


def test_a_webhook_that_refuses_or_is_away_is_an_error():
    with web_server(status=500) as (url, _), pytest.raises(OSError, match="500"):
        post_webhook(url, MESSAGE)
    with pytest.raises(OSError, match="refused"):
        post_webhook(f"http://127.0.0.1:{closed_port()}/", MESSAGE)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://host/x", "example.com/hook"])
def test_a_webhook_is_http(url):
    with pytest.raises(ValueError, match="DOCPLATFORM_ALERTS__WEBHOOK_URL"):
        post_webhook(url, MESSAGE)


def test_a_mail_goes_to_everyone_with_what_happened():
    with mail_server() as (port, received):
        send_email(mail_settings(port), MESSAGE)
    mail = email.message_from_bytes(received[0])
    assert (mail["Subject"], mail["From"]) == ("docplatform: process_job failed", "dp@example.com")
    assert mail["To"] == "a@example.com, b@example.com"
    assert "message: it broke" in mail.get_payload()


def test_a_mail_without_a_host_says_which_setting_is_missing():
    with pytest.raises(ValueError, match="DOCPLATFORM_ALERTS__SMTP_HOST"):
        send_email(AlertSettings(), MESSAGE)


def test_nothing_is_announced_where_nothing_is_set():
    announce(AlertSettings(), MESSAGE)
    with mail_server() as (port, received):
        announce(AlertSettings(smtp_host="127.0.0.1", smtp_port=port), MESSAGE)  # a host, but nobody to write to
    assert received == []


def test_a_webhook_that_fails_doesnt_keep_the_mail_from_going_out():
    with (
        web_server(status=503) as (url, _),
        mail_server() as (port, received),
        pytest.raises(ExceptionGroup, match="run 1234") as caught,
    ):
        announce(mail_settings(port, webhook_url=SecretStr(url)), MESSAGE)
    assert len(received) == 1
    assert len(caught.value.exceptions) == 1


def test_a_mail_that_is_refused_is_an_error_after_the_webhook_was_told():
    with (
        web_server() as (url, received),
        mail_server(refused="MAIL") as (port, mails),
        pytest.raises(ExceptionGroup) as caught,
    ):
        announce(mail_settings(port, webhook_url=SecretStr(url)), MESSAGE)
    assert (received, mails) == ([MESSAGE], [])
    assert "550" in str(caught.value.exceptions[0])


@dg.op
def broken_op() -> None:
    raise ValueError("document text that nobody should be told")


@dg.job(tags={"dagster/partition": "acme/pdf/2026-11-20"})
def broken_job() -> None:
    broken_op()


def test_the_sensor_announces_a_run_that_failed(instance):
    result = broken_job.execute_in_process(instance=instance, raise_on_error=False)
    run = instance.get_run_by_id(result.run_id)
    event = next(e for e in result.all_events if e.event_type is dg.DagsterEventType.RUN_FAILURE)
    with web_server() as (url, received):
        sensor = build_failure_sensor(AutomationSettings(), AlertSettings(webhook_url=SecretStr(url)))
        context = dg.build_run_status_sensor_context(
            sensor.name, dagster_event=event, dagster_instance=instance, dagster_run=run
        ).for_run_failure()
        sensor(context)
    (message,) = received
    assert (message["run_id"], message["job"], message["partition"]) == (
        run.run_id,
        "broken_job",
        "acme/pdf/2026-11-20",
    )
    assert "broken_op" in message["message"]
    assert "document text" not in json.dumps(message)
