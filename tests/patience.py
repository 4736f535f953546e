"""Waiting for another process: until something is so, and not a moment longer."""

import time
from collections.abc import Callable
from threading import Event

LOOK_SECONDS = 0.02


def until(so: Callable[[], bool], *, seconds: float = 30) -> float:
    """Look again and again. How many seconds it took; fails when it takes too long."""
    began, pause = time.monotonic(), Event()
    while not so():
        took = time.monotonic() - began
        assert took < seconds, f"not so after {took:.1f} s"
        pause.wait(LOOK_SECONDS)
    return time.monotonic() - began
