"""From Label Studio's tasks with their annotations to labels of documents.

Belongs here: which annotation of a task counts, what it says, and whether it can be held against the text it was made
on. Doesn't: fetching tasks, or putting labels into a label file (``merging``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from docplatform.documents.document_text import WordBox
from docplatform.documents.predictions import TaskKind
from docplatform.labels.label_file import LabeledEntity
from docplatform.labels.studio.line_items import number_rows
from docplatform.labels.studio.tasks import CONTENT_HASH, DOCUMENT_ID, LOCATION


@dataclass(frozen=True, slots=True)
class AnsweredText:
    """A document as it stands in the lake now."""

    content: str
    content_hash: str
    words: tuple[WordBox, ...] = ()
    """Field extraction: where words lie."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What somebody said about a document."""

    location: str
    document_id: str
    content_hash: str
    task: int
    annotation: int
    labeled_by: str
    """Account of who did: its e-mail address, or its number."""
    labeled_at: str
    """When it was last changed (ISO 8601), as the server says."""
    classes: tuple[str, ...] = ()
    entities: tuple[LabeledEntity, ...] = ()
    """In code points of the text; a field's spans are entities too."""


@dataclass(frozen=True, slots=True)
class AnswerFinding:
    """An answer, or a part of one, that can't be used, or was chosen among several."""

    task: int
    location: str
    message: str

    def __str__(self) -> str:
        """One line."""
        return f"task {self.task} ({self.location}): {self.message}"


def document_of(task: Mapping[str, Any]) -> str:
    """The document that a task shows; empty for a task that isn't ours."""
    return str((task.get("data") or {}).get(DOCUMENT_ID) or "")


def finished(task: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The annotations of a task that were submitted and not skipped, the one that counts last.

    That is the one marked as ground truth, else the one changed last.
    """
    found = [each for each in task.get("annotations") or () if not each.get("was_cancelled")]
    return sorted(found, key=lambda each: (bool(each.get("ground_truth")), str(each.get("updated_at")), each["id"]))


def read_answer(
    task: Mapping[str, Any], kind: TaskKind, text: AnsweredText | None
) -> tuple[Answer | None, list[AnswerFinding]]:
    """What a task says about its document, and what can't be used of it.

    Args:
        task: as the API lists it, with its annotations.
        kind: the project's task.
        text: its document in the lake; None where it isn't there (any more).

    None for tasks without a finished annotation, and for those whose text was read anew since: offsets, and what
    people saw, belong to another text then.
    """
    annotations = finished(task)
    if not annotations:
        return None, []
    data = task["data"]
    number, location = int(task["id"]), str(data.get(LOCATION))
    if text is None:
        return None, [AnswerFinding(number, location, "its document is not in the lake (any more): left out.")]
    if text.content_hash != data.get(CONTENT_HASH):
        message = (
            "the document was read anew since the task was made, and its text changed: left out. Delete the task in "
            "Label Studio and push again to label the new text."
        )
        return None, [AnswerFinding(number, location, message)]
    chosen, findings = annotations[-1], []
    result = chosen.get("result") or []
    if any(_said(other) != _said(chosen) for other in annotations[:-1]):
        message = f"{len(annotations)} answers that differ: the one by {_who(chosen)} is used, the last."
        findings.append(AnswerFinding(number, location, message))
    entities, problems = _entities(result, kind, text)
    findings += [AnswerFinding(number, location, problem) for problem in problems]
    if problems:  # half of a document's labels would teach that the other half is nothing
        return None, findings
    answer = Answer(
        location=location,
        document_id=str(data[DOCUMENT_ID]),
        content_hash=text.content_hash,
        task=number,
        annotation=int(chosen["id"]),
        labeled_by=_who(chosen),
        labeled_at=str(chosen.get("updated_at") or chosen.get("created_at") or ""),
        classes=() if kind.labels_spans else _classes(result),
        entities=tuple(entities),
    )
    return answer, findings


def _entities(
    result: Iterable[Mapping[str, Any]], kind: TaskKind, text: AnsweredText
) -> tuple[list[LabeledEntity], list[str]]:
    """Every labelled span in order of the text, each once, and what is wrong."""
    found: list[LabeledEntity] = []
    problems: list[str] = []
    for region, names in _labelled(result) if kind.labels_spans else ():
        spans = _rectangle if region.get("type") == "rectanglelabels" else _span
        for start, end, problem in spans(region, text):
            if problem:
                problems.append(f"{', '.join(names)}: {problem}")
            else:
                found += [LabeledEntity(name, start, end - start, text.content[start:end]) for name in names]
    ordered = sorted(dict.fromkeys(found), key=lambda each: (each.offset, each.length, each.category))
    return ordered, problems


def _labelled(result: Iterable[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], tuple[str, ...]]]:
    """Every labelled region with its names; cells of line items with their row."""
    regions = list(result)
    yield from number_rows([region for region in regions if region.get("type") == "rectanglelabels"])
    for region in regions:
        names = tuple(region.get("value", {}).get("labels") or ())
        if region.get("type") == "labels" and names:
            yield region, names


Spans = Iterator[tuple[int, int, str]]
"""Start, end, and what is wrong with them (empty: nothing)."""


def _span(region: Mapping[str, Any], text: AnsweredText) -> Spans:
    """The span of a text region, without white space at its edges."""
    value = region["value"]
    start, end = int(value["start"]), int(value["end"])
    held = text.content[start:end]
    declared = value.get("text")
    if not 0 <= start < end <= len(text.content) or (declared is not None and not _same(held, str(declared))):
        yield start, end, f"at {start} to {end} Label Studio has {declared!r}, the text {held!r}."
        return
    stripped = held.strip()
    start += len(held) - len(held.lstrip())
    yield start, start + len(stripped), "" if stripped else f"at {start} to {end} is nothing but white space."


def _same(held: str, declared: str) -> bool:
    r"""Whether a browser shows both alike: every line end is `\n` there, which Label Studio may write out."""
    return _plain(held) == _plain(declared)


def _plain(text: str) -> str:
    return " ".join(text.replace("\\n", "\n").split())


def _rectangle(region: Mapping[str, Any], text: AnsweredText) -> Spans:
    """The spans of the words whose middle lies in a rectangle: words that follow each other are one."""
    value = region["value"]
    if value.get("rotation"):
        yield 0, 0, "a rectangle is turned; draw it upright."
        return
    page = int(region.get("item_index") or 0) + 1
    left, top = value["x"] / 100, value["y"] / 100
    right, bottom = left + value["width"] / 100, top + value["height"] / 100
    inside = [
        index
        for index, word in enumerate(text.words)
        if word.page == page
        and left <= (word.left + word.right) / 2 <= right
        and top <= (word.top + word.bottom) / 2 <= bottom
    ]
    if not inside:
        yield 0, 0, f"a rectangle on page {page} holds no word that was read."
    for _, run in groupby(enumerate(inside), key=lambda item: item[1] - item[0]):
        words = [text.words[index] for _, index in run]
        yield words[0].offset, words[-1].offset + words[-1].length, ""


def _classes(result: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    chosen = (name for region in result for name in region.get("value", {}).get("choices") or ())
    return tuple(dict.fromkeys(map(str, chosen)))


def _said(annotation: Mapping[str, Any]) -> list[str]:
    """What an annotation says, whatever its regions are called."""
    return sorted(repr(sorted(region.get("value", {}).items())) for region in annotation.get("result") or ())


def _who(annotation: Mapping[str, Any]) -> str:
    """The account: ``created_username`` is ``first last address, number``."""
    named = str(annotation.get("created_username") or "").rpartition(",")[0].split()
    return named[-1] if named else str(annotation.get("completed_by") or "")


def answers(
    tasks: Iterable[Mapping[str, Any]], kind: TaskKind, texts: Mapping[str, AnsweredText]
) -> tuple[list[Answer], list[AnswerFinding]]:
    """The answers of all tasks, one for each location, and the findings. ``texts``: document id to its text."""
    by_location: dict[str, Answer] = {}
    findings: list[AnswerFinding] = []
    for task in tasks:
        answer, found = read_answer(task, kind, texts.get(document_of(task)))
        findings += found
        if answer is not None:
            former = by_location.get(answer.location)
            by_location[answer.location] = max(former or answer, answer, key=lambda each: each.labeled_at)
    return list(by_location.values()), findings
