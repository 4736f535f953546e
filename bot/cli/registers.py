"""What `python -m bot import` does: a register in, a report for the person at the terminal, good rows on record.

In: an open desk, a file, who imports. Out: an exit code, printed lines, a file of the doubtful rows, perhaps a report
as JSON. Files are written before the record: a full disk or a forbidden folder stops the import, not the proof of it.
Why many small transactions: SQLite has one writer, and a running desk must not wait until a whole register is in.
Why rich is told to read no markup: what is printed comes from a stranger's file.
"""

import itertools
import json
import re
import shlex
import tempfile
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from bot.app import Desk
from bot.rendering.phrases import spoken
from handlers.kit.errors import Conflict
from handlers.registers import intake, text
from handlers.registers.dates import DateOrder
from handlers.registers.intake import Survey
from handlers.registers.mapping import MappingFile
from handlers.registers.reading import Entry, Register, read
from handlers.registers.report import result, write_corrections
from handlers.registers.vocabulary import from_reference
from storage.database.unit_of_work import UnitOfWork

PER_TRANSACTION = 100
SHOWN = 40  # doubtful rows on the screen; the file of corrections has all
NAME_CHARACTERS = 14  # the first column of what is printed
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


def run(
    desk: Desk,
    file: Path,
    person: str,
    *,
    mapping: Path | None = None,
    dry_run: bool = False,
    report: Path | None = None,
    strict: bool = False,
) -> int:
    """Import a register. Returns 0, also with doubtful rows; 1 where `strict` kept everything out because of them.

    Writes the doubtful rows to the current folder, unless on a dry run, and the result to `report`.
    Errors: NotLinked, ChooseAgency, NotAllowed; RegisterUnreadable; Conflict for a file that cannot be written.
    """
    console = Console(markup=False, highlight=False, emoji=False)
    desk.store.read(lambda work: intake.importer(work, person).line).result()  # refused before anything is read
    register = _read(console, desk, file, mapping)
    _tell_reading(console, register)
    found = desk.store.read(lambda work: _survey(work, person, register)).result()
    register = _doubting(register, found)
    if report:
        _write(report, json.dumps(result(register), ensure_ascii=False, indent=1).encode())
    corrections = _keep_corrections(register) if register.doubts and not dry_run else None
    _tell_result(console, register)
    stopped = strict and bool(register.doubts)
    if stopped:
        done = "Nothing was imported: with --strict, no row may be doubtful"
    elif dry_run:
        done = f"Nothing was changed. Would import {_many(len(found.new), 'row')}"
    else:
        done = f"Imported {_many(_import(console, desk, register, found, person), 'row')}"
    _tell_end(console, done, register, found)
    if corrections:
        _tell_corrections(console, corrections, person)
    return 1 if stopped else 0


# ---- reading and importing -------------------------------------------------------------------------------------------


def _read(console: Console, desk: Desk, file: Path, mapping: Path | None) -> Register:
    chosen = MappingFile.load(mapping) if mapping else None
    with _bar(console, "reading") as tell:
        return read(file, from_reference(desk.reference), chosen, tell)


def _survey(work: UnitOfWork, person: str, register: Register) -> Survey:
    return intake.survey(intake.importer(work, person), register, register.entries)


def _doubting(register: Register, found: Survey) -> Register:
    """The register with the rows that only the record could show to be doubtful among its doubts."""
    lines = {doubt.sheet_row for doubt in found.doubts}
    doubts = sorted((*register.doubts, *found.doubts), key=lambda doubt: doubt.sheet_row)
    entries = tuple(entry for entry in register.entries if entry.sheet_row not in lines)
    return replace(register, entries=entries, doubts=tuple(doubts))


def _import(console: Console, desk: Desk, register: Register, found: Survey, person: str) -> int:
    """Returns how many rows came on record. What was committed before an interruption stays, and is signed for."""
    imported, rows = 0, found.new
    try:
        with _bar(console, "importing") as tell:
            for start in range(0, len(rows), PER_TRANSACTION):
                imported += _take(desk, register, rows[start : start + PER_TRANSACTION], person)
                tell(imported, len(rows))
    except BaseException:
        _say(
            console, f"Stopped after {imported:,} of {len(rows):,} rows; the same command goes on from there.", gap=True
        )
        raise
    finally:
        if imported:
            _sign(desk, register, found, person, imported)
    return imported


def _take(desk: Desk, register: Register, rows: Sequence[Entry], person: str) -> int:
    return desk.store.write(lambda work: intake.take(intake.importer(work, person), register, rows)).result()


def _sign(desk: Desk, register: Register, found: Survey, person: str, imported: int) -> None:
    desk.store.write(
        lambda work: intake.sign(intake.importer(work, person), register, imported=imported, known=found.known)
    ).result()


# ---- files -----------------------------------------------------------------------------------------------------------


def _keep_corrections(register: Register) -> Path:
    """Write the doubtful rows to the current folder; a file of that name that says something else is left alone."""
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / "corrections.csv"
        write_corrections(register, draft)
        content = draft.read_bytes()
    stem = CORRECTIONS.sub("", Path(register.file).stem)
    for number in itertools.count(1):
        path = Path(f"{stem}.corrections{f'-{number}' if number > 1 else ''}.csv")
        if not path.exists():
            _write(path, content)
            return path
        if path.read_bytes() == content:
            return path
    raise AssertionError("numbers do not end")


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise Conflict("file_not_written", file=path.name, why=error.strerror) from error


# ---- the screen ------------------------------------------------------------------------------------------------------


@contextmanager
def _bar(console: Console, words: str) -> Iterator[Callable[[int, int], None]]:
    """A bar that is told (done, in all); on a terminal only, and gone when it is done."""
    parts = TextColumn(words), BarColumn(), MofNCompleteColumn()
    with Progress(*parts, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(words, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _tell_reading(console: Console, register: Register) -> None:
    """What was understood of the file, before anything is kept: whoever sees a wrong column stops here."""
    found = register.columns
    sheet = f', sheet "{found.sheet}"' if found.sheet != register.file else ""
    _say(console, f"{register.file}{sheet}: {register.encoding}, headers in line {found.header_line}")
    _say(console, "Columns, as they were understood", gap=True)
    for code, guess in found.found.items():
        sure = "" if guess.confidence == 1 else f" (a guess: {guess.confidence:.0%} of its words are known)"
        sample = f", such as {guess.samples[0][:30]}" if guess.samples else ""
        _row(console, spoken(code), f"{guess.header}{sure}{sample}")
    if found.ignored:
        _row(console, "not used", ", ".join(found.ignored))
    _say(console, "Dates", gap=True)
    for code, order in register.date_orders.items():
        if code in found.found:
            _row(console, spoken(code), _order(order))
    if register.skipped:
        _say(console, "Lines that are no rows", gap=True)
        for skip in register.skipped[:SHOWN]:
            _row(console, f"line {skip.sheet_row}", f"{skip.kind}: {skip.words[:50]}")
        _more(console, len(register.skipped))
    if register.sheets_unread:
        _say(console, f"Not read: {', '.join(register.sheets_unread)}. The mapping file may name a sheet.", gap=True)


def _order(order: DateOrder) -> str:
    if order.day_first is None:
        return "nothing shows whether the day or the month comes first"
    first = "the day comes first" if order.day_first else "the month comes first"
    if order.source == "mapping":
        return f"{first}, says the mapping file"
    against = f", though {order.against:,} can only be the other way" if order.against else ""
    return f"{first}, as {_many(order.proved_by, 'date')} of {order.source} show{against}"


def _tell_result(console: Console, register: Register) -> None:
    counts = result(register)
    good, doubtful = len(register.entries), len(register.doubts)
    _say(console, f"{_many(good + doubtful, 'row')}: {good:,} good, {doubtful:,} doubtful", gap=True)
    for key, name in COUNTED.items():
        counted = counts[key]
        if isinstance(counted, dict) and counted:
            _row(console, name, ", ".join(f"{spoken(code)} {number:,}" for code, number in counted.items()))
    if register.doubts:
        _say(console, "Doubtful rows", gap=True)
        for doubt in register.doubts[:SHOWN]:
            _row(console, f"row {doubt.row}", f"{doubt.own_reference or 'no number'}: {doubt.flaw}")
        _more(console, doubtful)


def _tell_end(console: Console, done: str, register: Register, found: Survey) -> None:
    doubtful = f"{_many(len(register.doubts), 'doubtful row')} left out"
    _say(console, f"{done}; {found.known:,} already on record; {doubtful}.", gap=True)


def _tell_corrections(console: Console, corrections: Path, person: str) -> None:
    _say(console, f"{corrections} holds the doubtful rows, with what is wrong and what is accepted.", gap=True)
    _say(console, "Correct it in any spreadsheet, then:")
    command = f"python -m bot import {shlex.quote(str(corrections))} --as {shlex.quote(person)}"
    console.print(f"  {command}", soft_wrap=True)


def _more(console: Console, number: int) -> None:
    if number > SHOWN:
        _row(console, "", f"and {number - SHOWN:,} more")


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
