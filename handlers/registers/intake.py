"""Intake: the good rows of a register come on record, one case for each, with a request or a hold (`filing_rows.py`).

In: a register as read, and who imports. Out: first a `Survey` (what is new, what is on record already, what the record
cannot take), then rows of the record.

Why the audit chain decides what is "already on record": its line says what was imported, whatever people did with the
request since. A row that says something else under the same diary number is doubtful: it may be a second matter.
Why nobody is told: a reminder for each of a thousand old requests would be a thousand reasons to switch the desk off.
Every clock that came is marked, until somebody acts on what it is of (`handlers/bulk.py`); what is overdue is told as
one number (`storage/reminders/registers.py`).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from handlers.kit import access
from handlers.kit.turn import Turn
from handlers.language.command import Spec
from handlers.registers import columns, filing_rows, instruments
from handlers.registers.cells import Flaw
from handlers.registers.dates import TwoDates, written
from handlers.registers.reading import USED_TWICE, Doubt, Entry, Register
from storage.database.unit_of_work import UnitOfWork
from storage.exposure.sight import WORKERS
from storage.models import Case
from storage.record import acts, records
from storage.record.acts import Recorded
from storage.rules import clocks
from storage.spelling import fold

EXAMPLE = 'python -m bot import register.xlsx --as "Desk Manager"'
LIMITS = {
    columns.DIARY_NO: 100,
    columns.CIRCLE: 100,
    columns.LEGAL_BASIS: 1000,
    columns.ACCOUNTS: 500,
    columns.REMARKS: 8000,
}
"""Characters the record holds, of each account in a cell."""


@dataclass(frozen=True)
class Survey:
    """What an import would do. `known` counts the rows on record already; `doubts` are good rows it cannot take."""

    new: tuple[Entry, ...]
    known: int
    doubts: tuple[Doubt, ...]


def importer(work: UnitOfWork, name: str) -> Turn:
    """Who imports, for their agency. Errors: NotLinked, ChooseAgency; NotAllowed for all but officers and managers."""
    actor = access.actor(work, access.CONSOLE, name)
    work.act_as(actor.person.actor, actor.via)
    turn = Turn(work, actor, line="import")
    access.may_use(turn, Spec("import", take, WORKERS, EXAMPLE))
    return turn


def survey(turn: Turn, register: Register, entries: Sequence[Entry]) -> Survey:
    """Compare entries with the record, some hundreds at a time; nothing is changed."""
    return _surveyed(turn, register, entries, change=False)


def _surveyed(turn: Turn, register: Register, entries: Sequence[Entry], *, change: bool) -> Survey:
    """change: nobody else gives out a number of the agency before this transaction ends."""
    found, _ = access.cases_under_numbers(turn, [entry.own_reference for entry in entries], change=change)
    cases = {fold(case.own_reference or ""): case for case in reversed(found)}  # the oldest has it
    firsts = acts.firsts(turn.work, [ref for case in cases.values() for ref in _brought(case)]) if cases else {}
    new, doubts, known = [], [], 0
    for entry in entries:
        case = cases.get(fold(entry.own_reference))
        flaws = _twice(register, entry, case, firsts) if case else _beyond(turn, entry)
        if flaws:
            doubts.append(_doubt(entry, flaws))
        elif case:
            known += 1
        else:
            new.append(entry)
    return Survey(tuple(new), known, tuple(doubts))


def _brought(case: Case) -> tuple[str, str]:
    """What a register may have brought with a case: its first request, or its first hold."""
    return f"{case.ref}/1", f"{case.ref}/P1"


def take(turn: Turn, register: Register, entries: Sequence[Entry]) -> int:
    """Put entries on record; returns how many. What came on record since the survey is left alone."""
    new = _surveyed(turn, register, entries, change=True).new
    if not new:
        return 0
    recipients = records.authorities_of(turn.work, {entry.recipient for entry in new})
    filing_rows.reserve(turn, new)
    turn.work.write_in_sets()
    for entry in new:
        asked = filing_rows.file(turn, register, entry, recipients[entry.recipient])
        filing_rows.answer(turn, entry, asked)
        clocks.mark_imported(turn.work, asked)
    return len(new)


def sign(turn: Turn, register: Register, *, imported: int, known: int, doubtful: int) -> None:
    """One line on the chain for the whole import, under the agency's code."""
    counts = {"imported": imported, "on record": known, "doubtful": doubtful}
    turn.work.audit("register import", turn.actor.agency.code, after={"file": register.file, **counts})


# ---- rows the record cannot take -------------------------------------------------------------------------------------


def _twice(register: Register, entry: Entry, case: Case, firsts: Mapping[str, Recorded]) -> list[Flaw]:
    """Nothing, where the case came from this very row; else what it says differently.

    firsts: {what a register may have brought: the first act on it}.
    """
    asked = (firsts.get(ref) for ref in _brought(case))
    first = next((one for one in asked if one and one.line.act in filing_rows.IMPORTS), None)
    if first:
        differing = _differing(json.loads(first.line.facts)["after"], first.text, register, entry)
        if not differing:
            return []
        accepted = f"a number of its own; {case.ref} has it, with another {', '.join(differing)}"
    else:
        accepted = f"a number of its own; {case.ref} has it, and was opened by hand"
    return [Flaw(columns.DIARY_NO, entry.own_reference, USED_TWICE, accepted)]


def _differing(before: Mapping[str, object], words: str | None, register: Register, entry: Entry) -> list[str]:
    """What an imported request and a row do not share. Words that were erased since cannot differ."""
    facts = [name for name, value in filing_rows.facts(register, entry).items() if before.get(name) != value]
    return [*facts, *(["account, basis or remark"] if words not in (None, filing_rows.words(entry)) else [])]


def _beyond(turn: Turn, entry: Entry) -> list[Flaw]:
    """What reads well and still cannot be put on record."""
    days = {columns.SENT_ON: ("date sent", entry.sent_on), columns.REPLIED_ON: ("date of reply", entry.replied_on)}
    flaws = [
        Flaw(column, written(day), f"{name} in the future", f"a date up to {written(turn.today)}")
        for column, (name, day) in days.items()
        if day and day > turn.today
    ]
    cells = {
        columns.DIARY_NO: [entry.own_reference],
        columns.CIRCLE: [entry.circle],
        columns.LEGAL_BASIS: [entry.basis],
        columns.ACCOUNTS: [*entry.accounts],
        columns.REMARKS: [entry.remarks],
    }
    for column, values in cells.items():
        longest = max(values, key=len, default="")
        if len(longest) > LIMITS[column]:
            wrong = f"{column.replace('_', ' ')} too long"
            flaws.append(Flaw(column, f"{longest[:40]}...", wrong, f"at most {LIMITS[column]:,} characters"))
    if instruments.choose(turn.reference, entry.recipient, entry.request_type) is None:
        accepted = "a provider; to other bodies, file it in the desk: request file"
        flaws.append(Flaw(columns.RECIPIENT, entry.recipient, "no instrument for this recipient", accepted))
    return flaws


def _doubt(entry: Entry, flaws: list[Flaw]) -> Doubt:
    dates: dict[str, date | TwoDates] = {columns.SENT_ON: entry.sent_on}
    if entry.replied_on:
        dates[columns.REPLIED_ON] = entry.replied_on
    return Doubt(entry.row, entry.sheet_row, entry.own_reference, tuple(flaws), entry.raw, dates, entry.joined)
