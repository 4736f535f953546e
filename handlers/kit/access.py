"""The only way to a record: fetch with permission.

In: a turn, what was typed, and the act it is for. Out: the row, locked where it is about to change. "Absent" and "not
yours" are the same `NotFound`. What may be seen is `storage/exposure/sight.py`; what may be done with what is
seen is the table in `permissions.py`. Rights are read inside the transaction: the turn's actor was loaded in it.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TypeVar

from handlers.kit.errors import CannotLead, ChooseAgency, NotAllowed, NotLinked
from handlers.kit.permissions import ACTS, MOVES_OF_A_PARTY, REFUSED, Act
from handlers.kit.turn import Actor, Turn
from handlers.language.command import Spec
from handlers.language.errors import Ambiguous, BadValue, NotFound, clause
from handlers.language.values import TypedRef
from storage.database.unit_of_work import UnitOfWork
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.exposure.sight import WORKERS, Viewer
from storage.messages import succession
from storage.models import Attachment, Authority, Case, Participant, Person, Preservation, Request
from storage.record import arrivals, attachments, entrustments, queries, records, watches
from storage.record.arrivals import Arrival
from storage.record.fetching import Key
from storage.record.scopes import Scope
from storage.rules import lifecycle
from storage.spelling import fold

CONSOLE = "console"
UNDECIDED_MAY = ("desk me", "desk help")
LISTED = {"attachment": "case list"}  # the command that lists a kind of record, where it is not its own
Row = TypeVar("Row", Case, Request, Preservation, Attachment)


def actor(work: UnitOfWork, platform: str, account: str) -> Actor:
    """Who speaks.

    In a terminal the account is the person's name: whoever can start the program there is trusted to say who they are.

    Errors: NotLinked for an unknown account or a person without any agency; Ambiguous for a name that several have.
    """
    if platform == CONSOLE:
        return _at_terminal(work, account)
    row = records.speaking_account(work, platform, account)
    return _actor(row.person if row else None, platform, account, records.via(row) if row else platform)


def author(work: UnitOfWork, arrival: Arrival) -> Actor:
    """Who speaks in a message. Errors: as of `actor`."""
    if arrival.platform == CONSOLE:
        return _at_terminal(work, arrival.account)
    row = arrivals.of(work, arrival).account
    row = row if row and row.revoked_at is None and row.person.active else None
    return _actor(
        row.person if row else None, arrival.platform, arrival.account, records.via(row) if row else arrival.platform
    )


def _at_terminal(work: UnitOfWork, name: str) -> Actor:
    found = records.at_terminal(work, name)
    if len(found) > 1:
        raise Ambiguous("person", name, tuple((records.terminal_name(one), one.name) for one in found))
    return _actor(found[0] if found else None, CONSOLE, name, CONSOLE)


def _actor(person: Person | None, platform: str, account: str, via: str) -> Actor:
    held = records.memberships(person) if person else []
    if person is None or not held:
        raise NotLinked(platform, account)
    spoken = records.speaking(person)
    agency = spoken or held[0].authority
    roles = frozenset(Role(row.role) for row in held if row.authority_id == agency.id)
    return Actor(person, agency, roles, undecided=spoken is None, via=via)


def may_use(turn: Turn, spec: Spec) -> None:
    """The coarse check before a handler runs. Errors: ChooseAgency; NotAllowed, naming colleagues who may."""
    if turn.actor.undecided and spec.words not in UNDECIDED_MAY:
        held = {row.authority.code: row.authority.name for row in records.memberships(turn.actor.person)}
        raise ChooseAgency(tuple(held.items()))
    if spec.needs and not spec.needs & turn.actor.roles:
        needs = sorted(role.value for role in spec.needs)
        people = [
            row.name for role in needs for row in records.people(turn.work, agency_id=turn.actor.agency.id, role=role)
        ]
        act, may = clause("use", command=spec.words), clause("one_of_roles", roles=needs)
        raise NotAllowed(act, may, roles(turn.actor), tuple(dict.fromkeys(people))[:5])


def roles(actor: Actor) -> tuple[str, ...]:
    """Their roles, in order."""
    return tuple(sorted(actor.roles))


def case(turn: Turn, typed: TypedRef, act: Act = Act.SEE) -> Case:
    """The case meant. Errors: NotFound (missing or not yours), Ambiguous, NotAllowed."""
    rows = records.cases(turn.work, _viewer(turn, act), _key(typed, part=False), change=ACTS[act].changes)
    row = _one(turn, "case", typed, rows, [(found.ref, title(turn, found)) for found in rows])
    _check(turn, act, row, None)
    return row


def request(turn: Turn, typed: TypedRef, act: Act = Act.SEE) -> Request:
    """The request meant; a case's only request may be named by the case. Errors: NotFound, Ambiguous, NotAllowed."""
    rows = records.requests(turn.work, _viewer(turn, act), _key(typed), change=ACTS[act].changes)
    labels = [(found.ref, f"{found.recipient.code}, {found.status}") for found in rows]
    row = _one(turn, "request", typed, rows, labels)
    _check(turn, act, row.case, row)
    return row


def to_move(turn: Turn, typed: TypedRef, word: str) -> Request:
    """The request that a move is for. Errors: those of `request`."""
    return request(turn, typed, MOVES_OF_A_PARTY.get(word, Act.WORK))


def preservation(turn: Turn, typed: TypedRef, act: Act = Act.SEE) -> Preservation:
    """The preservation meant. Errors: NotFound, Ambiguous, NotAllowed."""
    rows = records.preservations(turn.work, _viewer(turn, act), _key(typed), change=ACTS[act].changes)
    row = _one(turn, "preservation", typed, rows, [(found.ref, found.recipient.code) for found in rows])
    _check(turn, act, row.case, None)
    return row


def attachment(turn: Turn, typed: TypedRef) -> Attachment:
    """The attachment meant, to be seen. Errors: NotFound, Ambiguous."""
    rows = attachments.fitting(turn.work, _viewer(turn, Act.SEE), _key(typed))
    return _one(turn, "attachment", typed, rows, [(found.ref or "", found.name) for found in rows])


def cases_under_number(turn: Turn, own: str, *, change: bool = False) -> tuple[list[Case], list[Case]]:
    """The cases of the actor's agency under its own file number: those the actor sees, and those they do not.

    change: the number is about to be given to one more.
    """
    return cases_under_numbers(turn, (own,), change=change)


def cases_under_numbers(turn: Turn, owns: Collection[str], *, change: bool) -> tuple[list[Case], list[Case]]:
    """The same of several numbers, asked at once; the oldest first."""
    found = records.cases_by_own_references(turn.work, turn.actor.agency, owns, change=change)
    viewer = replace(turn.viewer, ceiling=Label.RED)  # what is seen elsewhere is no secret here: it is taken
    seen = records.seen(turn.work, viewer, [case.ref for case in found]) if found else {}
    turn.reached += (visible := [case for case in found if case.ref in seen])
    return visible, [case for case in found if case.ref not in seen]


def whole(turn: Turn, case: Case) -> Case:
    """The case that a merged one is part of, where the actor sees it; else itself."""
    return case.whole if case.merged_into and works_on(turn, case.whole.ref) else case


def together(turn: Turn, case: Case) -> list[Case]:
    """A case, and those the actor sees of what became part of it."""
    return [one for one in case.together if one is case or works_on(turn, one.ref)]


def case_of(row: Case | Request | Preservation | Attachment) -> Case:
    """The case a record belongs to. An attachment that was fetched with permission has one."""
    case = row if isinstance(row, Case) else row.case
    if case is None:
        raise ValueError(f"{row} belongs to no case")
    return case


def authority(turn: Turn, code: str) -> Authority:
    """An authority by its code; everybody may know that it exists. Errors: NotFound."""
    if row := turn.authority(code):
        return row
    raise NotFound("authority", code, "desk authority")


def colleague(turn: Turn, name: str) -> Person:
    """An active person of the actor's own agency. Errors: NotFound, and those of `to_the_letter`."""
    return _the_one(records.people(turn.work, agency_id=turn.actor.agency.id, name=name), name)


def colleague_of_old(turn: Turn, name: str) -> Person:
    """Somebody of the actor's own agency, or who was; who is there first. Errors: as for a colleague."""
    found = entrustments.people_of(turn.work, turn.actor.agency.id, name)
    here = [row for row in found if any(one.authority_id == turn.actor.agency.id for one in records.memberships(row))]
    return _the_one(records.to_the_letter(here, name) or found, name)


def _the_one(found: Sequence[Person], name: str) -> Person:
    """The one whose name this is: to the letter, else in any spelling; several are never chosen from.

    Errors: NotFound; BadValue, with the names on record, where several have it.
    """
    one = records.to_the_letter(found, name) or records.to_the_letter(found, name, capitals=False) or list(found)
    if len(one) == 1:
        return one[0]
    if not found:
        raise NotFound("person", name, "desk person")
    near = tuple((row.name, row.name) for row in one)
    raise BadValue("person", name, clause("several_have_it"), clause("name_on_record"), near[0][0], near)


def leader(turn: Turn, name: str, *, besides: Person | None = None) -> Person:
    """A colleague who can act on cases. besides: one who cannot for another reason. Errors: NotFound, CannotLead."""
    person, agency = colleague(turn, name), turn.actor.agency
    if person is not besides and turn.can_lead(person):
        return person
    workers = succession.with_role(turn.work, agency.id, WORKERS)
    others = [turn.work.session.get_one(Person, one.id) for one in workers]
    names = [one.name for one in others if one not in (person, besides)]
    raise CannotLead(person.name, agency.code, tuple(names[:5]))


def scope(turn: Turn, code: str | None, readers: Collection[Role]) -> Scope:
    """Whose work is summed up: the actor's agency, or another of theirs by its code, with their roles there.

    Errors: NotFound for an agency that is not theirs to read.
    """
    if code is None:
        return Scope(turn.viewer, turn.actor.agency)
    if turn.place.read_by_room and code != turn.actor.agency.code:
        raise NotFound("agency", code, "desk me")  # a room reads of its own agency alone
    held = [row for row in records.memberships(turn.actor.person) if row.authority.code == code]
    roles = frozenset(Role(row.role) for row in held)
    if not roles & set(readers):
        raise NotFound("agency", code, "desk me")
    agency = held[0].authority
    seen = replace(turn.viewer, authority_id=agency.id, roles=roles, host_id=agency.host_id)
    return Scope(seen, agency)


def is_elsewhere(turn: Turn, scope: Scope) -> bool:
    """Whether it is another agency of the actor's than they speak for: the lists they can ask for are not of it."""
    return scope.agency.id != turn.actor.agency.id


def label_of_figures(turn: Turn, scope: Scope) -> Label:
    """Of counts, without what they count: AMBER, or the ceiling below it; RED where they may count what is RED."""
    if scope.ceiling is Label.RED and queries.sees_red(turn.work, scope.viewer):
        return Label.RED
    return Label.AMBER if Label.AMBER.within(scope.ceiling) else scope.ceiling


def watchers(turn: Turn, subject: Case | Request | Preservation) -> list[Person]:
    """Who is told of what happens to a record.

    Whoever leads its case, or opened it; whoever filed it, if it is a request; the people the case is shared with; and
    whoever wants to hear of it (`case watch`). What each may still see is asked when it is said.
    """
    case = case_of(subject)
    first = [case.lead or case.opener, *([subject.filer] if isinstance(subject, Request) else [])]
    people = watches.around(turn.work, case, [person.id for person in first])
    return [person for person in people if person.active and records.memberships(person)]


def managers(turn: Turn) -> list[Person]:
    """The managers of the actor's agency."""
    return records.people(turn.work, agency_id=turn.actor.agency.id, role=Role.MANAGER)


def words_for(turn: Turn, request: Request) -> tuple[str, ...]:
    """The words that may follow on a request, for this actor; empty for somebody who may only look."""
    may = {act for act, rule in ACTS.items() if rule.may(turn, request.case, request)}
    return tuple(word for word in lifecycle.allowed(request.status) if MOVES_OF_A_PARTY.get(word, Act.WORK) in may)


def audits_only(turn: Turn) -> bool:
    """Whether the actor reads cases as their auditor and in no other way: what was done, not what was written."""
    return Role.AUDITOR in turn.actor.roles and not turn.actor.roles & WORKERS


def title(turn: Turn, case: Case) -> str:
    """The title of a case that the actor sees; nothing for an auditor, who reads none."""
    return "" if audits_only(turn) else case.title


def works_on(turn: Turn, ref: str) -> bool:
    """Whether the actor sees a record as one of those who work on it or audit it, not as a party to a request."""
    seen = records.seen(turn.work, _viewer(turn, Act.HISTORY), [ref]).get(ref)
    return seen is not None and seen.own


def named_people(participants: Sequence[Participant]) -> list[str]:
    """The people and authorities a case is shared with, for a view."""
    people = [row.person.name for row in participants if row.person]
    return people + [row.authority.code for row in participants if row.authority]


def _viewer(turn: Turn, act: Act) -> Viewer:
    """One record that is named is found whatever its label: what may not be shown here is then said to be elsewhere."""
    return replace(turn.viewer, history=act is Act.HISTORY, ceiling=Label.RED)


def _key(typed: TypedRef, *, part: bool = True) -> Key:
    return Key(typed.typed.strip(), typed.prefix, typed.year, typed.number, typed.part if part else None)


def _one(turn: Turn, kind: str, typed: TypedRef, rows: Sequence[Row], labels: list[tuple[str, str]]) -> Row:
    own = [row for row in rows if case_of(row).agency_id == turn.actor.agency.id]
    whole = [row for row in rows if fold(row.ref or "") == fold(typed.typed.strip())]
    fitting = whole or own or rows
    if not fitting:
        raise NotFound(kind, typed.typed, LISTED.get(kind, f"{kind} list"), _audited(turn, typed))
    turn.reached += [case_of(row) for row in fitting]
    if len(fitting) > 1:
        refs = {row.ref for row in fitting}
        raise Ambiguous(kind, typed.typed, tuple(pair for pair in labels if pair[0] in refs))
    return fitting[0]


def _audited(turn: Turn, typed: TypedRef) -> str:
    """The one case that an auditor means, who reads what was done on it and not what was written; else empty."""
    rows = records.cases(turn.work, _viewer(turn, Act.HISTORY), _key(typed, part=False)) if audits_only(turn) else []
    own = [row for row in rows if row.agency_id == turn.actor.agency.id]
    if len(own) != 1:
        return ""
    turn.reached += own
    return own[0].ref


def _check(turn: Turn, act: Act, case: Case, request: Request | None) -> None:
    rule = ACTS[act]
    if not rule.may(turn, case, request):
        raise NotAllowed(*REFUSED[act](request.ref if request else case.ref), roles(turn.actor), ())
