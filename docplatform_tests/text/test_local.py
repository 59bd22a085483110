import dataclasses
import subprocess
import sys

import pytest

from docplatform.settings import TextSettings
from docplatform.text.base import PreprocessedText, TextPreprocessor
from docplatform.text.local import LocalTextPreprocessor

ENGLISH = """LOAN AGREEMENT

This agreement is made between the borrower and the lender. The lender's bank pays the loan amount to the borrower.
The borrower repays the loan amount with interest. Interest is calculated monthly on the loan amount.

Weather was fine that day. Any late payment of interest costs the borrower a late payment fee."""


@pytest.fixture(scope="module")
def preprocessor() -> TextPreprocessor:
    return LocalTextPreprocessor(TextSettings())


@pytest.fixture(scope="module")
def without_lemmas() -> TextPreprocessor:
    """For texts whose lemmas don't matter: a dictionary takes a second or two to load."""
    return LocalTextPreprocessor(TextSettings(lemmatize=False))


@pytest.fixture(scope="module")
def english(preprocessor: TextPreprocessor) -> PreprocessedText:
    return preprocessor.preprocess(ENGLISH)


@pytest.mark.parametrize(
    ("content", "language"),
    [
        (ENGLISH, "en"),
        ("Der Vertrag wurde gestern zwischen den beiden Parteien unterschrieben und beginnt sofort.", "de"),
        ("Le contrat a été signé hier entre les deux parties et prend effet immédiatement.", "fr"),
        ("El contrato fue firmado ayer entre las dos partes y entra en vigor inmediatamente.", "es"),
        ("Il contratto è stato firmato ieri tra le due parti ed entra subito in vigore.", "it"),
        ("Het contract werd gisteren tussen de twee partijen ondertekend en gaat meteen in.", "nl"),
        ("", "und"),
        ("   \n ", "und"),
        ("4711 0815 12.50", "und"),
        ("Total", "und"),
    ],
)
def test_language_is_detected_or_undetermined(without_lemmas: TextPreprocessor, content: str, language: str) -> None:
    result = without_lemmas.preprocess(content)
    assert result.language == language
    assert (result.language_confidence == 0.0) == (language == "und")
    assert 0.0 <= result.language_confidence <= 1.0


def test_empty_text_gives_empty_fields(preprocessor: TextPreprocessor) -> None:
    assert preprocessor.preprocess("") == PreprocessedText(
        cleaned="", language="und", language_confidence=0.0, tokens=(), lemmas=(), stems=(), key_phrases=(), summary=""
    )


def test_every_token_has_its_lemma_and_its_stem(english: PreprocessedText) -> None:
    assert len(english.tokens) == len(english.lemmas) == len(english.stems) > 20
    words = dict(zip(english.tokens, zip(english.lemmas, english.stems, strict=True), strict=True))
    assert words["calculated"] == ("calculate", "calcul")
    assert words["lender's"] == ("lender", "lender")
    assert words["pays"][0] == "pay"


def test_stop_words_are_gone_and_what_matters_stays(english: PreprocessedText) -> None:
    assert not {"the", "is", "and", "between", "with"} & set(english.tokens)
    assert {"borrower", "interest", "loan", "amount"} <= set(english.tokens)


def test_key_phrases_say_what_the_text_is_about(english: PreprocessedText) -> None:
    assert "loan amount" in english.key_phrases
    assert len(english.key_phrases) <= 10
    assert len(set(english.key_phrases)) == len(english.key_phrases)


def test_the_summary_holds_central_sentences_in_their_order(english: PreprocessedText) -> None:
    assert "Weather" not in english.summary
    assert "loan amount" in english.summary
    sentences = [part for part in ENGLISH.replace("\n", " ").split(". ") if part.strip(". ") in english.summary]
    places = [english.summary.index(sentence.strip(". ")) for sentence in sentences if sentence.strip(". ")]
    assert places == sorted(places)


def test_the_summary_passes_over_a_sentence_said_twice(preprocessor: TextPreprocessor) -> None:
    sentence = "The server payments-api failed because of a timeout in the database."
    summary = preprocessor.preprocess(
        f"{sentence} {sentence} {sentence} The database was restarted by the team."
    ).summary
    assert summary.count(sentence) == 1
    assert "restarted" in summary


def test_elided_articles_are_split_off_in_french(without_lemmas: TextPreprocessor) -> None:
    tokens = without_lemmas.preprocess("L'accord de l'entreprise est signé aujourd’hui, d'après le directeur.").tokens
    assert {"accord", "entreprise"} <= set(tokens)
    assert "l" not in tokens


@pytest.mark.parametrize(
    ("switched_off", "empty"),
    [
        ({"lemmatize": False}, {"lemmas": ()}),
        ({"stem": False}, {"stems": ()}),
        ({"key_phrases": 0}, {"key_phrases": ()}),
        ({"summary_sentences": 0}, {"summary": ""}),
        ({"clean": False}, {"cleaned": ENGLISH + "\r\n"}),
        ({"detect_language": False}, {"language": "und", "language_confidence": 0.0}),
    ],
)
def test_a_step_that_is_switched_off_leaves_its_field_empty(
    switched_off: dict[str, object], empty: dict[str, object]
) -> None:
    settings = TextSettings().model_copy(update=switched_off)
    result = dataclasses.asdict(LocalTextPreprocessor(settings).preprocess(ENGLISH + "\r\n"))
    assert {name: result[name] for name in empty} == empty


def test_stop_words_stay_where_removing_them_is_switched_off() -> None:
    result = LocalTextPreprocessor(TextSettings(remove_stop_words=False)).preprocess(ENGLISH)
    assert "the" in result.tokens


@pytest.mark.parametrize("name", sorted(TextSettings.model_fields))
def test_the_fingerprint_changes_with_every_setting(name: str) -> None:
    default = TextSettings()
    value = getattr(default, name)
    changed = default.model_copy(update={name: value + 1 if type(value) is int else not value})
    assert LocalTextPreprocessor(default).fingerprint == LocalTextPreprocessor(TextSettings()).fingerprint
    assert LocalTextPreprocessor(default).fingerprint != LocalTextPreprocessor(changed).fingerprint


def test_the_same_text_gives_the_same_result_in_another_process(english: PreprocessedText) -> None:
    script = (
        "from docplatform.settings import TextSettings\n"
        "from docplatform.text.local import LocalTextPreprocessor\n"
        "import sys\n"
        "print(ascii(LocalTextPreprocessor(TextSettings()).preprocess(sys.argv[1])))"
    )
    done = subprocess.run([sys.executable, "-c", script, ENGLISH], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ascii(english)


@pytest.mark.parametrize(
    "content",
    [
        "a" * 1_000_000,
        "x\n" * 500_000,
        "a. " * 300_000,
        ("The loan is due. " * 60_000),
        "'" * 500_000,
        "漢字" * 400_000,
    ],
)
def test_a_text_of_a_megabyte_is_bounded(preprocessor: TextPreprocessor, content: str) -> None:
    result = preprocessor.preprocess(content)
    assert len(result.summary) <= 3 * 601
    assert len(result.key_phrases) <= 10


def test_a_language_without_stop_words_has_single_words_as_key_phrases(without_lemmas: TextPreprocessor) -> None:
    result = without_lemmas.preprocess(
        "Договор был подписан вчера. Договор вступает в силу немедленно после подписания."
    )
    assert result.language == "ru"
    assert "договор" in result.key_phrases
    assert result.stems[0] == "договор"


def test_the_room_loads_nothing_heavy_until_it_is_used() -> None:
    script = (
        "import sys, docplatform.text.local\n"
        "print([n for n in ('numpy', 'py3langid', 'simplemma', 'snowballstemmer', 'dagster') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
