"""Slack's "ok": the desk's own answer to a payload, or after two and a half seconds an empty one.

In: a payload that is surely Slack's. Out: what Slack is answered. Slack waits three seconds; then whoever asked reads
that the desk did not respond, and what the desk says after that goes nowhere. So what takes longer is said to be
received, the desk goes on behind it, and what came of it goes where it was asked: by `response_url`, to the place a
form was opened from, or as a direct message. A list in a form that is not ready is empty; a form that has another step
stays open, with a word beside its first field, and gets that step when it is there (`listener.py`).

What is promised: an "ok" in time says that what was accepted is on disk. An early one says that it was heard. A process
that is told to end waits for what it has said "ok" to. One that dies in between loses the line: then nothing is on
record, and whoever typed it has read no answer.
Why not for ever without an "ok": a slow record is a bad moment to be asked the same twice.
"""

import asyncio
import json
import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.adapters.slack import modal
from bot.adapters.slack.answers import ONE_MOMENT

OK_SECONDS = 2.5  # of the three that Slack waits
TRIGGER_SECONDS = 2.8  # from the payload, until a form can no longer be opened


@dataclass
class Ok:
    """The "ok" to one payload. early: it was given before the desk had its answer; given: the desk gave it.

    came: when the payload came, in seconds of a clock that only goes on. opens_forms_for: so many seconds.
    """

    came: float
    opens_forms_for: float = TRIGGER_SECONDS
    early: bool = False
    given: bool = False

    @property
    def seconds(self) -> float:
        """Since the payload came."""
        return time.monotonic() - self.came

    @property
    def opens_forms(self) -> bool:
        """Whether Slack still lets a form be opened."""
        return not self.early and self.seconds < self.opens_forms_for

    def give(self) -> bool:
        """Whether the desk's answer still goes with it; from here on nobody else gives it."""
        self.given = not self.early
        return self.given


_current: ContextVar[Ok] = ContextVar("ok")


def current() -> Ok:
    """The "ok" of the payload that is being handled, also behind it."""
    return _current.get()


class Payloads:
    """Gives every payload to Bolt, and Slack its "ok" in time.

    `seconds`: how long the desk has for its own; `trigger_seconds`: how long a form may be opened.
    """

    def __init__(self, bolt: AsyncApp) -> None:
        self._bolt, self.seconds, self.trigger_seconds = bolt, OK_SECONDS, TRIGGER_SECONDS
        self._late = set[asyncio.Task[BoltResponse]]()

    async def take(self, request: AsyncBoltRequest) -> BoltResponse:
        """What Slack is answered."""
        ok = Ok(time.monotonic(), self.trigger_seconds)
        _current.set(ok)
        handling = asyncio.create_task(self._bolt.async_dispatch(request))
        done, _ = await asyncio.wait({handling}, timeout=self.seconds)
        if done or ok.given:
            return await handling
        ok.early = True
        self._late.add(handling)
        handling.add_done_callback(self._late.discard)
        return _empty(request.body)

    async def settle(self) -> None:
        """Return when the desk is through with everything it said an early "ok" to."""
        while self._late:
            await asyncio.wait(self._late)


def _empty(body: Mapping[str, Any]) -> BoltResponse:
    """The "ok" without an answer."""
    if body.get("type") == "block_suggestion":
        return _json({"options": []})
    if body.get("type") == "view_submission" and (more := _stays_open(body["view"])):
        return _json({"response_action": "errors", "errors": more})
    return BoltResponse(status=HTTPStatus.OK)


def _stays_open(view: Mapping[str, Any]) -> Mapping[str, str]:
    """What keeps a form open that has another step: one word beside a field."""
    fields = [block["block_id"] for block in view["blocks"] if block["type"] == "input"]
    return {} if modal.is_final(view) or not fields else {fields[0]: ONE_MOMENT}


def _json(said: Mapping[str, Any]) -> BoltResponse:
    return BoltResponse(
        status=HTTPStatus.OK, body=json.dumps(said), headers={"content-type": "application/json;charset=utf-8"}
    )
