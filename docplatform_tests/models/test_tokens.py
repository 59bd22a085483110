from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docplatform.documents.predictions import Entity
from docplatform.models.local.bio import entity_ranges, ranges_of, tags_of
from docplatform.models.local.lexicon import Lexicon
from docplatform.models.local.token_features import TokenView
from docplatform.models.local.tokens import MAX_CHUNK, chunk, tokenize
from docplatform.models.local.word_features import Looks, WordFeatures, full_shape, shape


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("($623,463.00)", ["(", "$", "623", ",", "463", ".", "00", ")"]),
        ("INV2024-7b", ["INV", "2024", "-", "7", "b"]),
        ("O'Neil cafe\u0301", ["O", "'", "Neil", "cafe\u0301"]),
        ("東京都 123", ["東", "京", "都", "123"]),
        ("🙂ok", ["🙂", "ok"]),
        ("snake_case", ["snake", "_", "case"]),
        ("", []),
    ],
)
def test_tokens_are_runs_of_letters_runs_of_digits_and_single_signs(text: str, tokens: list[str]) -> None:
    assert [t.text for t in tokenize(text)] == tokens


@given(st.text(max_size=300))
def test_tokens_are_exact_slices_that_leave_only_white_space(text: str) -> None:
    tokens = tokenize(text)
    assert all(text[t.start : t.end] == t.text for t in tokens)
    edges = [0, *(edge for t in tokens for edge in (t.start, t.end)), len(text)]
    assert all(text[a:b].strip() == "" for a, b in zip(edges[::2], edges[1::2], strict=True))


@given(st.text(alphabet="ab. \n", max_size=1_500))
def test_chunks_cover_every_token_once_and_stay_small(text: str) -> None:
    tokens = tokenize(text)
    chunks = chunk(tokens)
    assert [i for a, b in chunks for i in range(a, b)] == list(range(len(tokens)))
    assert all(0 < b - a <= MAX_CHUNK for a, b in chunks)


@given(st.text(alphabet="a. \n", min_size=1, max_size=1_500), st.data())
def test_what_must_stay_together_is_never_cut(text: str, data: st.DataObject) -> None:
    tokens = tokenize(text)
    start = data.draw(st.integers(0, len(tokens)))
    end = data.draw(st.integers(start, len(tokens)))
    chunks = chunk(tokens, [(start, end)])
    assert [i for a, b in chunks for i in range(a, b)] == list(range(len(tokens)))
    assert start == end or any(a <= start and end <= b for a, b in chunks)


def test_chunks_end_at_paragraphs_then_lines_then_sentences() -> None:
    assert chunk(tokenize("a b\n\nc d\ne")) == [(0, 2), (2, 5)]
    lines = tokenize("\n".join(["w " * 90] * 5))
    assert [b - a for a, b in chunk(lines)] == [180, 180, 90]
    sentences = tokenize(("w " * 89 + "end. ") * 4)
    assert [b - a for a, b in chunk(sentences)] == [182, 182]


def test_windows_line_ends_count_once() -> None:
    assert [t.newlines for t in tokenize("a\r\nb\r\n\r\nc\rd")] == [1, 1, 2, 1]


def test_entities_survive_the_way_to_tags_and_back() -> None:
    text = "Ann Ash and Bob, 12.50 EUR"
    tokens = tokenize(text)
    labelled = [Entity("P", 0, 7, ""), Entity("P", 12, 3, ""), Entity("A", 17, 5, "")]
    ranges = entity_ranges(tokens, labelled)
    assert ranges_of(tags_of(len(tokens), ranges)) == ranges
    assert [text[tokens[a].start : tokens[b - 1].end] for a, b, _ in ranges] == ["Ann Ash", "Bob", "12.50"]


def test_neighbouring_entities_of_one_category_stay_two() -> None:
    assert ranges_of(tags_of(3, [(0, 1, "P"), (1, 3, "P")])) == [(0, 1, "P"), (1, 3, "P")]


def test_an_inside_tag_that_continues_nothing_begins_an_entity() -> None:
    assert ranges_of(["O", "I-P", "I-A", "B-A"]) == [(1, 2, "P"), (2, 3, "A"), (3, 4, "A")]


def test_of_overlapping_entities_the_longer_one_is_kept() -> None:
    tokens = tokenize("one two three")
    overlapping = [Entity("S", 0, 3, ""), Entity("L", 0, 7, ""), Entity("Z", 3, 1, "")]
    assert entity_ranges(tokens, overlapping) == [(0, 2, "L")]


@pytest.mark.parametrize(("word", "short", "full"), [("Loan", "Xx", "Xxxx"), ("2018", "d", "dddd"), ("$", "$", "$")])
def test_shapes(word: str, short: str, full: str) -> None:
    assert (shape(word), full_shape(word)) == (short, full)


def test_features_look_past_the_edges_of_a_chunk_but_not_past_the_line_for_its_words() -> None:
    view = TokenView.of(tokenize("Total due\n12 paid"), WordFeatures(Lexicon("en", {}), Looks(lines=True)))
    (features,) = view.features(2, 3)
    assert {"w=12", "-1w=due", "[total"} & set(features) == {"w=12", "-1w=due"}
    assert {"]paid", "Lat=0", "digits=2"} <= set(features)


def test_an_entity_longer_than_a_chunk_stays_whole() -> None:
    tokens = tokenize("w " * 500)
    assert chunk(tokens, [(0, 300)]) == [(0, 300), (300, 500)]


def test_a_view_tells_only_what_is_looked_at() -> None:
    tokens, lexicon = tokenize("Total amount due"), Lexicon("en", {"amount": ("32.1", "128.2")})
    seen = {
        looks: set(TokenView.of(tokens, WordFeatures(lexicon, looks)).features(1, 2)[0])
        for looks in (Looks(), Looks(lexicon=True), Looks(lines=True))
    }
    assert seen[Looks(lexicon=True)] - seen[Looks()] >= {"k=k", "c32.1", "c128.2", "-1k=kXx", "kk=k|k|k", "case=s|x"}
    assert seen[Looks(lines=True)] - seen[Looks()] == {"<total", ">due", "L=total amount", "Lat=1", "[total", "]due"}
    assert seen[Looks()] < seen[Looks(lexicon=True)] & seen[Looks(lines=True)] | {"0|+1c=128.2|"}


def test_words_are_described_the_same_whether_kept_or_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = tokenize("Loan of the loan, of the Loan.")
    kept = TokenView.of(tokens, WordFeatures(Lexicon("en", {}), Looks(lexicon=True))).features(0, len(tokens))
    monkeypatch.setattr("docplatform.models.local.word_features._MOST", 0)
    anew = TokenView.of(tokens, WordFeatures(Lexicon("en", {}), Looks(lexicon=True))).features(0, len(tokens))
    assert kept == anew
    assert kept[2:5] == TokenView.of(tokens, WordFeatures(Lexicon("en", {}), Looks(lexicon=True))).features(2, 5)


def test_glued_tokens_are_told_the_word_they_make_up() -> None:
    view = TokenView.of(tokenize("pay $1,200.00 now"), WordFeatures(Lexicon("en", {}), Looks()))
    rows = view.features(0, 8)
    assert [[f for f in row if f.startswith("W")] for row in rows] == [
        ["W=pay", "Ws=x"],
        *[["W=$1,200.00", "Ws=$d,d.d"]] * 6,
        ["W=now", "Ws=x"],
    ]
