"""Key phrases and extractive summaries, by published methods that need no model.

Belongs here: choosing phrases and sentences. Doesn't: single words.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator

from docplatform.text.words import stop_words, tokenize

_LONGEST_PHRASE = 4
_WRAPPED_LINE = 60
"""A line at least this long (characters) was probably wrapped: the next line goes on with its sentence."""
_LONGEST_SENTENCE = 600
_ALIKE = 0.7
_PHRASE_BREAK = re.compile(r"[^\w\s'’&-]+|\s-+\s|\n+")


def key_phrases(text: str, language: str, count: int) -> tuple[str, ...]:
    """The ``count`` phrases that say most what ``text`` is about, lower-cased, best first.

    RAKE (Rose, Engel, Cramer and Cowley, 2010, "Automatic keyword extraction from individual documents"): candidates
    are runs of words between stop words and punctuation; a word scores degree / frequency, a phrase the sum of its
    words. Two changes: candidates have at most four words, and a phrase said several times scores (1 + ln n) as much,
    since plain RAKE ranks what is said once and long over what the text is about. A language without stop words has
    single words as candidates. Ties go to the phrase that comes first.
    """
    if count <= 0:
        return ()
    candidates = Counter(_candidates(text, language))
    frequency: Counter[str] = Counter()
    degree: Counter[str] = Counter()
    for phrase, times in candidates.items():
        for word in phrase:
            frequency[word] += times
            degree[word] += times * len(phrase)

    def score(phrase: tuple[str, ...]) -> float:
        return sum(degree[word] / frequency[word] for word in phrase) * (1 + math.log(candidates[phrase]))

    ranked = sorted(candidates, key=lambda phrase: round(-score(phrase), 9))
    return tuple(" ".join(phrase) for phrase in ranked[:count])


def _candidates(text: str, language: str) -> Iterator[tuple[str, ...]]:
    stops = stop_words(language)
    for fragment in _PHRASE_BREAK.split(text):
        run: list[str] = []
        for word in [*tokenize(fragment, language), ""]:
            if word and word not in stops and stops:
                run.append(word)
                continue
            if word and not stops and len(word) > 1 and not word.isdigit():
                yield (word,)
            if 0 < len(run) <= _LONGEST_PHRASE and any(len(part) > 2 and part.isalpha() for part in run):
                yield tuple(run)
            run = []


def summarize(text: str, language: str, count: int) -> str:
    """The ``count`` most central sentences of ``text``, in their order, joined by spaces.

    Centroid summary (Radev, Jing, Styś and Tam, 2004, "Centroid-based summarization of multiple documents"): a sentence
    scores the cosine of its TF-ISF vector with the text's. A sentence that repeats a chosen one (cosine over 0.7) is
    passed over. Linear in the text, where TextRank is quadratic in its sentences. Sentences of fewer than three words
    are chosen only where there are not enough others; those over 600 characters are cut there.
    """
    if count <= 0:
        return ""
    sentences = split_sentences(text, language)
    vectors = _vectors(sentences, language)
    centroid: Counter[str] = Counter()
    for vector in vectors:
        centroid.update(vector)
    chosen: list[int] = []
    for index in sorted(range(len(sentences)), key=lambda i: _rank(vectors[i], centroid)):
        if len(chosen) == count:
            break
        if all(_cosine(vectors[index], vectors[other]) <= _ALIKE for other in chosen):
            chosen.append(index)
    return " ".join(sentences[index][:_LONGEST_SENTENCE].replace("\n", " ") for index in sorted(chosen))


def _rank(vector: Counter[str], centroid: Counter[str]) -> tuple[bool, float]:
    """Sort key: real sentences first, the most central of them foremost."""
    return len(vector) < 3, -round(_cosine(vector, centroid), 9)


def _vectors(sentences: list[str], language: str) -> list[Counter[str]]:
    """TF-ISF: term frequency times the logarithm of inverse sentence frequency, smoothed so that it is never 0."""
    stops = stop_words(language)
    bags = [Counter(word for word in tokenize(sentence, language) if word not in stops) for sentence in sentences]
    spread = Counter(word for bag in bags for word in bag)
    weighted: list[Counter[str]] = []
    for bag in bags:
        vector: Counter[str] = Counter()
        for word, times in bag.items():
            vector[word] = times * (1 + math.log(len(bags) / spread[word]))  # type: ignore[assignment]
        weighted.append(vector)
    return weighted


def _cosine(one: Counter[str], other: Counter[str]) -> float:
    small, large = (one, other) if len(one) <= len(other) else (other, one)
    dot = sum(value * large[word] for word, value in small.items() if word in large)
    return dot / (_norm(one) * _norm(other)) if dot else 0.0


def _norm(vector: Counter[str]) -> float:
    return math.sqrt(sum(value * value for value in vector.values()))


def split_sentences(text: str, language: str) -> list[str]:
    """The sentences of ``text`` in order. Lines of forms and lists are sentences of their own."""
    import simplemma

    code = language if len(language) == 2 and language.isalpha() else None
    return [sentence for block in _blocks(text) for sentence in simplemma.split_sentences(block, code)]


def _blocks(text: str) -> Iterator[str]:
    """Lines put together where a sentence goes on over the line's end."""
    block: list[str] = []
    for line in text.split("\n"):
        goes_on = bool(block) and bool(line) and (line[0].islower() or len(block[-1]) >= _WRAPPED_LINE)
        if block and not goes_on:
            yield " ".join(block)
            block = []
        if line:
            block.append(line)
    if block:
        yield " ".join(block)
