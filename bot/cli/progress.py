"""How far a long piece of work is: a bar on a terminal, a line now and then where the output goes elsewhere.

In: (done, in all), as often as you like; 0 in all: nobody knows yet. Out: a bar that is gone when it is done; else
lines on standard error, so that what is printed stays what it is about.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

EVERY_SECONDS = 10
Tell = Callable[[int, int], None]


def terminal() -> Console:
    """Where it is shown, for whoever prints nothing else there."""
    return Console(markup=False, highlight=False, emoji=False)


@contextmanager
def shown(console: Console, words: str) -> Iterator[Tell]:
    """`words` and how far it is. Yields what is to be told."""
    if not console.is_terminal:
        yield _now_and_then(words)
        return
    with Progress(TextColumn(words), BarColumn(), MofNCompleteColumn(), console=console, transient=True) as progress:
        task = progress.add_task(words, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total or None)


def _now_and_then(words: str) -> Tell:
    said_at = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal said_at
        if time.monotonic() - said_at >= EVERY_SECONDS:
            said_at = time.monotonic()
            of = f" of {total:,}" if total else ""
            Console(stderr=True, highlight=False).print(f"{words}: {done:,}{of}")

    return tell
