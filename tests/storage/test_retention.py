"""What the desk lets go of by itself, and what it never does."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot.adapters.contract import Inbound
from storage.history import chain
from storage.messages import inbox, retention
from storage.models import InboxRow, OutboxRow, Posting, Recipient

SECONDS = 30
DAY = timedelta(days=1)


def said(work, cause, *, state="sent", settled_days_ago=0, digest_id=None):
    settled_at = None if state in ("pending", "sending") else work.now - settled_days_ago * DAY
    row = OutboxRow(
        cause=cause,
        notice="nudge",
        fields={},
        recipient=Recipient.person(1),
        platform="console",
        label="TLP:AMBER",
        not_before=work.now - settled_days_ago * DAY,
        state=state,
        settled_at=settled_at,
        digest_id=digest_id,
    )
    work.session.add(row)
    work.session.flush()
    return row


def heard(work, key, *, days_ago):
    row = InboxRow(key=key, account="a", text="case list", digest="d", at=work.now - days_ago * DAY, state="done")
    row.reply = {"said": []}
    work.session.add(row)


def causes(store):
    return store.read(lambda work: set(work.session.scalars(select(OutboxRow.cause)))).result(SECONDS)


def texts(store):
    query = select(InboxRow.key, InboxRow.text)
    return store.read(lambda work: dict(iter(work.session.execute(query)))).result(SECONDS)


class TestWhatWasSaid:
    @pytest.mark.parametrize("state", ["sent", "folded", "dropped"])
    def test_it_goes_fourteen_days_after_it_was_settled(self, store, state):
        store.write(lambda work: said(work, "old", state=state, settled_days_ago=14.01)).result(SECONDS)
        store.write(lambda work: said(work, "young", state=state, settled_days_ago=13.99)).result(SECONDS)
        assert retention.prune(store) == 1
        assert causes(store) == {"young"}

    @pytest.mark.parametrize("state", ["dead", "pending", "sending"])
    def test_what_is_not_settled_or_waits_for_a_decision_stays_for_ever(self, store, state):
        store.write(lambda work: said(work, "old", state=state, settled_days_ago=5000)).result(SECONDS)
        assert retention.prune(store) == 0
        assert causes(store) == {"old"}

    def test_a_card_keeps_its_place_so_that_it_can_still_be_edited(self, store):
        def post(work):
            row = said(work, "old", settled_days_ago=20)
            where = {"notice": "nudge", "platform": "slack", "place": "C1", "message_id": "m"}
            of = {"recipient": row.recipient, "subject": "CCW-2026-0001/1"}
            work.session.add(Posting(outbox_id=row.id, at=work.now, **of, **where))

        store.write(post).result(SECONDS)
        retention.prune(store)
        assert causes(store) == set()
        assert store.read(lambda work: work.session.scalars(select(Posting.place)).all()).result(SECONDS) == ["C1"]

    def test_a_digest_goes_after_what_was_folded_into_it(self, store, clock):
        def fold(work):
            digest = said(work, "digest", settled_days_ago=20)
            said(work, "nudge", state="folded", settled_days_ago=20, digest_id=digest.id)

        store.write(fold).result(SECONDS)
        for _ in range(2):
            retention.prune(store)
            clock.move(hours=1)
        assert causes(store) == set()

    def test_more_than_one_transaction_holds_goes_as_well(self, store):
        many = retention.BATCH + 7
        store.write(lambda work: [said(work, f"old {n}", settled_days_ago=20) for n in range(many)]).result(SECONDS)
        assert retention.prune(store) == many


class TestWhatCameIn:
    def test_the_text_goes_after_thirty_days_and_the_key_after_ninety(self, store):
        def hear(work):
            for days in (29, 31, 89, 91):
                heard(work, str(days), days_ago=days)

        store.write(hear).result(SECONDS)
        retention.prune(store)
        assert texts(store) == {"29": "case list", "31": "", "89": ""}

    def test_a_message_repeated_after_its_text_went_gets_the_same_answer(self, store, clock):
        message, said = inbox.Received("key", "slack:U1", "C1", "case list"), Inbound("slack", "key", "U1", "case list")

        def hear(work):
            inbox.keep(work, inbox.meet(work, message, said), state="done", reply={"said": ["3 cases"]})

        store.write(hear).result(SECONDS)
        clock.move(days=40)
        retention.prune(store)
        assert store.write(lambda work: inbox.meet(work, message, said).stored).result(SECONDS) == {"said": ["3 cases"]}


class TestHowOften:
    def test_it_looks_once_an_hour(self, store, clock):
        retention.prune(store)
        store.write(lambda work: said(work, "old", settled_days_ago=20)).result(SECONDS)
        clock.move(minutes=59)
        assert retention.prune(store) == 0
        clock.move(minutes=1)
        assert retention.prune(store) == 1

    def test_a_clock_put_back_a_year_does_not_stop_it_for_a_year(self, store, clock):
        retention.prune(store)
        clock.move(days=-365)
        store.write(lambda work: said(work, "old", settled_days_ago=20)).result(SECONDS)
        assert retention.prune(store) == 1


def test_the_chain_of_history_is_not_touched(store, clock):
    store.write(lambda work: work.audit("case open", "CCW-2026-0001", personal="a name")).result(SECONDS)
    head = store.read(lambda work: chain.verify(work.session)).result(SECONDS).head
    clock.move(days=5000)
    retention.prune(store)
    verdict = store.read(lambda work: chain.verify(work.session)).result(SECONDS)
    assert (verdict.bad_n, verdict.head) == (None, head)
    assert store.read(lambda work: work.session.scalar(select(func.count(OutboxRow.id)))).result(SECONDS) == 0
