"""Installations: which Slack workspaces let the desk in, with which token; and which links to install it were used.

In: rows as slack_sdk's models make them. Out: the token of one workspace. A workspace has one installation: a new one
takes the place of the old. Whoever reads these tables can speak as the desk: tokens are kept as they are.
Why not slack_sdk's own stores: they import SQLAlchemy's asyncio half, which needs a compiled library that nothing else
here does; and they commit by themselves, beside the one writer and without an audit line. The tables are theirs.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, select

from storage.database.unit_of_work import UnitOfWork
from storage.messages import memos
from storage.models import SlackBot, SlackInstallation, SlackState

Values = Mapping[str, Any]
USED = "installed:"


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


def use(work: UnitOfWork, state: str, *, until: datetime) -> bool:
    """Whether a state is still good, and was not used before. It is good once, whoever asks at the same moment."""
    return until > work.now and memos.put_once(work, USED, hashlib.sha256(state.encode()).hexdigest(), until=until)


def let_go(work: UnitOfWork) -> int:
    """Delete the states whose time is up, which slack_sdk's own tools leave here, and we did once. How many."""
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
