r"""Conversations as data: who says what and when, what is answered, who is told, and what is then on record.

In: a `.dialog` file and a migrated database. Out: nothing, or a `Mismatch` that names file and line, what was said, and
the whole answer. The same files are held at the door itself and in front of a platform; a `Stage` is the difference.

    # a remark
    enrol "Night Officer" PK-FIA-CCW officer              one line for each role
    also "Night Officer" PK-FIA officer                   the same person, in one more agency
    rule POLICE-LIAISON 10 working_days                   another length for an instrument, in this file only
    at 2016-03-01 09:00 Asia/Karachi                      moves the clock; without it each line is a minute later
    after 3 seconds                                       seconds, minutes, hours or days
    Night Officer: /case open "Fake pages" category:impersonation label:amber
      says OPEN · Fake pages                               stands in the answer, every run of spaces being one
      not TLP:RED                                         does not
      told Desk Manager: CaseAssigned                     a notice for that person was queued by this very line
      untold Day Officer                                  nothing was queued for them
      record case CCW-2016-0001 label=TLP:AMBER           what is on record, by column; `-` is nothing
      record clock CCW-2016-0001/1 answer due_on=2016-04-04
      audit "case open" CCW-2016-0001                     a line of history was written by this very line
      unchanged                                           nothing was written but what came in
      redelivered                                         the same message once more: the same answer, nothing written
    Night Officer: /case open "Fake pages"
      refused                                             or `failed`; a line that says neither must be done
      asks category                                       a value is asked for
    Night Officer answers: impersonation                  and here it is
    Night Officer: /request attach 1/1 < letter.pdf:14    a file of so many bytes comes with it
    `\` at its end carries a line on. `\u202e` is that character; `<9000*x>` is nine thousand of them.

Whatever a file says, of every line: a refused one leaves only its message and a line of history, and nothing else
changes without one. At the end the whole chain of history verifies, and the tally is what a count of the record gives.
"""

import asyncio
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import select

from bot.adapters.contract import Answer, Question, Upload
from bot.adapters.contract import Inbound as Message
from bot.inbound.dispatch import Dispatch
from bot.rendering.render import Renderer
from handlers import COMMANDS, people
from handlers.language.errors import snake
from handlers.language.grammar import quoted
from storage.database.store import Store
from storage.database.unit_of_work import UnitOfWork
from storage.exposure.roles import Role
from storage.history import chain
from storage.messages import cards
from storage.models import AuditLine, Case, Clock, InboxRow, OutboxRow, Person, Preservation, Recipient, Request
from storage.models.base import Base
from storage.reference.catalog import Reference
from storage.serialization import storable
from storage.times import FrozenClock
from tests import factories, tallied

START = datetime(2026, 3, 2, 6, tzinfo=UTC)
BETWEEN_LINES = timedelta(minutes=1)
SPOKEN = re.compile(r"(?P<person>[^:]+?)(?P<answers> answers)?: ?(?P<text>.*)", re.DOTALL)
WITH_FILE = re.compile(r"(?P<line>.+) < (?P<name>\S+):(?P<size>\d+)")
ESCAPE = re.compile(r"\\u([0-9a-f]{4})|<(\d+)\*(.)>")
RECORDS = {"case": Case, "request": Request, "preservation": Preservation}
CAME_IN, SAID, HISTORY = {"inbox"}, {"outbox"}, {"audit", "audit_text"}
NOTED = {"memo", "posting"}  # what a platform notes for itself, and where a card stands, is no record
STATES = ("done", "refused", "failed")

Rows = dict[str, list[tuple[object, ...]]]


class Mismatch(AssertionError):
    """A line of a dialog that did not come true."""


@dataclass(frozen=True)
class Heard:
    """An answer as a person gets it on any platform."""

    text: str
    state: str
    question: Question | None = None


class Stage(Protocol):
    """Where a conversation is held."""

    def accounts(self, person: str) -> list[str]:
        """How the platform knows a person: "telegram:4711". Empty at a terminal."""

    async def say(self, person: str, text: str, key: str) -> Heard:
        """Bring one message to the desk and wait for its answer. The same key is the same message again."""


class Door:
    """The door itself, as at a terminal."""

    def __init__(self, dispatch: Dispatch) -> None:
        self._dispatch = dispatch

    def accounts(self, person: str) -> list[str]:
        del person
        return []

    async def say(self, person: str, text: str, key: str) -> Heard:
        line, file = with_file(text)
        files = (Upload(f"console:{key}", *file),) if file else ()
        return heard(await self._dispatch.receive(Message("console", key, person, line, files=files)))


def with_file(text: str) -> tuple[str, tuple[str, int] | None]:
    """A line, and the name and size of the file that comes with it."""
    found = WITH_FILE.fullmatch(text)
    return (found["line"], (found["name"], int(found["size"]))) if found else (text, None)


def heard(answer: Answer) -> Heard:
    """The words of an answer, and how it ended."""
    state = "failed" if answer.failed else "refused" if answer.refused else "done"
    return Heard(folded("\n".join(message.plain() for message in answer.messages)), state, answer.question)


def folded(text: str) -> str:
    return " ".join(text.split())


@dataclass(frozen=True)
class Line:
    """One line of a file, carried on and with its characters put in."""

    number: int
    text: str


@dataclass
class Step:
    """A line, with the indented ones below it that say what must be true then."""

    line: Line
    checks: list[Line] = field(default_factory=list)


def steps(file: Path) -> list[Step]:
    found: list[Step] = []
    for line in _lines(file):
        if line.text.startswith(" "):
            found[-1].checks.append(Line(line.number, line.text.strip()))
        else:
            found.append(Step(line))
    return found


def _lines(file: Path) -> Iterator[Line]:
    begun, first = "", 0
    for number, raw in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        first = first if begun else number
        if raw.endswith(" \\"):
            begun += raw[:-1] if not begun else raw[:-1].lstrip()
            continue
        text, begun = begun + (raw.lstrip() if begun else raw), ""
        if text.strip() and not text.lstrip().startswith("#"):
            yield Line(first, ESCAPE.sub(_character, text))


def _character(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else int(found[2]) * found[3]


def hold(
    file: Path, url: str, reference: Reference, stage: Callable[[Dispatch], Stage] = Door, start: datetime = START
) -> None:
    """Hold the conversation of a file on a database. Errors: Mismatch."""
    script, clock = steps(file), FrozenClock(start)
    rules = [shlex.split(step.line.text)[1:] for step in script if step.line.text.startswith("rule ")]
    for code, amount, unit in rules:
        reference = with_length(reference, code, int(amount), unit)
    store = Store(url, clock=clock, reference=reference)
    try:
        dispatch = Dispatch(store, COMMANDS, _renderer())
        asyncio.run(Conversation(file, store, clock, stage(dispatch)).perform(script))
    finally:
        store.close()


def with_length(reference: Reference, code: str, amount: int, unit: str) -> Reference:
    """The reference data with another length for one instrument."""
    row = reference.instruments[code]
    assert row.default_clock, code
    rule = row.default_clock.model_copy(update={"amount": amount, "unit": unit})
    changed = row.model_copy(update={"default_clock": rule})
    return replace(reference, instruments={**reference.instruments, code: changed})


@cache
def _renderer() -> Renderer:
    """One for all files: templates are compiled once."""
    return Renderer()


class Conversation:
    """One file under way: the clock, the last answer, and the record before and after it."""

    def __init__(self, file: Path, store: Store, clock: FrozenClock, stage: Stage) -> None:
        self._file, self._store, self._clock, self._stage = file, store, clock, stage
        self._moved = True
        self._key = self._person = self._text = ""
        self._heard = Heard("", "done")
        self._before: Rows = {}
        self._after: Rows = {}  # empty when a direction has changed them since

    async def perform(self, script: list[Step]) -> None:
        for step in script:
            await self._step(step)
        verdict = self._store.read(lambda work: chain.verify(work.session)).result()
        assert verdict.bad_n is None, f"{self._file.name}: line {verdict.bad_n} of the history: {verdict.why}"
        assert self._store.read(tallied.differences).result() == {}, f"{self._file.name}: the tally is not the record"

    async def _step(self, step: Step) -> None:
        word, _, rest = step.line.text.partition(" ")
        direction = {
            "enrol": self._enrol,
            "also": self._also,
            "rule": lambda _: None,
            "at": self._at,
            "after": self._later,
        }.get(word)
        if direction:
            direction(rest)
            self._after = {}
            return
        await self._speak(step.line)
        for check in step.checks:
            await self._check(check)
        if not any(check.text in STATES for check in step.checks):
            self._same(step.line, self._heard.state, "done")
        self._whatever_it_says(step.line)

    # ---- directions ----

    def _enrol(self, rest: str) -> None:
        name, agency, role = shlex.split(rest)
        accounts = self._stage.accounts(name)
        self._store.write(lambda work: people.enrol_at(work, name, agency, Role(role), accounts)).result()

    def _also(self, rest: str) -> None:
        """Somebody who is here has a role in one more agency."""
        name, code, role = shlex.split(rest)
        self._store.write(lambda work: factories.one_more_agency(work, name, code, role)).result()

    def _at(self, rest: str) -> None:
        day, time, zone = rest.split()
        self._clock.move_to(datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=ZoneInfo(zone)))
        self._moved = True

    def _later(self, rest: str) -> None:
        number, unit = rest.split()
        self._clock.move(**{unit if unit.endswith("s") else f"{unit}s": int(number)})
        self._moved = True

    async def _speak(self, line: Line) -> None:
        spoken = SPOKEN.fullmatch(line.text)
        assert spoken, f"{self._file.name}:{line.number}: nobody says this: {line.text}"
        if not self._moved:
            self._clock.move_to(self._clock.now() + BETWEEN_LINES)
        self._moved = False
        question = self._heard.question
        self._person, self._text = spoken["person"], spoken["text"]
        if spoken["answers"]:
            assert question, f"{self._file.name}:{line.number}: nothing was asked"
            self._text = f"{question.line} {question.name}:{quoted(self._text)}"
        self._key = f"{self._file.stem}:{line.number}"
        self._before = self._after or self._rows()
        self._heard = await self._stage.say(self._person, self._text, self._key)
        self._after = self._rows()

    # ---- checks ----

    async def _check(self, line: Line) -> None:
        word, _, rest = line.text.partition(" ")
        if word == "redelivered":
            await self._redelivered(line)
            return
        check = {
            "says": self._says, "not": self._not, "told": self._told, "untold": self._untold, "asks": self._asks,
            "record": self._record, "audit": self._audit, "unchanged": self._unchanged,
        }.get(word)  # fmt: skip
        if check:
            check(line, rest)
        else:
            assert word in STATES, f"{self._file.name}:{line.number}: {word!r} is no check"
            self._same(line, self._heard.state, word)

    def _says(self, line: Line, words: str) -> None:
        self._true(line, folded(words) in self._heard.text, "it is not said")

    def _not(self, line: Line, words: str) -> None:
        self._true(line, folded(words) not in self._heard.text, "it is said")

    def _asks(self, line: Line, name: str) -> None:
        self._same(line, self._heard.question.name if self._heard.question else None, name)

    def _told(self, line: Line, words: str) -> None:
        person, _, notice = words.partition(": ")
        told = self._queued()
        self._true(line, (person, snake(notice)) in told, f"told were {sorted(told)}")

    def _untold(self, line: Line, person: str) -> None:
        told = self._queued()
        self._true(line, person not in {name for name, _ in told}, f"told were {sorted(told)}")

    def _record(self, line: Line, words: str) -> None:
        kind, ref, *facts = shlex.split(words)
        clock = facts.pop(0) if kind == "clock" else ""
        pairs = [fact.partition("=") for fact in facts]

        def job(work: UnitOfWork) -> dict[str, str]:
            row = _clock(work, ref, clock) if clock else work.session.scalars(_by_ref(kind, ref)).first()
            return {name: _written(row, name) for name, _, _ in pairs} if row else {}

        found = self._store.read(job).result()
        self._same(line, found, {name: value for name, _, value in pairs})

    def _audit(self, line: Line, words: str) -> None:
        act, *ref = shlex.split(words)
        last = len(self._before["audit"])
        query = select(AuditLine.act, AuditLine.ref).where(AuditLine.n > last)
        new = self._store.read(lambda work: [tuple(row) for row in work.session.execute(query)]).result()
        self._true(line, any(row[0] == act and row[1] in (ref or [row[1]]) for row in new), f"new lines: {new}")

    def _unchanged(self, line: Line, _: str) -> None:
        self._same(line, self._changed() - CAME_IN, set())

    async def _redelivered(self, line: Line) -> None:
        again = await self._stage.say(self._person, self._text, self._key)
        self._same(line, again.text, self._heard.text)
        self._true(line, self._rows() == self._after, "something more was written")

    def _whatever_it_says(self, line: Line) -> None:
        changed = self._changed()
        if self._heard.state == "refused":
            text, file = with_file(self._text.strip())
            self._same(line, changed, CAME_IN | HISTORY | ({"attachment"} if file else set()))
            kept = storable(f"{text}\n[{file[0]}, {file[1]}]" if file else text) in self._came_in()
            self._true(line, kept, "the message was not kept as it was typed")
        elif changed - CAME_IN - SAID:
            self._true(line, "audit" in changed, f"{sorted(changed)} changed and no line of history says so")

    # ---- the record ----

    def _rows(self) -> Rows:
        def job(work: UnitOfWork) -> Rows:
            rows = work.session.connection()
            return {
                table.name: [tuple(row) for row in rows.execute(select(table).order_by(*table.primary_key))]
                for table in Base.metadata.sorted_tables
                if table.name not in NOTED
            }

        return self._store.read(job).result()

    def _changed(self) -> set[str]:
        return {name for name, rows in self._after.items() if rows != self._before[name]}

    def _came_in(self) -> str:
        """The text of the last message, as it is kept."""
        query = select(InboxRow.text).order_by(InboxRow.id.desc()).limit(1)
        return self._store.read(lambda work: work.session.scalars(query).one()).result()

    def _queued(self) -> set[tuple[str, str]]:
        """Who is told what by the last line."""
        old = [row[0] for row in self._before["outbox"]]

        def job(work: UnitOfWork) -> set[tuple[str, str]]:
            names = {Recipient.person(row.id): row.name for row in work.session.scalars(select(Person))}
            rows = work.session.scalars(select(OutboxRow).where(OutboxRow.id.not_in(old)))
            told = (row for row in rows if row.notice not in cards.EDITS)  # a card that changes tells nobody anything
            return {(names.get(row.recipient, str(row.recipient)), row.notice) for row in told}

        return self._store.read(job).result()

    # ---- what is wrong ----

    def _same(self, line: Line, found: object, wanted: object) -> None:
        self._true(line, found == wanted, f"found {found!r}, wanted {wanted!r}")

    def _true(self, line: Line, truth: bool, why: str) -> None:  # noqa: FBT001 - what is to be true
        if not truth:
            raise Mismatch(
                f"{self._file.name}:{line.number}: {line.text}\n  {why}\n"
                f"  {self._person} had said: {self._text[:500]}\n  the answer ({self._heard.state}): {self._heard.text}"
            )


def _by_ref(kind: str, ref: str):
    model = RECORDS[kind]
    return select(model).where(model.ref == ref)


def _clock(work: UnitOfWork, ref: str, kind: str) -> Clock | None:
    query = select(Clock).outerjoin(Request, Request.id == Clock.request_id)
    query = query.outerjoin(Preservation, Preservation.id == Clock.preservation_id)
    query = query.where(Clock.kind == kind, (Request.ref == ref) | (Preservation.ref == ref))
    return work.session.scalars(query.order_by(Clock.id.desc()).limit(1)).first()


def _written(row: object, name: str) -> str:
    """A column as a dialog writes it; a dot goes on to a column of the row it points to."""
    value = row
    for part in name.split("."):
        value = getattr(value, part)
    if value is None or value in ("", [], {}):
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%MZ")
    if isinstance(value, date):
        return value.isoformat()
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
