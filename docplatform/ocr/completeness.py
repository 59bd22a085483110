"""What a result says about its own completeness: pages named as unread, pages with ink and no text, quality, language.

Belongs here: reading these from an ``AnalyzeResult``, and the codes of the warnings. Doesn't: finding them out, which
readers do.
"""

from __future__ import annotations

import re
from collections import Counter

from docplatform.documents.analyze_result import AnalyzeResult, QualityGrade

UNREADABLE_PAGE = "unreadablePage"
"""Warning that a page of the file was not read; its target is ``/pages/<index>``."""
INK_WITHOUT_TEXT = "inkWithoutText"
"""Warning that something is drawn on a page, and no text was found on it; its target is ``/pages/<index>``."""

_PAGE = re.compile(r"/pages/(\d+)\b")


def warned_pages(result: AnalyzeResult, code: str) -> list[int]:
    """Numbers, from 1, of the pages that warnings with this code name, in order."""
    targets = (warning.target or "" for warning in result.warnings if warning.code == code)
    return sorted({int(match.group(1)) + 1 for match in map(_PAGE.match, targets) if match})


def pages_read(result: AnalyzeResult) -> int:
    """Pages in the result, without those that only hold the place of an unread one."""
    unread = set(warned_pages(result, UNREADABLE_PAGE))
    return sum(page.page_number not in unread for page in result.pages)


def worst_quality(result: AnalyzeResult) -> tuple[QualityGrade, list[str]]:
    """The grade of the worst page that was read, and all reasons that keep pages at it.

    A page without a grade has its text from the file itself, which is as good as text gets.
    """
    unread = set(warned_pages(result, UNREADABLE_PAGE))
    qualities = [page.quality for page in result.pages if page.quality and page.page_number not in unread]
    grades = {quality.grade for quality in qualities}
    worst = next((grade for grade in QualityGrade if grade in grades), QualityGrade.EXCELLENT)
    reasons = (reason for quality in qualities if quality.grade is worst for reason in quality.reasons)
    return worst, list(dict.fromkeys(reasons))


def main_language(result: AnalyzeResult) -> str | None:
    """The locale that most of the text is in, None where the reader names none."""
    lengths: Counter[str] = Counter()
    for language in result.languages:
        lengths[language.locale] += sum(span.length for span in language.spans)
    return lengths.most_common(1)[0][0] if lengths else None
