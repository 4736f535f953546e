"""Roads: what stands in the way of an instrument from one authority to another, said to whoever is about to use it.

In: a turn, the two ends and the instrument. Out: findings, or the error that stops the act. The rules stand in
`storage/reference/roads.py`; nothing is judged here.
"""

from handlers.filing.findings import Finding, Warned
from handlers.kit.errors import Conflict
from handlers.kit.turn import Turn
from storage.models import Authority, Case
from storage.reference import roads
from storage.reference.catalog import Instrument, WorksInstead


def findings(turn: Turn, sender: Authority, instrument: Instrument, recipient: Authority) -> list[Finding]:
    """What stands in the way, with what works instead said once; and whether the other side is no more."""
    judged = roads.judge(turn.reference, sender, instrument, recipient, turn.today)
    act = "" if recipient is turn.actor.agency else "ask" if instrument.group == "preservation" else "check"
    found: list[Finding] = []
    for obstacle in judged.obstacles:
        ways = [] if found else [{"instrument": way.instrument, "to": way.to, "act": act} for way in judged.instead]
        facts = {**obstacle.facts, "instead": ways, "is_first": not found, "refuses": obstacle.refuses}
        found.append(Finding(obstacle.code, facts, obstacle.source, obstacle.caution))
    return [*found, *_retired(turn, sender if recipient is turn.actor.agency else recipient)]


def must_go(
    turn: Turn, case: Case, sender: Authority, recipient: Authority, *, as_: str, despite: str
) -> list[Finding]:
    """The warnings that somebody goes over with a reason, for an act that has no pre-flight of its own.

    Errors: Conflict where no reason helps; Warned without a reason.
    """
    instrument = turn.reference.instruments[as_]
    must_make_sense(turn, sender, instrument, recipient)
    found = findings(turn, sender, instrument, recipient)
    if found and not despite:
        raise Warned(case.ref, tuple(found), turn.line)
    return found


def leads(turn: Turn, way: WorksInstead) -> bool:
    """Whether what is said to work instead goes from the actor's agency; of a body not named, only who may use it."""
    instrument, to = turn.reference.instruments[way.instrument], turn.reference.authorities.get(way.to or "")
    sender = turn.actor.agency
    return not any(roads.obstacles(turn.reference, instrument, turn.today, sender=sender, recipient=to))


def must_make_sense(turn: Turn, sender: Authority, instrument: Instrument, recipient: Authority) -> None:
    """Errors: Conflict for an instrument of another State's law."""
    judged = roads.judge(turn.reference, sender, instrument, recipient, turn.today)
    if any(obstacle.refuses for obstacle in judged.obstacles):
        raise Conflict(
            "law_of_others",
            instrument=instrument.code,
            law_of=instrument.law_of,
            rule=instrument.legal_basis,
            source="; ".join(instrument.source),
            sender=sender.code,
            state=sender.country,
            instead=[way.instrument for way in judged.instead],
        )


def _retired(turn: Turn, other: Authority) -> list[Finding]:
    if other.valid_until is None or other.valid_until >= turn.today:
        return []
    facts = {"recipient": other.code, "until": other.valid_until, "successor": other.successor or ""}
    return [Finding("recipient_retired", facts, caution=other.caution)]
