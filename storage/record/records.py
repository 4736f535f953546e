"""Fetching and adding by business key: what `handlers/kit/access.py` stands on.

In: what a person typed, already cut into prefix, year and number, and the condition of what they may see. Out: rows,
locked on PostgreSQL where they are about to change.
"""

import itertools
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import bindparam, select
from sqlalchemy.orm import InstrumentedAttribute, contains_eager

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import sight
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.exposure.sight import Seen, Viewer
from storage.models import (
    Account,
    Attachment,
    Authority,
    Case,
    Channel,
    Holiday,
    Membership,
    Person,
    Preservation,
    Request,
    Trait,
)
from storage.models.spelled import contains, same, same_as_any
from storage.record import hosting
from storage.record.fetching import Key, fetch
from storage.reference.catalog import AuthorityRow, Reference
from storage.spelling import as_written

T = TypeVar("T")
PREFIX = 16  # characters of a case prefix at most, before a number; the column holds 20

AT = " @ "  # "Night Officer @ PK-FIA-CCW": a name that means one person
LONG_AGO = datetime.min.replace(tzinfo=UTC)


# ---- by reference --------------------------------------------------------------------------------------------------


def cases(work: UnitOfWork, viewer: Viewer, key: Key, *, change: bool = False) -> list[Case]:
    """The visible cases a key fits; own agency and newest year first. `change` locks them."""
    return fetch(work, viewer, Case, key, change=change)


def requests(work: UnitOfWork, viewer: Viewer, key: Key, *, change: bool = False) -> list[Request]:
    """The visible requests a key fits."""
    return fetch(work, viewer, Request, key, change=change)


def preservations(work: UnitOfWork, viewer: Viewer, key: Key, *, change: bool = False) -> list[Preservation]:
    """The visible preservations a key fits."""
    return fetch(work, viewer, Preservation, key, change=change)


# ---- people --------------------------------------------------------------------------------------------------------


_WHO = (
    select(Account)
    .join(Account.person)
    .where(Account.platform == bindparam("platform"), Account.external_id == bindparam("account"))
    .where(Account.revoked_at.is_(None), Person.active)
    .options(contains_eager(Account.person).joinedload(Person.memberships).joinedload(Membership.authority))
)
"""Asked in every turn: put together once; who speaks, and for whom, in one answer."""


def speaking_account(work: UnitOfWork, platform: str, external_id: str) -> Account | None:
    """An account with the active person behind it; None for an unknown or revoked one, or an inactive person."""
    return work.session.scalars(_WHO, {"platform": platform, "account": external_id}).unique().first()


def via(row: Account) -> str:
    """How the audit chain names an account: no number in it that belongs to a person."""
    return f"{row.platform}:A{row.id}"


def people(
    work: UnitOfWork,
    *,
    agency_id: int | None = None,
    role: str | None = None,
    name_part: str = "",
    name: str | None = None,
) -> list[Person]:
    """Active people who have a role, by name: of one agency, with one role, of this name or with this part of it.

    Of two in an agency whose names differ in their spelling alone, the one whose name is typed exactly. A name of any
    spelling finds somebody; enrol takes them to the letter (`to_the_letter`).
    """
    query = select(Person).join(Membership).where(Person.active, Membership.ended_at.is_(None))
    if agency_id is not None:
        query = query.where(Membership.authority_id == agency_id)
    if role is not None:
        query = query.where(Membership.role == role)
    if name_part:
        query = query.where(contains(Person.name, name_part))
    if name is not None:
        query = query.where(same(Person.name, name))
    found = list(work.session.scalars(query.distinct().order_by(Person.name, Person.id)))
    return (to_the_letter(found, name) if name and agency_id is not None else []) or found


def to_the_letter(found: Iterable[Person], name: str, *, capitals: bool = True) -> list[Person]:
    """Those whose name is this one and no other spelling of it: whom a role, an account or a case may be given to.

    capitals: whether they count.
    """
    wanted = as_written(name, capitals=capitals)
    return [row for row in found if as_written(row.name, capitals=capitals) == wanted]


def at_terminal(work: UnitOfWork, typed: str) -> list[Person]:
    """Whom a name may mean at a terminal: `Name @ AGENCY-CODE`, or `Name` where only one active person has it."""
    name, _, code = typed.rpartition(AT)
    agency = authority(work, code.strip()) if name else None
    return (people(work, name=name, agency_id=agency.id) if agency else []) or people(work, name=typed)


def terminal_name(person: Person) -> str:
    """The name that means this person alone, whoever else has it: `Name @ AGENCY-CODE`."""
    agency = home(person)
    return f"{person.name}{AT}{agency.code}" if agency else person.name


def home(person: Person) -> Authority | None:
    """The agency a person came in by: where they have been longest without a gap. Their accounts belong to it."""
    rows = sorted(person.memberships, key=lambda row: (row.authority_id, row.id))
    there = [list(group) for _, group in itertools.groupby(rows, key=lambda row: row.authority_id)]
    held = [group for group in there if any(row.ended_at is None for row in group)]
    return min(held, key=lambda group: (there_since(group), group[0].id))[0].authority if held else None


def there_since(rows: Iterable[Membership]) -> datetime:
    """Since when somebody is in an agency without a gap. rows: all they ever had there, one of which has not ended.

    Why not the oldest role they still have: a promotion is no gap.
    """
    since = min(row.added_at or LONG_AGO for row in rows if row.ended_at is None)
    ended = [(row.ended_at, row.added_at or LONG_AGO) for row in rows if row.ended_at is not None]
    for until, start in sorted(ended, reverse=True):
        since = min(since, start) if until >= since else since
    return since


def give_role(work: UnitOfWork, person: Person, agency: Authority, role: str, *, by: int | None) -> list[Membership]:
    """One role more in an agency, from now on. by: the id of the person who gives it; None at the command line.

    An agency that has an administrator of its own is hosted by nobody any more. Returns what ended with that.
    """
    row = next((one for one in person.memberships if one.authority_id == agency.id and one.role == role), None)
    if row is None:
        row = Membership(authority=agency, role=role)
        person.memberships.append(row)
    elif row.ended_at is None:
        return []
    row.added_at, row.added_by, row.ended_at = work.now, by, None
    work.session.flush()
    return hosting.hand_over(work, agency, None) if role == Role.ADMIN and agency.host_id is not None else []


def memberships(person: Person) -> list[Membership]:
    """The memberships that have not ended."""
    return [membership for membership in person.memberships if membership.ended_at is None]


# ---- authorities ---------------------------------------------------------------------------------------------------


def authority(work: UnitOfWork, code: str) -> Authority | None:
    """One authority by its exact code."""
    return work.session.scalars(select(Authority).where(Authority.code == code.upper())).first()


def authorities_of(work: UnitOfWork, codes: Collection[str]) -> dict[str, Authority]:
    """{code: authority} of some of them."""
    return {row.code: row for row in work.session.scalars(select(Authority).where(Authority.code.in_(codes)))}


def authorities(work: UnitOfWork) -> Sequence[Authority]:
    """All of them, by code."""
    return work.session.scalars(select(Authority).order_by(Authority.code)).all()


def make_agency(work: UnitOfWork, row: Authority) -> None:
    """From now on its people use this desk.

    Its case prefix is the last segment of its code; where that is taken, with the country, then with a number.
    """
    if row.is_agency:
        return
    row.is_agency = True
    wanted = row.prefix or row.code.rsplit("-", 1)[-1][:PREFIX]
    with_country = f"{row.country}{wanted}"[:PREFIX]
    taken = set(work.session.scalars(select(Authority.prefix).where(Authority.id != row.id)))
    numbered = (f"{with_country}{n}" for n in itertools.count(2))
    row.prefix = next(free for free in itertools.chain((wanted, with_country), numbered) if free not in taken)
    work.audit("authority agency", row.code, after={"prefix": row.prefix})


def sync_authorities(work: UnitOfWork, reference: Reference) -> None:
    """Bring the reference files' authorities into the record; rows that an administrator edited are left alone."""
    known = {row.code: row for row in authorities(work)}
    prefixes = {row.prefix: row.code for row in known.values() if row.prefix}
    for source in reference.authorities.values():
        row = known.get(source.code)
        if row is None:
            row = Authority(code=source.code, is_agency=False)
            work.session.add(row)
        if row.edited_at is None:
            _copy(source, row)
            if source.prefix and not row.is_agency and prefixes.setdefault(source.prefix, row.code) == row.code:
                row.prefix = source.prefix


def _copy(source: AuthorityRow, row: Authority) -> None:
    row.name, row.country, row.zone = source.name, source.country, source.timezone
    row.weekends = [week.model_dump(mode="json", by_alias=True) for week in source.weekends]
    row.holiday_calendar, row.role, row.channel, row.portal = (
        source.holiday_calendar,
        source.role,
        source.channel,
        source.portal,
    )
    row.notes, row.aliases, row.caution = source.notes, list(source.aliases), source.caution
    row.valid_from, row.valid_until, row.successor = source.valid_from, source.valid_until, source.successor


# ---- traits --------------------------------------------------------------------------------------------------------


def trait(work: UnitOfWork, name: str) -> str | None:
    """What the database says of itself, for example "demo"."""
    row = work.session.get(Trait, name)
    return row.value if row else None


def set_trait(work: UnitOfWork, name: str, value: str) -> None:
    """Remember it."""
    work.session.merge(Trait(name=name, value=value))


def speaking(person: Person) -> Authority | None:
    """The agency a person speaks for.

    The only one, or the one they chose; None while they must choose, or have none.
    """
    held = {membership.authority_id: membership.authority for membership in memberships(person)}
    if len(held) == 1:
        return next(iter(held.values()))
    return held.get(person.acts_for) if person.acts_for else None


def cases_by_own_references(
    work: UnitOfWork, agency: Authority, owns: Collection[str], *, change: bool = False
) -> Sequence[Case]:
    """The cases of an agency under its own file or diary numbers, in any spelling, whoever asks; the oldest first.

    Under a number there is one, and those only named people see; of before there may be more, whose numbers differ in
    their spelling. `change`: nobody else in the agency gives one out before this transaction ends.
    """
    if change and work.postgres:
        alone = select(Authority.id).where(Authority.id == agency.id).with_for_update(key_share=True)
        work.session.execute(alone)
    query = select(Case).where(Case.agency_id == agency.id, same_as_any(Case.own_reference, owns))
    return work.session.scalars(query.order_by(Case.id)).all()


def holidays(work: UnitOfWork, calendar: str | None = None) -> list[Holiday]:
    """What administrators added to the published calendars, by day."""
    query = select(Holiday).order_by(Holiday.calendar, Holiday.day)
    return list(work.session.scalars(query.where(Holiday.calendar == calendar) if calendar else query))


def seen(work: UnitOfWork, viewer: Viewer, refs: Iterable[str]) -> dict[str, Seen]:
    """How a viewer sees the records of these references now: cases, requests, preservations, attachments.

    Those that they do not see, and those that are not there, are not in it.
    """
    kinds: dict[str, list[str]] = {}
    for ref in refs:
        kinds.setdefault(kind_of(ref), []).append(ref)
    own, found = sight.cases(viewer), dict[str, Seen]()
    for kind, wanted in kinds.items():
        column, case_id = COLUMNS[kind]
        query = select(column, Case.label, own, Case.agency_id, Authority.code).where(column.in_(wanted))
        query = query.where(sight.requests(viewer) if kind == "/" else own)
        query = query if case_id is None else query.join(Case, Case.id == case_id)
        query = query.join(Authority, Authority.id == Case.agency_id)
        for ref, label, works, agency_id, owner in work.session.execute(query):
            across = "" if works or agency_id == viewer.authority_id else owner
            found[str(ref)] = Seen(Label(label), bool(works), across)
    return found


def kind_of(ref: str) -> str:
    """What stands behind the slash of a reference: nothing for a case, else the letter of its kind, or the slash."""
    _, slash, part = ref.partition("/")
    return part[:1] if part[:1] in ("P", "A") else slash


COLUMNS: dict[str, tuple[InstrumentedAttribute[Any], InstrumentedAttribute[Any] | None]] = {
    "": (Case.ref, None),
    "/": (Request.ref, Request.case_id),
    "P": (Preservation.ref, Preservation.case_id),
    "A": (Attachment.ref, Attachment.case_id),
}
"""By `kind_of` a reference: its column, and that of its case."""


def channel(work: UnitOfWork, platform: str, external_id: str, thread: str) -> Channel | None:
    """The room the desk knows; None for one it was never told about, or has left."""
    query = select(Channel).where(
        Channel.platform == platform, Channel.external_id == external_id, Channel.thread == thread
    )
    return work.session.scalars(query.where(Channel.left_at.is_(None))).first()


def any_case(work: UnitOfWork) -> bool:
    """True where the record holds any case at all."""
    return work.session.scalars(select(Case.id).limit(1)).first() is not None


def anybody(work: UnitOfWork) -> bool:
    """True where at least one person was ever enrolled."""
    return work.session.scalars(select(Person.id).limit(1)).first() is not None
