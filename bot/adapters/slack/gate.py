"""What is asked of every payload before a listener sees it; first, whether its workspace installed the app.

In: payloads that are surely Slack's (`serve.py`). Out: those of workspaces that let us in go on; for the others Slack
gets its "ok" and nothing else happens. A workspace that takes the app away is forgotten here.
Why here and not among the listeners: what fails here gets no "ok", so Slack brings it again.
"""

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.adapters.slack import wire
from bot.adapters.slack.workspaces import Workspaces
from bot.logs import HOSTILE

log = logging.getLogger(HOSTILE)

GONE = ("app_uninstalled", "tokens_revoked")
"""Events by which a workspace may say that our token is good no more. Slack may send both, in any order."""

Check = Callable[[dict[str, Any]], Awaitable[BoltResponse | None]]
"""Answers a payload; None lets it on."""


class Checks(AsyncMiddleware):
    """Middleware of Bolt's: asks some checks, one after the other.

    Why not a function for each: for a function Bolt collects all that it might want to be given.
    """

    def __init__(self, *checks: Check) -> None:
        self._checks = checks

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,  # noqa: ARG002 - Bolt's
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - Bolt's
    ) -> BoltResponse | None:
        """Let one payload on, or answer it. Errors: those of the checks."""
        for check in self._checks:
            if answer := await check(req.body):
                return answer
        return await next()


class Gate:
    """The first check."""

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces = workspaces

    async def check(self, body: dict[str, Any]) -> BoltResponse | None:
        """Let one payload on, or answer it. Errors: whatever keeps the record, or Slack, from being asked."""
        team = wire.workspace(body)
        if await self._workspaces.token(team) is None:
            log.warning("a payload of Slack workspace %s, which has not installed the app, is left", team)
        elif (body.get("event") or {}).get("type") in GONE:
            await self._workspaces.ended(team)
        else:
            return None
        return BoltResponse(status=HTTPStatus.OK)
