"""What several readers see of several records, asked of the database together.

In: pairs of a viewer and a reference. Out: for each how it is seen, as `records.seen` says it, which is the same
condition (`storage/exposure/sight.py`) over the same rows; here the viewers are rows of the question.
Why: fifty messages that leave together asked a hundred times. Nothing may change while one of these is in use.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import Integer, Select, String, column, select, values

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
        for (kind, _), asked in kinds.items():
            self._known |= dict.fromkeys(asked)
            for n, ref, label, works, agency_id, owner in self.work.session.execute(_question(kind, asked)):
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


def _question(kind: str, asked: list[Asked]) -> Select[Any]:
    """The rows of a kind that are seen by whom: all the viewers are alike but for who they are."""
    ids = (column("person_id", Integer), column("authority_id", Integer), column("host_id", Integer))
    rows = values(column("n", Integer), column("ref", String), *ids, name="asked").data(
        [(n, ref, one.person_id, one.authority_id, one.host_id) for n, (one, ref) in enumerate(asked)]
    )
    table = rows.cte("asked")
    viewer = asked[0][0]
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
