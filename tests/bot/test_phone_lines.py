"""What is read on a phone is short: every notice with ordinary values, wrapped at 42 columns, against its budget.

Buttons stand apart and are not counted, nor are the gaps between paragraphs, nor in a refusal the line that is there to
be copied; the label is a line. What is not named in BUDGETS is news, or a refusal. Of some there are several here, for
what makes them longer.
"""

import textwrap
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime, timedelta
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

import pytest

from bot.rendering.blocks import Buttons, Code, Message
from bot.rendering.phrases import Reader
from bot.rendering.render import Renderer
from handlers.absence import AwayUntil, BackAgain, DeputyNamed
from handlers.answers import AccountsAnswered, PartProduced, Reason, RequestRefused
from handlers.attachments import FileList
from handlers.authorities import AuthorityLine, AuthorityList
from handlers.bulk import CasesGiven, CasesShown, OldCloseAsked, OldClosed, OldOnes, OldShown, OldTakenUp
from handlers.calendars import HolidayList
from handlers.case_corrections import CaseCorrected, OutOfSight
from handlers.cases import CaseList, CaseReopened, CaseStatus
from handlers.corrections import RequestCorrected
from handlers.deadlines import OverdueList
from handlers.digests import Digest, DigestPage
from handlers.due import Nudge, NudgeHold, WaitsForUs
from handlers.filing.filing import ApprovalAsked
from handlers.filing.findings import Warned
from handlers.history import FoundLine, History, HistoryFound, HistoryLine
from handlers.kit.case_views import CaseCard, CaseLine, CaseLink
from handlers.kit.concerned import RequestAsked
from handlers.kit.emergency import ActLine, EmergencyActs
from handlers.kit.errors import Conflict
from handlers.kit.file_views import AttachmentLine
from handlers.kit.hold_news import PreservationChanged, PreservationReceived
from handlers.kit.moving import RequestMoved
from handlers.kit.views import (
    ClockLine,
    NoteLine,
    OnIt,
    OutcomeCount,
    PreservationLine,
    RequestCard,
    RequestLine,
    Snooze,
)
from handlers.kit.waiting import DigestLine
from handlers.language.errors import BadValue, Clause, UserError, clause
from handlers.merging import CaseMerged
from handlers.operations import DeadLine, DeadList
from handlers.people import PeopleList, PersonLine
from handlers.preservation import PreservationList, PreservationStatus
from handlers.reminders import NothingFurther, ReminderQuieted, ReminderSnoozed
from handlers.requests import RequestChecked, RequestList, RequestReceived, RequestStatus
from handlers.reversals import MoveUndone, PreservationUndone, SendingUndone
from handlers.summaries.periods import SummaryPeriod
from handlers.summaries.reciprocity import Direction, LongestOpen, SummaryReciprocity
from handlers.summaries.routes import RouteLine, SummaryRoutes, UntriedRoute
from handlers.transfers import RequestTransferred
from handlers.watching import CaseWatched
from storage.serialization import decode, encode
from tests.bot.test_templates import CONFLICTS, SAID, Maker, findings

COLUMNS = 42
NEWS, CARD, DETAILS, DIGEST, LIST, HELP, REFUSAL = 8, 14, 60, 25, 32, 25, 4
PREFLIGHT, FINDING = 6, 3
SUMMARY = 30
ELSEWHERE = {SummaryPeriod}  # where it is made
BUDGETS = {
    **dict.fromkeys(
        (
            *("RequestStatus", "CaseStatus", "PreservationStatus", "AuthorityCard", "ChannelCard", "WorkspaceCard"),
            *("RequestWhy", "Profile", "RequestFiled", "RequestReceived", "RequestAsked", "ApprovalAsked", "Health"),
            *(
                "PreservationChanged",
                "TableGiven",
                "CalendarGiven",
                "LinkBegun",
                "PersonEnrolled",
                "Invited",
                "CasesMustPass",
            ),
            "PreservationReceived",
        ),
        CARD,
    ),
    **dict.fromkeys(
        (
            *(kind.__name__ for kind in SAID if kind.__name__.endswith("List")),
            *("History", "HistoryFound", "CasesShown", "OldShown", "OldCloseAsked", "LeftBehind", "MissingValue"),
            *("MissingFields", "Ambiguous", "RegisterUnsure"),
        ),
        LIST,
    ),
    **dict.fromkeys(("HelpOverview", "HelpFamily", "HelpCommand"), HELP),
    "Digest": DIGEST,
    **dict.fromkeys(("SummaryRoutes", "SummaryReciprocity"), SUMMARY),
    "RequestChecked": PREFLIGHT + 3 * FINDING,
    "Warned": PREFLIGHT + 2 * FINDING,
}
NOW = datetime(2026, 3, 4, 9, tzinfo=UTC)
TODAY = NOW.date()
READER = Reader("Asia/Karachi", "en", NOW)
RENDERER = Renderer()

LA = "America/Los_Angeles"
DUE = ClockLine("answer", "overdue", date(2026, 2, 14), None, -18, False, None, "house_default", "", None, LA)
OURS = replace(DUE, kind="draft", due_on=date(2026, 3, 2), due_at=None, days=-2)
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
    "outcome": "refused",
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
    "figure": "opened",
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
    if kind is Clause:
        return clause("any_text")
    return {str: "", bool: False, int: 0, date: TODAY, datetime: NOW, object: NOW}[kind]


def lines(message: Message, *, copied: bool = True) -> list[str]:
    """What stands on a phone, line by line. copied: with the lines that are there to be copied."""
    apart = (Buttons,) if copied else (Buttons, Code)
    shown = Message(tuple(block for block in message.blocks if not isinstance(block, apart)), message.label).plain()
    return [line for part in shown.splitlines() for line in textwrap.wrap(part, COLUMNS)]


def on_phone(thing: Any, label: str | None = "TLP:AMBER", *, copied: bool = True) -> list[str]:
    return lines(said(thing, label), copied=copied)


def said(thing: Any, label: str | None = None) -> Message:
    kept = encode(thing.facts() if isinstance(thing, UserError) else thing)
    return RENDERER.message(thing.template, decode(kept), READER, label)


HOLD = ordinary(PreservationLine, ref="CCW-2026-0042/P1", days=2)
ASKED_HOLD = replace(HOLD, confirmed_on=None, caution="not verified: renewal terms (the 90-day period is verified)")
LINE = ordinary(RequestLine)
CASES = tuple(ordinary(CaseLine, ref=f"CCW-2026-00{n}", waiting=3, overdue=1) for n in range(10, 20))
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
    return Digest(1, shown, (), count, count - len(shown), NOW, late=False, old=None)


PAGES = tuple(DigestPage("TLP:AMBER", f"PROV-{name}", 30, date(2025, 9, 9)) for name in ("X", "META", "GOOGLE"))

CARD_OF = ordinary(
    RequestCard,
    line=LINE,
    lead="Amina Khan",
    refusals=(),
    data=ORDINARY["data"],
    fields=tuple((f"Field {n}", f"what it holds {n}") for n in range(8)),
    cautions=("not verified: the thirty days",),
    preservations=(HOLD,),
    files=(ordinary(AttachmentLine, name="letter.pdf", state="kept", ref="CCW-2026-0042/A1"),) * 3,
)
WORDS_NEXT = ("acknowledge", "clarify", "part", "produced", "not-held", "refused", "withdraw", "transfer")
SPLIT = (OutcomeCount("produced", 2), OutcomeCount("refused", 1), OutcomeCount("open", 3))
CASE_OF = ordinary(
    CaseCard,
    requests=(LINE,) * 5,
    preservations=(HOLD,),
    files=(),
    category="Impersonation",
    notes=(NoteLine("Bilal Shah", NOW, "The page is back under another name"),) * 3,
    shared_with=(),
)
SEVERAL = tuple(findings(None)[code] for code in ("paper_refused", "not_preserved"))
WAY = ordinary(
    RouteLine,
    asked=40,
    produced=12,
    refused=9,
    open=14,
    offered=True,
    reason="Overbroad or vague",
    percent=35,
    half=41,
    most=160,
    channel="provider_portal",
)
UNTRIED = ordinary(UntriedRoute, instruments=("PROD-US-BSI", "PROD-US-RECORDS", "MLA-GENERIC"))
DIRECTION = ordinary(Direction, half=41, longest=(ordinary(LongestOpen, line=LINE),))
PERSON = ordinary(PersonLine, name="Bilal Shah", roles=("officer", "manager"), accounts=("slack:T1/U1",), admitted=())
FILE = ordinary(AttachmentLine, name="letter of 3 March.pdf", state="kept", ref="CCW-2026-0042/A1")
GIVEN: dict[str, dict[str, Any]] = {
    "ChannelCard": {"done": "shown"},
    "FileRefused": {"file": ordinary(AttachmentLine, fault="too_big")},
    "BadFile": {"fault": "too_big"},
    "HeldBack": {"held_by": "room", "platform": "telegram"},
    "LeftOut": {"held_by": "room", "platform": "telegram"},
    "NeedsAnother": {"doubt": "same", "line": "request approve 42/3"},
    "RoleStays": {"stays": "held"},
    "WrongState": {"state": "sent", "move": "clarify", "allowed": ("request produced",), "since": NOW},
    "NotAllowed": {
        "act": clause("use", command="case open"),
        "needs": clause("own_worker"),
        "has": ("liaison",),
    },
    "MissingValue": {"name": "because", "line": "case close 42", "asks": "the reason, for whoever reads it later."},
    "CaseMerged": {"into": (ordinary(CaseLink, ref="CCW-2026-0040"),)},
    "ChainVerified": {"misfit": ""},
}
CONFLICT = [Conflict(code, **Maker(full=True).facts(names)) for code, names in CONFLICTS.items()]

MEASURED = {
    "a card": (ordinary(RequestStatus, request=CARD_OF, next_words=WORDS_NEXT), CARD),
    "a card in full": (ordinary(RequestStatus, request=CARD_OF, next_words=WORDS_NEXT, details=True), DETAILS),
    "a question on a card": (
        ordinary(
            RequestStatus,
            request=replace(
                CARD_OF,
                question="What plausible reason is there that the pages were made from here, and by whom?",
                line=replace(LINE, status="clarification", clock=ASKED, on_it=BILAL),
            ),
            next_words=("supplement", "withdraw"),
        ),
        CARD,
    ),
    "a case": (ordinary(CaseStatus, case=CASE_OF), CARD),
    "a case in full": (ordinary(CaseStatus, case=CASE_OF, details=True), DETAILS),
    "a hold's card": (ordinary(PreservationStatus, preservation=HOLD), CARD),
    "a hold's card in full": (
        ordinary(PreservationStatus, preservation=HOLD, details=True, source=("its guidelines", "a letter")),
        DETAILS,
    ),
    "received": (ordinary(RequestReceived, sender="US-FBI-LEGAT", sender_name="FBI Legal Attache"), CARD),
    "checked": (
        ordinary(
            RequestChecked,
            warnings=SEVERAL[:1],
            remarks=SEVERAL[1:],
            warned=1,
            expected_days=30,
            expected_hours=0,
            expected_from="history",
            checked_line="request check 42",
            missing=(("offence", "Offence(s) with section of law"), ("nexus", "Link between the account and the case")),
        ),
        PREFLIGHT + 3 * FINDING,
    ),
    "warned": (ordinary(Warned, warnings=SEVERAL, line="request file 42"), PREFLIGHT + 2 * FINDING),
    "requests": (ordinary(RequestList, requests=(LINE,) * 10, status="open"), LIST),
    "cases": (ordinary(CaseList, cases=CASES, asked=clause("alive")), LIST),
    "holds": (ordinary(PreservationList, preservations=(HOLD,) * 10, asked=clause("alive")), LIST),
    "people": (ordinary(PeopleList, people=(PERSON,) * 10), LIST),
    "files": (ordinary(FileList, files=(FILE,) * 10), LIST),
    "authorities": (
        ordinary(
            AuthorityList, authorities=(ordinary(AuthorityLine, name="Meta Platforms, Inc.", code="PROV-META"),) * 10
        ),
        LIST,
    ),
    "holidays": (ordinary(HolidayList, holidays=(("PK", TODAY, "Eid al-Fitr (moon sighted)", False),) * 10), LIST),
    "dead": (
        ordinary(DeadList, letters=(ordinary(DeadLine, what="nudge", to="Amina Khan", why="chat not found"),) * 10),
        LIST,
    ),
    "a refusal": (
        ordinary(RequestRefused, reasons=(Reason("a", "Overbroad or vague", "Narrow it and send it again", ""),)),
        NEWS,
    ),
    "a reminder": (ordinary(Nudge), NEWS),
    "a reminder before its day": (
        ordinary(Nudge, rung="tomorrow", clock=replace(DUE, state="not due", due_on=date(2026, 3, 5), days=1, zone="")),
        NEWS,
    ),
    "a reminder, again": (ordinary(Nudge, rung="again", round=3), NEWS),
    "a reminder, late": (ordinary(Nudge, rung="", meant_for=NOW), NEWS),
    "a reminder, somebody on it": (ordinary(Nudge, on_it=BILAL), NEWS),
    "a reminder to the other side": (ordinary(Nudge, across="PK-FIA-CCW", direction="incoming", lead=""), NEWS),
    "a question to us": (ordinary(Nudge, clock=ASKED, rung="soon"), NEWS),
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
    "some accounts": (ordinary(AccountsAnswered, counts=SPLIT), NEWS),
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
    "a hold asked of us": (
        ordinary(PreservationReceived, preservation=replace(ASKED_HOLD, asker="US-DOJ-OIA", emergency=True)),
        CARD,
    ),
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
    "overdue": (OverdueList("mine", "", (LINE,) * 10, (), 10, 1511, ""), LIST),
    "history": (
        ordinary(
            History,
            lines=tuple(HistoryLine(NOW, "Bilal Shah", "telegram", "", act, "", *more) for act, *more in HISTORY),
            total=8,
        ),
        LIST,
    ),
    "the roads": (
        ordinary(
            SummaryRoutes,
            routes=(WAY,) * 4,
            looked_at=2000,
            untried=(UNTRIED,) * 3,
            capped=("PROV-META",),
            others_too=True,
            total=9,
        ),
        SUMMARY,
    ),
    "both ways": (ordinary(SummaryReciprocity, ours=DIRECTION, theirs=DIRECTION), SUMMARY),
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


def _first(kind: type) -> Any:
    """A notice of a kind as it stands above, else with ordinary values."""
    found = next((thing for thing, _ in MEASURED.values() if type(thing) is kind), None)
    return found or ordinary(kind, **GIVEN.get(kind.__name__, {}))


@pytest.mark.parametrize("what", MEASURED)
def test_it_is_no_longer_than_its_budget(what):
    thing, budget = MEASURED[what]
    shown = on_phone(thing)
    assert len(shown) <= budget, "\n".join(shown)


@pytest.mark.parametrize("kind", SAID, ids=lambda kind: kind.__name__)
def test_there_is_nothing_longer_than_its_budget(kind):
    if kind in ELSEWHERE:
        return
    refuses = issubclass(kind, UserError)
    budget = BUDGETS.get(kind.__name__, REFUSAL if refuses else NEWS)
    for thing in CONFLICT if kind is Conflict else [_first(kind)]:
        shown = on_phone(thing, "TLP:AMBER" if hasattr(thing, "label") else None, copied=not refuses)
        assert len(shown) <= budget, "\n".join(shown)


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
