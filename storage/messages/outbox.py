"""The outbox: messages to send, written with the change that causes them, taken and settled by delivery.

In: a notice for one recipient, inside the transaction of its cause. Out: at most one row for one cause, notice,
recipient and record. The route (platform) is decided when a row is put; whether it may still be said, when it is sent.
"""

from collections.abc import Collection
from datetime import datetime
from typing import ClassVar, Protocol

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects import postgresql, sqlite

from storage.database.unit_of_work import UnitOfWork
from storage.exposure.labels import Label
from storage.models import Account, Channel, OutboxRow, Person, Recipient
from storage.serialization import encode

CONSOLE = "console"  # the route to a person without an account elsewhere: said when they next open a terminal


class Sayable(Protocol):
    """A notice: a dataclass with the name of its template. `is_card`: it is edited where it stands."""

    is_card: ClassVar[bool]

    @property
    def template(self) -> str: ...  # noqa: D102 - the class says it


def put(
    work: UnitOfWork,
    *,
    cause: str,
    notice: Sayable,
    facts: object = None,
    recipient: Recipient,
    label: Label,
    subject: str = "",
    not_before: datetime | None = None,
    wait: bool = False,
    urgent: bool = False,
    platform: str = "",
) -> bool:
    """Queue a notice. False where the same cause already says it to the same recipient.

    facts: those of the notice that are kept, where not all are.
    wait: it may wait for their morning. urgent: it breaks quiet hours.
    platform: the route, where it is not the recipient's usual one.
    """
    insert = postgresql.insert if work.postgres else sqlite.insert
    statement = insert(OutboxRow).values(
        cause=cause,
        notice=notice.template,
        fields=encode(notice) if facts is None else facts,
        recipient=recipient,
        platform=platform or route(work, recipient),
        label=label,
        subject=subject,
        not_before=not_before or work.now,
        state="pending",
        wait=wait,
        urgent=urgent,
        card=notice.is_card,
        marked=False,
        attempts=0,
        outcome="",
    )
    return work.session.execute(statement.on_conflict_do_nothing().returning(OutboxRow.id)).first() is not None


def route(work: UnitOfWork, recipient: Recipient, *, besides: str = "") -> str:
    """The platform a recipient is reached on: a room's own; a person's wish, else their first linked account.

    besides: a platform that a person cannot be reached on now.
    """
    if recipient.is_channel:
        return work.session.scalars(select(Channel.platform).where(Channel.id == recipient.number)).one()
    return work.session.scalars(
        select(route_column(Person, besides=besides)).where(Person.id == recipient.number)
    ).one()


def route_column(person: type[Person], *, besides: str = "") -> ColumnElement[str]:
    """The same as a column, for a question about many people. person: `Person`, or an alias of it."""
    linked = select(Account.platform).where(Account.person_id == person.id, Account.revoked_at.is_(None))
    linked = linked.where(Account.platform != besides).order_by(Account.id).limit(1).correlate(person)
    wish = linked.where(Account.platform == person.reach)
    return func.coalesce(wish.scalar_subquery(), linked.scalar_subquery(), CONSOLE)


def next_route(work: UnitOfWork, recipient: Recipient, platform: str, *, besides: Collection[str] = ()) -> str:
    """Where a person is reached when that platform fails: their next account, each once; empty where none is left.

    besides: platforms that fail, too.
    """
    person = None if recipient.is_channel else work.session.get(Person, recipient.number)
    linked = person.platforms if person else ()
    routes = list(dict.fromkeys((route(work, recipient), *linked))) if linked else []
    after = routes[routes.index(platform) + 1 :] if platform in routes else []
    return next((one for one in after if one not in besides), "")
