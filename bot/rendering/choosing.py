"""Which choices a typed text means, in any spelling: for platforms that show them by themselves.

In: what was typed, the value and the label of a choice. Out: whether it is offered, or meant.
"""

import re

from storage.spelling import fold


def holds(value: str, label: str, typed: str) -> bool:
    """Whether a choice is still offered for what is typed so far."""
    return fold(typed) in fold(f"{value} {label}")


def is_meant(value: str, label: str, typed: str) -> bool:
    """Whether a choice is called so: by its value or its label, or by the last word of its value (`amber`, `meta`)."""
    wanted = fold(typed)
    return wanted in (fold(value), fold(label)) or wanted == re.split(r"\W", fold(value))[-1]
