"""Merging: two cases turn out to be one matter.

In: a turn, the case that becomes part, the case that goes on. Out: the first is closed and points to the second; its
requests, holds, notes and files stay under it with their references, are found by them, and stand on the card of both.
Its open requests wait as before, and its lead is that of the whole. `case reopen` takes it out again.
Why references stay: they are on paper, with those we wrote to.
Why both must be seen by the same people: each names the other from then on, on its card and in its history, and nobody
is to learn of a case that way. Whoever merges shares or labels first what is missing, and that is told as always.
"""

from dataclasses import dataclass
from typing import Annotated

from handlers.exposure import Indoors, Ours
from handlers.filing import filing
from handlers.kit import access, case_views, leading
from handlers.kit.case_views import CaseLink
from handlers.kit.errors import Conflict
from handlers.kit.notices import RecordNotice
from handlers.kit.permissions import Act
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands
from handlers.language.values import CaseRef, Text
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.models import Case, Participant, Person, Watch
from storage.record import records

commands = Commands()


@dataclass(frozen=True)
class CaseMerged(RecordNotice):
    """To the watchers of both, and to whoever merged them. `into`: the case that goes on, for whoever sees it."""

    ref: str
    title: str
    label: str
    into: tuple[CaseLink, ...]
    because: Ours[str]
    by: Indoors[str]


@commands.add(
    "case merge",
    needs=(Role.OFFICER, Role.MANAGER),
    example='case merge 41 into:42 because:"the same pages, reported twice"',
)
def merge(turn: Turn, ref: CaseRef, *, into: CaseRef, because: Annotated[str, Text(max=1000)]) -> Reply:
    """Make a case part of another: what comes is filed there. Its requests keep their references and their deadlines.

    ref: the case that becomes part of the other.
    into: the case that goes on.
    because: the reason.
    """
    part, whole = access.case(turn, ref, Act.WORK), access.case(turn, into, Act.WORK)
    if part is whole:
        raise Conflict("merged_with_itself", ref=part.ref)
    for case in (part, whole):
        filing.must_be_open(turn, case)
    _must_be_seen_alike(turn, part, whole)
    heard = _hear_of_both(turn, part, whole)
    leading.give(turn, part, whole.lead)
    part.merged_into, part.closed_at = whole, turn.now
    turn.work.audit("case merge", part.ref, after={"into": whole.ref}, personal=because)
    turn.work.audit("case merge", whole.ref, after={"part": part.ref}, personal=because)
    link = case_views.case_link(whole)
    notice = CaseMerged(part.ref, part.title, part.label, (link,), because, turn.actor.person.name)
    turn.tell(heard, notice)
    return Reply(notice)


def _must_be_seen_alike(turn: Turn, part: Case, whole: Case) -> None:
    """Errors: Conflict where somebody would learn of a case that they may not see."""
    if part.label != whole.label:
        raise Conflict("merged_labels", ref=part.ref, label=part.label, into=whole.ref, other=whole.label)
    for one, other in ((part, whole), (whole, part)):
        seen = _named_readers(turn, other)
        if names := sorted(name for key, name in _named_readers(turn, one).items() if key not in seen):
            raise Conflict("merged_unseen", ref=one.ref, other=other.ref, names=names)


def _named_readers(turn: Turn, case: Case) -> dict[object, str]:
    """Who sees a case only because it says so by name: {whoever it is: their name}."""
    if case.label == Label.AMBER_STRICT:
        return {}
    people = [row.person for row in case.participants if row.person]
    if case.label == Label.RED:
        people += [one for one in (case.lead, case.opener) if one]
    else:
        own = records.people(turn.work, agency_id=case.agency_id)
        people = [one for one in people if one not in own]
    codes = [row.authority.code for row in case.participants if row.authority]
    return {one.id: one.name for one in people if one.active and records.memberships(one)} | {one: one for one in codes}


def _hear_of_both(turn: Turn, part: Case, whole: Case) -> list[Person]:
    """Whoever hears of one case watches both; whoever led what only named people see stays named on it."""
    watch = [row.person for row in (*part.watches, *whole.watches)]
    heard = [*access.watchers(turn, part), *access.watchers(turn, whole), *watch]
    people = list(dict.fromkeys(heard))
    for case in (part, whole):
        there = {row.person_id for row in case.watches}
        case.watches += [Watch(person=one, at=turn.now) for one in people if one.id not in there]
    if part.label == Label.RED and part.lead and part.lead_id not in {row.person_id for row in part.participants}:
        part.participants.append(Participant(person=part.lead, added_by=turn.actor.person.id, added_at=turn.now))
    return people
