"""Hostile files, as many as asked for: every structure, then damage to every kind by turns. Seeded."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from docplatform.documents.media_types import MediaType
from docplatform_tests.fuzzing.hostile import hostile_files
from docplatform_tests.fuzzing.mutations import BYTES, in_a_member
from docplatform_tests.fuzzing.seeds import seeds

_PACKAGES = ("docx", "xlsx", "pptx", "odt", "ods", "odp", "epub", "zip")

EXHAUSTING = frozenset({"structure/pdf/cycle-forms", "structure/pdf/forms-10-to-the-14", "structure/pdf/tiling-fine"})
"""pdfium expands or draws these to no end: that they cost too much is the truth about them."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One hostile file. ``media_type`` is what it was, whatever it looks like now: its reader is to cope with it."""

    name: str
    media_type: MediaType
    data: bytes

    @property
    def group(self) -> str:
        """Kind of file and of hostility, for tables."""
        return self.name.rsplit("/", 1)[0]


def variants(count: int, seed: int = 7) -> Iterator[Variant]:
    """``count`` of them, all different in name, the same for the same seed."""
    made = 0
    for name, media_type, data in hostile_files():
        if made == count:
            return
        made += 1
        yield Variant(f"structure/{name}", media_type, data)
    for name, (media_type, data) in seeds().items():
        for tenth in range(1, 10):
            if made == count:
                return
            made += 1
            yield Variant(f"{name}/cut/{tenth}", media_type, data[: len(data) * tenth // 10])
    rng = random.Random(seed)  # noqa: S311 - not a secret
    kinds = [(name, how) for how in (*BYTES, "member") for name in seeds() if how != "member" or name in _PACKAGES]
    rng.shuffle(kinds)
    for number in range(count - made):
        name, how = kinds[number % len(kinds)]
        media_type, data = seeds()[name]
        mutate = in_a_member if how == "member" else BYTES[how]
        yield Variant(f"{name}/{how}/{number}", media_type, mutate(data, rng))
