"""A whole request by form alone, from case to sent, on both platforms, counted: taps, and values that are typed.

A tap is a button, a choice picked from a list, a box ticked; also the platform's own that begins it all: the App Home
and `/start`. Opening a list, or a field, is not counted.
"""

import asyncio

import pytest

from bot.adapters.house import House
from bot.adapters.telegram import texts
from bot.inbound.dispatch import Dispatch
from bot.inbound.forms import FormBuilder
from bot.inbound.services import Services
from bot.rendering.render import Renderer
from handlers import COMMANDS, people
from storage.exposure.roles import Role
from storage.models import Request
from storage.record import records
from tests.bot.slack.stage import on_slack
from tests.bot.telegram.stage import on_telegram
from tests.fake_telegram import OFFICER

RENDERER = Renderer()
U1 = "U1"


@pytest.fixture
def house(sqlite_store) -> House:
    """A desk with one officer, whose address and phone are on record."""

    def furnish(work):
        people.enrol_at(work, "Officer", "PK-FIA-CCW", Role.OFFICER, [f"slack:T1/{U1}", f"telegram:{OFFICER}"])
        [officer] = records.people(work, name="Officer")
        officer.email, officer.phone = "officer@agency.example", "+92 51 0000000"

    sqlite_store.write(furnish).result()
    dispatch = Dispatch(sqlite_store, COMMANDS, RENDERER)
    services = Services(sqlite_store, COMMANDS)
    return House(dispatch.receive, FormBuilder(sqlite_store, COMMANDS, RENDERER), services)


def sent(store) -> list[tuple[str, str, str]]:
    found = store.read(lambda work: [(one.instrument, one.status, one.basis) for one in work.session.query(Request)])
    return found.result()


def test_on_slack_twelve_taps_and_four_typed_values(house, sqlite_store):
    async def story() -> tuple[int, int]:
        taps = typed = 0

        async with on_slack(house) as (slack, _):

            async def pick(**values):
                nonlocal taps
                taps += len(values)
                await slack.fill(U1, **values)

            async def write(**values):
                nonlocal typed
                typed += len(values)
                await slack.fill(U1, **values)

            async def press(act):
                nonlocal taps
                taps += 1
                return await act

            await press(slack.open_home(U1))
            await press(slack.press_home(U1, "Open a case"))
            await write(title="Fake pages of an office")
            await pick(category="impersonation")
            assert slack.forms[U1]["submit"]["text"] == "Open the case"
            await press(slack.submit(U1))
            await press(slack.press(U1, slack.posts[-1], "File a request"))
            await pick(to="PROV-META")
            await pick(data=["bsi"])
            await write(accounts="facebook.com/example.page")
            await pick(**{"basis.kind": "Domestic court order"})
            await write(basis="58/2026", reason="It asks for money in the name of an office")
            await press(slack.submit(U1))
            await pick(**{"user_notification.kind": "Not permitted: order attached"})
            assert slack.forms[U1]["submit"]["text"] == "File the request"
            await press(slack.submit(U1))
            await press(slack.press(U1, slack.posts[-1], "Sent"))
        return taps, typed

    assert asyncio.run(story()) == (12, 4)
    assert sent(sqlite_store) == [("PROD-META", "sent", "Domestic court order 58/2026")]


def test_on_telegram_eleven_taps_and_four_typed_values(house, sqlite_store):
    async def story() -> tuple[int, int]:
        taps = typed = 0
        async with on_telegram(house) as rig:

            async def tap(label):
                nonlocal taps
                taps += 1
                rig.telegram.press(OFFICER, label)
                await rig.heard()

            async def write(text):
                nonlocal typed
                typed += 1
                rig.telegram.say(OFFICER, text)
                await rig.heard()

            rig.telegram.say(OFFICER, "/start")
            await rig.heard()
            taps += 1
            await tap("Open a case")
            await write("Fake pages of an office")
            await tap("Impersonation")
            await tap("Open the case")
            await tap("File a request")
            await tap("Meta Platforms, Inc.")
            await tap("Basic subscriber")
            await tap(texts.DONE)
            await write("facebook.com/example.page")
            await write("court order 58/2026")
            await write("It asks for money in the name of an office")
            await tap("Not permitted: order attached")
            await tap("File the request")
            await tap("Sent")
        return taps, typed

    assert asyncio.run(story()) == (11, 4)
    assert sent(sqlite_store) == [("PROD-META", "sent", "court order 58/2026")]
