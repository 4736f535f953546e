"""Entries of Slack's menus: each stands for a command line.

In: nothing. Out: SHORTCUTS, which the manifest names and the adapter answers; what the App Home shows.
A test holds every line to the commands there are.
"""

from dataclasses import dataclass
from typing import Literal

from bot.rendering.blocks import Button


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

HOME_LINES = ("overdue", "request list status:open mine:yes")
"""What is overdue (of the agency, for its managers), then what one waits for, most urgent first."""

HOME_BUTTONS = (
    Button("File a request", "request file"),
    Button("Open a case", "case open"),
    Button("Cases", "case list"),
    Button("What waits for an answer", "request list status:waiting"),
    Button("Preservations", "preservation list"),
    Button("Help", "desk help"),
)
