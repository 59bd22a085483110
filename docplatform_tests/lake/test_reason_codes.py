from __future__ import annotations

from pathlib import Path

import pytest

from docplatform.errors import ReasonCode
from docplatform.lake import reason_codes
from docplatform.lake.reason_codes import ADVICE, advice, reason_codes_markdown
from docplatform.settings import Settings

DOCUMENT = Path(__file__).parents[2] / "docs" / "quarantine.md"


def test_every_reason_code_is_documented_and_no_other() -> None:
    assert set(ADVICE) == set(ReasonCode)
    text = reason_codes_markdown()
    for code in ReasonCode:
        assert f"\n| `{code.value}` | " in text
        assert advice(code.value).meaning.endswith(".")
        assert len(advice(code.value).remedy) > 20


def test_docs_quarantine_md_says_what_the_code_says() -> None:
    if DOCUMENT.read_text(encoding="utf-8") != reason_codes_markdown():
        pytest.fail(f"docs/quarantine.md is stale: run `{reason_codes.COMMAND}` and commit it")


def test_settings_that_the_advice_names_exist() -> None:
    settings = Settings.model_fields
    known = {
        f"DOCPLATFORM_{group.upper()}__{name.upper()}"
        for group in ("limits", "reading", "automation")
        for name in type(settings[group].get_default(call_default_factory=True)).model_fields
    }
    named = {word for word in reason_codes_markdown().split("`") if word.startswith("DOCPLATFORM_") and "…" not in word}
    assert len(named) >= 8
    assert named <= known


def test_a_code_of_another_version_is_told_as_such() -> None:
    assert "doesn't know" in advice("from_the_future").meaning


def test_the_command_writes_the_file_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(reason_codes.main([str(tmp_path / "new" / "q.md")])) == [tmp_path / "new" / "q.md"]
    monkeypatch.chdir(tmp_path)
    assert list(reason_codes.main([])) == [Path("docs/quarantine.md")]
    assert Path("docs/quarantine.md").read_text(encoding="utf-8") == reason_codes_markdown()
