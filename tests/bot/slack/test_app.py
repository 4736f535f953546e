"""What people do in Slack, and what they get: over HTTP and by Socket Mode, with a desk that says what a test wants."""

import asyncio
import json
from dataclasses import replace
from functools import partial

import pytest

from bot.adapters.contract import Field, Form, Question
from bot.adapters.slack.answers import IN_PRIVATE
from bot.rendering.blocks import Button, Buttons
from tests.bot.slack.stage import Hearing, on_slack, said
from tests.fake_slack import BOT, Ack, Trouble

U1 = "U1"
MISSING = Question("label", "TLP label", "case open Shop", ())
FIELDS = (
    Field("title", "Title", required=True, value="Shop"),
    Field("label", "Label", "choice", required=True, choices=(("TLP:GREEN", "TLP:GREEN"),)),
)
FORM = Form("case open", "Open the case", FIELDS)


@pytest.fixture(params=["http", "socket"])
def on(request):
    """Do something in Slack with a desk that hears: over HTTP, and by Socket Mode."""
    return partial(_on, socket=request.param == "socket")


def _on(hearing, work, *, socket=False):
    async def connected():
        async with on_slack(hearing.house, socket=socket) as (slack, _):
            found = await work(slack)
            await slack.quiet()
            return slack, found

    return asyncio.run(connected())


class TestCommands:
    def test_a_command_is_heard_and_answered_to_its_asker_alone(self, on):
        desk = Hearing([said("done", label="TLP:GREEN")])
        slack, _ = on(desk, lambda slack: slack.command(U1, "/case open Shop", channel="C1"))
        (heard,) = desk.heard
        assert (heard.text, heard.account, heard.room) == ("/case open Shop", "T1/U1", "T1/C1")
        (post,) = slack.posts
        assert (post.words, post.to, post.channel) == ("TLP:GREEN\n\ndone", U1, "C1")

    @pytest.mark.parametrize("long", [False, True])
    def test_an_answer_that_was_asked_for_aloud_is_read_by_the_room(self, on, long):
        desk = Hearing([said("word " * 2000 if long else "done", label="TLP:GREEN", aloud=True)])
        slack, _ = on(desk, lambda slack: slack.command(U1, "/case status 1 aloud:yes", channel="C1"))
        assert {(post.to, post.channel) for post in slack.posts} == {("", "C1")}
        assert slack.posts[0].words.startswith("TLP:GREEN\n\n" + ("word" if long else "done"))

    def test_a_mention_asked_for_aloud_is_answered_in_its_thread(self, on):
        desk = Hearing([said("done", label="TLP:GREEN", aloud=True)])
        slack, _ = on(desk, lambda slack: slack.say(U1, "case status 1 aloud:yes", channel="C1", thread_ts="1.1"))
        assert [(post.to, post.channel, post.thread) for post in slack.posts] == [("", "C1", "1.1")]

    def test_what_a_room_may_not_see_goes_to_the_person(self, on):
        desk = Hearing([said("secret", label="TLP:RED", private=True, away=True)])
        slack, _ = on(desk, lambda slack: slack.command(U1, "/case status 1", channel="C1"))
        assert [post.words for post in slack.seen_by(U1)] == ["TLP:RED\n\nsecret"]
        assert [post.words for post in slack.seen_by(U1, "C1")] == [IN_PRIVATE]

    def test_a_refusal_that_tells_nothing_stays_where_it_was_asked(self, on):
        desk = Hearing([said("no such case", private=True, refused=True)])
        slack, _ = on(desk, lambda slack: slack.command(U1, "/case status 9", channel="C1"))
        assert [post.words for post in slack.seen_by(U1, "C1")] == ["no such case"]

    def test_a_long_answer_comes_whole_and_in_order(self, on):
        desk = Hearing([said(*(f"{n} " + "word " * 1000 for n in range(6)))])
        slack, _ = on(desk, lambda slack: slack.command(U1, "/case list", channel="C1"))
        seen = " ".join(post.words for post in slack.seen_by(U1, "C1"))
        assert [word for word in seen.split() if word.isdecimal()] == ["0", "1", "2", "3", "4", "5"]
        assert seen.count("word") == 6000

    def test_what_is_said_into_an_answer_that_slack_refuses_comes_another_way(self, on):
        desk = Hearing([said("first " + "word " * 3000)])

        def work(slack):
            slack.fail("response_url", Trouble(status=404))
            return slack.command(U1, "/case list", channel="C1")

        slack, _ = on(desk, work)
        assert [method for method, _ in slack.calls if method.startswith("chat.")] == ["chat.postEphemeral"]
        assert " ".join(post.words for post in slack.seen_by(U1, "C1")).count("word") == 3000

    def test_slack_gets_its_ok_only_after_the_desk_has_answered(self):
        desk = Hearing(hold=asyncio.Event())

        async def work(slack):
            typing = asyncio.create_task(slack.command(U1, "/case open Shop"))
            await desk.came.wait()
            early = typing.done()
            desk.hold.set()
            return early, (await typing).status

        assert _on(desk, work)[1] == (False, 200)

    def test_a_command_is_taken_while_slack_answers_nothing_itself(self, on):
        def work(slack):
            for method in ("auth.test", "users.info"):
                slack.fail(method, Trouble(status=0))
            return slack.command(U1, "/case open Shop")

        slack, ack = on(Hearing([said("done")]), work)
        asked = {method for method, _ in slack.calls if method != "apps.connections.open"}
        assert ack.status == 200
        assert asked <= {"auth.test", "users.info"}
        assert [post.words for post in slack.posts] == ["done"]


class TestButtons:
    CARD = said("a card", Buttons((Button("We have it", "request acknowledge 1/1"),)))

    def test_a_button_is_its_line_in_the_name_of_who_presses_it(self, on):
        desk = Hearing([self.CARD, said("noted")])

        async def work(slack):
            await slack.command(U1, "/request status 1/1", channel="C1")
            slack.posts[0].to = ""
            return await slack.press("U2", slack.posts[0], "We have it")

        slack, ack = on(desk, work)
        assert (desk.heard[1].text, desk.heard[1].account) == ("request acknowledge 1/1", "T1/U2")
        assert [post.words for post in slack.posts if post.to == "U2"] == ["noted"]
        assert not ack.body

    def test_a_button_that_lacks_a_value_opens_its_form(self, on):
        desk = Hearing([self.CARD, said("label is missing", question=MISSING, refused=True)], FORM)

        async def work(slack):
            await slack.command(U1, "/request status 1/1", channel="C1")
            return await slack.press(U1, slack.posts[0], "We have it")

        slack, _ = on(desk, work)
        assert [block.get("block_id") for block in slack.forms[U1]["blocks"]] == ["title", "label"]
        assert len(slack.posts) == 1


class TestForms:
    def opened(self, *answers):
        return Hearing([said("label is missing", question=MISSING, refused=True), *answers], FORM)

    def test_a_form_keeps_what_was_typed_and_is_sent_as_a_line(self, on):
        desk = self.opened(said("open"))

        async def work(slack):
            await slack.command(U1, "/case open Shop", channel="C1")
            return await slack.submit(U1, label="TLP:GREEN")

        slack, ack = on(desk, work)
        assert desk.heard[1].text == 'case open title:"Shop" label:"TLP:GREEN"'
        assert (desk.heard[1].account, desk.heard[1].room) == ("T1/U1", "T1/C1")
        assert ack.body == {}
        assert [post.words for post in slack.seen_by(U1, "C1")] == ["open"]

    def test_an_error_stands_beside_its_field(self, on):
        wrong = said("purple is no label.", Buttons((Button("x", "x"),)), refused=True, private=True, field="label")
        desk = self.opened(wrong)

        async def work(slack):
            await slack.command(U1, "/case open Shop")
            return await slack.submit(U1, label="TLP:GREEN")

        slack, ack = on(desk, work)
        assert ack.body == {"response_action": "errors", "errors": {"label": "purple is no label."}}
        assert U1 in slack.forms

    def test_an_error_of_no_field_stands_above_them_and_nothing_typed_is_lost(self, on):
        desk = self.opened(said("You lead no case.", refused=True, private=True))

        async def work(slack):
            await slack.command(U1, "/case open Shop")
            return await slack.submit(U1, label="TLP:GREEN")

        slack, ack = on(desk, work)
        assert ack.body["response_action"] == "update"
        assert "You lead no case." in json.dumps(slack.forms[U1]["blocks"])

    def test_the_next_step_asks_what_the_first_decides(self, on):
        desk = self.opened(said("filed"))
        desk.form = Form("request file", "File the request", FIELDS[:1], final=False)

        async def work(slack):
            await slack.command(U1, "/request file")
            assert slack.forms[U1]["submit"]["text"] == "Next"
            note = ("It may delete the data while you wait.",)
            desk.form = Form("request file", "File the request", FIELDS, note)
            step = await slack.submit(U1, title="Shop")
            shown = json.dumps(slack.forms[U1]["blocks"])
            return step, shown, await slack.submit(U1, label="TLP:GREEN")

        _, (step, shown, last) = on(desk, work)
        assert step.body["response_action"] == "update"
        assert "It may delete the data" in shown
        assert (len(desk.heard), last.body) == (2, {})

    def test_choices_are_searched_as_somebody_types(self, on):
        desk = self.opened()
        desk.offered = (("PROV-META", "Meta Platforms"),)

        async def work(slack):
            await slack.command(U1, "/case open Shop")
            return await slack.search(U1, "label", "meta", title="Shops")

        assert on(desk, work)[1] == ["PROV-META"]
        assert desk.searched == [("label", "case open", "meta")]  # of what is filled in Slack tells nothing

    def test_a_field_that_decides_makes_the_form_anew_and_nothing_filled_in_is_lost(self, on):
        desk = self.opened(said("open"))
        desk.form = Form("case open", "Open the case", (replace(FIELDS[0], decides=True),), final=False)

        async def work(slack):
            await slack.command(U1, "/case open")
            desk.form = FORM
            await slack.fill(U1, title="Shops")
            return await slack.submit(U1, label="TLP:GREEN")

        on(desk, work)
        assert desk.heard[1].text == 'case open title:"Shops" label:"TLP:GREEN"'

    @pytest.mark.parametrize("error", ["hash_conflict", "not_found"])
    def test_a_form_that_moved_on_meanwhile_asks_the_rest_in_the_next_step(self, on, error):
        desk = self.opened(said("open"))
        desk.form = Form("case open", "Open the case", (replace(FIELDS[0], decides=True),), final=False)

        async def work(slack):
            await slack.command(U1, "/case open")
            desk.form = FORM
            slack.fail("views.update", Trouble(error))
            await slack.fill(U1, title="Shops")
            await slack.submit(U1)
            return await slack.submit(U1, label="TLP:GREEN")

        on(desk, work)
        assert desk.heard[1].text == 'case open title:"Shops" label:"TLP:GREEN"'

    def test_a_step_is_looked_at_before_the_next_is_asked(self, on):
        desk = self.opened()
        desk.form = Form("case open", "Open the case", FIELDS[:1], final=False)

        async def work(slack):
            await slack.command(U1, "/case open")
            desk.form = Form("case open", "Open the case", (replace(FIELDS[0], fault="is no title"), FIELDS[1]))
            return await slack.submit(U1, title="?")

        assert on(desk, work)[1].body == {"response_action": "errors", "errors": {"title": "is no title"}}

    def test_where_a_form_cannot_be_opened_the_answer_says_how_to_go_on(self, on):
        desk = self.opened()

        async def work(slack):
            slack.fail("views.open", Trouble("expired_trigger_id"))
            return await slack.command(U1, "/case open Shop", channel="C1")

        slack, _ = on(desk, work)
        assert "label is missing" in slack.seen_by(U1, "C1")[0].words

    def test_in_a_direct_message_a_button_opens_the_form(self, on):
        desk = self.opened(said("label is missing", question=MISSING, refused=True))

        async def work(slack):
            await slack.say(U1, "case open Shop")
            await slack.quiet()
            return await slack.press(U1, slack.posts[0], "Fill in a form")

        slack, _ = on(desk, work)
        assert desk.heard[1].text == "case open Shop"
        assert U1 in slack.forms


class TestEvents:
    def test_a_direct_message_is_a_command(self, on):
        desk = Hearing([said("3 cases")])
        slack, _ = on(desk, lambda slack: slack.say(U1, "case list & <x>"))
        assert (desk.heard[0].text, desk.heard[0].room) == ("case list & <x>", "")
        assert [post.words for post in slack.seen_by(U1)] == ["3 cases"]

    def test_a_mention_is_answered_to_its_asker_in_the_thread(self, on):
        desk = Hearing()
        slack, _ = on(desk, lambda slack: slack.say(U1, "case list", channel="C1", thread_ts="1.1"))
        assert desk.heard[0].text == "case list"
        (post,) = slack.posts
        assert (post.to, post.channel, post.thread) == (U1, "C1", "1.1")

    def test_an_event_that_comes_again_is_heard_again_and_answered_once(self, on):
        desk = Hearing()

        async def work(slack):
            return [(await slack.say(U1, "case list", key="Ev7")).status for _ in range(4)]

        slack, statuses = on(desk, work)
        assert {heard.key for heard in desk.heard} == {"slack:Ev7"}
        assert (statuses, len(slack.posts)) == ([200] * 4, 1)

    def test_an_event_that_could_not_be_kept_is_brought_again_and_answered_then(self):
        desk = Hearing([said("busy", refused=True, kept=False), said("done")])

        async def work(slack):
            return [(await slack.say(U1, "case open Shop", key="Ev7")).status for _ in range(2)]

        slack, statuses = _on(desk, work)
        assert statuses == [503, 200]
        assert [post.words for post in slack.posts] == ["done"]

    @pytest.mark.parametrize(
        "event",
        [
            {"type": "message", "channel_type": "im", "bot_id": "BBOT", "user": BOT, "text": "x", "channel": "DU1"},
            {"type": "message", "subtype": "message_changed", "channel_type": "im", "channel": "DU1"},
            {"type": "an_event_of_next_year"},
        ],
        ids=["our own", "an edit", "unknown"],
    )
    def test_what_is_not_said_to_us_is_taken_and_left(self, on, event):
        desk = Hearing()
        slack, ack = on(desk, lambda slack: slack.event(event))
        assert (ack.status, desk.heard, slack.posts) == (200, [], [])


class TestShortcutsAndHome:
    def test_a_message_becomes_a_note_with_its_link(self, on):
        desk = Hearing(form=Form("case note", "Write the note", FIELDS))
        desk.answers = [said("the message")]
        seen = []
        open_form = desk.open

        async def opened(inbound):
            seen.append(inbound.text)
            return await open_form(inbound)

        desk.open = opened

        async def work(slack):
            await slack.command(U1, "/case list", channel="C1")
            slack.posts[0].text, slack.posts[0].to = "it is <down> again", ""
            more = {"user": "U2", "files": [{"id": "F1", "name": "shot.png"}]}
            return await slack.shortcut(U1, "add_to_case", slack.posts[0], **more)

        slack, _ = on(desk, work)
        link = f"https://t1.slack.example/archives/C1/p{slack.posts[0].ts}"
        head = "Name of U2, 15 Jan 2027, 08:00 UTC:"
        assert seen == [f'case note text:"{head}\nit is <down> again\n[shot.png]\n{link}"']
        assert U1 in slack.forms

    def test_somebody_the_desk_does_not_know_reads_why_a_shortcut_does_nothing(self, on):
        desk = Hearing([said("not linked", refused=True)])
        slack, _ = on(desk, lambda slack: slack.shortcut(U1, "file_request"))
        assert desk.heard[0].text == "request file"
        assert [post.words for post in slack.seen_by(U1)] == ["not linked"]

    def test_the_home_shows_what_waits_and_its_buttons_work(self, on):
        desk = Hearing(
            [
                said("3 wait for you", Buttons((Button("Overdue", "overdue"),))),
                said("1 overdue"),
                said("2 wait for you"),
            ]
        )

        async def work(slack):
            await slack.open_home(U1)
            await slack.quiet()
            return await slack.press_home(U1, "Overdue")

        slack, _ = on(desk, work)
        assert [one.text for one in desk.heard] == ["desk home", "overdue", "desk home"]
        assert [post.words for post in slack.seen_by(U1)] == ["1 overdue"]
        assert "2 wait for you" in json.dumps(slack.homes[U1])

    def test_the_home_of_a_stranger_says_how_to_come_in_and_asks_no_further(self, on):
        desk = Hearing([said("not linked", refused=True)])

        async def work(slack):
            return await slack.open_home(U1)

        slack, _ = on(desk, work)
        assert len(desk.heard) == 1
        assert "actions" not in {block["type"] for block in slack.homes[U1]["blocks"]}


def test_an_answer_is_not_posted_anywhere_but_to_slack():
    desk = Hearing([said("first " + "word " * 3000)])

    async def work(slack):
        slack._permission = lambda user, channel: f"http://localhost:9/{user}/{channel}"
        return await slack.command(U1, "/case list", channel="C1")

    slack, _ = _on(desk, work)
    assert "response_url" not in [method for method, _ in slack.calls]
    assert len(slack.seen_by(U1, "C1")) == 2


def test_slack_that_asks_to_wait_is_waited_for_and_asked_once_more():
    async def work(slack):
        slack.fail("chat.postMessage", Trouble("ratelimited", 429, {"Retry-After": "0"}))
        return await slack.say(U1, "case list")

    slack, ack = _on(Hearing(), work)
    assert ack == Ack(200, {})
    assert [post.words for post in slack.seen_by(U1)] == ["heard"]
