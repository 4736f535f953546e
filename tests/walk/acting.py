"""Random acts of people of three agencies and two counterparts, and what follows from each for who may read what.

In: a desk with people and rooms, a seed. Out: breaches. `Model` is the oracle's world as these acts made it: an act
that was done changes it, one that was refused does not; nothing is asked of the desk but how its answers ended.
"""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.adapters.contract import Upload
from tests.walk import scene
from tests.walk.oracle import AMBER, RED, STRICT, Human, Matter, Room
from tests.walk.scene import ELSE, OTHER, OWN, PARTY, PEOPLE, PLACES, SHARED, Desk, Seen, case_ref, name
from tests.walk.walking import Tally

AGENCIES = {OWN: "CCW", OTHER: "MOI", SHARED: "PTA"}
COUNTERPARTS = (PARTY, ELSE)
CODE = re.compile(r"\b([2-9A-HJKMNP-TV-Z]{4}-){2}[2-9A-HJKMNP-TV-Z]{4}\b")
TYPED = ("terminal", "Slack, private", "Telegram, private", "Slack, own room", "Slack, own room, aloud",
         "Slack, room of the other side", "Slack, room of the other side, aloud", "Slack, a room never asked into",
         "Slack, a room never asked into, aloud", "Slack, a guest, private", "Telegram, own group")  # fmt: skip


@dataclass
class Story:
    """One life of a desk. `opened`: cases by agency; `filed`: requests by case; `said`: the last lines, to repeat."""

    desk: Desk
    chance: random.Random
    tally: Tally
    world: scene.World = field(default_factory=scene.World)
    opened: dict[str, int] = field(default_factory=lambda: dict.fromkeys(AGENCIES, 0))
    opener: dict[int, str] = field(default_factory=dict)
    lead: dict[int, str] = field(default_factory=dict)
    invited: dict[int, set[str]] = field(default_factory=dict)
    said: list[tuple[str, str, str, str]] = field(default_factory=list)
    done: int = 0

    def __post_init__(self) -> None:
        self.world = scene.world()
        self.world.matters.clear()
        for key, (agency, roles) in PEOPLE.items():
            self.world.people[key] = Human(agency, frozenset(roles))
        self.desk.restore()

    def step(self) -> None:
        """One random act."""
        acts: list[tuple[int, Callable[[], None]]] = [
            (6, self.open), (4, self.note), (3, self.letter), (5, self.share), (3, self.invite), (3, self.assign),
            (2, self.close), (8, self.file), (6, self.receive), (14, self.move), (4, self.hold), (24, self.look),
            (8, self.check), (4, self.form), (2, self.revoke), (1, self.remove), (3, self.link), (3, self.room),
            (4, self.repeat), (6, self.wait), (10, self.deliver),
        ]  # fmt: skip
        weights, chosen = zip(*acts, strict=True)
        self.chance.choices(chosen, weights)[0]()

    # ---- who, where, which ----

    def anybody(self, *roles: str, of: str = "") -> str:
        able = [
            key
            for key, one in self.world.people.items()
            if (not roles or one.roles & set(roles)) and of in ("", one.agency)
        ]
        return self.chance.choice(able) if able else "nobody"

    def worker(self, number: int) -> str:
        """Mostly somebody named or of the owning agency; sometimes anybody."""
        matter = self.world.matters[number]
        if self.chance.random() < 0.4:
            return self.chance.choice(sorted(matter.named))
        return self.anybody("officer", "manager", of=matter.owner if self.chance.random() < 0.8 else "")

    def case(self) -> int:
        return self.chance.choice(list(self.world.matters)) if self.world.matters else 0

    def request(self, number: int) -> int:
        return self.chance.randint(1, max(1, len(self.world.matters[number].parties)))

    def place(self, who: str) -> str:
        private = self.chance.random() < 0.55
        place = self.chance.choice(TYPED[:3] if private else TYPED)
        return "terminal" if who == "nobody" and self.chance.random() < 0.3 else place

    def say(self, who: str, line: str, *, place: str = "", files: tuple[Upload, ...] = ()) -> bool:
        """Whether it was done; what anybody read is judged by the world as it was before."""
        place = place or self.place(who)
        key = f"{self.desk.folder.name} s{self.done}"
        self.done += 1
        seen = self.desk.say(who, place, line, key=key, files=files)
        assert all(one.state != "failed" for one in seen), f"{who}, {place}: {line}\n{seen[0].text}"
        self.tally.judge(self.world, seen)
        self.said.append((who, place, line, key))
        return seen[0].state == "done"

    def named(self, number: int) -> None:
        """Who is named follows from who opened it, leads it, and was invited."""
        self.world.matters[number].named = {self.opener[number], self.lead[number], *self.invited[number]}

    # ---- acts ----

    def open(self) -> None:
        agency = self.chance.choice(list(AGENCIES))
        who = self.anybody("officer", "manager", of=agency)
        number = scene.BASES[AGENCIES[agency]] + self.opened[agency] + 1
        label = self.chance.randrange(5)
        line = (
            f'case open "Matter kx{number}00title" category:other label:{scene.LABEL_WORDS[label]} own:kx{number}00own'
        )
        if self.say(who, line):
            self.opened[agency] += 1
            self.world.matters[number] = Matter(agency, label)
            self.opener[number], self.lead[number], self.invited[number] = who, who, set()
            self.named(number)

    def note(self) -> None:
        if number := self.case():
            self.say(self.worker(number), f'case note {case_ref(number)} "kx{number}00note"')

    def letter(self) -> None:
        if number := self.case():
            file = (Upload(f"kx{number}60bytes {self.done}", f"kx{number}60name.pdf", 30),)
            self.say(self.worker(number), f'case note {case_ref(number)} "kx{number}00note"', files=file)
            self.desk.fetch()

    def share(self) -> None:
        if number := self.case():
            other = self.anybody("officer", "manager", of=self.world.matters[number].owner)
            if self.say(self.worker(number), f'case share {case_ref(number)} person:"{name(other)}"'):
                self.invited[number].add(other)
                self.named(number)

    def invite(self) -> None:
        if number := self.case():
            other = self.chance.choice(list(AGENCIES))
            if self.say(self.worker(number), f"case share {case_ref(number)} with:{other}"):
                self.world.matters[number].shared.add(other)

    def assign(self) -> None:
        if number := self.case():
            other = self.anybody("officer", "manager", of=self.world.matters[number].owner)
            if self.say(self.worker(number), f'case assign {case_ref(number)} to:"{name(other)}"'):
                self.lead[number] = other
                self.named(number)

    def close(self) -> None:
        if number := self.case():
            word = self.chance.choice(("close", "reopen"))
            self.say(self.worker(number), f'case {word} {case_ref(number)} because:"kx{number}00because"')

    def file(self) -> None:
        if number := self.case():
            to = self.chance.choice(("PROV-META", *COUNTERPARTS))
            part = len(self.world.matters[number].parties) + 1
            n = number * 100 + part
            accounts = f"kx{n}account" if self.chance.random() < 0.6 else f"kx{n}account; shared.account"
            with_all = f' accounts:"{accounts}" reason:"kx{n}reason" despite:"kx{n}despite"'
            line = (
                f'request file {case_ref(number)} to:PROV-META as:PROD-META data:bsi basis:"domestic court order'
                f' kx{n}basis" date_range:"2026-01-01..2026-03-01" user_notification:"kx{n}field"{with_all}'
                if to == "PROV-META"
                else f'request file {case_ref(number)} to:{to} as:POLICE-LIAISON data:bsi basis:"police message'
                f' kx{n}basis" offence:"kx{n}field" facts_summary:"kx{n}field" necessity:"kx{n}field"'
                f" own_reference:kx{n}field{with_all}"
            )
            if part < 40 and self.say(self.worker(number), line):
                self.world.matters[number].parties[part] = to

    def receive(self) -> None:
        if number := self.case():
            sender = self.chance.choice(COUNTERPARTS)
            part = len(self.world.matters[number].parties) + 1
            n = number * 100 + part
            as_ = "MLA-PK-IN" if sender == PARTY else "POLICE-LIAISON"
            line = (
                f'request receive {case_ref(number)} from:{sender} as:{as_} data:bsi accounts:"kx{n}account"'
                f' basis:"letter rogatory kx{n}basis" reason:"kx{n}reason" their:kx{n}their'
            )
            if part < 40 and self.say(self.worker(number), line):
                self.world.matters[number].parties[part] = sender

    def move(self) -> None:
        if number := self.case():
            part = self.request(number)
            ref, n = f"{case_ref(number)}/{part}", number * 100 + part
            line = self.chance.choice(
                (
                    *[f"request sent {ref} their:kx{n}their"] * 3,
                    f"request acknowledge {ref} their:kx{n}their",
                    f'request clarify {ref} asks:"kx{n}question" on:today',
                    f'request supplement {ref} answer:"kx{n}answer"',
                    f'request extend {ref} days:3 reason:"kx{n}extension"',
                    f'request snooze {ref} until:+3d reason:"kx{n}snooze"',
                    f"request quiet {ref}",
                    f'request produced {ref} note:"kx{n}answer"',
                    f'request refused {ref} because:overbroad text:"kx{n}refusal"',
                    f'request withdraw {ref} because:"kx{n}because"',
                    f'request reopen {ref} because:"kx{n}because"',
                )
            )
            liaison = line.split()[1] in ("acknowledge", "clarify", "quiet") and self.chance.random() < 0.5
            self.say(self.anybody("liaison") if liaison else self.worker(number), line)

    def hold(self) -> None:
        if number := self.case():
            ref = case_ref(number)
            line = self.chance.choice(
                (
                    f"preservation ask {ref} to:PROV-META as:PRES-META accounts:kx{number}50account days:12",
                    f"preservation confirmed {ref}/P1 proof:kx{number}50proof",
                    f"preservation renewed {ref}/P1 days:30 proof:kx{number}50proof",
                )
            )
            self.say(self.worker(number), line)

    def look(self) -> None:
        """A list, or a card, by anybody."""
        lines = ["case list", "request list status:all", "case search Matter", "overdue agency", "summary week"]
        lines += ["summary export format:csv", "preservation list", "desk me", "desk person", "desk channel list"]
        if number := self.case():
            ref = case_ref(number)
            lines += [f"case {word} {ref}" for word in ("status", "history", "files")] + [f"case download {ref}/A1"]
            words = ("status", "history", "why")
            lines += [f"request {word} {ref}/{self.request(number)}" for word in words] * 2
            lines += [f"preservation status {ref}/P1", f"case search kx{number}00note"]
        self.say(self.anybody(), self.chance.choice(lines))

    def check(self) -> None:
        """The pre-flight, with the accounts of somebody else's request."""
        if (number := self.case()) and (other := self.case()):
            account = f"kx{other * 100 + self.request(other)}account; shared.account"
            line = f'request check {case_ref(number)} to:PROV-META as:PROD-META data:bsi accounts:"{account}"'
            self.say(self.worker(number), line)

    def form(self) -> None:
        who, words = self.anybody(), self.chance.choice(("request file", "case note", "request sent", "case share"))
        self.tally.judge(self.world, self.desk.form(who, self.place(who), words))

    def revoke(self) -> None:
        who, platform = self.anybody("officer", "manager", "liaison"), self.chance.choice(("slack", "telegram"))
        human = self.world.people[who]
        admin = self.anybody("admin", of=human.agency)
        line = f"desk unlink {platform}:{scene.account(who, platform)}"
        if admin != "nobody" and self.say(admin, line, place="terminal"):
            self.world.people[who] = Human(human.agency, human.roles, human.without | {platform})

    def remove(self) -> None:
        who = self.anybody("officer", of=OWN)
        left = [key for key, one in self.world.people.items() if one.agency == OWN and "officer" in one.roles]
        if len(left) > 3 and self.say("own admin", f'desk person remove "{name(who)}"', place="terminal"):
            human = self.world.people[who]
            self.world.people[who] = Human(human.agency, frozenset(), human.without)

    def link(self) -> None:
        """Somebody whose account was revoked comes in again by a code, typed where they were thrown out."""
        out = [(key, platform) for key, one in self.world.people.items() if one.roles for platform in one.without]
        if not out:
            return
        who, platform = self.chance.choice(out)
        begun = self.desk.say(who, "terminal", "desk link")
        self.tally.judge(self.world, begun)
        code = CODE.search(begun[0].text)
        assert code, begun[0].text
        place = "Slack, private" if platform == "slack" else "Telegram, private"
        self.say(who, f"desk link {code[0]}", place=place)
        human = self.world.people[who]
        self.world.people[who] = Human(human.agency, human.roles, human.without - {platform})
        assert self.say(who, "desk me", place=place), f"{who} was linked again"

    def room(self) -> None:
        """A room gets another ceiling, is left, or comes back; the whole workspace shows less or more."""
        label, what = self.chance.randrange(RED), self.chance.random()
        word = scene.LABEL_WORDS[label]
        if what < 0.2:
            if self.say("own admin", f"desk workspace label:{word}", place="Slack, private"):
                self.world.ceilings = {**self.world.ceilings, "slack": label}
            return
        place = self.chance.choice(("Slack, own room", "Telegram, own group", "Slack, room of the other side"))
        key = PLACES[place].room
        if what < 0.4:
            if self.say("own admin", "desk channel leave", place=place):
                self.world.rooms.pop(key, None)
            return
        of, most = (PARTY, AMBER) if "other side" in place else (OWN, STRICT)
        if label <= most and self.say("own admin", f"desk channel here for:{of} label:{word}", place=place):
            self.world.rooms[key] = Room(of, label, host=OWN if of == PARTY else "")

    def repeat(self) -> None:
        """The same line again: a slip of the finger, or the platform brings the message once more."""
        if not self.said:
            return
        who, place, line, key = self.chance.choice(self.said[-6:])
        again = key if self.chance.random() < 0.5 else f"{self.desk.folder.name} r{self.done}"
        self.done += 1
        answer = self.desk.answer(who, place, line, key=again, after=1)
        seen = [
            Seen(one.who, one.where, one.line, one.text, "again", one.state, one.place)
            for one in self.desk.read_of(who, place, line, answer)
        ]
        self.tally.judge(self.world, seen)

    def wait(self) -> None:
        self.desk.tick(hours=self.chance.choice((1, 8, 24, 24 * 7)))

    def deliver(self) -> None:
        self.tally.judge(self.world, self.desk.drain())


def live(desk: Desk, seed: int, steps: int, tally: Tally, *, of: int = 500) -> None:
    """So many random steps, in lives of `of` steps."""
    chance = random.Random(seed)
    for begun in range(0, steps, of):
        story = Story(desk, chance, tally)
        for _ in range(min(of, steps - begun)):
            story.step()
        story.deliver()
