"""Summaries: the roads to some data. What each has brought so far, how long it took, and which has not been tried.

In: a turn, whom one would ask, for what. Out: one notice; nothing changes. What counts stands in
`storage/record/yields.py`: what came is the agency's own; a time is its own where enough were answered, else that of
all agencies here, which is said. Which bodies hold the same data, and what the law offers to them from here, is
`storage/reference/roads.py`.
Why a road that the law does not offer is shown: it was used, and whoever reads why it fails does not use it again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from handlers.exposure import PartOfRecord
from handlers.kit import access, usual
from handlers.kit.notices import RecordNotice
from handlers.kit.paging import Page, Pages, line_of
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands
from handlers.language.values import AuthorityCode, CategoryCode, DataTypes
from storage.exposure.roles import Role
from storage.models import Authority
from storage.record import yields
from storage.record.yields import Yielded
from storage.reference import roads

commands = Commands()

READERS = (Role.MANAGER, Role.OFFICER)
ROWS = 4  # of one page: each is four lines or five
TRIED = ("production", "mutual_assistance", "police_channels")
"""Groups of instruments of which it is said that none was tried; an emergency or a takedown is no other road."""


@dataclass(frozen=True)
class RouteLine(PartOfRecord):
    """One road. `offered`: the law offers it from the agency to there today.

    `percent` of what was asked brought data; None for few. `half`, `most`: within how many days half were answered,
    and nine in ten, None for not reached yet; both mean nothing where `few`. `everyone`: these are of all agencies.
    """

    recipient: str
    instrument: str
    channel: str
    emergency: bool
    offered: bool
    asked: int
    produced: int
    partly: int
    refused: int
    reason: str
    not_held: int
    open: int
    withdrawn: int
    percent: int | None
    half: int | None
    most: int | None
    few: bool
    everyone: bool


@dataclass(frozen=True)
class UntriedRoute(PartOfRecord):
    """What the law offers there and nobody of the agency has used; each may take such data on some paper."""

    recipient: str
    instruments: tuple[str, ...]


@dataclass(frozen=True)
class SummaryRoutes(RecordNotice):
    """A page of the roads to some data, what works best first; emergencies behind it, and last what the law forbids.

    `label`: of the figures. `capped`: of these only the newest were looked at, `looked_at` of each. `others_too`: a
    body that is no provider was asked, and what it was asked may be about another's data.
    `elsewhere`: of another agency than its reader speaks for.
    """

    label: str
    agency: str
    counterpart: str
    data: tuple[str, ...]
    category: str
    routes: tuple[RouteLine, ...]
    untried: tuple[UntriedRoute, ...]
    capped: tuple[str, ...]
    looked_at: int
    others_too: bool
    total: int
    explain_line: str
    next_line: str
    back_line: str
    elsewhere: bool = False


class _Time(NamedTuple):
    """How long one takes, as a line says it."""

    half: int | None = None
    most: int | None = None
    few: bool = True
    everyone: bool = False


@commands.add("summary routes", needs=READERS, reads=True, example="summary routes to:PROV-META data:bsi,ip_logs")
def routes(
    turn: Turn,
    *,
    to: AuthorityCode,
    data: DataTypes = (),
    category: CategoryCode | None = None,
    agency: AuthorityCode | None = None,
    page: Page = 1,
) -> Reply:
    """What each road to some data has brought your agency so far, and how long it took; what works best first.

    to: whom you would ask; others that hold the same data are shown, too.
    data: only requests for any of these kinds.
    category: only cases of this kind of complaint.
    agency: which of your agencies, if you belong to several.
    page: four a page.
    """
    scope = access.scope(turn, agency, READERS)
    asked = access.authority(turn, to)
    others = roads.also_asked_for_it(turn.reference, asked)
    bodies = {one.code: one for one in (asked, *(access.authority(turn, row.code) for row in others))}
    found = yields.of(turn.work, scope, bodies.values(), data=data, category=category)
    lines = [(one, _line(turn, scope.agency, bodies[one.route.recipient], one)) for one in found.routes]
    lines.sort(key=lambda pair: _best_first(*pair))
    given = {"data": ",".join(data), "category": category, "agency": agency}
    pages = Pages(line_of("summary routes", {"to": asked.code, **given}), page, ROWS).within(len(lines))
    used = {(line.recipient, line.instrument) for _, line in lines}
    return Reply(
        SummaryRoutes(
            label=access.label_of_figures(turn, scope),
            agency=scope.agency.code,
            counterpart=asked.code,
            data=tuple(turn.reference.data_types[code].label for code in data),
            category=turn.reference.complaint_categories[category].label if category else "",
            routes=tuple(line for _, line in pages.of(lines)),
            untried=tuple(
                UntriedRoute(body.code, rest)
                for body in bodies.values()
                if (
                    rest := tuple(
                        one for one in _offered(turn, scope.agency, body, data) if (body.code, one) not in used
                    )
                )
            ),
            capped=found.capped,
            looked_at=yields.LOOKED_AT,
            others_too=asked.role == "provider" and any(bodies[code].role != "provider" for code, _ in used),
            total=len(lines),
            explain_line=line_of("summary explain", {"counterpart": asked.code, **given}),
            next_line=pages.next_line(len(lines)),
            back_line=pages.back_line,
            elsewhere=access.is_elsewhere(turn, scope),
        )
    )


def _best_first(one: Yielded, line: RouteLine) -> tuple[object, ...]:
    """What may be used, and not in danger alone; then what brought most of what was asked; then what was sooner."""
    return (
        not line.offered,
        line.emergency,
        -one.promise,
        line.half is None,
        line.half or 0,
        line.recipient,
        line.instrument,
    )


def _line(turn: Turn, sender: Authority, recipient: Authority, one: Yielded) -> RouteLine:
    instrument = turn.reference.instruments[one.route.instrument]
    tried = one.asked - one.withdrawn
    return RouteLine(
        recipient=recipient.code,
        instrument=instrument.code,
        channel=recipient.channel if instrument.channel == "any" else instrument.channel,
        emergency=one.route.emergency,
        offered=not roads.judge(turn.reference, sender, instrument, recipient, turn.today).obstacles,
        asked=one.asked,
        produced=one.produced,
        partly=one.partly,
        refused=one.refused,
        reason=turn.reference.refusal_reasons[one.reason].label if one.reason else "",
        not_held=one.not_held,
        open=one.open,
        withdrawn=one.withdrawn,
        percent=round(100 * one.came / tried) if tried >= yields.ENOUGH else None,
        **_time(turn, recipient, one)._asdict(),
    )


def _time(turn: Turn, recipient: Authority, one: Yielded) -> _Time:
    """The agency's own, where enough were asked and answered; else that of all, where that is known."""
    own, everyone = one.curve, False
    if own.answered < yields.ENOUGH:
        known = usual.known(turn, recipient, one.route.instrument, emergency=one.route.emergency)
        if known is None:
            return _Time(few=own.count < yields.ENOUGH or own.median is not None)
        own, everyone = known, True
    return _Time(own.median, own.quantile(usual.MOST), few=False, everyone=everyone)


def _offered(turn: Turn, sender: Authority, body: Authority, data: Sequence[str]) -> Iterator[str]:
    """What goes there from here today, of what such data is asked by."""
    reference, row = turn.reference, turn.reference.authorities.get(body.code)
    is_over = body.valid_until is not None and body.valid_until < turn.today
    for found in () if is_over else roads.between(reference, sender, body, turn.today):
        kinds = [code for code in data if found.group in reference.data_types[code].groups]
        takes = any(reference.takes(found, row, paper, code) for paper in found.accepts for code in kinds)
        if found.group in TRIED and (takes or not data):
            yield found.code
