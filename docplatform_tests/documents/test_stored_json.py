import errno
from types import SimpleNamespace

import pytest

from docplatform.documents import stored_json
from docplatform.documents.analyze_result import AnalyzeResult
from docplatform.documents.stored_json import StoredJson, disk_space_needed
from docplatform.errors import TransientError

_RESULT = '{"modelId":"m","content":"grün ☐","pages":[]}'


@pytest.fixture(params=[1, 3, 2**20], ids=["every write goes to the file", "some do", "none does"])
def store(request, monkeypatch) -> StoredJson:
    monkeypatch.setattr(stored_json, "HELD_BYTES", request.param)
    store = StoredJson()
    for at in range(0, len(_RESULT.encode()), 2):
        store.write(_RESULT.encode()[at : at + 2])
    return store


def test_what_was_written_is_read_in_order_and_again(store):
    for _ in range(2):
        assert store.text() == _RESULT
        assert b"".join(store.chunks()) == _RESULT.encode()


def test_what_is_known_last_can_stand_first(store):
    store.begin_with(b"[")
    store.write(b"]")
    assert store.text() == f"[{_RESULT}]"


def test_lines_are_whole_wherever_pieces_end(store):
    store.write(b"\n2\n\n4")
    assert list(store.lines()) == [_RESULT.encode(), b"2", b"", b"4"]


def test_a_result_whose_json_lies_in_a_file_is_like_any_other(store):
    result = AnalyzeResult.deferred(store)
    assert result.is_stored
    assert b"".join(result.json_chunks()).decode() == result.to_json() == _RESULT
    assert result.content == "grün ☐"
    assert result == AnalyzeResult.from_json(_RESULT)


def test_a_full_disk_is_worth_another_try(monkeypatch):
    def full(_: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(stored_json, "HELD_BYTES", 1)
    monkeypatch.setattr(stored_json.tempfile, "TemporaryFile", lambda: SimpleNamespace(write=full))
    with pytest.raises(TransientError, match="No space"):
        StoredJson().write(b"12")


def test_other_failures_of_a_disk_stay_what_they_are():
    with pytest.raises(PermissionError), disk_space_needed():
        raise PermissionError(errno.EACCES, "Permission denied")
