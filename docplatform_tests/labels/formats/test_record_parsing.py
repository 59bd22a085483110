"""Labels in CSV, JSONL and folders, and telling formats apart."""

from __future__ import annotations

from typing import Any

import pytest

from docplatform.documents.predictions import DocumentPart, Split, TaskKind
from docplatform.labels.formats import formats, read_labels
from docplatform.labels.json_reader import LabelFileError
from docplatform.labels.label_file import LabeledEntity
from docplatform_tests.labels.formats.dumping import dumped

# CSV, JSONL, folders


def lines(*records: Any) -> bytes:
    return b"".join(dumped(record) + b"\n" for record in records)


def test_texts_under_an_id_become_text_files_and_a_class_must_be_a_text() -> None:
    parsed = read_labels({"a.csv": b"id,text,label\n17,hi,x\n"})
    assert dict(parsed.documents) == {"17.txt": b"hi"}
    with pytest.raises(LabelFileError, match="line 1: a class should be a text"):
        read_labels({"a.jsonl": lines({"text": "hi", "label": {"x": 1}})})


def test_files_of_two_splits_declare_them() -> None:
    files = {"train.csv": b"text,category\nhi there,greet\n", "test.csv": b"text,category\nbye,part\n"}
    parsed = read_labels(files)
    assert parsed.label_file.kind is TaskKind.SINGLE_LABEL_CLASSIFICATION
    assert [(d.classes, d.declared_split) for d in parsed.label_file.documents] == [
        (("greet",), Split.TRAIN),
        (("part",), Split.TEST),
    ]
    assert list(parsed.documents.values()) == [b"hi there", b"bye"]


@pytest.mark.parametrize(
    "record",
    [
        {"text": "ab cd", "entities": [{"start": 3, "end": 5, "label": "X"}]},
        {"text": "ab cd", "entities": [[3, 5, "X"]]},
        {"text": "ab cd", "spans": [{"offset": 3, "length": 2, "category": "X"}]},
        {"text": "ab cd", "label": [[3, 5, "X"]]},
    ],
)
def test_spans_are_known_in_every_usual_shape(record: dict[str, Any]) -> None:
    parsed = read_labels({"a.jsonl": lines(record)}).label_file
    assert parsed.kind is TaskKind.ENTITY_RECOGNITION
    assert parsed.documents[0].entities == (LabeledEntity("X", 3, 2),)


def test_values_keep_the_form_they_are_written_in() -> None:
    items = b'"Items": [{"Amount": "4"}, {"Amount": "5"}]'
    record = b'{"file": "a.pdf", "fields": {"Total": 9.00, "Paid": true, "None": null, ' + items + b"}}"
    parsed = read_labels({"a.jsonl": record}).label_file
    assert [(f.name, f.value) for f in parsed.documents[0].fields] == [
        ("Total", "9.00"),
        ("Paid", "true"),
        ("Items/0/Amount", "4"),
        ("Items/1/Amount", "5"),
    ]
    assert parsed.categories == ("Items/*/Amount", "Paid", "Total")


def test_columns_are_fields_where_one_says_so() -> None:
    data = b"file;company;total\na.pdf;ACME;9.00\nb.pdf;;8.00\n"
    parsed = read_labels({"a.csv": data}, kind=TaskKind.FIELD_EXTRACTION).label_file
    assert [[(f.name, f.value) for f in d.fields] for d in parsed.documents] == [
        [("company", "ACME"), ("total", "9.00")],
        [("total", "8.00")],
    ]


def test_page_ranges_of_a_packet_are_rows() -> None:
    data = b"document,class,first_page,last_page\np.pdf,invoice,1,2\np.pdf,letter,3,3\n"
    parsed = read_labels({"a.csv": data}).label_file
    assert parsed.kind is TaskKind.DOCUMENT_CLASSIFICATION
    assert parsed.documents[0].parts == (DocumentPart("invoice", 1, 2), DocumentPart("letter", 3, 3))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"text,label\na\n", "line 2 has 1 cells, the header 2"),
        (b"one,two\na,b\n", "should be a header with text or location"),
        (b"text,text\na,b\n", "names text twice"),
        (b"file,class,first_page,last_page\na.pdf,x,3,1\n", "pages should have one class, and be from 1 on in order"),
        (b"file,category,offset,length\na.txt,X,one,2\n", "offset should be a whole number, but is 'one'"),
        (b"text,label,split\na,x,maybe\n", "split should be train or test, but is 'maybe'"),
    ],
)
def test_a_table_that_is_wrong_is_refused_by_its_line(data: bytes, message: str) -> None:
    with pytest.raises(LabelFileError, match=message):
        read_labels({"a.csv": data}, "csv")


def test_folders_are_classes() -> None:
    files = {"train/a/1.txt": b"x", "test/b/2.txt": b"y", "readme.md": b""}
    parsed = read_labels(files)
    assert [(d.location, d.classes, d.declared_split) for d in parsed.label_file.documents] == [
        ("train/a/1.txt", ("a",), Split.TRAIN),
        ("test/b/2.txt", ("b",), Split.TEST),
    ]
    scans = {"invoice/1.pdf": b"x", "letter/2.pdf": b"y"}
    assert read_labels(scans).label_file.kind is TaskKind.DOCUMENT_CLASSIFICATION


# choosing


def test_what_is_no_label_format_is_refused_with_what_there_is() -> None:
    with pytest.raises(LabelFileError, match="look like no label format"):
        read_labels({"a.bin": b"\0"})
    with pytest.raises(LabelFileError, match=r"no label format 'nope'\. There are: docplatform, azure-language"):
        read_labels({"a.bin": b"\0"}, "nope")


def test_labels_of_another_kind_are_refused() -> None:
    with pytest.raises(LabelFileError, match="for entity_recognition, not for single_label_classification"):
        read_labels({"a.conll": b"a\tO\n"}, kind=TaskKind.SINGLE_LABEL_CLASSIFICATION)


@pytest.mark.parametrize("name", sorted(formats()))
def test_every_format_says_what_it_is(name: str) -> None:
    assert formats()[name].name == name
    assert formats()[name].description
