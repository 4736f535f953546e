"""What is offered goes with what was answered before: in Slack's lists, under Telegram's messages, at the prompt's Tab.

One officer on three platforms, with two cases and requests in several states.
"""

import asyncio

import pytest

from bot.adapters.contract import Inbound
from bot.adapters.house import House
from bot.adapters.slack.modal import OTHER
from bot.inbound.dispatch import Dispatch
from bot.inbound.forms import FormBuilder
from bot.inbound.services import Services
from bot.rendering.render import Renderer
from handlers import COMMANDS, people
from storage.exposure.roles import Role
from storage.record import records
from storage.rules.lifecycle import Status
from tests import factories
from tests.bot.slack.stage import on_slack
from tests.bot.telegram.stage import on_telegram
from tests.fake_telegram import OFFICER
from tests.furnishing import furnish

RENDERER = Renderer()
META = ["PROD-META", "EDR-META", "TD-META", "PROD-US-BSI", "PROD-US-RECORDS", "EDR-US"]
SENT, ANSWERED, OTHER_CASE = "CCW-2026-0001/1", "CCW-2026-0001/2", "CCW-2026-0002/1"


class Desk:
    """The office, and the three ways in."""

    def __init__(self, store) -> None:
        self.store = store
        self.dispatch = Dispatch(store, COMMANDS, RENDERER)
        self.house = House(self.dispatch.receive, FormBuilder(store, COMMANDS, RENDERER), Services(store, COMMANDS))
        furnish(store, Desk._furnish)

    @staticmethod
    def _furnish(store) -> None:
        store.write(Desk._fill).result()

    @staticmethod
    def _fill(work) -> None:
        accounts = ["slack:T1/U1", f"telegram:{OFFICER}"]
        people.enrol_at(work, "Officer", "PK-FIA-CCW", Role.OFFICER, accounts)
        [officer] = records.people(work, name="Officer")
        one, other = (factories.case(work, opener=officer, title=title) for title in ("Fake pages", "Fake shop"))
        factories.request(work, of=one, status=Status.SENT)
        factories.request(work, of=one, status=Status.PRODUCED)
        factories.request(work, of=other, status=Status.SENT)
        factories.preservation(work, of=one)

    def completed(self, line: str) -> list[str]:
        """What Tab offers at the end of a line."""
        return [found[0] for found in self.dispatch.complete(Inbound("console", "", "Officer", line))]

    def in_slack(self, line: str, name: str, typed: str = "", **values: str | list[str]) -> list[str]:
        """What one list of a command's form offers, with these fields filled in."""

        async def story() -> list[str]:
            async with on_slack(self.house) as (slack, _):
                await slack.command("U1", f"/desk {line}")
                await slack.fill("U1", **values)
                blocks = {block.get("block_id"): block for block in slack.forms["U1"]["blocks"]}
                element = (blocks.get(name) or blocks[f"{name}.kind"])["element"]
                if "options" in element:
                    return [option["value"] for option in element["options"] if option["value"] != OTHER]
                return await slack.search("U1", name, typed)

        return asyncio.run(story())

    def in_telegram(self, *said: str) -> tuple[str, list[str]]:
        """The last message, after these were typed, and what its buttons offer."""

        async def story() -> tuple[str, list[str]]:
            async with on_telegram(self.house) as rig:
                for text in said:
                    press = rig.telegram.press if text.startswith("» ") else rig.telegram.say
                    press(OFFICER, text.removeprefix("» "))
                    await rig.heard()
                kept = await self.house.services.memory.recall(f"telegram:form:{OFFICER}")
                return rig.telegram.posts[-1].text, list(kept.value["offered"])

        return asyncio.run(story())


@pytest.fixture
def desk(sqlite_store) -> Desk:
    return Desk(sqlite_store)


class TestInstruments:
    LINE = "/request file 1 to:PROV-META as:PROD-META data:bsi accounts:x.y reason:fraud user_notification:Permitted"
    WHOLE = (f'{LINE} basis:"mla request 7" official_email:a@b.example phone:+92',)

    def test_slack_offers_those_by_which_the_recipient_can_be_asked(self, desk):
        assert desk.in_slack("request file 1", "as", to="PROV-META") == META

    def test_telegram_offers_the_same(self, desk):
        assert desk.in_telegram(*self.WHOLE, "» Change", "» Kind of request")[1] == META

    def test_the_prompt_offers_the_same(self, desk):
        assert desk.completed("request file 1 to:PROV-META as:") == META

    def test_another_recipient_has_others(self, desk):
        assert desk.completed("request file 1 to:GB-UKCA as:") == ["MLA-GENERIC"]
        assert desk.in_slack("request file 1", "as", to="GB-UKCA") == ["MLA-GENERIC"]

    def test_what_is_not_offered_can_be_typed_and_is_found(self, desk):
        assert "PROD-X" in desk.completed("request file 1 to:PROV-META as:PROD-")
        text, _ = desk.in_telegram(*self.WHOLE, "» Change", "» Kind of request", "PROD-X")
        assert "Link between the account" in text

    def test_in_an_emergency_what_is_for_emergencies_comes_first(self, desk):
        assert desk.completed("request file 1 to:PROV-META emergency:yes as:")[:2] == ["EDR-META", "EDR-US"]
        assert desk.in_slack("request file 1", "as", to="PROV-META", emergency="yes")[:2] == ["EDR-META", "EDR-US"]

    def test_what_fits_comes_first_when_something_is_typed(self, desk):
        assert desk.completed("request file 1 to:PROV-META as:PROD-")[:3] == [
            "PROD-META",
            "PROD-US-BSI",
            "PROD-US-RECORDS",
        ]

    def test_where_nothing_fits_all_are_offered(self, desk):
        assert len(desk.completed("request file 1 to:EU-SIRIUS as:")) > len(META)

    def test_a_hold_is_asked_for_under_a_hold(self, desk):
        assert desk.completed("preservation ask 1 to:PROV-META as:") == ["PRES-META"]

    def test_what_comes_in_comes_by_what_they_can_ask_under(self, desk):
        assert desk.completed("request receive 1 from:US-DOJ-OIA as:") == ["MLA-GENERIC", "MLA-PK-IN"]


class TestDataAndPapers:
    LINE = "request file 1 to:PROV-META as:EDR-META"

    def test_slack_offers_what_the_instrument_yields_there(self, desk):
        found = desk.in_slack("request file 1", "data", to="PROV-META", as_="EDR-META")
        assert found == ["bsi", "ip_logs", "traffic", "domain_registration", "payment"]

    def test_telegram_and_the_prompt_offer_the_same(self, desk):
        found = ["bsi", "ip_logs", "traffic", "domain_registration", "payment"]
        assert desk.in_telegram(f"/{self.LINE}")[1] == found
        assert desk.completed(f"{self.LINE} data:") == found

    def test_a_takedown_restricts_and_a_hold_keeps_a_snapshot(self, desk):
        assert desk.completed("request file 1 to:PROV-X as:TD-X data:") == ["content_restriction"]
        assert "preservation_snapshot" in desk.completed("preservation ask 1 to:PROV-X as:PRES-X data:")

    def test_the_papers_that_give_this_data_are_offered_and_another_can_be_typed(self, desk):
        line = "/request file 1 to:PROV-META as:PROD-META data:content accounts:page.one"
        assert desk.in_telegram(line)[1] == ["MLA request", "Letter rogatory"]
        assert "Why it is needed" in desk.in_telegram(line, "a note of the minister")[0]

    def test_less_intrusive_data_takes_a_paper_of_our_own(self, desk):
        found = desk.completed("request file 1 to:PROV-META as:PROD-META data:bsi basis:")
        assert '"Domestic court order"' in found
        assert '"Domestic court order"' not in desk.completed(
            "request file 1 to:PROV-META as:PROD-META data:content basis:"
        )


class TestReferences:
    def test_a_command_is_offered_the_requests_it_can_be_said_of(self, desk):
        assert desk.completed("request acknowledge ")[:2] == [OTHER_CASE, SENT]
        assert desk.in_slack("request acknowledge", "ref") == [OTHER_CASE, SENT]
        assert desk.in_telegram("/request acknowledge")[1] == [OTHER_CASE, SENT]

    def test_what_is_closed_can_be_reopened(self, desk):
        assert desk.completed("request reopen ")[0] == ANSWERED
        assert desk.in_slack("request reopen", "ref") == [ANSWERED]
        assert desk.in_telegram("/request reopen")[1] == [ANSWERED]

    def test_another_is_found_by_typing(self, desk):
        assert desk.in_slack("request acknowledge", "ref", "0001/2") == [ANSWERED]

    def test_where_nothing_can_be_meant_all_are_offered(self, desk):
        assert desk.in_slack("request supplement", "ref") == [OTHER_CASE, ANSWERED, SENT]

    def test_a_request_is_one_of_the_case_that_was_chosen(self, desk):
        line = "preservation ask 1 to:PROV-META as:PRES-META"
        assert desk.completed(f"{line} for:") == [SENT]
        assert desk.in_slack("preservation ask", "for", to="PROV-META", case="CCW-2026-0002") == [OTHER_CASE]

    def test_a_hold_is_confirmed_once(self, desk):
        assert desk.in_slack("preservation confirmed", "ref") == ["CCW-2026-0001/P1"]
