"""What the columns keep: moments with their zone, JSON, and text in every script, the same from both databases."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select
from sqlalchemy.exc import StatementError

from storage.models import Case, Request, Trait
from storage.times import NaiveTime
from tests import factories

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
