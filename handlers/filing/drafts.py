"""Drafts: a request that does not exist yet, and what fills the form its instrument demands.

In: what a person typed for a request. Out: the legal paper it names, the preservations of its data, the required fields
that have a value and those that do not. Nothing is judged here: that is `preflight.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from handlers.kit.turn import Turn
from storage.models import Authority, Case, Preservation, Request
from storage.record import targets
from storage.record.targets import AskedAbout
from storage.reference.catalog import Instrument
from storage.rules import demanded, holds
from storage.rules.demanded import Circumstances

LONGEST_NAME = 8  # words in the name of a legal paper, at most


@dataclass(frozen=True)
class Draft:
    """A request that does not exist yet.

    `paper` is the code of the legal paper, None where the basis names none we know. `declared`: a person said that it
    is an emergency; some instruments are for nothing else.
    """

    case: Case
    recipient: Authority
    instrument: Instrument
    data: tuple[str, ...]
    accounts: tuple[str, ...]
    paper: str | None
    basis: str
    reason: str
    fields: Mapping[str, str]
    declared: bool = False
    parent: Request | None = None

    @property
    def asked(self) -> AskedAbout:
        """The accounts, with what their spellings are read by."""
        return AskedAbout(self.accounts, self.case.agency, self.recipient)

    @property
    def emergency(self) -> bool:
        """Whether it is one: somebody says so, or its instrument does."""
        return self.declared or self.instrument.is_emergency


def paper_of(turn: Turn, basis: str) -> str | None:
    """The legal paper that a basis names in its first words ("court order 58/2016").

    None where it names none we know.
    """
    words = basis.split()
    for length in range(min(len(words), LONGEST_NAME), 0, -1):
        if found := turn.reference.legal_instrument(" ".join(words[:length])):
            return found.code
    return None


def fields(turn: Turn, draft: Draft) -> tuple[dict[str, str], tuple[tuple[str, str], ...]]:
    """The instrument's required fields: those that have a value, by code, and those missing, as (code, label).

    What is demanded only where a condition holds is neither filled in nor missing elsewhere; what was typed stays.
    """
    known = _known(turn, draft)
    given = _circumstances(turn, draft, is_kept=bool(known["preservation"]))
    filled, missing = {}, []
    for code in draft.instrument.required_fields:
        row = turn.reference.fields[code]
        condition = row.condition_under(draft.instrument.code)
        is_demanded = condition is None or demanded.holds(condition, given)
        value = draft.fields.get(code) or (known.get(row.filled_by, "") if row.filled_by and is_demanded else "")
        if value:
            filled[code] = value
        elif is_demanded:
            where = f" ({turn.reference.field_conditions[condition].label})" if condition else ""
            missing.append((code, f"{row.label}{where}"))
    return filled, tuple(missing)


def _circumstances(turn: Turn, draft: Draft, *, is_kept: bool) -> Circumstances:
    found = (turn.reference.data_types[code].eu_category for code in draft.data)
    categories = frozenset(category for category in found if category)
    return Circumstances(frozenset(draft.data), categories, draft.emergency, draft.fields, is_kept)


def _known(turn: Turn, draft: Draft) -> dict[str, str]:
    """What fills a field without being asked, by the words of `filled_by` in `reference/fields.json`."""
    person, agency = turn.actor.person, turn.actor.agency
    return {
        "reference": draft.case.ref,
        "today": turn.today.isoformat(),
        "status": f"follow-up to {draft.parent.ref}" if draft.parent else "new request",
        "agency": agency.name,
        "agency.zone": agency.zone,
        "officer": person.name,
        "officer.officer_id": person.officer_id or "",
        "officer.email": person.email or "",
        "officer.phone": person.phone or "",
        "recipient": draft.recipient.name,
        "accounts": "; ".join(draft.accounts),
        "data": ", ".join(draft.data),
        "basis": draft.basis,
        "reason": draft.reason,
        "category": draft.case.category,
        "preservation": "; ".join(preservation.ref for preservation in needed_preservations(turn, draft)),
    }


def needed_preservations(turn: Turn, draft: Draft) -> list[Preservation]:
    """The case's preservations that still stand at this recipient, or at the provider behind it.

    A request by another route needs the same data.
    """
    kept = [one for one in draft.case.preservations if one.direction == "outgoing" and holds.still_kept(turn.work, one)]
    return [
        preservation
        for preservation in kept
        if preservation.recipient_id == draft.recipient.id
        or targets.share(turn.work, targets.of_preservation(preservation), draft.asked)
    ]
