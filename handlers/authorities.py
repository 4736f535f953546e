"""Authorities: who can be asked, where they are, when they work.

In: a turn and typed values. Out: a list or a card. Everybody may read; an administrator of the agency that keeps an
authority changes what stands of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from handlers.exposure import PublicFacts
from handlers.kit import access, keeping, usual
from handlers.kit.errors import Conflict
from handlers.kit.notices import PublicNotice
from handlers.kit.paging import Page, Pages
from handlers.kit.permissions import reads_advice
from handlers.kit.turn import Reply, Turn
from handlers.kit.usual import Usual
from handlers.language.command import Commands
from handlers.language.errors import BadValue, clause
from handlers.language.grammar import quoted
from handlers.language.values import AnyDay, AuthorityCode, Flag, Text, Words, ZoneName
from storage.exposure.roles import Role
from storage.models import Authority
from storage.record import keepers, records
from storage.reference import roads
from storage.reference.catalog import Instrument

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

    `represents`: the provider that takes orders through it in the Union. `host`: the agency that keeps it, while it has
    no administrator here. `usual`: how long it takes to answer this desk, for those who read advice.
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
    represents: str
    host: str
    sender: str
    instruments: tuple[tuple[str, str], ...]
    usual: Usual | None = None
    details: bool = False


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


def _days_off(typed: str) -> list[int]:
    days = [part.strip() for part in typed.split(",")]
    if not all(day.isdigit() and 1 <= int(day) <= WEEK_DAYS for day in days):
        raise BadValue("weekend", typed, clause("no_week_days"), clause("week_days"), "weekend:5,6")
    return sorted({int(day) for day in days})


def _line(turn: Turn, row: Authority) -> AuthorityLine:
    caution = row.caution if reads_advice(turn) else ""
    return AuthorityLine(row.code, row.name, row.role.replace("_", " "), row.channel, row.zone, caution)


def _card(turn: Turn, row: Authority, *, details: bool = False) -> AuthorityCard:
    keeper = keepers.responsible_agency(turn.work, row)
    known = turn.reference.authorities.get(row.code)
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
        represents=known.represents or "" if known else "",
        host=keeper.code if keeper and keeper is not row else "",
        sender=turn.actor.agency.code,
        instruments=tuple((found.code, found.name) for found in _what_goes_there(turn, row)),
        usual=usual.of_authority(turn, row) if reads_advice(turn) else None,
        details=details,
    )


def _what_goes_there(turn: Turn, row: Authority) -> list[Instrument]:
    """From the reader's agency; nothing to a body whose last day is over: its successor is named."""
    is_over = row.valid_until is not None and row.valid_until < turn.today
    return [] if is_over else roads.between(turn.reference, turn.actor.agency, row, turn.today)


def _weekends(rules: Iterable[dict[str, object]]) -> Iterable[str]:
    names = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    for rule in rules:
        days = "-".join(names[int(day) - 1] for day in rule["iso"])  # type: ignore[attr-defined]  # a list in the JSON column
        span = " ".join(f"{word} {rule[word]}" for word in ("from", "until") if rule[word])
        yield f"{days} {span}".strip()
