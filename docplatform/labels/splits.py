"""Which documents train, which choose and calibrate, which judge.

Belongs here: the splitting scheme. Doesn't: building examples.

The scheme. A model is judged against its champion on the same test documents, and a test document that was once
trained on is worth nothing: so no document may change its split because others arrive. What is split are *groups*,
documents whose texts are equal but for case, white space and punctuation, or nearly the same (``near_duplicates``:
5-word shingles with a Jaccard index of at least 0.8); a group is never divided. It bears its least hash.

1. A group goes where the file declares it, if the file declares test documents at all. (Language Studio exports
   ``Train`` for every document of a project that is to be split automatically: such a file declares nothing.)
   One in eight declared training groups serves for validation, by its hash.
2. Any other group keeps the split it had before (``previous``).
3. Every other group goes where the hash of its text falls: 20 % test, 10 % validation, 70 % training. That depends on
   its own text only, so adding documents moves nothing.
4. Hashes leave a small class badly divided now and then (10 documents give no test document 1 time in 9). So labels of
   at least 10 groups are corrected, rarest first, in the way of iterative stratification (Sechidis, Tsoumakas and
   Vlahavas, 2011, "On the stratification of multi-label data"): while a split has under 60 % or over 150 % of its share
   of a label, the new group nearest to it in hash order goes over, unless another label would then have less than it
   must. A label of fewer groups only gets what it can't do without: a training document.

Without ``previous`` the corrections of step 4, and the place of a document whose near duplicate arrives, may change for
a few documents as a project grows; with it nothing moves, but that a group whose members were apart goes to training.
"""

from __future__ import annotations

import hashlib
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from docplatform.documents.predictions import Split
from docplatform.labels.near_duplicates import groups, near_duplicates

TEST_SHARE = 0.20
VALIDATION_SHARE = 0.10
VALIDATION_SHARE_OF_DECLARED = 0.125
LEAST_STRATIFIED = 10
"""Labels of fewer groups aren't stratified."""
_SHARES = {Split.TEST: TEST_SHARE, Split.VALIDATION: VALIDATION_SHARE, Split.TRAIN: 1 - TEST_SHARE - VALIDATION_SHARE}
_LEAST, _MOST = 0.6, 1.5
"""How far below and above its share of a label a split may be."""
_NOT_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Item:
    """One document to be placed in a split."""

    document_id: str
    text: str
    labels: frozenset[str]
    declared: Split | None = None


def normalized_hash(text: str) -> str:
    """The same for texts that differ in case, white space, punctuation and Unicode form only (hex SHA-256)."""
    plain = _NOT_WORD.sub("", unicodedata.normalize("NFKC", text).casefold())
    return hashlib.sha256((plain or text).encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(slots=True)
class _Group:
    place: float
    """Where its hash falls, in [0, 1)."""
    labels: set[str]
    split: Split
    is_free: bool


def assign_splits(items: Sequence[Item], previous: Mapping[str, Split] | None = None) -> dict[str, Split]:
    """Document id to split, by the scheme above. Deterministic, whatever the order of ``items``.

    Args:
        items: the documents.
        previous: document id to the split it has had in this project's datasets so far.
    """
    members = _members(items)
    has_declared_test = any(item.declared is Split.TEST for item in items)
    made = {key: _group(key, group, previous or {}, has_declared_test) for key, group in members.items()}
    ordered = sorted(made.values(), key=lambda group: group.place)
    _stratify(ordered)
    return {item.document_id: made[key].split for key, group in members.items() for item in group}


def _members(items: Sequence[Item]) -> dict[str, list[Item]]:
    """The items of each group, by the least hash of its texts."""
    by_hash: dict[str, list[Item]] = {}
    for item in sorted(items, key=lambda item: item.document_id):
        by_hash.setdefault(normalized_hash(item.text), []).append(item)
    keys = sorted(by_hash)
    pairs = near_duplicates([by_hash[key][0].text for key in keys])
    members: dict[str, list[Item]] = {}
    for key, first in zip(keys, groups(len(keys), ((one, other) for one, other, _ in pairs)), strict=True):
        members.setdefault(keys[first], []).extend(by_hash[key])
    return members


def _group(key: str, members: Sequence[Item], previous: Mapping[str, Split], has_declared_test: bool) -> _Group:
    place = int(key[:13], 16) / 16**13
    labels = {label for item in members for label in item.labels}
    before = [previous[item.document_id] for item in members if item.document_id in previous]
    declared = {item.declared for item in members if item.declared is not None} if has_declared_test else set()
    if Split.TEST in declared:
        return _Group(place, labels, Split.TEST, is_free=False)
    if declared and Split.VALIDATION not in before and Split.TRAIN not in before:
        is_validation = place < VALIDATION_SHARE_OF_DECLARED
        return _Group(place, labels, Split.VALIDATION if is_validation else Split.TRAIN, is_free=False)
    if before:
        return _Group(place, labels, _strictest(before), is_free=False)
    return _Group(place, labels, _by_hash(place), is_free=True)


def _strictest(splits: Iterable[Split]) -> Split:
    """Where twins were apart (their texts have changed): what was trained on can't judge any more."""
    known = set(splits)
    return next(split for split in (Split.TRAIN, Split.VALIDATION, Split.TEST) if split in known)


def _by_hash(place: float) -> Split:
    if place < TEST_SHARE:
        return Split.TEST
    return Split.VALIDATION if place < TEST_SHARE + VALIDATION_SHARE else Split.TRAIN


def _stratify(ordered: Sequence[_Group]) -> None:
    """Step 4 of the scheme: labels rarest first; no move takes from another label what it must have."""
    by_label: dict[str, list[_Group]] = {}
    for group in ordered:
        for label in group.labels:
            by_label.setdefault(label, []).append(group)
    counts = {label: Counter(group.split for group in holding) for label, holding in by_label.items()}
    for label, holding in sorted(by_label.items(), key=lambda item: (len(item[1]), item[0])):
        _fill(label, holding, Split.TRAIN, counts, place=1.0)
        if len(holding) >= LEAST_STRATIFIED:
            _fill(label, holding, Split.TEST, counts, place=TEST_SHARE / 2)
            _fill(label, holding, Split.VALIDATION, counts, place=TEST_SHARE + VALIDATION_SHARE / 2)
            _thin_out(label, holding, Split.TEST, counts, place=TEST_SHARE / 2)
            _thin_out(label, holding, Split.VALIDATION, counts, place=TEST_SHARE + VALIDATION_SHARE / 2)


_Counts = Mapping[str, Counter[Split]]


def _least(split: Split, count: int) -> int:
    """What a split must have of a label that ``count`` groups have."""
    if count < LEAST_STRATIFIED:
        return 1 if split is Split.TRAIN else 0
    return math.ceil(_LEAST * _SHARES[split] * count)


def _fill(label: str, holding: Sequence[_Group], split: Split, counts: _Counts, *, place: float) -> None:
    """Move the groups nearest to ``place`` into ``split`` until it has what it must have of a label."""
    for group in sorted(holding, key=lambda group: abs(group.place - place)):
        if counts[label][split] >= _least(split, len(holding)):
            return
        if group.split is not split:
            _move(group, split, counts)


def _thin_out(label: str, holding: Sequence[_Group], split: Split, counts: _Counts, *, place: float) -> None:
    """Move the groups farthest from ``place`` to training while ``split`` has too much of a label."""
    most = max(_least(split, len(holding)), round(_MOST * _SHARES[split] * len(holding)))
    for group in sorted(holding, key=lambda group: -abs(group.place - place)):
        if counts[label][split] <= most:
            return
        if group.split is split:
            _move(group, Split.TRAIN, counts)


def _move(group: _Group, split: Split, counts: _Counts) -> None:
    """Move a new group, unless a label would then have less than it must in the split that the group leaves."""
    if not group.is_free or any(
        counts[label][group.split] <= _least(group.split, counts[label].total()) for label in group.labels
    ):
        return
    for label in group.labels:
        counts[label][group.split] -= 1
        counts[label][split] += 1
    group.split = split
