"""A record of some thousands of rows, made by SQL: what plans are read against. It is a few years of one desk.

In: an open store that knows the authorities. Out: the rows, and the people of LOOK, after the database has counted.
Most of it is one agency's (OWNER), of all kinds: a tenth is open, some of that came with a register, some is paused.
One row of each table is made as people make them, then copied: `n.i` is the number of a copy, from 1.
"""

from sqlalchemy import Connection, Table, func, select, text

from storage.database.store import Store
from storage.database.unit_of_work import UnitOfWork
from storage.exposure.roles import Role
from storage.models import (
    AuditLine,
    Case,
    Clock,
    Note,
    OutboxRow,
    Participant,
    Preservation,
    Recipient,
    Request,
    Target,
)
from storage.rules.lifecycle import Status
from tests import factories

OWNER, OTHER, PARTY, MOST = "PK-FIA-CCW", "PK-NCCIA", "US-DOJ-OIA", "PROV-META"
MANY = """
UPDATE pg_class SET reltuples = reltuples * 125
WHERE relname = ANY (:names) OR oid IN (
  SELECT indexrelid FROM pg_index JOIN pg_class grows ON grows.oid = indrelid WHERE grows.relname = ANY (:names)
)
"""
"""A few pages are soonest read as a whole: let PostgreSQL believe that there are years of them."""
LOOK = {
    "Manager": (OWNER, Role.MANAGER),
    "Auditor": (OWNER, Role.AUDITOR),
    "Admin": (OWNER, Role.ADMIN),
    "Liaison": (PARTY, Role.LIAISON),
    "Party": (PARTY, Role.OFFICER),
    "Guest": (OTHER, Role.OFFICER),
    "Officer": (OWNER, Role.OFFICER),
}
"""Who looks, and from where: {name: (authority, role)}."""
SECONDS = 60
PER_CASE, PEOPLE = 4, 40
GROWING = {
    model.__tablename__: model.__table__
    for model in (Case, Request, Clock, Target, Note, Preservation, Participant, AuditLine, OutboxRow)
}
"""The tables that a record of years fills."""


def fill(store: Store, *, requests: int = 8_000, counted: bool = True) -> None:
    """Put it on record. requests: how many; of all else in proportion. counted: the database has counted them."""
    seed = store.write(_seed).result(SECONDS)
    with store.write_engine.begin() as connection:
        _copies(connection, seed, requests)
        if counted:
            connection.execute(text("ANALYZE"))
        if connection.dialect.name == "postgresql":
            connection.execute(text(MANY), {"names": [name for name in GROWING if name != "participant"]})


def _seed(work: UnitOfWork) -> dict:
    """One of each, and who looks."""
    new, names = factories.person, (OWNER, OTHER, PARTY, MOST)
    here = {code: factories.agency(work, code) for code in names}
    people = {name: new(work, of=here[code], role=role, name=name) for name, (code, role) in LOOK.items()}
    officers = [people["Officer"], *(new(work, of=here[OWNER]) for _ in range(PEOPLE - 1))]
    case = factories.case(work, of=here[OWNER], opener=officers[0], lead=officers[0], shared_with=[people["Guest"]])
    request = factories.request(work, of=case, status=Status.SENT)
    hold = factories.preservation(work, of=case)
    clocks = {kind: work.session.scalars(select(Clock.id).where(Clock.kind == kind)).one() for kind in KINDS}
    note = Note(case_id=case.id, person_id=officers[0].id, text="A note", at=work.now)
    letter = OutboxRow(
        cause="seed",
        notice="Nothing",
        fields={},
        recipient=Recipient.person(officers[0].id),
        platform="slack",
        label="TLP:AMBER",
        not_before=work.now,
        state="sent",
    )
    work.session.add_all([note, letter])
    work.session.flush()
    rows = {"case": case, "request": request, "preservation": hold, "note": note, "outbox": letter}
    of_case = work.session.scalars(select(Participant.id)).one()
    ids = {name: row.id for name, row in rows.items()} | {"target": request.targets[0].id, "participant": of_case}
    return {
        "rows": ids,
        "clocks": clocks,
        "authorities": {code: row.id for code, row in here.items()},
        "officers": [officer.id for officer in officers],
    }


KINDS = ("answer", "preservation", "confirmation")
LABELS = ("TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED")
ENDED, OPEN = ("produced", "refused", "not_held", "produced", "withdrawn"), ("sent", "acknowledged", "clarification")


def _copies(connection: Connection, seed: dict, requests: int) -> None:
    cases, rows, codes = requests // PER_CASE, seed["rows"], seed["authorities"]
    first = rows["case"] + 1
    owner = f"CASE WHEN (n.i % {cases}) % 10 = 0 THEN {codes[OTHER]} ELSE {codes[OWNER]} END"
    party = f"CASE n.i % 4 WHEN 0 THEN {codes[PARTY]} ELSE {codes[MOST]} END"
    is_open, incoming = "n.i % 10 = 0", "n.i % 35 = 0"
    day = _days_after("t.due_at", "n.i % 300 - 150", postgres=connection.dialect.name == "postgresql")
    very = _days_after("t.due_at", "n.i % 300 - 130", postgres=connection.dialect.name == "postgresql")
    _copy(
        connection,
        "case",
        rows["case"],
        cases,
        {
            "ref": "'CCW-2026-' || (n.i + 1000)",
            "number": "n.i + 1000",
            "agency_id": owner,
            "label": _one_of(LABELS, "n.i"),
            "lead_id": f"{seed['officers'][0]} + n.i % {PEOPLE}",
            "closed_at": "CASE WHEN n.i % 5 > 0 THEN t.opened_at END",
        },
    )
    of_cases = f"(n.i - 1) % {cases}"
    case_of, request_ref = (
        f"{first} + {of_cases}",
        f"'CCW-2026-' || (1001 + {of_cases}) || '/' || ((n.i - 1) / {cases} + 1)",
    )
    _copy(
        connection,
        "request",
        rows["request"],
        requests,
        {
            "ref": request_ref,
            "number": f"(n.i - 1) / {cases} + 1",
            "case_id": case_of,
            "agency_id": owner,
            "party_id": party,
            "filed_by": f"{seed['officers'][0]} + (n.i / 7) % {PEOPLE}",
            "direction": f"CASE WHEN {incoming} THEN 'incoming' ELSE 'outgoing' END",
            "sender_id": f"CASE WHEN {incoming} THEN {party} ELSE {owner} END",
            "recipient_id": f"CASE WHEN {incoming} THEN {owner} ELSE {party} END",
            "filed_at": _days_after("t.filed_at", "-(n.i % 1500)", postgres=connection.dialect.name == "postgresql"),
            "sent_on": _day_after("t.sent_on", "-(n.i % 1500)", postgres=connection.dialect.name == "postgresql"),
            "answered_on": f"CASE WHEN {is_open} THEN NULL ELSE "
            f"{_day_after('t.sent_on', '30 - n.i % 1500', postgres=connection.dialect.name == 'postgresql')} END",
            "status": f"CASE WHEN {is_open} THEN {_one_of(OPEN, 'n.i / 10')} ELSE {_one_of(ENDED, 'n.i')} END",
        },
    )
    of_request = f"(SELECT %s FROM request WHERE request.id = {rows['request']} + n.i)"  # noqa: S608 - our own names
    clock = {
        "request_id": f"{rows['request']} + n.i",
        "agency_id": of_request % "agency_id",
        "party_id": of_request % "party_id",
        "kind": f"CASE ({of_request % 'status'}) WHEN 'clarification' THEN 'clarification' ELSE 'answer' END",
        "ended_at": f"CASE WHEN {is_open} THEN NULL ELSE t.starts_at END",
        "imported": "CASE WHEN n.i % 30 = 0 THEN true ELSE false END",
        "due_at": f"CASE WHEN n.i % 500 = 0 THEN NULL ELSE {day} END",
        "very_at": f"CASE WHEN n.i % 500 = 0 THEN NULL ELSE {very} END",
        "ring_at": "NULL",
    }
    _copy(connection, "clock", seed["clocks"]["answer"], requests, clock)
    is_taken = f"CASE WHEN {incoming} AND {is_open} THEN NULL ELSE t.starts_at END"
    intake = {"kind": "'intake'", "ended_at": is_taken, "imported": "false", "due_at": day, "very_at": "NULL"}
    _copy(connection, "clock", seed["clocks"]["answer"], requests, clock | intake)
    _copy(
        connection, "target", rows["target"], requests, {"request_id": f"{rows['request']} + n.i", "key": "'k' || n.i"}
    )
    _copy(connection, "note", rows["note"], cases, {"case_id": f"{first} - 1 + n.i"})
    held = {
        "case_id": f"{first} - 1 + n.i",
        "ref": "'CCW-2026-' || (n.i + 1000) || '/P1'",
        "number": "1",
        "agency_id": owner,
    }
    closed = {"closed_at": 'CASE WHEN n.i % 4 > 0 THEN (SELECT opened_at FROM "case" LIMIT 1) END'}
    _copy(connection, "preservation", rows["preservation"], cases, held | closed)
    for kind, one_in, of_them in (("preservation", 4, 1), ("confirmation", 4, 20)):
        of = {"preservation_id": f"{rows['preservation']} + n.i", "agency_id": owner, "ring_at": "NULL"}
        ended = {"ended_at": f"CASE WHEN n.i % {one_in} > 0 THEN t.starts_at END", "due_at": day}
        _copy(connection, "clock", seed["clocks"][kind], cases // of_them, of | ended)
    _copy(connection, "participant", rows["participant"], cases // 40, {"case_id": f"{first} - 1 + n.i * 7"})
    named = {"case_id": f"{first} - 1 + n.i", "person_id": f"{seed['officers'][0]} + (n.i + 1) % {PEOPLE}"}
    _copy(connection, "participant", rows["participant"], cases, named)
    invited = {"case_id": f"{first} - 1 + n.i * 20", "person_id": "NULL", "authority_id": f"{codes[OTHER]} + n.i % 9"}
    _copy(connection, "participant", rows["participant"], cases // 20, invited)
    last = connection.scalar(select(func.max(AuditLine.n)))
    _copy(connection, "audit", last, requests, {"n": f"n.i + {last}", "ref": request_ref})
    _copy(connection, "outbox", rows["outbox"], requests, {"cause": "'c' || n.i"})


def _days_after(column: str, days: str, *, postgres: bool) -> str:
    if postgres:
        return f"{column} + ({days}) * interval '1 day'"
    return f"strftime('%Y-%m-%dT%H\\:%M\\:%f000Z', {column}, ({days}) || ' days')"


def _day_after(column: str, days: str, *, postgres: bool) -> str:
    return f"{column} + ({days})" if postgres else f"date({column}, ({days}) || ' days')"


def _one_of(words: tuple[str, ...], number: str) -> str:
    cases = " ".join(f"WHEN {place} THEN '{word}'" for place, word in enumerate(words))
    return f"CASE ({number}) % {len(words)} {cases} END"


def _copy(connection: Connection, name: str, template_id: int, count: int, values: dict[str, str]) -> None:
    table: Table = GROWING[name]
    key = "n" if name == "audit" else "id"
    columns = [column.name for column in table.columns if column.name in values or column.name != key]
    chosen = ", ".join(values.get(column, f't."{column}"') for column in columns)
    listed = ", ".join(f'"{column}"' for column in columns)
    statement = (
        f'INSERT INTO "{name}" ({listed})'  # noqa: S608 - our own names
        f" WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
        f' SELECT {chosen} FROM n, "{name}" t WHERE t."{key}" = :id ORDER BY n.i'
    )
    connection.execute(text(statement), {"id": template_id})
