import pytest

from docplatform.text.summarizing import key_phrases, split_sentences, summarize
from docplatform.text.words import lemmas, stems, stop_word_languages, stop_words, tokenize


@pytest.mark.parametrize(
    ("text", "language", "tokens"),
    [
        ("It’s the Company's 2nd OFFER (№ 42)", "en", ["it's", "the", "company's", "2nd", "offer", "42"]),
        ("l'homme dell’anno", "it", ["l", "homme", "dell", "anno"]),
        ("नमस्ते दुनिया", "hi", ["नमस्ते", "दुनिया"]),
        ("snake_case, kebab-case", "en", ["snake", "case", "kebab", "case"]),
        ("", "en", []),
    ],
)
def test_text_is_split_into_lower_cased_words(text: str, language: str, tokens: list[str]) -> None:
    assert tokenize(text, language) == tokens


def test_the_common_european_languages_have_stop_words() -> None:
    assert {"en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "no", "fi", "pl", "cs"} == set(stop_word_languages())


@pytest.mark.parametrize("language", stop_word_languages())
def test_stop_words_are_lower_cased_words_without_doubles(language: str) -> None:
    words = stop_words(language)
    assert len(words) > 90
    assert all(word == word.lower() and word.strip("'") == word for word in words)
    assert not words & {"loan", "borrower", "error", "invoice"}


@pytest.mark.parametrize(
    ("word", "language", "lemma"),
    [
        ("agreements", "en", "agreement"),
        ("häuser", "de", "haus"),
        ("mangeaient", "fr", "manger"),
        ("quelquechose", "xx", "quelquechose"),
        ("bøker", "no", "bok"),
        ("a" * 41, "en", "a" * 41),
    ],
)
def test_words_get_their_dictionary_form(word: str, language: str, lemma: str) -> None:
    assert lemmas([word], language) == (lemma,)


@pytest.mark.parametrize(
    ("word", "language", "stem"),
    [("agreements", "en", "agreement"), ("häuser", "de", "haus"), ("word", "xx", "word"), ("b" * 50, "en", "b" * 50)],
)
def test_words_get_their_stem(word: str, language: str, stem: str) -> None:
    assert stems([word], language) == (stem,)


def test_lines_of_a_form_are_sentences_and_wrapped_lines_are_not() -> None:
    wrapped = "This is a line long enough to have been wrapped by a printer, so\nIt goes on. Next."
    text = f"Invoice 4711\nTotal: 12.50\n\n{wrapped}"
    sentences = split_sentences(text, "en")
    assert sentences[:2] == ["Invoice 4711", "Total: 12.50"]
    assert sentences[-1] == "Next."
    assert len(sentences) == 4


@pytest.mark.parametrize("count", [0, -1])
def test_nothing_is_chosen_where_nothing_is_asked_for(count: int) -> None:
    assert key_phrases("the loan amount", "en", count) == ()
    assert summarize("The loan amount is due.", "en", count) == ""


def test_phrases_end_at_stop_words_and_punctuation_and_hold_a_word() -> None:
    phrases = key_phrases("Error code E42 of the payments server. 12 34, server room; the error code", "en", 10)
    assert set(phrases) == {"error code e42", "payments server", "server room", "error code"}


def test_what_is_said_often_ranks_before_what_is_said_once() -> None:
    text = "interest rate. " * 5 + "a quaint old house."
    assert key_phrases(text, "en", 1) == ("interest rate",)


def test_runs_longer_than_four_words_are_no_phrases() -> None:
    assert key_phrases("alpha beta gamma delta epsilon", "en", 5) == ()


def test_a_sentence_without_end_is_cut_in_the_summary() -> None:
    assert len(summarize("word " * 1_000, "en", 1)) == 600
