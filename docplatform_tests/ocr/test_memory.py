import errno

import pytest

from docplatform.ocr import memory
from docplatform.ocr.memory import is_out_of_memory


@pytest.mark.parametrize(
    ("error", "is_memory"),
    [
        (MemoryError(), True),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), True),
        (OSError(errno.ENOENT, "out of memory"), False),
        (OSError("Failed to allocate the picture"), True),
        (RuntimeError("std::bad_alloc"), True),
        (Exception("OpenCV(4.13) (-4:Insufficient memory) Failed to allocate 12 bytes"), True),
        (ValueError("bad image"), False),
    ],
    ids=["python's", "the kernel's", "another of the kernel's", "a codec's", "C++'s", "OpenCV's", "none"],
)
def test_memory_running_out_is_told_however_it_is_said(error, is_memory):
    assert is_out_of_memory(error) is is_memory


def test_every_engine_that_asked_for_it_is_told_to_free_memory(monkeypatch):
    freed: list[str] = []
    monkeypatch.setattr(memory, "_releases", [])
    memory.on_release(lambda: freed.append("one"))
    memory.on_release(lambda: freed.append("two"))
    memory.release()
    assert freed == ["one", "two"]
