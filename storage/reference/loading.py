"""Reads the files of the reference folder row by row and gathers what is wrong, instead of stopping at the first.

In: a folder of JSON, each file `{"about": ..., "rows": [...]}`. Out: checked rows, and `Problem`s with file, row,
field, value and what is accepted.
"""

import difflib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from storage.reference.rows import Of, Part, Row

SHOWN = 60  # characters of a wrong value that are shown

AnyPart = TypeVar("AnyPart", bound=Part)
AnyRow = TypeVar("AnyRow", bound=Row)


@dataclass(frozen=True)
class Problem:
    """One thing wrong: `file` within the folder, `row` by its code, `value` as written, `accepted` what may stand."""

    file: str
    row: str
    field: str
    value: str
    accepted: str

    def __str__(self) -> str:
        """One line for the person who must correct it."""
        place = ", ".join(part for part in (self.file, self.row, self.field) if part)
        return f"{place}: {self.value}; accepted: {self.accepted}"


class ReferenceBroken(Exception):
    """The reference data cannot be used; carries every problem found."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__("\n  ".join([f"{count} in the reference data:", *map(str, problems)]))


class Position(NamedTuple):
    """A sound row and where it stands."""

    table: str
    file: str
    row: Row


class RowReader:
    """One folder being read. `positions` holds the rows sound by themselves; `codes`, by table, those of all rows.

    `read`: the files that were read so far.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[Problem] = []
        self.positions: list[Position] = []
        self.codes: dict[str, list[str]] = {}
        self.read: set[str] = set()

    def rows(self, table: str, model: type[AnyRow], *files: str) -> dict[str, AnyRow]:
        """The sound rows of a table, by code, from its files in order."""
        sound: dict[str, AnyRow] = {}
        codes = self.codes.setdefault(table, [])
        for file in files:
            for number, raw in enumerate(self._sheet(file), start=1):
                code = str(raw.get("code", "")) if isinstance(raw, dict) else ""
                row = self._parse(model, raw, file, code or f"row {number}")
                if code in codes:
                    self.report(file, code, "code", code, "a code that no other row has")
                codes.append(code)
                if row:
                    sound[row.code] = row
                    self.positions.append(Position(table, file, row))
        return sound

    def part(self, model: type[AnyPart], file: str) -> AnyPart | None:
        """A file that is one piece and has no rows; its `about` is for people."""
        raw = self._json(file)
        if isinstance(raw, dict):
            raw = {key: value for key, value in raw.items() if key != "about"}
        return self._parse(model, raw, file, "") if raw is not None else None

    def leftover(self, *, known: Iterable[str] = ()) -> None:
        """Report files that nobody reads: a copy, or a name typed wrong, whose rows would silently be missing."""
        expected = {*self.read, *known}
        for path in sorted(self.folder.rglob("*.json")):
            file = path.relative_to(self.folder).as_posix()
            if file not in expected:
                self.report(file, "", "", "nobody reads this file", ", ".join(sorted(expected)))

    def report(self, file: str, row: str, field: str, value: object, accepted: str) -> None:
        """Note one problem."""
        written = value if isinstance(value, str) and not field else json.dumps(value, ensure_ascii=False, default=str)
        shown = written if len(written) <= SHOWN else f"{written[:SHOWN]}..."
        self.problems.append(Problem(file, row, field, shown, accepted))

    def is_broken(self, file: str) -> bool:
        """Whether something is already wrong with that file."""
        return any(problem.file == file for problem in self.problems)

    def _sheet(self, file: str) -> list[Any]:
        raw = self._json(file)
        if raw is None:
            return []
        if not isinstance(raw, dict) or set(raw) != {"about", "rows"} or not isinstance(raw["rows"], list):
            self.report(file, "", "", "not a sheet of rows", 'an object with "about" and a list of "rows"')
            return []
        return raw["rows"]

    def _json(self, file: str) -> Any:  # noqa: ANN401  # whatever stands in the file; checked by the caller
        self.read.add(file)

        def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
            item = dict(pairs)
            for name, times in Counter(name for name, _ in pairs).items():
                if times > 1:
                    self.report(file, str(item.get("code", "")), name, item[name], "each field once")
            return item

        try:
            return json.loads((self.folder / file).read_text(encoding="utf-8"), object_pairs_hook=once)
        except json.JSONDecodeError as error:
            line = error.doc.splitlines()[error.lineno - 1 :][:1]
            self.report(file, f"line {error.lineno}", "", "".join(line).strip(), f"JSON ({error.msg})")
        except (OSError, UnicodeDecodeError) as error:
            self.report(file, "", "", type(error).__name__, "a readable file of UTF-8 text")
        return None

    def _parse(self, model: type[AnyPart], raw: object, file: str, row: str) -> AnyPart | None:
        # Why as JSON again: only there is a strict list a tuple and a strict text a date, while "90" is not 90.
        try:
            return model.model_validate_json(json.dumps(raw))
        except ValidationError as error:
            for wrong in error.errors():
                if wrong["type"] == "too_short" and wrong["input"]:
                    continue  # only says again that an item of the list was wrong
                field = ".".join(str(step) for step in wrong["loc"] if step != "[key]")
                value = "missing" if wrong["type"] == "missing" else wrong["input"]
                self.report(file, row, field, value, _accepted(model, wrong["type"], wrong["msg"], wrong["loc"]))
            return None


def named_codes(part: Part, place: str = "") -> Iterator[tuple[str, str, str]]:
    """Every (field, code, table) where a part says that its code stands in another table."""
    for name, info in type(part).model_fields.items():
        value = getattr(part, name)
        values = value if isinstance(value, tuple) else (value,)
        for mark in info.metadata:
            if isinstance(mark, Of):
                yield from ((f"{place}{name}", code, mark.table) for code in values if code is not None)
        for number, inner in enumerate(values):
            if isinstance(inner, Part):
                yield from named_codes(inner, f"{place}{name}.{number}.")


def close_to(wrong: str, codes: Iterable[str]) -> str:
    """`, such as x` for the code that was probably meant; empty when none is near."""
    near = difflib.get_close_matches(wrong, list(codes), n=2, cutoff=0.6)
    return f", such as {' or '.join(near)}" if near else ""


def _accepted(model: type[BaseModel], kind: str, message: str, place: tuple[int | str, ...]) -> str:
    if kind == "missing":
        return "this field must be there"
    if kind == "extra_forbidden":
        return f"only {', '.join(_fields_at(model, place[:-1]))}"
    return message.removeprefix("Input should be ").removeprefix("Tuple should have ")


def _fields_at(model: type[BaseModel], place: tuple[int | str, ...]) -> list[str]:
    """The names a row, or the part of a row at `place`, may have."""
    for step in place:
        fields = {info.alias or name: info for name, info in model.model_fields.items()}
        if step in fields:
            model = next(part for part in _parts(fields[str(step)].annotation))
    return [info.alias or name for name, info in model.model_fields.items()]


def _parts(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401  # annotations have no common type
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _parts(inner)
