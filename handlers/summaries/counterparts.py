"""Counterparts: who answers, and how fast: of one all that is counted, of all a list with the soonest first.

In: a turn. Out: one notice; nothing changes. What each figure counts stands in `storage/record/answering.py`, the curve
in `storage/rules/survival.py`: what is open has waited until today, so that whoever never answers is not flattered.
Incoming requests do not count here.
The first of the list is who has answered half of all soonest; behind those who have come to a half, the larger share
that was answered; last, by name, those with few requests, of whom nothing is said but counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from handlers.exposure import PartOfRecord
from handlers.kit import access
from handlers.kit.notices import Notice, RecordNotice
from handlers.kit.paging import Page, Pages
from handlers.kit.turn import Reply, Turn
from handlers.kit.views import OutcomeCount
from handlers.language.command import Commands
from handlers.language.values import AuthorityCode
from handlers.pictures.drawing import NO, AsPicture, files, head
from handlers.pictures.survival import SurvivalDrawn
from storage.exposure.roles import Role
from storage.record import answering, request_lists
from storage.record.answering import Answers, Counterpart
from storage.record.scopes import Scope
from storage.rules.lifecycle import OPEN, WAITING, Status

commands = Commands()

READERS = (Role.MANAGER, Role.OFFICER)
FEW = 5  # requests; of fewer no share and no time is said
HALF, NINE_OF_TEN = 0.5, 0.9
LOOKED_AT = (30, 90, 180, 365)  # days from sending, at which the curve is told
ACCOUNTS = ("produced", "refused", "not_held", "open", "withdrawn", "transferred")


@dataclass(frozen=True)
class CameCount(PartOfRecord):
    """Of how many requests the same came. `share`: in hundredths of all; None where these are few."""

    came: str
    count: int
    share: int | None


@dataclass(frozen=True)
class ReasonCount(PartOfRecord):
    """How many requests were refused for a reason."""

    reason: str
    count: int


@dataclass(frozen=True)
class AnswersLine(PartOfRecord):
    """What came of some requests. `of`: which; `few`: no share and no time is said of them.

    `half`, `most`: days within which half, and nine of ten, were answered; None: not reached yet. `half_from`,
    `half_until`: the 95 % band of the half.
    """

    of: str
    sent: int
    few: bool
    came: tuple[CameCount, ...]
    half: int | None
    half_from: int | None
    half_until: int | None
    most: int | None


@dataclass(frozen=True)
class WaitingPoint(PartOfRecord):
    """The share that still waited after so many days, in hundredths, with its 95 % band, and how many were at risk."""

    days: int
    share: int
    low: int
    high: int
    at_risk: int


@dataclass(frozen=True)
class CounterpartSummary(RecordNotice):
    """Who answers, and how fast: one counterpart. `accounts`: what came of them; `reasons`: why it refused.

    `deficient`: refused for form. `overdue`: as the list of what is overdue counts; `old`: besides, rows of registers
    that nobody took up. `label`: of the figures, which count what is not shown one by one.
    `elsewhere`: of another agency than its reader speaks for.
    """

    label: str
    agency: str
    counterpart: str
    whole: AnswersLine
    asked_about: int
    accounts: tuple[OutcomeCount, ...]
    curve: tuple[WaitingPoint, ...]
    classes: tuple[AnswersLine, ...]
    instruments: tuple[AnswersLine, ...]
    reasons: tuple[ReasonCount, ...]
    deficient: int
    overdue: int
    old: int
    elsewhere: bool = False


@dataclass(frozen=True)
class CounterpartList(RecordNotice):
    """Counterparts, who answers half soonest first. `label`: as of one."""

    label: str
    agency: str
    lines: tuple[AnswersLine, ...]
    total: int
    next_line: str
    back_line: str


@commands.add("summary counterpart", needs=READERS, reads=True, example="summary counterpart PROV-META")
def counterpart(
    turn: Turn,
    code: AuthorityCode | None = None,
    *,
    agency: AuthorityCode | None = None,
    page: Page = 1,
    picture: AsPicture = NO,
) -> Reply:
    """Who answers your agency, and how fast: one counterpart, or all, the soonest first.

    code: the counterpart; all of them, if not said.
    agency: which of your agencies, if you belong to several.
    page: ten a page.
    picture: yes or dark: the curves of what still waits as a picture as well, for yourself alone.
    """
    scope = access.scope(turn, agency, READERS)
    if code is None:
        every = answering.of_all(turn.work, scope)
        lines = sorted((_line(one, found) for one, found in every.items()), key=_place)
        curves = [(line.of, every[line.of]) for line in lines]
        return _pictured(
            turn, scope, _list(turn, scope, lines, page, f" agency:{agency}" if agency else ""), curves, picture
        )
    only = answering.of_counterpart(turn.work, scope, access.authority(turn, code))
    curves = [(code, only.whole)] if only.whole.sent else []
    return _pictured(turn, scope, _one(turn, scope, code, only), curves, picture)


def _pictured(turn: Turn, scope: Scope, notice: Notice, answers: Sequence[tuple[str, Answers]], picture: str) -> Reply:
    """In words, and as a picture where it is asked for. answers: by counterpart, the soonest first."""
    if picture == NO:
        return Reply(notice)
    curves = [(code, found.curve) for code, found in answers]
    drawn = SurvivalDrawn.of(head(turn, scope, notice, "answers"), curves)
    return Reply(notice, drawn, generated=files(picture, drawn))


def _list(turn: Turn, scope: Scope, lines: Sequence[AnswersLine], page: int, named: str) -> CounterpartList:
    pages = Pages(f"summary counterpart{named}", page).within(len(lines))
    return CounterpartList(
        label=access.label_of_figures(turn, scope),
        agency=scope.agency.code,
        lines=pages.of(lines),
        total=len(lines),
        next_line=pages.next_line(len(lines)),
        back_line=pages.back_line,
    )


def _place(line: AnswersLine) -> tuple[bool, bool, float, str]:
    """Those of whom more is said than counts; those who came to a half, by its day; by the share that was answered."""
    if line.few:
        return True, True, 0, line.of
    if line.half is not None:
        return False, False, line.half, line.of
    decided = sum(one.count for one in line.came if one.came in ("answered", "refused", "not_held"))
    return False, True, -decided / line.sent, line.of


def _one(turn: Turn, scope: Scope, code: str, found: Counterpart) -> CounterpartSummary:
    late = request_lists.requests(
        turn.work, scope.viewer, status=(*OPEN, Status.REFUSED), counterpart=code, due="overdue", limit=1
    )
    old = request_lists.count(turn.work, scope.viewer, status=WAITING, counterpart=code, old=True)
    return CounterpartSummary(
        label=access.label_of_figures(turn, scope),
        agency=scope.agency.code,
        counterpart=code,
        whole=_line(code, found.whole),
        asked_about=found.accounts.total(),
        accounts=tuple(OutcomeCount(one, found.accounts[one]) for one in ACCOUNTS if found.accounts[one]),
        curve=() if found.whole.sent < FEW else tuple(_points(found.whole)),
        classes=_lines({one: found.classes[one] for one in answering.CLASSES if one in found.classes}),
        instruments=_lines(dict(sorted(found.instruments.items(), key=lambda one: (-one[1].sent, one[0])))),
        reasons=tuple(ReasonCount(one, count) for one, count in sorted(found.codes.items(), key=lambda one: -one[1])),
        deficient=found.deficient,
        overdue=late.total,
        elsewhere=access.is_elsewhere(turn, scope),
        old=old,
    )


def _lines(found: Mapping[str, Answers]) -> tuple[AnswersLine, ...]:
    return tuple(_line(of, answers) for of, answers in found.items())


def _line(of: str, answers: Answers) -> AnswersLine:
    few, curve = answers.sent < FEW, answers.curve
    band = (None, None) if few else curve.quantile_band(HALF)
    return AnswersLine(
        of=of,
        sent=answers.sent,
        few=few,
        came=tuple(
            CameCount(one, count, None if few else round(100 * count / answers.sent))
            for one in answering.ORDER
            if (count := answers.came[one])
        ),
        half=None if few else curve.median,
        half_from=band[0],
        half_until=band[1],
        most=None if few else curve.quantile(NINE_OF_TEN),
    )


def _points(answers: Answers) -> list[WaitingPoint]:
    """As far as anything is known of."""
    points = []
    for days in LOOKED_AT:
        step, at_risk = answers.curve.after(days), answers.curve.at_risk(days)
        if step and at_risk:
            share, low, high = (round(100 * one) for one in (step.waiting, step.low, step.high))
            points.append(WaitingPoint(days, share, low, high, at_risk))
    return points
