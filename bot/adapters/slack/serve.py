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
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_bolt.adapter.socket_mode.internals import build_headers
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.adapters.house import House
from bot.adapters.payloads import json_object
from bot.adapters.slack.answers import APP_REFUSED, OTHERS_LISTEN
from bot.adapters.slack.early import Payloads
from bot.adapters.slack.outcomes import FAILURES
from bot.adapters.slack.who import refusal
from bot.adapters.slack.wire import PLATFORM
from bot.logs import HOSTILE

log = logging.getLogger(HOSTILE)
say = logging.getLogger("rogatory.slack")

PATH = "/slack/events"  # for everything
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
LEAVE_SECONDS = 3.0  # for what is under way when the desk stops
PING_SECONDS = 10.0  # between signs of life of a socket, and between two tries to open one
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")


class SlackHttpDoor:
    """The address Slack posts to, with the signing secret of the app."""

    def __init__(self, payloads: Payloads, signing_secret: str) -> None:
        self._payloads, self._verifier = payloads, SignatureVerifier(signing_secret)

    @property
    def routes(self) -> tuple[web.RouteDef, ...]:
        """For the process's HTTP port."""
        return (web.post(PATH, self.handle),)

    async def handle(self, request: web.Request) -> web.Response:
        """Check one request, and give it to Bolt."""
        body = await request.read()
        found = self._read(request, body)
        if isinstance(found, HTTPStatus):
            log.warning("a request that is not for us: %s", found)
            return web.Response(status=found)
        read = AsyncBoltRequest(body=found, mode="socket_mode")  # that is: read already
        return await to_aiohttp_response(await self._payloads.take(read))

    def _read(self, request: web.Request, body: bytes) -> dict[str, Any] | HTTPStatus:
        """The payload; for what is not Slack's, the number to answer with."""
        timestamp = request.headers.get("X-Slack-Request-Timestamp", "")
        signature = request.headers.get("X-Slack-Signature", "")
        shaped = _TIMESTAMP.fullmatch(timestamp) and _SIGNATURE.fullmatch(signature)
        if not _is_text(body):  # the verifier would fail on it
            return HTTPStatus.BAD_REQUEST
        if not shaped or not self._verifier.is_valid(body, timestamp, signature):
            return HTTPStatus.UNAUTHORIZED
        if request.content_type not in (FORM, JSON):
            return HTTPStatus.UNSUPPORTED_MEDIA_TYPE
        found = _payload(body, request.content_type)
        return HTTPStatus.BAD_REQUEST if found is None else found


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _payload(body: bytes, content_type: str) -> dict[str, Any] | None:
    """A JSON object, or the one in a form, or a form that is a command; None for what is broken."""
    if content_type == JSON:
        return json_object(body)
    try:
        form = dict(parse_qsl(body.decode(), keep_blank_values=True))
    except ValueError:
        return None
    return json_object(form["payload"]) if "payload" in form else form


class Socket(SocketModeClient):
    """A connection by Socket Mode. Closed at once, it would take with it the "ok"s of what is under way.

    refused: done when Slack does not take the app token, at first or any more.
    """

    def __init__(self, bolt: AsyncApp, app_token: str, payloads: Payloads, house: House) -> None:
        super().__init__(app_token, log_of_the_socket(), bolt.client, ping_interval=PING_SECONDS)
        self._payloads, self._house, self._under_way, self._greeted = payloads, house, 0, False
        self.refused: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.socket_mode_request_listeners.append(self._handle)
        self.message_listeners.append(self._hello)

    async def issue_new_wss_url(self) -> str:
        """Where to connect to. Errors: FAILURES; where it is Slack that will not let us in, it is not asked again."""
        try:
            return str((await self.web_client.apps_connections_open(app_token=self.app_token))["url"])
        except FAILURES as error:
            if cannot := refusal(error, APP_REFUSED):
                self.closed = True
                self.refused.set_exception(cannot)
            raise

    async def leave(self) -> None:
        """Take nothing more, answer what was taken, hang up."""
        if self.message_receiver:
            self.message_receiver.cancel()
        with suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_SECONDS):
                await self._settle()
        await self.close()  # type: ignore[no-untyped-call]  # as slack_sdk wrote it

    async def _handle(self, _: AsyncBaseSocketModeClient, asked: SocketModeRequest) -> None:
        """Give one payload to Bolt, and its answer to Slack."""
        self._under_way += 1
        try:
            request = AsyncBoltRequest(mode="socket_mode", body=asked.payload, headers=build_headers(asked))
            await send_async_response(self, asked, await self._payloads.take(request), 0.0)
        finally:
            self._under_way -= 1

    async def _hello(self, _: AsyncBaseSocketModeClient, message: Mapping[str, Any], __: str | None = None) -> None:
        """Name others who take messages with our token. While a connection is renewed, the one before counts, too."""
        if message.get("type") != "hello":
            return
        ours, self._greeted = 1 + self._greeted, True
        others = int(message.get("num_connections") or ours) - ours
        if others > 0:
            say.warning(OTHERS_LISTEN, others)
            await self._house.trouble(PLATFORM, "another_instance", str(others))

    async def _settle(self) -> None:
        quiet_rounds = 0  # between the queue and `_handle` a payload is nowhere for one round
        while quiet_rounds < 2:  # noqa: PLR2004
            await asyncio.sleep(0.01)
            quiet_rounds = 0 if self._under_way or not self.message_queue.empty() else quiet_rounds + 1


async def stay_connected(bolt: AsyncApp, app_token: str, payloads: Payloads, house: House) -> None:
    """Socket Mode, for ever: `slack_sdk` tries again where a connection cannot be opened, or breaks.

    Errors: CannotStart where Slack does not take the app token, at first or any more.
    """
    socket = Socket(bolt, app_token, payloads, house)
    try:
        await socket.connect()  # type: ignore[no-untyped-call]  # as slack_sdk wrote it
        if not socket.refused.done():
            house.ready("slack is ready: Socket Mode")
        await socket.refused
    finally:
        await socket.leave()


def log_of_the_socket() -> logging.Logger:
    """A log without traces: that a connection is not there is one line, every ten seconds at most."""
    quiet = logging.getLogger("rogatory.slack.socket")
    quiet.setLevel(logging.ERROR)
    quiet.addFilter(_without_trace)
    return quiet


def _without_trace(record: logging.LogRecord) -> bool:
    record.exc_info = None
    return True
