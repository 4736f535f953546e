"""Two persons, really: who counts as the second of an act that takes two.

In: who was first, who is second, and where both work. Out: nothing, or the error that says why the second does not
count, since when, and who would. Every act that takes two asks here.
The rule follows humans and not accounts. The second must be independent of the first: somebody who let them in, who
was let in by somebody, and so on to the command line, never through the first; and each account that they have or had,
and that of each who vouches for them, was linked by somebody of whom the same is true. What people give to themselves
vouches for nothing: a role or an account of their own making is worth what they had before. Whoever somebody let in
less than a day ago is not known yet, and the first may have asked for them; what was set up at the command line counts
at once, for whoever can start the program there could do anything anyway.
The other way, where the second let the first in, is a doubt for one day only: an administrator lets in most of an
agency, and could otherwise never be the second of any of them. What stays open: whoever makes up a colleague, waits a
day, lets them be the first and agrees. By then the colleague has stood among the agency's people for a day, and who let
them in is on record.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from handlers.kit.errors import NeedsAnother
from handlers.kit.turn import Turn
from storage.database.unit_of_work import UnitOfWork
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.exposure.sight import WORKERS
from storage.messages import absences, succession
from storage.messages.succession import Able
from storage.models import Case, Person, Request
from storage.rules.lifecycle import Status

KNOWN_AFTER = timedelta(days=1)
NAMED = 5  # names in an answer


@dataclass(frozen=True)
class SamePersonDoubt:
    """Why somebody may not be another human. `why` is the `doubt` of `NeedsAnother`, the others its fields."""

    why: str
    since: datetime | None = None
    counts_from: datetime | None = None


def must_be_another(turn: Turn, first: Person, *, act: str, line: str, others: Iterable[Person]) -> None:
    """Refuse the actor as the second. others: who else could.

    Errors: NeedsAnother.
    """
    agency_id = turn.actor.agency.id
    found = doubt(turn.work, turn.actor.person, first, agency_id)
    if found is None:
        return
    people = [one.name for one in others if doubt(turn.work, one, first, agency_id) is None]
    raise NeedsAnother(act, first.name, found.why, found.since, found.counts_from, tuple(people[:NAMED]), line)


def doubt(work: UnitOfWork, second: Person, first: Person, agency_id: int) -> SamePersonDoubt | None:
    """Why the second may be the first, or nobody yet; None for another human.

    One who let them in is enough, and the oldest counts; one account that is not beyond doubt is too many.
    """
    if second.id == first.id:
        return SamePersonDoubt("same")
    pair, own = Pair(work, first, agency_id), frozenset({second.id})
    let_in = _let_in(second, agency_id)
    sound = [gift for gift in let_in if independent(pair, gift.by, seen=own)]
    if not sound:
        return SamePersonDoubt("let_in", let_in[0].at if let_in else None)
    linked = _linked(second)
    for gift in linked:
        if not independent(pair, gift.by, sound=own):
            return SamePersonDoubt("account", gift.at)
    young = [min(sound, key=lambda gift: _known_from(gift, work.now)), *linked]
    return _new(work, young) or _the_other_way(work, second, first, agency_id)


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
    """Who is asked to approve it: managers among those who may, and those named on it; all of them where none is.

    With them the deputy of whoever is away, if the deputy may approve it.
    """
    case = request.case
    may = approvers(turn, request)
    first = {one.id for one in [*_managers(turn, case), *succession.named(turn.work, case.id, case.agency_id)]}
    asked = [person for person in may if person.id in first] or may
    deputies = [absences.deputy(turn.work, person.id) for person in asked]
    return [person for person in may if person in asked or person in deputies]


def who_count(turn: Turn, first: Person) -> list[Person]:
    """Who may be the second of an act of the actor's agency: its managers, all who work there where none of them is."""
    agency_id = turn.actor.agency.id
    for roles in (frozenset({Role.MANAGER}), WORKERS):
        people = _people(turn, succession.with_role(turn.work, agency_id, roles))
        if found := [one for one in people if doubt(turn.work, one, first, agency_id) is None]:
            return found
    return []


def _managers(turn: Turn, case: Case) -> list[Able]:
    return succession.with_role(turn.work, case.agency_id, {Role.MANAGER})


def _people(turn: Turn, able: Iterable[Able]) -> list[Person]:
    return [turn.work.session.get_one(Person, one) for one in dict.fromkeys(row.id for row in able)]


def _counts(turn: Turn, person: Person, request: Request) -> bool:
    return doubt(turn.work, person, request.filer, request.case.agency_id) is None


class Gift(NamedTuple):
    """A role or an account that somebody else gave. by: a person's id; None: the command line."""

    by: int | None
    at: datetime | None


class Pair(NamedTuple):
    """Of whom somebody must be independent, and in which agency."""

    work: UnitOfWork
    of: Person
    agency_id: int


def independent(
    pair: Pair, by: int | None, *, seen: frozenset[int] = frozenset(), sound: frozenset[int] = frozenset()
) -> bool:
    """Whether a giver is the command line, or a human who does not depend on `of`.

    Such a human is another, was let in by one who is independent, and has no account, in use or revoked, from one who
    is not. seen: people who were let in along this way: none of them vouches for whoever vouches for them. sound:
    people whose accounts are being judged: they were let in as they should be, and count until one account does not.
    """
    if by is None or by in sound:
        return True
    person = pair.work.session.get(Person, by)
    if person is None or by == pair.of.id or by in seen:
        return False
    seen |= {by}
    return any(independent(pair, gift.by, seen=seen, sound=sound) for gift in _let_in(person, pair.agency_id)) and all(
        independent(pair, gift.by, sound=sound | seen) for gift in _linked(person)
    )


def _let_in(person: Person, agency_id: int) -> list[Gift]:
    """What others gave in the agency, ended or not; for whoever never belonged to it, anywhere.

    Why the agency's own first: an invitation to another agency may have been typed by anybody.
    """
    rows = [row for row in person.memberships if row.authority_id == agency_id] or person.memberships
    return [Gift(row.added_by, row.added_at) for row in rows if row.added_by != person.id]


def _linked(person: Person) -> list[Gift]:
    """Accounts that others linked, revoked ones too: what a person linked to themselves, they linked from one."""
    return [Gift(row.linked_by, row.linked_at) for row in person.accounts if row.linked_by != person.id]


def _known_from(gift: Gift, now: datetime) -> datetime:
    return now if gift.by is None or gift.at is None else gift.at + KNOWN_AFTER


def _new(work: UnitOfWork, gifts: Iterable[Gift]) -> SamePersonDoubt | None:
    """The last of some gifts, where it is less than a day old."""
    last = max(gifts, key=lambda gift: _known_from(gift, work.now), default=None)
    from_ = _known_from(last, work.now) if last else work.now
    return SamePersonDoubt("new", last.at, from_) if last and from_ > work.now else None


def _the_other_way(work: UnitOfWork, second: Person, first: Person, agency_id: int) -> SamePersonDoubt | None:
    """The second let the first in, or gave them an account, within a day; or somebody who depends on the second did."""
    pair, own = Pair(work, second, agency_id), frozenset({first.id})
    gifts = [Gift(row.added_by, row.added_at) for row in first.memberships if row.added_by != first.id]
    return _new(work, [gift for gift in [*gifts, *_linked(first)] if not independent(pair, gift.by, sound=own)])
