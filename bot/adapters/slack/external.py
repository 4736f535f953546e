"""External readers: whether a person is a guest, whether a room is shared with another organisation; what it is called.

In: a message, or an address. Out: the message with what Slack says of both, or the answer alone; None for what Slack
does not say within two seconds: nobody waits longer for an answer. The desk takes None for a yes.
One question about a room also tells its name, and whether the desk was invited: of a private room that it is not in
Slack says that there is none.
An answer is remembered for some minutes, and nothing is asked twice at the same time; that the desk is not in a room
is asked anew each time, because the next thing that happens is an invitation. That a room came to be shared Slack
tells by itself, too. That is put on record before any listener sees it, so what fails is brought again.
Source: docs.slack.dev, "users.info", "conversations.info", "channel_shared", "channel_unshared", "Slack Connect".
"""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError

from bot.adapters.contract import Address
from bot.adapters.house import HouseServices
from bot.adapters.outcome import Refused
from bot.adapters.slack.outcomes import FAILURES, outcome_of
from bot.adapters.slack.wire import PLATFORM, Asked
from bot.adapters.slack.workspaces import Workspaces

log = logging.getLogger("rogatory.slack")

SECONDS = 2.0  # that an answer is waited for
REMEMBERED_SECONDS, FAILED_SECONDS = 300.0, 15.0  # until the same is asked again
MANY = 10_000  # answers that are remembered
GUEST = ("is_restricted", "is_ultra_restricted", "is_stranger")
SHARED = ("is_shared", "is_ext_shared", "is_org_shared", "is_pending_ext_shared", "pending_shared")
NOW_SHARED, NO_LONGER = "channel_shared", "channel_unshared"
NOT_OURS = "channel_not_found"  # also of a private room that the desk is not in

Found = Mapping[str, Any]


@dataclass(frozen=True)
class RoomStatus:
    """What Slack says of a room; None, and no name, for what it has not said."""

    shared: bool | None = None
    name: str = ""
    member: bool | None = None


UNSAID = RoomStatus()
Status = bool | RoomStatus | None


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
        self._answers = OrderedDict[str, tuple[Status, float]]()  # and until when each is good
        self.patience_seconds = SECONDS
        self._under_way: dict[str, asyncio.Task[Status]] = {}

    async def of(self, asked: Asked) -> Asked:
        """The same message, with what Slack says of its author and its room."""
        inbound, workspace = asked.inbound, self._workspaces.within(asked.inbound.workspace)
        if not inbound.room:  # between two there is nobody else
            guest = await self.is_guest(inbound.account)
            return replace(asked, inbound=replace(inbound, guest=guest, workspace=workspace))
        room = f"{asked.workspace}/{asked.channel}"
        guest, status = await asyncio.gather(self.is_guest(inbound.account), self.of_room(room))
        shared = inbound.shared or status.shared  # some messages say it themselves
        known = replace(inbound, guest=guest, shared=shared, room_name=status.name, member=status.member)
        return replace(asked, inbound=replace(known, workspace=workspace))

    async def at(self, address: Address) -> bool | None:
        """Whether somebody external reads there."""
        return await (self.is_shared(address.room) if address.room else self.is_guest(address.account))

    async def is_guest(self, account: str) -> bool | None:
        """Whether a person is a guest of their workspace, or their workspace is none of ours."""
        answer = await self._look(account, self._ask_about_person)
        return None if isinstance(answer, RoomStatus) else answer

    async def is_shared(self, room: str) -> bool | None:
        """Whether others than the workspace's own people read in a room, or are invited to."""
        return (await self.of_room(room)).shared

    async def of_room(self, room: str) -> RoomStatus:
        """What Slack says of a room."""
        status = await self._look(room, self._ask_about_room)
        return status if isinstance(status, RoomStatus) else UNSAID

    async def check(self, body: dict[str, Any]) -> BoltResponse | None:
        """Put on record that a room is shared, or no more; let all else on (`gate.py`).

        Errors: whatever keeps the record from being written.
        """
        event = body.get("event") or {}
        if event.get("type") not in (NOW_SHARED, NO_LONGER):
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

    async def _ask_about_room(self, room: str) -> RoomStatus:
        team, _, channel = room.partition("/")
        client = await self._workspaces.client(team)
        try:
            found: Found = (await client.conversations_info(channel=channel))["channel"]
        except SlackApiError as error:
            if outcome_of(error) != Refused(NOT_OURS):
                raise
            return RoomStatus(member=False)
        name = "" if found.get("is_mpim") else found.get("name") or ""
        shared = any(found.get(word) for word in SHARED)
        return RoomStatus(shared, f"#{name}" if name else "", found.get("is_member"))

    # ---- what it said ----

    async def _look(self, place: str, ask: Callable[[str], Awaitable[Status]]) -> Status:
        answer, good_until = self._answers.get(place, (None, float("-inf")))
        if self._elapsed() < good_until:
            return answer
        if place not in self._under_way:
            self._under_way[place] = asyncio.create_task(self._ask(place, ask))
        task = self._under_way[place]
        await asyncio.wait({task}, timeout=self.patience_seconds)
        return task.result() if task.done() and not task.cancelled() else None

    async def _ask(self, place: str, ask: Callable[[str], Awaitable[Status]]) -> Status:
        answer: Status = None
        try:
            answer = await ask(place)
        except FAILURES as error:
            log.warning("Slack does not say whether %s is outside: %s", place, outcome_of(error))
        except Exception:
            log.exception("whether %s is outside", place)
        if self._under_way.get(place) is asyncio.current_task():  # else it has changed meanwhile
            del self._under_way[place]
            self._answers[place] = answer, self._elapsed() + _good_for(answer)
            self._answers.move_to_end(place)
            if len(self._answers) > MANY:
                self._answers.popitem(last=False)
        return answer

    def _forget(self, place: str) -> None:
        """What was said of it, or is being said, was of before."""
        self._answers.pop(place, None)
        self._under_way.pop(place, None)


def _good_for(answer: Status) -> float:
    """For how many seconds it need not be asked again."""
    if isinstance(answer, RoomStatus) and answer.member is False:
        return 0.0
    return FAILED_SECONDS if answer is None else REMEMBERED_SECONDS
