"""What holds for every summary: its label, its last page, its days, and where its buttons lead."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.models import Person, Request
from storage.record import records
from storage.rules import lifecycle
from storage.rules.lifecycle import Status
from tests import factories
from tests.spoken import Desk, words

MONDAY = date(2026, 3, 2)  # the day these tests begin
FIGURES = (
    *("summary week", "summary month", "summary year", "summary explain answered", "summary counterpart"),
    *("summary counterpart PROV-META", "summary routes to:PROV-META", "summary reciprocity"),
    *("summary reciprocity counterpart:PROV-META", "summary obligations", "summary obligations format:csv"),
    *("summary export counterpart format:csv", "summary export week format:csv"),
)
"""Each says numbers of what it does not show one by one."""
LISTS = ("summary explain sent", "summary counterpart", "summary reciprocity", "summary routes to:PROV-META")


@pytest.fixture
def desk(sqlite_store, clock) -> Desk:
    return Desk.of(sqlite_store, clock, ("Mona", Role.MANAGER), ("Omar", Role.OFFICER))


def ask(desk: Desk, *, label=Label.AMBER, days: int = 0, opener: str = "Omar", **more) -> str:
    """A request sent so many days ago. Its reference."""

    def job(work):
        person = work.session.scalars(select(Person).where(Person.name == opener)).one()
        case = factories.case(work, opener=person, label=label)
        facts = {"status": Status.SENT, "on": MONDAY - timedelta(days=days)} | more
        return factories.request(work, of=case, **facts).ref

    return desk.write(job)


class TestLabel:
    @pytest.mark.parametrize("line", FIGURES)
    def test_figures_that_count_what_is_red_are_red_and_those_of_others_amber(self, desk, line):
        ask(desk, label=Label.AMBER, status=Status.PRODUCED)
        ask(desk, label=Label.RED, status=Status.PRODUCED)
        labels = {name: {message.label for message in desk.say(name, line).messages} for name in ("Omar", "Mona")}
        assert labels == {"Omar": {Label.RED}, "Mona": {Label.AMBER}}

    def test_they_are_said_to_the_asker_alone_where_a_room_does_not_show_red(self, desk):
        desk.heard("Mona", "desk channel here for:PK-FIA-CCW label:amber", room="ops")
        ask(desk, label=Label.RED, status=Status.PRODUCED)
        ask(desk, status=Status.PRODUCED)
        for line in ("summary counterpart PROV-META", "summary routes to:PROV-META"):
            assert [desk.say(name, line, room="ops").private for name in ("Omar", "Mona")] == [True, False]

    def test_what_a_check_quotes_of_a_road_leaves_red_out(self, desk):
        for label in (Label.RED, Label.AMBER, Label.AMBER):
            ask(desk, label=label)
        checked = desk.say("Omar", "request check 2 to:PROV-META as:PROD-META data:bsi accounts:new.page")
        assert "2 asked" in words(checked)
        assert {message.label for message in checked.messages} == {Label.AMBER}


class TestPages:
    @pytest.mark.parametrize("line", LISTS)
    def test_behind_the_last_page_is_the_last(self, desk, line):
        ask(desk)

        def asked_of_us(work):
            them = records.authority(work, "PROV-META")
            factories.request(work, sender=them, to="PK-FIA-CCW", direction="incoming", status=Status.SENT)

        desk.write(asked_of_us)
        assert desk.heard("Mona", f"{line} page:7") == desk.heard("Mona", line)

    @pytest.mark.parametrize("kind", ["week", "month", "year"])
    def test_the_period_before_is_offered_as_long_as_it_can_be_asked_for(self, desk, kind):
        assert f"summary {kind} ago:520" in desk.heard("Mona", f"summary {kind} ago:519")
        assert "ago:521" not in desk.heard("Mona", f"summary {kind} ago:520")


class TestExplained:
    def test_what_is_due_has_the_last_day_for_it_and_not_the_one_after(self, desk):
        ask(desk, days=100)
        for figure in ("overdue", "silent"):
            assert "Sat 17 Jan 2026 · Meta" in desk.heard("Mona", f"summary explain {figure}")
        assert "Sat 22 Nov 2025 · Meta" in desk.heard("Mona", "summary explain late")

    def test_it_is_the_same_day_as_known_then(self, desk, clock):
        ask(desk, days=100)
        clock.move(days=7)
        said = desk.heard("Mona", "summary explain overdue ago:1 known:then")
        assert "1 overdue" in said
        assert "Sat 17 Jan 2026 · Meta" in said

    @pytest.mark.parametrize(("count", "said"), [(1, "1 waits for an answer"), (2, "2 wait for an answer")])
    def test_one_waits_and_two_wait(self, desk, count, said):
        for _ in range(count):
            ask(desk)
        assert said in desk.heard("Mona", "summary explain waiting")


class TestAccounts:
    def test_those_of_a_refusal_stay_refused_where_it_was_handed_on_and_what_was_taken_back_is_not_open(self, desk):
        why = [{"codes": ["incomplete"], "on": "2026-02-27", "by": "P1"}]
        handed_on = ask(desk, days=3, status=Status.REFUSED, accounts=("a.one", "a.two"), refusals=why)
        ask(desk, status=Status.TRANSFERRED)
        taken_back = ask(desk, accounts=("b.one",))

        def move(work):
            for ref, word in ((handed_on, "transfer"), (taken_back, "withdraw")):
                request = work.session.scalars(select(Request).where(Request.ref == ref)).one()
                lifecycle.move(work, request, word, by=request.filer, on=MONDAY)

        desk.write(move)
        assert "Accounts: 2 asked about (+2) · 2 refused (+2)" in desk.heard("Mona", "summary month ago:1")
        assert "2 refused" in desk.heard("Mona", "summary explain accounts_refused period:month ago:1")
        said = desk.heard("Mona", "summary counterpart PROV-META")
        assert "Accounts: 2 refused · 1 withdrawn · 1 handed on" in said


class TestButtons:
    LINES = (
        *("summary week", "summary counterpart PROV-META", "summary routes to:PROV-META"),
        "summary reciprocity counterpart:PROV-META",
    )

    @pytest.mark.parametrize("line", LINES)
    def test_of_another_agency_of_theirs_none_leads_to_a_list_of_the_one_they_speak_for(self, desk, line):
        desk.write(lambda work: factories.one_more_agency(work, "Mona", "PK-NCCIA", Role.MANAGER))
        desk.heard("Mona", "desk me agency:PK-FIA-CCW")

        def late(work):
            for code in ("PK-NCCIA", "PK-FIA-CCW"):
                case = factories.case(work, of=factories.agency(work, code))
                factories.request(work, of=case, status=Status.SENT, on=MONDAY - timedelta(days=100))

        desk.write(late)
        said = desk.heard("Mona", f"{line} agency:PK-NCCIA").split(" → ")[1:]
        assert [one for one in said if "agency:PK-NCCIA" not in one and not one.startswith("desk ")] == []
        own = desk.heard("Mona", line).split(" → ")[1:]
        assert (
            len([one for one in own if "agency:" not in one and not one.startswith(("desk ", "summary explain"))]) == 1
        )

    def test_there_is_no_picture_of_nothing(self, desk):
        for line in ("summary counterpart PROV-META", "summary reciprocity counterpart:PROV-META"):
            assert "picture:yes" not in desk.heard("Mona", line)


class TestWords:
    def test_half_is_not_said_to_be_missing_where_it_came(self, desk):
        for n in range(7):
            ask(desk, days=50, status=Status.PRODUCED if n < 4 else Status.SENT)
        said = desk.heard("Mona", "summary routes to:PROV-META")
        assert "7 asked: 4 produced, 3 open" in said
        assert "57 % came · few, so no time is said" in said

    def test_a_row_of_what_a_figure_counts_is_no_longer_than_two_lines_of_a_phone(self, desk):
        ask(desk, accounts=("a" * 200,))
        said = desk.say("Mona", "summary explain accounts_asked")
        rows = [line for line in said.messages[0].plain().splitlines() if line.startswith("•")]
        assert rows
        assert max(map(len, rows)) < 70

    def test_addressees_of_the_statistics_are_named_as_elsewhere(self, desk):
        ask(desk)
        assert "Meta 1" in desk.heard("Mona", "summary obligations year:2026")
        assert "year:1999" not in desk.heard("Mona", "summary obligations year:2000")

    def test_of_a_period_without_anything_that_is_said(self, desk):
        assert "March 2006, as known now Nothing is on record of it." in desk.heard("Mona", "summary month ago:240")


def test_both_lists_of_reciprocity_count_alike_what_was_answered_before_it_was_handed_on(desk):
    def job(work):
        case, them = factories.case(work), records.authority(work, "US-DOJ-OIA")
        row = factories.request(work, of=case, to=them.code, instrument="LR", status=Status.REFUSED, on=MONDAY)
        lifecycle.move(work, row, "transfer", by=row.filer, on=MONDAY)
        factories.request(work, sender=them, to="PK-FIA-CCW", direction="incoming", status=Status.SENT)

    desk.write(job)
    assert "1 asked, 1 answered" in desk.heard("Mona", "summary reciprocity counterpart:US-DOJ-OIA")
    assert "asked 1, 1 answered" in desk.heard("Mona", "summary reciprocity")
