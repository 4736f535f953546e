"""Throttling: a line that comes too fast, or from a stranger too often, is stopped before anything is read or kept.

In: an `Inbound`. Out: None where it goes on; the answer instead, which may be silence. Nothing of such a line is kept,
and it costs no look at the record: by a flood nobody else waits longer, and no disk fills. It is counted (`/metrics`).
A stranger is looked up at most every ten seconds, answered once an hour and counted; what they may type is a code that
links their account, ten times an hour, and of that line the text is not kept either.
Not in a terminal: whoever sits at this machine may give it a script of a thousand lines.
Why known accounts are not looked up for ten minutes: it would be one more look for each line; dispatch looks anyway.
"""

import asyncio
import math
import re
import time
from collections.abc import Callable, Mapping

from bot.adapters.contract import Answer, AsksForms, Form, Inbound
from bot.inbound import answers
from bot.inbound.answers import Saying, StoredAnswer
from bot.inbound.limits import PERSON_LINES, ROOM_LINES, LineLimits, LineVerdict, Ruling
from bot.rendering.render import Renderer
from handlers.kit import access
from handlers.kit.errors import NotLinked
from handlers.kit.notices import TooManyLines
from handlers.language.line import Line
from storage.database.store import Store
from storage.database.unit_of_work import UnitOfWork

SILENCE = Answer((), refused=True)
EMERGENCY = re.compile(r"\bemergency:(?!no\b)", re.IGNORECASE)


class Throttle:
    """For one process. `elapsed`: seconds of a clock that only goes forward."""

    def __init__(self, store: Store, renderer: Renderer, *, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._store, self._renderer, self._elapsed = store, renderer, elapsed
        self._asked: dict[str, asyncio.Future[bool]] = {}
        self.limits = LineLimits()

    def forget(self, inbound: Inbound) -> None:
        """An account belongs to nobody any more: its next line is a stranger's."""
        self.limits.forget(f"{inbound.platform}:{inbound.account}")

    async def stop(self, inbound: Inbound, line: Line) -> Answer | None:
        """The answer instead; None where the line goes on. Errors: StoreUnavailable."""
        if inbound.platform == access.CONSOLE:
            return None
        account = f"{inbound.platform}:{inbound.account}"
        limits, now = self.limits, self._elapsed()
        if not limits.is_known(account, now):
            links = line.is_for_strangers
            if links and account in limits.strangers:
                return None if limits.may_try(account, inbound.key, now) else SILENCE
            if not limits.may_look_up(account, inbound.key, now):
                return SILENCE
            if not await self._belongs(inbound, account):
                return self._to_stranger(inbound, account, links=links)
            limits.belongs(account, now)
        if not inbound.typed:
            return None if limits.look(account, now) else SILENCE
        room = f"{inbound.platform}:{inbound.room}" if inbound.room else ""
        urgent = EMERGENCY.search(inbound.text) is not None
        return self._to_person(limits.line(account, room, inbound.key, now, urgent=urgent))

    def _to_person(self, ruling: Ruling) -> Answer | None:
        if ruling.verdict is LineVerdict.WARNED:
            most = ROOM_LINES if ruling.room else PERSON_LINES
            notice = TooManyLines(most, math.ceil(ruling.seconds), ruling.room)
            return self._say(answers.plainly(notice, state="refused"))
        return SILENCE if ruling.verdict is LineVerdict.SILENT else None

    def _to_stranger(self, inbound: Inbound, account: str, *, links: bool) -> Answer | None:
        now = self._elapsed()
        if links:
            return None if self.limits.may_try(account, inbound.key, now) else SILENCE
        if not self.limits.stranger(account, inbound.key, now):
            return SILENCE
        return self._say(answers.refusal(NotLinked(inbound.platform, inbound.account), inbound.text))

    async def _belongs(self, inbound: Inbound, account: str) -> bool:
        """Ask the record whose account it is; lines that come meanwhile wait for the same answer."""

        def job(work: UnitOfWork) -> bool:
            try:
                access.actor(work, inbound.platform, inbound.account)
            except NotLinked:
                return False
            return True

        asked = self._asked.get(account)
        if asked is None:
            asked = self._asked[account] = asyncio.wrap_future(self._store.read(job))
            asked.add_done_callback(lambda _: self._asked.pop(account, None))
        return await asyncio.shield(asked)

    def _say(self, answer: StoredAnswer) -> Answer:
        return answers.read_out(Saying(answer), self._renderer, self._store.clock.now())


class ThrottledForms:
    """Forms that nobody can ask for without end: behind the limit there are none, and nothing to pick."""

    def __init__(self, forms: AsksForms, limits: LineLimits, *, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._forms, self._limits, self._elapsed = forms, limits, elapsed

    async def open(self, inbound: Inbound) -> Form | None:
        """As `AsksForms`."""
        return await self._forms.open(inbound) if self._may(inbound) else None

    async def choices(self, inbound: Inbound, name: str, typed: str) -> tuple[tuple[str, str], ...]:
        """As `AsksForms`."""
        return await self._forms.choices(inbound, name, typed) if self._may(inbound) else ()

    def line(self, words: str, values: Mapping[str, str]) -> str:
        """As `AsksForms`."""
        return self._forms.line(words, values)

    def _may(self, inbound: Inbound) -> bool:
        return self._limits.look(f"{inbound.platform}:{inbound.account}", self._elapsed())
