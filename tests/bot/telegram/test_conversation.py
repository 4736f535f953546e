"""What people do on Telegram and what they get: groups, topics, buttons, pages, edits, files, menus, label ceiling."""

import asyncio

import pytest

from bot.adapters.contract import EDITS_DO_NOTHING
from bot.adapters.telegram import menus, texts
from bot.rendering.blocks import Bullets, Button, Buttons, Item, Paragraph, Span, Table
from tests.bot.telegram.stage import Hearing, on_telegram, said
from tests.bot.telegram.test_forms import GROUP, Office, on_desk, open_case
from tests.fake_telegram import ANONYMOUS, OFFICER, OTHER, Refusal, chat_of, user_of

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

    @pytest.mark.parametrize(
        ("status", "hushed", "member"),
        [
            ("member", False, True),
            ("member", True, False),
            ("administrator", True, True),
            ("restricted", False, False),
            ("kicked", False, False),
        ],
    )
    def test_a_line_says_what_the_room_is_called_and_whether_the_desk_can_write_there(self, status, hushed, member):
        house = Hearing()

        async def story(rig):
            rig.telegram.hushed |= {GROUP} if hushed else set()
            rig.telegram.say(OFFICER, "/case list", chat=GROUP)
            rig.telegram.say(OFFICER, "/case list", chat=GROUP)
            await rig.heard()
            asked = [method for method, _ in rig.telegram.calls].count("getChatMember")
            rig.telegram.stands(GROUP, status)
            rig.telegram.say(OFFICER, "/overdue", chat=GROUP)
            await rig.heard()
            return asked

        assert on_rig(house, story) == 1
        assert [(one.room_name, one.member) for one in house.heard] == [("Group", not hushed)] * 2 + [("Group", member)]

    def test_a_telegram_that_does_not_say_whether_we_are_in_a_room_keeps_nobody_waiting(self):
        house = Hearing()

        async def story(rig):
            rig.telegram.fail("getChatMember", Refusal("Bad Gateway", 502))
            rig.telegram.say(OFFICER, "/case list", chat=GROUP)
            await rig.heard()

        on_rig(house, story)
        assert [one.member for one in house.heard] == [None]

    def test_an_administrator_who_writes_as_the_group_reads_why_the_desk_cannot_know_them(self):
        house = Hearing()

        async def story(rig):
            group, channel = chat_of(GROUP), {"id": -1001000000009, "type": "channel", "title": "News"}
            as_the_group = {"from": ANONYMOUS, "sender_chat": group}
            rig.telegram.say(OFFICER, "/case list", chat=GROUP, **as_the_group)
            rig.telegram.say(OFFICER, "what do you think?", chat=GROUP, **as_the_group)
            rig.telegram.say(OFFICER, "/case list", chat=GROUP, **as_the_group | {"sender_chat": channel})
            rig.telegram.say(OFFICER, "/case list", chat=GROUP, **{"from": {**user_of(7), "is_bot": True}})
            await rig.heard()
            return rig.telegram.texts(GROUP), rig.telegram.posts[-1].labels

        assert on_rig(house, story) == ([texts.NAMELESS], [texts.OPEN_CHAT])
        assert house.heard == []

    def test_whoever_is_mentioned_without_a_user_name_stands_in_the_line_by_their_id(self):
        house = Hearing()

        async def story(rig):
            entities = [
                {"type": "bot_command", "offset": 0, "length": 5},
                {"type": "text_mention", "offset": 23, "length": 8, "user": user_of(OTHER)},
            ]
            rig.telegram.say(OFFICER, "/case assign 1 😀🏽 to:Amina Kh", entities=entities)
            await rig.heard()

        on_rig(house, story)
        assert [one.text for one in house.heard] == [f"/case assign 1 😀🏽 to:@{OTHER}"]

    def test_a_user_name_means_whoever_spoke_under_it_also_after_a_restart_and_in_a_form(self, office):
        async def story(desk):
            await open_case(desk)
            await desk.say("/overdue", user=OTHER)
            assigned = await desk.say(f"/case assign 1 to:@Person_{OTHER}")
            nobody = await desk.say("/case assign 1 to:@Nobody_Here")
            await desk.say("/case assign 1")
            filled = await desk.say(f"@person_{OTHER}")
            return assigned, nobody, filled, await desk.press("Give the case")

        assigned, nobody, filled, given = on_desk(office, story)
        assert "Manager" in assigned
        assert "belongs to none of the people" in nobody
        assert f"New lead: @person_{OTHER}" in filled
        assert "Manager" in given

        async def next_process(desk):
            desk.telegram.goes_on([])
            return await desk.say(f"/case assign 1 to:@person_{OTHER}")

        assert "Manager" in on_desk(office, next_process)

    def test_a_user_name_that_somebody_gave_up_is_not_theirs_any_more(self):
        house = Hearing()

        async def story(rig):
            for user, name in ((OFFICER, "amina_k"), (OFFICER, "amina_khan"), (OTHER, "bilal_a")):
                rig.telegram.say(user, "/overdue @amina_k @amina_khan", **{"from": user_of(user) | {"username": name}})
                await rig.heard()

        on_rig(house, story)
        found = [dict(one.mentions) for one in house.heard]
        assert found == [{"@amina_k": "1001"}, {"@amina_khan": "1001"}, {"@amina_khan": "1001"}]

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

        assert "The desk speaks here for PK-FIA-CCW" in on_desk(office, story)


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


CARD = said(
    "request 42",
    Buttons(
        (
            Button("Open", "request status 42"),
            Button("Why", "request why 42", more=True),
            Button("History", "request history 42", more=True),
            Button("Withdraw", "request withdraw 42", more=True, asks="Withdraw it? Undo takes it back."),
        )
    ),
)
"""A card: one thing to do, and a menu with the rest, of which one ends it."""
LIST = said(
    Bullets(
        (Item((Span("first"),), button=Button("Open", "one")), Item((Span("second"),), button=Button("Open", "two")))
    ),
    Buttons((Button("Next page", "case list page:2", turns=True),)),
)


class TestMessagesThatUnfold:
    def story(self, house, *labels, user=OFFICER):
        async def told(rig):
            rig.telegram.say(OFFICER, "/request status 42")
            await rig.heard()
            for label in labels:
                rig.telegram.press(user, label)
                await rig.heard()
            return rig.telegram.posts, rig.telegram.toasts

        return on_rig(house, told)

    def test_the_rest_is_a_second_keyboard_in_place(self):
        house = Hearing(answers=[CARD])
        (post,), _ = self.story(house, texts.MORE)
        assert post.labels == ["Why", "History", "Withdraw", texts.BACK]
        assert len(house.heard) == 1, "looking is not doing"

    def test_and_the_first_comes_back(self):
        (post,), _ = self.story(Hearing(answers=[CARD]), texts.MORE, texts.BACK)
        assert post.labels == ["Open", texts.MORE]

    def test_what_ends_something_turns_the_message_into_the_question(self):
        house = Hearing(answers=[CARD])
        (post,), _ = self.story(house, texts.MORE, "Withdraw")
        assert post.text == "request 42\n\nWithdraw it? Undo takes it back.", "of which record"
        assert len(house.heard) == 1, "nothing was sent yet"

    def test_which_can_be_taken_back(self):
        house = Hearing(answers=[CARD])
        (post,), _ = self.story(house, texts.MORE, "Withdraw", texts.NO)
        assert post.text == "request 42"
        assert "Withdraw" in post.labels
        assert len(house.heard) == 1

    def test_or_meant_and_the_answer_takes_its_place(self):
        house = Hearing(answers=[CARD, said("withdrawn")])
        (post,), _ = self.story(house, texts.MORE, "Withdraw", texts.YES.format("Withdraw"))
        assert house.heard[-1].text == "request withdraw 42"
        assert post.text == "withdrawn"

    def test_each_entry_of_a_list_is_opened_by_its_number(self):
        house = Hearing(answers=[LIST, said("opened")])
        (post, opened), _ = self.story(house, "2")
        assert post.text == "1. first\n2. second"
        assert (house.heard[-1].text, opened.text) == ("two", "opened")

    def test_a_page_is_turned_in_the_same_message(self):
        (post,), _ = self.story(Hearing(answers=[LIST, said("page two")]), "Next page")
        assert (post.text, post.edits) == ("page two", ["1. first\n2. second"])


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


class TestEdits:
    def after(self, change, *, chat=0, text="/overdue"):
        """What is said after an edit of a line that was answered."""
        house = Hearing()

        async def story(rig):
            line = rig.telegram.say(OFFICER, text, chat=chat)
            await rig.heard()
            before = len(rig.telegram.posts)
            change(rig.telegram, line)
            await rig.heard()
            return [post.text for post in rig.telegram.posts[before:]]

        said_ = on_rig(house, story)
        assert len(house.heard) == (text == "/overdue")
        return said_

    def test_an_edit_changes_nothing_and_says_so_once_for_each_change(self):
        def change(telegram, line):
            telegram.edit(line, text="/case list")
            telegram.edit(line, text="/case list")
            telegram.edit(line, text="/overdue mine:yes")

        assert self.after(change) == [EDITS_DO_NOTHING] * 2

    def test_a_reaction_or_a_preview_is_no_edit(self):
        assert self.after(lambda telegram, line: telegram.edit(line)) == []

    def test_of_a_message_that_this_process_never_heard_nothing_is_said(self):
        def change(telegram, line):
            telegram.edit({"message": line["message"] | {"message_id": 77}}, text="/case list")

        assert self.after(change) == []

    def test_talk_in_a_group_is_not_ours_whatever_becomes_of_it(self):
        assert self.after(lambda one, line: one.edit(line, text="talk on"), chat=GROUP, text="talk") == []


def test_start_is_the_desk_of_whoever_starts_and_a_deep_link_carries_a_code():
    house = Hearing()

    async def story(rig):
        for text in ("/start", "/start link_ABCD-EFGH", "/start something"):
            rig.telegram.say(OFFICER, text)
        await rig.heard()

    on_rig(house, story)
    assert [one.text for one in house.heard] == ["desk home", "desk link ABCD-EFGH", "desk home"]


def test_the_menu_is_of_the_persons_role_and_set_again_when_it_changes(monkeypatch):
    monkeypatch.setattr(menus, "ASKED_SECONDS", 0.0)
    house = Hearing(menus={str(OFFICER): ("request file", "request not-held")})

    async def story(rig):
        rig.telegram.say(OFFICER, "/overdue")
        await rig.heard()
        rig.telegram.say(OFFICER, "/overdue")
        await rig.heard()
        house.menus[str(OFFICER)] = ("case list",)  # by an administrator, somewhere else
        rig.telegram.say(OFFICER, "/overdue")
        await rig.heard()
        set_ = [asked for method, asked in rig.telegram.calls if method == "setMyCommands"]
        return rig.telegram.commands, len(set_)

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
