"""Tables of bodies, people and rooms: authority, holiday, person, membership, account, channel, workspace.

And how an account comes to its person: link code, link try.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.models.base import Base
from storage.models.spelled import folding


class Authority(Base):
    """Any body that sends or receives. An agency is an authority whose people use this desk (`is_agency`)."""

    __tablename__ = "authority"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    country: Mapped[str] = mapped_column(String(2))
    zone: Mapped[str] = mapped_column(String(60))
    weekends: Mapped[list[dict[str, Any]]]  # [{"from": iso date or null, "until": ..., "iso": [6, 7]}]
    holiday_calendar: Mapped[str | None] = mapped_column(String(10))
    role: Mapped[str] = mapped_column(String(30))
    channel: Mapped[str] = mapped_column(String(40))
    portal: Mapped[str | None] = mapped_column(String(200))
    notes: Mapped[str] = mapped_column(String(2000), default="")
    aliases: Mapped[list[str]] = mapped_column(default=list)
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    successor: Mapped[str | None] = mapped_column(String(40))
    prefix: Mapped[str | None] = mapped_column(String(20), unique=True)  # of case references; agencies only
    is_agency: Mapped[bool] = mapped_column(default=False)
    caution: Mapped[str] = mapped_column(
        String(500), default=""
    )  # what is not verified, said wherever the row is shown
    edited_at: Mapped[datetime | None]  # an administrator's word is kept when the reference files change
    host_id: Mapped[int | None]  # the agency that keeps it, while it has no administrator on this desk


class Holiday(Base):
    """One day that differs from the published calendar.

    A moon-sighted holiday that moved, a one-off, a working Saturday.
    """

    __tablename__ = "holiday"
    __table_args__ = (UniqueConstraint("calendar", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    calendar: Mapped[str] = mapped_column(String(40))  # a country's calendar ("PK") or one authority's code
    day: Mapped[date]
    name: Mapped[str] = mapped_column(String(100))
    working: Mapped[bool] = mapped_column(default=False)


class Person(Base):
    """A human. `acts_for` is the agency they speak for when they have several.

    `away_until`: the last day they are away, in their zone; `deputy_id`: who hears in their place until then.
    """

    __tablename__ = "person"
    __table_args__ = (Index("ix_person_name_folded", "name_folded"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))  # no identity: unique among the active of an agency
    name_folded: Mapped[str | None] = folding("name")
    email: Mapped[str | None] = mapped_column(String(200))
    phone: Mapped[str | None] = mapped_column(String(50))
    officer_id: Mapped[str | None] = mapped_column(String(50))
    language: Mapped[str] = mapped_column(String(10), default="en")
    zone: Mapped[str | None] = mapped_column(String(60))  # None: their agency's
    acts_for: Mapped[int | None]
    reach: Mapped[str | None] = mapped_column(String(20))  # the platform they want to be told on; None: their first
    active: Mapped[bool] = mapped_column(default=True)
    away_until: Mapped[date | None]
    deputy_id: Mapped[int | None]

    memberships: Mapped[list["Membership"]] = relationship(back_populates="person", order_by="Membership.id")
    accounts: Mapped[list["Account"]] = relationship(back_populates="person", order_by="Account.id")

    @property
    def actor(self) -> str:
        """How the audit chain names them: no name in it, so that a person can be forgotten."""
        return f"P{self.id}"

    @property
    def platforms(self) -> tuple[str, ...]:
        """Those they have an account on, the first linked first."""
        return tuple(dict.fromkeys(row.platform for row in self.accounts if row.revoked_at is None))


class Membership(Base):
    """One role of one person in one agency (for a liaison: the authority they act for)."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("person_id", "authority_id", "role"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authority.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    added_at: Mapped[datetime | None]
    added_by: Mapped[int | None]  # a person's id; None: at the command line
    ended_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(back_populates="memberships")
    authority: Mapped[Authority] = relationship()


class External:
    """What may be outside: a room that is shared with another organisation, an account of a guest of the workspace.

    `outside` is what the platform said last; None where it has not said. `admitted_at` and `admitted_by` (a person's
    id): an administrator let it in as it is now; both empty again when that changes.
    """

    outside: Mapped[bool | None]
    admitted_at: Mapped[datetime | None]
    admitted_by: Mapped[int | None]


class Account(External, Base):
    """A person on one platform. `external_id` is the platform's own ("TEAM/USER" on Slack)."""

    __tablename__ = "account"
    __table_args__ = (UniqueConstraint("platform", "external_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    platform: Mapped[str] = mapped_column(String(20))
    external_id: Mapped[str] = mapped_column(String(100))
    linked_at: Mapped[datetime]
    linked_by: Mapped[int | None]  # a person's id: who said that it is theirs, or began the code; None: command line
    revoked_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(back_populates="accounts")


class LinkCode(Base):
    """A code that links one more account to a person, once; or brings a role in an agency. Only its digest is kept.

    `person`: whose account it links; for an invitation, whoever began it.
    """

    __tablename__ = "link_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    begun_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    authority_id: Mapped[int | None]  # with a role: not an account but a role there comes with it
    role: Mapped[str | None] = mapped_column(String(20))

    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    beginner: Mapped[Person] = relationship(foreign_keys=[begun_by])


class LinkTry(Base):
    """A wrong code, typed by an account the desk does not know."""

    __tablename__ = "link_try"
    __table_args__ = (Index("ix_link_try_account_at", "platform", "external_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    platform: Mapped[str] = mapped_column(String(20))
    external_id: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime]


class Channel(External, Base):
    """A chat room the desk knows: the authority it serves, how much may be said there, and when it wants its digest.

    Times of day are local to `zone`, "HH:MM"; `summary` is "mon@08:30" or None; quiet hours may cross midnight.
    `host_id`: the agency that brought another authority into a room of its own; None where the authority asked itself.
    """

    __tablename__ = "channel"
    __table_args__ = (UniqueConstraint("platform", "external_id", "thread"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    platform: Mapped[str] = mapped_column(String(20))
    external_id: Mapped[str] = mapped_column(String(100))
    thread: Mapped[str] = mapped_column(String(50), default="")
    title: Mapped[str] = mapped_column(String(100), default="")
    authority_id: Mapped[int] = mapped_column(ForeignKey("authority.id"), index=True)
    host_id: Mapped[int | None] = mapped_column(ForeignKey("authority.id"))  # whose cases alone are spoken of here
    ceiling: Mapped[str] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(10), default="en")
    zone: Mapped[str] = mapped_column(String(60))
    digest_at: Mapped[str] = mapped_column(String(5), default="09:00")
    quiet_from: Mapped[str | None] = mapped_column(String(5))
    quiet_until: Mapped[str | None] = mapped_column(String(5))
    summary: Mapped[str | None] = mapped_column(String(10))
    next_digest_at: Mapped[datetime | None]
    next_summary_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]

    authority: Mapped[Authority] = relationship(foreign_keys=[authority_id])
    host: Mapped[Authority | None] = relationship(foreign_keys=[host_id])

    @property
    def called(self) -> str:
        """What people call it; until its platform has said that, whose room it is and where."""
        return self.title or f"{self.authority.code} ({self.platform})"


class Workspace(Base):
    """A part of a platform that others govern (a Slack workspace), and the most restrictive label shown in it.

    `set_by` is a person's id.
    """

    __tablename__ = "workspace"
    __table_args__ = (UniqueConstraint("platform", "external_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    platform: Mapped[str] = mapped_column(String(20))
    external_id: Mapped[str] = mapped_column(String(100))
    ceiling: Mapped[str] = mapped_column(String(20))
    set_at: Mapped[datetime]
    set_by: Mapped[int]
