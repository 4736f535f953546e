"""What `python -m bot import` does: a register in, a report for the person at the terminal, good rows on record.

In: an open desk, a file, who imports. Out: an exit code, printed lines, a file of the doubtful rows, perhaps a report
as JSON. Files are written before the record: a full disk or a forbidden folder stops the import, not the proof of it.
The rows go by three times and are never all in memory: read to the end (a file that breaks off brings nothing in),
compared with the record, put on record.
Why many small transactions (`pieces.py`): SQLite has one writer, and a running desk must not wait for a whole register.
Why rich is told to read no markup: what is printed comes from a stranger's file.
"""

import filecmp
import gc
import itertools
import json
import re
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TypeVar

from rich.console import Console

from bot import disk
from bot.app import Desk
from bot.cli import progress
from bot.cli.checked import CheckedRegister
from bot.cli.pieces import Pieces
from bot.cli.register_screen import many, say, tell_corrections, tell_end, tell_reading, tell_result
from handlers.registers import intake, suggestion
from handlers.registers.errors import RegisterUnsure, argument, typed
from handlers.registers.intake import Survey
from handlers.registers.mapping import MappingFile
from handlers.registers.reading import Entry, Register, read
from handlers.registers.report import Line, corrections_file, result_file
from handlers.registers.vocabulary import from_reference
from storage.database.lease import open_lease
from storage.database.unit_of_work import UnitOfWork
from storage.reference.catalog import load
from storage.search import upkeep

T = TypeVar("T")

AT_ONCE = 500  # rows that are compared with the record in one go
NEW_OBJECTS = 20_000  # some megabytes, between two looks for garbage; Python's own number is 700
CORRECTIONS = re.compile(r"\.corrections(-\d+)?$")


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
    NotWritten for a file that cannot be.
    """
    console = Console(markup=False, highlight=False, emoji=False)
    desk.store.read(lambda work: intake.importer(work, person).line).result()  # refused before anything is read
    register = _read(console, desk, file, mapping)
    tell_reading(console, register)
    if register.questions and not yes:
        raise RegisterUnsure(file.name, register.questions, typed(file))
    with tempfile.TemporaryDirectory() as folder:
        found = _check(console, desk, register, person, Path(folder))
        if report:
            disk.copy(found.result, report)
        doubtful = found.counts.doubtful
        corrections = _keep_corrections(register, found) if doubtful and not dry_run else None
    tell_result(console, found)
    stopped = strict and bool(doubtful)
    if stopped:
        done = "Nothing was imported: with --strict, no row may be doubtful"
    elif dry_run:
        done = f"Nothing was changed. Would import {many(found.to_import, 'row')}"
    else:
        done = f"Imported {many(_import(console, desk, register, found, person), 'row')}"
        _index(console, desk)
    tell_end(console, done, found)
    if corrections:
        command = _command(corrections, person, mapping, yes=bool(register.questions))
        tell_corrections(console, corrections, command)
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


def _check(console: Console, desk: Desk, register: Register, person: str, folder: Path) -> CheckedRegister:
    """Compare all with the record, and write what is said of it to drafts in a folder."""
    found = CheckedRegister(folder / "result.json", folder / "corrections.csv")
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


def _import(console: Console, desk: Desk, register: Register, found: CheckedRegister, person: str) -> int:
    """Returns how many rows came on record. What was committed before an interruption stays, and is signed for."""
    imported, total = 0, found.to_import
    to_import = itertools.compress(register.of(Entry), found.new)
    try:
        with progress.shown(console, "importing") as tell, _garbage_can_wait():
            pieces = Pieces(to_import)
            for rows in pieces:
                taken, seconds = _take(desk, register, rows, person)
                imported += taken
                tell(imported, total)
                pieces.took(len(rows), seconds)
    except BaseException:
        say(console, f"Stopped after {imported:,} of {total:,} rows; the same command goes on from there.", gap=True)
        raise
    finally:
        if imported:
            _sign(desk, register, found, person, imported)
    return imported


@contextmanager
def _garbage_can_wait() -> Iterator[None]:
    """Python looks for what is garbage less often: a row on record is hundreds of objects, and a tenth of the time."""
    usual = gc.get_threshold()
    gc.set_threshold(NEW_OBJECTS, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _take(desk: Desk, register: Register, rows: list[Entry], person: str) -> tuple[int, float]:
    """Returns how many came on record, and how long nobody else could write, in seconds."""

    def job(work: UnitOfWork) -> tuple[int, float]:
        begun = time.perf_counter()
        return intake.take(intake.importer(work, person), register, rows), begun

    taken, begun = desk.store.write(job).result()
    return taken, time.perf_counter() - begun


def _sign(desk: Desk, register: Register, found: CheckedRegister, person: str, imported: int) -> None:
    counted = {"imported": imported, "known": found.known, "doubtful": found.counts.doubtful}
    desk.store.write(lambda work: intake.sign(intake.importer(work, person), register, **counted)).result()


def _index(console: Console, desk: Desk) -> None:
    """Let the search find what came, at once; where a desk runs, its ticks do that."""
    with closing(open_lease(desk.store.url)) as lease:
        is_alone = lease.acquire()
    with progress.shown(console, "indexing") as tell:
        done = 0
        while is_alone and (more := upkeep.catch_up(desk.store)):
            done += more
            tell(done, 0)


def _some(values: Iterable[T], number: int) -> Iterator[list[T]]:
    """As they come, so many at a time."""
    left = iter(values)
    while some := list(itertools.islice(left, number)):
        yield some


# ---- files -----------------------------------------------------------------------------------------------------------


def _keep_corrections(register: Register, found: CheckedRegister) -> Path:
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


def _command(corrections: Path, person: str, mapping: Path | None, *, yes: bool) -> list[str]:
    """How corrections are read: with all that was decided of their register."""
    who = [f"--as={person}"] if person.startswith("-") else ["--as", person]
    decided = [*(["--mapping", argument(mapping)] if mapping else []), *(["--yes"] if yes else [])]
    return ["python", "-m", "bot", "import", argument(corrections), *who, *decided]
