"""Explain: what a figure of a summary counts, and the rows behind it, so that anybody can count again.

In: a turn, the code of a figure, the arguments of the summary that told it. Out: one notice: by which day and zone it
counts, what is left out, and its rows by that day, as many as the figure says.
Which figures there are stands in `storage/record/explained.py`, their words in `_base/figures.md.j2`.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from handlers.exposure import Ours, TwoSided
from handlers.kit import access, views
from handlers.kit.notices import RecordNotice
from handlers.kit.paging import Page, Pages
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands
from handlers.language.values import AuthorityCode, Choices
from handlers.summaries.periods import NOW, READERS, THEN, Ago, Known
from storage.exposure.labels import Label
from storage.models import Case, Preservation, Request, Target
from storage.record import explained, periods
from storage.record.counting import Counted, FigureAsked
from storage.record.explained import FIGURES
from storage.times import local_day

commands = Commands()


@dataclass(frozen=True)
class ExplainedLine(TwoSided):
    """One row that a figure counts: its reference and, by which it counts, its day. `account`: which, of accounts."""

    ref: str
    title: str
    label: str
    direction: str
    counterpart: str
    status: str
    day: date | None
    account: Ours[str]


@dataclass(frozen=True)
class FigureExplained(RecordNotice):
    """What a figure counts: `count` rows, of which a page is shown.

    `timed`: it is of the period that begins with `first`, `known` then or now; else of now. `zone`: whose days they
    are. `ceiling`: above it nothing is counted
    where it was asked; empty for none. `label`: as of the summary.
    """

    label: str
    agency: str
    figure: str
    timed: bool
    kind: str
    first: date
    ago: int
    so_far: bool
    known: str
    zone: str
    ceiling: str
    count: int
    lines: tuple[ExplainedLine, ...]
    next_line: str
    back_line: str


@commands.add("summary explain", needs=READERS, reads=True, example="summary explain answered period:month ago:1")
def explain(
    turn: Turn,
    what: Annotated[str, Choices(*FIGURES)],
    *,
    period: Annotated[str, Choices(*periods.KINDS)] = periods.WEEK,
    ago: Ago = 0,
    agency: AuthorityCode | None = None,
    known: Known = NOW,
    page: Page = 1,
) -> Reply:
    """What a figure of a summary counts, and every request or case behind it.

    what: the figure, as the summary names it.
    period: week, month or year; the week, if not said.
    ago: so many of them ago; the present one, if not said.
    agency: which of your agencies, if you belong to several.
    known: then, for a period that is over as it was on record at its end.
    page: ten a page, by the day that counts.
    """
    scope = access.scope(turn, agency, READERS)
    its, asked_of = FIGURES[what], periods.of(turn.work, scope.agency, period, ago=ago)
    then = its.has_past and bool(ago) and known == THEN
    found = its.listed(turn.work, scope, FigureAsked(asked_of, then=then))
    typed = {"period": period, "ago": ago, "agency": agency, "known": known}
    given = {"period": periods.WEEK, "ago": 0, "agency": None, "known": NOW}
    more = (f" {name}:{value}" for name, value in typed.items() if value != given[name])
    pages = Pages("".join((f"summary explain {what}", *more)), page).within(len(found))
    notice = FigureExplained(
        label=access.label_of_figures(turn, scope),
        agency=scope.agency.code,
        figure=what,
        timed=its.timed,
        kind=period,
        first=asked_of.first,
        ago=ago,
        so_far=not ago,
        known=THEN if then else NOW,
        zone=scope.agency.zone,
        ceiling="" if scope.viewer.ceiling is Label.RED else scope.viewer.ceiling,
        count=len(found),
        lines=_lines(turn, its.of, pages.of(found), scope.agency.zone),
        next_line=pages.next_line(len(found)),
        back_line=pages.back_line,
    )
    return Reply(notice)


def _lines(turn: Turn, of: str, rows: tuple[Counted, ...], zone: str) -> tuple[ExplainedLine, ...]:
    records = explained.records(turn.work, of, [row.id for row in rows])
    return tuple(_line(turn, records[row.id], row, zone) for row in rows)


def _line(turn: Turn, record: Case | Request | Preservation | Target, row: Counted, zone: str) -> ExplainedLine:
    account = record.typed if isinstance(record, Target) else ""
    asked = record.request if isinstance(record, Target) else record
    assert asked is not None, row.id  # noqa: S101 - a figure counts the accounts of requests only
    case = asked if isinstance(asked, Case) else asked.case
    day = local_day(row.day, zone) if isinstance(row.day, datetime) else row.day
    direction, counterpart, status = "", "", ""
    if isinstance(asked, Request):
        direction, counterpart, status = asked.direction, views.counterpart(asked).code, asked.status
    elif isinstance(asked, Preservation):
        direction, counterpart = asked.direction, (asked.asker or asked.recipient).code
    return ExplainedLine(asked.ref, access.title(turn, case), case.label, direction, counterpart, status, day, account)
