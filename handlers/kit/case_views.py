"""Views of a case: a line of a list, a few words, its card.

In: rows the turn was allowed to fetch. Out: frozen views, as in `views.py`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from handlers.exposure import Indoors, Ours, RecordFacts
from handlers.kit.access import named_people
from handlers.kit.file_views import AttachmentLine, attachment_line
from handlers.kit.turn import Turn
from handlers.kit.views import (
    NoteLine,
    PreservationLine,
    RequestLine,
    note_lines,
    preservation_line,
    request_line,
)
from storage.models import Attachment, Case, Clock, Note, Preservation, Request
from storage.record.case_lists import CaseCount


@dataclass(frozen=True)
class CaseLine(RecordFacts):
    """One line of a list of cases."""

    ref: str
    title: str
    label: str
    category: Indoors[str]
    closed: bool
    merged: bool
    opened_at: datetime
    lead: Indoors[str]
    waiting: int
    overdue: int


@dataclass(frozen=True)
class CaseLink(RecordFacts):
    """Another case that one is part of, or that became part of it. Whoever does not see it does not read of it."""

    ref: str
    title: str
    label: str


@dataclass(frozen=True)
class CaseCard(RecordFacts):
    """A case as its card shows it: only the requests this reader sees.

    `watched_by`: how many people asked to hear what happens to it; `watching`: whether the reader did.
    """

    ref: str
    title: str
    label: str
    category: Indoors[str]
    agency: str
    own_reference: Indoors[str]
    lead: Indoors[str]
    opened_by: Indoors[str]
    opened_at: datetime
    closed_at: datetime | None
    shared_with: Indoors[tuple[str, ...]]
    part_of: tuple[CaseLink, ...]
    parts: tuple[CaseLink, ...]
    requests: tuple[RequestLine, ...]
    preservations: Indoors[tuple[PreservationLine, ...]]
    notes: Ours[tuple[NoteLine, ...]]
    files: Ours[tuple[AttachmentLine, ...]]
    watched_by: Indoors[int] = 0
    watching: Indoors[bool] = False


def case_line(found: CaseCount) -> CaseLine:
    """One line of a list of cases."""
    case = found.case
    lead = case.lead.name if case.lead else ""
    return CaseLine(
        case.ref,
        case.title,
        case.label,
        case.category,
        case.closed_at is not None,
        case.merged_into_id is not None,
        case.opened_at,
        lead,
        found.waiting,
        found.overdue,
    )


def case_link(case: Case) -> CaseLink:
    """A case in a few words."""
    return CaseLink(case.ref, case.title, case.label)


def case_card(
    turn: Turn,
    together: Sequence[Case],
    *,
    requests: Iterable[tuple[Request, Clock | None]],
    preservations: Iterable[Preservation],
    notes: Iterable[Note],
    files: Iterable[Attachment],
) -> CaseCard:
    """The card of the first of some cases the turn was allowed to fetch; the others became part of it."""
    case, *parts = together
    return CaseCard(
        ref=case.ref,
        title=case.title,
        label=case.label,
        category=turn.reference.complaint_categories[case.category].label,
        agency=case.agency.code,
        own_reference=case.own_reference or "",
        lead=case.lead.name if case.lead else "",
        opened_by=case.opener.name,
        opened_at=case.opened_at,
        closed_at=case.closed_at,
        shared_with=tuple(named_people(case.participants)),
        part_of=tuple(case_link(one) for one in [case.whole] if one is not case),
        parts=tuple(map(case_link, parts)),
        watched_by=len(case.watches),
        watching=any(row.person_id == turn.actor.person.id for row in case.watches),
        requests=tuple(request_line(turn, request, clock) for request, clock in requests),
        preservations=tuple(preservation_line(turn, row) for row in preservations),
        notes=note_lines(notes),
        files=tuple(map(attachment_line, files)),
    )
