"""What is worth labelling next: unsure, and unlike what is known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docplatform.evaluation.selection import choose

SHIPPING = ["the parcel is late again", "the parcel is late", "our parcel came late"]
BILLING = ["please pay this invoice", "this invoice was paid"]
ODD = ["weather report for tuesday"]


def test_texts_unlike_each_other_come_first():
    texts = [*SHIPPING, *BILLING, *ODD]
    groups = [0, 0, 0, 1, 1, 2]
    assert {groups[index] for index in choose(texts, 3)} == {0, 1, 2}


def test_it_begins_at_the_most_typical_text():
    assert choose([*ODD, *SHIPPING], 1)[0] in (1, 2, 3)


def test_what_is_like_labelled_texts_comes_last():
    assert choose([*SHIPPING, *BILLING], 2, labeled=["the parcel is late again"])[0] >= 3
    assert choose(["the parcel is late again", *BILLING], 3, labeled=["the parcel is late again"])[-1] == 0


def test_the_unsure_come_before_the_sure():
    assert choose(BILLING + ODD, 1, uncertainty=[0.1, 0.9, 0.2]) == [1]


def test_those_that_are_to_be_first_are_whatever_the_others_are():
    chosen = choose([*SHIPPING, *ODD], 4, uncertainty=[0.1, 0.0, 0.9, 1.0], labeled=[SHIPPING[1]], first=[0, 1])
    assert chosen == [0, 1, 3, 2]


def test_of_equal_texts_only_one_is_among_the_first():
    texts = ["same text", "same text", "another one", "same text"]
    assert {texts[index] for index in choose(texts, 2, uncertainty=[0.9, 0.9, 0.3, 0.9])} == {
        "same text",
        "another one",
    }


@pytest.mark.parametrize(("texts", "limit"), [([], 3), (["a text"], 0), ([""], 1), (["", ""], 5)])
def test_little_or_nothing_to_choose_from_is_no_error(texts, limit):
    assert sorted(choose(texts, limit)) == list(range(min(limit, len(texts))))


def test_an_uncertainty_for_each_is_asked_for():
    with pytest.raises(ValueError, match="1 uncertainties for 2"):
        choose(["a", "b"], 1, uncertainty=[0.5])


@given(st.lists(st.text(max_size=12), max_size=8), st.integers(0, 10), st.booleans())
def test_as_many_as_asked_for_each_once_and_the_same_every_time(texts, limit, is_known):
    uncertainty = [len(text) / 12 for text in texts] if is_known else None
    chosen = choose(texts, limit, uncertainty=uncertainty)
    assert len(set(chosen)) == len(chosen) == min(limit, len(texts))
    assert choose(texts, limit, uncertainty=uncertainty) == chosen
