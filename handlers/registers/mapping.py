"""The mapping file: what a person decides where the desk would guess or doubt. `docs/registers.md` shows it whole.

JSON; every key is optional:

    {"about": "anything: notes for people",
     "sheet": "2016-18", "encoding": "cp1256", "day_first": true,
     "header": [1, 2],                                       the lines that are the header together, or one
     "columns": {"sent_on": "Date Sent", "accounts": "J", "circle": 4, "remarks": null},
                                                             a header, a letter, a number; null: there is none
     "defaults": {"recipient": "PROV-META"},                 what holds for every row, where there is no column
     "fill_down": true,                                      merged cells: all of them, or of these columns
     "recipients": {"face book": "PROV-META"},               what a cell says: its code
     "categories": {"fin. fraud": "financial_fraud"},
     "request_types": {"bsi": "data"},
     "outcomes": {"regretted": "refused:incomplete"}}

Raises `RegisterUnreadable`, all problems at once and by name: an unknown key or code is refused, never passed over.
"""

import codecs
import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, ValidationError
from pydantic_core import PydanticCustomError

from handlers.language.errors import Clause, clause
from handlers.registers.columns import CATEGORY, CIRCLE, LEGAL_BASIS, OUTCOME, RECIPIENT, REQUEST_TYPE
from handlers.registers.errors import RegisterUnreadable
from handlers.registers.vocabulary import Vocabulary, Words

FREE_DEFAULTS = (LEGAL_BASIS, CIRCLE)
LAST_COLUMN = 16_384


def _place(value: object) -> object:
    """A header or letters as text, or a number from 1; null for no column."""
    number = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= LAST_COLUMN
    if value is None or number or (isinstance(value, str) and value.strip()):
        return value
    raise PydanticCustomError("bad_place", "bad_place")


def _lines(value: object) -> tuple[int, ...]:
    """One line number, or several in a row."""
    lines = list(value) if isinstance(value, list | tuple) else [value]
    numbers = [line for line in lines if isinstance(line, int) and not isinstance(line, bool)]
    if numbers == lines != [] and numbers == [*range(numbers[0], numbers[0] + len(numbers))] and numbers[0] >= 1:
        return tuple(numbers)
    raise PydanticCustomError("bad_header_lines", "bad_header_lines")


def _filled(value: object) -> object:
    """True or false, or columns as a list."""
    if isinstance(value, bool):
        return value
    if isinstance(value, list | tuple) and all(isinstance(code, str) for code in value):
        return tuple(value)
    raise PydanticCustomError("bad_fill_down", "bad_fill_down")


class MappingFile(BaseModel):
    """A mapping file as read; an empty one decides nothing. `about` is for people and is never read."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    about: JsonValue = None
    sheet: str | None = None
    encoding: str | None = None
    day_first: bool | None = None
    header: Annotated[tuple[int, ...], BeforeValidator(_lines)] = ()
    columns: dict[str, Annotated[str | int | None, BeforeValidator(_place)]] = Field(default_factory=dict)
    defaults: dict[str, str] = Field(default_factory=dict)
    fill_down: Annotated[bool | tuple[str, ...], BeforeValidator(_filled)] = False
    recipients: dict[str, str] = Field(default_factory=dict)
    categories: dict[str, str] = Field(default_factory=dict)
    request_types: dict[str, str] = Field(default_factory=dict)
    outcomes: dict[str, str] = Field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read and check a mapping file; its codes are checked later, by `words`, against a vocabulary."""
        accepted = (clause("json_object", names=list(cls.model_fields)),)
        try:
            return cls.model_validate_json(_text(path))
        except ValidationError as error:
            wrong = tuple(_problem(tuple(item["loc"]), item["type"], item["msg"]) for item in error.errors())
            raise RegisterUnreadable(path.name, wrong, accepted) from error
        except (OSError, UnicodeDecodeError) as error:
            raise RegisterUnreadable(path.name, (clause("no_utf8_text"),), accepted) from error

    def words(self, vocabulary: Vocabulary, *, file: str) -> Vocabulary:
        """The vocabulary with this file's words on top. Raises `RegisterUnreadable` for codes the desk lacks."""
        unknown = [
            (key, code, words) for key, codes, words in self._codes(vocabulary) for code in codes if code not in words
        ]
        if unknown:
            wrong = tuple(clause("unknown_code", key=key, code=code) for key, code, _ in unknown)
            known = {key: sorted(words) for key, _, words in unknown}
            accepted = tuple(clause("codes_of", key=key, words=codes) for key, codes in known.items())
            raise RegisterUnreadable(file, wrong, accepted)
        own = {column: {code: code} for column, code in self.defaults.items()}  # a default is a code, cells hold words
        return vocabulary.extended(
            recipients=self.recipients | own.get(RECIPIENT, {}),
            categories=self.categories | own.get(CATEGORY, {}),
            request_types=self.request_types | own.get(REQUEST_TYPE, {}),
            outcomes=self.outcomes | own.get(OUTCOME, {}),
        )

    def _codes(self, vocabulary: Vocabulary) -> Iterator[tuple[str, list[str], frozenset[str]]]:
        """(key, the codes it names, the codes there are)."""
        columns = vocabulary.columns.codes()
        coded: Mapping[str, Words] = {
            RECIPIENT: vocabulary.recipients,
            CATEGORY: vocabulary.categories,
            REQUEST_TYPE: vocabulary.request_types,
            OUTCOME: vocabulary.outcomes,
        }
        yield "columns", list(self.columns), columns
        yield "fill_down", list(self.fill_down) if isinstance(self.fill_down, tuple) else [], columns
        yield "defaults", list(self.defaults), frozenset({*coded, *FREE_DEFAULTS})
        for column, words in coded.items():
            yield f"defaults.{column}", [self.defaults[column]] if column in self.defaults else [], words.codes()
        yield "recipients", list(self.recipients.values()), vocabulary.recipients.codes()
        yield "categories", list(self.categories.values()), vocabulary.categories.codes()
        yield "request_types", list(self.request_types.values()), vocabulary.request_types.codes()
        yield "outcomes", list(self.outcomes.values()), vocabulary.outcomes.codes()


def _text(path: Path) -> str:
    """UTF-8, or the UTF-16 that a Windows shell writes with ">"."""
    content = path.read_bytes()
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if marked else "utf-8-sig")


def _problem(place: tuple[int | str, ...], kind: str, message: str) -> Clause:
    """One fault pydantic found: an unknown key by name, else the place and what is wrong there."""
    name = ".".join(str(part) for part in place)
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(name, MappingFile.model_fields, n=1)
        return clause("unknown_key", key=name, near=near[0] if near else "")
    if kind == "bad_place":
        return clause("bad_place", key=name)
    if kind == "bad_header_lines":
        return clause("bad_header_lines", key=name)
    if kind == "bad_fill_down":
        return clause("bad_fill_down", key=name)
    return clause("bad_mapping", key=name, why=message)
