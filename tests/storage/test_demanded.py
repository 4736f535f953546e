"""Where the law demands a field of an EPOC: a table by hand, from Reg. (EU) 2023/1543 Art. 4, 5(5), 8(1), 9(2)."""

import pytest

from storage.reference.catalog import load
from storage.rules import demanded
from storage.rules.demanded import Circumstances

EPOC = "EPOC"
DATA = {"subscriber": ("bsi",), "IP": ("ip_logs",), "traffic": ("traffic", "bsi"), "content": ("content",)}
ISSUERS = {"judge": "Judge or court", "prosecutor": "public prosecutor of Lyon", "police": "Other competent authority"}

# What is validated, by data, issuer, and whether it is an emergency. IP: asked for to identify the user alone.
VALIDATED = {
    ("subscriber", "judge", False): False, ("subscriber", "judge", True): False,
    ("subscriber", "prosecutor", False): False, ("subscriber", "prosecutor", True): False,
    ("subscriber", "police", False): True, ("subscriber", "police", True): False,
    ("IP", "judge", False): False, ("IP", "judge", True): False,
    ("IP", "prosecutor", False): False, ("IP", "prosecutor", True): False,
    ("IP", "police", False): True, ("IP", "police", True): False,
    ("traffic", "judge", False): False, ("traffic", "judge", True): False,
    ("traffic", "prosecutor", False): True, ("traffic", "prosecutor", True): True,
    ("traffic", "police", False): True, ("traffic", "police", True): True,
    ("content", "judge", False): False, ("content", "judge", True): False,
    ("content", "prosecutor", False): True, ("content", "prosecutor", True): True,
    ("content", "police", False): True, ("content", "police", True): True,
}  # fmt: skip


@pytest.fixture(scope="module")
def reference():
    return load()


def conditional(reference, kind: str, *, emergency: bool = False, **fields: str) -> set[str]:
    """The fields that such an EPOC demands, of those that it does not demand always."""
    rows = [reference.data_types[code] for code in DATA[kind]]
    categories = frozenset(row.eu_category for row in rows if row.eu_category)
    given = Circumstances(frozenset(DATA[kind]), categories, emergency, fields, is_kept=False)
    of = {code: reference.fields[code].condition_under(EPOC) for code in reference.instruments[EPOC].required_fields}
    return {code for code, condition in of.items() if condition and demanded.holds(condition, given)}


@pytest.mark.parametrize(("kind", "issuer", "emergency"), VALIDATED)
def test_who_validates(reference, kind, issuer, emergency):
    found = conditional(
        reference, kind, emergency=emergency, issued_by=ISSUERS[issuer], identification_only="Yes, only that"
    )
    assert ("validating_authority" in found) == VALIDATED[kind, issuer, emergency]


def test_an_emergency_is_reasoned_and_nothing_else_is(reference):
    assert conditional(reference, "subscriber", emergency=True) == {"urgency_reason"}
    assert conditional(reference, "subscriber") == set()


def test_who_is_notified_reads_why_and_of_what(reference):
    notified = {"offence_text", "necessity", "facts_summary"}
    assert conditional(reference, "traffic") == notified
    assert conditional(reference, "content") == notified
    assert conditional(reference, "IP") == {"identification_only"}
    assert conditional(reference, "IP", identification_only="yes") == {"identification_only"}
    assert conditional(reference, "IP", identification_only="No") == {"identification_only", *notified}


def test_until_it_is_said_who_issued_it_nobody_is_asked_who_validated_it(reference):
    assert "validating_authority" not in conditional(reference, "content")


def test_every_condition_is_used(reference):
    used = {when.condition for row in reference.fields.values() for when in row.when}
    assert used == set(demanded.CONDITIONS) == set(reference.field_conditions)
