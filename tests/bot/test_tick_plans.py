"""A tick that has nothing to do, or little, reads no table that grows as a whole: every statement of it, on both.

What it does, and what delivery does beside it, is asked again and again, whether or not anything is due.
"""

import asyncio

import pytest
from sqlalchemy import select

from bot.outbound.delivery import PlatformDelivery
from bot.rendering.render import Renderer
from bot.ticking.tick import STEPS
from storage.messages import heartbeat, retention
from storage.models import OutboxRow
from storage.rules.lifecycle import Status
from tests import factories, plans, stored
from tests.fakes import FakeChat

SECONDS = 60


@pytest.fixture
def years(store):
    """A record of years; nothing is due."""
    stored.fill(store)
    return store


def ticked(store):
    """One tick, step by step; what is wrong with its statements."""
    wrong = []
    for name, step in STEPS:
        with plans.of(store) as found:
            step(store)
        if bad := plans.faults(found):
            wrong.append(f"{name}:\n{bad}")
    return wrong


def test_with_nothing_to_do(years):
    wrong = ticked(years)
    assert not wrong, "\n\n".join(wrong)


def test_with_something_to_do(years, clock):
    """Some clocks are due, somebody's morning comes, and what was said long ago may go."""
    years.write(lambda work: [factories.request(work, status=Status.SENT) for _ in range(5)]).result(SECONDS)
    clock.move(days=70)
    wrong = ticked(years)
    clock.move(days=3)
    wrong += ticked(years)
    assert not wrong, "\n\n".join(wrong)
    said = select(OutboxRow.state).where(OutboxRow.cause.startswith("ring:"))
    assert set(years.read(lambda work: work.session.scalars(said).all()).result(SECONDS))


def test_what_may_go_is_found_without_reading_what_stays(years, clock):
    retention.prune(years)
    clock.move(days=100)
    with plans.of(years) as found:
        retention.prune(years)
    assert not plans.faults(found), plans.faults(found)


def test_delivery_looks_and_health_counts(years):
    road = PlatformDelivery(years, FakeChat("slack"), Renderer())

    async def look():
        await road.rescue()
        await road._heartbeat()
        await road.drain()

    with plans.of(years) as found:
        asyncio.run(look())
        years.read(heartbeat.read).result(SECONDS)
    assert not plans.faults(found), plans.faults(found)
