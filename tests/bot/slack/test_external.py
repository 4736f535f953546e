"""What Slack says of guests and shared rooms: asked once, remembered, in time or not at all; and told by events."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest

from bot.adapters.contract import Field, Form, Question
from bot.adapters.house import House
from bot.adapters.slack import external
from bot.adapters.slack.external import FAILED_SECONDS, REMEMBERED_SECONDS, ExternalStatus
from bot.adapters.slack.workspaces import ByInstallation, ByToken
from tests.bot.slack.stage import Hearing, on_slack, said
from tests.fake_slack import BOT_TOKEN, FakeSlack, Trouble

PERSON, ROOM = "T1/U1", "T1/C1"


class Time:
    """Seconds that go on when a test says so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def asking(workspaces=None, time=None):
    async with FakeSlack() as slack, asyncio.timeout(20):
        asked = workspaces or ByToken(f"{slack.url}/api", BOT_TOKEN)
        asked.api_url = f"{slack.url}/api"
        asked.open()
        looked = ExternalStatus(asked, elapsed=time or Time())
        looked.patience_seconds = 20  # a machine under load is not what these are about
        yield slack, looked
        await asked.close()


def calls(slack: FakeSlack, method: str) -> int:
    return [called for called, _ in slack.calls].count(method)


@pytest.mark.parametrize(("place", "method"), [(PERSON, "users.info"), (ROOM, "conversations.info")])
class TestAsked:
    def ask(self, looked: ExternalStatus, place: str):
        return looked.is_guest(place) if place.startswith(PERSON) else looked.is_shared(place)

    def test_an_answer_is_remembered_for_minutes_and_no_longer(self, place, method):
        async def story():
            time = Time()
            async with asking(time=time) as (slack, looked):
                found = [await self.ask(looked, place) for _ in range(3)]
                slack.outside |= {"U1": {"is_restricted": True}, "C1": {"is_shared": True}}
                time.now = REMEMBERED_SECONDS - 1
                found.append(await self.ask(looked, place))
                time.now += 1
                found.append(await self.ask(looked, place))
                return found, calls(slack, method)

        assert asyncio.run(story()) == ([False, False, False, False, True], 2)

    def test_many_at_once_ask_once(self, place, method):
        async def story():
            async with asking() as (slack, looked):
                found = await asyncio.gather(*(self.ask(looked, place) for _ in range(20)))
                return set(found), calls(slack, method)

        assert asyncio.run(story()) == ({False}, 1)

    def test_what_comes_late_is_unsaid_now_and_known_the_next_time(self, place, method):
        async def story():
            async with asking() as (slack, looked):
                slack.fail(method, Trouble(silent=True, done=True))
                looked.patience_seconds = 0.01
                late = [await self.ask(looked, place) for _ in range(3)]
                looked.patience_seconds = 20
                slack.speak()
                return late, await self.ask(looked, place), calls(slack, method)

        assert asyncio.run(story()) == ([None, None, None], False, 1)

    @pytest.mark.parametrize("trouble", [Trouble("missing_scope"), Trouble("", 503), Trouble("ratelimited", 429)])
    def test_what_fails_is_unsaid_and_asked_again_a_little_later(self, place, method, trouble):
        async def story():
            time = Time()
            async with asking(time=time) as (slack, looked):
                slack.fail(method, trouble)
                found = [await self.ask(looked, place) for _ in range(3)]
                time.now = FAILED_SECONDS
                return [*found, await self.ask(looked, place)], calls(slack, method)

        assert asyncio.run(story()) == ([None, None, None, False], 2)

    def test_only_so_much_is_remembered(self, place, method, monkeypatch):
        monkeypatch.setattr(external, "MANY", 2)

        async def story():
            async with asking() as (slack, looked):
                for other in (place, f"{place}x", f"{place}y", place):
                    await self.ask(looked, other)
                return len(looked._answers), calls(slack, method)

        assert asyncio.run(story()) == (2, 4)


class TestWorkspaces:
    def guest(self, workspaces=None, **of_person: object) -> tuple[bool | None, int]:
        async def story():
            async with asking(workspaces) as (slack, looked):
                slack.outside["U1"] = of_person
                return await looked.is_guest(PERSON), calls(slack, "users.info")

        return asyncio.run(story())

    def test_a_person_of_another_workspace_is_one_whatever_team_the_message_names(self):
        assert self.guest(team_id="T9") == (True, 1)

    def test_another_workspace_of_the_same_organisation_that_they_belong_to_is_home(self):
        assert self.guest(team_id="T9", enterprise_user={"teams": ["T9", "T1"]}) == (False, 1)

    def test_who_is_of_a_workspace_that_never_let_the_desk_in_is_one_and_slack_is_not_asked(self):
        class Nobody:
            async def token(self, client_id: str, team: str) -> str | None:
                del client_id, team

        assert self.guest(ByInstallation("", "47.11", Nobody())) == (True, 0)


class Kept:
    """What is put on record of rooms, or why it cannot be."""

    def __init__(self) -> None:
        self.told: list[tuple[str, bool, float]] = []
        self.broken = False

    async def room_shared(self, platform: str, room: str, *, shared: bool, since) -> None:
        assert platform == "slack"
        if self.broken:
            raise RuntimeError("the store is away")
        self.told.append((room, shared, since.timestamp()))


class TestEvents:
    def tell(self, *events: dict, broken: int = 0) -> tuple[list[int], Kept]:
        """The events, one after the other; so many of them cannot be kept. The "ok"s."""
        kept, desk = Kept(), Hearing()
        house = House(desk.receive, desk, kept)

        async def story():
            statuses = []
            async with on_slack(house) as (slack, _):
                for n, event in enumerate(events):
                    kept.broken = n < broken
                    statuses.append(
                        (await slack.event({"channel": "C1", "event_ts": "1561064063.001100"} | event)).status
                    )
            return statuses

        return asyncio.run(story()), kept

    def test_a_room_that_is_shared_and_one_that_is_no_more_go_on_record(self):
        statuses, kept = self.tell({"type": "channel_shared"}, {"type": "channel_unshared", "is_ext_shared": False})
        assert statuses == [200, 200]
        assert kept.told == [(ROOM, True, 1561064063.0011), (ROOM, False, 1561064063.0011)]

    def test_a_room_that_others_still_share_stays_as_it_is(self):
        assert self.tell({"type": "channel_unshared", "is_ext_shared": True})[1].told == []

    def test_what_cannot_be_kept_is_brought_again(self):
        statuses, kept = self.tell({"type": "channel_shared"}, {"type": "channel_shared"}, broken=1)
        assert statuses == [500, 200]
        assert len(kept.told) == 1

    def test_what_was_remembered_of_the_room_is_forgotten(self):
        desk = Hearing()

        async def story():
            async with on_slack(desk.house) as (slack, _):
                await slack.command("U1", "/case list", channel="C1")
                slack.outside["C1"] = {"is_ext_shared": True}
                await slack.event({"type": "channel_shared", "channel": "C1", "event_ts": "1561064063.001100"})
                await slack.command("U1", "/case list", channel="C1")

        asyncio.run(story())
        assert [heard.shared for heard in desk.heard] == [False, True]


class TestMessages:
    """Every kind of payload brings what Slack says along."""

    @pytest.mark.parametrize("where", ["C1", ""])
    def test_of_commands_mentions_buttons_forms_and_the_home(self, where):
        fields = (Field("title", "Title", required=True),)
        question = Question("title", "Title", "case open", ())
        missing = said("title is missing", question=question, refused=True)
        desk = Hearing([missing], Form("case open", "Open the case", fields))

        async def story():
            async with on_slack(desk.house) as (slack, _):
                slack.outside |= {"U1": {"is_restricted": True}, "C1": {"is_ext_shared": True}}
                await slack.command("U1", "/case open", channel=where)
                await slack.submit("U1", title="Shop")
                await slack.say("U1", "case list", channel=where)
                await slack.open_home("U1")
                await slack.shortcut("U1", "file_request")
                await slack.quiet()

        asyncio.run(story())
        assert {heard.guest for heard in desk.heard} == {True}
        assert {heard.workspace for heard in desk.heard} == {"T1"}
        assert {heard.shared for heard in desk.heard if heard.room} == ({True} if where else set())
        assert not {heard.shared for heard in desk.heard if not heard.room} - {False}

    def test_an_event_that_says_it_itself_is_believed_though_slack_says_nothing_more(self):
        desk = Hearing()

        async def story():
            async with on_slack(desk.house) as (slack, _):
                body = {
                    "type": "event_callback", "team_id": "T1", "event_id": "Ev1", "is_ext_shared_channel": True,
                    "event": {"type": "app_mention", "user": "U1", "text": "case list", "channel": "C1", "ts": "1.1"},
                }  # fmt: skip
                await slack.post(json.dumps(body).encode(), "application/json")
                await slack.quiet()
                return desk.heard[0].shared

        assert asyncio.run(story()) is True
        assert desk.heard[0].shared is True


class TestRooms:
    """One question also tells what a room is called, and whether the desk was invited."""

    def heard(self, work):
        desk = Hearing()

        async def story():
            async with on_slack(desk.house) as (slack, _):
                await work(slack)
                return calls(slack, "conversations.info")

        asked = asyncio.run(story())
        return [(one.room_name, one.member, one.shared) for one in desk.heard], asked

    def test_its_name_comes_with_every_line_and_is_asked_once(self):
        async def work(slack):
            await slack.command("U1", "/case list", channel="C1")
            await slack.say("U1", "case list", channel="C1")

        assert self.heard(work) == ([("#c1", True, False)] * 2, 1)

    def test_between_two_there_is_no_room(self):
        assert self.heard(lambda slack: slack.command("U1", "/case list")) == ([("", True, False)], 0)

    @pytest.mark.parametrize(("kind", "said"), [("public", ("#c1", False, False)), ("private", ("", False, None))])
    def test_where_the_desk_is_not_in_it_is_asked_again_each_time(self, kind, said):
        async def work(slack):
            slack.absent["C1"] = kind
            await slack.command("U1", "/desk channel here", channel="C1")
            slack.absent.clear()
            await slack.command("U1", "/desk channel here", channel="C1")

        assert self.heard(work) == ([said, ("#c1", True, False)], 2)

    def test_a_message_to_several_people_has_no_name(self):
        async def work(slack):
            slack.outside["G1"] = {"is_mpim": True, "name": "mpdm-amina--bilal-1"}
            await slack.command("U1", "/case list", channel="G1")

        assert self.heard(work) == ([("", True, False)], 1)
