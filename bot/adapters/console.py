"""The terminal as a chat platform: the same commands at a prompt, or from a pipe.

In: lines a person types, or a script with one command in a line; a line that ends with `< letter.pdf` brings a file.
Out: answers, on standard output; a value that is missing is asked for, with its choices, and what was typed is kept.
A line of a script that fails stops no other.
Each line has its own id, so that it is handled once. What the desk says by itself is printed above the prompt, and what
was being typed stays. A file that is asked for is saved in the current folder, for its owner alone; nothing that is
there is overwritten.
"""

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from rich.console import Console as Terminal

from bot import disk
from bot.adapters.contract import Address, Answer, Download, Inbound, Question, Upload
from bot.adapters.house import Receive
from bot.adapters.outcome import Fetched, Outcome, Refused, Sent, TooBig
from bot.adapters.terminal import show
from bot.rendering.blocks import Message

if TYPE_CHECKING:
    from bot.adapters.prompt import Prompt

PLATFORM = "console"
WITH_FILE = re.compile(r"(?P<line>.*\S)\s+<\s*(?P<path>[^\"]*\S)")
LEAVE = ("exit", "quit", "/exit", "/quit")
MOST_COUNTED = 100_000  # of a script that nobody reads any more; it may have no end
Fetch = Callable[[], Awaitable[None]]
Complete = Callable[[str], Iterable[tuple[str, str, int]]]
"""A line so far -> (text, explanation, how many characters it replaces)."""


class NobodyReads(BrokenPipeError):
    """Nobody reads the answers to a script any more. `left`: how many of its lines were not done."""

    def __init__(self, left: int) -> None:
        over = "more than " if left > MOST_COUNTED else ""
        super().__init__(f"{over}{min(left, MOST_COUNTED)} {'line' if left == 1 else 'lines'} of the script")
        self.left = left


@dataclass(frozen=True)
class Speaker:
    """Who types here, in which room (none: alone with the desk), and how their lines are completed."""

    name: str
    complete: Complete
    room: str = ""


class Console:
    """One conversation of one person, and the way out to them. Everything is printed on `terminal`."""

    name = PLATFORM
    can_look_up = False

    def __init__(self, receive: Receive, person: Speaker, terminal: Terminal | None = None) -> None:
        self._receive, self._person = receive, person
        self._terminal = terminal or _Terminal(highlight=False, emoji=False, markup=False)
        self._conversation = secrets.token_hex(8)
        self._numbers = count(1)
        self.sources = f"{self._conversation}:"

    async def converse(self, source: TextIO, *, echo: bool = False, fetch: Fetch | None = None) -> int:
        """Talk until the end. Exit code: 1 if any command met a bug or left a file unsaved, else 0.

        fetch: done after each line of a script that brings a file, so that the next finds it. Errors: NobodyReads.
        """
        if source.isatty():
            return await self.listen()
        failed, lines = False, _lines(source)
        for line in lines:
            begun = False
            try:
                if echo:
                    self._terminal.print(f"> {line}", soft_wrap=True)
                begun = True
                failed = (await self.say(line)).failed or failed
                if fetch and WITH_FILE.fullmatch(line):
                    await fetch()
            except BrokenPipeError:
                rest = islice(lines, MOST_COUNTED)
                raise NobodyReads(len([*rest]) if begun else len([line, *rest])) from None
        return 1 if failed else 0

    async def listen(self) -> int:
        """Talk at the prompt until the person leaves. Exit code as above."""
        from bot.adapters import prompt  # noqa: PLC0415 - for a person alone: a script needs none

        with prompt.above():
            return await self._talk(prompt.Prompt(self._person.complete))

    async def say(self, line: str) -> Answer:
        """One line: bring it, print the answer, save its files."""
        key = f"{PLATFORM}:{self._conversation}:{next(self._numbers)}"
        text, files = self._with_file(line)
        answer = await self._receive(self._inbound(key, text, files))
        for message in answer.messages:
            self._show(message)
        saved = [self._save(file) for file in answer.files]
        return answer if all(saved) else replace(answer, failed=True)

    def _save(self, file: Download) -> bool:
        """Save a file, and say under which name; or why not."""
        try:
            path = disk.save(file.name, file.content)
        except disk.NotWritten as error:
            self._terminal.print(f"Not saved: {error}", soft_wrap=True)
            return False
        self._terminal.print(f"Saved as {path}", soft_wrap=True)
        return True

    def _inbound(self, key: str, text: str, files: tuple[Upload, ...]) -> Inbound:
        who, room = self._person.name, self._person.room
        return Inbound(PLATFORM, key, who, text, room, files=files, room_name=room)

    # ---- the way out ----

    def parts(self, message: Message) -> tuple[Message, ...]:
        """Whole: a terminal has no limits."""
        return (message,)

    async def send(self, address: Address, message: Message, *, mark: str) -> Outcome:  # noqa: ARG002 - the contract's
        """Print it."""
        self._show(message)
        return Sent("")

    async def edit(self, place: str, message_id: str, message: Message) -> Outcome:  # noqa: ARG002 - the contract's
        """Refuse: what was printed stays."""
        return Refused("printed", fallback=False)

    async def find(self, address: Address, mark: str, since: datetime) -> Outcome | None:  # noqa: ARG002 - the contract's
        """Nobody can say what a terminal showed."""
        return None

    async def fetch(self, source: str, *, most_bytes: int) -> Fetched | TooBig | Outcome:
        """Read a file that was named here."""
        path = Path(source.removeprefix(self.sources))
        try:
            content = await asyncio.to_thread(_read, path, most_bytes + 1)
        except OSError as error:
            return Refused(error.strerror or type(error).__name__)
        return TooBig() if len(content) > most_bytes else Fetched(content)

    # ---- the prompt ----

    async def _talk(self, prompt: "Prompt") -> int:
        where = f" in the room {self._person.room}" if self._person.room else ""
        self._terminal.print(
            f"You are {self._person.name}{where}. Type /desk home for what waits, Tab to complete; Ctrl-D leaves."
        )
        failed = False
        while (line := await prompt.line()) is not None and line.strip() not in LEAVE:
            while line.strip():
                answer = await self.say(line)
                failed = failed or answer.failed
                line = await self._ask(prompt, answer.question) if answer.question else ""
        return 1 if failed else 0

    def _with_file(self, line: str) -> tuple[str, tuple[Upload, ...]]:
        """A line without the file at its end, and that file; `<` before anything but a file is a character."""
        found = WITH_FILE.fullmatch(line)
        file = _file_at(found["path"]) if found else None
        if found is None or file is None:
            return line, ()
        path, size_bytes = file
        return found["line"], (Upload(f"{self.sources}{path}", path.name, size_bytes),)

    def _show(self, message: Message) -> None:
        show(self._terminal, message.blocks)
        self._terminal.print()

    async def _ask(self, prompt: "Prompt", question: Question) -> str:
        """The line completed with what the person answers; empty where they would rather not."""
        value = await prompt.value(question)
        return f"{question.line} {question.name}:{_quoted(value)}" if value.strip() else ""


class _Terminal(Terminal):
    def on_broken_pipe(self) -> None:
        """Say so, and not leave the process: there may be a script to answer for."""
        raise BrokenPipeError


def _lines(source: TextIO) -> Iterator[str]:
    """The commands of a script, up to the one that leaves."""
    for line in map(str.strip, source):
        if line in LEAVE:
            return
        if line and not line.startswith("#"):
            yield line


def _file_at(typed: str) -> tuple[Path, int] | None:
    """The file of a path, and its size in bytes; None for what is no file, or none that anybody can look at."""
    try:
        path = Path(typed).expanduser().absolute()
        return (path, path.stat().st_size) if path.is_file() else None
    except (OSError, RuntimeError, ValueError):  # a name that is too long, nobody's home
        return None


def _read(path: Path, most_bytes: int) -> bytes:
    with path.open("rb") as file:
        return file.read(most_bytes)


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
