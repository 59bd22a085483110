"""Calls to pdfium that are made hundreds of times a page.

Belongs here: calling on bare addresses, which takes a third less than ctypes' pointer objects. Doesn't: what is asked.
"""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Callable, Iterable
from functools import cache
from itertools import repeat
from typing import Any

INT = ctypes.c_int
UINT = ctypes.c_uint
ADDRESS = ctypes.c_void_p


@cache
def function(name: str, result: Any, *arguments: Any) -> Callable[..., Any]:
    """A function of pdfium with the given ctypes types; handles and buffers as ``ADDRESS``.

    It is so short that Python's lock is kept meanwhile: to let it go and take it again is an eighth of a call.
    """
    import pypdfium2.raw as pdfium

    pointer = ctypes.cast(getattr(pdfium, name), ctypes.c_void_p).value
    return ctypes.PYFUNCTYPE(result, *arguments)(pointer or 0)


def address(handle: Any) -> int:
    """Where a pypdfium2 object, or a raw handle, lies."""
    return ctypes.cast(getattr(handle, "raw", handle), ctypes.c_void_p).value or 0


def buffer(code: str, count: int) -> tuple[array[Any], int]:
    """Room for so many numbers of an ``array`` type code, zeros, and where it lies.

    Not a ctypes array: each length of one is a class of its own, which takes 24 µs to make, and this 1.4.
    """
    numbers = array(code, [0]) * count
    return numbers, numbers.buffer_info()[0]


def sweep(function: Callable[..., Any], handle: int, *arguments: Iterable[Any]) -> list[Any]:
    """Call a function with one handle and each of the arguments."""
    return list(map(function, repeat(handle), *arguments))
