"""What needs two rows of reference data to be seen: dead codes, names of two bodies, clocks without a ladder.

In: rows that are sound by themselves. Out: problems reported to the reader; nothing is raised here.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import get_args

from storage.reference.accounts import BLANKS, UNKEPT, Service, blanks, host_of
from storage.reference.ladders import ClockSort, Ladder
from storage.reference.loading import RowReader, close_to, named_codes
from storage.reference.papers import LegalInstrument, PaperRule
from storage.reference.parties import Treaty
from storage.reference.rows import (
    AuthorityRow,
    ClockKind,
    ConditionCode,
    FieldCondition,
    FieldRow,
    HouseClock,
    HouseClockKind,
    Instrument,
    Origin,
    Unit,
)
from storage.reference.words import FileNote, Meta, PublishedWords, RegisterWords
from storage.spelling import fold

ANSWERS = ("produced", "part_produced", "not_held", "open")
REFUSED = "refused:"
META = "meta.json"


def check_links(reader: RowReader) -> None:
    """Every code a row names stands in the file it should stand in, and no row names itself."""
    for own_table, file, row in reader.positions:
        for field, code, table in named_codes(row):
            if code not in reader.codes[table]:
                reader.report(file, row.code, field, code, f"a code of {table}{close_to(code, reader.codes[table])}")
            elif (table, code) == (own_table, row.code):
                reader.report(file, row.code, field, code, "another code than its own")


def check_meta(reader: RowReader, file: str, meta: Meta) -> None:
    """Every word the rows may use is explained."""
    for field, explained, words in (
        ("clock_kinds", meta.clock_kinds, get_args(ClockKind)),
        ("unit_values", meta.unit_values, get_args(Unit)),
        ("clock_origin", meta.clock_origin, get_args(Origin)),
    ):
        for word in words:
            if word not in explained:
                reader.report(file, "", field, f"{word} is missing", f"all of {', '.join(words)}")


def check_sources(reader: RowReader, files: Mapping[str, FileNote]) -> None:
    """Every row says where it was read, or what of it was not; every file that is read, when it was last checked."""
    for _, file, row in reader.positions:
        if not row.sources and not row.unverified and not (file in files and files[file].source):
            accepted = "where it was read, or unverified with what was not"
            reader.report(file, row.code, "source", row.sources, accepted)
    for file in sorted(reader.read ^ {*files, META}):
        accepted = "a file of this folder" if file in files else "the day on which each file was last checked"
        reader.report(META, "", f"files.{file}", "nobody reads it" if file in files else "missing", accepted)


def check_instruments(reader: RowReader, instruments: Iterable[Instrument]) -> None:
    """Each stands in the file of its group; law and statute go together; very overdue comes after overdue.

    A form of a provider says whose it is.
    """
    for row in instruments:
        file = _file_of(reader, row)
        if file != f"instruments/{row.group}.json":
            reader.report(
                file, row.code, "group", row.group, f"the file instruments/{row.group}.json, or the group of this one"
            )
        if row.channel.startswith("provider_") and not row.providers and not row.recipient_country:
            accepted = "the providers whose own form it is, or a recipient_country where it goes to all of them"
            reader.report(file, row.code, "providers", [], accepted)
        for field, rule in row.clocks.items():
            if rule.statutory != (rule.origin == "law"):
                reader.report(file, row.code, f"{field}.origin", rule.origin, "law exactly where statutory is true")
        very, clock = row.very_overdue, row.default_clock
        if very and (not clock or clock.unit != very.unit or clock.amount >= very.amount):
            accepted = "more than the default clock, in its unit" if clock else "nothing, for there is no default clock"
            reader.report(file, row.code, "very_overdue", very.amount, accepted)


def check_force(reader: RowReader, instruments: Iterable[Instrument], parties: Mapping[str, Treaty]) -> None:
    """What a row says of its being in force is what its dates, and those of its treaty, say."""
    for row in instruments:
        treaty = parties.get(row.treaty or "")
        dated = "not_in_force" if treaty and treaty.not_in_force_as_of else "in_force"
        expected = "superseded" if row.in_force_until else dated
        if row.status != expected and (treaty or not row.treaty):
            accepted = f"{expected}, as its dates or those of {row.treaty or 'its law'} say"
            reader.report(_file_of(reader, row), row.code, "status", row.status, accepted)


def check_fields(
    reader: RowReader,
    fields: Iterable[FieldRow],
    instruments: Mapping[str, Instrument],
    conditions: Mapping[str, FieldCondition],
) -> None:
    """Each condition has its row; a field has one only under instruments that demand it."""
    for code in get_args(ConditionCode):
        if code not in conditions:
            reader.report("field_conditions.json", "", "code", f"{code} is missing", "a row for each of them")
    for row in fields:
        for number, when in enumerate(row.when):
            for code in when.instruments:
                if code in instruments and row.code not in instruments[code].required_fields:
                    field = f"when.{number}.instruments"
                    reader.report("fields.json", row.code, field, code, "an instrument that demands the field")


def check_house_clocks(reader: RowReader, clocks: Mapping[str, HouseClock]) -> None:
    """Each way in which something waits for ourselves has its length, and what names no time has ours."""
    for code in (*get_args(HouseClockKind), "follow_up"):
        if code not in clocks:
            reader.report("house_clocks.json", "", "code", f"{code} is missing", "a row for each of them")


def check_ladders(
    reader: RowReader,
    instruments: Iterable[Instrument],
    house_clocks: Iterable[HouseClock],
    ladders: Iterable[Ladder],
) -> None:
    """Each sort of clock somebody can be late for has exactly one ladder; a retention, only a warning, has none."""
    rows = list(ladders)
    for sort, code in {**_of_instruments(instruments), **_of_the_house(house_clocks)}.items():
        fitting = [row.code for row in rows if row.serves(sort)]
        if len(fitting) != (sort.kind != "retention"):
            accepted = f"one ladder for each sort of clock, none for a retention; {code} has such a clock"
            reader.report("ladders.json", "", "", f"{sort}: {' and '.join(fitting) or 'no ladder'}", accepted)


def _of_instruments(instruments: Iterable[Instrument]) -> dict[ClockSort, str]:
    return {
        ClockSort(rule.kind, rule.unit, field == "emergency_clock", ours): instrument.code
        for instrument in instruments
        for field, rule in instrument.clocks.items()
        for ours in (False, True)
    }


def _of_the_house(house_clocks: Iterable[HouseClock]) -> dict[ClockSort, str]:
    return {
        ClockSort("expectation" if row.code == "follow_up" else row.code, length.unit, emergency, ours): row.code
        for row in house_clocks
        for emergency, length in ((False, row.ordinary), (True, row.emergency or row.ordinary))
        for ours in ((False, True) if row.code == "follow_up" else (True,))
    }


def check_papers(
    reader: RowReader,
    papers: Mapping[str, LegalInstrument],
    rules: Iterable[PaperRule],
    instruments: Mapping[str, Instrument],
) -> None:
    """People's words for a paper mean one paper; what is said to work instead is a paper that instrument accepts."""
    check_names(
        reader, "legal_instruments.json", "aliases", {row.code: (row.code, *row.aliases) for row in papers.values()}
    )
    for rule in rules:
        for number, instead in enumerate(rule.works_instead):
            instrument = instruments.get(instead.instrument)
            if instrument and instead.paper not in instrument.accepts:
                field = f"works_instead.{number}.paper"
                accepted = f"a paper that {instrument.code} accepts: {', '.join(instrument.accepts)}"
                reader.report("paper_rules.json", rule.code, field, instead.paper, accepted)


def check_authorities(reader: RowReader, authorities: Iterable[AuthorityRow]) -> None:
    """A name, an alias and a case prefix mean one body."""
    rows = tuple(authorities)
    check_names(reader, "authorities.json", "aliases", {row.code: row.spellings for row in rows})
    check_names(reader, "authorities.json", "prefix", {row.code: (row.case_prefix,) for row in rows})


def check_names(reader: RowReader, file: str, field: str, names: Mapping[str, Iterable[str]]) -> None:
    """No spelling means two codes; who has one wrongly is for a person to say, so each other owner is named."""
    owners: dict[str, set[str]] = defaultdict(set)
    for code, spellings in names.items():
        for written in spellings:
            owners[fold(written)].add(code)
    for code, spellings in names.items():
        for written in spellings:
            others = sorted(owners[fold(written)] - {code})
            if others:
                accepted = f"a spelling that no other code has; {', '.join(others)} has it"
                reader.report(file, code, field, written, accepted)


def check_services(reader: RowReader, services: Iterable[Service]) -> None:
    """A host is one service's; a form has blanks that are known, and its other ways fill those of the first."""
    rows, file = tuple(services), "services.json"
    named = {row.code: {*row.hosts, *filter(None, map(host_of, itertools.chain(*row.forms)))} for row in rows}
    check_names(reader, file, "hosts", named)
    for row in rows:
        for number, ways in enumerate(row.forms):
            for way in ways:
                field, used = f"forms.{number}", set(blanks(way))
                if unknown := used - set(BLANKS):
                    reader.report(file, row.code, field, way, f"the blanks {', '.join(BLANKS)}, and not {min(unknown)}")
                elif UNKEPT & set(blanks(ways[0])) or not set(blanks(ways[0])) <= used:
                    reader.report(file, row.code, field, way, f"a way that says what stands in {ways[0]}")
                elif host_of(way) in row.hosts[1:]:
                    reader.report(file, row.code, field, way, f"the host that counts, {row.hosts[0]}")


def check_words(reader: RowReader, file: str, words: RegisterWords) -> None:
    """Each phrase means one thing, and what it means exists."""
    for name in RegisterWords.model_fields:
        check_names(reader, file, name, getattr(words, name))
    answers = {*ANSWERS, *(f"{REFUSED}{reason}" for reason in reader.codes["refusal_reasons"])}
    for name, used, known in (
        ("outcomes", words.outcomes, answers),
        ("categories", words.categories, reader.codes["complaint_categories"]),
        ("legal_bases", words.legal_bases, reader.codes["legal_instruments"]),
    ):
        for code in used:
            if code not in known:
                reader.report(file, code, name, code, f"a known code{close_to(code, known)}")


def check_published(reader: RowReader, file: str, words: PublishedWords) -> None:
    """Each phrase means one thing."""
    for name in ("columns", "kinds", "countries"):
        check_names(reader, file, name, getattr(words, name))


def _file_of(reader: RowReader, row: Instrument) -> str:
    return next(place.file for place in reader.positions if place.row is row)
