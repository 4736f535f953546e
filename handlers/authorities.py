"""Authorities and their holidays: who can be asked, where they are, when they work.

In: a turn and typed values. Out: a list or a card; a holiday added later moves open clocks by a named act, and the
people concerned are told. Everybody may read; an administrator of the agency that keeps an authority changes what
stands of it, and its calendar; a country's calendar is kept by the agencies of that country.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from handlers.exposure import PublicFacts, RecordFacts
from handlers.kit import access, concerned, keeping
from handlers.kit.errors import Conflict
from handlers.kit.notices import PublicNotice, RecordNotice
from handlers.kit.paging import Page, Pages
from handlers.kit.permissions import reads_advice
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands
from handlers.language.errors import BadValue, clause
from handlers.language.grammar import quoted
from handlers.language.values import AnyDay, AuthorityCode, Flag, Text, Words, ZoneName
from storage.exposure.roles import Role
from storage.models import Authority, Clock, Holiday
from storage.record import keepers, records
from storage.reference import roads
from storage.rules import recomputing

commands = Commands()

WEEK_DAYS = 7
Code = Annotated[str, Text(max=40)]


@dataclass(frozen=True)
class AuthorityLine(PublicFacts):
    """One authority of a list."""

    code: str
    name: str
    role: str
    channel: str
    zone: str
    caution: str


@dataclass(frozen=True)
class AuthorityList(PublicNotice):
    """Authorities by code."""

    asked: str
    authorities: tuple[AuthorityLine, ...]
    total: int
    next_line: str
    back_line: str


@dataclass(frozen=True)
class AuthorityCard(PublicNotice):
    """One authority: how it is reached, when it works, which instruments go to it from the reader's agency, `sender`.

    `host`: the agency that keeps it, while it has no administrator here.
    """

    line: AuthorityLine
    country: str
    portal: str
    notes: str
    aliases: tuple[str, ...]
    weekends: tuple[str, ...]
    holiday_calendar: str
    valid_from: date | None
    valid_until: date | None
    successor: str
    host: str
    sender: str
    instruments: tuple[tuple[str, str], ...]
    details: bool = False


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
    """To the people of a case: a deadline moved because a calendar changed."""

    ref: str
    title: str
    label: str
    before: date
    after: date
    calendar: str
    day: date
    name: str

    is_card = is_under_card = True


@commands.add("desk authority", reads=True, example="desk authority PROV-META")
def show(turn: Turn, words: Words = "", *, details: Flag = False, page: Page = 1) -> Reply:
    """Authorities by code, name or alias; the card of one.

    words: part of a code or a name; all, if not said.
    details: how it works and what goes to it, too.
    page: ten a page.
    """
    hits = turn.authorities(words)
    if len(hits) == 1:
        return Reply(_card(turn, access.authority(turn, hits[0].code), details=details))
    pages = Pages(f"desk authority {quoted(words)}" if words else "desk authority", page)
    rows = tuple(_line(turn, access.authority(turn, hit.code)) for hit in pages.of(hits))
    return Reply(AuthorityList(words, rows, len(hits), pages.next_line(len(hits)), pages.back_line))


@commands.add(
    "desk authority add",
    needs=Role.ADMIN,
    example='desk authority add FR-MOJ "Ministry of Justice" country:FR zone:Europe/Paris role:central_authority',
)
def add(
    turn: Turn,
    code: Code,
    name: Annotated[str, Text(max=200)],
    *,
    country: Annotated[str, Text(max=2)],
    zone: ZoneName,
    role: Annotated[str, Text(max=30)] = "central_authority",
    channel: Annotated[str, Text(max=40)] = "central_authority",
    weekend: Annotated[str, Text(max=20)] = "6,7",
) -> Reply:
    """Add an authority that the reference files do not have.

    code: COUNTRY-BODY, in capitals.
    name: its full name.
    country: two letters; its public holidays count.
    zone: its time zone.
    role: what it is.
    channel: how it is reached.
    weekend: its days off, 1 is Monday: 6,7.
    """
    if records.authority(turn.work, code):
        raise Conflict("authority_exists", authority=code.upper())
    days = _days_off(weekend)
    row = Authority(
        code=code.upper(), name=name, country=country.upper(), zone=zone, role=role, channel=channel, is_agency=False
    )
    row.weekends, row.holiday_calendar, row.aliases = [{"from": None, "until": None, "iso": days}], country.upper(), []
    row.notes, row.edited_at = "", turn.now
    row.caution = "not verified: added by an administrator"
    turn.work.session.add(row)
    turn.work.session.flush()
    facts = {"name": name, "country": row.country, "zone": zone, "weekend": days, "agency": turn.actor.agency.code}
    turn.work.audit(keepers.ADDED, row.code, after=facts)
    return Reply(_card(turn, row))


@commands.add(
    "desk authority retire",
    needs=Role.ADMIN,
    example="desk authority retire PK-FIA-CCW until:2025-04-30 successor:PK-NCCIA",
)
def retire(turn: Turn, code: AuthorityCode, *, until: AnyDay, successor: AuthorityCode | None = None) -> Reply:
    """Record that a body was abolished or renamed. It stays on record; whoever writes to it is warned.

    code: your agency, an authority it hosts, or one that it added and nobody keeps.
    until: its last day.
    successor: who took over.
    """
    row = access.authority(turn, code)
    keeping.must_administer(turn, row)
    before = {"valid_until": row.valid_until, "successor": row.successor}
    row.valid_until, row.successor, row.edited_at = until, successor, turn.now
    turn.work.audit("authority retire", row.code, before=before, after={"valid_until": until, "successor": successor})
    return Reply(_card(turn, row))


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


def _changed(turn: Turn, calendar: str, day: date, name: str, *, working: bool, removed: bool) -> Reply:
    turn.work.session.flush()
    turn.work.audit(
        "holiday remove" if removed else "holiday add", calendar, after={"day": day, "name": name, "working": working}
    )
    moved = recomputing.calendar_changed(turn.work, calendar)
    for clock, before, after in moved:
        subject = clock.request or clock.preservation
        if subject:
            title, label = subject.case.title, subject.case.label
            notice = DeadlineMoved(subject.ref, title, label, before, after, calendar, day, name)
            turn.tell(concerned.watchers(turn, subject), notice)
    seen = records.seen(turn.work, turn.viewer, [_ref(clock) for clock, _, _ in moved])
    shown = tuple(
        MovedLine(ref, seen[ref].label, before, after) for clock, before, after in moved if (ref := _ref(clock)) in seen
    )
    return Reply(HolidayChanged(calendar, day, name, working, removed, turn.actor.person.name, shown))


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


def _days_off(typed: str) -> list[int]:
    days = [part.strip() for part in typed.split(",")]
    if not all(day.isdigit() and 1 <= int(day) <= WEEK_DAYS for day in days):
        raise BadValue("weekend", typed, clause("no_week_days"), clause("week_days"), "weekend:5,6")
    return sorted({int(day) for day in days})


def _line(turn: Turn, row: Authority) -> AuthorityLine:
    caution = row.caution if reads_advice(turn) else ""
    return AuthorityLine(
        row.code, row.name, row.role.replace("_", " "), row.channel.replace("_", " "), row.zone, caution
    )


def _card(turn: Turn, row: Authority, *, details: bool = False) -> AuthorityCard:
    keeper = keepers.responsible_agency(turn.work, row)
    return AuthorityCard(
        line=_line(turn, row),
        country=row.country,
        portal=row.portal or "",
        notes=row.notes if reads_advice(turn) else "",
        aliases=tuple(row.aliases),
        weekends=tuple(_weekends(row.weekends)),
        holiday_calendar=row.holiday_calendar or "",
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        successor=row.successor or "",
        host=keeper.code if keeper and keeper is not row else "",
        sender=turn.actor.agency.code,
        instruments=tuple(
            (found.code, found.name) for found in roads.between(turn.reference, turn.actor.agency, row, turn.today)
        ),
        details=details,
    )


def _weekends(rules: Iterable[dict[str, object]]) -> Iterable[str]:
    names = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    for rule in rules:
        days = "-".join(names[int(day) - 1] for day in rule["iso"])  # type: ignore[attr-defined]  # a list in the JSON column
        span = " ".join(f"{word} {rule[word]}" for word in ("from", "until") if rule[word])
        yield f"{days} {span}".strip()
