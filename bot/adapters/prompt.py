"""The prompt of the terminal: a line with its history and its completions; a value that is missing, with its choices.

In: what a person types. Out: a line; None when they leave.
Imported only where somebody sits at a prompt: prompt_toolkit takes as long as a quarter of the desk, and a script from
a pipe needs none of it.
"""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

from prompt_toolkit import PromptSession
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.completion import Completer, Completion, ThreadedCompleter
from prompt_toolkit.document import Document
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.patch_stdout import patch_stdout

from bot.adapters.contract import Question
from bot.rendering.choosing import holds

Complete = Callable[[str], Iterable[tuple[str, str, int]]]


class Prompt:
    """Where one person types."""

    def __init__(self, complete: Complete) -> None:
        self._session: PromptSession[str] = PromptSession(
            history=InMemoryHistory(),
            auto_suggest=AutoSuggestFromHistory(),
            completer=ThreadedCompleter(_Words(complete)),
            complete_while_typing=False,
        )

    async def line(self) -> str | None:
        """The next line."""
        return await _typed(self._session, "> ")

    async def value(self, question: Question) -> str:
        """What was answered; empty where they would rather not."""
        session: PromptSession[str] = PromptSession(completer=_Choices(question.choices), complete_while_typing=True)
        return await _typed(session, f"{question.name}: ") or ""


def above() -> AbstractContextManager[None]:
    """What is printed meanwhile goes above the prompt."""
    return patch_stdout(raw=True)


async def _typed(session: PromptSession[str], mark: str) -> str | None:
    try:
        return await session.prompt_async(mark)
    except (EOFError, KeyboardInterrupt):
        return None


class _Words(Completer):
    def __init__(self, complete: Complete) -> None:
        self._complete = complete

    def get_completions(self, document: Document, _: object) -> Iterable[Completion]:
        for text, label, replaces in self._complete(document.text_before_cursor):
            yield Completion(text, start_position=-replaces, display_meta=label)


class _Choices(Completer):
    def __init__(self, choices: Iterable[tuple[str, str]]) -> None:
        self._choices = choices

    def get_completions(self, document: Document, _: object) -> Iterable[Completion]:
        typed = document.text_before_cursor
        for value, label in self._choices:
            if holds(value, label, typed):
                yield Completion(value, start_position=-len(typed), display_meta=label)
