"""Explain: what a figure of a summary counts, and the rows behind it, so that anybody can count again.

In: a turn, the code of a figure, the arguments of the summary that told it, and by what it is narrowed. Out: one
notice: by which day and zone it counts, what is left out, and its rows by that day, as many as the figure says. What is
a time, and no number of rows, has each row with how long it waited, so that anybody can draw the curve again.
Which figures there are stands in `storage/record/explained.py`, their words in `_base/figures.md.j2`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated

from handlers.exposure import Ours, TwoSided
from handlers.kit import access, views
from handlers.kit.notices import RecordNotice
from handlers.kit.paging import Page, Pages, line_of
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands
from handlers.language.errors import BadValue, clause
from handlers.language.values import AuthorityCode, CategoryCode, Choices, DataTypes, InstrumentCode, ReasonCode
from handlers.summaries.obligations import CalendarYear, year_of
from handlers.summaries.periods import NOW, READERS, THEN, Ago, Known
from storage.exposure.labels import Label
from storage.models import Case, Preservation, Request, Target
from storage.record import answering, explained, periods, yields
from storage.record.counting import Counted, ExplainedFigure, FigureAsked, Slice
from storage.times import local_day

commands = Commands()

SUMMARIES = {
    "": {"ago": "ago", "agency": "agency", "known": "known"},
    "counterpart": {"agency": "agency"},
    "routes": {"to": "counterpart", "data": "data", "category": "category", "agency": "agency"},
    "reciprocity": {"counterpart": "counterpart", "agency": "agency"},
    "obligations": {"year": "year", "agency": "agency"},
}
"""{a summary that tells figures, "" for a period: {its arguments: of which of this command}}."""


@dataclass(frozen=True)
class ExplainedLine(TwoSided):
    """One row that a figure counts: its reference and, by which it counts, its day. `account`: which, of accounts.

    `days`, `ended`: of a time: how long it waited, and whether it was to its answer.
    """

    ref: str
    title: str
    label: str
    direction: str
    counterpart: str
    status: str
    day: date | None
    days: int | None
    ended: bool
    account: Ours[str]


@dataclass(frozen=True)
class FigureExplained(RecordNotice):
    """What a figure counts: `count` rows, of which a page is shown.

    `summary`: which tells it. `timed`: it is of the period that begins with `first`, `known` then or now; `year`: it is
    of a year of the statistics, else 0; else it is of now. `zone`: whose days they are. `ceiling`: above it nothing is
    counted where it was asked; empty for none. `label`: as of the summary. The rest: by what it is narrowed.
    """

    label: str
    agency: str
    figure: str
    summary: str
    timed: bool
    kind: str
    first: date
    ago: int
    so_far: bool
    known: str
    year: int
    zone: str
    ceiling: str
    counterpart: str
    instrument: str
    of: str
    because: str
    data: tuple[str, ...]
    category: str
    looked_at: int
    count: int
    lines: tuple[ExplainedLine, ...]
    summary_line: str
    next_line: str
    back_line: str


@commands.add("summary explain", needs=READERS, reads=True, example="summary explain answered period:month ago:1")
def explain(
    turn: Turn,
    what: Annotated[str, Choices(*explained.TYPED)],
    *,
    counterpart: AuthorityCode | None = None,
    instrument: InstrumentCode | None = None,
    of: Annotated[str, Choices(*answering.CLASSES)] | None = None,
    because: ReasonCode | None = None,
    data: DataTypes = (),
    category: CategoryCode | None = None,
    period: Annotated[str, Choices(*periods.KINDS)] | None = None,
    ago: Ago = 0,
    year: CalendarYear | None = None,
    agency: AuthorityCode | None = None,
    known: Known = NOW,
    page: Page = 1,
) -> Reply:
    """What a figure of a summary counts, and every request or case behind it.

    what: the figure, as the summary names it.
    counterpart: of whom; needed where the summary is of one.
    instrument: only what was asked by it.
    of: only emergencies, only what asks for content, or only what is about speech.
    because: the reason that was refused for.
    data: only what asks for any of these kinds; in the statistics of a year, for the type of the first.
    category: only cases of this kind of complaint.
    period: week, month or year; the week, if not said.
    ago: so many of them ago; the present one, if not said.
    year: of the yearly statistics; as these, if not said.
    agency: which of your agencies, if you belong to several.
    known: then, for a period that is over as it was on record at its end.
    page: ten a page, by the day that counts.
    """
    scope = access.scope(turn, agency, READERS)
    its = explained.figure(what, has_counterpart=counterpart is not None)
    narrowed = {
        "counterpart": counterpart,
        "instrument": instrument,
        "of": of,
        "because": because,
        "data": ",".join(data),
        "category": category,
        "year": year,
    }
    of_period = {"period": period, "ago": ago}
    _check(turn, its, what, narrowed | (of_period if its.summary else {}))
    kind = period or periods.WEEK
    asked_of = periods.of(turn.work, scope.agency, kind, ago=ago)
    then = its.has_past and bool(ago) and known == THEN
    typed = {**narrowed, **of_period, "agency": agency, "known": known if known != NOW else None}
    pages = Pages(line_of(f"summary explain {what}", typed), page)
    asked = FigureAsked(
        asked_of,
        then=then,
        part=Slice(pages.skip, pages.rows),
        counterpart=access.authority(turn, counterpart) if counterpart else None,
        year=year_of(turn, scope, year) if "year" in its.takes else 0,
        instrument=instrument or "",
        of=of or "",
        because=because or "",
        data=data,
        category=category or "",
    )
    found = its.listed(turn.work, scope, asked)
    if found.count and not found.rows:  # behind the last page: what there was on it may be gone since
        pages = pages.within(found.count)
        found = its.listed(turn.work, scope, replace(asked, part=Slice(pages.skip, pages.rows)))
    notice = FigureExplained(
        label=access.label_of_figures(turn, scope),
        agency=scope.agency.code,
        figure=its.code,
        summary=its.summary,
        timed=its.timed,
        kind=kind,
        first=asked_of.first,
        ago=ago,
        so_far=not ago,
        known=THEN if then else NOW,
        year=asked.year,
        zone=scope.agency.zone,
        ceiling="" if scope.viewer.ceiling is Label.RED else scope.viewer.ceiling,
        counterpart=counterpart or "",
        instrument=asked.instrument,
        of=asked.of,
        because=asked.because,
        data=data,
        category=asked.category,
        looked_at=yields.LOOKED_AT,
        count=found.count,
        lines=_lines(turn, its.of, found.rows, scope.agency.zone),
        summary_line=_line_of(its, typed | {"period": kind, "year": asked.year}),
        next_line=pages.next_line(found.count),
        back_line=pages.back_line,
    )
    return Reply(notice)


def _line_of(its: ExplainedFigure, typed: Mapping[str, object]) -> str:
    """What asks for the summary that tells the figure."""
    words = f"summary {its.summary or typed['period']}"
    if its.summary == "counterpart":
        words += f" {typed['counterpart']}"
    return line_of(words, {name: typed[value] for name, value in SUMMARIES[its.summary].items()})


def _check(turn: Turn, its: ExplainedFigure, what: str, narrowed: Mapping[str, object]) -> None:
    """Errors: BadValue for what this figure is not narrowed by, MissingValue for what it is not without."""
    given = {name: str(value) for name, value in narrowed.items() if value}
    for name in its.needs:
        if name not in given:
            raise turn.missing(name)
    of_emergency = given.get("of") == yields.EMERGENCY and "emergency" in its.takes
    for name, value in given.items():
        if name not in its.takes and not (name == "of" and of_emergency):
            takes = ["of:emergency" if one == "emergency" else one for one in its.takes]
            accepted = clause("of_figure", names=takes) if takes else clause("nothing_more")
            raise BadValue(name, value, clause("not_of_figure", figure=what), accepted, f"summary explain {what}")


def _lines(turn: Turn, of: str, rows: Sequence[Counted], zone: str) -> tuple[ExplainedLine, ...]:
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
    return ExplainedLine(
        ref=asked.ref,
        title=access.title(turn, case),
        label=case.label,
        direction=direction,
        counterpart=counterpart,
        status=status,
        day=day,
        days=row.days,
        ended=bool(row.ended),
        account=account,
    )
