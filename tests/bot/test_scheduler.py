"""The tick is called again and again, one at a time; when it stops, somebody learns."""

import asyncio
import threading
import time
from datetime import timedelta

import pytest
from apscheduler.triggers.interval import IntervalTrigger

from bot.ticking.scheduler import JOB, TICK_SECONDS, Scheduler, TicksStopped
from storage.times import SystemClock

SOON = 0.05
SECONDS = 30


class Calls:
    """A tick that counts, and can hang or fail."""

    def __init__(self):
        self.count = self.running = self.most_at_once = 0
        self.go_on = threading.Event()
        self.go_on.set()
        self.fails = False

    def __call__(self, _progress):
        self.count += 1
        self.running += 1
        self.most_at_once = max(self.most_at_once, self.running)
        assert self.go_on.wait(SECONDS)
        self.running -= 1
        if self.fails:
            raise ValueError("this tick is broken")


@pytest.fixture
def calls():
    return Calls()


async def until(so):
    async with asyncio.timeout(SECONDS):
        while not so():  # noqa: ASYNC110 - a thread makes it so
            await asyncio.sleep(0)


def hold(story):
    return asyncio.run(asyncio.wait_for(story, SECONDS))


def test_there_is_one_interval_job_that_neither_skips_nor_piles_up(calls):
    async def story():
        async with Scheduler(calls) as scheduler:
            return scheduler._scheduler.get_jobs()

    [job] = hold(story())
    assert isinstance(job.trigger, IntervalTrigger)
    assert (job.misfire_grace_time, job.coalesce, job.max_instances) == (None, True, 1)
    assert job.trigger.interval == timedelta(seconds=TICK_SECONDS)


def test_the_first_tick_is_at_once_and_others_follow(calls):
    async def story():
        async with Scheduler(calls, seconds=3600):
            await until(lambda: calls.count == 1)
        async with Scheduler(calls, seconds=SOON):
            await until(lambda: calls.count >= 4)

    hold(story())


def test_a_tick_that_fails_is_followed_by_the_next(calls, caplog):
    calls.fails = True

    async def story():
        async with Scheduler(calls, seconds=SOON):
            await until(lambda: calls.count >= 3)

    hold(story())
    assert "the tick failed" in [record.getMessage() for record in caplog.records]


def test_there_is_never_more_than_one_at_a_time(calls):
    calls.go_on.clear()

    async def story():
        async with Scheduler(calls, seconds=SOON) as scheduler:
            await until(lambda: calls.running == 1)
            for _ in range(5):
                scheduler.soon()
                await asyncio.sleep(0)
            calls.go_on.set()
            await until(lambda: calls.count >= 3)

    hold(story())
    assert calls.most_at_once == 1


def test_it_runs_off_the_event_loop(calls):
    calls.go_on.clear()

    async def story():
        async with Scheduler(calls, seconds=SOON):
            await until(lambda: calls.running == 1)  # the loop goes round although the tick does not return
            calls.go_on.set()

    hold(story())


def test_the_one_in_hand_is_finished_before_it_is_left(calls):
    calls.go_on.clear()

    async def story():
        async with Scheduler(calls, seconds=3600):
            await until(lambda: calls.running == 1)
            threading.Timer(SOON, calls.go_on.set).start()
        assert calls.running == 0

    hold(story())


class TestWatch:
    def test_a_tick_that_hangs_is_noticed(self, calls):
        calls.go_on.clear()

        async def story():
            async with Scheduler(calls, seconds=SOON) as scheduler:
                await until(lambda: calls.running == 1)
                began = time.monotonic()
                try:
                    with pytest.raises(TicksStopped):
                        await scheduler.watch()
                finally:
                    calls.go_on.set()
                return time.monotonic() - began

        assert hold(story()) >= 2 * SOON

    def test_row_30_a_scheduler_that_died_is_noticed(self, calls):
        async def story():
            async with Scheduler(calls, seconds=SOON) as scheduler:
                await until(lambda: calls.count == 1)
                scheduler._scheduler.pause()
                with pytest.raises(TicksStopped):
                    await scheduler.watch()

        hold(story())

    def test_a_next_tick_that_the_clock_of_the_machine_put_an_hour_off_is_brought_back(self, calls):
        async def story():
            async with Scheduler(calls, seconds=SOON) as scheduler:
                await until(lambda: calls.count >= 1)
                watching = asyncio.create_task(scheduler.watch())
                scheduler._scheduler.modify_job(JOB, next_run_time=SystemClock().now() + timedelta(hours=1))
                before = calls.count
                await until(lambda: calls.count >= before + 3)
                assert not watching.done()
                watching.cancel()

        hold(story())

    def test_a_long_tick_that_gets_on_is_left_alone(self):
        steps = 8

        def long(progress):
            for _ in range(steps):
                assert not stopped.wait(SOON)
                progress()
            finished.set()
            stopped.wait(SECONDS)

        stopped, finished = threading.Event(), threading.Event()

        async def story():
            async with Scheduler(long, seconds=2 * SOON) as scheduler:
                watching = asyncio.create_task(scheduler.watch())
                await until(finished.is_set)
                assert not watching.done()
                watching.cancel()
                stopped.set()

        hold(story())
