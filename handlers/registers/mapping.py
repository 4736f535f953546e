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

from handlers.language.errors import Clause, clause
from handlers.registers.errors import RegisterUnreadable
from handlers.registers.vocabulary import Vocabulary


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
        accepted = (clause("json_object", names=list(cls.model_fields)),)
        try:
            return cls.model_validate_json(path.read_text(encoding="utf-8-sig"))
        except ValidationError as error:
            wrong = tuple(_problem(tuple(item["loc"]), item["type"], item["msg"]) for item in error.errors())
            raise RegisterUnreadable(path.name, wrong, accepted) from error
        except (OSError, UnicodeDecodeError) as error:
            raise RegisterUnreadable(path.name, (clause("no_utf8_text"),), accepted) from error

    def words(self, vocabulary: Vocabulary, *, file: str) -> Vocabulary:
        """The vocabulary with this file's words on top. Raises `RegisterUnreadable` for codes the desk lacks."""
        checked = (
            ("columns", self.columns, vocabulary.columns),
            ("recipients", self.recipients.values(), vocabulary.recipients),
            ("categories", self.categories.values(), vocabulary.categories),
            ("request_types", self.request_types.values(), vocabulary.request_types),
            ("outcomes", self.outcomes.values(), vocabulary.outcomes),
        )
        unknown = [(key, code) for key, codes, words in checked for code in codes if code not in words.codes()]
        if unknown:
            wrong = tuple(clause("unknown_code", key=key, code=code) for key, code in unknown)
            faulty = {key for key, _ in unknown}
            known = {key: sorted(words.codes()) for key, _, words in checked if key in faulty}
            accepted = tuple(clause("codes_of", key=key, words=codes) for key, codes in known.items())
            raise RegisterUnreadable(file, wrong, accepted)
        return vocabulary.extended(
            recipients=self.recipients,
            categories=self.categories,
            request_types=self.request_types,
            outcomes=self.outcomes,
        )


def _problem(place: tuple[int | str, ...], kind: str, message: str) -> Clause:
    """One fault pydantic found: an unknown key by name, else the place and what pydantic says of it."""
    name = ".".join(str(part) for part in place)
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(name, MappingFile.model_fields, n=1)
        return clause("unknown_key", key=name, near=near[0] if near else "")
    return clause("bad_mapping", key=name, why=message)
