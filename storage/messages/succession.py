"""Succession: who acts on a case when whoever should is gone, and which cases nobody can act on any more.

In: a case, by its numbers or as a SQL condition. Out: the people of its agency who can act, next in line first: lead,
opener, the people it is shared with by name; then, unless only named people may see it, the agency's managers, then
everybody else who works there. What nobody at all can act on is told to managers without a word of the record.
Why here: a reminder that rings, one that is about to be sent, a failed delivery and a person's leaving ask the same.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, NamedTuple

from sqlalchemy import BindParameter, ColumnElement, bindparam, exists, not_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from storage.database.jobs import Jobs
from storage.database.unit_of_work import UnitOfWork
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.exposure.sight import WORKERS
from storage.messages import heartbeat, outbox, recipients
from storage.models import Account, Authority, Case, Heartbeat, Membership, Participant, Person, Recipient
from storage.times import local_day

HEARTBEAT = "needs person"
EVERY = timedelta(days=1)
AGAIN = timedelta(days=28)
NEVER = datetime.min.replace(tzinfo=UTC)


class Able(NamedTuple):
    """Somebody who can act on the cases of an agency and be reached. `route`: the platform they are reached on."""

    id: int
    zone: str | None
    route: str


@dataclass(frozen=True)
class NeedsPerson:
    """To a manager: the agency has records that nobody who may see them can act on. Which, is not said."""

    agency: str
    is_card: ClassVar[bool] = False

    @property
    def template(self) -> str:
        """The name of the template that says it."""
        return "left_behind"


# ---- who is able ---------------------------------------------------------------------------------------------------


def _has_role(roles: Iterable[Role] | BindParameter[Any]) -> ColumnElement[bool]:
    named = roles if isinstance(roles, BindParameter) else sorted(roles)
    return Person.active & Membership.ended_at.is_(None) & Membership.role.in_(named)


def _reachable(person: Any = Person) -> ColumnElement[bool]:  # noqa: ANN401 - the class, or an alias of it
    """Whoever never had an account is reached at a terminal; whoever lost them all, nowhere."""
    theirs = select(Account.id).where(Account.person_id == person.id).correlate(person)
    return or_(exists(theirs.where(Account.revoked_at.is_(None))), not_(exists(theirs)))


_ABLE = (
    select(Membership.authority_id, Person.id, Person.zone, outbox.route_column(Person))
    .join(Person, Person.id == Membership.person_id)
    .where(Person.id.in_(bindparam("people", expanding=True)), _has_role(WORKERS), _reachable())
)
_WITH_ROLE = (
    select(Membership.authority_id, Person.id, Person.zone, outbox.route_column(Person), Person.name)
    .join(Person, Person.id == Membership.person_id)
    .where(
        Membership.authority_id.in_(bindparam("agencies", expanding=True)),
        _has_role(bindparam("roles", expanding=True)),
        _reachable(),
    )
    .distinct()
    .order_by(Person.name, Person.id)
)
"""Asked in every batch of the sweep: put together once."""


def able(work: UnitOfWork, people: Iterable[int]) -> dict[tuple[int, int], Able]:
    """Which of these people can act, by (person, agency). Each is asked for once in a transaction."""
    known: dict[tuple[int, int], Able] = work.once("able", dict)
    asked: set[int] = work.once("asked whether able", set)
    new = [one for one in people if one not in asked]
    if new:
        for agency_id, number, zone, route in work.session.execute(_ABLE, {"people": new}):
            known[number, agency_id] = Able(number, zone, route)
        asked.update(new)
    return known


def named(work: UnitOfWork, case_id: int, agency_id: int, besides: int = 0) -> list[Able]:
    """The people named on a case who can act: lead, opener, participants, each once. besides: a person's id."""
    ids = named_on(work, [case_id])[case_id]
    found = able(work, ids)
    return [found[one, agency_id] for one in dict.fromkeys(ids) if one != besides and (one, agency_id) in found]


def named_on(work: UnitOfWork, cases: Iterable[int]) -> dict[int, list[int]]:
    """The people named on these cases, by case, in order. Each is asked about once in a transaction."""
    known: dict[int, list[int]] = work.once("named", dict)
    new = [one for one in dict.fromkeys(cases) if one not in known]
    if not new:
        return known
    for case_id, *hands in work.session.execute(select(Case.id, Case.lead_id, Case.opened_by).where(Case.id.in_(new))):
        known[case_id] = [one for one in hands if one]
    shared = select(Participant.case_id, Participant.person_id).where(Participant.case_id.in_(new))
    shared = shared.where(Participant.person_id.is_not(None)).order_by(Participant.id)
    for case_id, person_id in work.session.execute(shared):
        known[case_id].append(person_id or 0)
    able(work, {one for case_id in new for one in known[case_id]})
    return known


def line(work: UnitOfWork, case_id: int, agency_id: int, label: str, besides: int = 0) -> list[Able]:
    """Who hears in the place of somebody who is gone: the first who is named, else all managers, else all workers.

    Empty where nobody is left; for what only named people see, where nobody who is named is.
    """
    first = named(work, case_id, agency_id, besides)[:1]
    if first or label == Label.RED:
        return first
    everybody = ({Role.MANAGER}, WORKERS)
    found = ([one for one in with_role(work, agency_id, roles) if one.id != besides] for roles in everybody)
    return next(filter(None, found), [])


def with_role(work: UnitOfWork, agency_id: int, roles: Iterable[Role]) -> list[Able]:
    """Everybody of an agency with one of some roles who can be reached, by name."""
    return list(all_with_role(work, [agency_id], roles)[agency_id])


def all_with_role(work: UnitOfWork, agencies: Iterable[int], roles: Iterable[Role]) -> dict[int, list[Able]]:
    """The same of several agencies, by agency. Each is asked about once in a transaction."""
    known: dict[int, list[Able]] = work.once(("with role", frozenset(roles)), dict)
    new = [one for one in dict.fromkeys(agencies) if one not in known]
    if not new:
        return known
    known |= {one: [] for one in new}
    asked = {"agencies": new, "roles": sorted(roles)}
    for agency_id, number, zone, route, _ in work.session.execute(_WITH_ROLE, asked):
        known[agency_id].append(Able(number, zone, route))
    return known


def is_cut_off(person: Person) -> bool:
    """Whether somebody had accounts and lost them all."""
    return bool(person.accounts) and not person.platforms


def stand_ins(work: UnitOfWork, recipient: Recipient, subject: str) -> list[int]:
    """Who is told when a recipient could not be reached about a record, by id: never the recipient.

    The managers of their authority or of the case; where none may see it, whoever is named on the case. Empty where
    nobody is left who may see it.
    """
    case = recipients.case_of(work, subject)
    agencies = recipients.authorities(work, recipient) | ({case.agency_id} if case else set())
    managers = [one for agency_id in sorted(agencies) for one in with_role(work, agency_id, {Role.MANAGER})]
    for group in (managers, named(work, case.id, case.agency_id) if case else []):
        ids = (one.id for one in dict.fromkeys(group) if Recipient.person(one.id) != recipient)
        others = [work.session.get_one(Person, one) for one in ids]
        if sees := [person.id for person in others if not case or recipients.may_see(work, person, subject)]:
            return sees
    return []


# ---- cases that need a person --------------------------------------------------------------------------------------


def unattended(besides: int = 0) -> ColumnElement[bool]:
    """Open cases for named people only, of whom none can act. besides: a person who does not count as one of them."""
    shared = select(Participant.person_id).where(Participant.case_id == Case.id, Participant.person_id.is_not(None))
    hands = (Case.lead_id, Case.opened_by)
    return (
        Case.closed_at.is_(None)
        & (Case.label == Label.RED)
        & not_(or_(*(_can(column, besides) for column in hands)))
        & not_(_can_any(shared.correlate(Case).scalar_subquery(), besides))
    )


def _can(column: InstrumentedAttribute[Any], besides: int) -> ColumnElement[bool]:
    member, person = aliased(Membership), aliased(Person)
    return exists(_worker(member, person, besides).where(person.id == column).correlate(Case))


def _can_any(people: Any, besides: int) -> ColumnElement[bool]:  # noqa: ANN401 - a subquery
    member, person = aliased(Membership), aliased(Person)
    return exists(_worker(member, person, besides).where(person.id.in_(people)).correlate(Case))


def _worker(member: Any, person: Any, besides: int) -> Any:  # noqa: ANN401 - aliases, and a select over them
    query = select(member.id).join(person, person.id == member.person_id)
    query = query.where(member.authority_id == Case.agency_id, member.ended_at.is_(None), person.active)
    return query.where(member.role.in_(sorted(WORKERS)), person.id != besides, _reachable(person))


def is_named(person_id: int) -> ColumnElement[bool]:
    """The cases that somebody leads, opened or has a share in, by name."""
    shared = exists(select(Participant.id).where(Participant.case_id == Case.id, Participant.person_id == person_id))
    return or_(Case.lead_id == person_id, Case.opened_by == person_id, shared)


def left_behind(work: UnitOfWork, agency_id: int, person_id: int) -> Sequence[Case]:
    """The cases of an agency that nobody but this person can act on, whether or not they still can themselves."""
    query = select(Case).where(Case.agency_id == agency_id, is_named(person_id), unattended(besides=person_id))
    return work.session.scalars(query.order_by(Case.id)).all()


def in_hand(work: UnitOfWork, agency_id: int, person_id: int) -> list[Case]:
    """The open cases of an agency that somebody answers for: those they lead, or opened and nobody else leads.

    With them what is for named people only, and nobody else named is left.
    """
    query = select(Case).where(Case.agency_id == agency_id, Case.closed_at.is_(None), is_named(person_id))
    lost = {case.id for case in left_behind(work, agency_id, person_id)}
    rows = work.session.scalars(query.order_by(Case.id)).all()
    able(work, {one for case in rows for one in (case.lead_id, case.opened_by) if one})
    return [case for case in rows if case.id in lost or _answers(work, case) == person_id]


def _answers(work: UnitOfWork, case: Case) -> int | None:
    """Whoever leads a case, else opened it, and can act."""
    found = able(work, ())
    return next((one for one in (case.lead_id, case.opened_by) if one and (one, case.agency_id) in found), None)


def last_leads(work: UnitOfWork, agency_id: int) -> list[tuple[str, int]]:
    """Who led, or opened, the cases of an agency that nobody can act on, with how many each; by name."""
    query = select(Case).where(Case.agency_id == agency_id, unattended())
    counts: dict[str, int] = {}
    for case in work.session.scalars(query):
        name = (case.lead or case.opener).name
        counts[name] = counts.get(name, 0) + 1
    return sorted(counts.items())


# ---- telling managers ----------------------------------------------------------------------------------------------


def needs_person(work: UnitOfWork, agency_id: int) -> None:
    """Tell those who may bring somebody in that a record needs a person, once a day.

    The agency's managers; where there are none its administrators, else all administrators.
    """
    agency = work.session.get_one(Authority, agency_id)
    found = with_role(work, agency_id, {Role.MANAGER}) or with_role(work, agency_id, {Role.ADMIN})
    for person_id in [one.id for one in found] or [person.id for person in recipients.admins(work)]:
        outbox.put(
            work,
            cause=f"needs person:{agency_id}:{local_day(work.now, agency.zone).isoformat()}",
            notice=NeedsPerson(agency.code),
            recipient=Recipient.person(person_id),
            label=Label.CLEAR,
        )
    heartbeat.beat(work, _heartbeat(agency_id))


def remind(jobs: Jobs) -> None:
    """Once a day: tell again, once a month, of what still needs a person, whether or not it has a clock. Blocks."""
    if jobs.read(lambda work: _last(work, HEARTBEAT) > work.now - EVERY).result():
        return
    jobs.write(_remind).result()


def _remind(work: UnitOfWork) -> None:
    theirs = select(Case.id).where(Case.agency_id == Authority.id, unattended()).correlate(Authority)
    for agency_id in work.session.scalars(select(Authority.id).where(theirs.exists())).all():
        if _last(work, _heartbeat(agency_id)) <= work.now - AGAIN:
            needs_person(work, agency_id)
    heartbeat.beat(work, HEARTBEAT)


def _heartbeat(agency_id: int) -> str:
    return f"{HEARTBEAT} {agency_id}"


def _last(work: UnitOfWork, name: str) -> datetime:
    row = work.session.get(Heartbeat, name)
    return row.at if row else NEVER
