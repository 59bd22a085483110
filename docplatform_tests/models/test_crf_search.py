from __future__ import annotations

import pytest

from docplatform.documents.predictions import LabeledExample
from docplatform.models.local import crf_search
from docplatform.models.local.crf import Settings, TokenSequences, fit_crf
from docplatform.models.local.crf_search import Labelled, Trial, Tryout, names_f1
from docplatform.models.local.lexicon import Lexicon, learn_lexicon
from docplatform.models.local.word_features import Looks, WordFeatures
from docplatform_tests.models.letters import entities, joined

SETTINGS = Settings(0.1, 0.1)


def labelled(examples: list[LabeledExample]) -> Labelled:
    learned = learn_lexicon([e.text for e in examples], [], language="en")
    return Labelled(examples, [False] * len(examples), learned)


def looks_of(examples: list[LabeledExample]) -> Looks:
    return Tryout.looking_at_what_helps(labelled(examples), SETTINGS, max_iterations=30, recall_bias=None).looks


def test_the_line_is_looked_at_where_the_role_stands_at_its_end() -> None:
    far = " of no fixed abode and of sound mind and of full age, hereinafter called the "
    roles = [
        joined(f"d{i}", [(role, name), ("", f"{far}{role.lower()}\n")])
        for i, (name, role) in enumerate(
            (name, role) for name in ("Ann", "Bob", "Caro", "Dan", "Eve", "Finn") for role in ("Lender", "Borrower")
        )
    ]
    assert looks_of(roles) == Looks(lines=True)


def test_no_more_is_looked_at_where_a_word_and_its_neighbours_tell() -> None:
    amounts = [joined(f"d{i}", [("", f"Paid {i} times: $"), ("Amount", f"{i}25.00"), ("", ".\n")]) for i in range(12)]
    assert looks_of(amounts) == Looks()


def test_the_dictionary_is_looked_at_where_only_it_tells_names_from_words() -> None:
    words = ["Letter", "Window", "Garden", "Butter", "Silver", "Bridge", "Master", "Summer", "Market", "Number"]
    examples = []
    for i, word in enumerate(words):
        lines = [("", f"{word}\n"), ("Name", f"{word[:2]}{word[4]}{word[2:4]}{word[5:]}"), ("", "\n")]
        examples.append(joined(f"d{i}", lines if i % 2 else [*lines[1:], lines[0]]))
    assert looks_of(examples).lexicon


def test_with_few_documents_lines_are_looked_at_untried() -> None:
    assert looks_of(entities(9)) == Looks(lines=True)


def test_each_of_a_few_documents_is_held_out_in_turn() -> None:
    trials = crf_search._trials(labelled(entities(5)), Looks())
    assert [(len(trial.kept), len(trial.held_out)) for trial in trials] == [(4, 1)] * 5


def test_of_long_documents_the_search_looks_at_the_beginning_of_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crf_search, "_SEARCH_TOKENS", 120)
    trials = crf_search._trials(labelled(entities(14)), Looks())
    assert len(trials[0].kept) + len(trials[0].held_out) == 10
    whole = TokenSequences.of(entities(14)[0], WordFeatures(Lexicon("en", {}), Looks()))
    for document in trials[0].kept:
        assert len(document.tags) < len(whole.tags)
        assert all(last <= sum(map(len, document.tags)) for _, last, _ in document.entities)


def test_a_name_counts_once_a_document_however_often_it_stands_there() -> None:
    known = WordFeatures(Lexicon("en", {}), Looks())
    learned = joined(
        "a", [("", "the "), ("Party", "Borrower"), ("", " pays and the "), ("Party", "Borrower"), ("", ".")]
    )
    crf = fit_crf([TokenSequences.of(learned, known)], Settings(0.0, 0.01), 30)
    often = [("", "the "), ("Party", "Borrower"), ("", " pays the ")] * 3
    held_out = TokenSequences.of(joined("b", [*often, ("", "and "), ("Party", "12"), ("", " too")]), known)
    assert names_f1([Trial([], [held_out], [])], [crf]) == pytest.approx(2 / 3)
    assert names_f1([], []) == 0.0
