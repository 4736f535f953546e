"""History: what was done to a record, by whom and when; what an auditor asks; and whether anybody changed the past.

In: a turn. Out: lines of the audit chain, the newest first, for records the reader may see; for an auditor those of
their agency, with nothing that somebody wrote; a verdict on the whole chain.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Annotated, Any

from handlers.exposure import Indoors, Ours, PartOfRecord, PersonalFacts, RecordFacts
from handlers.kit import access, opening, permissions
from handlers.kit.facts import Change, FactReader
from handlers.kit.notices import PersonalNotice, PublicNotice, RecordNotice
from handlers.kit.paging import ROWS, Page, Pages
from handlers.kit.permissions import Act
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands
from handlers.language.errors import BadValue, Clause, clause
from handlers.language.grammar import quoted
from handlers.language.values import CaseRef, Flag, PreservationRef, RecordDay, RequestRef, Text, UntilSince, read_ref
from storage.database.unit_of_work import SYSTEM
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.exposure.sight import WORKERS
from storage.history import chain
from storage.history.chain import Head
from storage.models import Case
from storage.record import acts, attachments
from storage.record.acts import ActFilter, Circle, Recorded
from storage.spelling import fold
from storage.times import at_local, end_of_day

commands = Commands()

CUT = 60  # characters of a text, unless it is asked for in full
SEAL_PARTS = 2
OF_THE_FILE = ("file", "sha256")
"""What the history of one case says of an export that held others, too."""
COUNTRY = 2  # letters of the code of one


@dataclass(frozen=True)
class HistoryLine(PartOfRecord):
    """One line: `changes` is what changed, `text` what was written, where the reader works on the case.

    `via`: the platform it came by, empty for the desk itself, and for lines of before it was kept; `account`: the
    account there, of whom the reader's agency keeps.
    """

    at: datetime
    by: Indoors[str]
    via: Indoors[str]
    account: Ours[str]
    act: str
    ref: str
    changes: Ours[tuple[Change, ...]]
    text: Ours[str]


@dataclass(frozen=True)
class History(RecordNotice):
    """A page of the history of one record, newest first. `whole_line`: the same in full, where something was cut."""

    ref: str
    title: str
    label: str
    lines: tuple[HistoryLine, ...]
    total: int
    whole_line: str
    next_line: str
    back_line: str


@dataclass(frozen=True)
class AuditedRecord(RecordFacts):
    """The record that a line found by an auditor is about."""

    ref: str
    label: str


@dataclass(frozen=True)
class FoundLine(PersonalFacts):
    """One line that an auditor found. `about`: a person, a room or whatever else it was done to, if it is no record."""

    at: datetime
    by: str
    via: str
    account: str
    act: str
    about: str
    record: AuditedRecord | None
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class HistoryFound(PersonalNotice):
    """A page of what an auditor asked for, newest first. `whole_line`: the same in full, where something was cut."""

    agency: str
    asked: Clause
    lines: tuple[FoundLine, ...]
    whole_line: str
    next_line: str
    back_line: str


@dataclass(frozen=True)
class ChainVerified(PublicNotice):
    """The chain is whole up to `n`.

    `hash` is its head, to be noted outside. Otherwise `bad_n` is the first bad line, and why.
    """

    n: int
    hash: str
    bad_n: int | None
    misfit: str
    sealed: bool


@commands.add("request history", reads=True, example="request history 42/3")
def request_history(turn: Turn, ref: RequestRef, *, whole: Flag = False, page: Page = 1) -> Reply:
    """Everything that was done to a request, by whom and when; for the other side, what was exchanged, and when.

    ref: the request.
    whole: yes, to read it in full: accounts, long texts, check sums, moments.
    page: ten a page, the newest first.
    """
    request = access.request(turn, ref, Act.HISTORY)
    refs = [request.ref, *attachments.refs(turn.work, request.case, request)]
    return _history(turn, "request history", request.case, refs, whole=whole, page=page)


@commands.add("case history", reads=True, example="case history 42")
def case_history(turn: Turn, ref: CaseRef, *, whole: Flag = False, page: Page = 1) -> Reply:
    """Everything that was done to a case and what stands in it, by whom and when; and who took it in an export.

    ref: the case.
    whole: yes, to read it in full: accounts, long texts, check sums, moments.
    page: ten a page, the newest first.
    """
    case = access.case(turn, ref, Act.HISTORY)
    return _history(turn, "case history", case, _refs(turn, case), whole=whole, page=page)


@commands.add("preservation history", reads=True, example="preservation history 42/P1")
def preservation_history(turn: Turn, ref: PreservationRef, *, whole: Flag = False, page: Page = 1) -> Reply:
    """Everything that was done to a hold, by whom and when.

    ref: the preservation.
    whole: yes, to read it in full: accounts, long texts, check sums, moments.
    page: ten a page, the newest first.
    """
    kept = access.preservation(turn, ref, Act.HISTORY)
    return _history(turn, "preservation history", kept.case, [kept.ref], whole=whole, page=page)


@commands.add(
    "desk history",
    needs=Role.AUDITOR,
    reads=True,
    example='desk history by:"Night Officer" since:2026-03-01 act:"case assign" about:42',
)
def desk_history(
    turn: Turn,
    *,
    by: Annotated[str, Text(max=100)] = "",
    on: RecordDay | None = None,
    since: RecordDay | None = None,
    until: UntilSince | None = None,
    act: Annotated[str, Text(max=60)] = "",
    about: Annotated[str, Text(max=100)] = "",
    whole: Flag = False,
    page: Page = 1,
) -> Reply:
    """What was done in your agency: to its cases, people and rooms, to authorities and calendars. For auditors.

    by: whose acts, by name or part of it; desk for what nobody typed.
    on: on this day alone.
    since: on this day or later.
    until: on this day or earlier.
    act: which acts, by how they begin: case, case assign, person role.
    about: to what: a case or one of its records, a person, a room, an authority.
    whole: yes, to read it in full.
    page: ten a page, the newest first.
    """
    since, until = (on, on) if on else (since, until)
    if since and until and until < since:
        wrong, accepted = clause("before_since"), clause("that_day_or_later")
        raise BadValue("until", until.isoformat(), wrong, accepted, since.isoformat())
    agency = turn.actor.agency
    circle = acts.circle(turn.work, agency)
    chosen = ActFilter(
        by=by,
        act=act,
        since=at_local(since, time(), turn.zone) if since else None,
        until=end_of_day(until, turn.zone) if until else None,
        refs=_about(turn, circle, about) if about else None,
        hidden=[label for label in Label if label is Label.RED or not label.within(turn.place.ceiling)],
    )
    typed = {"by": by, "since": since, "until": until, "act": act, "about": about}
    line = " ".join(["desk history", *(f"{name}:{quoted(str(value))}" for name, value in typed.items() if value)])
    pages = Pages(line + (" whole:yes" if whole else ""), page)
    found = acts.found(turn.work, circle, chosen, limit=ROWS + 1, skip=pages.skip)
    labels = acts.labels(turn.work, [one.line.ref for one in found])
    reading = _Reading(turn, circle, found, whole=whole, with_accounts=True)
    lines = tuple(reading.found(one, labels.get(one.line.ref)) for one in found[:ROWS])
    notice = HistoryFound(
        agency.code,
        clause("acts_asked", act=act, about=about, by=by, since=since, until=until),
        lines,
        f"{line} page:{page} whole:yes" if reading.is_cut else "",
        pages.next_line(pages.skip + len(found)),
        pages.back_line,
    )
    turn.audits = True
    return Reply(notice, *([opening.left_out(turn)] if turn.leaves_out else []))


@commands.add("desk verify", needs=(Role.AUDITOR, Role.ADMIN), reads=True, example="desk verify")
def verify(turn: Turn, seal: Annotated[str, Text(max=100)] = "") -> Reply:
    """Has anybody changed the past? Walks the whole chain and names the first bad line.

    seal: a head noted outside earlier, NUMBER:HASH; a cut end is found with it.
    """
    verdict = chain.verify(turn.work.session, _seal(seal) if seal else None)
    return Reply(ChainVerified(verdict.head.n, verdict.head.hash, verdict.bad_n, verdict.why, sealed=bool(seal)))


def _about(turn: Turn, circle: Circle, typed: str) -> frozenset[str]:
    """How the chain names what an auditor means: a record; else people, rooms and bodies of these words.

    Errors: NotFound, Ambiguous.
    """
    ref = read_ref(typed)
    if ref.number is not None and ref.part is not None:
        return frozenset([f"{access.case(turn, ref, Act.HISTORY).ref}/{ref.letter}{ref.part}"])
    word = fold(typed)
    called = {code for code, name in (*circle.names.items(), *circle.rooms.items()) if word in fold(name)}
    called |= {word.upper()} if len(word) == COUNTRY else {hit.code for hit in turn.authorities(typed)}
    if ref.number is None and called:
        return frozenset(called)
    return frozenset(_refs(turn, access.case(turn, ref, Act.HISTORY)))


def _refs(turn: Turn, case: Case) -> list[str]:
    """A case and all that stands in it."""
    requests, holds = (one.ref for one in case.requests), (one.ref for one in case.preservations)
    return [case.ref, *requests, *holds, *attachments.refs(turn.work, case)]


def _history(turn: Turn, words: str, case: Case, refs: list[str], *, whole: bool, page: int) -> Reply:
    """A party reads the acts that were exchanged, and nothing of what was thought meanwhile."""
    own, at_home = access.works_on(turn, refs[0]), turn.actor.agency is case.agency
    writes = bool(turn.actor.roles & WORKERS)
    exports_of = case.agency.code if own and at_home and refs[0] == case.ref else ""
    line = f"{words} {refs[0]}"
    pages = Pages(line + (" whole:yes" if whole else ""), page)
    found, total = acts.of_records(
        turn.work,
        refs,
        acts=None if own else permissions.EXCHANGED,
        exports_of=exports_of,
        limit=ROWS,
        skip=pages.skip,
    )
    reading = _Reading(turn, acts.circle(turn.work, case.agency), found, whole=whole, with_accounts=at_home)
    lines = tuple(reading.line(one, refs, text=writes) for one in found)
    title = case.title if writes else ""
    in_full = f"{line} page:{page} whole:yes" if own and reading.is_cut else ""
    more = pages.next_line(total)
    return Reply(History(refs[0], title, case.label, lines, total, in_full, more, pages.back_line))


class _Reading:
    """Lines as people read them: who did it from which account, and each fact as what it is.

    Unless they are read whole, accounts go unsaid and what is long is cut; `is_cut` says so.
    """

    def __init__(
        self, turn: Turn, circle: Circle, found: Sequence[Recorded], *, whole: bool, with_accounts: bool
    ) -> None:
        self._circle, self._whole = circle, whole
        self._facts: dict[int, dict[str, Any]] = {one.line.n: json.loads(one.line.facts) for one in found}
        names = {**circle.names, **{one.line.actor: one.who for one in found if one.who}}
        self._said = FactReader(turn.reference, turn.zone, names, whole=whole)
        numbers = {number for _, number in map(self._via, found) if with_accounts and number}
        self._accounts = acts.accounts(turn.work, numbers)

    @property
    def is_cut(self) -> bool:
        """Whether anything was left unsaid of what was read so far."""
        return self._said.is_cut

    def line(self, one: Recorded, refs: Collection[str], *, text: bool) -> HistoryLine:
        """A line of the history of a record. text: with what was written."""
        written = (one.text or "") if text else ""
        written = written if self._whole else self._said.cut("; ".join(written.splitlines()), CUT)
        ref = one.line.ref if one.line.ref in refs else ""
        changes = self._changes(one, None if ref else OF_THE_FILE)
        by, via, account = self._by(one)
        return HistoryLine(one.line.at, by, via, account, one.line.act, ref, changes, written)

    def found(self, one: Recorded, label: Label | None) -> FoundLine:
        """A line that an auditor found. label: of the record it is about."""
        about = {**self._circle.names, **self._circle.rooms}.get(one.line.ref, one.line.ref)
        record = AuditedRecord(one.line.ref, label) if label else None
        by, via, account = self._by(one)
        changes = self._changes(one, () if via and one.line.act == "refused" else None)  # its platform is said already
        return FoundLine(one.line.at, by, via, account, one.line.act, "" if record else about, record, changes)

    def _by(self, one: Recorded) -> tuple[str, str, str]:
        """Who, on which platform, from which account."""
        platform, number = self._via(one)
        row = self._accounts.get(number)
        account = row.external_id if row and row.person.actor in self._circle.names else ""
        self._said.is_cut |= bool(account) and not self._whole
        by = one.who or (SYSTEM if one.line.actor == SYSTEM else "")
        return by, platform, account if self._whole else ""

    def _via(self, one: Recorded) -> tuple[str, int]:
        """The platform, and the number the chain has of the account there; 0 for none."""
        platform, _, account = str(self._facts[one.line.n].get("via", "")).partition(":")
        number = account.removeprefix("A")
        return platform, int(number) if number.isdecimal() else 0

    def _changes(self, one: Recorded, only: Collection[str] | None) -> tuple[Change, ...]:
        return self._said.changes(self._facts[one.line.n], at=one.line.at, only=only)


def _seal(typed: str) -> Head:
    parts = typed.split(":")
    if len(parts) != SEAL_PARTS or not parts[0].isdigit():
        raise BadValue("seal", typed, clause("no_seal"), clause("seal"), "1042:9f86d081...")
    return Head(int(parts[0]), parts[1])
