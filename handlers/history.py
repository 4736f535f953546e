"""History: what was done to a record, by whom and when; and whether anybody has changed the past.

In: a turn. Out: lines of the audit chain, for records the reader may see; a verdict on the whole chain.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from handlers.exposure import Indoors, Ours, PartOfRecord
from handlers.kit import access
from handlers.kit.access import Act
from handlers.kit.notices import PublicNotice, RecordNotice
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands
from handlers.language.errors import BadValue, clause
from handlers.language.values import CaseRef, RequestRef, Text
from storage.exposure.roles import Role
from storage.exposure.sight import WORKERS
from storage.history import chain
from storage.history.chain import Head
from storage.models import AuditLine, Case
from storage.record import queries

commands = Commands()

SEAL_PARTS = 2
WORDS_EXCHANGED = (
    *("sent", "acknowledge", "clarify", "supplement", "part"),
    *("produced", "not-held", "refused", "withdraw", "reopen", "correct", "undo"),
)
EXCHANGED = frozenset(f"request {word}" for word in WORDS_EXCHANGED)
"""Acts of a request that its party knows of, because one side told the other, or both see how it stands."""


@dataclass(frozen=True)
class HistoryLine(PartOfRecord):
    """One line.

    `facts` is what changed, as JSON; `text` what was written, where the reader works on the case and it was not erased.
    `via`: the platform it came by; empty for the desk itself, and for lines of before it was kept.
    """

    at: datetime
    by: Indoors[str]
    via: Indoors[str]
    act: str
    ref: str
    changes: Ours[tuple[tuple[str, str, str], ...]]
    text: Ours[str]


@dataclass(frozen=True)
class History(RecordNotice):
    """The history of one record, oldest first."""

    ref: str
    title: str
    label: str
    lines: tuple[HistoryLine, ...]


@dataclass(frozen=True)
class ChainVerified(PublicNotice):
    """The chain is whole up to `n`.

    `hash` is its head, to be noted outside. Otherwise `bad_n` is the first bad line, and why.
    """

    n: int
    hash: str
    bad_n: int | None
    misfit: str
    sealed: bool


@commands.add("request history", reads=True, example="request history 42/3")
def request_history(turn: Turn, ref: RequestRef) -> Reply:
    """Everything that was done to a request, by whom and when; for the other side, what was exchanged, and when.

    ref: the request.
    """
    request = access.request(turn, ref, Act.HISTORY)
    return Reply(_history(turn, request.case, [request.ref]))


@commands.add("case history", reads=True, example="case history 42")
def case_history(turn: Turn, ref: CaseRef) -> Reply:
    """Everything that was done to a case and its requests, by whom and when.

    ref: the case.
    """
    case = access.case(turn, ref, Act.HISTORY)
    refs = [case.ref, *(request.ref for request in case.requests), *(kept.ref for kept in case.preservations)]
    return Reply(_history(turn, case, refs))


@commands.add("desk verify", needs=(Role.AUDITOR, Role.ADMIN), reads=True, example="desk verify")
def verify(turn: Turn, seal: Annotated[str, Text(max=100)] = "") -> Reply:
    """Has anybody changed the past? Walks the whole chain and names the first bad line.

    seal: a head noted outside earlier, NUMBER:HASH; a cut end is found with it.
    """
    verdict = chain.verify(turn.work.session, _seal(seal) if seal else None)
    return Reply(ChainVerified(verdict.head.n, verdict.head.hash, verdict.bad_n, verdict.why, sealed=bool(seal)))


def _history(turn: Turn, case: Case, refs: list[str]) -> History:
    """A party reads the acts that were exchanged, and nothing of what was thought meanwhile."""
    own = access.works_on(turn, refs[0])
    auditing = not turn.actor.roles & WORKERS
    lines = tuple(
        _line(line, who or line.actor, "" if auditing else text or "")
        for line, who, text in queries.history(turn.work, refs)
        if own or line.act in EXCHANGED
    )
    return History(refs[0], "" if auditing else case.title, case.label, lines)


def _line(line: AuditLine, who: str, text: str) -> HistoryLine:
    facts = json.loads(line.facts)
    via = facts.get("via", "").partition(":")[0]
    return HistoryLine(line.at, who, via, line.act, line.ref, _changes(facts), text)


def _changes(found: dict[str, Any]) -> tuple[tuple[str, str, str], ...]:
    """(what, before, after) of an audit line, where they differ; empty for nothing."""
    before, after = _named(found["before"]), _named(found["after"])
    names = dict.fromkeys((*before, *after))
    pairs = ((name, _spoken(before.get(name)), _spoken(after.get(name))) for name in names)
    return tuple(change for change in pairs if change[1] != change[2])


def _named(value: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return value if isinstance(value, dict) else {} if value is None else {"value": value}


def _spoken(value: Any) -> str:  # noqa: ANN401 - JSON
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "yes" if value is True else "" if value in (None, False) else str(value)


def _seal(typed: str) -> Head:
    parts = typed.split(":")
    if len(parts) != SEAL_PARTS or not parts[0].isdigit():
        raise BadValue("seal", typed, clause("no_seal"), clause("seal"), "1042:9f86d081...")
    return Head(int(parts[0]), parts[1])
