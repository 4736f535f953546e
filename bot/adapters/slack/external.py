"""External readers: whether a person is a guest, and whether a room is shared with another organisation.

In: a message, or an address. Out: the message with what Slack says of both, or the answer alone; None for what Slack
does not say within two seconds, because it waits only three for our "ok". The desk takes None for a yes.
An answer is remembered for some minutes, and nothing is asked twice at the same time. That a room came to be shared
Slack tells by itself, too. That is put on record before any listener sees it, so what fails is brought again.
Source: docs.slack.dev, "users.info", "conversations.info", "channel_shared", "channel_unshared", "Slack Connect".
"""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from slack_bolt.response import BoltResponse

from bot.adapters.contract import Address, HouseServices
from bot.adapters.slack.outcomes import FAILURES, outcome_of
from bot.adapters.slack.wire import PLATFORM, Asked
from bot.adapters.slack.workspaces import Workspaces

log = logging.getLogger("rogatory.slack")

SECONDS = 2.0  # that an answer is waited for; one more is left for the desk
REMEMBERED_SECONDS, FAILED_SECONDS = 300.0, 15.0  # until the same is asked again
MANY = 10_000  # answers that are remembered
GUEST = ("is_restricted", "is_ultra_restricted", "is_stranger")
SHARED = ("is_shared", "is_ext_shared", "is_org_shared", "is_pending_ext_shared", "pending_shared")
NOW_SHARED, NO_LONGER = "channel_shared", "channel_unshared"

Go = Callable[[], Awaitable[Any]]
Found = Mapping[str, Any]


class ExternalStatus:
    """Asks Slack. services: put on record that a room came to be shared. elapsed: seconds that only go on."""

    def __init__(
        self,
        workspaces: Workspaces,
        services: HouseServices | None = None,
        *,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._workspaces, self._services, self._elapsed = workspaces, services, elapsed
        self._answers = OrderedDict[str, tuple[bool | None, float]]()  # and until when each is good
        self.patience_seconds = SECONDS
        self._under_way: dict[str, asyncio.Task[bool | None]] = {}

    async def of(self, asked: Asked) -> Asked:
        """The same message, with what Slack says of its author and its room."""
        inbound = asked.inbound
        if inbound.shared or not inbound.room:  # said with the message; between two there is nobody else
            guest, shared = await self.is_guest(inbound.account), inbound.shared
        else:
            room = f"{asked.workspace}/{asked.channel}"
            guest, shared = await asyncio.gather(self.is_guest(inbound.account), self.is_shared(room))
        workspace = self._workspaces.within(inbound.workspace)
        return replace(asked, inbound=replace(inbound, guest=guest, shared=shared, workspace=workspace))

    async def at(self, address: Address) -> bool | None:
        """Whether somebody external reads there."""
        return await (self.is_shared(address.room) if address.room else self.is_guest(address.account))

    async def is_guest(self, account: str) -> bool | None:
        """Whether a person is a guest of their workspace, or their workspace is none of ours."""
        return await self._look(account, self._ask_about_person)

    async def is_shared(self, room: str) -> bool | None:
        """Whether others than the workspace's own people read in a room, or are invited to."""
        return await self._look(room, self._ask_about_room)

    async def check(self, body: dict[str, Any], next_: Go) -> BoltResponse | None:
        """Middleware of Bolt's: put on record that a room is shared, or no more; let all else on.

        Errors: whatever keeps the record from being written.
        """
        event = body.get("event") or {}
        if event.get("type") not in (NOW_SHARED, NO_LONGER):
            await next_()
            return None
        room = f"{body['team_id']}/{event['channel']}"
        self._forget(room)
        shared = event["type"] == NOW_SHARED
        if self._services and (shared or not event.get("is_ext_shared")):  # else others still read there
            since = datetime.fromtimestamp(float(event["event_ts"]), UTC)
            await self._services.room_shared(PLATFORM, room, shared=shared, since=since)
        return BoltResponse(status=HTTPStatus.OK)

    def close(self) -> None:
        """Ask no further."""
        for task in self._under_way.values():
            task.cancel()

    # ---- what Slack says ----

    async def _ask_about_person(self, account: str) -> bool:
        team, _, user = account.partition("/")
        if await self._workspaces.token(team) is None:
            return True
        client = await self._workspaces.client(team)
        home = await self._workspaces.home(team)
        found: Found = (await client.users_info(user=user))["user"]
        organisation: Found = found.get("enterprise_user") or {}
        theirs = {found.get("team_id"), *organisation.get("teams", ())}
        return home not in theirs or any(found.get(word) for word in GUEST)

    async def _ask_about_room(self, room: str) -> bool:
        team, _, channel = room.partition("/")
        client = await self._workspaces.client(team)
        found: Found = (await client.conversations_info(channel=channel))["channel"]
        return any(found.get(word) for word in SHARED)

    # ---- what it said ----

    async def _look(self, place: str, ask: Callable[[str], Awaitable[bool]]) -> bool | None:
        answer, good_until = self._answers.get(place, (None, float("-inf")))
        if self._elapsed() < good_until:
            return answer
        if place not in self._under_way:
            self._under_way[place] = asyncio.create_task(self._ask(place, ask))
        task = self._under_way[place]
        await asyncio.wait({task}, timeout=self.patience_seconds)
        return task.result() if task.done() and not task.cancelled() else None

    async def _ask(self, place: str, ask: Callable[[str], Awaitable[bool]]) -> bool | None:
        answer: bool | None = None
        try:
            answer = await ask(place)
        except FAILURES as error:
            log.warning("Slack does not say whether %s is outside: %s", place, outcome_of(error))
        except Exception:
            log.exception("whether %s is outside", place)
        if self._under_way.get(place) is asyncio.current_task():  # else it has changed meanwhile
            del self._under_way[place]
            seconds = FAILED_SECONDS if answer is None else REMEMBERED_SECONDS
            self._answers[place] = answer, self._elapsed() + seconds
            self._answers.move_to_end(place)
            if len(self._answers) > MANY:
                self._answers.popitem(last=False)
        return answer

    def _forget(self, place: str) -> None:
        """What was said of it, or is being said, was of before."""
        self._answers.pop(place, None)
        self._under_way.pop(place, None)
