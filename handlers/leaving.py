"""People who leave: desk person remove, case entrust. Their cases pass in the same line, with every reminder of them.

In: a turn and names. Out: a reply that holds numbers and never a case; the new lead is told that there are some.
What only named people may see passes to somebody who is named on it, by those who are; where nobody else is left, a
manager asks and a second person agrees (`case entrust`), a day later where the one it is about is still there and
can act themselves. Both work blind: neither they nor the administrator read a
title or a reference of it, the new lead does, and each step is on record.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from handlers.kit import access, keeping, leading, second_person
from handlers.kit.errors import Conflict
from handlers.kit.leading import CasesPassed
from handlers.kit.notices import PersonalNotice
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands
from handlers.language.errors import UserError
from handlers.language.grammar import quoted
from handlers.language.values import KeptName, LeadName, Text
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.messages import succession
from storage.messages.sending import Claimed
from storage.models import Case, Person, Recipient
from storage.record import entrustments, proposals, records
from storage.reminders import nudges

commands = Commands()

Name = Annotated[str, Text(max=100)]
Because = Annotated[str, Text(max=1000)]
GIVERS = frozenset({Role.MANAGER, Role.ADMIN})
ENTRUST = "case entrust"
SHOWN = 10  # references in an answer


@dataclass(frozen=True)
class PersonLeft(PersonalNotice):
    """Somebody has no rights in the agency any more; so many cases passed `to` a colleague."""

    name: str
    agency: str
    to: str
    cases: int


@dataclass(frozen=True)
class EntrustAsked(PersonalNotice):
    """To whoever may agree, and to whom the cases are of: a second person is needed to give them to a new lead.

    `counts_from`: when agreeing counts, where they who are asked about are still there; None: at once.
    """

    of: str
    to: str
    cases: int
    because: str
    by: str
    counts_from: datetime | None = None


@dataclass(frozen=True)
class Entrusted(PersonalNotice):
    """To whoever agreed, and to whoever asked."""

    of: str
    to: str
    cases: int
    by: str


@dataclass(frozen=True)
class LeftBehind(PersonalNotice):
    """To a manager: how many records nobody who may see them can act on, and who led them last."""

    agency: str
    cases: int
    leads: tuple[str, ...]


@dataclass
class CasesMustPass(UserError):
    """Somebody cannot leave before their open cases have passed.

    `refs` are some that the asker may see; `others`, how many more there are. `named`: how many only named people may
    see, who pass them, whoever was said in `to`: a number that followed it would tell on how many each colleague is
    named. `alone`: how many of these nobody else is named on. `people`: names who can lead; `to`: whom the cases were
    to pass to, if somebody was said.
    """

    name: str
    agency: str
    refs: tuple[str, ...]
    others: int
    named: int
    alone: int
    people: tuple[str, ...]
    to: str


@dataclass
class NothingLeftBehind(UserError):
    """There is no open case that only this person could act on."""

    name: str


@dataclass
class NothingAsked(UserError):
    """Nobody asked, these last days, to give this person's cases to a new lead."""

    name: str


@dataclass
class AgreedTooSoon(UserError):
    """Whoever the cases are of is still there, and was told: a second person's word counts from a day later."""

    of: str
    counts_from: datetime


@commands.add("desk person remove", needs=Role.ADMIN, example='desk person remove "Night Officer" to:"Second Officer"')
def remove(turn: Turn, name: KeptName, *, to: LeadName | None = None, because: Because = "") -> Reply:
    """Somebody has left your agency: no rights there from now on. What they did stays on record.

    name: who; also a liaison of an authority that your agency hosts.
    to: the colleague who takes over their open cases, and is reminded of them.
    because: the reason, for the record.
    """
    person, agency = keeping.person(turn, name)
    if person.id == turn.actor.person.id:
        raise Conflict("removing_yourself")
    heir = access.leader(turn, to, besides=person) if to else None
    cases = succession.in_hand(turn.work, agency.id, person.id)
    if not all(_passes(turn, case, heir) for case in cases):
        raise _must_pass(turn, person, cases, heir)
    for case in cases:
        leading.give(turn, case, heir)
    for membership in records.memberships(person):
        if membership.authority_id == agency.id:
            membership.ended_at = turn.now
    entrustments.take_off(turn.work, agency.id, person)
    after = {"agency": agency.code, "to": heir.actor if heir else None, "cases": len(cases)}
    turn.work.audit("person left", person.actor, after=after, personal=because)
    turn.work.session.flush()
    turn.work.ask_again()
    nudges.hand_over(turn.work, Recipient.person(person.id))
    if heir and cases:
        turn.tell([heir], CasesPassed(person.name, len(cases), turn.actor.person.name))
    return Reply(PersonLeft(person.name, agency.code, heir.name if heir else "", len(cases)))


@commands.add(
    "case entrust",
    needs=Role.MANAGER,
    example='case entrust of:"Night Officer" to:"Second Officer" because:"left the service"',
)
def entrust(turn: Turn, *, of: Name, to: LeadName, because: Because) -> Reply:
    """Ask that the cases which nobody but one person can see go to a new lead. A second person must agree.

    Where that person is still with the agency, agreeing counts a day later: until then they can pass the cases
    themselves.

    You are told how many there are and nothing else of them; so is whoever agrees, and the person themself.

    of: who led them; they may have left already.
    to: an officer or manager of your agency, who will see them.
    because: the reason, for the record.
    """
    person = access.colleague_of_old(turn, of)
    heir = access.leader(turn, to, besides=person)
    cases = _left_behind(turn, person)
    facts = {"person": person.id, "to": heir.id}
    proposals.ask(turn.work, turn.actor.agency.id, ENTRUST, turn.actor.person, facts)
    after = {"to": heir.actor, "cases": len(cases)}
    turn.work.audit("case entrust asked", person.actor, after=after, personal=because)
    notice = EntrustAsked(
        person.name, heir.name, len(cases), because, turn.actor.person.name, _counts_from(turn, person, turn.now)
    )
    turn.tell([*_givers(turn), person], notice, urgent=True)
    return Reply(notice)


@commands.add("case entrust agree", needs=(Role.MANAGER, Role.ADMIN), example='case entrust agree of:"Night Officer"')
def agree(turn: Turn, *, of: Name) -> Reply:
    """Agree, as the second person, to what a manager asked with `case entrust`. The new lead sees the cases then.

    of: who led them.
    """
    person = access.colleague_of_old(turn, of)
    asked = proposals.waiting(turn.work, turn.actor.agency.id, ENTRUST, person=person.id)
    if asked is None:
        raise NothingAsked(person.name)
    line = f"case entrust agree of:{quoted(person.name)}"
    second_person.must_be_another(turn, asked.asker, act="case entrust", line=line, others=_givers(turn))
    counts_from = _counts_from(turn, person, asked.asked_at)
    if counts_from and turn.now < counts_from:
        raise AgreedTooSoon(person.name, counts_from)
    heir = access.leader(turn, turn.work.session.get_one(Person, asked.facts["to"]).name, besides=person)
    cases = _left_behind(turn, person)
    asked.agreed_by, asked.agreed_at = turn.actor.person.id, turn.now
    for case in cases:
        leading.give(turn, case, heir, "case entrust", asked_by=asked.asker.actor)
    after = {"to": heir.actor, "cases": len(cases), "asked_by": asked.asker.actor}
    turn.work.audit("case entrust agreed", person.actor, after=after)
    by = turn.actor.person.name
    turn.tell([heir], CasesPassed(person.name, len(cases), by))
    notice = Entrusted(person.name, heir.name, len(cases), by)
    turn.tell([asked.asker, person], notice)
    return Reply(notice)


def left_behind(turn: Turn, row: Claimed) -> Reply | None:
    """What needs a person now, for somebody who may bring one in; None: nothing does, or it is not for them.

    Who led what is told to the agency's own people.
    """
    agency = records.authority(turn.work, row.fields["agency"])
    held = records.memberships(turn.actor.person)
    if agency is None or not any(row.role in GIVERS for row in held):
        return None
    leads = succession.last_leads(turn.work, agency.id)
    if not leads:
        return None
    own = any(row.authority_id == agency.id for row in held)
    names = tuple(name for name, _ in leads) if own else ()
    return Reply(LeftBehind(agency.code, sum(count for _, count in leads), names))


def _passes(turn: Turn, case: Case, heir: Person | None) -> bool:
    """Whether an administrator may pass a case on: what only named people may see, to one of them."""
    if heir is None or case.label != Label.RED:
        return heir is not None
    return heir.id in {one.id for one in succession.named(turn.work, case.id, case.agency_id)}


def _must_pass(turn: Turn, person: Person, cases: Sequence[Case], heir: Person | None) -> CasesMustPass:
    agency = turn.actor.agency
    wide = [case for case in cases if heir is None and case.label != Label.RED]
    seen = entrustments.seen(turn.work, turn.viewer, wide)
    turn.reached += [case for case in wide if case.id in seen]
    refs = tuple(case.ref for case in wide if case.id in seen)[:SHOWN]
    alone = succession.left_behind(turn.work, agency.id, person.id)
    workers = succession.with_role(turn.work, agency.id, {Role.OFFICER, Role.MANAGER})
    names = [turn.work.session.get_one(Person, one.id).name for one in workers if one.id != person.id]
    return CasesMustPass(
        name=person.name,
        agency=agency.code,
        refs=refs,
        others=len(wide) - len(refs),
        named=sum(case.label == Label.RED for case in cases),
        alone=len(alone),
        people=tuple(names[:SHOWN]),
        to=heir.name if heir else "",
    )


def _counts_from(turn: Turn, person: Person, asked_at: datetime) -> datetime | None:
    """When agreeing counts; None: at once, for whoever has no role in the agency any more.

    Why any role: an administrator could take the one that works on cases away, and leave them another.
    """
    there = person.active and any(row.authority_id == turn.actor.agency.id for row in records.memberships(person))
    return asked_at + entrustments.TIME_TO_ACT if there else None


def _left_behind(turn: Turn, person: Person) -> Sequence[Case]:
    cases = succession.left_behind(turn.work, turn.actor.agency.id, person.id)
    if not cases:
        raise NothingLeftBehind(person.name)
    return cases


def _givers(turn: Turn) -> list[Person]:
    """Who may ask for it, or agree."""
    return [
        person
        for role in (Role.MANAGER, Role.ADMIN)
        for person in records.people(turn.work, agency_id=turn.actor.agency.id, role=role)
    ]
