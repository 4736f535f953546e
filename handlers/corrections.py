"""Putting right what was recorded wrongly: the days and words of a request; title, kind, label and number of a case.

In: a turn, a reference, and the right values. Out: the record as it should have been, its clocks computed anew; history
keeps what was believed before. Those who were told of it are told.
A label may be raised by anybody who works on the case; lowering it lets others read, so a manager does it and says why.
What is corrected is corrected as well in what `request undo` would go back to.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from handlers.exposure import Exchanged, Indoors, Ours, TwoSided
from handlers.filing import drafts
from handlers.kit import access, concerned, own_number, views
from handlers.kit.errors import Conflict, NotAllowed
from handlers.kit.notices import PersonalNotice, RecordNotice
from handlers.kit.permissions import Act
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands
from handlers.language.errors import BadValue, clause
from handlers.language.values import (
    Accounts,
    Basis,
    CaseRef,
    CategoryCode,
    DataTypes,
    LabelValue,
    Moment,
    PastDay,
    RequestRef,
    Text,
    TypedMoment,
)
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.messages import cards, recipients, shown, succession
from storage.models import Case, Clock, Recipient, Request
from storage.record import targets
from storage.record.targets import AskedAbout
from storage.rules import clocks, outcomes, undoing
from storage.rules.lifecycle import Status

commands = Commands()

WORKERS = (Role.OFFICER, Role.MANAGER)


@dataclass(frozen=True)
class RequestCorrected(RecordNotice, TwoSided):
    """Something of a request was wrong on record. `days` and `texts`: (what, before, now)."""

    ref: str
    title: str
    label: str
    direction: str
    counterpart: str
    by: Indoors[str]
    days: tuple[tuple[str, date | None, date], ...]
    texts: Exchanged[tuple[tuple[str, str, str], ...]]
    clock: views.ClockLine | None
    ours: views.ClockLine | None

    is_card = is_under_card = True


@dataclass(frozen=True)
class CaseCorrected(RecordNotice):
    """Something of a case was wrong on record. `changes`: (what, before, now).

    `read_by`: where the label was raised, the people and rooms that have read of it under the one before.
    """

    ref: str
    title: str
    label: str
    by: Indoors[str]
    changes: Indoors[tuple[tuple[str, str, str], ...]]
    because: Ours[str]
    read_by: Ours[tuple[str, ...]]


@dataclass(frozen=True)
class OutOfSight(PersonalNotice):
    """To whoever made a case one for named people and is none of them. `people`: names of those who are."""

    people: tuple[str, ...]


@commands.add("request correct", needs=WORKERS, example="request correct 42/3 sent:2026-03-01")
def correct_request(
    turn: Turn,
    ref: RequestRef,
    *,
    sent: Moment | None = None,
    asked: Moment | None = None,
    replied: Moment | None = None,
    answered: PastDay | None = None,
    served: PastDay | None = None,
    their: Annotated[str, Text(max=100)] = "",
    accounts: Accounts = (),
    basis: Basis = "",
    data: DataTypes = (),
) -> Reply:
    """Put right what was recorded wrongly; the clocks are computed anew from the right day.

    ref: the request.
    sent: the day it was sent, or reached us, with a time where the clock counts in hours.
    asked: the date of the last question.
    replied: the date of the answer to that question.
    answered: the date of the answer to the request.
    served: the day they served whoever has the data, where the instrument counts the answer from it.
    their: their reference.
    accounts: whose data, all of them.
    basis: the legal paper, its kind first.
    data: the kinds of data asked for, all of them.
    """
    request = access.request(turn, ref, Act.WORK)
    since = request.status_at
    days = [
        *_sent(turn, request, sent),
        *_letter(turn, request, asked, replied),
        *_answered(turn, request, answered),
        *_served(turn, request, served),
    ]
    texts = [*_their(turn, request, their), *_asked_for(turn, request, accounts, basis, data)]
    if not days and not texts:
        raise Conflict("nothing_to_correct", ref=request.ref)
    clocks.taken_up(turn.work, request)
    turn.work.audit(
        "request correct",
        request.ref,
        before={what: before for what, before, _ in days},
        after={what: now for what, _, now in days},
        personal="\n".join(itertools.starmap(_written, texts)),
    )
    running = {clock.kind: views.clock_line(turn, clock) for clock in clocks.running(request)}
    notice = RequestCorrected(
        ref=request.ref,
        title=request.case.title,
        label=request.case.label,
        direction=request.direction,
        counterpart=views.counterpart(request).code,
        by=turn.actor.person.name,
        days=tuple(days),
        texts=tuple(texts),
        clock=running.get("answer"),
        ours=running.get("clarification"),
    )
    informed = shown.to_people(turn.work, request.ref, since=since)
    concerned.tell(turn, request, "correct", notice, others=informed)
    return Reply(notice)


@commands.add("case correct", needs=WORKERS, example='case correct 42 title:"Fake pages of a ministry"')
def correct_case(
    turn: Turn,
    ref: CaseRef,
    *,
    title: Annotated[str, Text(max=300)] = "",
    category: CategoryCode | None = None,
    label: LabelValue | None = None,
    own: Annotated[str, Text(max=100)] = "",
    because: Annotated[str, Text(max=1000)] = "",
) -> Reply:
    """Put right what a case is called, its kind, its label, its number.

    ref: the case.
    title: what it is about, in a few words.
    category: kind of complaint.
    label: TLP label; anybody who works on it may raise it, a manager lowers it and says why.
    own: your agency's file or diary number.
    because: why; needed to lower the label.
    """
    case = access.case(turn, ref, Act.WORK)
    before = Label(case.label)
    facts = {"title": case.title, "category": case.category, "label": case.label, "own": case.own_reference or ""}
    given = {"title": title, "category": category or "", "label": label or "", "own": own}
    wrong = {name: facts[name] for name, value in given.items() if value and value != facts[name]}
    if not wrong:
        raise Conflict("nothing_to_correct", ref=case.ref)
    if "own" in wrong:
        hidden = own_number.under_the_same_number(turn, own, besides=case)
        own_number.tell_the_others(turn, hidden, own, case.ref)
        case.own_reference = own
    case.title, case.category = title or case.title, category or case.category
    if label and "label" in wrong:
        _relabel(turn, case, label, because)
    now: dict[str, str] = {name: given[name] for name in wrong}
    spoken = {"title", "own"} & set(wrong)
    turn.work.audit(
        "case correct",
        case.ref,
        before={name: value for name, value in wrong.items() if name not in spoken},
        after={name: value for name, value in now.items() if name not in spoken},
        personal="\n".join([*(_written(name, wrong[name], now[name]) for name in sorted(spoken)), because]).strip(),
    )
    notice = CaseCorrected(
        ref=case.ref,
        title=case.title,
        label=case.label,
        by=turn.actor.person.name,
        changes=tuple(
            (name, _label_of(turn, name, value), _label_of(turn, name, now[name])) for name, value in wrong.items()
        ),
        because=because,
        read_by=_read_by(turn, case) if Label(case.label).rank > before.rank else (),
    )
    return _case_corrected(turn, case, notice)


# ---- a request -------------------------------------------------------------------------------------------------------

Days = Iterator[tuple[str, date | None, date]]
Texts = Iterator[tuple[str, str, str]]


def _sent(turn: Turn, request: Request, typed: TypedMoment | None) -> Days:
    if typed is None:
        return
    day, at = turn.moment(typed, "sent")
    before = _on_record(request, request.sent_on)
    clock = clocks.latest(request)
    letter = date.fromisoformat(clock.pauses[0]["since"]) if clock and clock.pauses else None
    _fits(turn, "sent", day, first=None, last=(letter, request.answered_on))
    if day == before and not typed.has_time:
        return  # its hour stands: a day alone would say less than is on record
    undoing.correct(turn.work, request, "sent_on", day)
    if clock:
        clocks.start_from(turn.work, clocks.latest(request, "service") or clock, day, at)
    yield "sent", before, day


def _letter(turn: Turn, request: Request, asked_at: TypedMoment | None, replied_at: TypedMoment | None) -> Days:
    """The last question, and the answer to it; while none has come, there is no day of it."""
    if not asked_at and not replied_at:
        return
    asked, asked_moment = turn.moment(asked_at, "asked") if asked_at else (None, None)
    replied, replied_moment = turn.moment(replied_at, "replied") if replied_at else (None, None)
    clock = clocks.latest(request)
    pause: dict[str, Any] = clock.pauses[-1] if clock and clock.pauses else {}
    since, until = (date.fromisoformat(day) if (day := pause.get(name)) else None for name in ("since", "until"))
    if asked and clock and (asked != _on_record(request, since) or _has_hour(clock, asked_at)):
        _fits(turn, "asked", asked, first=request.sent_on, last=(replied or until,))
        for one in clocks.paused_together(request, clock):
            undoing.correct_letter(turn.work, request, one, since=asked, at=asked_moment)
        ours = clocks.latest(request, "clarification")
        if ours and ours.ended_at is None:
            clocks.start_from(turn.work, ours, asked, asked_moment)
        yield "asked", since, asked
    if replied and clock and (replied != _on_record(request, until) or _has_hour(clock, replied_at)):
        _fits(turn, "replied", replied, first=asked or since)
        for one in clocks.paused_together(request, clock):
            undoing.correct_letter(turn.work, request, one, until=replied, at=replied_moment)
        yield "replied", until, replied


def _served(turn: Turn, request: Request, day: date | None) -> Days:
    """Errors: Conflict where nothing is counted from it."""
    if day is None:
        return
    _fits(turn, "served", day, first=request.sent_on, last=(request.answered_on,))
    service = clocks.latest(request, "service")
    if service is None:
        raise Conflict("no_service_clock", ref=request.ref, instrument=request.instrument)
    before = undoing.correct_service(turn.work, request, service, day)
    if before != day:
        yield "served", before, day


def _has_hour(clock: Clock, typed: TypedMoment | None) -> bool:
    return clock.unit == "hours" and typed is not None and typed.has_time


def _answered(turn: Turn, request: Request, day: date | None) -> Days:
    """The day of the answer, also where the answer itself keeps it: by kind of data, or by reason."""
    if day is None or day == (before := _on_record(request, request.answered_on)):
        return
    _fits(turn, "answered", day, first=request.sent_on)
    wrong, right = before.isoformat(), day.isoformat()
    parts = {code: part | {"on": right} if part["on"] == wrong else part for code, part in request.parts.items()}
    refusals = [*request.refusals]
    if request.status == Status.REFUSED and refusals:
        refusals[-1] = refusals[-1] | {"on": right}
    for name, value in (("answered_on", day), ("parts", parts), ("refusals", refusals)):
        undoing.correct(turn.work, request, name, value)
    undoing.correct_outcomes(turn.work, request, before, day)
    yield "answered", before, day


def _on_record(request: Request, day: date | None) -> date:
    """Errors: Conflict for a day that nothing has happened on yet."""
    if day is None:
        raise Conflict("no_such_day_yet", ref=request.ref)
    return day


def _fits(turn: Turn, name: str, day: date, *, first: date | None, last: tuple[date | None, ...] = ()) -> None:
    """Errors: BadValue for a day before what came first, or after what came of it."""
    earliest, latest = first or date.min, min(filter(None, (*last, turn.today)))
    if not earliest <= day <= latest:
        accepted = clause("day_between", day=first or latest, on=latest)
        raise BadValue(name, day.isoformat(), clause("out_of_order"), accepted, latest.isoformat())


def _their(turn: Turn, request: Request, their: str) -> Texts:
    if their and their != request.their_reference:
        yield "their", request.their_reference, their
        undoing.correct(turn.work, request, "their_reference", their)


def _asked_for(turn: Turn, request: Request, accounts: tuple[str, ...], basis: str, data: tuple[str, ...]) -> Texts:
    """Errors: BadValue for accounts that leave out one which fared otherwise, or kinds of data that came."""
    if accounts and list(accounts) != request.accounts:
        _none_answered_goes(turn, request, accounts)
        yield "accounts", "; ".join(request.accounts), "; ".join(accounts)
        targets.replace(turn.work, request, accounts)
    if basis and basis != request.basis:
        yield "basis", request.basis, basis
        request.basis, request.paper = basis, drafts.paper_of(turn, basis)
    if data and list(data) != request.data:
        if missing := set(request.parts) - set(data):
            kinds = [*data, *sorted(missing)]
            raise BadValue(
                "data", ",".join(data), clause("came_already"), clause("these", words=kinds), ",".join(kinds)
            )
        labels = turn.reference.data_types
        before, now = (", ".join(labels[code].label for code in codes) for codes in (request.data, data))
        yield "data", before, now
        request.data = list(data)


def _none_answered_goes(turn: Turn, request: Request, accounts: tuple[str, ...]) -> None:
    """While its accounts fare differently, one that has an outcome stays. Errors: BadValue."""
    if not outcomes.is_split(request):
        return
    asked = AskedAbout(accounts, request.case.agency, request.recipient)
    keys = set(targets.keys(turn.work, asked))
    missing = [target.typed for target in request.targets if target.outcome and target.key not in keys]
    if missing:
        words = [*accounts, *missing]
        wrong, right = clause("leaves_out_answered"), clause("these", words=words)
        raise BadValue("accounts", "; ".join(accounts), wrong, right, "; ".join(words))


# ---- a case ----------------------------------------------------------------------------------------------------------


def _relabel(turn: Turn, case: Case, label: Label, because: str) -> None:
    """Errors: NotAllowed and MissingValue for a lower one; Conflict where nobody could act on it any more."""
    before = Label(case.label)
    if label.rank < before.rank:
        if Role.MANAGER not in turn.actor.roles:
            managers = tuple(person.name for person in access.managers(turn))
            raise NotAllowed(
                clause("lower_label_on", ref=case.ref), clause("own_manager"), access.roles(turn.actor), managers
            )
        if not because:
            raise turn.missing("because")
        if before is Label.RED and case.own_reference:
            _number_must_be_free(turn, case, case.own_reference)
    for one in case.whole.together:  # what became one matter has one label
        if label is Label.RED and not succession.named(turn.work, one.id, one.agency_id):
            raise Conflict("nobody_named_left", ref=one.ref, label=label.value)
        if one is not case:
            turn.work.audit("case correct", one.ref, before={"label": one.label}, after={"label": label})
    for one in (case, *case.whole.together):  # last: what is refused is said under the label that it has
        one.label = label


def _number_must_be_free(turn: Turn, case: Case, own: str) -> None:
    """A case for named people keeps nobody else from its number. Errors: Conflict where somebody else has it now."""
    seen, _ = access.cases_under_number(turn, own, change=True)
    if taken := [other for other in seen if other is not case and other.label != Label.RED]:
        raise Conflict("own_reference_taken", own=taken[0].own_reference)


def _read_by(turn: Turn, case: Case) -> tuple[str, ...]:
    me = Recipient.person(turn.actor.person.id)
    found = [one for one in shown.to_whom(turn.work, _refs(case)) if one != me]
    return tuple(dict.fromkeys(recipients.name_of(turn.work, one) for one in found))


def _case_corrected(turn: Turn, case: Case, notice: CaseCorrected) -> Reply:
    """Every card of the case and its records shows it as it is; where that may not stand any more, nothing of it."""
    for ref in _refs(case)[1:]:
        cards.touch(turn.work, cause=turn.cause, subject=ref)
    turn.tell(access.watchers(turn, case), notice)
    named = [one.id for one in succession.named(turn.work, case.id, case.agency_id)]
    if case.label != Label.RED or turn.actor.person.id in named:
        return Reply(notice)
    return Reply(OutOfSight(tuple(recipients.name_of(turn.work, Recipient.person(one)) for one in named)))


def _written(what: str, before: str, now: str) -> str:
    """What was put right, as history keeps it."""
    return f"{what}: {before} → {now}" if before else f"{what}: {now}"


def _refs(case: Case) -> list[str]:
    """A case, and all that stands in it and in what became one matter with it."""
    together = [case, *(one for one in case.whole.together if one is not case)]
    return [
        *(one.ref for one in together),
        *(request.ref for one in together for request in one.requests),
        *(kept.ref for one in together for kept in one.preservations),
    ]


def _label_of(turn: Turn, name: str, value: str) -> str:
    return turn.reference.complaint_categories[value].label if name == "category" else value
