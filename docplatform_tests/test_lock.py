"""What requirements.lock holds."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_lock_is_made_of_every_extra_but_torch_which_weighs_gigabytes() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    (locked,) = re.findall(r"^EXTRAS := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert sorted(locked.split()) == sorted(extras.keys() - {"torch"})
    packages = set(
        re.findall(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    )
    assert {"tokenizers", "safetensors"} <= packages
    assert not {"torch", "transformers"} & packages
