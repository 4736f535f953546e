"""What the columns keep: moments, JSON, text in every script, recipients; the same from both databases."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import StatementError

from storage.exposure.labels import Label
from storage.messages import outbox
from storage.models import Case, OutboxRow, Recipient, Request, Trait, is_person
from storage.times import NaiveTime
from tests import factories
from tests.office import Nudge

SECONDS = 30
MOMENTS = [
    datetime(2026, 3, 2, 6, tzinfo=UTC),
    datetime(2026, 3, 2, 6, 0, 0, 1, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 30, tzinfo=timezone(timedelta(hours=5))),
    datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(2031, 1, 1, tzinfo=timezone(-timedelta(hours=9, minutes=30))),
]


def case_opened(work, at):
    factories.case(work).opened_at = at


def test_moments_come_back_in_utc_and_sort_as_time_does(store):
    store.write(lambda work: [case_opened(work, at) for at in MOMENTS] and None).result(SECONDS)
    kept = store.read(lambda work: work.session.scalars(select(Case.opened_at).order_by(Case.id)).all()).result(SECONDS)
    assert [(at, at.tzinfo) for at in kept] == [(at, UTC) for at in MOMENTS]
    ordered = select(Case.opened_at).order_by(Case.opened_at)
    assert store.read(lambda work: work.session.scalars(ordered).all()).result(SECONDS) == sorted(MOMENTS)
    early = select(Case.opened_at).where(Case.opened_at <= MOMENTS[0])
    assert store.read(lambda work: set(work.session.scalars(early))).result(SECONDS) == {MOMENTS[0], MOMENTS[3]}


def test_a_moment_without_a_zone_is_refused_and_nothing_is_written(store):
    naive = datetime(2026, 3, 2, 6)  # noqa: DTZ001 - the mistake this is about
    with pytest.raises(StatementError) as raised:
        store.write(lambda work: case_opened(work, naive)).result(SECONDS)
    assert isinstance(raised.value.orig, NaiveTime)
    assert store.read(lambda work: work.session.scalars(select(Case)).all()).result(SECONDS) == []


def test_json_keeps_lists_objects_and_every_script(store):
    fields = {"offence": "جعل سازی", "list": [1, None, True, {"é": "🚨"}]}

    def job(work):
        return factories.request(work, fields=fields, refusals=[{"codes": ["OVERBROAD"]}]).id

    request_id = store.write(job).result(SECONDS)

    def look(work):
        row = work.session.get(Request, request_id)
        return row.fields, row.refusals, row.data, row.parts

    assert store.read(look).result(SECONDS) == (fields, [{"codes": ["OVERBROAD"]}], ["bsi"], {})


def test_text_keeps_every_character(store):
    value = "line one\nline two\t“quotes” — ۴۲ É \U0001f6a8"
    store.write(lambda work: work.session.add(Trait(name="t", value=value))).result(SECONDS)
    assert store.read(lambda work: work.session.get(Trait, "t").value).result(SECONDS) == value


ROOM, SEVENTH, TENTH = Recipient.channel(3), Recipient.person(7), Recipient.person(10)


def told(work, recipient) -> None:
    """Something to say to a recipient, whether or not they are there."""
    outbox.put(work, cause="c", notice=Nudge(), recipient=recipient, label=Label.AMBER, platform="slack")


class TestRecipients:
    @pytest.fixture
    def ask(self, store):
        """The recipients of rows, by a query."""
        store.write(lambda work: [told(work, one) for one in (SEVENTH, ROOM, TENTH)] and None).result(SECONDS)
        return lambda query: store.read(lambda work: work.session.scalars(query).all()).result(SECONDS)

    def test_the_database_has_the_text_it_always_had(self, ask):
        kept = ask(text("SELECT recipient FROM outbox ORDER BY id"))
        assert kept == ["person:7", "channel:3", "person:10"]

    def test_a_row_of_an_earlier_program_is_read_and_found(self, store, ask):
        earlier = text("UPDATE outbox SET recipient = 'channel:12' WHERE recipient = 'channel:3'")
        store.write(lambda work: work.session.execute(earlier) and None).result(SECONDS)
        assert ask(select(OutboxRow.recipient).where(OutboxRow.recipient == Recipient.channel(12))) == [
            Recipient.channel(12)
        ]

    def test_they_are_compared_chosen_and_ordered_where_they_stand(self, ask):
        column = OutboxRow.recipient
        assert ask(select(column).order_by(OutboxRow.id)) == [SEVENTH, ROOM, TENTH]
        assert ask(select(column).where(column.in_([ROOM, TENTH])).order_by(column)) == [ROOM, TENTH]
        assert ask(select(column).where(column.not_in([ROOM, TENTH]))) == [SEVENTH]
        assert ask(select(column).where(is_person(column)).order_by(OutboxRow.id)) == [SEVENTH, TENTH]

    def test_a_text_made_by_hand_is_refused_and_nothing_is_written(self, store):
        with pytest.raises(StatementError) as raised:
            store.write(lambda work: told(work, "person:7")).result(SECONDS)
        assert isinstance(raised.value.orig, TypeError)
        assert store.read(lambda work: work.session.scalars(select(OutboxRow)).all()).result(SECONDS) == []


@pytest.mark.parametrize("one", [ROOM, SEVENTH])
def test_a_recipient_is_what_its_text_says(one):
    assert Recipient.parse(str(one)) == one
    assert one.is_channel is (one.kind == "channel")


@pytest.mark.parametrize("text", ["", "person", "person:", "person:x", "person:-1", "P7", "room:3", "7"])
def test_any_other_text_is_no_recipient(text):
    with pytest.raises(ValueError, match=f"^{text}$"):
        Recipient.parse(text)


def test_recipients_sort_by_number_and_not_by_digits():
    assert sorted([TENTH, SEVENTH, ROOM]) == [ROOM, SEVENTH, TENTH]
