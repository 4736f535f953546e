"""Facts of the audit chain as what they are: a day, a moment, a person by name, a kind of data by its label.

In: what was before and after an act, as the chain keeps it. Out: what changed, in values a template says in the words
of its reader.
Why by the look of a value and not by the name of its fact: an act that is new is read in words from its first day.
"""

import re
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from storage.reference.catalog import Reference
from storage.times import local_day

CUT_FACT, CUT_SUM = 24, 9  # characters of a fact, of a check sum
UNSAID = {"refs", "room_id"}  # of an export, of a room: there to be found by
TABLES = {
    "because": "refusal_reasons",
    "category": "complaint_categories",
    "data": "data_types",
    "paper": "legal_instruments",
    "part": "data_types",
}
"""{a fact: the reference data its codes are of}"""
DAY = re.compile(r"\d{4}-\d\d-\d\d")
SUM = re.compile(r"(\d+:)?[0-9a-f]{64}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")

Value = str | int | float | date | datetime
Change = tuple[str, tuple[Value, ...], tuple[Value, ...]]
"""(what, before, after)"""


def put_right(what: str, before: str, now: str) -> str:
    """A personal fact that was put right, as history keeps it."""
    return f"{what}: {before} → {now}" if before else f"{what}: {now}"


class FactReader:
    """Reads facts for one reader.

    Unless they are read whole, what is long is cut, and moments beside their day and the day of the act itself go
    unsaid; `is_cut` says so. names: {how the chain names somebody: their name}, of those the reader may know.
    """

    def __init__(self, reference: Reference, zone: str, names: Mapping[str, str], *, whole: bool) -> None:
        self._reference, self._zone, self._names, self._whole = reference, zone, names, whole
        self.is_cut = False

    def changes(
        self, facts: Mapping[str, Any], *, at: datetime, only: Collection[str] | None = None
    ) -> tuple[Change, ...]:
        """(what, before, after), where they differ; empty for nothing. at: when. only: these."""
        before, after = _named(facts["before"]), _named(facts["after"])
        names = {name: None for name in (*before, *after) if (name not in UNSAID if only is None else name in only)}
        pairs = ((name, self._values(name, before.get(name)), self._values(name, after.get(name))) for name in names)
        changes = [change for change in pairs if change[1] != change[2]]
        days = {name.removesuffix("_on") for name, *_ in changes if name.endswith("_on")}
        today = local_day(at, self._zone)
        implied = [name for name, *both in changes if name.removesuffix("_at") in days or both == [(), (today,)]]
        self.is_cut |= bool(implied) and not self._whole
        return tuple(change for change in changes if self._whole or change[0] not in implied)

    def cut(self, text: str, length: int) -> str:
        """A text, or its beginning."""
        if self._whole or len(text) <= length:
            return text
        self.is_cut = True
        return text[: length - 1].rstrip() + "…"

    def _values(self, name: str, value: Any) -> tuple[Value, ...]:  # noqa: ANN401 - JSON
        if value is None or value is False or value == "":
            return ()
        if isinstance(value, list):
            return tuple(inner for one in value for inner in self._values(name, one))
        if isinstance(value, dict):
            return tuple(inner for key, one in value.items() for inner in (key, *self._values(key, one)))
        return (self._value(name, value) if isinstance(value, str) else value,)

    def _value(self, name: str, text: str) -> Value:
        if name in TABLES and (row := getattr(self._reference, TABLES[name]).get(text)):
            return str(row.label.partition(" (")[0])
        try:
            if DAY.fullmatch(text):
                return date.fromisoformat(text)
            if MOMENT.fullmatch(text):
                return datetime.fromisoformat(text)
        except ValueError:
            return text
        return self._names.get(text) or self.cut(text, CUT_SUM if SUM.fullmatch(text) else CUT_FACT)


def _named(value: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return value if isinstance(value, dict) else {} if value is None else {"value": value}
