"""Reminders: quiet (I am on it), snooze, no further action. What a person says to a nudge that is not an answer.

In: a turn and a request. Out: when the desk speaks of it next. All are on record: silence has an author, and an end.
Only whose work it is may be on it: a side that owes an answer does not quieten who waits for it.
"""

from dataclasses import dataclass
from datetime import date, time
from typing import Annotated

from handlers.exposure import Indoors, Ours
from handlers.kit import access, views
from handlers.kit.errors import Conflict
from handlers.kit.notices import RecordNotice
from handlers.kit.permissions import Act
from handlers.kit.turn import Reply, Turn
from handlers.kit.views import OnIt
from handlers.language.command import Commands
from handlers.language.errors import BadValue, clause
from handlers.language.values import FutureDay, RequestRef, Text
from storage.exposure.roles import Role
from storage.models import Clock, Request
from storage.rules import alarms, clocks, house_clocks
from storage.times import at_local, local_day

commands = Commands()

WORKERS = (Role.OFFICER, Role.MANAGER)


@dataclass(frozen=True)
class ClockStuck(RecordNotice):
    """To the managers, put by the sweep: a clock failed three times in a row and was set aside."""

    clock_id: int
    ref: str
    label: str

    is_deadline = True


@dataclass(frozen=True)
class ReminderQuieted(RecordNotice):
    """Somebody is on it. `before`: they were already, when it was said again."""

    ref: str
    title: str
    label: str
    on_it: Indoors[OnIt]
    before: bool


@dataclass(frozen=True)
class ReminderSnoozed(RecordNotice):
    """Nothing is said before a day, with the reason."""

    ref: str
    title: str
    label: str
    by: Indoors[str]
    until: date
    reason: Ours[str]


@dataclass(frozen=True)
class NothingFurther(RecordNotice):
    """A refusal is left as it is."""

    ref: str
    title: str
    label: str
    by: Indoors[str]
    because: Ours[str]


@commands.add("request quiet", needs=WORKERS, example="request quiet 42/3")
def quiet(turn: Turn, ref: RequestRef) -> Reply:
    """I am on it: colleagues are not reminded of what was just said, until the next reminder and seven days at most.

    It stays as overdue as it is, and managers hear of it as they would. Whoever was on it and did nothing is asked.

    ref: the request.
    """
    request = access.request(turn, ref, Act.WORK)
    clock = _running(request)
    if clock.kind == "approval":
        raise Conflict("approval_waits", ref=request.ref)
    if clock.ours and clock.kind in clocks.BETWEEN_SIDES and clock.due_at and clock.due_at <= turn.now:
        raise Conflict("own_answer_overdue", ref=request.ref)
    if found := views.on_it(turn, request):
        return Reply(ReminderQuieted(request.ref, request.case.title, request.case.label, found, before=True))
    clocks.taken_up(turn.work, request)
    taken = house_clocks.take(turn.work, clock, request, turn.actor.person)
    turn.work.audit("reminder quiet", request.ref, after={"until": taken.due_at})
    assert taken.due_at is not None  # noqa: S101 - it has just been started
    on_it = OnIt(turn.actor.person.name, taken.due_at)
    notice = ReminderQuieted(request.ref, request.case.title, request.case.label, on_it, before=False)
    turn.tell(access.watchers(turn, request), notice)
    return Reply(notice)


@commands.add(
    "request snooze", needs=WORKERS, example='request snooze 42/3 until:2026-06-30 reason:"hearing on that day"'
)
def snooze(turn: Turn, ref: RequestRef, *, until: FutureDay, reason: Annotated[str, Text(max=1000)]) -> Reply:
    """Say nothing of a request before a day, at the latest until its managers are told. The deadline stays.

    ref: the request.
    until: the day on which reminders begin again; a manager may name one after the day on which managers are told.
    reason: why, for whoever asks later.
    """
    request = access.request(turn, ref, Act.WORK)
    clock = _running(request)
    begins, escalates = at_local(until, time(), turn.zone), alarms.next_for_managers(turn.work, clock)
    if escalates and begins > escalates and Role.MANAGER not in turn.actor.roles:
        day = local_day(escalates, turn.zone)
        raise BadValue(
            "until", until.isoformat(), clause("past_escalation", day=day), clause("up_to", day=day), f"{day}"
        )
    alarms.snooze(turn.work, clock, begins, by=turn.actor.person.id, reason=reason)
    turn.work.audit("reminder snooze", request.ref, after={"until": until, "next": clock.ring_at}, personal=reason)
    notice = ReminderSnoozed(request.ref, request.case.title, request.case.label, turn.actor.person.name, until, reason)
    turn.tell(access.watchers(turn, request), notice)
    return Reply(notice)


@commands.add(
    "request no-further-action",
    needs=WORKERS,
    example='request no-further-action 42/3 because:"not worth a treaty request"',
)
def no_further_action(turn: Turn, ref: RequestRef, *, because: Annotated[str, Text(max=1000)]) -> Reply:
    """Leave a refusal as it is: nobody is reminded of the next step any more. `request transfer` still goes on.

    ref: the request.
    because: why nothing further is done.
    """
    request = access.request(turn, ref, Act.WORK)
    clock = clocks.latest(request, "next_step")
    if clock is None or clock.ended_at:
        raise Conflict("no_next_step", ref=request.ref)
    house_clocks.follow(turn.work, request, ())
    turn.work.audit("request no-further-action", request.ref, personal=because)
    notice = NothingFurther(request.ref, request.case.title, request.case.label, turn.actor.person.name, because)
    turn.tell(access.watchers(turn, request), notice)
    return Reply(notice)


def _running(request: Request) -> Clock:
    """The clock that counts. Errors: Conflict where nothing runs."""
    clock = clocks.that_counts(request)
    if clock is None:
        raise Conflict("no_running_clock", ref=request.ref)
    return clock
