"""Permissions: what a record is fetched for, who may do that with one they see, and what is refused otherwise.

In: a turn, and the row that was found. Out: tables. They are applied in one place: `access.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from handlers.kit.turn import Turn
from handlers.language.errors import Clause, clause
from storage.exposure.roles import Role
from storage.exposure.sight import WORKERS
from storage.models import Case, Request


class Act(StrEnum):
    """What a record is fetched for."""

    SEE = "see"
    HISTORY = "history"
    NOTE = "note"
    ANSWER = "answer"  # who is asked: we have it, we ask back, we give, hold none, refuse
    ASK = "ask"  # who asks: what they asked is taken back, or explained
    UNDO = "undo"  # both sides: each takes back what is its own
    WORK = "work"


def reads_advice(turn: Turn) -> bool:
    """Whether the actor reads what we noted of others: who only speaks for an authority does not, nor does a room."""
    return bool(turn.actor.roles - {Role.LIAISON}) and not turn.place.aloud


def _own(turn: Turn, case: Case, _request: Request | None) -> bool:
    return case.agency_id == turn.actor.agency.id and bool(turn.actor.roles & WORKERS)


def _speaks(turn: Turn) -> bool:
    """Whether what they write to the other side is the word of their authority."""
    return bool(turn.actor.roles & {*WORKERS, Role.LIAISON})


def _asked(turn: Turn, case: Case, request: Request | None) -> bool:
    is_asked = request is not None and turn.actor.agency.id == request.recipient_id
    return _own(turn, case, request) or (is_asked and _speaks(turn))


def _asking(turn: Turn, case: Case, request: Request | None) -> bool:
    """Of another agency's record only: what our own officers asked, our own liaison does not take back."""
    is_asking = request is not None and turn.actor.agency.id == request.sender_id != case.agency_id
    return _own(turn, case, request) or (is_asking and _speaks(turn))


def _party(turn: Turn, case: Case, request: Request | None) -> bool:
    return _asked(turn, case, request) or _asking(turn, case, request)


def _anybody(_turn: Turn, _case: Case, _request: Request | None) -> bool:
    return True


def _writer(turn: Turn, case: Case, request: Request | None) -> bool:
    return _own(turn, case, request) or bool(turn.actor.roles & WORKERS)


@dataclass(frozen=True)
class Permission:
    """Who may do an act with a record they can see, and whether the record is about to change."""

    may: Callable[[Turn, Case, Request | None], bool]
    changes: bool


ACTS = {
    Act.SEE: Permission(_anybody, changes=False),
    Act.HISTORY: Permission(_anybody, changes=False),
    Act.NOTE: Permission(_writer, changes=False),
    Act.ANSWER: Permission(_asked, changes=True),
    Act.ASK: Permission(_asking, changes=True),
    Act.UNDO: Permission(_party, changes=True),
    Act.WORK: Permission(_own, changes=True),
}
REFUSED: dict[Act, Callable[[str], tuple[Clause, Clause]]] = {
    Act.NOTE: lambda ref: (clause("write_on", ref=ref), clause("worker")),
    Act.ANSWER: lambda ref: (clause("answer_on", ref=ref), clause("own_worker_or_asked")),
    Act.ASK: lambda ref: (clause("ask_on", ref=ref), clause("own_worker_or_asking")),
    Act.UNDO: lambda ref: (clause("undo_on", ref=ref), clause("own_worker_or_party")),
    Act.WORK: lambda ref: (clause("work_on", ref=ref), clause("own_worker")),
}
"""{an act that not everybody may do: what is refused with a record, and who may}."""

MOVES_OF_A_PARTY = {
    "acknowledge": Act.ANSWER,
    "clarify": Act.ANSWER,
    "produced": Act.ANSWER,
    "not-held": Act.ANSWER,
    "refused": Act.ANSWER,
    "supplement": Act.ASK,
    "withdraw": Act.ASK,
}
"""What a move of a request is for; every other one is the owner's work. The words of `storage/rules/lifecycle.py`."""

WORDS_EXCHANGED = (
    *("sent", "acknowledge", "clarify", "supplement", "part", "produced"),
    *("not-held", "refused", "withdraw", "transfer", "reopen", "extend"),
    *("undo", "correct"),
)
EXCHANGED = frozenset(f"request {word}" for word in WORDS_EXCHANGED)
"""Acts of a request that its party knows of, because one side told the other, or both see how it stands: it is told of
them (`concerned.py`), and finds them in the history."""
