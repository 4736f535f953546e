"""What several readers see of several records, asked of the database together.

In: pairs of a viewer and a reference. Out: for each how it is seen, as `records.seen` says it, which is the same
condition (`storage/exposure/sight.py`) over the same rows; here the viewers are rows of the question.
Why: fifty messages that leave together asked a hundred times. Nothing may change while one of these is in use.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from json import dumps
from typing import Any

from sqlalchemy import CTE, Integer, Select, String, bindparam, cast, column, func, select
from sqlalchemy.dialects.postgresql import JSONB

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import sight
from storage.exposure.labels import Label
from storage.exposure.sight import Seen, Viewer
from storage.models import Authority, Case
from storage.record import records

Asked = tuple[Viewer, str]


class Sights:
    """What was asked for so far, in one transaction that changes nothing."""

    def __init__(self, work: UnitOfWork) -> None:
        self.work = work
        self._known: dict[Asked, Seen | None] = {}

    def ask(self, pairs: Iterable[Asked]) -> None:
        """Ask about all of them: a statement for each kind of record and of viewer, however many they are."""
        kinds: dict[tuple[Any, ...], list[Asked]] = {}
        for viewer, ref in dict.fromkeys(pairs):
            of_all = replace(viewer, person_id=0, authority_id=0, host_id=viewer.host_id and 0)
            kinds.setdefault((records.kind_of(ref), of_all), []).append((viewer, ref))
        for (kind, of_all), asked in kinds.items():
            self._known |= dict.fromkeys(asked)
            question = _question(kind, of_all, postgres=self.work.postgres)
            rows = [(n, ref, one.person_id, one.authority_id, one.host_id) for n, (one, ref) in enumerate(asked)]
            for n, ref, label, works, agency_id, owner in self.work.session.execute(question, {"asked": dumps(rows)}):
                viewer = asked[n][0]
                across = "" if works or agency_id == viewer.authority_id else owner
                self._known[viewer, ref] = Seen(Label(label), bool(works), across)

    def of(self, viewer: Viewer, refs: Iterable[str]) -> dict[str, Seen]:
        """How a viewer sees these; those they do not see are not in it. What was not asked for is asked now."""
        refs = list(refs)
        if new := [ref for ref in refs if (viewer, ref) not in self._known]:
            seen = records.seen(self.work, viewer, new)
            self._known |= {(viewer, ref): seen.get(ref) for ref in new}
        return {ref: known for ref in refs if (known := self._known[viewer, ref])}


@lru_cache(maxsize=256)
def _question(kind: str, viewer: Viewer, *, postgres: bool) -> Select[Any]:
    """The rows of a kind that are seen by whom: all the viewers are alike but for who they are.

    These come as one JSON text, so that the statement is the same whoever and how many they are.
    """
    table = (_asked_of_postgres if postgres else _asked_of_sqlite)()
    viewer = replace(
        viewer,
        person_id=table.c.person_id,  # type: ignore[arg-type]  # in SQL, whoever it is in each row
        authority_id=table.c.authority_id,  # type: ignore[arg-type]
        host_id=None if viewer.host_id is None else table.c.host_id,  # type: ignore[arg-type]
    )
    ref, case_id = records.COLUMNS[kind]
    own = sight.cases(viewer)
    query = select(table.c.n, ref, Case.label, own, Case.agency_id, Authority.code).select_from(table)
    if case_id is None:
        query = query.join(Case, ref == table.c.ref)
    else:
        query = query.join(case_id.class_, ref == table.c.ref).join(Case, Case.id == case_id)
    query = query.join(Authority, Authority.id == Case.agency_id)
    return query.where(sight.requests(viewer) if kind == "/" else own)


IDS = ("person_id", "authority_id", "host_id")


def _asked_of_sqlite() -> CTE:
    row = func.json_each(bindparam("asked", type_=String)).table_valued("value").c.value
    ids = (func.json_extract(row, f"$[{n}]", type_=Integer).label(name) for n, name in enumerate(IDS, 2))
    n, ref = func.json_extract(row, "$[0]", type_=Integer), func.json_extract(row, "$[1]", type_=String)
    return select(n.label("n"), ref.label("ref"), *ids).cte("asked")


def _asked_of_postgres() -> CTE:
    given = func.jsonb_array_elements(cast(bindparam("asked", type_=String), JSONB))
    row = given.table_valued(column("value", JSONB)).c.value
    ids = (row[n].as_integer().label(name) for n, name in enumerate(IDS, 2))
    return select(row[0].as_integer().label("n"), row[1].as_string().label("ref"), *ids).cte("asked")
