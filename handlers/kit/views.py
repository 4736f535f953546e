"""Views: plain values of a record, as notices show them.

In: rows the turn was allowed to fetch. Out: frozen views; a notice holds views and never rows, so no template can reach
a field that was not put in. Requests of a case are filtered by `storage/exposure/sight.py` before they come here. Each
is built whole; what its reader may not have of it is taken out when it is said (`handlers/exposure.py`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from handlers.exposure import Exchanged, Indoors, Ours, PartOfRecord, RecordFacts, TwoSided
from handlers.kit import emergency
from handlers.kit.emergency import EmergencyActs
from handlers.kit.file_views import AttachmentLine, attachment_line
from handlers.kit.turn import Turn
from storage.models import Attachment, Authority, Clock, Note, Preservation, Request
from storage.rules import clocks, holds, outcomes
from storage.rules.calendars import calendar_of
from storage.rules.deadlines import days_left
from storage.times import local_day


@dataclass(frozen=True)
class Snooze(PartOfRecord):
    """Nothing is said before a day, and why."""

    until: datetime
    by: Indoors[str]
    reason: Ours[str]


@dataclass(frozen=True)
class LaterDay(PartOfRecord):
    """The working day behind a due day that is a day off (`off`), and the rule by which that would be the last."""

    on: date
    rule: str
    off: str


@dataclass(frozen=True)
class ClockLine(PartOfRecord):
    """A clock at a glance. `paused_on`: the date of the letter that made it stand still, while it does.

    `days` are signed local days to the due day (negative: overdue), by the calendar of `zone` and never more than the
    rule gives; None while paused or counted in hours. `since`: the day it is counted from. `follow_up`: the instrument
    of an emergency that has no time for one, so that our own hours run. `later`: it is open whether it is due then.
    """

    kind: str
    state: str
    due_on: date | None
    due_at: datetime | None
    days: int | None
    hours: bool
    paused_on: date | None
    origin: Indoors[str]
    caution: Indoors[str]
    snooze: Indoors[Snooze | None] = None
    zone: str = ""
    since: date | None = None
    follow_up: Indoors[str] = ""
    later: LaterDay | None = None


@dataclass(frozen=True)
class OnIt(PartOfRecord):
    """Who said that they are on it, and until when they are asked nothing."""

    by: Indoors[str]
    until: datetime


@dataclass(frozen=True)
class RequestLine(TwoSided):
    """One line of a list. `waits`: the clock of what waits for our own people; `on_it`: who is."""

    ref: str
    title: str
    label: str
    direction: str
    counterpart: str
    instrument: str
    status: str
    emergency: bool
    sent_on: date | None
    clock: ClockLine | None
    waits: Indoors[ClockLine | None] = None
    on_it: Indoors[OnIt | None] = None


@dataclass(frozen=True)
class PreservationLine(RecordFacts):
    """One hold. `days` until it expires (negative: lapsed); `renewals_left` None where the instrument sets no limit.

    `zone`: of whoever keeps the data, whose last day it is. `state`: see `storage/rules/holds.py`. `asker`: who asks
    us, where we keep it. `answer_by`: the clock of an open question; `frees`: silence frees whoever asked it.
    """

    ref: str
    label: str
    provider: str
    instrument: str
    accounts: Ours[tuple[str, ...]]
    asked_on: date
    confirmed_on: date | None
    expires_on: date | None
    days: int | None
    renewals: int
    renewals_left: int | None
    requests: Indoors[tuple[str, ...]]
    caution: Indoors[str]
    closed_at: datetime | None = None
    zone: str = ""
    state: str = ""
    asker: str = ""
    emergency: bool = False
    question: Ours[str] = ""
    answer_by: ClockLine | None = None
    frees: bool = False
    issued_on: date | None = None
    production: Indoors[str] = ""
    released_on: date | None = None
    informed_on: date | None = None


@dataclass(frozen=True)
class NoteLine(PartOfRecord):
    """What somebody wrote, and when."""

    by: Indoors[str]
    at: datetime
    text: Ours[str]


@dataclass(frozen=True)
class OutcomeCount(PartOfRecord):
    """How many of a request's accounts fared so: produced, refused, not_held, or open."""

    outcome: str
    count: int


@dataclass(frozen=True)
class AccountLine(PartOfRecord):
    """What came of one account, by which answer and why. `number`: as it may be typed in an answer."""

    number: int
    account: Exchanged[str]
    outcome: str
    on: date | None
    answer: int
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class RequestCard(PartOfRecord):
    """A request as its card shows it.

    `counts` and `outcomes`: of its accounts, empty where these fare as the request does.
    """

    line: RequestLine
    case_ref: Indoors[str]
    lead: Indoors[str]
    sender: str
    sender_name: str
    recipient: str
    recipient_name: str
    recipient_zone: str
    instrument_name: str
    paper: str
    basis: Exchanged[str]
    reason: Exchanged[str]
    data: tuple[str, ...]
    accounts: Exchanged[tuple[str, ...]]
    fields: Exchanged[tuple[tuple[str, str], ...]]
    question: Exchanged[str]
    their_reference: Exchanged[str]
    parts: tuple[tuple[str, str, date], ...]
    counts: tuple[OutcomeCount, ...]
    outcomes: tuple[AccountLine, ...]
    refusals: tuple[str, ...]
    parent: Indoors[str]
    children: Indoors[tuple[str, ...]]
    filed_by: Indoors[str]
    filed_at: Indoors[datetime]
    changed_by: Indoors[str]
    changed_at: datetime
    despite: Ours[str]
    cautions: Indoors[tuple[str, ...]]
    preservations: Indoors[tuple[PreservationLine, ...]]
    files: Ours[tuple[AttachmentLine, ...]]
    acts: EmergencyActs | None = None


def clock_line(turn: Turn, clock: Clock) -> ClockLine:
    """The clock as of `turn.now`; days are counted in the zone of whose calendar it follows."""
    state = clocks.state_of(clock, turn.now)
    hours = clock.unit == "hours"
    since, zone = _since(clock), clock.authority.zone
    days = days_left(clock.due_on, turn.now, zone=zone, since=since) if clock.due_on and not hours else None
    caution = "" if clock.kind in clocks.HOUSE else turn.reference.instruments[clock.instrument].caution
    paused_on = date.fromisoformat(clock.pauses[-1]["since"]) if clock.due_at is None and clock.pauses else None
    snooze = None
    if clock.quiet_until and clock.quiet_until > turn.now:
        snooze = Snooze(clock.quiet_until, clock.snoozer.name if clock.snoozer else "", clock.quiet_reason)
    return ClockLine(
        clock.kind,
        state.value,
        clock.due_on,
        clock.due_at,
        days,
        hours,
        paused_on,
        clock.origin,
        caution,
        snooze,
        zone,
        since,
        clock.instrument if hours and clocks.is_follow_up(turn.work, clock) else "",
        _later(turn, clock),
    )


def _later(turn: Turn, clock: Clock) -> LaterDay | None:
    rule = turn.reference.instruments[clock.instrument].end_on_day_off
    if rule is None or rule.effect != "shown" or clock.due_on is None:
        return None
    if clock.origin != "law" or clock.unit != "calendar_days":
        return None
    calendar = calendar_of(turn.work, clock.authority)
    off = calendar.why_not(clock.due_on)
    return LaterDay(calendar.add(clock.due_on, 1), rule.rule, off) if off else None


def _since(clock: Clock) -> date:
    """Day 0 of a clock, or the day from which it goes on after a pause."""
    first = local_day(clock.starts_at, clock.authority.zone)
    resumed = [date.fromisoformat(pause["until"][:10]) for pause in clock.pauses if pause.get("until")]
    return max(first, *resumed) if resumed else first


def on_it(turn: Turn, request: Request) -> OnIt | None:
    """Who said that they are on it, while that holds."""
    taken = request.taken
    if taken is None or taken.person is None or taken.due_at is None or taken.due_at <= turn.now:
        return None
    return OnIt(taken.person.name, taken.due_at)


def counterpart(request: Request) -> Authority:
    """The other side: whom we ask, or who asks us."""
    return request.recipient if request.direction == "outgoing" else request.sender


def request_line(turn: Turn, request: Request, clock: Clock | None) -> RequestLine:
    """One line, with the clock that counts."""
    line = clock_line(turn, clock) if clock else None
    is_ours = clock is not None and clock.kind in clocks.HOUSE
    return RequestLine(
        ref=request.ref,
        title=request.case.title,
        label=request.case.label,
        direction=request.direction,
        counterpart=counterpart(request).code,
        instrument=request.instrument,
        status=request.status,
        emergency=request.emergency,
        sent_on=request.sent_on,
        clock=None if is_ours else line,
        waits=line if is_ours else None,
        on_it=on_it(turn, request),
    )


def preservation_line(turn: Turn, row: Preservation) -> PreservationLine:
    """One hold as of today."""
    instrument = turn.reference.instruments[row.instrument]
    times = instrument.renewable.times if instrument.renewable else 0
    asks = holds.open_question(row) if row.question else None
    return PreservationLine(
        ref=row.ref,
        label=row.case.label,
        provider=row.recipient.code,
        instrument=row.instrument,
        accounts=tuple(row.accounts),
        asked_on=row.asked_on,
        confirmed_on=row.confirmed_on,
        expires_on=row.expires_on,
        days=days_left(row.expires_on, turn.now, zone=row.recipient.zone, since=row.confirmed_on or row.asked_on)
        if row.expires_on
        else None,
        renewals=len(row.renewals),
        renewals_left=None if times is None else max(0, times - len(row.renewals)),
        requests=tuple(request.ref for request in row.requests),
        caution=instrument.caution,
        closed_at=row.closed_at,
        zone=row.recipient.zone,
        state=str(holds.state(turn.work, row)),
        asker=row.asker.code if row.asker else "",
        emergency=row.emergency,
        question=row.question,
        answer_by=clock_line(turn, asks) if asks else None,
        frees=turn.reference.instruments[asks.instrument].silence_frees if asks else False,
        issued_on=row.issued_on,
        production=row.production.ref if row.production else "",
        released_on=row.released_on,
        informed_on=row.informed_on,
    )


def note_lines(notes: Iterable[Note]) -> tuple[NoteLine, ...]:
    """Oldest first, as they are read."""
    return tuple(NoteLine(note.person.name, note.at, note.text) for note in reversed(list(notes)))


def outcome_counts(request: Request) -> tuple[OutcomeCount, ...]:
    """How its accounts stand."""
    return tuple(OutcomeCount(outcome, count) for outcome, count in outcomes.counts(request).items())


def _account_lines(turn: Turn, request: Request) -> tuple[AccountLine, ...]:
    labels = turn.reference.refusal_reasons
    return tuple(
        AccountLine(
            number=number,
            account=target.typed,
            outcome=outcomes.of(target),
            on=target.outcome_on,
            answer=target.answer["number"] if target.answer else 0,
            reasons=tuple(labels[code].label for code in target.answer["because"]) if target.answer else (),
        )
        for number, target in enumerate(request.targets, 1)
    )


def request_card(
    turn: Turn, request: Request, *, children: Iterable[Request] = (), files: Iterable[Attachment] = ()
) -> RequestCard:
    """All of a request. `children` and `files`: those that are visible."""
    reference = turn.reference
    instrument = reference.instruments[request.instrument]
    clock = clocks.that_counts(request)
    uncertain = [row for row in (instrument, request.sender, request.recipient) if row.caution]
    return RequestCard(
        line=request_line(turn, request, clock),
        case_ref=request.case.ref,
        lead=(request.case.lead or request.case.opener).name,
        sender=request.sender.code,
        sender_name=request.sender.name,
        recipient=request.recipient.code,
        recipient_name=request.recipient.name,
        recipient_zone=request.recipient.zone,
        instrument_name=instrument.name,
        paper=reference.legal_instruments[request.paper].label if request.paper else "",
        basis=request.basis,
        reason=request.reason,
        data=tuple(reference.data_types[code].label for code in request.data),
        accounts=tuple(request.accounts),
        fields=tuple((reference.fields[code].label, str(value)) for code, value in sorted(request.fields.items())),
        question=request.question,
        their_reference=request.their_reference,
        parts=tuple(
            (reference.data_types[code].label, part["outcome"], date.fromisoformat(part["on"]))
            for code, part in sorted(request.parts.items())
        ),
        counts=outcome_counts(request) if outcomes.is_split(request) else (),
        outcomes=_account_lines(turn, request) if outcomes.is_split(request) else (),
        refusals=tuple(
            reference.refusal_reasons[code].label for refusal in request.refusals for code in refusal["codes"]
        ),
        parent=request.parent.ref if request.parent else "",
        children=tuple(child.ref for child in children),
        filed_by=request.filer.name,
        filed_at=request.filed_at,
        changed_by=request.mover.name,
        changed_at=request.status_at,
        despite=request.despite,
        cautions=tuple(f"{row.code}: {row.caution}" for row in uncertain),
        preservations=tuple(preservation_line(turn, row) for row in request.preservations),
        files=tuple(map(attachment_line, files)),
        acts=emergency.acts(turn, request),
    )
