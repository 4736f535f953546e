"""Preservations: ask, confirmed, renewed, status, list. Each has a clock of its own.

In: a turn and typed values. Out: a reply with the expiry; the case's watchers are told.
Source of the periods: the instrument's `default_clock` and `renewable` rows, e.g. 18 U.S.C. 2703(f)(2).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Annotated

from handlers.exposure import Indoors, Ours
from handlers.filing import filing, roads
from handlers.kit import access, concerned, paging, views
from handlers.kit.errors import Conflict
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
from storage.rules import clocks, closing, expiry, house_clocks
from storage.rules.lifecycle import OPEN
from storage.times import local_day

commands = Commands()

WORKERS = (Role.OFFICER, Role.MANAGER)
Proof = Annotated[str, Text(max=200)]


@dataclass(frozen=True)
class PreservationChanged(RecordNotice):
    """A hold was asked for, confirmed, renewed or closed.

    `outlived` are requests of the case whose answer is due after it can last.
    """

    ref: str
    word: str
    title: str
    label: str
    by: Indoors[str]
    preservation: PreservationLine
    outlived: tuple[tuple[str, date], ...]
    last: date | None
    because: Ours[str] = ""

    is_card = is_under_card = True


@dataclass(frozen=True)
class PreservationStatus(RecordNotice):
    """The card of a hold."""

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
    despite: Annotated[str, Text(max=1000)] = "",
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
    if as_ not in (codes := _instruments(turn)):
        raise BadValue("as", as_, clause("no_preservation"), clause("these", words=codes), "as:PRES-META")
    warnings = roads.must_go(turn, row, turn.actor.agency, provider, as_=as_, despite=despite)
    instrument = turn.reference.instruments[as_]
    period = days or (instrument.default_clock.amount if instrument.default_clock else None)
    if period is None:
        raise BadValue("days", "", clause("period_needed", instrument=as_), clause("calendar_days"), "days:90")
    asked = AskedAbout(accounts, row.agency, provider)
    needing = [_of_case(turn, row, for_)] if for_ else _needing(turn, row, asked)
    number = numbers.next_preservation_number(turn.work, row)
    kept = Preservation(ref=f"{row.ref}/P{number}", case=row, number=number, recipient=provider, instrument=as_)
    kept.data, kept.asked_on, kept.renewals = list(data), on or turn.today, []
    kept.requests, kept.targets = needing, targets.rows(turn.work, asked)
    turn.work.session.add(kept)
    turn.work.session.flush()
    turn.work.audit(
        "preservation ask",
        kept.ref,
        after={"to": to, "as": as_, "on": kept.asked_on, "warnings": [warning.code for warning in warnings]},
        personal="\n".join(filter(None, [*accounts, despite if warnings else ""])),
    )
    kept.expires_on = expiry.start_preservation(turn.work, kept, on=kept.asked_on, days=period).due_on
    house_clocks.await_confirmation(turn.work, kept)
    return _changed(turn, kept, "ask")


@commands.add(
    "preservation confirmed", needs=WORKERS, example='preservation confirmed 42/P1 on:2026-03-02 proof:"case 4711"'
)
def confirmed(
    turn: Turn, ref: PreservationRef, *, on: ActDay | None = None, days: CalendarDays | None = None, proof: Proof = ""
) -> Reply:
    """Record that the provider keeps the data. The period is counted from that day.

    ref: the preservation.
    on: the date of their answer; today, if not said.
    days: the period they named, if it differs from the instrument's.
    proof: their reference.
    """
    kept = access.preservation(turn, ref, Act.WORK)
    _must_be_alive(kept)
    if kept.confirmed_on:
        raise Conflict("confirmed_already", ref=kept.ref, on=kept.confirmed_on)
    day, clock = on or turn.today, expiry.of_preservation(kept)
    if day < kept.asked_on:
        raise BadValue(
            "on",
            day.isoformat(),
            clause("before_asking", day=kept.asked_on),
            clause("date_of_their_answer"),
            turn.today.isoformat(),
        )
    expiry.end_of_preservation(turn.work, kept)
    period = days or (clock.amount if clock else 90)
    kept.confirmed_on, kept.proof = day, proof
    kept.expires_on = expiry.start_preservation(turn.work, kept, on=day, days=period).due_on
    turn.work.audit("preservation confirmed", kept.ref, after={"on": day, "days": period, "proof": proof})
    return _changed(turn, kept, "confirmed")


@commands.add("preservation renewed", needs=WORKERS, example='preservation renewed 42/P1 days:90 proof:"case 4711"')
def renewed(
    turn: Turn, ref: PreservationRef, *, days: Annotated[int, Whole(min=1, max=366, name="days")], proof: Proof
) -> Reply:
    """Record that the provider keeps the data for one more period.

    ref: the preservation.
    days: calendar days from the present expiry, 1 to the instrument's limit.
    proof: their reference, or the date of their answer.
    Why only on their word: a renewal asked for but not confirmed keeps nothing alive.
    """
    kept = access.preservation(turn, ref, Act.WORK)
    _must_be_alive(kept)
    clock = expiry.of_preservation(kept)
    _may_renew(turn, kept, days)
    if clock is None or kept.expires_on is None:
        raise Conflict("no_expiry", ref=kept.ref)
    clocks.extend(turn.work, clock, days=days, until=None, reason=proof, on=turn.today)
    kept.renewals = [*kept.renewals, {"on": turn.today.isoformat(), "days": days, "proof": proof}]
    before, kept.expires_on = kept.expires_on, clock.due_on
    turn.work.audit(
        "preservation renewed",
        kept.ref,
        before={"expires_on": before},
        after={"expires_on": clock.due_on, "proof": proof},
    )
    return _changed(turn, kept, "renewed")


@commands.add("preservation close", needs=WORKERS, example='preservation close 42/P1 because:"they keep nothing"')
def close(turn: Turn, ref: PreservationRef, *, because: Annotated[str, Text(max=1000)]) -> Reply:
    """Nobody needs a hold any more, or nobody gives it: it is left to lapse, and nobody is reminded of it.

    ref: the preservation.
    because: the reason.
    """
    kept = access.preservation(turn, ref, Act.WORK)
    _must_be_alive(kept)
    closing.let_lapse(turn.work, kept)
    turn.work.audit("preservation close", kept.ref, after={"closed_at": kept.closed_at}, personal=because)
    return _changed(turn, kept, "close", because)


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
        last=expiry.last_possible(turn.work, kept),
        proof=kept.proof,
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


def _must_be_alive(kept: Preservation) -> None:
    """Errors: Conflict for one that is left to lapse."""
    if kept.closed_at:
        raise Conflict("closed_hold", ref=kept.ref)


def _may_renew(turn: Turn, kept: Preservation, days: int) -> None:
    """Errors: Conflict where it has lapsed or the renewals are spent; BadValue above the instrument's limit."""
    renewable = turn.reference.instruments[kept.instrument].renewable
    if kept.expires_on and kept.expires_on < local_day(turn.now, kept.recipient.zone):
        raise Conflict(
            "lapsed",
            ref=kept.ref,
            on=kept.expires_on,
            case=kept.case.ref,
            provider=kept.recipient.code,
            instrument=kept.instrument,
        )
    if renewable is None or (renewable.times is not None and len(kept.renewals) >= renewable.times):
        raise Conflict("no_further_renewal", ref=kept.ref, instrument=kept.instrument)
    if renewable.amount is not None and days > renewable.amount:
        raise BadValue(
            "days",
            str(days),
            clause("over_limit"),
            clause("limit_of", max=renewable.amount, instrument=kept.instrument),
            f"days:{renewable.amount}",
        )


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


def _instruments(turn: Turn) -> list[str]:
    """What a hold can be asked under: a duty to retain is not one."""
    rows = [row for row in turn.reference.instruments.values() if row.group == "preservation"]
    return [row.code for row in rows if row.default_clock is None or row.default_clock.kind != "retention"]


def _changed(turn: Turn, kept: Preservation, word: str, because: str = "") -> Reply:
    outlived = tuple((request.ref, due) for request, due in expiry.outliving(turn.work, kept))
    notice = PreservationChanged(
        ref=kept.ref,
        word=word,
        title=kept.case.title,
        label=kept.case.label,
        by=turn.actor.person.name,
        preservation=views.preservation_line(turn, kept),
        outlived=outlived,
        last=expiry.last_possible(turn.work, kept),
        because=because,
    )
    turn.tell(concerned.watchers(turn, kept), notice)
    return Reply(notice)
