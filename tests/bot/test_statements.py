"""How often a turn asks the database: every command that people type all day has a limit, and none grows unseen.

Counted is what goes to the driver: reads, writes, savepoints; a set of rows is one. Not BEGIN and COMMIT, which belong
to the transaction; on SQLite many turns share them. Each line is typed as an officer with a linked account types it, in
a room of their agency on a platform that tells all it knows; an hour after the last, so that nothing is at hand.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from bot.adapters.contract import Answer, Inbound
from bot.inbound.dispatch import Dispatch
from bot.inbound.throttle import Throttle
from bot.rendering.render import Renderer
from handlers import COMMANDS
from storage.exposure.roles import Role
from storage.models import Account, Channel
from tests import factories

SECONDS = 30
FILE = (
    "request file 1 to:PROV-META as:PROD-META data:bsi accounts:fake.page.{n} "
    'basis:"domestic court order 58/2026" reason:"it asks for money" date_range:"2026-01-01..2026-03-01" '
    'user_notification:"not permitted, order attached" despite:"urgent"'
)
LIMITS = [
    ('case open "Fake shop {n}" category:fraud label:amber', 9),
    (FILE, 18),
    ("request status 1/1", 8),
    ("help", 1),
    ("help request file", 1),
    ("case status 1", 10),
    ('case note 1 text:"{n}"', 11),
    ("case list", 5),
    ("request list", 5),
    ("overdue", 6),
    ("request sent 1/1 on:2026-03-02", 23),
    ("request acknowledge 1/1 on:2026-03-02", 18),
    ("case status 99", 7),
    ("case open", 5),
    ("no such words", 5),
    ("case watch 1", 12),
    ("desk me", 7),
]
"""(line, how often it may ask), in an order that makes sense. A refusal is put on record, so it writes."""


class Counted:
    """What was asked of the database since it was asked last."""

    def __init__(self) -> None:
        self._asked: list[str] = []

    def __call__(self, _connection, _cursor, statement: str, parameters: object, *_more) -> None:
        if not statement.startswith("BEGIN"):
            self._asked.append(f"{' '.join(statement.split())} {parameters}")

    def taken(self) -> list[str]:
        taken, self._asked = self._asked, []
        return taken


@contextmanager
def counting(store) -> Iterator[Counted]:
    counted, engines = Counted(), (store.write_engine, store._read_engine)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", counted)
    try:
        yield counted
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", counted)


@pytest.fixture
def say(store):
    """Type a line, each under a key of its own."""

    def enrol(work):
        agency = factories.agency(work)
        for name, role in (("Officer", Role.OFFICER), ("Manager", Role.MANAGER)):
            person = factories.person(work, of=agency, name=name, role=role)
            person.email, person.phone = f"{name}@fia.gov.pk", "+92511234567"
            person.accounts.append(Account(platform="slack", external_id=f"T1/{name}", linked_at=work.now))
        work.session.add(
            Channel(platform="slack", external_id="T1/C1", authority=agency, ceiling="TLP:AMBER", zone=agency.zone)
        )

    store.write(enrol).result(SECONDS)
    dispatch = Dispatch(store, COMMANDS, Renderer(), throttle=Throttle(store, Renderer()))
    keys = iter(range(10_000))

    def say(line: str) -> Answer:
        about = {"room": "T1/C1", "workspace": "T1", "guest": False, "shared": False, "member": True}
        return asyncio.run(dispatch.receive(Inbound("slack", f"k{next(keys)}", "T1/Officer", text=line, **about)))

    return say


def test_no_command_asks_more_than_its_limit(store, say, clock):
    for line in (LIMITS[0][0], FILE):
        say(line.format(n="first"))
    over = []
    with counting(store) as counted:
        for line, limit in LIMITS:
            clock.move(hours=1)
            counted.taken()
            answer = say(line.format(n="next"))
            asked = counted.taken()
            assert not answer.failed, line
            if len(asked) > limit:
                over.append("\n  ".join([f"{line[:40]}: {len(asked)}, and not {limit}", *(one[:150] for one in asked)]))
    assert not over, "\n\n".join(over)


def test_no_question_is_asked_twice_in_a_turn_before_anything_is_written(store, say):
    say(LIMITS[0][0].format(n="first"))
    twice = []
    with counting(store) as counted:
        for line, _ in LIMITS:
            counted.taken()
            refused, known = say(line.format(n="next")).refused, set()
            for asked in () if refused else counted.taken():
                twice += [f"{line[:40]}: {asked}"] if asked in known else []
                known = {*known, asked} if asked.startswith("SELECT") else set()
    assert not twice, "\n".join(twice)
