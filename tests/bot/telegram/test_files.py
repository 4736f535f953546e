"""Files on Telegram: attached, asked about, refused with the limit, fetched, and given to one person alone."""

import asyncio
import struct
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from bot.adapters.contract import Download
from bot.adapters.outcome import Down, Fetched, Halt, Refused, TooBig, Unknown, Wait
from bot.adapters.telegram import texts
from bot.adapters.telegram.entities import units
from bot.adapters.telegram.pictures import is_picture
from bot.outbound.fetching import Fetcher
from storage.models import Attachment, File, Note, OutboxRow, Recipient
from tests.bot.telegram.stage import Hearing, on_telegram, said
from tests.bot.telegram.test_forms import GROUP, Office, on_desk
from tests.fake_telegram import OFFICER, OTHER, Refusal

PDF = b"%PDF-1.7 a letter"
JPG = b"\xff\xd8\xff a page"
ASKED = "request receive 1 from:US-DOJ-OIA as:MLA-PK-IN data:bsi accounts:@example"


@pytest.fixture
def office(sqlite_store, clock) -> Office:
    return Office(sqlite_store, clock)


def png(width, height):
    """The beginning of a picture, which says how big it is."""
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height) + b"\x08\x02\x00\x00\x00"


def jpeg(width, height):
    """The same, behind a segment that says nothing of it."""
    return b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc2\x00\x11\x08" + struct.pack(">HH", height, width)


class AnySides(dict):
    """Telegram takes every picture."""

    def __contains__(self, _name):
        return True

    def __missing__(self, _name):
        return (800, 600)


@pytest.mark.parametrize(
    ("content", "is_one"),
    [
        (png(400, 300), True),
        (jpeg(400, 300), True),
        (png(9_000, 1_001), False),
        (png(9_000, 1_000), True),
        (jpeg(21, 1), False),
        (jpeg(20, 1), True),
        (png(0, 7), False),
        (png(400, 300) + b"x" * 10 * 1024 * 1024, False),
        (jpeg(400, 300)[:-3], False),
        (png(400, 300)[:18], False),
        (b"\xff\xd8\xff", False),
        (b"%PDF-1.7", False),
        (b"", False),
    ],
)
def test_what_telegram_takes_as_a_picture(content, is_one):
    assert is_picture(content) is is_one


def attached(office):
    """Where each file belongs, its name, what became of it, and its bytes."""
    query = select(Attachment.ref, Attachment.name, Attachment.state, File.content).outerjoin(Attachment.file)
    job = office.store.read(lambda work: [tuple(row) for row in work.session.execute(query.order_by(Attachment.id))])
    return job.result()


async def fetch(people):
    await Fetcher(people.office.store, people.rig.desk).fetch_due()


async def begin(people):
    await people.say('/case open "Fake shop" category:fraud label:amber')
    await people.say(ASKED)


async def send(people, *file, user=OFFICER, **more):
    """What the person reads when they send a file."""
    people.office.clock.move(seconds=11)
    before = len(people.telegram.posts)
    people.telegram.send_file(user, *file, **more)
    await people.rig.heard()
    return "\n".join(post.text for post in people.telegram.posts[before:])


class TestAttaching:
    def test_a_document_with_its_line_is_kept_by_its_digest(self, office):
        async def story(people):
            await begin(people)
            said = await send(people, "letter.pdf", PDF, caption="/request attach 1/1")
            await fetch(people)
            return said

        assert "CCW-2026-0001/A1" in on_desk(office, story)
        assert attached(office) == [("CCW-2026-0001/A1", "letter.pdf", "kept", PDF)]

    def test_a_picture_is_taken_in_its_largest_form_under_a_name_of_its_own(self, office):
        async def story(people):
            await begin(people)
            await send(people, "photo.jpg", JPG, caption="/case note 1 the page")
            await fetch(people)

        on_desk(office, story)
        assert attached(office) == [("CCW-2026-0001/A1", "photo-ufile0.jpg", "kept", JPG)]

    def test_without_words_it_is_asked_where_the_file_belongs(self, office):
        async def story(people):
            await begin(people)
            asked = await send(people, "letter.pdf", PDF)
            await people.press("1/1")
            if not attached(office)[0][0]:
                await people.press("Attach the file")
            return asked

        asked = on_desk(office, story)
        assert "Request" in asked
        assert attached(office)[0][:2] == ("CCW-2026-0001/A1", "letter.pdf")

    def test_an_album_goes_where_its_first_picture_says(self, office):
        async def story(people):
            await begin(people)
            await send(people, "photo.jpg", JPG, caption="/request attach 1/1", album="7")
            await send(people, "photo.jpg", JPG + b"2", album="7")
            await send(people, "photo.jpg", JPG + b"3")

        on_desk(office, story)
        assert [ref for ref, *_ in attached(office)] == ["CCW-2026-0001/A1", "CCW-2026-0001/A2", None]

    @pytest.mark.parametrize("with_words", [0, 1, 2])
    @pytest.mark.parametrize("line", ["/request attach 1/1", "/case note 1 the pages"])
    def test_the_words_of_an_album_are_for_all_of_its_files_whichever_they_come_with(self, office, with_words, line):
        async def story(people):
            await begin(people)
            await send(people, "photo.jpg", JPG + b"before")
            await people.say("/cancel")
            for n in range(3):
                words = {"caption": line} if n == with_words else {}
                people.telegram.send_file(OFFICER, "photo.jpg", JPG + bytes([n]), album="7", **words)
            await people.rig.heard()
            return await people.rig.desk._services.memory.recall(f"telegram:form:{OFFICER}")

        assert on_desk(office, story) is None
        refs = dict.fromkeys(ref for ref, *_ in attached(office))
        assert list(refs) == [None, "CCW-2026-0001/A1", "CCW-2026-0001/A2", "CCW-2026-0001/A3"]
        notes = office.store.read(lambda work: work.session.scalar(select(func.count()).select_from(Note))).result()
        assert notes == ("note" in line)

    @pytest.mark.parametrize("with_words", [0, 1, 2])
    def test_an_album_in_a_group_is_for_us_where_its_words_are(self, office, with_words):
        async def story(people):
            await begin(people)
            for n in range(3):
                words = {"caption": "/request@DeskBot attach 1/1"} if n == with_words else {}
                people.telegram.send_file(OFFICER, "photo.jpg", JPG + bytes([n]), album="7", chat=GROUP, **words)
            people.telegram.send_file(OFFICER, "photo.jpg", JPG + b"other", album="8", chat=GROUP)
            await people.rig.heard()

        on_desk(office, story)
        assert [ref for ref, *_ in attached(office)] == [f"CCW-2026-0001/A{n}" for n in (1, 2, 3)]

    def test_a_form_that_the_words_of_an_album_ask_for_attaches_all_of_it(self, office):
        async def story(people):
            await begin(people)
            for n in range(3):
                words = {"caption": "/request attach"} if n == 1 else {}
                people.telegram.send_file(OFFICER, "photo.jpg", JPG + bytes([n]), album="7", **words)
            await people.rig.heard()
            await people.press("1/1")
            assert not attached(office)[0][0], "only what is sent is attached"
            await people.press("Attach the file")

        on_desk(office, story)
        assert [ref for ref, *_ in attached(office)] == [f"CCW-2026-0001/A{n}" for n in (1, 2, 3)]

    def test_a_form_that_a_line_made_needless_says_so_and_has_no_buttons(self, office):
        async def story(people):
            await begin(people)
            await send(people, "photo.jpg", JPG, album="7")
            form = people.telegram.posts[-1]
            assert texts.CANCEL in form.labels
            await send(people, "photo.jpg", JPG + b"2", album="7", caption="/request attach 1/1")
            return form

        form = on_desk(office, story)
        assert (texts.DONE_BY_LINE in form.text, form.keyboard) == (True, [])

    def test_an_album_without_words_asks_once(self, office):
        async def story(people):
            await begin(people)
            return [await send(people, "photo.jpg", JPG + bytes([n]), album="7") for n in range(3)]

        first, second, third = on_desk(office, story)
        assert first
        assert (second, third) == ("", "")
        assert len(attached(office)) == 3

    def test_in_a_group_the_line_must_be_for_us(self, office):
        async def story(people):
            await begin(people)
            await send(people, "letter.pdf", PDF, chat=GROUP)
            await send(people, "letter.pdf", PDF, chat=GROUP, caption="look at this")
            await send(people, "letter.pdf", PDF, chat=GROUP, caption="/request@DeskBot attach 1/1")

        on_desk(office, story)
        assert [ref for ref, *_ in attached(office)] == ["CCW-2026-0001/A1"]

    def test_an_update_that_comes_again_attaches_nothing_more(self, office):
        async def story(people):
            await begin(people)
            update = people.telegram.send_file(OFFICER, "letter.pdf", PDF, caption="/request attach 1/1")
            await people.rig.heard()
            people.telegram.bring_again(update)
            await people.rig.heard()

        on_desk(office, story)
        assert len(attached(office)) == 1


class TestLimits:
    @pytest.mark.parametrize(
        ("name", "content", "size", "why"),
        [
            ("film.mp4", b"....ftyp", 20_000_001, "is too big (20 MB)"),
            ("run.exe", b"MZ", -1, "is no kind of file that is kept here"),
            ("letter.pdf", b"", -1, "is empty"),
            ("../../x", b"x", -1, "is no kind of file that is kept here"),
        ],
    )
    def test_what_is_not_kept_is_said_with_the_limit(self, office, name, content, size, why):
        async def story(people):
            await begin(people)
            return await send(people, name, content, size=size, caption="/request attach 1/1")

        said = on_desk(office, story)
        assert why in said
        assert "at most 20 MB" in said
        assert attached(office)[0][0] is None

    def test_the_sender_hears_when_it_is_not_what_its_name_says(self, office):
        async def story(people):
            await begin(people)
            await send(people, "letter.pdf", b"<html>", caption="/request attach 1/1")
            await fetch(people)

        on_desk(office, story)
        query = select(OutboxRow.platform, OutboxRow.recipient).where(OutboxRow.notice == "file_refused")
        assert [tuple(row) for row in office.store.read(lambda work: work.session.execute(query).all()).result()] == [
            ("telegram", Recipient.person(1))
        ]


class TestFetching:
    @pytest.mark.parametrize(
        ("refusal", "outcome"),
        [
            (Refusal("Bad Request: file is too big"), TooBig()),
            (Refusal("Bad Request: wrong file_id"), Refused("Wrong file_id")),
            (Refusal("Too Many Requests: retry after 7", 429, {"retry_after": 7}), Wait(7.0)),
            (Refusal("Bad Gateway", 502), Down("Bad Gateway")),
            (Refusal("Unauthorized", 401), Halt("Unauthorized")),
            (Refusal("", 0), Unknown("RemoteProtocolError behind the request")),
        ],
    )
    def test_what_telegram_says_instead(self, refusal, outcome):
        async def story():
            async with on_telegram(Hearing().house) as rig:
                rig.telegram.files["f"] = PDF
                rig.telegram.fail("getFile", refusal)
                return await rig.desk.fetch("f", most_bytes=100), await rig.desk.fetch("f", most_bytes=100)

        assert asyncio.run(story()) == (outcome, Fetched(PDF))

    def test_more_than_was_asked_for_is_not_fetched(self):
        async def story():
            async with on_telegram(Hearing().house) as rig:
                rig.telegram.files["f"] = PDF
                return await rig.desk.fetch("f", most_bytes=3)

        assert asyncio.run(story()) == TooBig()


class TestDownload:
    def kept(self, office, then):
        async def story(people):
            await begin(people)
            await send(people, "letter.pdf", PDF, caption="/request attach 1/1")
            await fetch(people)
            before = len(people.telegram.given)
            assert before == 0
            said = await then(people)
            self.captions = [post.caption for post in people.telegram.posts if post.text.startswith("[")]
            return said, people.telegram.given

        return on_desk(office, story)

    def test_it_comes_as_a_document_in_the_private_chat(self, office):
        said, given = self.kept(office, lambda people: people.say("/case download 1/A1", OTHER))
        assert given == [(OTHER, "letter.pdf", PDF)]
        assert "SHA-256" in said
        assert self.captions[0].startswith("TLP:AMBER\n\n")
        assert "letter.pdf" in self.captions[0]

    def test_a_picture_of_a_case_is_shown_and_comes_byte_by_byte(self, office):
        content = png(400, 300)

        async def story(people):
            await begin(people)
            await send(people, "page.png", content, caption="/request attach 1/1")
            await fetch(people)
            people.telegram.sides["page.png"] = (400, 300)
            await people.say("/case download 1/A1")
            return people.telegram

        telegram = on_desk(office, story)
        assert telegram.pictures == telegram.given == [(OFFICER, "page.png", content)]
        assert [post.caption.partition("\n")[0] for post in telegram.posts[-2:]] == ["TLP:AMBER"] * 2

    def test_a_picture_that_the_desk_made_is_only_shown(self, office):
        async def story(people):
            await begin(people)
            people.telegram.sides = AnySides()
            await people.say("/summary week picture:yes")
            return people.telegram

        telegram = on_desk(office, story)
        assert [name.endswith(".png") for _, name, _ in telegram.pictures] == [True, True]  # the weeks, and what waits
        assert telegram.given == []
        assert telegram.posts[-1].caption

    def test_a_picture_that_telegram_does_not_take_as_one_comes_as_a_document(self):
        file = Download("week.png", "image/png", png(400, 300))
        house = Hearing(answers=[replace(said("The week"), files=(file,))])

        async def story():
            async with on_telegram(house.house) as rig:
                rig.telegram.say(OFFICER, "/summary week")
                await rig.heard()
                return rig.telegram.refused, rig.telegram.given, rig.telegram.posts[-1].caption

        refused, given, caption = asyncio.run(story())
        assert refused == ["sendPhoto: Bad Request: IMAGE_PROCESS_FAILED"]
        assert given == [(OFFICER, "week.png", file.content)]
        assert caption == "The week"

    def test_a_caption_is_cut_where_telegram_does_and_keeps_its_label(self):
        house = Hearing(
            answers=[replace(said("😀 word " * 900, label="TLP:AMBER"), files=(Download("a.txt", "", b"a"),))]
        )

        async def story():
            async with on_telegram(house.house) as rig:
                rig.telegram.say(OFFICER, "/summary week")
                await rig.heard()
                return [post.caption for post in rig.telegram.posts if post.text == "[a.txt]"]

        (caption,) = asyncio.run(story())
        assert 1_000 < units(caption) <= 1_024

    def test_asked_for_in_a_group_it_goes_to_the_private_chat(self, office):
        _, given = self.kept(office, lambda people: people.say("/case download 1/A1", chat=GROUP))
        assert given == [(OFFICER, "letter.pdf", PDF)]

    def test_where_there_is_no_private_chat_the_group_gets_a_button_and_no_file(self, office):
        async def then(people):
            people.telegram.strangers.add(OTHER)
            return await people.say("/case download 1/A1", OTHER, chat=GROUP)

        said, given = self.kept(office, then)
        assert given == []
        assert "SHA-256" not in said

    def test_a_closed_door_is_tried_again(self, office):
        async def then(people):
            people.telegram.fail("sendDocument", Refusal("Bad Gateway", 502), Refusal("slow", 429, {"retry_after": 3}))
            return await people.say("/case download 1/A1")

        _, given = self.kept(office, then)
        assert given == [(OFFICER, "letter.pdf", PDF)]

    def test_a_file_that_telegram_does_not_take_is_said(self, office):
        async def then(people):
            people.telegram.fail("sendDocument", Refusal("Bad Request: FILE_PARTS_INVALID"))
            return await people.say("/case download 1/A1")

        said, given = self.kept(office, then)
        assert given == []
        assert "did not take the file letter.pdf" in said
