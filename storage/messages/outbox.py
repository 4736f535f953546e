"""The outbox: messages to send, written with the change that causes them, taken and settled by delivery.

In: a notice for one recipient, inside the transaction of its cause. Out: at most one row for one cause, notice,
recipient and record. The route (platform) is decided when a row is put; whether it may still be said, when it is sent.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, ClassVar, Protocol, Required, TypedDict, Unpack, cast

from sqlalchemy import ColumnElement, Select, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite

from storage.database.unit_of_work import UnitOfWork
from storage.exposure.labels import Label
from storage.models import Account, Channel, OutboxRow, Person, Recipient
from storage.serialization import encode

_TABLE = cast("Table", OutboxRow.__table__)  # written without the ORM's bookkeeping: it stands in every turn
_INSERT = {
    postgres: insert(_TABLE).on_conflict_do_nothing()
    for postgres, insert in ((True, postgresql.insert), (False, sqlite.insert))
}
CONSOLE = "console"  # the route to a person without an account elsewhere: said when they next open a terminal


class Sayable(Protocol):
    """A notice: a dataclass with the name of its template. `is_card`: it is edited where it stands."""

    is_card: ClassVar[bool]

    @property
    def template(self) -> str: ...  # noqa: D102 - the class says it


class Put(TypedDict, total=False):
    """What is to be said to whom.

    facts: those of the notice that are kept, where not all are.
    wait: it may wait for their morning. urgent: it breaks quiet hours.
    platform: the route, where it is not the recipient's usual one.
    """

    cause: Required[str]
    notice: Required[Sayable]
    facts: object
    recipient: Required[Recipient]
    label: Required[Label]
    subject: str
    not_before: datetime | None
    wait: bool
    urgent: bool
    platform: str


def put(work: UnitOfWork, **says: Unpack[Put]) -> bool:
    """Put a notice on record now. False where the same cause already says it to the same recipient."""
    work.queued = True
    [row] = _routed(work, [_row(work, says)])
    return work.session.execute(_INSERT[work.postgres].returning(OutboxRow.id), row).first() is not None


def queue(work: UnitOfWork, **says: Unpack[Put]) -> None:
    """The same at the end of the transaction, with all that was queued in it, for whoever need not know if it was."""
    work.queued = True
    work.later(_write, _row(work, says))


def _write(work: UnitOfWork, rows: list[dict[str, Any]]) -> None:
    work.connection.execute(_INSERT[work.postgres], _routed(work, rows))


def _row(work: UnitOfWork, says: Put) -> dict[str, Any]:
    notice, facts = says["notice"], says.get("facts")
    return {
        "cause": says["cause"],
        "notice": notice.template,
        "fields": encode(notice) if facts is None else facts,
        "recipient": says["recipient"],
        "platform": says.get("platform", ""),
        "label": says["label"],
        "subject": says.get("subject", ""),
        "not_before": says.get("not_before") or work.now,
        "state": "pending",
        "wait": says.get("wait", False),
        "urgent": says.get("urgent", False),
        "card": notice.is_card,
        "marked": False,
        "attempts": 0,
        "outcome": "",
    }


def _routed(work: UnitOfWork, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows, each with a platform."""
    routes = _routes(work, {row["recipient"] for row in rows if not row["platform"]})
    return [row if row["platform"] else row | {"platform": routes[row["recipient"]]} for row in rows]


def route(work: UnitOfWork, recipient: Recipient, *, besides: str = "") -> str:
    """The platform a recipient is reached on: a room's own; a person's wish, else their first linked account.

    besides: a platform that a person cannot be reached on now.
    """
    return _routes(work, {recipient}, besides=besides)[recipient]


def _routes(work: UnitOfWork, recipients: Collection[Recipient], *, besides: str = "") -> dict[Recipient, str]:
    """The same of several, with one question for the people and one for the rooms."""
    found: dict[Recipient, str] = {}
    if rooms := [one.number for one in recipients if one.is_channel]:
        of_rooms = select(Channel.id, Channel.platform).where(Channel.id.in_(rooms))
        found |= {Recipient.channel(number): platform for number, platform in work.session.execute(of_rooms)}
    if people := [one.number for one in recipients if not one.is_channel]:
        of_people = select(Person.id, route_column(Person, besides=besides)).where(Person.id.in_(people))
        found |= {Recipient.person(number): platform for number, platform in work.session.execute(of_people)}
    return found


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


def platforms() -> Select[str]:
    """Each platform that stands in a row: with these, what waits is found by an index among all that was said.

    From one to the next in the index: as many steps as there are platforms.
    """
    found = select(func.min(OutboxRow.platform).label("name")).cte("platforms", recursive=True)
    following = select(func.min(OutboxRow.platform)).where(OutboxRow.platform > found.c.name).scalar_subquery()
    found = found.union_all(select(following).where(found.c.name.is_not(None)))
    return select(found.c.name).where(found.c.name.is_not(None))
