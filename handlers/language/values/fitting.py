"""What goes with the answers given so far: instruments for a recipient, data for an instrument, papers for both.

In: the desk, and what a line says already (`to` or `from`, `as`, `data`). Out: rows of the reference data, the
likeliest first; none where the answers say nothing about it.
Why it refuses nothing: it is help with a list. What a recipient would not take is for the pre-flight to say.
"""

import re
from collections.abc import Collection

from handlers.language.values.kind import Given, Lookup, is_yes
from storage.reference import roads
from storage.reference.catalog import AuthorityRow, DataType, Group, Instrument, LegalInstrument


def instruments(desk: Lookup, given: Given, groups: Collection[Group]) -> list[Instrument]:
    """Those of these groups that go from us to the other side, or from it to us; its own forms first.

    While the other side is not known, those that we may use. In an emergency those for emergencies come first.
    """
    other = desk.recipient(given.values.get("to") or given.values.get("from") or "")
    sender, recipient = (other, desk.own_agency) if "from" in given.values else (desk.own_agency, other)
    found = [
        row
        for row in desk.reference.instruments.values()
        if row.group in groups
        and not any(roads.obstacles(desk.reference, row, desk.today, sender=sender, recipient=recipient))
    ]
    urgent = is_yes(given.values.get("emergency", ""))
    if other is None:
        return found
    return sorted(found, key=lambda row: (urgent and not row.is_emergency, not row.providers))


def data_types(desk: Lookup, given: Given) -> list[DataType]:
    """The kinds of data that the instrument deals with, and that one of its papers reaches at the recipient."""
    reference, instrument = desk.reference, desk.reference.instrument(given.values.get("as", ""))
    if instrument is None:
        return []
    body = _body(desk, given)
    return [
        row
        for row in reference.data_types.values()
        if instrument.group in row.groups
        and any(reference.takes(instrument, body, paper, row.code) for paper in instrument.accepts)
    ]


def papers(desk: Lookup, given: Given) -> list[LegalInstrument]:
    """The papers with which the recipient gives all of the data under the instrument, those it names itself first."""
    reference, instrument = desk.reference, desk.reference.instrument(given.values.get("as", ""))
    if instrument is None:
        return []
    body = _body(desk, given)
    sender = desk.recipient(given.values.get("from", "")) or desk.own_agency
    asked = [code for code in re.split(r"[,;\s]+", given.values.get("data", "")) if code in reference.data_types]
    enough = all if asked else any
    found = [
        row
        for row in reference.legal_instruments.values()
        if not any(roads.paper_of_others(reference, row, sender, desk.today))
        and enough(reference.takes(instrument, body, row.code, code) for code in asked or reference.data_types)
    ]
    return sorted(found, key=lambda row: row.code not in instrument.accepts)


def _body(desk: Lookup, given: Given) -> AuthorityRow | None:
    """The recipient of whom the rules on papers speak; one that an administrator added has none of its own."""
    other = desk.recipient(given.values.get("to", ""))
    return desk.reference.authorities.get(other.code) if other else None
