"""No statement of any command, form, menu or tick reads a table that grows as a whole, but for those that are to.

The walk once through, by a few who see the record from all sides, over a record of some thousands of rows. Nothing is
put back: a line that is refused because of what came before was typed by somebody before.
SQLite is asked as it plans where nothing was counted, which is how it plans on a desk: it takes each table for a large
one. PostgreSQL counts by itself.
"""

import re

import pytest
from sqlalchemy import text

from storage.models import Account, Attachment, File, InboxRow, Membership, Posting
from tests import plans, stored
from tests.plans import Explained
from tests.walk.scene import Desk, build
from tests.walk.walking import LINES, Step

WHO = ("own manager", "own admin", "own auditor", "liaison, party", "officer, shared authority")
WAIT = (1, 1, 1, 7, 30, 90)  # days between ticks
ALSO = {model.__tablename__ for model in (Posting, InboxRow, Attachment, File, Membership, Account)}
"""They grow as well, and the record that is made up here has none of them: only SQLite plans without having counted."""

READ_WHOLE = {
    "desk verify: the whole chain": r"FROM audit LEFT OUTER JOIN audit_text ON \S+ = audit.n ORDER BY audit.n$",
    "an auditor's history: back from the newest until a page is full": r"FROM audit .* ORDER BY audit.n DESC LIMIT",
    "retention, once an hour: the outbox is two weeks of messages": r"FROM outbox WHERE outbox.state IN .*settled_at <",
    "all administrators: as many rows as people": r"FROM person JOIN membership .* membership.role = ",
}
"""What may be read as a whole: why, and what stands in the statement."""
MOVED = (
    "UPDATE \"case\" SET ref = 'B-0', ref_folded = 'b-0', number = 100 WHERE ref = 'CCW-2026-0001'",
    "UPDATE request SET ref = 'B-0/1', ref_folded = 'b-0/1' WHERE ref = 'CCW-2026-0001/1'",
    "UPDATE preservation SET ref = 'B-0/P1', ref_folded = 'b-0/p1' WHERE ref = 'CCW-2026-0001/P1'",
    "DELETE FROM counter",
)
"""What the rows were copied from stands where the scene begins to count."""


@pytest.mark.slow
def test_no_statement_of_the_walk_reads_what_grows_as_a_whole(database_url, tmp_path, reference):
    desk = Desk(tmp_path / "first.sqlite", tmp_path, reference).stand(database_url)
    try:
        crowd(desk)
        with plans.of(desk.store) as found:
            walk_once(desk)
        wrong = [one for one in (uncounted(desk, found) if "sqlite" in database_url else found) if faults(one)]
    finally:
        desk.close()
        desk.runner.close()
    assert len(found) > 300, "hardly anything was read"
    assert not wrong, f"{len(wrong)} statements\n\n" + "\n\n".join(map(str, wrong))


def crowd(desk: Desk) -> None:
    """The scene of the walk in a record of years."""
    stored.fill(desk.store)
    with desk.store.write_engine.begin() as connection:
        for statement in MOVED:
            connection.execute(text(statement))
    build(desk)


def walk_once(desk: Desk) -> None:
    """Every line by everybody; forms and what completes them, menus, pages; then time."""
    for words, lines in LINES.items():
        for who in WHO:
            for line in lines:
                desk.say(who, "Slack, private", Step(words, line, who, "Slack, private", 2).line)
        desk.form(WHO[0], "terminal", words)
    for who in WHO:
        desk.menu(who, "Slack, private")
        desk.home(who)
    for days in WAIT:
        desk.tick(days=days)
        desk.drain()


def uncounted(desk: Desk, found: list[Explained]) -> list[Explained]:
    """The same statements, as they are planned on a record that nobody has counted."""
    with desk.store.write_engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM sqlite_stat1")
    desk.store.write_engine.dispose()  # what was counted is read as a connection opens
    growing = {*stored.GROWING, *ALSO}
    with desk.store.write_engine.begin() as connection:
        return [plans.sqlite(connection, one.sql, (None,) * one.sql.count("?"), growing) for one in found]


def faults(one: Explained) -> bool:
    """Whether something is wrong that is not allowed; nothing is read where nobody may see anything."""
    said = " ".join(one.sql.split())
    return bool(one.faults) and "0 = 1" not in said and not any(re.search(part, said) for part in READ_WHOLE.values())
