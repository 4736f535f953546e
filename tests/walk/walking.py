"""The walk: every command by everybody, before every record, in every place; and what was read that should not be.

In: a `Desk`. Out: `Breach`es: who read what where, after which line, which canary. `Tally` counts what was seen, for
`docs/who-sees-what.md`. The lines below are the promise that nothing is left out: a command without one fails a test.
"""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from handlers import COMMANDS
from tests.walk import oracle, scene
from tests.walk.oracle import Thing
from tests.walk.scene import CLOSED, PEOPLE, PLACES, SPARE, Desk, Seen, case_ref, name


def _lines() -> dict[str, tuple[str, ...]]:
    """Those of `lines.txt`, by the words of their command."""
    commands = sorted((spec.words for spec in COMMANDS), key=len, reverse=True)
    found: dict[str, tuple[str, ...]] = {}
    for line in Path(__file__).with_name("lines.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            words = next(words for words in commands if line.startswith(words))
            found[words] = (*found.get(words, ()), line)
    return found


LINES = _lines()
CASES = ("{c}", "{n", "{spare", "{closed", "{label}")


@dataclass(frozen=True)
class Step:
    """One line of the walk: by whom, where, before the records of which label."""

    words: str
    template: str
    who: str
    place: str
    label: int

    @property
    def line(self) -> str:
        number = self.label + 1
        colleague = "own officer" if self.who != "own officer" else "own manager"
        return self.template.format(
            c=case_ref(number),
            n=number * 100,
            spare=case_ref(number + SPARE),
            spare_n=(number + SPARE) * 100,
            closed=case_ref(number + CLOSED),
            closed_n=(number + CLOSED) * 100,
            label=scene.LABEL_WORDS[self.label],
            lead=name("lead"),
            colleague=name(colleague),
            me=f"U{scene.NUMBERS[self.who]}",
            email=f"{scene.canary(self.who)}email",
            **{f"n{k}": number * 100 + k for k in (1, 2, 3, 5, 6, 50)},
        )


@dataclass(frozen=True)
class Breach:
    """Somebody read what they should not."""

    seen: Seen
    canary: str
    thing: Thing
    why: str

    def __str__(self) -> str:
        at = self.seen.where
        where = f"{at.platform} {at.how} {at.room}{' as a guest' if at.guest else ''}".strip()
        typed = f"after {self.seen.line!r}" + (f" typed in {self.seen.place}" if self.seen.place else "")
        at_canary = self.seen.text.find(self.canary)
        around = " ".join(self.seen.text[max(0, at_canary - 90) : at_canary + 60].split())
        return f"{self.seen.reader} read {self.canary!r} ({self.seen.way}, {where}) {typed}: {self.why}: ...{around}..."


@dataclass
class Tally:
    """What was seen of our records: how often, by (audience, label, field), and by (place, label); every breach."""

    breaches: list[Breach] = field(default_factory=list)
    looks: int = 0
    by_audience: Counter = field(default_factory=Counter)
    by_place: Counter = field(default_factory=Counter)

    def judge(self, world: oracle.World, seen: Iterable[Seen]) -> list[Breach]:
        """Look for canaries in what was read.

        What one typed oneself in this line is no news; nor, to others, what was typed into another record than its own.
        """
        new = []
        for one in seen:
            self.looks += 1
            said = dict(scene.things_in(one.line))
            about = next((thing.matter for thing in said.values() if thing.name == "ref"), 0)
            for canary, thing in dict(scene.things_in(one.text)).items():
                own_words = one.way != "notice" and one.where.how != "aloud"
                known = _part_of(canary, said) if own_words else canary in said and thing.matter != about
                if known or not _is_judged(world, thing):
                    continue
                why = oracle.why_not(world, one.who, one.where, thing)
                if why:
                    new.append(Breach(one, canary, thing, why))
                self._count(world, one, thing)
        self.breaches += new
        return new

    def _count(self, world: oracle.World, one: Seen, thing: Thing) -> None:
        of = world.people[thing.owner].agency if thing.owner else scene.OWN
        if (world.matters[thing.matter].owner if thing.matter else of) != scene.OWN:
            return  # what others see of their own is not what the page is about
        label = world.matters[thing.matter].label if thing.matter else -1
        row = one.reader if one.where.how == "aloud" else one.who
        self.by_audience[row, label, thing.name] += 1
        if one.way != "notice":
            self.by_place[one.place, label, one.where.how] += 1


def _is_judged(world: oracle.World, thing: Thing) -> bool:
    """A case that the walk itself has opened is nobody's of the agreed ones."""
    known = thing.owner or thing.name in oracle.ADVICE or thing.matter in world.matters
    return bool(known) and thing.name in oracle.FIELDS


def _part_of(canary: str, typed: Iterable[str]) -> bool:
    """Who types `CCW-2026-0003/2` says the case as well."""
    return any(one.startswith(canary) for one in typed)


def occasions(words: str) -> Iterator[tuple[str, str, int]]:
    """Each line of a command, by everybody, before the records of each label."""
    for template, who in itertools.product(LINES[words], PEOPLE):
        for label in range(5) if any(part in template for part in CASES) else (0,):
            yield template, who, label


def places_of(who: str) -> list[str]:
    """Where somebody can type; at a terminal there is no account to revoke."""
    return [place for place in PLACES if not (who == "named, account revoked" and place == "terminal")]


def every_step() -> list[Step]:
    """All there is, in order."""
    found = ((words, *one) for words in LINES for one in occasions(words))
    return [Step(words, line, who, place, label) for words, line, who, label in found for place in places_of(who)]


def walk(desk: Desk, words: str, tally: Tally, world: oracle.World) -> None:
    """All of one command. Who is refused in one place is tried in three more, in turn; others in every place.

    Why not everywhere: "absent" is answered before it is asked where. Who is told is looked at where that may differ:
    once in private, and in each room aloud.
    """
    turn = itertools.count()
    for template, who, label in occasions(words):
        first, *others = places_of(who)
        state = take(desk, Step(words, template, who, first, label), tally, world)
        if state == "refused":
            begin = next(turn) * 3
            others = [others[(begin + k) % len(others)] for k in range(3)]
        for place in others:
            delivers = PLACES[place].how == "aloud"
            take(desk, Step(words, template, who, place, label), tally, world, delivers=delivers)


def take(desk: Desk, step: Step, tally: Tally, world: oracle.World, *, delivers: bool = True) -> str:
    """One step: the answer, who is told; and the desk as it was, where something was changed. How it ended."""
    seen = desk.say(step.who, step.place, step.line)
    state = seen[0].state
    assert state != "failed", f"{step.who}, {step.place}: {step.line}\n{seen[0].text}"
    changed = state == "done" and not COMMANDS[step.words].reads
    if changed and delivers:
        seen += desk.drain(step.line, step.who)
    tally.judge(_with_what_came(world, step) if changed else world, seen)
    if changed:
        desk.restore()
    return state


def _with_what_came(world: oracle.World, step: Step) -> oracle.World:
    """What `request receive` puts on record is a request more, and its party is whoever asks."""
    matter = world.matters.get(step.label + 1)
    if step.words != "request receive" or matter is None:
        return world
    parties = matter.parties | {max(matter.parties) + 1: scene.PARTY}
    return replace(world, matters=world.matters | {step.label + 1: replace(matter, parties=parties)})


def look_around(desk: Desk, who: str, place: str, tally: Tally, world: oracle.World) -> None:
    """Forms of every command before one record, what completes them, the menu, the home page: nothing is changed.

    Before the RED record: a form shows the others all the same.
    """
    label = 4
    for words, lines in LINES.items():
        line = Step(words, lines[0], who, place, label).line
        begun = " ".join(line.split()[: len(words.split()) + 1])
        tally.judge(world, desk.form(who, place, begun if place != "terminal" else words))
    tally.judge(world, desk.menu(who, place))
    if place == "Slack, private":
        tally.judge(world, desk.home(who))


def told(breaches: Iterable[Breach]) -> str:
    """Each kind once, with how often it was met."""
    kinds: dict[tuple[str, str, str, str], list[Breach]] = {}
    for one in breaches:
        words = " ".join(one.seen.line.split()[:3])
        kinds.setdefault((one.seen.reader, words, one.thing.name, one.why), []).append(one)
    return "\n".join(f"{many[0]}  [{len(many)} times]" for many in kinds.values())
