"""An office between Slack and Telegram, on the real adapters over HTTP: what one does is tried against the other.

In: an office, and a story. Out: what people read on each side. Both answer to the same words: how they fail, where
somebody is on them, what that person reads.
"""

import asyncio
from contextlib import asynccontextmanager

from sqlalchemy import func, select

from bot.adapters.house import House
from bot.inbound.forms import FormBuilder
from bot.inbound.services import Services
from handlers import COMMANDS
from storage.exposure.roles import Role
from storage.messages import heartbeat
from storage.models import Account, Channel, Note
from tests.bot.slack.stage import on_slack
from tests.bot.telegram.stage import on_telegram
from tests.fake_slack import TEAM, Trouble
from tests.fake_telegram import Refusal
from tests.office import RENDERER


class Side:
    """One platform in a story: how it fails, where people are on it, what they read. Subclasses say how."""

    name = other = sending = ""
    troubles = {}  # noqa: RUF012 - a table

    def __init__(self, platform, road):
        self.platform, self.road = platform, road

    def fail(self, trouble, times=1):
        """How the next sendings go wrong: by name, or the trouble itself."""
        wrong = self.troubles[trouble] if isinstance(trouble, str) else trouble
        self.platform.fail(self.sending, *[wrong] * times)

    def works(self):
        """Whatever was wrong is over."""
        self.platform._troubles.clear()


class Slack(Side):
    name, other, sending = "slack", "telegram", "chat.postMessage"
    room = f"{TEAM}/CROOM"
    troubles = {  # noqa: RUF012 - a table
        "silence": Trouble(done=True, silent=True),
        "reset": Trouble(status=0, done=True),
        "too fast": Trouble("ratelimited", 429, {"Retry-After": "30"}),
        "500": Trouble("", 500),
        "503": Trouble("", 503),
        "token revoked": Trouble("invalid_auth"),
        "left": Trouble("is_archived"),
    }

    @staticmethod
    def account(n):
        return f"{TEAM}/U{n}"

    @staticmethod
    def wait_of(seconds):
        return Trouble("ratelimited", 429, {} if seconds is None else {"Retry-After": str(seconds)})

    def texts(self, n):
        return [post.text for post in self.platform.seen_by(f"U{n}")]

    async def says(self, n, line):
        """Somebody types a command; what they read."""
        await self.platform.command(f"U{n}", line)
        return self.texts(n)[-1]


class Telegram(Side):
    name, other, sending = "telegram", "slack", "sendMessage"
    room = "-2001"
    troubles = {  # noqa: RUF012 - a table
        "silence": Refusal("", done=True, silent=True),
        "reset": Refusal("", 0, done=True),
        "too fast": Refusal("Too Many Requests: retry after 30", 429, {"retry_after": 30}),
        "500": Refusal("Internal Server Error", 500),
        "503": Refusal("Service Unavailable", 503),
        "token revoked": Refusal("Unauthorized", 401),
        "left": Refusal("Forbidden: bot was kicked from the group chat", 403),
    }

    def __init__(self, rig, road):
        super().__init__(rig.telegram, road)
        self.rig = rig

    @staticmethod
    def account(n):
        return str(1000 + n)

    @staticmethod
    def wait_of(seconds):
        return Refusal("Too Many Requests", 429, {} if seconds is None else {"retry_after": seconds})

    def texts(self, n):
        return self.platform.texts(1000 + n)

    async def says(self, n, line):
        """Somebody types a command; what they read."""
        self.platform.say(1000 + n, line)
        await self.rig.heard()
        return self.texts(n)[-1]


class World:
    """An office between both platforms. People have numbers: the first is U1 on Slack, 1001 on Telegram."""

    def __init__(self, office, sides):
        self.office, self.sides = office, sides

    def side(self, name):
        return self.sides[name]

    def person(self, n, *platforms, role=Role.OFFICER):
        """Somebody with an account on each; they are named on the case. Their recipient."""
        recipient = self.office.person(f"Person {n}", "console", role=role, named=role is Role.OFFICER)

        def link(work):
            for platform in platforms:
                external = self.sides[platform].account(n)
                row = {"person_id": recipient.number, "linked_at": work.now}
                work.session.add(Account(platform=platform, external_id=external, **row))

        self.office.do(link)
        return recipient

    def room(self, side):
        """A room of the office's agency."""
        recipient = self.office.room("Desk Room", side.name)

        def move(work):
            work.session.get_one(Channel, recipient.number).external_id = side.room

        self.office.do(move)
        return recipient

    async def deliver(self, *, seconds=0, step=120):
        """All that is due on both, now and again until so many seconds have gone by."""
        for _ in range(1 + seconds // step):
            for side in self.sides.values():
                await side.road.drain()
            self.office.clock.move(seconds=step if seconds else 0)

    def troubles(self):
        return heartbeat.troubles(self.office.store.read(heartbeat.read).result())

    def notes(self):
        query = select(func.count(Note.id))
        return self.office.store.read(lambda work: work.session.scalar(query)).result()


@asynccontextmanager
async def opened(office, send_seconds):
    store = office.store
    house = House(office.dispatch.receive, FormBuilder(store, COMMANDS, RENDERER), Services(store, COMMANDS))
    async with on_slack(house) as (slack, desk), on_telegram(house) as rig:
        roads = [office.road(adapter, send_seconds=send_seconds) for adapter in (desk, rig.desk)]
        try:
            yield World(office, {"slack": Slack(slack, roads[0]), "telegram": Telegram(rig, roads[1])})
        finally:
            slack.speak()
            rig.telegram.speak()


def between(office, story, *, send_seconds=5.0):
    """Have a story happen between both platforms."""

    async def whole():
        async with opened(office, send_seconds) as world:
            return await story(world)

    return asyncio.run(whole())
