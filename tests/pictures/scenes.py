"""Ten scenes of a desk that has been lived in, played on the small Slack and the small Telegram.

In: nothing. Out: for each platform what was sent in each scene, as the platform got it. Names and records are invented.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bot.adapters.contract import Inbound
from bot.adapters.house import House
from bot.cli.sample import CONVERSATION, FILED, PEOPLE, SPEAKER
from bot.inbound.dispatch import Dispatch
from bot.inbound.forms import FormBuilder
from bot.inbound.services import Services
from bot.outbound.delivery import PlatformDelivery
from bot.rendering.render import Renderer
from handlers import COMMANDS, people
from storage.database.engine import migrate
from storage.database.store import Store
from storage.database.unit_of_work import UnitOfWork
from storage.models import Account, Person
from storage.record import records
from storage.record.demo import forget_missed, mark_demo
from storage.reference.catalog import load
from storage.reminders import digests
from storage.reminders.sweep import sweep
from storage.times import FrozenClock
from tests.bot.slack.stage import on_slack
from tests.bot.telegram.stage import on_telegram
from tests.fake_slack import TEAM

NOW = datetime(2026, 11, 2, 3, 30, tzinfo=UTC)  # a Monday, 8:30 in Islamabad
THEN = NOW - timedelta(days=60)  # when the sample's months were over
MANAGER = "Desk Manager"
ACCOUNTS = {SPEAKER: ("U1", 1001), "Day Officer": ("U2", 1002), MANAGER: ("U3", 1003)}
MORE = [
    (-number, line)
    for number in range(14)
    for line in (
        f'case open "Fake shop no. {number + 1} sells what it never sends" category:fraud label:amber',
        f'request file {number + 4} to:PROV-META as:PROD-META data:bsi {FILED} despite:"not preserved, too old"',
        f"request sent {number + 4}/1",
    )
]
SCENES = (
    ("start", SPEAKER, "", 25),
    ("request card", SPEAKER, "request status 1/1", 14),
    ("case card", SPEAKER, "case status 1", 14),
    ("hold card", SPEAKER, "preservation status 1/P1", 14),
    ("overdue", SPEAKER, "overdue", 32),
    ("help of a family", SPEAKER, "desk help request", 25),
    ("pre-flight", SPEAKER, f"request check 3 to:PROV-META as:PROD-META data:content {FILED}", 18),
    ("form", SPEAKER, "/request file 3", 40),
    ("refusal", SPEAKER, "request sent 1/77", 4),
    ("why this date", SPEAKER, "request why 4/1", 14),
    ("weekly summary", MANAGER, "summary week", 30),
)
"""Name, who, the line (of the first: what the platform opens by itself), and its budget in lines of a phone."""


@dataclass(frozen=True)
class Sent:
    """One message as the platform got it. blocks: Slack's; else text, entities and keyboard, as Telegram has them."""

    scene: str
    budget: int
    text: str
    blocks: tuple[dict[str, Any], ...] = ()
    entities: tuple[dict[str, Any], ...] = ()
    keyboard: tuple[tuple[str, ...], ...] = ()


class LivedIn:
    """A desk with four months behind it."""

    def __init__(self, folder: Path, platform: str) -> None:
        self._platform = platform
        url = f"sqlite:///{folder / 'desk.db'}"
        migrate(url)
        self.clock = FrozenClock(THEN - timedelta(days=130))
        self.store = Store(url, clock=self.clock, reference=load())
        self.renderer = Renderer()
        self.dispatch = Dispatch(self.store, COMMANDS, self.renderer)
        self.store.write(self._people).result()

    def _people(self, work: UnitOfWork) -> None:
        mark_demo(work)
        records.sync_authorities(work, work.reference)
        work.session.flush()
        for name, agency, role in PEOPLE:
            people.enrol_at(work, name, agency, role, [])
        work.session.flush()
        for person in work.session.scalars(select(Person).where(Person.name.in_(ACCOUNTS))):
            slack, telegram = ACCOUNTS[person.name]
            account = f"{TEAM}/{slack}" if self._platform == "slack" else str(telegram)
            person.accounts.append(Account(platform=self._platform, external_id=account, linked_at=work.now))

    async def lived(self) -> None:
        """Its past, line by line; of the reminders, the last."""
        told = [*CONVERSATION, *((days, SPEAKER, line) for days, line in MORE)]
        for number, (days, person, line) in enumerate(sorted(told, key=lambda one: -one[0])):
            self.clock.move_to(max(self.clock.now(), THEN - timedelta(days=days)))
            answer = await self.dispatch.receive(Inbound("console", f"past:{number}", person, line))
            assert not answer.refused, answer.messages[0].plain()
        self.clock.move_to(NOW)
        self.store.write(forget_missed).result()

    def house(self) -> House:
        return House(
            self.dispatch.receive,
            FormBuilder(self.store, COMMANDS, self.renderer),
            Services(self.store, COMMANDS),
        )

    def morning(self) -> None:
        """What rings, and the digests and summaries of this Monday."""
        sweep(self.store)
        self.clock.move(hours=2)
        digests.fold(self.store)
        digests.post_summaries(self.store)


@asynccontextmanager
async def lived_in(platform: str) -> AsyncIterator[LivedIn]:
    with tempfile.TemporaryDirectory() as folder:
        desk = LivedIn(Path(folder), platform)
        try:
            await desk.lived()
            yield desk
        finally:
            desk.store.close()


async def on_the_small_slack() -> list[Sent]:
    """Every scene in direct messages with the desk, then what comes by itself."""
    async with lived_in("slack") as desk, on_slack(desk.house(), seconds=300) as (slack, adapter):
        found: list[Sent] = []

        async def scene(name: str, who: str, line: str, budget: int) -> None:
            user, before = ACCOUNTS[who][0], len(slack.posts)
            if line.startswith("/"):
                await slack.command(user, line)
            elif line:
                await slack.say(user, line)
            else:
                await slack.open_home(user)
            await slack.quiet()
            homes = [slack.homes[user]["blocks"]] if not line else []
            homes += [slack.forms.pop(user)["blocks"]] if user in slack.forms else []
            blocks = [*homes, *(post.blocks for post in slack.posts[before:])]
            texts = [post.text for post in slack.posts[before:] if not post.blocks]
            found.append(Sent(name, budget, "\n".join(texts), tuple(one for some in blocks for one in some)))

        before = await _played(desk, adapter, scene, slack.posts)
        mornings = slack.posts[before:]
        found += [Sent("by itself", 25, post.text, tuple(post.blocks)) for post in mornings]
        return found


async def on_the_small_telegram() -> list[Sent]:
    """The same in private chats."""
    async with lived_in("telegram") as desk, on_telegram(desk.house(), seconds=300) as rig:
        found: list[Sent] = []

        def sent(name: str, budget: int, since: int) -> list[Sent]:
            return [
                Sent(name, budget, post.text, (), tuple(post.entities), _labels(post.keyboard))
                for post in rig.telegram.posts[since:]
            ]

        async def scene(name: str, who: str, line: str, budget: int) -> None:
            before = len(rig.telegram.posts)
            rig.telegram.say(ACCOUNTS[who][1], line or "/start")
            await rig.heard()
            found.extend(sent(name, budget, before))

        before = await _played(desk, rig.desk, scene, rig.telegram.posts)
        found += sent("by itself", 25, before)
        return found


async def _played(desk: LivedIn, adapter: Any, scene: Callable[..., Awaitable[None]], posts: list[Any]) -> int:
    """Play them all, then the morning. How many messages stood there before it."""
    for one in SCENES:
        desk.clock.move(seconds=11)
        await scene(*one)
    before = len(posts)
    await asyncio.to_thread(desk.morning)
    await PlatformDelivery(desk.store, adapter, desk.renderer).drain()
    return before


def _labels(keyboard: list[list[dict[str, Any]]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(one["text"] for one in row) for row in keyboard)
