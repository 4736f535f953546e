"""The calendar: deadlines as a file (.ics) that a phone or an office's own calendar takes, and takes again.

In: a turn that reads. Out: a file for the asker alone; that it was taken comes on record. What stands in it:
`storage/record/due_days.py`. A calendar leaves the desk and lies on other people's servers: whoever may not see a
record has no entry of it; RED is there for who is named on it and asks where nobody else is; each entry has its label,
the reference and few words, and its title only under a label that others may read.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Annotated

from handlers.kit import access, views
from handlers.kit.errors import Conflict
from handlers.kit.notices import RecordNotice
from handlers.kit.turn import GeneratedFile, Reply, Turn
from handlers.language.command import Commands
from handlers.language.values import AuthorityCode, Choices
from handlers.summaries import calendar_writing
from handlers.summaries.calendar_writing import CalendarEntry
from storage.exposure.labels import Label, most_restrictive
from storage.exposure.roles import Role
from storage.models import Authority, Clock, Preservation
from storage.record import due_days
from storage.record.scopes import Scope
from storage.rules.clocks import HOUSE
from storage.times import local_day

commands = Commands()

READERS = (Role.MANAGER, Role.OFFICER)
MOST = 2_000  # entries, that a phone still takes
BACK = timedelta(days=30)
TITLED = (Label.CLEAR, Label.GREEN)  # what may be read beyond the two sides
WE_OWE, THEY_OWE = 0, 1
BETWEEN_US = {
    "answer": ("we owe {} the answer", "{} owes us the answer"),
    "service": ("we have to serve it, for {}", "{} has to serve it"),
    "clarification": ("we owe {} the reply to a question", "{} owes us the reply to a question"),
}
LAPSES = ("the hold at {} lapses", "we keep data for {} until then")
CATEGORIES = ("We owe", "They owe us")
HOLDS, OWN_STEPS = "Holds", "Our own steps"


@dataclass(frozen=True)
class CalendarGiven(RecordNotice):
    """With a calendar, to whoever asked for it. `mine`: of what is theirs. `over`: entries that take one out again.

    `until`: the day of the last entry, where there are more than fit.
    """

    label: str
    name: str
    agency: str
    mine: bool
    due: int
    over: int
    until: date | None


@commands.add("summary calendar", needs=READERS, reads=True, example="summary calendar mine")
def calendar(
    turn: Turn,
    which: Annotated[str, Choices("mine", "agency")] = "",
    *,
    agency: AuthorityCode | None = None,
) -> Reply:
    """Deadlines as a calendar file (.ics) for yourself alone: answers both ways, holds that lapse, our own steps.

    which: mine (cases you lead, requests you filed), or agency; managers get the agency's if not said.
    agency: which of your agencies, if you belong to several.
    """
    mine = which == "mine" or (not which and Role.MANAGER not in turn.actor.roles)
    scope = access.scope(turn, agency, READERS)
    if turn.place.room and scope.ceiling is Label.RED:
        scope = replace(scope, ceiling=Label.AMBER_STRICT)
    now = turn.now
    found = due_days.due(turn.work, scope, mine=mine, since=now - BACK, ended_since=now - BACK, most=MOST + 1)
    if not found:
        raise Conflict("nothing_due")
    return _given(turn, scope, found[:MOST], mine=mine, is_cut=len(found) > MOST)


def _given(turn: Turn, scope: Scope, found: list[Clock], *, mine: bool, is_cut: bool) -> Reply:
    refs = {clock.subject.ref: clock.case.ref for clock in found}
    changed = due_days.changed(turn.work, [*{*refs, *refs.values()}])
    entries = [_entry(turn, scope.agency, clock, changed) for clock in found]
    label = most_restrictive(entry.label for entry in entries) or Label.RED
    agency, whose = scope.agency, turn.actor.person.name if mine else scope.agency.name
    name = f"rogatory-{agency.code}-{'mine' if mine else 'agency'}-{local_day(turn.now, agency.zone).isoformat()}.ics"
    content = calendar_writing.as_ics(f"Rogatory: {whose}", label, entries, turn.now)
    over = sum(entry.over for entry in entries)
    until = found[-1].due_on if is_cut else None
    notice = CalendarGiven(label, name, agency.code, mine, len(entries) - over, over, until)
    facts = {"entries": len(entries), "mine": mine, "label": label}
    given = GeneratedFile(name, content, "summary calendar", agency.code, facts, frozenset(refs.values()))
    return Reply(notice, generated=[given])


def _entry(turn: Turn, agency: Authority, clock: Clock, changed: dict[str, datetime]) -> CalendarEntry:
    """A clock that stands still, or has ended, takes its entry out of the calendar again."""
    subject, case, ended = clock.subject, clock.case, clock.ended_at is not None
    on = clock.due_at if clock.unit == "hours" else clock.due_on
    words, category = _words(turn, agency, clock)
    times = [at for ref in (subject.ref, case.ref) if (at := changed.get(ref))]
    return CalendarEntry(
        key=f"{subject.ref} {clock.kind} {clock.id}",
        on=on or turn.today,
        words=f"{'EMERGENCY · ' if clock.emergency else ''}{subject.ref}: {words}",
        lines=tuple(_lines(turn, agency, clock)),
        category=category,
        label=Label(case.label),
        sequence=2 * clock.epoch + ended,
        changed_at=max(times, default=clock.starts_at),
        over=ended or on is None,
    )


def _words(turn: Turn, agency: Authority, clock: Clock) -> tuple[str, str]:
    """What is due, and of which sort it is."""
    if clock.kind in HOUSE:
        return turn.reference.house_clocks[clock.kind].label, OWN_STEPS
    other = _other_side(agency, clock)
    if clock.kind == "preservation":
        kept = clock.subject
        return LAPSES[kept.direction == "incoming"].format(other), HOLDS
    side = WE_OWE if clock.authority_id == agency.id else THEY_OWE
    return BETWEEN_US[clock.kind][side].format(other), CATEGORIES[side]


def _other_side(agency: Authority, clock: Clock) -> str:
    subject = clock.subject
    if subject.case.agency_id != agency.id:
        return subject.case.agency.code
    if isinstance(subject, Preservation):
        return (subject.asker or subject.recipient).code
    return views.counterpart(subject).code


def _lines(turn: Turn, agency: Authority, clock: Clock) -> list[str]:
    """What else is said of it."""
    case, lines = clock.case, []
    if Label(case.label) in TITLED and case.agency_id == agency.id:
        lines.append(case.title)
    if clock.kind in HOUSE:
        lines.append("Our own time: nobody outside is late.")
    elif clock.unit != "hours" and clock.zone != turn.zone:
        lines.append(f"The day is that of {clock.authority.code} ({clock.zone}).")
    lines.append(f"{'preservation status' if clock.preservation_id else 'request status'} {clock.subject.ref}")
    return lines
