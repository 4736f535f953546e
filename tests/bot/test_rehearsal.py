"""What would be said by a given time: the truth about the future, and nothing is changed."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot.cli import rehearsal
from bot.rendering.render import Renderer
from bot.ticking.tick import Ticker
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.history import chain
from storage.models import Channel, OutboxRow, Request, is_person
from storage.models.base import Base
from storage.record import records
from storage.reminders.digests import plan
from storage.rules import lifecycle
from storage.rules.lifecycle import Status
from tests import factories
from tests.bot.test_tick import Held

SECONDS = 30
PAST_DUE = 72  # days, after which the answer to the request has been overdue for some weeks
WEEKS = 28  # days around the last day of that answer
RENDERER = Renderer()


@pytest.fixture(autouse=True)
def request_ref(store):
    """A request that was sent, led by one officer, with a manager and a room that hears digests."""

    def make(work):
        agency = factories.agency(work)
        officer = factories.person(work, of=agency, name="Night Officer")
        factories.person(work, of=agency, name="Desk Manager", role=Role.MANAGER)
        case = factories.case(work, of=agency, opener=officer, lead=officer)
        room = {"platform": "slack", "external_id": "C1", "title": "unit", "authority": agency, "zone": agency.zone}
        channel = Channel(**room, ceiling=Label.AMBER)
        work.session.add(channel)
        work.session.flush()
        plan(work, channel)
        return factories.request(work, of=case, status=Status.SENT).ref

    return store.write(make).result(SECONDS)


def everything(store):
    """How many rows each table holds, and the head of the chain."""

    def look(work):
        counts = {
            table.name: work.session.scalar(select(func.count()).select_from(table))
            for table in Base.metadata.sorted_tables
        }
        return counts, chain.verify(work.session).head

    return store.read(look).result(SECONDS)


def rehearse(store, days):
    return rehearsal.rehearse(store, RENDERER, store.clock.now() + timedelta(days=days))


def test_nothing_at_all_is_changed(store):
    before = everything(store)
    assert rehearse(store, 120)
    assert everything(store) == before


def test_each_line_says_to_whom_where_what_and_why(store, request_ref):
    lines = [line for line in rehearse(store, 120) if line.name == "Night Officer"]
    assert {line.platform for line in lines} == {"console"}
    assert all(request_ref in line.text for line in lines)
    assert all(f"of {request_ref}, rung " in line.why and "rings 20" in line.why for line in lines)


def test_a_room_hears_its_digest_and_not_each_reminder(store):
    lines = [line for line in rehearse(store, 120) if line.platform == "slack" and not line.waits]
    assert lines
    assert all(line.why.startswith("digest:") for line in lines)


def test_nothing_is_said_before_its_time(store):
    assert rehearse(store, 0) == []


def test_a_moment_that_is_past_shows_what_was_due_then(store):
    assert rehearse(store, -10) == []


def test_what_it_foretells_is_what_then_happens(store, clock, request_ref):
    """People are told of the same rungs by ticks every six hours over the same weeks."""
    clock.move(days=PAST_DUE - WEEKS)
    lines = rehearse(store, WEEKS)
    foretold = {line.why.partition(f"{request_ref}, rung ")[2].partition(",")[0] for line in lines} - {""}
    assert foretold >= {"soon", "overdue_14"}
    ticker = Ticker(store, Held())
    for _ in range(WEEKS * 4):
        clock.move(hours=6)
        ticker.tick()
    told = select(OutboxRow.cause).where(OutboxRow.notice == "nudge", is_person(OutboxRow.recipient))
    causes = store.read(lambda work: work.session.scalars(told).all()).result(SECONDS)
    assert {cause.rpartition(":")[2] for cause in causes} == foretold


def test_while_it_goes_on_others_change_what_it_has_changed_itself(store, request_ref):
    def answered(work):
        row = work.session.scalars(select(Request).where(Request.ref == request_ref).with_for_update()).one()
        lifecycle.move(work, row, "produced", by=row.filer, on=work.now.date())
        work.session.scalars(select(Channel)).one().title = "renamed meanwhile"

    class Midway(Renderer):
        moved = 0

        def message(self, *values):
            if not self.moved:
                self.moved += 1
                store.write(answered).result(SECONDS)
            return super().message(*values)

    renderer = Midway()
    assert rehearsal.rehearse(store, renderer, store.clock.now() + timedelta(days=PAST_DUE))
    assert renderer.moved == 1
    assert store.read(lambda work: work.session.scalar(select(Request.status))).result(SECONDS) == "produced"
    assert store.read(lambda work: work.session.scalar(select(Channel.title))).result(SECONDS) == "renamed meanwhile"


def test_a_template_that_breaks_is_named_and_does_not_hide_the_rest(store, monkeypatch):
    said = Renderer.message

    def broken(renderer, name, *rest):
        if name == "nudge":
            raise ValueError("a bug")
        return said(renderer, name, *rest)

    monkeypatch.setattr(Renderer, "message", broken)
    texts = {line.platform: line.text for line in rehearse(store, 120) if not line.waits}
    assert texts["console"] == "(cannot be put into words: ValueError: a bug)"
    assert "CCW-2026-0001/1" in texts["slack"]


def test_a_real_database_keeps_its_clock(store):
    """It is no demonstration, and none is made of it."""
    rehearse(store, 120)
    assert store.read(lambda work: records.trait(work, "demo")).result(SECONDS) is None
