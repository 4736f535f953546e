"""Undelivered: what could not be said goes another way, or is put aside, and somebody is told.

In: a row that a platform refused, or a platform that fails. Out: the row at the person's next account, or dead; who
stands in hears of it, and whoever administers reads what mends it: once a day for a place and a reason, in words
(`_base/remedies.md.j2`). An answer that could not be said becomes news for whoever asked.
"""

from dataclasses import dataclass
from datetime import datetime

from handlers.composers import family
from handlers.kit.notices import NOTICES, PersonalNotice, PublicNotice, RecordNotice
from storage.database.unit_of_work import UnitOfWork
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.messages import cards, heartbeat, outbox, recipients, sending, succession
from storage.messages.sending import Claimed
from storage.models import Recipient


@dataclass(frozen=True)
class DeliveryFailed(RecordNotice):
    """To a stand-in: somebody could not be reached.

    `family` is the word of commands for the record; `ref` is empty for a reader who may not see it. `remedy`: a code of
    `_base/remedies.md.j2`; empty where nobody can do anything about it.
    """

    what: str
    name: str
    family: str
    ref: str
    label: str
    why: str
    deadline: bool
    platform: str = ""
    remedy: str = ""

    is_alarm = True


@dataclass(frozen=True)
class NothingArrives(PersonalNotice):
    """To whoever administers: nothing reaches a person or a room, until they do something. `remedy` as above."""

    name: str
    platform: str
    remedy: str

    is_alarm = True


@dataclass(frozen=True)
class AnswerUnsaid(RecordNotice):
    """To whoever sent a line: its answer could not be said, for minutes. `words`: of the command; `at`: when it came.

    `done`: else it was refused. `ref`: of the record it tells of; empty for none.
    """

    words: str
    at: datetime
    done: bool
    family: str
    ref: str
    label: str

    is_alarm = True


@dataclass(frozen=True)
class PlatformHalted(PublicNotice):
    """To administrators, by another platform: a platform does not let the desk in any more. Nothing is lost."""

    platform: str
    why: str
    since: datetime

    is_alarm = True


@dataclass(frozen=True)
class PlatformTrouble(PublicNotice):
    """To administrators: what a platform notices of itself. `what` is a code of the template; `detail` in its words."""

    platform: str
    what: str
    detail: str

    is_alarm = True


def give_up(work: UnitOfWork, row: Claimed, why: str, *, tell: bool = True, remedy: str = "") -> None:
    """Try the person's next account; after the last, put the row aside as dead and tell whoever stands in.

    They are told once, of a deadline each time. remedy: what administrators can do; they are told once a day.

    Nobody left who may see the record: administrators learn that somebody cannot be reached, without the record.
    """
    if tell and remedy:
        _ask_to_mend(work, row, remedy)
    if elsewhere(work, row, why):
        return
    sending.dead(work, row, why)
    notice = NOTICES.get(row.notice)
    if not tell or notice is None or notice.is_alarm:
        return
    deadline = notice.is_deadline
    cause = f"dead:{row.id}" if deadline else f"unreachable:{row.recipient}:{work.now.date().isoformat()}"
    name = recipients.name_of(work, row.recipient)
    able = succession.stand_ins(work, row.recipient, row.subject)
    subject, label = (row.subject, row.label) if able else ("", "")
    if remedy and not able and not deadline:  # they have read what mends it
        return
    for person_id in able or [person.id for person in recipients.admins(work, besides=row.recipient)]:
        outbox.put(
            work,
            cause=cause,
            notice=DeliveryFailed(
                row.notice, name, family(subject), subject, label, why, deadline, row.platform, remedy
            ),
            recipient=Recipient.person(person_id),
            label=Label(label or Label.CLEAR),
            subject=subject,
            urgent=deadline,
        )


def unsaid(work: UnitOfWork, key: str, person_id: int, notice: AnswerUnsaid) -> None:
    """Tell whoever sent a message what became of it, as news."""
    label = Label(notice.label or Label.CLEAR)
    recipient = Recipient.person(person_id)
    outbox.put(work, cause=f"unsaid:{key}", notice=notice, recipient=recipient, label=label, subject=notice.ref)


def _ask_to_mend(work: UnitOfWork, row: Claimed, remedy: str) -> None:
    """Tell the administrators of an unreachable place what they can do, once a day; else every administrator."""
    notice = NothingArrives(recipients.name_of(work, row.recipient), row.platform, remedy)
    theirs = [
        one
        for agency_id in sorted(recipients.keepers(work, row.recipient))
        for one in succession.with_role(work, agency_id, {Role.ADMIN})
    ]
    for person_id in dict.fromkeys([one.id for one in theirs] or [one.id for one in recipients.admins(work)]):
        if Recipient.person(person_id) != row.recipient:
            outbox.put(
                work,
                cause=f"{remedy}:{row.platform}:{row.recipient}:{work.now.date().isoformat()}",
                notice=notice,
                recipient=Recipient.person(person_id),
                label=Label.CLEAR,
            )


def elsewhere(work: UnitOfWork, row: Claimed, why: str, *, doubtful: bool = False) -> bool:
    """Let the person's next account have what could not be said on this one; False where there is none.

    doubtful: it may stand there all the same; the next one says so.
    """
    other = "" if row.notice in cards.EDITS else outbox.next_route(work, row.recipient, row.platform)
    if other:
        sending.reroute(work, row, other, why, doubtful=doubtful)
    return bool(other)


def go_another_way(work: UnitOfWork, platform: str) -> None:
    """While a platform fails: what is urgent goes to people's next accounts, and not back. The rest waits for it."""
    failing = heartbeat.failing(work)
    if platform not in failing:
        heartbeat.down(work, platform)
    for row in sending.urgent_to_people(work, platform):
        other = outbox.next_route(work, row.recipient, platform, besides=failing)
        if other and row.notice not in cards.EDITS:
            sending.move(work, row, other)


def halted(work: UnitOfWork, platform: str, why: str) -> None:
    """A platform keeps us out: every administrator is told once a day, on another platform."""
    if heartbeat.halt(work, platform):
        _alarm(work, f"halted:{platform}", PlatformHalted(platform, why, work.now), besides=platform)


def noticed(work: UnitOfWork, platform: str, what: str, detail: str) -> None:
    """A platform notices something of itself: every administrator is told once a day."""
    _alarm(work, f"{what}:{platform}", PlatformTrouble(platform, what, detail))


def _alarm(work: UnitOfWork, cause: str, notice: PlatformHalted | PlatformTrouble, *, besides: str = "") -> None:
    """Tell every administrator, at once. besides: a platform that they cannot be told on."""
    for person in recipients.admins(work):
        recipient = Recipient.person(person.id)
        outbox.put(
            work,
            cause=f"{cause}:{work.now.date().isoformat()}",
            notice=notice,
            recipient=recipient,
            platform=outbox.route(work, recipient, besides=besides),
            label=Label.CLEAR,
            urgent=True,
        )
