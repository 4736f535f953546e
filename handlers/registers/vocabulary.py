"""The words of registers: which phrases name which column, recipient, category, type and outcome.

Comes from the desk's reference data and may be extended by a mapping file. Phrases are compared by `text.key`; a phrase
that is close to a known one is suggested, never taken.
"""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from handlers.registers import text
from handlers.registers.papers import Papers
from storage.reference.catalog import Reference

PROVIDER, REFUSED = "provider", "refused"
EXAMPLES = 6  # as many as a person reads
BETWEEN_NAMES = re.compile(r"[/,;&+\n]|\band\b", re.IGNORECASE)


def is_whole(phrase: str) -> bool:
    """Whether it asks nothing, and is no list that stops short: "Orkut?" and "Orkut and" are not whole."""
    pieces = BETWEEN_NAMES.split(phrase)
    stops = len(pieces) > 1 and (text.is_blank(pieces[0]) or text.is_blank(pieces[-1]))
    return not (stops or text.is_unsure(phrase))


@dataclass(frozen=True)
class Words:
    """One vocabulary: {phrase as people write it: code}."""

    phrases: Mapping[str, str]

    def code(self, phrase: str) -> str | None:
        """The code a phrase stands for; None when the desk does not know it."""
        return self._codes.get(text.key(phrase))

    def parts(self, phrase: str) -> dict[str, str | None]:
        """{part: its code} of "Facebook / Orkut", cut where people list names; None where the desk does not know it."""
        parts = (part.strip() for part in BETWEEN_NAMES.split(phrase))
        return {part: self.code(part) for part in parts if not text.is_blank(part)}

    def sure(self, phrase: str) -> str | None:
        """The code of a phrase that is whole."""
        return self.code(phrase) if is_whole(phrase) else None

    def near(self, phrase: str) -> tuple[str, ...]:
        """The known phrase spelt most like this one, of each code that has one; nearest first."""
        nearest: dict[str, str] = {}
        for key in difflib.get_close_matches(text.key(phrase), self._codes, n=EXAMPLES, cutoff=0.75):
            nearest.setdefault(self._codes[key], self._spellings[key])
        return tuple(nearest.values())

    def examples(self) -> tuple[str, ...]:
        """The first phrase of each code."""
        first: dict[str, str] = {}
        for phrase, code in self.phrases.items():
            first.setdefault(code, phrase)
        return tuple(first.values())[:EXAMPLES]

    def codes(self) -> frozenset[str]:
        """Every code a phrase may stand for."""
        return frozenset(self.phrases.values())

    def extended(self, phrases: Mapping[str, str]) -> "Words":
        """These words and more; the later meaning of a phrase wins."""
        return Words({**self.phrases, **phrases})

    @cached_property
    def worded(self) -> tuple[tuple[str, str], ...]:
        """(the words of a phrase, its code), of each that has words."""
        return tuple((words, code) for phrase, code in self.phrases.items() if (words := text.words(phrase)))

    @cached_property
    def _codes(self) -> dict[str, str]:
        return {key: code for phrase, code in self.phrases.items() if (key := text.key(phrase))}

    @cached_property
    def _spellings(self) -> dict[str, str]:
        return {text.key(phrase): phrase for phrase in reversed(tuple(self.phrases))}


@dataclass(frozen=True)
class Vocabulary:
    """All words needed to read a register.

    `outcomes` are produced, part_produced, not_held, open, refused, or `refused:` with a reason code. A name that fits
    several recipients is left out of `recipients`, so that it is doubtful.
    """

    columns: Words
    recipients: Words
    categories: Words
    request_types: Words
    outcomes: Words
    legal_bases: Papers
    papers: Words
    refusals: Words
    data_types: Words

    def extended(
        self,
        *,
        recipients: Mapping[str, str],
        categories: Mapping[str, str],
        request_types: Mapping[str, str],
        outcomes: Mapping[str, str],
    ) -> "Vocabulary":
        """The same words with those of a mapping file on top."""
        return replace(
            self,
            recipients=self.recipients.extended(recipients),
            categories=self.categories.extended(categories),
            request_types=self.request_types.extended(request_types),
            outcomes=self.outcomes.extended(outcomes),
        )


def from_reference(reference: Reference) -> Vocabulary:
    """The words of the desk's reference data: register words first, then each code and label as itself.

    Providers come before other bodies, since examples are taken from the front.
    """
    words = reference.register_words
    refusals = [f"refused:{code}" for code in reference.refusal_reasons]
    bodies = sorted(reference.authorities.values(), key=lambda body: body.role != PROVIDER)
    names = [(name, body.code) for body in bodies for name in (body.name, *body.aliases, body.code)]
    return Vocabulary(
        columns=Words(words["columns"]),
        recipients=_unambiguous(names),
        categories=_labelled(reference.complaint_categories).extended(words["categories"]),
        request_types=Words(words["request_types"]),
        outcomes=Words({**words["outcomes"], **dict(zip(refusals, refusals, strict=True)), REFUSED: REFUSED}),
        legal_bases=Papers(words["legal_bases"], words["papers"]),
        papers=_labelled(reference.legal_instruments),
        refusals=_labelled(reference.refusal_reasons),
        data_types=_labelled(reference.data_types),
    )


class Labelled(Protocol):
    """A row of the reference data, as an export names it."""

    @property
    def code(self) -> str: ...  # noqa: D102 - as in the rows
    @property
    def label(self) -> str: ...  # noqa: D102


def _labelled(rows: Mapping[str, Labelled]) -> Words:
    """Each row by its label and its code."""
    return Words({row.label: row.code for row in rows.values()} | {code: code for code in rows})


def _unambiguous(names: Sequence[tuple[str, str]]) -> Words:
    """The names that only one body has."""
    holders: dict[str, set[str]] = {}
    for name, code in names:
        holders.setdefault(text.key(name), set()).add(code)
    return Words({name: code for name, code in names if len(holders[text.key(name)]) == 1})
