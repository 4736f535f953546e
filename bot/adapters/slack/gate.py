"""The first filter: only payloads of workspaces that installed the app go on.

In: payloads that are surely Slack's (`serve.py`). Out: those of workspaces that let us in go on; for the others Slack
gets its "ok" and nothing else happens. A workspace that takes the app away is forgotten here.
Why here and not among the listeners: what fails here gets no "ok", so Slack brings it again.
"""

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from slack_bolt.response import BoltResponse

from bot.adapters.slack import wire
from bot.adapters.slack.workspaces import Workspaces
from bot.logs import HOSTILE

log = logging.getLogger(HOSTILE)

GONE = ("app_uninstalled", "tokens_revoked")
"""Events by which a workspace may say that our token is good no more. Slack may send both, in any order."""

Go = Callable[[], Awaitable[Any]]


class Gate:
    """Middleware of Bolt's."""

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces = workspaces

    async def check(self, body: dict[str, Any], next_: Go) -> BoltResponse | None:
        """Let one payload on, or answer it. Errors: whatever keeps the record, or Slack, from being asked."""
        team = wire.workspace(body)
        if await self._workspaces.token(team) is None:
            log.warning("a payload of Slack workspace %s, which has not installed the app, is left", team)
        elif (body.get("event") or {}).get("type") in GONE:
            await self._workspaces.ended(team)
        else:
            await next_()
            return None
        return BoltResponse(status=HTTPStatus.OK)
