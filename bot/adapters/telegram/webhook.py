"""Webhook: Telegram posts what happened, one update at a time.

In: requests from anybody. Out: updates for the listener. 200 comes after the commit; 503 where nothing could be
kept, and Telegram posts it again. What is not Telegram's is answered by a number and without a word: 401 without our
secret, 415 no JSON, 400 broken (413, too long, by the port). Bodies are never logged.
Why not the library's handler: it compares the secret with `!=`, and says 200 before anything is handled.
Source: core.telegram.org/bots/api, "setWebhook" (`X-Telegram-Bot-Api-Secret-Token`).
"""

import hmac
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from bot.adapters.payloads import json_object
from bot.adapters.telegram.listener import Listener
from bot.logs import HOSTILE

log = logging.getLogger(HOSTILE)

SECRET = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of a header


class WebhookDoor:
    """The address Telegram posts to. `listener` is there once the bot knows who it is."""

    def __init__(self, url: str, secret: str) -> None:
        self._path, self._secret = urlsplit(url).path or "/", secret
        self.listener: Listener | None = None

    @property
    def routes(self) -> tuple[web.RouteDef, ...]:
        """For the process's HTTP port."""
        return (web.post(self._path, self.handle),)

    async def handle(self, request: web.Request) -> web.Response:
        """Check one request, and give its update to the listener."""
        body = await request.read()
        refused = self._refused(request, body)
        if refused:
            log.warning("a request that is not for us: %d", refused)
            return web.Response(status=refused)
        kept = self.listener is not None and await self.listener.take(_update(body) or {})
        return web.Response(status=HTTPStatus.OK if kept else HTTPStatus.SERVICE_UNAVAILABLE)

    def _refused(self, request: web.Request, body: bytes) -> HTTPStatus | None:
        """The number to answer with; None for what is Telegram's."""
        checks = (
            (self._is_telegrams(request), HTTPStatus.UNAUTHORIZED),
            (request.content_type == "application/json", HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
            (_update(body) is not None, HTTPStatus.BAD_REQUEST),
        )
        return next((status for passed, status in checks if not passed), None)

    def _is_telegrams(self, request: web.Request) -> bool:
        """Whether it carries our secret, compared in constant time, whatever bytes it is made of."""
        given = request.headers.get(SECRET, "").encode("utf-8", "surrogateescape")
        return hmac.compare_digest(given, self._secret.encode())


def _update(body: bytes) -> Mapping[str, Any] | None:
    """The update in a body; None for what is none."""
    found = json_object(body)
    return found if found and isinstance(found.get("update_id"), int) else None
