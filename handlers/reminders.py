"""Reminders: quiet (I am on it), snooze. What a person says to a nudge that is not an answer.

In: a turn and a request. Out: when the desk speaks of it next. Both are on record: silence has an author.
"""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Annotated

from handlers.exposure import Indoors, Ours, TwoSided
from handlers.kit import access
from handlers.kit.access import Act
from handlers.kit.errors import Conflict
from handlers.kit.notices import RecordNotice
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands
from handlers.language.values import FutureDay, RequestRef, Text
from storage.exposure.roles import Role
from storage.models import Clock, Request
from storage.rules import alarms, clocks
from storage.times import at_local

commands = Commands()

HEARERS = (Role.OFFICER, Role.MANAGER, Role.LIAISON)


@dataclass(frozen=True)
class ClockStuck(RecordNotice):
    """To the managers, put by the sweep: a clock failed three times in a row and was set aside."""

    clock_id: int
    ref: str
    label: str

    is_deadline = True


@dataclass(frozen=True)
class ReminderQuieted(RecordNotice, TwoSided):
    """Somebody is on it: one reminder is skipped. `next_at` is when the desk speaks of it next, None where never."""

    ref: str
    title: str
    label: str
    by: Indoors[str]
    next_at: datetime | None

    is_under_card = True


@dataclass(frozen=True)
class ReminderSnoozed(RecordNotice):
    """Nothing is said before a day, with the reason."""

    ref: str
    title: str
    label: str
    by: Indoors[str]
    until: date
    reason: Ours[str]


@commands.add("request quiet", needs=HEARERS, example="request quiet 42/3")
def quiet(turn: Turn, ref: RequestRef) -> Reply:
    """I am on it: skip the next reminder, one only. It stays as overdue as it is.

    ref: the request.
    """
    request = access.request(turn, ref, Act.QUIET)
    clock = _running(turn, request)
    skipped = alarms.quiet(turn.work, clock)
    if skipped is None:
        raise Conflict("no_reminder_to_come", ref=request.ref)
    turn.work.audit("reminder quiet", request.ref, after={"skipped": skipped.code, "next": clock.ring_at})
    notice = ReminderQuieted(request.ref, request.case.title, request.case.label, turn.actor.person.name, clock.ring_at)
    turn.tell(access.watchers(request), notice)
    return Reply(notice)


@commands.add(
    "request snooze",
    needs=(Role.OFFICER, Role.MANAGER),
    example='request snooze 42/3 until:2026-06-30 reason:"hearing on that day"',
)
def snooze(turn: Turn, ref: RequestRef, *, until: FutureDay, reason: Annotated[str, Text(max=1000)]) -> Reply:
    """Say nothing of a request before a day. The deadline stays where it is.

    ref: the request.
    until: the day on which reminders begin again.
    reason: why, for whoever asks later.
    """
    request = access.request(turn, ref, Act.WORK)
    clock = _running(turn, request)
    alarms.snooze(turn.work, clock, at_local(until, time(), turn.zone))
    turn.work.audit("reminder snooze", request.ref, after={"until": until, "next": clock.ring_at}, personal=reason)
    notice = ReminderSnoozed(request.ref, request.case.title, request.case.label, turn.actor.person.name, until, reason)
    turn.tell(access.watchers(request), notice)
    return Reply(notice)


def _running(turn: Turn, request: Request) -> Clock:
    """The clock that counts: ours where we owe an answer. Errors: Conflict where nothing runs."""
    running = {clock.kind: clock for clock in clocks.running(turn.work, request)}
    clock = running.get("clarification") or running.get("answer")
    if clock is None:
        raise Conflict("no_running_clock", ref=request.ref)
    return clock
