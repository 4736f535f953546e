"""What is to be said: rows written with the change that causes them, taken and settled by delivery.

In: a notice for one recipient, inside the transaction of its cause. Out: at most one row for one cause, notice and
recipient. The road (platform) is decided when the row is put; whether it may still be said, when it is sent.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from storage.labels import Label
from storage.models import Account, Channel, Outbound, Person
from storage.plain import encode
from storage.unit_of_work import UnitOfWork

CONSOLE = "console"  # the road to a person without an account elsewhere: said when they next open a terminal


class Sayable(Protocol):
    """A notice: a dataclass with the name of its template."""

    @property
    def template(self) -> str: ...  # noqa: D102 - the class says it


def put(
    work: UnitOfWork,
    *,
    cause: str,
    notice: Sayable,
    recipient: str,
    label: Label,
    subject: str = "",
    not_before: datetime | None = None,
    wait: bool = False,
    urgent: bool = False,
    platform: str = "",
) -> bool:
    """Queue a notice. False where the same cause already says it to the same recipient.

    recipient: "person:7" or "channel:3". wait: it may wait for their morning. urgent: it breaks quiet hours.
    platform: the road, where it is not the recipient's usual one.
    """
    insert = postgresql.insert if work.postgres else sqlite.insert
    statement = insert(Outbound).values(
        cause=cause,
        notice=notice.template,
        fields=encode(notice),
        recipient=recipient,
        platform=platform or road(work, recipient),
        label=label,
        subject=subject,
        not_before=not_before or work.now,
        state="pending",
        wait=wait,
        urgent=urgent,
        marked=False,
        attempts=0,
        outcome="",
    )
    return work.session.execute(statement.on_conflict_do_nothing().returning(Outbound.id)).first() is not None


def road(work: UnitOfWork, recipient: str, *, besides: str = "") -> str:
    """The platform a recipient is reached on: a room's own; a person's wish, else their first linked account.

    besides: a platform that a person cannot be reached on now.
    """
    kind, _, number = recipient.partition(":")
    if kind == "channel":
        return work.session.scalars(select(Channel.platform).where(Channel.id == int(number))).one()
    person = select(Person.reach).where(Person.id == int(number))
    linked = select(Account.platform).where(Account.person_id == int(number), Account.revoked_at.is_(None))
    accounts = work.session.scalars(linked.where(Account.platform != besides).order_by(Account.id)).all()
    return _chosen(work.session.scalars(person).one(), accounts)


def road_of(person: Person) -> str:
    """The same for a person whose accounts are at hand: no further question to the database."""
    return _chosen(person.reach, [account.platform for account in person.accounts if account.revoked_at is None])


def next_road(work: UnitOfWork, recipient: str, platform: str) -> str:
    """Where a person is reached when that platform fails: their next account, each once; empty where none is left."""
    kind, _, number = recipient.partition(":")
    person = work.session.get(Person, int(number)) if kind == "person" else None
    linked = [account.platform for account in person.accounts if account.revoked_at is None] if person else []
    first = road_of(person) if person else ""
    roads = list(dict.fromkeys((first, *linked)))
    return roads[roads.index(platform) + 1] if platform in roads[:-1] else ""


def _chosen(wish: str | None, linked: Sequence[str]) -> str:
    return wish if wish and wish in linked else next(iter(linked), CONSOLE)
