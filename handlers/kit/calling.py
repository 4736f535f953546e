"""Calling: who must act on something, so that a room mentions them and their phones ring.

In: what is said in a room, while it is composed. Out: people, each of the authority that the room is of. Only three
things call anybody: an emergency, an approval that waits, and the last reminder of a ladder; a notice that may says so
by its class (`Notice.may_call`). Whether each may still see the record, is there, and has an account that the room can
mention, is asked when it is sent (`handlers/outgoing.py`).
Why in rooms alone: a direct message rings anyway.
"""

from collections.abc import Sequence

from handlers.kit import second_person
from handlers.kit.turn import Turn
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.messages import succession
from storage.models import Person, Preservation, Request
from storage.record import records
from storage.reminders.nudges import Standing
from storage.rules import alarms


def of_reminder(turn: Turn, item: Standing) -> Sequence[Person]:
    """Who must act, in a room: in an emergency, for an approval, and when the room hears of it for the last time.

    The other side's room calls nobody where the answer is not theirs.
    """
    room, clock, subject = turn.room, item.clock, item.subject
    if room is None:
        return ()
    own = room.authority_id == subject.case.agency_id
    if not own and clock.authority_id != room.authority_id:
        return ()
    schedule = alarms.schedule_of(turn.reference, clock)
    last = schedule.last_for("channel" if own else "party") if schedule else None
    is_last = last is not None and last.code == item.rung.rung
    is_emergency = alarms.is_emergency(clock, turn.now)
    is_one_of_three = is_emergency or is_last or clock.kind == "approval"
    return to_act(turn, subject, clock.kind) if is_one_of_three else ()


def to_act(turn: Turn, subject: Request | Preservation, kind: str = "answer") -> Sequence[Person]:
    """Who of the room's authority must act on a record; nobody where no room reads it. kind: the clock's.

    Of our own: who approves, who said that they are on it, else whoever leads the case, or is next in line. Of the
    other side: its liaisons, else its managers.
    """
    room = turn.room
    if room is None:
        return ()
    case = subject.case
    if room.authority_id != case.agency_id:
        people = records.people(turn.work, agency_id=room.authority_id, role=Role.LIAISON)
        return people or records.people(turn.work, agency_id=room.authority_id, role=Role.MANAGER)
    if isinstance(subject, Request) and kind == "approval":
        return second_person.to_be_asked(turn, subject)
    taken = subject.taken if isinstance(subject, Request) else None
    hands = [taken.person_id if taken else None, case.lead_id, case.opened_by]
    found = succession.able(turn.work, [one for one in hands if one])
    first = [found[one, case.agency_id] for one in hands if one and (one, case.agency_id) in found][:1]
    line = first or succession.line(turn.work, case.id, case.agency_id, Label(case.label))
    return [turn.work.session.get_one(Person, one.id) for one in line]
