"""A crowd: people who are each on Slack and on Telegram, all at work on the same hundred requests at once.

In: a store. Out: lines that get in each other's way, brought through both doors as the platforms bring them, some of
them up to five times; what was answered to each copy; and what each account reads. What must be true of the record
then stands in `tests/bot/test_crowd.py`. Why marks: every line carries its own, so that it is found on record.
"""

import asyncio
import random
import re
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from bot.adapters.contract import Answer, Inbound
from bot.adapters.house import House
from bot.inbound.dispatch import Dispatch
from bot.inbound.forms import FormBuilder
from bot.inbound.services import Services
from bot.rendering.render import Renderer
from handlers import COMMANDS, people
from storage.database.store import Store
from storage.database.unit_of_work import UnitOfWork
from storage.exposure.roles import Role
from storage.rules.lifecycle import Status
from tests import factories
from tests.bot.slack.stage import on_slack
from tests.bot.telegram.stage import Rig, on_telegram
from tests.fake_slack import TEAM, Ack, FakeSlack

AGENCY = "PK-FIA-CCW"
MARK = re.compile(r"mark-\d+")
PEOPLE, CASES, REQUESTS_EACH, FEW = 6, 10, 10, 20
COPIES, SO_OFTEN = (1, 2, 3, 4, 5), (5, 2, 1, 1, 1)  # most lines come once
AT_ONCE = 24  # payloads of each platform under way
SECONDS = 900  # for all of it; a run that hangs ends


@dataclass(frozen=True)
class Saying:
    """One way to act on a request or a case. acts: the lines of history it leaves, when it is done."""

    words: str
    rest: str
    acts: tuple[str, ...]
    often: int


SAYINGS = (
    Saying("request acknowledge", "their:MARK", ("request acknowledge",), 6),
    Saying("request clarify", 'asks:"MARK" on:2026-03-02', ("request clarify", "request question"), 8),
    Saying("request supplement", 'answer:"MARK"', ("request supplement", "request answer to question"), 8),
    Saying("request extend", 'days:1 reason:"MARK"', ("request extend",), 8),
    Saying("request snooze", 'until:2026-06-30 reason:"MARK"', ("reminder snooze",), 3),
    Saying("request produced", 'part:bsi note:"MARK"', ("request part", "request answer"), 4),
    Saying("request produced", 'note:"MARK"', ("request produced", "request answer"), 3),
    Saying("request refused", 'because:missing_legal_instrument text:"MARK"', ("request refused", "request answer"), 3),
    Saying("request not-held", 'text:"MARK"', ("request not-held", "request answer"), 2),
    Saying("request reopen", 'because:"MARK"', ("request reopen", "request answer"), 10),
    Saying("case note", '"MARK"', ("case note",), 8),
)


@dataclass(frozen=True)
class Line:
    """One line of one person on one platform. kind: of payload."""

    mark: str
    person: int
    kind: str  # command | talk | chat
    saying: Saying
    request: str

    @property
    def ref(self) -> str:
        """The request, or its case where that is acted on."""
        return self.request.partition("/")[0] if self.saying.words.startswith("case") else self.request

    @property
    def text(self) -> str:
        return f"/{self.saying.words} {self.ref} {self.saying.rest.replace('MARK', self.mark)}"

    @property
    def account(self) -> str:
        return on_telegram_as(self.person) if self.kind == "chat" else on_slack_as(self.person)


def on_slack_as(person: int) -> str:
    """How the record names somebody's account."""
    return f"slack:{TEAM}/{slack_id(person)}"


def on_telegram_as(person: int) -> str:
    return f"telegram:{telegram_id(person)}"


def slack_id(person: int) -> str:
    return f"U{person}"


def telegram_id(person: int) -> int:
    return 1001 + person


def gather(store: Store) -> list[str]:
    """Enrol everybody, and open what they work on. The references of the requests."""

    def job(work: UnitOfWork) -> list[str]:
        for n in range(PEOPLE):
            role = Role.MANAGER if n == 0 else Role.OFFICER
            people.enrol_at(work, f"Officer {n}", AGENCY, role, [on_slack_as(n), on_telegram_as(n)])
        lead = factories.person(work, name="Lead")
        cases = [factories.case(work, opener=lead, title=f"Case {n}") for n in range(CASES)]
        made = [factories.request(work, of=case, status=Status.SENT) for case in cases for _ in range(REQUESTS_EACH)]
        for request in made:
            request.data = ["bsi", "ip_logs"]
        return [request.ref for request in made]

    return store.write(job).result()


def lines(count: int, refs: list[str], chance: random.Random) -> list[Line]:
    """What they say, each line once; half of it about the first few requests, where they meet."""
    often = [saying.often for saying in SAYINGS]
    return [
        Line(
            f"mark-{n}",
            chance.randrange(PEOPLE),
            chance.choice(("command", "talk", "chat", "chat")),
            saying,
            chance.choice(refs if chance.random() < 0.5 else refs[:FEW]),
        )
        for n, saying in enumerate(chance.choices(SAYINGS, often, k=count))
    ]


@dataclass
class Heard:
    """What came of it. answers, acks: by mark, one for each copy; acks are what Slack got for a command."""

    answers: dict[str, list[Answer]] = field(default_factory=lambda: defaultdict(list))
    acks: dict[str, list[Ack]] = field(default_factory=lambda: defaultdict(list))
    posts: Counter[str] = field(default_factory=Counter)  # how many messages each account sees


class Doors:
    """Both platforms, connected to one desk."""

    def __init__(self, slack: FakeSlack, rig: Rig, heard: Heard, *, posted: bool) -> None:
        self._slack, self._rig, self._heard, self._posted = slack, rig, heard, posted
        self._updates: dict[str, dict[str, Any]] = {}

    async def bring(self, line: Line) -> None:
        """One copy of a line."""
        user = slack_id(line.person)
        if line.kind == "command":
            self._heard.acks[line.mark].append(await self._slack.command(user, line.text, key=line.mark))
        elif line.kind == "talk":
            assert (await self._slack.say(user, line.text, key=line.mark)).status == 200
        else:
            await self._chat(line)

    async def _chat(self, line: Line) -> None:
        telegram = self._rig.telegram
        if line.mark not in self._updates:
            self._updates[line.mark] = telegram.say(telegram_id(line.person), line.text)
        elif not self._posted:
            telegram.bring_again(self._updates[line.mark])
        if self._posted:
            telegram.waiting.clear()  # what is posted below does not wait
            assert await telegram.post_update(self._rig.webhook_url, self._updates[line.mark]) == 200


@asynccontextmanager
async def both_doors(store: Store, heard: Heard, *, posted: bool) -> AsyncIterator[Doors]:
    """Slack over HTTP and a webhook of Telegram, or a socket and polling. At the end all is answered, and counted."""
    dispatch, renderer = Dispatch(store, COMMANDS, Renderer()), Renderer()

    async def receive(inbound: Inbound) -> Answer:
        answer = await dispatch.receive(inbound)
        heard.answers[mark_in(inbound.text)].append(answer)
        return answer

    house = House(receive, FormBuilder(store, COMMANDS, renderer), Services(store, COMMANDS))
    async with (
        on_slack(house, socket=not posted, seconds=SECONDS) as (slack, _),
        on_telegram(house, webhook=posted, seconds=SECONDS) as rig,
    ):
        settled, slack.quiet = slack.quiet, _at_once
        yield Doors(slack, rig, heard, posted=posted)
        await settled()
        await rig.heard()
        heard.posts.update(f"slack:{TEAM}/{post.channel.removeprefix('D')}" for post in slack.posts)
        heard.posts.update(f"telegram:{post.chat}" for post in rig.telegram.posts)


def mark_in(text: str) -> str:
    """Whose line it is."""
    found = MARK.search(text)
    assert found, text
    return found[0]


async def _at_once() -> None:
    """Nobody waits for an answer before they go on."""


def speak(store: Store, said: list[Line], chance: random.Random, *, posted: bool) -> tuple[Heard, Counter[str]]:
    """Bring every line, one to five copies of each, shuffled, many at once. What was heard, and the copies by mark."""
    heard, copies = Heard(), [line for line in said for _ in range(chance.choices(COPIES, SO_OFTEN)[0])]
    chance.shuffle(copies)

    async def all_of_it() -> None:
        async with both_doors(store, heard, posted=posted) as doors:
            of_slack = iter([line for line in copies if line.kind != "chat"])
            of_telegram = iter([line for line in copies if line.kind == "chat"])
            mouths = [_say(door, doors.bring) for door in (of_slack, of_telegram) for _ in range(AT_ONCE)]
            await asyncio.gather(*mouths)

    asyncio.run(all_of_it())
    return heard, Counter(line.mark for line in copies)


async def _say(copies: Iterator[Line], bring: Callable[[Line], Any]) -> None:
    for line in copies:
        await bring(line)


def words(answers: Iterable[Answer]) -> set[tuple[str, bool, bool]]:
    """The different answers among these, as they read."""
    return {
        ("\n".join(message.plain() for message in answer.messages), answer.refused, answer.failed) for answer in answers
    }
