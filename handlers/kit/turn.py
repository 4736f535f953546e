"""A turn: one message handled by one actor at one moment in one transaction, with one reply.

In: the unit of work and who speaks from where (dispatch builds it). Out: what a handler says: a `Reply` to the asker,
and `tell` to others, written to the outbox in the same commit. A handler reads no other clock than `turn.now`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any

from handlers import exposure
from handlers.exposure import Exposure
from handlers.kit.errors import WrongState
from handlers.kit.notices import Notice
from handlers.kit.place import Place
from handlers.language.command import Commands
from handlers.language.errors import BadValue, MissingValue, clause
from handlers.language.line import read_line
from handlers.language.values import Choice, Given, Hit, PersonAct, TypedMoment, read_ref
from storage.database.unit_of_work import UnitOfWork
from storage.exposure.labels import Label, most_restrictive
from storage.exposure.roles import Role
from storage.exposure.sight import WORKERS, Seen, Viewer
from storage.messages import absences, cards, outbox, succession
from storage.models import Attachment, Authority, Case, Channel, Person, Recipient, Request
from storage.record import keepers, queries, records, references
from storage.record.fetching import Key
from storage.record.references import Purpose
from storage.reference.catalog import Body, Reference
from storage.rules import lifecycle, outcomes
from storage.serialization import encode
from storage.spelling import fold
from storage.times import local_day

LANGUAGES = {"en": "English"}
MENTION = "@"  # before the platform's own id of a person; see Inbound in bot/adapters/contract.py


@dataclass(frozen=True)
class Actor:
    """A person speaking for one authority, with all their roles there.

    `undecided`: they have several and have not chosen. `via`: from which platform and account, for the audit chain.
    """

    person: Person
    agency: Authority
    roles: frozenset[Role]
    undecided: bool = False
    via: str = ""


@dataclass(frozen=True)
class GeneratedFile:
    """A generated file, for the asker alone.

    `act` and `ref`: the line of history that says who took it, with `facts`; without an act there is none. `refs`: the
    records it was made of, in whose history it stands; whoever does not see all of them any more is not given it again.
    `shows`: what a picture shows, in words, for whoever cannot see it. Such a file has no content yet: the door draws
    it (`handlers/pictures/`), on a light ground or a `dark` one.
    """

    name: str
    content: bytes = b""
    act: str = ""
    ref: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    refs: frozenset[str] = frozenset()
    shows: Notice | None = None
    dark: bool = False


@dataclass(frozen=True)
class Reply:
    """What the asker reads: who else may is said by what the notices hold, and by nobody else.

    `files`: ids of files on record that go to the asker alone. `made`: such files that are not on record yet; the door
    in keeps them for a day. `calls`: who must act, mentioned where a room reads it.
    Why `made`: a file of ten thousand rows takes seconds, which a reader has and the one writer has not.
    """

    notices: tuple[Notice, ...]
    files: tuple[int, ...] = ()
    generated: tuple[GeneratedFile, ...] = ()
    calls: tuple[Person, ...] = ()

    def __init__(
        self,
        *notices: Notice,
        files: Iterable[int] = (),
        generated: Iterable[GeneratedFile] = (),
        calls: Iterable[Person] = (),
    ) -> None:
        object.__setattr__(self, "notices", notices)
        object.__setattr__(self, "files", tuple(files))
        object.__setattr__(self, "generated", tuple(generated))
        object.__setattr__(self, "calls", tuple(calls))


@dataclass
class Turn:
    """Handed to every handler first.

    It is also the `Desk` that values are read against (zones, names, reference data).
    """

    work: UnitOfWork
    actor: Actor
    line: str = ""
    cause: str = ""
    room: Channel | None = None  # None: between the person and the desk alone, or a room the desk does not know
    place: Place = field(default_factory=Place)
    commands: Commands = field(default_factory=Commands)
    files: Sequence[Attachment] = ()  # what came with the message, not yet part of any case
    audits: bool = False  # what the actor audits counts as seen, in the lists of this turn
    offered: set[str] = field(default_factory=set)  # references that were offered to choose from
    reached: list[Case] = field(default_factory=list)  # of the records fetched in this turn, also for an error's label

    @property
    def now(self) -> datetime:
        """The moment of the turn, aware UTC."""
        return self.work.now

    @property
    def reference(self) -> Reference:
        """Instruments, fields, reasons."""
        return self.work.reference

    @property
    def zone(self) -> str:
        """The zone times are typed in and shown in: the person's own, else their agency's."""
        return self.actor.person.zone or self.actor.agency.zone

    @property
    def today(self) -> date:
        """The day it is for the person."""
        return local_day(self.now, self.zone)

    @property
    def viewer(self) -> Viewer:
        """Who looks, for `storage/exposure/sight.py`; what may not be shown here is left out."""
        actor = self.actor
        return Viewer(
            actor.person.id,
            actor.agency.id,
            actor.roles,
            history=self.audits,
            ceiling=self.place.ceiling,
            host_id=actor.agency.host_id,
        )

    @property
    def exposure(self) -> Exposure:
        """How confidential the records are that this turn has fetched, or offered to choose from."""
        seen = records.seen(self.work, replace(self.viewer, ceiling=Label.RED), self.offered) if self.offered else {}
        labels = (*(Label(case.label) for case in self.reached), *(one.label for one in seen.values()))
        return Exposure(most_restrictive(labels), refs=frozenset({*seen, *(case.ref for case in self.reached)}))

    @property
    def leaves_out(self) -> bool:
        """Whether the actor would see more on another platform."""
        seen = replace(self.viewer, ceiling=Label.RED)
        return self.place.ceiling is not Label.RED and queries.is_any_above(self.work, seen, self.place.ceiling)

    @property
    def languages(self) -> Mapping[str, str]:
        """The languages the desk can answer in."""
        return LANGUAGES

    def authorities(self, text: str) -> Sequence[Hit]:
        """Authorities by code, alias or part of a name; all for none, most asked first, then providers."""
        rows = _matching(self._listed, text)
        if not text:
            used = queries.times_asked(self.work, self.viewer)
            rows.sort(key=lambda row: (-used.get(row.code, 0), row.role != "provider"))
        return [Hit(row.code, row.name, row.caution, tuple(row.aliases)) for row in rows]

    def authority(self, code: str) -> Authority | None:
        """One authority by its exact code."""
        listed = (row for row in self.__dict__.get("_listed", ()) if row.code == code.upper())
        return next(listed, None) or records.authority(self.work, code)

    @cached_property
    def _listed(self) -> Sequence[Authority]:
        """All authorities, asked for once while the line is read."""
        return records.authorities(self.work)

    @property
    def own_name(self) -> str:
        """The actor's name."""
        return self.actor.person.name

    def people(self, text: str, act: PersonAct = "name") -> Sequence[Hit]:
        """People of the actor's own agency by part of a name: a directory of other agencies is not for everybody."""
        mentioned = self._mentioned(text)
        part = mentioned.name if mentioned else text.strip()
        rows = records.people(self.work, agency_id=self.actor.agency.id, name_part=part)
        takes = {"name": lambda _: True, "lead": self.can_lead, "stand_in": self.can_stand_in}[act]
        return [Hit(row.name, row.name) for row in rows if mentioned in (None, row) and takes(row)]

    def can_lead(self, person: Person) -> bool:
        """Whether somebody can act on cases of the actor's agency."""
        return (person.id, self.actor.agency.id) in succession.able(self.work, [person.id])

    def can_stand_in(self, person: Person) -> bool:
        """Whether somebody else can act in the actor's place: on cases, or in the same role."""
        held = {row.role for row in records.memberships(person) if row.authority_id == self.actor.agency.id}
        fits = self.can_lead(person) if self.actor.roles & WORKERS else bool(held & self.actor.roles)
        return fits and person.id != self.actor.person.id

    def kept(self, text: str) -> Sequence[Hit]:
        """Whom an administrator keeps: of their own agency, and of authorities it hosts."""
        mentioned = self._mentioned(text)
        part = mentioned.name if mentioned else text.partition(records.AT)[0].strip()
        found = keepers.people(self.work, self.actor.agency, part)
        return [
            Hit(typed, person.name, aliases=(f"{person.name}{records.AT}{of.code}",))
            for typed, (person, of) in found.items()
            if mentioned in (None, person)
        ]

    def _mentioned(self, text: str) -> Person | None:
        """Whose account "@ID" is, on the platform and in the workspace typed in; None where it is nobody's."""
        if not text.strip().startswith(MENTION):
            return None
        workspace, slash, _ = self.place.account.rpartition("/")
        typed = text.strip().casefold()
        account = f"{workspace}{slash}{self.place.mentions.get(typed) or text.strip().removeprefix(MENTION)}"
        row = records.speaking_account(self.work, self.place.platform, account)
        return row.person if row else None

    @property
    def own_agency(self) -> Body:
        """The authority that the actor speaks for."""
        return self.actor.agency

    def recipient(self, text: str) -> Body | None:
        """The one authority of a code, alias or part of a name, as it is on record."""
        rows = _matching(self._listed, text)
        return rows[0] if len(rows) == 1 else None

    def records(self, kind: str, text: str, given: Given | None = None) -> Sequence[Choice]:
        """References the actor may be about to type: what they see, the newest first."""
        purpose = _purpose(kind, given) if given else None
        found = references.references(self.work, self.viewer, kind, text, purpose)
        self.offered |= {ref for ref, _ in found}
        return [Choice(*one) for one in found]

    def open_accounts(self, request: str) -> Sequence[Choice]:
        """The accounts of a request the actor sees that nothing has come of yet, by their number in it."""
        ref = read_ref(request)
        if ref.part is None:
            return ()
        key = Key(ref.typed.strip(), ref.prefix, ref.year, ref.number, ref.part)
        found = records.requests(self.work, self.viewer, key)
        if len(found) != 1:
            return ()
        self.offered.add(found[0].ref)
        waiting = outcomes.undecided(found[0])
        return [Choice(str(n), one.typed) for n, one in enumerate(found[0].targets, 1) if one in waiting]

    def tell(self, people: Iterable[Person], notice: Notice, *, urgent: bool = False, deputies: bool = True) -> None:
        """Say something to others, once each, when this turn commits; cards of its record are edited where they stand.

        A room that has a card of the record reads it under the card, where the notice is for that. The actor is never
        told what they just did themselves, nor a room what it reads in the answer. News of a record reaches the deputy
        of whoever is away, too, unless these were chosen already.
        """
        cards.touch(self.work, cause=self.cause, subject=notice.subject)
        if notice.is_under_card:
            for recipient, platform in cards.rooms_with_a_card(self.work, notice.subject, besides=self._reads_it):
                self._put(notice, recipient, platform=platform, urgent=urgent)
        hearers = {person.id: person for person in people}
        if deputies and notice.subject:
            found = [absences.deputy(self.work, one) for one, person in hearers.items() if person.away_until]
            hearers |= {person.id: person for person in found if person}
        for number in hearers:
            if number != self.actor.person.id:
                self._put(notice, Recipient.person(number), urgent=urgent)

    def tell_elsewhere(self, recipients: Iterable[tuple[Recipient, str]], notice: Notice) -> None:
        """Say something of no record to people and rooms, each on a platform; empty for their usual one."""
        for recipient, platform in recipients:
            self._put(notice, recipient, platform=platform)

    def tell_rooms(self, rooms: Iterable[Channel], notice: Notice, *, urgent: bool = False) -> None:
        """Say something in rooms, but for the one that reads it in the answer. urgent: at any hour."""
        for room in rooms:
            if Recipient.channel(room.id) != self._reads_it:
                self._put(notice, Recipient.channel(room.id), urgent=urgent)

    @property
    def _reads_it(self) -> Recipient | None:
        """The room that is to read the answer, too."""
        return Recipient.channel(self.room.id) if self.room and self.place.aloud else None

    def _put(self, notice: Notice, recipient: Recipient, *, urgent: bool = False, platform: str = "") -> None:
        """What it comes to for its reader is decided when it is sent (`handlers/outgoing.py`).

        For a room nothing is kept that no room may read.
        """
        facts: Any = encode(notice)
        if recipient.is_channel:
            facts = exposure.fit(type(notice), facts, lambda _, label: Seen(label, own=True), room=True)
        outbox.queue(
            self.work,
            cause=self.cause,
            notice=notice,
            facts=facts,
            recipient=recipient,
            platform=platform,
            label=exposure.of(notice).label or Label.CLEAR,
            subject=notice.subject,
            urgent=urgent,
        )

    def missing(self, name: str) -> MissingValue:
        """What is asked for where a value that some need not give is needed after all; the line is kept."""
        spec = read_line(self.line, self.commands).spec
        value = next(one for one in spec.parameters if one.typed_name == name)
        return MissingValue(name, value.help, value.kind.accepted, value.kind.example, self.line)

    def moment(self, typed: TypedMoment | None, name: str = "on") -> tuple[date, datetime | None]:
        """The local day and the instant of something that has happened.

        Now, where nothing or only today's date was typed; none of an earlier day without its time, whose end counts
        (`_instant` in `storage/rules/clocks.py`). Errors: BadValue for what is still to come.
        """
        day = typed.day(self.zone) if typed else self.today
        if typed is None or (day == self.today and not typed.has_time):
            return day, self.now
        if typed.at > self.now:
            raise BadValue(
                name, typed.shown(self.zone), clause("later_than_now"), clause("up_to_now"), self.today.isoformat()
            )
        return day, typed.at if typed.has_time else None

    def move(
        self, request: Request, word: str, *, on: date | None = None, at: datetime | None = None, **facts: object
    ) -> None:
        """`lifecycle.move` by the actor, today unless said otherwise; its cards are edited where they stand.

        Errors: WrongState, with when it was moved last, and by whom, which its own agency alone reads.
        """
        cards.touch(self.work, cause=self.cause, subject=request.ref)
        try:
            lifecycle.move(self.work, request, word, by=self.actor.person, on=on or self.today, at=at, **facts)
        except lifecycle.NotNow as error:
            is_own = request.case.agency_id == self.actor.agency.id
            raise WrongState(
                request.ref,
                request.status,
                word,
                request.status_at,
                request.mover.name if is_own else "",
                tuple(f"request {w}" for w in error.allowed),
                request.direction if is_own else exposure.OTHER_WAY[request.direction],
            ) from error


def _purpose(kind: str, given: Given) -> Purpose:
    """What a reference is for; its case is named by a case, or by another record of it."""
    ref = read_ref(given.values.get("case") or given.values.get("ref") or "")
    case = Key(ref.typed.strip(), ref.prefix, ref.year, ref.number) if ref.typed else None
    return Purpose(given.words.removeprefix(f"{kind} "), case)


def _matching(rows: Sequence[Authority], text: str) -> list[Authority]:
    wanted = fold(text)
    if not wanted:
        return list(rows)
    exact = [row for row in rows if wanted in map(fold, (row.code, row.name, *row.aliases))]
    return exact or [row for row in rows if wanted in fold(row.code) or wanted in fold(row.name)]
