"""The door in: one message, one change, one answer; and what is left when something goes wrong."""

import asyncio
import logging
import shutil
import sqlite3
import threading
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import make_url

import storage.database.engine
from bot.adapters.contract import Answer, Inbound, Upload
from bot.inbound.dispatch import Dispatch
from bot.rendering.render import Renderer
from handlers import COMMANDS, people
from handlers.kit.errors import Conflict
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands
from handlers.language.values import Words
from storage.database.store import Store
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.history import chain
from storage.models import Attachment, AuditLine, AuditText, Case, Channel, InboxRow, Note, Person
from storage.models.base import Base

TEMPLATES = Path(__file__).parents[2] / "templates"
OPEN = '/case open "Fake shop" category:fraud label:green'
broken = Commands()


@broken.add("break it", example="break it")
def break_it(turn: Turn, words: Words = "") -> Reply:
    """Write a case note that nobody will see, then meet a bug.

    words: how: `bug`, or anything for a user error.
    """
    turn.work.session.add(Note(case_id=1, person=turn.actor.person, text="half done", at=turn.now))
    turn.work.audit("case note", "CCW-2026-0001", personal="half done")
    turn.work.session.flush()
    if words == "bug":
        raise ZeroDivisionError("SELECT secret FROM /srv/desk/private")
    raise Conflict("guest_yourself")


@dataclass
class Desk:
    """The parts of a desk, and people at it."""

    store: Store
    dispatch: Dispatch

    def say(self, text: str, *, who: str = "Night Officer", key: str | None = None, room: str = "") -> Answer:
        return self.say_all([self.message(text, who=who, key=key, room=room)])[0]

    def say_all(self, messages: list[Inbound]) -> list[Answer]:
        """All at once."""

        async def together() -> list[Answer]:
            return await asyncio.gather(*(self.dispatch.receive(message) for message in messages))

        return asyncio.run(together())

    def message(self, text: str, *, who: str = "Night Officer", key: str | None = None, room: str = "") -> Inbound:
        return Inbound("console", key or f"k{self.count(InboxRow)}:{text}", who, text, room)

    def count(self, model: type[Base]) -> int:
        return self.store.read(lambda work: work.session.scalar(select(func.count()).select_from(model))).result()

    def last(self, model: type[Base], *columns: str) -> tuple[object, ...]:
        def job(work):
            row = work.session.scalars(select(model).order_by(*(c.desc() for c in model.__table__.primary_key))).first()
            return tuple(getattr(row, column) for column in columns)

        return self.store.read(job).result()


def open_desk(store: Store, templates: Path | None = None) -> Desk:
    for name, role in (("Night Officer", Role.OFFICER), ("Day Officer", Role.OFFICER)):
        store.write(lambda work, name=name, role=role: people.enrol_at(work, name, "PK-FIA-CCW", role, [])).result()
    return Desk(store, Dispatch(store, Commands.merge(COMMANDS, broken), Renderer(templates)))


@pytest.fixture
def desk(store) -> Desk:
    return open_desk(store)


@pytest.fixture
def quick(sqlite_store) -> Desk:
    """For what does not depend on the database."""
    return open_desk(sqlite_store)


def words(answer: Answer) -> str:
    return " ".join(" ".join(message.plain() for message in answer.messages).split())


class TestOnce:
    def test_the_same_message_five_times_changes_things_once_and_gets_the_same_answer(self, desk):
        answers = [desk.say(OPEN, key="once") for _ in range(5)]

        assert {words(answer) for answer in answers} == {words(answers[0])}
        assert "CCW-2026-0001" in words(answers[0])
        assert (desk.count(Case), desk.count(InboxRow)) == (1, 1)

    def test_five_copies_at_the_same_moment_change_things_once(self, desk):
        answers = desk.say_all([desk.message(OPEN, key="once")] * 5)

        assert {words(answer) for answer in answers} == {words(answers[0])}
        assert desk.count(Case) == 1

    def test_a_refused_message_is_refused_again_without_another_line_of_history(self, desk):
        first = desk.say("/case status 9", key="once")
        lines = desk.count(AuditLine)
        second = desk.say("/case status 9", key="once")

        assert (first.refused, second.refused) == (True, True)
        assert words(first) == words(second)
        assert desk.count(AuditLine) == lines

    def test_the_same_key_with_another_text_is_refused_and_writes_nothing(self, desk):
        desk.say(OPEN, key="once")
        lines = desk.count(AuditLine)
        answer = desk.say('/case open "Another" category:fraud label:green', key="once")

        assert answer.refused
        assert "CCW-2026-0001" not in words(answer)
        assert (desk.count(Case), desk.count(InboxRow), desk.count(AuditLine)) == (1, 1, lines)

    def test_the_same_line_of_two_people_is_done_twice(self, desk):
        desk.say(OPEN)
        desk.say(OPEN, who="Day Officer")

        assert desk.count(Case) == 2

    def test_a_third_tap_within_ten_seconds_is_still_a_slip(self, desk):
        answers = [desk.say(OPEN, key=f"tap{n}") for n in range(3)]

        assert desk.count(Case) == 1
        assert all("CCW-2026-0001" in words(answer) for answer in answers)

    def test_the_stored_answer_is_said_as_it_was_when_the_record_has_moved_on(self, desk):
        desk.say(OPEN, key="once")
        desk.say('/case close 1 because:"solved"')

        assert "CCW-2026-0001" in words(desk.say(OPEN, key="once"))


class TestReads:
    def test_a_read_leaves_no_trace(self, desk):
        desk.say(OPEN)
        before = (desk.count(InboxRow), desk.count(AuditLine))
        for line in ("/case status 1", "/case list", "/overdue", "/desk help", "/request list", "/case history 1"):
            assert not desk.say(line).refused
        assert (desk.count(InboxRow), desk.count(AuditLine)) == before

    def test_a_refused_read_leaves_its_message_and_a_line(self, desk):
        before = (desk.count(InboxRow), desk.count(AuditLine))
        assert desk.say("/case status 9").refused

        assert (desk.count(InboxRow), desk.count(AuditLine)) == (before[0] + 1, before[1] + 1)
        assert desk.last(InboxRow, "state", "text") == ("refused", "/case status 9")


class TestWrong:
    def test_a_user_error_takes_the_change_back_and_keeps_message_and_line(self, desk):
        desk.say(OPEN)
        lines = desk.count(AuditLine)
        answer = desk.say("/break it gently")

        assert answer.refused
        assert "you are a guest here yourself" in words(answer)
        assert desk.count(Note) == 0
        assert desk.count(AuditLine) == lines + 1
        assert desk.last(AuditLine, "act", "ref") == ("refused", "conflict")
        assert desk.last(AuditText, "text") == ("/break it gently",)
        assert desk.last(InboxRow, "state", "text") == ("refused", "/break it gently")
        assert desk.store.read(lambda work: chain.verify(work.session)).result().bad_n is None

    def test_who_may_not_is_told_so_before_any_value_is_asked_for(self, quick):
        answer = quick.say("/desk holiday add")

        assert answer.refused
        assert answer.question is None
        assert "admin" in words(answer)

    def test_a_bug_gives_an_incident_and_tells_nothing_else(self, desk, caplog):
        desk.say(OPEN)
        before = desk.count(AuditLine)
        with caplog.at_level(logging.ERROR, "rogatory.dispatch"):
            answer = desk.say("/break it bug")

        assert answer.failed
        said = words(answer)
        for secret in ("ZeroDivision", "SELECT", "/srv", "Traceback", "sqlalchemy", ".py"):
            assert secret not in said
        incident = next(record.args[0] for record in caplog.records if "incident" in record.msg)
        assert incident in said
        assert "/break it bug" in said
        assert "ZeroDivisionError" in caplog.text
        assert (desk.count(Note), desk.count(AuditLine)) == (0, before)
        assert desk.last(InboxRow, "state", "text") == ("failed", "/break it bug")

    def test_a_bug_met_again_by_the_same_message_gives_the_same_incident(self, desk):
        desk.say(OPEN)

        assert words(desk.say("/break it bug", key="once")) == words(desk.say("/break it bug", key="once"))

    def test_characters_that_were_taken_out_are_said_and_the_message_is_kept_as_typed(self, desk):
        line = '/case open "Fa\u200bke\u202e shop" category:fraud label:green'
        answer = desk.say(line)

        assert "removed 2 invisible characters" in words(answer)
        assert desk.last(Case, "title") == ("Fake shop",)
        assert desk.last(InboxRow, "text") == (line,)


class TestStoreGone:
    def test_a_locked_store_is_said_and_nothing_is_written(self, sqlite_url, clock, reference, monkeypatch):
        monkeypatch.setattr(storage.database.engine, "BUSY_SECONDS", 0.2)
        store = Store(sqlite_url, clock=clock, reference=reference)
        try:
            desk = open_desk(store)
            other = sqlite3.connect(make_url(sqlite_url).database, isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            answer = desk.say(OPEN, key="once")
            other.execute("ROLLBACK")
            other.close()

            assert answer.refused
            assert "Fake shop" in words(answer)
            assert (desk.count(Case), desk.count(InboxRow)) == (0, 0)
            assert "CCW-2026-0001" in words(desk.say(OPEN, key="once"))
        finally:
            store.close()


class TestTemplates:
    @pytest.mark.parametrize("wrong", [None, "{{ no_such_field }}", "{% if %}"])
    def test_a_template_that_fails_after_the_commit_leaves_the_change_and_a_plain_answer(
        self, sqlite_store, tmp_path, wrong
    ):
        folder = shutil.copytree(TEMPLATES, tmp_path / "templates")
        template = folder / "messages" / "case_opened.md.j2"
        template.write_text(wrong) if wrong else template.unlink()
        desk = open_desk(sqlite_store, folder)
        answer = desk.say(OPEN)

        assert (answer.refused, answer.failed) == (False, False)
        assert "CCW-2026-0001" in words(answer)
        assert desk.count(Case) == 1


class TestRooms:
    @pytest.fixture
    def room(self, quick) -> Desk:
        def job(work):
            agency = work.session.scalars(select(Case)).first().agency
            channel = Channel(platform="console", external_id="R1", authority_id=agency.id, zone="Asia/Karachi")
            channel.ceiling = Label.AMBER
            work.session.add(channel)

        quick.say(OPEN)
        quick.store.write(job).result()
        return quick

    @pytest.mark.parametrize(
        ("label", "known", "unknown"), [("clear", False, False), ("green", False, True), ("amber", False, True),
                                        ("amber+strict", True, True), ("red", True, True)]
    )  # fmt: skip
    def test_what_is_above_the_ceiling_of_a_room_is_said_in_private(self, room, label, known, unknown):
        line = f'/case open "Labelled" category:fraud label:{label}'

        assert room.say(line, room="R1").private is known
        assert room.say(f"{line} again:yes", room="R-unheard-of").private is unknown
        assert room.say(f"{line} again:yes").private is False

    @pytest.mark.parametrize(
        ("line", "room_id", "aloud"),
        [
            ("/case status 1 aloud:yes", "R1", True),
            ("/case note 1 hello aloud:yes", "R1", True),
            ("/case status 1", "R1", False),
            ("/case status 9 aloud:yes", "R1", False),
            ('/case open "Labelled" category:fraud label:red aloud:yes', "R1", False),
            ("/case status 1 aloud:yes", "R-unheard-of", False),
        ],
    )
    def test_aloud_is_for_what_a_room_may_read_and_its_asker_wants_it_to(self, room, line, room_id, aloud):
        answer = room.say(line, room=room_id)
        assert answer.aloud is aloud
        assert answer.refused or "aloud" not in words(answer)

    def test_in_a_room_of_others_no_answer_is_aloud_because_its_asker_sees_more(self, room):
        def job(work):
            work.session.scalars(select(Channel)).one().authority_id += 1

        room.store.write(job).result()
        answer = room.say("/case status 1 aloud:yes", room="R1")
        assert (answer.aloud, answer.private) == (False, True)
        assert not room.say("/case status 1", room="R1").private

    def test_a_refusal_is_nobody_elses_business(self, room):
        assert room.say("/case status 9", room="R1").private


class TestWhileTheRecordIsBusy:
    """Whoever hears nothing types it again: that is no second act, however long the first one takes."""

    def slow(self, desk, *lines: str, seconds: int = 60) -> list[Answer]:
        """All of them come while something else holds the record, for so long by its clock."""
        came, go_on = threading.Event(), threading.Event()

        def hold(_):
            came.set()
            go_on.wait()

        async def together() -> list[Answer]:
            holding = desk.store.write(hold)
            await asyncio.to_thread(came.wait)
            taken = [asyncio.create_task(desk.dispatch.receive(desk.message(one, key=f"k:{n}"))) for n, one in lines_]
            await asyncio.sleep(0)
            desk.store.clock.move(seconds=seconds)
            go_on.set()
            holding.result()
            return await asyncio.gather(*taken)

        lines_ = list(enumerate(lines))
        return asyncio.run(together())

    def test_the_same_line_twice_and_thrice_is_one_case(self, desk, clock):
        desk.store.clock = clock
        answers = self.slow(desk, OPEN, OPEN, OPEN)
        assert desk.count(Case) == 1
        assert ["again:yes" in str(answer) for answer in answers] == [False, True, True]
        assert str(answers[2]).count("again:yes") == str(answers[1]).count("again:yes")

    def test_another_line_in_between_makes_it_no_second_act(self, desk, clock):
        desk.store.clock = clock
        self.slow(desk, OPEN, '/case open "Another" category:fraud label:green', OPEN)
        assert desk.count(Case) == 2

    def test_whoever_says_again_means_it(self, desk, clock):
        desk.store.clock = clock
        self.slow(desk, OPEN, f"{OPEN} again:yes")
        assert desk.count(Case) == 2

    def test_what_was_refused_is_not_copied(self, desk, clock):
        desk.store.clock = clock
        first, second = self.slow(desk, "/case note 1 late", "/case note 1 late")
        assert first.refused
        assert second.refused
        assert "again:yes" not in str(second)

    def test_a_slip_of_the_finger_is_counted_from_the_answer(self, desk, clock):
        desk.store.clock = clock
        self.slow(desk, OPEN)
        clock.move(seconds=9)
        assert "again:yes" in str(desk.say(OPEN, key="k:slip"))
        clock.move(seconds=11)
        desk.say(OPEN, key="k:meant")
        assert desk.count(Case) == 2


def test_a_form_that_is_sent_again_is_tried_anew_where_it_was_refused_and_answered_where_it_was_done(desk):
    note = replace(desk.message("/case note 1 seen", key="view:1"), anew=True)
    assert desk.say_all([note])[0].refused
    desk.say(OPEN)
    done, again = (desk.say_all([note])[0] for _ in range(2))
    assert not done.refused
    assert str(done) == str(again)
    assert desk.count(Note) == 1


class TestCopiesThatComeTogether:
    """`desk` is on both databases: on PostgreSQL the copies run at once."""

    def test_with_a_file_there_is_one_answer(self, desk):
        upload = Upload(name="a.pdf", size_bytes=10, source="f1")
        answers = desk.say_all([replace(desk.message(OPEN, key="once"), files=(upload,))] * 4)
        assert len({words(answer) for answer in answers}) == 1
        assert not any(answer.failed for answer in answers)
        assert (desk.count(Case), desk.count(Attachment), desk.count(InboxRow)) == (1, 1, 1)

    def test_what_was_refused_and_comes_anew_is_carried_out_once(self, desk):
        note = '/case note 1 "hello there"'
        assert desk.say(note, key="k").refused
        desk.say(OPEN, key="o")
        answers = desk.say_all([replace(desk.message(note, key="k"), anew=True)] * 4)
        assert not any(answer.failed or answer.refused for answer in answers)
        assert desk.count(Note) == 1


def test_whoever_is_taken_off_the_desk_while_a_line_is_refused_reads_that_and_nothing_of_the_record(desk, monkeypatch):
    read = desk.store.read

    def leave(work):
        work.session.scalars(select(Person).where(Person.name == "Night Officer")).one().active = False

    def read_and_leave(job):
        done = read(job)
        done.exception()
        desk.store.write(leave).result()
        return done

    monkeypatch.setattr(desk.store, "read", read_and_leave)
    assert desk.say("case status 99", key="k1").refused
    monkeypatch.undo()
    [reply] = desk.last(InboxRow, "reply")
    assert [one["notice"] for one in reply["said"]] == ["not_linked"]
