"""Dispatch: one message in, one turn, one transaction, one answer.

In: an `Inbound`. Out: an `Answer`, only after the commit. A change runs in the write transaction together with its
inbox row, audit lines, clocks and outbox rows; a read runs beside it and leaves no trace unless it was refused.
Errors become replies here and nowhere else: a `UserError` rolls the change back, keeps the inbox row, writes an audit
line and is said; anything else is a bug: an incident id for the person, the trace for the log, the message kept as
failed.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.adapters.base import Answer, Inbound, Question
from bot.phrases import Reader
from bot.render import Message, Renderer
from handlers.kit import access
from handlers.kit.command import Commands
from handlers.kit.complete import complete
from handlers.kit.errors import Ambiguous, BadValue, Conflict, MissingValue, NotLinked, TooLong, UserError, Warned
from handlers.kit.grammar import read
from handlers.kit.notices import Busy, HeldBack, Incident, LeftOut, Notice, Repeated, Understood, YourLine
from handlers.kit.parsing import find, parse
from handlers.kit.turn import Actor, Place, Reply, Turn
from storage import demo, inbox, records
from storage.errors import StorageError, StoreUnavailable
from storage.labels import Label
from storage.models import Person
from storage.plain import decode, encode
from storage.store import Store
from storage.unit_of_work import UnitOfWork

log = logging.getLogger("rogatory.dispatch")

AGAIN = " again:yes"


@dataclass(frozen=True)
class Said:
    """A reply as it is kept with its message, and whom it is written for."""

    body: dict[str, Any]
    zone: str = "UTC"
    language: str = "en"


class Dispatch:
    """The one door in. Give `receive` to an adapter.

    ceilings: by platform, what may be shown there at most; everything, where none is named.
    """

    def __init__(
        self, store: Store, commands: Commands, renderer: Renderer, ceilings: Mapping[str, Label] | None = None
    ) -> None:
        self._store, self._commands, self._renderer = store, commands, renderer
        self._ceilings = ceilings or {}

    async def receive(self, inbound: Inbound) -> Answer:
        """Handle one message. Never raises: what cannot be answered is an incident."""
        try:
            return self._answer(await self._handle(inbound))
        except inbox.KeyReused:
            error = Conflict("this message came before with another text", "send it again as a new message")
            return self._answer(Said(_refusal(error, inbound.text)))
        except StoreUnavailable:
            log.warning("store unavailable", exc_info=True)
            return replace(self._answer(Said(_body(Busy(inbound.text), state="refused"))), kept=False)
        except Exception:
            incident = secrets.token_hex(4)
            log.exception("incident %s", incident)
            return self._answer(await self._keep_failed(inbound, incident))

    def complete(self, inbound: Inbound) -> list[tuple[str, str, int]]:
        """What could come next in a line that is still being typed: (text, explanation, characters it replaces)."""

        def job(work: UnitOfWork) -> list[tuple[str, str, int]]:
            turn = Turn(work, access.actor(work, inbound.platform, inbound.account), commands=self._commands)
            return [(found.text, found.label, found.replaces) for found in complete(inbound.text, self._commands, turn)]

        try:
            return self._store.read(job).result()
        except (UserError, StorageError):
            return []

    async def _handle(self, inbound: Inbound) -> Said:
        if self._reads(inbound.text):
            try:
                return await self._run(self._store.read, lambda work: self._turn(work, inbound))
            except UserError:
                pass  # refused: once more in a write transaction, so that it leaves its line
        said = await self._run(self._store.write, lambda work: self._change(work, inbound))
        if isinstance(self._store.clock, demo.DemoClock):  # the line may have moved it
            await asyncio.to_thread(demo.follow, self._store, self._store.clock)
        return said

    async def _run(self, where: Callable[..., Any], job: Callable[[UnitOfWork], Said]) -> Said:
        said: Said = await asyncio.wrap_future(where(job))
        return said

    def _reads(self, text: str) -> bool:
        try:
            spec, _ = find(read(text)[0], self._commands)
        except UserError:
            return False
        return spec.reads

    # ---- in the store's thread ----

    def _change(self, work: UnitOfWork, inbound: Inbound) -> Said:
        text, again = _without_again(inbound.text)
        message = inbox.Message(
            inbound.key, f"{inbound.platform}:{inbound.account}", f"{inbound.room}#{inbound.thread}", text
        )
        stored = inbox.take(work, message)
        if stored is not None:
            return self._for_reader(work, inbound, stored)
        if not again and (twice := inbox.just_done(work, message)):
            body = twice | {"said": [*twice["said"], _said(Repeated(text + AGAIN))]}
            inbox.settle(work, message, state="repeated", reply=body)
            return self._for_reader(work, inbound, body)
        body = self._attempt(work, inbound, text)
        inbox.settle(work, message, state=body["state"], reply=_without_secrets(body))
        return self._for_reader(work, inbound, body)

    def _attempt(self, work: UnitOfWork, inbound: Inbound, text: str) -> dict[str, Any]:
        """Run the command in a savepoint: a user error takes the change back and keeps the rest."""
        savepoint = work.session.begin_nested()
        try:
            said = self._turn(work, inbound, text)
            work.session.flush()
            savepoint.commit()
        except UserError as error:
            savepoint.rollback()
            work.forget_lines()
            work.audit("refused", error.template, after={"platform": inbound.platform}, personal=text)
            return self._held_back(work, inbound, _refusal(error, text))
        return said.body

    def _turn(self, work: UnitOfWork, inbound: Inbound, text: str | None = None) -> Said:
        """Who speaks, what they said, whether they may, and the handler. Errors: UserError."""
        line = inbound.text if text is None else text
        actor = self._actor(work, inbound, line)
        work.actor = actor.person.actor
        room = records.channel(work, inbound.platform, inbound.room, inbound.thread) if inbound.room else None
        place = Place(inbound.platform, inbound.room, inbound.thread, inbound.account, self._ceiling(inbound))
        turn = Turn(work, actor, line=line, cause=inbound.key, room=room, place=place, commands=self._commands)
        access.may_use(turn, find(read(line)[0], self._commands)[0])
        parsed = parse(line, self._commands, turn)
        turn.line = parsed.line
        reply: Reply = parsed.command.function(turn, **parsed.arguments)
        notices = (*([Understood(parsed.notes)] if parsed.notes else []), *reply.notices)
        if parsed.command.lists and turn.leaves_out:
            notices = (*notices, LeftOut(place.ceiling, inbound.platform, _elsewhere(actor.person, inbound)))
        ceiling = Label(room.ceiling) if room else Label.CLEAR if inbound.room else Label.RED
        private = reply.private or (reply.label is not None and not reply.label.within(ceiling))
        body = self._held_back(work, inbound, _body(*notices, label=reply.label, private=private))
        return Said(body, turn.zone, actor.person.language)

    def _actor(self, work: UnitOfWork, inbound: Inbound, line: str) -> Actor:
        """Who speaks: a stranger, for the few commands that are open to them. Errors: NotLinked for all others."""
        try:
            return access.actor(work, inbound.platform, inbound.account)
        except NotLinked:
            if self._is_for_strangers(line):
                return access.stranger()
            raise

    def _is_for_strangers(self, line: str) -> bool:
        """Whether a line is one of the few that an account which belongs to nobody may type, with its value."""
        try:
            spec, values = find(read(line)[0], self._commands)
        except UserError:
            return False
        return spec.unlinked and bool(values)

    def _ceiling(self, inbound: Inbound) -> Label:
        return self._ceilings.get(inbound.platform, Label.RED)

    def _held_back(self, work: UnitOfWork, inbound: Inbound, body: dict[str, Any]) -> dict[str, Any]:
        """The answer as its platform may show it: of what is above the ceiling, one line that says where to look."""
        label, ceiling = body["label"], self._ceiling(inbound)
        if label is None or Label(label).within(ceiling):
            return body
        person = access.actor(work, inbound.platform, inbound.account).person
        done = body["state"] == "done"
        instead = HeldBack(label, inbound.platform, _elsewhere(person, inbound), done=done)
        return body | {"said": [_said(instead)], "label": None, "private": True, "asks": None}

    def _for_reader(self, work: UnitOfWork, inbound: Inbound, body: dict[str, Any]) -> Said:
        try:
            actor = access.actor(work, inbound.platform, inbound.account)
        except UserError:
            return Said(body)
        return Said(body, actor.person.zone or actor.agency.zone, actor.person.language)

    async def _keep_failed(self, inbound: Inbound, incident: str) -> Said:
        body = _body(Incident(incident, inbound.text), state="failed")

        def keep(work: UnitOfWork) -> Said:
            message = inbox.Message(
                inbound.key, f"{inbound.platform}:{inbound.account}", f"{inbound.room}#{inbound.thread}", inbound.text
            )
            if inbox.take(work, message) is None:
                inbox.settle(work, message, state="failed", reply=body)
            return self._for_reader(work, inbound, body)

        try:
            return await self._run(self._store.write, keep)
        except Exception:
            log.exception("incident %s could not be kept", incident)
            return Said(body)

    # ---- out ------------------------------------------------------------------------

    def _answer(self, said: Said) -> Answer:
        body, reader = said.body, Reader(said.zone, said.language, self._store.clock.now())
        messages = tuple(self._render(item, reader, body["label"]) for item in body["said"])
        question = (
            Question(**{**body["asks"], "choices": tuple(map(tuple, body["asks"]["choices"]))})
            if body["asks"]
            else None
        )
        return Answer(
            messages,
            question,
            private=body["private"],
            refused=body["state"] == "refused",
            failed=body["state"] == "failed",
            field=body["field"],
        )

    def _render(self, item: dict[str, Any], reader: Reader, label: str | None) -> Message:
        fields: Any = decode(item["fields"])
        try:
            return self._renderer.message(item["notice"], fields, reader, label)
        except Exception:  # the change is on disk: a broken template must not make it look undone
            log.exception("template %s", item["notice"])
            return self._renderer.bare(item["notice"], fields, label)


def _body(*notices: Notice, label: Label | None = None, private: bool = False, state: str = "done") -> dict[str, Any]:
    said = [_said(notice) for notice in notices]
    return {"said": said, "label": label, "private": private, "state": state, "asks": None, "field": ""}


def _said(notice: Notice) -> dict[str, Any]:
    secret = {"secret": list(notice.secret)} if notice.secret else {}
    return {"notice": notice.template, "fields": encode(notice), **secret}


def _without_secrets(body: dict[str, Any]) -> dict[str, Any]:
    """The answer as it is kept: what is said once is not in it."""
    return body | {
        "said": [one | {"fields": one["fields"] | dict.fromkeys(one.get("secret", ()), "")} for one in body["said"]]
    }


def _elsewhere(person: Person, inbound: Inbound) -> tuple[str, ...]:
    """The other platforms a person has an account on."""
    linked = (account.platform for account in person.accounts if account.revoked_at is None)
    return tuple(dict.fromkeys(platform for platform in linked if platform != inbound.platform))


def _refusal(error: UserError, text: str) -> dict[str, Any]:
    """What is wrong, and the person's own line, so that nobody has to type it again."""
    asks = None
    if isinstance(error, MissingValue):
        asks = {
            "name": error.name,
            "asks": error.asks,
            "line": error.line,
            "choices": [list(choice) for choice in error.choices],
        }
    said = [{"notice": error.template, "fields": encode(error.facts())}]
    if text.strip() and not hasattr(error, "line") and not isinstance(error, TooLong):
        said.append(_said(YourLine(text)))
    label = error.label if isinstance(error, Warned | Ambiguous) else None
    field = error.name if isinstance(error, BadValue | MissingValue | TooLong) else ""
    return {"said": said, "label": label or None, "private": True, "state": "refused", "asks": asks, "field": field}


def _without_again(text: str) -> tuple[str, bool]:
    """The line without its last `again:yes`, which says that doing the same twice is meant; and whether it had one."""
    stripped = text.rstrip()
    return (stripped.removesuffix(AGAIN.strip()).rstrip(), True) if stripped.endswith(AGAIN) else (text, False)
