"""The desk of the walk: who is there, what is on record with a canary in every field, and the doors to drive it by.

In: a migrated database. Out: a `Desk` that can be put back to its first moment, and everything that anybody read there
as `Seen`. All set-up stands here. A canary is `kx302basis`: of case 3, its request 2 (50: its hold, 60: a file), the
basis; `kx90009004email`: of person 9004. References are canaries too.
"""

import asyncio
import csv
import io
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path

import openpyxl
from sqlalchemy import select

from bot.adapters.contract import Answer, Fetched, Inbound, Upload
from bot.adapters.slack import home
from bot.adapters.slack.shortcuts import HOME_LINE
from bot.inbound.dispatch import Dispatch
from bot.inbound.forms import FormBuilder
from bot.inbound.services import Services
from bot.outbound.delivery import PlatformDelivery, Timing
from bot.outbound.fetching import Fetcher
from bot.outbound.pacing import Pace
from bot.rendering.render import Renderer
from bot.ticking.tick import Ticker
from handlers import COMMANDS
from storage.database.store import Store
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.models import Case, Channel, Person, Recipient
from storage.record import records
from storage.reference.catalog import load
from storage.times import FrozenClock
from tests import factories
from tests.conftest import START
from tests.fakes import FakeChat
from tests.office import add_account, share
from tests.walk import oracle
from tests.walk.oracle import AMBER, RED, Human, Matter, Room, Thing, Where, World

OWN, PARTY, SHARED, OTHER, ELSE = "PK-FIA-CCW", "US-DOJ-OIA", "PK-PTA", "PK-MOI", "US-FBI-LEGAT"
LABEL_WORDS = ("clear", "green", "amber", "amber+strict", "red")
SPARE, CLOSED = 5, 10  # so much higher is the number of the case that can be closed, of the one that can be reopened
SECONDS = 60
RENDERER = Renderer()

PEOPLE: dict[str, tuple[str, tuple[str, ...]]] = {
    "lead": (OWN, ("officer",)),
    "named officer": (OWN, ("officer",)),
    "named manager": (OWN, ("manager",)),
    "own officer": (OWN, ("officer",)),
    "own manager": (OWN, ("manager",)),
    "own admin": (OWN, ("admin",)),
    "own auditor": (OWN, ("auditor",)),
    "own liaison": (OWN, ("liaison",)),
    "named by name, other agency": (OTHER, ("officer",)),
    "officer, shared authority": (SHARED, ("officer",)),
    "manager, shared authority": (SHARED, ("manager",)),
    "admin, shared authority": (SHARED, ("admin",)),
    "liaison, party": (PARTY, ("liaison",)),
    "officer, party": (PARTY, ("officer",)),
    "officer, other agency": (OTHER, ("officer",)),
    "manager, other agency": (OTHER, ("manager",)),
    "admin, other agency": (OTHER, ("admin",)),
    "auditor, other agency": (OTHER, ("auditor",)),
    "liaison, stranger": (ELSE, ("liaison",)),
    "named, account revoked": (OWN, ("officer",)),
    "named, removed": (OWN, ("officer",)),
    "nobody": ("", ()),
}
"""Whoever types: their authority and roles. How they stand to the records is in their name."""
NUMBERS = {key: 9001 + n for n, key in enumerate(PEOPLE)}
NAMED = ("lead", "named officer", "named manager", "named, account revoked", "named, removed")
OUTSIDE_NAMED = "named by name, other agency"

ROOMS = {
    "T1/C-OWN": ("slack", Room(OWN, AMBER)),
    "T1/C-GUEST": ("slack", Room(PARTY, AMBER, host=OWN)),
    "-100": ("telegram", Room(OWN, AMBER)),
}
PLACES: dict[str, Where] = {
    "terminal": Where("console"),
    "Slack, private": Where("slack"),
    "Slack, own room": Where("slack", "beside", "T1/C-OWN"),
    "Slack, own room, aloud": Where("slack", "aloud", "T1/C-OWN"),
    "Slack, room of the other side": Where("slack", "beside", "T1/C-GUEST"),
    "Slack, room of the other side, aloud": Where("slack", "aloud", "T1/C-GUEST"),
    "Slack, a room never asked into": Where("slack", "beside", "T1/C-NEVER"),
    "Slack, a room never asked into, aloud": Where("slack", "aloud", "T1/C-NEVER"),
    "Slack, a guest, private": Where("slack", guest=True),
    "Telegram, private": Where("telegram"),
    "Telegram, own group": Where("telegram", "aloud", "-100"),
}
CEILINGS = {"telegram": AMBER}

CANARY = re.compile(r"kx(\d+)([a-z]+)")
REF = re.compile(r"(?<![\w-])(CCW|MOI|PTA)-2026-0*(\d+)(?:/([PA]?)(\d+))?")
BASES = {"CCW": 0, "MOI": 5000, "PTA": 7000}  # so much higher are the numbers of other agencies' cases here
PERSONS = 90_000_000  # and so much higher those of people in canaries


@dataclass(frozen=True)
class Seen:
    """Something that was read: by whom (a person's key, or a room's), where, what they had typed, the text."""

    who: str
    where: Where
    line: str
    text: str
    way: str = "answer"
    state: str = "done"
    place: str = ""

    @property
    def reader(self) -> str:
        """Who reads it: everybody in a room, or one person."""
        return f"room {self.where.room}" if self.where.how == "aloud" else self.who


def account(key: str, platform: str) -> str:
    """How a platform knows somebody; a terminal by their name."""
    number = NUMBERS[key]
    return {"slack": f"T1/U{number}", "telegram": str(number)}.get(platform, name(key))


def name(key: str) -> str:
    """A person's name, which is a canary itself; but the lead's stands in the forms they file."""
    return "Agent Lead" if key == "lead" else f"Agent {canary(key)}officer"


def canary(key: str) -> str:
    """What stands in everything of a person."""
    return f"kx{PERSONS + NUMBERS[key]}"


def case_ref(number: int) -> str:
    """The reference of a case by its number here."""
    prefix = next(prefix for prefix, base in reversed(BASES.items()) if number > base)
    return f"{prefix}-2026-{number - BASES[prefix]:04}"


def world() -> World:
    """What was agreed, for the oracle."""
    made = World(ceilings=CEILINGS)
    for key, (agency, roles) in PEOPLE.items():
        revoked = frozenset({"slack", "telegram"}) if key == "named, account revoked" else frozenset()
        made.people[key] = Human(agency, frozenset(() if key == "named, removed" else roles), revoked)
    for label in range(5):
        parties = {1: "PROV-META", 2: PARTY, 3: PARTY, 4: "PROV-META", 5: PARTY, 6: "PROV-GOOGLE"}
        for number in (label + 1, label + 1 + SPARE, label + 1 + CLOSED):
            made.matters[number] = Matter(OWN, label, {*NAMED, OUTSIDE_NAMED}, {SHARED} if label <= AMBER else set())
        made.matters[label + 1].parties = parties
    made.matters[5001] = Matter(OTHER, RED, {"officer, other agency"})
    made.matters[5002] = Matter(OTHER, AMBER, {"officer, other agency"})
    made.matters[5002].parties = made.matters[5001].parties = {1: "PROV-META"}
    made.rooms = {key: room for key, (_, room) in ROOMS.items()}
    return made


def thing(number: int, word: str) -> Thing | None:
    """What a canary is of; None for a word that no record has."""
    if number > PERSONS:
        owner = next((key for key, one in NUMBERS.items() if PERSONS + one == number), "")
        return Thing(0, 0, word, owner=owner) if owner else None
    matter, part = divmod(number, 100)
    also = (2,) if part == 1 and word in ("account", "field") else ()  # carried on by the transfer
    return Thing(matter, 0 if part >= 50 else part, word, also)


def things_in(text: str) -> Iterator[tuple[str, Thing]]:
    """Every canary of a text with what it is of."""
    for found in CANARY.finditer(text):
        if one := thing(int(found[1]), found[2]):
            yield found[0], one
    for found in REF.finditer(text):
        matter = int(found[2]) + BASES[found[1]]
        part = int(found[4]) if found[4] and not found[3] else 0
        yield found[0], Thing(matter, part, "own" if found[3] else "ref")  # a hold or a file is our own paper
    for phrase, word in PHRASES.items():
        if phrase in text and REF.search(text):  # not where somebody looks up the instrument itself
            yield phrase, Thing(0, 0, word)


def _phrases() -> dict[str, str]:
    """What the desk itself says of their law, and what it would have us do next: by how these sentences begin."""
    reference = load()
    caution = reference.instruments["MLA-US-OIA"].caution
    step = reference.refusal_reasons["missing_legal_instrument"].next_step
    return {caution[:60]: "caution", step[:50]: "step"}


PHRASES = _phrases()


@dataclass
class Chat(FakeChat):
    """A platform that also keeps what stood in buttons. `heard`: (place, all of it), since it was last emptied."""

    heard: list[tuple[str, str]] = field(default_factory=list)

    async def send(self, address, message, *, mark):
        self.heard.append((address.place, spoken(message)))
        return await super().send(address, message, mark=mark)

    async def edit(self, place, message_id, message):
        self.heard.append((place, spoken(message)))
        return await super().edit(place, message_id, message)


class Shelf:
    """Files that people send: a letter with a canary inside."""

    name, sources = "console", ""

    async def fetch(self, source, *, most_bytes):
        del most_bytes
        return Fetched(b"%PDF-1.7 " + source.encode())


class Lease:
    """This process ticks."""

    held, alone, holder = True, True, ""

    def fenced(self, jobs):
        return jobs


def spoken(message) -> str:
    """All of a message, with the lines that its buttons carry."""
    return f"{message.plain()}\n{message.blocks!r}"


def inside(file) -> str:
    """The text of a file: the cells of a table; bytes as they are where it is a letter; nothing of a picture."""
    if file.name.endswith(".xlsx"):
        book = openpyxl.load_workbook(io.BytesIO(file.content))
        return "\n".join(str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row)
    if file.name.endswith(".csv"):
        return "\n".join(" ".join(row) for row in csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))
    return "" if file.name.endswith(".png") else file.content.decode("latin-1")


@dataclass
class Desk:
    """A desk with everything on record, and its doors. `restore` puts it back to the moment it was made."""

    first: Path
    folder: Path
    reference: object
    ceilings: dict[str, Label] = field(default_factory=lambda: {"telegram": Label.AMBER})
    runner: asyncio.Runner = field(default_factory=asyncio.Runner)
    keys: Iterator[int] = field(default_factory=lambda: count(1))
    clock: FrozenClock = field(default_factory=lambda: FrozenClock(START))
    store: Store | None = None

    def open(self, file: Path) -> "Desk":
        """Stand on this database."""
        return self.stand(f"sqlite:///{file}")

    def stand(self, url: str) -> "Desk":
        """The same, wherever it is; what is not in a file is not put back."""
        self.store = Store(url, clock=self.clock, reference=self.reference)
        self.dispatch = Dispatch(self.store, COMMANDS, RENDERER, self.ceilings)
        self.forms = FormBuilder(self.store, COMMANDS, RENDERER, self.ceilings)
        self.services = Services(self.store, COMMANDS)
        self._begin()
        return self

    def _begin(self) -> None:
        self.clock.move_to(START + timedelta(hours=1))
        self.ticker = Ticker(self.store, Lease(), steady=lambda: self.clock.now().timestamp())
        self.chats = {platform: Chat(platform) for platform in ("slack", "telegram", "console")}
        timing = Timing(elapsed=lambda: self.clock.now().timestamp(), chance=lambda: 0.0)
        self.roads = [
            PlatformDelivery(
                self.store, chat, RENDERER, timing=timing, pace=Pace(), ceiling=self.ceilings.get(platform, Label.RED)
            )
            for platform, chat in self.chats.items()
        ]

    def restore(self) -> None:
        """As it was when everything was put on record: page by page, under a store that stays open."""
        file = self.folder / "now.sqlite"
        if self.store is None:
            shutil.copy(self.first, file)
            self.open(file)
            return
        with closing(sqlite3.connect(self.first)) as first, closing(sqlite3.connect(file)) as now:
            first.backup(now)
        self._begin()

    def close(self) -> None:
        if self.store:
            self.store.close()
            self.store = None

    def do(self, job):
        return self.store.write(job).result(SECONDS)

    # ---- the doors ----

    def say(self, who: str, place: str, line: str, *, key: str = "", files: tuple[Upload, ...] = ()) -> list[Seen]:
        """Somebody types a line somewhere; what was read, by whom, and how it ended."""
        answer = self.answer(who, place, line, key=key, files=files)
        return self.read_of(who, place, " ".join((line, *(file.name for file in files))), answer)

    def answer(
        self, who: str, place: str, line: str, *, key: str = "", files: tuple[Upload, ...] = (), after: float = 20
    ) -> Answer:
        """The answer itself, as an adapter is handed it; so many seconds after what was said before."""
        self.clock.move(seconds=after)
        return self.runner.run(self.dispatch.receive(self.inbound(who, place, line, key=key, files=files)))

    def inbound(self, who: str, place: str, line: str, *, key: str = "", files: tuple[Upload, ...] = ()) -> Inbound:
        where = PLACES[place]
        aloud = where.how == "aloud"
        return Inbound(
            where.platform,
            key or f"{self.folder.name} {next(self.keys)}",  # another desk has put other keys on this record
            account(who, where.platform),
            f"{line} aloud:yes" if aloud and where.platform == "slack" else line,
            where.room,
            files=files,
            aloud=aloud and where.platform == "telegram",
            workspace="T1" if where.platform == "slack" else "",
            guest=where.guest,
        )

    def read_of(self, who: str, place: str, line: str, answer: Answer) -> list[Seen]:
        """Where an adapter puts an answer: aloud, beside what was typed, or into the private chat. Files go there."""
        typed, state = PLACES[place], "failed" if answer.failed else "refused" if answer.refused else "done"
        alone = Where(typed.platform, guest=typed.guest)
        if typed.platform == "telegram":
            where = alone if answer.private else typed
        elif typed.room and answer.private and any(message.label for message in answer.messages):
            where = alone
        else:
            where = typed if typed.how != "aloud" or answer.aloud else Where("slack", "beside", typed.room)
        text = "\n".join(spoken(message) for message in answer.messages) + repr(answer.question or "")
        assert "came before with another text" not in text, f"two lines have one key: {line}"
        seen = [Seen(who, where, line, text, "answer", state, place)]
        return [
            *seen,
            *(Seen(who, alone, line, f"{file.name}\n{inside(file)}", "file", state, place) for file in answer.files),
        ]

    def drain(self, line: str = "", by: str = "") -> list[Seen]:
        """Say all that waits; what people and rooms read."""
        for road in self.roads:
            self.runner.run(road.drain())
        seen = []
        people = {(platform, account(key, platform)): key for key in PEOPLE for platform in self.chats}
        for platform, chat in self.chats.items():
            for place, text in chat.heard:
                room = place in ROOMS
                who = by if room else people.get((platform, place.partition(" @ ")[0]), "nobody")
                where = Where(platform, "aloud", place) if room else Where(platform)
                seen.append(Seen(who, where, line, text, "notice"))
            chat.heard.clear()
        return seen

    def form(self, who: str, place: str, line: str) -> list[Seen]:
        """The form of a command, what can be picked, and what completes the line: its opener alone sees it."""
        inbound = self.inbound(who, place, line)
        where = Where(PLACES[place].platform, guest=PLACES[place].guest)
        form = self.runner.run(self.forms.open(inbound))
        found = [repr(form)]
        if inbound.platform == "console":  # nowhere else is a line completed
            found += [repr(self.dispatch.complete(one)) for one in (inbound, _with_blank(inbound))]
        asked = [one for one in form.fields if one.widget in ("text", "choice", "choices")] if form else []
        found += [repr(self.runner.run(self.forms.choices(inbound, one.name, ""))) for one in asked]
        return [Seen(who, where, line, "\n".join(found), "form", place=place)]

    def menu(self, who: str, place: str) -> list[Seen]:
        where = PLACES[place]
        found = self.runner.run(self.services.menu(where.platform, account(who, where.platform)))
        return [Seen(who, Where(where.platform), "", repr(found), "menu", place=place)]

    def home(self, who: str) -> list[Seen]:
        """What opens when somebody looks at the desk's own page on Slack."""
        answer = self.answer(who, "Slack, private", HOME_LINE)
        return [Seen(who, Where("slack"), "", repr(home.view(answer)), "home", place="Slack, private")]

    def tick(self, *, days: float = 0, hours: float = 0) -> None:
        """Time goes on, and the desk looks at its clocks."""
        self.clock.move(days=days, hours=hours)
        self.ticker.tick()

    def fetch(self) -> None:
        """The files that came with what was typed."""
        self.runner.run(Fetcher(self.store, Shelf()).fetch_due())

    # ---- set-up ----

    def must(self, who: str, line: str, *, files: tuple[Upload, ...] = ()) -> None:
        answer = self.answer(who, "terminal", line, files=files)
        done = not (answer.refused or answer.failed)
        assert done, f"{line}\n{answer.messages[0].plain()}"


def _with_blank(inbound: Inbound) -> Inbound:
    return Inbound(inbound.platform, inbound.key, inbound.account, inbound.text + " ", inbound.room)


FILERS = frozenset(key for key, (_, roles) in PEOPLE.items() if {"officer", "manager"} & set(roles))


def furnish(desk: Desk, filers: frozenset[str] = FILERS) -> None:
    """People and rooms, and nothing on record yet. What is known of `filers` stands in the requests they file."""
    _people(desk, filers)
    _rooms(desk)


def build(desk: Desk) -> None:
    """Put everything on record."""
    furnish(desk, frozenset({"lead"}))
    for number in range(1, 16):
        label = (number - 1) % 5
        desk.must(
            "lead",
            f'case open "Fake pages kx{number}00title" category:impersonation label:{LABEL_WORDS[label]}'
            f" own:kx{number}00own",
        )
        desk.must("lead", f'case note {case_ref(number)} "kx{number}00note"')
        for key in NAMED[1:]:
            desk.must("lead", f'case share {case_ref(number)} person:"{name(key)}"')
        if label <= AMBER:
            desk.must("lead", f"case share {case_ref(number)} with:{SHARED}")
    desk.do(_name_an_outsider)
    for number in range(1, 6):
        _requests(desk, number)
    for number in range(1 + CLOSED, 6 + CLOSED):
        desk.must("lead", f'case close {case_ref(number)} because:"kx{number}00because"')
    for number, label in ((5001, RED), (5002, AMBER)):
        who, ref = "officer, other agency", case_ref(number)
        desk.must(who, f'case open "Threat kx{number}00title" category:other label:{LABEL_WORDS[label]}')
        desk.must(who, f'case note {ref} "kx{number}00note"')
        desk.must(who, _file_meta(ref, number * 100 + 1))
        desk.must(who, f"request sent {ref}/1")
    desk.fetch()
    desk.drain()
    desk.must("own admin", f'desk person remove "{name("named, removed")}"')
    for platform in ("slack", "telegram"):
        who = "named, account revoked"
        place = "Slack, private" if platform == "slack" else "Telegram, private"
        answer = desk.answer(who, place, f"desk unlink {platform}:{account(who, platform)}")
        assert not answer.refused, answer.messages[0].plain()
    desk.drain()


def _people(desk: Desk, filers: frozenset[str]) -> None:
    def make(work):
        for key, (agency, (*roles,)) in PEOPLE.items():
            if not agency:
                continue
            row = factories.person(work, of=factories.agency(work, agency), role=Role(roles[0]), name=name(key))
            own = "" if key in filers else canary(key)
            row.email, row.phone, row.officer_id = f"{own}email", f"{own}phone", f"{own}badge"
            for platform in ("slack", "telegram") if NUMBERS[key] % 2 else ("telegram", "slack"):
                add_account(work, Recipient.person(row.id), platform, account(key, platform))
                work.session.flush()

    desk.do(make)


def _rooms(desk: Desk) -> None:
    """Each asked in by who may; the party's room needs a request first, so the row stands on record by itself."""

    def make(work):
        for key, (platform, room) in ROOMS.items():
            work.session.add(
                Channel(
                    platform=platform,
                    external_id=key,
                    title=key,
                    authority=records.authority(work, room.authority),
                    host_id=records.authority(work, room.host).id if room.host else None,
                    ceiling=oracle.LABELS[room.ceiling],
                    zone="Asia/Karachi",
                    summary=None if room.host else "mon@08:30",
                    next_digest_at=work.now,
                    next_summary_at=None if room.host else work.now,
                    outside=False,
                )
            )

    desk.do(make)


def _name_an_outsider(work) -> None:
    """A person of another agency is named by name on every case of ours: no command does that across agencies."""
    outsider = work.session.scalars(select(Person).where(Person.name == name(OUTSIDE_NAMED))).one()
    for case in work.session.scalars(select(Case)).all():
        share(work, case.ref, outsider)


def _file_meta(ref: str, n: int, more: str = "") -> str:
    return (
        f'request file {ref} to:PROV-META as:PROD-META data:bsi accounts:kx{n}account reason:"kx{n}reason" '
        f'basis:"domestic court order kx{n}basis" date_range:"2026-01-01..2026-03-01" '
        f'user_notification:"kx{n}field" despite:"kx{n}despite"{more}'
    )


MLA = (
    "treaty_basis:none offence:{f} offence_text:{f} facts_summary:{f} nexus:{f} subject_identity:{f} "
    "assistance_requested:{f} confidentiality:yes urgency_reason:{f} procedure_requested:{f} translation:yes "
    "probable_cause:{f} preservation_ref:none injury_statement:{f} own_reference:{f} request_date:2026-03-02"
)


def _requests(desk: Desk, number: int) -> None:
    ref, n = case_ref(number), number * 100
    say = desk.must
    say("lead", _file_meta(ref, n + 1))
    say(
        "lead",
        f'preservation ask {ref} to:PROV-META as:PRES-META accounts:"kx{n + 1}account; kx{n + 50}account" for:{ref}/1',
    )
    say("lead", f"preservation confirmed {ref}/P1 days:10 proof:kx{n + 50}proof")
    say("lead", f"request sent {ref}/1 their:kx{n + 1}their")
    say("lead", f'request refused {ref}/1 because:missing_legal_instrument text:"kx{n + 1}refusal"')
    say(
        "lead",
        f'request transfer {ref}/1 to:{PARTY} as:MLA-US-OIA basis:"mla request kx{n + 2}basis" '
        f'reason:"kx{n + 2}reason" despite:"kx{n + 2}despite" ' + MLA.format(f=f"kx{n + 2}field"),
    )
    say("named officer", f"request sent {ref}/2 their:kx{n + 2}their")
    say("named officer", f'request extend {ref}/2 days:10 reason:"kx{n + 2}extension"')
    say("named officer", f'request snooze {ref}/2 until:+9d reason:"kx{n + 2}snooze"')
    say(
        "lead",
        f"request receive {ref} from:{PARTY} as:MLA-PK-IN data:bsi accounts:kx{n + 3}account "
        f'basis:"mla request kx{n + 3}basis" reason:"kx{n + 3}reason" their:kx{n + 3}their',
    )
    say("named officer", f'request clarify {ref}/3 asks:"kx{n + 3}question" on:today')
    say(
        "lead",
        f'request file {ref} to:PROV-META as:EDR-META data:bsi accounts:kx{n + 4}account reason:"kx{n + 4}reason" '
        f'basis:"emergency request kx{n + 4}basis" emergency:yes person_in_danger:"kx{n + 4}field" '
        f'emergency_nature:"kx{n + 4}field" necessity_for_harm:"kx{n + 4}field" despite:"kx{n + 4}despite"',
    )
    say(
        "lead",
        f"request file {ref} to:{PARTY} as:POLICE-LIAISON data:bsi accounts:kx{n + 5}account "
        f'reason:"kx{n + 5}reason" basis:"police message kx{n + 5}basis" offence:"kx{n + 5}field" '
        f'facts_summary:"kx{n + 5}field" necessity:"kx{n + 5}field" own_reference:"kx{n + 5}field" '
        f'despite:"kx{n + 5}despite"',
    )
    say("named officer", f"request sent {ref}/5 their:kx{n + 5}their")
    say("named officer", f'request clarify {ref}/5 asks:"kx{n + 5}question" on:today')
    say("named officer", f'request supplement {ref}/5 answer:"kx{n + 5}answer"')
    say("named officer", f'request extend {ref}/5 days:5 reason:"kx{n + 5}extension"')
    say("named officer", f'request snooze {ref}/5 until:+9d reason:"kx{n + 5}snooze"')
    say("lead", _file_meta(ref, n + 6).replace("PROV-META as:PROD-META", "PROV-GOOGLE as:PROD-GOOGLE")
        + f' signed_dated:yes facts_summary:"kx{n + 6}field"')  # fmt: skip
    letter = (Upload(f"kx{n + 60}bytes", f"kx{n + 60}name.pdf", 20),)
    say("lead", f'case note {ref} "kx{n}note, with a letter"', files=letter)
    say("lead", f"request attach {ref}/5", files=(Upload(f"kx{n + 60}bytes 2", f"kx{n + 60}name.pdf", 20),))
