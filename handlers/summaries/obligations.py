"""Obligations: the yearly statistics of Regulation (EU) 2023/1543 Art. 28(2), for agencies of a State that it binds.

In: a turn that reads. Out: one notice, or the whole table as a file. Agencies of other States, and years before it
applied, have the same figures of all they asked for data and of all holds, without its name.
An order counts in the year it was sent in (a hold: was asked for in), with what came of it up to now. One that asks for
several types of data counts in each of them, and once in what is told of all. What the desk has on no record is said so
and never as 0: `storage/reference/statistics.json`, letter by letter, with the article's words.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from handlers.exposure import PartOfRecord
from handlers.kit import access
from handlers.kit.notices import RecordNotice
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands
from handlers.language.errors import BadValue, clause
from handlers.language.values import AuthorityCode, Choices, Whole
from handlers.summaries import obligation_rows, tables
from handlers.summaries.obligation_rows import Year
from handlers.summaries.tables import Content
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.record import yearly
from storage.record.obliged import REGULATION, by
from storage.record.scopes import Scope
from storage.record.yearly import Issued
from storage.reference.catalog import Reference
from storage.times import local_day

commands = Commands()

READERS = (Role.MANAGER, Role.OFFICER)
FIRST_YEAR, LAST_YEAR = 2000, 2100
CalendarYear = Annotated[int, Whole(min=FIRST_YEAR, max=LAST_YEAR, name="year")]
REPORTED_BY = (3, 31)  # month and day, of the year after
NAMED = 4  # addressees in chat


@dataclass(frozen=True)
class NamedCount(PartOfRecord):
    """How many have one thing in common: a type of data, an addressee, a ground."""

    name: str
    count: int


@dataclass(frozen=True)
class OrderFigures(PartOfRecord):
    """What came of the orders of a year; of all sorts together they are `issued`.

    `emergency` of them were for emergencies. `not_held`: of holds, not kept. `days`: on average, of as many as are
    `dated`. `others`: orders to addressees that are not named.
    """

    issued: int
    emergency: int
    fulfilled: int
    in_part: int
    refused: int
    not_held: int
    waiting: int
    left: int
    by_data: tuple[NamedCount, ...]
    by_addressee: tuple[NamedCount, ...]
    others: int
    days: float | None
    dated: int


@dataclass(frozen=True)
class NotRecorded(PartOfRecord):
    """What of one letter the desk has on no record."""

    letter: str
    gap: str


@dataclass(frozen=True)
class Obligations(RecordNotice):
    """A year's orders and holds. `bound`: by the Regulation; then with the letters of its Art. 28(2).

    `kept`: of the holds. `so_far`: the year is not over. `label`: of the figures, which count what is not shown one by
    one.
    """

    label: str
    agency: str
    year: int
    so_far: bool
    bound: bool
    report_by: date
    orders: OrderFigures
    kept: OrderFigures
    grounds: tuple[NamedCount, ...]
    transmitted: int
    received: int
    enforced: int
    gaps: tuple[NotRecorded, ...]


@commands.add("summary obligations", needs=READERS, reads=True, example="summary obligations year:2026")
def obligations(
    turn: Turn,
    *,
    year: CalendarYear | None = None,
    format_: Annotated[str, Choices("xlsx", "csv")] | None = None,
    agency: AuthorityCode | None = None,
) -> Reply:
    """The statistics of a year: issued, fulfilled, refused and why, days to the data, holds and what came of them.

    year: the calendar year; this one so far, if not said, and before April the one before.
    format: xlsx or csv, for the whole table by data, addressee and emergency as a file.
    agency: which of your agencies, if you belong to several.
    """
    scope = access.scope(turn, agency, READERS)
    chosen, today = year_of(turn, scope, year), local_day(turn.now, scope.agency.zone)
    found = _read(turn, scope, chosen)
    label = access.label_of_figures(turn, scope)
    if format_:
        return tables.give(turn, "summary obligations", _table(turn, scope, found, label), format_)
    return Reply(_summary(scope, found, label, so_far=chosen == today.year, reference=turn.reference))


def year_of(turn: Turn, scope: Scope, year: int | None) -> int:
    """The year that is meant. Errors: BadValue for one that has not begun."""
    today = local_day(turn.now, scope.agency.zone)
    is_reported = today > date(today.year, *REPORTED_BY)
    chosen = year or (today.year if is_reported else today.year - 1)
    if chosen > today.year:
        accepted = clause("whole_number", min=FIRST_YEAR, max=today.year)
        raise BadValue("year", str(chosen), clause("later_than_now"), accepted, str(today.year))
    return chosen


def _read(turn: Turn, scope: Scope, year: int) -> Year:
    """All that is on record of a year."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    obliged = by(turn.reference, scope.agency.country, year)
    sides = ("outgoing", "incoming") if obliged.bound else ()
    return Year(
        number=year,
        bound=obliged.bound,
        orders=yearly.requests(turn.work, scope, first, last, obliged.orders, direction="outgoing"),
        holds=yearly.holds(turn.work, scope, first, last, obliged.holds),
        enforced={
            side: yearly.requests(turn.work, scope, first, last, obliged.enforced, direction=side).issued
            for side in sides
        },
        reference=turn.reference,
    )


def _summary(scope: Scope, found: Year, label: Label, *, so_far: bool, reference: Reference) -> Obligations:
    """The figures of all together, and by one thing at a time."""
    grounds = Counter[str]()
    for (_, code), count in found.orders.grounds.items():
        grounds[reference.refusal_reasons[code].label] += count
    enforced = [one for side in found.enforced.values() for one in side if one.came == yearly.FULFILLED]
    return Obligations(
        label=label,
        agency=scope.agency.code,
        year=found.number,
        so_far=so_far,
        bound=found.bound,
        report_by=date(found.number + 1, *REPORTED_BY),
        orders=_figures(found, found.orders.issued),
        kept=_figures(found, found.holds),
        grounds=_named(grounds),
        transmitted=sum(one.count for one in found.enforced.get("outgoing", ())),
        received=sum(one.count for one in found.enforced.get("incoming", ())),
        enforced=sum(one.count for one in enforced),
        gaps=tuple(NotRecorded(row.code, row.gap) for row in reference.statistics.values() if row.gap and found.bound),
    )


def _figures(found: Year, groups: Sequence[Issued]) -> OrderFigures:
    came = _counted(groups, lambda one: [one.came])
    addressees = _named(_counted(groups, lambda one: [one.about.recipient]))
    days = obligation_rows.average(groups)
    return OrderFigures(
        issued=came.total(),
        emergency=sum(one.count for one in groups if one.about.emergency),
        fulfilled=came[yearly.FULFILLED],
        in_part=came[yearly.IN_PART],
        refused=came[yearly.REFUSED],
        not_held=came[yearly.NOT_HELD] + came[yearly.NOT_KEPT],
        waiting=came[yearly.WAITING],
        left=came[yearly.LEFT],
        by_data=_named(_counted(groups, lambda one: found.types(one.about))),
        by_addressee=addressees[:NAMED],
        others=sum(one.count for one in addressees[NAMED:]),
        days=days,
        dated=sum(one.dated for one in groups),
    )


def _counted(groups: Iterable[Issued], by: Callable[[Issued], Iterable[str]]) -> Counter[str]:
    found = Counter[str]()
    for one in groups:
        for name in by(one):
            found[name] += one.count
    return found


def _named(counted: Counter[str]) -> tuple[NamedCount, ...]:
    """The most first."""
    order = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(NamedCount(name, count) for name, count in order if count)


def _table(turn: Turn, scope: Scope, found: Year, label: Label) -> Content:
    name = turn.reference.parties[REGULATION].name
    stands_on = (("Stands on", f"{name}, Art. 28(2)"),) if found.bound else ()
    return Content(
        table="obligations",
        name="Figures",
        agency=scope.agency,
        label=label,
        columns=obligation_rows.columns(bound=found.bound),
        rows=obligation_rows.rows(found),
        filters=(f"year:{found.number}",),
        about=(*stands_on, *obligation_rows.about(found)),
    )
