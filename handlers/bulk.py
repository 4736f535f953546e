"""Acts on many records: old requests of a register are taken up or closed, all cases of a colleague pass to another.

In: a turn and a few words that say which. Out: first the numbers and the first lines, and nothing is changed. The
button below them carries the number that was shown: where it has changed since, the new one is shown instead.
To close old requests takes two people: what the second agrees to is the set that was shown, and nothing else; what
somebody took up meanwhile is left out. Why one notice and none for each: a thousand would be read by nobody.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated

from handlers.exposure import RecordFacts
from handlers.kit import access, case_views, leading, second_person, views
from handlers.kit.case_views import CaseLine
from handlers.kit.errors import Conflict, NotAllowed
from handlers.kit.leading import CasesPassed
from handlers.kit.notices import PersonalNotice, RecordNotice
from handlers.kit.turn import Reply, Turn
from handlers.kit.views import RequestLine
from handlers.language.command import Commands
from handlers.language.errors import clause
from handlers.language.values import AuthorityCode, LeadName, RecordDay, Text, Whole
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.models import Person, Proposal, Request
from storage.record import case_lists, imported, proposals
from storage.rules import clocks
from storage.rules.lifecycle import OPEN

commands = Commands()

WORKERS = (Role.OFFICER, Role.MANAGER)
CLOSE = "request close-old"
FIRST = 5  # lines in a preview
Because = Annotated[str, Text(max=1000)]
Count = Annotated[int | None, Whole(min=1)]


@dataclass(frozen=True)
class OldOnes(RecordFacts):
    """Old requests in numbers: how many with whom, most first, sent from when to when, and the first of them."""

    count: int
    with_whom: tuple[tuple[str, int], ...]
    others: int
    first_day: date
    last_day: date
    requests: tuple[RequestLine, ...]


@dataclass(frozen=True)
class OldShown(RecordNotice):
    """What an act on old requests would come to; nothing is done yet.

    `because`: why they would be closed; empty where they would be taken up. `more`: how many are left for another time.
    `changed`: another number was shown before. `asked_by`, `until`: who asked to close some, and until when that waits.
    """

    old: OldOnes
    before: date
    counterpart: str
    because: str
    more: int
    changed: bool
    asked_by: str
    until: datetime | None


@dataclass(frozen=True)
class OldTakenUp(PersonalNotice):
    """To whoever took old requests up."""

    count: int


@dataclass(frozen=True)
class OldCloseAsked(RecordNotice):
    """To whoever asked to close old requests, and to those who may agree. `asked`: their names."""

    old: OldOnes
    number: int
    because: str
    by: str
    asked: tuple[str, ...]
    until: datetime


@dataclass(frozen=True)
class OldClosed(PersonalNotice):
    """To the managers: old requests were closed by two people.

    `left_out`: how many were taken up, or answered, since it was asked. `empty`: in how many open cases nothing waits.
    """

    count: int
    left_out: int
    empty: int
    because: str
    asked_by: str
    by: str


@dataclass(frozen=True)
class CasesShown(RecordNotice):
    """Which cases would pass from one colleague to another; nothing is done yet. `changed`: as of OldShown."""

    of: str
    to: str
    count: int
    cases: tuple[CaseLine, ...]
    more: int
    changed: bool


@dataclass(frozen=True)
class CasesGiven(PersonalNotice):
    """To whoever gave all cases of somebody to another, and to whom they were of."""

    of: str
    to: str
    count: int
    by: str


@commands.add("request take-up", needs=WORKERS, example="request take-up before:2020-01-01 counterpart:PROV-META")
def take_up(turn: Turn, *, before: RecordDay, counterpart: AuthorityCode | None = None, count: Count = None) -> Reply:
    """Take up old requests of an imported register: from now on you are reminded of each, as of any other.

    First you see how many they are. One alone is taken up by whatever you do with it.

    before: those sent before this day.
    counterpart: only those with this authority.
    count: the number you were shown.
    """
    found, total = _old(turn, before, counterpart)
    if count != len(found):
        return Reply(_shown(turn, found, total, before, counterpart, count=count))
    for request in found:
        clocks.taken_up(turn.work, request)
        turn.work.audit("request take-up", request.ref)
    return Reply(OldTakenUp(len(found)))


@commands.add(
    "request close-old",
    needs=Role.MANAGER,
    example='request close-old before:2020-01-01 because:"nobody waits for these any more"',
)
def close_old(
    turn: Turn,
    *,
    before: RecordDay,
    because: Because,
    counterpart: AuthorityCode | None = None,
    count: Count = None,
) -> Reply:
    """Close overdue requests of an imported register that nobody took up. A second person must agree.

    First you see how many they are. What only named people may see is never among them.

    before: those sent before this day.
    because: the reason, for the record of each.
    counterpart: only those with this authority.
    count: the number you were shown.
    """
    found, total = _old(turn, before, counterpart, late=True)
    if count != len(found):
        return Reply(_shown(turn, found, total, before, counterpart, because=because, count=count))
    facts = {"before": before.isoformat(), "because": because, "ids": [request.id for request in found]}
    asked = proposals.ask(turn.work, turn.actor.agency.id, CLOSE, turn.actor.person, facts)
    after = {"number": asked.id, "before": before, "counterpart": counterpart, "requests": len(found)}
    turn.work.audit(f"{CLOSE} asked", turn.actor.agency.code, after=after, personal=because)
    seconds = second_person.who_count(turn, turn.actor.person)
    notice = OldCloseAsked(
        old=_numbers(turn, found),
        number=asked.id,
        because=because,
        by=turn.actor.person.name,
        asked=tuple(person.name for person in seconds),
        until=asked.asked_at + proposals.OPEN_FOR,
    )
    turn.tell(seconds, notice)
    return Reply(notice)


@commands.add("request close-old agree", needs=WORKERS, example="request close-old agree 3")
def agree(turn: Turn, number: Annotated[int, Whole(min=1)]) -> Reply:
    """Agree, as the second person, to close the old requests that a manager asked to close. They are closed at once.

    number: of the question you were asked.
    """
    asked = proposals.waiting(turn.work, turn.actor.agency.id, CLOSE)
    if asked is None or asked.id != number:
        raise Conflict("nothing_to_agree", number=number)
    second_person.must_be_another(
        turn,
        asked.asker,
        act=CLOSE,
        line=f"{CLOSE} agree {number}",
        others=second_person.who_count(turn, asked.asker),
    )
    asked.agreed_by, asked.agreed_at = turn.actor.person.id, turn.now
    return Reply(_close(turn, asked))


def _close(turn: Turn, asked: Proposal) -> OldClosed:
    """Each as if it were withdrawn alone; of one that was answered long ago, nothing is waited for any more."""
    ids, because = asked.facts["ids"], asked.facts["because"]
    found = imported.still(turn.work, replace(turn.viewer, ceiling=Label.RED), ids)
    with turn.work.session.no_autoflush:  # written in one stroke, not row by row: half the time
        for request in found:
            if request.status in OPEN:
                turn.move(request, "withdraw")
            else:
                clocks.end_all(turn.work, request, turn.today, None)
            turn.work.audit(CLOSE, request.ref, after={"asked_by": asked.asker.actor}, personal=because)
    turn.work.session.flush()
    notice = OldClosed(
        count=len(found),
        left_out=len(ids) - len(found),
        empty=imported.nothing_open(turn.work, {request.case_id for request in found}),
        because=because,
        asked_by=asked.asker.name,
        by=turn.actor.person.name,
    )
    after = {"number": asked.id, "requests": notice.count, "left_out": notice.left_out, "asked_by": asked.asker.actor}
    turn.work.audit(f"{CLOSE} agreed", turn.actor.agency.code, after=after)
    turn.tell([*access.managers(turn), asked.asker], notice)
    return notice


@commands.add("case assign all", needs=WORKERS, example='case assign all from:"Night Officer" to:"Second Officer"')
def assign_all(turn: Turn, *, from_: Annotated[str, Text(max=100)], to: LeadName, count: Count = None) -> Reply:
    """Give all open cases of one colleague to another: your own, or as a manager those of anybody of your agency.

    First you see how many they are, of those that you may see.

    from: who leads them; they may have left already.
    to: an officer or manager of your agency.
    count: the number you were shown.
    """
    person = access.colleague_of_old(turn, from_)
    _may_give(turn, person)
    leader = access.leader(turn, to, besides=person)
    found = case_lists.cases(turn.work, turn.viewer, led_by=person.id, limit=imported.MOST).rows
    if not found:
        raise Conflict("no_cases_to_give", name=person.name)
    if count != len(found):
        lines = tuple(case_views.case_line(one) for one in found[:FIRST])
        more = case_lists.count_led_by(turn.work, turn.viewer, person.id) - len(found)
        return Reply(CasesShown(person.name, leader.name, len(found), lines, more, changed=count is not None))
    for one in found:
        leading.give(turn, one.case, leader)
    by = turn.actor.person.name
    turn.tell([leader], CasesPassed(person.name, len(found), by))
    notice = CasesGiven(person.name, leader.name, len(found), by)
    turn.tell([person], notice)
    return Reply(notice)


def _may_give(turn: Turn, person: Person) -> None:
    """Errors: NotAllowed for an officer who gives away what a colleague leads."""
    if person.id != turn.actor.person.id and Role.MANAGER not in turn.actor.roles:
        people = tuple(one.name for one in access.managers(turn))
        may = clause("one_of_roles", roles=[Role.MANAGER.value])
        raise NotAllowed(clause("give_cases_of", name=person.name), may, access.roles(turn.actor), people[:FIRST])


def _old(turn: Turn, before: date, counterpart: str | None, *, late: bool = False) -> tuple[list[Request], int]:
    found, total = imported.sent_before(turn.work, turn.viewer, before, counterpart, late=late)
    if not found:
        raise Conflict("nothing_old", day=before)
    return found, total


def _shown(
    turn: Turn,
    found: list[Request],
    total: int,
    before: date,
    counterpart: str | None,
    *,
    because: str = "",
    count: int | None,
) -> OldShown:
    asked = proposals.waiting(turn.work, turn.actor.agency.id, CLOSE) if because else None
    return OldShown(
        old=_numbers(turn, found),
        before=before,
        counterpart=counterpart or "",
        because=because,
        more=total - len(found),
        changed=count is not None,
        asked_by=asked.asker.name if asked else "",
        until=asked.asked_at + proposals.OPEN_FOR if asked else None,
    )


def _numbers(turn: Turn, found: Sequence[Request]) -> OldOnes:
    """The rows come in the order of the days they were sent on."""
    whom = Counter(views.counterpart(request).code for request in found).most_common()
    days = [request.sent_on for request in found if request.sent_on]
    lines = tuple(views.request_line(turn, request, None) for request in found[:FIRST])
    return OldOnes(len(found), tuple(whom[:FIRST]), max(0, len(whom) - FIRST), days[0], days[-1], lines)
