"""Health of the desk, as the record shows it: what waits to be sent or to ring, what was given up, who is halted.

In: a unit of work. Out: numbers and moments; `troubles` says which of them are bad. Delivery and the tick leave their
heartbeat here. The terminal is never late nor silent: what is said there waits for somebody to open one.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, case, delete, func, literal_column, select
from sqlalchemy.dialects import postgresql, sqlite

from storage.database.unit_of_work import UnitOfWork
from storage.messages import outbox
from storage.messages.outbox import CONSOLE
from storage.models import Clock, Heartbeat, OutboxRow

LATE = timedelta(minutes=2)  # unsent, unrung, or silent for longer is trouble
MANY_TRIES = 7  # of one message: two minutes of them
TRIES = 3  # failures in a row after which a clock is set aside
TICK = "tick"
_HALTED = "halted:"
_DOWN = "down:"
_DRAINED = "delivery:"


@dataclass(frozen=True)
class PlatformState:
    """One platform: rows that wait, since when the oldest should have been said, rows given up, and what it reports.

    `failing`: rows that were tried for minutes, and are tried again later.

    `halted_at`: it does not let us in since then; `down_at`: it cannot be reached, and what is urgent goes another way.
    `drained_at`: when its sender last looked; None before the first.
    """

    platform: str
    waiting: int
    oldest_at: datetime | None
    dead: int
    failing: int
    halted_at: datetime | None
    down_at: datetime | None
    drained_at: datetime | None


@dataclass(frozen=True)
class DeskHealth:
    """The numbers of one moment. `unrung_at`: the oldest reminder that should have rung; `ticked_at`: the last tick."""

    at: datetime
    platforms: tuple[PlatformState, ...]
    unrung_at: datetime | None
    stuck_clocks: int
    ticked_at: datetime | None


def read(work: UnitOfWork) -> DeskHealth:
    """Take them all at `work.now`."""
    found = {row.name: row.at for row in work.session.scalars(select(Heartbeat))}
    named = {name.partition(":")[2] for name in found if ":" in name}
    counted = {
        platform: (n, oldest, dead, failing)
        for platform, n, oldest, dead, failing in work.session.execute(_counts(work))
    }
    platforms = tuple(
        PlatformState(
            name, *counted.get(name, (0, None, 0, 0)), *(found.get(sign + name) for sign in (_HALTED, _DOWN, _DRAINED))
        )
        for name in sorted({*counted, *named})
    )
    running = Clock.ended_at.is_(None)
    unrung = work.session.scalar(select(func.min(Clock.ring_at)).where(Clock.ring_at <= work.now, running))
    often = Clock.failures >= literal_column(str(TRIES))  # as its index says it
    stuck = select(func.count(Clock.id)).where(running, Clock.ring_at.is_(None), often)
    return DeskHealth(work.now, platforms, unrung, work.session.scalar(stuck) or 0, found.get(TICK))


def troubles(health: DeskHealth) -> tuple[str, ...]:
    """What is wrong, as codes, each of a platform or of none.

    halted, down, dead (something was given up), unsent, silent; unrung, tick, stuck.
    """
    found = []
    for one in health.platforms:
        if one.halted_at:
            found.append(f"halted {one.platform}")
        if one.down_at:
            found.append(f"down {one.platform}")
        if one.dead:
            found.append(f"dead {one.platform}")
        if one.platform == CONSOLE:
            continue
        if _late(health, one.oldest_at) or one.failing:
            found.append(f"unsent {one.platform}")
        if _late(health, one.drained_at):
            found.append(f"silent {one.platform}")
    found += ["unrung"] if _late(health, health.unrung_at) else []
    found += ["tick"] if _late(health, health.ticked_at) else []
    found += ["stuck"] if health.stuck_clocks else []
    return tuple(found)


def beat(work: UnitOfWork, name: str) -> None:
    """Leave a heartbeat: it happened now."""
    insert = postgresql.insert if work.postgres else sqlite.insert
    statement = insert(Heartbeat).values(name=name, at=work.now)
    work.session.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"at": work.now}))


def drained(work: UnitOfWork, platform: str) -> None:
    """The sender of a platform has looked for something to say."""
    beat(work, _DRAINED + platform)


def halt(work: UnitOfWork, platform: str) -> bool:
    """A platform keeps us out from now on; False where that was known."""
    return _begin(work, _HALTED + platform)


def down(work: UnitOfWork, platform: str) -> bool:
    """A platform cannot be reached, for minutes; False where that was known."""
    return _begin(work, _DOWN + platform)


def failing(work: UnitOfWork) -> set[str]:
    """The platforms that keep us out or cannot be reached."""
    names = work.session.scalars(select(Heartbeat.name)).all()
    return {name.partition(":")[2] for name in names if name.startswith((_HALTED, _DOWN))}


def resume(work: UnitOfWork, platform: str) -> None:
    """It can be reached, and lets us in again."""
    work.session.execute(delete(Heartbeat).where(Heartbeat.name.in_((_HALTED + platform, _DOWN + platform))))


def _begin(work: UnitOfWork, name: str) -> bool:
    insert = postgresql.insert if work.postgres else sqlite.insert
    statement = insert(Heartbeat).values(name=name, at=work.now).on_conflict_do_nothing()
    return work.session.execute(statement.returning(Heartbeat.name)).first() is not None


def _counts(work: UnitOfWork) -> Select[str, int, datetime | None, int, int]:
    due = case((OutboxRow.not_before <= work.now, OutboxRow.not_before))
    unsent = OutboxRow.state.in_(("pending", "sending"))
    waiting = func.sum(case((unsent, 1), else_=0))
    oldest = func.min(case((unsent & ~OutboxRow.wait, due)))
    dead = func.sum(case((OutboxRow.state == "dead", 1), else_=0))
    failing = func.sum(case(((OutboxRow.state == "pending") & (OutboxRow.attempts >= MANY_TRIES), 1), else_=0))
    live = OutboxRow.state.in_(("pending", "sending", "dead")) & OutboxRow.platform.in_(outbox.platforms())
    return select(OutboxRow.platform, waiting, oldest, dead, failing).where(live).group_by(OutboxRow.platform)


def _late(health: DeskHealth, since: datetime | None) -> bool:
    return since is not None and health.at - since > LATE
