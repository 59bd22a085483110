"""Telling people about failed runs: always in the log, by webhook and e-mail where the settings say so."""

import json
import smtplib
import urllib.request
from collections.abc import Callable
from email.message import EmailMessage
from functools import partial

import dagster as dg

from docplatform.settings import AlertSettings, AutomationSettings

TIMEOUT_SECONDS = 10


def failure_message(context: dg.RunFailureSensorContext) -> dict[str, str]:
    """What is told about a failed run. Holds no document text."""
    run = context.dagster_run
    return {
        "run_id": run.run_id,
        "job": run.job_name,
        "partition": run.tags.get("dagster/partition", ""),
        "message": context.failure_event.message or "",
    }


def post_webhook(url: str, message: dict[str, str]) -> None:
    """POST the message as JSON. Raises ``OSError`` where the receiver can't be reached or refuses it."""
    if not url.startswith(("https://", "http://")):
        raise ValueError("DOCPLATFORM_ALERTS__WEBHOOK_URL must begin with https:// or http://")
    request = urllib.request.Request(  # noqa: S310 - the scheme is checked above
        url, data=json.dumps(message).encode(), headers={"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS):  # noqa: S310
        pass


def send_email(alerts: AlertSettings, message: dict[str, str]) -> None:
    """Send the message by SMTP. Raises ``OSError`` or ``smtplib.SMTPException`` where that fails."""
    if alerts.smtp_host is None:
        raise ValueError("DOCPLATFORM_ALERTS__SMTP_HOST is needed to send e-mail")
    mail = EmailMessage()
    mail["From"] = alerts.email_from
    mail["To"] = ", ".join(alerts.email_to)
    mail["Subject"] = f"docplatform: {message['job']} failed"
    mail.set_content("\n".join(f"{name}: {value}" for name, value in message.items()))
    with smtplib.SMTP(alerts.smtp_host, alerts.smtp_port, timeout=TIMEOUT_SECONDS) as smtp:
        smtp.send_message(mail)


def announce(alerts: AlertSettings, message: dict[str, str]) -> None:
    """Tell it by every channel the settings name.

    Raises:
        ExceptionGroup: after all were tried, with the error of each that failed.
    """
    channels: list[Callable[[], None]] = []
    if alerts.webhook_url is not None:
        channels.append(partial(post_webhook, alerts.webhook_url.get_secret_value(), message))
    if alerts.smtp_host and alerts.email_to:
        channels.append(partial(send_email, alerts, message))
    errors: list[Exception] = []
    for tell in channels:
        try:
            tell()
        except (OSError, ValueError) as error:  # smtplib's and urllib's errors are OSErrors
            errors.append(error)
    if errors:
        raise ExceptionGroup(f"run {message['run_id']} failed and could not be announced everywhere", errors)


def build_failure_sensor(automation: AutomationSettings, alerts: AlertSettings) -> dg.SensorDefinition:
    """The sensor that announces failed runs."""

    @dg.run_failure_sensor(
        name="failure_sensor",
        minimum_interval_seconds=automation.sensor_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Logs every failed run, and announces it by webhook and e-mail where the settings say so.",
    )
    def failure_sensor(context: dg.RunFailureSensorContext) -> None:
        message = failure_message(context)
        context.log.error("run %(run_id)s of %(job)s failed (%(partition)s): %(message)s", message)
        announce(alerts, message)

    return failure_sensor
