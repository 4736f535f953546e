"""Many at once: old requests of a register are taken up or closed by two people, and nothing that was not shown."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from bot.adapters.contract import Inbound
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.history import chain
from storage.models import AuditLine, Case, Clock, OutboxRow, Person, Proposal, Recipient, Request, Watch
from storage.rules import clocks, lifecycle
from storage.rules.lifecycle import Status
from tests import factories
from tests.furnishing import furnish
from tests.office import Office

LONG_AGO = date(2016, 1, 22)
CLOSE = 'request close-old before:2020-01-01 because:"nobody waits any more"'


def _imported(work, opener: Recipient, label: Label = Label.AMBER, *, on: date | None = LONG_AGO, **how) -> str:
    manager = work.session.get_one(Person, opener.number)
    case = factories.case(work, opener=manager, label=label)
    row = factories.request(work, of=case, on=on, **{"status": Status.SENT} | how)
    clocks.mark_imported(work, row)
    return row.ref


def _four_old(store, opener: Recipient) -> list[str]:
    others = [{}] * 3 + [{"to": "PROV-X", "on": date(2018, 5, 1)}]
    return [store.write(lambda work, how=how: _imported(work, opener, **how)).result() for how in others]


class Desk(Office):
    """An office with a second officer and two managers, who type at a terminal, and four old requests."""

    others = (
        ("Second", "console", Role.OFFICER),
        ("Manager", "console", Role.MANAGER),
        ("Other Manager", "console", Role.MANAGER),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        self.old = furnish(self.store, _four_old, self.people["Manager"])

    def imported(self, *, label: Label = Label.AMBER, on: date = LONG_AGO, to: str = "PROV-META", **how) -> str:
        """A request as an import leaves it; its reference."""

        return self.do(lambda work: _imported(work, self.people["Manager"], label, on=on, to=to, **how))

    def clock_of(self, ref: str) -> tuple[bool, bool, bool]:
        """Whether the clock of a request is marked as imported, whether it runs, whether it will ring."""
        query = select(Clock).join(Request).where(Request.ref == ref).order_by(Clock.id.desc())

        def found(work) -> tuple[bool, bool, bool]:
            clock = work.session.scalars(query).first()
            return clock.imported, clock.ended_at is None, clock.ring_at is not None

        return self.do(found)

    def status(self, *refs: str) -> list[str]:
        rows = dict(self.do(lambda work: work.session.execute(select(Request.ref, Request.status)).all()))
        return [rows[ref] for ref in refs]

    def acts(self, act: str) -> list[str]:
        query = select(AuditLine.ref).where(AuditLine.act == act).order_by(AuditLine.n)
        return self.do(lambda work: list(work.session.scalars(query)))

    def told(self, notice: str) -> set[str]:
        heard = {row.recipient for row in self.rows(notice)}
        return {name for name, recipient in self.people.items() if recipient in heard}

    def refused(self, name: str, line: str) -> str:
        """What they read who may not do it, or not now."""
        answer = self.hears(Inbound("console", f"refused {next(self._typed)}", name, line))
        assert answer.refused, answer.messages[0].plain()
        return "\n".join(message.plain() for message in answer.messages)

    def said(self) -> int:
        """How many rows the outbox has."""
        return self.do(lambda work: work.session.scalar(select(func.count(OutboxRow.id))))

    def asked(self) -> int:
        """The number of the last question."""
        return self.do(lambda work: work.session.scalar(select(func.max(Proposal.id))))

    def later(self, **how: float) -> None:
        self.clock.move_to(self.clock.now() + timedelta(**how))


@pytest.fixture
def desk(sqlite_store, clock) -> Desk:
    return Desk(sqlite_store, clock)


class TestMarked:
    """What came with a register rings nobody, until somebody acts on it."""

    def test_all_that_came_is_marked_and_rings_for_nobody(self, desk):
        fresh = desk.imported(on=None)

        assert desk.clock_of(desk.old[0]) == (True, True, False)
        assert desk.clock_of(fresh) == (True, True, False)

    @pytest.mark.parametrize(
        "line",
        [
            "request acknowledge {}",
            "request clarify {} asks:which? on:today",
            "request extend {} days:3 reason:asked",
            "request snooze {} until:+5d reason:holidays",
            "request quiet {}",
            "request correct {} their:OIA-1",
            "request undo {} because:slip",
        ],
    )
    def test_any_act_takes_it_up(self, desk, line):
        assert "Not done" not in desk.types("Second", line.format(desk.old[0]))

        ref = desk.old[0]
        query = select(Clock.imported).join(Request).where(Request.ref == ref, Clock.kind == "answer")
        assert desk.do(lambda work: work.session.scalar(query)) is False
        assert desk.clock_of(desk.old[1])[0] is True

    def test_it_is_taken_up_with_its_reminders_once_the_number_was_shown(self, desk):
        shown = desk.types("Second", "request take-up before:2020-01-01 counterpart:PROV-META")
        assert "3 old requests would be taken up" in shown
        assert "Nothing is done yet" in shown
        assert desk.clock_of(desk.old[0])[0] is True

        again = desk.types("Second", "request take-up before:2020-01-01 counterpart:PROV-META count:2")
        assert "It is another number than before" in again
        assert desk.clock_of(desk.old[0])[0] is True

        done = desk.types("Second", "request take-up before:2020-01-01 counterpart:PROV-META count:3")
        assert "3 old requests are taken up" in done
        assert [desk.clock_of(ref) for ref in desk.old] == [(False, True, True)] * 3 + [(True, True, False)]
        assert desk.acts("request take-up") == desk.old[:3]


class TestClosed:
    """A manager asks, a second person agrees to the very set that was shown, and one notice says so."""

    def agrees(self, desk, who: str = "Other Manager") -> str:
        return desk.types(who, f"request close-old agree {desk.asked()}")

    def test_the_numbers_come_first(self, desk):
        shown = desk.types("Manager", CLOSE)

        assert "4 old requests would be closed" in shown
        assert "3 with PROV-META, 1 with PROV-X" in shown
        assert "22 Jan 2016" in shown
        assert "1 May 2018" in shown
        assert all(ref in shown for ref in desk.old)
        assert f"{CLOSE} count:4" in shown
        assert desk.do(lambda work: work.session.scalar(select(func.count(Proposal.id)))) == 0

    def test_nothing_is_closed_before_a_second_agrees(self, desk):
        asked = desk.types("Manager", f"{CLOSE} count:4")

        assert "Other Manager" in asked
        assert desk.told("old_close_asked") == {"Other Manager"}
        assert not any(row.urgent for row in desk.rows("old_close_asked"))
        assert "It takes two people" in desk.refused("Manager", f"request close-old agree {desk.asked()}")
        assert desk.status(*desk.old) == ["sent"] * 4

        said = desk.said()
        done = self.agrees(desk)

        assert desk.said() == said + 1
        assert "4 old requests are closed as withdrawn: Manager asked, Other Manager agreed" in done
        assert "4 cases are open with nothing open in them" in done
        assert desk.status(*desk.old) == ["withdrawn"] * 4
        assert [desk.clock_of(ref) for ref in desk.old] == [(False, False, False)] * 4
        assert desk.acts("request close-old") == desk.old
        assert desk.told("old_closed") == {"Manager"}
        assert not desk.rows("request_moved")
        assert desk.do(lambda work: chain.verify(work.session)).bad_n is None
        assert "does not wait any more" in desk.refused("Second", f"request close-old agree {desk.asked()}")

    def test_an_officer_may_agree_and_is_asked_where_no_other_manager_is(self, desk):
        def leaves(work) -> None:
            work.session.get_one(Person, desk.people["Other Manager"].number).active = False

        desk.do(leaves)
        desk.types("Manager", f"{CLOSE} count:4")

        assert desk.told("old_close_asked") == {"Second", "Officer"}
        assert "4 old requests are closed" in self.agrees(desk, "Second")

    def test_what_somebody_took_up_meanwhile_is_left_out_and_said(self, desk):
        desk.types("Manager", f"{CLOSE} count:4")
        desk.types("Second", f"request acknowledge {desk.old[0]}")
        since = desk.imported()  # nobody has shown this one

        done = self.agrees(desk)

        assert "3 old requests are closed" in done
        assert "1 left out" in done
        assert desk.status(desk.old[0], since) == ["acknowledged", "sent"]

    def test_what_nobody_agreed_to_in_a_week_has_lapsed(self, desk):
        desk.types("Manager", f"{CLOSE} count:4")
        number = desk.asked()
        assert "waits for a second person" in desk.types("Manager", CLOSE)
        desk.later(days=7)

        assert "does not wait any more" in desk.refused("Other Manager", f"request close-old agree {number}")
        assert "waits for a second person" not in desk.types("Manager", CLOSE)
        assert desk.status(*desk.old) == ["sent"] * 4

    def test_who_asks_anew_asks_for_the_new_set_alone(self, desk):
        desk.types("Manager", f"{CLOSE} count:4")
        number = desk.asked()
        desk.types("Manager", f"{CLOSE} counterpart:PROV-X count:1")

        assert "does not wait any more" in desk.refused("Other Manager", f"request close-old agree {number}")
        assert "1 old request is closed" in self.agrees(desk)
        assert desk.status(*desk.old) == ["sent"] * 3 + ["withdrawn"]

    def test_what_only_named_people_see_is_never_among_them(self, desk):
        red = desk.imported(label=Label.RED)
        shown = desk.types("Manager", CLOSE)

        assert "4 old requests" in shown
        assert red not in shown

    def test_what_became_red_since_it_was_asked_is_left_alone(self, desk):
        desk.types("Manager", f"{CLOSE} count:4")

        def raised(work) -> None:
            work.session.scalars(select(Case).join(Request).where(Request.ref == desk.old[1])).one().label = Label.RED

        desk.do(raised)

        assert "1 left out" in self.agrees(desk)
        assert desk.status(desk.old[1]) == ["sent"]

    def test_of_what_was_refused_long_ago_only_the_waiting_ends(self, desk):
        def refuse(work) -> None:
            row = work.session.scalars(select(Request).where(Request.ref == desk.old[0])).one()
            lifecycle.move(work, row, "refused", by=row.filer, on=LONG_AGO)
            clock = clocks.latest(row)
            clock.ended_at, clock.imported = None, True  # as a clock of our own next step would be

        desk.do(refuse)
        desk.types("Manager", f"{CLOSE} count:4")
        self.agrees(desk)

        assert desk.status(desk.old[0]) == ["refused"]
        assert desk.clock_of(desk.old[0])[1] is False

    def test_no_more_than_was_agreed_is_done_at_once(self, desk, monkeypatch):
        monkeypatch.setattr("storage.record.imported.MOST", 3)
        shown = desk.types("Manager", CLOSE)

        assert "3 old requests would be closed" in shown
        assert "1 more: they are left for another time" in shown

    def test_another_agency_s_are_not_counted(self, desk):
        desk.person("Stranger", "console", role=Role.MANAGER, of="PK-MOI")

        assert "no old request" in desk.refused("Stranger", CLOSE)


class TestMerged:
    """Whoever heard of one of two merged cases hears of both; who saw a case sees it as before."""

    def cases(self, desk, label: Label, *, named: bool = True) -> tuple[str, str]:
        def make(work) -> tuple[str, str]:
            first, second = (work.session.get_one(Person, desk.people[name].number) for name in ("Second", "Manager"))
            one = factories.case(work, opener=first, lead=second, label=label)
            other = factories.case(work, opener=second, lead=first if named else second, label=label)
            return one.ref, other.ref

        return desk.do(make)

    def test_whoever_led_a_red_case_still_sees_it(self, desk):
        one, other = self.cases(desk, Label.RED)
        assert f"Part of {other} now" in desk.types("Manager", f"case merge {one} into:{other} because:same")

        assert "Part of" in desk.types("Manager", f"case status {one}")
        assert "Part of" in desk.types("Second", f"case status {one}")

    def test_a_red_case_is_not_merged_into_one_that_its_people_do_not_see(self, desk):
        one, other = self.cases(desk, Label.RED, named=False)
        answer = desk.refused("Manager", f"case merge {one} into:{other} because:same")

        assert f"Second would learn of {other}" in answer

    def test_those_who_heard_of_one_watch_both(self, desk):
        one, other = self.cases(desk, Label.AMBER, named=False)
        desk.types("Second", f"case merge {other} into:{one} because:same")
        query = select(Case.ref, Watch.person_id).join(Watch, Watch.case_id == Case.id)

        manager = desk.people["Manager"].number
        assert {(one, manager), (other, manager)} <= set(desk.do(lambda work: work.session.execute(query).all()))

    def test_a_part_of_a_part_is_part_of_the_whole(self, desk):
        one, other = self.cases(desk, Label.AMBER)
        desk.types("Second", f"case merge {desk.case_ref} into:{one} because:same")
        desk.types("Second", f"case merge {one} into:{other} because:same")

        assert f"Part of {other}" in desk.types("Second", f"case status {desk.case_ref}")
        assert desk.ref in desk.types("Second", f"case status {other}")
        assert f"is part of {other}" in desk.refused("Second", f"case merge {desk.case_ref} into:{other} because:same")
        desk.types("Second", f"case assign {other} to:Officer")
        query = select(Person.name).join(Case, Case.lead_id == Person.id).where(Case.ref == desk.case_ref)
        assert desk.do(lambda work: work.session.scalar(query)) == "Officer"

    def test_what_ended_with_the_whole_is_alive_again_with_a_part_that_leaves_it(self, desk):
        one, other = self.cases(desk, Label.AMBER)
        desk.types("Second", f"preservation ask {one} to:PROV-META as:PRES-META accounts:x")
        desk.types("Second", f"case merge {one} into:{other} because:same")
        desk.clock.move(days=1)
        desk.types("Second", f"case close {other} because:done")
        assert f"{one}/P1" not in desk.types("Second", "preservation list")

        assert f"Watched again: {one}/P1" in desk.types("Second", f"case reopen {one} because:back")
        assert f"{one}/P1" in desk.types("Second", "preservation list")
        assert "Watched again" not in desk.types("Second", f"case reopen {other} because:back")

    def test_another_road_is_filed_with_the_whole(self, desk):
        _, other = self.cases(desk, Label.AMBER)
        desk.types("Second", f"case merge {desk.case_ref} into:{other} because:same")
        line = f'request transfer {desk.ref} to:PROV-META as:PROD-META basis:"domestic court order 1" reason:fraud '
        line += 'date_range:"2026-01-01..2026-03-01" user_notification:no official_email:a@b.example phone:1 '
        desk.types("Second", line + "despite:tried")

        assert desk.status(desk.ref, f"{other}/1") == ["transferred", "draft"]
