"""Summaries: reciprocity. What we and another body ask each other, who owes whom more, and what to say about it.

In: a turn, and the other body, or none for all with traffic both ways. Out: one notice; nothing changes. What counts
stands in `storage/record/reciprocity.py`; the sentence for the next meeting is made of the figures above it, in
`templates/messages/summary_reciprocity.md.j2`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from handlers.exposure import PartOfRecord, RecordFacts
from handlers.kit import access, views
from handlers.kit.notices import Notice, RecordNotice
from handlers.kit.paging import Page, Pages
from handlers.kit.turn import Reply, Turn
from handlers.kit.views import RequestLine
from handlers.language.command import Commands
from handlers.language.values import AuthorityCode
from handlers.pictures.drawing import NO, AsPicture, files, head
from handlers.pictures.reciprocity import BothWays, DirectionCount, ReciprocityDrawn
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.models import Request
from storage.record import reciprocity as record
from storage.record import yields
from storage.record.reciprocity import OURS, THEIRS, Balance, OneWay
from storage.record.scopes import Scope
from storage.rules import clocks

commands = Commands()

READERS = (Role.MANAGER, Role.OFFICER)


@dataclass(frozen=True)
class LongestOpen(RecordFacts):
    """The one that has waited longest, `days` since it was sent."""

    line: RequestLine
    days: int


@dataclass(frozen=True)
class Direction(PartOfRecord):
    """What one side asked. `open`: the other owes an answer; `asked_back`: whoever asked owes them one first.

    `old`: open, of a register that nobody took up. `half`: days within which half were answered, None for not reached
    yet; it means nothing where `few` were. `longest`: one, or none. `capped`: only the newest were looked at.
    """

    asked: int
    answered: int
    open: int
    asked_back: int
    old: int
    half: int | None
    few: bool
    longest: tuple[LongestOpen, ...]
    capped: bool


@dataclass(frozen=True)
class SummaryReciprocity(RecordNotice):
    """Both directions, side by side. `label`: of the figures, which count what is not shown one by one.

    `elsewhere`: of another agency than its reader speaks for.
    """

    label: str
    agency: str
    counterpart: str
    ours: Direction
    theirs: Direction
    looked_at: int
    elsewhere: bool = False


@dataclass(frozen=True)
class BalanceLine(PartOfRecord):
    """With one body: what is open each way, and what was asked and answered. `capped`: there may be more."""

    counterpart: str
    owed_to_us: int
    we_owe: int
    asked: int
    answered: int
    asked_us: int
    we_answered: int
    capped: bool


@dataclass(frozen=True)
class ReciprocityList(RecordNotice):
    """All with traffic both ways, the most unbalanced first. `looked_at`: so many each way, the newest."""

    label: str
    agency: str
    balances: tuple[BalanceLine, ...]
    total: int
    looked_at: int
    next_line: str
    back_line: str


@commands.add("summary reciprocity", needs=READERS, reads=True, example="summary reciprocity counterpart:US-DOJ-OIA")
def reciprocity(
    turn: Turn,
    *,
    counterpart: AuthorityCode | None = None,
    agency: AuthorityCode | None = None,
    page: Page = 1,
    picture: AsPicture = NO,
) -> Reply:
    """What you and another body asked each other, who owes whom more, and what to say at the next meeting.

    counterpart: the other body; all with traffic both ways, if not said.
    agency: which of your agencies, if you belong to several.
    page: ten a page.
    picture: yes or dark: both directions as a picture as well, for yourself alone.
    """
    scope = access.scope(turn, agency, READERS)
    label = access.label_of_figures(turn, scope)
    if counterpart is None:
        found = record.all_both_ways(turn.work, scope)
        every = _all(scope, label, found, Pages(_line(agency), page).within(len(found)))
        return _pictured(turn, scope, every, [_both(one) for one in found], picture)
    other = access.authority(turn, counterpart)
    ours, theirs = record.between(turn.work, scope, other)
    asked, back = _direction(turn, ours), _direction(turn, theirs)
    away = access.is_elsewhere(turn, scope)
    summary = SummaryReciprocity(label, scope.agency.code, other.code, asked, back, record.LOOKED_AT, away)
    both = [BothWays(other.code, _way(asked), _way(back))] if asked.asked or back.asked else []
    return _pictured(turn, scope, summary, both, picture)


def _line(agency: str | None) -> str:
    return f"summary reciprocity agency:{agency}" if agency else "summary reciprocity"


def _pictured(turn: Turn, scope: Scope, notice: Notice, both: Sequence[BothWays], picture: str) -> Reply:
    """In words, and as a picture where it is asked for."""
    if picture == NO:
        return Reply(notice)
    drawn = ReciprocityDrawn.of(head(turn, scope, notice, "both-ways"), both)
    return Reply(notice, drawn, generated=files(picture, drawn))


def _way(direction: Direction) -> DirectionCount:
    half = None if direction.few else direction.half
    return DirectionCount(
        direction.asked, direction.answered, half, direction.longest[0].days if direction.longest else None
    )


def _both(one: Balance) -> BothWays:
    """Of a list: without how long it took."""
    ours, theirs = (DirectionCount(one.asked[way], one.answered[way], None, None) for way in (OURS, THEIRS))
    return BothWays(one.other.code, ours, theirs)


def _all(scope: Scope, label: Label, found: Sequence[Balance], pages: Pages) -> ReciprocityList:
    return ReciprocityList(
        label=label,
        agency=scope.agency.code,
        balances=tuple(map(_balance, pages.of(found))),
        total=len(found),
        looked_at=record.LISTED,
        next_line=pages.next_line(len(found)),
        back_line=pages.back_line,
    )


def _balance(one: Balance) -> BalanceLine:
    return BalanceLine(
        one.other.code,
        owed_to_us=one.open[OURS],
        we_owe=one.open[THEIRS],
        asked=one.asked[OURS],
        answered=one.answered[OURS],
        asked_us=one.asked[THEIRS],
        we_answered=one.answered[THEIRS],
        capped=one.capped,
    )


def _direction(turn: Turn, way: OneWay) -> Direction:
    return Direction(
        asked=way.asked,
        answered=way.answered,
        open=way.open,
        asked_back=way.asked_back,
        old=way.old,
        half=way.curve.median,
        few=way.asked < yields.ENOUGH,
        longest=(_longest(turn, turn.work.session.get_one(Request, way.oldest)),) if way.oldest else (),
        capped=way.capped,
    )


def _longest(turn: Turn, request: Request) -> LongestOpen:
    days = (turn.today - request.sent_on).days if request.sent_on else 0
    return LongestOpen(views.request_line(turn, request, clocks.that_counts(request)), days)
