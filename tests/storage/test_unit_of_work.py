"""One transaction: nothing without a commit, numbers without gaps, the audit lines that go with the change."""

import random
from dataclasses import fields

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.database.unit_of_work import UnitOfWork
from storage.models import AuditLine, Case, Counter, Trait
from storage.record import records
from tests import factories

SECONDS = 30


def count(store, column):
    return store.read(lambda work: work.session.scalar(select(func.count(column)))).result(SECONDS)


class TestTrio:
    """The three every unit of work needs, without the store around it."""

    def work(self, session, clock, reference):
        work = UnitOfWork(session, clock.now(), reference)
        work.session.add(Trait(name="a", value="b"))
        work.audit("act", "REF-1")
        work.finish()
        return work

    def test_it_commits_when_told(self, store, clock, reference):
        with Session(store.write_engine) as session, session.begin():
            self.work(session, clock, reference)
        assert (count(store, Trait.name), count(store, AuditLine.n)) == (1, 1)

    def test_it_rolls_back_when_nobody_says_anything(self, store, clock, reference):
        with Session(store.write_engine) as session:
            self.work(session, clock, reference)
        assert (count(store, Trait.name), count(store, AuditLine.n)) == (0, 0)

    def test_it_rolls_back_on_an_error(self, store, clock, reference):
        def fail():
            with Session(store.write_engine) as session, session.begin():
                self.work(session, clock, reference)
                raise InterruptedError

        with pytest.raises(InterruptedError):
            fail()
        assert (count(store, Trait.name), count(store, AuditLine.n)) == (0, 0)


class TestNumbers:
    def test_no_gap_and_no_double_whoever_gives_up(self, store):
        chance = random.Random(20260302)
        fates = [chance.random() < 0.3 for _ in range(8 * 50)]

        def job(gives_up):
            def allot(work):
                number = work.number("PK-FIA-CCW/2026")
                work.session.add(Trait(name=str(number), value=""))
                if gives_up:
                    raise InterruptedError
                return number

            return allot

        futures = [store.write(job(fate)) for fate in fates]
        kept = [future.result(SECONDS) for future, fate in zip(futures, fates, strict=True) if not fate]
        assert all(
            isinstance(f.exception(SECONDS), InterruptedError) for f, fate in zip(futures, fates, strict=True) if fate
        )
        assert sorted(kept) == list(range(1, fates.count(False) + 1))
        last = store.read(lambda work: work.session.get(Counter, "PK-FIA-CCW/2026").last).result(SECONDS)
        assert last == len(kept)

    def test_each_name_counts_for_itself(self, store):
        numbers = store.write(lambda work: [work.number(name) for name in ("A", "A", "B", "A")]).result(SECONDS)
        assert numbers == [1, 2, 1, 3]


class TestAuditLines:
    def test_lines_carry_the_actor_the_moment_and_both_states(self, store, clock):
        def job(work):
            work.actor = "P7"
            work.audit(
                "request sent", "CCW-2026-0001/1", before={"on": None}, after={"on": work.now.date(), "b": {2, 1}}
            )

        store.write(job).result(SECONDS)
        line = store.read(lambda work: work.session.scalars(select(AuditLine)).one()).result(SECONDS)
        assert (line.n, line.at, line.actor, line.act, line.ref) == (
            1, clock.now(), "P7", "request sent", "CCW-2026-0001/1",
        )  # fmt: skip
        assert line.facts == '{"after":{"b":[1,2],"on":"2026-03-02"},"before":{"on":null}}'

    def test_lines_of_a_change_that_is_undone_are_forgotten(self, store):
        def job(work):
            work.audit("first", "REF-1")
            work.take_back()
            work.audit("second", "REF-1")

        store.write(job).result(SECONDS)
        acts = store.read(lambda work: work.session.scalars(select(AuditLine.act)).all()).result(SECONDS)
        assert acts == ["second"]

    def test_nothing_is_left_of_a_change_that_is_undone(self, store, reference):
        def job(work):
            work.write_in_sets()
            work.reserve(["one", "one"])
            work.once("asked", lambda: 1)
            work.later(lambda *_: None, "row")
            work.audit("first", "REF-1")
            work.queued = bool(work.connection)
            work.take_back()
            new = UnitOfWork(work.session, work.now, reference)
            return {one.name for one in fields(work) if getattr(work, one.name) != getattr(new, one.name)}

        assert store.write(job).result(SECONDS) == set()

    def test_one_moment_for_the_whole_transaction(self, store, clock):
        def job(work):
            before = work.now
            clock.move(hours=1)
            return before, work.now

        assert len(set(store.write(job).result(SECONDS))) == 1


def test_a_row_that_is_put_is_one_that_a_session_would_have_written(store):
    def job(work):
        records.sync_authorities(work, work.reference)
        work.session.flush()
        added = factories.case(work)
        given = ("title", "category", "label", "own_reference", "year", "agency", "lead", "opener", "opened_at")
        row = Case(ref=f"{added.ref}0", number=added.number + 1, **{name: getattr(added, name) for name in given})
        work.put(row)
        both = [work.session.execute(select(*Case.__table__.c).where(Case.id == one.id)).one() for one in (added, row)]
        return {
            column.name
            for column, one, other in zip(Case.__table__.c, *both, strict=True)
            if (type(one), one) != (type(other), other)
        }

    assert store.write(job).result(SECONDS) == {"id", "ref", "ref_folded", "number"}
