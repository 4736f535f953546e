"""Entries -> the bytes of a calendar file (.ics, RFC 5545) that any calendar takes, and takes again.

In: entries. Out: bytes. An entry keeps its UID for as long as its clock is there, and a later state of it has a higher
SEQUENCE, so a file that is imported again moves what has moved and takes out what is over (STATUS:CANCELLED).
A whole day is a day without a zone: that of whoever owes, as everywhere on the desk; a moment is in UTC.
Sources: RFC 5545, 3.1 (lines of 75 octets), 3.8.4.7, 3.8.7; RFC 7986, 5.3 (a UID is a UUID and names nothing).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from handlers.registers import text
from storage.exposure.labels import Label

if TYPE_CHECKING:
    from icalendar import Event

PRODUCT = "-//Rogatory//Deadlines//EN"
OURS = uuid5(NAMESPACE_URL, "urn:rogatory:deadlines")
CLASSES = {Label.CLEAR: "PUBLIC", Label.GREEN: "PRIVATE"}  # any other is CONFIDENTIAL


@dataclass(frozen=True)
class CalendarEntry:
    """One deadline. `key`: always the same for it; `sequence`: grows with each change; `changed_at`: the last one.

    `on`: a day, or a moment (aware UTC). `lines`: what is said of it, under its label. `over`: it is due no more.
    """

    key: str
    on: date | datetime
    words: str
    lines: tuple[str, ...]
    category: str
    label: Label
    sequence: int
    changed_at: datetime
    over: bool = False


def as_ics(name: str, label: Label, entries: Iterable[CalendarEntry], now: datetime) -> bytes:
    """The file. name: what the calendar is called. now: aware UTC."""
    from icalendar import Calendar  # noqa: PLC0415 - a tenth of a second, for this act alone

    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _clean(name))
    calendar.add("x-wr-caldesc", label.value)
    for entry in entries:
        calendar.add_component(_event(entry, now))
    content: bytes = calendar.to_ical()
    return content


def _event(entry: CalendarEntry, now: datetime) -> "Event":
    from icalendar import Event  # noqa: PLC0415 - as above

    event = Event()
    event.add("uid", str(uuid5(OURS, entry.key)))
    event.add("dtstamp", now)
    event.add("last-modified", entry.changed_at)
    event.add("sequence", entry.sequence)
    event.add("dtstart", entry.on)
    if not isinstance(entry.on, datetime):
        event.add("dtend", entry.on + timedelta(days=1))
    event.add("summary", _clean(entry.words))
    event.add("description", "\n".join(map(_clean, (entry.label.value, *entry.lines))))
    event.add("categories", [entry.category])
    event.add("class", CLASSES.get(entry.label, "CONFIDENTIAL"))
    event.add("status", "CANCELLED" if entry.over else "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    return event


def _clean(words: str) -> str:
    """One line without control characters, of which a text of RFC 5545 has none."""
    return text.one_line(text.plain(words))
