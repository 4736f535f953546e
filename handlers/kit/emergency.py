"""Emergencies: what was done about one and at what hour, as one short line: declared, approved, sent, answered.

In: a request. Out: the acts that stand now, from the history; of an act that was taken back there is none. Who declared
and who approved is for our own people; the other side reads when it was sent and answered.
"""

from dataclasses import dataclass
from datetime import date, datetime

from handlers.exposure import Indoors, PartOfRecord
from handlers.kit.turn import Turn
from storage.models import Request
from storage.record import last_acts
from storage.record.last_acts import DoneAct
from storage.rules import clocks
from storage.rules.lifecycle import ANSWERED, Status
from storage.times import end_of_day, local_day

ANSWERS = tuple(f"request {word}" for word in ("part", "produced", "not-held", "refused"))


@dataclass(frozen=True)
class ActLine(PartOfRecord):
    """One act. `at`: the moment; None where only the day is known."""

    act: str
    on: date
    at: datetime | None
    by: Indoors[str]


@dataclass(frozen=True)
class EmergencyActs(PartOfRecord):
    """What was done about an emergency, in order. `prepared`: among ourselves, before it was sent."""

    prepared: Indoors[tuple[ActLine, ...]]
    exchanged: tuple[ActLine, ...]


def acts(turn: Turn, request: Request) -> EmergencyActs | None:
    """The acts that stand now; None for a request that is no emergency."""
    if not request.emergency:
        return None
    done = last_acts.last(turn.work, request.ref, ("request file", "request approve", "request sent", *ANSWERS))
    prepared = [_prepared("declared", done["request file"], request)] if "request file" in done else []
    if "request approve" in done and request.status != Status.APPROVAL:
        prepared.append(_prepared("approved", done["request approve"], request))
    exchanged = [_sent(request, done["request sent"])] if "request sent" in done and request.sent_on else []
    answers = [done[act] for act in done if act in ANSWERS]
    if answers and request.status in (*ANSWERED, Status.PART_PRODUCED):
        word = "answered_in_part" if request.status == Status.PART_PRODUCED else "answered"
        exchanged.append(_exchanged(word, max(answers, key=lambda one: one.at), request))
    return EmergencyActs(tuple(prepared), tuple(exchanged))


def _prepared(word: str, done: DoneAct, request: Request) -> ActLine:
    return ActLine(word, local_day(done.at, request.case.agency.zone), done.at, done.by.name if done.by else "")


def _sent(request: Request, done: DoneAct) -> ActLine:
    """A clock that counts in hours knows the moment, whenever it was put on record; of a mere day it counts the end."""
    clock, day = clocks.latest(request), request.sent_on
    if clock is None or day is None or clock.unit != "hours":
        return _exchanged("sent", done, request)
    is_day = clock.starts_at == end_of_day(day, clock.authority.zone)
    is_known = local_day(clock.starts_at, request.case.agency.zone) == day and not is_day
    return ActLine("sent", day, clock.starts_at if is_known else None, "")


def _exchanged(word: str, done: DoneAct, request: Request) -> ActLine:
    """What was put on record on a later day than it is dated has no hour."""
    today = local_day(done.at, request.case.agency.zone)
    return ActLine(word, done.on or today, done.at if done.on in (None, today) else None, "")
