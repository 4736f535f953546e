"""Files from the message they came with to the person who may have them: put on record, fetched, refused, given."""

import asyncio
import hashlib
from dataclasses import dataclass, field
from itertools import count
from typing import ClassVar

import pytest
from sqlalchemy import func, select

from bot.adapters.contract import Answer, Inbound, Upload
from bot.adapters.outcome import Down, Fetched, Halt, Refused, TooBig, Unknown, Wait
from bot.inbound.dispatch import Dispatch
from bot.outbound.fetching import Fetcher
from bot.rendering.phrases import Reader
from bot.rendering.render import Renderer
from handlers import COMMANDS, people
from storage.database.store import Store
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.messages import retention
from storage.models import Attachment, AuditLine, File, OutboxRow, Recipient
from storage.models.base import Base
from storage.times import FrozenClock
from tests.furnishing import furnish

PDF = b"%PDF-1.7 a letter"
DIGEST = hashlib.sha256(PDF).hexdigest()
OPEN = 'case open "Fake shop" category:fraud label:amber'
SECONDS = 30


@dataclass
class Shelf:
    """A platform's files. What is not on it is not given."""

    name: str = "slack"
    sources: str = ""
    held: dict[str, object] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def fetch(self, source, *, most_bytes):  # noqa: ARG002 - the contract's
        self.asked.append(source)
        found = self.held.get(source, Refused("file_not_found"))
        return Fetched(found) if isinstance(found, bytes) else found


@dataclass
class Desk:
    """A desk, and the shelf its platform keeps files on."""

    store: Store
    dispatch: Dispatch
    clock: FrozenClock
    shelf: Shelf = field(default_factory=Shelf)
    numbers: ClassVar[count] = count(1)  # of all desks: a copy of one has heard its messages

    def say(self, text, *files, who="night", key=None, room="", platform="slack") -> Answer:
        uploads = tuple(one if isinstance(one, Upload) else self.put(one) for one in files)
        account = f"T1/{who}" if platform == "slack" else who
        inbound = Inbound(platform, key or f"k{next(self.numbers)}", account, text, room, files=uploads)
        return asyncio.run(self.dispatch.receive(inbound))

    def put(self, name, content=PDF, size=None) -> Upload:
        """A file on the shelf. Each has its own source."""
        source = f"F{len(self.shelf.held)}"
        self.shelf.held[source] = content
        known = len(content) if isinstance(content, bytes) else 5
        return Upload(source, name, known if size is None else size, link="https://acme.example/p1")

    def fetch(self) -> None:
        asyncio.run(Fetcher(self.store, self.shelf).fetch_due())

    def count(self, model: type[Base]) -> int:
        return self.store.read(lambda work: work.session.scalar(select(func.count()).select_from(model))).result(
            SECONDS
        )

    def files(self):
        query = select(Attachment.ref, Attachment.name, Attachment.state, Attachment.fault).order_by(Attachment.id)
        return self.store.read(lambda work: [tuple(row) for row in work.session.execute(query)]).result(SECONDS)

    def told(self, notice):
        """The recipients and fields of what was queued under a name."""
        query = select(OutboxRow.recipient, OutboxRow.fields).where(OutboxRow.notice == notice).order_by(OutboxRow.id)
        return self.store.read(lambda work: [tuple(row) for row in work.session.execute(query)]).result(SECONDS)

    def history(self, act):
        query = select(AuditLine.ref, AuditLine.actor).where(AuditLine.act == act).order_by(AuditLine.n)
        return self.store.read(lambda work: [tuple(row) for row in work.session.execute(query)]).result(SECONDS)


@pytest.fixture
def desk(store, clock) -> Desk:
    furnish(store, _begun)
    return _desk(store, clock)


def _desk(store, clock) -> Desk:
    return Desk(store, Dispatch(store, COMMANDS, Renderer(), {"telegram": Label.GREEN}), clock)


def _begun(store) -> None:
    enrolled = [
        ("Night Officer", "PK-FIA-CCW", Role.OFFICER, "night"),
        ("Day Officer", "PK-FIA-CCW", Role.OFFICER, "day"),
        ("Desk Auditor", "PK-FIA-CCW", Role.AUDITOR, "auditor"),
        ("Other Officer", "US-DOJ-OIA", Role.OFFICER, "other"),
    ]
    for name, agency, role, account in enrolled:
        accounts = [f"slack:T1/{account}"]
        store.write(lambda work, n=name, a=agency, r=role, i=accounts: people.enrol_at(work, n, a, r, i)).result(
            SECONDS
        )
    desk = _desk(store, store.clock)
    assert not desk.say(OPEN).refused
    asks = "request receive 1 from:US-DOJ-OIA as:MLA-PK-IN data:bsi accounts:@example"
    assert not desk.say(asks).refused


def words(answer: Answer) -> str:
    return " ".join(" ".join(message.plain() for message in answer.messages).split())


FEED = """BEGIN:VCALENDAR\r\nVERSION:2.0\r\n
BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20260305\r\nSUMMARY:Day of mourning\r\nEND:VEVENT\r\n
BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20260323\r\nSUMMARY:Pakistan Day\r\nEND:VEVENT\r\n
BEGIN:VEVENT\r\nDTSTART:20260306T090000Z\r\nSUMMARY:A meeting\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"""


class TestCalendarFile:
    """A calendar file in chat, or at the command line; what counts working days by it moves, and people are told."""

    @pytest.fixture
    def keeper(self, desk):
        desk.store.write(
            lambda work: people.enrol_at(work, "Desk Admin", "PK-FIA-CCW", Role.ADMIN, ["slack:T1/admin"])
        ).result(SECONDS)
        desk.say("request receive 1 from:GB-UKCA as:EPOC-ENFORCE data:bsi accounts:@x despite:agreed")
        return desk

    def feed(self):
        return FEED.replace("\r\n\n", "\r\n").encode()

    def test_it_is_read_once_it_is_here_and_deadlines_move(self, keeper):
        upload = keeper.put("pakistan.ics", self.feed())
        assert "still on its way" in words(keeper.say("desk calendar import PK", upload, who="admin"))
        keeper.fetch()
        said = words(keeper.say("desk calendar import PK", who="admin"))
        assert "PK: 1 day off from pakistan.ics; 1 day was off already" in said
        assert "Thu 5 Mar 2026: Day of mourning" in said
        assert "1 entry of the file is left out" in said
        (recipient, fields), *_ = keeper.told("deadline_moved")
        assert recipient == Recipient.person(1)
        assert (fields["before"], fields["after"]) != (None, None)
        assert [ref for ref, _ in keeper.history("holiday import")] == ["PK"]
        again = words(keeper.say("desk calendar import PK again:yes", who="admin"))
        assert "nothing new in pakistan.ics; 2 days were off already" in again

    def test_it_is_for_who_keeps_the_calendar_and_needs_a_file(self, keeper):
        assert keeper.say("desk calendar import PK", who="night").refused
        assert "US" in words(keeper.say("desk calendar import US", who="admin"))
        assert keeper.say("desk calendar import PK", who="admin").refused

    def test_what_is_no_calendar_is_said_in_a_sentence_and_changes_nothing(self, keeper):
        keeper.say("desk calendar import PK", keeper.put("feed.ics", b"<html>log in</html>"), who="admin")
        keeper.fetch()
        assert "is no calendar" in words(keeper.say("desk calendar import PK", who="admin"))
        assert keeper.history("holiday import") == []


class TestPublishedFigures:
    """A published table in chat: read once its bytes are here, and it belongs to no case."""

    LINE = "summary reconcile counterpart:PROV-META"
    TABLE = b"\xef\xbb\xbfCountry,Total Requests\r\nPakistan,35"

    def test_it_is_read_once_it_is_here(self, desk):
        answer = desk.say(f"{self.LINE} period:2013H1", desk.put("published.tsv", self.TABLE))
        assert "published.tsv is still on its way here." in words(answer)
        desk.fetch()
        assert "does not cover 2013 H1" in words(desk.say(f"{self.LINE} period:2013H1"))
        assert desk.files() == [(None, "published.tsv", "kept", "")]

    def test_two_at_once_stay_and_one_is_named(self, desk):
        both = (desk.put("one.csv", self.TABLE), desk.put("two.csv", b"Country,Requests\nIndia,3"))
        answer = desk.say(self.LINE, *both)
        assert "2 files came with this line" in words(answer)
        desk.fetch()
        assert "no row of Pakistan" in words(desk.say("summary reconcile two counterpart:PROV-META"))
        assert "nothing says of which period" in words(desk.say("summary reconcile one.csv counterpart:PROV-META"))


class TestAttaching:
    def test_a_file_with_its_line_goes_to_the_request_and_is_fetched_behind_the_answer(self, desk):
        answer = desk.say("request attach 1/1", "letter.pdf")
        assert "CCW-2026-0001/A1" in words(answer)
        assert "Being fetched" in words(answer)
        assert desk.shelf.asked == []

        desk.fetch()
        assert desk.files() == [("CCW-2026-0001/A1", "letter.pdf", "kept", "")]
        assert [(who, what["file"]["digest"]) for who, what in desk.told("file_kept")] == [
            (Recipient.person(1), DIGEST)
        ]
        assert [ref for ref, _ in desk.history("file kept")] == ["CCW-2026-0001/A1"]

    def test_it_stands_on_the_cards_of_the_request_and_the_case(self, desk):
        desk.say("request attach 1/1", "letter.pdf")
        for line in ("request status 1/1 details:yes", "case status 1 details:yes", "case files 1"):
            assert "letter.pdf" in words(desk.say(line)), line

    def test_a_file_sent_before_its_line_goes_with_it(self, desk):
        asked = desk.say("request attach", "letter.pdf")
        assert asked.refused
        assert asked.question
        assert "no need to send it again within 30 minutes" in words(asked)

        desk.fetch()
        done = desk.say("request attach 1/1")
        assert "CCW-2026-0001/A1" in words(done)
        assert "Being fetched" not in words(done)
        assert desk.say("case download 1/A1").files[0].content == PDF

    def test_what_was_sent_longer_ago_is_not_meant(self, desk):
        desk.say("request attach", "letter.pdf")
        desk.clock.move(minutes=31)
        assert "No file" in words(desk.say("request attach 1/1"))

    def test_what_a_colleague_sent_is_not_meant(self, desk):
        desk.say("request attach", "letter.pdf", who="day")
        assert "No file" in words(desk.say("request attach 1/1"))

    def test_a_note_takes_its_files_with_it(self, desk):
        answer = desk.say("case note 1 the page is back", "page.png", "letter.pdf")
        assert "the page is back" in words(answer)
        assert [ref for ref, *_ in desk.files()] == ["CCW-2026-0001/A1", "CCW-2026-0001/A2"]

    def test_a_message_delivered_five_times_attaches_its_file_once(self, desk):
        letter = desk.put("letter.pdf")
        answers = {words(desk.say("request attach 1/1", letter, key="once")) for _ in range(5)}
        assert len(answers) == 1
        assert desk.count(Attachment) == 1

    def test_two_files_with_the_same_words_at_once_are_two(self, desk):
        desk.say("request attach 1/1", desk.put("front.png"))
        desk.say("request attach 1/1", desk.put("back.png"))
        assert [name for _, name, *_ in desk.files()] == ["front.png", "back.png"]

    def test_others_who_watch_are_told(self, desk):
        desk.say("request attach 1/1", "letter.pdf", who="day")
        assert [who for who, _ in desk.told("files_attached")] == [Recipient.person(1)]

    def test_somebody_who_does_not_see_the_request_attaches_nothing(self, desk):
        absent = words(desk.say("request attach 7/7", "letter.pdf"))
        desk.say('case open "Ours alone" category:fraud label:red')
        desk.say("request receive 2 from:US-DOJ-OIA as:MLA-PK-IN", who="night")
        hidden = words(desk.say("request attach 2/1", "letter.pdf", who="day"))
        assert hidden.replace("2/1", "7/7") == absent
        assert {ref for ref, *_ in desk.files()} == {None}

    def test_the_file_of_somebody_unknown_is_not_put_on_record(self, desk):
        assert desk.say("request attach 1/1", "letter.pdf", who="stranger").refused
        assert desk.count(Attachment) == 0


class TestWhatIsNotKept:
    @pytest.mark.parametrize(
        ("name", "size", "why"),
        [
            ("run.exe", 9, "no kind of file that is kept here"),
            ("letter.pdf.exe", 9, "no kind of file that is kept here"),
            ("letter.pdf", 0, "is empty"),
            ("letter.pdf", 200_000_000, "too big"),
            ("../../x", 9, "no kind of file that is kept here"),
        ],
    )
    def test_it_is_said_at_once_with_the_limit_and_what_is_accepted(self, desk, name, size, why):
        answer = desk.say("request attach 1/1", desk.put(name, size=size))
        assert answer.refused
        assert why in words(answer)
        assert "at most 20 MB" in words(answer)
        assert "pdf, docx" in words(answer)
        assert "no need to send" not in words(answer)
        desk.fetch()
        assert desk.shelf.asked == []
        assert desk.files()[0][2] == "refused"

    def test_one_of_two_keeps_the_other_on_the_desk(self, desk):
        answer = desk.say("request attach 1/1", "letter.pdf", "run.exe")
        assert "run.exe was not kept" in words(answer)
        assert "letter.pdf: the desk has it" in words(answer)
        assert "CCW-2026-0001/A1" in words(desk.say("request attach 1/1 again:yes"))

    @pytest.mark.parametrize(
        ("held", "why", "said"),
        [
            (b"<!DOCTYPE html>", "contents", "is not what its name says"),
            (TooBig(), "too_big", "is too big"),
            (Refused("file_deleted"), "gone", "could not be fetched"),
        ],
    )
    def test_what_turns_out_wrong_is_said_when_it_comes(self, desk, held, why, said):
        desk.say("request attach 1/1", desk.put("letter.pdf", held))
        desk.fetch()
        assert desk.files() == [("CCW-2026-0001/A1", "letter.pdf", "refused", why)]
        assert desk.count(File) == 0
        ((who, fields),) = desk.told("file_refused")
        assert who == Recipient.person(1)
        message = Renderer().message("file_refused", fields, Reader("UTC", "en", desk.clock.now()))
        assert said in message.plain()
        assert "was not kept" in words(desk.say("case download 1/A1"))


class TestFetching:
    @pytest.mark.parametrize("trouble", [Wait(7), Down("no connection"), Halt("token_revoked"), Unknown("reset")])
    def test_trouble_on_the_way_only_takes_longer(self, desk, trouble):
        letter = desk.put("letter.pdf", trouble)
        desk.say("request attach 1/1", letter)
        desk.fetch()
        assert desk.files()[0][2] == "waiting"

        desk.shelf.held[letter.source] = PDF
        desk.fetch()
        assert len(desk.shelf.asked) == 1
        desk.clock.move(minutes=5)
        desk.fetch()
        assert desk.files()[0][2] == "kept"

    def test_a_day_of_failures_ends_it_and_its_sender_is_told_once(self, desk):
        desk.say("request attach 1/1", desk.put("letter.pdf", Unknown("reset")))
        for _ in range(400):
            desk.clock.move(minutes=6)
            desk.fetch()
        assert desk.files()[0][2:] == ("refused", "gone")
        assert len(desk.told("file_refused")) == 1

    def test_what_a_closed_terminal_never_brought_is_given_up_after_two_days(self, desk):
        desk.say("request attach 1/1", "letter.pdf")
        desk.shelf.sources = "another:"
        desk.fetch()
        assert desk.files()[0][2] == "waiting"
        desk.clock.move(days=2, minutes=1)
        desk.fetch()
        assert desk.shelf.asked == []
        assert desk.files()[0][2:] == ("refused", "gone")

    def test_one_that_two_processes_fetch_is_kept_once(self, desk):
        desk.say("request attach 1/1", "letter.pdf")

        async def both():
            await asyncio.gather(*(Fetcher(desk.store, desk.shelf).fetch_due() for _ in range(2)))

        asyncio.run(both())
        assert desk.count(File) == 1
        assert len(desk.told("file_kept")) == 1


class TestDownload:
    @pytest.fixture
    def kept(self, desk):
        desk.say("request attach 1/1", "letter.pdf")
        desk.fetch()
        return desk

    def test_it_goes_to_whoever_asks_alone_and_that_is_on_record(self, kept):
        answer = kept.say("case download 1/A1", who="day", room="C1")
        ((file),) = answer.files
        assert (file.name, file.media_type, file.content) == ("letter.pdf", "application/pdf", PDF)
        assert answer.private
        assert DIGEST in words(answer)
        assert "For: CCW-2026-0001/1 Came with: https://acme.example/p1" in words(answer)
        assert kept.history("file downloaded") == [("CCW-2026-0001/A1", "P2")]

    @pytest.mark.parametrize("who", ["other", "auditor", "stranger"])
    def test_who_does_not_see_the_case_gets_nothing(self, kept, who):
        answer = kept.say("case download 1/A1", who=who)
        assert answer.refused
        assert answer.files == ()
        assert "letter" not in words(answer)

    def test_above_a_platforms_ceiling_the_file_stays_away_too(self, kept):
        code = words(kept.say("desk link")).split("desk link ")[1].split()[0]
        assert not kept.say(f"desk link {code}", who="42", platform="telegram").refused
        answer = kept.say("case download 1/A1", who="42", platform="telegram")
        assert answer.files == ()
        assert "letter" not in words(answer)

    def test_one_that_is_still_fetched_says_so(self, desk):
        desk.say("request attach 1/1", "letter.pdf")
        assert "is still being fetched" in words(desk.say("case download 1/A1"))


class TestLettingGo:
    def test_a_file_that_was_never_put_with_a_case_goes_after_a_day_with_its_bytes(self, desk):
        desk.say("request attach", "letter.pdf")
        desk.fetch()
        desk.clock.move(hours=23)
        retention.prune(desk.store)
        assert (desk.count(Attachment), desk.count(File)) == (1, 1)
        desk.clock.move(hours=2)
        retention.prune(desk.store)
        assert (desk.count(Attachment), desk.count(File)) == (0, 0)

    def test_the_papers_of_a_case_stay(self, desk):
        desk.say("request attach 1/1", "letter.pdf")
        desk.fetch()
        desk.clock.move(days=3000)
        retention.prune(desk.store)
        assert (desk.count(Attachment), desk.count(File)) == (1, 1)
