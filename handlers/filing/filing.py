"""Filing: the one way an outgoing request comes on record, by `request file` or by a transfer.

In: a draft. Out: a request in its first status, with the pre-flight's findings on record and the watchers told; or the
error that says what is missing or what will be refused. The desk never writes to a recipient by itself: a person sends
what is filed here.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from handlers.exposure import Exchanged, Indoors, Ours
from handlers.filing import drafts, expecting, preflight, roads
from handlers.filing.drafts import Draft
from handlers.filing.expecting import RouteSoFar
from handlers.filing.findings import Finding, Warned
from handlers.filing.preflight import Preflight
from handlers.kit import access, emergency, second_person
from handlers.kit.emergency import EmergencyActs
from handlers.kit.errors import Conflict, MissingFields
from handlers.kit.notices import RecordNotice
from handlers.kit.turn import Reply, Turn
from storage.messages import cards
from storage.models import Authority, Case, Person, Request
from storage.record import channels, numbers, targets
from storage.rules import lifecycle
from storage.rules.lifecycle import Status, set_status


@dataclass(frozen=True)
class RequestFiled(RecordNotice):
    """A draft is on record, ready to be sent by a person.

    An emergency: `approvers` are people who may approve it; where nobody is, `nameable` whom to name on the case.
    """

    ref: str
    title: str
    label: str
    recipient: str
    portal: Indoors[str]
    instrument: str
    emergency: bool
    by: Indoors[str]
    warnings: Ours[tuple[Finding, ...]]
    despite: Ours[str]
    remarks: Ours[tuple[Finding, ...]]
    expected_days: Indoors[int]
    expected_from: Indoors[str]
    expected_hours: Indoors[int]
    expected_late: Indoors[int] = 0
    expected_unreached: Indoors[int] = 0
    approvers: Indoors[tuple[str, ...]] = ()
    nameable: Ours[tuple[str, ...]] = ()

    is_card = True


@dataclass(frozen=True)
class RequestChecked(RecordNotice):
    """The pre-flight alone: nothing was filed. `warned` is how many warnings there are, where they are not shown.

    `expected_...`: see `expecting.py`; `route`: what this one has brought so far. `checked_line`: as it was asked;
    `why`: with the reasons and sources.
    """

    ref: str
    label: str
    recipient: str
    instrument: str
    missing: tuple[tuple[str, str], ...]
    warned: int
    warnings: Ours[tuple[Finding, ...]]
    remarks: Ours[tuple[Finding, ...]]
    expected_days: int
    expected_from: str
    expected_hours: int
    expected_late: int = 0
    expected_unreached: int = 0
    route: Ours[RouteSoFar | None] = None
    checked_line: Ours[str] = ""
    why: bool = False


@dataclass(frozen=True)
class ApprovalAsked(RecordNotice):
    """To whoever may approve, and the rooms of the agency: an emergency is declared by two people."""

    ref: str
    title: str
    label: str
    recipient: str
    reason: Exchanged[str]
    by: Indoors[str]
    acts: EmergencyActs | None = None

    is_card = may_call = True


def checked(turn: Turn, draft: Draft, *, why: bool = False) -> RequestChecked:
    """What would be said if a draft were filed as it stands; why: with reasons and sources."""
    found = preflight.examine(turn, draft)
    return RequestChecked(
        draft.case.ref,
        draft.case.label,
        draft.recipient.code,
        draft.instrument.code,
        found.missing,
        len(found.warnings),
        found.warnings,
        found.remarks,
        found.expected.days,
        found.expected.basis,
        found.expected.hours,
        found.expected.late,
        found.expected.unreached,
        expecting.so_far(turn, draft),
        turn.line.replace(" why:yes", ""),
        why,
    )


def file(turn: Turn, draft: Draft, *, despite: str) -> Reply:
    """The way every outgoing request comes on record, by `request file` or by a transfer.

    Errors: MissingFields (no reason helps), Warned (unless `despite` says why), Conflict for a closed case and
    for an instrument of another State's law. That a road is closed is said before its form is asked to be filled in.
    """
    must_be_open(turn, draft.case)
    roads.must_make_sense(turn, turn.actor.agency, draft.instrument, draft.recipient)
    found = preflight.examine(turn, draft)
    if found.warnings and not despite and (found.is_closed or not found.missing):
        raise Warned(draft.case.ref, found.warnings, turn.line)
    if found.missing:
        raise MissingFields(
            draft.instrument.code, draft.recipient.code, found.missing, turn.line, "; ".join(draft.instrument.source)
        )
    request = _put_on_record(turn, draft, found, despite)
    return _announce(turn, draft, request, found)


def _put_on_record(turn: Turn, draft: Draft, found: Preflight, despite: str) -> Request:
    request = add(
        turn,
        draft.case,
        "outgoing",
        sender=turn.actor.agency,
        recipient=draft.recipient,
        instrument=draft.instrument.code,
    )
    if draft.emergency:
        set_status(request, Status.APPROVAL, by=turn.actor.person, at=turn.now)
    request.data, request.targets = list(draft.data), targets.rows(turn.work, draft.asked)
    request.paper, request.basis, request.reason = draft.paper, draft.basis, draft.reason
    request.fields, request.emergency, request.parent = dict(found.filled), draft.emergency, draft.parent
    request.despite = despite if found.warnings else ""
    request.preservations = drafts.needed_preservations(turn, draft)
    turn.work.session.add(request)
    turn.work.session.flush()
    lifecycle.follow(turn.work, request)
    facts = {
        "to": draft.recipient.code,
        "as": draft.instrument.code,
        "data": list(draft.data),
        "paper": draft.paper,
        "emergency": draft.emergency,
        "parent": draft.parent.ref if draft.parent else None,
        "warnings": [warning.code for warning in found.warnings],
    }
    turn.work.audit(
        "request file",
        request.ref,
        after=facts,
        personal="\n".join(filter(None, [*draft.accounts, draft.basis, draft.reason, despite])),
    )
    return request


def _announce(turn: Turn, draft: Draft, request: Request, found: Preflight) -> Reply:
    case, recipient = draft.case, draft.recipient
    second = second_person.who_may_approve(turn, request)
    notice = RequestFiled(
        ref=request.ref,
        title=case.title,
        label=case.label,
        recipient=recipient.code,
        portal=recipient.portal or "",
        instrument=draft.instrument.code,
        emergency=draft.emergency,
        by=turn.actor.person.name,
        warnings=found.warnings,
        despite=request.despite,
        remarks=found.remarks,
        expected_days=found.expected.days,
        expected_from=found.expected.basis,
        expected_hours=found.expected.hours,
        expected_late=found.expected.late,
        expected_unreached=found.expected.unreached,
        approvers=second.may,
        nameable=second.nameable,
    )
    turn.tell(access.watchers(turn, request), notice)
    if draft.emergency:
        asked = ask(turn, request, second_person.to_be_asked(turn, request))
        turn.tell_rooms(channels.of_case(turn.work, case), asked, urgent=True)
    return Reply(notice)


def ask(turn: Turn, request: Request, people: Iterable[Person]) -> ApprovalAsked:
    """Ask people to approve an emergency, at any hour. The question, for their rooms."""
    case = request.case
    asked = ApprovalAsked(
        ref=request.ref,
        title=case.title,
        label=case.label,
        recipient=request.recipient.code,
        reason=request.reason,
        by=request.filer.name,
        acts=emergency.acts(turn, request),
    )
    turn.tell(people, asked, urgent=True, deputies=False)
    return asked


def add(turn: Turn, case: Case, direction: str, *, sender: Authority, recipient: Authority, instrument: str) -> Request:
    """A new request of a case, numbered, in its first status; the caller fills the rest and adds it to the session."""
    number = numbers.next_request_number(turn.work, case)
    sides = {"direction": direction, "sender": sender, "recipient": recipient, "instrument": instrument}
    nothing_yet = {"parts": {}, "refusals": [], "question": "", "their_reference": "", "despite": ""}
    request = turn.work.new(
        Request,
        ref=f"{case.ref}/{number}",
        case=case,
        number=number,
        filer=turn.actor.person,
        filed_at=turn.now,
        **sides,
        **nothing_yet,
    )
    cards.none_yet(turn.work, request.ref)
    set_status(request, Status.DRAFT, by=turn.actor.person, at=turn.now)
    return request


def must_be_open(turn: Turn, case: Case) -> None:
    """Errors: Conflict for a closed case, and for one that became part of another, which is named."""
    into = access.whole(turn, case)
    if into is not case:
        raise Conflict("case_merged", ref=case.ref, into=into.ref)
    if case.closed_at:
        raise Conflict("case_closed", ref=case.ref)
