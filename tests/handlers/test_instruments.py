"""Instruments: the card of each says what it is for, to whom it goes and what is not verified; all stand in a list."""

import pytest

from storage.exposure.roles import Role
from storage.reference.catalog import load
from tests.spoken import Desk

REFERENCE = load()


@pytest.fixture
def desk(sqlite_store, clock) -> Desk:
    return Desk.of(sqlite_store, clock, ("Omar", Role.OFFICER), ("Liaison", Role.LIAISON, "US-DOJ-OIA"))


class TestCard:
    def test_every_instrument_can_be_asked_about_and_tells_all_of_its_row(self, desk):
        for code, row in REFERENCE.instruments.items():
            told = desk.heard("Omar", f"desk instrument {code} details:yes")
            figures = [str(rule.amount) for rule in row.clocks.values()]
            texts = (code, row.legal_basis, *row.source, row.notes, row.practice, row.unverified_what, *figures)
            assert [text for text in texts if text not in told] == [], code

    def test_in_short_it_says_to_whom_for_how_long_and_on_what_paper(self, desk):
        told = desk.heard("Omar", "desk instrument prod-meta")
        assert "PROD-META" in told
        assert "To Meta Platforms, Inc." in told
        assert "by provider portal" in told
        assert "56 calendar days, reported practice, no legal force" in told
        assert "MLA request" in told
        assert "about eight weeks" in told

    def test_what_is_not_in_force_says_as_of_which_day(self, desk):
        assert "Not in force, as of Sat 5 Sep 2026" in desk.heard("Omar", "desk instrument COE-2AP-7")

    def test_who_only_speaks_for_another_authority_reads_the_rule_and_not_our_notes(self, desk):
        row = REFERENCE.instruments["MLA-US-OIA"]
        told = desk.heard("Liaison", "desk instrument MLA-US-OIA details:yes")
        assert row.legal_basis in told
        assert row.notes[:40] not in told
        assert row.unverified_what[:20] not in told


class TestList:
    def test_without_a_code_all_stand_there_group_by_group(self, desk):
        told = desk.heard("Omar", "desk instrument")
        assert {code for code in REFERENCE.instruments if code not in told} == set()
        assert told.index("Preservation") < told.index("PRES-META") < told.index("Production") < told.index("PROD-META")

    @pytest.mark.parametrize(
        ("words", "code"), [("takedown", "TD-PK-2025"), ("police channels", "POC-247"), ("crypto", "PROD-CRYPTOCOM")]
    )
    def test_a_group_or_part_of_a_name_finds_them(self, desk, words, code):
        assert code in desk.heard("Omar", f"desk instrument {words}")

    def test_what_is_none_says_so(self, desk):
        assert "No instrument with" in desk.heard("Omar", "desk instrument zzz")


class TestNamed:
    def test_the_preflight_and_the_card_of_a_request_lead_to_it(self, desk):
        desk.heard("Omar", 'case open "Fake pages" category:fake_accounts label:amber')
        told = desk.heard(
            "Omar",
            'request check 1 to:PROV-META as:PROD-META data:bsi accounts:"@example" '
            'basis:"domestic court order 58/2026"',
        )
        assert "desk instrument PROD-META" in told
