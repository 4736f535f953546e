"""Several workspaces: each lets the desk in through a browser, is spoken to with its own token, can take it away."""

import asyncio
import json
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import func, select

from bot.adapters.contract import Address
from bot.adapters.house import House
from bot.adapters.outcome import Refused, Sent
from bot.adapters.slack import Slack
from bot.adapters.slack.install import DENIED, NOT_CONFIRMED, ONE_BY_ONE, STALE, STATE_SECONDS
from bot.inbound.dispatch import Dispatch
from bot.inbound.forms import FormBuilder
from bot.inbound.installations import Installations
from bot.inbound.services import Services
from bot.outbound.delivery import PlatformDelivery
from bot.rendering.blocks import Message, Paragraph, Span
from bot.rendering.render import Renderer
from bot.settings import Settings
from handlers import COMMANDS, people
from storage.exposure.roles import Role
from storage.history import chain
from storage.messages import retention
from storage.messages.installations import token
from storage.models import OutboxRow, SlackBot, SlackInstallation, SlackState
from storage.models.base import Base
from tests.bot.slack.stage import Hearing, on_slack, said
from tests.fake_slack import SECRET, FakeSlack, Trouble
from tests.slack_app import CLIENT_ID, CLIENT_SECRET, Browser

NOTE = Message((Paragraph((Span("a note"),)),), None)
SECONDS = 20


def on(store, work, *, hearing=None, socket=False):
    """Do something on a Slack where nobody has let the desk in yet: `work(slack, desk, browser)`."""
    hearing = hearing or Hearing()
    house = House(hearing.receive, hearing, Services(store, COMMANDS))

    async def connected():
        async with on_slack(house, socket=socket, several=True) as (slack, desk):
            found = await work(slack, desk, browser_of(slack))
            await slack.quiet()
            return found

    return asyncio.run(connected())


def browser_of(slack: FakeSlack) -> Browser:
    return Browser(slack.desk_url.removesuffix("/slack/events"))


def count(store, model) -> int:
    return store.read(lambda work: work.session.query(model).count()).result(SECONDS)


def kept(store, team) -> str | None:
    return store.read(lambda work: token(work, CLIENT_ID, team)).result(SECONDS)


def contents(store) -> dict[str, int]:
    """How many rows there are, in each table."""
    tables = Base.metadata.sorted_tables

    def job(work):
        return {one.name: work.session.scalar(select(func.count()).select_from(one)) for one in tables}

    return store.read(job).result(SECONDS)


def acts(store) -> list[tuple[str, str]]:
    def job(work):
        assert chain.verify(work.session, None).bad_n is None
        return [(line.act, line.ref) for line in work.session.query(chain.AuditLine).order_by(chain.AuditLine.n)]

    return store.read(job).result(SECONDS)


class TestInstalling:
    def test_a_workspace_lets_the_desk_in_and_is_answered(self, store):
        desk = Hearing([said("3 cases")])

        async def work(slack, _, browser):
            page = await browser.install(slack.app, "T2")
            slack.team = "T2"
            await slack.say("U2", "case list")
            return page, slack.posts

        page, posts = on(store, work, hearing=desk)
        assert (page.status, page.text.partition(".")[0]) == (200, "The desk is installed in Agency T2")
        assert [heard.account for heard in desk.heard] == ["T2/U2"]
        assert [(post.team, post.words) for post in posts] == [("T2", "3 cases")]
        assert ("workspace installed", "slack:T2") in acts(store)

    @pytest.mark.parametrize("socket", [False, True], ids=["http", "socket"])
    def test_each_of_two_workspaces_hears_its_own_answers_with_its_own_token(self, sqlite_store, socket):
        desk = Hearing([said(f"for {team}") for team in ("T2", "T3", "T2")])

        async def work(slack, _, browser):
            for team in ("T2", "T3"):
                await browser.install(slack.app, team)
            for team in ("T2", "T3", "T2"):
                slack.team = team
                await slack.say(f"U{team}", "case list")
            return slack.posts

        posts = on(sqlite_store, work, hearing=desk, socket=socket)
        assert [(post.team, post.channel, post.words) for post in posts] == [
            ("T2", "DUT2", "for T2"),
            ("T3", "DUT3", "for T3"),
            ("T2", "DUT2", "for T2"),
        ]

    def test_what_the_desk_says_by_itself_goes_to_the_workspace_it_is_for(self, sqlite_store):
        async def work(slack, desk, browser):
            for team in ("T2", "T3"):
                await browser.install(slack.app, team)
            sent = [await desk.send(Address("slack", room=f"{team}/C1"), NOTE, mark="7") for team in ("T3", "T2")]
            await desk.edit(sent[0].place, sent[0].message_id, NOTE)
            found = await desk.find(Address("slack", account="T2/U2"), "9", sqlite_store.clock.now())
            return [post.team for post in slack.posts], slack.app.calls, found

        teams, calls, found = on(sqlite_store, work)
        assert teams == ["T3", "T2"]
        assert calls["T3", "chat.update"] == calls["T2", "conversations.history"] == 1
        assert found is None

    def test_the_way_leads_to_slack_and_back_to_us(self, sqlite_store):
        async def work(slack, _, browser):
            return slack.url, await browser.begin(), browser.desk_url

        slack_url, leads_to, desk_url = on(sqlite_store, work)
        asked = parse_qs(urlsplit(leads_to).query)
        assert leads_to.startswith(f"{slack_url}/oauth/v2/authorize?")
        assert asked["redirect_uri"] == [f"{desk_url}/slack/oauth_redirect"]

    def test_govslack_has_its_own_page(self, sqlite_store):
        settings = Settings(
            _env_file=None,
            slack_api_url="https://slack-gov.com/api",
            slack_client_id=CLIENT_ID,
            slack_client_secret=CLIENT_SECRET,
            slack_public_url="https://desk.example",
            slack_signing_secret=SECRET,
        )
        hearing = Hearing()
        desk = Slack(settings, House(hearing.receive, hearing, Services(sqlite_store, COMMANDS)))
        begin = next(route.handler for route in desk.routes if route.path == "/slack/install")
        response = asyncio.run(begin(None))
        assert response.headers["Location"].startswith("https://slack-gov.com/oauth/v2/authorize?")
        assert response.cookies["rogatory_install"]["secure"]

    def test_a_new_installation_takes_the_place_of_the_old(self, store):
        async def work(slack, _, browser):
            for _n in range(2):
                await browser.install(slack.app, "T2")
            return list(slack.app.tokens)[-1]

        newest = on(store, work)
        assert kept(store, "T2") == newest
        assert (count(store, SlackBot), count(store, SlackInstallation)) == (1, 1)

    def test_a_workspace_of_an_organisation_is_known_by_its_team_alone(self, sqlite_store):
        async def work(slack, desk, browser):
            slack.app.answers["T2"] = {"enterprise": {"id": "E1", "name": "Police"}}
            await browser.install(slack.app, "T2")
            return await desk.send(Address("slack", room="T2/C1"), NOTE)

        assert isinstance(on(sqlite_store, work), Sent)


class TestRefusedInstallations:
    def refused(self, store, work):
        """The page of a way that must not end in an installation."""
        page = on(store, work)
        assert (page.status, count(store, SlackBot), count(store, SlackInstallation)) == (400, 0, 0)
        assert "/slack/install" in page.text
        return page.text

    def test_a_state_is_good_once(self, store):
        async def work(slack, _, browser):
            leads_to = await browser.begin()
            await browser.come_back(leads_to, error="access_denied")
            return await browser.come_back(leads_to, code=slack.app.allow(leads_to, "T2"))

        assert self.refused(store, work).startswith(STALE)

    @pytest.mark.parametrize(("seconds", "installed"), [(STATE_SECONDS - 1, 1), (STATE_SECONDS, 0)])
    def test_a_state_is_good_for_ten_minutes(self, store, seconds, installed):
        async def work(slack, _, browser):
            leads_to = await browser.begin()
            store.clock.move(minutes=seconds / 60)
            return await browser.come_back(leads_to, code=slack.app.allow(leads_to, "T2"))

        page = on(store, work)
        assert count(store, SlackBot) == installed
        assert page.text.startswith(STALE) != bool(installed)

    def test_the_state_of_another_desk_is_refused(self, sqlite_store):
        """Whoever has no client secret of ours signs nothing, whatever time it says."""
        real = Installations(sqlite_store).issue(CLIENT_SECRET, seconds=STATE_SECONDS)
        longer = str(float(real.partition("~")[0]) + 1) + real[real.index("~") :]
        forged = (Installations(sqlite_store).issue("another", seconds=STATE_SECONDS), longer, real[:-1], "~", "é~é~é")

        async def work(slack, _, browser):
            leads_to = await browser.begin()
            url = parse_qs(urlsplit(leads_to).query)["redirect_uri"][0]
            pages = []
            for state in forged:
                browser.cookies["rogatory_install"] = state
                pages.append(await browser.open(url, state=state, code=slack.app.allow(leads_to, "T2")))
            return pages

        pages = on(sqlite_store, work)
        assert [(page.status, page.text.startswith(STALE)) for page in pages] == [(400, True)] * len(forged)

    def test_an_invented_state_is_refused(self, sqlite_store):
        async def work(slack, _, browser):
            browser.cookies["rogatory_install"] = "invented"
            leads_to = (await browser.begin()).replace("state=", "state=invented&was=")
            return await browser.come_back(leads_to, code=slack.app.allow(leads_to, "T2"))

        assert self.refused(sqlite_store, work).startswith(STALE)

    def test_nobody_finishes_the_way_of_another_browser_and_its_owner_still_can(self, sqlite_store):
        async def work(slack, _, browser):
            leads_to = await browser.begin()
            code = slack.app.allow(leads_to, "T2")
            other = await browser_of(slack).come_back(leads_to, code=code)
            return other, await browser.come_back(leads_to, code=code)

        other, owner = on(sqlite_store, work)
        assert (other.status, owner.status) == (400, 200)
        assert other.text.startswith(STALE)

    def test_whoever_does_not_allow_it_reads_so(self, sqlite_store):
        async def work(_slack, _, browser):
            return await browser.come_back(await browser.begin(), error="access_denied")

        assert self.refused(sqlite_store, work).startswith(DENIED)

    def test_a_code_that_slack_did_not_give_is_not_confirmed(self, sqlite_store):
        async def work(_slack, _, browser):
            return await browser.come_back(await browser.begin(), code="invented")

        assert self.refused(sqlite_store, work).startswith(NOT_CONFIRMED)

    def test_a_slack_that_breaks_off_has_confirmed_nothing(self, sqlite_store):
        async def work(slack, _, browser):
            slack.fail("oauth.v2.access", Trouble(status=0))
            return await browser.install(slack.app, "T2")

        assert self.refused(sqlite_store, work).startswith(NOT_CONFIRMED)

    @pytest.mark.parametrize("answer", [{"access_token": None}, {"token_type": "user"}, {"team": None}])
    def test_an_answer_without_the_token_of_a_bot_is_none(self, sqlite_store, answer):
        async def work(slack, _, browser):
            slack.app.answers["T2"] = answer
            return await browser.install(slack.app, "T2")

        assert self.refused(sqlite_store, work).startswith(NOT_CONFIRMED)

    def test_an_organisation_as_a_whole_is_not_taken(self, sqlite_store):
        async def work(slack, _, browser):
            slack.app.answers["T2"] = {"is_enterprise_install": True, "team": None, "enterprise": {"id": "E1"}}
            return await browser.install(slack.app, "T2")

        assert self.refused(sqlite_store, work).startswith(ONE_BY_ONE)


class TestStrangers:
    def test_a_workspace_that_never_let_us_in_gets_its_ok_and_nothing_else(self, sqlite_store, caplog):
        desk = Hearing()

        async def work(slack, _, browser):
            await browser.install(slack.app, "T2")
            slack.team = "T9"
            acks = [await slack.say("U9", "case list"), await slack.command("U9", "/case list canary")]
            return acks, slack.posts

        acks, posts = on(sqlite_store, work, hearing=desk)
        assert [(ack.status, ack.body) for ack in acks] == [(200, {}), (200, {})]
        assert (desk.heard, posts) == ([], [])
        assert caplog.text.count("Slack workspace T9") == 2
        assert "canary" not in caplog.text

    def test_nothing_is_sent_to_it(self, sqlite_store):
        async def work(_slack, desk, _):
            return await desk.send(Address("slack", room="T9/C1"), NOTE)

        assert on(sqlite_store, work) == Refused("not installed")


class TestTakingItAway:
    GONE = ({"type": "app_uninstalled"}, {"type": "tokens_revoked", "tokens": {"bot": ["BT2"]}})

    @pytest.mark.parametrize("event", GONE, ids=lambda event: event["type"])
    def test_a_workspace_that_took_it_away_is_forgotten_and_the_others_are_not(self, store, event):
        async def work(slack, desk, browser):
            for team in ("T2", "T3"):
                await browser.install(slack.app, team)
            slack.app.remove("T2")
            slack.team = "T2"
            ack = await slack.event(event)
            sent = [await desk.send(Address("slack", room=f"{team}/C1"), NOTE) for team in ("T2", "T3")]
            return ack.status, sent

        status, (to_gone, to_other) = on(store, work)
        assert status == 200
        assert to_gone == Refused("not installed")
        assert isinstance(to_other, Sent)
        assert (kept(store, "T2"), count(store, SlackInstallation)) == (None, 1)
        assert acts(store)[-1] == ("workspace gone", "slack:T2")

    @pytest.mark.parametrize(
        "event",
        [*GONE, {"type": "tokens_revoked", "tokens": {"oauth": ["U2"]}}],
        ids=["late", "late token", "a person's token"],
    )
    def test_a_token_that_is_still_good_stays(self, sqlite_store, event):
        async def work(slack, desk, browser):
            await browser.install(slack.app, "T2")
            slack.team = "T2"
            return (await slack.event(event)).status, await desk.send(Address("slack", room="T2/C1"), NOTE)

        status, sent = on(sqlite_store, work)
        assert status == 200
        assert isinstance(sent, Sent)

    def test_while_slack_cannot_be_asked_the_event_is_brought_again(self, sqlite_store):
        async def work(slack, _, browser):
            await browser.install(slack.app, "T2")
            slack.app.remove("T2")
            slack.team = "T2"
            slack.fail("auth.test", Trouble("", 503))
            first = (await slack.event(self.GONE[0], key="Ev7")).status
            still_there = kept(sqlite_store, "T2")
            return first, still_there, (await slack.event(self.GONE[0], key="Ev7")).status

        first, still_there, again = on(sqlite_store, work)
        assert (first, again) == (500, 200)
        assert still_there
        assert kept(sqlite_store, "T2") is None


def test_a_revoked_token_silences_no_other_workspace(store):
    """Through the real way out: what is for the workspace that is gone is put aside, the rest is said at once."""
    for name, account in (("Gone Officer", "slack:T2/U2"), ("Day Officer", "slack:T3/U3")):
        store.write(
            lambda work, name=name, account=account: people.enrol_at(work, name, "PK-FIA-CCW", Role.OFFICER, [account])
        ).result(SECONDS)
    dispatch = Dispatch(store, COMMANDS, Renderer())
    house = House(dispatch.receive, FormBuilder(store, COMMANDS, Renderer()), Services(store, COMMANDS))

    async def said_to_both():
        async with on_slack(house, several=True) as (slack, desk):
            for team in ("T2", "T3"):
                await browser_of(slack).install(slack.app, team)
            for case, (team, other) in enumerate((("T2", "T3"), ("T3", "T2")), 1):
                slack.team = team
                await slack.command(team.replace("T", "U"), "/case open Shop category:fraud label:amber")
                slack.team = other
                await slack.command(other.replace("T", "U"), f"/request receive {case} from:Legat as:POLICE-LIAISON")
            slack.app.remove("T2")
            before = len(slack.posts)
            await PlatformDelivery(store, desk, Renderer()).drain()
            return [(post.team, post.channel) for post in slack.posts[before:]]

    assert asyncio.run(said_to_both()) == [("T3", "DU3")]
    states = store.read(lambda work: {row.state for row in work.session.query(OutboxRow)}).result(SECONDS)
    assert states == {"sent", "dead"}


def test_no_page_and_no_log_holds_a_token_a_code_or_the_secret(sqlite_store, caplog):
    caplog.set_level("DEBUG", logger="rogatory")

    async def work(slack, _, browser):
        pages = [await browser.install(slack.app, team) for team in ("T2", "T2")]
        pages.append(await browser.come_back(await browser.begin(), code="code-canary"))
        slack.fail("oauth.v2.access", Trouble("internal_error", 500))
        pages.append(await browser.install(slack.app, "T3"))
        return json.dumps([page.text for page in pages]) + caplog.text, list(slack.app.tokens)

    shown, tokens = on(sqlite_store, work)
    assert tokens
    for secret in (*tokens, CLIENT_SECRET, "code-canary"):
        assert secret not in shown


def test_whoever_opens_the_address_and_does_not_come_back_leaves_nothing(store):
    before = contents(store)

    async def work(_slack, _, browser):
        return [await Browser(browser.desk_url).begin() for _n in range(3)]

    assert len(set(on(store, work))) == 3
    assert contents(store) == before


def test_what_was_left_by_states_of_earlier_releases_goes(store):
    old = store.clock.now().replace(tzinfo=None)
    store.write(lambda work: work.session.add(SlackState(state="old", expire_at=old))).result(SECONDS)
    retention.prune(store)
    assert count(store, SlackState) == 0
