"""Putting right what was recorded wrongly of a request: its days and its words.

In: a turn, a request, and the right values. Out: the record as it should have been, its clocks computed anew; history
keeps what was believed before. Those who were told of it are told.
What is corrected is corrected as well in what `request undo` would go back to.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from handlers.exposure import Exchanged, Indoors, TwoSided
from handlers.filing import drafts
from handlers.kit import access, concerned, views
from handlers.kit.errors import Conflict
from handlers.kit.facts import put_right
from handlers.kit.notices import RecordNotice
from handlers.kit.permissions import Act
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands
from handlers.language.errors import BadValue, clause
from handlers.language.values import (
    Accounts,
    Basis,
    DataTypes,
    Moment,
    PastDay,
    RequestRef,
    Text,
    TypedMoment,
)
from storage.exposure.roles import Role
from storage.messages import shown
from storage.models import Clock, Request
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
        personal="\n".join(itertools.starmap(put_right, texts)),
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
