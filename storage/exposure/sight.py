"""Who sees which record: one SQL condition for a single record and for every list, search, export and count.

In: a viewer. Out: SQL conditions over case and request, and by which indexes lists come to what these allow.
The rules (TLP 2.0, FIRST; design section 10):
- RED: people named on the case (lead, opener, participants), nobody else, whatever their role.
- AMBER+STRICT: the owning agency's officers and managers, and its liaisons the requests it is party to; nobody outside.
- AMBER, GREEN, CLEAR: these, and the people and authorities the case is shared with.
- A request is also seen by the authorities party to it, AMBER at most, from the day it is sent: a draft is ours; a
  liaison sees these and nothing else. Whom an agency let in for an authority it hosts sees that agency's cases alone:
  no other has looked at who they are, and an administrator could read as an invented liaison. (A room has its own host,
  `storage/messages/recipients.py`.)
- An auditor sees the history of their agency's cases, RED excepted.
Why here and not in handlers: "may see" must be the same sentence in a fetch and in a list, and lists are SQL.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, exists, false, not_, or_, select

from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.exposure.ways import among
from storage.models import Case, Clock, Participant, Preservation, Request

SHARED = (Label.CLEAR, Label.GREEN, Label.AMBER)  # what may leave the owning agency at all

WORKERS = frozenset({Role.OFFICER, Role.MANAGER})


@dataclass(frozen=True)
class Viewer:
    """Who looks.

    A person speaking for one authority, in all their roles there. `history` adds what an auditor audits. `ceiling`:
    what is more restrictive is left out: it may not be shown where they look. `host_id`: the agency that hosts theirs.
    """

    person_id: int
    authority_id: int
    roles: frozenset[Role]
    history: bool = False
    ceiling: Label = Label.RED
    host_id: int | None = None


@dataclass(frozen=True)
class Seen:
    """How a viewer sees a record. `own`: as one of those who work on its case.

    `across`: the agency that owns it, for a viewer on the other side of a request; empty for everybody else.
    """

    label: Label
    own: bool
    across: str = ""


def cases(viewer: Viewer) -> ColumnElement[bool]:
    """The cases a viewer may see, where they look."""
    return _shown(viewer, _cases(viewer))


def requests(viewer: Viewer) -> ColumnElement[bool]:
    """The requests a viewer may see: those of cases they see, and those their authority is party to. Join with case."""
    return _shown(viewer, _requests(viewer))


def across(viewer: Viewer) -> ColumnElement[bool]:
    """The requests that a viewer sees from the other side, of those they see."""
    return and_(Case.agency_id != viewer.authority_id, not_(_cases(viewer)))


def seen_whole(viewer: Viewer) -> tuple[Label, ...]:
    """The labels of which a viewer sees every case of their agency, where they look: a figure of it needs no case."""
    shown = tuple(label for label in Label if label is not Label.RED and label.within(viewer.ceiling))
    return shown if viewer.roles & WORKERS or _audits(viewer) else ()


def case_ways(viewer: Viewer) -> tuple[ColumnElement[bool], ...]:
    """By which indexes a viewer comes to the cases they see: together these lead to all of them, and to some more.

    A list goes each way by itself and asks `cases` of what it finds there; a test compares the two.
    """
    own = Case.agency_id == viewer.authority_id
    found = [own] if viewer.roles & WORKERS or _audits(viewer) else []
    if viewer.ceiling is not Label.RED:  # there may be few under it, or none
        found = [and_(one, Case.label == label) for one in found for label in Label if label.within(viewer.ceiling)]
    return (*found, *(Case.id.in_(one) for one in _named_on(viewer)))


def preservation_ways(viewer: Viewer, of: type[Preservation | Clock] = Preservation) -> tuple[ColumnElement[bool], ...]:
    """The same of holds, or of their clocks, for which `cases` is the condition."""
    found = [of.agency_id == viewer.authority_id] if viewer.roles & WORKERS or _audits(viewer) else []
    named: list[ColumnElement[bool]] = [Preservation.case_id.in_(one) for one in _named_on(viewer)]
    if of is Clock:  # by their holds: else PostgreSQL may read the clocks of all there are
        holds = [select(Preservation.id).where(one).correlate(None) for one in named]
        named = [among(Clock.preservation_id, one.scalar_subquery()) for one in holds]
    return (*found, *named)


def request_ways(viewer: Viewer) -> "RequestWays":
    """The same of requests."""
    worker = bool(viewer.roles & WORKERS)
    return RequestWays(
        own=worker or _audits(viewer) or Role.LIAISON in viewer.roles,
        party=worker or Role.LIAISON in viewer.roles,
        named=_named_on(viewer),
    )


@dataclass(frozen=True)
class RequestWays:
    """By which indexes a viewer comes to the requests they see.

    own: those of their agency's cases. party: those in which it is the other side (`party_id`), or for which it stands
    in another agency's case on neither side. named: those of the cases that these selects name.
    """

    own: bool
    party: bool
    named: tuple[Select[int], ...]


def _named_on(viewer: Viewer) -> tuple[Select[int], ...]:
    if not viewer.roles & WORKERS:
        return ()
    named, invited = (select(Participant.case_id).where(one) for one in _by_name(viewer))
    return named, invited


def _by_name(viewer: Viewer) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Who a case is shared with: the person, or their authority."""
    return Participant.person_id == viewer.person_id, Participant.authority_id == viewer.authority_id


def _audits(viewer: Viewer) -> bool:
    return viewer.history and Role.AUDITOR in viewer.roles


def _shown(viewer: Viewer, seen: ColumnElement[bool]) -> ColumnElement[bool]:
    if viewer.ceiling is Label.RED:
        return seen
    return and_(seen, Case.label.in_([label for label in Label if label.within(viewer.ceiling)]))


def _cases(viewer: Viewer) -> ColumnElement[bool]:
    own = Case.agency_id == viewer.authority_id
    not_red = Case.label != Label.RED
    audited = and_(own, not_red) if _audits(viewer) else false()
    if not viewer.roles & WORKERS:
        return audited
    leads = and_(own, or_(Case.lead_id == viewer.person_id, Case.opened_by == viewer.person_id))
    named, invited = (_is_shared(one) for one in _by_name(viewer))
    return or_(
        audited,
        leads,
        and_(own, not_red),
        and_(named, Case.label != Label.AMBER_STRICT),
        and_(named, own),
        and_(invited, Case.label.in_(SHARED)),
    )


def _is_shared(who: ColumnElement[bool]) -> ColumnElement[bool]:
    """Asked of the one case: what somebody is named on may be a tenth of all there is."""
    return exists(select(Participant.id).where(Participant.case_id == Case.id, who).correlate_except(Participant))


def _requests(viewer: Viewer) -> ColumnElement[bool]:
    if not viewer.roles & {*WORKERS, Role.LIAISON}:
        return _cases(viewer)
    party = or_(Request.sender_id == viewer.authority_id, Request.recipient_id == viewer.authority_id)
    own = Case.agency_id == viewer.authority_id
    exchanged = and_(Case.label.in_(SHARED), Request.sent_on.is_not(None))
    as_party = and_(party, or_(exchanged, and_(own, Case.label != Label.RED)))
    if viewer.host_id is not None:
        as_party = and_(as_party, or_(own, Case.agency_id == viewer.host_id))
    return or_(_cases(viewer), as_party)
