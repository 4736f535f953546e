"""Tables of deadlines: clock, and the rings it has sounded."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, TextClause, UniqueConstraint, event, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.orm.attributes import set_committed_value

from storage.models.base import Base
from storage.models.matters import Case, Preservation, Request
from storage.models.parties import Authority, Person

RUNS = text("ended_at IS NULL")
ENDED = text("ended_at IS NOT NULL")
OF_A_REQUEST = text("ended_at IS NULL AND request_id IS NOT NULL")


def _partial(name: str, *columns: str, where: TextClause = OF_A_REQUEST) -> Index:
    """Of the clocks that run, in the order in which lists show them: few beside all that have ended."""
    return Index(name, *columns, sqlite_where=where, postgresql_where=where)


class Clock(Base):
    """One running deadline. Everything needed to recompute and explain it stands in the row.

    `authority` is whose week, holidays and zone count; `very_days` the calendar days from the start after which it is
    very overdue (None: the house rule); `due_on` is None while paused. `ended_at` closes it. `ring_at` is the next
    reminder. `person_id`: who said that they are on it (kind "taken"). `imported`: it came with an old register, and
    nobody has taken it up since, so it rings for nobody.
    """

    __tablename__ = "clock"
    __table_args__ = (
        Index("ix_clock_ring", "ring_at"),
        _partial("ix_clock_stuck", "id", where=text("failures >= 3")),  # heartbeat.TRIES
        _partial("ix_clock_ended", "agency_id", "ended_at", "due_at", where=ENDED),  # what was late in a week before
        _partial("ix_clock_agency", "agency_id", "imported", "due_at", "request_id"),
        _partial("ix_clock_counterpart", "agency_id", "party_id", "imported", "due_at", "request_id"),
        _partial("ix_clock_party", "party_id", "due_at", "request_id"),
        _partial("ix_clock_kind", "agency_id", "kind", "due_at", where=RUNS),
        _partial("ix_clock_request", "request_id", "kind", "due_at", "very_at", "imported", where=RUNS),  # that counts
        _partial("ix_clock_taken", "person_id", where=text("person_id IS NOT NULL")),
        _partial("ix_clock_preservation", "preservation_id", where=text("preservation_id IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))  # see storage/rules/clocks.py
    request_id: Mapped[int | None] = mapped_column(ForeignKey("request.id"), index=True)
    preservation_id: Mapped[int | None] = mapped_column(ForeignKey("preservation.id"))
    agency_id: Mapped[int] = mapped_column(ForeignKey("authority.id"))  # these two: see owners.py
    party_id: Mapped[int] = mapped_column(ForeignKey("authority.id"))
    authority_id: Mapped[int] = mapped_column(ForeignKey("authority.id"))
    instrument: Mapped[str] = mapped_column(String(40))
    amount: Mapped[int]
    unit: Mapped[str] = mapped_column(String(20))
    counted_from: Mapped[str] = mapped_column(String(60))
    rule: Mapped[str] = mapped_column(
        String(30)
    )  # the instrument's kind of clock: response_due, expectation, expiry ...
    origin: Mapped[str] = mapped_column(String(30))
    starts_at: Mapped[datetime]
    very_days: Mapped[int | None]
    pauses: Mapped[list[dict[str, Any]]] = mapped_column(default=list)  # [{"since": iso, "until": iso or null}]
    extensions: Mapped[list[dict[str, Any]]] = mapped_column(
        default=list
    )  # [{"on", "days": of its unit, "until", "reason"}]
    due_on: Mapped[date | None]
    due_at: Mapped[datetime | None]
    very_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    epoch: Mapped[int] = mapped_column(default=0)
    rung: Mapped[str] = mapped_column(String(30), default="")  # the next one to sound
    ring_at: Mapped[datetime | None]
    quiet_until: Mapped[datetime | None]  # snoozed: nothing sounds before
    quiet_by: Mapped[int | None]  # a person's id
    quiet_reason: Mapped[str] = mapped_column(String(1000), default="", server_default="")
    person_id: Mapped[int | None]
    imported: Mapped[bool] = mapped_column(default=False, server_default=false())
    zone_data: Mapped[str] = mapped_column(String(20), default="", server_default="")  # its zones' rules, by version
    failures: Mapped[int] = mapped_column(default=0)  # in a row; after three the clock is set aside and people are told

    request: Mapped[Request | None] = relationship()
    preservation: Mapped[Preservation | None] = relationship()
    authority: Mapped[Authority] = relationship(foreign_keys=[authority_id])
    person: Mapped[Person | None] = relationship(primaryjoin="foreign(Clock.person_id) == Person.id", viewonly=True)
    snoozer: Mapped[Person | None] = relationship(primaryjoin="foreign(Clock.quiet_by) == Person.id", viewonly=True)

    @property
    def zone(self) -> str:
        """Where its days begin and end."""
        return self.authority.zone

    @property
    def case(self) -> Case:
        """The case it belongs to."""
        return self.subject.case

    @property
    def subject(self) -> Request | Preservation:
        """What it is of."""
        subject = self.request or self.preservation
        assert subject is not None, self.id  # noqa: S101 - a clock is of something
        return subject

    @property
    def ours(self) -> bool:
        """Whether the agency that owns the case owes it, to others or to itself."""
        case = self.case
        return (self.authority_id or self.authority.id) == (case.agency_id or case.agency.id)

    @property
    def emergency(self) -> bool:
        """Whether it is of an emergency: a request, or a hold that is asked of us."""
        return bool(self.subject.emergency)

    @property
    def sent_on(self) -> date | None:
        """The day its request was sent, or its hold was asked for."""
        subject = self.subject
        return subject.sent_on if isinstance(subject, Request) else subject.asked_on

    @property
    def filed_at(self) -> datetime | None:
        """When its request was filed; None for the clock of a preservation."""
        return self.request.filed_at if self.request else None

    @property
    def contact_at(self) -> datetime | None:
        """When the two sides of its request last heard of each other; None for the clock of a preservation."""
        return self.request.status_at if self.request else None


class Ring(Base):
    """The record that a rung was sounded: once per clock and epoch, whatever happens."""

    __tablename__ = "ring"
    __table_args__ = (UniqueConstraint("clock_id", "epoch", "rung"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    clock_id: Mapped[int] = mapped_column(ForeignKey("clock.id"))
    epoch: Mapped[int]
    rung: Mapped[str] = mapped_column(String(30))
    due_at: Mapped[datetime]
    rung_at: Mapped[datetime]
    late: Mapped[bool] = mapped_column(default=False)


@event.listens_for(Clock, "init")
def _has_not_run(_row: Clock, _args: object, values: dict[str, Any]) -> None:
    """What is new has stood still for nothing and was given no time, before it is written, too."""
    for name, value in {"pauses": [], "extensions": [], "epoch": 0, "rung": "", "imported": False}.items():
        values.setdefault(name, value)
    values.setdefault("quiet_reason", "")


@event.listens_for(Request, "init")
@event.listens_for(Preservation, "init")
def _has_no_clock(row: Request | Preservation, _args: object, _values: object) -> None:
    """What is new has none, and nobody need ask for them; nor has a new request a hold."""
    set_committed_value(row, "clocks", [])
    if isinstance(row, Request):
        set_committed_value(row, "preservations", [])
