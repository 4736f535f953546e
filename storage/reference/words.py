"""Words: what those of the reference folder mean, and how old registers spell theirs.

In: `meta.json` and `register_words.json`. Out: one frozen object each.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Literal, NamedTuple

from storage.reference.rows import ClockKind, Origin, Part, Text, Unit

FRESH = timedelta(days=365)  # after its last check a file is trusted without a word

Column = Literal[
    "serial", "diary_no", "sent_on", "circle", "recipient", "category", "request_type", "legal_basis", "accounts",
    "replied_on", "outcome", "remarks", "refused_because", "legal_paper", "data", "direction",
]  # fmt: skip
PaperPart = Literal[
    "article", "before", "there", "numbered", "dated", "on", "of", "from", "issuer", "place", "law", "and"
]  # fmt: skip
RequestType = Literal["data", "preservation", "emergency"]


class FileNote(Part):
    """When a file was last held against its sources. `source`: what rows stand on that name none of their own."""

    checked: date
    source: str = ""


class OldFile(NamedTuple):
    """A file that nobody has held against its sources for more than a year."""

    name: str
    checked: date


class Meta(Part):
    """How the words of the folder are meant. `day_rule` is the rule of counting; who explains a date quotes it."""

    what: Text
    read_on: Text
    day_rule: Text
    clock_kinds: Mapping[ClockKind, Text]
    unit_values: tuple[Unit, ...]
    clock_origin: Mapping[Origin, Text]
    weekend_iso: Text
    unverified: Text
    files: Mapping[Text, FileNote]

    def old_files(self, today: date) -> tuple[OldFile, ...]:
        """Those last checked more than a year before that day, the oldest first."""
        found = [OldFile(name, note.checked) for name, note in self.files.items() if today - note.checked > FRESH]
        return tuple(sorted(found, key=lambda one: (one.checked, one.name)))


class RegisterWords(Part):
    """How old spreadsheets spell things: {code: spellings}. An outcome is a status, or `refused:` with a reason.

    papers: {part of a word: the words}, all that may stand around a paper's name where the paper is there.
    """

    columns: Mapping[Column, tuple[str, ...]]
    outcomes: Mapping[Text, tuple[str, ...]]
    request_types: Mapping[RequestType, tuple[str, ...]]
    categories: Mapping[Text, tuple[str, ...]]
    legal_bases: Mapping[Text, tuple[str, ...]]
    papers: Mapping[PaperPart, tuple[str, ...]]
