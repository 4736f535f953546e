"""Health over HTTP: what a supervisor and a watcher read."""

import asyncio
from datetime import timedelta
from socket import create_server

import pytest
from aiohttp import ClientSession

from bot.health.http import application
from bot.health.port import listening
from storage.errors import StoreUnavailable
from storage.messages import heartbeat
from storage.models import OutboxRow, Recipient

SECONDS = 30
GONE = 'rogatory_well 0\nrogatory_refused_lines{limit="stranger"} 7\nrogatory_http_connections 1\n'
REFUSED = {"stranger": 7}


@pytest.fixture
def ask(store):
    """The status and the text behind an address."""

    async def asked(path):
        here = create_server(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{here.getsockname()[1]}{path}"
        async with (
            listening(application(store, refused_lines=REFUSED), sock=here),
            ClientSession() as client,
            client.get(url) as answer,
        ):
            return answer.status, await answer.text()

    return lambda path: asyncio.run(asyncio.wait_for(asked(path), SECONDS))


def tick(store):
    store.write(lambda work: heartbeat.beat(work, heartbeat.TICK)).result(SECONDS)


def unsent(store, minutes):
    def put(work):
        row = {"cause": "c", "notice": "nudge", "fields": {}, "recipient": Recipient.person(1), "label": "TLP:RED"}
        work.session.add(OutboxRow(**row, platform="slack", not_before=work.now - timedelta(minutes=minutes)))

    store.write(put).result(SECONDS)


def test_a_desk_that_is_well_is_ready(store, ask):
    tick(store)
    assert ask("/readyz") == (200, "ok\n")


@pytest.mark.parametrize(("minutes", "answer"), [(1, (200, "ok\n")), (3, (503, "unsent slack\n"))])
def test_a_message_unsent_for_more_than_two_minutes_is_trouble(store, ask, minutes, answer):
    tick(store)
    unsent(store, minutes)
    assert ask("/readyz") == answer


def test_two_minutes_without_a_tick_are_trouble_and_no_reason_to_kill_the_process(store, clock, ask):
    tick(store)
    clock.move(minutes=3)
    assert ask("/readyz") == (503, "tick\n")
    assert ask("/healthz") == (200, "alive\n")


def test_the_numbers_are_for_prometheus_and_name_nobody(store, clock, ask):
    tick(store)
    unsent(store, 3)
    clock.move(seconds=20)
    status, text = ask("/metrics")
    numbers = dict(line.rsplit(" ", 1) for line in text.strip().split("\n"))
    assert status == 200
    assert numbers["rogatory_tick_age_seconds"] == "20.0"
    assert numbers['rogatory_waiting{platform="slack"}'] == "1"
    assert numbers['rogatory_unsent_age_seconds{platform="slack"}'] == "200.0"
    assert numbers["rogatory_well"] == "0"
    assert "person" not in text


def test_a_database_that_is_away_is_said_and_the_process_still_answers(ask, monkeypatch):
    def away(_):
        raise StoreUnavailable("gone")

    monkeypatch.setattr(heartbeat, "read", away)
    assert ask("/readyz") == (503, "store\n")
    assert ask("/healthz") == (200, "alive\n")
    assert ask("/metrics") == (200, GONE)
