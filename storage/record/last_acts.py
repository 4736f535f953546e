"""Acts: what was done to one record, when and by whom, as the history says it.

In: a reference and the acts that are asked about. Out: the last of each; also what this very transaction does, which is
not in the history yet.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from storage.database.unit_of_work import UnitOfWork
from storage.models import AuditLine, Person


@dataclass(frozen=True)
class DoneAct:
    """When something was put on record, and by whom; None for the desk itself. `on`: the day it is dated."""

    at: datetime
    by: Person | None
    on: date | None


def last(work: UnitOfWork, ref: str, acts: Collection[str]) -> dict[str, DoneAct]:
    """The last of each of some acts on a record, in the order they were done."""
    query = select(AuditLine.at, AuditLine.actor, AuditLine.act, AuditLine.facts).order_by(AuditLine.n)
    query = query.where(AuditLine.ref == ref, AuditLine.act.in_(acts))
    newest = {act: (at, actor, facts) for at, actor, act, facts in work.session.execute(query)}
    newest |= {line.act: (work.now, line.actor, line.facts) for line in work.lines_of(ref) if line.act in acts}
    return {act: DoneAct(at, _person(work, actor), _dated(facts)) for act, (at, actor, facts) in newest.items()}


def _person(work: UnitOfWork, actor: str) -> Person | None:
    number = actor.removeprefix("P")
    return work.session.get(Person, int(number)) if number.isdigit() else None


def _dated(facts: str) -> date | None:
    after: Any = json.loads(facts)["after"]
    on = after.get("on") if isinstance(after, dict) else None
    return date.fromisoformat(on) if on else None
