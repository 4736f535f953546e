"""Who may read what, by somebody who trusts nothing: it imports nothing of the project, only what people agreed on.

In: a world of plain dictionaries (who is who, whose case is which, what stands where), and one thing that was read:
by whom, where, of which record, which field. Out: "" where that may be, else why it may not, in words.
Sources: `design.md`, section 10, and the three audiences: own people, the party on the other side, a room.
"""

from dataclasses import dataclass, field

CLEAR, GREEN, AMBER, STRICT, RED = range(5)
LABELS = ("TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED")
WORKERS = frozenset({"officer", "manager"})

WRITTEN_TO_EACH_OTHER = frozenset({"basis", "reason", "account", "field", "their", "question", "answer", "refusal"})
"""What the parties wrote to each other: for own people and the party, never for a room."""
NAMES_A_REQUEST = frozenset({"ref", "title"})
"""What every line about a request says, whoever may read of it at all."""
OUR_THOUGHTS = frozenset({"despite", "extension", "snooze"})
"""Why we went on, waited, gave time: own people, in no room."""
ADVICE = frozenset({"caution", "step"})
"""What the desk thinks of their law, and would have us do next: anybody but the party on the other side."""
OF_THE_CASE = frozenset({"own", "note", "name", "bytes", "proof", "because"})
"""What stands on our own papers: own people; a room of theirs where it is not a file."""
PROFILE = frozenset({"email", "phone", "badge"})
"""Of a person: for themselves, and nobody who looks over their shoulder."""
AUDITED = frozenset({"ref", "own", "their", "proof"})
"""What a history says without the texts of people."""
FIELDS = WRITTEN_TO_EACH_OTHER | NAMES_A_REQUEST | OUR_THOUGHTS | ADVICE | OF_THE_CASE | PROFILE | {"officer"}


@dataclass(frozen=True)
class Human:
    """Somebody, as agreed. Who was removed has no roles; on a platform of `without` their account was revoked."""

    agency: str = ""
    roles: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()

    def known(self, platform: str) -> bool:
        """Whether they are anybody there."""
        return bool(self.roles) and platform not in self.without


@dataclass
class Matter:
    """A case: whose, how confidential, who is named on it, with whom it is shared; the other party of each request."""

    owner: str
    label: int
    named: set[str] = field(default_factory=set)
    shared: set[str] = field(default_factory=set)
    parties: dict[int, str] = field(default_factory=dict)  # of request 1, 2...: the authority on the other side


@dataclass(frozen=True)
class Room:
    """A room: of which authority, brought in by which other one, and how much may be said there."""

    authority: str
    ceiling: int
    host: str = ""


@dataclass(frozen=True)
class Where:
    """A place where something stood. `how`: "alone" with the desk, "beside" (in a room, to the asker), "aloud"."""

    platform: str
    how: str = "alone"
    room: str = ""
    guest: bool = False


@dataclass
class World:
    """Everything that was agreed. `ceilings`: the most that a platform shows."""

    people: dict[str, Human] = field(default_factory=dict)
    matters: dict[int, Matter] = field(default_factory=dict)
    rooms: dict[str, Room] = field(default_factory=dict)
    ceilings: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Thing:
    """One field of one record: case 3, its request 2 (0: the case itself), "basis". `also`: requests it stands on too.

    `owner`: a person's key, where it is of a person.
    """

    matter: int
    request: int
    name: str
    also: tuple[int, ...] = ()
    owner: str = ""


def why_not(world: World, who: str, where: Where, thing: Thing) -> str:  # noqa: PLR0911 - a rule a line
    """Why this may not be read by them there; "" where it may."""
    if thing.owner:
        return _of_a_person(world, who, where, thing)
    if thing.name in ADVICE:
        return _advice(world, who, where)
    matter = world.matters[thing.matter]
    if where.how == "aloud":
        return _above(world, where, matter) or _room_reads(world.rooms.get(where.room), matter, thing)
    human = world.people.get(who, Human())
    audience = audience_of(world, who, matter, thing) if human.known(where.platform) else ""
    if not audience:
        return f"{LABELS[matter.label]} of {matter.owner} is not theirs"
    if audience == "auditor":
        return "" if thing.name in AUDITED else "an auditor reads what was done, not what was written"
    if audience == "party":
        return _party_reads(matter, thing) or _above(world, where, matter)
    return _above(world, where, matter)


def audience_of(world: World, who: str, matter: Matter, thing: Thing) -> str:  # noqa: PLR0911 - a rule a line
    """How somebody stands to a record: "own", "party", "auditor", or "" for not at all."""
    human = world.people.get(who, Human())
    named, own = who in matter.named, human.agency == matter.owner
    works = bool(human.roles & WORKERS)
    if matter.label == RED:
        return "own" if named and works else ""
    if own and works:
        return "own"
    if own and "auditor" in human.roles:
        return "auditor"
    if own and "liaison" in human.roles:
        return "own"
    if matter.label == STRICT:
        return ""
    if works and (named or human.agency in matter.shared):
        return "own"
    at_the_table = set(matter.parties.values()) if not thing.request else _parties(matter, thing)
    if human.agency in at_the_table and (works or "liaison" in human.roles):
        return "party"
    return ""


def _parties(matter: Matter, thing: Thing) -> set[str]:
    return {matter.parties[one] for one in (thing.request, *thing.also) if one in matter.parties}


def _party_reads(_matter: Matter, thing: Thing) -> str:
    if thing.name in NAMES_A_REQUEST:
        return ""
    if thing.request and thing.name in WRITTEN_TO_EACH_OTHER:
        return ""
    return "the party on the other side does not read what we wrote for ourselves"


def _above(world: World, where: Where, matter: Matter) -> str:
    """RED never stands in a room; nothing above what platform, room or guest may have."""
    ceiling = world.ceilings.get(where.platform, RED)
    if where.guest:
        ceiling = min(ceiling, CLEAR)
    if where.how != "alone":
        room = world.rooms.get(where.room)
        ceiling = min(ceiling, room.ceiling if room else CLEAR, STRICT)
    return "" if matter.label <= ceiling else f"{LABELS[matter.label]} above {LABELS[ceiling]}, which is shown here"


def _room_reads(room: Room | None, matter: Matter, thing: Thing) -> str:
    """Everybody in it: as its authority may, without what the parties wrote to each other, and our thoughts."""
    if room is None:
        return "the desk was never asked into this room" if matter.label > CLEAR else _common(thing)
    own = room.authority == matter.owner or (room.authority in matter.shared and matter.label <= AMBER)
    if room.host and room.host != matter.owner:
        return "the room hears of the cases of who let it in only"
    if own:
        return _common(thing) or ("a file is for one person" if thing.name == "bytes" else "")
    parties = set(matter.parties.values()) if not thing.request else _parties(matter, thing)
    if room.authority not in parties or matter.label > AMBER:
        return f"the room of {room.authority} is no party to it"
    return _common(thing) or _party_reads(matter, thing)


def _common(thing: Thing) -> str:
    if thing.name in WRITTEN_TO_EACH_OTHER:
        return "a room reads nothing that the parties wrote to each other"
    return "a room reads nothing of our deliberation" if thing.name in OUR_THOUGHTS else ""


def _is_other_side(world: World, who: str, where: Where) -> bool:
    """Whether a party reads it: somebody of an authority that is only ever on the other side."""
    room = world.rooms.get(where.room) if where.how == "aloud" else None
    agency = room.authority if room else world.people.get(who, Human()).agency if where.how != "aloud" else ""
    return any(agency in one.parties.values() for one in world.matters.values())


def _advice(world: World, who: str, where: Where) -> str:
    return "the other side does not read what we think of its law" if _is_other_side(world, who, where) else ""


def _of_a_person(world: World, who: str, where: Where, thing: Thing) -> str:
    human = world.people.get(who, Human())
    if thing.name in PROFILE:
        if where.how == "aloud":
            return "a person's e-mail, phone and badge stand in no room"
        return "" if who == thing.owner and human.known(where.platform) else "a profile is its person's own"
    if who == thing.owner and where.how != "aloud":
        return ""
    if _is_other_side(world, who, where) and world.people[thing.owner].agency != human.agency:
        return "the other side does not read our officers' names"
    nobody = where.how != "aloud" and not human.known(where.platform)
    return "nobody we do not know is told our names" if nobody else ""
