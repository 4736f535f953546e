"""A turn: one message handled by one actor at one moment in one transaction, with one reply.

In: the unit of work and who speaks from where (dispatch builds it). Out: what a handler says: a `Reply` to the asker,
and `tell` to others, written to the outbox in the same commit. A handler reads no other clock than `turn.now`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from handlers.kit.command import Commands
from handlers.kit.errors import BadValue, WrongState
from handlers.kit.notices import Notice
from handlers.kit.values import Choice, Hit, TypedMoment
from storage import outbox, postings, queries, records
from storage.labels import Label
from storage.models import Authority, Channel, Person, Request
from storage.roles import Role
from storage.rules import lifecycle
from storage.rules.reference import Reference
from storage.sight import Viewer
from storage.times import local_day
from storage.unit_of_work import UnitOfWork

LANGUAGES = {"en": "English"}


@dataclass(frozen=True)
class Actor:
    """A person speaking for one authority, with all their roles there.

    `undecided`: they have several and have not chosen.
    """

    person: Person
    agency: Authority
    roles: frozenset[Role]
    undecided: bool = False


@dataclass(frozen=True)
class Reply:
    """What the asker reads. `label` is the closest label of what is shown; None where nothing labelled is.

    `private`: for no room, whatever its label.
    """

    notices: tuple[Notice, ...]
    label: Label | None = None
    private: bool = False

    def __init__(self, *notices: Notice, label: Label | str | None = None, private: bool = False) -> None:
        object.__setattr__(self, "notices", notices)
        object.__setattr__(self, "label", Label(label) if label else None)
        object.__setattr__(self, "private", private)


@dataclass(frozen=True)
class Place:
    """Where a message was typed, in the platform's own ids; `room` is empty between a person and the desk alone.

    `ceiling`: what is closer is never shown on this platform, whoever asks.
    """

    platform: str = ""
    room: str = ""
    thread: str = ""
    account: str = ""
    ceiling: Label = Label.RED


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
        """Who looks, for `storage/sight.py`; what may not be shown here is left out."""
        actor = self.actor
        return Viewer(actor.person.id, actor.agency.id, actor.roles, ceiling=self.place.ceiling)

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
        """Authorities by code, alias or part of a name; empty text lists all."""
        rows = _matching(records.authorities(self.work), text)
        return [Hit(row.code, row.name, row.caution, tuple(row.aliases)) for row in rows]

    def people(self, text: str) -> Sequence[Hit]:
        """People of the actor's own agency by part of a name: a directory of other agencies is not for everybody."""
        rows = records.people(self.work, agency_id=self.actor.agency.id, name_part=text.strip())
        return [Hit(row.name, row.name) for row in rows]

    def records(self, kind: str, text: str) -> Sequence[Choice]:
        """References the actor may be about to type: what they see, the most urgent or newest first."""
        return [Choice(ref, title) for ref, title in queries.references(self.work, self.viewer, kind, text)]

    def tell(self, people: Iterable[Person], notice: Notice, *, label: Label | str, subject: str = "") -> None:
        """Say something to others, once each, when this turn commits; cards of the subject are edited where they stand.

        The actor is never told what they just did themselves.
        """
        postings.touch(self.work, cause=self.cause, subject=subject)
        for person in {person.id: person for person in people if person.id != self.actor.person.id}.values():
            outbox.put(
                self.work,
                cause=self.cause,
                notice=notice,
                recipient=f"person:{person.id}",
                label=Label(label),
                subject=subject,
            )

    def moment(self, typed: TypedMoment | None) -> tuple[date, datetime]:
        """The local day and the instant of something that has happened.

        Now, where nothing or only today's date was typed; else as typed. Errors: BadValue for what is still to come.
        """
        if typed is None:
            return self.today, self.now
        day = typed.day(self.zone)
        at = self.now if day == self.today and not typed.has_time else typed.at
        if at > self.now:
            raise BadValue("on", day.isoformat(), "is in the future", "a moment up to now", self.today.isoformat())
        return day, at

    def move(
        self, request: Request, word: str, *, on: date | None = None, at: datetime | None = None, **facts: object
    ) -> None:
        """`lifecycle.move` by the actor, today unless said otherwise; its cards are edited where they stand.

        Errors: WrongState, with who moved it last and when.
        """
        postings.touch(self.work, cause=self.cause, subject=request.ref)
        try:
            lifecycle.move(self.work, request, word, by=self.actor.person, on=on or self.today, at=at, **facts)
        except lifecycle.NotNow as error:
            raise WrongState(
                request.ref,
                request.status,
                word,
                request.status_at,
                request.mover.name,
                tuple(f"request {w}" for w in error.allowed),
            ) from error


def _matching(rows: Sequence[Authority], text: str) -> list[Authority]:
    wanted = " ".join(text.casefold().split())
    if not wanted:
        return list(rows)
    exact = [
        row
        for row in rows
        if wanted == row.code.casefold() or wanted == row.name.casefold() or wanted in map(str.casefold, row.aliases)
    ]
    return exact or [row for row in rows if wanted in row.code.casefold() or wanted in row.name.casefold()]
