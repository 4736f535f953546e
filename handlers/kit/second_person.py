"""The two-person rule: who counts as the second person of an act that takes two.

In: who was first, who is second, and where both work. Out: nothing, or the error that says why the second does not
count, since when, and who would. Every act that takes two asks here.
The rule follows humans and not accounts. Whoever was let in by the first, or has an account that the first said was
theirs, may be the first; whoever somebody let in less than a day ago is not known yet, and the first may have asked
for them. So that no door stands open the other way, it is the same where the second let the first in within a day.
What was set up at the command line counts at once: whoever can start the program there could do anything anyway; and
so does an account that a person linked to themselves, which took one they had before.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from handlers.kit.errors import NeedsAnother
from handlers.kit.turn import Turn
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.exposure.sight import WORKERS
from storage.messages import succession
from storage.messages.succession import Able
from storage.models import Case, Person, Request
from storage.record import records
from storage.rules.lifecycle import Status

KNOWN_AFTER = timedelta(days=1)
NAMED = 5  # names in an answer


@dataclass(frozen=True)
class SamePersonDoubt:
    """Why somebody may not be another human. `why` is the `doubt` of `NeedsAnother`, the others its fields."""

    why: str
    since: datetime | None = None
    counts_from: datetime | None = None


def must_be_another(
    turn: Turn, first: Person, *, act: str, line: str, others: Iterable[Person], roles: frozenset[Role] = WORKERS
) -> None:
    """Refuse the actor as the second. others: who else could; roles: those that make somebody able to.

    Errors: NeedsAnother.
    """
    agency_id = turn.actor.agency.id
    found = doubt(turn.actor.person, first, agency_id, turn.now, roles)
    if found is None:
        return
    people = [one.name for one in others if doubt(one, first, agency_id, turn.now, roles) is None]
    raise NeedsAnother(act, first.name, found.why, found.since, found.counts_from, tuple(people[:NAMED]), line)


def doubt(
    second: Person, first: Person, agency_id: int, now: datetime, roles: frozenset[Role] = WORKERS
) -> SamePersonDoubt | None:
    """Why the second may be the first, or nobody yet; None for another human.

    One role that is beyond doubt is enough; one account that is not is too many.
    """
    pair = Pair(second, first, now)
    if second.id == first.id:
        return SamePersonDoubt("same")
    held = [row for row in records.memberships(second) if row.authority_id == agency_id and row.role in roles]
    let_in = [_of(pair, "let_in", row.added_by, row.added_at) for row in held]
    if let_in and all(let_in):
        return let_in[0]
    linked = (_of(pair, "account", row.linked_by, row.linked_at) for row in second.accounts if row.revoked_at is None)
    return next(filter(None, linked), None) or _the_other_way(pair)


@dataclass(frozen=True)
class Approvers:
    """Names of people who may approve; where only named people may and none is, whom to name on the case instead."""

    may: tuple[str, ...] = ()
    nameable: tuple[str, ...] = ()


NOBODY = Approvers()


def who_may_approve(turn: Turn, request: Request) -> Approvers:
    """Who may approve an emergency, in names for an answer; empty where it does not wait for anybody."""
    if request.status != Status.APPROVAL:
        return NOBODY
    may = tuple(person.name for person in approvers(turn, request)[:NAMED])
    if may or request.case.label != Label.RED:
        return Approvers(may)
    others = [one for one in _people(turn, _managers(turn, request.case)) if _counts(turn, one, request)]
    return Approvers((), tuple(person.name for person in others[:NAMED]))


def approvers(turn: Turn, request: Request) -> list[Person]:
    """Who may approve it, named people first: they see it, work for its agency, and are another than its filer."""
    case = request.case
    named = succession.named(turn.work, case.id, case.agency_id)
    others = [] if case.label == Label.RED else succession.with_role(turn.work, case.agency_id, WORKERS)
    return [one for one in _people(turn, [*named, *others]) if _counts(turn, one, request)]


def to_be_asked(turn: Turn, request: Request) -> list[Person]:
    """Who is asked to approve it: managers among those who may, and those named on it; all of them where none is."""
    case = request.case
    may = approvers(turn, request)
    first = {one.id for one in [*_managers(turn, case), *succession.named(turn.work, case.id, case.agency_id)]}
    return [person for person in may if person.id in first] or may


def _managers(turn: Turn, case: Case) -> list[Able]:
    return succession.with_role(turn.work, case.agency_id, {Role.MANAGER})


def _people(turn: Turn, able: Iterable[Able]) -> list[Person]:
    return [turn.work.session.get_one(Person, one) for one in dict.fromkeys(row.id for row in able)]


def _counts(turn: Turn, person: Person, request: Request) -> bool:
    return doubt(person, request.filer, request.case.agency_id, turn.now) is None


class Pair(NamedTuple):
    """Two who are to be two, at a moment."""

    second: Person
    first: Person
    now: datetime


def _of(pair: Pair, why: str, by: int | None, since: datetime | None) -> SamePersonDoubt | None:
    """What casts doubt on one role or account of the second. by: who gave it, a person's id."""
    if by is None or by == pair.second.id:
        return None
    if by == pair.first.id:
        return SamePersonDoubt(why, since)
    if since and pair.now < since + KNOWN_AFTER:
        return SamePersonDoubt("new", since, since + KNOWN_AFTER)
    return None


def _the_other_way(pair: Pair) -> SamePersonDoubt | None:
    """The second let the first in, or gave them an account, within a day."""
    given = [(row.added_by, row.added_at) for row in records.memberships(pair.first)]
    given += [(row.linked_by, row.linked_at) for row in pair.first.accounts if row.revoked_at is None]
    young = [at for by, at in given if by == pair.second.id and at and pair.now < at + KNOWN_AFTER]
    return SamePersonDoubt("new", max(young), max(young) + KNOWN_AFTER) if young else None
