"""Taking back what was recorded by mistake: the last move of a request, the last word on a preservation.

In: a turn and a reference. Out: the record as it stood before, its clocks computed anew; history keeps both. Whoever
was told of it hears that it was taken back, on both sides. Within ten minutes nobody is asked why they take back what
they recorded themselves.

Decisions: what reached us stays received (its date can be corrected, the request withdrawn). A transfer is undone while
what it opened is a draft. What one side recorded, that side takes back, or the owner of the record with a reason. More
time, a snooze, a note or a file that came after the move stay.
Must change together: `storage/rules/undoing.py`, which says what a move changes.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

from handlers.exposure import Exchanged, Indoors, Ours, TwoSided
from handlers.filing import filing
from handlers.kit import access, concerned, views
from handlers.kit.errors import Conflict
from handlers.kit.notices import PublicNotice, RecordNotice
from handlers.kit.permissions import Act
from handlers.kit.turn import Reply, Turn
from handlers.kit.views import PreservationLine
from handlers.language.command import Commands
from handlers.language.values import PreservationRef, RequestRef, Text
from storage.exposure.roles import Role
from storage.messages import cards, recipients, shown
from storage.models import PastMove, Person, Preservation, Recipient, Request
from storage.record import last_acts, records
from storage.rules import clocks, holds, lifecycle, outcomes, undoing

commands = Commands()

WITHOUT_A_REASON = timedelta(minutes=10)
Because = Annotated[str, Text(max=1000)]


@dataclass(frozen=True)
class MoveUndone(RecordNotice, TwoSided):
    """The last move of a request was taken back.

    `word`: what it was; `status`: where it stands again. `text` and `remark`: why, as in RequestMoved.
    """

    ref: str
    title: str
    label: str
    word: str
    direction: str
    counterpart: str
    status: str
    by: Indoors[str]
    text: Exchanged[str]
    remark: Ours[str]
    clock: views.ClockLine | None
    ours: views.ClockLine | None

    is_card = is_under_card = True


@dataclass(frozen=True)
class SendingUndone(PublicNotice):
    """To the other side, which sees the request no longer: it was not sent after all. Which one, is not said again."""

    agency: str
    on: date


@dataclass(frozen=True)
class PreservationUndone(RecordNotice):
    """The last word on a hold was taken back. `word`: of its command."""

    ref: str
    title: str
    label: str
    word: str
    by: Indoors[str]
    because: Ours[str]
    preservation: PreservationLine

    is_card = is_under_card = True


@commands.add(
    "request undo",
    needs=(Role.OFFICER, Role.MANAGER, Role.LIAISON),
    example='request undo 42/3 because:"the data was for another request"',
)
def undo_request(turn: Turn, ref: RequestRef, *, because: Because = "") -> Reply:
    """Take back the last move of a request: the dates and clocks stand as before it. Twice goes back further.

    ref: the request.
    because: why; not needed within ten minutes for what you recorded yourself.
    """
    request = access.request(turn, ref, Act.UNDO)
    filing.must_be_open(turn, access.whole(turn, request.case))
    past = undoing.last(turn.work, request)
    if past is None:
        raise Conflict("nothing_to_undo", ref=request.ref)
    _must_be_theirs(turn, request, past)
    access.to_move(turn, ref, "produced" if past.word == "part" else past.word)  # who may record it takes it back
    if not because and not (past.by == turn.actor.person.id and turn.now - past.at <= WITHOUT_A_REASON):
        raise turn.missing("because")
    informed = [*shown.to_people(turn.work, request.ref, since=past.at), past.mover]
    sent_on = request.sent_on
    is_part = past.word in outcomes.OUTCOMES.values() and outcomes.is_split(request)
    _undo(turn, request, because)
    notice = _undone(turn, request, "part" if is_part else past.word, because)
    concerned.tell(turn, request, "undo", notice, others=informed)
    if past.word == "sent" and sent_on:
        turn.tell_elsewhere(_other_side(turn, request, informed), SendingUndone(request.sender.code, sent_on))
    return Reply(notice)


@commands.add(
    "preservation undo",
    needs=(Role.OFFICER, Role.MANAGER),
    example='preservation undo 42/P1 because:"it was another provider"',
)
def undo_preservation(turn: Turn, ref: PreservationRef, *, because: Because = "") -> Reply:
    """Take back the last word on a hold, whichever it was: it stands, and lapses, as without it.

    ref: the preservation.
    because: why; not needed within ten minutes for what you recorded yourself.
    """
    kept = access.preservation(turn, ref, Act.WORK)
    filing.must_be_open(turn, access.whole(turn, kept.case))
    before = _standing(turn, kept)
    word = holds.undo(turn.work, kept)
    if not word:
        raise Conflict("nothing_to_undo_of_hold", ref=kept.ref)
    (done,) = last_acts.last(turn.work, kept.ref, [f"preservation {word}"]).values() or (None,)
    if not because and not (done and done.by is turn.actor.person and turn.now - done.at <= WITHOUT_A_REASON):
        raise turn.missing("because")
    turn.work.audit(
        "preservation undo",
        kept.ref,
        before=before,
        after=_standing(turn, kept),
        personal=because,
    )
    case, line = kept.case, views.preservation_line(turn, kept)
    notice = PreservationUndone(kept.ref, case.title, case.label, word, turn.actor.person.name, because, line)
    turn.tell([*concerned.watchers(turn, kept), *shown.to_people(turn.work, kept.ref, since=case.opened_at)], notice)
    return Reply(notice)


def _standing(turn: Turn, kept: Preservation) -> dict[str, object]:
    """How a hold stands, for its history."""
    return {
        "state": str(holds.state(turn.work, kept)),
        "expires_on": kept.expires_on,
        "confirmed_on": kept.confirmed_on,
        "renewals": len(kept.renewals),
        "closed_at": kept.closed_at,
    }


def _must_be_theirs(turn: Turn, request: Request, past: PastMove) -> None:
    """Errors: Conflict for the other side, where the move was recorded by somebody who is not of it."""
    agency = turn.actor.agency
    if agency.id != request.case.agency_id and agency.id not in {
        held.authority_id for held in records.memberships(past.mover)
    }:
        raise Conflict("recorded_by_other_side", ref=request.ref, agency=request.case.agency.code)


def _undo(turn: Turn, request: Request, because: str) -> None:
    """Errors: Conflict for what cannot be taken back."""
    try:
        lifecycle.undo(turn.work, request, by=turn.actor.person, on=turn.today, because=because)
    except lifecycle.NoWayBack as error:
        if error.child:
            raise Conflict("transfer_went_on", ref=request.ref, child=error.child.ref) from error
        raise Conflict("received_already", ref=request.ref) from error


def _undone(turn: Turn, request: Request, word: str, because: str) -> MoveUndone:
    is_ours = turn.actor.agency.id == request.case.agency_id
    running = {clock.kind: views.clock_line(turn, clock) for clock in clocks.running(request)}
    return MoveUndone(
        ref=request.ref,
        title=request.case.title,
        label=request.case.label,
        word=word,
        direction=request.direction,
        counterpart=views.counterpart(request).code,
        status=request.status,
        by=turn.actor.person.name,
        text="" if is_ours else because,
        remark=because if is_ours else "",
        clock=running.get("answer"),
        ours=running.get("clarification"),
    )


def _other_side(turn: Turn, request: Request, informed: list[Person]) -> list[tuple[Recipient, str]]:
    """People and rooms of the recipient that have read of a request which they see no longer."""
    party = request.recipient_id
    found = [
        *((Recipient.person(one.id), "") for one in dict.fromkeys(informed)),
        *cards.rooms_with_a_card(turn.work, request.ref),
    ]
    return [one for one in found if party in recipients.authorities(turn.work, one[0])]
