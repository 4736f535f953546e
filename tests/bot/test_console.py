"""The terminal as a chat platform: what a person types at the prompt, what is handed on, what they read."""

import asyncio
import io
import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from prompt_toolkit.application import AppSession, create_app_session
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from rich.console import Console as Terminal

from bot.adapters.console import Complete, Console, Speaker
from bot.adapters.contract import Address, Answer, Download, Inbound, Question
from bot.adapters.house import Receive
from bot.adapters.outcome import Fetched, Refused, Sent, TooBig
from bot.app import open_desk
from bot.cli import sample
from bot.rendering.blocks import Message, Paragraph, Span
from bot.settings import Settings
from storage.database.engine import migrate

UP, TAB, CTRL_C, CTRL_D = "\x1b[A", "\t", "\x03", "\x04"
AUTHORITIES = (("PROV-META", "Meta Platforms"), ("PROV-X", "X Corp."))
CATEGORY = Question("category", "what is it about?", "case open", (("hacking", "Account taken over"),))


def said(text: str, **facts) -> Answer:
    return Answer((Message((Paragraph((Span(text),)),), None),), **facts)


class Desk:
    """Hears lines; answers the next of `answers`, then "heard"."""

    def __init__(self, *answers: Answer) -> None:
        self.heard: list[Inbound] = []
        self._answers = list(answers)

    async def receive(self, inbound: Inbound) -> Answer:
        self.heard.append(inbound)
        return self._answers.pop(0) if self._answers else said("heard")

    @property
    def lines(self) -> list[str]:
        return [inbound.text for inbound in self.heard]


class Screen(io.StringIO):
    """Standard input of somebody who sits there."""

    def isatty(self) -> bool:
        return True


Sight = Callable[[Buffer], object]
"""What a person waits to see in the line they are typing."""


def reads(text: str) -> Sight:
    return lambda line: line.text == text


def offers_for(text: str) -> Sight:
    return lambda line: line.text == text and line.complete_state


@dataclass(frozen=True)
class When:
    """Keys that are pressed as soon as this is seen; or, with `again`, all the time until it is seen."""

    seen: Sight
    keys: str
    again: bool = False


class Sitting:
    """A person in front of the prompt, and what they read."""

    def __init__(self, receive: Receive, complete: Complete = lambda _line: ()) -> None:
        self.out = io.StringIO()
        self.console = Console(receive, Speaker(sample.SPEAKER, complete), Terminal(file=self.out, width=100))

    def types(self, *keys: str | When) -> int:
        """Talk until the end, typing these. Returns the exit code."""
        with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()) as session:
            return asyncio.run(self._types(pipe.send_text, session, keys))

    async def _types(self, press: Callable[[str], None], session: AppSession, keys) -> int:
        talking = asyncio.ensure_future(self.console.converse(Screen()))
        async with asyncio.timeout(20):
            for key in keys:
                step = When(lambda _line: True, key) if isinstance(key, str) else key
                while not (session.app and step.seen(session.app.current_buffer)):
                    if step.again:
                        press(step.keys)
                    await asyncio.sleep(0)  # the prompt works meanwhile
                if not step.again:
                    press(step.keys)
            return await talking


# ---- at the prompt ---------------------------------------------------------------------------------------------------


def test_what_is_typed_is_handed_on_and_what_is_answered_is_shown():
    desk = Desk(said("3 cases"))
    sitting = Sitting(desk.receive)
    assert sitting.types("case list\r", CTRL_D) == 0
    assert [(line.platform, line.account, line.text) for line in desk.heard] == [
        ("console", "Night Officer", "case list")
    ]
    assert sitting.out.getvalue().startswith("You are Night Officer.")
    assert "3 cases" in sitting.out.getvalue()


def test_each_line_is_its_own_message_also_the_same_one_twice_and_in_two_conversations():
    desk = Desk()
    for _ in range(2):
        Sitting(desk.receive).types("case list\r", "case list\r", CTRL_D)
    assert len({inbound.key for inbound in desk.heard}) == 4


@pytest.mark.parametrize("leaving", [CTRL_D, CTRL_C, "exit\r", "quit\r", "/exit\r", " /quit \r"], ids=repr)
def test_there_are_several_ways_to_leave(leaving):
    desk = Desk()
    assert Sitting(desk.receive).types("case list\r", leaving) == 0
    assert desk.lines == ["case list"]


def test_an_empty_line_says_nothing():
    desk = Desk()
    Sitting(desk.receive).types("\r", "   \r", CTRL_D)
    assert desk.lines == []


def test_lines_come_back_with_the_arrow():
    desk = Desk()
    sitting = Sitting(desk.receive)
    sitting.types(
        "case status 42\r",
        "desk m",
        When(reads("desk m"), "e\r"),
        When(reads("case status 42"), UP, again=True),
        "\r",
        CTRL_D,
    )
    assert desk.lines == ["case status 42", "desk me", "case status 42"]


def test_tab_completes_from_what_the_desk_offers():
    desk = Desk()
    offers = {"case li": [("case list ", "Open cases", len("case li"))]}
    Sitting(desk.receive, lambda line: offers.get(line, [])).types(
        "case li" + TAB, When(reads("case list "), "\r"), CTRL_D
    )
    assert desk.lines == ["case list "]


def test_a_bug_on_the_way_is_told_to_the_shell():
    assert Sitting(Desk(said("incident", failed=True)).receive).types("case list\r", "case list\r", CTRL_D) == 1


def test_a_bug_in_the_answer_to_a_question_is_told_as_well():
    desk = Desk(said("which?", question=CATEGORY), said("incident", failed=True))
    assert Sitting(desk.receive).types("case open\r", "hacking\r", CTRL_D) == 1


# ---- a value that is missing -----------------------------------------------------------------------------------------


def test_a_missing_value_is_asked_for_and_what_was_typed_is_kept():
    desk = Desk(said("which?", question=CATEGORY))
    Sitting(desk.receive).types("case open\r", "hacking\r", CTRL_D)
    assert desk.lines == ["case open", 'case open category:"hacking"']


def test_its_choices_can_be_completed_by_their_words():
    question = Question("to", "to whom?", "request file 42", AUTHORITIES)
    desk = Desk(said("whom?", question=question))
    Sitting(desk.receive).types(
        "request file 42\r", "corp", When(offers_for("corp"), TAB), When(reads("PROV-X"), "\r"), CTRL_D
    )
    assert desk.lines[1] == 'request file 42 to:"PROV-X"'


def test_an_answer_with_quotes_stays_one_value():
    desk = Desk(said("which?", question=CATEGORY))
    Sitting(desk.receive).types("case open\r", 'so "called" \\ \r', CTRL_D)
    assert desk.lines[1] == r'case open category:"so \"called\" \\ "'


@pytest.mark.parametrize("unwilling", ["\r", CTRL_C, CTRL_D], ids=repr)
def test_whoever_would_rather_not_answer_is_back_at_the_prompt(unwilling):
    desk = Desk(said("which?", question=CATEGORY))
    Sitting(desk.receive).types("case open\r", unwilling, "desk help\r", CTRL_D)
    assert desk.lines == ["case open", "desk help"]


def test_one_missing_value_after_the_other_is_asked_for():
    more = Question("label", "how far?", 'case open category:"hacking"', ())
    desk = Desk(said("which?", question=CATEGORY), said("how far?", question=more))
    Sitting(desk.receive).types("case open\r", "hacking\r", "green\r", CTRL_D)
    assert desk.lines[-1] == 'case open category:"hacking" label:"green"'


# ---- with the whole house behind it ----------------------------------------------------------------------------------


def test_a_case_is_opened_by_tab_and_by_answering(tmp_path):
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'demo.db'}")
    migrate(settings.database_url)
    sample.fill(settings)
    with open_desk(settings) as desk:

        def complete(line: str) -> list[tuple[str, str, int]]:
            return desk.dispatch.complete(Inbound("console", "", sample.SPEAKER, line))

        sitting = Sitting(desk.dispatch.receive, complete)
        begun = ["case op" + TAB, When(reads("case open "), '"Stolen page" label:gr' + TAB)]
        sent = [When(reads('case open "Stolen page" label:"TLP:GREEN"'), "\r")]
        asked = ["hack", When(offers_for("hack"), TAB), When(reads("hacking"), "\r")]
        listed = ["case li" + TAB, When(reads("case list "), "\r")]
        code = sitting.types(*begun, *sent, *asked, *listed, CTRL_D)
    assert code == 0
    assert re.search(r"NOTHING WAITS · Stolen page\nCCW-\d{4}-0004", sitting.out.getvalue())


# ---- a script --------------------------------------------------------------------------------------------------------


def run(script: str, desk: Desk, *, echo: bool = False) -> tuple[int, str]:
    sitting = Sitting(desk.receive)
    return asyncio.run(sitting.console.converse(io.StringIO(script), echo=echo)), sitting.out.getvalue()


def test_a_script_is_read_line_by_line_without_remarks():
    desk = Desk()
    code, out = run("\n# remark\ncase list\r\n  # remark\n  desk me", desk)
    assert desk.lines == ["case list", "desk me"]
    assert (code, out) == (0, "heard\n\nheard\n\n")


def test_a_script_ends_at_exit():
    desk = Desk()
    run("case list\nexit\ndesk me\n", desk)
    assert desk.lines == ["case list"]


def test_a_script_goes_on_after_a_bug_and_says_so_in_the_end():
    desk = Desk(said("incident", failed=True))
    assert run("case list\ndesk me\n", desk)[0] == 1
    assert desk.lines == ["case list", "desk me"]


def test_a_script_is_asked_nothing():
    desk = Desk(said("which?", question=CATEGORY))
    assert run("case open\ndesk me\n", desk) == (0, "which?\n\nheard\n\n")


def test_echo_shows_the_line_first():
    assert run("case list\n", Desk(), echo=True)[1] == "> case list\nheard\n\n"


# ---- what the desk says by itself ------------------------------------------------------------------------------------


def test_what_is_said_while_somebody_types_is_shown_and_their_line_is_kept():
    desk = Desk()
    sitting = Sitting(desk.receive)
    nudge = Message((Paragraph((Span("CCW-2026-0001/1 is overdue"),)),), None)

    async def story(pipe, session):
        talking = asyncio.ensure_future(sitting.console.listen())
        async with asyncio.timeout(20):
            pipe.send_text("case ")
            while session.app is None or session.app.current_buffer.text != "case ":  # noqa: ASYNC110 - its own task
                await asyncio.sleep(0)
            outcome = await sitting.console.send(Address("console", account=sample.SPEAKER), nudge, mark="7")
            pipe.send_text(f"list\r{CTRL_D}")
            return await talking, outcome

    with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()) as session:
        assert asyncio.run(story(pipe, session)) == (0, Sent(""))
    assert "CCW-2026-0001/1 is overdue" in sitting.out.getvalue()
    assert desk.lines == ["case list"]


class TestFiles:
    """A line that ends with `< letter.pdf` brings a file; a file that is asked for is saved."""

    def talk(self, desk, *lines):
        printed = io.StringIO()
        console = Console(desk.receive, Speaker("Night Officer", lambda _: ()), Terminal(file=printed))
        asyncio.run(console.converse(io.StringIO("\n".join(lines))))
        return console, printed.getvalue()

    def test_the_file_comes_with_its_line_and_can_be_fetched(self, tmp_path):
        letter = tmp_path / "my letter.pdf"
        letter.write_bytes(b"%PDF-1.7")
        desk = Desk()
        console, _ = self.talk(desk, f"request attach 42/3 < {letter}")
        ((upload,),) = [inbound.files for inbound in desk.heard]
        assert (desk.lines, upload.name, upload.size_bytes) == (["request attach 42/3"], "my letter.pdf", 8)
        assert asyncio.run(console.fetch(upload.source, most_bytes=8)) == Fetched(b"%PDF-1.7")
        assert asyncio.run(console.fetch(upload.source, most_bytes=7)) == TooBig()

    def test_a_script_fetches_it_before_its_next_line(self, tmp_path):
        letter = tmp_path / "letter.pdf"
        letter.write_bytes(b"%PDF-1.7")
        desk, fetched = Desk(), []

        async def fetch():
            fetched.append(len(desk.lines))

        console = Console(desk.receive, Speaker("Night Officer", lambda _: ()), Terminal(file=io.StringIO()))
        script = f"case list\nrequest attach 42/3 < {letter}\ncase list\n"
        asyncio.run(console.converse(io.StringIO(script), fetch=fetch))
        assert (fetched, len(desk.lines)) == ([2], 3)

    def test_a_file_that_went_away_meanwhile_is_gone(self, tmp_path):
        console, _ = self.talk(Desk())
        assert isinstance(asyncio.run(console.fetch(f"{console.sources}{tmp_path}/no.pdf", most_bytes=9)), Refused)

    @pytest.mark.parametrize("line", ["case note 1 amount < 500", 'case note 1 "a < b"', "case note 1 a <", "< 7"])
    def test_any_other_sign_is_a_sign(self, line):
        desk = Desk()
        self.talk(desk, line)
        assert (desk.lines, desk.heard[0].files) == ([line], ())

    def test_what_is_asked_for_is_saved_for_its_owner_alone_and_overwrites_nothing(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        answer = said("here", files=(Download("letter.pdf", "application/pdf", b"%PDF-1.7"),))
        _, printed = self.talk(Desk(answer, answer), "case download 1/A1", "case download 1/A1 again:yes")
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
            "letter.pdf": b"%PDF-1.7",
            "letter (2).pdf": b"%PDF-1.7",
        }
        assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
        assert "Saved as letter.pdf" in printed
