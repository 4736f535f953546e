"""Watching a case: watch, unwatch. Anybody who sees a case may hear what happens to it.

In: a turn and a case. Out: a reply. Why anybody may: it gives no sight of anything; what a watcher may not see any more
by the time it is said is not said to them.
"""

from dataclasses import dataclass

from handlers.kit import access
from handlers.kit.errors import Conflict
from handlers.kit.notices import RecordNotice
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands
from handlers.language.values import CaseRef
from storage.models import Case
from storage.record import watches

commands = Commands()


@dataclass(frozen=True)
class CaseWatched(RecordNotice):
    """To whoever watches a case from now on; or no more, where it `ended`."""

    ref: str
    title: str
    label: str
    ended: bool


@commands.add("case watch", example="case watch 42")
def watch(turn: Turn, ref: CaseRef) -> Reply:
    """Hear what happens to a case and its requests, whoever leads it.

    ref: the case.
    """
    case = access.case(turn, ref)
    if not watches.begin(turn.work, case, turn.actor.person):
        raise Conflict("watching_already", ref=case.ref)
    return _changed(turn, case, "case watch", ended=False)


@commands.add("case unwatch", example="case unwatch 42")
def unwatch(turn: Turn, ref: CaseRef) -> Reply:
    """Hear no more of a case. What you lead, filed or are named on you still hear of.

    ref: the case.
    """
    case = access.case(turn, ref)
    if not watches.end(turn.work, case, turn.actor.person):
        raise Conflict("not_watching", ref=case.ref)
    return _changed(turn, case, "case unwatch", ended=True)


def _changed(turn: Turn, case: Case, act: str, *, ended: bool) -> Reply:
    turn.work.audit(act, case.ref)
    return Reply(CaseWatched(case.ref, case.title, case.label, ended))
