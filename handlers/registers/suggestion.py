"""The mapping file to start from: what was seen of a register, what was guessed, and null where nothing was.

Out: a dict ready for JSON, which is a valid mapping file as it stands. What was seen is under "about", the key for
people: the sheets, each column's letter and header with some values, and what is no more than a guess.
"""

from pathlib import Path

from handlers.registers.columns import SERIAL_NO, Columns, Guess
from handlers.registers.finding import look_at
from handlers.registers.headers import letter
from handlers.registers.mapping import MappingFile
from handlers.registers.sheet import read_sheets
from handlers.registers.vocabulary import Vocabulary

GUIDE = "docs/registers.md"


def suggest(path: Path, vocabulary: Vocabulary, mapping: MappingFile) -> dict[str, object]:
    """A mapping file for this register, on top of one that says how to open it. Raises `RegisterUnreadable`."""
    sheets = read_sheets(path, encoding=mapping.encoding)
    look = look_at(sheets, mapping.words(vocabulary, file=path.name), mapping, file=path.name)
    columns = look.columns
    said = mapping.model_dump(exclude_unset=True, exclude={"about"})
    seen = {letter(index): " | ".join([name, *look.samples(index)]) for index, name in columns.headers.items()}
    unsure = {code: f"{guess.confidence:.0%}" for code, guess in columns.found.items() if guess.confidence < 1}
    about = {"guide": GUIDE, "sheets": list(look.sheets), "columns": seen, "guessed": unsure}
    started = {"about": about, "header": list(columns.header_lines), "columns": _columns(columns, vocabulary)}
    if len(look.sheets) > 1:
        started["sheet"] = look.sheet.name
    return {**started, **said, "columns": {**_columns(columns, vocabulary), **mapping.columns}}


def _columns(columns: Columns, vocabulary: Vocabulary) -> dict[str, str | None]:
    """{code: the header, or the letter where several columns are headed so}; null for what was not found."""
    codes = dict.fromkeys(code for code in vocabulary.columns.phrases.values() if code != SERIAL_NO)
    return {code: _named(columns.found[code], columns) if code in columns.found else None for code in codes}


def _named(guess: Guess, columns: Columns) -> str:
    alone = sum(name.startswith(guess.header) for name in columns.headers.values()) == 1
    return guess.header if alone else guess.letter
