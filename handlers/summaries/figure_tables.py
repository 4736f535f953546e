"""Figures as tables: the weeks of an agency, a row for each; its counterparts, a row for each.

In: a turn, and whose figures. Out: what stands in the table (`tables.py`), under the label that figures have in chat.
What each figure counts stands in `storage/record/figures.py` and `answering.py`.
"""

from collections.abc import Mapping
from datetime import date, timedelta

from handlers.kit import access
from handlers.kit.errors import Conflict
from handlers.kit.turn import Turn
from handlers.registers.writing import NARROW, SHARE, Column, Value
from handlers.summaries.counterparts import FEW, HALF, LOOKED_AT, NINE_OF_TEN
from handlers.summaries.tables import Content
from storage.record import answering, figures, periods
from storage.record.answering import Answers
from storage.record.scopes import Scope
from storage.times import local_day

DAY = timedelta(days=1)
WEEK_COLUMNS: Mapping[str, Column] = {
    name: Column(header, about, NARROW)
    for name, header, about in (
        ("first", "Week from", "The Monday it begins on, by the agency's calendar."),
        ("last", "Until", "The Sunday it ends on; of a week that is not over, the day of the export."),
        ("opened", "Opened", "Cases opened in the week."),
        ("filed", "Filed", "Requests we filed in the week."),
        ("received", "Received", "Requests that were made to us in the week."),
        ("sent", "Sent", "Requests we sent, by the day of sending."),
        ("answered", "Answered", "Requests of ours whose data came, and nothing is open, by the day of the answer."),
        ("partly", "In part", "Requests of ours answered in part, by the day of the last part; the rest is open."),
        ("refused", "Refused", "Requests of ours that were refused, by the day of the refusal."),
        ("not_held", "Not held", "Requests of ours whose data they do not hold, by the day of that answer."),
        ("silent", "Silent", "Of those overdue: what we sent and have not heard a word about."),
        ("overdue", "Overdue", "Requests past their due day when the week ended, or now while it is not over."),
        ("accounts_asked", "Accounts asked", "Accounts that the requests we sent ask about, by the day of sending."),
        ("accounts_produced", "Accounts that came", "Accounts whose data came, by the day of that answer."),
        ("accounts_refused", "Accounts refused", "Accounts that were refused, by the day of that answer."),
        ("accounts_not_held", "Accounts not held", "Accounts of which they hold nothing, by the day of that answer."),
    )
}
"""{figure of a week: its column}."""
CAME = {
    "answered": ("Answered", "All of the data came."),
    "partly": ("In part", "Some of the data came, and the rest is still waited for."),
    "refused": ("Refused", "As it stands now; also where it was handed on since."),
    "not_held": ("Not held", "They hold no such data."),
    "silent": ("Silent", "Sent, and nothing came yet."),
    "asked": ("Asked back", "A question of theirs waits for us."),
    "withdrawn": ("Withdrawn", "By us, before any answer."),
    "transferred": ("Handed on", "By another road, before any answer."),
}
"""{what came of a request: its column, and what it counts}."""
COUNTERPART_COLUMNS = (
    Column("Counterpart", "Whom we asked: its code on this desk. The soonest first; those with few requests last."),
    Column("Sent", "Requests we sent to them, ever; drafts never count.", NARROW),
    *(Column(header, about, NARROW) for header, about in CAME.values()),
    Column("Half within", f"Days within which half was answered. Empty: not yet, or under {FEW} requests.", NARROW),
    Column("Half from", "Where its 95 % band begins.", NARROW),
    Column("Half until", "Where its 95 % band ends. Empty: not reached yet.", NARROW),
    Column("Nine of ten", f"Days within which nine of ten were. Empty: not yet, or under {FEW} requests.", NARROW),
    *(
        Column(f"By day {days}", f"Share answered within {days} days. Empty under {FEW} requests.", NARROW, SHARE)
        for days in LOOKED_AT
    ),
)
HOW = "Kaplan-Meier: what is open has waited until today, and is not left out"


def weeks_of(turn: Turn, scope: Scope, count: int) -> Content:
    """One row for each week, the oldest first; the last is told up to now."""
    weeks = periods.of(turn.work, scope.agency, periods.WEEK, ago=0).up_to_here(count)
    today = local_day(turn.now, scope.agency.zone)
    rows = []
    for week, counts in zip(weeks, figures.counts(turn.work, scope, weeks), strict=True):
        days: dict[str, date] = {"first": week.first, "last": min(week.until - DAY, today)}
        rows.append([days.get(name) or counts[name] for name in WEEK_COLUMNS])
    return Content(
        table="week",
        name="Weeks",
        agency=scope.agency,
        label=access.label_of_figures(turn, scope),
        columns=tuple(WEEK_COLUMNS.values()),
        rows=rows,
        filters=(f"weeks:{count}",),
        about=(("Counted as", "what is known now; a past week may have been told otherwise then"),),
    )


def counterparts_of(turn: Turn, scope: Scope) -> Content:
    """One row for each counterpart that was sent anything. Errors: Conflict where there is none."""
    found = answering.of_all(turn.work, scope)
    if not found:
        raise Conflict("nothing_to_export")
    return Content(
        table="counterpart",
        name="Counterparts",
        agency=scope.agency,
        label=access.label_of_figures(turn, scope),
        columns=COUNTERPART_COLUMNS,
        rows=[_counterpart(code, answers) for code, answers in sorted(found.items(), key=_place)],
        about=(("Days and shares", HOW),),
    )


def _counterpart(code: str, answers: Answers) -> list[Value]:
    came = [answers.came[one] for one in CAME]
    if answers.sent < FEW:
        return [code, answers.sent, *came, *([None] * (4 + len(LOOKED_AT)))]
    curve = answers.curve
    times = [curve.median, *curve.quantile_band(HALF), curve.quantile(NINE_OF_TEN)]
    return [code, answers.sent, *came, *times, *(round(curve.share_within(days), 4) for days in LOOKED_AT)]


def _place(one: tuple[str, Answers]) -> tuple[bool, bool, int, str]:
    """Those of whom more is said than counts; those who came to a half, by its day; by name."""
    code, answers = one
    half = None if answers.sent < FEW else answers.curve.median
    return answers.sent < FEW, half is None, half or 0, code
