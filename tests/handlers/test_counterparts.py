"""Who answers, and how fast, as people read it: one counterpart, and all of them."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from bot.rendering.blocks import Bullets, Buttons
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.models import Person
from storage.rules.lifecycle import Status
from tests import factories
from tests.spoken import Desk

MONDAY = date(2026, 3, 2)  # the day these tests begin


@pytest.fixture
def desk(sqlite_store, clock) -> Desk:
    return Desk.of(
        sqlite_store,
        clock,
        ("Mona", Role.MANAGER),
        ("Omar", Role.OFFICER),
        ("Adil", Role.ADMIN),
        ("Lisa", Role.LIAISON),
    )


def ask(
    desk: Desk, count=1, *, to="PROV-META", ago=100, took=None, status=Status.SENT, category="other", **more
) -> None:
    """So many requests sent so many days ago; took: days until the answer."""

    def job(work):
        opener = work.session.scalars(select(Person).where(Person.name == "Omar")).one()
        case = factories.case(work, opener=opener, label=more.pop("label", Label.AMBER))
        case.category = category
        for _ in range(count):
            sent = MONDAY - timedelta(days=ago)
            row = factories.request(work, of=case, to=to, status=status, on=sent, **more)
            row.answered_on = row.answered_on and sent + timedelta(days=took or 0)
            if status is Status.REFUSED:
                row.refusals = [{"codes": ["incomplete"], "on": "2026-03-02", "by": "P1"}]

    desk.write(job)


def button(desk: Desk, line: str, label: str) -> str:
    """What a button of an answer types."""
    blocks = desk.say("Mona", line).messages[0].blocks
    named = [one for block in blocks if isinstance(block, Buttons) for one in block.buttons]
    named += [item.button for block in blocks if isinstance(block, Bullets) for item in block.items if item.button]
    return next(one.line for one in named if one.label == label)


class TestOne:
    def test_what_came_how_long_it_took_and_what_still_waits(self, desk):
        ask(desk, 4, took=20, status=Status.PRODUCED, accounts=("a.one", "a.two"))
        ask(desk, 2, took=40, status=Status.REFUSED)
        ask(desk, 2, ago=60)
        said = desk.heard("Mona", "summary counterpart PROV-META")
        for part in (
            "2 OVERDUE · Meta: half within 20 days (20 or more)",
            "PK-FIA-CCW: 8 requests, 12 accounts, all by PROD-META",
            "4 answered (50 %) · 2 refused (25 %) · 2 silent (25 %)",
            "Accounts: 8 came · 2 refused · 2 open",
            "nine of ten not reached yet",
            "30 days: 50 % (15\u201377), 4 at risk",
            "Refused for: incomplete 2. For form: 2.",
        ):
            assert part in said, said
        assert "Emergency" not in said

    def test_emergencies_content_and_speech_stand_apart(self, desk):
        ask(desk, 5, took=1, status=Status.PRODUCED, emergency=True)
        ask(desk, 2, took=9, status=Status.REFUSED, category="blasphemy")
        said = desk.heard("Omar", "summary counterpart PROV-META")
        assert "Emergency 5 sent · 100 % answered · half within 1 day" in said
        assert "Speech 2 sent · 2 refused" in said
        assert "Content" not in said

    def test_of_fewer_than_five_there_are_counts_alone(self, desk):
        ask(desk, 4, took=20, status=Status.PRODUCED)
        said = desk.heard("Mona", "summary counterpart PROV-META")
        assert "4 answered" in said
        assert "too few to say how long" in said
        assert "%" not in said
        assert "half within" not in said
        ask(desk, 1, took=20, status=Status.PRODUCED)
        assert "5 answered (100 %)" in desk.heard("Mona", "summary counterpart PROV-META")

    def test_who_never_answers_has_not_come_to_a_half(self, desk):
        ask(desk, 6, ago=700)
        assert "half not reached yet" in desk.heard("Mona", "summary counterpart PROV-META")

    def test_what_was_never_sent_or_comes_from_them_does_not_count(self, desk):
        ask(desk, 3, status=Status.DRAFT)

        def they_ask(work):
            case = factories.case(work)
            them = factories.agency(work, "US-DOJ-OIA")
            factories.request(work, of=case, direction="incoming", sender=them, to="PK-FIA-CCW", status=Status.SENT)

        desk.write(they_ask)
        for code in ("PROV-META", "US-DOJ-OIA"):
            assert "NOTHING was sent" in desk.heard("Mona", f"summary counterpart {code}")

    def test_its_buttons_lead_to_what_is_overdue_with_it_and_to_all(self, desk):
        ask(desk, 2, ago=600)
        ask(desk, 1, ago=600, to="PROV-X", instrument="PROD-X")
        line = button(desk, "summary counterpart PROV-META", "Overdue with them")
        assert "OVERDUE: 2, longest first (Meta)" in desk.heard("Mona", line)
        assert "2 shown" not in desk.heard("Mona", button(desk, "summary counterpart PROV-META", "All counterparts"))

    def test_the_reasons_most_often_given_come_first_and_six_are_named(self, desk, reference):
        def refuse(work):
            case = factories.case(work)
            for n, code in enumerate(sorted(reference.refusal_reasons)[:8]):
                for _ in range(n + 1):
                    factories.request(work, of=case, status=Status.REFUSED).refusals = [{"codes": [code], "on": None}]

        desk.write(refuse)
        said = desk.heard("Mona", "summary counterpart PROV-META")
        [told] = list(said.split("Refused for: ")[1:])
        codes = [code.replace("_", " ") for code in sorted(reference.refusal_reasons)[:8]]
        assert told.startswith(f"{codes[7]} 8, {codes[6]} 7, ")
        assert f"{codes[2]} 3, 2 other reasons." in told
        assert codes[1] not in told


class TestAll:
    def test_half_answered_soonest_first_then_the_larger_share_then_the_few(self, desk):
        ask(desk, 6, to="PROV-X", instrument="PROD-X", took=50, status=Status.PRODUCED)
        ask(desk, 6, to="PROV-META", took=20, status=Status.REFUSED)
        ask(desk, 9, to="PROV-GOOGLE", instrument="PROD-GOOGLE", ago=500)
        ask(desk, 9, to="PROV-TIKTOK", instrument="PROD-TIKTOK", ago=500)
        ask(desk, 1, to="PROV-TIKTOK", instrument="PROD-TIKTOK", took=3, status=Status.PRODUCED)
        ask(desk, 2, to="PROV-APPLE", instrument="PROD-US-BSI", took=1, status=Status.PRODUCED)
        said = desk.heard("Mona", "summary counterpart")
        named = ("Meta", "X ·", "TikTok", "Google", "Apple")
        places = [said.index(name) for name in named]
        assert places == sorted(places), said
        assert "6 sent · 100 % answered" in said
        assert "2 sent · 2 answered" in said

    def test_a_row_opens_its_counterpart(self, desk):
        ask(desk, 6)
        line = button(desk, "summary counterpart", "Open")
        assert line == "summary counterpart PROV-META agency:PK-FIA-CCW"
        assert "6 requests" in desk.heard("Mona", line)

    def test_ten_a_page(self, desk, reference):
        codes = [code for code in reference.authorities if code.startswith("PROV-")][:12]
        for code in codes:
            ask(desk, to=code)
        assert "10 of 12 shown" in desk.heard("Mona", "summary counterpart")
        second = button(desk, "summary counterpart", "Next page")
        assert desk.heard("Mona", second).count("1 sent") == 2
        assert "10 of 12" in desk.heard("Mona", button(desk, second, "Back"))

    def test_nothing_sent(self, desk):
        assert "has sent nothing to anybody yet" in desk.heard("Mona", "summary counterpart")


class TestWhoMayReadIt:
    def test_officers_and_managers_for_their_own_agency(self, desk):
        ask(desk, 6)
        for name in ("Adil", "Lisa"):
            assert "manager" in desk.refused(name, "summary counterpart")
        refused = desk.refused("Mona", "summary counterpart agency:PK-NCCIA")
        assert refused == desk.refused("Mona", "summary counterpart agency:PROV-META").replace("PROV-META", "PK-NCCIA")

    def test_red_counts_for_whom_it_names(self, desk):
        ask(desk, 6, label=Label.RED)
        assert "6 requests" in desk.heard("Omar", "summary counterpart PROV-META")
        assert "NOTHING was sent" in desk.heard("Mona", "summary counterpart PROV-META")
        assert "has sent nothing" in desk.heard("Mona", "summary counterpart")

    def test_in_a_room_it_is_private_where_it_is_above_the_ceiling(self, desk):
        desk.heard("Mona", "desk channel here for:PK-FIA-CCW label:green", room="ops")
        ask(desk, 6)
        for line in ("summary counterpart", "summary counterpart PROV-META"):
            assert desk.say("Mona", line, room="ops").private
