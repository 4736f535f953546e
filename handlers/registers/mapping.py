"""The mapping file: what a person decides where the desk would guess or doubt.

JSON; every key is optional:

    {"columns": {"sent_on": "Date Sent", "remarks": null},   a column's header; null: there is none
     "recipients": {"face book": "PROV-META"},               what a cell says: its code
     "categories": {"fin. fraud": "financial_fraud"},
     "request_types": {"bsi": "data"},
     "outcomes": {"regretted": "refused:incomplete"},
     "day_first": true, "encoding": "cp1256", "sheet": "2016-18"}

Raises `RegisterUnreadable`, all problems at once and by name: an unknown key or code is refused, never passed over.
"""

import difflib
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from handlers.registers.errors import RegisterUnreadable
from handlers.registers.vocabulary import Vocabulary, Words


class MappingFile(BaseModel):
    """A mapping file as read; an empty one decides nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    columns: dict[str, str | None] = Field(default_factory=dict)
    recipients: dict[str, str] = Field(default_factory=dict)
    categories: dict[str, str] = Field(default_factory=dict)
    request_types: dict[str, str] = Field(default_factory=dict)
    outcomes: dict[str, str] = Field(default_factory=dict)
    day_first: bool | None = None
    encoding: str | None = None
    sheet: str | None = None

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read and check a mapping file; its codes are checked later, by `words`, against a vocabulary."""
        accepted = f"a JSON object with the keys {', '.join(cls.model_fields)}"
        try:
            return cls.model_validate_json(path.read_text(encoding="utf-8-sig"))
        except ValidationError as error:
            wrong = "; ".join(_problem(tuple(item["loc"]), item["msg"]) for item in error.errors())
            raise RegisterUnreadable(path.name, wrong, accepted) from error
        except (OSError, UnicodeDecodeError) as error:
            raise RegisterUnreadable(path.name, "cannot be opened as UTF-8 text", accepted) from error

    def words(self, vocabulary: Vocabulary, *, file: str) -> Vocabulary:
        """The vocabulary with this file's words on top. Raises `RegisterUnreadable` for codes the desk lacks."""
        checked = (
            ("columns", self.columns, vocabulary.columns),
            ("recipients", self.recipients.values(), vocabulary.recipients),
            ("categories", self.categories.values(), vocabulary.categories),
            ("request_types", self.request_types.values(), vocabulary.request_types),
            ("outcomes", self.outcomes.values(), vocabulary.outcomes),
        )
        unknown = [
            _unknown(key, code, words) for key, codes, words in checked for code in codes if code not in words.codes()
        ]
        if unknown:
            wrong, accepted = zip(*unknown, strict=True)
            raise RegisterUnreadable(file, "; ".join(wrong), "; ".join(dict.fromkeys(accepted)))
        return vocabulary.extended(
            recipients=self.recipients,
            categories=self.categories,
            request_types=self.request_types,
            outcomes=self.outcomes,
        )


def _problem(place: tuple[int | str, ...], message: str) -> str:
    """One fault pydantic found, in our words: an unknown key by name, else the place and what is wrong there."""
    name = ".".join(str(part) for part in place)
    if message == "Extra inputs are not permitted":
        near = difflib.get_close_matches(name, MappingFile.model_fields, n=1)
        return f'has an unknown key "{name}"' + (f', did you mean "{near[0]}"?' if near else "")
    return f'"{name}": {message}' if name else message


def _unknown(key: str, code: str, words: Words) -> tuple[str, str]:
    """What is wrong with a code the desk does not know, and which it knows."""
    return (
        f'has a mapping whose {key} name "{code}", which the desk does not know',
        f"{key}: {', '.join(sorted(words.codes()))}",
    )
