from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docplatform.lake.partitions import CUSTOMER, LakePartition, sanitise_customer
from docplatform.lake.routing import lake_path
from docplatform.ledger.records import Document


def test_a_partition_has_a_short_key_and_a_path_that_any_engine_reads() -> None:
    partition = LakePartition("acme", "pdf", date(2026, 11, 20))
    assert partition.key == "acme/pdf/2026-11-20"
    assert partition.path == "customer=acme/extension=pdf/date=2026-11-20/"
    assert LakePartition.parse(partition.key) == partition


@pytest.mark.parametrize(
    "key",
    [
        "",
        "acme",
        "acme/pdf",
        "acme/pdf/2026-13-01",
        "acme/pdf/x",
        "Acme/pdf/2026-11-20",
        "a/b/c/2026-11-20",
        "acme/.pdf/2026-11-20",
        "acme//2026-11-20",
        "a|b/pdf/2026-11-20",
        "a,b/pdf/2026-11-20",
    ],
)
def test_what_is_no_key_is_refused_by_name(key: str) -> None:
    with pytest.raises(ValueError, match="is not a lake partition key like") as caught:
        LakePartition.parse(key)
    assert repr(key) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("acme", "acme"),
        ("ACME", "acme"),
        ("a_b-1", "a_b-1"),
        ("x" * 63, "x" * 63),
    ],
)
def test_a_name_that_needs_lower_case_at_most_stays_itself(name: str, expected: str) -> None:
    assert sanitise_customer(name) == expected


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("Müller & Co", "muller-co-"),
        ("a,b", "a-b-"),
        ("a|b", "a-b-"),
        ("../../etc/passwd", "etc-passwd-"),
        ("株式会社", "customer-"),
        ("", "customer-"),
        ("x" * 64, "x" * 54 + "-"),
    ],
)
def test_any_other_name_gets_a_hash_of_itself(name: str, begins: str) -> None:
    made = sanitise_customer(name)
    assert made.startswith(begins)
    assert len(made) == len(begins) + 8


def test_names_that_look_alike_once_sanitised_stay_apart() -> None:
    names = ["a b", "a-b", "a,b", "a|b", "a  b", " a b", "ä b", "x" * 64, "x" * 65, "株式会社", "有限会社"]
    assert len({sanitise_customer(name) for name in names}) == len(names)


def test_one_name_in_two_unicode_forms_is_one_customer() -> None:
    assert sanitise_customer("Mu\u0308ller") == sanitise_customer("M\u00fcller") == sanitise_customer("MÜLLER")


@given(st.text())
def test_every_name_becomes_a_customer_and_a_key_that_parses(name: str) -> None:
    customer = sanitise_customer(name)
    assert CUSTOMER.fullmatch(customer)
    assert sanitise_customer(customer) == customer
    partition = LakePartition(customer, "pdf", date(2026, 1, 1))
    assert LakePartition.parse(partition.key) == partition


def test_a_document_lies_under_its_id_never_under_its_name() -> None:
    document = Document(
        seq=1,
        document_id="0123abcd",
        customer="acme",
        name="../../etc/passwd",
        source_uri="",
        connector="landing",
        size=1,
        sha256="",
        media_type="application/pdf",
        extension="pdf",
        blob_path="",
        lake_partition="acme/pdf/2026-11-20",
        arrived_at=datetime.now(UTC),
        parent_document_id=None,
        reason=None,
    )
    assert lake_path(document) == "lake/documents/customer=acme/extension=pdf/date=2026-11-20/0123abcd.pdf"
