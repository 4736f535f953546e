"""Roads: who can ask whom under which instrument, against a table written by hand, and what is said where one cannot.

The table is `roads.txt`; it is read by people, and never made from the code.
"""

from collections.abc import Iterator
from datetime import date
from itertools import product
from pathlib import Path
from typing import NamedTuple

import pytest

from storage.reference import roads
from storage.reference.catalog import Reference, load

DAY = date(2026, 11, 28)
TABLE = Path(__file__).with_name("roads.txt").read_text(encoding="utf-8")


class End(NamedTuple):
    """An authority, as far as roads ask."""

    code: str
    country: str
    channel: str
    role: str


SENDERS = [End(f"{country}-POLICE", country, "agency", "requester") for country in ("PK", "DE", "US", "KE")]


def recipients(sender: End) -> list[End]:
    """The seven of the table, in its order."""
    return [
        End("PROV-META", "US", "provider_portal", "provider"),
        End("PROV-META-IE", "IE", "provider_portal", "provider"),
        End("US-DOJ-OIA", "US", "central_authority", "central_authority"),
        End("FR-MOJ", "FR", "central_authority", "central_authority"),
        End("US-USNCB", "US", "interpol_ncb", "ncb"),
        End("US-POINT", "US", "point_of_contact_24_7", "liaison"),
        End("ISP-OWN", sender.country, "provider_portal", "provider"),
    ]


def lines() -> Iterator[tuple[str, list[str]]]:
    for line in TABLE.splitlines():
        if line and not line.startswith("#"):
            code, *signs = line.split()
            yield code, signs


@pytest.fixture(scope="module")
def reference() -> Reference:
    return load()


def test_the_table_has_every_instrument_once(reference):
    assert sorted(code for code, _ in lines()) == sorted(reference.instruments)


@pytest.mark.parametrize(("code", "signs"), list(lines()), ids=[code for code, _ in lines()])
def test_offered_warned_and_refused_are_as_the_table_says(reference, code, signs):
    instrument = reference.instruments[code]

    def sign(sender: End, recipient: End) -> str:
        found = list(roads.obstacles(reference, instrument, DAY, sender=sender, recipient=recipient))
        return "x" if any(one.refuses for one in found) else "!" if found else "+"

    if signs == ["none"]:
        assert not instrument.is_asked
        return
    assert ["".join(sign(sender, to) for to in recipients(sender)) for sender in SENDERS] == signs


def test_whatever_stands_in_the_way_has_its_source_and_what_works_instead_goes(reference):
    going = {}
    for sender, instrument in product(SENDERS, reference.instruments.values()):
        for recipient in recipients(sender):
            judged = roads.judge(reference, sender, instrument, recipient, DAY)
            assert all(one.source for one in judged.obstacles)
            for way in judged.instead:
                to = recipient if way.to == recipient.code else reference.authorities[way.to]
                if (sender, to) not in going:
                    going[sender, to] = roads.between(reference, sender, to, DAY)
                row = reference.instruments[way.instrument]
                by_treaty = row.group == "mutual_assistance" and instrument.group in roads.BY_TREATY_TOO
                assert row in going[sender, to]
                assert row.group == instrument.group or by_treaty


PK, DE = SENDERS[0], SENDERS[1]


def obstacles(reference: Reference, sender: End, code: str, to: str, day: date = DAY) -> list[str]:
    recipient = reference.authorities[to]
    return [one.code for one in roads.judge(reference, sender, reference.instruments[code], recipient, day).obstacles]


@pytest.mark.parametrize(
    ("code", "to", "found", "instead"),
    [
        ("EPOC", "PROV-META", ["not_bound"], ("PROD-META", "PROV-META")),
        ("MLA-COE-31", "US-DOJ-OIA", ["not_bound"], ("MLA-US-OIA", "US-DOJ-OIA")),
        ("PROD-X", "PROV-META", ["form_of_another"], ("PROD-META", "PROV-META")),
        ("PROD-US-BSI", "PROV-META-IE", ["other_state"], ("PROD-META", "PROV-META-IE")),
        ("PRES-UN-42", "PROV-META", ["not_in_force", "other_channel"], ("PRES-META", "PROV-META")),
        ("PRES-COE-29", "US-DOJ-OIA", ["not_bound", "other_channel"], ("PRES-META", "PROV-META")),
        ("POC-247", "US-USNCB", ["not_bound", "other_channel"], ("NCB-USNCB", "US-USNCB")),
        ("MLA-PK-IN", "US-DOJ-OIA", ["other_direction"], ("MLA-US-OIA", "US-DOJ-OIA")),
        ("MLA-US-OIA", "PROV-META", ["other_channel"], ("MLA-US-OIA", "US-DOJ-OIA")),
        ("EPOC", "PROV-APPLE", ["not_bound"], ("PROD-US-BSI", "PROV-APPLE")),
        ("TD-PK-2020", "PK-PTA", ["not_in_force"], ("TD-PK-2021", "PK-PTA")),
        ("MLA-GENERIC", "PK-MOI", ["own_country"], None),
    ],
)
def test_what_a_pakistani_officer_reads(reference, code, to, found, instead):
    assert obstacles(reference, PK, code, to) == found
    judged = roads.judge(reference, PK, reference.instruments[code], reference.authorities[to], DAY)
    assert next(iter(judged.instead), None) == instead


def test_denmark_is_no_member_state_here_and_ireland_is(reference):
    denmark = PK._replace(country="DK")
    assert obstacles(reference, denmark, "EPOC", "PROV-META-IE") == ["not_bound"]
    assert obstacles(reference, DE, "EPOC", "PROV-META-IE") == []
    irish = roads.between(reference, DE, reference.authorities["PROV-META-IE"], DAY)
    assert {row.code for row in irish} >= {"EPOC", "PRES-EU-EPOC-PR", "PROD-META", "PRES-META"}
    assert obstacles(reference, DE._replace(country="IE"), "EPOC", "PROV-META-IE") == ["own_country"]


@pytest.mark.parametrize(
    ("code", "to", "day", "found"),
    [
        ("EPOC", "PROV-META-IE", date(2026, 8, 17), ["not_in_force"]),
        ("EPOC", "PROV-META-IE", date(2026, 8, 18), []),
        ("TD-PK-2020", "PK-PTA", date(2021, 10, 31), []),
        ("TD-PK-2020", "PK-PTA", date(2021, 11, 1), ["not_in_force"]),
        ("MLA-COE-31", "US-DOJ-OIA", date(2006, 12, 31), ["not_bound"]),
        ("MLA-COE-31", "US-DOJ-OIA", date(2007, 1, 1), []),
    ],
)
def test_the_day_decides(reference, code, to, day, found):
    sender = PK if code.startswith("TD") else DE
    assert obstacles(reference, sender, code, to, day) == found


def test_a_state_that_is_not_on_an_open_list_is_warned_of_with_a_caution(reference):
    [found] = roads.judge(
        reference,
        PK._replace(country="ZW"),
        reference.instruments["MLA-COE-31"],
        reference.authorities["US-DOJ-OIA"],
        DAY,
    ).obstacles
    assert (found.facts["unlisted"], bool(found.caution), found.refuses) == (["ZW"], True, False)
    [known] = roads.judge(
        reference, PK, reference.instruments["MLA-COE-31"], reference.authorities["US-DOJ-OIA"], DAY
    ).obstacles
    assert (known.facts["unlisted"], known.caution) == ([], "")
    assert "August 2024" in str(known.facts["notes"])


def test_a_provider_is_asked_and_asks_nobody(reference):
    meta = reference.authorities["PROV-META"]
    assert roads.between(reference, meta, reference.authorities["PROV-X"], DAY) == []


@pytest.mark.parametrize(
    ("sender", "offered"),
    [
        ("US-DOJ-OIA", {"PRES-PK-MLA-19", "MLA-GENERIC", "MLA-PK-IN"}),
        ("US-FBI-LEGAT", {"POLICE-LIAISON"}),
        ("US-USNCB", {"NCB-MSG"}),
        ("US-STATE", {"LR"}),
        ("PROV-META", set()),
    ],
)
def test_what_others_can_ask_an_agency_of_pakistan(reference, sender, offered):
    ours = reference.authorities["PK-FIA-CCW"]
    assert {row.code for row in roads.between(reference, reference.authorities[sender], ours, DAY)} == offered


@pytest.mark.parametrize(
    ("country", "paper", "has_it"),
    [
        ("PK", "cloud_act_order", False),
        ("GB", "cloud_act_order", True),
        ("US", "cloud_act_order", True),
        ("PK", "us_subpoena", False),
        ("US", "us_subpoena", True),
        ("PK", "domestic_court_order", True),
    ],
)
def test_a_paper_of_another_state_is_none_of_ours(reference, country, paper, has_it):
    row, sender = reference.legal_instruments[paper], PK._replace(country=country)
    assert any(roads.paper_of_others(reference, row, sender, DAY)) != has_it


@pytest.mark.parametrize(
    ("country", "code", "to", "said"),
    [
        ("PK", "MLA-US-OIA", "US-DOJ-OIA", ["US"]),
        ("PK", "MLA-GENERIC", "SA-MOI", ["SA"]),
        ("CN", "MLA-PK-IN", "PK-MOI", []),
        ("DE", "MLA-US-OIA", "US-DOJ-OIA", []),
    ],
)
def test_mutual_assistance_without_an_agreement_goes_by_reciprocity(reference, country, code, to, said):
    sender, recipient = PK._replace(country=country), reference.authorities[to]
    found = list(roads.without_agreement(reference, reference.instruments[code], sender, recipient, DAY))
    assert [one.facts["states"] for one in found] == [[country, state] for state in said]
    assert obstacles(reference, sender, code, to) == []
