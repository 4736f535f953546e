"""The real adapters, both at once: what stands in a room, in the thread of its card, and who may press what there."""

import asyncio

import pytest
from sqlalchemy import select

from bot.adapters.house import House
from bot.inbound.forms import FormBuilder
from bot.inbound.services import Services
from handlers import COMMANDS
from handlers.filing.filing import ApprovalAsked
from storage.exposure.labels import Label
from storage.models import Case
from tests.bot.slack.stage import on_slack
from tests.bot.telegram.stage import on_telegram
from tests.bot.test_rooms import FILED
from tests.fake_slack import TEAM, Trouble
from tests.fake_telegram import OFFICER, OTHER
from tests.office import RENDERER, Office, add_account

GROUP, PROVIDER_GROUP = -2001, -2002
SECONDS = 60


class Desk(Office):
    """The office, on a Slack and a Telegram. Officer and Second have an account on each; each has a room."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.person("Second", "console")
        for name, user, number in (("Officer", "UOFFICER", OFFICER), ("Second", "USECOND", OTHER)):
            self.do(lambda work, who=self.people[name], user=user: add_account(work, who, "slack", f"{TEAM}/{user}"))
            self.do(lambda work, who=self.people[name], chat=number: add_account(work, who, "telegram", str(chat)))
        self.room(f"{TEAM}/CROOM", ceiling=Label.AMBER_STRICT)
        self.room(str(GROUP), "telegram", ceiling=Label.AMBER_STRICT)

    def play(self, story) -> None:
        """Run a story on both platforms."""

        async def whole() -> None:
            house = House(
                self.dispatch.receive, FormBuilder(self.store, COMMANDS, RENDERER), Services(self.store, COMMANDS)
            )
            async with asyncio.timeout(SECONDS), on_slack(house) as (slack, out), on_telegram(house) as rig:
                self.slack, self.rig, self.telegram = slack, rig, rig.telegram
                self.roads = [self.road(out), self.road(rig.desk)]
                await story()

        asyncio.run(whole())

    async def deliver_all(self) -> None:
        """Say what is due on both, a few times: what is waited for comes."""
        for _ in range(3):
            await asyncio.gather(*(road.drain() for road in self.roads))
            self.clock.move(minutes=10)

    async def file_emergency(self) -> None:
        """Officer declares one on Slack, alone with the desk, and the rooms are asked."""
        await self.slack.command("UOFFICER", "/" + FILED.format(case=self.case_ref))
        await self.deliver_all()

    async def types_on_slack(self, line: str) -> None:
        """Officer types a command, alone with the desk, and what there is to say is said."""
        await self.slack.command("UOFFICER", f"/{line}")
        await self.deliver_all()

    async def press_on_telegram(self, user: int, label: str, post) -> None:
        self.telegram.press(user, label, post=post)
        await self.rig.heard()

    def in_slack_room(self):
        """The desk's own messages there, the card first."""
        return [post for post in self.slack.posts if post.channel == "CROOM" and not post.to]

    def in_group(self, chat: int = GROUP):
        return [post for post in self.telegram.posts if post.chat == chat]


@pytest.fixture
def desk(sqlite_store, clock) -> Desk:
    return Desk(sqlite_store, clock)


def test_whoever_declared_it_cannot_approve_it_on_any_account_and_a_colleague_can(desk):
    async def story():
        await desk.file_emergency()
        [card], [twin] = desk.in_slack_room(), desk.in_group()
        await desk.slack.press("UOFFICER", card, "Approve")
        await desk.press_on_telegram(OFFICER, "Approve", twin)
        on_slack = desk.slack.seen_by("UOFFICER", "CROOM")[-1].words
        on_telegram = desk.telegram.texts(OFFICER)[-1]
        assert ["takes two people, and Officer was the first" in said for said in (on_slack, on_telegram)] == [True] * 2
        await desk.press_on_telegram(OTHER, "Approve", twin)
        await desk.deliver_all()
        for text in (card.words, twin.text):
            assert "draft" in text
            assert "by Second" in text
        assert "Approve" not in [*card.buttons(), *twin.labels]

    desk.play(story)


def test_what_happens_stands_in_the_thread_on_slack_and_as_a_reply_on_telegram(desk):
    async def story():
        await desk.file_emergency()
        await desk.slack.press("USECOND", desk.in_slack_room()[0], "Approve")
        await desk.deliver_all()
        await desk.types_on_slack(f"request sent {desk.case_ref}/2")
        card, *thread = desk.in_slack_room()
        twin, *replies = desk.in_group()
        assert {post.thread for post in thread} == {card.ts}
        assert {post.answers for post in replies} == {twin.message_id}
        for texts in ([post.words for post in thread], [post.text for post in replies]):
            assert ["APPROVED" in texts[0], "Sent to" in texts[1], len(texts)] == [True, True, 2]
        assert [post.buttons() for post in thread] == [{}, {}]
        assert [post.keyboard for post in replies] == [[], []]
        said = [
            asked for method, asked in desk.telegram.calls if method == "sendMessage" and "reply_parameters" in asked
        ]
        assert {asked["reply_parameters"]["allow_sending_without_reply"] for asked in said} == {True}

    desk.play(story)


def test_a_group_that_read_the_answer_is_not_told_the_same_again(desk):
    async def story():
        await desk.file_emergency()
        await desk.press_on_telegram(OTHER, "Approve", desk.in_group()[0])
        await desk.deliver_all()
        assert len([post for post in desk.in_group() if "APPROVED" in post.text]) == 1
        assert len([post for post in desk.in_slack_room() if "APPROVED" in post.words]) == 1

    desk.play(story)


@pytest.mark.parametrize("trouble", [Trouble(status=0, done=True), Trouble(status=0)], ids=["answer lost", "lost"])
def test_what_slack_left_in_doubt_is_looked_for_in_the_thread_and_stands_there_once(desk, trouble):
    async def story():
        await desk.file_emergency()
        await desk.slack.command("USECOND", f"/request approve {desk.case_ref}/2")
        desk.slack.fail("chat.postMessage", trouble, trouble)  # of the officer's notice, and of the room's
        desk.roads = desk.roads[:1]
        await desk.deliver_all()
        card, *thread = desk.in_slack_room()
        assert [post.thread for post in thread] == [card.ts]
        asked = [asked["ts"] for method, asked in desk.slack.calls if method == "conversations.replies"]
        assert asked == [card.ts]

    desk.play(story)


@pytest.mark.parametrize(("label", "heard"), [(Label.AMBER, 1), (Label.AMBER_STRICT, 0)])
def test_the_room_of_the_other_side_reads_the_outer_form_up_to_amber(desk, label, heard):
    provider = desk.room(str(PROVIDER_GROUP), "telegram", of="PROV-META", ceiling=Label.AMBER)

    async def story():
        desk.say(provider, notice=ApprovalAsked(desk.ref, "Fake pages", "TLP:AMBER", "PROV-META", "danger", "Officer"))
        await desk.deliver_all()
        desk.do(lambda work: setattr(work.session.scalars(select(Case)).one(), "label", label))
        await desk.types_on_slack(f'request clarify {desk.ref} asks:"which page?" on:today')
        card, *replies = desk.in_group(PROVIDER_GROUP)
        assert (len(replies), len(card.edits)) == (heard, 1)  # where they do not see it any more, it is blanked
        assert ("Fake pages" in card.text) is bool(heard)
        assert "which page?" not in "".join(post.text for post in replies)

    desk.play(story)
