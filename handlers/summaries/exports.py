"""Exports: the register of an agency, its weeks or its counterparts as a spreadsheet.

In: a turn that reads. Out: a table (`tables.py`) of what the asker may see where they ask. The register stands under
the most restrictive label of its rows, figures under the label that figures have in chat.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated

from handlers.kit import access
from handlers.kit.errors import Conflict
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands
from handlers.language.errors import BadValue, clause
from handlers.language.values import AuthorityCode, Choices, RecordDay, UntilFrom, Whole
from handlers.registers.exported import COLUMNS, ExportRow
from handlers.summaries import figure_tables, tables
from handlers.summaries.tables import Content
from storage.exposure.labels import Label, most_restrictive
from storage.exposure.roles import Role
from storage.models import Clock
from storage.record import reports
from storage.record.reports import Pairs
from storage.record.scopes import Scope
from storage.rules.lifecycle import OPEN, WAITING, Status
from storage.times import local_day

commands = Commands()

READERS = (Role.MANAGER, Role.OFFICER)
MOST_ROWS = 10_000
WEEKS = 52
STATES: Mapping[str, tuple[Status, ...]] = {"all": (), "open": OPEN, "waiting": WAITING}
VALUES_OF = {"register": ("from", "until", "status", "counterpart"), "week": ("weeks",), "counterpart": ()}
"""Which values of the line choose the rows of which table."""


@commands.add("summary export", needs=READERS, reads=True, example="summary export format:csv from:2026-01-01")
def export(
    turn: Turn,
    what: Annotated[str, Choices(*VALUES_OF)] = "register",
    *,
    format_: Annotated[str, Choices("xlsx", "csv")] = "xlsx",
    from_: RecordDay | None = None,
    until: UntilFrom | None = None,
    status: Annotated[str, Choices(*STATES, *Status)] = "all",
    counterpart: AuthorityCode | None = None,
    weeks: Annotated[int, Whole(min=1, max=260, name="weeks")] | None = None,
    agency: AuthorityCode | None = None,
) -> Reply:
    """The register, the weeks or the counterparts of your agency as a spreadsheet, for yourself alone, and on record.

    what: register (the requests of its cases), week (the figures of each), or counterpart (who answers, and how fast).
    format: xlsx or csv.
    from: of the register, only requests filed on this day or later.
    until: of the register, only those filed on this day or earlier.
    status: of the register: all, open, waiting, or one state.
    counterpart: of the register, only those with this authority.
    weeks: how many weeks, with this one as the last; 52, if not said.
    agency: which of your agencies, if you belong to several.
    """
    values = {"from": from_, "until": until, "status": status, "counterpart": counterpart, "weeks": weeks}
    given = {name: str(value) for name, value in values.items() if value and value != "all"}
    for name, value in given.items():
        if name not in VALUES_OF[what]:
            words = clause("choose_what", names=VALUES_OF[what])
            raise BadValue(name, value, clause("not_of_what", what=what), words, f"summary export {what}")
    if from_ and until and until < from_:
        raise BadValue(
            "until", until.isoformat(), clause("before_from"), clause("that_day_or_later"), from_.isoformat()
        )
    scope = access.scope(turn, agency, READERS)
    filters = tuple(f"{name}:{value}" for name, value in given.items())
    if what == "week":
        return tables.give(turn, "summary export", figure_tables.weeks_of(turn, scope, weeks or WEEKS), format_)
    if what == "counterpart":
        return tables.give(turn, "summary export", figure_tables.counterparts_of(turn, scope), format_)
    states = STATES.get(status, (status,))
    found = reports.register(
        turn.work, scope, since=from_, until=until, status=states, counterpart=counterpart, most=MOST_ROWS + 1
    )
    _check(len(found))
    return tables.give(turn, "summary export", _register(turn, scope, found, filters), format_)


# ---- the register --------------------------------------------------------------------------------------------------


def _check(rows: int) -> None:
    """Errors: Conflict where there is nothing to write, or too much."""
    if not rows:
        raise Conflict("nothing_to_export")
    if rows > MOST_ROWS:
        raise Conflict("too_much_to_export", most=MOST_ROWS)


def _register(turn: Turn, scope: Scope, found: Pairs, filters: tuple[str, ...]) -> Content:
    """One row for each request, under the most restrictive label there is among them."""
    return Content(
        table="register",
        name="Requests",
        agency=scope.agency,
        label=most_restrictive(Label(request.case.label) for request, _ in found) or Label.RED,
        columns=tuple(COLUMNS),
        rows=[[value(row) for value in COLUMNS.values()] for row in _rows(turn, scope, found)],
        filters=filters,
        refs=frozenset(request.case.ref for request, _ in found),
    )


def _rows(turn: Turn, scope: Scope, found: Pairs) -> Iterator[ExportRow]:
    remarks = reports.remarks(turn.work, [request.id for request, _ in found])
    for request, clock in found:
        yield ExportRow(
            request=request,
            reference=turn.reference,
            filed_on=local_day(request.filed_at, scope.agency.zone),
            due_on=clock.due_on if clock else None,
            late_days=_late_days(clock, turn.now) if clock else None,
            answered_on=request.answered_on or (request.part_on if request.status == Status.PART_PRODUCED else None),
            remarks=remarks.get(request.id, ()),
        )


def _late_days(clock: Clock, now: datetime) -> int | None:
    """Days since the due day, in the zone whose days count; None while it is not overdue."""
    if clock.due_on is None or clock.due_at is None or now < clock.due_at:
        return None
    return (local_day(now, clock.zone) - clock.due_on).days
