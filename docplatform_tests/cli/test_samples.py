"""``docplatform samples``: a corpus, and whether it fared as it should."""

from __future__ import annotations

import json

import pytest


def test_samples_make_a_corpus_once(call, home_path):
    ended = call("samples", "--documents", "20", "--seed", "3")
    assert ended.status == 0
    landed = [path for path in (home_path / "landing").rglob("*") if path.is_file()]
    assert ended.out.startswith(f"{len(landed)} files and ")
    assert json.loads((home_path / "samples" / "corpus.json").read_text())["seed"] == 3
    twice = call("samples")
    assert twice.status == 2
    assert "--batch NAME" in twice.err
    quiet = call("samples", "--if-missing")
    assert (quiet.status, quiet.out) == (0, "")
    assert len([path for path in (home_path / "landing").rglob("*") if path.is_file()]) == len(landed)
    more = call("samples", "--documents", "2", "--batch", "more")
    assert (more.status, more.out.split()[:2]) == (0, ["2", "files"])
    assert (home_path / "samples" / "more.json").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--batch", "../elsewhere"], "batch must be a name"),
        (["--batch", "corpus"], "choose another"),
        (["--documents", "0"], "documents"),
        (["--noise", "2"], "noise"),
    ],
)
def test_samples_that_cant_be_made_are_a_usage_error(call, home_path, arguments, says):
    ended = call("samples", *arguments)
    assert ended.status == 2
    assert says in ended.err
    assert not (home_path / "landing").exists()


def test_samples_check_compares_the_home_with_the_truth(call, home, home_path):
    assert call("samples", "check").status == 2
    call("samples", "--documents", "3", "--batch", "few")
    ended = call("samples", "check")
    assert ended.status == 1
    assert len(ended.err.splitlines()) == 3
    assert "0 of 3 files" in ended.out
    home.ingest()
    home.publish()
    home.process()
    ended = call("samples", "check")
    assert (ended.status, ended.err) == (0, "")
    assert "3 of 3 files" in ended.out
