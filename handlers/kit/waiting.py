"""What waits: one record with the clock that is due, in two lines, as a digest and the desk of a person show it.

In: a clock the reader may see. Out: a `DigestLine`. The rows are fetched by whoever shows them.
"""

from dataclasses import dataclass

from handlers.exposure import Indoors, TwoSided
from handlers.kit import views
from handlers.kit.turn import Turn
from handlers.kit.views import ClockLine, OnIt
from storage.models import Authority, Clock, Preservation, Request


@dataclass(frozen=True)
class DigestLine(TwoSided):
    """One record that waits. `kind` of its clock: of a preservation, its day is the last; of the house, ours."""

    ref: str
    title: str
    label: str
    kind: str
    direction: str
    counterpart: str
    owes: str
    emergency: bool
    clock: ClockLine
    on_it: Indoors[OnIt | None]


def line(turn: Turn, clock: Clock) -> DigestLine:
    """The record of a clock, as of now."""
    subject, request = subject_of(clock), clock.request
    return DigestLine(
        ref=subject.ref,
        title=subject.case.title,
        label=subject.case.label,
        kind=clock.kind,
        direction=subject.direction,
        counterpart=counterpart(subject).code,
        owes=clock.authority.code,
        emergency=bool(subject.emergency),
        clock=views.clock_line(turn, clock),
        on_it=views.on_it(turn, request) if request else None,
    )


def subject_of(clock: Clock) -> Request | Preservation:
    """What a clock is of."""
    subject = clock.request or clock.preservation
    assert subject is not None, clock.id  # noqa: S101 - a clock of nothing waits for nobody
    return subject


def counterpart(subject: Request | Preservation) -> Authority:
    """The other side: whom we ask, who asks us, or who keeps the data."""
    return views.counterpart(subject) if isinstance(subject, Request) else subject.asker or subject.recipient
