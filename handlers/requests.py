"""Requests: check, file, receive, status, list.

What happens to them afterwards is in `moves.py`, their dates in `deadlines.py`.

In: a turn and typed values. Out: a reply with the pre-flight's findings; the case's watchers are told.
Must change together: the notices at the top and `templates/messages/`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from handlers.exposure import Indoors, Ours, TwoSided
from handlers.filing import drafts, filing, roads
from handlers.filing.drafts import Draft
from handlers.filing.filing import RequestChecked
from handlers.kit import access, concerned, paging, second_person, views
from handlers.kit.errors import Conflict
from handlers.kit.notices import RecordNotice
from handlers.kit.permissions import Act
from handlers.kit.turn import Reply, Turn
from handlers.kit.views import RequestCard, RequestLine
from handlers.language.command import Commands
from handlers.language.values import (
    Accounts,
    ActMoment,
    AuthorityCode,
    Basis,
    CaseRef,
    Choices,
    DataTypes,
    FieldText,
    Flag,
    InstrumentCode,
    RequestPlace,
    RequestRef,
    Text,
)
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.models import Case
from storage.record import attachments, channels, request_lists, targets
from storage.record.targets import AskedAbout
from storage.rules import clocks
from storage.rules.lifecycle import OPEN, WAITING, Status

commands = Commands()

WORKERS = (Role.OFFICER, Role.MANAGER)
Reason = Annotated[str, Text(max=4000)]
Despite = Annotated[str, Text(max=1000)]


@dataclass(frozen=True)
class RequestReceived(RecordNotice, TwoSided):
    """Somebody asks us; our clock runs."""

    ref: str
    title: str
    label: str
    sender: str
    sender_name: str
    instrument: str
    emergency: bool
    by: Indoors[str]
    clock: views.ClockLine | None

    is_card = may_call = True


@dataclass(frozen=True)
class RequestStatus(RecordNotice):
    """The card of a request, with the words that may follow. `details`: all of it."""

    ref: str
    label: str
    request: RequestCard
    next_words: tuple[str, ...]
    approvers: Indoors[tuple[str, ...]] = ()
    nameable: Ours[tuple[str, ...]] = ()
    details: bool = False

    is_status = True


@dataclass(frozen=True)
class RequestList(RecordNotice):
    """A page of requests, most urgent first."""

    status: str
    counterpart: str
    direction: str
    mine: bool
    requests: tuple[RequestLine, ...]
    total: int
    next_line: str
    back_line: str = ""


def preview(turn: Turn, typed: Mapping[str, Any]) -> RequestChecked | None:
    """What stands against a request as far as it is filled in; None until its case, recipient and instrument are."""
    if not {"case", "to", "as_"} <= typed.keys():
        return None
    own = {"case", "to", "as_", "data", "accounts", "basis", "reason", "emergency", "despite"}
    draft = _draft(
        turn,
        access.case(turn, typed["case"], Act.WORK),
        to=typed["to"],
        instrument=typed["as_"],
        data=typed.get("data", ()),
        accounts=typed.get("accounts", ()),
        basis=typed.get("basis", ""),
        reason=typed.get("reason", ""),
        fields={code: text for code, text in typed.items() if code not in own},
        emergency=typed.get("emergency", False),
    )
    return filing.checked(turn, draft)


@commands.add(
    "request check",
    needs=WORKERS,
    reads=True,
    preview=preview,
    example="request check 42 to:PROV-META as:PROD-META data:bsi,ip_logs "
    'accounts:"facebook.com/example.page" basis:"domestic court order 58/2026"',
)
def check(
    turn: Turn,
    case: CaseRef,
    *,
    to: AuthorityCode,
    as_: InstrumentCode,
    data: DataTypes = (),
    accounts: Accounts = (),
    basis: Basis = "",
    reason: Reason = "",
    emergency: Flag = False,
    why: Flag = False,
    **fields: Annotated[str, FieldText()],
) -> Reply:
    """What would get a request refused, before it is filed. Nothing is written.

    case: the case it would belong to.
    to: the recipient.
    as: the instrument.
    data: kinds of data asked for.
    accounts: unique identifiers, several with ; between them.
    basis: the legal paper, its kind first: domestic court order 58/2026.
    reason: why the data is needed, and why now.
    emergency: a person is in danger.
    why: the reasons and sources of each finding, too.
    fields: any field the instrument demands, by its code.
    """
    draft = _draft(
        turn,
        access.case(turn, case),
        to=to,
        instrument=as_,
        data=data,
        accounts=accounts,
        basis=basis,
        reason=reason,
        fields=fields,
        emergency=emergency,
    )
    return Reply(filing.checked(turn, draft, why=why))


@commands.add(
    "request file",
    needs=WORKERS,
    preview=preview,
    example='request file 42 to:PROV-META as:PROD-META data:bsi,ip_logs accounts:"facebook.com/example.page" '
    'basis:"domestic court order 58/2026" reason:"page poses as the president and asks for money" '
    'date_range:"2026-01-01..2026-03-01" user_notification:"not permitted, order attached"',
)
def file(
    turn: Turn,
    case: CaseRef,
    *,
    to: AuthorityCode,
    as_: InstrumentCode,
    data: DataTypes,
    accounts: Accounts,
    basis: Basis,
    reason: Reason,
    emergency: Flag = False,
    despite: Despite = "",
    **fields: Annotated[str, FieldText()],
) -> Reply:
    """File a request.

    The pre-flight, then a draft for a person to send. The desk never writes to a recipient by itself.

    case: the case it belongs to.
    to: the recipient.
    as: the instrument.
    data: kinds of data asked for.
    accounts: unique identifiers, several with ; between them.
    basis: the legal paper, its kind first: domestic court order 58/2026.
    reason: why the data is needed, and why now.
    emergency: a person is in danger; a second person must approve, as always under an emergency instrument.
    despite: why it is filed although the pre-flight warns.
    fields: any field the instrument demands, by its code.
    """
    draft = _draft(
        turn,
        access.case(turn, case, Act.WORK),
        to=to,
        instrument=as_,
        data=data,
        accounts=accounts,
        basis=basis,
        reason=reason,
        fields=fields,
        emergency=emergency,
    )
    return filing.file(turn, draft, despite=despite)


@commands.add(
    "request receive",
    needs=WORKERS,
    example='request receive 42 from:US-DOJ-OIA as:MLA-PK-IN data:bsi accounts:"@example" their:OIA-182-1',
)
def receive(
    turn: Turn,
    case: CaseRef,
    *,
    from_: AuthorityCode,
    as_: InstrumentCode,
    data: DataTypes = (),
    accounts: Accounts = (),
    basis: Basis = "",
    reason: Reason = "",
    on: ActMoment | None = None,
    their: Annotated[str, Text(max=100)] = "",
    emergency: Flag = False,
    despite: Despite = "",
) -> Reply:
    """Put on record that somebody asks us; our clock starts.

    case: the case it belongs to.
    from: the authority that asks.
    as: the instrument they use.
    data: the kinds of data they ask for.
    accounts: whose data, several with ; between them.
    basis: their legal paper, its kind first: mla request 2026/7.
    reason: why they ask.
    on: when it reached us; now, if not said.
    their: their reference.
    emergency: a person is in danger; the clock counts in hours where the instrument says so.
    despite: why it is put on record although they may not ask so.
    """
    row = access.case(turn, case, Act.WORK)
    filing.must_be_open(turn, row)
    sender = access.authority(turn, from_)
    if turn.reference.instruments[as_].group == "preservation":
        raise Conflict("hold_asked_of_us", case=row.ref, counterpart=sender.code, instrument=as_)
    warnings = roads.must_go(turn, row, sender, turn.actor.agency, as_=as_, despite=despite)
    emergency = emergency or turn.reference.instruments[as_].is_emergency
    request = filing.add(turn, row, "incoming", sender=sender, recipient=turn.actor.agency, instrument=as_)
    request.data, request.targets = (
        list(data),
        targets.rows(turn.work, AskedAbout(accounts, row.agency, turn.actor.agency)),
    )
    request.basis, request.paper, request.reason = basis, drafts.paper_of(turn, basis) if basis else None, reason
    request.their_reference, request.emergency, request.fields = their, emergency, {}
    request.despite = despite if warnings else ""
    turn.work.session.add(request)
    turn.work.session.flush()
    turn.work.audit(
        "request receive",
        request.ref,
        after={
            "from": from_,
            "as": as_,
            "emergency": emergency,
            "their": their,
            "warnings": [warning.code for warning in warnings],
        },
        personal="\n".join(filter(None, [reason, request.despite])),
    )
    day, at = turn.moment(on)
    turn.move(request, "sent", on=day, at=at)
    clock = clocks.latest(request)
    notice = RequestReceived(
        ref=request.ref,
        title=row.title,
        label=row.label,
        sender=from_,
        sender_name=sender.name,
        instrument=as_,
        emergency=emergency,
        by=turn.actor.person.name,
        clock=views.clock_line(turn, clock) if clock else None,
    )
    managers = access.managers(turn) if emergency and row.label != Label.RED else []
    turn.tell([*access.watchers(turn, request), *managers], notice, urgent=emergency)
    if emergency:
        turn.tell_rooms(channels.of_case(turn.work, row), notice, urgent=True)
    concerned.introduce(turn, request, notice)
    return Reply(notice)


@commands.add("request status", reads=True, example="request status 42/3")
def status(turn: Turn, ref: RequestRef, *, details: Flag = False) -> Reply:
    """The card of a request: where it stands, its clock, its papers, what may come next.

    ref: the request, in any short form.
    details: its papers, dates and files, too.
    """
    request = access.request(turn, ref)
    children = request_lists.children(turn.work, turn.viewer, request.id)
    files = attachments.of_case(turn.work, turn.viewer, request.case, request)
    card = views.request_card(turn, request, children=children, files=files)
    words = access.words_for(turn, request)
    second = second_person.who_may_approve(turn, request) if "approve" in words else second_person.NOBODY
    if request.filed_by == turn.actor.person.id:  # whoever declared it is one of the two
        words = tuple(word for word in words if word != "approve")
    return Reply(RequestStatus(request.ref, request.case.label, card, words, second.may, second.nameable, details))


@commands.add("request list", reads=True, example="request list counterpart:PROV-META status:open")
def list_requests(
    turn: Turn,
    *,
    status: Annotated[str, Choices("open", "waiting", "draft", *(state.value for state in Status), "all")] = "open",
    counterpart: AuthorityCode | None = None,
    direction: Annotated[str | None, Choices("outgoing", "incoming")] = None,
    mine: Flag = False,
    after: RequestPlace | None = None,
    before: RequestPlace | None = None,
) -> Reply:
    """The requests you can see, most urgent first.

    status: open, waiting, all, or one state.
    counterpart: only those with this authority.
    direction: outgoing (we ask) or incoming (we are asked).
    mine: only those of cases you lead, or that you filed.
    after: the page that begins behind this request.
    before: the page that ends before it.
    """
    states = {"open": OPEN, "waiting": WAITING, "all": ()}.get(status, (status,))
    filters = [
        f"status:{status}",
        *([f"counterpart:{counterpart}"] if counterpart else []),
        *([f"direction:{direction}"] if direction else []),
        *(["mine:yes"] if mine else []),
    ]
    page = request_lists.requests(
        turn.work,
        turn.viewer,
        mine=mine,
        status=states,
        counterpart=counterpart,
        direction=direction,
        limit=paging.ROWS,
        place=paging.place(partial(access.request, turn), after, before),
    )
    lines = tuple(views.request_line(turn, request, clock) for request, clock in page.rows)
    beside = paging.beside(f"request list {' '.join(filters)}", page, [line.ref for line in lines])
    return Reply(RequestList(status, counterpart or "", direction or "", mine, lines, page.total, *beside))


def _draft(
    turn: Turn,
    case: Case,
    *,
    to: str,
    instrument: str,
    data: tuple[str, ...],
    accounts: tuple[str, ...],
    basis: str,
    reason: str,
    fields: Mapping[str, str],
    emergency: bool,
) -> Draft:
    return Draft(
        case=case,
        recipient=access.authority(turn, to),
        instrument=turn.reference.instruments[instrument],
        data=data,
        accounts=accounts,
        paper=drafts.paper_of(turn, basis),
        basis=basis,
        reason=reason,
        fields=fields,
        declared=emergency,
    )
