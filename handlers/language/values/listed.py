"""Values that stand in a list somebody keeps: authorities, people, instruments, codes, labels, languages, zones.

In: a code, a name, an alias, or part of a name. Out: the code.
One rule for all: the code itself, else a name or alias, else the only one with these words in its name. Several are
offered, never chosen from; none gives the nearest.
"""

import re
import unicodedata
from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import cache, lru_cache
from typing import Annotated, Literal
from zoneinfo import available_timezones

from handlers.language.errors import Ambiguous, Clause, clause
from handlers.language.grammar import plain
from handlers.language.values import fitting
from handlers.language.values.basic import Choices
from handlers.language.values.kind import Choice, Given, Hit, Kind, Lookup, PersonAct, Widget, containing
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.reference.rows import Group, Row
from storage.spelling import fold

MANY = 25  # more candidates than this are no help
NEAR = 3
_LIST = re.compile(r"[,;\n]")

Table = Literal["instruments", "legal_instruments", "refusal_reasons", "complaint_categories", "data_types"]


class Listed(Kind):
    """One code out of a list; subclasses say which list."""

    widget: Widget = "choice"

    @abstractmethod
    def hits(self, desk: Lookup, text: str) -> Sequence[Hit]:
        """What a text may mean; everything for an empty text."""

    def parse(self, text: str, desk: Lookup) -> str:
        """The code. Errors: BadValue with the nearest, Ambiguous with the candidates."""
        found = resolve(text, self.hits(desk, plain(text).strip())) if _spelled(text) else ()
        if len(found) == 1:
            return found[0].code
        if found:
            raise Ambiguous(kind=self.name, value=text, candidates=tuple(_candidate(hit) for hit in found[:MANY]))
        error = self.bad(text, self.unknown(text))
        near = nearest(text, self.hits(desk, ""))
        if near:
            error.nearest = tuple((hit.code, hit.name) for hit in near)
            error.example = near[0].code
        raise error

    def unknown(self, text: str) -> Clause:
        """What is said of a text that means nothing here."""
        del text
        return clause("unknown", kind=self.name)

    def choices(self, desk: Lookup, typed: str = "") -> Sequence[Choice]:
        """The list, by code and name; also what is called otherwise by what is typed so far ("face" for Meta).

        What to know before choosing is said once it is chosen.
        """
        hits, wanted = self.hits(desk, ""), fold(typed)
        found = containing(typed, [Choice(hit.code, hit.name) for hit in hits])
        aliased = [Choice(hit.code, hit.name) for hit in hits if any(wanted in fold(name) for name in hit.aliases)]
        return [*found, *(choice for choice in aliased if choice not in found)]


class AuthorityKind(Listed):
    """An authority, also one that no longer exists: old registers name them."""

    name = "authority"
    accepted = clause("authority")
    example = "PROV-META"

    def hits(self, desk: Lookup, text: str) -> Sequence[Hit]:
        """As the desk finds them."""
        return desk.authorities(text)


class PersonKind(Listed):
    """A person on this desk, named or mentioned; offered are those whom an act takes. `own`: as a rule whoever asks."""

    name = "person"
    accepted = clause("person")
    example = "amina"

    def __init__(self, act: PersonAct = "name", *, own: bool = False) -> None:
        self.act, self.own, self.is_usual = act, own, own

    def choices(self, desk: Lookup, typed: str = "") -> Sequence[Choice]:
        """By name."""
        return containing(typed, [Choice(hit.code, hit.name) for hit in desk.people("", self.act)])

    def suggests(self, desk: Lookup, given: Given) -> str:
        """Whoever asks, where that is the rule."""
        del given
        return desk.own_name if self.own else ""

    def hits(self, desk: Lookup, text: str) -> Sequence[Hit]:
        """As the desk finds them."""
        return desk.people(text)

    def unknown(self, text: str) -> Clause:
        """Of a mention, that the account is linked to nobody who could be meant."""
        return clause("not_linked_here") if text.strip().startswith("@") else super().unknown(text)


class KeptPersonKind(PersonKind):
    """A person whom an administrator keeps: of their agency, or of an authority it hosts (`Name @ CODE`)."""

    def hits(self, desk: Lookup, text: str) -> Sequence[Hit]:
        """As the desk finds them."""
        return desk.kept(text)

    def choices(self, desk: Lookup, typed: str = "") -> Sequence[Choice]:
        """By name, with the agency of those elsewhere."""
        return Listed.choices(self, desk, typed)


class CodeKind(Listed):
    """A code of one table of the reference data."""

    def __init__(self, table: Table, name: str, example: str) -> None:
        self.table = table
        self.name = name
        self.accepted = clause("code_or_name", kind=name)
        self.example = example

    def hits(self, desk: Lookup, text: str) -> Sequence[Hit]:
        """The rows of the table."""
        rows: Mapping[str, Row] = getattr(desk.reference, self.table)
        return with_words(
            text, [Hit(row.code, _label(row), aliases=getattr(row, "aliases", ())) for row in rows.values()]
        )


class InstrumentKind(CodeKind):
    """An instrument; those of `groups` that go with the other side are offered first."""

    follows = ("to", "from", "emergency")

    def __init__(self, example: str, *groups: Group) -> None:
        super().__init__("instruments", "instrument", example)
        self.groups = groups

    def fitting(self, desk: Lookup, typed: str, given: Given) -> Sequence[Choice]:
        """By how the other side is reached, its country, and the direction."""
        return containing(typed, [Choice(row.code, row.name) for row in fitting.instruments(desk, given, self.groups)])

    def suggests(self, desk: Lookup, given: Given) -> str:
        """The likeliest, once the other side is known."""
        other = given.values.get("to") or given.values.get("from")
        found = fitting.instruments(desk, given, self.groups) if other else []
        return found[0].code if found else ""


class CodesKind(CodeKind):
    """Several codes of one table, separated by commas; each once, in the order typed."""

    widget = "choices"

    def parse(self, text: str, desk: Lookup) -> tuple[str, ...]:  # type: ignore[override]  # several of what the base gives
        """The codes. Errors: as for one."""
        parts = [part for part in _LIST.split(text) if part.strip()] or [text]
        return tuple(dict.fromkeys(super(CodesKind, self).parse(part, desk) for part in parts))

    def choices(self, desk: Lookup, typed: str = "") -> Sequence[Choice]:
        """For the code being typed, after the last comma."""
        return super().choices(desk, _LIST.split(typed)[-1])

    def continues(self, text: str, following: str) -> bool:
        """After a comma comes one more."""
        del following
        return text.endswith((",", ";"))


class DataKind(CodesKind):
    """Kinds of data; those that the instrument yields are offered first."""

    follows = ("to", "as")

    def __init__(self) -> None:
        super().__init__("data_types", "data type", "bsi,ip_logs")

    def fitting(self, desk: Lookup, typed: str, given: Given) -> Sequence[Choice]:
        """By the instrument's group and papers."""
        rows = fitting.data_types(desk, given)
        return containing(_LIST.split(typed)[-1], [Choice(row.code, row.label) for row in rows])


class LabelKind(Kind):
    """A TLP 2.0 label, however spelled.

    Source: FIRST, Traffic Light Protocol 2.0: WHITE became CLEAR; there has never been an ORANGE.
    """

    name = "label"
    accepted = clause("one_of", words=tuple(Label))
    example = "amber"
    widget = "choice"

    def parse(self, text: str, desk: Lookup) -> Label:
        """The label. Errors: BadValue, which says that an unknown label is treated as RED until one is chosen."""
        del desk
        found = _LABELS.get(_label_letters(text))
        if found is None:
            raise self.bad(text, clause("no_label", treated_as=Label.RED))
        return found

    def choices(self, desk: Lookup, typed: str = "") -> Sequence[Choice]:
        """All five, the most restrictive first."""
        del desk
        return containing(typed, [Choice(label, label) for label in reversed(Label)])

    def suggests(self, desk: Lookup, given: Given) -> str:
        """What most records have."""
        del desk, given
        return Label.AMBER

    def note(self, text: str, desk: Lookup) -> Clause | None:
        """WHITE is said to be CLEAR."""
        del desk
        return clause("white_is_clear", label=Label.CLEAR) if _label_letters(text) == "WHITE" else None

    def continues(self, text: str, following: str) -> bool:
        """`TLP AMBER`, `amber strict`."""
        letters = _label_letters(following)
        return (not _label_letters(text) and letters in _LABELS) or (
            _label_letters(text) == "AMBER" and letters == "STRICT"
        )


class LanguageKind(Listed):
    """A language the desk can answer in."""

    name = "language"
    accepted = clause("language")
    example = "en"

    def hits(self, desk: Lookup, text: str) -> Sequence[Hit]:
        """The desk's languages."""
        return with_words(text, [Hit(code, name) for code, name in desk.languages.items()])


class ZoneKind(Listed):
    """A time zone of the IANA database."""

    name = "time zone"
    accepted = clause("time_zone")
    example = "Asia/Karachi"

    def hits(self, desk: Lookup, text: str) -> Sequence[Hit]:
        """Every zone."""
        del desk
        return with_words(text, _zones())


def resolve(text: str, hits: Sequence[Hit]) -> Sequence[Hit]:
    """The one hit whose code a text is, to the letter if several are spelled alike; else those called so, else all."""
    wanted = _spelled(text)
    exactly = [hit for hit in hits if hit.code == text.strip()]
    by_code = [hit for hit in hits if _spelled(hit.code) == wanted]
    by_name = [hit for hit in hits if wanted in map(_spelled, (hit.name, *hit.aliases))]
    return exactly or by_code or by_name or hits


def with_words(text: str, hits: Sequence[Hit]) -> list[Hit]:
    """The hits that have every word of a text in their code, name or aliases."""
    words = set(_spelled(text).split())
    return [hit for hit in hits if words <= set(_spelled(" ".join((hit.code, hit.name, *hit.aliases))).split())]


def nearest(text: str, hits: Iterable[Hit]) -> list[Hit]:
    """Up to three hits spelled much like a text, the nearest first."""
    hits = list(hits)
    by_word = {_spelled(word): hit for hit in hits for word in hit.name.split()}
    by_name = {_spelled(name): hit for hit in hits for name in (hit.name, *hit.aliases)}
    spelled = by_word | by_name | {_spelled(hit.code): hit for hit in hits}
    close = get_close_matches(_spelled(text), spelled, n=2 * NEAR)
    return list(dict.fromkeys(spelled[word] for word in close))[:NEAR]


@lru_cache(maxsize=10_000)  # codes and names of whole tables are compared with each word typed
def _spelled(text: str) -> str:
    """A name as it is compared: its words without their punctuation, one space between them."""
    return " ".join("".join(map(_of_a_word, fold(text))).split())


def _of_a_word(character: str) -> str:
    """A letter, a digit, or a sign that belongs to one, as vowels of Indic script do; a space for all else."""
    return character if character.isalnum() or unicodedata.category(character).startswith("M") else " "


def _candidate(hit: Hit) -> tuple[str, str]:
    return hit.code, f"{hit.name} ({hit.note})" if hit.note else hit.name


def _label(row: Row) -> str:
    return str(getattr(row, "label", None) or getattr(row, "name", row.code))


def _label_letters(text: str) -> str:
    return re.sub(r"[^A-Z]", "", plain(text).upper()).removeprefix("TLP")


_LABELS = {_label_letters(label): label for label in Label} | {"WHITE": Label.CLEAR}


@cache
def _zones() -> tuple[Hit, ...]:
    names = sorted(zone for zone in available_timezones() if "/" in zone or zone == "UTC")
    return tuple(Hit(zone, zone.rpartition("/")[2].replace("_", " ")) for zone in names if not zone.startswith("Etc/"))


AuthorityCode = Annotated[str, AuthorityKind()]
PersonName = Annotated[str, PersonKind()]
LeadName = Annotated[str, PersonKind("lead")]
OwnLead = Annotated[str, PersonKind("lead", own=True)]
StandInName = Annotated[str, PersonKind("stand_in")]
KeptName = Annotated[str, KeptPersonKind()]
RoleWord = Annotated[str, Choices(*Role)]
InstrumentCode = Annotated[
    str, InstrumentKind("PROD-META", "production", "emergency", "mutual_assistance", "police_channels", "takedown")
]
PreservationCode = Annotated[str, InstrumentKind("PRES-META", "preservation")]
CategoryCode = Annotated[str, CodeKind("complaint_categories", "complaint category", "fake_accounts")]
DataTypes = Annotated[tuple[str, ...], DataKind()]
ReasonCode = Annotated[str, CodeKind("refusal_reasons", "refusal reason", "insufficient_nexus")]
ReasonCodes = Annotated[tuple[str, ...], CodesKind("refusal_reasons", "refusal reason", "insufficient_nexus")]
LabelValue = Annotated[Label, LabelKind()]
LanguageCode = Annotated[str, LanguageKind()]
ZoneName = Annotated[str, ZoneKind()]
