"""What was done: lines of the audit chain as people ask for them, the newest first, a page at a time.

In: references the caller may see; or an agency whose auditor asks. Out: lines, with the name of who acted and what they
wrote, where it was not erased.
An auditor audits the acts of their own agency, and of the authorities it hosts:
- on its cases, whoever acted, but for those of a label that is hidden from them (RED always);
- on its people while they were there, by one of these, by whoever hosts them, or by the desk, if they concern it;
- on its rooms, and on itself;
- by its people, on what is no case, person or room (COMMON).
Why a list for the last: an act that is new stays hidden until somebody says that it is nobody's secret.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Integer, Select, and_, case, cast, exists, func, not_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from storage.database.unit_of_work import SYSTEM, UnitOfWork
from storage.exposure.labels import Label
from storage.models import Account, AuditLine, AuditText, Authority, Case, Channel, Membership, Person
from storage.models.spelled import contains
from storage.spelling import fold

COMMON = ("authority", "delivery", "holiday", "refused", "workspace")
"""First words of acts that concern no case, no person and no room."""


@dataclass(frozen=True)
class Recorded:
    """One line. `who`: the name of who acted, None for the desk; `text`: what they wrote, None where there is none."""

    line: AuditLine
    who: str | None
    text: str | None


@dataclass(frozen=True)
class Circle:
    """Whom the history of an agency is about.

    `codes`: its own and those of the authorities it hosts. `people`: {how the chain names somebody: until when they
    were there, None: they are}. `names`: theirs, and of the people of whoever hosts it. `rooms`: {how the chain names a
    room: its title}.
    """

    agency: Authority
    codes: tuple[str, ...]
    people: Mapping[str, datetime | None]
    names: Mapping[str, str]
    rooms: Mapping[str, str]


@dataclass(frozen=True)
class ActFilter:
    """What is asked of an agency's history. `refs`: None for whatever it was done to. `hidden`: labels left out."""

    by: str = ""
    act: str = ""
    since: datetime | None = None
    until: datetime | None = None
    refs: frozenset[str] | None = None
    hidden: Collection[Label] = field(default=(Label.RED,))


def of_records(
    work: UnitOfWork,
    refs: Sequence[str],
    *,
    acts: Collection[str] | None = None,
    exports_of: str = "",
    limit: int = 10,
    skip: int = 0,
) -> tuple[list[Recorded], int]:
    """What was done to records the caller may see, and how many lines there are in all.

    acts: only these. exports_of: the code of the agency whose exports count where they held the first of the records.
    """
    done: ColumnElement[bool] = AuditLine.ref.in_(refs)
    if exports_of:
        held = AuditLine.facts.contains(f'"{refs[0]}"', autoescape=True)
        done = and_(AuditLine.ref.in_([*refs, exports_of]), or_(done, held))
    if acts is not None:
        done = and_(done, AuditLine.act.in_(acts))
    total = work.session.scalar(select(func.count()).select_from(AuditLine).where(done)) or 0
    return _read(work, _lines().where(done).limit(limit).offset(skip)), total


def firsts(work: UnitOfWork, refs: Collection[str]) -> dict[str, Recorded]:
    """The first thing that was done to each of these records."""
    oldest = select(func.min(AuditLine.n)).where(AuditLine.ref.in_(refs)).group_by(AuditLine.ref)
    return {one.line.ref: one for one in _read(work, _lines().where(AuditLine.n.in_(oldest)))}


def found(work: UnitOfWork, circle: Circle, chosen: ActFilter, *, limit: int, skip: int) -> list[Recorded]:
    """What an auditor finds of what was done."""
    query = _lines().where(_audited(work, circle, chosen.hidden))
    if chosen.refs is not None:
        query = query.where(AuditLine.ref.in_(chosen.refs))
    if chosen.by:
        query = query.where(AuditLine.actor.in_(_called(work, chosen.by)))
    if chosen.act:
        query = query.where(AuditLine.act.startswith(fold(chosen.act), autoescape=True))
    if chosen.since:
        query = query.where(AuditLine.at >= chosen.since)
    if chosen.until:
        query = query.where(AuditLine.at < chosen.until)
    return _read(work, query.limit(limit).offset(skip))


def circle(work: UnitOfWork, agency: Authority) -> Circle:
    """Whom the history of an agency is about, as of now."""
    kept = {row.id: row.code for row in work.session.scalars(select(Authority).where(Authority.host_id == agency.id))}
    kept[agency.id] = agency.code
    known = [*kept, *([agency.host_id] if agency.host_id else [])]
    query = select(Person.id, Person.name, Membership.authority_id, Membership.ended_at).join(Person.memberships)
    names: dict[str, str] = {}
    there: dict[str, list[datetime | None]] = {}
    for person, name, authority_id, ended_at in work.session.execute(query.where(Membership.authority_id.in_(known))):
        names[f"P{person}"] = name
        if authority_id in kept:
            there.setdefault(f"P{person}", []).append(ended_at)
    people = {who: None if None in ends else max(filter(None, ends)) for who, ends in there.items()}
    own = and_(Channel.authority_id.in_(kept), Channel.host_id.is_(None))
    rooms = select(Channel).where(or_(own, Channel.host_id.in_(kept)))
    titles = {f"channel:{row.id}": row.called for row in work.session.scalars(rooms)}
    return Circle(agency, tuple(kept.values()), people, names, titles)


def accounts(work: UnitOfWork, numbers: Collection[int]) -> dict[int, Account]:
    """Accounts by the numbers the chain has of them."""
    query = select(Account).where(Account.id.in_(numbers))
    return {row.id: row for row in work.session.scalars(query)} if numbers else {}


def labels(work: UnitOfWork, refs: Collection[str]) -> dict[str, Label]:
    """{reference: label of its case, as it is now} of those that are of a case."""
    query = select(Case.ref, Case.label).where(Case.ref.in_({ref.partition("/")[0] for ref in refs}))
    known = {ref: Label(label) for ref, label in work.session.execute(query)}
    return {ref: known[of] for ref in refs if (of := ref.partition("/")[0]) in known}


def _lines() -> Select[AuditLine, str | None, str | None]:
    actor = aliased(Person)
    number = case((AuditLine.actor.startswith("P"), cast(func.substr(AuditLine.actor, 2), Integer)))
    name = select(actor.name).where(actor.id == number).scalar_subquery()
    query = select(AuditLine, name, AuditText.text).outerjoin(AuditText, AuditText.n == AuditLine.n)
    return query.order_by(AuditLine.n.desc())


def _read(work: UnitOfWork, query: Select[AuditLine, str | None, str | None]) -> list[Recorded]:
    return [Recorded(line, who, text) for line, who, text in work.session.execute(query)]


def _audited(work: UnitOfWork, circle: Circle, hidden: Collection[Label]) -> ColumnElement[bool]:
    own = and_(Case.ref == _case_part(work), Case.agency_id == circle.agency.id, Case.label.not_in(hidden))
    foreign = [not_(AuditLine.facts.contains(f'"agency":"{code}"', autoescape=True)) for code in circle.codes]
    concerns_it = not_(and_(AuditLine.facts.contains('"agency":', autoescape=True), *foreign))
    by_them = AuditLine.actor.in_([*circle.names, SYSTEM])
    common = [or_(AuditLine.act == word, AuditLine.act.startswith(f"{word} ", autoescape=True)) for word in COMMON]
    return or_(
        exists(select(Case.id).where(own)),
        and_(_while_there(AuditLine.ref, circle), by_them, concerns_it),
        AuditLine.ref.in_([*circle.rooms, *circle.codes]),
        and_(_while_there(AuditLine.actor, circle), or_(*common)),
    )


def _while_there(column: InstrumentedAttribute[str], circle: Circle) -> ColumnElement[bool]:
    """The lines where a column names one of the circle, up to the day they left."""
    still = [who for who, until in circle.people.items() if until is None]
    left = [and_(column == who, AuditLine.at <= until) for who, until in circle.people.items() if until]
    return or_(column.in_(still), *left)


def _case_part(work: UnitOfWork) -> ColumnElement[str]:
    """The case that a line's reference is of: all before the slash."""
    if work.postgres:
        return func.split_part(AuditLine.ref, "/", 1)
    return func.substr(AuditLine.ref, 1, func.instr(AuditLine.ref + "/", "/") - 1)


def _called(work: UnitOfWork, name: str) -> list[str]:
    """How the chain names people of this name, or with it in theirs; and the desk."""
    found = work.session.scalars(select(Person.id).where(contains(Person.name, name)))
    return [f"P{one}" for one in found] + ([SYSTEM] if fold(name) == SYSTEM else [])
