"""Dry run: which messages would go out up to a moment, and why; nothing is changed.

In: a store, which may be a real one, and a moment. Out: lines, each as its reader would see it.
The ticks of that time are really made, one at each moment at which anything happens, on a record apart: there is no
second set of rules that could differ, and nobody waits for it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.rendering.phrases import Reader
from bot.rendering.render import Renderer
from handlers import outgoing
from handlers.outgoing import Dropped, Elsewhere
from storage.database.apart import apart
from storage.database.jobs import Within
from storage.database.store import Store
from storage.database.unit_of_work import UnitOfWork
from storage.models import Channel, Clock, OutboxRow, Ring
from storage.reminders import digests, forecast, registers
from storage.reminders.forecast import Queued
from storage.reminders.sweep import sweep

STEPS = (sweep, registers.remind, digests.fold, digests.post_summaries)  # of a tick, those that say something
CHANGED = (Clock, Ring, OutboxRow, Channel)  # by these steps


@dataclass(frozen=True)
class Rehearsed:
    """One thing that would be said. `at`: when, aware UTC; `waits`: it would be part of a digest, then or later."""

    name: str
    platform: str
    at: datetime
    waits: bool
    why: str
    text: str


def rehearse(store: Store, renderer: Renderer, until: datetime) -> list[Rehearsed]:
    """Everything that would be said until then, and what would then be queued. Errors: as `apart`."""
    with apart(store, CHANGED) as work:
        return [_line(then, renderer, found) for then, found in _as_time_goes_on(work, until)]


def _as_time_goes_on(work: UnitOfWork, until: datetime) -> Iterator[tuple[UnitOfWork, Queued]]:
    """What is said at each moment at which anything happens; then what is queued for later. With the work of then."""
    then = UnitOfWork(work.session, min(work.now, until), work.reference)
    while True:
        for step in STEPS:
            step(Within(then))
        for found in forecast.said(then):
            yield then, found
        moment = forecast.next_moment(then)
        if moment is None or moment > until:
            break
        then = UnitOfWork(work.session, moment, work.reference)  # a new one: it keeps what it was once told
    for found in forecast.queued(then):
        yield then, found


def _line(work: UnitOfWork, renderer: Renderer, found: Queued) -> Rehearsed:
    try:
        text = _text(work, renderer, found)
    except Exception as error:  # noqa: BLE001 - whoever looks into the future wants to know that, and the rest
        text = f"(cannot be put into words: {type(error).__name__}: {error})"
    return Rehearsed(found.name, found.row.platform, found.at, found.waits, found.why, text)


def _text(work: UnitOfWork, renderer: Renderer, found: Queued) -> str:
    composed = outgoing.compose(work, found.row)
    if isinstance(composed, Dropped):
        return f"(not said: {composed.why})"
    if isinstance(composed, Elsewhere):
        return f"(goes to {composed.platform})"
    reader = Reader(composed.zone, composed.language, work.now)
    return "\n".join(renderer.message(one.notice, one.fields, reader).plain() for one in composed.said)


def as_text(lines: Iterable[Rehearsed]) -> Iterator[str]:
    """For somebody at a terminal."""
    for line in lines:
        waits = ", in the digest" if line.waits else ""
        yield f"{line.at:%Y-%m-%d %H:%M} UTC{waits}  to {line.name} ({line.platform})\n    why: {line.why}"
        yield "\n".join(f"    | {text}" if text else "    |" for text in line.text.split("\n")) + "\n"
