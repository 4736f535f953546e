"""What a period came to, and what waits: every figure against rows made for it, on both databases."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace

import pytest

from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.models import Clock, Request
from storage.record import figures, known, records, reports, waiting
from storage.record.periods import WEEK, Period
from storage.record.scopes import Scope
from storage.rules import clocks, lifecycle, outcomes
from storage.rules.lifecycle import Status
from storage.times import at_local
from tests import factories

ZONE = "Asia/Karachi"
MONDAY = date(2026, 3, 2)


@pytest.fixture
def ask(store, clock):
    """Run a job at noon of a local day; the clock only goes there for it."""

    def at(day: date, job):
        clock.move_to(at_local(day, time(12), ZONE))
        return store.write(job).result()

    return at


def scope(work, *, role=Role.MANAGER, ceiling=Label.RED) -> Scope:
    agency = factories.agency(work)
    return Scope(factories.viewer(factories.person(work, of=agency, role=role)), agency, ceiling)


def week(ask, day: date, monday: date = MONDAY, **seen) -> SimpleNamespace:
    """Every figure of a week, as told on a day."""
    found = ask(day, lambda work: figures.counts(work, scope(work, **seen), [Period(WEEK, monday)])[0])
    return SimpleNamespace(**{code: found[code] for code in figures.SHOWN})


NOTHING = SimpleNamespace(**dict.fromkeys(figures.SHOWN, 0))


def sent(ask, day: date, **more) -> int:
    return ask(day, lambda work: factories.request(work, status=Status.SENT, **more).id)


def move(ask, day: date, request_id: int, word: str, *, on: date | None = None) -> None:
    def job(work):
        request = work.session.get_one(Request, request_id)
        lifecycle.move(work, request, word, by=request.filer, on=on or day)

    ask(day, job)


def day(n: int) -> date:
    """The n-th day after the Monday."""
    return MONDAY + timedelta(days=n)


class TestWeek:
    def test_an_empty_week_is_all_noughts(self, ask):
        assert week(ask, day(6)) == NOTHING

    def test_it_begins_on_monday_and_ends_with_sunday_in_the_agencys_zone(self, store, clock):
        for at in (
            datetime(2026, 3, 1, 18, 59, tzinfo=UTC),  # Sunday, 23:59 in Karachi
            datetime(2026, 3, 1, 19, 0, tzinfo=UTC),  # Monday
            datetime(2026, 3, 8, 18, 59, tzinfo=UTC),  # Sunday
            datetime(2026, 3, 8, 19, 0, tzinfo=UTC),  # the next Monday
        ):
            clock.move_to(at)
            store.write(factories.case).result()
        found = store.write(lambda work: figures.counts(work, scope(work), [Period(WEEK, MONDAY)])[0]).result()
        assert found["opened"] == 2

    def test_filed_sent_and_received_are_counted_apart(self, ask):
        ask(day(0), factories.request)
        sent(ask, day(1))
        ask(day(2), lambda work: factories.request(work, direction="incoming"))
        found = week(ask, day(6))
        assert (found.opened, found.filed, found.sent, found.received) == (3, 2, 1, 1)

    def test_an_answer_counts_on_its_own_day_whenever_it_was_recorded(self, ask):
        request = sent(ask, day(0))
        move(ask, day(8), request, "produced", on=day(3))
        assert week(ask, day(9)).answered == 1
        assert week(ask, day(9), day(7)).answered == 0

    def test_each_answer_is_counted_as_what_it_is(self, ask):
        for word in ("produced", "not-held", "refused"):
            move(ask, day(2), sent(ask, day(0)), word)
        found = week(ask, day(6))
        assert (found.answered, found.not_held, found.refused) == (1, 1, 1)

    def test_an_answer_in_part_counts_on_its_own_day_while_the_rest_is_open(self, ask):
        request = sent(ask, day(0))
        move(ask, day(9), request, "part", on=day(3))
        assert week(ask, day(9)).partly == 1
        assert week(ask, day(9), day(7)).partly == 0
        move(ask, day(10), request, "produced")
        assert week(ask, day(10)).partly == 0

    def test_a_refusal_still_counts_after_another_road_was_taken(self, ask, store):
        request = sent(ask, day(0))
        move(ask, day(2), request, "refused")

        def reason(work):
            work.session.get_one(Request, request).refusals = [{"codes": ["overbroad"]}]

        store.write(reason).result()
        move(ask, day(3), request, "transfer")
        found = week(ask, day(6))
        assert (found.answered, found.refused) == (0, 1)

    def test_a_transfer_without_an_answer_is_neither(self, ask):
        move(ask, day(3), sent(ask, day(0)), "transfer")
        found = week(ask, day(6))
        assert (found.answered, found.refused) == (0, 0)

    def test_reopened_it_was_no_answer(self, ask):
        request = sent(ask, day(0))
        move(ask, day(2), request, "produced")
        move(ask, day(3), request, "reopen")
        assert week(ask, day(6)).answered == 0


class TestOverdue:
    """At the end of a week: from clocks and answers, not from what is recorded today."""

    @pytest.fixture
    def request_id(self, ask) -> int:
        return sent(ask, day(-60), on=day(-60))  # long overdue by the Monday

    def test_past_its_due_moment_and_not_answered(self, ask, request_id):
        assert request_id
        assert week(ask, day(20)).overdue == 1

    def test_not_yet_sent_so_long_ago(self, ask, request_id):
        assert request_id
        assert week(ask, day(20), day(-63)).overdue == 0

    def test_answered_later_it_was_overdue_then(self, ask, request_id):
        move(ask, day(10), request_id, "produced")
        assert week(ask, day(20)).overdue == 1
        assert week(ask, day(20), day(7)).overdue == 0

    def test_answered_in_that_week_though_recorded_later_it_was_not(self, ask, request_id):
        move(ask, day(10), request_id, "produced", on=day(4))
        assert week(ask, day(20)).overdue == 0

    def test_withdrawn_later_it_was_overdue_then(self, ask, request_id):
        move(ask, day(10), request_id, "withdraw")
        assert week(ask, day(20)).overdue == 1
        assert week(ask, day(20), day(7)).overdue == 0

    def test_silent_is_what_nothing_was_heard_of_by_then(self, ask, request_id):
        assert week(ask, day(8)).silent == 1
        move(ask, day(9), request_id, "acknowledge")
        assert week(ask, day(20)).silent == 1
        assert week(ask, day(20), day(7)) == SimpleNamespace(**{**vars(NOTHING), "overdue": 1})
        ask(day(21), lambda work: lifecycle.undo(work, work.session.get_one(Request, request_id), by=None, on=day(21)))
        assert week(ask, day(21), day(7)).silent == 1

    def test_a_week_that_is_not_over_counts_up_to_now(self, ask, store):
        request = sent(ask, day(0))
        due = store.read(lambda work: work.session.query(Clock).one().due_on).result()
        monday = due - timedelta(days=due.weekday())
        assert request
        assert week(ask, due, monday).overdue == 0
        assert week(ask, due + timedelta(days=2), due + timedelta(days=2 - (due.weekday() + 2) % 7)).overdue == 1


class TestKnownThen:
    """A past week as it stood on record when it was over; three months of it: `tests/handlers/test_figures.py`."""

    def then(self, ask, on: date, monday: date = MONDAY) -> dict[str, int]:
        """What was known of a week, asked on a day; what there was."""
        found = ask(on, lambda work: known.then(work, scope(work), Period(WEEK, monday)))
        return {code: len(rows) for code, rows in found.items() if rows and code not in ("opened", "filed")}

    def test_what_was_recorded_later_was_not_known(self, ask):
        request = sent(ask, day(0))
        move(ask, day(8), request, "produced", on=day(3))
        assert self.then(ask, day(9)) == {"sent": 1}
        assert week(ask, day(9)).answered == 1

    def test_what_was_undone_or_reopened_since_was_known(self, ask):
        first, second = sent(ask, day(0)), sent(ask, day(0))
        move(ask, day(1), first, "not-held")
        move(ask, day(2), second, "refused")
        move(ask, day(8), first, "reopen")
        ask(day(9), lambda work: lifecycle.undo(work, work.session.get_one(Request, second), by=None, on=day(9)))
        assert self.then(ask, day(10)) == {"sent": 2, "not_held": 1, "refused": 1}
        assert (week(ask, day(10)).not_held, week(ask, day(10)).refused) == (0, 0)

    def test_a_deadline_that_was_moved_since_was_overdue(self, ask):
        request = sent(ask, day(-60), on=day(-60))

        def more_time(work):
            row = work.session.get_one(Request, request)
            clocks.extend(work, clocks.latest(row), days=400, until=None, reason="", on=day(8))
            work.audit("request extend", row.ref, after={})

        ask(day(8), more_time)
        assert self.then(ask, day(9)) == {"overdue": 1, "silent": 1}
        assert week(ask, day(9)).overdue == 0

    def test_a_part_of_which_the_rest_has_come_since(self, ask):
        request = sent(ask, day(0))
        move(ask, day(3), request, "part")
        move(ask, day(9), request, "produced")
        assert self.then(ask, day(10)) == {"sent": 1, "partly": 1}


def oldest(work) -> list[int]:
    its = scope(work)
    return [row.id for row, _ in waiting.oldest(work, its, waiting.unanswered(work, its))]


class TestWhatWaits:
    def test_ages_by_days_since_sending(self, ask):
        for days in (0, 30, 31, 90, 91, 180, 181, 365, 366):
            sent(ask, day(0), on=day(-days))
        ask(day(0), factories.request)  # a draft waits for us, not for them
        found = ask(day(0), lambda work: waiting.unanswered(work, scope(work)))
        assert Counter(row.age for row in found.rows) == {0: 2, 1: 2, 2: 2, 3: 2, 4: 1}
        assert (found.count["waiting"], found.count["over_a_year"]) == (9, 1)

    def test_the_oldest_first_and_no_more_than_asked(self, ask):
        ids = [sent(ask, day(0), on=day(-days)) for days in (5, 50, 20)]
        assert ask(day(0), oldest) == [ids[1], ids[2], ids[0]]
        more = [sent(ask, day(0), on=day(-days)) for days in range(60, 60 + waiting.OLDEST)]
        assert ask(day(0), oldest) == more[::-1]

    def test_an_answered_one_does_not_wait(self, ask):
        move(ask, day(1), sent(ask, day(0)), "produced")
        assert ask(day(2), oldest) == []

    def test_holds_that_lapse_within_thirty_days(self, ask):
        """At noon in Karachi the day before still lasts in California, where the data lies; the one before is over."""

        def job(work):
            case = factories.case(work)
            for days in (131, 130, 110, 99, 98):
                factories.preservation(work, of=case, on=day(-100), days=days)

        ask(day(0), job)
        assert ask(day(0), lambda work: waiting.waits(work, scope(work)))["lapsing"] == 3

    def test_what_we_owe_and_how_much_of_it_is_late_also_to_a_colleague_here(self, ask):
        def job(work):
            agency, other = factories.agency(work), factories.agency(work, "PK-NCCIA")
            asked = {"sender": records.authority(work, "US-DOJ-OIA"), "to": "PK-FIA-CCW"}
            case = factories.case(work, of=agency)
            factories.request(work, of=case, direction="incoming", status=Status.SENT, on=day(-400), **asked)
            factories.request(work, of=case, direction="incoming", status=Status.SENT, on=day(-1), **asked)
            factories.request(work, of=factories.case(work, of=other), to="PK-FIA-CCW", status=Status.SENT, on=day(-10))
            factories.request(work, of=case, direction="incoming", status=Status.PRODUCED, **asked)

        ask(day(0), job)
        found = ask(day(0), lambda work: waiting.waits(work, scope(work)))
        assert (found["owed"], found["owed_late"]) == (3, 1)

    def test_what_is_late_by_counterpart_with_what_it_asks_of_us(self, ask):
        def job(work):
            case = factories.case(work)
            for on, to, status in (
                (-500, "PROV-META", Status.SENT),
                (-60, "PROV-META", Status.SENT),
                (-60, "PROV-META", Status.CLARIFICATION),
                (-60, "PROV-X", Status.ACKNOWLEDGED),
                (-1, "PROV-X", Status.SENT),
                (-500, "PROV-X", Status.PRODUCED),
            ):
                factories.request(work, of=case, to=to, status=status, on=day(on))

        ask(day(-500), job)
        found = ask(day(0), lambda work: waiting.unanswered(work, scope(work)))
        assert [(one.counterpart, one.count) for one in found.late] == [("PROV-META", 3), ("PROV-X", 1)]
        assert (found.count["late"], found.count["answer"]) == (4, 1)
        assert found.count["escalate"] >= 1


class TestSight:
    @pytest.fixture
    def labelled(self, ask):
        for label in Label:
            ask(
                day(0),
                lambda work, label=label: factories.request(
                    work, of=factories.case(work, label=label), status=Status.SENT
                ),
            )

    @pytest.mark.usefixtures("labelled")
    def test_red_counts_only_for_who_is_named_in_it(self, ask):
        assert week(ask, day(1)).opened == 4
        assert week(ask, day(1)).sent == 4

    @pytest.mark.usefixtures("labelled")
    @pytest.mark.parametrize(
        ("ceiling", "count"), [(Label.CLEAR, 1), (Label.GREEN, 2), (Label.AMBER, 3), (Label.AMBER_STRICT, 4)]
    )
    def test_up_to_a_ceiling(self, ask, ceiling, count):
        found = week(ask, day(1), ceiling=ceiling)
        assert (found.opened, found.sent) == (count, count)
        assert (
            ask(day(1), lambda work: waiting.unanswered(work, scope(work, ceiling=ceiling))).count["waiting"] == count
        )

    def test_another_agencys_work_is_not_ours(self, ask):
        ask(day(0), lambda work: factories.case(work, of=factories.agency(work, "PK-NCCIA")))
        assert week(ask, day(1)).opened == 0

    def test_whoever_has_no_role_that_sees_counts_nothing(self, ask):
        sent(ask, day(0))
        assert week(ask, day(1), role=Role.ADMIN) == NOTHING


class TestRegister:
    def test_by_case_and_number_with_the_clock_that_runs_and_no_more_than_asked(self, ask):
        def several(work):
            first, second = factories.case(work), factories.case(work)
            for of, status in ((second, Status.DRAFT), (first, Status.SENT), (first, Status.PRODUCED)):
                factories.request(work, of=of, status=status)

        ask(day(0), several)
        found = self._found(ask, most=9)
        assert found == [("CCW-2026-0001/1", True), ("CCW-2026-0001/2", False), ("CCW-2026-0002/1", False)]
        assert self._found(ask, most=2) == found[:2]

    def test_by_day_status_and_counterpart(self, ask):
        sent(ask, day(0))
        ask(day(1), lambda work: factories.request(work, to="PROV-X", instrument="PROD-X"))
        assert self._found(ask, until=day(0)) == [("CCW-2026-0001/1", True)]
        assert self._found(ask, since=day(1)) == [("CCW-2026-0002/1", False)]
        assert self._found(ask, status=[Status.SENT]) == [("CCW-2026-0001/1", True)]
        assert self._found(ask, counterpart="PROV-X") == [("CCW-2026-0002/1", False)]

    def _found(self, ask, *, most: int = 9, **chosen) -> list[tuple[str, bool]]:
        """References, and whether a clock runs."""
        found = ask(day(2), lambda work: reports.register(work, scope(work), most=most, **chosen))
        return [(request.ref, clock is not None) for request, clock in found]


class TestAccounts:
    """The same week by account: what was asked about, and what came of each."""

    ACCOUNTS = ("page.one", "page.two", "page.three")

    def answer(self, ask, on: date, request_id: int, outcome: str, *numbers: int) -> None:
        def job(work):
            request = work.session.get_one(Request, request_id)
            chosen = [request.targets[n] for n in numbers]
            word = outcomes.word_for(request, outcome, chosen)
            lifecycle.move(work, request, word, by=request.filer, on=on)
            outcomes.record(request, outcome, chosen, on=on, by="P1")

        ask(on, job)

    def weeks(self, ask, on: date, **seen) -> list[dict[str, int]]:
        """Of the week and the one before it."""
        weeks = Period(WEEK, MONDAY).up_to_here(2)
        found = ask(on, lambda work: figures.counts(work, scope(work, **seen), weeks))
        cut = len("accounts_")
        return [{code[cut:]: one[code] for code in figures.BY_ACCOUNT if one[code]} for one in found]

    def test_each_answer_counts_its_accounts_on_its_day(self, ask):
        request = sent(ask, day(-3), accounts=self.ACCOUNTS)
        self.answer(ask, day(-1), request, "produced", 0)
        self.answer(ask, day(1), request, "refused", 1)
        self.answer(ask, day(2), request, "not_held", 2)
        sent(ask, day(2), accounts=self.ACCOUNTS[:2])
        before, week = self.weeks(ask, day(6))
        assert before == {"asked": 3, "produced": 1}
        assert week == {"asked": 2, "refused": 1, "not_held": 1}

    def test_an_account_of_before_counts_as_its_request_does(self, ask):
        request = sent(ask, day(-3), accounts=self.ACCOUNTS)
        move(ask, day(1), request, "produced")
        move(ask, day(2), sent(ask, day(1)), "part")
        _, week = self.weeks(ask, day(6))
        assert week == {"asked": 1, "produced": 3}

    def test_what_may_not_be_seen_and_what_others_ask_is_not_counted(self, ask):
        sent(ask, day(1), direction="incoming")
        ask(day(1), lambda work: factories.request(work, of=factories.case(work, label=Label.RED), status=Status.SENT))
        assert self.weeks(ask, day(6)) == [{}, {}]
