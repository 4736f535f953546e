"""Demanded: where a field that is not always needed is needed, by the conditions of `field_conditions.json`.

In: what is asked for, whether somebody is in danger, what was typed for the other fields. Out: whether a condition
holds. A field that decides and was not typed yet is asked for first; until then what follows from it is not.
Source: Regulation (EU) 2023/1543 Art. 3(10)-(12), 4, 5(5), 8(1), 9(2); the rows of the conditions.
What is not known here: Art. 8(2), by which nobody is notified of an offence and a person at home; then what is asked
for the notification is more than the law wants.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from storage.reference.rows import ConditionCode, EuCategory
from storage.spelling import fold

PROSECUTOR = ("public prosecutor", "prosecutor")
JUDGES = ("judge", "court", "investigating judge")


@dataclass(frozen=True)
class Circumstances:
    """What decides. `data`: codes; `categories`: what they are in the EU; `fields`: what was typed, by code."""

    data: frozenset[str]
    categories: frozenset[EuCategory]
    emergency: bool
    fields: Mapping[str, str]
    is_kept: bool

    def begins(self, field: str, words: tuple[str, ...]) -> bool:
        """Whether the text of a field begins with one of these words."""
        return fold(self.fields.get(field, "")).startswith(words)

    @property
    def is_notified(self) -> bool:
        """Whether it asks for traffic or content data, beyond what identifies the user."""
        beyond = bool(self.fields.get("identification_only")) and not self.begins("identification_only", ("yes",))
        return bool(self.categories & {"traffic", "content"}) or ("identification" in self.categories and beyond)

    @property
    def is_of_another(self) -> bool:
        """Whether an authority issued it that is neither judge nor prosecutor."""
        return bool(self.fields.get("issued_by")) and not self.begins("issued_by", (*JUDGES, *PROSECUTOR))


def holds(condition: ConditionCode, given: Circumstances) -> bool:
    """Whether a field is demanded."""
    return CONDITIONS[condition](given)


def _validation(given: Circumstances) -> bool:
    """A prosecutor issues for subscriber data; in an emergency another authority may, and has it validated after."""
    if given.is_notified:
        return given.is_of_another or given.begins("issued_by", PROSECUTOR)
    return given.is_of_another and not given.emergency


CONDITIONS: Mapping[ConditionCode, Callable[[Circumstances], bool]] = {
    "emergency": lambda given: given.emergency,
    "validation": _validation,
    "validation_of_hold": lambda given: given.is_of_another and not given.emergency,
    "notification": lambda given: given.is_notified,
    "identification": lambda given: "identification" in given.categories,
    "content": lambda given: "content" in given.data,
    "kept": lambda given: given.is_kept,
}
