"""Reference data: instruments, papers, authorities, reasons and ladders, read once when the desk starts.

In: the folder `storage/reference/`, which a lawyer can read and correct. Out: one frozen `Reference`, or
`ReferenceBroken` with every problem at once: file, row, field, value, what is accepted. Nothing is ever half-loaded.
Must change together: a file of the folder, its class in `rows.py`, `papers.py`, `parties.py`, `ladders.py`,
`accounts.py`, `statistics.py` or `words.py`, and its line in `load`.
What needs two rows to be seen is checked in `checks.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar, get_args

from storage.reference import checks
from storage.reference.accounts import Accounts, Service
from storage.reference.ladders import ClockSort, Ladder, Moment, Rung
from storage.reference.loading import Problem, ReferenceBroken, RowReader
from storage.reference.papers import LegalInstrument, PaperRule, WorksInstead
from storage.reference.parties import Body, Treaty
from storage.reference.rows import (
    AuthorityRow,
    ClockKind,
    ClockRule,
    ComplaintCategory,
    DataType,
    FieldCondition,
    FieldRow,
    Group,
    HouseClock,
    HouseClockKind,
    Instrument,
    Length,
    Origin,
    RefusalReason,
    Renewal,
    Unit,
    Weekend,
)
from storage.reference.statistics import Statistic
from storage.reference.words import Meta, PublishedWords, RegisterWords
from storage.spelling import fold

__all__ = [
    "AuthorityRow", "Body", "ClockKind", "ClockRule", "ComplaintCategory", "DataType", "FieldCondition", "FieldRow",
    "Group",
    "HouseClock", "HouseClockKind", "Instrument", "Ladder", "LegalInstrument", "Length", "Meta", "Moment", "Origin",
    "PaperRule", "Problem", "PublishedWords",
    "Reference", "ReferenceBroken", "RefusalReason", "RegisterWords", "Renewal", "Rung", "Service",
    "Statistic", "Treaty", "Unit", "Weekend", "WorksInstead", "load",
]  # fmt: skip

FOLDER = Path(__file__).resolve().parent
GOLDEN = "golden_working_days.json"  # expected dates for the tests of working days; no part of what the desk knows
ENOUGH = 3  # letters of a name before it is compared with parts of other names

Item = TypeVar("Item")


@dataclass(frozen=True)
class Reference:
    """All reference data, by code. What is on record is found with `[code]`; what a person typed, with the methods.

    `register_words` is {vocabulary: {phrase: code}}, each phrase as `fold` leaves it; the blank outcome is "".
    """

    meta: Meta
    instruments: Mapping[str, Instrument]
    fields: Mapping[str, FieldRow]
    field_conditions: Mapping[str, FieldCondition]
    legal_instruments: Mapping[str, LegalInstrument]
    refusal_reasons: Mapping[str, RefusalReason]
    data_types: Mapping[str, DataType]
    complaint_categories: Mapping[str, ComplaintCategory]
    authorities: Mapping[str, AuthorityRow]
    parties: Mapping[str, Treaty]
    paper_rules: Mapping[str, PaperRule]
    ladders: Mapping[str, Ladder]
    house_clocks: Mapping[str, HouseClock]
    services: Mapping[str, Service]
    statistics: Mapping[str, Statistic]
    register_words: Mapping[str, Mapping[str, str]]
    published_words: PublishedWords

    @cached_property
    def accounts(self) -> Accounts:
        """What makes two typed accounts one, as the services write theirs."""
        return Accounts(self.services.values())

    def instrument(self, text: str) -> Instrument | None:
        """The instrument of a code typed in small or capital letters."""
        return _typed(self.instruments, text)

    def legal_instrument(self, text: str) -> LegalInstrument | None:
        """The paper of a code or of the words people use for it."""
        typed = fold(text)
        rows = self.legal_instruments.values()
        return next((row for row in rows if typed in map(fold, (row.code, *row.aliases))), None)

    def authority(self, text: str) -> AuthorityRow | None:
        """The one body called exactly that: by code, name or alias."""
        typed = fold(text)
        return next((row for row in self.authorities.values() if typed in map(fold, row.spellings)), None)

    def authority_by_name(self, text: str) -> list[AuthorityRow]:
        """The one called exactly that, else all whose code, name or an alias contains the text, by code."""
        exact = self.authority(text)
        if exact:
            return [exact]
        typed = fold(text)
        rows = [row for row in self.authorities.values() if any(typed in fold(name) for name in row.spellings)]
        return sorted(rows, key=lambda row: row.code) if len(typed) >= ENOUGH else []

    def accepted_as(self, instrument: Instrument, paper: str, data: str) -> str | None:
        """The accepted paper that this one counts as for this data; None: they will not take it."""
        counts_as = (paper, *self.legal_instruments[paper].satisfies)
        reaches = [code for code in counts_as if data not in self.legal_instruments[code].not_for]
        return next((code for code in reaches if code in instrument.accepts), None)

    def takes(self, instrument: Instrument, recipient: AuthorityRow | None, paper: str, data: str) -> bool:
        """Whether a paper is good for this data under an instrument; a known recipient's refusals count."""
        rules = self.paper_rules_for(instrument.code, recipient, data, paper) if recipient else []
        refused = any(rule.verdict == "refused" for rule in rules)
        return not refused and self.accepted_as(instrument, paper, data) is not None

    def paper_rules_for(self, instrument: str, recipient: AuthorityRow, data: str, paper: str) -> list[PaperRule]:
        """What is known about this paper for this data there: refused, or voluntary only, and what works instead."""
        return [rule for rule in self.paper_rules.values() if rule.applies(instrument, recipient, data, paper)]

    def ladder_for(self, kind: ClockKind | HouseClockKind, unit: Unit, *, emergency: bool, ours: bool) -> Ladder | None:
        """The ladder of such a clock; None for a retention, which nobody can be late for.

        ours: it is our own answer.
        """
        sort = ClockSort(kind, unit, emergency, ours)
        if sort not in self._served:
            self._served[sort] = next((row for row in self.ladders.values() if row.serves(sort)), None)
        return self._served[sort]

    @cached_property
    def _served(self) -> dict[ClockSort, Ladder | None]:
        """The ladders that were asked for."""
        return {}


def load(folder: Path | None = None) -> Reference:
    """Read and check a folder of reference data; the desk's own by default.

    Raises `ReferenceBroken` with every problem at once. No network; some 25 small files.
    """
    reader = RowReader(folder or FOLDER)
    meta = reader.part(Meta, "meta.json")
    words = reader.part(RegisterWords, "register_words.json")
    published = reader.part(PublishedWords, "published_words.json")
    instruments = reader.rows("instruments", Instrument, *(f"instruments/{group}.json" for group in get_args(Group)))
    fields = reader.rows("fields", FieldRow, "fields.json")
    conditions = reader.rows("field_conditions", FieldCondition, "field_conditions.json")
    papers = reader.rows("legal_instruments", LegalInstrument, "legal_instruments.json")
    reasons = reader.rows("refusal_reasons", RefusalReason, "refusal_reasons.json")
    data_types = reader.rows("data_types", DataType, "data_types.json")
    categories = reader.rows("complaint_categories", ComplaintCategory, "complaint_categories.json")
    authorities = reader.rows("authorities", AuthorityRow, "authorities.json")
    parties = reader.rows("parties", Treaty, "parties.json")
    paper_rules = reader.rows("paper_rules", PaperRule, "paper_rules.json")
    ladders = reader.rows("ladders", Ladder, "ladders.json")
    house_clocks = reader.rows("house_clocks", HouseClock, "house_clocks.json")
    services = reader.rows("services", Service, "services.json")
    statistics = reader.rows("statistics", Statistic, "statistics.json")

    reader.leftover(known=[GOLDEN])
    checks.check_links(reader)
    checks.check_instruments(reader, instruments.values())
    checks.check_force(reader, instruments.values(), parties)
    checks.check_fields(reader, fields.values(), instruments, conditions)
    checks.check_papers(reader, papers, paper_rules.values(), instruments)
    checks.check_authorities(reader, authorities.values())
    checks.check_services(reader, services.values())
    if not reader.is_broken("house_clocks.json"):
        checks.check_house_clocks(reader, house_clocks)
        if not reader.is_broken("ladders.json"):
            checks.check_ladders(reader, instruments.values(), house_clocks.values(), ladders.values())
    if meta:
        checks.check_meta(reader, "meta.json", meta)
        checks.check_sources(reader, meta.files)
    if words:
        checks.check_words(reader, "register_words.json", words)
    if published:
        checks.check_published(reader, "published_words.json", published)
    if reader.problems or not meta or not words or not published:
        raise ReferenceBroken(tuple(reader.problems))
    return Reference(
        meta=meta,
        instruments=MappingProxyType(instruments),
        fields=MappingProxyType(fields),
        field_conditions=MappingProxyType(conditions),
        legal_instruments=MappingProxyType(papers),
        refusal_reasons=MappingProxyType(reasons),
        data_types=MappingProxyType(data_types),
        complaint_categories=MappingProxyType(categories),
        authorities=MappingProxyType(authorities),
        parties=MappingProxyType(parties),
        paper_rules=MappingProxyType(paper_rules),
        ladders=MappingProxyType(ladders),
        house_clocks=MappingProxyType(house_clocks),
        services=MappingProxyType(services),
        statistics=MappingProxyType(statistics),
        register_words=MappingProxyType(
            {name: _by_phrase(getattr(words, name)) for name in RegisterWords.model_fields}
        ),
        published_words=published,
    )


def _by_phrase(phrases: Mapping[str, tuple[str, ...]]) -> Mapping[str, str]:
    return MappingProxyType({fold(phrase): code for code, known in phrases.items() for phrase in known})


def _typed(rows: Mapping[str, Item], text: str) -> Item | None:
    typed = fold(text)
    return next((row for code, row in rows.items() if fold(code) == typed), None)
