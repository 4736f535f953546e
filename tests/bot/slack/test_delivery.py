"""The real desk on Slack: cards reach people, are edited in place, are said once whatever breaks."""

import asyncio
from concurrent.futures import Future

import pytest

from bot.adapters.house import House
from bot.inbound.dispatch import Dispatch
from bot.inbound.forms import FormBuilder
from bot.outbound.delivery import PlatformDelivery, Timing
from bot.outbound.pacing import Pace, Retry
from bot.rendering.render import Renderer
from handlers import COMMANDS, people
from storage.errors import StoreUnavailable
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.models import Channel
from storage.record import records
from tests.bot.slack.reading import words
from tests.bot.slack.stage import on_slack
from tests.fake_slack import TEAM, FakeSlack, Post, Trouble

PEOPLE = {"Night Officer": "UNIGHT", "Day Officer": "UDAY"}
SECONDS = 20


class Slack:
    """The whole desk on a Slack; `deliver` says what is due, as the running process would."""

    def __init__(self, store) -> None:
        self.store, self.renderer = store, Renderer()
        for name, user in PEOPLE.items():
            accounts = [f"slack:{TEAM}/{user}"]
            store.write(
                lambda work, name=name, accounts=accounts: people.enrol_at(
                    work, name, "PK-FIA-CCW", Role.OFFICER, accounts
                )
            ).result(SECONDS)

    def run(self, work, *, socket=False) -> FakeSlack:
        dispatch = Dispatch(self.store, COMMANDS, self.renderer)
        house = House(dispatch.receive, FormBuilder(self.store, COMMANDS, self.renderer))

        async def connected():
            async with on_slack(house, socket=socket) as (slack, desk):
                timing = Timing(send_seconds=5.0, retry=Retry(), elapsed=self._elapsed, chance=lambda: 0.0)
                self.road = PlatformDelivery(self.store, desk, self.renderer, timing=timing, pace=Pace())
                await self.road.rescue()
                await slack.command("UNIGHT", '/case open "Fake <!channel>" category:fraud label:amber')
                await slack.command("UDAY", "/request receive 1 from:Legat as:POLICE-LIAISON")
                await work(slack)
                return slack

        return asyncio.run(connected())

    async def deliver(self) -> None:
        await self.road.drain()
        self.store.clock.move(minutes=10)

    def _elapsed(self) -> float:
        return self.store.clock.now().timestamp()


@pytest.fixture
def desk(sqlite_store):
    return Slack(sqlite_store)


def cards(slack: FakeSlack) -> list[Post]:
    """What the desk told the night officer by itself."""
    return [post for post in slack.seen_by("UNIGHT") if post.metadata]


@pytest.mark.parametrize("socket", [False, True], ids=["http", "socket"])
def test_a_card_arrives_works_and_is_edited_where_it_stands(desk, socket):
    async def work(slack):
        await desk.deliver()
        (card,) = cards(slack)
        assert "acknowledge" in card.words
        stale = Post(card.channel, card.text, card.blocks, card.ts)
        await slack.command("UDAY", "/request acknowledge 1/1")
        await desk.deliver()
        assert card.edits == 1
        assert "acknowledged" in card.words
        await slack.press("UNIGHT", stale, "We have it")

    slack = desk.run(work, socket=socket)
    answer = slack.seen_by("UNIGHT")[-1]
    assert "acknowledged already" in answer.words
    assert "by Day Officer" in answer.words


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(status=0),
        Trouble(status=0, done=True),
        Trouble("", 500),
        Trouble("", 500, done=True),
        Trouble("", 503),
        Trouble("internal_error", done=True),
        Trouble("ratelimited", 429, {"Retry-After": "30"}),
        Trouble("invalid_auth"),
    ],
    ids=["lost", "answer lost", "500", "500 but done", "503", "internal but done", "429", "token revoked"],
)
def test_whatever_breaks_the_card_stands_there_once(desk, trouble):
    async def work(slack):
        slack.fail("chat.postMessage", trouble)
        for _ in range(4):
            await desk.deliver()

    assert len(cards(desk.run(work))) == 1


def test_blocks_that_slack_refuses_go_out_once_as_plain_text(desk):
    async def work(slack):
        slack.fail("chat.postMessage", Trouble("invalid_blocks"))
        await desk.deliver()

    (card,) = cards(desk.run(work))
    assert card.blocks == []
    assert "CCW-2026-0001/1" in card.text
    assert "<" not in card.text


def test_a_room_reads_within_its_ceiling_and_others_read_nothing(desk):
    def room(work):
        authority = records.authority(work, "PK-FIA-CCW")
        row = Channel(
            platform="slack",
            external_id=f"{TEAM}/CROOM",
            title="cases",
            authority=authority,
            ceiling=Label.AMBER,
            zone=authority.zone,
        )
        work.session.add(row)

    desk.store.write(room).result(SECONDS)

    async def work(slack):
        await slack.command("UNIGHT", "/case status 1", channel="CROOM")
        await slack.command("UNIGHT", "/case status 1", channel="CELSEWHERE")

    slack = desk.run(work)
    assert "Fake" in slack.seen_by("UNIGHT", "CROOM")[0].words
    assert "Fake" not in slack.seen_by("UNIGHT", "CELSEWHERE")[0].words


def test_a_request_is_filed_in_two_steps(desk):
    async def work(slack):
        await slack.command("UNIGHT", "/request file 1")
        assert slack.forms["UNIGHT"]["submit"]["text"] == "Next"
        await slack.fill("UNIGHT", to="PROV-META")
        ack = await slack.submit(
            "UNIGHT",
            data=["bsi"],
            accounts="fake.page",
            reason="it pretends to be the president",
            **{"basis.kind": "Domestic court order", "basis": "12/2026"},
        )
        assert ack.body["response_action"] == "update"
        form = slack.forms["UNIGHT"]
        assert form["submit"]["text"] == "File the request"
        assert "This case has no hold at Meta yet." in words(form["blocks"])
        still = {"official_email": "night@agency.example", "phone": "+92 51 0000000"}
        await slack.submit("UNIGHT", **still, **{"user_notification.kind": "Not permitted: order attached"})

    slack = desk.run(work)
    assert slack.forms == {}
    answer = slack.seen_by("UNIGHT")[-1].words
    assert "CCW-2026-0001/2 · PROD-META to Meta · Night Officer" in answer
    assert "A draft: send it yourself, then press Sent" in answer


def test_a_message_that_the_locked_record_could_not_take_is_brought_again_and_taken_then(desk, monkeypatch):
    async def work(slack):
        refused: Future[None] = Future()
        refused.set_exception(StoreUnavailable("locked"))
        with monkeypatch.context() as locked:
            locked.setattr(desk.store, "write", lambda _: refused)
            first = await slack.say("UNIGHT", "case note 1 seen", key="Ev7")
        again = await slack.say("UNIGHT", "case note 1 seen", key="Ev7")
        assert (first.status, again.status) == (503, 200)

    slack = desk.run(work)
    answers = [post.words for post in slack.seen_by("UNIGHT") if "seen" in post.words]
    assert len(answers) == 1
    assert "NOTE" in answers[0]
