"""Two people act on one request at the same moment, one on Slack, one on Telegram: row 38 of the table of faults.

Each platform runs in a thread of its own and has its own road for what is told; the desk and its record are one.
"""

import asyncio

import pytest
from sqlalchemy import select

from bot.adapters.contract import Inbound
from bot.inbound.dispatch import Dispatch
from bot.outbound.delivery import PlatformDelivery, Timing
from bot.outbound.pacing import Pace
from bot.rendering.render import Renderer
from handlers import COMMANDS, people
from storage.exposure.roles import Role
from storage.history import chain
from storage.models import AuditLine, Person
from storage.rules.lifecycle import Status
from tests import factories
from tests.bot.slack.stage import SlackStage, user_of
from tests.bot.telegram.stage import TelegramStage
from tests.office import share

SLACK, TELEGRAM = "Officer on Slack", "Officer on Telegram"
A_CASE = 10  # requests in each


class Pair:
    """A desk with one officer on each platform; both are told of what happens to every case."""

    def __init__(self, store):
        self._store, self._renderer = store, Renderer()
        self._dispatch = Dispatch(store, COMMANDS, self._renderer)
        self.stages = {
            SLACK: SlackStage(self._dispatch, socket=False, slash=True),
            TELEGRAM: TelegramStage(self._dispatch, webhook=True),
        }
        for name, stage in self.stages.items():
            accounts = stage.accounts(name)
            self.do(lambda work, name=name, accounts=accounts: self._enrol(work, name, accounts))
        platforms = (self.stages[SLACK].desk, self.stages[TELEGRAM].rig.desk)
        timing = Timing(elapsed=lambda: store.clock.now().timestamp())
        self._roads = [PlatformDelivery(store, one, self._renderer, timing=timing, pace=Pace()) for one in platforms]

    def _enrol(self, work, name, accounts):
        people.enrol_at(work, name, "PK-FIA-CCW", Role.OFFICER, accounts)

    def do(self, job):
        return self._store.write(job).result()

    def close(self):
        for stage in self.stages.values():
            stage.close()

    def case(self):
        """A case that both are named on, with drafts. Their references."""

        def job(work):
            case = factories.case(work, opener=factories.person(work, name=f"Lead of {work.number('lead')}"))
            refs = [factories.request(work, of=case, status=Status.DRAFT).ref for _ in range(A_CASE)]
            for name in (SLACK, TELEGRAM):
                share(work, case.ref, work.session.scalars(select(Person).where(Person.name == name)).one())
            return case.opener.name, refs

        return self.do(job)

    async def a_case_is_sent(self):
        """Cards of its requests stand on both platforms."""
        lead, refs = await asyncio.to_thread(self.case)
        for ref in refs:
            line = Inbound("console", f"sent {ref}", lead, f"request sent {ref}")
            assert not (await self._dispatch.receive(line)).refused
        await self.deliver()
        return refs

    async def both(self, ref):
        """Both acknowledge a request at once. What each hears, by name."""
        line = f"/request acknowledge {ref}"
        said = [stage.say(name, line, f"{name} {ref}") for name, stage in self.stages.items()]
        return dict(zip(self.stages, await asyncio.gather(*said), strict=True))

    async def deliver(self):
        """Until nothing more is to be said, each road in its platform's own thread."""
        for stage, road in zip(self.stages.values(), self._roads, strict=True):
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(road.drain(), stage._loop))

    def cards(self, ref):
        """The first message about a request on each platform: how often it was edited, and what it says now."""
        slack = next(post for post in self.stages[SLACK].slack.seen_by(user_of(SLACK)) if ref in post.words.split())
        chat = next(post for post in self.stages[TELEGRAM].rig.telegram.posts if ref in post.text.split())
        return {SLACK: (slack.edits, slack.words), TELEGRAM: (len(chat.edits), chat.text)}

    def history(self):
        """(act, reference, who) of what the two did, in order."""

        def job(work):
            names = {row.actor: row.name for row in work.session.scalars(select(Person))}
            lines = work.session.scalars(select(AuditLine).order_by(AuditLine.n))
            return [(line.act, line.ref, names[line.actor]) for line in lines if names.get(line.actor) in self.stages]

        return self._store.read(job).result()

    def is_whole(self):
        return self._store.read(lambda work: chain.verify(work.session)).result().bad_n is None


@pytest.fixture
def pair(store):
    opened = Pair(store)
    try:
        yield opened
    finally:
        opened.close()


async def compete(pair, cases):
    """Let both acknowledge every request of so many cases. {reference: who was first}."""
    winners = {}
    for _ in range(cases):
        refs = await pair.a_case_is_sent()
        for ref in refs:
            heard = await pair.both(ref)
            [winner] = [name for name, one in heard.items() if one.state == "done"]
            [loser] = [name for name, one in heard.items() if one.state == "refused"]
            assert f"{ref} is acknowledged already, since" in heard[loser].text
            assert f"by {winner}. Nothing was changed." in heard[loser].text
            winners[ref] = winner
        await pair.deliver()
        for ref in refs:
            for name, (edits, text) in pair.cards(ref).items():
                assert (edits, "acknowledged" in text) == (1, True), f"the card of {ref} as {name} sees it: {text}"
    return winners


def check(pair, cases):
    winners = asyncio.run(compete(pair, cases))
    assert len(winners) == cases * A_CASE
    history = pair.history()
    assert [line for line in history if line[0] == "request acknowledge"] == [
        ("request acknowledge", ref, winner) for ref, winner in winners.items()
    ]
    assert sum(act == "refused" for act, _, _ in history) == len(winners)
    assert pair.is_whole()


def test_row_38_one_of_two_is_first_the_other_reads_who_and_both_cards_show_it(pair):
    check(pair, 1)


@pytest.mark.slow
def test_row_38_a_thousand_times(pair):
    check(pair, 1000 // A_CASE)
