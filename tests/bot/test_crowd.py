"""Many people on two platforms at once: each accepted line is on record once, each refused one changed nothing.

The crowd is `tests/crowd.py`; here is what must be true of the record and of the answers when it has gone home.
"""

import json
import random
from collections import Counter
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from storage.history import chain
from storage.models import Account, AuditLine, AuditText, Clock, InboxRow, Note, OutboxRow, Person, Request
from storage.rules.lifecycle import MOVES, Status
from tests.crowd import SAYINGS, gather, lines, mark_in, speak, words

pytestmark = pytest.mark.slow  # a crowd for a while

MOVED = {f"request {word}": move for word, move in MOVES.items()}
ACTS = {act for saying in SAYINGS for act in saying.acts}


@dataclass(frozen=True)
class Kept:
    """A line of history."""

    actor: str
    act: str
    ref: str
    facts: dict
    text: str

    @property
    def mark(self):
        return mark_in(self.text) if self.text else self.facts["after"].get("their", "")


class Aftermath:
    """What was said, what was answered, and what is on record."""

    def __init__(self, store, refs, said, heard, copies):
        self.refs, self.said, self.heard, self.copies = refs, said, heard, copies
        self._store = store
        self.done = {line.mark for line in said if not heard.answers[line.mark][0].refused}
        self.history = self.read(_history)

    def read(self, job):
        return self._store.read(job).result()

    def run(self):
        self.each_copy_was_answered_alike()
        self.each_message_came_in_once()
        self.each_line_left_its_history_and_no_other()
        self.each_request_is_where_its_history_leads()
        self.nothing_that_was_added_got_lost()
        self.nobody_was_told_of_what_was_refused()
        self.each_account_reads_each_answer()
        assert self.read(lambda work: chain.verify(work.session)).bad_n is None

    def each_copy_was_answered_alike(self):
        assert {mark: len(answers) for mark, answers in self.heard.answers.items()} == self.copies
        assert [mark for mark, answers in self.heard.answers.items() if len(words(answers)) > 1] == []
        assert [mark for mark, answers in self.heard.answers.items() if answers[0].failed] == []
        assert [mark for mark, acks in self.heard.acks.items() if any(ack != acks[0] for ack in acks)] == []

    def each_message_came_in_once(self):
        rows = self.read(lambda work: work.session.execute(select(InboxRow.text, InboxRow.state)).all())
        assert sorted((mark_in(text), state) for text, state in rows) == sorted(
            (line.mark, "done" if line.mark in self.done else "refused") for line in self.said
        )

    def each_line_left_its_history_and_no_other(self):
        actors = self.read(_actors)
        expected = Counter(
            (actors[line.account], act, line.ref if line.mark in self.done else "")
            for line in self.said
            for act in (line.saying.acts if line.mark in self.done else ["refused"])
        )
        ours = [kept for kept in self.history if kept.act in ACTS or kept.act == "refused"]
        assert Counter((kept.actor, kept.act, "" if kept.act == "refused" else kept.ref) for kept in ours) == expected
        refused = {kept.mark for kept in ours if kept.act == "refused"}
        assert refused == {line.mark for line in self.said} - self.done
        assert {kept.mark for kept in ours if kept.act != "refused"} - {""} == self.done

    def each_request_is_where_its_history_leads(self):
        reached = dict.fromkeys(self.refs, Status.SENT)
        for kept in self.history:
            if move := MOVED.get(kept.act):
                assert kept.facts["before"]["status"] == reached[kept.ref], kept
                assert reached[kept.ref] in move.sources, kept
                reached[kept.ref] = move.target
        assert dict(self.read(lambda work: work.session.execute(select(Request.ref, Request.status)).all())) == reached

    def nothing_that_was_added_got_lost(self):
        notes = self.read(lambda work: work.session.scalars(select(Note.text)).all())
        assert sorted(notes) == self.marks_of("case note")
        clocks = self.read(lambda work: work.session.scalars(select(Clock.extensions)).all())
        assert sorted(more["reason"] for added in clocks for more in added) == self.marks_of("request extend")
        refusals = self.read(lambda work: work.session.scalars(select(Request.refusals)).all())
        assert sum(map(len, refusals)) == len(self.marks_of("request refused"))

    def marks_of(self, words):
        return sorted(line.mark for line in self.said if line.saying.words == words and line.mark in self.done)

    def nobody_was_told_of_what_was_refused(self):
        told = select(InboxRow.text).join(OutboxRow, OutboxRow.cause == InboxRow.key)
        causes = self.read(lambda work: work.session.scalars(told.distinct()).all())
        assert {mark_in(text) for text in causes} == self.done

    def each_account_reads_each_answer(self):
        """A command that comes again is answered again; an event or a chat message was answered where it stands."""
        read = Counter()
        for line in self.said:
            read[line.account] += self.copies[line.mark] if line.kind == "command" else 1
        assert self.heard.posts == read


def _history(work):
    """The lines written since everything was laid out, in order."""
    first = select(AuditLine.n).where(AuditLine.actor != "desk").order_by(AuditLine.n).limit(1)
    query = select(AuditLine, AuditText.text).outerjoin(AuditText, AuditText.n == AuditLine.n)
    rows = work.session.execute(query.where(AuditLine.n >= work.session.scalars(first).one()).order_by(AuditLine.n))
    return [Kept(line.actor, line.act, line.ref, json.loads(line.facts), text or "") for line, text in rows]


def _actors(work):
    rows = work.session.execute(select(Account, Person).join(Person, Person.id == Account.person_id))
    return {f"{account.platform}:{account.external_id}": person.actor for account, person in rows}


def crowd(store, count, *, posted, seed):
    chance = random.Random(seed)
    refs = gather(store)
    said = lines(count, refs, chance)
    heard, copies = speak(store, said, chance, posted=posted)
    aftermath = Aftermath(store, refs, said, heard, copies)
    aftermath.run()
    return aftermath


@pytest.mark.parametrize("posted", [True, pytest.param(False, marks=pytest.mark.slow)], ids=["posted", "asked_for"])
def test_two_hundred_lines_of_a_crowd_on_two_platforms(store, posted):
    aftermath = crowd(store, 200, posted=posted, seed=7)
    assert 60 < len(aftermath.done) < 180, "they are to get in each other's way, and not only that"


@pytest.mark.slow
def test_ten_thousand_lines_of_a_crowd_on_two_platforms(store):
    aftermath = crowd(store, 10_000, posted=True, seed=random.randrange(10**6))
    assert len(aftermath.done) > 2_000
