"""What people do on Telegram and what they get: groups, topics, buttons, pages, edits, files, menus, label ceiling."""

import asyncio

import pytest

from bot.adapters.contract import EDITS_DO_NOTHING
from bot.adapters.telegram import texts
from bot.rendering.blocks import Button, Buttons, Paragraph, Span, Table
from tests.bot.telegram.stage import Hearing, on_telegram, said
from tests.bot.telegram.test_forms import GROUP, Office, on_desk, open_case
from tests.fake_telegram import OFFICER, OTHER, Refusal

LONG = "case note CCW-2026-0042 " + "x" * 100


@pytest.fixture
def office(sqlite_store, clock) -> Office:
    return Office(sqlite_store, clock)


def on_rig(house, test):
    async def whole():
        async with on_telegram(house.house) as rig:
            return await test(rig)

    return asyncio.run(whole())


class TestGroups:
    @pytest.mark.parametrize(
        ("text", "is_ours"),
        [
            ("/case list", True),
            ("/case@DeskBot list", True),
            ("/case@deskbot list", True),
            ("/case_list", True),
            ("@DeskBot case list", True),
            ("/case@OtherBot list", False),
            ("/roll 6", False),
            ("@somebody case list", False),
            ("what do you think of case 1?", False),
            ("", False),
        ],
    )
    def test_only_what_is_for_us_is_heard(self, text, is_ours):
        house = Hearing()

        async def story(rig):
            rig.telegram.say(OFFICER, text, chat=GROUP)
            await rig.heard()

        on_rig(house, story)
        assert bool(house.heard) is is_ours

    def test_a_room_is_the_chat_and_a_forum_topic_its_thread(self):
        house = Hearing()

        async def story(rig):
            rig.telegram.say(OFFICER, "/case list", chat=GROUP, thread=7)
            await rig.heard()
            return rig.telegram.posts[-1]

        post = on_rig(house, story)
        assert (house.heard[0].room, house.heard[0].thread) == (str(GROUP), "7")
        assert (post.chat, post.thread) == (GROUP, 7)
        assert post.answers

    def test_what_a_room_may_not_see_goes_to_the_private_chat(self, office):
        async def story(desk):
            await open_case(desk)
            await desk.say("/case status 1", chat=GROUP)
            return desk.telegram.texts(GROUP), desk.telegram.texts(OFFICER)[-1]

        in_group, private = on_desk(office, story)
        assert in_group == []
        assert "Fake pages" in private

    def test_where_there_is_no_private_chat_the_group_learns_nothing_but_the_way_there(self, office):
        async def story(desk):
            await open_case(desk)
            desk.telegram.strangers.add(OFFICER)
            await desk.say("/case status 1", chat=GROUP)
            return desk.telegram.texts(GROUP)

        assert on_desk(office, story) == [texts.CANNOT_WRITE]

    def test_a_group_that_moves_keeps_its_room(self, office):
        async def story(desk):
            await desk.say("/desk channel here for:PK-FIA-CCW", user=OTHER, chat=GROUP)
            desk.telegram.say(OTHER, "", chat=GROUP, migrate_to_chat_id=-1001000000001)
            await desk.rig.heard()
            return await desk.say("/desk channel show", user=OTHER, chat=-1001000000001)

        assert "-1001000000001" in on_desk(office, story)


class TestButtons:
    def test_a_line_of_any_length_comes_back_whole_also_after_a_restart(self):
        house = Hearing(answers=[said("card", Buttons((Button("Short", "case list"), Button("Long", LONG))))])

        async def story(rig):
            rig.telegram.say(OFFICER, "/card")
            await rig.heard()
            return rig.telegram.posts[-1]

        card = on_rig(house, story)
        assert all(len(card.button(label).encode()) <= 64 for label in ("Short", "Long"))
        after = Hearing(memos=house.memos)

        async def next_process(rig):
            rig.telegram.goes_on([card])
            for label in ("Short", "Long"):
                rig.telegram.press(OTHER, label)
            await rig.heard()
            return rig.telegram.unanswered

        assert on_rig(after, next_process) == set()
        assert [one.text for one in after.heard] == ["case list", LONG]
        assert {one.account for one in after.heard} == {str(OTHER)}, "the rights are those of whoever presses"

    def test_a_stale_button_says_who_did_it_and_when(self, office):
        async def story(desk):
            await open_case(desk)
            await desk.say('/case close 1 because:"done"')
            await desk.say("/case status 1")
            desk.last.keyboard = [[{"text": "Close", "callback_data": "=case close 1 because:again"}]]
            await desk.press("Close", user=OTHER)
            return desk.telegram.toasts[-1]

        words, alert = on_desk(office, story)
        assert alert
        assert "closed" in words or "Officer" in words
        assert len(words) <= 200

    def test_a_button_whose_line_is_not_kept_any_more_says_so(self):
        house = Hearing()

        async def story(rig):
            rig.telegram.say(OFFICER, "/x")
            await rig.heard()
            rig.telegram.press_data(OFFICER, rig.telegram.posts[-1], "#gone")
            await rig.heard()
            return rig.telegram.toasts

        assert on_rig(house, story) == [(texts.TOO_OLD, True)]

    def test_one_that_telegram_gave_up_waiting_for_is_still_carried_out(self):
        house = Hearing(answers=[said("card", Buttons((Button("Go", "overdue"),)))])

        async def story(rig):
            rig.telegram.say(OFFICER, "/card")
            await rig.heard()
            rig.telegram.press(OFFICER, "Go")
            rig.telegram.unanswered.clear()
            await rig.heard()
            return rig.telegram.texts(OFFICER)

        assert on_rig(house, story) == ["card", "heard"]


class TestPages:
    ROWS = tuple(((Span(f"R{n}"),), (Span("x" * 60),)) for n in range(150))
    ANSWER = said("All cases", Table(((Span("ref"),), (Span("title"),)), ROWS, ("left", "left")), label="TLP:AMBER")

    def test_a_long_list_is_one_message_and_turned_in_place(self):
        house = Hearing(answers=[self.ANSWER] * 4)

        async def story(rig):
            rig.telegram.say(OFFICER, "/case list")
            await rig.heard()
            pages = [rig.telegram.posts[-1].text]
            for _ in range(2):
                rig.telegram.press(OFFICER, texts.LATER)
                await rig.heard()
                pages.append(rig.telegram.posts[-1].text)
            rig.telegram.press(OFFICER, texts.EARLIER)
            await rig.heard()
            return pages, rig.telegram.posts

        pages, posts = on_rig(house, story)
        assert len(posts) == 1
        assert all(page.startswith("TLP:AMBER") for page in pages)
        assert "R149" in pages[2]
        assert posts[0].text == pages[1]
        assert len({one.key for one in house.heard}) == 1, "a page is read, not done again"

    def test_only_whoever_asked_turns_them(self):
        house = Hearing(answers=[self.ANSWER])

        async def story(rig):
            rig.telegram.say(OFFICER, "/case list", chat=GROUP)
            await rig.heard()
            rig.telegram.press(OTHER, texts.LATER)
            await rig.heard()
            return rig.telegram.toasts, rig.telegram.posts[-1].edits

        assert on_rig(house, story) == ([(texts.NOT_YOURS, False)], [])


class TestDelivery:
    def test_an_answer_waits_as_long_as_telegram_says_and_then_stands_there_once(self):
        house = Hearing()

        async def story(rig):
            rig.telegram.fail("sendMessage", Refusal("Too Many Requests: retry after 9", 429, {"retry_after": 9}))
            rig.telegram.say(OFFICER, "/overdue")
            await rig.heard()
            return rig.telegram.texts(OFFICER), rig.clock.waited

        said_, paused = on_rig(house, story)
        assert said_ == ["heard"]
        assert 9.0 in paused

    def test_one_whose_fate_nobody_knows_is_said_once_more_and_says_so(self):
        house = Hearing()

        async def story(rig):
            rig.telegram.fail("sendMessage", Refusal("", 0, done=True))
            rig.telegram.say(OFFICER, "/overdue")
            await rig.heard()
            return rig.telegram.texts(OFFICER)

        assert on_rig(house, story) == ["heard", f"{texts.AGAIN}\n\nheard"]

    def test_one_whose_form_telegram_refuses_is_said_plainly(self):
        house = Hearing(answers=[said(Paragraph((Span("bold", bold=True),)), "more")])

        async def story(rig):
            rig.telegram.fail("sendMessage", Refusal("Bad Request: can't parse entities"))
            rig.telegram.say(OFFICER, "/overdue")
            await rig.heard()
            return rig.telegram.posts[-1]

        post = on_rig(house, story)
        assert (post.text, post.entities) == ("bold\n\nmore", [])


def test_an_edit_changes_nothing_and_says_so():
    house = Hearing()

    async def story(rig):
        rig.telegram.edit(OFFICER, "/case list")
        rig.telegram.edit(OFFICER, "talk", chat=GROUP)
        await rig.heard()
        return rig.telegram.texts(OFFICER), rig.telegram.texts(GROUP)

    assert on_rig(house, story) == ([EDITS_DO_NOTHING], [])
    assert house.heard == []


def test_start_is_help_and_a_deep_link_carries_a_code():
    house = Hearing()

    async def story(rig):
        for text in ("/start", "/start link_ABCD-EFGH", "/start something"):
            rig.telegram.say(OFFICER, text)
        await rig.heard()

    on_rig(house, story)
    assert [one.text for one in house.heard] == ["/start", "desk link ABCD-EFGH", "desk help"]


def test_the_menu_is_of_the_persons_role_and_set_again_when_it_changes():
    house = Hearing(menus={str(OFFICER): ("request file", "request not-held")})

    async def story(rig):
        rig.telegram.say(OFFICER, "/overdue")
        await rig.heard()
        rig.telegram.say(OFFICER, "/overdue")
        await rig.heard()
        house.menus[str(OFFICER)] = ("case list",)  # by an administrator, somewhere else
        rig.telegram.say(OFFICER, "/overdue")
        await rig.heard()
        menus = [asked for method, asked in rig.telegram.calls if method == "setMyCommands"]
        return rig.telegram.commands, len(menus)

    commands, calls = on_rig(house, story)
    assert commands == {"all_private_chats": ["desk"], "all_group_chats": ["desk"], str(OFFICER): ["case_list"]}
    assert calls == 4


def test_who_has_no_role_any_more_has_the_menu_of_all_also_after_a_restart():
    house = Hearing(menus={"": ("desk help",)})

    async def story(rig):
        rig.telegram.commands[str(OFFICER)] = ["request_file"]  # set by the process before this one
        rig.telegram.say(OFFICER, "/overdue")
        await rig.heard()
        return rig.telegram.menu_of(OFFICER, "en")

    assert on_rig(house, story) == ["desk"]


@pytest.mark.parametrize("app", ["en", "ur", "fr"])
def test_a_menu_in_another_language_is_read_whatever_the_language_of_the_app(app):
    house = Hearing(menus={str(OFFICER): ("request file",)}, language="ur")

    async def story(rig):
        rig.telegram.say(OFFICER, "/overdue")
        await rig.heard()
        return rig.telegram.menu_of(OFFICER, app), rig.telegram.menu_of(OTHER, app)

    assert on_rig(house, story) == (["request_file"], ["desk"])


class TestCeiling:
    def test_above_it_nothing_is_shown_and_a_line_says_where_to_look(self, office):
        async def story(desk):
            opened = await desk.say('/case open "The name of a source" category:other label:red')
            return opened, await desk.say("/case status 1"), await desk.say("/case list")

        opened, status, listed = on_desk(office, story)
        for words in (opened, status):
            assert "TLP:RED is not shown on Telegram" in words
            assert "source" not in words
        assert "source" not in listed
        assert "There is more above TLP:AMBER" in listed

    def test_what_is_offered_to_pick_is_within_it(self, office):
        async def story(desk):
            await desk.say('/case open "The name of a source" category:other label:red')
            await open_case(desk)
            await desk.say("/case note")
            return desk.last.labels

        labels = on_desk(office, story)
        assert any("Fake pages" in label for label in labels)
        assert not any("source" in label for label in labels)

    def test_a_list_within_it_says_nothing_of_ceilings(self, office):
        async def story(desk):
            await open_case(desk)
            return await desk.say("/case list")

        assert "There is more" not in on_desk(office, story)
