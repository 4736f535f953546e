"""Entries of Slack's menus: each stands for a command line.

In: nothing. Out: SHORTCUTS, which the manifest names and the adapter answers; what the App Home shows.
A test holds every line to the commands there are.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Shortcut:
    """An entry of a menu. `on`: of the whole workspace, or of a message, whose words then fill the field `takes`."""

    callback_id: str
    name: str
    description: str
    on: Literal["global", "message"]
    line: str
    takes: str = ""


SHORTCUTS = (
    Shortcut("file_request", "File a request", "Ask an authority for information", "global", "request file"),
    Shortcut("add_to_case", "Add to a case", "Make this message a note on a case", "message", "case note", "text"),
)

HOME_LINE = "desk home"
"""What the App Home shows: the desk of whoever opens it."""
