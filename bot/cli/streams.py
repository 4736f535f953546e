r"""The standard streams of this process: what a terminal cannot show is printed as escapes, and stops nothing.

In: the streams as the machine gives them, in whatever encoding its locale says. Out: the same, safe to print names to.
Why escapes and no question marks: whoever reads `\u0627\u0645` can still find out who it was.
"""

import io
import os
import sys
from collections.abc import Sequence
from typing import TextIO


class Unusable(Exception):
    """A standard stream is closed, or an argument is no text here; what to do is in it."""


def make_safe() -> None:
    """For standard output and errors, once, before anything is printed. Errors: Unusable, with no standard output."""
    if sys.stderr is None:
        sys.stderr = io.StringIO()  # nobody reads it
    if sys.stdout is None:
        raise Unusable("Standard output is closed, so nothing can be answered. Start it with an output: > answers.txt")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def let_go() -> None:
    """Nobody reads what is printed any more, or it cannot be written: the rest goes nowhere, and quietly."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def arguments(given: Sequence[str]) -> Sequence[str]:
    """The arguments, where every one is text. Errors: Unusable: what is not would stay on record as something else."""
    for one in given:
        if any("\ud800" <= character <= "\udfff" for character in one):
            seen = one.encode("ascii", "backslashreplace").decode()
            raise Unusable(f"“{seen}” cannot be read as text here. Write it in UTF-8, and say so first: LC_ALL=C.UTF-8")
    return given


def standard_input() -> TextIO:
    """What is typed or piped in, strictly UTF-8 whatever the machine's locale: a misread name would stay on record.

    Errors: Unusable where it is closed.
    """
    if sys.stdin is None:
        raise Unusable("Standard input is closed, so nothing can be typed. Start it with an input: < script.txt")
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8-sig", errors="strict")
    return sys.stdin
