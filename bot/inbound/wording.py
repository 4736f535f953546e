"""The words of a form, for its reader: labels, hints, examples, what a button says, what will happen, what is wrong.

In: a command, one of its values, a finding, an error. Out: texts of one line. They stand in `templates/messages/_base/`
(`forms.md.j2`, `headlines.md.j2`); those of fields that recipients demand, in the reference data.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from bot.rendering.phrases import Reader
from bot.rendering.render import Renderer
from handlers.kit import opening, showing
from handlers.kit.turn import Turn
from handlers.language.command import Parameter, Spec
from handlers.language.errors import BadValue, TooLong, UserError
from handlers.language.values import RefKind, Text

QUOTE = '"'  # in which examples stand as they are typed in a line
REF = "ref"
_NEVER = datetime.min.replace(tzinfo=UTC)  # nothing here tells of a moment


@dataclass(frozen=True)
class FieldWords:
    """How one value is asked for. `detail`: what is written behind a choice; empty where nothing is."""

    label: str
    hint: str = ""
    example: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Wording:
    """Says things to whoever has the form open."""

    renderer: Renderer
    turn: Turn

    @property
    def _reader(self) -> Reader:
        return Reader(self.turn.zone, self.turn.actor.person.language, self.turn.now)

    def of(self, spec: Spec, parameter: Parameter) -> FieldWords:
        """The words of one value of a command."""
        if row := self.turn.reference.fields.get(parameter.name):
            return FieldWords(row.label, example=row.example or "")
        return field_words(self.renderer, spec, parameter, self.turn.actor.person.language)

    def period(self, code: str) -> str:
        """A range of dates that can be picked."""
        return self._said("_base/form_word", {"table": "PERIODS", "keys": [code]})

    def does(self, spec: Spec) -> str:
        """What the button of a command says."""
        return self._said("_base/form_word", {"table": "DOES", "keys": [spec.words]})

    def happens(self, spec: Spec, values: Mapping[str, str], ref: str) -> str:
        """What will happen, in one sentence. ref: of the record that it happens to, as far as that was looked up."""
        other = values.get("to", "")
        names = [hit.name for hit in self.turn.authorities(other)] if other else []
        facts = {"summary": spec.summary.replace("`", ""), "ref": ref, "to": names[0] if len(names) == 1 else other}
        return self._said("_base/form_happens", {"words": spec.words, "facts": facts})

    def finding(self, finding: Mapping[str, Any]) -> str:
        """A finding of the pre-flight in one line."""
        return self._said("_base/headline", {"code": finding["code"], "facts": finding["facts"]})

    @property
    def left_out(self) -> str:
        """That there is less to pick from here than alone with the desk."""
        notice = opening.left_out(self.turn)
        return self._said(notice.template, showing.facts(notice))

    def error(self, error: UserError) -> str:
        """What is wrong with a value, without its name, which stands above it."""
        if isinstance(error, BadValue):
            return self._said("_base/fault", error.facts())
        if isinstance(error, TooLong):
            return self._said("_base/fault_long", error.facts())
        said = self.renderer.message(error.template, error.facts(), self._reader)
        return " ".join(said.plain().split("\n\n", 1)[0].split())

    def _said(self, template: str, facts: Mapping[str, object]) -> str:
        return " ".join(self.renderer.message(template, facts, self._reader).plain().split())


@lru_cache(maxsize=2_000)  # all values of all commands, in a few languages
def field_words(renderer: Renderer, spec: Spec, parameter: Parameter, language: str) -> FieldWords:
    """The words of a value; those of the command come before those of its name."""
    name, kind = parameter.typed_name, parameter.kind
    record = kind.record if isinstance(kind, RefKind) and name == REF else name
    keys = [f"{spec.words} {name}", record]
    reader = Reader("UTC", language, _NEVER)

    def word(table: str) -> str:
        return " ".join(renderer.message("_base/form_word", {"table": table, "keys": keys}, reader).plain().split())

    example = word("EXAMPLES") or ("" if isinstance(kind, Text) else kind.example.strip(QUOTE))
    return FieldWords(word("LABELS"), word("HINTS"), example, word("DETAILS"))
