"""One row of a register on record: a case with one request, or with one hold where data was only to be kept.

In: a turn, the register, an entry, its recipient. Out: rows, with their clocks and the audit lines of any other, dated
as the register dates them. A provider that was asked to keep data has a hold, by its own instrument or by the general
one: asked on the day it was sent, confirmed on the day of a reply that gives anything, closed by one that refuses. A
body that is no provider passes such a wish on: that is a request.

Why a part answer leaves `parts` empty: a register does not say which kinds of data came. Its date is in the history.
Why not `Turn.move`: it looks for cards of the request to edit, and of a new request there are none.
Why no second person approves an emergency here: it was declared and sent years ago, and is only being noted.
"""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any

from handlers.filing import filing
from handlers.kit.turn import Turn
from handlers.registers import columns, instruments, text
from handlers.registers.cells import OPEN
from handlers.registers.reading import Entry, Register
from storage.exposure.labels import Label
from storage.models import Authority, Case, Note, Preservation, Request
from storage.record import numbers, targets
from storage.record.targets import AskedAbout
from storage.rules import holds, lifecycle
from storage.times import at_local

MOVES = {"produced": "produced", "part_produced": "part", "not_held": "not-held", "refused": "refused"}
CONFIRMED = ("produced", "part_produced")
IMPORTS = ("request import", "preservation import")
"""The first acts on what a register brought: each holds what its row said."""


def reserve(turn: Turn, entries: Sequence[Entry]) -> None:
    """Take at once the numbers that these entries, filed in this order, will have."""
    years = [entry.sent_on.year for entry in entries]
    parts = [numbers.PRESERVATIONS if _is_preservation(turn, entry) else numbers.REQUESTS for entry in entries]
    numbers.reserve_references(turn.work, turn.actor.agency, years, parts)


def file(turn: Turn, register: Register, entry: Entry, recipient: Authority) -> Request | Preservation:
    """A case with what was asked, on the day it was asked. Its answer is another step: it needs the rows' numbers."""
    case, code, is_preservation = _case(turn, entry), _instrument(turn, entry), _is_preservation(turn, entry)
    asked = _preservation(turn, case, recipient, code) if is_preservation else _request(turn, case, recipient, code)
    source = {"file": register.file, "row": entry.row, "as": code}
    act = "preservation import" if is_preservation else "request import"
    turn.work.audit(act, asked.ref, after=source | facts(register, entry), personal=words(entry))
    if isinstance(asked, Preservation):
        _ask(turn, entry, asked)
    else:
        _send(turn, register, entry, asked)
    return asked


def answer(turn: Turn, entry: Entry, asked: Request | Preservation) -> None:
    """The answer, dated as the register dates it, and the remark. The reader lets no outcome pass without its date."""
    if isinstance(asked, Preservation):
        _answer_preservation(turn, entry, asked)
    elif entry.outcome != OPEN:
        _answer_request(turn, entry, asked)
    basis = entry.basis if isinstance(asked, Preservation) else ""  # a hold has no place for it
    for words_of in filter(None, (basis, entry.remarks)):
        turn.work.add(_note(turn, asked, words_of))


def facts(register: Register, entry: Entry) -> dict[str, Any]:
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


def words(entry: Entry) -> str:
    """What a row says in words of its own: personal, so beside the chain."""
    return "\n".join(filter(None, [entry.circle, entry.basis, *entry.accounts, entry.remarks]))


# ---- what was asked --------------------------------------------------------------------------------------------------


def _instrument(turn: Turn, entry: Entry) -> str:
    code = instruments.choose(turn.reference, entry.recipient, entry.request_type)
    assert code, entry.row  # noqa: S101 - the survey let nothing pass that has none
    return code


def _is_preservation(turn: Turn, entry: Entry) -> bool:
    return turn.reference.instruments[_instrument(turn, entry)].group == "preservation"


def _case(turn: Turn, entry: Entry) -> Case:
    agency, year = turn.actor.agency, entry.sent_on.year
    ref, number = numbers.case_reference(turn.work, agency, year)
    category = turn.reference.complaint_categories[entry.category].label.partition(" (")[0]
    title = ", ".join(filter(None, [category, text.one_line(entry.circle)]))
    label = Label.AMBER
    case = turn.work.new(
        Case,
        ref=ref,
        agency=agency,
        year=year,
        number=number,
        title=title,
        category=entry.category,
        label=label,
        own_reference=entry.own_reference,
        opener=turn.actor.person,
        opened_at=at_local(entry.sent_on, time(), agency.zone),
    )
    turn.work.add(case)
    turn.work.audit("case open", ref, after={"category": entry.category, "label": label, "lead": None}, personal=title)
    return case


def _request(turn: Turn, case: Case, recipient: Authority, instrument: str) -> Request:
    sender = turn.actor.agency
    request = filing.add(turn, case, "outgoing", sender=sender, recipient=recipient, instrument=instrument)
    request.filed_at = case.opened_at
    return request


def _send(turn: Turn, register: Register, entry: Entry, request: Request) -> None:
    request.data = list(_data(register, entry))
    asked = AskedAbout(entry.accounts, turn.actor.agency, request.recipient)
    request.targets.extend(targets.rows(turn.work, asked, request=request))
    request.basis, request.paper, request.reason, request.fields = entry.basis, entry.basis_paper, "", {}
    request.emergency = entry.request_type == instruments.EMERGENCY
    turn.work.add(request, *request.targets)
    lifecycle.move(turn.work, request, "sent", by=turn.actor.person, on=entry.sent_on)


def _preservation(turn: Turn, case: Case, recipient: Authority, instrument: str) -> Preservation:
    number = numbers.next_preservation_number(turn.work, case)
    ref = f"{case.ref}/P{number}"
    kept = {"case": case, "number": number, "recipient": recipient, "instrument": instrument}
    return turn.work.new(Preservation, ref=ref, **kept)


def _ask(turn: Turn, entry: Entry, kept: Preservation) -> None:
    kept.data, kept.asked_on = [], entry.sent_on
    asked = AskedAbout(entry.accounts, turn.actor.agency, kept.recipient)
    kept.targets.extend(targets.rows(turn.work, asked, preservation=kept))
    turn.work.add(kept, *kept.targets)
    if clock := turn.reference.instruments[kept.instrument].default_clock:
        holds.begin(turn.work, kept, days=clock.amount)


def _data(register: Register, entry: Entry) -> tuple[str, ...]:
    if entry.data:
        return entry.data
    column = register.columns.found.get(columns.REQUEST_TYPE)
    return instruments.data(entry.request_type, entry.raw.get(column.header, "") if column else "")


# ---- what came of it -------------------------------------------------------------------------------------------------


def _answer_request(turn: Turn, entry: Entry, request: Request) -> None:
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


def _answer_preservation(turn: Turn, entry: Entry, kept: Preservation) -> None:
    """A hold that nobody confirmed, and that may still stand, waits for somebody to ask."""
    work, on = turn.work, entry.replied_on or entry.sent_on
    if entry.outcome in CONFIRMED:
        asked = holds.period(kept)
        days = asked.amount if asked else None
        holds.confirm(work, kept, by=turn.actor.person, on=on, days=days)
        work.audit("preservation confirmed", kept.ref, after={"on": on, "days": days, "proof": ""})
    elif entry.outcome != OPEN:
        closed_at: datetime = at_local(on, time(), turn.actor.agency.zone)
        holds.close(work, kept, by=turn.actor.person, at=closed_at)
        because = "; ".join(turn.reference.refusal_reasons[code].label for code in entry.refusal_reasons)
        work.audit("preservation close", kept.ref, after={"closed_at": closed_at}, personal=because or entry.outcome)
    elif not holds.is_over(kept, turn.now):
        holds.follow(work, kept)


def _note(turn: Turn, asked: Request | Preservation, words: str) -> Note:
    request = asked if isinstance(asked, Request) else None
    return turn.work.new(Note, case=asked.case, request=request, person=turn.actor.person, text=words, at=turn.now)
