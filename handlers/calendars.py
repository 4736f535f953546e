"""Days off: what differs from the published calendars, typed one by one or read from a calendar file.

In: a turn and typed values, or a file that came with the message. Out: rows of the calendar; open clocks that count
working days by it move by a named act, and the people concerned are told. Everybody may read; an administrator of the
agency that keeps an authority changes its calendar; a country's calendar is kept by the agencies of that country.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

from handlers.exposure import RecordFacts
from handlers.kit import access, calendar_file, concerned, keeping
from handlers.kit.errors import BadFile, Conflict, NoFile
from handlers.kit.notices import PublicNotice, RecordNotice
from handlers.kit.paging import Page, Pages
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands, Spec
from handlers.language.errors import BadValue, clause
from handlers.language.values import AnyDay, Flag, Text
from storage.database.unit_of_work import UnitOfWork
from storage.exposure.roles import Role
from storage.models import Clock, Holiday
from storage.record import attachments, records
from storage.rules import recomputing
from storage.rules.calendars import published
from storage.rules.files import ACCEPTED, MOST_BYTES

commands = Commands()

Code = Annotated[str, Text(max=40)]
BACK, AHEAD = timedelta(days=366), timedelta(days=5 * 366)  # the days of a file that are looked at, from today
SHOWN = 10  # days that an answer names


@dataclass(frozen=True)
class HolidayList(PublicNotice):
    """What was added to the published calendars."""

    asked: str
    holidays: tuple[tuple[str, date, str, bool], ...]
    total: int
    next_line: str
    back_line: str


@dataclass(frozen=True)
class MovedLine(RecordFacts):
    """One deadline that followed a calendar."""

    ref: str
    label: str
    before: date
    after: date


@dataclass(frozen=True)
class HolidayChanged(RecordNotice):
    """A calendar changed; `moved` are the deadlines that followed, as far as the reader sees them."""

    calendar: str
    day: date
    name: str
    working: bool
    removed: bool
    by: str
    moved: tuple[MovedLine, ...]


@dataclass(frozen=True)
class DeadlineMoved(RecordNotice):
    """To the people of a case: a deadline moved because a calendar changed, by one day or by the `days` of a file."""

    ref: str
    title: str
    label: str
    before: date
    after: date
    calendar: str
    day: date
    name: str
    days: int = 1

    is_card = is_under_card = True


@dataclass(frozen=True)
class CalendarImported(RecordNotice):
    """The days off of a file are in a calendar. `holidays`: the first of them, (day, name).

    `known`: how many it had already. `left_out`: entries that are no whole days, or recur in a way that is not read.
    """

    calendar: str
    file: str
    holidays: tuple[tuple[date, str], ...]
    added: int
    known: int
    left_out: int
    by: str
    moved: tuple[MovedLine, ...]


@commands.add("desk holiday", reads=True, example="desk holiday PK")
def list_holidays(turn: Turn, calendar: Code = "", *, page: Page = 1) -> Reply:
    """The days that differ from the published calendars.

    calendar: a country's (PK) or one authority's (PK-MOI); all, if not said.
    page: ten a page.
    """
    rows = records.holidays(turn.work, calendar.upper() or None)
    pages = Pages(f"desk holiday {calendar.upper()}".rstrip(), page)
    lines = tuple((row.calendar, row.day, row.name, row.working) for row in pages.of(rows))
    return Reply(HolidayList(calendar.upper(), lines, len(rows), pages.next_line(len(rows)), pages.back_line))


@commands.add(
    "desk holiday add", needs=Role.ADMIN, example='desk holiday add PK 2026-03-21 name:"Eid al-Fitr (moon sighted)"'
)
def add_holiday(
    turn: Turn, calendar: Code, day: AnyDay, *, name: Annotated[str, Text(max=100)], working: Flag = False
) -> Reply:
    """Add a holiday, or a working day that would be one.

    Open clocks that count working days by it move, and people are told.

    calendar: a country's (PK) or one authority's (PK-MOI).
    day: the date there.
    name: what it is.
    working: yes, if people work on that day although the calendar says otherwise.
    """
    code = _kept_calendar(turn, calendar)
    if any(row.day == day for row in records.holidays(turn.work, code)):
        raise Conflict("holiday_exists", calendar=code, day=day)
    turn.work.session.add(Holiday(calendar=code, day=day, name=name, working=working))
    return _changed(turn, code, day, name, working=working, removed=False)


@commands.add("desk holiday remove", needs=Role.ADMIN, example="desk holiday remove PK 2026-03-21")
def remove_holiday(turn: Turn, calendar: Code, day: AnyDay) -> Reply:
    """Take an entry away again. Clocks move back, and people are told.

    calendar: a country's or one authority's.
    day: the date.
    """
    code = _kept_calendar(turn, calendar)
    row = next((row for row in records.holidays(turn.work, code) if row.day == day), None)
    if row is None:
        raise BadValue(
            "day",
            day.isoformat(),
            clause("no_entry"),
            clause("day_of_calendar", calendar=code),
            f"desk holiday remove {code} 2026-03-21",
        )
    turn.work.session.delete(row)
    return _changed(turn, code, day, row.name, working=row.working, removed=True)


@commands.add("desk calendar import", needs=Role.ADMIN, example="desk calendar import PK")
def import_file(turn: Turn, calendar: Code) -> Reply:
    """Add the days off of a calendar file (.ics): the one you send with this line, or sent in the last half hour.

    Whole days only, from a year ago to five years ahead; what the calendar has already stays as it is. Open clocks
    that count working days by it move, and people are told.

    calendar: a country's (PK), a part's (GB-ENG) or one authority's (PK-MOI).
    """
    code = _kept_calendar(turn, calendar)
    files = turn.files or attachments.loose(turn.work, turn.actor.person)
    if not files:
        raise NoFile
    row = files[-1]
    if row.state == "refused":
        raise BadFile(row.name, row.fault, row.size_bytes, MOST_BYTES, ACCEPTED)
    if row.file is None:
        raise Conflict("calendar_file_waits", file=row.name, calendar=code)
    return Reply(_take(turn, code, row.name, row.file.content))


def import_at(work: UnitOfWork, person: str, calendar: str, name: str, content: bytes) -> CalendarImported:
    """The same of a file at the command line. Errors: those of the command, and of whoever types there."""
    actor = access.actor(work, access.CONSOLE, person)
    work.act_as(actor.person.actor, actor.via)
    turn = Turn(work, actor, line="calendar")
    access.may_use(turn, Spec("calendar", import_file, frozenset({Role.ADMIN}), calendar_file.EXAMPLE))
    return _take(turn, _kept_calendar(turn, calendar), name, content)


def _take(turn: Turn, calendar: str, name: str, content: bytes) -> CalendarImported:
    found = calendar_file.read(name, content, turn.today - BACK, turn.today + AHEAD)
    entered = {row.day for row in records.holidays(turn.work, calendar)}
    by_itself = published(turn.work, calendar)
    new = {day: why for day, why in found.days.items() if day not in entered and by_itself.is_working(day)}
    for day, why in new.items():
        turn.work.session.add(Holiday(calendar=calendar, day=day, name=why, working=False))
    turn.work.session.flush()
    facts = {"file": name, "days": len(new), "known": len(found.days) - len(new), "left_out": found.left_out}
    turn.work.audit("holiday import", calendar, after=facts)
    moved = _tell_moved(turn, calendar, min(new), name, len(new)) if new else ()
    return CalendarImported(
        calendar=calendar,
        file=name,
        holidays=tuple(new.items())[:SHOWN],
        added=len(new),
        known=len(found.days) - len(new),
        left_out=found.left_out,
        by=turn.actor.person.name,
        moved=moved,
    )


def _changed(turn: Turn, calendar: str, day: date, name: str, *, working: bool, removed: bool) -> Reply:
    turn.work.session.flush()
    turn.work.audit(
        "holiday remove" if removed else "holiday add", calendar, after={"day": day, "name": name, "working": working}
    )
    moved = _tell_moved(turn, calendar, day, name, 1)
    return Reply(HolidayChanged(calendar, day, name, working, removed, turn.actor.person.name, moved))


def _tell_moved(turn: Turn, calendar: str, day: date, name: str, days: int) -> tuple[MovedLine, ...]:
    """Compute anew what counts by a calendar, tell the people of what moved, and give the lines the actor may read."""
    moved = recomputing.calendar_changed(turn.work, calendar)
    for clock, before, after in moved:
        subject = clock.request or clock.preservation
        if subject:
            title, label = subject.case.title, subject.case.label
            notice = DeadlineMoved(subject.ref, title, label, before, after, calendar, day, name, days)
            turn.tell(concerned.watchers(turn, subject), notice)
    seen = records.seen(turn.work, turn.viewer, [_ref(clock) for clock, _, _ in moved])
    return tuple(
        MovedLine(ref, seen[ref].label, before, after) for clock, before, after in moved if (ref := _ref(clock)) in seen
    )


def _ref(clock: Clock) -> str:
    subject = clock.request or clock.preservation
    return subject.ref if subject else ""


def _calendar(turn: Turn, typed: str) -> str:
    rows = records.authorities(turn.work)
    published = {row.holiday_calendar for row in rows if row.holiday_calendar}
    countries = sorted({*published, *(code.partition("-")[0] for code in published)})
    if typed.upper() not in {*countries, *(row.code for row in rows)}:
        raise BadValue("calendar", typed, clause("no_calendar"), clause("calendars", countries=countries), "PK")
    return typed.upper()


def _kept_calendar(turn: Turn, typed: str) -> str:
    """A calendar that is the actor's to change. Errors: BadValue, KeptElsewhere."""
    code = _calendar(turn, typed)
    if row := records.authority(turn.work, code):
        keeping.must_administer(turn, row)
    else:
        keeping.must_administer_calendar(turn, code.partition("-")[0])
    return code
