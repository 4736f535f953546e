"""Dispatch: one message in, one turn, one transaction, one answer.

In: an `Inbound`. Out: an `Answer`, only after the commit. A change runs in the write transaction together with its
inbox row, audit lines, clocks and outbox rows; a read runs beside it and leaves no trace unless it was refused.
Errors become answers here and nowhere else: a `UserError` rolls the change back, keeps the inbox row, writes an audit
line and is said; anything else is a bug: an incident id for the person, the trace for the log, the message kept as
failed.
The same line from the same person in the same place, while its first copy is being worked on, is no second act.
A line that comes again is answered from what was kept, after the same checks as a new one: who is it, may they use the
command, do they see every record that the answer tells of, may it be shown where they ask now.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from bot.adapters.contract import ATTACH, Answer, Download, Inbound
from bot.inbound import answers, placing
from bot.inbound.answers import Saying, StoredAnswer
from bot.inbound.copies import Copies, EarlierCopy
from bot.inbound.throttle import Throttle
from bot.rendering.render import Renderer
from handlers.attachments import follow
from handlers.exposure import NOTHING
from handlers.kit import access, external, opening, showing
from handlers.kit.errors import Conflict, NotLinked
from handlers.kit.notices import AnswerGone, Busy, FilesWait, Incident, Notice, Repeated, Understood
from handlers.kit.opening import Opening
from handlers.kit.turn import Actor, Reply, Turn
from handlers.language.command import Commands
from handlers.language.completion import complete
from handlers.language.errors import Ambiguous, UserError
from handlers.language.line import Line, parse, read_line
from handlers.language.parsing import Parsed
from storage.database.store import Store
from storage.database.unit_of_work import UnitOfWork
from storage.errors import StorageError, StoreUnavailable
from storage.exposure.labels import Label, most_restrictive
from storage.messages import inbox, recipients
from storage.record import attachments, demo, files, records

log = logging.getLogger("rogatory.dispatch")

AGAIN = " again:yes"
MINUTES = round(attachments.LOOSE.total_seconds() / 60)  # for which a file without a case lies on its sender's desk


class RefusedTurn(Exception):
    """A user error, as it is answered. `has_acted`: the command was run, so something may have been changed."""

    def __init__(self, error: UserError, answer: StoredAnswer, *, has_acted: bool) -> None:
        super().__init__(error)
        self.error, self.answer, self.has_acted = error, answer, has_acted


class Dispatch:
    """Handles every message. Give `receive` to an adapter.

    ceilings: by platform, what may be shown there at most; everything, where none is named. throttle: None where nobody
    types but we ourselves.
    """

    def __init__(
        self,
        store: Store,
        commands: Commands,
        renderer: Renderer,
        ceilings: Mapping[str, Label] | None = None,
        throttle: Throttle | None = None,
    ) -> None:
        self._store, self._commands, self._renderer = store, commands, renderer
        self._opening, self._throttle = Opening(commands, ceilings or {}), throttle
        self._copies = Copies(store)

    async def receive(self, inbound: Inbound) -> Answer:
        """Handle one message. Never raises: what cannot be answered is an incident."""
        try:
            line = read_line(inbound.text, self._commands)
            if self._throttle and (instead := await self._throttle.stop(inbound, line)):
                return instead
            if line.aloud and not inbound.aloud:
                inbound = replace(inbound, aloud=True)
            saying = await self._handle(inbound, line)
            answer = self._read_out(saying)
            aloud = inbound.aloud and not (answer.private or answer.refused)
            reads = line.command is not None and line.command.reads
            return replace(answer, files=await self._downloads(saying), aloud=aloud, reads=reads)
        except inbox.KeyReused:
            error = Conflict("message_changed")
            return self._read_out(Saying(answers.refusal(error, inbound.text)))
        except StoreUnavailable:
            log.warning("store unavailable", exc_info=True)
            busy = answers.plainly(Busy(inbound.text), state="refused")
            return replace(self._read_out(Saying(busy)), kept=False)
        except Exception:
            incident = secrets.token_hex(4)
            log.exception("incident %s", incident)
            return self._read_out(await self._keep_failed(inbound, incident))

    def complete(self, inbound: Inbound) -> list[tuple[str, str, int]]:
        """What could come next in a line that is still being typed: (text, explanation, characters it replaces)."""

        def job(work: UnitOfWork) -> list[tuple[str, str, int]]:
            turn = self._opening.of_message(work, inbound)
            if spec := read_line(inbound.text, self._commands).command:
                access.may_use(turn, spec)
            return [(found.text, found.label, found.replaces) for found in complete(inbound.text, self._commands, turn)]

        try:
            return self._store.read(job).result()
        except (UserError, StorageError):
            return []

    async def _handle(self, inbound: Inbound, line: Line) -> Saying:
        refused: RefusedTurn | None = None
        if line.command and line.command.reads and not inbound.files:
            try:
                saying = await self._run(self._store.read, lambda work: self._glance(work, inbound, line))
                if not saying.generated:
                    return saying
                saying = await asyncio.to_thread(answers.drawn, saying, self._renderer, self._store.clock.now())
                return await self._run(self._store.write, lambda work: self._give(work, inbound, line, saying))
            except RefusedTurn as error:
                refused = error  # it leaves its line in a write transaction
            except external.News:
                pass  # once more in a write transaction, where news leaves its own
        async with self._copies.waited_for(_message(inbound, line)) as earlier:
            job = partial(self._change, inbound=inbound, line=line, earlier=earlier, refused=refused)
            saying = await self._run(self._store.write, job)
        if isinstance(self._store.clock, demo.DemoClock):  # the line may have moved it
            await asyncio.to_thread(demo.follow, self._store, self._store.clock)
        return saying

    async def _run(self, where: Callable[..., Any], job: Callable[[UnitOfWork], Saying]) -> Saying:
        saying: Saying = await asyncio.wrap_future(where(job))
        return saying

    # ---- in the store's thread ----

    def _glance(self, work: UnitOfWork, inbound: Inbound, line: Line) -> Saying:
        """A turn that leaves no trace. Errors: Refused; News, which would leave one."""
        external.must_be_known(work, inbound)
        return self._turn(work, inbound, line)

    def _change(
        self,
        work: UnitOfWork,
        inbound: Inbound,
        line: Line,
        earlier: EarlierCopy | None,
        refused: RefusedTurn | None,
    ) -> Saying:
        """refused: what became of a line that only reads; it is not read again."""
        message = _message(inbound, line)
        met = inbox.meet(work, message, inbound)
        if met.stored is not None and not (inbound.anew and met.stored.get("state") == "refused"):
            return self._once_more(work, inbound, line, StoredAnswer.from_kept(met.stored))
        if not line.again and (twice := _copied(work, met, earlier)):
            first = StoredAnswer.from_kept(twice)
            saying = self._once_more(work, inbound, line, first)
            again = answers.said(Repeated(line.shown + AGAIN))
            if saying.answer.state == first.state and first.said[-1].notice != again.notice:
                saying = replace(saying, answer=replace(saying.answer, said=(*saying.answer.said, again)))
            inbox.keep(work, met, state="repeated", reply=saying.answer.kept())
            return saying
        if refused and self._is_anybody(work, inbound, line):
            saying = self._refuse(work, inbound, line, refused)
        else:
            saying = self._attempt(work, inbound, line)
        external.learn(work, inbound)
        inbox.keep(work, met, state=saying.answer.state, reply=saying.answer.kept())
        return saying

    def _give(self, work: UnitOfWork, inbound: Inbound, line: Line, saying: Saying) -> Saying:
        """Put on record what a line that only reads has made for its asker; a repeat gets what the first one got."""
        actor = access.author(work, inbound)
        work.act_as(actor.person.actor, actor.via)
        met = inbox.meet(work, _message(inbound, line), inbound)
        if met.stored:
            return self._once_more(work, inbound, line, StoredAnswer.from_kept(met.stored))
        saying = answers.keep_files(work, saying)
        inbox.keep(work, met, state=saying.answer.state, reply=saying.answer.kept())
        return saying

    def _attempt(self, work: UnitOfWork, inbound: Inbound, line: Line) -> Saying:
        """Run the command: a user error takes the change back; files stay, and a line that says what was refused."""
        self._take_files(work, inbound)
        try:
            saying = answers.drawn(self._turn(work, inbound, line), self._renderer, work.now)
            return answers.keep_files(work, saying)
        except RefusedTurn as refused:
            if refused.has_acted:
                work.take_back()
            return self._refuse(work, inbound, line, refused)

    def _is_anybody(self, work: UnitOfWork, inbound: Inbound, line: Line) -> bool:
        """Whether whoever speaks is still known, or may speak without."""
        try:
            self._open(work, inbound, line)
        except UserError:
            return False
        return True

    def _refuse(self, work: UnitOfWork, inbound: Inbound, line: Line, refused: RefusedTurn) -> Saying:
        waiting = self._take_files(work, inbound)
        more = (answers.said(FilesWait(waiting, MINUTES)),) if waiting else ()
        answer = replace(refused.answer, said=(*refused.answer.said, *more))
        saying = self._for_asker(work, inbound, line, answer)  # first, because it says who signs
        work.audit("refused", refused.error.template, after={"platform": inbound.platform}, personal=line.shown)
        return saying

    def _turn(self, work: UnitOfWork, inbound: Inbound, line: Line) -> Saying:
        """Who speaks, what they said, whether they may, and the handler. Errors: Refused."""
        turn: Turn | None = None
        parsed: Parsed | None = None
        try:
            turn = self._open(work, inbound, line)
            turn.files = attachments.of_message(work, inbound.key) if inbound.files else ()
            access.may_use(turn, line.spec)
            if (reply := self._follow(turn, inbound)) is None:
                parsed = parse(line, turn)
                turn.line = parsed.line
                reply = parsed.command.function(turn, **parsed.arguments)
        except UserError as error:
            if isinstance(error, Ambiguous) and turn:
                error.lines = line.with_each(error.value, [value for value, _ in error.candidates], turn)
            reached = turn.exposure if turn else NOTHING
            refusal = answers.refusal(error, line.shown, reached, line.secrets)
            raise RefusedTurn(error, refusal, has_acted=parsed is not None or bool(inbound.joins)) from error
        notes = parsed.notes if parsed else ()
        notices = (*([Understood(notes)] if notes else []), *reply.notices)
        if line.spec.lists and turn.leaves_out and not turn.place.read_by_room:
            notices = (*notices, opening.left_out(turn))
        answer = self._answer(turn, notices, reply)
        shown = placing.withheld(turn, answer)
        generated = reply.generated if shown is answer else ()
        card = placing.card(turn, notices, shown) if shown is answer else None
        return replace(self._saying(turn, shown), generated=generated, ceiling=turn.place.alone.label, card=card)

    def _follow(self, turn: Turn, inbound: Inbound) -> Reply | None:
        """What was sent as one: files that belong nowhere are meant, too; those without words go where those went."""
        others = attachments.sent_as_one(turn.work, turn.actor.person, inbound.joins) if inbound.joins else ()
        turn.files = (*(one for one in others if one.case is None), *turn.files)
        first = next((one for one in others if one.case), None)
        return follow(turn, first) if first and inbound.text == ATTACH else None

    def _open(self, work: UnitOfWork, inbound: Inbound, line: Line) -> Turn:
        """The turn of a message; a stranger's, for the few commands that are open to them. Errors: NotLinked."""
        actor = self._actor(work, inbound, line)
        return self._opening.of_actor(work, inbound, actor, aloud=inbound.aloud, line=inbound.text, cause=inbound.key)

    def _actor(self, work: UnitOfWork, inbound: Inbound, line: Line) -> Actor:
        try:
            return access.author(work, inbound)
        except NotLinked:
            if self._throttle:
                self._throttle.forget(inbound)
            if line.is_for_strangers:
                return opening.stranger(inbound.platform)
            raise

    def _answer(self, turn: Turn, notices: tuple[Notice, ...], reply: Reply) -> StoredAnswer:
        """The answer, for the asker alone where it holds what a room may not read; else for the room."""
        alone = bool(reply.files or reply.generated)
        whole = showing.to_asker(turn, notices, room=False)
        private = alone or whole.exposure.personal or not placing.may_be_said(turn, whole.exposure.label)
        if turn.place.read_by_room and not private:
            heard = showing.to_room(turn, notices)
            whole, private = heard or whole, heard is None
        answer = answers.of(whole, private=private, files=reply.files)
        refs = tuple(sorted({*answer.refs, *(ref for generated in reply.generated for ref in generated.refs)}))
        away = alone or placing.is_above_the_room(turn, answer.label)
        return replace(answer, away=away, refs=refs, person=turn.actor.person.id, agency=turn.actor.agency.id)

    def _once_more(self, work: UnitOfWork, inbound: Inbound, line: Line, stored: StoredAnswer) -> Saying:
        """A stored answer, after the checks of a new line; a refusal where they say no."""
        try:
            turn = self._open(work, inbound, line)
            access.may_use(turn, line.spec)
            if line.spec.reads and stored.state == "done":
                self._turn(work, inbound, line)  # what only reads is asked anew whether it still may
        except RefusedTurn as refused:
            return self._for_asker(work, inbound, line, refused.answer)
        except UserError as error:
            return Saying(
                stored if placing.is_the_strangers(stored) else answers.refusal(error, line.shown, secrets=line.secrets)
            )
        asker = (turn.actor.person.id, turn.actor.agency.id)
        viewer = replace(turn.viewer, history=True, ceiling=Label.RED)
        seen = records.seen(work, viewer, stored.refs) if stored.refs else {}
        if not placing.is_the_strangers(stored) and (
            asker != (stored.person, stored.agency) or len(seen) < len(stored.refs)
        ):
            return self._for_asker(work, inbound, line, answers.plainly(AnswerGone(line.shown), state="refused"))
        label = most_restrictive(filter(None, (stored.label, *(one.label for one in seen.values()))))
        private, away = stored.private or not placing.may_be_said(turn, label), placing.is_above_the_room(turn, label)
        again = replace(stored, label=label, private=private, away=stored.away or away)
        return self._saying(turn, placing.withheld(turn, again))

    def _take_files(self, work: UnitOfWork, inbound: Inbound) -> tuple[str, ...]:
        """Put the files of somebody we know on record, whatever becomes of the line. The names of those that stay."""
        if not inbound.files:
            return ()
        try:
            person = access.author(work, inbound).person
        except UserError:
            return ()
        named = [attachments.Named(one.source, one.name, one.size_bytes, one.link) for one in inbound.files]
        rows = attachments.of_message(work, inbound.key) or attachments.take(
            work, person, named, platform=inbound.platform, cause=inbound.key
        )
        return tuple(row.name for row in rows if row.state == "waiting")

    def _for_asker(self, work: UnitOfWork, inbound: Inbound, line: Line, answer: StoredAnswer) -> Saying:
        """What is not the answer of a handler, as its asker may be shown it where they are."""
        try:
            turn = self._open(work, inbound, line)
        except UserError:
            return Saying(answer)
        away = placing.is_above_the_room(turn, answer.label)
        asker = replace(answer, away=away, person=turn.actor.person.id, agency=turn.actor.agency.id)
        return self._saying(turn, placing.withheld(turn, asker))

    def _saying(self, turn: Turn, answer: StoredAnswer) -> Saying:
        """For the asker, or for the room that reads it."""
        roles = turn.actor.roles
        if turn.room and turn.place.read_by_room and not answer.private:
            [viewer] = recipients.viewers(turn.room)
            roles = viewer.roles
        return Saying(answer, turn.zone, turn.actor.person.language, roles=roles)

    async def _keep_failed(self, inbound: Inbound, incident: str) -> Saying:
        def failed(text: str) -> StoredAnswer:
            return answers.plainly(Incident(incident, text), state="failed")

        def keep(work: UnitOfWork) -> Saying:
            line = read_line(inbound.text, self._commands)
            met = inbox.meet(work, _message(inbound, line), inbound)
            saying = self._for_asker(work, inbound, line, failed(line.shown))
            if met.stored is None:
                inbox.keep(work, met, state="failed", reply=saying.answer.kept())
            return saying

        try:
            return await self._run(self._store.write, keep)
        except Exception:
            log.exception("incident %s could not be kept", incident)
            return Saying(failed(inbound.text))

    # ---- out ------------------------------------------------------------------------

    async def _downloads(self, saying: Saying) -> tuple[Download, ...]:
        """The files of an answer, read when they are given; one that was let go meanwhile is missing."""
        wanted = saying.answer.files
        if not wanted:
            return ()
        job, now = self._store.read(lambda work: [files.read(work, one) for one in wanted]), self._store.clock.now()
        downloads = [Download(*found) for found in await asyncio.wrap_future(job) if found]
        return tuple(replace(one, shows=answers.shows(saying, one.name, self._renderer, now)) for one in downloads)

    def _read_out(self, saying: Saying) -> Answer:
        return answers.read_out(saying, self._renderer, self._store.clock.now())


def _copied(work: UnitOfWork, met: inbox.Met, earlier: EarlierCopy | None) -> dict[str, Any] | None:
    """The answer to an earlier copy of the line, where this one is no second act."""
    if earlier and earlier.under_way:
        return inbox.copied(work, met.message, earlier.key)
    return met.just_done(work.now, earlier.key if earlier else "")


def _message(inbound: Inbound, line: Line) -> inbox.Received:
    """What came in, for the inbox; files by their names and sizes. A code that links an account is a secret."""
    names = "".join(f"\n[{file.name}, {file.size_bytes}]" for file in inbound.files)
    where = f"{inbound.room}#{inbound.thread}"
    who, secret = f"{inbound.platform}:{inbound.account}", bool(line.secrets)
    return inbox.Received(inbound.key, who, where, inbound.text + names, line.same + names, secret=secret)
