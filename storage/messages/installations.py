"""Installations: which Slack workspaces let the desk in, with which token; and the states of links to install it.

In: rows as slack_sdk's models make them. Out: the token of one workspace. A workspace has one installation: a new one
takes the place of the old. Whoever reads these tables can speak as the desk: tokens are kept as they are.
Why not slack_sdk's own stores: they import SQLAlchemy's asyncio half, which needs a compiled library that nothing else
here does; and they commit by themselves, beside the one writer and without an audit line. The tables are theirs.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select

from storage.database.unit_of_work import UnitOfWork
from storage.models import SlackBot, SlackInstallation, SlackState

Values = Mapping[str, Any]


def save(work: UnitOfWork, client_id: str, installation: Values, bot: Values) -> None:
    """Put an installation of the app with this client id on record."""
    team = installation["team_id"]
    _delete(work, client_id, team)
    for model, values in ((SlackInstallation, installation), (SlackBot, bot)):
        plain = {name: _naive(value) if isinstance(value, datetime) else value for name, value in values.items()}
        work.session.add(model(**plain | {"client_id": client_id, "installed_at": _naive(work.now)}))
    after = {"name": installation["team_name"], "by": installation["user_id"]}
    work.audit("workspace installed", f"slack:{team}", after=after)


def token(work: UnitOfWork, client_id: str, team: str) -> str | None:
    """What opens a workspace. Teams are unique in all of Slack, so nobody asks for the organisation."""
    query = select(SlackBot.bot_token).where(SlackBot.client_id == client_id, SlackBot.team_id == team)
    return work.session.scalars(query.order_by(SlackBot.installed_at.desc())).first()


def forget(work: UnitOfWork, client_id: str, team: str) -> None:
    """A workspace has taken the app away."""
    if _delete(work, client_id, team):
        work.audit("workspace gone", f"slack:{team}")


def issue(work: UnitOfWork, state: str, *, seconds: float) -> None:
    """Take note of a state; it is good for so long."""
    work.session.add(SlackState(state=state, expire_at=_naive(work.now + timedelta(seconds=seconds))))


def consume(work: UnitOfWork, state: str) -> bool:
    """Whether the state is one of ours and still good. It is good once, whoever asks at the same moment."""
    good = delete(SlackState).where(SlackState.state == state, SlackState.expire_at > _naive(work.now))
    return work.session.execute(good.returning(SlackState.id)).first() is not None


def let_go(work: UnitOfWork) -> int:
    """Delete the states whose time is up: most people who open the address do not come back. How many."""
    old = delete(SlackState).where(SlackState.expire_at <= _naive(work.now))
    return len(work.session.execute(old.returning(SlackState.id)).all())


def _delete(work: UnitOfWork, client_id: str, team: str) -> bool:
    found = False
    for model in (SlackInstallation, SlackBot):
        gone = delete(model).where(model.client_id == client_id, model.team_id == team).returning(model.id)
        found = bool(work.session.execute(gone).all()) or found
    return found


def _naive(moment: datetime) -> datetime:
    """As slack_sdk keeps times: UTC that does not say so."""
    return moment.astimezone(UTC).replace(tzinfo=None)
