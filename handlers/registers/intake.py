"""Intake: the good rows of a register come on record, one case with one request for each.

In: a register as read, and who imports. Out: first a `Survey` (what is new, what is on record already, what the record
cannot take), then rows of the record. Moves are made by `lifecycle`, dated as the register dates them, so an imported
request has the clocks and the audit lines of any other.

Why the audit chain decides what is "already on record": its line says what was imported, whatever people did with the
request since. A row that says something else under the same diary number is doubtful: it may be a second matter.
Why nobody is told: a reminder for each of a thousand old requests would be a thousand reasons to switch the desk off.
What was overdue on the day it came is marked on its clock, until somebody acts on it (`handlers/bulk.py`).
Why a part answer leaves `parts` empty: a register does not say which kinds of data came. Its date is in the history.
Why not `Turn.move`: it looks for cards of the request to edit, and of a new request there are none.
Why no second person approves an emergency here: it was declared and sent years ago, and is only being noted.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from handlers.filing import filing
from handlers.kit import access
from handlers.kit.turn import Turn
from handlers.language.command import Spec
from handlers.registers import columns, instruments, text
from handlers.registers.cells import OPEN, Flaw
from handlers.registers.dates import written
from handlers.registers.reading import USED_TWICE, Doubt, Entry, Register
from storage.database.unit_of_work import UnitOfWork
from storage.exposure.labels import Label
from storage.exposure.sight import WORKERS
from storage.models import Authority, Case, Note, Request
from storage.record import acts, records
from storage.record.acts import Recorded
from storage.rules import clocks, lifecycle
from storage.spelling import fold
from storage.times import at_local

EXAMPLE = 'python -m bot import register.xlsx --as "Desk Manager"'
MOVES = {"produced": "produced", "part_produced": "part", "not_held": "not-held", "refused": "refused"}
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
    cases = _cases(turn, entries)
    firsts = acts.firsts(turn.work, [f"{case.ref}/1" for case in cases.values()]) if cases else {}
    new, doubts, known = [], [], 0
    for entry in entries:
        case = cases.get(fold(entry.own_reference))
        flaws = _twice(register, entry, case, firsts.get(f"{case.ref}/1")) if case else _beyond(turn, entry)
        if flaws:
            doubts.append(_doubt(entry, flaws))
        elif case:
            known += 1
        else:
            new.append(entry)
    return Survey(tuple(new), known, tuple(doubts))


def _cases(turn: Turn, entries: Sequence[Entry]) -> dict[str, Case]:
    """{diary number, folded: the oldest case that has it}."""
    found, _ = access.cases_under_numbers(turn, {entry.own_reference for entry in entries})
    return {fold(case.own_reference or ""): case for case in reversed(found)}


def take(turn: Turn, register: Register, entries: Sequence[Entry]) -> int:
    """Put entries on record; returns how many. What came on record since the survey is left alone."""
    session, new = turn.work.session, survey(turn, register, entries).new
    with session.no_autoflush:  # written in two strokes, not row by row: half the time
        recipients = {code: access.authority(turn, code) for code in {entry.recipient for entry in new}}
        filed = [(entry, _file(turn, register, entry, recipients[entry.recipient])) for entry in new]
        session.flush()
        for entry, request in filed:
            if entry.outcome != OPEN:
                _answer(turn, request, entry)
            if entry.remarks:
                session.add(_note(turn, request, entry))
    for _, request in filed:
        clocks.mark_imported(turn.work, request)
    return len(filed)


def sign(turn: Turn, register: Register, *, imported: int, known: int, doubtful: int) -> None:
    """One line on the chain for the whole import, under the agency's code."""
    counts = {"imported": imported, "on record": known, "doubtful": doubtful}
    turn.work.audit("register import", turn.actor.agency.code, after={"file": register.file, **counts})


# ---- one row ---------------------------------------------------------------------------------------------------------


def _file(turn: Turn, register: Register, entry: Entry, recipient: Authority) -> Request:
    """A case with its request, sent on the day it was sent."""
    work, agency = turn.work, turn.actor.agency
    case = _case(turn, entry)
    instrument = _instrument(turn, entry)
    request = filing.add(turn, case, "outgoing", sender=agency, recipient=recipient, instrument=instrument)
    request.filed_at = case.opened_at
    request.data, request.targets = list(_data(register, entry)), records.targets(entry.accounts)
    request.basis, request.paper, request.reason, request.fields = entry.basis, entry.basis_paper, "", {}
    request.emergency = entry.request_type == instruments.EMERGENCY
    work.session.add(request)
    source = {"file": register.file, "row": entry.row, "as": request.instrument}
    work.audit("request import", request.ref, after=source | _facts(register, entry), personal=_words(entry))
    lifecycle.move(work, request, "sent", by=turn.actor.person, on=entry.sent_on)
    return request


def _case(turn: Turn, entry: Entry) -> Case:
    agency, year = turn.actor.agency, entry.sent_on.year
    ref, number = records.case_reference(turn.work, agency, year)
    category = turn.reference.complaint_categories[entry.category].label.partition(" (")[0]
    title = ", ".join(filter(None, [category, text.one_line(entry.circle)]))
    label = Label.AMBER
    case = Case(ref=ref, agency=agency, year=year, number=number, title=title, category=entry.category, label=label)
    case.own_reference, case.opener = entry.own_reference, turn.actor.person
    case.opened_at = at_local(entry.sent_on, time(), agency.zone)
    turn.work.audit("case open", ref, after={"category": entry.category, "label": label, "lead": None}, personal=title)
    return case


def _answer(turn: Turn, request: Request, entry: Entry) -> None:
    """The answer, dated as the register dates it; the reader lets no outcome pass without its date."""
    by, on, word = turn.actor.person, entry.replied_on or entry.sent_on, MOVES[entry.outcome]
    if entry.outcome == "produced":
        lifecycle.move(turn.work, request, word, by=by, on=on, part=list(request.data))
        request.parts = {code: {"outcome": "produced", "on": on.isoformat()} for code in request.data}
    elif entry.outcome == "refused":
        because = list(entry.refusal_reasons)
        lifecycle.move(turn.work, request, word, by=by, on=on, because=because)
        request.refusals = [{"codes": because, "on": on.isoformat(), "by": by.actor}]
    else:
        lifecycle.move(turn.work, request, word, by=by, on=on)


def _note(turn: Turn, request: Request, entry: Entry) -> Note:
    note = Note(case_id=request.case_id, request_id=request.id, text=entry.remarks, at=turn.now)
    note.person = turn.actor.person
    return note


def _instrument(turn: Turn, entry: Entry) -> str:
    """The survey let nothing pass that has none."""
    found = instruments.choose(turn.reference, entry.recipient, entry.request_type)
    if found is None:
        raise AssertionError(f"row {entry.row} has no instrument")
    return found


def _data(register: Register, entry: Entry) -> tuple[str, ...]:
    column = register.columns.found.get(columns.REQUEST_TYPE)
    return instruments.data(entry.request_type, entry.raw.get(column.header, "") if column else "")


# ---- rows the record cannot take -------------------------------------------------------------------------------------


def _twice(register: Register, entry: Entry, case: Case, first: Recorded | None) -> list[Flaw]:
    """Nothing, where the case came from this very row, by the first line of its request; else what differs."""
    if first and first.line.act == "request import":
        differing = _differing(json.loads(first.line.facts)["after"], first.text, register, entry)
        if not differing:
            return []
        accepted = f"a number of its own; {case.ref} has it, with another {', '.join(differing)}"
    else:
        accepted = f"a number of its own; {case.ref} has it, and was opened by hand"
    return [Flaw(columns.DIARY_NO, entry.own_reference, USED_TWICE, accepted)]


def _differing(before: Mapping[str, object], words: str | None, register: Register, entry: Entry) -> list[str]:
    """What an imported request and a row do not share. Words that were erased since cannot differ."""
    facts = [name for name, value in _facts(register, entry).items() if before.get(name) != value]
    return [*facts, *(["account, basis or remark"] if words not in (None, _words(entry)) else [])]


def _facts(register: Register, entry: Entry) -> dict[str, Any]:
    """What a row says, as it stands on the chain: codes and dates, named as people would."""
    return {
        "date sent": entry.sent_on.isoformat(),
        "recipient": entry.recipient,
        "complaint": entry.category,
        "request type": entry.request_type,
        "data": list(_data(register, entry)),
        "legal paper": entry.basis_paper,
        "date of reply": entry.replied_on.isoformat() if entry.replied_on else None,
        "outcome": entry.outcome,
        "refusal reason": list(entry.refusal_reasons),
    }


def _words(entry: Entry) -> str:
    """What a row says in words of its own: personal, so beside the chain."""
    return "\n".join(filter(None, [entry.circle, entry.basis, *entry.accounts, entry.remarks]))


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
        columns.ACCOUNTS: [*entry.accounts, *map(records.fold, entry.accounts)],
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
    dates: dict[str, date] = {columns.SENT_ON: entry.sent_on}
    if entry.replied_on:
        dates[columns.REPLIED_ON] = entry.replied_on
    return Doubt(entry.row, entry.sheet_row, entry.own_reference, tuple(flaws), entry.raw, dates)
