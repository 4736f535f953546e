r"""The standard streams of this process: what a terminal cannot show is printed as escapes, and stops nothing.

In: the streams as the machine gives them, in whatever encoding its locale says. Out: the same, safe to print names to.
Why escapes and no question marks: whoever reads `\u0627\u0645` can still find out who it was.
"""

import io
import os
import sys
from typing import TextIO


def make_safe() -> None:
    """For standard output and errors, once, before anything is printed."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def let_go() -> None:
    """Nobody reads what is printed any more, or it cannot be written: the rest goes nowhere, and quietly."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def standard_input() -> TextIO:
    """What is typed or piped in, strictly UTF-8 whatever the machine's locale: a misread name would stay on record."""
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8-sig", errors="strict")
    return sys.stdin
