"""Arrivals: who speaks from which account, in which room and workspace, and whether that is news; one question.

In: what a platform tells of a message. Out: rows, loaded with what every turn needs of them. Asked once in a
transaction, whoever of a turn wants to know; a role that was taken away counts from the next message on.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Boolean, Select, and_, bindparam, exists, false, func, literal, null, or_, select
from sqlalchemy.orm import aliased, contains_eager

from storage.database.unit_of_work import UnitOfWork
from storage.exposure import ceilings, externals
from storage.models import Account, Authority, Channel, Membership, Person, Workspace


class Arrival(Protocol):
    """A message as its platform tells of it; see `bot/adapters/contract.py`, Inbound."""

    @property
    def platform(self) -> str: ...  # noqa: D102 - told there
    @property
    def account(self) -> str: ...  # noqa: D102
    @property
    def room(self) -> str: ...  # noqa: D102
    @property
    def thread(self) -> str: ...  # noqa: D102
    @property
    def workspace(self) -> str: ...  # noqa: D102
    @property
    def guest(self) -> bool | None: ...  # noqa: D102
    @property
    def shared(self) -> bool | None: ...  # noqa: D102
    @property
    def room_name(self) -> str: ...  # noqa: D102
    @property
    def mentions(self) -> tuple[tuple[str, str], ...]: ...  # noqa: D102
    @property
    def member(self) -> bool | None: ...  # noqa: D102


@dataclass(frozen=True)
class Arrived:
    """What is on record of a message's author and place. `account`: linked or revoked; `room`: not one that was left.

    `is_news`: the platform says otherwise of one of them.
    """

    account: Account | None
    room: Channel | None
    is_news: bool


Question = Select[*tuple[Any, ...]]

_GUEST, _SHARED = bindparam("guest", type_=Boolean()), bindparam("shared", type_=Boolean())
_SERVED = aliased(Authority)
_THREAD = aliased(Channel)
_AUTHOR_IS_NEWS = and_(_GUEST.is_not(None), func.coalesce(Account.outside, false()) != _GUEST)
_ROOM_IS_NEWS = exists().where(
    _THREAD.platform == bindparam("platform"),
    _THREAD.external_id == bindparam("room"),
    _THREAD.left_at.is_(None),
    or_(
        and_(_SHARED.is_not(None), func.coalesce(_THREAD.outside, false()) != _SHARED),
        and_(bindparam("room_name") != "", _THREAD.title != bindparam("room_name")),
    ),
)
_MESSAGE = select(literal(1).label("one")).subquery("message")  # one row, also where nothing is known of it


def _question(*, in_room: bool) -> Question:
    """Between a person and the desk alone no room is read: with what belongs to it, that is half the work."""
    question: Question = (
        select(Account, Channel, Workspace.ceiling, or_(_AUTHOR_IS_NEWS, _ROOM_IS_NEWS))
        if in_room
        else select(Account, null(), Workspace.ceiling, _AUTHOR_IS_NEWS)
    )
    question = (
        question.select_from(_MESSAGE)
        .outerjoin(
            Account, and_(Account.platform == bindparam("platform"), Account.external_id == bindparam("account"))
        )
        .outerjoin(Account.person)
        .outerjoin(Person.memberships)
        .outerjoin(Membership.authority)
        .outerjoin(
            Workspace,
            and_(Workspace.platform == bindparam("platform"), Workspace.external_id == bindparam("workspace")),
        )
        .options(contains_eager(Account.person).contains_eager(Person.memberships).contains_eager(Membership.authority))
        .order_by(Membership.id)
    )
    if not in_room:
        return question
    where = and_(
        Channel.platform == bindparam("platform"),
        Channel.external_id == bindparam("room"),
        Channel.thread == bindparam("thread"),
        Channel.left_at.is_(None),
    )
    question = question.outerjoin(Channel, where).outerjoin(Channel.authority.of_type(_SERVED))
    return question.options(contains_eager(Channel.authority.of_type(_SERVED)))


ARRIVED = {in_room: _question(in_room=in_room) for in_room in (True, False)}


def of(work: UnitOfWork, arrival: Arrival) -> Arrived:
    """What is on record of it."""
    return work.once(_key(arrival), lambda: ask(work, arrival, ARRIVED, {})[0])


def ask(
    work: UnitOfWork, arrival: Arrival, questions: Mapping[bool, Question], asked: Mapping[str, object]
) -> tuple[Arrived, Sequence[Any]]:
    """The same with more in one question. questions: `ARRIVED` with columns added; asked: their parameters."""
    names = ("platform", "account", "room", "thread", "workspace", "guest", "shared")
    facts = {name: getattr(arrival, name) for name in names} | {"room_name": externals.title(arrival.room_name)}
    question = questions[bool(arrival.room)]
    row = work.session.execute(question, facts | dict(asked)).unique().all()[0]  # one more for each role of the person
    account, room, ceiling, is_news = row[:4]
    ceilings.remember(work, arrival.platform, arrival.workspace, ceiling)
    return work.once(_key(arrival), lambda: Arrived(account, room, bool(is_news))), row


def _key(arrival: Arrival) -> Hashable:
    return "arrival", arrival.platform, arrival.account, arrival.room, arrival.thread, arrival.workspace
