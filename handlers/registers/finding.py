"""Which line of which sheet is the header, and which column is which.

In: sheets, the words the desk knows, the mapping file. Out: the sheet, its merged cells filled down where that was
asked for and the links of its accounts shown, and its `Columns`. What is not sure becomes a question, which says what
`--yes` would do: read a column that is likely; leave out one whose header is turned ("Date of Reply Due"); of two for
one meaning, read neither.

In a correction file all rows are doubtful, so its values prove nothing; its header is where it was written, and a
mapping's letters and numbers count the register's own columns.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from handlers.language.errors import Clause, clause
from handlers.registers import links, text
from handlers.registers.columns import (
    ACCOUNTS,
    CATEGORY,
    CORRECTION_COLUMNS,
    NEEDED,
    RECIPIENT,
    SERIAL_NO,
    WRONG,
    Columns,
    Guess,
    Unsettled,
)
from handlers.registers.errors import RegisterUnreadable, typed
from handlers.registers.guesses import FITTING_FROM, fitting, likely, turned_by
from handlers.registers.headers import Header, letter, of_line, of_lines, place, unique, without_numbers
from handlers.registers.lines import Sheet, SheetLine
from handlers.registers.mapping import MappingFile
from handlers.registers.merged import filled_down
from handlers.registers.vocabulary import Vocabulary, Words

HEADER_WITHIN_LINES = 30
HEADER_COLUMNS_MIN = 3
SAMPLES = 3
LOOKED_AT_LINES = 200  # below the header, for samples and for what the values are
SAID_HEADERS = 40  # as many as a person reads in a refusal


@dataclass(frozen=True)
class Look:
    """What a file looks like: the sheet most like a register, its columns, the names of all sheets.

    known: False where no line holds headers the desk knows; then the fullest line is taken for them.
    """

    sheet: Sheet
    header: Header
    columns: Columns
    sheets: tuple[str, ...]
    known: bool

    def samples(self, index: int) -> tuple[str, ...]:
        """Some values of any column."""
        return _samples(_below(self.sheet, self.header), index)


def find(sheets: Iterable[Sheet], words: Vocabulary, mapping: MappingFile, *, path: Path) -> tuple[Sheet, Columns]:
    """The sheet to be read, and its columns.

    Raises `RegisterUnreadable` when there is no header row, what the mapping names is not there, or a needed column.
    """
    look = look_at(sheets, words, mapping, file=path.name)
    wrong, accepted = _missing(look, words)
    if wrong:
        named = [clause("sheet_in_mapping", words=look.sheets)] if len(look.sheets) > 1 else []
        suggested = clause("suggested_mapping", path=typed(path))
        raise RegisterUnreadable(path.name, tuple(wrong), (*accepted, *named, suggested))
    filled = None if mapping.fill_down is True else mapping.fill_down or ()
    indices = (
        None if filled is None else {look.columns.found[code].index for code in filled if code in look.columns.found}
    )
    accounts = look.columns.found.get(ACCOUNTS)
    linked = links.shown(look.sheet, accounts.index) if accounts else look.sheet
    return filled_down(linked, indices), look.columns


def look_at(sheets: Iterable[Sheet], words: Vocabulary, mapping: MappingFile, *, file: str) -> Look:
    """The same, whatever is missing. Raises `RegisterUnreadable` for what the mapping names in vain."""
    every = list(sheets)
    names = tuple(sheet.name for sheet in every)
    known = _headers_known(words.columns, mapping)
    if corrections := _corrections(every):
        sheet, header = corrections[0], replace(corrections[1], joined=len(mapping.header) > 1)
        return Look(sheet, header, _Finder(sheet, header, words, mapping, known, file).columns(), names, known=True)
    best: tuple[bool, int, Sheet, Header] | None = None
    for sheet in _named(every, mapping, file):
        header = _header(sheet, known, mapping, file)
        codes = _codes(header, known) | _by_place(mapping)
        complete = set(NEEDED) <= codes | set(mapping.defaults)
        if best is None or (complete, len(codes)) > best[:2]:
            best = complete, len(codes), sheet, header
    if best is None:
        raise AssertionError("a file has a sheet")
    _, hits, sheet, header = best
    found = _Finder(sheet, header, words, mapping, known, file).columns()
    return Look(sheet, header, found, names, known=bool(mapping.header) or hits >= HEADER_COLUMNS_MIN)


# ---- the header ------------------------------------------------------------------------------------------------------


def _headers_known(words: Words, mapping: MappingFile) -> Words:
    """The phrases of headers, where what a person chose replaces all that was known for that column."""
    kept = {phrase: code for phrase, code in words.phrases.items() if code not in mapping.columns}
    return Words({**kept, **{header: code for code, header in mapping.columns.items() if isinstance(header, str)}})


def _by_place(mapping: MappingFile) -> set[str]:
    """The columns that a person names by their place, where the header is named as well."""
    return {code for code, column in mapping.columns.items() if column is not None} if mapping.header else set()


def _named(sheets: list[Sheet], mapping: MappingFile, file: str) -> list[Sheet]:
    named = [sheet for sheet in sheets if mapping.sheet in (None, sheet.name)]
    if not named:
        accepted = clause("one_of_its_sheets", words=[sheet.name for sheet in sheets])
        raise RegisterUnreadable(file, (clause("no_such_sheet", sheet=mapping.sheet),), (accepted,))
    return named


def _corrections(sheets: Iterable[Sheet]) -> tuple[Sheet, Header] | None:
    """The sheet and header of a correction file; None for any other."""
    for sheet in sheets:
        for line in islice(sheet.lines, HEADER_WITHIN_LINES):
            if _marks(header := of_line(line)):
                return sheet, header
    return None


def _marks(header: Header) -> dict[str, int]:
    """Where the columns of a correction file stand; only beside `WRONG`, for "Value" alone may be anybody's."""
    return {name: header.texts.index(name) for name in CORRECTION_COLUMNS if {name, WRONG} <= set(header.texts)}


def _header(sheet: Sheet, known: Words, mapping: MappingFile, file: str) -> Header:
    """The lines a person named; else the line with most known headers; else the fullest one."""
    first = [*islice(sheet.lines, max([HEADER_WITHIN_LINES, *mapping.header]))]
    if mapping.header:
        lines = [line for line in first if line.number in mapping.header]
        if lines:
            return of_lines(sheet, lines)
        wrong = clause("no_such_lines", words=[str(number) for number in mapping.header], sheet=sheet.name)
        raise RegisterUnreadable(file, (wrong,), (clause("lines_that_say_something"),))
    headers = [of_line(line) for line in first[:HEADER_WITHIN_LINES]]
    best = max(headers, key=lambda header: len(_codes(header, known)))
    if len(_codes(best, known)) >= HEADER_COLUMNS_MIN:
        return best
    return max(headers, key=lambda header: sum(map(bool, header.texts)))


def _codes(header: Header, known: Words) -> set[str]:
    found = (likely(header, index, known) for index in range(len(header)) if header.words(index))
    return {guess[0] for guess in found if guess}


# ---- the columns of one sheet ----------------------------------------------------------------------------------------


@dataclass
class _Finder:
    """Finds the columns below one header."""

    sheet: Sheet
    header: Header
    words: Vocabulary
    mapping: MappingFile
    known: Words
    file: str

    def __post_init__(self) -> None:
        self.header = without_numbers(self.header)
        self.marks = _marks(self.header)
        self.names = unique(self.header, self._beyond())
        self.own = [index for index in self.names if index not in self.marks.values()]
        self.below = _below(self.sheet, self.header)
        self.asked: list[Unsettled] = []

    def columns(self) -> Columns:
        chosen = self._chosen()
        found = {code: self._guess(code, index, 1.0, chosen=True) for code, index in chosen.items()}
        for code, candidates in self._candidates(set(chosen.values())).items():
            if guess := self._decided(code, candidates):
                found[code] = guess
        self._ask_for_header_lines()
        return Columns(
            sheet=self.sheet.name,
            header_lines=self.header.lines,
            headers=self.names,
            found=dict(sorted(found.items(), key=lambda pair: pair[1].index)),
            marks=self.marks,
            defaults=self.mapping.defaults,
            asked=tuple(self.asked),
        )

    def _chosen(self) -> dict[str, int]:
        """{code: index} of what the mapping names. Raises `RegisterUnreadable` for all it names in vain."""
        wrong: list[Clause] = []
        chosen: dict[str, int] = {}
        for code, column in self.mapping.columns.items():
            indices = self._named_by(column) if column is not None else []
            if len(indices) == 1 and indices[0] in chosen.values():
                other = next(code for code, index in chosen.items() if index == indices[0])
                wrong.append(clause("column_for_two", column=str(column), codes=[other, code]))
            elif len(indices) == 1:
                chosen[code] = indices[0]
            elif indices:
                wrong.append(clause("several_columns", column=str(column), code=code, words=self._shown(indices)))
            elif column is not None:
                wrong.append(clause("no_such_column", column=str(column), code=code, headers=self._headers()))
        for code in self.mapping.defaults:
            exact = [index for index in self.own if self._exactly(index) == code and index not in chosen.values()]
            if code in chosen or exact:
                names = self._shown([chosen[code]] if code in chosen else exact)
                wrong.append(clause("default_beside_column", code=code, words=names))
        if wrong:
            raise RegisterUnreadable(self.file, tuple(wrong), (clause("one_of_these_headers"),))
        return chosen

    def _named_by(self, column: str | int) -> list[int]:
        """The indices of what a person calls a column: a header before a letter, and a number counts from 1."""
        if isinstance(column, int):
            return self.own[column - 1 : column] if self.marks else [index for index in self.own if index == column - 1]
        wanted = text.key(column) or column.strip()
        by_header = [i for i in self.own if wanted == (text.key(self.header.words(i)) or self.header.words(i))]
        by_name = [i for i in self.own if wanted == (text.key(self.names[i]) or self.names[i])]
        index = place(column.strip())
        return by_header or by_name or ([] if index is None else self._named_by(index + 1))

    def _candidates(self, taken: set[int]) -> dict[str, list[tuple[int, float]]]:
        """{code: its (index, share of the header that is known)}; each column for one code only."""
        candidates: dict[str, list[tuple[int, float]]] = {}
        for index in self.own:
            guess = likely(self.header, index, self.known) if index not in taken and self.header.words(index) else None
            if guess and guess[0] not in {*self.mapping.columns, *self.mapping.defaults}:
                candidates.setdefault(guess[0], []).append((index, guess[1]))
        return candidates

    def _decided(self, code: str, candidates: list[tuple[int, float]]) -> Guess | None:
        """The one column for a meaning; None, and a question, where there are two or none that fits."""
        exact = [index for index, share in candidates if share == 1]
        turned = {index: turned_by(self.header.words(index), code, self.known) for index, _ in candidates}
        straight = exact or [index for index, _ in candidates if not turned[index]]
        if len(straight) > 1 and code != SERIAL_NO:
            straight = [index for index in straight if self._says_anything(index)] or straight[:1]
        if not straight:
            for index, word in turned.items():
                self._ask(code, clause("turned_header", column=self._shown([index])[0], code=code, word=word))
            return None
        if len(straight) > 1 and code != SERIAL_NO:
            self._ask(code, clause("two_columns", words=self._shown(straight), code=code))
            return None
        index = straight[0]
        share = dict(candidates)[index]
        fits = 1.0 if self.marks else fitting(code, [line.cell(index) for line in self.below], self.words)
        if share < 1:
            self._ask(code, clause("guessed_column", column=self._shown([index])[0], code=code, share=f"{share:.0%}"))
        elif fits < FITTING_FROM:
            samples = self._samples(index)
            self._ask(code, clause("other_values", column=self._shown([index])[0], code=code, words=samples))
        else:
            fits = 1.0
        return self._guess(code, index, min(share, fits), chosen=False)

    def _ask_for_header_lines(self) -> None:
        """Ask where the line above, or cells merged with those below, may belong to the header."""
        first, last = self.header.lines[0], self.header.lines[-1]
        if self.mapping.header or self.marks:
            return
        above = [line for line in islice(self.sheet.lines, first) if line.number == first - 1]
        if above and sum(bool(str(cell).strip()) for cell in above[0].cells) > 1:
            first -= 1
        reaching = any(area.first_line <= last < area.last_line for area in self.sheet.merged)
        if reaching and self.below and self.below[0].number == last + 1:
            last += 1
        if last > first:
            self._ask("", clause("more_header_lines", first=first, last=last))

    def _guess(self, code: str, index: int, confidence: float, *, chosen: bool) -> Guess:
        return Guess(code, self.names[index], index, confidence, self._samples(index), chosen)

    def _ask(self, code: str, words: Clause) -> None:
        self.asked.append(Unsettled(code, words))

    def _exactly(self, index: int) -> str | None:
        return self.known.code(self.header.words(index))

    def _shown(self, indices: Sequence[int]) -> list[str]:
        return [f"{letter(index)} “{self.header.words(index) or self.names[index]}”" for index in indices]

    def _headers(self) -> list[str]:
        return [self.names[index] for index in self.own][:SAID_HEADERS]

    def _samples(self, index: int) -> tuple[str, ...]:
        return _samples(self.below, index)

    def _lines_below(self) -> Iterable[SheetLine]:
        return (line for line in self.sheet.lines if line.number > self.header.lines[-1])

    def _says_anything(self, index: int) -> bool:
        return any(str(line.cell(index)).strip() for line in self._lines_below())

    def _beyond(self) -> set[int]:
        """The columns past the header that say something below it."""
        width = len(self.header)
        beyond: set[int] = set()
        for line in self._lines_below():
            if len(line.cells) > width:
                beyond.update(
                    i for i in range(width, len(line.cells)) if i not in beyond and str(line.cells[i]).strip()
                )
        return beyond


def _below(sheet: Sheet, header: Header) -> list[SheetLine]:
    """The first lines below the header that are not the header again."""
    below = (line for line in sheet.lines if line.number > header.lines[-1] and of_line(line).texts != header.texts)
    return [*islice(below, LOOKED_AT_LINES)]


def _samples(lines: Iterable[SheetLine], index: int) -> tuple[str, ...]:
    values = (text.one_line(text.plain(str(line.cell(index)))) for line in lines)
    return tuple(dict.fromkeys(value for value in values if value))[:SAMPLES]


# ---- what is missing -------------------------------------------------------------------------------------------------


def _missing(look: Look, words: Vocabulary) -> tuple[list[Clause], list[Clause]]:
    """What is wrong, and what would be accepted; nothing, where all that a request needs is there."""
    columns = look.columns
    headers = [*columns.own.values()][:SAID_HEADERS]
    if not look.known:
        wrong = clause("no_headers", count=HEADER_WITHIN_LINES, line=columns.header_line, headers=headers)
        named = clause("header_in_mapping", line=columns.header_line)
        return [wrong], [clause("line_of_headers", words=words.columns.examples()), named]
    missing = [code for code in NEEDED if not columns.has(code)]
    if not missing:
        return [], []
    wrong = clause("no_needed_column", codes=missing, headers=headers)
    why = [question.words for question in columns.asked if question.code in ("", *missing)]
    accepted = [clause("mapping_of_columns", codes=missing)]
    if alike := [code for code in missing if code in (RECIPIENT, CATEGORY)]:
        accepted.append(clause("mapping_of_defaults", codes=alike))
    return [wrong, *why], accepted
