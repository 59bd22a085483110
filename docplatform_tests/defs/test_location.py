"""One code location, however it is loaded: sensors' cursors and the UI's job pages go by its name."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import yaml

from docplatform.cli.ui import dagster_command
from docplatform.defs.run_pass import Pass

SHIPPED = files("docplatform.defs").joinpath("workspace.yaml")
CHECKOUT = Path(__file__).parents[2] / "workspace.yaml"


def location(text: str) -> dict[str, str]:
    (loaded,) = yaml.safe_load(text)["load_from"]
    return loaded["python_module"]


def test_the_ui_serves_the_location_of_the_checkout_from_wherever_docplatform_is_installed():
    assert location(SHIPPED.read_text()) == location(CHECKOUT.read_text())
    assert str(SHIPPED) in dagster_command("127.0.0.1", 3000)


def test_the_runs_of_a_pass_are_told_to_be_of_that_location(home, instance):
    home.drop({"acme/a.txt": "one"})
    report = Pass(home.platform, instance).run()
    repository = f"__repository__@{location(SHIPPED.read_text())['location_name']}"
    assert {instance.get_run_by_id(run).tags[".dagster/repository"] for run in report.runs} == {repository}
