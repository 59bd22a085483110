"""What a generated corpus should be like.

Belongs here: the knobs and their limits. Doesn't: what is made from them.
"""

from __future__ import annotations

import datetime as dt
import random
import re
from dataclasses import dataclass

_CUSTOMER = re.compile(r"[a-z0-9_-]{1,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleOptions:
    """The knobs of a corpus. The same options give the same bytes.

    Without ``batch`` the corpus is whole: labelled sets with their model projects, unlabelled documents, mails and
    archives, and the bad files. With a ``batch`` name it is ``documents`` further readable files and nothing else,
    none of whose content is in another batch.
    """

    seed: int = 7
    documents: int = 260
    """Readable documents that lie in the landing folder as files of their own."""
    noise: float = 0.3
    """How bad scans are, 0 (clean) to 1: sensor noise, blur, specks, uneven light."""
    skew_degrees: float = 1.5
    """Most degrees a scanned page is turned out of true, either way."""
    rotated_share: float = 0.05
    """Share of scanned pages that lie on their side or head, 0 to 1."""
    typos: float = 0.004
    """Share of words of letters, agreements and reports that are mistyped, 0 to 1."""
    customers: tuple[str, ...] = ("acme", "globex", "initech")
    date: dt.date = dt.date(2026, 11, 20)
    """The day the corpus is written: documents are dated in the year before it."""
    batch: str | None = None

    def __post_init__(self) -> None:
        """Refuse options that make no corpus."""
        if self.documents < 1:
            raise ValueError(f"documents must be at least 1, not {self.documents}")
        if not self.customers or not all(_CUSTOMER.fullmatch(name) for name in self.customers):
            raise ValueError(f"customers must be names of a-z, 0-9, _ and -, not {self.customers}")
        if self.batch is not None and not _CUSTOMER.fullmatch(self.batch):
            raise ValueError(f"batch must be a name of a-z, 0-9, _ and -, not {self.batch!r}")
        for name in ("noise", "rotated_share", "typos"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be between 0 and 1, not {getattr(self, name)}")

    def rng(self, *purpose: object) -> random.Random:
        """A generator of its own for each purpose, so that one more document changes no other one."""
        return random.Random("/".join(map(str, (self.seed, self.batch or "", *purpose))))
