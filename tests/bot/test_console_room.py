"""A terminal as a chat room: what is typed there is typed in the room, and what the room hears is printed there."""

import asyncio
import io
from datetime import date
from functools import partial

import pytest
from rich.console import Console as Terminal
from sqlalchemy import select

from bot.adapters.console import Console, Speaker
from bot.cli.commands import _room
from bot.outbound.delivery import PlatformDelivery
from storage.exposure.roles import Role
from storage.models import Channel, Recipient
from storage.rules.lifecycle import Status
from tests import factories
from tests.spoken import Desk


@pytest.fixture
def desk(sqlite_store, clock) -> Desk:
    return Desk.of(sqlite_store, clock, ("Mona", Role.MANAGER))


class Room:
    """Mona's terminal, opened as the room "ops"."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.printed = desk, io.StringIO()
        terminal = Terminal(file=self.printed, width=200, highlight=False, emoji=False, markup=False)
        self.console = Console(desk.dispatch.receive, Speaker("Mona", lambda _: [], "ops"), terminal)

    def type(self, *lines: str) -> str:
        asyncio.run(self.console.converse(io.StringIO("\n".join(lines))))
        return self.printed.getvalue()

    def hear(self) -> str:
        """What the room is told now."""
        before = len(self.printed.getvalue())
        road = PlatformDelivery(
            self.desk.store, self.console, self.desk.renderer, only=partial(_room, "ops"), alone=False
        )
        asyncio.run(road.drain())
        return self.printed.getvalue()[before:]


@pytest.fixture
def room(desk) -> Room:
    return Room(desk)


def test_what_is_typed_there_is_typed_in_the_room(desk, room):
    assert "The desk now speaks here" in room.type("desk channel here for:PK-FIA-CCW")
    channel = desk.read(lambda work: work.session.scalars(select(Channel)).one())
    assert (channel.platform, channel.external_id, channel.thread) == ("console", "ops", "")


def test_the_digest_of_the_room_is_printed_there_and_nobody_elses(desk, room, clock):
    room.type("desk channel here for:PK-FIA-CCW")
    ref = desk.write(lambda work: factories.request(work, status=Status.SENT, on=date(2026, 3, 2)).ref)
    clock.move(days=300)
    desk.tick()
    clock.move(days=4)
    desk.tick()
    heard = room.hear()
    assert ref in heard
    assert "1 reminder" in heard
    people = [row for row in desk.outbox(state="pending") if not row.recipient.is_channel]
    assert people, "what is for people waits for their own terminal"
    assert room.hear() == ""


def test_an_emergency_is_printed_there_and_nothing_under_it(desk, room):
    room.type("desk channel here for:PK-FIA-CCW")
    desk.heard("Mona", 'case open "A threat" category:threats label:amber')
    desk.heard("Mona", "request receive 1 from:Legat as:POLICE-LIAISON emergency:yes")
    assert "EMERGENCY" in room.hear()
    desk.heard("Mona", "request acknowledge 1/1")
    assert room.hear() == ""


def test_a_room_the_desk_is_not_in_hears_nothing(desk, room, clock):
    desk.write(lambda work: factories.request(work, status=Status.SENT, on=date(2026, 3, 2)))
    clock.move(days=300)
    desk.tick()
    assert room.hear() == ""
    assert desk.read(lambda work: _room("ops", work)) == Recipient.channel(0)
