"""A register is old news: what it brings rings for nobody by itself, and is told as one number."""

import csv
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from handlers.registers import intake
from handlers.registers.vocabulary import from_reference
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.models import Case, Clock, Preservation, Request, Ring
from storage.record import records
from storage.reminders import registers
from storage.rules import alarms, clocks, lifecycle
from storage.rules.lifecycle import Status
from tests import factories
from tests.messy_register import HEADERS
from tests.spoken import Desk, Spoken
from tests.whole_register import read

NAME = "Mona"
TYPES = ("BSI", "Preserve", "Emergency")
OUTCOMES = ("Pending", "Provided", "Partially provided", "No record", "Refused - MLAT required")
PROVIDERS = ("Facebook", "Twitter", "Google", "Microsoft")
ROW = {
    "Circle": "Quetta",
    "Nature of Complaint": "Impersonation",
    "Legal Basis": "Court order No. 58/2016",
    "Accounts / URLs": "account-1; account-2",
    "Remarks": "see file",
}


@pytest.fixture
def desk(sqlite_store, clock) -> Desk:
    found = Desk(sqlite_store, clock)
    for name, role in (("Omar", Role.OFFICER), (NAME, Role.MANAGER), ("Max", Role.MANAGER)):
        found.enrol(name, role)
    return found


@pytest.fixture
def bring(desk, reference, tmp_path):
    """Rows on record, as an import brings them; how many."""

    def brought(*rows: dict[str, str]) -> int:
        file = tmp_path / "register.csv"
        with file.open("w", encoding="utf-8", newline="") as opened:
            writer = csv.DictWriter(opened, HEADERS)
            writer.writeheader()
            writer.writerows(ROW | {"Sr No": str(n)} | row for n, row in enumerate(rows, 1))
        register = read(file, from_reference(reference))
        assert not register.doubts, register.doubts[0].flaws
        taken = desk.write(lambda work: intake.take(intake.importer(work, NAME), register, register.entries))
        desk.write(lambda work: intake.sign(intake.importer(work, NAME), register, imported=taken, known=0, doubtful=0))
        return taken

    return brought


def row(
    desk: Desk, number: int, ago: int, kind: str, outcome: str = "Pending", *, to: str = "Facebook"
) -> dict[str, str]:
    """A row sent so many days ago; where it was answered, half-way since."""
    sent = desk.clock.now() - timedelta(days=ago)
    replied = "" if outcome == "Pending" else f"{sent + timedelta(days=ago // 2):%d-%b-%Y}"
    return {
        "Diary No": f"CCW/{number}", "Date Sent": f"{sent:%d-%b-%Y}", "Provider": to, "Request Type": kind,
        "Outcome": outcome, "Date of Reply": replied,
    }  # fmt: skip


def recent(desk: Desk) -> list[dict[str, str]]:
    """Seventy-five rows of the last twelve weeks, of every type and outcome."""
    kinds = [(kind, outcome) for kind in TYPES for outcome in OUTCOMES]
    return [row(desk, n, 1 + 17 * n % 85, *kinds[n % 15], to=PROVIDERS[n % 4]) for n in range(75)]


def lived(desk: Desk, days: int, *, hours: int = 24) -> list[Spoken]:
    """What is said while so many days go by, a tick every so many hours."""
    said = []
    for _ in range(days * 24 // hours):
        desk.clock.move(hours=hours)
        desk.tick()
        said += desk.deliver()
    return said


def heard(said: list[Spoken]) -> Counter[tuple[str, str]]:
    return Counter((str(one.recipient), one.notice) for one in said)


class TestNobodyIsRung:
    def test_of_a_recent_register_each_person_hears_one_line_on_the_next_morning(self, desk, bring):
        assert bring(*recent(desk)) == 75
        desk.tick()
        assert desk.deliver() == [], "it can wait for the morning"
        assert Counter(row.notice for row in desk.outbox()) == {"old_waiting": 2}

        said = lived(desk, 3, hours=1)
        assert heard(said) == {(NAME, "old_waiting"): 1, ("Max", "old_waiting"): 1}
        assert all("of the register are overdue" in one.text for one in said)

    def test_every_clock_that_an_import_can_begin_is_silent_for_four_hundred_days(self, desk, bring):
        """All types and outcomes, of today and of years ago."""
        kinds = [(kind, outcome) for kind in TYPES for outcome in OUTCOMES]
        days = (0, 1, 3, 29, 89, 700)
        rows = [(ago, *kind) for ago in days for kind in kinds]
        bring(*(row(desk, n, *one, to=PROVIDERS[n % 4]) for n, one in enumerate(rows)))

        running = select(Clock).where(Clock.ended_at.is_(None))

        def standing(work):
            found = work.session.scalars(running).all()
            return {(one.kind, one.imported, one.ring_at, alarms.schedule_of(work.reference, one)) for one in found}

        begun = {"answer", "next_step", "preservation", "confirmation"}
        assert desk.read(standing) == {(kind, True, None, None) for kind in begun}

        said = lived(desk, 400, hours=48)
        assert {one.notice for one in said} == {"old_waiting"}
        assert max(heard(said).values()) <= 14, "once, and with every month that begins"
        assert min(heard(said).values()) >= 13, "nothing waits unheard"
        assert desk.read(lambda work: work.session.scalar(select(func.count(Ring.id)))) == 0

    def test_a_second_import_is_told_of_on_its_own_morning_and_two_of_a_day_once(self, desk, bring):
        bring(row(desk, 1, 90, "BSI"))
        desk.tick()
        bring(row(desk, 2, 90, "BSI"))
        desk.tick()
        (first,) = {one.text for one in lived(desk, 2, hours=1)}
        assert "2 of the register are overdue" in first
        bring(row(desk, 3, 90, "BSI"))
        assert heard(lived(desk, 2, hours=1)) == {(NAME, "old_waiting"): 1, ("Max", "old_waiting"): 1}

    def test_nothing_is_said_of_what_is_not_overdue_until_it_is(self, desk, bring):
        bring(row(desk, 1, 1, "BSI"))
        assert lived(desk, 50) == []
        assert heard(lived(desk, 20))[NAME, "old_waiting"] >= 1

    def test_with_other_news_it_is_one_digest(self, desk, bring):
        bring(row(desk, 1, 90, "BSI"), row(desk, 2, 90, "BSI"))

        def file(work):
            [mona] = records.people(work, name=NAME)
            case = factories.case(work, opener=mona)
            return factories.request(work, of=case, status=Status.SENT, filer=mona).ref

        desk.write(file)
        ring = select(Clock).where(Clock.imported.is_(False))
        desk.clock.move_to(desk.read(lambda work: work.session.scalars(ring).one().ring_at))
        said = [one for one in lived(desk, 3, hours=1) if one.recipient == NAME]
        assert Counter(one.notice for one in said) == {"old_waiting": 1, "nudge": 1} or [
            one.notice for one in said
        ] == ["digest"]


class TestTheNumber:
    def test_the_button_opens_the_rows_that_were_counted(self, desk, bring):
        bring(*(row(desk, n, 90, "BSI") for n in range(12)))
        bring(row(desk, 20, 90, "BSI", OUTCOMES[-1]), row(desk, 21, 2, "BSI"))
        for name in (NAME, "Omar"):
            assert "12 of the register are overdue" in desk.heard(name, "desk home")
            assert "12 of the register are overdue" in desk.heard(name, "overdue agency")
            shown = desk.heard(name, "overdue register")
            assert "10 of 12 shown" in shown
            assert "Take up old ones" in shown
        (said, *_) = lived(desk, 2, hours=1)
        assert "12 of the register are overdue" in said.text
        assert "· 1 refused" in said.text
        assert "overdue register" in said.text
        assert "12 overdue of the register" in desk.heard(NAME, "summary week")

    def test_what_a_person_may_not_see_they_are_not_told_of(self, desk, bring):
        bring(*(row(desk, n, 90, "BSI") for n in range(3)))

        def hide(work):
            work.session.scalars(select(Case)).first().label = Label.RED  # whoever imported it is named on it

        desk.write(hide)
        said = {one.recipient: one for one in lived(desk, 2, hours=1)}
        assert "3 of the register" in said[NAME].text
        assert "2 of the register" in said["Max"].text
        assert (said[NAME].label, said["Max"].label) == (Label.RED, Label.AMBER)

    def test_no_old_row_stands_in_a_list_of_what_waits(self, desk, bring):
        bring(*(row(desk, n, 90, kind, outcome) for n, (kind, outcome) in enumerate(
            (kind, outcome) for kind in TYPES for outcome in OUTCOMES
        )))  # fmt: skip
        desk.clock.move(days=40)
        refs = desk.read(lambda work: work.session.scalars(select(Request.ref)).all())
        assert len(refs) == 10
        for line in ("desk home", "overdue", "overdue very", "overdue agency", "summary week"):
            said = desk.heard(NAME, line)
            assert not [ref for ref in refs if ref in said], line


class TestTakenUp:
    def test_an_act_starts_the_ladder_of_what_it_is_of_alone(self, desk, bring):
        bring(row(desk, 1, 10, "BSI"), row(desk, 2, 10, "BSI"), row(desk, 3, 10, "Preserve"))
        requests = desk.read(lambda work: work.session.scalars(select(Request.ref).order_by(Request.ref)).all())
        (kept,) = desk.read(lambda work: work.session.scalars(select(Preservation.ref)).all())
        desk.heard(NAME, f"request acknowledge {requests[0]}")
        desk.heard(NAME, f"preservation confirmed {kept}")

        def armed(work):
            found = work.session.scalars(select(Clock).where(Clock.ring_at.is_not(None))).all()
            return {(one.request or one.preservation).ref for one in found}

        assert desk.read(armed) == {requests[0], kept}

    @pytest.mark.parametrize("ago", [8, 700])
    def test_an_old_emergency_that_is_taken_up_waits_for_mornings(self, desk, bring, ago):
        bring(row(desk, 1, ago, "Emergency"))
        desk.heard(NAME, "request take-up before:today count:1")
        said = [one for one in lived(desk, 30, hours=6) if one.recipient == NAME and one.notice != "old_waiting"]
        assert len(said) <= 4
        assert not [row for row in desk.outbox() if row.urgent]

    def test_what_is_not_due_yet_may_be_taken_up_and_is_not_closed_as_old(self, desk, bring):
        bring(row(desk, 1, 400, "BSI"), row(desk, 2, 3, "BSI"))
        late, fresh = desk.read(lambda work: work.session.scalars(select(Request.ref).order_by(Request.sent_on)).all())
        taken = desk.heard(NAME, "request take-up before:today")
        assert late in taken
        assert fresh in taken
        closed = desk.heard(NAME, 'request close-old before:today because:"nobody waits"')
        assert late in closed
        assert fresh not in closed

    def test_an_emergency_of_a_mere_day_was_sent_on_that_day_and_at_no_hour(self, desk, bring):
        bring(row(desk, 1, 10, "Emergency"))
        (ref,) = desk.read(lambda work: work.session.scalars(select(Request.ref)).all())
        day = desk.read(lambda work: work.session.scalars(select(Request.sent_on)).one())
        said = desk.heard(NAME, f"request status {ref} details:yes")
        assert f"EMERGENCY: sent {day:%a} {day.day} {day:%b %Y} Asked by" in said  # and no hour


class TestAnEmergencyIsOneForAWeek:
    """The ladder follows from the clock: also of what nobody imported, whatever its clock and whoever is waited for."""

    @pytest.mark.parametrize(
        ("words", "kind"),
        [
            ((), "draft"),
            (("sent",), "answer"),
            (("sent", "clarify"), "clarification"),
            (("sent", "refused"), "next_step"),
        ],
    )
    def test_after_that_it_follows_the_ordinary_ladder(self, desk, words, kind):
        def make(work):
            found = factories.request(work, instrument="EDR-META", emergency=True, status=Status.DRAFT)
            lifecycle.follow(work, found)
            for word in words:
                lifecycle.move(work, found, word, by=found.filer, on=work.now.date())
            work.session.flush()
            return next(clock for clock in clocks.running(found) if clock.kind == kind).id

        clock_id, begun = desk.write(make), desk.clock.now()

        def sounded(work):
            clock = work.session.get_one(Clock, clock_id)
            schedule, moment, found = alarms.schedule_of(work.reference, clock), begun, []
            while moment < begun + timedelta(days=400):
                sounding = schedule.following(moment)
                found.append(sounding)
                moment = sounding.at
            return found

        found = desk.read(sounded)
        codes = [one.code for one in found]
        week = begun + timedelta(days=9)  # from the end of the day, wherever that is
        assert len(set(codes)) == len(codes), "no rung is said twice, or taken for said"
        assert any(not one.wait for one in found)
        assert all(one.wait for one in found if one.at > week)
        assert 12 <= len([one for one in found if one.at > week]) <= 17, "monthly, for ever"

    def test_filed_long_after_it_was_sent_it_never_was_one(self, desk):
        def make(work):
            long_ago = (work.now - timedelta(days=900)).date()
            found = factories.request(work, instrument="EDR-META", emergency=True, status=Status.SENT, on=long_ago)
            return found.ref

        desk.write(make)
        assert len(lived(desk, 30)) <= 4
        assert not [row for row in desk.outbox() if row.urgent]


class TestPreserved:
    """A row that asks a provider to keep data is a hold, as far as the register says what became of it."""

    @pytest.mark.parametrize(
        ("outcome", "ago", "running"),
        [
            ("Pending", 20, {"preservation", "confirmation"}),
            ("Pending", 700, {"preservation"}),
            ("Provided", 20, {"preservation"}),
            ("Provided", 700, {"preservation"}),
            ("Partially provided", 20, {"preservation"}),
            ("No record", 20, set()),
            ("Refused - MLAT required", 20, set()),
        ],
    )
    def test_it_stands_as_the_register_says(self, desk, bring, outcome, ago, running):
        bring(row(desk, 1, ago, "Preserve", outcome, to="Twitter"))
        confirmed, closed = "rovided" in outcome, not running
        sent = (desk.clock.now() - timedelta(days=ago)).date()
        replied = sent + timedelta(days=ago // 2)

        def look(work):
            kept = work.session.scalars(select(Preservation)).one()
            assert work.session.scalars(select(Request)).all() == []
            days = (kept.asked_on, kept.confirmed_on, kept.expires_on, kept.closed_at is not None)
            return kept.ref, kept.instrument, kept.accounts, days, {one.kind for one in clocks.running(kept)}

        ref, instrument, accounts, days, kinds = desk.read(look)
        assert (instrument, accounts) == ("PRES-X", ["account-1", "account-2"])
        until = (replied if confirmed else sent) + timedelta(days=90)
        assert days == (sent, replied if confirmed else None, until, closed)
        assert kinds == running
        card = desk.heard(NAME, f"preservation status {ref}")
        assert ("LAPSED" in card) == (ago == 700)
        assert ("CLOSED" in card) == closed
        assert "Court order No. 58/2016" in desk.heard(NAME, f"case status {ref.partition('/')[0]} details:yes")

    def test_a_second_import_knows_it_and_another_hold_under_its_number_is_in_doubt(self, desk, bring):
        kept = row(desk, 1, 20, "Preserve", "Provided")
        bring(kept)
        assert bring(kept) == 0
        assert bring(kept | {"Date of Reply": f"{desk.clock.now():%d-%b-%Y}"}) == 0

    def test_what_became_of_it_can_be_taken_back(self, desk, bring):
        bring(row(desk, 1, 20, "Preserve", "Provided"), row(desk, 2, 20, "Preserve", OUTCOMES[-1]))
        for kept in desk.read(lambda work: work.session.scalars(select(Preservation.ref)).all()):
            desk.heard(NAME, f"preservation undo {kept} because:slip")
        columns = select(Preservation.confirmed_on, Preservation.closed_at)
        assert desk.read(lambda work: work.session.execute(columns).all()) == [(None, None)] * 2

    def test_a_case_is_found_by_an_account_that_is_kept(self, desk, bring):
        bring(row(desk, 1, 20, "Preserve"))
        assert "CCW-" in desk.heard(NAME, "case search account-2")


class TestSummaries:
    """Of what a register brought, periods and meetings say what is on record, and no more."""

    @pytest.fixture
    def late(self, desk, bring):
        """Sent four hundred days ago; two answered two hundred days later, the third never."""
        bring(*(row(desk, n, 400, "BSI", outcome) for n, outcome in enumerate(("Provided", "No record", "Pending"))))

    @pytest.mark.usefixtures("late")
    def test_none_of_them_is_overdue_in_a_period_before_until_somebody_acts_on_it(self, desk):
        between = "overdue period:month ago:9"
        assert "0 overdue" in desk.heard(NAME, f"summary explain {between}")
        desk.heard(NAME, f"request undo {answered(desk)} because:slip")
        assert "1 overdue" in desk.heard(NAME, f"summary explain {between}")

    @pytest.mark.usefixtures("late")
    def test_of_a_period_before_nothing_was_known_then(self, desk):
        ago = months_since(desk, 400)
        assert "known:then (As known then)" in desk.heard(NAME, f"summary month ago:{ago}")
        then = desk.heard(NAME, f"summary month ago:{ago} known:then")
        assert "Nothing of it was on record when it was over." in then
        assert "Known now: 3 opened" in then
        assert "Nothing is on record of it." in desk.heard(NAME, "summary month ago:100")

    @pytest.mark.usefixtures("late")
    def test_a_picture_counts_as_answered_what_the_words_do(self, desk):
        said = desk.heard(NAME, f"summary month ago:{months_since(desk, 200)} picture:yes")
        assert "1 answered (+1) · 1 not held (+1)" in said
        assert ", 1 request answered" in said

    def test_no_refusal_of_a_register_is_a_deadline_of_a_calendar(self, desk, bring):
        bring(row(desk, 1, 20, "BSI", OUTCOMES[-1]))
        assert "nothing that you may see here falls due" in desk.refused(NAME, "summary calendar agency")
        bring(row(desk, 2, 1, "BSI"))
        assert "1 deadline" in desk.heard(NAME, "summary calendar agency")

    @pytest.mark.usefixtures("late")
    def test_what_is_open_of_it_is_said_at_the_meeting(self, desk):
        said = desk.heard(NAME, "summary reciprocity counterpart:PROV-META")
        assert "“1 request of ours has no answer in our old register.”" in said

    @pytest.mark.usefixtures("late")
    def test_a_counterpart_and_a_picture_that_owe_nothing_else_owe_that(self, desk):
        assert "NOTHING overdue but 1 of an old register" in desk.heard(NAME, "summary counterpart PROV-META")
        said = desk.heard(NAME, f"summary month ago:{months_since(desk, 400)} picture:yes")
        assert "Nothing waits for an answer but 1 of an old register" in said
        assert "Nothing was overdue" not in said


def answered(desk: Desk) -> str:
    produced = select(Request.ref).where(Request.status == Status.PRODUCED)
    return desk.read(lambda work: work.session.scalars(produced).one())


def months_since(desk: Desk, days: int) -> int:
    """How many months ago it was, so many days ago."""
    now = desk.clock.now()
    then = now - timedelta(days=days)
    return 12 * (now.year - then.year) + now.month - then.month


def test_a_rehearsal_foresees_the_month(desk, bring):
    bring(row(desk, 1, 90, "BSI"))
    desk.tick()
    assert desk.read(registers.next_moment) > desk.clock.now()
