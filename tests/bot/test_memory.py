"""What adapters keep over a restart: on disk when they are told so, and many at once with one change of the record."""

import asyncio

from sqlalchemy import func, select

from bot.inbound.services import Memory
from storage.errors import StoreUnavailable
from storage.models import Memo


def test_what_comes_while_something_is_written_is_written_at_once_and_each_is_on_disk_when_it_is_told_so(store):
    memory, jobs, more, write = Memory(store), [], [], store.write

    async def keep(number: int) -> bool:
        await memory.remember({f"k{number}": {"n": number}}, seconds=60.0 + number % 2)
        kept = await memory.recall(f"k{number}")
        return kept is not None and kept.value == {"n": number}

    def write_while_more_comes(job):
        jobs.append(job)
        if len(jobs) == 1:
            more.extend(asyncio.create_task(keep(number)) for number in range(1, 20))
        return write(job)

    async def keep_many() -> list[bool]:
        return [await keep(0), *await asyncio.gather(*more)]

    store.write = write_while_more_comes
    assert all(asyncio.run(keep_many()))
    assert (len(more), len(jobs)) == (19, 2)
    assert asyncio.run(keep(20))  # in another loop
    assert store.read(lambda work: work.session.scalar(select(func.count()).select_from(Memo))).result() == 21


def test_what_could_not_be_written_is_said_to_each_and_the_next_is_written(store, monkeypatch):
    memory = Memory(store)

    def fail(_job: object) -> None:
        raise StoreUnavailable("full")

    async def keep() -> list[object]:
        three = (memory.remember({f"k{n}": {}}, seconds=60.0) for n in range(3))
        return await asyncio.gather(*three, return_exceptions=True)

    with monkeypatch.context() as broken:
        broken.setattr(store, "write", fail)
        assert [type(one) for one in asyncio.run(keep())] == [StoreUnavailable] * 3
    assert asyncio.run(keep()) == [None] * 3
