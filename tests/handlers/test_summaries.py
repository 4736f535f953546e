"""The week of an agency as people read it, typed and posted in a room."""

import threading
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import select

from bot.adapters.contract import Address, Download
from bot.adapters.outcome import Outcome, Refused, Sent
from bot.inbound.dispatch import Dispatch
from bot.rendering.blocks import Buttons
from handlers import COMMANDS
from handlers.pictures import drawing
from handlers.pictures.periods import PeriodsDrawn
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.messages import retention
from storage.models import Channel, File, OutboxRow, Person, Recipient
from storage.record import records
from storage.reminders import digests
from storage.rules.lifecycle import Status
from tests import factories
from tests.fakes import FakeChat
from tests.office import Office
from tests.spoken import Desk, Spoken, words

MONDAY = date(2026, 3, 2)  # the day these tests begin


@pytest.fixture
def desk(sqlite_store, clock) -> Desk:
    return Desk.of(
        sqlite_store,
        clock,
        ("Mona", Role.MANAGER),
        ("Omar", Role.OFFICER),
        ("Adil", Role.ADMIN),
        ("Lisa", Role.LIAISON),
    )


def ask(desk: Desk, *, label=Label.AMBER, title="Fake pages", days: int = 0, opener: str = "Omar", **more) -> str:
    """A request sent so many days ago. Its reference."""

    def job(work):
        person = work.session.scalars(select(Person).where(Person.name == opener)).one()
        case = factories.case(work, opener=person, title=title, label=label)
        on = MONDAY - timedelta(days=days)
        return factories.request(work, of=case, status=more.pop("status", Status.SENT), on=on, **more).ref

    return desk.write(job)


def posted(desk: Desk) -> list[Spoken]:
    desk.tick()
    return [spoken for spoken in desk.deliver() if spoken.notice == "summary_period"]


class TestTyped:
    def test_this_week_so_far_beside_the_week_before(self, desk, clock):
        clock.move(days=-6)  # Tuesday of the week before
        desk.write(factories.case)
        clock.move(days=6)
        for _ in range(3):
            desk.write(factories.case)
        said = desk.heard("Mona", "summary week")
        assert "PK-FIA-CCW, week of Mon 2 Mar 2026, so far" in said
        assert "3 opened (+2)" in said

    def test_a_week_ago(self, desk, clock):
        desk.write(factories.case)
        clock.move(days=7)
        said = desk.heard("Mona", "summary week ago:1")
        assert "week of Mon 2 Mar 2026" in said
        assert "so far" not in said
        assert "1 opened (+1)" in said

    def test_each_of_the_oldest_has_its_next_step(self, desk):
        ask(desk, days=400, title="Very old")
        ask(desk, days=5, status=Status.CLARIFICATION)
        ask(desk, days=1, status=Status.SENT)
        ask(desk, days=2, status=Status.ACKNOWLEDGED)
        said = desk.heard("Mona", "summary week")
        assert "4 wait, 1 over a year:" in said
        for step in (
            "another road",
            "answer their question",
            "have they got it?",
            "wait for the day",
        ):
            assert step in said

    def test_no_more_than_ten_of_the_oldest(self, desk):
        refs = [ask(desk, days=days) for days in range(12, 0, -1)]
        said = desk.heard("Mona", "summary week")
        assert [ref for ref in refs if ref in said] == refs[:10]

    def test_what_is_late_is_the_first_sentence(self, desk):
        for days, to in ((900, "PROV-META"), (90, "PROV-META"), (90, "PROV-X")):
            ask(desk, days=days, to=to, instrument="PROD-META" if to == "PROV-META" else "PROD-X")
        said = desk.heard("Mona", "summary week").removeprefix("TLP:AMBER ")
        assert said.startswith("🔴 3 OVERDUE: Meta 2, X 1.")
        assert desk.heard("Mona", "summary week ago:1").removeprefix("TLP:AMBER ").startswith("🔴 3 OVERDUE")

    def test_holds_that_lapse_and_what_we_owe_are_counted(self, desk):
        def job(work):
            case = factories.case(work)
            factories.preservation(work, of=case, on=MONDAY - timedelta(days=80), days=90)
            them = records.authority(work, "US-DOJ-OIA")
            factories.request(work, of=case, direction="incoming", sender=them, to="PK-FIA-CCW", status=Status.SENT)

        desk.write(job)
        said = desk.heard("Mona", "summary week")
        assert "WAITS FOR US: 1 answer" in said
        assert "1 hold lapses" in said
        assert "NOTHING is overdue" in said

    def test_red_is_counted_for_who_leads_it_only(self, desk):
        ask(desk, label=Label.RED, title="Secret", days=3)
        assert "Secret" not in desk.heard("Mona", "summary week")
        assert "1 waits:" in desk.heard("Omar", "summary week")
        assert "waits:" not in desk.heard("Mona", "summary week")

    def test_in_a_room_the_answer_is_private_where_it_is_above_the_ceiling(self, desk):
        desk.heard("Mona", "desk channel here for:PK-FIA-CCW label:green", room="ops")
        ask(desk)
        assert desk.say("Mona", "summary week", room="ops").private

    @pytest.mark.parametrize("name", ["Adil", "Lisa"])
    def test_administrators_and_liaisons_do_not_read_it(self, desk, name):
        assert "manager" in desk.refused(name, "summary week")

    def test_another_agency_reads_as_if_it_were_not_there(self, desk):
        said = desk.refused("Mona", "summary week agency:PK-NCCIA")
        assert said == desk.refused("Mona", "summary week agency:PROV-META").replace("PROV-META", "PK-NCCIA")

    def test_the_other_agency_of_somebody_with_two(self, desk):
        desk.write(lambda work: factories.one_more_agency(work, "Mona", "PK-NCCIA", Role.OFFICER))
        desk.heard("Mona", "desk me agency:PK-FIA-CCW")
        desk.write(lambda work: factories.case(work, of=factories.agency(work, "PK-NCCIA")))
        said = desk.heard("Mona", "summary week agency:PK-NCCIA")
        assert "PK-NCCIA, week of Mon 2 Mar" in said
        assert "1 opened (+1)" in said


class TestPicture:
    LINE = "summary week picture:yes"

    def test_eight_weeks_as_a_picture_for_a_phone_and_in_words(self, desk, clock):
        clock.move(days=-7)
        desk.write(factories.case)
        clock.move(days=7)
        ask(desk, days=60)
        answer = desk.say("Mona", self.LINE)
        found, _ = answer.files
        image = Image.open(BytesIO(found.content))
        assert (found.name, image.format, image.width) == ("rogatory-PK-FIA-CCW-week-2026-03-02.png", "PNG", 1080)
        assert found.shows.startswith("Overdue grew from 0 to 1 in 8 weeks; ")
        said = words(answer)
        assert "8 weeks in figures" in said
        assert "23 Feb: 1 opened, 1 overdue" in said
        assert "2 Mar: 1 opened, 1 overdue" in said
        assert "5 Jan" not in said

    @pytest.mark.parametrize(
        ("label", "shown"), [(Label.GREEN, Label.AMBER), (Label.RED, Label.RED)], ids=["amber", "red"]
    )
    def test_it_bears_the_label_of_what_is_said_with_it(self, desk, label, shown, monkeypatch):
        drawn = []
        monkeypatch.setitem(drawing.PICTURES, PeriodsDrawn, lambda frame, _: drawn.append(frame.label))
        ask(desk, label=label)
        assert desk.say("Omar", self.LINE).messages[0].label == shown
        assert drawn == [shown]

    def test_what_waits_is_drawn_beside_it_by_age_and_counterpart(self, desk):
        for days, to in ((900, "PROV-META"), (10, "PROV-META"), (90, "PROV-X")):
            ask(desk, days=days, to=to, instrument="PROD-META" if to == "PROV-META" else "PROD-X")
        _, found = desk.say("Mona", self.LINE).files
        assert found.name == "rogatory-PK-FIA-CCW-waiting-2026-03-02.png"
        assert found.shows.startswith("3 wait, 1 over a year; 2 of them with Meta")
        assert "Meta: 2, 1 of them over a year" in found.shows

    @pytest.mark.parametrize(
        ("kind", "said"), [("month", "Feb 2026: 1 opened, 1 overdue"), ("year", "2026: 2 opened, 1 overdue now")]
    )
    def test_of_months_and_years_too(self, desk, clock, kind, said):
        clock.move(days=-7)
        desk.write(factories.case)
        clock.move(days=7)
        ask(desk, days=60)
        found, _ = desk.say("Mona", f"summary {kind} picture:yes").files
        assert said in found.shows

    def test_how_counterparts_answer_of_one_and_of_all(self, desk):
        for _ in range(5):
            ask(desk, days=60, status=Status.PRODUCED)
            ask(desk, days=90, to="PROV-X", instrument="PROD-X")
        (one,) = desk.say("Mona", "summary counterpart PROV-META picture:dark").files
        assert one.name == "rogatory-PK-FIA-CCW-answers-2026-03-02.png"
        assert one.shows.startswith("Meta answers half on the same day")
        (every,) = desk.say("Mona", "summary counterpart picture:yes").files
        assert every.shows.startswith("Meta answers half on the same day; X has answered none of 5")
        (nothing,) = desk.say("Mona", "summary counterpart GB-UKCA picture:yes").files
        assert nothing.shows.startswith("Nobody was asked anything yet")

    def test_on_a_dark_ground_for_whoever_has_one(self, desk):
        grounds = [
            Image.open(BytesIO(desk.say("Mona", f"summary week picture:{word}").files[0].content))
            for word in ("yes", "dark")
        ]
        assert [image.convert("L").getpixel((1, 1)) for image in grounds] == [255, 29]

    def test_no_thread_of_the_store_draws_it(self, desk, monkeypatch):
        threads = []
        monkeypatch.setitem(drawing.PICTURES, PeriodsDrawn, lambda *_: threads.append(threading.current_thread().name))
        assert len(desk.say("Mona", self.LINE).files) == 2
        assert [name.startswith(("reader", "writer", "MainThread")) for name in threads] == [False]

    def test_what_is_counted_is_what_its_reader_sees(self, desk):
        ask(desk, label=Label.RED)
        assert "2 Mar: 1 opened" in desk.heard("Omar", self.LINE)
        assert "2 Mar: " not in desk.heard("Mona", self.LINE)

    def test_it_goes_to_the_asker_alone(self, desk):
        desk.heard("Mona", "desk channel here for:PK-FIA-CCW label:amber", room="ops")
        assert desk.say("Mona", self.LINE, room="ops").private
        assert not desk.say("Mona", "summary week", room="ops").private

    def test_what_may_not_be_shown_here_is_not_drawn_either(self, desk, monkeypatch):
        monkeypatch.setitem(drawing.PICTURES, PeriodsDrawn, pytest.fail)
        desk.dispatch = Dispatch(desk.store, COMMANDS, desk.renderer, {"console": Label.GREEN})
        assert desk.say("Mona", self.LINE).files == ()
        assert desk.read(lambda work: work.session.scalars(select(File.id)).all()) == []

    def test_it_is_let_go_after_a_day(self, desk, clock):
        desk.say("Mona", self.LINE)
        clock.move(hours=25)
        assert retention.prune(desk.store) == 2

    def test_a_button_asks_for_it(self, desk):
        blocks = desk.say("Mona", "summary week").messages[0].blocks
        lines = [button.line for block in blocks if isinstance(block, Buttons) for button in block.buttons]
        line = next(line for line in lines if "picture" in line)
        assert len(desk.say("Mona", line).files) == 2


class TestPosted:
    @pytest.fixture
    def room(self, desk) -> str:
        desk.heard("Mona", "desk channel here for:PK-FIA-CCW label:green summary:mon@08:30", room="ops")
        return Recipient.channel(desk.read(lambda work: work.session.scalars(select(Channel.id)).one()))

    def test_on_monday_the_room_reads_of_the_last_whole_week(self, desk, room, clock):
        clock.move_to(datetime(2026, 3, 9, 3, 29, tzinfo=UTC))
        assert posted(desk) == []
        clock.move(minutes=1)
        (told,) = posted(desk)
        assert told.recipient == room
        assert "week of Mon 2 Mar 2026" in told.text
        clock.move(days=7)
        (again,) = posted(desk)
        assert "week of Mon 9 Mar 2026" in again.text

    def test_it_holds_what_the_ceiling_allows_under_the_ceilings_label(self, desk, room, clock):
        ask(desk, label=Label.GREEN, title="May be said")
        amber = ask(desk, label=Label.AMBER)
        clock.move_to(datetime(2026, 3, 9, 4, tzinfo=UTC))
        (told,) = posted(desk)
        assert told.recipient == room
        assert told.label == Label.GREEN
        assert "1 waits:" in told.text
        assert amber not in told.text

    def test_after_three_weeks_of_silence_one_post_of_the_last_week(self, desk, room, clock):
        clock.move_to(datetime(2026, 3, 25, 4, tzinfo=UTC))
        (told,) = posted(desk)
        assert told.recipient == room
        assert "week of Mon 16 Mar 2026" in told.text
        assert posted(desk) == []

    def test_a_room_that_asked_for_none_gets_none(self, desk, clock):
        desk.heard("Mona", "desk channel here for:PK-FIA-CCW", room="ops")
        clock.move(days=10)
        assert posted(desk) == []

    def test_said_to_a_left_room_it_is_nothing(self, desk, room, clock):
        clock.move_to(datetime(2026, 3, 9, 4, tzinfo=UTC))
        desk.tick()
        desk.heard("Mona", "desk channel leave", room="ops")
        assert [spoken for spoken in desk.deliver() if spoken.recipient == room] == []
        states = desk.read(lambda work: set(work.session.scalars(select(OutboxRow.state))))
        assert "pending" not in states

    def test_a_room_let_in_gets_no_summary(self, desk):
        ask(desk)
        said = desk.refused("Adil", "desk channel here for:PROV-META summary:mon@08:30", room="shared")
        assert "is not for others" in said


@dataclass
class Rooms(FakeChat):
    """A platform on which files stand behind messages."""

    files: list[tuple[Address, Download]] = field(default_factory=list)

    async def give_file(self, address: Address, file: Download) -> Outcome:
        self.files.append((address, file))
        return Refused("full") if len(self.files) > 1 else Sent("f1")


class TestPictureInARoom:
    """The post on Monday brings the picture where the room takes one."""

    @pytest.fixture
    def office(self, sqlite_store, clock) -> Office:
        found = Office(sqlite_store, clock)
        found.room("Desk Room", thread="7.1", summary="mon@08:30", next_summary_at=clock.now())
        digests.post_summaries(found.store)
        return found

    def test_behind_the_message_where_it_was_said_with_what_it_shows_in_words(self, office):
        slack = Rooms("slack")
        office.deliver(slack)
        assert len(slack.posts) == 1
        [(address, file)] = slack.files
        assert (address.room, address.thread) == ("DESK-ROOM", "7.1")
        assert (file.media_type, file.content[:4]) == ("image/png", b"\x89PNG")
        assert "8 weeks in figures" in file.shows

    def test_a_picture_that_breaks_leaves_the_message_as_it_is(self, office, monkeypatch):
        monkeypatch.setitem(drawing.PICTURES, PeriodsDrawn, lambda *_: 1 / 0)
        slack = Rooms("slack")
        office.deliver(slack)
        assert (len(slack.posts), slack.files) == (1, [])

    def test_a_picture_that_is_not_taken_says_nothing_twice(self, office):
        slack = Rooms("slack", files=[(Address("slack"), Download("", "", b""))])
        office.deliver(slack)
        office.deliver(slack)
        assert (len(slack.posts), len(slack.files)) == (1, 2)

    def test_a_platform_without_files_says_it_in_words_alone(self, office):
        slack = FakeChat("slack")
        office.deliver(slack)
        assert "week of" in slack.posts[0].text
