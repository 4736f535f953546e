"""Step-by-step forms on a real desk: asked one by one, searched, changed, summed up, sent; over restarts, in groups."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import func, select

from bot.adapters.house import House
from bot.adapters.telegram import texts
from bot.adapters.telegram.wire import CommandWords
from bot.inbound.dispatch import Dispatch
from bot.inbound.forms import FormBuilder
from bot.inbound.services import Services
from bot.rendering.render import Renderer
from handlers import COMMANDS, people
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.models import Case, Note, Request
from tests.bot.telegram.stage import on_telegram
from tests.fake_telegram import OFFICER, OTHER

GROUP = -2001
RENDERER = Renderer()
FILE = "/request file 1 to:PROV-META as:PROD-META data:bsi accounts:page.one"
DONE, KIND = "Open the case", "Kind of complaint"


class Office:
    """A desk with an officer and a manager on Telegram. Each `on` is a process of its own."""

    def __init__(self, store, clock) -> None:
        self.store, self.clock = store, clock
        for name, role, number in (("Officer", Role.OFFICER, OFFICER), ("Manager", Role.MANAGER, OTHER)):
            account = [f"telegram:{number}"]
            store.write(
                lambda work, a=(name, role, account): people.enrol_at(work, a[0], "PK-FIA-CCW", *a[1:])
            ).result()

    @asynccontextmanager
    async def on(self, *, webhook: bool = False):
        ceilings = {"telegram": Label.AMBER}
        dispatch = Dispatch(self.store, COMMANDS, RENDERER, ceilings)
        forms = FormBuilder(self.store, COMMANDS, RENDERER, ceilings)
        house = House(dispatch.receive, forms, Services(self.store, COMMANDS))
        async with on_telegram(house, webhook=webhook) as rig:
            yield People(rig, self)

    def count(self, model) -> int:
        return self.store.read(lambda work: work.session.scalar(select(func.count()).select_from(model))).result()


class People:
    """What people do in one process, each time until it is answered."""

    def __init__(self, rig, office) -> None:
        self.rig, self.telegram, self.office = rig, rig.telegram, office

    async def say(self, text: str, user: int = OFFICER, **where: int) -> str:
        self.office.clock.move(seconds=11)
        before = len(self.telegram.posts)
        self.telegram.say(user, text, **where)
        await self.rig.heard()
        return "\n".join(post.text for post in self.telegram.posts[before:])

    async def press(self, label: str, user: int = OFFICER, **which: object) -> str:
        self.office.clock.move(seconds=11)
        self.telegram.press(user, label, **which)
        await self.rig.heard()
        return self.telegram.posts[-1].text

    @property
    def last(self):
        return self.telegram.posts[-1]


@pytest.fixture
def office(sqlite_store, clock) -> Office:
    return Office(sqlite_store, clock)


def on_desk(office, story, **how):
    async def whole():
        async with office.on(**how) as desk:
            return await story(desk)

    return asyncio.run(whole())


async def open_case(desk) -> None:
    await desk.say('/case open "Fake pages" category:fraud label:amber')


def test_what_is_missing_is_asked_for_one_after_the_other_and_sent_after_a_summary(office):
    async def story(desk):
        assert "What it is about" in await desk.say("/case open")
        assert KIND in await desk.say("Fake pages")
        summary = await desk.press("Impersonation")
        assert "Open a case." in summary
        assert "Fake pages" in summary
        assert "TLP label: TLP:AMBER" in summary  # guessed, and not asked for
        assert office.count(Case) == 0
        return await desk.press(DONE), desk.telegram.unanswered

    answer, unanswered = on_desk(office, story)
    assert "⚪ OPEN" in answer
    assert office.count(Case) == 1
    assert unanswered == set()


@pytest.mark.parametrize("starts_with", [3, 99_000])
def test_a_form_that_is_open_when_updates_are_numbered_anew_goes_on(office, starts_with):
    async def story(desk):
        await desk.say('/case open "Fake pages"')
        desk.telegram.quiet_week(starts_with)
        assert "Kind of complaint: Impersonation" in await desk.press("Impersonation")
        return await desk.press(DONE)

    assert "⚪ OPEN" in on_desk(office, story)
    assert office.count(Case) == 1


def test_a_form_that_the_release_before_kept_goes_on(office):
    async def story(desk):
        await desk.say('/case open "Fake pages"')
        memory, key = desk.rig.desk._services.memory, f"telegram:form:{OFFICER}"
        kept = (await memory.recall(key)).value
        await memory.remember({key: {**kept, "update_id": 104} | {"heard": []}}, seconds=60)
        return await desk.press("Impersonation"), await desk.press(DONE)

    summary, answer = on_desk(office, story)
    assert "Kind of complaint: Impersonation" in summary
    assert "⚪ OPEN" in answer


def test_choices_are_turned_page_by_page_and_searched_by_typing(office):
    async def story(desk):
        await open_case(desk)
        await desk.say("/request file 1")
        first = desk.last.labels
        await desk.press(texts.LATER)
        second = desk.last.labels
        await desk.say("meta p")
        found = desk.last.labels
        await desk.say("nothing is called so")
        return first, second, found, desk.last.text

    first, second, found, text = on_desk(office, story)
    assert len(first) == 8 + 2 + 1
    assert set(first) & set(second) == {texts.CANCEL, texts.LATER}
    assert found[:2] == ["Meta Platforms, Inc.", "Meta Platforms Ireland Ltd."]
    assert "nothing is called so" in text


def test_a_name_that_fits_one_choice_only_is_taken_and_one_that_fits_none_is_refused(office):
    async def story(desk):
        await open_case(desk)
        await desk.say("/request file 1")
        found = await desk.say("eurojust")
        await desk.say("/cancel")
        await desk.say("/request file 1")
        return found, await desk.say("nobody-at-all")

    found, refused = on_desk(office, story)
    assert "Data" in found
    assert "nobody-at-all" in refused


@pytest.mark.parametrize(("typed", "label"), [("amber", "TLP:AMBER"), ("strict", "TLP:AMBER+STRICT")])
def test_the_last_word_of_a_choice_is_enough(office, typed, label):
    async def story(desk):
        await desk.say('/case open "Fake pages"')
        await desk.say("fraud")
        await desk.press(texts.CHANGE)
        await desk.press("TLP label")
        return await desk.say(typed)

    assert f"TLP label: {label}" in on_desk(office, story)


def test_several_are_picked_and_unpicked(office):
    async def story(desk):
        await open_case(desk)
        await desk.say("/request file 1 to:PROV-META as:PROD-META")
        await desk.press("Basic subscriber")
        await desk.press("IP / login")
        await desk.press("Basic subscriber")
        ticked = [one for one in desk.last.labels if one.startswith("✓")]
        return ticked, await desk.press(texts.DONE)

    ticked, then = on_desk(office, story)
    assert ticked[0].startswith("✓ IP / login logs")
    assert "Accounts" in then


def test_back_goes_to_the_value_before_and_change_to_any(office):
    async def story(desk):
        await desk.say("/case open")
        await desk.say("Fake pages")
        back = await desk.press(texts.BACK)
        await desk.press(texts.KEEP.partition(" ")[0])
        await desk.press("Impersonation")
        await desk.press(texts.CHANGE)
        await desk.press("What it is about")
        await desk.say("Another title")
        return back, desk.last.text

    back, summary = on_desk(office, story)
    assert "What it is about" in back
    assert "Another title" in summary
    assert "Impersonation" in summary


def test_the_summary_shows_the_pre_flight_before_anything_is_filed(office):
    async def story(desk):
        await open_case(desk)
        await desk.say(FILE)
        for value in (
            "court order 58/2026",
            "it asks for money",
            "a@agency.example",
            "+92-51-0000000",
            "not permitted",
        ):
            await desk.say(value)
        return desk.last.text

    summary = on_desk(office, story)
    assert "goes on record as a draft of CCW-2026-0001" in summary
    assert "The last 30 days" in summary
    assert "This case has no hold" in summary
    assert summary.startswith("TLP:AMBER")
    assert office.count(Request) == 0


def test_a_value_that_cannot_be_read_is_said_at_once_and_the_rest_is_kept(office):
    async def story(desk):
        await open_case(desk)
        await desk.say("/request file 1 to:PROV-META")
        return await desk.say("no such data at all")

    said = on_desk(office, story)
    assert "no such data at all" in said
    assert "Data" in said


def test_what_is_warned_of_is_said_when_the_value_is_given_and_a_reason_is_asked_for(office):
    async def story(desk):
        await open_case(desk)
        await desk.say("/request file 1 to:PROV-META as:PROD-META data:content accounts:page.one reason:fraud")
        picked = await desk.press("MLA request")
        fine = await desk.say("7/2026")
        await desk.press(texts.BACK)
        return picked, fine, await desk.say("court order 58/2026")

    picked, fine, warned = on_desk(office, story)
    assert "Its number and date" in picked
    assert "Will be refused" not in fine
    assert "Legal paper: Will be refused" in warned


def test_a_confirmation_takes_a_yes_and_nothing_else(office):
    async def story(desk):
        await open_case(desk)
        line = "/request file 1 to:Google as:PROD-GOOGLE data:bsi accounts:x.y official_email:a@b.example"
        asked = await desk.say(f'{line} basis:"mla request 7" reason:fraud')
        return asked, await desk.say("no"), await desk.press(texts.CONFIRM)

    asked, refused, then = on_desk(office, story)
    assert "Signed and dated" in asked
    assert "demands that it is so" in refused
    assert "Signed and dated by the official: yes" in then


def test_a_refusal_leads_back_to_the_value_it_is_about(office):
    async def story(desk):
        await desk.say("/case open category:fraud label:green")
        return await desk.say("x" * 400), await desk.say("A short title")

    refused, then = on_desk(office, story)
    assert "400" in refused
    assert "A short title" in then
    assert "Open a case." in then
    assert office.count(Case) == 0


def test_it_survives_a_restart_and_an_update_that_comes_again_changes_nothing(office):
    async def first(desk):
        await desk.say("/case open")
        await desk.say("Fake pages")
        return desk.telegram.posts, desk.telegram.say(OFFICER, "Impersonation")

    async def second(posts, update, desk):
        desk.telegram.goes_on(posts)
        desk.telegram.bring(update)
        await desk.rig.heard()
        once = desk.last.text
        desk.telegram.bring_again(update)
        await desk.rig.heard()
        return once, desk.last.text, await desk.press(DONE)

    posts, update = on_desk(office, first)
    once, twice, answer = on_desk(office, lambda desk: second(posts, update, desk))
    assert "Open a case." in once
    assert "Open a case." in twice
    assert "⚪ OPEN" in answer


def test_a_press_that_comes_again_files_once_and_gives_the_same_answer(office):
    async def story(desk):
        await desk.say('/case open "Fake pages"')
        await desk.say("fraud")
        update = desk.telegram.press(OFFICER, DONE)
        await desk.rig.heard()
        desk.telegram.bring_again(update)
        await desk.rig.heard()
        return desk.telegram.texts(OFFICER)

    said = on_desk(office, story)
    assert office.count(Case) == 1
    assert sum("⚪ OPEN" in text for text in said) == 1


def test_an_old_button_of_a_form_says_that_it_has_moved_on(office):
    async def story(desk):
        await desk.say('/case open "Fake pages"')
        old = desk.last
        await desk.say("impersonation")
        desk.telegram.press(OFFICER, "Hacking", post=old)
        await desk.rig.heard()
        return desk.telegram.toasts[-1], desk.last.text

    toast, text = on_desk(office, story)
    assert toast == (texts.MOVED_ON, True)
    assert "Impersonation" in text


@pytest.mark.parametrize("how", ["button", "typed"])
def test_cancel_ends_it_and_sends_nothing(office, how):
    async def story(desk):
        await desk.say('/case open "Fake pages"')
        await (desk.press(texts.CANCEL) if how == "button" else desk.say("/cancel"))
        after = desk.telegram.posts[-1].text
        return after, await desk.say("/cancel")

    after, again = on_desk(office, story)
    assert texts.CANCELLED in after
    assert again == texts.NOTHING_TO_CANCEL
    assert office.count(Case) == 0


def test_after_half_an_hour_it_is_put_away_with_what_was_typed_and_can_be_taken_up_again(office):
    async def story(desk):
        await desk.say('/case open "Fake pages"')
        office.clock.move(minutes=31)
        await _forms(desk).put_away_late()
        put_away = desk.last.text
        return put_away, await desk.press(texts.GO_ON)

    put_away, again = on_desk(office, story)
    assert texts.PUT_AWAY in put_away
    assert 'case open "Fake pages"' in put_away
    assert KIND in again


WHY = 'emergency:yes basis:"police request 9/2026" reason:"a person is in danger" offence:abduction despite:"no time"'


@pytest.mark.parametrize("before", ["", "/"])
def test_a_whole_line_is_a_line_whatever_a_form_asks_for(office, before):
    async def story(desk):
        await open_case(desk)
        await desk.say("/case note 1")
        assert texts.CANCEL in desk.last.labels
        said = await desk.say(f"{before}request file 1 to:Legat as:POLICE-LIAISON data:bsi accounts:page.one {WHY}")
        return said, await desk.say("The page is back"), await desk.press("Write the note")

    said, after, noted = on_desk(office, story)
    assert "CCW-2026-0001/1" in said
    assert office.count(Request) == 1
    assert "Your note: The page is back" in after, "the form goes on"
    assert "The page is back" in noted
    assert office.count(Note) == 1


@pytest.mark.parametrize(
    ("typed", "is_line"),
    [
        ("request file 1 to:meta", True),
        ("Request  File 1 to:meta", True),
        ("request_file 1 to:meta", True),
        ("case assign all from:A to:B", True),
        ("overdue", True),
        ("Overdue mine:yes", True),
        ("case closed by the court", False),
        ("case", False),
        ("Overdue payments to the victims", False),
        ("Request of 3 March", False),
        ("preservation", False),
        ("desk officer", False),
    ],
)
def test_a_line_begins_with_the_words_of_a_command_and_a_value_does_not(typed, is_line):
    assert CommandWords([spec.words for spec in COMMANDS]).begin(typed) is is_line


def test_what_is_typed_too_late_is_a_line_and_no_value(office):
    async def story(desk):
        await desk.say('/case open "Fake pages"')
        office.clock.move(minutes=31)
        return await desk.say("impersonation")

    assert "no command" in on_desk(office, story)


def test_in_a_group_it_moves_to_the_private_chat(office):
    async def story(desk):
        await desk.say('/case open "Fake pages"', chat=GROUP)
        return desk.telegram.texts(GROUP), desk.telegram.texts(OFFICER), desk.telegram.posts[-1].labels

    in_group, private, labels = on_desk(office, story)
    assert in_group == [texts.COME_OVER]
    assert KIND in private[0]
    assert labels == [texts.OPEN_CHAT]


def test_somebody_who_never_opened_the_private_chat_gets_the_way_there_and_goes_on(office):
    async def story(desk):
        desk.telegram.strangers.add(OFFICER)
        await desk.say('/case open "Fake pages"', chat=GROUP)
        in_group, link = desk.last.text, desk.last.button(texts.OPEN_CHAT)
        desk.telegram.strangers.clear()
        await desk.say(f"/start {link.partition('start=')[2]}")
        return in_group, link, desk.last.text

    in_group, link, private = on_desk(office, story)
    assert "Fake pages" not in in_group
    assert link == "https://t.me/DeskBot?start=form"
    assert KIND in private


def test_a_command_for_the_group_asked_for_in_private_still_concerns_the_group(office):
    async def story(desk):
        await desk.say("/desk channel here", user=OTHER, chat=GROUP)
        await desk.say("PK-FIA-CCW", user=OTHER)
        return await desk.press("Speak in this room", user=OTHER), desk.telegram.texts(GROUP)

    answer, in_group = on_desk(office, story)
    assert "speaks here for PK-FIA-CCW (Group" in answer
    assert in_group == [texts.COME_OVER]


def _forms(desk):
    return desk.rig.desk.listener._conversation._forms
