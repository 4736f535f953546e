"""The chain: what anybody who holds the database can do to it is found, at the first line that does not fit."""

import random
from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from storage.history import chain
from storage.history.chain import ChainDraft, Head
from storage.models import AuditLine, AuditText

LINES = 40
ROUNDS = 200
SECONDS = 30
COLUMNS = ("at", "actor", "act", "ref", "facts", "text_digest", "previous", "hash")


def write_lines(store, count=LINES):
    def job(work):
        for n in range(count):
            work.audit("act", f"REF-{n}", after={"n": n}, personal=f"Person {n}" if n % 3 == 0 else "")

    store.write(job).result(SECONDS)
    return store.read(lambda work: chain.head(work.session)).result(SECONDS)


def verdict(store, seal=None):
    return store.read(lambda work: chain.verify(work.session, seal)).result(SECONDS)


def disarm(session):
    """Take the triggers away, as whoever owns the database can."""
    if session.get_bind().dialect.name == "postgresql":
        names = ("audit_no_change", "audit_no_truncate")
        session.execute(text("; ".join(f"DROP TRIGGER {name} ON audit" for name in names)))
        session.execute(text("ALTER TABLE audit_text DROP CONSTRAINT fk_audit_text_n_audit"))
    else:
        for name in ("audit_no_update", "audit_no_delete", "audit_no_replace"):
            session.execute(text(f"DROP TRIGGER {name}"))
        session.execute(text("PRAGMA defer_foreign_keys = ON"))


def edit(session, chance):
    n, column = chance.randint(1, LINES), chance.choice(COLUMNS)
    old = session.scalar(select(getattr(AuditLine, column)).where(AuditLine.n == n))
    new = old + timedelta(microseconds=1) if column == "at" else old[:-1] + ("0" if old[-1:] != "0" else "1")
    session.execute(update(AuditLine).where(AuditLine.n == n).values({column: new}))
    return n, f"{column} of {n} edited"


def edit_text(session, chance):
    n = 1 + 3 * chance.randint(0, (LINES - 1) // 3)
    session.execute(update(AuditText).where(AuditText.n == n).values(text="Somebody else"))
    return n, f"text of {n} edited"


def remove(session, chance):
    n = chance.randint(1, LINES)
    session.execute(delete(AuditLine).where(AuditLine.n == n))
    return n, f"{n} deleted"


def swap(session, chance):
    first, second = sorted(chance.sample(range(1, LINES + 1), 2))
    for source, target in ((first, -1), (second, first), (-1, second)):
        session.execute(update(AuditLine).where(AuditLine.n == source).values(n=target))
    return first, f"{first} and {second} swapped"


def cut(session, chance):
    n = chance.randint(1, LINES)
    session.execute(delete(AuditLine).where(AuditLine.n >= n))
    return n, f"cut from {n}"


def test_every_one_of_two_hundred_tamperings_is_found_at_its_first_line(store):
    seal, chance = write_lines(store), random.Random(6962)
    for _ in range(ROUNDS):
        with Session(store.write_engine) as session:
            disarm(session)
            bad, what = chance.choice((edit, edit, edit_text, remove, swap, cut))(session, chance)
            session.flush()
            session.expire_all()
            found = chain.verify(session, seal)
            session.rollback()
        assert found.bad_n == bad, what
        assert found.why, what
    assert verdict(store, seal).bad_n is None, "each was undone"


def test_a_tail_cut_off_is_found_only_with_the_seal(store):
    seal = write_lines(store)
    with Session(store.write_engine) as session:
        disarm(session)
        session.execute(delete(AuditText).where(AuditText.n > 30))
        session.execute(delete(AuditLine).where(AuditLine.n > 30))
        session.commit()
    assert verdict(store).bad_n is None
    found = verdict(store, seal)
    assert (found.head.n, found.bad_n, found.why) == (30, 31, "shorter_than_seal")


def test_a_past_that_was_rewritten_whole_is_found_with_the_seal(store):
    seal = write_lines(store)
    with Session(store.write_engine) as session:
        disarm(session)
        session.execute(delete(AuditText))
        kept = session.scalars(select(AuditLine).order_by(AuditLine.n)).all()
        drafts = [ChainDraft(line.actor, line.act, line.ref, line.facts.replace("7", "8"), "") for line in kept]
        at = kept[0].at
        session.expunge_all()
        session.execute(delete(AuditLine))
        chain.append(session.connection(), drafts, at=at)
        session.commit()
    assert verdict(store).bad_n is None
    assert verdict(store, seal) == chain.Verdict(Head(39, verdict(store, seal).head.hash), 40, "other_than_sealed")


def test_an_older_seal_still_holds_after_more_was_written(store):
    seal = write_lines(store)
    write_lines(store, 5)
    found = verdict(store, seal)
    assert (found.bad_n, found.head.n) == (None, LINES + 5)


def test_erased_personal_text_leaves_the_chain_whole(store):
    seal = write_lines(store)
    store.write(lambda work: work.session.execute(delete(AuditText)) and None).result(SECONDS)
    assert verdict(store, seal).bad_n is None


def test_text_put_beside_a_line_that_had_none_is_found(store):
    write_lines(store)
    store.write(lambda work: work.session.add(AuditText(n=2, salt="0" * 32, text="invented"))).result(SECONDS)
    assert verdict(store).bad_n == 2


def test_an_empty_chain_is_whole(store):
    assert verdict(store) == chain.Verdict(Head(0, chain.GENESIS), None, "")


def test_the_same_text_has_another_digest_each_time(store):
    def job(work):
        for _ in range(2):
            work.audit("act", "REF-1", personal="Person 1")

    store.write(job).result(SECONDS)
    digests = store.read(lambda work: work.session.scalars(select(AuditLine.text_digest)).all()).result(SECONDS)
    assert len(set(digests)) == 2, "so nobody can guess a name from its digest"


@pytest.mark.parametrize("act", ["update", "delete one", "delete all", "replace", "truncate"])
def test_the_database_itself_refuses_to_change_the_chain(store, act):
    seal = write_lines(store, 3)
    postgres = not store.url.startswith("sqlite")
    row = "INTO audit SELECT n, at, 'P9', act, ref, facts, text_digest, previous, hash FROM audit WHERE n = 3"
    statement = {
        "update": "UPDATE audit SET actor = 'P9' WHERE n = 2",
        "delete one": "DELETE FROM audit WHERE n = 3",
        "delete all": "DELETE FROM audit",
        "replace": f"INSERT {row} ON CONFLICT (n) DO UPDATE SET actor = 'P9'" if postgres else f"REPLACE {row}",
        "truncate": "TRUNCATE audit CASCADE" if postgres else "DELETE FROM audit WHERE true",
    }[act]
    with pytest.raises(DatabaseError, match="append-only"):
        store.write(lambda work: work.session.execute(text(statement)) and None).result(SECONDS)
    assert verdict(store, seal).bad_n is None


def test_many_writers_at_once_make_one_chain(store):
    def job(work):
        work.audit("act", "REF-1")
        work.audit("act", "REF-2")

    for future in [store.write(job) for _ in range(100)]:
        future.result(SECONDS)
    found = verdict(store)
    assert (found.bad_n, found.head.n) == (None, 200)


def test_a_line_in_a_language_of_its_own_verifies(store):
    store.write(lambda work: work.audit("note", "REF-1", after={"text": "جعلی صفحہ É 🚨"}, personal="نام")).result(
        SECONDS
    )
    assert verdict(store).bad_n is None


def test_a_line_forged_at_the_end_does_not_follow(store):
    head = write_lines(store, 3)
    line = {"n": 4, "actor": "P1", "act": "a", "ref": "r", "facts": "{}", "text_digest": "", "hash": "0" * 64}
    forged = insert(AuditLine).values(at=store.clock.now(), previous=head.hash, **line)
    store.write(lambda work: work.session.execute(forged) and None).result(SECONDS)
    assert verdict(store).bad_n == 4
