"""What a result says about its own completeness: pages named as unread, pages with ink and no text, quality, language.

Belongs here: reading these from an ``AnalyzeResult``, and the codes of the warnings. Doesn't: finding them out, which
readers do.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from docplatform.documents.analyze_result import AnalyzeResult

UNREADABLE_PAGE = "unreadablePage"
"""Warning that a page of the file was not read; its target is ``/pages/<index>``."""
INK_WITHOUT_TEXT = "inkWithoutText"
"""Warning that something is drawn on a page, and no text was found on it; its target is ``/pages/<index>``."""
GRADES = ("POOR", "FAIR", "GOOD", "EXCELLENT")
"""Page grades, worst first."""

_PAGE = re.compile(r"/pages/(\d+)\b")


def warned_pages(result: AnalyzeResult, code: str) -> list[int]:
    """Numbers, from 1, of the pages that warnings with this code name, in order."""
    targets = (warning.target or "" for warning in result.warnings if warning.code == code)
    return sorted({int(match.group(1)) + 1 for match in map(_PAGE.match, targets) if match})


def pages_read(result: AnalyzeResult) -> int:
    """Pages in the result, without those that only hold the place of an unread one."""
    unread = set(warned_pages(result, UNREADABLE_PAGE))
    return sum(page.page_number not in unread for page in result.pages)


def worst_quality(result: AnalyzeResult) -> tuple[str, list[str]]:
    """The grade of the worst page that was read, and all reasons that keep pages at it.

    A page without a grade has its text from the file itself, which is as good as text gets.
    """
    unread = set(warned_pages(result, UNREADABLE_PAGE))
    graded = [quality for page in result.pages if page.page_number not in unread for quality in _quality(page)]
    worst = min((grade for grade, _ in graded), key=GRADES.index, default=GRADES[-1])
    reasons = (reason for grade, found in graded if grade == worst for reason in found)
    return worst, list(dict.fromkeys(reasons))


def main_language(result: AnalyzeResult) -> str | None:
    """The locale that most of the text is in, None where the reader names none."""
    lengths: Counter[str] = Counter()
    for language in result.languages:
        lengths[language.locale] += sum(span.length for span in language.spans)
    return lengths.most_common(1)[0][0] if lengths else None


def _quality(page: object) -> Iterator[tuple[str, list[str]]]:
    """A page's grade and reasons, where it has them: a key of ours, so it isn't in the page's model."""
    quality = getattr(page, "quality", None)
    if quality:
        yield quality["grade"], quality.get("reasons", [])
