"""Scopes: whose work a report counts, and the statements that begin with that.

In: a viewer, an agency, a label. Out: selects over the agency's cases, requests and clocks that the viewer sees.
Each is found from the numbers that an index of the agency's gives (`among`): PostgreSQL would join all cases else.
Whoever builds a statement keeps it by `Scope.shape` (`storage/exposure/shapes.py`): a week is fifteen of them.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Integer, Select, and_, bindparam, case, select, union_all

from storage.exposure import shapes, sight
from storage.exposure.labels import Label
from storage.exposure.sight import Viewer
from storage.exposure.ways import among
from storage.models import Authority, Case, Clock, Preservation, Request

NOW: BindParameter[datetime] = bindparam("now")
AGENCY: BindParameter[int] = bindparam("agency", type_=Integer)


@dataclass(frozen=True)
class Scope:
    """Whose work is counted: the cases of an agency, as far as a viewer sees them, up to a label."""

    viewer: Viewer
    agency: Authority
    ceiling: Label = Label.RED

    @property
    def shape(self) -> "ScopeShape":
        """All of it but who looks, and at whom."""
        return ScopeShape(shapes.shape(self.viewer), self.ceiling)

    @property
    def values(self) -> dict[str, Any]:
        """Who looks, and at whom, as the parameters of a statement built for `shape`."""
        return {**shapes.values(self.viewer), "agency": self.agency.id}


@dataclass(frozen=True)
class ScopeShape:
    """Alike for all scopes that are counted by the same statements; AGENCY is the agency in them."""

    looks: Viewer
    ceiling: Label

    @property
    def viewer(self) -> Viewer:
        """Whoever looks: a parameter."""
        return shapes.anyone(self.looks)

    def cases(self, *which: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
        """The agency's own cases, those of them."""
        own = select(Case.id).where(Case.agency_id == AGENCY, *which)
        return own.where(self.within, sight.cases(self.viewer))

    def requests(self, *which: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
        """Those requests of the agency's own cases, joined with them. which: over request, as an index has it."""
        own = select(Request.id).where(Request.agency_id == AGENCY, *which).correlate(None)
        found = select(Request.id).join(Case, Case.id == Request.case_id)
        return found.where(among(Request.id, own.scalar_subquery()), self.within, sight.requests(self.viewer))

    @property
    def counted(self) -> ColumnElement[bool]:
        """Of the requests of the agency's own cases, those that the scope counts; no join.

        Of most labels a worker sees every case of their agency: those few of the rest that they do not see are left out
        as a set, so that a year of requests is counted without looking at the case of each.
        """
        whole = [label for label in sight.seen_whole(self.looks) if label.within(self.ceiling)]
        if not whole:
            return among(Request.id, self.requests().correlate(None).scalar_subquery())
        is_seen = and_(self.within, sight.cases(self.viewer))
        rest = select(Case.id).where(
            Case.agency_id == AGENCY, Case.label.in_([one for one in Label if one not in whole])
        )
        withheld = rest.where(case((is_seen, 0), else_=1) == 1).correlate(None)
        is_own = AGENCY.is_not_distinct_from(self.viewer.authority_id)  # labels of no other are seen whole
        return and_(is_own, Request.case_id.not_in(withheld))

    def clocks(self, *ways: Select[int]) -> Select[*tuple[Any, ...]]:
        """The requests' clocks of those numbers, joined with request and case."""
        found = select(Clock.id).join(Request, Request.id == Clock.request_id).join(Case, Case.id == Request.case_id)
        return found.where(_clocks(*ways), self.within, sight.requests(self.viewer))

    def kept(self, *which: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
        """Those clocks of holds, joined with preservation and case."""
        found = select(Clock.id).join(Preservation, Preservation.id == Clock.preservation_id)
        found = found.join(Case, Case.id == Preservation.case_id)
        return found.where(_clocks(select(Clock.id).where(*which)), self.within, sight.cases(self.viewer))

    @property
    def within(self) -> ColumnElement[bool]:
        """What is not more restrictive than the ceiling. Join with case."""
        return Case.label.in_([label for label in Label if label.within(self.ceiling)])


def _clocks(*ways: Select[int]) -> ColumnElement[bool]:
    """Clocks of those numbers."""
    numbers = [way.correlate(None) for way in ways]
    return among(Clock.id, (numbers[0] if len(numbers) == 1 else union_all(*numbers)).scalar_subquery())
