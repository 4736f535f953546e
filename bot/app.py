"""Wires the application together: the one place where its parts are made. Nothing happens at import.

`open_desk(settings)` gives the parts every command needs; whoever opened it closes it. Order: reference data (refused
if broken), database (refused if not at this program's schema), then the door in.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from bot.inbound.dispatch import Dispatch
from bot.inbound.limits import LineLimits
from bot.inbound.throttle import Throttle
from bot.rendering.render import Renderer
from bot.settings import REAL_DATABASE, BadSettings, Settings
from handlers import COMMANDS
from storage.database.engine import migrate
from storage.database.store import Store
from storage.record import demo, records
from storage.reference.catalog import Reference, load
from storage.times import FrozenClock, SystemClock, TimeSource

log = logging.getLogger("rogatory.start")


@dataclass(frozen=True)
class Desk:
    """Everything joined. `clock` is the machine's, or, on a demonstration database, one that can be moved."""

    settings: Settings
    reference: Reference
    store: Store
    renderer: Renderer
    dispatch: Dispatch
    limits: LineLimits
    clock: TimeSource


@contextmanager
def open_desk(settings: Settings, *, at: datetime | None = None) -> Iterator[Desk]:
    """Open the desk on a migrated database. `at` moves the clock, on a demonstration database only.

    Errors: ReferenceBroken, WrongSchema, StoreUnavailable, NotDemo.
    """
    reference = load()
    store = Store(settings.database_url, clock=SystemClock(), reference=reference)
    try:
        if at:
            store.read(demo.must_be_demo).result()
        store.clock = _clock(store, at)
        store.write(lambda work: records.sync_authorities(work, reference)).result()
        renderer = Renderer()
        throttle = Throttle(store, renderer)
        _say_what_is_old(reference, store.clock.now().date())
        dispatch = Dispatch(store, COMMANDS, renderer, settings.ceilings, throttle)
        yield Desk(settings, reference, store, renderer, dispatch, throttle.limits, store.clock)
    finally:
        store.close()


def _say_what_is_old(reference: Reference, today: date) -> None:
    """Warn, in one line, of reference data that nobody has held against its sources for more than a year."""
    if old := reference.meta.old_files(today):
        sentence = "reference data: %d files last checked more than a year ago, the oldest %s on %s"
        log.warning(sentence, len(old), old[0].name, old[0].checked)


def _clock(store: Store, at: datetime | None) -> TimeSource:
    """The machine's time; on a demonstration database that time as it was moved, or from a given moment on."""
    if not store.read(demo.is_demo).result():
        return SystemClock()
    clock = demo.DemoClock(FrozenClock(at - store.read(demo.ahead).result()) if at else SystemClock())
    demo.follow(store, clock)
    return clock


def must_be_real(desk: Desk) -> None:
    """Errors: BadSettings for a demonstration: real people are not let into invented cases."""
    if desk.store.read(demo.is_demo).result():
        where, line = desk.settings.database, f"DATABASE_URL={REAL_DATABASE}"
        raise BadSettings([f"DATABASE_URL names a demonstration, with invented people ({where}): write {line}"])


def prepare(settings: Settings) -> None:
    """Bring the database to this program's schema."""
    migrate(settings.database_url)
