"""Thirty months of a register, lived again: who hears how much, and whether anything is lost, doubled or said too late.

`python -m tests.lived.thirty_months [--seed N] [--officers N] [--days N] [--dump FILE]`. Prints two tables: what each
reader got, and what the checker found. The days are those of `register.py`; the desk is `life.py`. A few minutes.
"""

import argparse
import itertools
import logging
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import select

from bot import logs
from storage.database.engine import migrate
from storage.database.store import Store
from storage.database.unit_of_work import UnitOfWork
from storage.exposure.roles import Role
from storage.models import Channel, Clock, Recipient, Ring
from storage.record import records
from storage.reference.catalog import load
from storage.times import FrozenClock
from tests.lived import register
from tests.lived.life import REF, Life, Said, names
from tests.lived.register import AGENCY, OIA, ZONE, Act

MANAGER, ADMIN, LIAISON = "Desk Manager", "Desk Admin", "OIA Liaison"
ROOM, THEIR_ROOM = "C1", "C2"
THEIR_FIRST = ("request sent {case}/2",)  # after which the other side is party to something, and can have a room
THEIR_ZONE = ZoneInfo("America/New_York")
GRACE = timedelta(days=2)  # between a due day and the morning it is told
LAPSED = timedelta(days=7)  # after its day a hold keeps nothing, and nobody need hear of it
MONTH = timedelta(days=31)
DAYS_OFF = timedelta(days=5)  # a holiday of three days beside a weekend: the morning after them is the next


@dataclass
class Lived:
    """What became of it, up to a moment.

    `ended`, `refused`: {record: when nobody waited for it any longer; when it was refused}. `readers`: by name.
    """

    until: datetime
    readers: dict[Recipient, str]
    said: list[Said] = field(default_factory=list)
    ended: dict[str, datetime] = field(default_factory=dict)
    refused: dict[str, datetime] = field(default_factory=dict)
    overdue: list["Overdue"] = field(default_factory=list)
    acts: int = 0


@dataclass(frozen=True)
class Overdue:
    """One clock that stood past its day, from `since` to `until`. `rang`: at all."""

    ref: str
    since: datetime
    until: datetime
    rang: bool


def main() -> None:
    """Live and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0] if __doc__ else "")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--officers", type=int, default=3)
    parser.add_argument("--days", type=int, default=(register.END - register.BEGIN).days)
    parser.add_argument("--dump", type=Path, help="every message, one after the other")
    chosen = parser.parse_args()
    logs.to_stderr(logging.WARNING)
    began = time.perf_counter()
    lived = live(chosen.seed, officers=chosen.officers, days=chosen.days)
    if chosen.dump:
        chosen.dump.write_text("\n".join(_page(lived, said) for said in lived.said), encoding="utf-8")
    took = time.perf_counter() - began
    _say(f"seed {chosen.seed}, {chosen.days} days, {lived.acts} acts, {len(lived.said)} messages, {took:.0f} s\n")
    _say(as_table(("reader", *FIGURES), [(name, *figures.values()) for name, figures in by_reader(lived).items()]))
    _say(as_table(("checker", ""), list(checked(lived).items())))


# ---- living ----------------------------------------------------------------------------------------------------------


def live(seed: int, *, officers: int = 3, days: int) -> Lived:
    """The first so many days of the register that grows from a seed."""
    with tempfile.TemporaryDirectory(prefix="desk-lived-") as folder, desk(f"sqlite:///{folder}/desk.db") as life:
        hands = tuple(f"Officer {n}" for n in range(1, officers + 1))
        lived = Lived(_morning(register.BEGIN) + timedelta(days=days), _people(life, hands))
        cases: dict[int, str] = {}
        for act in register.acts(seed, hands, life.store.reference):
            if act.at >= lived.until:
                break
            life.until(act.at)
            _do(life, act, cases, lived)
            if act.line in THEIR_FIRST or f"from:{OIA}" in act.line:
                _their_room(life, lived)
        life.until(lived.until)
        lived.said = life.said
        lived.overdue = life.store.read(_overdue).result()
        return lived


@contextmanager
def desk(url: str) -> Iterator[Life]:
    """An empty desk on the day the register begins."""
    migrate(url)
    reference, clock = load(), FrozenClock(_morning(register.BEGIN))
    store = Store(url, clock=clock, reference=reference)
    try:
        store.write(lambda work: records.sync_authorities(work, reference)).result()
        with Life(store, clock) as life:
            yield life
    finally:
        store.close()


def _morning(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 8, tzinfo=ZONE)


def _people(life: Life, hands: Iterable[str]) -> dict[Recipient, str]:
    """Everybody comes in, and the agency's room is opened."""
    roles = [(name, AGENCY, Role.OFFICER) for name in hands]
    roles += [(MANAGER, AGENCY, Role.MANAGER), (ADMIN, AGENCY, Role.ADMIN), (LIAISON, OIA, Role.LIAISON)]
    for name, agency, role in roles:
        life.enrol(name, role, agency)
        life.types(name, "desk me email:desk@ccw.example phone:+92-51-0000001 officer_id:CCW-1")
    life.types(MANAGER, f"desk channel here for:{AGENCY} label:amber digest:09:00 summary:mon@08:30", room=ROOM)
    found = {Recipient.person(number): name for number, name in life.store.read(_numbers).result()}
    return found | _rooms(life)


def _their_room(life: Life, lived: Lived) -> None:
    """A room of the other side, once there is a request that concerns it."""
    rooms = _rooms(life)
    if len(rooms) == 1:
        life.types(ADMIN, f"desk channel here for:{OIA} label:amber", room=THEIR_ROOM)
        lived.readers |= _rooms(life)


def _numbers(work: UnitOfWork) -> list[tuple[int, str]]:
    return [(person.id, person.name) for person in records.people(work)]


def _rooms(life: Life) -> dict[Recipient, str]:
    def ask(work: UnitOfWork) -> dict[Recipient, str]:
        rooms = work.session.scalars(select(Channel).order_by(Channel.id))
        return {Recipient.channel(room.id): f"room of {room.authority.code}" for room in rooms}

    return life.store.read(ask).result()


def _do(life: Life, act: Act, cases: dict[int, str], lived: Lived) -> None:
    """One act, and what it ends."""
    line = act.line.replace("{case}", cases.get(act.number, ""))
    answer = life.types(act.who, line)
    lived.acts += 1
    if act.number not in cases:
        cases[act.number] = REF.findall(answer)[0]
    case = cases[act.number]
    ended = act.ends.replace("{case}", case)
    if ended:
        for part in ("/1", "/2", "/P1") if ended == case else ("",):
            lived.ended.setdefault(f"{ended}{part}", act.at)
    if line.startswith("request refused"):
        lived.refused[f"{case}/1"] = act.at


def _overdue(work: UnitOfWork) -> list[Overdue]:
    """Every clock that stood past its day for more than GRACE, whatever its kind; of a hold, until it has lapsed."""
    rang = set(work.session.scalars(select(Ring.clock_id).distinct()))
    found = []
    for clock in work.session.scalars(select(Clock).where(Clock.due_at.is_not(None))):
        subject, until = clock.request or clock.preservation, clock.ended_at or work.now
        if subject and clock.due_at and clock.due_at + GRACE < until:
            until = min(until, clock.due_at + LAPSED) if clock.preservation else until
            found.append(Overdue(subject.ref, clock.due_at, until, clock.id in rang))
    return found


# ---- what each reader got --------------------------------------------------------------------------------------------

FIGURES = (
    *("messages", "reminders", "a week: median", "most", "a day: most", "in a minute", "urgent"),
    *("digests", "lines: median", "most", "other lines: most"),
)


def by_reader(lived: Lived) -> dict[str, Mapping[int, object]]:
    """{reader: the figures, in the order of FIGURES}."""
    heard: dict[Recipient, list[Said]] = defaultdict(list)
    for said in lived.said:
        heard[said.recipient].append(said)
    return {name: dict(enumerate(_figures(lived, who, heard[who]))) for who, name in lived.readers.items()}


def local_days(lived: Lived, who: Recipient, said: Iterable[Said]) -> Counter[date]:
    """{the reader's day: how many messages}."""
    zone = THEIR_ZONE if OIA in lived.readers[who] or lived.readers[who] == LIAISON else ZONE
    return Counter(one.at.astimezone(zone).date() for one in said)


def by_week(lived: Lived, days: Mapping[date, int]) -> list[int]:
    """How many messages each whole week brought, those without any too."""
    weeks: Counter[int] = Counter()
    for day, messages in days.items():
        weeks[(day - register.BEGIN).days // 7] += messages
    return [weeks[n] for n in range((lived.until.date() - register.BEGIN).days // 7)]


def _figures(lived: Lived, who: Recipient, heard: list[Said]) -> tuple[object, ...]:
    days = local_days(lived, who, heard)
    weeks = by_week(lived, days)
    minutes = Counter(one.at.replace(second=0, microsecond=0) for one in heard)
    digests = [one.lines for one in heard if one.notice == "digest"]
    others = [one.lines for one in heard if one.notice != "digest"]
    return (
        len(heard),
        sum(one.reminds for one in heard),
        statistics.median(weeks or [0]),
        max(weeks, default=0),
        max(days.values(), default=0),
        max(minutes.values(), default=0),
        sum(one.urgent for one in heard),
        len(digests),
        statistics.median(digests or [0]),
        max(digests, default=0),
        max(others, default=0),
    )


# ---- the checker -----------------------------------------------------------------------------------------------------


def checked(lived: Lived) -> dict[str, object]:
    """Nothing lost, nothing doubled, nothing said after an answer: how often each was not so, and how near it came."""
    silences = sorted(longest_silences(lived).values())
    found = {name: len(faults) for name, faults in faults_of(lived).items()}
    return found | {
        "clocks that stood past their day": len(lived.overdue),
        "days of silence of what is overdue: median, longest": _days(silences),
        "said of a refused request after the refusal": len(_after(lived, lived.refused)),
    }


def faults_of(lived: Lived) -> dict[str, list[object]]:
    """{a promise that was broken: each time it was}."""
    silences = longest_silences(lived)
    return {
        "overdue and its clock never rang": [one for one in lived.overdue if not one.rang],
        "overdue and nobody told for a month": [ref for ref, days in silences.items() if days > MONTH + DAYS_OFF],
        "the same reminder said twice": _twice(lived),
        "one record twice in one list": _twice_in_one(lived),
        "one record to one reader twice in a day": _twice_a_day(lived),
        "said after the answer": _after(lived, lived.ended),
    }


def longest_silences(lived: Lived) -> dict[str, timedelta]:
    """{a record that was overdue: how long nobody of its agency heard of it, while it was}."""
    told: dict[str, list[datetime]] = defaultdict(list)
    own = {who for who, name in lived.readers.items() if OIA not in name and name != LIAISON}
    for said in lived.said:
        if said.reminds and said.recipient in own:
            for ref in said.refs | {row.subject for row in said.rows}:
                if names(said, ref):
                    told[ref].append(said.at)
    found: dict[str, timedelta] = {}
    for one in lived.overdue:
        moments = [one.since, *(at for at in told[one.ref] if one.since <= at <= one.until), one.until]
        longest = max(later - earlier for earlier, later in itertools.pairwise(moments))
        found[one.ref] = max(longest, found.get(one.ref, longest))
    return found


def _twice(lived: Lived) -> list[object]:
    rows = Counter(row.id for said in lived.said for row in said.rows if said.reminds)
    causes = Counter((said.recipient, said.rows[0].cause, said.notice, said.rows[0].subject) for said in lived.said)
    return [one for one, times in (*rows.items(), *causes.items()) if times > 1]


def _twice_in_one(lived: Lived) -> list[object]:
    """A line of a list begins with a record once; a record is named there once for each of its clocks at most."""
    found = []
    for said in lived.said:
        if said.notice == "digest":
            clocks = Counter(row.subject for row in {row.cause: row for row in said.rows}.values())
            lines = Counter(ref for line in said.text.splitlines() for ref in set(REF.findall(line)) if not _acts(line))
            found += [(said.at, ref) for ref, times in lines.items() if times > max(1, clocks[ref])]
    return found


def _acts(line: str) -> bool:
    return line.startswith("→ ")


def _twice_a_day(lived: Lived) -> list[object]:
    """Of what can wait: an emergency is spoken of by the hour."""
    told: Counter[tuple[Recipient, date, str]] = Counter()
    for said in lived.said:
        if said.reminds and not said.urgent:
            told.update((said.recipient, said.at.astimezone(ZONE).date(), ref) for ref in said.refs if "/" in ref)
    return [one for one, times in told.items() if times > 1]


def _after(lived: Lived, ended: Mapping[str, datetime]) -> list[object]:
    return [
        (said.at, ref)
        for said in lived.said
        if said.reminds
        for ref in said.refs
        if ref in ended and said.at > ended[ref]
    ]


# ---- on paper --------------------------------------------------------------------------------------------------------


def _days(silences: list[timedelta]) -> str:
    if not silences:
        return "none"
    return f"{statistics.median(one.days for one in silences):.0f}, {silences[-1].days}"


def as_table(head: Iterable[object], rows: Iterable[Iterable[object]]) -> str:
    """Rows as Markdown."""
    lines = [list(map(str, row)) for row in (head, *rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _page(lived: Lived, said: Said) -> str:
    who = lived.readers.get(said.recipient, str(said.recipient))
    stands_for = f", stands for {len(said.rows)} rows" if len(said.rows) > 1 else ""
    head = f"==== {said.at:%Y-%m-%d %H:%M} UTC to {who}: {said.notice}, {said.lines} lines{stands_for}"
    return f"{head}{', urgent' if said.urgent else ''}\n{said.text}\n"


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
