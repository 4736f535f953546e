"""A desk with many officers, each with an account: what the benchmarks of the platforms talk to.

In: a database's URL, a platform, how many. Out: an open store, the house that adapters are given, their accounts.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import func, select

from bot.adapters.house import House
from bot.inbound.dispatch import Dispatch
from bot.inbound.forms import FormBuilder
from bot.inbound.services import Services
from bot.rendering.render import Renderer
from handlers import COMMANDS
from storage.database.engine import migrate
from storage.database.store import Store
from storage.database.unit_of_work import UnitOfWork
from storage.models import Account, Case
from storage.record.records import sync_authorities
from storage.reference.catalog import load
from storage.times import SystemClock
from tests import factories


@dataclass(frozen=True)
class Crowd:
    """Who talks to which desk."""

    store: Store
    house: House
    accounts: tuple[str, ...]

    def cases(self) -> int:
        """How many are on record."""
        return self.store.read(lambda work: work.session.scalar(select(func.count()).select_from(Case)) or 0).result()


@contextmanager
def crowd(url: str, platform: str, accounts: tuple[str, ...]) -> Iterator[Crowd]:
    """A desk of its own, whose officers have these accounts."""
    migrate(url)
    store = Store(url, clock=SystemClock(), reference=load())
    try:
        store.write(lambda work: _enrol(work, platform, accounts)).result()
        renderer = Renderer()
        dispatch = Dispatch(store, COMMANDS, renderer)
        yield Crowd(
            store, House(dispatch.receive, FormBuilder(store, COMMANDS, renderer), Services(store, COMMANDS)), accounts
        )
    finally:
        store.close()


def _enrol(work: UnitOfWork, platform: str, accounts: tuple[str, ...]) -> None:
    sync_authorities(work, work.reference)
    work.session.flush()
    agency = factories.agency(work)
    for account in accounts:
        person = factories.person(work, of=agency)
        person.accounts.append(Account(platform=platform, external_id=account, linked_at=work.now))
