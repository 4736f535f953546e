"""Bolt listeners: one for each kind of payload that Slack sends.

In: payloads that are surely Slack's (`serve.py`). Out: `Inbound`s for the desk; its answers for whoever asked.
Slack's "ok" comes after the desk has answered, so after the commit: what was accepted is on disk. What takes longer
than Slack waits is answered elsewhere (`early.py`). What needs a call to Slack (an answer elsewhere, a form, the App
Home) is done behind the "ok".
An event that the desk could not keep gets no "ok", and Slack brings it again. One that comes again although it was
answered gets no second answer.
Why one listener for everything: Bolt tries listeners one by one, and the desk knows its commands better.
"""

import asyncio
import logging
import re
from collections import OrderedDict
from collections.abc import Coroutine, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.response import BoltResponse

from bot.adapters.contract import EDITS_DO_NOTHING, Answer, Upload
from bot.adapters.house import House
from bot.adapters.slack import block_kit, early, modal, quoting, wire
from bot.adapters.slack.answers import NOT_KEPT, WHOLE, SlackAnswers, response_type, text_message
from bot.adapters.slack.early import Payloads
from bot.adapters.slack.external import ExternalStatus
from bot.adapters.slack.gate import Checks, Gate
from bot.adapters.slack.home import Homes
from bot.adapters.slack.outcomes import FAILURES, outcome_of
from bot.adapters.slack.quoting import Quotes
from bot.adapters.slack.shortcuts import SHORTCUTS, Shortcut
from bot.adapters.slack.wire import Asked, Payload
from bot.adapters.slack.workspaces import Workspaces

log = logging.getLogger("rogatory.slack")

EVERYTHING = re.compile(".*", re.DOTALL)
EDITED = Answer((text_message(EDITS_DO_NOTHING),))
FORGOTTEN = Answer((text_message(NOT_KEPT),), refused=True)
REMEMBERED = 10_000  # events that were answered; Slack repeats one for five minutes


class NeverAsk(AsyncAuthorize):
    """Whatever gets here is Slack's (`serve.py`), and `gate.py` knows whose payloads we take: Slack need not be asked.

    Why: Bolt would ask before the first "ok", and turn people away while Slack does not answer.
    """

    def __init__(self) -> None: ...

    async def __call__(
        self,
        *,
        context: AsyncBoltContext,  # noqa: ARG002 - Bolt's
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None,
        **_: object,
    ) -> AuthorizeResult:
        """Yes."""
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, user_id=user_id)


class Listeners:
    """All listeners of the adapter; `payloads` is what payloads are given to."""

    def __init__(self, workspaces: Workspaces, house: House, answers: SlackAnswers, external: ExternalStatus) -> None:
        self._workspaces, self._house, self._answers, self._external = workspaces, house, answers, external
        self._homes, self._quotes = Homes(workspaces, house.receive), Quotes(workspaces, house.services)
        self._answered = OrderedDict[str, None]()
        self._behind = set[asyncio.Task[None]]()
        quiet = logging.getLogger("rogatory.slack.bolt")
        quiet.setLevel(logging.ERROR)  # below, Bolt logs whole payloads, and warns of tokens it finds and does not use
        self.bolt = AsyncApp(
            client=workspaces.nameless(),  # Bolt says nothing in our name
            authorize=NeverAsk(),
            logger=quiet,
            process_before_response=True,
            request_verification_enabled=False,
        )
        self.payloads = Payloads(self.bolt)
        self.bolt.middleware(Checks(Gate(workspaces).check, external.check))
        self.bolt.command(EVERYTHING)(self._command)
        self.bolt.action(EVERYTHING)(self._press)
        self.bolt.view(EVERYTHING)(self._submitted)
        self.bolt.options(EVERYTHING)(self._search)
        self.bolt.shortcut(EVERYTHING)(self._shortcut)
        self.bolt.event(EVERYTHING)(self._event)

    async def settle(self) -> None:
        """Return when the desk is through with every payload, and with everything behind an "ok"."""
        await self.payloads.settle()
        while self._behind:
            await asyncio.wait(self._behind)

    # ---- kinds of payloads ----

    async def _command(self, ack: AsyncAck, body: dict[str, Any]) -> BoltResponse | None:
        asked = await self._external.of(wire.command(body))
        answer = await self._house.receive(asked.inbound)
        at_once = None if answer.question else self._answers.at_once(asked, answer)
        if early.current().give() and at_once:
            self._done_by(asked, answer)
            said = block_kit.answer_of(at_once, response_type(aloud=answer.aloud))
            return BoltResponse(status=HTTPStatus.OK, body=said)
        await ack()
        self._later(self._answer(asked, answer))
        return None

    async def _press(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        if (body.get("view") or {}).get("callback_id") == modal.FORM:
            await ack()
            self._later(self._narrow(body))
            return
        pressed = wire.press(body)
        asked = await self._external.of(pressed) if pressed else None
        answer = await self._house.receive(asked.inbound) if asked else None
        early.current().give()
        await ack()
        if asked and answer:
            self._later(self._answer(asked, answer))

    async def _event(self, body: dict[str, Any]) -> BoltResponse | None:
        if body["event"]["type"] == "app_home_opened":
            self._later(self._show_home(body))
            return None
        if edit := wire.edited(body):
            self._answer_once(edit, EDITED)
            return None
        said = wire.event(body)
        if said is None:
            log.debug("an event of no interest: %s", body["event"]["type"])
            return None
        asked = await self._external.of(said)
        answer = await self._house.receive(asked.inbound)
        if early.current().give() and not answer.kept:
            return BoltResponse(status=HTTPStatus.SERVICE_UNAVAILABLE)
        self._answer_once(asked, answer)
        return None

    def _answer_once(self, asked: Asked, answer: Answer) -> None:
        """Answer an event behind its "ok", unless that was done when it came before."""
        if asked.inbound.key in self._answered:
            return
        self._answered[asked.inbound.key] = None
        if len(self._answered) > REMEMBERED:
            self._answered.popitem(last=False)
        self._later(self._show(asked, answer))

    async def _submitted(self, ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        asked = await self._external.of(wire.from_view(body, self._line(view)))
        if not modal.is_final(view) and (form := await self._house.forms.open(asked.inbound)):
            wrong, step = modal.faults(form, view), modal.view(form, asked)
            if wrong or step:
                await self._next_step(ack, asked, view, wrong, step)
                return
        answer = await self._receive(asked, view)
        errors = modal.errors(answer, view)
        again = await self._form(asked, asked.inbound.text, answer) if answer.refused and not errors else None
        in_time = early.current().give()
        if in_time and errors:
            await ack(response_action="errors", errors=errors)
        elif in_time and again:
            await ack(response_action="update", view=again)
        else:
            await ack()
            self._later(self._show(asked, answer))

    async def _next_step(
        self, ack: AsyncAck, asked: Asked, view: Payload, wrong: Mapping[str, str], step: block_kit.Json | None
    ) -> None:
        """Say what is wrong beside its field, else show the next step, also behind an early "ok"."""
        in_time = early.current().give()
        if in_time and wrong:
            await ack(response_action="errors", errors=dict(wrong))
        elif in_time:
            await ack(response_action="update", view=step)
        else:
            await ack()
            if step:
                self._later(self._show_step(asked, view, step))

    async def _receive(self, asked: Asked, view: Payload) -> Answer:
        """What a form says, in one line; in several, where it holds more than a line has room for."""
        if not asked.kept:
            return await self._house.receive(asked.inbound)
        answer = FORGOTTEN
        name, kept = await self._quotes.kept(asked.kept)
        for number, part in enumerate(kept):
            line = self._house.forms.line(modal.words(view), modal.values(view) | {name: part})
            files = () if number else asked.inbound.files
            key = f"{asked.inbound.key}:{number}"
            answer = await self._house.receive(replace(asked.inbound, key=key, text=line, files=files))
            if answer.refused or answer.failed:
                return answer
        await self._quotes.drop(asked.kept)
        return answer

    async def _search(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        view = body["view"]  # whose state is that of an earlier moment: nothing is known but what the view itself keeps
        line = self._house.forms.line(modal.words(view), modal.kept(view))
        asked = await self._external.of(wire.from_view(body, line))
        found = await self._house.forms.choices(asked.inbound, body["block_id"], body["value"])
        await ack(options=modal.options(found))

    def _line(self, view: Payload) -> str:
        """What a form says so far."""
        return self._house.forms.line(modal.words(view), modal.values(view))

    async def _shortcut(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        chosen = next((one for one in SHORTCUTS if one.callback_id == body["callback_id"]), None)
        if chosen:
            self._later(self._open_shortcut(chosen, body))

    # ---- behind the "ok" ----

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._behind.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._behind.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("behind an answer to Slack", exc_info=error)

    async def _answer(self, asked: Asked, answer: Answer) -> None:
        """Ask for what is missing in a form; where there is none, and for all else, say the answer."""
        if answer.question and await self._ask(asked, answer.question.line):
            return
        await self._show(asked, answer)

    async def _show(self, asked: Asked, answer: Answer) -> None:
        """Say an answer, and keep the home of whoever asked up to date."""
        await self._answers.show(asked, answer)
        self._done_by(asked, answer)

    def _done_by(self, asked: Asked, answer: Answer) -> None:
        if not answer.refused and self._homes.is_kept_fresh(asked):
            self._later(self._homes.acted(asked))

    async def _ask(self, asked: Asked, line: str) -> bool:
        """Open the form of a line. Whether it is open: Slack allows it once, for three seconds."""
        if not asked.trigger or not early.current().opens_forms:
            return False
        view = await self._form(asked, line)
        if view is None or not early.current().opens_forms:
            return False
        try:
            client = await self._workspaces.client(asked.workspace)
            await client.views_open(trigger_id=asked.trigger, view=view)
        except FAILURES as error:
            log.warning("a form could not be opened: %s", outcome_of(error))
            return False
        return True

    async def _show_step(self, asked: Asked, view: Payload, step: block_kit.Json) -> None:
        """Turn a form that was kept open into its next step."""
        try:
            client = await self._workspaces.client(asked.workspace)
            await client.views_update(view_id=view["id"], view=step)
        except FAILURES as error:  # closed meanwhile
            log.warning("the next step of a form could not be shown: %s", outcome_of(error))

    async def _form(self, asked: Asked, line: str, refused: Answer | None = None) -> block_kit.Json | None:
        form = await self._house.forms.open(replace(asked.inbound, text=line))
        if form is None:
            return None
        notes = refused.messages if refused and not refused.question else ()  # the form asks that question itself
        if asked.kept:
            name, parts = await self._quotes.kept(asked.kept)
            characters = sum(map(len, parts))
            form, notes = quoting.without(form, name), (*notes, text_message(WHOLE.format(characters)))
        view = modal.view(form, asked, notes, about=refused.field if refused else "")
        return quoting.with_kept(view, asked) if view else None

    async def _narrow(self, body: Payload) -> None:
        """Make an open form anew, because a field was filled in that decides what else is asked."""
        view = body["view"]
        asked = await self._external.of(wire.from_view(body, self._line(view)))
        if anew := await self._form(asked, asked.inbound.text):
            try:
                client = await self._workspaces.client(asked.workspace)
                await client.views_update(view_id=view["id"], hash=view["hash"], view=anew)
            except FAILURES as error:  # as it is closed, or filled in further already: the next step asks the rest
                log.info("a form was not made anew: %s", outcome_of(error))

    async def _open_shortcut(self, chosen: Shortcut, body: Payload) -> None:
        values: dict[str, str] = {}
        files: tuple[Upload, ...] = ()
        kept = ""
        if chosen.takes:
            link = await self._link(body)
            text = await self._quotes.of(body, link)
            kept = await self._quotes.keep(chosen.takes, text, lambda part: self._note(chosen, part))
            values = {} if kept else {chosen.takes: text}
            files = wire.uploads(body, body["message"], link)
        said = wire.with_files(wire.from_shortcut(body, self._house.forms.line(chosen.line, values)), files)
        asked = replace(await self._external.of(said), kept=kept)
        if not await self._ask(asked, asked.inbound.text):
            await self._show(asked, await self._house.receive(asked.inbound))

    def _note(self, chosen: Shortcut, text: str) -> str:
        return self._house.forms.line(chosen.line, {chosen.takes: text})

    async def _link(self, body: Payload) -> str:
        """Where a message stands, for people."""
        where = {"channel": body["channel"]["id"], "message_ts": body["message"]["ts"]}
        try:
            client = await self._workspaces.client(wire.workspace(body))
            return str((await client.chat_getPermalink(**where))["permalink"])
        except FAILURES:
            return ""

    async def _show_home(self, body: Payload) -> None:
        if body["event"].get("tab", "home") == "home":
            await self._homes.opened(await self._external.of(wire.home(body)))
