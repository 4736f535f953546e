"""Digests: what waited for a morning, as one message: the ten that matter most, and a way to all of them.

In: an outbox row, at the moment it is sent, and who will read it; or a digest's number. Out: what is still true of it
and for these eyes; see `storage/reminders/nudges.py`. What is folded, and when, is `storage/reminders/digests.py`;
when a register is told of, `storage/reminders/registers.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

from handlers.exposure import RecordFacts
from handlers.kit import calling, old_rows, usual, waiting
from handlers.kit.notices import RecordNotice
from handlers.kit.old_rows import OldRows
from handlers.kit.turn import Reply, Turn
from handlers.kit.usual import Usual
from handlers.kit.waiting import DigestLine
from handlers.language.command import Commands
from handlers.language.values import Whole
from storage.exposure.labels import Label, most_restrictive
from storage.messages.sending import Claimed
from storage.models import Authority
from storage.record import records
from storage.reminders import nudges, registers
from storage.reminders.nudges import Standing
from storage.serialization import decode

commands = Commands()

ROWS = 10  # of one digest or page: the rest is a number, and there is a command for it


@dataclass(frozen=True)
class DigestPage(RecordFacts):
    """What has been said before and is said again, of one counterpart together. `oldest`: the day it was due.

    `label`: of all of them. `usual`: how long they take to answer, where they owe us.
    """

    label: str
    counterpart: str
    count: int
    oldest: date
    usual: Usual | None = None


@dataclass(frozen=True)
class Digest(RecordNotice):
    """What waited for this morning: the records that matter most, then a line for each counterpart.

    `total` records in all, `more` of them are in no line. `morning` is when it was to be said; `late`: that was a while
    ago. `number`: by which all of them are asked for. `old`: what a register brought, besides.
    """

    number: int
    lines: tuple[DigestLine, ...]
    pages: tuple[DigestPage, ...]
    total: int
    more: int
    morning: datetime
    late: bool
    old: OldRows | None

    may_call = True


@dataclass(frozen=True)
class OldWaiting(RecordNotice):
    """What a register brought and nobody took up, where nothing else waited for this morning."""

    old: OldRows


@dataclass(frozen=True)
class DigestList(RecordNotice):
    """All that a digest was of and is still so, a page at a time. `first`: the number of its first line, from 1."""

    lines: tuple[DigestLine, ...]
    first: int
    total: int
    before_line: str
    next_line: str


def digest(turn: Turn, row: Claimed) -> Reply | None:
    """What was folded into a row and is still true, under the most restrictive label of it; None: nothing is."""
    found = nudges.standing(
        turn.work, turn.room or turn.actor.person, nudges.folded(turn.work, row.id), ceiling=turn.place.ceiling
    )
    old = old_rows.of_reader(turn) if registers.is_in(turn.work, row.id) else None
    if not found:
        return Reply(OldWaiting(old)) if old else None
    facts: Any = decode(row.fields)
    each = _one_each(found)
    alone = [item for item in each if len(each) <= ROWS or not item.is_again]
    lines = _lines(turn, alone[:ROWS])
    pages = tuple(_pages(turn, [item for item in each if item not in alone])[: ROWS - len(lines)])
    more = len(each) - len(lines) - sum(page.count for page in pages)
    called = [person for item in alone[:ROWS] for person in calling.of_reminder(turn, item)]
    return Reply(Digest(row.id, lines, pages, len(each), more, facts["due_at"], facts["late"], old), calls=called)


def old_waiting(turn: Turn, _row: Claimed) -> Reply | None:
    """What waits of a register, as of now; None where nothing of it is overdue any more."""
    old = old_rows.of_reader(turn)
    return Reply(OldWaiting(old)) if old else None


@commands.add("desk digest", reads=True, hidden=True, example="desk digest 1207 page:2")
def all_of_it(
    turn: Turn,
    number: Annotated[int, Whole(min=1, max=10**9)],
    *,
    page: Annotated[int, Whole(min=1, max=9999)] = 1,
) -> Reply:
    """All the records that a digest was of and that still wait, as far as you see them.

    number: of the digest; its button has it.
    page: ten a page.
    """
    rungs = nudges.folded(turn.work, number)
    found = nudges.standing(turn.work, turn.actor.person, rungs, ceiling=turn.place.ceiling)
    seen = records.seen(turn.work, turn.viewer, [item.subject.ref for item in found])
    each = [item for item in _one_each(found) if item.subject.ref in seen]
    skip, line = ROWS * (page - 1), f"desk digest {number} page:"
    return Reply(
        DigestList(
            lines=tuple(waiting.line(turn, item.clock) for item in each[skip : skip + ROWS]),
            first=skip + 1,
            total=len(each),
            before_line=f"{line}{page - 1}" if page > 1 else "",
            next_line=f"{line}{page + 1}" if len(each) > skip + ROWS else "",
        )
    )


# ---- its lines ------------------------------------------------------------------------------------------------------


def _one_each(found: Sequence[Standing]) -> list[Standing]:
    """One line for a record: what is new before what is said again, an emergency first, then what is due longest."""
    in_order = sorted(found, key=lambda item: (item.is_again, not item.clock.emergency))
    return list({item.subject.ref: item for item in reversed(in_order)}.values())[::-1]


def _lines(turn: Turn, items: Sequence[Standing]) -> tuple[DigestLine, ...]:
    """By counterpart; whose first line matters most comes first."""
    first: dict[str, int] = {}
    for place, item in enumerate(items):
        first.setdefault(_counterpart(item).code, place)
    ordered = sorted(items, key=lambda item: first[_counterpart(item).code])
    return tuple(waiting.line(turn, item.clock) for item in ordered)


def _pages(turn: Turn, items: Sequence[Standing]) -> list[DigestPage]:
    """What is said again, by counterpart from the reader's side, the most first."""
    seen = records.seen(turn.work, turn.viewer, [item.subject.ref for item in items])
    pages: dict[str, list[Standing]] = {}
    for item in items:
        ref = item.subject.ref
        other = seen[ref].across if ref in seen and seen[ref].across else _counterpart(item).code
        pages.setdefault(other, []).append(item)
    return sorted((_page(turn, other, group) for other, group in pages.items()), key=lambda page: -page.count)


def _page(turn: Turn, other: str, items: Sequence[Standing]) -> DigestPage:
    label = most_restrictive(Label(item.subject.case.label) for item in items) or Label.CLEAR
    oldest = min(item.clock.due_on or date.max for item in items)
    asked = next((item.subject.recipient for item in items if item.subject.recipient.code == other), None)
    return DigestPage(label, other, len(items), oldest, usual.of_authority(turn, asked) if asked else None)


def _counterpart(item: Standing) -> Authority:
    return waiting.counterpart(item.subject)
