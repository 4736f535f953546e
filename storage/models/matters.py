"""Tables of cases: case, participant, watch, proposal, note, request, past move, target, preservation."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, Index, String, Text, TextClause, UniqueConstraint, event, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.models.base import Base
from storage.models.parties import Authority, Person
from storage.models.spelled import folding

if TYPE_CHECKING:
    from storage.models.timing import Clock

NOT_RED = text("label <> 'TLP:RED'")
"""A case that only named people see keeps nobody else from using its file number."""


OPEN_CASE = text("closed_at IS NULL")
FOR_ANOTHER = text("agency_id <> sender_id AND agency_id <> recipient_id")
"""A request in the case of an agency that is neither of its two sides: a guest's."""


def _partial(name: str, *columns: str, where: TextClause) -> Index:
    return Index(name, *columns, sqlite_where=where, postgresql_where=where)


class Case(Base):
    """One matter, owned by one agency, shared with others by name. `CCW-2026-0042`."""

    __tablename__ = "case"
    __table_args__ = (
        Index(
            "ix_case_own_reference",
            "agency_id",
            "own_reference",
            unique=True,
            sqlite_where=NOT_RED,
            postgresql_where=NOT_RED,
        ),
        Index("ix_case_agency_opened", "agency_id", "opened_at"),
        Index("ix_case_own_reference_folded", "own_reference_folded", "agency_id"),  # also of cases shared with us
        Index("ix_case_agency", "agency_id", "id"),
        Index("ix_case_label", "agency_id", "label", "id"),
        _partial("ix_case_open", "agency_id", "id", where=OPEN_CASE),
        _partial("ix_case_open_label", "agency_id", "label", "id", where=OPEN_CASE),
        _partial("ix_case_open_lead", "lead_id", "id", where=OPEN_CASE),
        Index("ix_case_lead", "lead_id", "id"),
        _partial("ix_case_without_lead", "opened_by", "id", where=text("lead_id IS NULL")),
        _partial("ix_case_merged", "merged_into_id", where=text("merged_into_id IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(40), unique=True)
    ref_folded: Mapped[str | None] = folding("ref")
    agency_id: Mapped[int] = mapped_column(ForeignKey("authority.id"))
    year: Mapped[int]
    number: Mapped[int] = mapped_column(index=True)
    title: Mapped[str] = mapped_column(String(300))
    title_folded: Mapped[str | None] = folding("title")
    category: Mapped[str] = mapped_column(String(40))
    label: Mapped[str] = mapped_column(String(20))
    own_reference: Mapped[str | None] = mapped_column(String(100))  # the agency's file or diary number
    own_reference_folded: Mapped[str | None] = folding("own_reference")
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    opened_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    merged_into_id: Mapped[int | None]  # the case that this one became part of
    version: Mapped[int] = mapped_column(default=0)

    agency: Mapped[Authority] = relationship()
    lead: Mapped[Person | None] = relationship(foreign_keys=[lead_id])
    opener: Mapped[Person] = relationship(foreign_keys=[opened_by])
    participants: Mapped[list["Participant"]] = relationship(back_populates="case", order_by="Participant.id")
    requests: Mapped[list["Request"]] = relationship(back_populates="case", order_by="Request.number")
    preservations: Mapped[list["Preservation"]] = relationship(back_populates="case", order_by="Preservation.number")
    watches: Mapped[list["Watch"]] = relationship(order_by="Watch.id")
    merged_into: Mapped["Case | None"] = relationship(
        primaryjoin="foreign(Case.merged_into_id) == remote(Case.id)", back_populates="parts"
    )
    parts: Mapped[list["Case"]] = relationship(
        primaryjoin="Case.id == remote(foreign(Case.merged_into_id))", back_populates="merged_into", order_by="Case.id"
    )
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads a plain dict here

    @property
    def whole(self) -> "Case":
        """The case that this one is part of in the end: itself where it was not merged."""
        return self.merged_into.whole if self.merged_into else self

    @property
    def together(self) -> list["Case"]:
        """This case, and every one that became part of it."""
        return [self, *(one for part in self.parts for one in part.together)]


class Participant(Base):
    """A person or an authority the case is shared with, by name."""

    __tablename__ = "participant"
    __table_args__ = (
        UniqueConstraint("case_id", "person_id", "authority_id"),
        Index("ix_participant_person", "person_id", "case_id"),
        Index("ix_participant_authority", "authority_id", "case_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    authority_id: Mapped[int | None] = mapped_column(ForeignKey("authority.id"))
    added_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    added_at: Mapped[datetime]

    case: Mapped[Case] = relationship(back_populates="participants")
    person: Mapped[Person | None] = relationship(foreign_keys=[person_id])
    authority: Mapped[Authority | None] = relationship()


class Watch(Base):
    """Somebody wants to hear what happens to a case. It gives no sight of it."""

    __tablename__ = "watch"
    __table_args__ = (UniqueConstraint("case_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    at: Mapped[datetime]

    person: Mapped[Person] = relationship()


class Proposal(Base):
    """An act on many records that one person asked for and a second has to agree to. `facts`: what it is about.

    `agreed_by`: the second person; None while one is missing.
    """

    __tablename__ = "proposal"

    id: Mapped[int] = mapped_column(primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authority.id"), index=True)
    act: Mapped[str] = mapped_column(String(40))
    facts: Mapped[dict[str, Any]]
    asked_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[datetime]
    agreed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    agreed_at: Mapped[datetime | None]

    asker: Mapped[Person] = relationship(foreign_keys=[asked_by])


class Note(Base):
    """What somebody wrote on a case. `request_id` where it concerns one request."""

    __tablename__ = "note"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    request_id: Mapped[int | None] = mapped_column(ForeignKey("request.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    text: Mapped[str] = mapped_column(String(8000))
    text_folded: Mapped[str | None] = folding("text")
    at: Mapped[datetime]

    case: Mapped[Case] = relationship()
    request: Mapped["Request | None"] = relationship()
    person: Mapped[Person] = relationship()


class Request(Base):
    """One ask for information under one instrument. `status` is written only by `lifecycle.move`.

    `fields` holds the instrument's required fields by code; `parts` the outcome by kind of data: `{"bsi": {"outcome":
    "produced", "on": "2026-03-02"}}`; `refusals` each refusal's codes, date and by whom it was recorded.
    """

    __tablename__ = "request"
    __table_args__ = (
        UniqueConstraint("case_id", "number"),
        Index("ix_request_open", "recipient_id", "status"),
        Index("ix_request_sender", "sender_id", "status"),
        Index("ix_request_filed", "agency_id", "filed_at"),  # these three: a week's figures, a register's days
        Index("ix_request_sent", "agency_id", "sent_on"),
        Index("ix_request_answered", "agency_id", "answered_on"),
        _partial("ix_request_part", "agency_id", "part_on", where=text("part_on IS NOT NULL")),
        Index("ix_request_answers", "recipient_id", "instrument", "answered_on"),  # how long somebody takes
        Index("ix_request_agency", "agency_id", "direction", "id"),
        Index("ix_request_agency_status", "agency_id", "status", "direction", "id"),
        Index("ix_request_counterpart", "agency_id", "party_id", "id"),
        Index("ix_request_counterpart_status", "agency_id", "party_id", "status", "id"),
        Index("ix_request_party", "party_id", "direction", "id"),
        Index("ix_request_party_status", "party_id", "status", "direction", "id"),
        Index("ix_request_case_status", "case_id", "status"),
        Index("ix_request_filed_by", "filed_by", "status"),
        _partial("ix_request_emergency", "agency_id", "status", where=text("emergency")),
        _partial("ix_request_parent", "parent_id", where=text("parent_id IS NOT NULL")),
        _partial("ix_request_sent_for_another", "sender_id", where=FOR_ANOTHER),
        _partial("ix_request_received_for_another", "recipient_id", where=FOR_ANOTHER),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(50), unique=True)
    ref_folded: Mapped[str | None] = folding("ref")
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    agency_id: Mapped[int] = mapped_column(ForeignKey("authority.id"))  # these two: see owners.py
    party_id: Mapped[int] = mapped_column(ForeignKey("authority.id"))
    number: Mapped[int]
    direction: Mapped[str] = mapped_column(String(10))  # outgoing | incoming
    sender_id: Mapped[int] = mapped_column(ForeignKey("authority.id"))
    recipient_id: Mapped[int] = mapped_column(ForeignKey("authority.id"))
    instrument: Mapped[str] = mapped_column(String(40))
    paper: Mapped[str | None] = mapped_column(String(60))  # code of the legal paper; None: not said (old registers)
    basis: Mapped[str] = mapped_column(String(1000), default="")
    basis_folded: Mapped[str | None] = folding("basis")
    reason: Mapped[str] = mapped_column(String(4000), default="")
    data: Mapped[list[str]]
    fields: Mapped[dict[str, Any]] = mapped_column(default=dict)
    emergency: Mapped[bool] = mapped_column(default=False)
    status: Mapped[str] = mapped_column(String(30), index=True)
    status_at: Mapped[datetime]
    status_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    their_reference: Mapped[str] = mapped_column(String(100), default="")
    their_reference_folded: Mapped[str | None] = folding("their_reference")
    question: Mapped[str] = mapped_column(String(2000), default="")  # the open clarification, in their words
    despite: Mapped[str] = mapped_column(String(1000), default="")  # why pre-flight warnings were overridden
    filed_at: Mapped[datetime]
    filed_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    sent_on: Mapped[date | None]
    answered_on: Mapped[date | None]
    part_on: Mapped[date | None]  # of the last answer that did not decide all of it
    parts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    refusals: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("request.id"))
    version: Mapped[int] = mapped_column(default=0)

    case: Mapped[Case] = relationship(back_populates="requests")
    sender: Mapped[Authority] = relationship(foreign_keys=[sender_id])
    recipient: Mapped[Authority] = relationship(foreign_keys=[recipient_id])
    mover: Mapped[Person] = relationship(foreign_keys=[status_by])
    filer: Mapped[Person] = relationship(foreign_keys=[filed_by])
    parent: Mapped["Request | None"] = relationship(remote_side="Request.id")
    targets: Mapped[list["Target"]] = relationship(back_populates="request", order_by="Target.id")
    clocks: Mapped[list["Clock"]] = relationship(order_by="Clock.id", viewonly=True)  # a new one: `clocks.start`
    preservations: Mapped[list["Preservation"]] = relationship(
        secondary="preservation_request", back_populates="requests"
    )
    taken: Mapped["Clock | None"] = relationship(
        primaryjoin="and_(Clock.request_id == Request.id, Clock.kind == 'taken', Clock.ended_at.is_(None))",
        viewonly=True,
    )
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads a plain dict here

    @property
    def accounts(self) -> list[str]:
        """The identifiers asked about, as typed."""
        return [target.typed for target in self.targets]


class PastMove(Base):
    """One move of a request, with how the request and its clocks stood before: what `request undo` goes back to."""

    __tablename__ = "past_move"

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("request.id"), index=True)
    word: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
    by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    before: Mapped[dict[str, Any]]
    undone_at: Mapped[datetime | None]

    request: Mapped[Request] = relationship()
    mover: Mapped[Person] = relationship()


class Target(Base):
    """One account that a request asks about, or that a hold keeps.

    `key` is the same for every spelling (`storage/reference/accounts.py`). `outcome`: what came of it, and on which
    day; None: as of its request (`storage/rules/outcomes.py`). `answer`: by which of the answers, counted from 1, with
    the codes of its reasons and who recorded it: `{"number": 2, "because": ["wrong_identifier"], "by": "P1"}`.
    """

    __tablename__ = "target"
    __table_args__ = (
        _partial("ix_target_preservation", "preservation_id", where=text("preservation_id IS NOT NULL")),
        _partial("ix_target_outcome", "outcome_on", where=text("outcome_on IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int | None] = mapped_column(ForeignKey("request.id"), index=True)
    preservation_id: Mapped[int | None] = mapped_column(ForeignKey("preservation.id"))
    typed: Mapped[str] = mapped_column(Text)  # what holds kept before there was a limit may be long
    typed_folded: Mapped[str | None] = folding("typed")
    key: Mapped[str] = mapped_column(String(500), index=True)
    outcome: Mapped[str | None] = mapped_column(String(20))  # produced | refused | not_held
    outcome_on: Mapped[date | None]
    answer: Mapped[dict[str, Any] | None]

    request: Mapped[Request | None] = relationship(back_populates="targets")
    preservation: Mapped["Preservation | None"] = relationship(back_populates="targets")


class Preservation(Base):
    """A hold on data: a provider's, that we ask for; or our own, where somebody asks us (`asker`).

    Own expiry, own renewals, tied to the requests that need the data. `CCW-2026-0042/P1`. Written only by
    `storage/rules/holds.py`, which tells from these facts where it stands. `recipient`: who keeps the data, whose day
    the last one is. `production`: the request for production that it is kept for until that is decided. `past`: how it
    stood before each word on it, the newest last; `preservation undo` goes back to that.
    """

    __tablename__ = "preservation"
    __table_args__ = (
        UniqueConstraint("case_id", "number"),
        _partial("ix_preservation_alive", "agency_id", "expires_on", "id", where=text("closed_at IS NULL")),
        Index("ix_preservation_recipient", "recipient_id", "agency_id", "asked_on"),
        Index("ix_preservation_asked", "agency_id", "asked_on"),
        _partial("ix_preservation_newest", "agency_id", "id", where=text("closed_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(50), unique=True)
    ref_folded: Mapped[str | None] = folding("ref")
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    agency_id: Mapped[int] = mapped_column(ForeignKey("authority.id"))  # see owners.py
    number: Mapped[int]
    recipient_id: Mapped[int] = mapped_column(ForeignKey("authority.id"))
    instrument: Mapped[str] = mapped_column(String(40))
    data: Mapped[list[str]]
    asked_on: Mapped[date]
    confirmed_on: Mapped[date | None]
    expires_on: Mapped[date | None]
    renewals: Mapped[list[dict[str, Any]]] = mapped_column(default=list)  # [{"on", "days": 90, "proof", "remark"}]
    proof: Mapped[str] = mapped_column(String(200), default="")
    asker_id: Mapped[int | None]  # an authority
    emergency: Mapped[bool] = mapped_column(default=False, server_default=false())
    question: Mapped[str] = mapped_column(String(2000), default="", server_default="")  # open, in their words
    issued_on: Mapped[date | None]
    production_id: Mapped[int | None]  # a request
    released_on: Mapped[date | None]  # nobody needs it any longer
    informed_on: Mapped[date | None]  # and whoever keeps it knows
    closed_at: Mapped[datetime | None]
    past: Mapped[list[dict[str, Any]]] = mapped_column(default=list, server_default=text("'[]'"))
    version: Mapped[int] = mapped_column(default=0)

    case: Mapped[Case] = relationship(back_populates="preservations")
    recipient: Mapped[Authority] = relationship(foreign_keys=[recipient_id])
    asker: Mapped[Authority | None] = relationship(primaryjoin="foreign(Preservation.asker_id) == Authority.id")
    production: Mapped[Request | None] = relationship(primaryjoin="foreign(Preservation.production_id) == Request.id")
    requests: Mapped[list[Request]] = relationship(secondary="preservation_request", back_populates="preservations")
    targets: Mapped[list[Target]] = relationship(back_populates="preservation", order_by=Target.id)
    clocks: Mapped[list["Clock"]] = relationship(order_by="Clock.id", viewonly=True)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads a plain dict here

    @property
    def direction(self) -> str:
        """Whether we ask, or are asked, as of a request."""
        return "incoming" if self.asker_id or self.asker else "outgoing"

    @property
    def accounts(self) -> list[str]:
        """The accounts whose data is kept, as typed."""
        return [target.typed for target in self.targets]


@event.listens_for(Preservation, "init")
def _has_no_past(_row: Preservation, _args: object, values: dict[str, Any]) -> None:
    """What is new has nothing said of it yet, before it is written, too."""
    for name, value in {"renewals": [], "proof": "", "question": "", "past": [], "emergency": False}.items():
        values.setdefault(name, value)


class PreservationRequest(Base):
    """Which requests need the data that a preservation keeps."""

    __tablename__ = "preservation_request"

    preservation_id: Mapped[int] = mapped_column(ForeignKey("preservation.id"), primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("request.id"), primary_key=True, index=True)
