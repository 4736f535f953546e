"""Row 18: a message that is edited or deleted after its command ran changes nothing that is on record."""

import pytest
from sqlalchemy import select

from bot.adapters.contract import EDITS_DO_NOTHING
from storage.models import AuditLine, InboxRow, Note
from tests.between import between
from tests.office import Office


@pytest.fixture
def office(sqlite_store, clock):
    return Office(sqlite_store, clock)


def record(office):
    """The notes, every message as it came in, and how long the history is."""

    def job(work):
        ask = work.session.scalars
        lines = ask(select(AuditLine.n).order_by(AuditLine.n.desc())).first()
        return ask(select(Note.text)).all(), ask(select(InboxRow.text)).all(), lines

    return office.store.read(job).result()


def test_on_slack_its_author_reads_that_it_does_nothing(office):
    async def story(world):
        slack = world.side("slack").platform
        world.person(1, "slack")
        await slack.say("U1", "case note 1 first", ts="1.1")
        before = record(office)
        message = {"type": "message", "user": "U1", "text": "case note 1 second", "ts": "1.1"}
        same = {"type": "message", "channel_type": "im", "channel": "DU1"}
        edit = {"subtype": "message_changed", "message": message, "previous_message": message | {"text": "x"}}
        for event in (
            edit,
            edit | {"previous_message": message},  # a preview came under it
            edit | {"message": message | {"bot_id": "B1"}},
            {"subtype": "message_deleted", "deleted_ts": "1.1", "previous_message": message},
        ):
            for _ in range(2):
                assert (await slack.event(same | event, key=f"Ev{event!r}")).status == 200
        await slack.quiet()
        return before, record(office), [post.words for post in slack.seen_by("U1")][1:]

    before, after, said = between(office, story)
    assert before == after
    assert (after[0], said) == (["first"], [EDITS_DO_NOTHING])


def test_on_telegram_its_author_reads_that_it_does_nothing(office):
    async def story(world):
        side = world.side("telegram")
        world.person(1, "telegram")
        said = side.platform.say(1001, "/case note 1 first")
        await side.rig.heard()
        before = record(office)
        side.platform.edit(said, text="/case note 1 second")
        await side.rig.heard()
        return before, record(office), side.texts(1)[-1]

    before, after, said = between(office, story)
    assert before == after
    assert (after[0], said) == (["first"], EDITS_DO_NOTHING)
