"""Who says that more is shown: workspaces, shared rooms, guests, as people type it on a Slack; and when it ends."""

import asyncio

import pytest
from sqlalchemy import select

from bot.adapters.contract import Inbound
from storage.exposure import ceilings, externals
from storage.exposure.labels import Label
from storage.models import Account, OutboxRow, Recipient
from storage.record import links, records
from tests.bot.slack.labelled import ALL, OPEN, READS, ROOM, SECONDS, UP_TO_AMBER, Desk, seen
from tests.fake_slack import TEAM, Trouble

HERE = "/desk channel here for:PK-FIA-CCW label:amber"
SHARED = {"is_ext_shared": True}
GUEST = f"account:slack:{TEAM}/UGUEST"
LATER = 10**10  # Slack's time of an event, seconds: after everything here


@pytest.fixture
def desk(sqlite_store) -> Desk:
    return Desk(sqlite_store)


def told(desk: Desk, notice: str) -> list[Recipient]:
    query = select(OutboxRow.recipient).where(OutboxRow.notice == notice).order_by(OutboxRow.id)
    return desk.store.read(lambda work: list(work.session.scalars(query))).result(SECONDS)


async def event(slack, kind: str, at: float, **more: object) -> None:
    await slack.event({"type": kind, "channel": ROOM, "event_ts": f"{at:.6f}", **more})


class TestRooms:
    def test_a_shared_room_is_let_in_by_an_administrator_and_that_is_on_record(self, desk):
        said = []

        async def work(slack):
            said.append(await desk.says(slack, "UMANAGER", HERE, ROOM))
            said.append(await desk.says(slack, "UADMIN", HERE, ROOM))
            said.append(await desk.says(slack, "UIN", "/desk channel show", ROOM))
            said.append(await desk.says(slack, "UIN", "/case status 3", ROOM))

        slack = desk.on(work, C1=SHARED)
        refused, let_in, shown, _ = said
        assert "Not allowed: let the desk into a room that is shared with another organisation" in refused
        assert "UADMIN" in refused
        assert "an administrator has let it in" in let_in
        assert "an administrator has let it in" in shown
        assert Label.AMBER in seen(slack, ROOM)
        room = desk.known_room()
        assert (room.outside, room.admitted_by) == (True, desk.account("UADMIN").person_id)
        assert desk.acts("channel") == ["channel here"]

    def test_a_manager_lets_it_into_a_plain_room_as_before(self, desk):
        desk.on(lambda slack: desk.says(slack, "UMANAGER", HERE, ROOM))
        assert (desk.known_room().outside, desk.known_room().admitted_at) == (False, None)

    def test_a_guest_lets_it_into_none_administrator_or_not(self, desk):
        said = []

        async def work(slack):
            said.append(await desk.says(slack, "UADMIN", HERE, ROOM))

        desk.on(work, C1=SHARED, UADMIN={"is_restricted": True})
        assert "you are a guest here yourself" in said[0]

    def test_while_slack_does_not_say_nobody_does(self, desk):
        said = []

        async def work(slack):
            slack.fail("conversations.info", Trouble("ratelimited", 429))
            said.append(await desk.says(slack, "UADMIN", HERE, ROOM))

        desk.on(work)
        assert "nobody has said in time whether another organisation reads here" in said[0]

    def test_what_stays_in_the_agency_is_not_for_a_shared_room(self, desk):
        said = []

        async def work(slack):
            said.append(await desk.says(slack, "UADMIN", HERE.replace("amber", "amber+strict"), ROOM))

        desk.on(work, C1=SHARED)
        assert "stays in the agency" in said[0]

    @pytest.mark.parametrize("by", ["event", "look"])
    def test_a_room_that_comes_to_be_shared_shows_less_until_an_administrator_says_so_again(self, desk, by):
        async def plain(slack):
            await desk.says(slack, "UADMIN", HERE, ROOM)

        async def shared(slack):
            if by == "event":
                await event(slack, "channel_shared", LATER)
            for line in READS:
                await desk.says(slack, "UIN", line, ROOM)
            assert (seen(slack, ROOM), desk.known_room().outside) == (OPEN, True)
            await desk.says(slack, "UADMIN", HERE, ROOM)
            await desk.says(slack, "UIN", "/case status 3", ROOM)
            assert Label.AMBER in seen(slack, ROOM)

        desk.on(plain)
        desk.on(shared, C1=SHARED)
        assert told(desk, "room_shared") == [Recipient.person(desk.account("UADMIN").person_id)]
        assert desk.acts("channel") == ["channel here", "channel outside", "channel here"]

    def test_one_more_organisation_ends_an_admission_and_one_that_was_there_before_does_not(self, desk):
        async def work(slack):
            await desk.says(slack, "UADMIN", HERE, ROOM)
            await event(slack, "channel_shared", 1.0)
            assert desk.known_room().admitted_at
            await event(slack, "channel_unshared", LATER, is_ext_shared=True)
            assert desk.known_room().admitted_at
            await event(slack, "channel_shared", LATER)
            assert (desk.known_room().admitted_at, desk.known_room().outside) == (None, True)

        desk.on(work, C1=SHARED)
        assert len(told(desk, "room_shared")) == 1

    def test_an_admission_does_not_outlive_the_sharing(self, desk):
        async def work(slack):
            await desk.says(slack, "UADMIN", HERE, ROOM)
            await event(slack, "channel_unshared", LATER, is_ext_shared=False)
            assert (desk.known_room().admitted_at, desk.known_room().outside) == (None, False)

        desk.on(work, C1=SHARED)

    def test_before_it_speaks_the_desk_asks_whether_a_room_is_shared_by_now(self, desk):
        recipient = desk.room(outside=False)
        desk.on(lambda _: desk.unasked(recipient), C1=SHARED)
        assert desk.known_room().outside
        assert desk.acts("channel") == ["channel outside"]

    def test_while_slack_does_not_say_what_it_said_last_holds(self, desk):
        recipient = desk.room(outside=False)

        async def work(slack):
            slack.fail("conversations.info", *[Trouble("ratelimited", 429)] * 99)
            await desk.unasked(recipient)

        assert seen(desk.on(work), ROOM) == UP_TO_AMBER

    def test_a_room_it_never_spoke_of_counts_as_shared_then(self, desk):
        recipient = desk.room()

        async def work(slack):
            slack.fail("conversations.info", *[Trouble("ratelimited", 429)] * 99)
            await desk.unasked(recipient)

        assert seen(desk.on(work), ROOM) == OPEN


class TestGuests:
    def test_an_administrator_admits_a_guest_and_takes_it_back(self, desk):
        said = []

        async def work(slack):
            for by, line in (
                ("UGUEST", "/case status 3"),
                ("UADMIN", f"/desk person admit UGUEST {GUEST}"),
                ("UGUEST", "/case status 3"),
                ("UGUEST", "/desk me"),
                ("UADMIN", f"/desk person restrict UGUEST {GUEST}"),
                ("UGUEST", "/case status 3"),
                ("UADMIN", "/desk person UGUEST"),
            ):
                said.append(await desk.says(slack, by, line))

        desk.on(work, UGUEST={"is_restricted": True})
        before, admitted, shown, me, restricted, after, listed = said
        assert "not shown to guests" in before
        assert "UGUEST is admitted" in admitted
        assert "Codeword charlie" in shown
        assert "Guest with" not in me
        assert "nothing closer from now on" in restricted
        assert "not shown to guests" in after
        assert "a guest with slack:T1/UGUEST" in listed
        assert desk.acts("account") == ["account outside", "account admit", "account restrict"]
        person = Recipient.person(desk.account("UGUEST").person_id)
        assert (told(desk, "guest_admitted"), told(desk, "guest_restricted")) == ([person], [person])

    @pytest.mark.parametrize("by", ["UMANAGER", "UGUEST"])
    def test_nobody_else_does(self, desk, by):
        said = []

        async def work(slack):
            said.append(await desk.says(slack, by, f"/desk person admit UGUEST {GUEST}"))

        desk.on(work)
        assert "Not allowed" in said[0]
        assert desk.account("UGUEST").admitted_at is None

    def test_a_guest_does_not_admit_themselves_administrator_or_not(self, desk):
        said = []

        async def work(slack):
            said.append(await desk.says(slack, "UADMIN", f"/desk person admit UADMIN account:slack:{TEAM}/UADMIN"))

        desk.on(work, UADMIN={"is_restricted": True})
        assert "you are a guest here yourself" in said[0]

    @pytest.mark.parametrize(
        ("line", "answer"),
        [
            ("admit UIN account:slack:T1/UIN", "is no guest's account"),
            ("admit UIN account:slack:T1/UNOBODY", "UNOBODY"),
            ("restrict UIN account:slack:T1/UIN", "was not admitted"),
        ],
    )
    def test_what_is_not_so_is_said(self, desk, line, answer):
        desk.do(lambda work: setattr(externals.account_of(work, "slack", f"{TEAM}/UIN"), "outside", False))
        said = []

        async def work(slack):
            said.append(await desk.says(slack, "UADMIN", f"/desk person {line}"))

        desk.on(work)
        assert answer in said[0]
        assert desk.acts("account") == []

    def test_who_is_no_guest_any_more_needs_no_admission_and_a_later_one_is_for_what_is_then(self, desk):
        desk.admit(Account, f"{TEAM}/UGUEST")
        desk.on(lambda slack: desk.says(slack, "UGUEST", "/case list"))
        assert (desk.account("UGUEST").outside, desk.account("UGUEST").admitted_at) == (False, None)
        slack = desk.on(lambda slack: desk.says(slack, "UGUEST", "/case list"), UGUEST={"is_restricted": True})
        assert seen(slack, "DUGUEST") == OPEN

    def test_an_account_that_comes_to_somebody_else_is_not_admitted_with_it(self, desk):
        desk.admit(Account, f"{TEAM}/UGUEST")
        said = []

        async def work(slack):
            said.append(await desk.says(slack, "UGUEST", f"/desk unlink slack:{TEAM}/UGUEST"))

        desk.on(work, UGUEST={"is_restricted": True})
        assert "slack:T1/UGUEST" in said[0]
        assert desk.account("UGUEST").admitted_at is None


class TestWorkspaces:
    def test_a_ceiling_holds_for_all_that_is_shown_there_asked_for_and_unasked(self, desk):
        recipient = desk.room()
        person = Recipient.person(desk.account("UIN").person_id)
        said = []

        async def work(slack):
            said.append(await desk.says(slack, "UADMIN", "/desk workspace"))
            said.append(await desk.says(slack, "UADMIN", "/desk workspace label:green"))
            for channel in ("", ROOM):
                for line in READS:
                    await desk.says(slack, "UIN", line, channel)
            await desk.says(slack, "UIN", "/case note")
            await slack.open_home("UIN")
            await desk.unasked(recipient)
            await desk.unasked(person)

        slack = desk.on(work)
        assert "labels up to TLP:RED are shown" in said[0]
        assert "Changed. In the Slack workspace T1 labels up to TLP:GREEN" in said[1]
        assert "UADMIN" in said[1]
        shown = {Label.CLEAR, Label.GREEN}
        assert (seen(slack, ROOM), seen(slack, "DUIN")) == (shown, shown)
        assert "is not shown in this workspace of Slack" in "\n".join(post.words for post in slack.seen_by("UIN"))
        assert desk.acts("workspace") == ["workspace ceiling"]

    def test_the_more_open_of_workspace_and_settings_holds(self, sqlite_store):
        desk = Desk(sqlite_store, slack=Label.GREEN)

        async def work(slack):
            await desk.says(slack, "UADMIN", "/desk workspace label:amber")
            for line in READS:
                await desk.says(slack, "UIN", line)

        assert seen(desk.on(work), "DUIN") == {Label.CLEAR, Label.GREEN}

    def test_taken_back_everything_is_shown_again(self, desk):
        async def work(slack):
            await desk.says(slack, "UADMIN", "/desk workspace label:clear")
            await desk.says(slack, "UADMIN", "/desk workspace label:red")
            for line in READS:
                await desk.says(slack, "UIN", line)

        assert seen(desk.on(work), "DUIN") == ALL

    def test_a_guest_does_not_say_it_administrator_or_not(self, desk):
        said = []

        async def work(slack):
            said.append(await desk.says(slack, "UADMIN", "/desk workspace label:clear"))

        desk.on(work, UADMIN={"is_restricted": True})
        assert "you are a guest here yourself" in said[0]

    @pytest.mark.parametrize("platform", ["console", "telegram"])
    def test_where_there_are_no_workspaces_it_says_so(self, desk, platform):
        account = {"console": "UADMIN", "telegram": "4711"}[platform]
        desk.do(
            lambda work: links.take(work, records.people(work, name="UADMIN")[0], "telegram", "4711", by=None) and None
        )
        desk.on(lambda _: asyncio.sleep(0))  # the desk is open
        answer = asyncio.run(desk.dispatch.receive(Inbound(platform, "k", account, "desk workspace label:green")))
        assert answer.refused
        assert "there are no workspaces here" in answer.messages[0].plain()


def test_a_workspace_is_the_first_half_of_what_platforms_with_workspaces_write():
    assert [ceilings.workspace_of(one) for one in ("T1/U1", "4711", "")] == ["T1", "", ""]
