"""Every state in which a record can stand, and the lines that people type to bring it there.

In: the table of moves (`storage/rules/lifecycle.py`), walked from each way a request comes on record. Out: `State`s. A
new status or a new move is walked by itself; a move without a line here is an error, so that it cannot be forgotten.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from storage.rules.lifecycle import MOVES, Status

FIRST, SECOND, MANAGER = "First Officer", "Second Officer", "Desk Manager"
DATA = ("bsi", "ip_logs", "traffic")
FIELDS = (
    'date_range:"2026-01-01..2026-02-01" user_notification:"not permitted" person_in_danger:"a pupil" '
    'emergency_nature:"threat to a school" necessity_for_harm:"find the sender" reason:"a complaint" despite:ordered'
)
BASIS, URGENT = 'basis:"court order 1"', "basis:emergency_request emergency:yes"
RECEIVED = "preservation receive {case} from:US-DOJ-OIA as:PRES-COE-29 accounts:fake.page despite:courtesy"
ASKED = "preservation ask {case} to:PROV-META as:PRES-META accounts:fake.page"

BEGINNINGS = {
    "outgoing": (
        Status.DRAFT,
        f"request file {{case}} to:PROV-META as:PROD-META data:{{data}} accounts:fake.page {BASIS} {FIELDS}",
    ),
    "emergency": (
        Status.APPROVAL,
        f"request file {{case}} to:PROV-META as:EDR-META data:{{data}} accounts:fake.page {URGENT} {FIELDS}",
    ),
    "incoming": (
        Status.SENT,
        "request receive {case} from:US-FBI-LEGAT as:POLICE-LIAISON data:{data} accounts:fake.page",
    ),
    "treaty": (Status.SENT, "request receive {case} from:US-DOJ-OIA as:MLA-PK-IN data:{data} accounts:fake.page"),
}
"""By kind: the first status, and the line that makes it. One by treaty has half a year, and is very late after one."""
THEIRS = ("incoming", "treaty")

LINES = {
    "approve": "request approve {ref}",
    "sent": "request sent {ref}",
    "acknowledge": "request acknowledge {ref}",
    "clarify": 'request clarify {ref} asks:"What plausible reason?" dated:{today}',
    "supplement": 'request supplement {ref} answer:"Statement attached"',
    "part": "request produced {ref} part:{part}",
    "produced": "request produced {ref}",
    "not-held": "request not-held {ref}",
    "refused": "request refused {ref} because:mla_required",
    "withdraw": "request withdraw {ref} because:done",
    "transfer": f"request transfer {{ref}} to:PROV-X as:PROD-X {BASIS} nexus:ours letterhead:yes {FIELDS}",
    "reopen": "request reopen {ref} because:wrong",
}
"""By word of a move."""

ENDS = frozenset({Status.PRODUCED, Status.NOT_HELD, Status.WITHDRAWN, Status.TRANSFERRED})
OUR_END = Status.REFUSED  # what we refused others is over; what they refused us has a next step
OURS_ALONE = frozenset({"transfer"})  # moves that only a request of our own has


@dataclass(frozen=True)
class State:
    """One record in one state. `lines` by whom; `part` of a case is its number there ("1", "P1")."""

    name: str
    lines: tuple[tuple[str, str], ...]
    part: str
    is_end: bool


def of_requests(kinds: Sequence[str], *, every_move: bool) -> Iterator[State]:
    """Requests of some kinds: each status by its shortest way; or each move of each status, after the shortest way."""
    for kind in kinds:
        ways = _shortest(kind)
        found = {way: status for status, way in ways.items()}
        if every_move:
            found |= {(*way, word): MOVES[word].target for status, way in ways.items() for word in _moves(kind, status)}
        for way, status in found.items():
            is_end = status in ENDS or (kind in THEIRS and status is OUR_END)
            name = f"{kind}: {', '.join(way) or 'new'} -> {status}"
            yield State(name, tuple(_typed(kind, way)), "1", is_end)


def of_the_rest() -> Iterator[State]:
    """Holds, and what a closed case leaves."""
    closed = (FIRST, "case close {case} because:done")
    refused = tuple(_typed("outgoing", ("sent", "refused")))
    kept = (FIRST, "preservation confirmed {ref} proof:4711")
    yield State("hold: asked", ((FIRST, ASKED),), "P1", is_end=False)
    yield State("hold: confirmed", ((FIRST, ASKED), kept), "P1", is_end=False)
    asked_back = (FIRST, 'preservation clarify {ref} asks:"Which account?" on:{today}')
    issued = (FIRST, "preservation issued {ref} despite:said")
    released = (FIRST, "preservation release {ref} because:done")
    yield State("hold: asked back", ((FIRST, ASKED), asked_back), "P1", is_end=False)
    yield State("hold: until decided", ((FIRST, ASKED), kept, issued), "P1", is_end=False)
    yield State("hold: released", ((FIRST, ASKED), kept, released), "P1", is_end=False)
    yield State("hold: told", ((FIRST, ASKED), kept, released, (FIRST, "preservation told {ref}")), "P1", is_end=True)
    yield State("hold: asked of us", ((FIRST, RECEIVED),), "P1", is_end=False)
    yield State("hold: kept for others, they need it no more", ((FIRST, RECEIVED), kept, released), "P1", is_end=True)
    yield State("hold: asked, its case closed", ((FIRST, ASKED), closed), "P1", is_end=True)
    yield State("hold: confirmed, its case closed", ((FIRST, ASKED), kept, closed), "P1", is_end=True)
    yield State("outgoing: refused, its case closed", (*refused, closed), "1", is_end=True)


def reached() -> set[Status]:
    """The statuses that some request of some kind comes to."""
    return {status for kind in BEGINNINGS for status in _shortest(kind)}


def _shortest(kind: str) -> dict[Status, tuple[str, ...]]:
    """{status: the moves of its shortest way from the beginning}."""
    first = BEGINNINGS[kind][0]
    ways: dict[Status, tuple[str, ...]] = {first: ()}
    ahead = [first]
    while ahead:
        status = ahead.pop(0)
        for word in _moves(kind, status):
            if MOVES[word].target not in ways:
                ways[MOVES[word].target] = (*ways[status], word)
                ahead.append(MOVES[word].target)
    return ways


def _moves(kind: str, status: Status) -> list[str]:
    words = [word for word, move in MOVES.items() if status in move.sources]
    return [word for word in words if kind not in THEIRS or word not in OURS_ALONE]


def _typed(kind: str, way: Sequence[str]) -> Iterator[tuple[str, str]]:
    data, left = ",".join(DATA), iter(DATA)
    yield FIRST, BEGINNINGS[kind][1].replace("{data}", data)
    for word in way:
        who = SECOND if word == "approve" else FIRST
        yield who, LINES[word].replace("{part}", next(left) if word == "part" else "")
