"""What the desk of a person, help, digests and the week say is short: measured as `test_phone_lines.py` does."""

from dataclasses import replace
from datetime import date

import pytest

from bot.rendering.blocks import Bullets, Buttons
from handlers import COMMANDS
from handlers.digests import Digest, DigestList, DigestPage, OldWaiting
from handlers.home import DeskCount, DeskHome
from handlers.kit import usable
from handlers.kit.old_rows import OldRows
from handlers.kit.views import OutcomeCount
from handlers.kit.waiting import DigestLine
from handlers.pictures.periods import PeriodCount, PeriodsDrawn
from handlers.summaries.counterparts import AnswersLine, CameCount, CounterpartList, CounterpartSummary, ReasonCount
from handlers.summaries.counterparts import WaitingPoint as Point
from handlers.summaries.periods import Figure, LateCount, OldLine, StepCount, SummaryPeriod, WaitCount
from handlers.summaries.reconcile import ComparedFigure, PeriodCompared, Reconciled, UnreadCell
from storage.exposure.roles import Role
from storage.record.desk import SORTS
from storage.serialization import decode, encode
from tests.bot.test_phone_lines import DUE, LINE, NOW, OURS, READER, RENDERER, on_phone, ordinary

DIGEST, WEEK, LIST, NUDGE = 25, 30, 32, 8
OLD = OldRows("TLP:AMBER", 1511, date(2016, 2, 21), 440)

TEN = tuple(ordinary(DigestLine, ref=f"CCW-2026-00{n}/1") for n in range(10, 20))
MIXED = tuple(
    replace(line, kind=kind, clock=replace(OURS if kind != "answer" else DUE, kind=kind))
    for line, kind in zip(TEN, ["answer", "draft", "intake", "approval", "confirmation"] * 2, strict=True)
)
PAGES = tuple(DigestPage("TLP:AMBER", f"PROV-{name}", 30, date(2025, 9, 9)) for name in ("X", "META", "GOOGLE"))
SUMMARY = ordinary(
    SummaryPeriod,
    agency="PK-FIA-CCW",
    late=tuple(LateCount(f"PROV-{name}", 20) for name in ("META", "X", "GOOGLE")),
    late_total=71,
    late_others=11,
    steps=(StepCount("escalate", 22), StepCount("chase", 48), StepCount("answer", 1)),
    figures=tuple(Figure(name, 3, 1) for name in ("opened", "filed", "sent", "answered")),
    waiting=90,
    over_a_year=4,
    oldest=tuple(OldLine(replace(LINE, ref=f"CCW-2026-00{n}/1"), 260, "escalate") for n in range(10, 20)),
    waits=(WaitCount("draft", 2, 1), WaitCount("approval", 1, 0)),
    owed=4,
    lapsing=3,
)
CAME = ("answered", "partly", "refused", "not_held", "silent", "asked", "withdrawn", "transferred")
ANSWERS = AnswersLine("PROV-META", 1520, False, tuple(CameCount(one, 190, 13) for one in CAME), 41, 38, 45, None)
COUNTERPART = CounterpartSummary(
    label="TLP:AMBER",
    agency="PK-FIA-CCW",
    counterpart="PROV-META",
    whole=ANSWERS,
    asked_about=2040,
    accounts=tuple(OutcomeCount(one, 510) for one in ("produced", "refused", "not_held", "open")),
    curve=tuple(Point(days, 62, 57, 67, 1200) for days in (30, 90, 180, 365)),
    classes=tuple(replace(ANSWERS, of=one, came=ANSWERS.came[:2]) for one in ("emergency", "content", "speech")),
    instruments=(ANSWERS,),
    reasons=tuple(ReasonCount(one, 40) for one in ("missing_legal_instrument", "mla_required", "incomplete")),
    deficient=80,
    overdue=330,
    old=0,
)

COMPARED = PeriodCompared(
    "2017 H1",
    (
        ComparedFigure("requests", 1210, 11000, 12000, "share", 12),
        ComparedFigure("accounts", 1810, 15000, None, "share", 13),
        ComparedFigure("emergency", 12, 0, 9, "unknown", 0),
        ComparedFigure("preservation", 42, 80, 80, "share", 53),
    ),
    answered=604,
    share_low=77,
    share_high=83,
    no_share=False,
    repeated=False,
)
ATLANTIS = UnreadCell("", 8, "country", "Atlantis")
FIGURES = ordinary(
    Reconciled,
    country="Pakistan",
    counterpart="PROV-META",
    file="Facebook-Government-Report-2017-H1.csv",
    periods=(replace(COMPARED, figures=COMPARED.figures[:2]),) * 6,
    total=10,
    next_line="summary reconcile counterpart:PROV-META page:2",
)

MEASURED = {
    "a digest of ten": (Digest(7, TEN, (), 10, 0, NOW, late=False, old=None), DIGEST),
    "a digest of seventy": (Digest(7, TEN, (), 70, 60, NOW, late=True, old=OLD), DIGEST),
    "a digest of seventy, unverified": (
        Digest(
            7,
            (replace(TEN[0], clock=replace(DUE, caution="not verified")), *TEN[1:]),
            (),
            70,
            60,
            NOW,
            late=False,
            old=None,
        ),
        DIGEST,
    ),
    "a digest of many sorts": (Digest(7, MIXED, (), 70, 60, NOW, late=False, old=OLD), DIGEST),
    "a digest with pages": (Digest(7, TEN[:7], PAGES, 300, 203, NOW, late=False, old=OLD), DIGEST),
    "what a register brought": (OldWaiting(OLD), NUDGE),
    "all of a digest, a page": (DigestList(TEN, 11, 70, "desk digest 7 page:1", "desk digest 7 page:3"), LIST),
    "the desk": (
        DeskHome(
            "PK-FIA-CCW", TEN[:9], tuple(DeskCount(sort, 12) for sort in SORTS[3:]), 72, OLD, (), usable.MOST_USED[1:8]
        ),
        DIGEST,
    ),
    "the desk, with nothing": (DeskHome("PK-FIA-CCW", (), (), 0, None, (), ("overdue",)), DIGEST),
    "the week": (SUMMARY, WEEK),
    "who answers": (COUNTERPART, WEEK),
    "all who answer": (CounterpartList("TLP:AMBER", "PK-FIA-CCW", (ANSWERS,) * 10, 14, "summary week", ""), LIST),
    "published figures, a page": (FIGURES, LIST),
    "published figures, one period": (
        replace(
            FIGURES,
            periods=(COMPARED,),
            total=1,
            unread=(UnreadCell("", 8, "country", "Atlantis"),) * 5,
            unread_total=9,
        ),
        DIGEST,
    ),
    "published figures that cannot be compared": (
        replace(FIGURES, periods=(), total=0, cannot="no_country", in_file=("India",) * 5, in_file_total=90),
        NUDGE,
    ),
    "the picture in words": (
        PeriodsDrawn(
            "TLP:AMBER",
            "rogatory.png",
            "PK-FIA-CCW",
            date(2026, 3, 6),
            "week",
            (PeriodCount(date(2026, 3, 2), 3, 2, 40),) * 8,
            so_far=True,
            old=512,
        ),
        LIST,
    ),
}


@pytest.mark.parametrize("what", MEASURED)
def test_it_is_no_longer_than_its_budget(what):
    thing, budget = MEASURED[what]
    shown = on_phone(thing)
    assert len(shown) <= budget, "\n".join(shown)


@pytest.mark.parametrize(
    ("thing", "rows"),
    [(MEASURED["a digest of seventy"][0], 10), (MEASURED["the desk"][0], 9), (SUMMARY, 10)],
    ids=["digest", "desk", "week"],
)
def test_every_row_opens_its_record(thing, rows):
    message = RENDERER.message(thing.template, decode(encode(thing)), READER, "TLP:AMBER")
    items = [item for block in message.blocks if isinstance(block, Bullets) for item in block.items]
    assert len(items) == rows
    for item in items:
        assert item.button is not None
        words = "".join(span.text for span in item.spans)
        assert item.button.line.split()[-1] in words, "it opens the record that it names"


def test_a_digest_of_seventy_leads_to_all_of_them_in_its_place():
    thing, _ = MEASURED["a digest of seventy"]
    message = RENDERER.message(thing.template, decode(encode(thing)), READER, "TLP:AMBER")
    buttons = [button for block in message.blocks if isinstance(block, Buttons) for button in block.buttons]
    [all_of_them] = [button for button in buttons if button.turns]
    assert (all_of_them.label, all_of_them.line) == ("All 70", "desk digest 7")


def test_the_week_says_what_is_late_with_whom_and_what_to_do_first_and_no_zero():
    shown = on_phone(SUMMARY)
    sentence = " ".join(shown[1:5])
    for part in ("71 OVERDUE", "Meta 20", "others 11", "nother road for 22", "ask again 48", "answer 1"):
        assert part in sentence
    quiet = on_phone(ordinary(SummaryPeriod, agency="PK-FIA-CCW", waits=(), waiting=0))
    assert quiet[1] == "⚪ NOTHING is overdue."
    assert not [line for line in quiet if " 0" in line or line.startswith("0")]


def test_what_is_most_used_is_a_command():
    assert set(usable.MOST_USED) <= {spec.words for spec in COMMANDS}


@pytest.mark.parametrize("role", list(Role))
def test_nobody_is_shown_what_their_role_may_not_use(role):
    shown = usable.first_used(COMMANDS, frozenset({role}))
    assert shown
    assert all(not spec.needs or role in spec.needs for spec in shown)
    assert not [spec.words for spec in shown if spec.hidden]
