"""Cases: open, status, list, search, assign, share, note, close, reopen.

In: a turn and typed values. Out: a reply; whoever leads a case or is named on it is told what others did.
Must change together: the notices at the top and `templates/messages/`.
"""

from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Annotated

from handlers.exposure import Indoors, Ours
from handlers.filing import filing
from handlers.kit import access, attaching, case_views, leading, own_number, paging, second_person
from handlers.kit.case_views import CaseCard, CaseLine, CaseLink
from handlers.kit.errors import Conflict
from handlers.kit.notices import RecordNotice
from handlers.kit.permissions import Act
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands
from handlers.language.errors import BadValue, Clause, clause
from handlers.language.grammar import quoted
from handlers.language.values import (
    AuthorityCode,
    CasePlace,
    CaseRef,
    CategoryCode,
    Flag,
    FreeWords,
    LabelValue,
    LeadName,
    OwnLead,
    PersonName,
    Text,
    TypedRef,
    Words,
)
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.messages import cards
from storage.models import Case, Note, Participant, Person
from storage.record import attachments, case_lists, hold_lists, numbers, request_lists
from storage.record.paged import Page, PageStart
from storage.rules import closing
from storage.rules.lifecycle import OPEN, Status
from storage.search import finding

commands = Commands()

WORKERS = (Role.OFFICER, Role.MANAGER)


@dataclass(frozen=True)
class CaseOpened(RecordNotice):
    """To whoever opened it."""

    ref: str
    title: str
    label: str
    category: Indoors[str]
    by: Indoors[str]
    lead: Indoors[str]


@dataclass(frozen=True)
class CaseStatus(RecordNotice):
    """The card of a case. `details`: all of it."""

    case: CaseCard
    details: bool = False


@dataclass(frozen=True)
class CaseList(RecordNotice):
    """A page of cases.

    `asked` says what was looked for; `next_line` is the command for the next page, empty on the last; `back_line` for
    the one before. `behind`: so much was written just now that not all of it is searched.
    """

    asked: Clause
    cases: tuple[CaseLine, ...]
    total: int
    next_line: str
    back_line: str
    behind: bool = False


@dataclass(frozen=True)
class CaseAssigned(RecordNotice):
    """To the new lead, and to whoever assigned."""

    ref: str
    title: str
    label: str
    lead: Indoors[str]
    by: Indoors[str]


@dataclass(frozen=True)
class CaseShared(RecordNotice):
    """To the person the case was shared with, and to whoever shared it."""

    ref: str
    title: str
    label: str
    shared_with: Indoors[str]
    by: Indoors[str]


@dataclass(frozen=True)
class CaseNoted(RecordNotice):
    """To the watchers, and to whoever wrote."""

    ref: str
    title: str
    label: str
    text: Ours[str]
    by: Indoors[str]


@dataclass(frozen=True)
class CaseClosed(RecordNotice):
    """To the watchers, and to whoever closed it."""

    ref: str
    title: str
    label: str
    because: Ours[str]
    by: Indoors[str]


@dataclass(frozen=True)
class CaseReopened(RecordNotice):
    """To the watchers, and to whoever reopened it.

    `left`: what it is no longer part of; `preservations`: watched again; `lapsed`: over since, with their last day.
    """

    ref: str
    title: str
    label: str
    because: Ours[str]
    by: Indoors[str]
    left: tuple[CaseLink, ...] = ()
    preservations: Indoors[tuple[str, ...]] = ()
    lapsed: Indoors[tuple[tuple[str, date], ...]] = ()


@commands.add(
    "case open", needs=WORKERS, example='case open "Fake pages of the president" category:impersonation label:amber'
)
def open_case(
    turn: Turn,
    title: Annotated[str, FreeWords(max=300)],
    *,
    category: CategoryCode,
    label: LabelValue,
    own: Annotated[str, Text(max=100)] = "",
    lead: OwnLead | None = None,
) -> Reply:
    """Open a case.

    title: what it is about, in a few words.
    category: kind of complaint.
    label: TLP label; it decides who may see the case.
    own: your agency's file or diary number, once per agency.
    lead: the colleague who leads it; you, if not said.
    """
    agency = turn.actor.agency
    hidden = own_number.under_the_same_number(turn, own) if own else ()
    leader = access.leader(turn, lead) if lead else turn.actor.person
    ref, number = numbers.case_reference(turn.work, agency, turn.today.year)
    case = Case(
        ref=ref,
        agency=agency,
        year=turn.today.year,
        number=number,
        title=title,
        category=category,
        label=label,
        own_reference=own or None,
        lead=leader,
        opener=turn.actor.person,
        opened_at=turn.now,
    )
    turn.work.put(case)
    cards.none_yet(turn.work, ref)
    turn.work.audit(
        "case open", ref, after={"category": category, "label": label, "lead": leader.actor}, personal=title
    )
    category_label = turn.reference.complaint_categories[category].label
    own_number.tell_the_others(turn, hidden, own, ref)
    turn.tell([leader], CaseAssigned(ref, title, label, leader.name, turn.actor.person.name))
    return Reply(CaseOpened(ref, title, label, category_label, turn.actor.person.name, leader.name))


@commands.add("case status", reads=True, example="case status 42")
def status(turn: Turn, ref: CaseRef, *, details: Flag = False) -> Reply:
    """The card of a case: its requests with their clocks, what is preserved, the last notes; of merged ones too.

    ref: the case, in any short form.
    details: all of its requests, holds, files and notes.
    """
    case = access.case(turn, ref)
    together = access.together(turn, case)
    card = case_views.case_card(
        turn,
        together,
        requests=[found for one in together for found in request_lists.of_case(turn.work, turn.viewer, one.id)],
        preservations=[kept for one in together for kept in hold_lists.of_case(turn.work, turn.viewer, one.id)],
        notes=case_lists.notes(turn.work, [one.id for one in together]),
        files=[file for one in together for file in attachments.of_case(turn.work, turn.viewer, one)],
    )
    return Reply(CaseStatus(card, details))


@commands.add("case list", reads=True, example="case list closed:yes")
def list_cases(
    turn: Turn,
    *,
    mine: Flag = False,
    closed: Flag = False,
    after: CasePlace | None = None,
    before: CasePlace | None = None,
) -> Reply:
    """The cases you can see, newest first; for an auditor those of their agency, without titles.

    mine: only those you lead.
    closed: the closed ones instead of the open ones.
    after: the page that begins behind this case.
    before: the page that ends before it.
    """
    place = _place(turn, after, before)
    found = case_lists.cases(turn.work, turn.viewer, mine=mine, closed=closed, limit=paging.ROWS, place=place)
    asked = clause("cases_listed", closed=closed, mine=mine)
    return _page(turn, asked, found, f"case list mine:{_yes(mine)} closed:{_yes(closed)}")


@commands.add("case search", reads=True, example="case search fake page")
def search(turn: Turn, words: Words, *, after: CasePlace | None = None, before: CasePlace | None = None) -> Reply:
    """Find cases, open and closed, by words of the title, a reference, an account, a note.

    An auditor finds those of their agency by references alone.

    words: every one must be found.
    after: the page that begins behind this case.
    before: the page that ends before it.
    """
    place = _place(turn, after, before)
    found = case_lists.cases(turn.work, turn.viewer, words=words, closed=None, limit=paging.ROWS, place=place)
    behind = finding.is_behind(turn.work)
    return _page(turn, clause("searched", text=words), found, f"case search {quoted(words)}", behind=behind)


@commands.add("case assign", needs=WORKERS, example='case assign 42 to:"Night Officer"')
def assign(turn: Turn, ref: CaseRef, *, to: LeadName) -> Reply:
    """Give a case to a colleague, who is told.

    ref: the case.
    to: an officer or manager of your agency.
    """
    case = access.case(turn, ref, Act.WORK)
    if case.merged_into:
        filing.must_be_open(turn, case)
    leader, before = access.leader(turn, to), case.lead
    leading.give(turn, case, leader)
    notice = CaseAssigned(case.ref, case.title, case.label, leader.name, turn.actor.person.name)
    turn.tell([leader, *([before] if before else []), *access.watchers(turn, case)], notice)
    return Reply(notice)


@commands.add("case share", needs=WORKERS, example="case share 42 with:PK-MOI")
def share(turn: Turn, ref: CaseRef, *, with_: AuthorityCode | None = None, person: PersonName | None = None) -> Reply:
    """Share a case with another authority, or name a colleague on it. They see it from then on, as its label allows.

    ref: the case.
    with: an authority; not for TLP:RED or TLP:AMBER+STRICT.
    person: a colleague by name; the only way for TLP:RED.
    """
    case = access.case(turn, ref, Act.WORK)
    if (with_ is None) == (person is None):
        raise BadValue(
            "with",
            with_ or "",
            clause("nobody_or_two"),
            clause("authority_or_colleague"),
            f"case share {case.ref} with:PK-MOI",
        )
    if with_ and Label(case.label).rank >= Label.AMBER_STRICT.rank:
        raise Conflict("label_forbids", authority=with_, label=case.label, agency=case.agency.code)
    authority = access.authority(turn, with_) if with_ else None
    if authority and any(authority.id in (one.sender_id, one.recipient_id) for one in case.requests):
        raise Conflict("shares_with_party", authority=authority.code, ref=case.ref)
    colleague = access.colleague(turn, person) if person else None
    name = authority.code if authority else colleague.name if colleague else ""
    if any(
        (row.authority_id, row.person_id) == (authority.id if authority else None, colleague.id if colleague else None)
        for row in case.participants
    ):
        raise Conflict("shared_already", ref=case.ref, name=name)
    case.participants.append(
        Participant(person=colleague, authority=authority, added_by=turn.actor.person.id, added_at=turn.now)
    )
    turn.work.audit(
        "case share", case.ref, after={"with": authority.code if authority else colleague.actor if colleague else None}
    )
    notice = CaseShared(case.ref, case.title, case.label, name, turn.actor.person.name)
    turn.tell([colleague] if colleague else [], notice)
    if colleague:
        _ask_to_approve(turn, case, colleague)
    return Reply(notice)


def _ask_to_approve(turn: Turn, case: Case, person: Person) -> None:
    """Somebody who was just named on a case may be whom its emergencies wait for."""
    turn.work.ask_again()
    for request in case.requests:
        if request.status == Status.APPROVAL and person in second_person.approvers(turn, request):
            filing.ask(turn, request, [person])


@commands.add("case note", needs=WORKERS, example='case note 42 "The page is back under another name"')
def note(turn: Turn, ref: CaseRef, text: Annotated[str, FreeWords(max=8000)]) -> Reply:
    """Write a note on a case; those who watch it are told. Files sent with it become attachments of the case.

    ref: the case.
    text: anything worth knowing.
    """
    case = access.case(turn, ref, Act.NOTE)
    attached = [attaching.attach(turn, turn.files, case)] if turn.files else []
    turn.work.session.add(Note(case_id=case.id, person=turn.actor.person, text=text, at=turn.now))
    turn.work.audit("case note", case.ref, personal=text)
    notice = CaseNoted(case.ref, case.title, case.label, text, turn.actor.person.name)
    turn.tell(access.watchers(turn, case), notice)
    return Reply(notice, *attached)


@commands.add("case close", needs=WORKERS, example='case close 42 because:"Pages removed, suspect charged"')
def close(turn: Turn, ref: CaseRef, *, because: Annotated[str, Text(max=1000)]) -> Reply:
    """Close a case. Not while a request of it waits for an answer.

    ref: the case.
    because: the reason, for whoever reads it in five years.
    """
    case = access.case(turn, ref, Act.WORK)
    if case.closed_at:
        raise Conflict("closed_already", ref=case.ref)
    waiting = [request.ref for one in case.together for request in one.requests if request.status in OPEN]
    if waiting:
        raise Conflict("requests_open", ref=case.ref, requests=waiting)
    closing.close(turn.work, case)
    return _closing(
        turn, case, "case close", CaseClosed(case.ref, case.title, case.label, because, turn.actor.person.name)
    )


@commands.add("case reopen", needs=WORKERS, example='case reopen 42 because:"The page is back"')
def reopen(turn: Turn, ref: CaseRef, *, because: Annotated[str, Text(max=1000)]) -> Reply:
    """Open a closed case again: what was preserved when it was closed is watched again, and so are its clocks.

    One that was merged into another stands for itself from then on.

    ref: the case.
    because: the reason.
    """
    case = access.case(turn, ref, Act.WORK)
    if not case.closed_at:
        raise Conflict("open_already", ref=case.ref)
    into = case.merged_into
    alive, over = closing.reopen(turn.work, case)
    if into:
        turn.work.audit("case part reopened", into.ref, after={"ref": case.ref})
    left = (case_views.case_link(into),) if into else ()
    notice = CaseReopened(case.ref, case.title, case.label, because, turn.actor.person.name, left, alive, over)
    return _closing(turn, case, "case reopen", notice)


def _closing(turn: Turn, case: Case, act: str, notice: CaseClosed | CaseReopened) -> Reply:
    turn.work.audit(act, case.ref, after={"closed_at": case.closed_at}, personal=notice.because)
    turn.tell(access.watchers(turn, case), notice)
    return Reply(notice)


def _place(turn: Turn, after: TypedRef | None, before: TypedRef | None) -> PageStart:
    """Where a page of cases stands; for an auditor, among those that they audit."""
    turn.audits = access.audits_only(turn)
    act = Act.HISTORY if turn.audits else Act.SEE
    return paging.place(partial(access.case, turn, act=act), after, before)


def _page(turn: Turn, asked: Clause, page: Page[case_lists.CaseCount], line: str, *, behind: bool = False) -> Reply:
    lines = tuple(replace(case_views.case_line(item), title=access.title(turn, item.case)) for item in page.rows)
    beside = paging.beside(line, page, [one.ref for one in lines])
    return Reply(CaseList(asked, lines, page.total, *beside, behind))


def _yes(flag: bool) -> str:  # noqa: FBT001 - a typed value
    return "yes" if flag else "no"
