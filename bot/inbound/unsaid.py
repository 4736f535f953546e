"""Unsaid answers: those that a platform did not take for minutes are put away, and their senders get news.

In: a message that was handled. Out: its line, typed again within a day, gets the stored answer and changes nothing
twice; and whoever sent it is told by the outbox, with the patience of a day and on their next account, that it was done
or was not. Of a line that only read nothing is owed: it is asked again.
"""

import asyncio
import logging

from bot.adapters.contract import Inbound
from bot.inbound.answers import StoredAnswer
from handlers import undelivered
from handlers.language.command import Commands
from handlers.language.line import read_line
from handlers.undelivered import AnswerUnsaid
from storage.database.store import Store
from storage.database.unit_of_work import UnitOfWork
from storage.errors import StorageError
from storage.messages import inbox

log = logging.getLogger("rogatory.dispatch")


class UnsaidAnswers:
    """For every platform of this process."""

    def __init__(self, store: Store, commands: Commands) -> None:
        self._store, self._commands = store, commands

    async def put_away(self, inbound: Inbound) -> None:
        """The answer to this message could not be said. Never raises."""
        try:
            await asyncio.wrap_future(self._store.write(lambda work: self._put_away(work, inbound)))
        except StorageError:
            log.exception("an answer could not be put away")

    def _put_away(self, work: UnitOfWork, inbound: Inbound) -> None:
        found = inbox.put_off(work, inbound.key)
        if found is None:
            return
        kept, at = found
        stored = StoredAnswer.from_kept(kept)
        if stored.person < 1 or stored.state == "failed":
            return
        command, ref = read_line(inbound.text, self._commands).command, next(iter(stored.refs), "")
        words, done = command.words if command else "", stored.state == "done"
        notice = AnswerUnsaid(words, at, done, undelivered.family(ref), ref, stored.label or "")
        undelivered.unsaid(work, inbound.key, stored.person, notice)
