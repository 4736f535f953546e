"""Golden numbers: three months of ordinary work, with everything that changes the past, counted twice.

Every figure of weeks, months and a year is counted again by `tests/naive_figures.py` from plain rows: at the end, for
what is known now; and as each period was over, for what was known then.
"""

import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from random import Random

import pytest
from sqlalchemy import select

from bot.rendering.blocks import Bullets, Buttons
from handlers.kit import access
from handlers.kit.paging import ROWS
from handlers.kit.turn import Turn
from handlers.registers import intake
from handlers.registers.vocabulary import from_reference
from handlers.summaries import explain
from handlers.summaries import periods as summaries
from handlers.summaries.explain import FigureExplained
from storage.database.store import Store
from storage.exposure.roles import Role
from storage.models import Case, Request
from storage.record import explained, figures, known, old_rows, records
from storage.record.periods import MONTH, WEEK, YEAR, Period
from storage.record.scopes import Scope
from storage.rules import lifecycle
from storage.rules.lifecycle import Status
from storage.times import FrozenClock, at_local
from tests import factories, naive_figures
from tests.register_lines import numbered, write_csv
from tests.spoken import Desk, words
from tests.whole_register import read

pytestmark = pytest.mark.slow
ZONE = "Asia/Karachi"
FIRST, LAST = date(2025, 11, 17), date(2026, 2, 15)
SOON = date(2025, 11, 26)
SEED = 15
MOVES = {
    "sent": ("request sent {ref} on:{day}",),
    "acknowledge": ("request acknowledge {ref} on:{day}",),
    "clarify": ("request clarify {ref} asks:which on:{day}",),
    "supplement": ("request supplement {ref} answer:that on:{day}",),
    "produced": ("request produced {ref} on:{day}", "request produced {ref} part:bsi on:{day}"),
    "refused": (
        "request refused {ref} because:overbroad on:{day}",
        "request refused {ref} because:overbroad accounts:1 on:{day}",
    ),
    "not-held": ("request not-held {ref} on:{day}",),
    "withdraw": ("request withdraw {ref} because:over",),
    "reopen": ("request reopen {ref} because:wrong",),
}
CHANGES = (
    "request undo {ref} because:mistake", "request undo {ref} because:mistake", "request correct {ref} sent:{day}",
    "request correct {ref} answered:{day}", "request extend {ref} days:7 reason:asked",
    "request extend {ref} until:{later} reason:asked", "request quiet {ref}",
)  # fmt: skip


def _filed(work, *, incoming: bool) -> None:
    """A request in the newest case, with the line that filing it would write."""
    case = work.session.scalars(select(Case).order_by(Case.id.desc())).first()
    if incoming:
        them = records.authority(work, "US-DOJ-OIA")
        row = factories.request(
            work,
            of=case,
            direction="incoming",
            sender=them,
            to="PK-FIA-CCW",
            instrument="MLA-PK-IN",
            status=Status.SENT,
        )
    else:
        row = factories.request(work, of=case, accounts=("page.one", "page.two"))
        row.data = ["bsi", "ip_logs"]
    work.audit("request receive" if incoming else "request file", row.ref)


def _transferred(work, ref: str, day: date) -> None:
    """It went another road, of which nothing is known here."""
    row = work.session.scalars(select(Request).where(Request.ref == ref)).one()
    lifecycle.move(work, row, "transfer", by=row.filer, on=day)


class Lived:
    """A desk on which people worked for three months, and what was counted as each period was over."""

    def __init__(self, desk: Desk, tmp_path) -> None:
        self.desk, self.random, self._folder = desk, Random(SEED), tmp_path
        self.said, self.old_one = Counter[str](), ""
        self.then: dict[Period, dict[str, list[str]]] = {}

    def live(self) -> None:
        day = FIRST
        while day < LAST:
            self._morning(day)
            for hour in range(9, 15):
                self.desk.clock.move_to(at_local(day, time(hour), ZONE))
                self._act(day)
            if day == FIRST:
                self._begin_with_an_old_one()
            if day == SOON:
                self._say(f"request undo {self.old_one} because:mistake")
            if day == date(2026, 1, 18):
                self._import()
            if day == date(2026, 1, 19):
                self.desk.heard("Mona", f"request take-up before:today count:{self.old()}")
                self.said["request take-up"] += 1
            day += timedelta(days=1)
        self._morning(LAST)
        self.desk.clock.move_to(at_local(LAST, time(12), ZONE))

    def _morning(self, day: date) -> None:
        """As a day begins, what is over is counted."""
        self.desk.clock.move_to(at_local(day, time(), ZONE))
        firsts = {WEEK: day.weekday() == 0, MONTH: day.day == 1, YEAR: (day.month, day.day) == (1, 1)}
        for kind in (kind for kind, begins in firsts.items() if begins and day > FIRST):
            over = Period(kind, day).before
            self.then[over] = self.count(over)

    def _act(self, day: date) -> None:
        found = self.desk.read(
            lambda work: work.session.execute(select(Request.ref, Request.status).order_by(Request.id)).all()
        )
        if len(found) < 6 or self.random.random() < 0.12:
            self._file(len(found))
            return
        ref, status = self.random.choice(found[-14:] if self.random.random() < 0.8 else found)
        allowed = lifecycle.allowed(status)
        if "transfer" in allowed and self.random.random() < 0.05:
            self.desk.write(lambda work: _transferred(work, ref, day))
            self.said["request transfer"] += 1
        lines = MOVES.get(self.random.choice(allowed), ()) if allowed and self.random.random() < 0.65 else CHANGES
        if lines:
            ago = timedelta(days=self.random.choice((0, 0, 1, 2, 4, 9, 25)))
            line = self.random.choice(lines)
            self._say(line.format(ref=ref, day=day - ago, later=day + timedelta(days=20)))

    def old(self) -> int:
        return self.asked(lambda work, scope: old_rows.count(work, scope.viewer).overdue)

    def _begin_with_an_old_one(self) -> None:
        """Long overdue; that they have it turns out to have been a mistake."""

        def job(work):
            case = factories.case(work)
            row = factories.request(work, of=case, status=Status.SENT, on=FIRST - timedelta(days=200))
            work.audit("case open", case.ref)
            return row.ref

        self.old_one = self.desk.write(job)
        self._say(f"request acknowledge {self.old_one}")

    def _say(self, line: str) -> None:
        answer = self.desk.say("Mona", line)
        assert not answer.failed, line
        self.said[" ".join(line.split()[:2])] += not answer.refused

    def _file(self, n: int) -> None:
        self._say(f'case open "Case {n}" category:impersonation label:amber')
        self.desk.write(lambda work: _filed(work, incoming=n % 5 == 4))

    def _import(self) -> None:
        """A register of rows of before, some of them of periods that are over."""
        rows = [
            {"sent_on": "20-Nov-2025", "replied_on": "04-Dec-2025", "outcome": "Data provided"},
            {"sent_on": "25-Nov-2025", "replied_on": "11-Dec-2025", "outcome": "Refused - MLAT required"},
            {"sent_on": "02-Dec-2025", "replied_on": "17-Dec-2025", "outcome": "Partially provided"},
            {"sent_on": "03-Dec-2025", "replied_on": "", "outcome": ""},
            {"sent_on": "01-Jun-2025", "replied_on": "", "outcome": ""},
            {"sent_on": "02-Jun-2025", "replied_on": "", "outcome": ""},
        ]
        register = read(
            write_csv(self._folder / "register.csv", numbered(*rows)), from_reference(self.desk.store.reference)
        )
        assert not register.doubts, register.doubts[0].flaws
        taken = self.desk.write(lambda work: intake.take(intake.importer(work, "Mona"), register, register.entries))
        assert taken == len(rows)

    def count(self, period: Period) -> dict[str, list[str]]:
        def job(work):
            return naive_figures.period(work, factories.agency(work), period.first, period.until)

        return self.desk.write(job)

    def asked(self, job):
        """What a manager of the agency reads."""

        def read_(work):
            [mona] = records.people(work, name="Mona")
            return job(work, Scope(factories.viewer(mona), factories.agency(work)))

        return self.desk.write(read_)

    def refs(self, work, code: str, rows) -> list[str]:
        of = explained.FIGURES[code].of
        found = explained.records(work, of, [row.id for row in rows])
        return sorted((found[row.id].request if of == "account" else found[row.id]).ref for row in rows)


@pytest.fixture(scope="module")
def lived(tmp_path_factory, sqlite_template, reference) -> Iterator[Lived]:
    folder = tmp_path_factory.mktemp("lived")
    clock = FrozenClock(datetime(2025, 11, 16, 6, tzinfo=UTC))
    url = f"sqlite:///{shutil.copy(sqlite_template, folder / 'desk.sqlite')}"
    store = Store(url, clock=clock, reference=reference)
    found = Lived(Desk.of(store, clock, ("Mona", Role.MANAGER)), folder)
    found.live()
    yield found
    store.close()


def of_kind(lived: Lived, kind: str) -> list[Period]:
    return [period for period in lived.then if period.kind == kind]


def test_everything_that_changes_the_past_was_done(lived):
    acts = ("correct", "undo", "reopen", "extend", "produced", "refused", "not-held", "transfer", "clarify", "take-up")
    assert {word for word in acts if not lived.said[f"request {word}"]} == set()


def test_each_figure_as_known_now_is_what_is_counted_by_hand(lived):
    for period in [*lived.then, Period(WEEK, date(2026, 2, 9)), Period(MONTH, date(2026, 2, 1))]:
        expected = lived.count(period)

        def job(work, scope, period=period):
            counts = figures.counts(work, scope, [period.before, period])[1]
            return {
                code: (counts[code], lived.refs(work, code, figures.listed(work, scope, code, period).rows))
                for code in (*figures.SHOWN, *figures.BY_ACCOUNT)
            }

        for code, (count, refs) in lived.asked(job).items():
            assert refs == sorted(expected.get(code, [])), (period, code)
            assert count == len(refs), (period, code)


def test_each_figure_as_known_then_is_what_was_counted_as_the_period_was_over(lived):
    for period, expected in lived.then.items():

        def job(work, scope, period=period):
            counted = known.counts(work, scope, period, figures.counts(work, scope, [period])[0])
            rows = known.then(work, scope, period)
            return {code: (counted[code], lived.refs(work, code, rows[code])) for code in figures.SHOWN}

        for code, (count, refs) in lived.asked(job).items():
            assert refs == sorted(expected.get(code, [])), (period, code)
            assert count == len(refs), (period, code)


def test_what_was_known_then_differs_from_what_is_known_now(lived):
    """Else nothing above would be tested: every figure differs for some period."""
    differs = {
        code
        for period, then in lived.then.items()
        for now in [lived.count(period)]
        for code in figures.SHOWN
        if sorted(then.get(code, [])) != sorted(now.get(code, []))
    }
    assert differs == set(figures.SHOWN) - {"received"}


class TestExplained:
    """What is behind a figure is as many rows as the summary said."""

    ASKED = (("week", 0, "now"), ("week", 3, "now"), ("month", 1, "then"), ("year", 1, "now"), ("year", 1, "then"))

    def told(self, lived: Lived, job):
        """The notice of an answer to Mona."""

        def ask(work):
            return job(Turn(work, access.actor(work, access.CONSOLE, "Mona"))).notices[0]

        return lived.desk.write(ask)

    def page(self, lived: Lived, code: str, **asked) -> FigureExplained:
        return self.told(lived, lambda turn: explain.explain(turn, code, **asked))

    @pytest.mark.parametrize("asked", ASKED, ids=lambda asked: "-".join(map(str, asked)))
    def test_every_figure_is_as_many_rows_as_it_says(self, lived, asked):
        kind, ago, as_known = asked
        told = self.told(lived, lambda turn: getattr(summaries, kind)(turn, ago=ago, known=as_known))
        said = {one.counted: one.this for one in (*told.figures, *told.by_account)}
        said |= {one.step: one.count for one in told.steps}
        said |= {name: getattr(told, name) for name in ("waiting", "over_a_year", "owed", "owed_late", "lapsing")}
        said |= {"late": told.late_total, "register": told.old}
        for one in told.waits:
            said |= {one.kind: one.count, f"{one.kind}_late": one.late}
        assert sum(said.values()) > len(said), "there is something to explain"
        for code in [code for code, one in explained.FIGURES.items() if not one.summary]:
            found = self.page(lived, code, period=kind, ago=ago, known=as_known)
            assert found.count == said.get(code, 0) or (code in figures.BY_ACCOUNT and as_known == "then"), code
            assert len(found.lines) == min(found.count, ROWS), code

    def test_a_list_is_turned_page_by_page_and_each_row_stands_once(self, lived):
        first = self.page(lived, "sent", period="year", ago=1)
        pages = [self.page(lived, "sent", period="year", ago=1, page=n + 1) for n in range(-(-first.count // ROWS))]
        refs = [line.ref for page in pages for line in page.lines]
        assert len(refs) == len(set(refs)) == first.count > ROWS
        assert [page.next_line for page in pages][-2:] == [
            f"summary explain sent period:year ago:1 page:{len(pages)}",
            "",
        ]

    @pytest.mark.parametrize(
        "line", ["summary week", "summary week ago:2", "summary month ago:1 known:then", "summary year"]
    )
    def test_every_button_of_a_summary_works(self, lived, line):
        def found(block) -> list[str]:
            items = block.items if isinstance(block, Bullets) else ()
            buttons = block.buttons if isinstance(block, Buttons) else [one.button for one in items if one.button]
            return [button.line for button in buttons]

        lines = [one for block in lived.desk.say("Mona", line).messages[0].blocks for one in found(block)]
        assert len(lines) > 3
        for one in lines:
            answer = lived.desk.say("Mona", one)
            assert not answer.failed, one
            assert not answer.refused or answer.field, (one, words(answer))  # else it asks for what only they can say
