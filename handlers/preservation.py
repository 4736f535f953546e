"""Preservations: ask, receive, status, list. Each has a clock of its own. What is said of one is `holding.py`.

In: a turn and typed values. Out: a reply with the expiry; the case's watchers are told.
Source of the periods: the instrument's `default_clock` row, e.g. 18 U.S.C. 2703(f)(2).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Annotated, Literal

from handlers.exposure import Ours
from handlers.filing import filing, roads
from handlers.kit import access, hold_news, paging, views
from handlers.kit.notices import RecordNotice
from handlers.kit.permissions import Act
from handlers.kit.turn import Reply, Turn
from handlers.kit.views import PreservationLine
from handlers.language.command import Commands
from handlers.language.errors import BadValue, Clause, clause
from handlers.language.values import (
    Accounts,
    ActDay,
    AuthorityCode,
    CalendarDays,
    CaseRef,
    DataTypes,
    Flag,
    PreservationCode,
    PreservationPlace,
    PreservationRef,
    RequestRef,
    Text,
    TypedRef,
    Whole,
)
from storage.exposure.roles import Role
from storage.models import Case, Preservation, Request
from storage.record import hold_lists, numbers, targets
from storage.record.targets import AskedAbout
from storage.rules import holds
from storage.rules.lifecycle import OPEN

commands = Commands()

WORKERS = (Role.OFFICER, Role.MANAGER)
Proof = Annotated[str, Text(max=200)]
Despite = Annotated[str, Text(max=1000)]


@dataclass(frozen=True)
class PreservationStatus(RecordNotice):
    """The card of a hold. `next_words` may follow; `until`: by which rule it is kept until a request is decided."""

    ref: str
    case_ref: str
    title: str
    label: str
    preservation: PreservationLine
    instrument_name: str
    legal_basis: str
    notes: str
    source: tuple[str, ...]
    last: date | None
    proof: Ours[str]
    next_words: tuple[str, ...] = ()
    until: str = ""
    details: bool = False

    is_status = True


@dataclass(frozen=True)
class PreservationList(RecordNotice):
    """Holds, the next to lapse first."""

    asked: Clause
    preservations: tuple[PreservationLine, ...]
    total: int
    next_line: str
    back_line: str


@commands.add(
    "preservation ask",
    needs=WORKERS,
    example='preservation ask 42 to:PROV-META as:PRES-META accounts:"facebook.com/example.page"',
)
def ask(
    turn: Turn,
    case: CaseRef,
    *,
    to: AuthorityCode,
    as_: PreservationCode,
    accounts: Accounts,
    data: DataTypes = (),
    on: ActDay | None = None,
    days: CalendarDays | None = None,
    for_: RequestRef | None = None,
    despite: Despite = "",
) -> Reply:
    """Record that a provider was asked to keep data. Its clock starts; a person sends the letter.

    case: the case it belongs to.
    to: the provider.
    as: the instrument.
    accounts: whose data, several with ; between them.
    data: kinds of data; all, if not said.
    on: the day it was asked; today, if not said.
    days: the period, where the instrument names none.
    for: the request that needs the data, if it is filed already.
    despite: why it is asked so although the desk warns.
    """
    row = access.case(turn, case, Act.WORK)
    filing.must_be_open(turn, row)
    provider = access.authority(turn, to)
    if as_ not in (codes := _instruments(turn, "out")):
        raise BadValue("as", as_, clause("no_preservation"), clause("these", words=codes), "as:PRES-META")
    warnings = roads.must_go(turn, row, turn.actor.agency, provider, as_=as_, despite=despite)
    instrument = turn.reference.instruments[as_]
    period = days or (instrument.default_clock.amount if instrument.default_clock else None)
    if period is None:
        raise BadValue("days", "", clause("period_needed", instrument=as_), clause("calendar_days"), "days:90")
    asked = AskedAbout(accounts, row.agency, provider)
    kept = _record(turn, row, asked, instrument=as_, data=data, on=on or turn.today)
    kept.requests = [_of_case(turn, row, for_)] if for_ else _needing(turn, row, asked)
    turn.work.session.flush()
    turn.work.audit(
        "preservation ask",
        kept.ref,
        after={"to": to, "as": as_, "on": kept.asked_on, "warnings": [warning.code for warning in warnings]},
        personal="\n".join(filter(None, [*accounts, despite if warnings else ""])),
    )
    holds.begin(turn.work, kept, days=period)
    holds.follow(turn.work, kept)
    return hold_news.changed(turn, kept, "ask")


@commands.add(
    "preservation receive",
    needs=WORKERS,
    example='preservation receive 42 from:US-DOJ-OIA as:PRES-COE-29 accounts:"@example" their:OIA-182-1',
)
def receive(
    turn: Turn,
    case: CaseRef,
    *,
    from_: AuthorityCode,
    as_: PreservationCode,
    accounts: Accounts,
    data: DataTypes = (),
    on: ActDay | None = None,
    their: Proof = "",
    emergency: Flag = False,
    despite: Despite = "",
) -> Reply:
    """Put on record that somebody asks us to keep data. Our clock is to keep it and confirm; then its period begins.

    case: the case it belongs to.
    from: the authority that asks.
    as: the instrument they use.
    accounts: whose data, several with ; between them.
    data: kinds of data; all, if not said.
    on: the day it reached us; today, if not said.
    their: their reference.
    emergency: a person is in danger.
    despite: why it is put on record although they may not ask so.
    """
    row = access.case(turn, case, Act.WORK)
    filing.must_be_open(turn, row)
    sender = access.authority(turn, from_)
    if as_ not in (codes := _instruments(turn, "in")):
        raise BadValue("as", as_, clause("no_preservation"), clause("these", words=codes), "as:PRES-COE-29")
    warnings = roads.must_go(turn, row, sender, turn.actor.agency, as_=as_, despite=despite)
    asked = AskedAbout(accounts, row.agency, turn.actor.agency)
    kept = _record(turn, row, asked, instrument=as_, data=data, on=on or turn.today)
    kept.asker, kept.emergency, kept.proof = sender, emergency, their
    turn.work.session.flush()
    turn.work.audit(
        "preservation receive",
        kept.ref,
        after={
            "from": from_,
            "as": as_,
            "on": kept.asked_on,
            "emergency": emergency,
            "their": their,
            "warnings": [warning.code for warning in warnings],
        },
        personal="\n".join(filter(None, [*accounts, despite if warnings else ""])),
    )
    holds.follow(turn.work, kept)
    return hold_news.received(turn, kept)


@commands.add("preservation status", reads=True, example="preservation status 42/P1")
def status(turn: Turn, ref: PreservationRef, *, details: Flag = False) -> Reply:
    """The card of a hold: when it lapses, what renewals are left, which requests need the data.

    ref: the preservation.
    details: its terms, its papers and their source, too.
    """
    kept = access.preservation(turn, ref)
    instrument = turn.reference.instruments[kept.instrument]
    notice = PreservationStatus(
        ref=kept.ref,
        case_ref=kept.case.ref,
        title=kept.case.title,
        label=kept.case.label,
        preservation=views.preservation_line(turn, kept),
        instrument_name=instrument.name,
        legal_basis=instrument.legal_basis,
        notes=instrument.notes,
        source=instrument.source,
        last=holds.last_possible(turn.work, kept),
        proof=kept.proof,
        next_words=holds.allowed(turn.work, kept),
        until=instrument.kept_until_decided or "",
        details=details,
    )
    return Reply(notice)


@commands.add("preservation list", reads=True, example="preservation list within:30")
def list_preservations(
    turn: Turn,
    *,
    case: CaseRef | None = None,
    within: Annotated[int | None, Whole(min=1, max=3660)] = None,
    after: PreservationPlace | None = None,
    before: PreservationPlace | None = None,
) -> Reply:
    """Holds that are alive, the next to lapse first.

    case: only those of one case, lapsed ones too.
    within: only those that lapse within so many days.
    after: the page that begins behind this hold.
    before: the page that ends before it.
    """
    row = access.case(turn, case) if case else None
    until = turn.today + timedelta(days=within) if within else None
    place, of = paging.place(partial(access.preservation, turn), after, before), row.id if row else None
    page = hold_lists.preservations(turn.work, turn.viewer, case_id=of, until=until, limit=paging.ROWS, place=place)
    asked = clause("of_case", case=row.ref) if row else clause("lapsing", count=within) if within else clause("alive")
    named = f" case:{row.ref}" if row else f" within:{within}" if within else ""
    lines = tuple(views.preservation_line(turn, kept) for kept in page.rows)
    beside = paging.beside(f"preservation list{named}", page, [line.ref for line in lines])
    return Reply(PreservationList(asked, lines, page.total, *beside))


def _record(
    turn: Turn, case: Case, asked: AskedAbout, *, instrument: str, data: Sequence[str], on: date
) -> Preservation:
    """The next hold of a case, about these accounts."""
    number = numbers.next_preservation_number(turn.work, case)
    ref = f"{case.ref}{numbers.PRESERVATIONS}{number}"
    kept = Preservation(ref=ref, case=case, number=number, recipient=asked.recipient, instrument=instrument)
    kept.data, kept.asked_on, kept.renewals = list(data), on, []
    kept.targets = targets.rows(turn.work, asked)
    turn.work.session.add(kept)
    return kept


def _of_case(turn: Turn, case: Case, typed: TypedRef) -> Request:
    """A request of the same case: a hold is shown to all who see its case, with what needs it. Errors: BadValue."""
    request = access.request(turn, typed, Act.WORK)
    if request.case_id != case.id:
        raise BadValue(
            "for", request.ref, clause("of_another_case"), clause("request_of", case=case.ref), f"for:{case.ref}/1"
        )
    return request


def _needing(turn: Turn, case: Case, kept: AskedAbout) -> list[Request]:
    """The open requests of the case to this provider, or about these accounts by another instrument."""
    waiting = [request for request in case.requests if request.status in OPEN]
    return [
        row
        for row in waiting
        if row.recipient_id == kept.recipient.id or targets.share(turn.work, kept, targets.of_request(row))
    ]


def _instruments(turn: Turn, way: Literal["out", "in"]) -> list[str]:
    """What a hold can be asked under, by us or of us: a duty to retain is not one."""
    rows = [row for row in turn.reference.instruments.values() if row.group == "preservation"]
    rows = [row for row in rows if way == "out" or row.direction != "out"]
    return [row.code for row in rows if row.default_clock is None or row.default_clock.kind != "retention"]
