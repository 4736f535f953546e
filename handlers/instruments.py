"""Instruments: what each legal or policy form of a request is for, who may use it, which paper, which clocks.

In: a turn and typed words. Out: the card of one instrument, a page of those that fit, or all of them by group. Nothing
is written. All of it is reference data; who only speaks for another authority reads the rule, not what we note of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import get_args

from handlers.exposure import PublicFacts
from handlers.kit.notices import PublicNotice
from handlers.kit.paging import Page, Pages
from handlers.kit.permissions import reads_advice
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands
from handlers.language.grammar import quoted
from handlers.language.values import Flag, Words
from storage.reference.catalog import Group, Instrument
from storage.spelling import fold

commands = Commands()

DIRECTIONS = {"out": "outgoing", "in": "incoming", "both": "both"}


@dataclass(frozen=True)
class InstrumentLine(PublicFacts):
    """One instrument of a list."""

    code: str
    name: str
    status: str


@dataclass(frozen=True)
class InstrumentGroup(PublicFacts):
    """The instruments of one group, by code."""

    group: str
    codes: tuple[str, ...]


@dataclass(frozen=True)
class InstrumentGroups(PublicNotice):
    """All instruments, group by group."""

    groups: tuple[InstrumentGroup, ...]


@dataclass(frozen=True)
class InstrumentList(PublicNotice):
    """Instruments by code."""

    asked: str
    instruments: tuple[InstrumentLine, ...]
    total: int
    next_line: str
    back_line: str


@dataclass(frozen=True)
class RuleLine(PublicFacts):
    """One clock of an instrument. `term`: the ordinary one, that of an emergency, or that of serving the provider."""

    term: str
    amount: int
    unit: str
    kind: str
    origin: str
    counted_from: str
    caution: str


@dataclass(frozen=True)
class RenewalLine(PublicFacts):
    """How a hold is renewed; None and "" where nothing is known."""

    amount: int | None
    unit: str
    times: int | None
    ask_before_days: int | None
    discretionary: bool
    by: str
    form: str
    must_be_asked: str


@dataclass(frozen=True)
class InstrumentScope(PublicFacts):
    """Who may use it towards whom, as `roads.py` judges.

    `rule`: of the treaty that binds both ends; `law_of`: the State whose own law it is; `providers`: whose own form it
    is; `country`: of whom it is asked. Empty: anybody. `since`, `until`: the days between which it is in force.
    """

    direction: str
    channel: str
    rule: str
    law_of: str
    country: str
    providers: tuple[str, ...]
    since: date | None
    until: date | None


@dataclass(frozen=True)
class InstrumentCard(PublicNotice):
    """One instrument. `as_of`: when it was last seen not to be in force; `practice` and `notes` are our own."""

    code: str
    name: str
    group: str
    legal_basis: str
    status: str
    as_of: date | None
    scope: InstrumentScope
    papers: tuple[str, ...]
    fields: tuple[str, ...]
    clocks: tuple[RuleLine, ...]
    renewal: RenewalLine | None
    practice: str
    notes: str
    source: tuple[str, ...]
    caution: str
    details: bool = False


@commands.add("desk instrument", reads=True, example="desk instrument PROD-META")
def show(turn: Turn, words: Words = "", *, details: Flag = False, page: Page = 1) -> Reply:
    """What an instrument is for: who may use it, which paper, which clocks; all by group, if none is said.

    words: its code, a group, or part of a name.
    details: fields, renewals, notes and sources, too.
    page: ten a page.
    """
    exact = turn.reference.instrument(words)
    found = [exact] if exact else list(_matching(turn, words))
    if not words:
        return Reply(InstrumentGroups(tuple(_groups(found))))
    if len(found) == 1:
        return Reply(_card(turn, found[0], details=details))
    pages = Pages(f"desk instrument {quoted(words)}", page)
    lines = tuple(InstrumentLine(row.code, row.name, row.status) for row in pages.of(found))
    return Reply(InstrumentList(words, lines, len(found), pages.next_line(len(found)), pages.back_line))


def _matching(turn: Turn, words: str) -> Iterable[Instrument]:
    """Those whose code, name or group contains the words, by code."""
    typed = fold(words)
    rows = sorted(turn.reference.instruments.values(), key=lambda row: row.code)
    return (row for row in rows if any(typed in fold(text) for text in (row.code, row.name, _spoken(row.group))))


def _groups(rows: Iterable[Instrument]) -> Iterable[InstrumentGroup]:
    listed = list(rows)
    for group in get_args(Group):
        yield InstrumentGroup(_spoken(group), tuple(row.code for row in listed if row.group == group))


def _card(turn: Turn, row: Instrument, *, details: bool) -> InstrumentCard:
    reference, advised = turn.reference, reads_advice(turn)
    treaty = reference.parties[row.treaty] if row.treaty else None
    return InstrumentCard(
        code=row.code,
        name=row.name,
        group=_spoken(row.group),
        legal_basis=row.legal_basis,
        status=row.status,
        as_of=treaty.not_in_force_as_of if treaty else None,
        scope=_scope(turn, row),
        papers=tuple(reference.legal_instruments[code].label for code in row.accepts),
        fields=tuple(reference.fields[code].label for code in row.required_fields),
        clocks=tuple(_rules(row, row.caution if advised else "")),
        renewal=_renewal(row),
        practice=row.practice if advised else "",
        notes=row.notes if advised else "",
        source=row.source,
        caution=row.caution if advised else "",
        details=details,
    )


def _scope(turn: Turn, row: Instrument) -> InstrumentScope:
    reference = turn.reference
    treaty = reference.parties[row.treaty] if row.treaty else None
    return InstrumentScope(
        direction=DIRECTIONS[row.direction],
        channel=row.channel,
        rule=treaty.rule if treaty else "",
        law_of=row.law_of or "",
        country=row.recipient_country or "",
        providers=tuple(reference.authorities[code].name for code in row.providers),
        since=row.in_force_from or (treaty.in_force_from if treaty else None),
        until=row.in_force_until,
    )


def _rules(row: Instrument, caution: str) -> Iterable[RuleLine]:
    for field, rule in row.clocks.items():
        term, counted = field.removesuffix("_clock"), _spoken(rule.counted_from)
        yield RuleLine(term, rule.amount, rule.unit, rule.kind, rule.origin, counted, caution)


def _renewal(row: Instrument) -> RenewalLine | None:
    rule = row.renewable
    if rule is None:
        return None
    texts = (rule.by or "", rule.form or "", rule.must_be_asked or "")
    return RenewalLine(rule.amount, rule.unit, rule.times, rule.ask_before_days, rule.discretionary, *texts)


def _spoken(code: str) -> str:
    return code.replace("_", " ")
