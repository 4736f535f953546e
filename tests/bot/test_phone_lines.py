"""What is read on a phone is short: each notice with ordinary values, wrapped at 42 columns, against its budget.

Buttons stand apart and are not counted, nor are the gaps between paragraphs; the label is a line.
What is no news but a card, a list or a page of help is measured where it stands here; a notice that is not here has no
budget held yet.
"""

import textwrap
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime, timedelta
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

import pytest

from bot.rendering.blocks import Buttons, Message
from bot.rendering.phrases import Reader
from bot.rendering.render import Renderer
from handlers.absence import AwayUntil, BackAgain, DeputyNamed
from handlers.bulk import CasesGiven, CasesShown, OldCloseAsked, OldClosed, OldOnes, OldShown, OldTakenUp
from handlers.cases import CaseReopened
from handlers.corrections import CaseCorrected, OutOfSight, RequestCorrected
from handlers.deadlines import OverdueList
from handlers.digests import Digest, DigestPage
from handlers.due import Nudge, NudgeHold, WaitsForUs
from handlers.filing.filing import ApprovalAsked
from handlers.history import FoundLine, History, HistoryFound, HistoryLine
from handlers.kit.case_views import CaseLine, CaseLink
from handlers.kit.concerned import RequestAsked
from handlers.kit.emergency import ActLine, EmergencyActs
from handlers.kit.errors import Conflict
from handlers.kit.views import ClockLine, OnIt, PreservationLine, RequestLine, Snooze
from handlers.kit.waiting import DigestLine
from handlers.language.errors import BadValue, UserError, clause
from handlers.merging import CaseMerged
from handlers.moves import PartProduced, RequestMoved
from handlers.preservation import PreservationChanged
from handlers.reminders import NothingFurther, ReminderQuieted, ReminderSnoozed
from handlers.reversals import MoveUndone, PreservationUndone, SendingUndone
from handlers.transfers import RequestTransferred
from handlers.watching import CaseWatched
from storage.serialization import decode, encode

COLUMNS = 42
NEWS, CARD, DIGEST, LIST, REFUSAL = 8, 14, 25, 32, 4
NOW = datetime(2026, 3, 4, 9, tzinfo=UTC)
TODAY = NOW.date()
READER = Reader("Asia/Karachi", "en", NOW)
RENDERER = Renderer()

DUE = ClockLine("answer", "overdue", date(2026, 2, 14), NOW, -18, False, None, "house_default", "")
OURS = replace(DUE, kind="draft", due_on=date(2026, 3, 2), days=-2)
ASKED = replace(DUE, kind="clarification", state="not due", due_on=date(2026, 3, 14), days=10)
PAUSED = replace(DUE, state="paused", due_on=None, due_at=None, days=None, paused_on=date(2026, 3, 1))
SNOOZED = replace(DUE, snooze=Snooze(NOW + timedelta(days=9), "Amina Khan", "a hearing on 12 March"))
BILAL = OnIt("Bilal Shah", NOW + timedelta(days=7))

ORDINARY: dict[str, Any] = {
    "ref": "CCW-2026-0042/3",
    "case_ref": "CCW-2026-0042",
    "title": "Fake pages of the president",
    "label": "TLP:AMBER",
    "direction": "outgoing",
    "counterpart": "PROV-META",
    "recipient": "PROV-META",
    "provider": "PROV-META",
    "owes": "PROV-META",
    "owes_name": "Meta Platforms, Inc.",
    "provider_name": "Meta Platforms, Inc.",
    "waits": "PK-FIA-CCW",
    "agency": "PK-FIA-CCW",
    "zone": "America/Los_Angeles",
    "instrument": "PROD-META",
    "status": "sent",
    "their_reference": "",
    "across": "",
    "asked": "",
    "text": "",
    "remark": "",
    "fault": "",
    "caution": "",
    "by": "Bilal Shah",
    "lead": "Amina Khan",
    "of": "Amina Khan",
    "to": "Bilal Shah",
    "deputy": "Bilal Shah",
    "asked_by": "Desk Manager",
    "because": "it was for another request",
    "reason": "The page asks for money in his name",
    "rung": "overdue_14",
    "round": 0,
    "word": "sent",
    "kind": "answer",
    "account": "",
    "via": "telegram",
    "data": ("Basic subscriber information", "IP logs"),
    "accounts": ("facebook.com/fake.page",),
    "produced": ("Basic subscriber information",),
    "waiting": ("IP logs",),
    "people": ("Amina Khan", "Desk Manager"),
    "needing": (("CCW-2026-0042/3", "sent"),),
    "next_line": "",
    "whole_line": "",
    "clock": DUE,
    "days": -18,
    "renewals_left": 1,
    "expires_on": date(2026, 3, 6),
    "confirmed_on": date(2025, 12, 6),
    "sent_on": date(2026, 1, 15),
    "last": date(2026, 6, 4),
    "count": 7,
    "total": 1,
}


def ordinary(kind: type, /, **given: Any) -> Any:
    """A notice, or a part of one, with values of an ordinary day: `given`, else ORDINARY, else none."""
    hints = get_type_hints(kind)
    return kind(**{one.name: given.get(one.name, _value(one.name, hints[one.name])) for one in fields(kind)})


def _value(name: str, kind: Any) -> Any:
    if name in ORDINARY:
        return ORDINARY[name]
    if NoneType in get_args(kind):
        return None
    if get_origin(kind) is tuple:
        return ()
    if is_dataclass(kind):
        return ordinary(kind)
    return {str: "", bool: False, int: 0, date: TODAY, datetime: NOW}[kind]


def lines(message: Message) -> list[str]:
    """What stands on a phone, line by line."""
    shown = Message(tuple(block for block in message.blocks if not isinstance(block, Buttons)), message.label).plain()
    return [line for part in shown.splitlines() for line in textwrap.wrap(part, COLUMNS)]


def on_phone(thing: Any, label: str | None = "TLP:AMBER") -> list[str]:
    kept = encode(thing.facts() if isinstance(thing, UserError) else thing)
    return lines(RENDERER.message(thing.template, decode(kept), READER, label))


HOLD = ordinary(PreservationLine, ref="CCW-2026-0042/P1", days=2)
ASKED_HOLD = replace(HOLD, confirmed_on=None, caution="not verified: renewal terms (the 90-day period is verified)")
LINE = ordinary(RequestLine)
CASES = tuple(ordinary(CaseLine, ref=f"CCW-2026-00{n}") for n in range(10, 20))
ACTS = EmergencyActs(
    (ActLine("declared", TODAY, NOW, "Amina Khan"), ActLine("approved", TODAY, NOW, "Desk Manager")),
    (ActLine("sent", TODAY, NOW, ""), ActLine("answered", TODAY, NOW, "")),
)
OLD = ordinary(OldOnes, with_whom=(("PROV-META", 5), ("PROV-X", 2)), requests=(LINE,) * 5)
HISTORY = [
    ("request produced", (("status", ("sent",), ("produced",)),), ""),
    ("request sent", (("status", ("draft",), ("sent",)),), ""),
    ("reminder snooze", (("until", (), (date(2026, 3, 20),)),), "a hearing"),
    ("clock start", (("due on", (), (date(2026, 3, 20),)),), ""),
] * 2


def digest(count: int) -> Digest:
    shown = tuple(ordinary(DigestLine, ref=f"CCW-2026-00{n}/1") for n in range(10, 10 + min(count, 10)))
    return Digest(1, shown, (), count, count - len(shown), NOW, late=False)


PAGES = tuple(DigestPage("TLP:AMBER", f"PROV-{name}", False, 30, date(2025, 9, 9)) for name in ("X", "META", "GOOGLE"))

MEASURED = {
    "a reminder": (ordinary(Nudge), NEWS),
    "a reminder, again": (ordinary(Nudge, rung="again", round=3), NEWS),
    "a reminder, late": (ordinary(Nudge, rung="", meant_for=NOW), NEWS),
    "a reminder, somebody on it": (ordinary(Nudge, on_it=BILAL), NEWS),
    "a reminder to the other side": (ordinary(Nudge, across="PK-FIA-CCW", direction="incoming", lead=""), NEWS),
    "a question to us": (ordinary(Nudge, clock=ASKED, owes="PK-FIA-CCW", waits="PROV-META", rung="soon"), NEWS),
    **{
        f"our own step: {kind}": (ordinary(WaitsForUs, kind=kind, clock=replace(OURS, kind=kind)), NEWS)
        for kind in ("approval", "draft", "intake", "confirmation", "taken")
    },
    "our own step: next_step": (
        ordinary(WaitsForUs, kind="next_step", clock=OURS, steps=("Convert to an MLA request through the ministry",)),
        NEWS,
    ),
    "a hold": (ordinary(NudgeHold, preservation=HOLD, rung="last_days"), NEWS),
    "a hold, lapsed": (ordinary(NudgeHold, preservation=replace(HOLD, days=-3), rung="lapsed"), NEWS),
    "on it": (ordinary(ReminderQuieted, on_it=BILAL), NEWS),
    "on it, said before": (ordinary(ReminderQuieted, on_it=BILAL, before=True), NEWS),
    "snoozed": (ordinary(ReminderSnoozed, reason="a hearing on 12 March"), NEWS),
    "no further action": (ordinary(NothingFurther), NEWS),
    "they are asked": (ordinary(RequestAsked, across="PK-FIA-CCW", direction="incoming"), CARD),
    "another road": (ordinary(RequestTransferred, to="US-DOJ-OIA", child="CCW-2026-0042/4"), NEWS),
    "a step": (ordinary(RequestMoved), NEWS),
    "a step of an emergency": (ordinary(RequestMoved, acts=ACTS), CARD),
    "a part": (ordinary(PartProduced), NEWS),
    "a move taken back": (ordinary(MoveUndone, remark="it was for another request"), NEWS),
    "a question taken back": (ordinary(MoveUndone, word="clarify"), NEWS),
    "corrected": (ordinary(RequestCorrected, days=(("sent", date(2026, 1, 14), date(2026, 1, 15)),)), NEWS),
    "a case corrected": (ordinary(CaseCorrected, changes=(("label", "TLP:AMBER", "TLP:GREEN"),)), NEWS),
    "a label raised": (
        ordinary(CaseCorrected, changes=(("label", "TLP:AMBER", "TLP:RED"),), read_by=("Bilal Shah", "ops")),
        NEWS,
    ),
    "out of sight": (ordinary(OutOfSight), NEWS),
    "a hold asked": (ordinary(PreservationChanged, preservation=ASKED_HOLD, word="ask", because=""), CARD),
    "a hold closed": (ordinary(PreservationChanged, preservation=HOLD, word="close"), NEWS),
    "a hold undone": (ordinary(PreservationUndone, preservation=HOLD, word="renewed"), NEWS),
    "not sent after all": (ordinary(SendingUndone), NEWS),
    "open again": (ordinary(CaseReopened, preservations=("CCW-2026-0042/P1",)), NEWS),
    "merged": (ordinary(CaseMerged, into=(ordinary(CaseLink, ref="CCW-2026-0040"),)), NEWS),
    "watched": (ordinary(CaseWatched), NEWS),
    "watched no more": (ordinary(CaseWatched, ended=True), NEWS),
    "away": (ordinary(AwayUntil), NEWS),
    "back": (ordinary(BackAgain), NEWS),
    "a deputy": (ordinary(DeputyNamed), NEWS),
    "asked to approve": (ordinary(ApprovalAsked, acts=replace(ACTS, exchanged=())), CARD),
    "cases that would pass": (ordinary(CasesShown, cases=CASES, count=10), LIST),
    "cases that passed": (ordinary(CasesGiven), NEWS),
    "old rows": (ordinary(OldShown, old=OLD), LIST),
    "old rows to close": (ordinary(OldCloseAsked, old=OLD, asked=("Amina Khan",), number=4), LIST),
    "old rows closed": (ordinary(OldClosed, left_out=2, empty=3), NEWS),
    "old rows taken up": (ordinary(OldTakenUp), NEWS),
    "ten reminders of a morning": (digest(10), DIGEST),
    "three hundred": (replace(digest(300), lines=digest(7).lines, pages=PAGES, more=203), DIGEST),
    "overdue": (OverdueList("mine", (LINE,) * 10, (), 10, ""), LIST),
    "history": (
        ordinary(
            History,
            lines=tuple(HistoryLine(NOW, "Bilal Shah", "telegram", "", act, "", *more) for act, *more in HISTORY),
            total=8,
        ),
        LIST,
    ),
    "an auditor's find": (
        ordinary(
            HistoryFound,
            asked=clause("acts_asked", act="", about="", by="", since=None, until=None),
            lines=tuple(
                FoundLine(NOW, "Bilal Shah", "telegram", "", act, "ops", None, changes) for act, changes, _ in HISTORY
            ),
        ),
        LIST,
    ),
}


LONGER = {
    "a part": 1,
    "a reminder, late": 1,
    "a reminder, somebody on it": 1,
    "a hold": 3,
    "a hold, lapsed": 2,
    "overdue": 1,
}
"""By how many lines what is still too long is so: not one more."""


@pytest.mark.parametrize("what", MEASURED)
def test_it_is_no_longer_than_its_budget(what):
    thing, budget = MEASURED[what]
    shown = on_phone(thing)
    assert len(shown) <= budget + LONGER.get(what, 0), "\n".join(shown)


REFUSALS = {
    "past the escalation": BadValue(
        "until", "2027-12-20", clause("past_escalation", day=TODAY), clause("up_to", day=TODAY), "2026-03-04"
    ),
    "overdue, ours": Conflict("own_answer_overdue", ref="CCW-2026-0042/3"),
}


@pytest.mark.parametrize("what", REFUSALS)
def test_a_refusal_is_no_longer_than_its_budget(what):
    shown = on_phone(REFUSALS[what], None)
    assert len(shown) <= REFUSAL, "\n".join(shown)
