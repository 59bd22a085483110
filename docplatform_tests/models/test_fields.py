from __future__ import annotations

import random
from dataclasses import replace

import pytest

from docplatform.documents.document_text import DocumentText
from docplatform.documents.predictions import Entity, LabeledExample
from docplatform.errors import PermanentError
from docplatform.models.local.field_spans import Assembly, Span
from docplatform.models.local.field_types import FieldType, ValueReader
from docplatform.models.local.fields import ENGINE, FieldTrainer
from docplatform.models.local.layout_view import Piece, pieces_of
from docplatform.models.local.model_folder import read_model, write_model
from docplatform.models.search import SearchStore
from docplatform.samples.content import printed_text
from docplatform.samples.options import SampleOptions
from docplatform.samples.render import WRITERS
from docplatform.samples.truth import Kind
from docplatform_tests.contracts.trainer import TrainerContract
from docplatform_tests.models.pages import form, forms, invoices, laid_out, texts_of, without_places

_PLAIN = ("Customer", "InvoiceDate", "Total")


class TestFields(TrainerContract):
    @pytest.fixture(scope="class")
    @classmethod
    def trainer(cls) -> FieldTrainer:
        return FieldTrainer.from_options({"max_iterations": 40})

    @pytest.fixture(scope="class")
    @classmethod
    def examples(cls) -> list[LabeledExample]:
        return [only(e, _PLAIN) for e in invoices()]

    @pytest.fixture(scope="class")
    @classmethod
    def documents(cls) -> list[DocumentText]:
        given = invoices(8, seed=9)
        plain = [without_places(e) for e in given[:2]]
        return [*texts_of([*given, *plain]), DocumentText("lone \ud800 one"), DocumentText("word " * 3000)]

    @pytest.fixture(scope="class")
    @classmethod
    def unlearnable(cls) -> list[list[LabeledExample]]:
        blank = LabeledExample("b", "   ", entities=(Entity("X", 0, 2, "  "),))
        return [[], [LabeledExample("a", "no field in here")], [blank]]

    def test_values_are_found_typed_and_joined(self, model) -> None:
        for example in invoices(10, seed=9):
            (prediction,) = model.predict([example.document])
            found = {field.name: field for field in prediction.fields}
            truth = {name: "\n".join(e.text for e in example.entities if e.category == name) for name in _PLAIN}
            assert {name: field.content for name, field in found.items()} == truth
            day, month, year = truth["InvoiceDate"].split("/")
            assert found["InvoiceDate"].value == f"{year}-{month}-{day}"
            assert found["Total"].value == truth["Total"]
            assert len(found["Customer"].spans) == 2

    def test_entities_are_the_spans_of_the_fields(self, model) -> None:
        (prediction,) = model.predict([invoices(1, seed=9)[0].document])
        spans = {(f.name, *span) for f in prediction.fields for span in f.spans}
        assert spans == {(e.category, e.offset, e.length) for e in prediction.entities}


def only(example: LabeledExample, names: tuple[str, ...]) -> LabeledExample:
    return replace(example, entities=tuple(e for e in example.entities if e.category in names))


def test_line_items_are_found_row_by_row() -> None:
    model = FieldTrainer.from_options({"max_iterations": 60}).train(invoices(), [])
    assert {"Items/*/Amount", "Items/*/Description"} < set(model.labels)
    for example in invoices(6, seed=9):
        (prediction,) = model.predict([example.document])
        truth = {e.category: e.text for e in example.entities if e.category.startswith("Items/")}
        assert {f.name: f.content for f in prediction.fields if f.name.startswith("Items/")} == truth


def test_what_was_learned_from_capitals_alone_holds_for_other_texts() -> None:
    examples = [without_places(e) for e in invoices(30)]
    shouted = [in_capitals(e) for e in examples]
    trained = FieldTrainer.from_options({}).train(shouted[:20], [])
    assert not trained.has_case
    assert FieldTrainer.from_options({}).train(examples[:20], []).has_case
    for spoken, loud in zip(examples[20:], shouted[20:], strict=True):
        found, same = trained.predict([spoken.document, loud.document])
        assert [(f.name, f.spans) for f in found.fields] == [(f.name, f.spans) for f in same.fields]
        assert found.fields


def in_capitals(example: LabeledExample) -> LabeledExample:
    entities = tuple(replace(e, text=e.text.upper()) for e in example.entities)
    return replace(example, text=example.text.upper(), entities=entities)


def test_texts_without_places_are_learned_from_too() -> None:
    model = FieldTrainer.from_options({"max_iterations": 60}).train([without_places(e) for e in invoices()], [])
    for example in invoices(4, seed=9):
        (prediction,) = model.predict([without_places(example).document])
        truth = next(e.text for e in example.entities if e.category == "Total")
        assert next(f.content for f in prediction.fields if f.name == "Total") == truth


def test_a_form_is_known_by_its_printed_words_wherever_it_lies_on_the_page() -> None:
    model = FieldTrainer.from_options({"max_iterations": 60}).train(forms(), [])
    assert model.template is not None
    rng = random.Random(7)  # noqa: S311 - made to be repeated
    for filled in ({"Name", "Tax"}, {"City", "Wages", "Fee"}, set()):
        example = form("new", rng, filled)
        (prediction,) = model.predict([example.document])
        truth = {e.category: e.text for e in example.entities}
        assert {f.name: f.content for f in prediction.fields} == truth
        agreed = next(f for f in prediction.fields if f.name == "Agreed")
        assert agreed.value == agreed.content.strip(":")


def test_a_field_that_one_example_has_filled_in_is_found_at_its_place() -> None:
    rng = random.Random(8)  # noqa: S311 - made to be repeated
    examples = [form(f"f{i}", rng, {"Name", "Wages", *(("Fee",) if i == 0 else ())}) for i in range(6)]
    model = FieldTrainer.from_options({"max_iterations": 60}).train(examples, [])
    example = form("new", rng, {"Wages", "Fee"})
    (prediction,) = model.predict([example.document])
    assert {f.name for f in prediction.fields} == {"Wages", "Fee", "Agreed"}


def test_a_form_is_not_looked_for_where_the_project_says_so() -> None:
    model = FieldTrainer.from_options({"max_iterations": 10, "form_template": False}).train(forms(), [])
    assert model.template is None


def test_a_document_of_another_sort_is_not_taken_for_the_form() -> None:
    model = FieldTrainer.from_options({"max_iterations": 20}).train(forms(), [])
    assert model.template.laid_over([]) is None
    (prediction,) = model.predict([laid_out("x", [[("", "quite another text", 0.1, 0.14)]]).document])
    assert not prediction.abstained


def test_confidence_asked_for_leaves_out_what_is_less_sure() -> None:
    model = FieldTrainer.from_options({"min_confidence": 0.999, "max_iterations": 5}).train(invoices(8), [])
    fields = [f for p in model.predict(texts_of(invoices(5))) for f in p.fields]
    assert all(field.confidence_score >= 0.999 for field in fields)


def test_a_file_that_passes_its_checksum_but_is_no_crf_is_refused(tmp_path) -> None:
    trainer = FieldTrainer.from_options({"max_iterations": 5})
    trainer.train(invoices(3), []).save(tmp_path)
    header, files = read_model(tmp_path, ENGINE)
    rest = {k: v for k, v in header.items() if k not in ("format", "engine", "files")}
    write_model(tmp_path, ENGINE, rest, {**files, "fields.crfsuite": b"not a model"})
    with pytest.raises(PermanentError, match="can't be read"):
        trainer.load(tmp_path)


def test_a_search_looks_for_penalties_from_those_given_on() -> None:
    told: list[str] = []
    options = {"max_iterations": 5, "search": {"trials": 2}}
    trainer = FieldTrainer.from_options(options, SearchStore(progress=told.append))
    assert trainer.train(invoices(8), []).labels == trainer.train(invoices(8)[::-1], []).labels
    assert "l1 0.02, l2 0.5" in told[0]
    assert len(told) == 4
    assert [line.partition("(")[0] for line in told[:2]] == [line.partition("(")[0] for line in told[2:]]


def sample(kind: Kind, number: int, *, held_out: bool = False) -> LabeledExample:
    """A generated document without places, the first of its fields labelled where it stands."""
    options = SampleOptions(seed=5)
    draft = WRITERS[kind](options.rng("fields", kind, number), held_out, options)
    text = printed_text(draft.blocks)
    found = [Entity(name, text.index(v), len(v), v) for name, v in draft.fields.items() if v in text]
    return LabeledExample(f"{kind}-{number}", text, entities=tuple(found[:1]))


def test_a_contract_given_to_a_model_of_receipts_is_abstained_from_and_receipts_of_other_layouts_are_not() -> None:
    receipts = [sample(Kind.RECEIPT, number) for number in range(40)]
    contracts = [sample(Kind.LOAN_AGREEMENT, number).document for number in range(8)]
    others = [sample(Kind.RECEIPT, number, held_out=True).document for number in range(100, 120)]
    model = FieldTrainer.from_options({"max_iterations": 5}).train(receipts, [])
    assert all(prediction.abstained and not prediction.fields for prediction in model.predict(contracts))
    assert sum(prediction.abstained for prediction in model.predict(others)) <= 1
    assert any(prediction.fields for prediction in model.predict(others))
    careless = FieldTrainer.from_options({"max_iterations": 5, "least_familiar": 0.0}).train(receipts, [])
    assert not any(prediction.abstained for prediction in careless.predict(contracts))


def spans(field: str, *ranges: tuple[int, int, float]) -> list[Span]:
    return [Span(field, first, last, score) for first, last, score in ranges]


def pieces(*lines: str) -> list[Piece]:
    return pieces_of(DocumentText("\n".join(lines)))


def test_a_value_that_stands_several_times_is_one_value_however_it_is_written() -> None:
    given = pieces("RM 9.00", "9.00", "8.00")
    reader = ValueReader(FieldType.NUMBER)
    (value,) = Assembly({}, frozenset(), frozenset(), frozenset()).values(
        spans("Total", (0, 2, 0.4), (2, 3, 0.5), (3, 4, 0.6)),
        given,
        {"Total": reader},
        {"Total": {1: 0.9, 3: 0.1}},
    )
    assert value.spans == tuple(spans("Total", (2, 3, 0.5)))
    assert value.rival == 0.6


def test_a_value_that_always_begins_or_ends_a_segment_is_taken_whole() -> None:
    given = pieces("Popular Book Sdn Bhd", "No 8 High Street")
    values = {"Company": spans("Company", (2, 3, 0.9)), "Street": spans("Street", (5, 7, 0.9))}
    assembly = Assembly({}, frozenset(), frozenset({"Company"}), frozenset({"Street"}))
    readers = {name: ValueReader() for name in values}
    found = assembly.values([*values["Company"], *values["Street"]], given, readers, {})
    assert [(v.spans[0].first, v.spans[0].last) for v in found] == [(0, 3), (5, 8)]
