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
from dataclasses import replace
from typing import Any

from bot.adapters.contract import Answer, Download, Inbound
from bot.inbound import answers, places
from bot.inbound.answers import StoredAnswer
from bot.rendering.render import Renderer
from handlers.kit import access
from handlers.kit.errors import Conflict, NotLinked
from handlers.kit.notices import Busy, FilesWait, Incident, Repeated, Understood
from handlers.kit.turn import Actor, Reply, Turn
from handlers.language.command import Commands
from handlers.language.completion import complete
from handlers.language.errors import UserError
from handlers.language.grammar import read
from handlers.language.parsing import find, parse
from storage.database.store import Store
from storage.database.unit_of_work import UnitOfWork
from storage.errors import StorageError, StoreUnavailable
from storage.exposure.ceilings import OPEN
from storage.exposure.labels import Label
from storage.messages import inbox
from storage.record import attachments, demo, files

log = logging.getLogger("rogatory.dispatch")

AGAIN = " again:yes"
ALOUD = " aloud:yes"
MINUTES = round(attachments.LOOSE.total_seconds() / 60)  # for which a file without a case lies on its sender's desk


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
            inbound = _aloud(inbound)
            said = await self._handle(inbound)
            answer = self._read_out(said)
            aloud = inbound.aloud and not (answer.private or answer.refused)
            return replace(answer, files=await self._downloads(said), aloud=aloud)
        except inbox.KeyReused:
            error = Conflict("message_changed")
            return self._read_out(StoredAnswer(answers.refusal(error, inbound.text)))
        except StoreUnavailable:
            log.warning("store unavailable", exc_info=True)
            return replace(
                self._read_out(StoredAnswer(answers.body_of(Busy(inbound.text), state="refused"))), kept=False
            )
        except Exception:
            incident = secrets.token_hex(4)
            log.exception("incident %s", incident)
            return self._read_out(await self._keep_failed(inbound, incident))

    def complete(self, inbound: Inbound) -> list[tuple[str, str, int]]:
        """What could come next in a line that is still being typed: (text, explanation, characters it replaces)."""

        def job(work: UnitOfWork) -> list[tuple[str, str, int]]:
            turn = Turn(work, access.actor(work, inbound.platform, inbound.account), commands=self._commands)
            return [(found.text, found.label, found.replaces) for found in complete(inbound.text, self._commands, turn)]

        try:
            return self._store.read(job).result()
        except (UserError, StorageError):
            return []

    async def _handle(self, inbound: Inbound) -> StoredAnswer:
        if self._reads(inbound.text) and not inbound.files:
            try:
                said = await self._run(self._store.read, lambda work: self._glance(work, inbound))
                if not said.made:
                    return said
                return await self._run(self._store.write, lambda work: self._give(work, inbound, said))
            except (UserError, places.News):
                pass  # once more in a write transaction, so that a refusal leaves its line, and news its own
        said = await self._run(self._store.write, lambda work: self._change(work, inbound))
        if isinstance(self._store.clock, demo.DemoClock):  # the line may have moved it
            await asyncio.to_thread(demo.follow, self._store, self._store.clock)
        return said

    async def _run(self, where: Callable[..., Any], job: Callable[[UnitOfWork], StoredAnswer]) -> StoredAnswer:
        said: StoredAnswer = await asyncio.wrap_future(where(job))
        return said

    def _reads(self, text: str) -> bool:
        try:
            spec, _ = find(read(text)[0], self._commands)
        except UserError:
            return False
        return spec.reads

    # ---- in the store's thread ----

    def _glance(self, work: UnitOfWork, inbound: Inbound) -> StoredAnswer:
        """A turn that leaves no trace. Errors: UserError; News, which would leave one."""
        places.must_be_known(work, inbound)
        return self._turn(work, inbound)

    def _change(self, work: UnitOfWork, inbound: Inbound) -> StoredAnswer:
        text, again = _without_again(inbound.text)
        message = _message(inbound, text)
        stored = inbox.take(work, message)
        if stored is not None:
            return self._for_reader(work, inbound, self._held_back(work, inbound, stored))
        if not again and (twice := inbox.just_done(work, message)):
            shown = self._held_back(work, inbound, twice)
            body = shown | {"said": [*shown["said"], answers.item(Repeated(text + AGAIN))]}
            inbox.settle(work, message, state="repeated", reply=body)
            return self._for_reader(work, inbound, body)
        said = self._attempt(work, inbound, text)
        places.learn(work, inbound)
        inbox.settle(work, message, state=said.body["state"], reply=answers.without_secrets(said.body))
        return said

    def _give(self, work: UnitOfWork, inbound: Inbound, said: StoredAnswer) -> StoredAnswer:
        """Put on record what a line that only reads has made for its asker; a repeat gets what the first one got."""
        work.actor = self._actor(work, inbound, inbound.text).person.actor
        message = _message(inbound, inbound.text)
        if stored := inbox.take(work, message):
            return replace(said, body=stored)
        said = answers.kept(work, said)
        inbox.settle(work, message, state=said.body["state"], reply=said.body)
        return said

    def _attempt(self, work: UnitOfWork, inbound: Inbound, text: str) -> StoredAnswer:
        """Run the command in a savepoint: a user error takes the change back and keeps the rest, files too."""
        waiting = self._take_files(work, inbound)
        savepoint = work.session.begin_nested()
        try:
            said = answers.kept(work, self._turn(work, inbound, text))
            work.session.flush()
            savepoint.commit()
        except UserError as error:
            savepoint.rollback()
            work.forget_lines()
            work.audit("refused", error.template, after={"platform": inbound.platform}, personal=text)
            body = answers.refusal(error, text)
            body["said"] += [answers.item(FilesWait(waiting, MINUTES))] if waiting else []
            return self._for_reader(work, inbound, self._held_back(work, inbound, body))
        return said

    def _turn(self, work: UnitOfWork, inbound: Inbound, text: str | None = None) -> StoredAnswer:
        """Who speaks, what they said, whether they may, and the handler. Errors: UserError."""
        line = inbound.text if text is None else text
        actor = self._actor(work, inbound, line)
        work.actor = actor.person.actor
        room = places.room_of(work, inbound)
        place = places.place_of(work, inbound, room, self._ceilings)
        turn = Turn(work, actor, line=line, cause=inbound.key, room=room, place=place, commands=self._commands)
        turn.files = attachments.of_message(work, inbound.key) if inbound.files else ()
        access.may_use(turn, find(read(line)[0], self._commands)[0])
        parsed = parse(line, self._commands, turn)
        turn.line = parsed.line
        reply: Reply = parsed.command.function(turn, **parsed.arguments)
        notices = (*([Understood(parsed.notes)] if parsed.notes else []), *reply.notices)
        if parsed.command.lists and turn.leaves_out:
            notices = (*notices, places.left_out(turn))
        alone = reply.private or bool(reply.files) or bool(reply.made)
        of_others = place.aloud and room is not None and room.authority_id != actor.agency.id
        above = not reply.label.within(place.in_room.label) if reply.label else False
        private = alone or above or (of_others and reply.label is not None)  # the asker sees more than such a room
        body = answers.body_of(*notices, label=reply.label, private=private) | {"files": list(reply.files)}
        shown = self._held_back(work, inbound, body)
        return StoredAnswer(shown, turn.zone, actor.person.language, reply.made if shown is body else ())

    def _take_files(self, work: UnitOfWork, inbound: Inbound) -> tuple[str, ...]:
        """Put the files of somebody we know on record, whatever becomes of the line. The names of those that stay."""
        if not inbound.files:
            return ()
        try:
            person = access.actor(work, inbound.platform, inbound.account).person
        except NotLinked:
            return ()
        named = [attachments.Named(one.source, one.name, one.size_bytes, one.link) for one in inbound.files]
        rows = attachments.take(work, person, named, platform=inbound.platform, cause=inbound.key)
        return tuple(row.name for row in rows if row.state == "waiting")

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

    def _held_back(self, work: UnitOfWork, inbound: Inbound, body: dict[str, Any]) -> dict[str, Any]:
        """The answer as its reader may be shown it: of what is above the ceiling, one line that says where to look."""
        label = body["label"]
        ceiling = places.ceiling_alone(work, inbound, self._ceilings) if label else OPEN
        if label is None or Label(label).within(ceiling.label):
            return body
        person = access.actor(work, inbound.platform, inbound.account).person
        done = body["state"] == "done"
        instead = places.held_back(label, ceiling, person, inbound.platform, done=done)
        return body | {"said": [answers.item(instead)], "label": None, "private": True, "asks": None, "files": []}

    def _for_reader(self, work: UnitOfWork, inbound: Inbound, body: dict[str, Any]) -> StoredAnswer:
        try:
            actor = access.actor(work, inbound.platform, inbound.account)
        except UserError:
            return StoredAnswer(body)
        return StoredAnswer(body, actor.person.zone or actor.agency.zone, actor.person.language)

    async def _keep_failed(self, inbound: Inbound, incident: str) -> StoredAnswer:
        body = answers.body_of(Incident(incident, inbound.text), state="failed")

        def keep(work: UnitOfWork) -> StoredAnswer:
            message = _message(inbound, inbound.text)
            if inbox.take(work, message) is None:
                inbox.settle(work, message, state="failed", reply=body)
            return self._for_reader(work, inbound, body)

        try:
            return await self._run(self._store.write, keep)
        except Exception:
            log.exception("incident %s could not be kept", incident)
            return StoredAnswer(body)

    # ---- out ------------------------------------------------------------------------

    async def _downloads(self, said: StoredAnswer) -> tuple[Download, ...]:
        """The files of an answer, read when they are given; one that was let go meanwhile is missing."""
        wanted = said.body.get("files", ())
        if not wanted:
            return ()
        job = self._store.read(lambda work: [files.read(work, one) for one in wanted])
        return tuple(Download(*found) for found in await asyncio.wrap_future(job) if found)

    def _read_out(self, said: StoredAnswer) -> Answer:
        return answers.answer(said, self._renderer, self._store.clock.now())


def _message(inbound: Inbound, text: str) -> inbox.Received:
    """What came in, for the inbox; files by their names and sizes."""
    names = "".join(f"\n[{file.name}, {file.size_bytes}]" for file in inbound.files)
    where = f"{inbound.room}#{inbound.thread}"
    return inbox.Received(inbound.key, f"{inbound.platform}:{inbound.account}", where, text + names)


def _aloud(inbound: Inbound) -> Inbound:
    """The message without its last `aloud:yes`, which says that the room may read the answer."""
    stripped = inbound.text.rstrip()
    if not stripped.endswith(ALOUD):
        return inbound
    return replace(inbound, text=stripped.removesuffix(ALOUD).rstrip(), aloud=True)


def _without_again(text: str) -> tuple[str, bool]:
    """The line without its last `again:yes`, which says that doing the same twice is meant; and whether it had one."""
    stripped = text.rstrip()
    return (stripped.removesuffix(AGAIN.strip()).rstrip(), True) if stripped.endswith(AGAIN) else (text, False)
