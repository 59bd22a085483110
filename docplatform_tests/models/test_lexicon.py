from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from docplatform.models.local.lexicon import Lexicon, forms_of, learn_lexicon
from docplatform.models.local.tokens import token_texts, tokenize
from docplatform.models.local.word_clusters import cluster_words

_NAMES = ["Alma", "Boris", "Clara", "Dmitri", "Elena", "Farid", "Greta", "Hugo"]
_TOWNS = ["Oslo", "Lima", "Cairo", "Quito", "Riga", "Turin", "Osaka", "Perth"]


def travels() -> list[str]:
    """Everyone goes everywhere: names keep one company, towns another."""
    return [f"Yesterday Mr {name} drove off to {town} by car." for name in _NAMES for town in _TOWNS] + [
        f"The city of {town} greeted Mrs {name} warmly." for name in _NAMES for town in _TOWNS
    ]


def test_words_that_keep_the_same_company_fall_into_one_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docplatform.models.local.word_clusters.GRANULARITIES", (8,))
    words, table = cluster_words([forms_of(text) for text in travels()])
    cluster = dict(zip(words, table[:, 0].tolist(), strict=True))
    names, towns = {cluster[name.lower()] for name in _NAMES}, {cluster[town.lower()] for town in _TOWNS}
    assert len(names) == len(towns) == 1
    assert names != towns


def test_few_words_have_no_clusters_but_are_known_all_the_same() -> None:
    words, table = cluster_words([["a", "b"], ["b"], ["a"]])
    assert (words, table.shape) == (["a", "b"], (2, 0))
    assert cluster_words([])[0] == []


def test_the_order_of_texts_changes_nothing_about_counts_and_words() -> None:
    texts = [forms_of(text) for text in travels()]
    (words, table), (again, table_again) = cluster_words(texts), cluster_words(texts)
    assert words == again
    assert np.array_equal(table, table_again)


def test_a_lexicon_comes_back_from_its_files() -> None:
    lexicon = learn_lexicon(travels(), [], language=None).lexicon
    assert lexicon.language == "en"
    assert Lexicon.of_files("en", lexicon.files()) == lexicon
    with pytest.raises(ValueError, match="rows of clusters"):
        Lexicon.of_files("en", {**lexicon.files(), "words.txt": b"one"})


def test_words_of_the_language_are_told_from_names() -> None:
    lexicon = Lexicon("en", {})
    assert [lexicon.sort(form) for form in ("agreement", "zxqwv", "2018", "$")] == ["k", "u", "-", "-"]
    assert Lexicon("xx", {}).sort("agreement") == "u"


def test_what_only_held_out_texts_say_is_forgotten() -> None:
    learned = learn_lexicon(["alpha alpha beta beta", "beta gamma gamma"], [], language="en")
    kept = learned.lexicon.without(learned.counts, Counter(["beta", "gamma", "gamma"]))
    assert sorted(kept.clusters) == ["alpha", "beta"]


def test_familiarity_is_the_share_of_words_seen_before() -> None:
    lexicon = Lexicon("en", {"a": (), "b": ()})
    assert lexicon.familiarity(["a", "c"] * 10) == 0.5
    assert lexicon.familiarity(["a", "."] * 10) is None


def test_texts_of_tokens_are_those_of_tokenize() -> None:
    text = "Straße 12, no. 4\r\n\r\n東京 #tag_it a\u0301b"
    assert token_texts(text) == [token.text for token in tokenize(text)]
