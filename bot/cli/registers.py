"""What `python -m bot import` does: a register in, a report for the person at the terminal, good rows on record.

In: an open desk, a file, who imports. Out: an exit code, printed lines, a file of the doubtful rows, perhaps a report
as JSON. Files are written before the record: a full disk or a forbidden folder stops the import, not the proof of it.
The rows go by three times and are never all in memory: read to the end (a file that breaks off brings nothing in),
compared with the record, put on record.
Why many small transactions: SQLite has one writer, and a running desk must not wait until a whole register is in.
Why rich is told to read no markup: what is printed comes from a stranger's file.
"""

import filecmp
import itertools
import json
import re
import shlex
import tempfile
import textwrap
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from rich.console import Console

from bot import disk
from bot.app import Desk
from bot.cli import progress
from bot.rendering.phrases import spoken
from handlers.registers import intake, suggestion, text
from handlers.registers.columns import OUTCOME, REQUEST_TYPE, Columns, Guess
from handlers.registers.dates import DateOrder
from handlers.registers.errors import RegisterUnsure
from handlers.registers.headers import letter
from handlers.registers.intake import Survey
from handlers.registers.mapping import MappingFile
from handlers.registers.reading import Doubt, Entry, Register, read
from handlers.registers.report import Counts, Line, corrections_file, result_file
from handlers.registers.rows import Skipped
from handlers.registers.vocabulary import from_reference
from storage.reference.catalog import load

T = TypeVar("T")

AT_ONCE = 500  # rows that are compared with the record in one go
PER_TRANSACTION = 100
SHOWN = 40  # doubtful rows on the screen; the file of corrections has all
NAME_CHARACTERS = 14  # the first column of what is printed
HEADER_CHARACTERS, VALUE_CHARACTERS = 30, 18  # of each header and each value, so that a line holds three
CORRECTIONS = re.compile(r"\.corrections(-\d+)?$")
COUNTED = {
    "by_recipient": "recipient",
    "by_half_year": "sent in",
    "by_category": "complaint",
    "by_type": "request type",
    "by_outcome": "outcome",
    "refusal_reasons": "refused for",
}
"""{key of the result: what it is called on the screen}."""


@dataclass
class Checked:
    """A register beside the record. `new`: of each entry, in order, whether it is to be imported.

    doubts, skipped: as many of the first as are shown. files: drafts of the report and of the corrections.
    """

    result: Path
    corrections: Path
    counts: Counts = field(default_factory=Counts)
    new: bytearray = field(default_factory=bytearray)
    doubts: list[Doubt] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    def add(self, line: Line, *, new: bool) -> None:
        """One more line; `new`: nothing on record has its number."""
        self.counts.add(line)
        if isinstance(line, Entry):
            self.new.append(new)
        elif isinstance(line, Doubt):
            self.doubts += [line] if len(self.doubts) < SHOWN else []
        else:
            self.skipped += [line] if len(self.skipped) < SHOWN else []

    @property
    def to_import(self) -> int:
        """How many entries are new."""
        return sum(self.new)

    @property
    def known(self) -> int:
        """How many are on record already."""
        return len(self.new) - self.to_import


def run(
    desk: Desk,
    file: Path,
    person: str,
    *,
    mapping: Path | None = None,
    dry_run: bool = False,
    report: Path | None = None,
    strict: bool = False,
    yes: bool = False,
) -> int:
    """Import a register. Returns 0, also with doubtful rows; 1 where `strict` kept everything out because of them.

    yes: read it as it was understood, also where that is not sure.

    Writes the doubtful rows to the current folder, unless on a dry run, and the result to `report`.
    Errors: NotLinked, ChooseAgency, NotAllowed; RegisterUnreadable; RegisterUnsure, where a person must decide first;
    Conflict for a file that cannot be written.
    """
    console = Console(markup=False, highlight=False, emoji=False)
    desk.store.read(lambda work: intake.importer(work, person).line).result()  # refused before anything is read
    register = _read(console, desk, file, mapping)
    _tell_reading(console, register)
    if register.questions and not yes:
        raise RegisterUnsure(file.name, register.questions)
    with tempfile.TemporaryDirectory() as folder:
        found = _check(console, desk, register, person, Path(folder))
        if report:
            disk.copy(found.result, report)
        doubtful = found.counts.doubtful
        corrections = _keep_corrections(register, found) if doubtful and not dry_run else None
    _tell_result(console, found)
    stopped = strict and bool(doubtful)
    if stopped:
        done = "Nothing was imported: with --strict, no row may be doubtful"
    elif dry_run:
        done = f"Nothing was changed. Would import {_many(found.to_import, 'row')}"
    else:
        done = f"Imported {_many(_import(console, desk, register, found, person), 'row')}"
    _tell_end(console, done, found)
    if corrections:
        decided = _options(person, mapping, yes=bool(register.questions))
        _tell_corrections(console, corrections, decided)
    return 1 if stopped else 0


def suggest(file: Path, mapping: Path | None = None) -> str:
    """A mapping file to start from, as JSON. Needs no database. Errors: RegisterUnreadable."""
    chosen = MappingFile.load(mapping) if mapping else MappingFile()
    return json.dumps(suggestion.suggest(file, from_reference(load()), chosen), ensure_ascii=False, indent=2)


# ---- reading and importing -------------------------------------------------------------------------------------------


def _read(console: Console, desk: Desk, file: Path, mapping: Path | None) -> Register:
    chosen = MappingFile.load(mapping) if mapping else None
    with progress.shown(console, "reading") as tell:
        return read(file, from_reference(desk.reference), chosen, tell)


def _check(console: Console, desk: Desk, register: Register, person: str, folder: Path) -> Checked:
    """Compare all with the record, and write what is said of it to drafts in a folder."""
    found = Checked(folder / "result.json", folder / "corrections.csv")
    with ExitStack() as open_:
        tell = open_.enter_context(progress.shown(console, "checking"))
        write = [
            open_.enter_context(result_file(found.result, found.counts)),
            open_.enter_context(corrections_file(found.corrections, register)),
        ]
        for lines in _some(register, AT_ONCE):
            survey = _survey(desk, register, lines, person)
            doubted = {doubt.sheet_row: doubt for doubt in survey.doubts}
            new = {entry.sheet_row for entry in survey.new}
            for line in lines:
                as_found = doubted.get(line.sheet_row, line)  # the record may show what the file alone does not
                found.add(as_found, new=line.sheet_row in new)
                for add in write:
                    add(as_found)
            tell(found.counts.rows, register.row_count)
    return found


def _survey(desk: Desk, register: Register, lines: list[Line], person: str) -> Survey:
    entries = [line for line in lines if isinstance(line, Entry)]
    return desk.store.read(lambda work: intake.survey(intake.importer(work, person), register, entries)).result()


def _import(console: Console, desk: Desk, register: Register, found: Checked, person: str) -> int:
    """Returns how many rows came on record. What was committed before an interruption stays, and is signed for."""
    imported, total = 0, found.to_import
    to_import = itertools.compress(register.of(Entry), found.new)
    try:
        with progress.shown(console, "importing") as tell:
            for rows in _some(to_import, PER_TRANSACTION):
                imported += _take(desk, register, rows, person)
                tell(imported, total)
    except BaseException:
        _say(console, f"Stopped after {imported:,} of {total:,} rows; the same command goes on from there.", gap=True)
        raise
    finally:
        if imported:
            _sign(desk, register, found, person, imported)
    return imported


def _take(desk: Desk, register: Register, rows: list[Entry], person: str) -> int:
    return desk.store.write(lambda work: intake.take(intake.importer(work, person), register, rows)).result()


def _sign(desk: Desk, register: Register, found: Checked, person: str, imported: int) -> None:
    counted = {"imported": imported, "known": found.known, "doubtful": found.counts.doubtful}
    desk.store.write(lambda work: intake.sign(intake.importer(work, person), register, **counted)).result()


def _some(values: Iterable[T], number: int) -> Iterator[list[T]]:
    """As they come, so many at a time."""
    left = iter(values)
    while some := list(itertools.islice(left, number)):
        yield some


# ---- files -----------------------------------------------------------------------------------------------------------


def _keep_corrections(register: Register, found: Checked) -> Path:
    """Write the doubtful rows to the current folder; a file of that name that says something else is left alone."""
    stem = CORRECTIONS.sub("", Path(register.file).stem)
    for number in itertools.count(1):
        path = Path(f"{stem}.corrections{f'-{number}' if number > 1 else ''}.csv")
        if not path.exists():
            disk.copy(found.corrections, path)
            return path
        if filecmp.cmp(path, found.corrections, shallow=False):
            return path
    raise AssertionError("numbers do not end")


# ---- the screen ------------------------------------------------------------------------------------------------------


def _tell_reading(console: Console, register: Register) -> None:
    """What was understood of the file, before anything is kept: whoever sees a wrong column stops here."""
    found = register.columns
    sheet = f', sheet "{found.sheet}"' if found.sheet != register.file else ""
    _say(console, f"{register.file}{sheet}: {register.encoding}, headers in {_lines(found)}")
    _tell_columns(console, found)
    said = {code: _order(order) for code, order in register.date_orders.items() if code in found.found}
    if any(said.values()):
        _say(console, "Dates", gap=True)
    for code, words in said.items():
        if words:
            _row(console, spoken(code), words)
    if register.sheets_unread:
        _say(console, f"Not read: {', '.join(register.sheets_unread)}. The mapping file may name a sheet.", gap=True)


def _tell_columns(console: Console, found: Columns) -> None:
    _say(console, "Columns, as they were understood", gap=True)
    for guess in found.found.values():
        _tell_column(console, guess)
    for code, value in found.defaults.items():
        _row(console, spoken(code), f"{value} in every row, says the mapping file")
    if not found.has(OUTCOME):
        _row(console, spoken(OUTCOME), "no column: open, unless a reply is dated")
    if not found.has(REQUEST_TYPE):
        _row(console, spoken(REQUEST_TYPE), "no column: data")
    if found.unused:
        _row(console, "not used", ", ".join(f"{letter(index)} “{name}”" for index, name in found.unused.items()))


def _tell_column(console: Console, guess: Guess) -> None:
    """Which column it is and how sure that is; below, three of its values."""
    if guess.chosen:
        sure = "says the mapping file"
    else:
        sure = "sure" if guess.confidence == 1 else f"a guess, {guess.confidence:.0%} sure"
    name = guess.header if len(guess.header) <= HEADER_CHARACTERS else f"{guess.header[:HEADER_CHARACTERS]}…"
    _row(console, spoken(guess.code), f"{guess.letter} “{name}”: {sure}")
    values = [value if len(value) <= VALUE_CHARACTERS else f"{value[:VALUE_CHARACTERS]}…" for value in guess.samples]
    _row(console, "", " · ".join(values) or "nothing in it")


def _lines(found: Columns) -> str:
    first, last = found.header_lines[0], found.header_lines[-1]
    return f"line {last}" if first == last else f"lines {first} to {last}"


def _order(order: DateOrder) -> str:
    """How the dates of a column were read; "" where no date of it could be read in two ways."""
    return "; ".join(filter(None, [_numbers(order) if order.matters else "", _swapped(order)]))


def _numbers(order: DateOrder) -> str:
    if order.source == "contradicting":
        return f"{order.proved_by:,} show one order of day and month, {order.against:,} the other: none is taken"
    if order.day_first is None:
        return "nothing shows whether the day or the month comes first"
    first = "the day comes first" if order.day_first else "the month comes first"
    if order.source == "mapping":
        return f"{first}, says the mapping file"
    against = f", though {order.against:,} can only be the other way" if order.against else ""
    return f"{first}, as {_many(order.proved_by, 'date')} of {order.source} show{against}"


def _swapped(order: DateOrder) -> str:
    """What a spreadsheet may have done to dates that say themselves which number is the day."""
    back = f"{_many(order.cells, 'date')} that a spreadsheet had swapped were swapped back"
    doubtful = order.spelt + (order.cells if order.swapped == "perhaps" else 0)
    doubted = f"{_many(doubtful, 'date')} may have been swapped by a spreadsheet and are doubtful"
    return "; ".join(filter(None, [back if order.swapped == "yes" else "", doubted if doubtful else ""]))


def _tell_result(console: Console, found: Checked) -> None:
    counts = found.counts
    if skipped := counts.by["skipped"]:
        kinds = ", ".join(f"{kind} {number:,}" for kind, number in sorted(skipped.items()))
        _say(
            console,
            f"{_many(skipped.total(), 'line')} that {'is' if skipped.total() == 1 else 'are'} no row: {kinds}",
            gap=True,
        )
        for skip in found.skipped:
            _row(console, f"line {skip.sheet_row}", f"{skip.kind}: {skip.words[:50]}")
        _more(console, skipped.total(), "--report lists all")
    _say(console, f"{_many(counts.rows, 'row')}: {counts.requests:,} good, {counts.doubtful:,} doubtful", gap=True)
    for key, name in COUNTED.items():
        if counted := counts.by[key]:
            _row(console, name, ", ".join(f"{spoken(code)} {number:,}" for code, number in sorted(counted.items())))
    if found.doubts:
        _say(console, "Doubtful rows", gap=True)
        for doubt in found.doubts:
            _row(console, f"row {doubt.row}", f"{doubt.own_reference or 'no number'}: {doubt.flaw}")
        _more(console, counts.doubtful, "the file of corrections has all, --report as well")


def _tell_end(console: Console, done: str, found: Checked) -> None:
    doubtful = f"{_many(found.counts.doubtful, 'doubtful row')} left out"
    _say(console, f"{done}; {found.known:,} already on record; {doubtful}.", gap=True)


def _tell_corrections(console: Console, corrections: Path, decided: list[str]) -> None:
    _say(console, f"{corrections} holds the doubtful rows, with what is wrong and what is accepted.", gap=True)
    _say(console, "Correct it in any spreadsheet, then:")
    command = ["python", "-m", "bot", "import", _argument(corrections), *decided]
    console.print(f"  {shlex.join(command)}", soft_wrap=True)


def _options(person: str, mapping: Path | None, *, yes: bool) -> list[str]:
    """What a person decided of a register, said again of its corrections: the same columns, the same words."""
    who = [f"--as={person}"] if person.startswith("-") else ["--as", person]
    return [*who, *(["--mapping", _argument(mapping)] if mapping else []), *(["--yes"] if yes else [])]


def _argument(path: Path) -> str:
    """A path that no command line takes for an option."""
    return f"./{path}" if str(path).startswith("-") else str(path)


def _more(console: Console, number: int, where: str) -> None:
    if number > SHOWN:
        _row(console, "", f"and {number - SHOWN:,} more; {where}")


def _many(number: int, one: str) -> str:
    return f"{number:,} {one if number == 1 else one + 's'}"


def _row(console: Console, name: str, words: str) -> None:
    """A name and what is said of it, folded under itself."""
    clean = text.one_line(text.plain(words))
    start = f"  {name:<{NAME_CHARACTERS}}"
    console.print(textwrap.fill(clean, console.width, initial_indent=start, subsequent_indent=" " * len(start)))


def _say(console: Console, words: str, *, gap: bool = False) -> None:
    if gap:
        console.print()
    console.print(textwrap.fill(text.one_line(text.plain(words)), console.width))
