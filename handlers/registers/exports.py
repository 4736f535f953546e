"""Exports: the requests of an agency as a spreadsheet, for whoever asks and to them alone.

In: a turn that reads. Out: a file (`Reply.generated`) with what the asker may see where they ask, under the most
restrictive label of its rows; that it was taken, with which filters, how many rows and its SHA-256, comes on record.
COLUMNS is the table of contents of the file. What an import needs stands in it, under headers that `reading` knows, so
an export that is imported elsewhere comes back as it went.
"Due", "Overdue days" and "Preserved until" are of the day of the export: of the clock that runs, and of the first hold
to lapse.
Why the seal in the file: a copy of the chain's head outside of the database is what makes a rewritten past visible.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from handlers.kit import access, views
from handlers.kit.errors import Conflict
from handlers.kit.notices import RecordNotice
from handlers.kit.turn import GeneratedFile, Reply, Turn
from handlers.language.command import Commands
from handlers.language.errors import BadValue, clause
from handlers.language.values import AuthorityCode, Choices, RecordDay, UntilFrom
from handlers.registers import instruments
from handlers.registers.writing import WRITERS, ExportTable, Value
from storage.exposure.labels import Label, most_restrictive
from storage.exposure.roles import Role
from storage.history import chain
from storage.models import Authority, Clock, Request
from storage.record import reports
from storage.record.reports import Pairs
from storage.reference.catalog import Reference
from storage.rules import outcomes
from storage.rules.lifecycle import OPEN, WAITING, Status
from storage.times import local_day

commands = Commands()

READERS = (Role.MANAGER, Role.OFFICER)
MOST_ROWS = 10_000
STATES: Mapping[str, tuple[Status, ...]] = {"all": (), "open": OPEN, "waiting": WAITING}
BETWEEN = "; "


@dataclass(frozen=True)
class RegisterGiven(RecordNotice):
    """With an export, to whoever asked for it. `filters`: the values of the line that chose the rows."""

    label: str
    name: str
    agency: str
    rows: int
    filters: tuple[str, ...]
    size_bytes: int
    digest: str
    seal: str


@dataclass(frozen=True)
class Chosen:
    """The rows of an export, at least one, and the values that chose them."""

    agency: Authority
    found: Pairs
    filters: tuple[str, ...]

    @property
    def label(self) -> Label:
        """The most restrictive there is among them."""
        return most_restrictive(Label(request.case.label) for request, _ in self.found) or Label.RED


@dataclass(frozen=True)
class ExportRow:
    """One request as of the export; `due_on` and `late_days` by the clock that runs, where one does.

    answered_on: of the answer, or of the last part of one. remarks: the notes on it, the oldest first.
    """

    request: Request
    reference: Reference
    filed_on: date
    due_on: date | None
    late_days: int | None
    answered_on: date | None
    remarks: tuple[str, ...]

    def category(self) -> str:
        """What the case is about, as a register names it."""
        return self.reference.complaint_categories[self.request.case.category].label

    def kind(self) -> str:
        """The type of request, in the words of registers."""
        if self.request.emergency:
            return instruments.EMERGENCY
        kept = self.reference.instruments[self.request.instrument].group == instruments.PRESERVATION
        return instruments.PRESERVATION if kept else "data"

    def data(self) -> str:
        """The kinds of data asked for."""
        return BETWEEN.join(self.reference.data_types[code].label for code in self.request.data)

    def paper(self) -> str:
        """The legal paper it stands on."""
        return self.reference.legal_instruments[self.request.paper].label if self.request.paper else ""

    def refusals(self) -> str:
        """Why it was refused, each reason once."""
        codes = [code for refusal in self.request.refusals for code in refusal["codes"]]
        return BETWEEN.join(self.reference.refusal_reasons[code].label for code in dict.fromkeys(codes))

    def parts(self) -> str:
        """What came, or not, for each kind of data that was answered by itself."""
        return BETWEEN.join(
            f"{self.reference.data_types[code].label}: {part['outcome'].replace('_', ' ')} {part['on']}"
            for code, part in sorted(self.request.parts.items())
        )

    def came_of(self, outcome: str) -> int | None:
        """Of how many of its accounts this came; None for none."""
        return outcomes.counts(self.request).get(outcome)

    def accounts(self) -> str:
        """What came of each account, where they fared differently."""
        if not outcomes.is_split(self.request):
            return ""
        labels = self.reference.refusal_reasons
        rows = []
        for target in self.request.targets:
            because = ", ".join(labels[code].label for code in target.answer["because"]) if target.answer else ""
            on = f" {target.outcome_on}" if target.outcome_on else ""
            rows.append(
                f"{target.typed}: {outcomes.of(target).replace('_', ' ')}{on}{f' ({because})' if because else ''}"
            )
        return BETWEEN.join(rows)

    def preserved_until(self) -> date | None:
        """When the first of the holds on its data lapses."""
        running = [kept.expires_on for kept in self.request.preservations if kept.closed_at is None and kept.expires_on]
        return min(running, default=None)


COLUMNS: Mapping[str, Callable[[ExportRow], Value]] = {
    "Ref": lambda row: row.request.ref,
    "Case": lambda row: row.request.case.ref,
    "Our number": lambda row: row.request.case.own_reference,
    "Title": lambda row: row.request.case.title,
    "Category": ExportRow.category,
    "Label": lambda row: row.request.case.label,
    "Direction": lambda row: row.request.direction,
    "Counterpart": lambda row: views.counterpart(row.request).code,
    "Their reference": lambda row: row.request.their_reference,
    "Instrument": lambda row: row.request.instrument,
    "Request type": ExportRow.kind,
    "Legal basis": lambda row: row.request.basis,
    "Legal paper": ExportRow.paper,
    "Data asked for": ExportRow.data,
    "Accounts": lambda row: BETWEEN.join(row.request.accounts),
    "Status": lambda row: row.request.status.replace("_", " "),
    "Filed": lambda row: row.filed_on,
    "Sent": lambda row: row.request.sent_on,
    "Answered": lambda row: row.answered_on,
    "Due": lambda row: row.due_on,
    "Overdue days": lambda row: row.late_days,
    "Refused because": ExportRow.refusals,
    "Answered in part": ExportRow.parts,
    "Accounts that came": lambda row: row.came_of("produced"),
    "Accounts refused": lambda row: row.came_of("refused"),
    "Accounts not held": lambda row: row.came_of("not_held"),
    "Answer by account": ExportRow.accounts,
    "Preserved until": ExportRow.preserved_until,
    "Remarks": lambda row: "\n".join(row.remarks),
}


@commands.add("summary export", needs=READERS, reads=True, example="summary export format:csv from:2026-01-01")
def export(
    turn: Turn,
    *,
    format_: Annotated[str, Choices(*WRITERS)] = "xlsx",
    from_: RecordDay | None = None,
    until: UntilFrom | None = None,
    status: Annotated[str, Choices(*STATES, *(state.value for state in Status))] = "all",
    counterpart: AuthorityCode | None = None,
    agency: AuthorityCode | None = None,
) -> Reply:
    """The requests of your agency's cases as a spreadsheet, for yourself alone; that you took it is on record.

    format: xlsx or csv.
    from: only those filed on this day or later.
    until: only those filed on this day or earlier.
    status: all, open, waiting, or one state.
    counterpart: only those with this authority.
    agency: which of your agencies, if you belong to several.
    """
    if from_ and until and until < from_:
        raise BadValue(
            "until", until.isoformat(), clause("before_from"), clause("that_day_or_later"), from_.isoformat()
        )
    scope = access.scope(turn, agency, READERS)
    states = STATES.get(status, (status,))
    found = reports.register(
        turn.work, scope, since=from_, until=until, status=states, counterpart=counterpart, most=MOST_ROWS + 1
    )
    _check(len(found))
    filters = {"from": from_, "until": until, "status": status, "counterpart": counterpart}
    given = tuple(f"{name}:{value}" for name, value in filters.items() if value and value != "all")
    return _given(turn, Chosen(scope.agency, found, given), format_)


def _check(rows: int) -> None:
    """Errors: Conflict where there is nothing to write, or too much."""
    if not rows:
        raise Conflict("nothing_to_export")
    if rows > MOST_ROWS:
        raise Conflict("too_much_to_export", most=MOST_ROWS)


def _given(turn: Turn, chosen: Chosen, form: str) -> Reply:
    head, agency = chain.head(turn.work.session), chosen.agency
    seal, today = f"{head.n}:{head.hash}", local_day(turn.now, agency.zone)
    content = WRITERS[form](_table(turn, chosen, seal))
    name = f"rogatory-{agency.code}-{today.isoformat()}.{form}"
    rows, filters = len(chosen.found), chosen.filters
    digest = hashlib.sha256(content).hexdigest()
    notice = RegisterGiven(chosen.label, name, agency.code, rows, filters, len(content), digest, seal)
    facts = {"rows": rows, "filters": list(filters), "label": chosen.label, "seal": seal}
    refs = frozenset(request.case.ref for request, _ in chosen.found)
    return Reply(notice, generated=[GeneratedFile(name, content, "summary export", agency.code, facts, refs)])


def _table(turn: Turn, chosen: Chosen, seal: str) -> ExportTable:
    about = (
        ("Agency", chosen.agency.code),
        ("Requests", len(chosen.found)),
        ("Chosen by", " ".join(chosen.filters) or "nothing: all that the reader may see"),
        ("Exported by", turn.actor.person.name),
        ("Exported at", f"{turn.now:%Y-%m-%d %H:%M} UTC"),
    )
    cells = [[value(row) for value in COLUMNS.values()] for row in _rows(turn, chosen)]
    return ExportTable("Requests", chosen.label, tuple(COLUMNS), cells, about, seal)


def _rows(turn: Turn, chosen: Chosen) -> Iterator[ExportRow]:
    remarks = reports.remarks(turn.work, [request.id for request, _ in chosen.found])
    in_part = [request.ref for request, _ in chosen.found if request.status == Status.PART_PRODUCED]
    parts = reports.last_parts(turn.work, in_part)
    for request, clock in chosen.found:
        yield ExportRow(
            request=request,
            reference=turn.reference,
            filed_on=local_day(request.filed_at, chosen.agency.zone),
            due_on=clock.due_on if clock else None,
            late_days=_late_days(clock, turn.now) if clock else None,
            answered_on=request.answered_on or parts.get(request.ref),
            remarks=remarks.get(request.id, ()),
        )


def _late_days(clock: Clock, now: datetime) -> int | None:
    """Days since the due day, in the zone whose days count; None while it is not overdue."""
    if clock.due_on is None or clock.due_at is None or now < clock.due_at:
        return None
    return (local_day(now, clock.zone) - clock.due_on).days
