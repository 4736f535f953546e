"""Files on Slack: sent to the desk, added to a case from a message, refused with the limit, fetched, and uploaded."""

import asyncio

import pytest
from sqlalchemy import select

from bot.adapters.contract import Download
from bot.adapters.house import House
from bot.adapters.outcome import Down, Fetched, Halt, Refused, TooBig, Unknown, Wait
from bot.adapters.slack.answers import IN_PRIVATE
from bot.inbound.dispatch import Dispatch
from bot.inbound.forms import FormBuilder
from bot.outbound.fetching import Fetcher
from bot.rendering.render import Renderer
from handlers import COMMANDS, people
from storage.exposure.roles import Role
from storage.models import Attachment, File
from tests.bot.slack.stage import Hearing, on_slack, said
from tests.fake_slack import BOT_TOKEN, TEAM, Trouble

U1, U2 = "U1", "U2"
PDF = b"%PDF-1.7 a letter"
PNG = b"\x89PNG\r\n\x1a\n a page"
BEGIN = (
    '/case open "Fake shop" category:fraud label:amber',
    "/request receive 1 from:US-DOJ-OIA as:MLA-PK-IN data:bsi accounts:@example",
)


@pytest.fixture
def desk(sqlite_store, clock):
    """A desk with two officers of one agency on Slack, a case and a request."""
    for name, user in (("Night Officer", U1), ("Day Officer", U2)):
        account = [f"slack:{TEAM}/{user}"]
        sqlite_store.write(
            lambda work, n=name, a=account: people.enrol_at(work, n, "PK-FIA-CCW", Role.OFFICER, a)
        ).result()

    def on(work, *, socket=False):
        renderer = Renderer()
        house = House(Dispatch(sqlite_store, COMMANDS, renderer).receive, FormBuilder(sqlite_store, COMMANDS, renderer))

        async def connected():
            async with on_slack(house, socket=socket) as (slack, adapter):
                for line in BEGIN:
                    await slack.command(U1, line)
                found = await work(slack, lambda: Fetcher(sqlite_store, adapter).fetch_due(), clock)
                await slack.quiet()
                return slack, found

        return asyncio.run(connected())

    query = select(Attachment.ref, Attachment.name, Attachment.state, Attachment.link, File.content)
    query = query.outerjoin(Attachment.file).order_by(Attachment.id)
    on.attached = lambda: sqlite_store.read(lambda work: [tuple(row) for row in work.session.execute(query)]).result()
    return on


def words(slack, user=U1, channel=""):
    return "\n".join(post.words for post in slack.seen_by(user, channel))


@pytest.mark.parametrize("socket", [False, True], ids=["http", "socket"])
def test_a_file_sent_with_its_line_is_kept_by_its_digest(desk, socket):
    async def work(slack, fetch, _):
        letter = slack.files.sent("letter.pdf", PDF)
        await slack.say(U1, "request attach 1/1", subtype="file_share", files=[letter])
        await fetch()
        return letter

    slack, letter = desk(work, socket=socket)
    assert desk.attached() == [("CCW-2026-0001/A1", "letter.pdf", "kept", letter["permalink"], PDF)]
    assert slack.files.tokens == [f"Bearer {BOT_TOKEN}"]


def test_a_file_without_words_is_asked_about_in_a_form(desk):
    async def work(slack, _fetch, clock):
        await slack.say(U1, "", subtype="file_share", files=[slack.files.sent("letter.pdf", PDF)])
        clock.move(seconds=11)
        asked = slack.seen_by(U1)[-1]
        await slack.press(U1, asked, "Fill in a form")
        await slack.quiet()
        clock.move(seconds=11)
        return asked.words, await slack.submit(U1, ref="CCW-2026-0001/1")

    _, (asked, ack) = desk(work)
    assert "no need to send it again" in asked
    assert ack.body == {}
    assert [row[:2] for row in desk.attached()] == [("CCW-2026-0001/A1", "letter.pdf")]


def test_a_mention_in_a_room_takes_its_files(desk):
    async def work(slack, fetch, _):
        await slack.say(U1, "request attach 1/1", channel="C1", files=[slack.files.sent("page.png", PNG)])
        await fetch()

    desk(work)
    assert [(ref, state) for ref, _, state, *_ in desk.attached()] == [("CCW-2026-0001/A1", "kept")]


def test_a_message_added_to_a_case_becomes_a_note_with_its_files_and_where_it_stood(desk):
    async def work(slack, fetch, clock):
        await slack.command(U1, "/case list", channel="C1")
        files = [slack.files.sent("page.png", PNG), slack.files.sent("letter.pdf", PDF)]
        slack.seen_by(U1, "C1")[0].to = ""
        await slack.shortcut(U1, "add_to_case", slack.seen_by(U1, "C1")[0], files=files)
        await slack.quiet()
        clock.move(seconds=11)
        await slack.submit(U1, ref="CCW-2026-0001")
        await fetch()
        return slack.seen_by(U1, "C1")[0].ts

    slack, ts = desk(work)
    link = f"https://t1.slack.example/archives/C1/p{ts}"
    assert desk.attached() == [
        ("CCW-2026-0001/A1", "page.png", "kept", link, PNG),
        ("CCW-2026-0001/A2", "letter.pdf", "kept", link, PDF),
    ]
    assert link in words(slack)


def test_an_event_that_comes_again_attaches_its_file_once(desk):
    async def work(slack, _fetch, _clock):
        letter = slack.files.sent("letter.pdf", PDF)
        for _ in range(3):
            await slack.say(U1, "request attach 1/1", key="Ev7", files=[letter])

    desk(work)
    assert len(desk.attached()) == 1


@pytest.mark.parametrize(
    ("name", "content", "size", "why"),
    [
        ("film.mp4", b"....ftyp", 50_000_000, "it is too big (50 MB)"),
        ("run.exe", b"MZ", -1, "it is no kind of file that is kept here"),
        ("letter.pdf", b"", -1, "it is empty"),
        ("../../x", b"x", -1, "it is no kind of file that is kept here"),
    ],
)
def test_what_is_not_kept_is_said_with_the_limit(desk, name, content, size, why):
    async def work(slack, fetch, _):
        await slack.say(U1, "request attach 1/1", files=[slack.files.sent(name, content, size=size)])
        await fetch()

    slack, _ = desk(work)
    assert why in words(slack)
    assert "at most 20 MB" in words(slack)
    assert desk.attached()[0][2] == "refused"
    assert slack.files.tokens == []


class TestFetching:
    def fetch(self, trouble=None, *, status=0, most_bytes=100, elsewhere=False):
        async def story():
            async with on_slack(Hearing().house) as (slack, desk):
                file_id = slack.files.sent("letter.pdf", PDF)["id"]
                slack.files.status += [status] if status else []
                slack.files.elsewhere |= {file_id} if elsewhere else set()
                slack.fail("files.info", *([trouble] if trouble else []))
                return await desk.fetch(f"{TEAM}/{file_id}", most_bytes=most_bytes), slack.files.tokens

        return asyncio.run(story())

    def test_the_bytes_come_with_the_workspaces_token(self):
        assert self.fetch() == (Fetched(PDF), [f"Bearer {BOT_TOKEN}"])

    def test_more_than_was_asked_for_is_not_fetched(self):
        assert self.fetch(most_bytes=3) == (TooBig(), [])

    def test_an_address_that_is_not_slacks_is_never_asked_and_gets_no_token(self):
        outcome, tokens = self.fetch(elsewhere=True)
        assert isinstance(outcome, Refused)
        assert tokens == []

    @pytest.mark.parametrize(
        ("trouble", "outcome"),
        [
            (Trouble("file_not_found"), Refused("file_not_found")),
            (Trouble("file_deleted"), Refused("file_deleted")),
            (Trouble("missing_scope"), Halt("missing_scope")),
            (Trouble("ratelimited", 429, {"Retry-After": "7"}), Wait(7.0)),
            (Trouble("service_unavailable", 503), Down("service_unavailable")),
            (Trouble("internal_error", 500), Unknown("internal_error")),
        ],
        ids=lambda value: getattr(value, "error", ""),
    )
    def test_what_slack_says_of_the_file(self, trouble, outcome):
        assert self.fetch(trouble)[0] == outcome

    @pytest.mark.parametrize(
        ("status", "kind"), [(302, Refused), (403, Refused), (404, Refused), (429, Wait), (502, Unknown)]
    )
    def test_what_comes_instead_of_the_bytes(self, status, kind):
        assert isinstance(self.fetch(status=status)[0], kind)


class TestDownload:
    def after(self, desk, then):
        async def work(slack, fetch, clock):
            await slack.say(U1, "request attach 1/1", files=[slack.files.sent("letter.pdf", PDF)])
            await fetch()
            clock.move(seconds=11)
            await then(slack)

        return desk(work)[0]

    def test_it_is_uploaded_to_the_room_between_the_person_and_the_desk(self, desk):
        slack = self.after(desk, lambda slack: slack.command(U2, "/case download 1/A1"))
        assert slack.files.given == [("DU2", "letter.pdf", PDF)]
        assert "SHA-256" in words(slack, U2)

    def test_asked_for_in_a_room_it_goes_to_the_person_and_the_room_sees_nothing_of_it(self, desk):
        slack = self.after(desk, lambda slack: slack.command(U2, "/case download 1/A1", channel="C1"))
        assert slack.files.given == [("DU2", "letter.pdf", PDF)]
        assert words(slack, U2, "C1") == IN_PRIVATE

    def test_slack_asks_to_wait_and_is_waited_for(self, desk):
        async def then(slack):
            slack.fail("files.getUploadURLExternal", Trouble("ratelimited", 429, {"Retry-After": "0"}))
            await slack.command(U2, "/case download 1/A1")

        assert self.after(desk, then).files.given == [("DU2", "letter.pdf", PDF)]

    def test_a_file_that_slack_does_not_take_is_said(self, desk):
        async def then(slack):
            slack.fail("files.completeUploadExternal", Trouble("posting_to_channel_denied"))
            await slack.command(U2, "/case download 1/A1")

        slack = self.after(desk, then)
        assert slack.files.given == []
        assert "did not take the file letter.pdf" in words(slack, U2)


class TestCaptions:
    def given(self, *files: Download):
        async def story():
            answer = said("**The week.** Three are late.", label="TLP:AMBER", files=files)
            async with on_slack(Hearing([answer]).house) as (slack, _):
                await slack.command(U1, "/summary week", channel="C1")
                return list(slack.files.uploads.values())

        return asyncio.run(story())

    def test_a_picture_says_what_it_shows_and_every_file_what_it_is(self):
        picture, sheet = self.given(Download("week.png", "image/png", PNG), Download("week.csv", "text/csv", b"a,b"))
        assert picture.caption == sheet.caption == "TLP:AMBER\n**The week.** Three are late."
        assert (picture.alt, sheet.alt) == (picture.caption, "")

    def test_nothing_in_a_caption_is_a_mention(self):
        async def story():
            answer = said("<!channel> & all", files=(Download("a.csv", "text/csv", b"a"),))
            async with on_slack(Hearing([answer]).house) as (slack, _):
                await slack.command(U1, "/summary week")
                return [upload.caption for upload in slack.files.uploads.values()]

        assert asyncio.run(story()) == ["&lt;!channel&gt; &amp; all"]
