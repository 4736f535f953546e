"""How payloads reach the desk: over HTTP, each one checked before anything else looks at it; or by Socket Mode.

In: requests from anybody, or a connection that the desk opened itself. Out: Slack's own payloads, for Bolt.
What is not Slack's is answered here, by a number and without a word: 401 not signed by Slack in the last five minutes,
415 no form or JSON, 400 broken or nested too deeply (413, too long, by the port). Bodies are never logged.
Why not Bolt's own check: a timestamp that is no number, or a signature in other letters, makes it fail with 500; and
it logs the whole body of what it refuses.
Source: docs.slack.dev, "Verifying requests from Slack", "Using Socket Mode".
"""

import asyncio
import logging
import re
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from urllib.parse import parse_qs

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.adapters.payloads import json_object
from bot.logs import HOSTILE

log = logging.getLogger(HOSTILE)

PATH = "/slack/events"  # for everything
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
LEAVE_SECONDS = 3.0  # for what is under way when the desk stops
PING_SECONDS = 10.0  # between signs of life of a socket, and between two tries to open one
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")


class SlackHttpDoor:
    """The address Slack posts to, with the signing secret of the app."""

    def __init__(self, bolt: AsyncApp, signing_secret: str) -> None:
        self._bolt, self._verifier = bolt, SignatureVerifier(signing_secret)

    @property
    def routes(self) -> tuple[web.RouteDef, ...]:
        """For the process's HTTP port."""
        return (web.post(PATH, self.handle),)

    async def handle(self, request: web.Request) -> web.Response:
        """Check one request, and give it to Bolt."""
        body = await request.read()
        refused = self._refused(request, body)
        if refused:
            log.warning("a request that is not for us: %s", refused)
            return web.Response(status=refused)
        bolt_request = AsyncBoltRequest(body=body.decode(), headers=dict(request.headers))
        return await to_aiohttp_response(await self._bolt.async_dispatch(bolt_request))

    def _refused(self, request: web.Request, body: bytes) -> HTTPStatus | None:
        """The number to answer with; None for what is Slack's."""
        timestamp = request.headers.get("X-Slack-Request-Timestamp", "")
        signature = request.headers.get("X-Slack-Signature", "")
        shaped = _TIMESTAMP.fullmatch(timestamp) and _SIGNATURE.fullmatch(signature)
        if not _is_text(body):  # the verifier would fail on it
            return HTTPStatus.BAD_REQUEST
        if not shaped or not self._verifier.is_valid(body, timestamp, signature):
            return HTTPStatus.UNAUTHORIZED
        if request.content_type not in (FORM, JSON):
            return HTTPStatus.UNSUPPORTED_MEDIA_TYPE
        return None if _is_whole(body, request.content_type) else HTTPStatus.BAD_REQUEST


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_whole(body: bytes, content_type: str) -> bool:
    """Whether it is a JSON object, or a form with one in it, or a command."""
    if content_type == JSON:
        return json_object(body) is not None
    try:
        form = parse_qs(body.decode())
    except ValueError:
        return False
    return "payload" not in form or json_object(form["payload"][0]) is not None


class Socket(AsyncSocketModeHandler):
    """Bolt's connection, which also knows what is under way: closed at once, it would take the "ok"s with it."""

    def __init__(self, bolt: AsyncApp, app_token: str) -> None:
        super().__init__(bolt, app_token, ping_interval=PING_SECONDS)
        self._under_way = 0

    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]  # so is theirs
        """Give one payload to Bolt, and its answer to Slack."""
        self._under_way += 1
        try:
            await super().handle(client, req)
        finally:
            self._under_way -= 1

    async def leave(self) -> None:
        """Take nothing more, answer what was taken, hang up."""
        if self.client.message_receiver:
            self.client.message_receiver.cancel()
        with suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_SECONDS):
                await self._settle()
        await self.close_async()  # type: ignore[no-untyped-call]  # as slack_bolt wrote it

    async def _settle(self) -> None:
        quiet_rounds = 0  # between the queue and `handle` a payload is nowhere for one round
        while quiet_rounds < 2:  # noqa: PLR2004
            await asyncio.sleep(0.01)
            quiet_rounds = 0 if self._under_way or not self.client.message_queue.empty() else quiet_rounds + 1


async def stay_connected(bolt: AsyncApp, app_token: str, ready: Callable[[str], None]) -> None:
    """Socket Mode, for ever: `slack_sdk` tries again where a connection cannot be opened, or breaks."""
    socket = Socket(bolt, app_token)
    try:
        await socket.connect_async()  # type: ignore[no-untyped-call]  # as slack_bolt wrote it
        ready("slack is ready: Socket Mode")
        await asyncio.Event().wait()
    finally:
        await socket.leave()
