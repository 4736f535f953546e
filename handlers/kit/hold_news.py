"""What is said of a hold once something was put on record of it, and what stands in the way of that.

In: a turn and a hold. Out: a reply; the case's watchers, and whoever put it on record, are told.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial

from handlers.exposure import Indoors, Ours
from handlers.kit import access, concerned, usual, views
from handlers.kit.errors import Conflict
from handlers.kit.notices import RecordNotice
from handlers.kit.turn import Reply, Turn
from handlers.kit.views import PreservationLine
from storage.exposure.labels import Label
from storage.models import Preservation
from storage.record import channels
from storage.rules import holds
from storage.rules.holds import KeptState


@dataclass(frozen=True)
class PreservationChanged(RecordNotice):
    """Something was put on record of a hold. `word`: of the command.

    `outlived` are requests of the case whose answer may come after it can last; `because`: the reason, the question or
    the answer, as it was typed; `until`: by which rule it is kept until a request is decided.
    """

    ref: str
    word: str
    title: str
    label: str
    by: Indoors[str]
    preservation: PreservationLine
    outlived: tuple[tuple[str, date], ...]
    last: date | None
    because: Ours[str] = ""
    until: str = ""

    is_card = is_under_card = True


@dataclass(frozen=True)
class PreservationReceived(RecordNotice):
    """Somebody asks us to keep data; our clock runs."""

    ref: str
    title: str
    label: str
    by: Indoors[str]
    preservation: PreservationLine

    is_card = may_call = True


@contextmanager
def a_word_on(kept: Preservation) -> Iterator[None]:
    """While something is said of a hold. Errors: Conflict for what cannot be said from where it stands."""
    try:
        yield
    except holds.WordNotNow as error:
        if error.state is KeptState.CLOSED:
            raise Conflict("closed_hold", ref=kept.ref) from error
        if error.word == "confirmed" and kept.confirmed_on:
            raise Conflict("confirmed_already", ref=kept.ref, on=kept.confirmed_on) from error
        raise Conflict("hold_not_now", ref=kept.ref, word=error.word, state=str(error.state)) from error


def changed(turn: Turn, kept: Preservation, word: str, because: str = "") -> Reply:
    """Say what was put on record."""
    instrument = turn.reference.instruments[kept.instrument]
    notice = PreservationChanged(
        ref=kept.ref,
        word=word,
        title=kept.case.title,
        label=kept.case.label,
        by=turn.actor.person.name,
        preservation=views.preservation_line(turn, kept),
        outlived=tuple((one.ref, day) for one, day in holds.outliving(turn.work, kept, partial(usual.answer_on, turn))),
        last=holds.last_possible(turn.work, kept),
        because=because,
        until=instrument.kept_until_decided or "",
    )
    turn.tell(concerned.watchers(turn, kept), notice)
    return Reply(notice)


def received(turn: Turn, kept: Preservation) -> Reply:
    """Say that somebody asks us; where somebody is in danger, to managers and rooms, too."""
    notice = PreservationReceived(
        ref=kept.ref,
        title=kept.case.title,
        label=kept.case.label,
        by=turn.actor.person.name,
        preservation=views.preservation_line(turn, kept),
    )
    managers = access.managers(turn) if kept.emergency and kept.case.label != Label.RED else []
    turn.tell([*concerned.watchers(turn, kept), *managers], notice, urgent=kept.emergency)
    if kept.emergency:
        turn.tell_rooms(channels.of_case(turn.work, kept.case), notice, urgent=True)
    return Reply(notice)
