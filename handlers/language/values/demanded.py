"""Fields that a recipient demands: each is read by its row of `storage/reference/fields.json`.

In: the text behind `code:"text"`, or what a form was filled with. Out: the text as it goes on record.
A field to be confirmed is true of the paper that goes out: it takes a yes and nothing else. A range of dates is read
where it is two dates with two dots between them; in other words it stays as it was typed.
"""

import re
from collections.abc import Sequence
from datetime import date, timedelta

from handlers.language.errors import clause
from handlers.language.grammar import plain
from handlers.language.values.basic import Text
from handlers.language.values.kind import Choice, Given, Kind, Lookup, containing, is_yes
from storage.reference.rows import FieldRow

LAST_DAYS = 30
LONG_CHARACTERS = 2_000
RANGE = re.compile(r"(\d{4}-\d\d-\d\d)\s*\.\.\s*(\d{4}-\d\d-\d\d)")


class FieldText(Text):
    """The text of a field; stands behind `**fields`."""

    def of(self, row: FieldRow) -> Kind:
        """The kind of value that one field is."""
        match row.kind:
            case "confirm":
                return Confirmation()
            case "dates":
                return DateRange(self.max)
            case _:
                return Demanded(row, self.max)


class Demanded(Text):
    """A text, which may begin with one of a few choices."""

    def __init__(self, row: FieldRow, most: int) -> None:
        super().__init__(LONG_CHARACTERS if row.kind == "long" else most)
        self.multiline = row.kind == "long"
        self.offered = row.choices
        self.widget = "begun" if row.choices else "text"
        self.example = f'"{row.example or row.label}"'

    def choices(self, desk: Lookup, typed: str = "") -> Sequence[Choice]:
        """How it may begin."""
        del desk
        return containing(typed, [Choice(one, one) for one in self.offered])


class Confirmation(Kind):
    """Something that is so, said by a person. Errors: BadValue for whatever is no yes."""

    name = "confirmation"
    accepted = clause("only_yes")
    example = "yes"
    widget = "confirm"

    def parse(self, text: str, desk: Lookup) -> str:
        """`yes`. Errors: BadValue."""
        del desk
        if not is_yes(text):
            raise self.bad(text, clause("not_confirmed"))
        return "yes"


class DateRange(Text):
    """From one day to another, both included."""

    widget = "range"

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.multiline = False
        self.accepted = clause("two_dates")
        self.example = '"2026-01-01..2026-03-01"'

    def parse(self, text: str, desk: Lookup) -> str:
        """The text. Errors: BadValue for a day that is none, or a range that ends before it begins."""
        whole = super().parse(text, desk)
        if found := RANGE.fullmatch(plain(whole)):
            try:
                first, last = (date.fromisoformat(day) for day in found.groups())
            except ValueError:
                raise self.bad(text, clause("impossible_date")) from None
            if last < first:
                raise self.bad(text, clause("ends_before"))
        return whole

    def choices(self, desk: Lookup, typed: str = "") -> Sequence[Choice]:
        """The last 30 days, and today, by words of `forms.md.j2`; nothing once something is typed."""
        last, today = self.suggests(desk, Given()), f"{desk.today}..{desk.today}"
        return [] if typed else [Choice(last, "last_30_days"), Choice(today, "today")]

    def suggests(self, desk: Lookup, given: Given) -> str:
        """The last 30 days."""
        del given
        return f"{desk.today - timedelta(days=LAST_DAYS)}..{desk.today}"
