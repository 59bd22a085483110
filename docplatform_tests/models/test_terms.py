from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer

from docplatform.models.local.distinctness import distinctness, spread
from docplatform.models.local.terms import WORD, Terms
from docplatform_tests.models.letters import single_label

TEXTS = [*(e.text for e in single_label(30)), "A a\u00a0b  İstanbul\tx", "x", "", "straße ǅ 2,50 €"]


@pytest.mark.parametrize(("analyzer", "ngrams"), [("word", (1, 2)), ("char_wb", (2, 5)), ("char_wb", (1, 1))])
def test_terms_and_rows_are_those_of_scikit_learn(analyzer: str, ngrams: tuple[int, int]) -> None:
    pattern = WORD if analyzer == "word" else None
    theirs = TfidfVectorizer(
        analyzer=analyzer, ngram_range=ngrams, min_df=2, sublinear_tf=True, dtype=np.float32, token_pattern=pattern
    )
    expected = theirs.fit_transform(TEXTS)
    terms, rows = Terms.fit(analyzer, ngrams, 1.0, TEXTS, in_texts=2, most=100_000)
    assert terms.names == list(theirs.get_feature_names_out())
    assert abs(rows - expected).max() < 1e-6
    unseen = ["a new text about x", *TEXTS[:3]]
    assert abs(terms.rows(unseen) - theirs.transform(unseen)).max() < 1e-6


def test_the_most_frequent_terms_are_kept_and_of_equally_frequent_ones_the_first_by_name() -> None:
    terms, _ = Terms.fit("word", (1, 1), 1.0, ["d d d a", "c b", "b"], in_texts=1, most=3)
    assert terms.names == ["a", "b", "d"]


def test_a_term_is_lone_that_were_none_without_one_of_its_texts() -> None:
    texts = ["a b b", "a c", "a b d", "a d"]

    def lone(in_texts: int, most: int) -> dict[str, bool]:
        terms, _ = Terms.fit("word", (1, 1), 1.0, texts, in_texts=in_texts, most=most)
        return dict(zip(terms.names, terms.is_lone, strict=True))

    assert lone(1, 9) == {"a": False, "b": False, "c": True, "d": False}
    assert lone(2, 9) == {"a": False, "b": True, "d": True}
    assert lone(1, 2) == {"a": False, "b": True}


def test_rows_have_the_length_asked_for() -> None:
    _, rows = Terms.fit("char_wb", (2, 3), 1.4, ["abc", "abd abd"], in_texts=1, most=100)
    assert np.sqrt(rows.multiply(rows).sum(axis=1)) == pytest.approx(1.4, abs=1e-6)


@pytest.mark.parametrize("texts", [["", " "], ["one", "two"]])
def test_without_a_term_in_two_texts_there_are_none(texts: list[str]) -> None:
    assert Terms.fit("word", (1, 1), 1.0, texts, in_texts=2, most=100) is None


def stands(*columns: str) -> csr_matrix:
    """Terms by who has them: a letter's place is the example."""
    return csr_matrix(np.array([[c == "x" for c in column] for column in columns], dtype=np.float32).T)


def test_a_term_is_distinct_that_stands_in_one_class_and_only_as_far_as_chance_did_not_put_it_there() -> None:
    has = np.arange(40)[:, None] // 20 == np.arange(2)
    rows = stands("x" * 20 + "." * 20, "x" * 40, "x" * 2 + "." * 38, "x" + "." * 39, "xxxx".ljust(20, ".") + "xx" * 10)
    one_class, both, twice, once, leaning = distinctness(rows, has)
    assert (one_class, both, twice, once) == pytest.approx((1.0, 0.0, 1.0, 0.0))
    assert 0 < leaning < 0.5


def test_classes_count_alike_however_many_examples_they_have() -> None:
    has = np.stack([np.arange(40) < 30, np.arange(40) >= 30], axis=1)
    (told,) = distinctness(stands(("x" * 15).ljust(30, ".") + "xxxxx....."), has)
    assert told == 0.0


def test_spread_leaves_rows_as_long_as_they_were_in_the_square_mean() -> None:
    rows = stands("x" * 20 + "." * 20, "x" * 40)
    has = np.arange(40)[:, None] // 20 == np.arange(2)
    factor = spread(rows, has)
    assert factor[0] > 1 > factor[1]
    scaled = rows.multiply(factor)
    assert scaled.multiply(scaled).sum() == pytest.approx(rows.multiply(rows).sum(), rel=1e-5)
