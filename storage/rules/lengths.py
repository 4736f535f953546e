"""How long a clock of a request runs, and by whose word: the instrument's, or ours where it names no time.

In: an instrument. Out: the rule that it runs by.
"""

from storage.reference.catalog import ClockRule, Instrument, Reference


def rule_for(reference: Reference, instrument: Instrument, *, emergency: bool) -> ClockRule:
    """Which clock an instrument gives: of an emergency its emergency clock, else its ordinary one.

    Where it has none, our own follow-up. Why so for an emergency, too: whoever is in danger is not left to wait for
    half a year because the instrument speaks of ordinary cases only.
    """
    own = instrument.emergency_clock if emergency else instrument.default_clock or instrument.emergency_clock
    return own or follow_up(reference, emergency=emergency)


def follow_up(reference: Reference, *, emergency: bool) -> ClockRule:
    """When we ask after an answer whose instrument names no time for it: nothing waits without a clock."""
    row = reference.house_clocks["follow_up"]
    length = row.emergency if emergency and row.emergency else row.ordinary
    return ClockRule(
        amount=length.amount,
        unit=length.unit,
        counted_from=row.counted_from,
        kind="expectation",
        statutory=False,
        origin="house_default",
    )
