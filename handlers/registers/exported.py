"""The columns of the register, as our own export has them: what stands in each, and what is said of it.

In: a request with its clock. Out: the values of one row. COLUMNS is the table of contents of the file. What an import
needs stands in it, under headers that `reading` knows, so an export that is imported elsewhere comes back as it went.
"Due", "Overdue days" and "Preserved until" are of the day of the export: of the clock that runs, and of the first hold
to lapse.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from handlers.kit import views
from handlers.registers import instruments
from handlers.registers.writing import NARROW, WIDE, Column, Value
from storage.models import Request
from storage.reference.catalog import Reference
from storage.rules import outcomes

BETWEEN = "; "


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


COLUMNS: Mapping[Column, Callable[[ExportRow], Value]] = {
    Column("Ref", "The number of the request on this desk.", 19): lambda row: row.request.ref,
    Column("Case", "The number of its case on this desk."): lambda row: row.request.case.ref,
    Column("Our number", "The agency's own file or diary number."): lambda row: row.request.case.own_reference,
    Column("Title", "What the case is called.", WIDE): lambda row: row.request.case.title,
    Column("Category", "What the case is about.", 26): ExportRow.category,
    Column("Label", "How far the case may be shown: TLP 2.0."): lambda row: row.request.case.label,
    Column("Direction", "Outgoing: we ask. Incoming: we are asked.", NARROW): lambda row: row.request.direction,
    Column("Counterpart", "The other side: its code on this desk."): lambda row: views.counterpart(row.request).code,
    Column("Their reference", "The number the other side gave it."): lambda row: row.request.their_reference,
    Column("Instrument", "The legal or policy form it was made in: its code."): lambda row: row.request.instrument,
    Column("Request type", "Data; preservation, to keep data; or emergency.", 14): ExportRow.kind,
    Column("Legal basis", "The number and date of the paper, as it was filed.", 24): lambda row: row.request.basis,
    Column("Legal paper", "The kind of paper it stands on; empty where an old register does not say.", 26): (
        ExportRow.paper
    ),
    Column("Data asked for", "The kinds of data, parted by semicolons.", 30): ExportRow.data,
    Column("Accounts", "The accounts it asks about, as typed, parted by semicolons.", WIDE): (
        lambda row: BETWEEN.join(row.request.accounts)
    ),
    Column("Status", "Where it stands on the day of the export.", 16): (
        lambda row: row.request.status.replace("_", " ")
    ),
    Column("Filed", "The day it came on record, by the agency's calendar.", NARROW): lambda row: row.filed_on,
    Column("Sent", "The day it was sent; empty for a draft.", NARROW): lambda row: row.request.sent_on,
    Column("Answered", "The day of the answer, or of the last part of one.", NARROW): lambda row: row.answered_on,
    Column("Due", "The last day of the clock that runs on the day of the export; empty where none does.", NARROW): (
        lambda row: row.due_on
    ),
    Column("Overdue days", "Days since that day, on the day of the export; empty while it is not over.", NARROW): (
        lambda row: row.late_days
    ),
    Column("Refused because", "The reasons of each refusal, each once.", WIDE): ExportRow.refusals,
    Column("Answered in part", "What came of each kind of data that was answered by itself, and when.", WIDE): (
        ExportRow.parts
    ),
    Column("Accounts that came", "Of how many accounts the data came; empty for none.", NARROW): (
        lambda row: row.came_of("produced")
    ),
    Column("Accounts refused", "Of how many accounts it was refused; empty for none.", NARROW): (
        lambda row: row.came_of("refused")
    ),
    Column("Accounts not held", "Of how many accounts they hold nothing; empty for none.", NARROW): (
        lambda row: row.came_of("not_held")
    ),
    Column("Answer by account", "What came of each account, where they fared differently.", WIDE): ExportRow.accounts,
    Column("Preserved until", "The last day of the first hold to lapse of those on its data.", NARROW): (
        ExportRow.preserved_until
    ),
    Column("Remarks", "The notes on it, the oldest first.", WIDE): lambda row: "\n".join(row.remarks),
}
