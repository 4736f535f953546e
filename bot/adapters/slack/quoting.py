"""Messages that become a note: who wrote what and when, whole, however long it is.

In: the payload of a message's shortcut. Out: its words with their author, their moment in the zone of whoever files
them, the names of its files and where it stands. A form has room for 3,000 characters of it. Of what is longer a form
asks only the rest; the words are remembered for a day meanwhile, and go on record in as many notes as a line has room
for. What was remembered is dropped when it is on record.
Source of the limits: docs.slack.dev, "Block elements" (text input 3,000), "Modals" (`private_metadata` 3,000).
"""

import json
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from bot.adapters.contract import Form
from bot.adapters.house import HouseServices
from bot.adapters.slack import wire
from bot.adapters.slack.block_kit import Json
from bot.adapters.slack.modal import TEXT_CHARACTERS
from bot.adapters.slack.outcomes import FAILURES
from bot.adapters.slack.wire import PLATFORM, Asked, Payload
from bot.adapters.slack.workspaces import Workspaces
from bot.rendering.phrases import Reader, when

KEPT_SECONDS = 86_400.0
PART_CHARACTERS, LINE_CHARACTERS = 7_000, 7_500  # of a note, and of the line that writes it
SOMEBODY = "somebody"


class Quotes:
    """Reads messages, and remembers long ones."""

    def __init__(self, workspaces: Workspaces, services: HouseServices | None) -> None:
        self._workspaces, self._services = workspaces, services

    async def of(self, body: Payload, link: str) -> str:
        """A message as a note says it. link: where it stands, for people."""
        message = body["message"]
        zone = (
            await self._services.zone(PLATFORM, wire.from_shortcut(body, "").inbound.account) if self._services else ""
        )
        written = datetime.fromtimestamp(float(message["ts"]), UTC)
        head = f"{await self._author(body)}, {when(written, Reader(zone or 'UTC', 'en', written))}:"
        files = [f"[{file.get('name') or file['id']}]" for file in message.get("files", ())]
        return "\n".join(filter(None, (head, wire.typed(message.get("text") or ""), *files, link)))

    async def keep(self, name: str, text: str, line: Callable[[str], str]) -> str:
        """Remember what a field with this name would hold, and under what; empty where a form has room for it.

        line: the line that writes a part of it.
        """
        if len(text) <= TEXT_CHARACTERS or self._services is None:
            return ""
        key = f"{PLATFORM}:quote:{secrets.token_urlsafe(12)}"
        kept = {"name": name, "parts": parts(text, line)}
        await self._services.memory.remember({key: kept}, seconds=KEPT_SECONDS)
        return key

    async def kept(self, key: str) -> tuple[str, tuple[str, ...]]:
        """The name of a field, and what it holds, part by part; none where that is forgotten."""
        found = await self._services.memory.recall(key) if self._services else None
        return (found.value["name"], tuple(found.value["parts"])) if found else ("", ())

    async def drop(self, key: str) -> None:
        """What was kept is on record."""
        if self._services:
            await self._services.memory.forget(key)

    async def _author(self, body: Payload) -> str:
        """The name of whoever wrote a message, as people see it in Slack."""
        message = body["message"]
        by_itself = message.get("username") or (message.get("bot_profile") or {}).get("name")
        if by_itself or not message.get("user"):
            return str(by_itself or SOMEBODY)
        try:
            client = await self._workspaces.client(wire.workspace(body))
            person = (await client.users_info(user=message["user"]))["user"]
        except FAILURES:
            return SOMEBODY
        profile = person.get("profile") or {}
        return str(person.get("real_name") or profile.get("real_name") or person.get("name") or SOMEBODY)


def parts(text: str, line: Callable[[str], str]) -> list[str]:
    """A text in pieces that a line has room for, numbered where they are several; cut at the end of a word."""
    size, pieces = PART_CHARACTERS, _cut(text, PART_CHARACTERS)
    while any(len(line(piece)) > LINE_CHARACTERS for piece in pieces):
        size //= 2
        pieces = _cut(text, size)
    if len(pieces) == 1:
        return pieces
    return [f"({number}/{len(pieces)}) {piece}" for number, piece in enumerate(pieces, 1)]


def without(form: Form, name: str) -> Form:
    """A form that does not ask for what is remembered."""
    return replace(form, fields=tuple(field for field in form.fields if field.name != name))


def with_kept(view: Json, asked: Asked) -> Json:
    """A view that says where what it does not ask for is remembered."""
    if not asked.kept:
        return view
    metadata = json.loads(view["private_metadata"]) | {"kept": asked.kept}
    return view | {"private_metadata": json.dumps(metadata, separators=(",", ":"))}


def _cut(text: str, size: int) -> list[str]:
    pieces = []
    while len(text) > size:
        end = max(text.rfind(" ", size // 2, size), text.rfind("\n", size // 2, size)) + 1 or size
        pieces.append(text[:end].rstrip())
        text = text[end:]
    return [*pieces, text]
