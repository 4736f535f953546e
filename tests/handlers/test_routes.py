"""What each way of asking has yielded and what two bodies owe each other, as people read it; and the one curve."""

from datetime import date, timedelta

import pytest

from handlers import digests
from handlers.kit.turn import Actor, Turn
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.record import records
from storage.reminders.nudges import SoundedRung, Standing
from storage.rules import clocks
from storage.rules.lifecycle import Status
from tests import factories
from tests.spoken import Desk

TODAY = date(2026, 3, 2)
CHECK = 'request check {} to:PROV-META as:PROD-META data:bsi accounts:someone basis:"court order 5"'


@pytest.fixture
def desk(sqlite_store, clock) -> Desk:
    return Desk.of(
        sqlite_store, clock, ("Mona", Role.MANAGER), ("Omar", Role.OFFICER), ("Nida", Role.OFFICER, "PK-NCCIA")
    )


def put(desk: Desk, *which: tuple[str, str, Status, int, int], of: str = "PK-FIA-CCW", **more) -> str:
    """(to, instrument, what became of it, how many, days from sending to that): all in one case. Its reference."""

    def job(work):
        case = factories.case(work, of=factories.agency(work, of), label=more.pop("label", Label.AMBER))
        for to, instrument, status, count, days in which:
            for _ in range(count):
                on = TODAY - timedelta(days=200 if status in factories.PATHS and status is not Status.SENT else days)
                row = factories.request(work, of=case, to=to, instrument=instrument, status=Status.SENT, on=on, **more)
                if status is Status.SENT:
                    continue
                if status is Status.REFUSED:
                    row.refusals = [{"codes": ["overbroad"], "on": on.isoformat(), "by": "P1"}]
                row.status, row.answered_on = status, on + timedelta(days=days)
        work.session.flush()
        return case.ref

    return desk.write(job)


META, IRELAND = ("PROV-META", "PROD-META"), ("PROV-META-IE", "PROD-META")
OIA = ("US-DOJ-OIA", "MLA-US-OIA")


class TestRoutes:
    def test_what_works_best_comes_first_with_what_came_of_it_and_how_long_it_took(self, desk):
        put(
            desk,
            (*META, Status.REFUSED, 6, 20),
            (*META, Status.PRODUCED, 2, 30),
            (*OIA, Status.PRODUCED, 5, 120),
            (*OIA, Status.SENT, 1, 10),
            (*IRELAND, Status.SENT, 2, 40),
        )
        said = desk.heard("Mona", "summary routes to:PROV-META data:bsi")
        assert "ROADS to Meta, best first For Basic subscriber information · PK-FIA-CCW" in said
        oia, meta, ireland = (
            said.index(one) for one in ("US-DOJ-OIA, MLA", "Meta, PROD-META", "Meta Ireland, PROD-META")
        )
        assert oia < meta < ireland
        assert "6 asked: 5 produced, 1 open 83 % came · half within 120 days" in said
        assert "8 asked: 2 produced, 6 refused (mostly: Overbroad" in said
        assert "2 asked: 2 open few, so no time is said" in said, "no percentage of few"
        assert "Authorities: about any provider." in said

    def test_what_the_law_does_not_offer_from_here_is_last_and_marked(self, desk):
        put(desk, ("PROV-META", "EPOC", Status.PRODUCED, 6, 9), (*META, Status.REFUSED, 6, 20))
        said = desk.heard("Mona", "summary routes to:PROV-META")
        assert said.index("PROD-META") < said.index("Meta, EPOC")
        assert said.count("The law does not offer it from PK-FIA-CCW") == 1

    def test_what_was_not_tried_takes_such_data(self, desk):
        said = desk.heard("Mona", "summary routes to:PROV-META data:content")
        assert "Nothing was asked of them for this." in said
        assert "Not tried from here: Meta (PROD-META, " in said
        assert "US-DOJ-OIA (" in said
        assert "Not tried" not in desk.heard("Mona", "summary routes to:PROV-META data:content_restriction")

    def test_a_time_of_all_agencies_says_so_and_nothing_else_of_theirs_is_told(self, desk):
        put(desk, (*META, Status.PRODUCED, 7, 33), of="PK-NCCIA")
        put(desk, (*META, Status.SENT, 1, 5))
        said = desk.heard("Mona", "summary routes to:PROV-META")
        assert "1 asked: 1 open half within 33 days, 9 in 10 within 33 (all agencies here)" in said

    def test_red_and_what_is_above_the_ceiling_is_not_counted(self, desk):
        put(desk, (*META, Status.SENT, 5, 5), label=Label.RED)
        assert "Nothing was asked" in desk.heard("Mona", "summary routes to:PROV-META")

    def test_an_emergency_is_another_way(self, desk):
        put(desk, (*META, Status.PRODUCED, 5, 1), emergency=True)
        put(desk, (*META, Status.PRODUCED, 5, 50))
        said = desk.heard("Mona", "summary routes to:PROV-META")
        assert said.index("half within 50 days") < said.index("half within 1 day,"), (
            "what danger alone is good for is last"
        )
        assert "half within 50 days" in said
        assert said.count("emergencies") == 1


class TestReciprocity:
    @pytest.fixture
    def both(self, desk) -> Desk:
        put(desk, (*OIA, Status.PRODUCED, 5, 60), (*OIA, Status.SENT, 3, 100))

        def job(work):
            them = records.authority(work, "US-DOJ-OIA")
            on = TODAY - timedelta(days=20)
            factories.request(
                work,
                direction="incoming",
                sender=them,
                to="PK-FIA-CCW",
                instrument="MLA-PK-IN",
                status=Status.SENT,
                on=on,
            )

        desk.write(job)
        return desk

    def test_both_directions_who_owes_more_and_what_to_say(self, both):
        said = both.heard("Mona", "summary reciprocity counterpart:US-DOJ-OIA")
        assert "US-DOJ-OIA OWES MORE · PK-FIA-CCW and US-DOJ-OIA" in said
        assert "They owe us 3 answers, we owe them 1" in said
        assert "We asked them: 8 asked, 5 answered; half within 60 days" in said
        assert "They asked us: 1 asked, 0 answered (few)" in said
        assert (
            "To say: “You owe us 3 answers, and we owe you 1. Our oldest, CCW-2026-0001/6, has waited 100 days" in said
        )
        assert "; yours, CCW-2026-0002/1, 20.”" in said

    def test_all_with_traffic_both_ways(self, both):
        put(both, (*META, Status.SENT, 4, 9))
        said = both.heard("Mona", "summary reciprocity")
        assert "BOTH WAYS: 1 body with PK-FIA-CCW" in said
        assert "US-DOJ-OIA · owes us 3, we owe 1 asked 8, 5 answered · asked us 1, 0" in said
        assert "Meta" not in said

    def test_as_a_picture_with_one_and_with_all(self, both):
        line = "summary reciprocity counterpart:US-DOJ-OIA picture:dark"
        (one,) = both.say("Mona", line).files
        assert one.name == "rogatory-PK-FIA-CCW-both-ways-2026-03-02.png"
        assert one.shows.startswith("US-DOJ-OIA answers us half within 60 days; we answered none of their 1")
        (every,) = both.say("Mona", "summary reciprocity picture:yes").files
        assert every.shows.startswith("US-DOJ-OIA answered 5 of our 8; we answered none of their 1")
        (nothing,) = both.say("Mona", line.replace("US-DOJ-OIA", "GB-UKCA")).files
        assert nothing.shows.startswith("Nobody has asked anybody yet")

    def test_nothing_either_way(self, both):
        assert "NOTHING was asked either way" in both.heard("Mona", "summary reciprocity counterpart:GB-UKCA")

    def test_the_other_agency_reads_the_same_from_its_side(self, both):
        """An agency of this desk that keeps its own record: what it asked us is theirs and ours to see."""
        put(both, ("PK-FIA-CCW", "POLICE-LIAISON", Status.SENT, 2, 30), of="PK-NCCIA")
        put(both, ("PK-NCCIA", "POLICE-LIAISON", Status.SENT, 1, 30))
        ours = both.heard("Mona", "summary reciprocity counterpart:PK-NCCIA")
        theirs = both.heard("Nida", "summary reciprocity counterpart:PK-FIA-CCW")
        assert "They owe us 1 answer, we owe them 2" in ours
        assert "They owe us 2 answers, we owe them 1" in theirs


class TestExpected:
    def test_the_curve_counts_what_still_waits(self, desk):
        case = put(desk, (*META, Status.PRODUCED, 5, 10))
        assert "An answer may come in 10 days (half come by then here, 9 in 10 within 10)" in desk.heard(
            "Omar", CHECK.format(case)
        )
        put(desk, (*META, Status.SENT, 8, 150))
        said = desk.heard("Omar", CHECK.format(case))
        assert "An answer may come in 56 days" in said, "the instrument's number: half is not reached"
        assert "here not half came within 150 days" in said
        assert "So far this way: 13 asked, 5 brought data, 8 open." in said

    def test_few_are_not_believed(self, desk):
        case = put(desk, (*META, Status.PRODUCED, 4, 10))
        assert "An answer may come in 56 days (reported practice" in desk.heard("Omar", CHECK.format(case))

    def test_other_agencies_count_for_the_time_and_not_for_what_came(self, desk):
        put(desk, (*META, Status.PRODUCED, 6, 12), of="PK-NCCIA")
        case = put(desk)
        said = desk.heard("Omar", CHECK.format(case))
        assert "in 12 days (half come by then here" in said
        assert "So far this way" not in said

    def test_a_hold_that_half_of_the_answers_outlive_is_warned_of(self, desk):
        case = put(desk, (*META, Status.SENT, 8, 190))
        desk.heard("Omar", f"preservation ask {case} to:PROV-META as:PRES-META accounts:someone data:bsi on:2026-03-02")
        said = desk.heard("Omar", CHECK.format(case))
        assert "The data may be gone before the answer" in said
        assert "here not half came within 190 days" in said

    def test_the_card_and_the_list_of_what_is_overdue_say_the_same(self, desk):
        put(desk, (*META, Status.PRODUCED, 9, 70), (*META, Status.SENT, 1, 190))
        words = "Under PROD-META half is answered within 70 days, 9 in 10 within 70"
        assert words in desk.heard("Mona", "desk authority PROV-META")
        assert words in desk.heard("Mona", "overdue counterpart:PROV-META")


def test_a_reminder_says_how_long_they_usually_take(desk, clock):
    put(desk, (*META, Status.PRODUCED, 5, 30), (*META, Status.PRODUCED, 5, 90))
    on = TODAY - timedelta(days=55)

    def job(work):
        case = factories.case(work, opener=records.people(work, name="Omar")[0])
        factories.request(work, of=case, status=Status.SENT, on=on)

    desk.write(job)
    said = []
    for _ in range(5):
        clock.move(days=1)
        desk.tick()
        said += [spoken.text for spoken in desk.deliver() if spoken.notice == "nudge"]
    assert said
    words = "Under PROD-META half is answered within 90 days, 9 in 10 within 90; after the {} of this one, 4 in 10."
    assert all(any(words.format(days) in one for days in range(55, 61)) for one in said)


def test_a_page_of_a_digest_says_how_long_they_take_where_they_owe_us(desk):
    put(desk, (*META, Status.PRODUCED, 5, 30))

    def job(work):
        [omar] = records.people(work, name="Omar")
        agency, them = factories.agency(work), records.authority(work, "PROV-META")
        ours = factories.request(work, status=Status.SENT)
        theirs = factories.request(
            work, direction="incoming", sender=them, to="PK-FIA-CCW", instrument="MLA-PK-IN", status=Status.SENT
        )
        turn = Turn(work, Actor(omar, agency, frozenset({Role.OFFICER})))
        found = []
        for request in (ours, theirs):
            clock = clocks.latest(request)
            item = Standing(SoundedRung(clock.id, clock.epoch, "again1", late=False, rang_at=work.now), clock)
            [page] = digests._pages(turn, [item])
            found.append((page.counterpart, page.usual.half if page.usual else None))
        return found

    assert desk.write(job) == [("PROV-META", 30), ("PROV-META", None)]
