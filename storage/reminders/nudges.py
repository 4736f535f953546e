"""Nudges: what an outbox row of the sweep stands for, and whether it is still true.

In: the fields of a "nudge", or a "digest" that nudges were folded into, and who is to read it. Out: the rung that
sounded and its clock, for what is still true now and may be read by this reader. Asked when it is sent: between the
ring and the morning people answer, ask for more time, or leave.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import not_, select
from sqlalchemy.orm import joinedload, selectinload

from storage.database.unit_of_work import UnitOfWork
from storage.exposure.labels import Label
from storage.messages import outbox, recipients, succession
from storage.messages.sending import Claimed
from storage.models import Case, Channel, Clock, OutboxRow, Person, Preservation, Recipient, Request
from storage.record import records
from storage.reminders import audience
from storage.rules import alarms, clocks
from storage.rules.lifecycle import WAITING
from storage.rules.schedules import AGAIN
from storage.serialization import decode

NUDGE, DIGEST = "nudge", "digest"


@dataclass(frozen=True)
class SoundedRung:
    """One rung that sounded, as its row carries it. `rang_at` is aware UTC; `late`: well after its moment."""

    clock_id: int
    epoch: int
    rung: str
    late: bool
    rang_at: datetime
    is_card: ClassVar[bool] = True

    @property
    def template(self) -> str:
        """The name of the notice that says it."""
        return NUDGE


@dataclass(frozen=True)
class Standing:
    """A rung that is still true, with its clock."""

    rung: SoundedRung
    clock: Clock

    @property
    def subject(self) -> Request | Preservation:
        """What the clock is of."""
        subject = self.clock.request or self.clock.preservation
        assert subject is not None, self.clock.id  # noqa: S101 - a clock of nothing never rings
        return subject

    @property
    def is_again(self) -> bool:
        """Whether it was said before, and is said again of many together."""
        return self.rung.rung.startswith(AGAIN)


def one(fields: Mapping[str, Any]) -> SoundedRung:
    """The rung of a nudge's fields."""
    facts: Any = decode(dict(fields))
    return SoundedRung(**facts)


def of_row(work: UnitOfWork, row_id: int | None) -> SoundedRung | None:
    """The rung that a nudge said; None where its row was let go meanwhile."""
    row = work.session.get(OutboxRow, row_id) if row_id else None
    return one(row.fields) if row and row.notice == NUDGE else None


def folded(work: UnitOfWork, digest_id: int) -> list[SoundedRung]:
    """The rungs that were folded into a digest; of several of one clock the last."""
    rows = select(OutboxRow.fields).where(OutboxRow.digest_id == digest_id, OutboxRow.notice == "nudge")
    rungs = map(one, work.session.scalars(rows.order_by(OutboxRow.id)))
    return list({rung.clock_id: rung for rung in rungs}.values())


def overtaken(work: UnitOfWork, row: Claimed) -> bool:
    """Whether a later rung of the same clock was queued for the same reader and does not wait: that one is said."""
    rung = one(row.fields)
    later = OutboxRow.cause.startswith(f"ring:{rung.clock_id}:{rung.epoch}:", autoescape=True)
    query = select(OutboxRow.id).where(later, OutboxRow.recipient == row.recipient, OutboxRow.id > row.id)
    alive = not_(OutboxRow.wait), OutboxRow.state.in_(("pending", "sending", "sent"))
    return work.session.scalar(query.where(*alive).limit(1)) is not None


def standing(
    work: UnitOfWork,
    reader: Person | Channel,
    rungs: Iterable[SoundedRung],
    *,
    ceiling: Label,
    was_said: bool = False,
) -> list[Standing]:
    """What of it is still true and may be read where it is said, the longest due first.

    was_said: it stands there already; that somebody is on it since, or wants to hear nothing for a while, takes nothing
    of it back.
    """
    by_clock = {rung.clock_id: rung for rung in rungs}
    found = [Standing(by_clock[clock.id], clock) for clock in _clocks(work, list(by_clock))]
    true = [
        item for item in found if _still(work, item, was_said=was_said) and _fits(reader, item.subject.case, ceiling)
    ]
    own = _seen(work, reader, [item.subject.ref for item in true])
    return [
        item for item in true if item.subject.ref in own and (was_said or _hears(work, item, own=own[item.subject.ref]))
    ]


def _hears(work: UnitOfWork, item: Standing, *, own: bool) -> bool:
    """Whether a reader who sees the record is to hear this.

    The other side hears what is owed between the two, our own people all but what one of them is on: what sounded
    before they said so, and goes over nobody's head.
    """
    if not own:
        return item.clock.kind in clocks.BETWEEN_SIDES
    taken = item.clock.request.taken if item.clock.request else None
    if taken is None or taken.due_at is None or item.clock.id == taken.id:
        return True
    if taken.due_at <= work.now or taken.starts_at < item.rung.rang_at:
        return True
    schedule = alarms.schedule_of(work.reference, item.clock)
    sounding = schedule.named(item.rung.rung) if schedule else None
    return sounding is None or sounding.escalates


# ---- to whoever is next in line --------------------------------------------------------------------------------------


def pass_on(work: UnitOfWork, row: Claimed | OutboxRow) -> int:
    """Queue what a reminder says, and its recipient can not hear any more, for whoever is next in line. How many rungs.

    Nothing of it where it is not true any more, or where the recipient still can hear it.
    """
    if row.notice not in (NUDGE, DIGEST):
        return 0
    rungs = {rung.clock_id: rung for rung in ([one(row.fields)] if row.notice == NUDGE else folded(work, row.id))}
    found = [Standing(rungs[clock.id], clock) for clock in _clocks(work, list(rungs))]
    lost = _unheard(work, row.recipient, [item for item in found if _still(work, item)])
    besides = 0 if row.recipient.is_channel else row.recipient.number
    for item in lost:
        schedule = alarms.schedule_of(work.reference, item.clock)
        sounding = schedule.named(item.rung.rung) if schedule else None
        wait = sounding is not None and sounding.wait
        matter = audience.matter_of(item.clock)
        for hearer in audience.next_in_line(work, matter, besides):
            outbox.put(
                work,
                cause=f"ring:{item.rung.clock_id}:{item.rung.epoch}:{item.rung.rung}",
                notice=item.rung,
                recipient=hearer.recipient,
                platform=hearer.platform,
                label=Label(matter.label),
                subject=matter.ref,
                not_before=hearer.morning if wait else work.now,
                wait=wait,
                urgent=not wait,
            )
    return len(lost)


def hand_over(work: UnitOfWork, recipient: Recipient) -> None:
    """The same for everything that waits to be said to somebody, now that they may see less."""
    waits = select(OutboxRow).where(OutboxRow.recipient == recipient, OutboxRow.state == "pending")
    for row in work.session.scalars(waits.where(OutboxRow.notice.in_((NUDGE, DIGEST)))).all():
        if pass_on(work, row) and row.notice == NUDGE:
            row.state, row.settled_at, row.outcome = "dropped", work.now, "passed on"
    if not recipient.is_channel:
        _let_go(work, recipient.number)


def _let_go(work: UnitOfWork, person_id: int) -> None:
    """Nobody is on what somebody is on who cannot act any more."""
    taken = select(Clock).where(Clock.person_id == person_id, Clock.kind == "taken", Clock.ended_at.is_(None))
    able = succession.able(work, [person_id])
    for clock in work.session.scalars(taken).all():
        if (person_id, clock.case.agency_id) not in able:
            clocks.end(work, clock)


def _unheard(work: UnitOfWork, recipient: Recipient, items: Sequence[Standing]) -> list[Standing]:
    """What a recipient does not hear: they are gone, may not see it, or cannot be reached. A room: what was its own."""
    reader = recipients.find(work, recipient)
    if isinstance(reader, Channel):
        items = [item for item in items if item.subject.case.agency_id == reader.authority_id]
    if reader is None or (isinstance(reader, Person) and succession.is_cut_off(reader)):
        return list(items)
    ceiling = Label(reader.ceiling) if isinstance(reader, Channel) else Label.RED
    visible = _seen(work, reader, [item.subject.ref for item in items])
    return [
        item
        for item in items
        if item.subject.ref not in visible
        or not _fits(reader, item.subject.case, ceiling)
        or (isinstance(reader, Channel) and item.subject.case.label == Label.RED)
    ]


def _clocks(work: UnitOfWork, ids: Sequence[int]) -> Sequence[Clock]:
    query = select(Clock).where(Clock.id.in_(ids), Clock.ended_at.is_(None), Clock.due_at.is_not(None))
    query = query.options(
        joinedload(Clock.authority),
        joinedload(Clock.request).options(
            joinedload(Request.case),
            joinedload(Request.sender),
            joinedload(Request.recipient),
            selectinload(Request.taken),
        ),
        joinedload(Clock.preservation).options(joinedload(Preservation.case), joinedload(Preservation.recipient)),
    )
    return work.session.scalars(query.order_by(Clock.due_at, Clock.id)).unique().all()


def _still(work: UnitOfWork, item: Standing, *, was_said: bool = False) -> bool:
    """Not answered, not snoozed, no other dates since; and what can wait, no contact since it rang.

    A snooze, which gives the clock its next number, does not take back what went over somebody's head before it.
    """
    clock, rung = item.clock, item.rung
    schedule = alarms.schedule_of(work.reference, clock)
    sounding = schedule.named(rung.rung) if schedule else None
    snoozed = clock.quiet_until is not None and work.now < clock.quiet_until
    if clock.imported or clock.epoch != rung.epoch + snoozed:
        return False
    if snoozed and not was_said and not (sounding and sounding.escalates):
        return False
    if clock.request is None or clock.kind not in clocks.BETWEEN_SIDES:
        return True
    if clock.request.status not in WAITING:
        return False
    contact = clock.request.status_at
    rests = work.now < contact + alarms.AFTER_CONTACT and contact >= rung.rang_at
    return not (rests and sounding and sounding.wait)


def _fits(reader: Person | Channel, case: Case, ceiling: Label) -> bool:
    spoken_of = isinstance(reader, Person) or reader.host_id in {None, case.agency_id}
    return spoken_of and Label(case.label).within(ceiling)


def _seen(work: UnitOfWork, reader: Person | Channel, refs: Sequence[str]) -> dict[str, bool]:
    """Which of some records a reader sees, and whether from our own side in any of their roles."""
    found: dict[str, bool] = {}
    for viewer in recipients.viewers(reader):
        for ref, seen in records.seen(work, viewer, refs).items():
            found[ref] = found.get(ref, False) or not seen.across
    return found
