"""Words: what those of the reference folder mean, and how old registers and published figures spell theirs.

In: `meta.json`, `register_words.json` and `published_words.json`. Out: one frozen object each.
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
PublishedColumn = Literal[
    "period", "year", "starts_on", "ends_on", "country_code", "country", "kind", "requests", "accounts", "share",
    "provided", "no_data", "rejected", "preservation_requests", "emergency_requests",
]  # fmt: skip
PublishedKind = Literal["all", "data", "emergency", "preservation", "other"]


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


class PublishedWords(Part):
    """How providers spell their published figures.

    columns, kinds, countries: {code: spellings}; a country's code is that of ISO 3166-1. everywhere: what stands where
    a country would, in a row of all of them. unsaid: what stands where no figure does.
    """

    columns: Mapping[PublishedColumn, tuple[str, ...]]
    kinds: Mapping[PublishedKind, tuple[str, ...]]
    everywhere: tuple[str, ...]
    unsaid: tuple[str, ...]
    countries: Mapping[Text, tuple[str, ...]]
