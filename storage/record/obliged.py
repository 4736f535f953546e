"""Obliged: which orders the yearly statistics of an agency are about, and what stands behind one figure of them.

In: a scope, a figure of EXPLAINED and of which year, by what it is narrowed. Out: the rows it counts, as `yearly.py`
counts them. Under Regulation (EU) 2023/1543 these are its orders; for all others, whatever asks for data, and holds.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, bindparam, cast, false, func, literal, not_, or_

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import shapes
from storage.models import Preservation, Request
from storage.record import counting, yearly
from storage.record.counting import FigureAsked, Listing
from storage.record.scopes import Scope, ScopeShape
from storage.record.yearly import FULFILLED, IN_PART, LEFT, NOT_HELD, NOT_KEPT, REFUSED, WAITING
from storage.reference.catalog import Reference
from storage.times import local_day

REGULATION = "EU-2023-1543"
ORDERS, HOLDS, ENFORCED = ("EPOC",), ("PRES-EU-EPOC-PR",), ("EPOC-ENFORCE",)
ASK_FOR_DATA = ("production", "emergency", "mutual_assistance", "police_channels")
IDENTIFICATION, TRAFFIC, OTHER = "identification", "traffic", "other"
OF_ORDERS = ("issued", FULFILLED, IN_PART, REFUSED, NOT_HELD, WAITING, LEFT, "days")
OF_HOLDS = ("issued", FULFILLED, NOT_KEPT, WAITING, "days")
ENFORCEMENTS = {"transmitted": ("outgoing",), "received": ("incoming",), "fulfilled": ("outgoing", "incoming")}
"""{figure: whose orders were sent for enforcement}."""
EXPLAINED = (
    *(f"orders_{one}" for one in OF_ORDERS),
    *(f"holds_{one}" for one in OF_HOLDS),
    *(f"enforcements_{one}" for one in ENFORCEMENTS),
)
"""Figures by which `listed` knows them; "days" is an average, order by order."""


@dataclass(frozen=True)
class Obliged:
    """Codes of instruments. bound: the Regulation binds the agency in that year; then, and else not, `enforced`."""

    bound: bool
    orders: tuple[str, ...]
    holds: tuple[str, ...]
    enforced: tuple[str, ...]


def by(reference: Reference, country: str, year: int) -> Obliged:
    """What is counted for agencies of a country in a year."""
    last, instruments, treaty = date(year, 12, 31), reference.instruments, reference.parties[REGULATION]
    in_force = treaty.in_force_from is not None and treaty.in_force_from <= last
    if in_force and treaty.binds(country, last):
        return Obliged(bound=True, orders=ORDERS, holds=HOLDS, enforced=ENFORCED)
    asks = tuple(code for code, row in instruments.items() if row.group in ASK_FOR_DATA)
    keep = tuple(code for code, row in instruments.items() if row.group == "preservation")
    return Obliged(bound=False, orders=asks, holds=keep, enforced=())


def listed(work: UnitOfWork, scope: Scope, code: str, asked: FigureAsked) -> Listing:
    """What stands behind one figure of EXPLAINED, by the day of sending or of asking.

    asked: of which year; of whom, of emergencies alone, because of which reason of a refusal, for which type of data,
    by one of its kinds.
    """
    order, _, what = code.partition("_")
    obliged = by(work.reference, scope.agency.country, asked.year)
    instruments = {"orders": obliged.orders, "holds": obliged.holds, "enforcements": obliged.enforced}[order]
    types = _types(work.reference, asked.data, bound=obliged.bound)
    narrowed = (bool(asked.counterpart), bool(asked.of), bool(asked.because))
    values: dict[str, Any] = {
        **scope.values,
        "first": date(asked.year, 1, 1),
        "last": date(asked.year, 12, 31),
        "today": local_day(work.now, scope.agency.zone),
        "instruments": list(instruments),
        "directions": list(ENFORCEMENTS[what] if order == "enforcements" else ("outgoing",)),
        "recipient": asked.counterpart.id if asked.counterpart else None,
        "because": f'"{asked.because}"',
    }
    return counting.listed(work, _listed(scope.shape, code, types, narrowed), values, asked.part)


Types = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
"""Kinds of data of one type: in any case, where they identify the user and serve nothing else, where they do not."""


def _types(reference: Reference, data: tuple[str, ...], *, bound: bool) -> Types:
    """Of the type that the first of some kinds is of; empty for none. As `obligation_rows.Year` has the types."""
    if not data:
        return (), (), ()
    rows, row = reference.data_types, reference.data_types[data[0]]
    if not bound:
        return tuple(code for code, one in rows.items() if one.label == row.label), (), ()
    wanted = row.eu_category or OTHER
    alike = tuple(code for code, one in rows.items() if (one.eu_category or OTHER) == wanted)
    identify = tuple(code for code, one in rows.items() if one.eu_category == IDENTIFICATION)
    if wanted == IDENTIFICATION:
        return (), alike, ()
    return alike, (), identify if wanted == TRAFFIC else ()


@lru_cache(shapes.KEPT)
def _listed(shape: ScopeShape, code: str, types: Types, narrowed: tuple[bool, bool, bool]) -> Select[*tuple[Any, ...]]:
    """The columns of Counted."""
    order, _, what = code.partition("_")
    of: type[Request | Preservation] = Preservation if order == "holds" else Request
    day: ColumnElement[Any]
    if of is Preservation:
        query, came, dated = yearly.asked(shape), yearly.what_was_kept(), yearly.has_days_kept()
        day, days = Preservation.asked_on.expression, yearly.days_between(Preservation.asked_on, Preservation.issued_on)
    else:
        query, came, dated = yearly.sent(shape), yearly.what_came(), yearly.has_days()
        day, days = Request.sent_on.expression, yearly.days_between(Request.sent_on, Request.answered_on)
    conditions = (of.recipient_id == bindparam("recipient"), of.emergency.is_(True), _refused_for())
    query = query.where(*(one for is_asked, one in zip(narrowed, conditions, strict=True) if is_asked))
    if any(types):
        query = query.where(_asks_for(of, types))
    if what in ("issued", "transmitted", "received"):
        return query.with_only_columns(of.id, day).order_by(day, of.id)
    if what != "days":
        return query.where(came == what).with_only_columns(of.id, day).order_by(day, of.id)
    return query.where(dated).with_only_columns(of.id, day, days, literal(1)).order_by(days, of.id)


def _refused_for() -> ColumnElement[bool]:
    return cast(Request.refusals, String).contains(bindparam("because"))


def _asks_for(of: type[Request | Preservation], types: Types) -> ColumnElement[bool]:
    """Whether it asks for one of the kinds of a type. Holds never say that it identifies and no more."""
    any_of = [or_(false(), *(cast(of.data, String).contains(f'"{code}"') for code in codes)) for codes in types]
    identifies = func.lower(func.coalesce(yearly.only_identifies(), "")).like("yes%") if of is Request else false()
    return or_(any_of[0], and_(identifies, any_of[1]), and_(not_(identifies), any_of[2]))
