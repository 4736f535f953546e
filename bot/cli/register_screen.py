"""What `import` prints: what was understood of a register, what is doubtful in it, what was done.

In: a console that reads no markup, and a register. Out: lines as wide as the terminal.
"""

import shlex
import textwrap
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from bot.cli.checked import SHOWN, CheckedRegister
from bot.rendering.phrases import spoken
from handlers.registers import text
from handlers.registers.columns import ACCOUNTS, OUTCOME, REQUEST_TYPE, Columns, Guess
from handlers.registers.dates import DateOrder
from handlers.registers.headers import letter
from handlers.registers.reading import Register

NAME_CHARACTERS = 14  # the first column of what is printed
UNUSED_SHOWN = 12  # columns that are not read
LINES_SHOWN = 6  # lines that joined one row
HEADER_CHARACTERS, VALUE_CHARACTERS = 30, 18  # of each header and each value, so that a line holds three
COUNTED = {
    "by_recipient": "recipient",
    "by_half_year": "sent in",
    "by_category": "complaint",
    "by_type": "request type",
    "by_outcome": "outcome",
    "refusal_reasons": "refused for",
}
"""{key of the result: what it is called on the screen}."""


def tell_reading(console: Console, register: Register) -> None:
    """What was understood of the file, before anything is kept: whoever sees a wrong column stops here."""
    found = register.columns
    sheet = f', sheet "{found.sheet}"' if found.sheet != register.file else ""
    say(console, f"{register.file}{sheet}: {register.encoding}, headers in {_lines(found)}")
    _tell_columns(console, found)
    said = {code: _order(order) for code, order in register.date_orders.items() if code in found.found}
    if any(said.values()):
        say(console, "Dates", gap=True)
    for code, words in said.items():
        if words:
            _row(console, spoken(code), words)
    if register.sheets_unread:
        say(console, f"Not read: {', '.join(register.sheets_unread)}. The mapping file may name a sheet.", gap=True)


def _tell_columns(console: Console, found: Columns) -> None:
    say(console, "Columns, as they were understood", gap=True)
    for guess in found.found.values():
        _tell_column(console, guess)
    for code, value in found.defaults.items():
        _row(console, spoken(code), f"{value} in every row, says the mapping file")
    if not found.has(ACCOUNTS):
        _row(console, spoken(ACCOUNTS), "no column: no account comes on record")
    if not found.has(OUTCOME):
        _row(console, spoken(OUTCOME), "no column: open, unless a reply is dated")
    if not found.has(REQUEST_TYPE):
        _row(console, spoken(REQUEST_TYPE), "no column: data")
    if found.unused:
        unused = [f"{letter(index)} “{_cut(name)}”" for index, name in found.unused.items()]
        _row(console, "not used", _some(unused, UNUSED_SHOWN))


def _tell_column(console: Console, guess: Guess) -> None:
    """Which column it is and how sure that is; below, three of its values."""
    if guess.chosen:
        sure = "says the mapping file"
    else:
        sure = "sure" if guess.confidence == 1 else f"a guess, {guess.confidence:.0%} sure"
    _row(console, spoken(guess.code), f"{guess.letter} “{_cut(guess.header)}”: {sure}")
    values = [value if len(value) <= VALUE_CHARACTERS else f"{value[:VALUE_CHARACTERS]}…" for value in guess.samples]
    _row(console, "", " · ".join(values) or "nothing in it")


def _cut(header: str) -> str:
    return header if len(header) <= HEADER_CHARACTERS else f"{header[:HEADER_CHARACTERS]}…"


def _some(words: Sequence[str], most: int) -> str:
    """The first of them, and how many more there are."""
    more = [f"and {len(words) - most:,} more"] if len(words) > most else []
    return ", ".join([*words[:most], *more])


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
    return f"{first}, as {many(order.proved_by, 'date')} of {order.source} show{against}"


def _swapped(order: DateOrder) -> str:
    """What a spreadsheet may have done to dates that say themselves which number is the day."""
    back = f"{many(order.cells, 'date')} that a spreadsheet had swapped were swapped back"
    doubted = f"{many(order.doubted, 'date')} may have been swapped by a spreadsheet and are doubtful"
    return "; ".join(filter(None, [back if order.swapped == "yes" else "", doubted if order.doubted else ""]))


def tell_result(console: Console, found: CheckedRegister) -> None:
    """The counts, the lines that are no rows, and the doubtful rows, as many as a screen shows."""
    counts = found.counts
    if skipped := counts.by["skipped"]:
        kinds = ", ".join(f"{kind} {number:,}" for kind, number in sorted(skipped.items()))
        say(console, f"{many(skipped.total(), 'line')} left out as no row: {kinds}", gap=True)
        for skip in found.skipped:
            _row(console, f"line {skip.sheet_row}", f"{skip.kind}: {skip.words[:50]}")
        _more(console, skipped.total(), "--report lists all")
    _tell_joined(console, found)
    say(console, f"{many(counts.rows, 'row')}: {counts.requests:,} good, {counts.doubtful:,} doubtful", gap=True)
    for key, name in COUNTED.items():
        if counted := counts.by[key]:
            _row(console, name, ", ".join(f"{spoken(code)} {number:,}" for code, number in sorted(counted.items())))
    if found.doubts:
        say(console, "Doubtful rows", gap=True)
        for doubt in found.doubts:
            _row(console, f"row {doubt.row}", f"{doubt.own_reference or 'no number'}: {doubt.flaw}")
        _more(console, counts.doubtful, "the file of corrections has all, --report as well")


def _tell_joined(console: Console, found: CheckedRegister) -> None:
    """Which lines were taken as part of the row above them: a note below the table may be among them."""
    if not found.joined:
        return
    lines, rows = many(found.joined_lines, "line"), many(found.joined_rows, "row")
    say(console, f"{lines} joined to {rows} right above, as nothing but accounts or a remark stood there", gap=True)
    for row, numbers in found.joined.items():
        of = "line" if len(numbers) == 1 else "lines"
        _row(console, f"row {row:,}", f"{of} {_some([*map(str, numbers)], LINES_SHOWN)}")
    if found.joined_rows > len(found.joined):
        _row(console, "", f"and {found.joined_rows - len(found.joined):,} rows between, the last is shown")


def tell_end(console: Console, done: str, found: CheckedRegister) -> None:
    """What was done, in one sentence."""
    doubtful = f"{many(found.counts.doubtful, 'doubtful row')} left out"
    say(console, f"{done}; {found.known:,} already on record; {doubtful}.", gap=True)


def tell_corrections(console: Console, corrections: Path, command: list[str]) -> None:
    """Where the doubtful rows are, and the command that reads them again."""
    say(console, f"{corrections} holds the doubtful rows, with what is wrong and what is accepted.", gap=True)
    say(console, "Correct it in any spreadsheet, then:")
    console.print(f"  {shlex.join(command)}", soft_wrap=True)


def _more(console: Console, number: int, where: str) -> None:
    if number > SHOWN:
        _row(console, "", f"and {number - SHOWN:,} more; {where}")


def many(number: int, one: str) -> str:
    """A number and what it counts: "1 row", "2,000 rows"."""
    return f"{number:,} {one if number == 1 else one + 's'}"


def _row(console: Console, name: str, words: str) -> None:
    """A name and what is said of it, folded under itself."""
    clean = text.one_line(text.plain(words))
    start = f"  {name:<{NAME_CHARACTERS}}"
    console.print(textwrap.fill(clean, console.width, initial_indent=start, subsequent_indent=" " * len(start)))


def say(console: Console, words: str, *, gap: bool = False) -> None:
    """A paragraph, whatever a stranger wrote into it."""
    if gap:
        console.print()
    console.print(textwrap.fill(text.one_line(text.plain(words)), console.width))
