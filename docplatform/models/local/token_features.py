"""What a conditional random field sees of each token: its form, its shape, its neighbours and its place in the line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from docplatform.models.local.tokens import Token
from docplatform.models.local.word_features import Looks, Word, WordFeatures, shape

_FAR = 4
"""Neighbours to each side that are told as being near, in whatever place."""
_IN_LINE = 25
"""Words to each side in the same line that are told, in whatever place. Which party an address belongs to stands at the
other end of its line: this took Microsoft's loan agreements from F1 .82 to .97."""
_WORD = 12
"""Glued tokens that make up a word."""
_LONGEST = 40
"""Characters of a word of glued tokens that are looked at."""
_SENTENCE_END = frozenset(".!?:。！？")
_OPENING = 8
"""Tokens before one that are looked at for the end of a sentence, over quotes, brackets and dashes."""
_CASE = 100
"""Tokens of a line that tell how it is written."""
_MIXED = 0.6
"""Share of a line's words in capitals, or with a capital, from which on capitals tell nothing."""
_NEIGHBOURS = tuple((step, place, f"{step}none") for place, step in enumerate((-2, -1, 1, 2)))


@dataclass(frozen=True)
class TokenView:
    """All tokens of a text, as the CRF sees them."""

    looks: Looks
    words: Sequence[Word]
    forms: Sequence[str]
    glued: Sequence[range]
    """For each token, the tokens it is glued to."""
    lines: Sequence[range]
    """For each token, the tokens of its line."""

    @classmethod
    def of(cls, tokens: Sequence[Token], known: WordFeatures) -> TokenView:
        """Look at the tokens of a text."""
        words = [known.word(token.text) for token in tokens]
        return cls(
            looks=known.looks,
            words=words,
            forms=[word.form for word in words],
            glued=_groups([token.is_glued for token in tokens]),
            lines=_groups([token.newlines == 0 for token in tokens]),
        )

    def features(self, start: int, end: int) -> list[list[str]]:
        """Features of some tokens, as strings. They look past the edges of the range, not past the text's."""
        rows = [list(word.own) for word in self.words[start:end]]
        self._add_neighbours(rows, start)
        self._add_pairs(rows, start)
        self._add_glued(rows, start)
        if self.looks.lexicon:
            self._add_case(rows, start)
        if self.looks.lines:
            self._add_near(rows, start)
            self._add_line(rows, start)
        return rows

    def _add_neighbours(self, rows: list[list[str]], start: int) -> None:
        words, count = self.words, len(self.words)
        for i, row in enumerate(rows, start):
            for step, place, none in _NEIGHBOURS:
                if 0 <= i + step < count:
                    row += words[i + step].beside[place]
                else:
                    row.append(none)

    def _add_pairs(self, rows: list[list[str]], start: int) -> None:
        """The token with the one before it, and with the one behind."""
        first, last = max(0, start - 1), start + len(rows)
        for i in range(first, min(last, len(self.words) - 1)):
            one, two = self.words[i], self.words[i + 1]
            pair = [f"={one.form}|{two.form}", f"s={one.shape}|{two.shape}"]
            if self.looks.lexicon:
                pair.append(f"c={one.cluster}|{two.cluster}")
            if i >= start:
                rows[i - start] += [f"0|+1{feature}" for feature in pair]
            if i + 1 < last:
                rows[i + 1 - start] += [f"-1|0{feature}" for feature in pair]

    def _add_glued(self, rows: list[list[str]], start: int) -> None:
        """What stands between white space around the token: ``($1,200.00)`` for its ``200``."""
        seen, features = range(0), ("", "")
        for i, row in enumerate(rows, start):
            group = self.glued[i]
            if len(group) == 1:
                row += self.words[i].alone
                continue
            if group != seen:
                text = "".join(word.text for word in self.words[group.start : group.stop][:_WORD])[:_LONGEST]
                seen, features = group, (f"W={text.lower()}", f"Ws={shape(text)}")
            row += features

    def _add_case(self, rows: list[list[str]], start: int) -> None:
        """What a capital tells here, and whether the token stands among words of the dictionary."""
        words, last = self.words, len(self.words) - 1
        seen, case = range(0), ""
        for i, row in enumerate(rows, start):
            line, word = self.lines[i], words[i]
            if line != seen:
                seen, case = line, _case([w.text for w in words[line.start : line.stop][:_CASE]])
            before, after = words[i - 1].sort if i else "", words[i + 1].sort if i < last else ""
            row += (
                f"case={case}|{word.shape}",
                f"{self._opening(i, line)}|{word.shape}",
                f"kk={before}|{word.sort}|{after}",
            )

    def _opening(self, i: int, line: range) -> str:
        """Whether a token begins a line or a sentence, where any word has a capital."""
        for j in range(i - 1, max(line.start, i - _OPENING) - 1, -1):
            text = self.words[j].text
            if text in _SENTENCE_END:
                return "first"
            if text.isalnum():
                return "inside"
        return "first" if i - line.start <= _OPENING else "inside"

    def _add_near(self, rows: list[list[str]], start: int) -> None:
        forms = self.forms
        for i, row in enumerate(rows, start):
            row += _marked("<", forms[max(0, i - _FAR) : i])
            row += _marked(">", forms[i + 1 : i + 1 + _FAR])

    def _add_line(self, rows: list[list[str]], start: int) -> None:
        forms = self.forms
        for i, row in enumerate(rows, start):
            line = self.lines[i]
            row += (f"L={' '.join(forms[line.start : line.stop][:2])}", f"Lat={min(i - line.start, 4)}")
            if i == line.stop - 1:
                row.append("Lend")
            row += _marked("[", filter(str.isalpha, forms[max(line.start, i - _IN_LINE) : i]))
            row += _marked("]", filter(str.isalpha, forms[i + 1 : min(line.stop, i + 1 + _IN_LINE)]))


def _marked(mark: str, forms: Iterable[str]) -> list[str]:
    """Each form once."""
    return [mark + form for form in dict.fromkeys(forms)]


def _case(texts: Sequence[str]) -> str:
    """How a line is written: ``U`` shouted, ``T`` every word with a capital, ``s`` one word with, ``l`` none, ``m``."""
    words = [text for text in texts if len(text) > 1 and text.isalpha()]
    capitals = sum(word[0].isupper() for word in words)
    if not capitals:
        return "l"
    if sum(word.isupper() for word in words) >= _MIXED * len(words):
        return "U"
    if capitals >= _MIXED * len(words):
        return "T"
    return "s" if capitals == 1 else "m"


def _groups(joins_the_one_before: Sequence[bool]) -> list[range]:
    """For each token, the run of joined tokens it belongs to."""
    groups: list[range] = []
    count = len(joins_the_one_before)
    start = 0
    for i in range(1, count + 1):
        if i == count or not joins_the_one_before[i]:
            groups += [range(start, i)] * (i - start)
            start = i
    return groups
