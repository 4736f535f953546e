"""What people read, word for word, where a word decides what they do next."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.rendering.blocks import Message, Table, text_of
from bot.rendering.phrases import Reader
from bot.rendering.render import Renderer
from handlers.cases import CaseStatus
from handlers.deadlines import ClockWhy, RequestWhy, StepLine
from handlers.filing.filing import RequestFiled
from handlers.filing.preflight import Finding, Warned
from handlers.kit.case_views import CaseCard
from handlers.kit.errors import MissingFields, WrongState
from handlers.kit.views import ClockLine, NoteLine, PreservationLine, RequestLine
from handlers.language.errors import BadValue, MissingValue, NotFound, UserError, clause
from handlers.moves import RequestMoved
from handlers.requests import RequestList
from storage.rules.deadlines import Extension, Pause, Terms, compute
from storage.rules.lifecycle import MOVES
from storage.rules.workdays import Calendar, Override
from storage.serialization import decode, encode
from storage.times import at_local

NOW = datetime(2026, 4, 22, 20, 0, tzinfo=UTC)
READER = Reader(zone="Asia/Karachi", language="en", now=NOW)
RENDERER = Renderer()
NOT_KNOWN = "\N{EN DASH}"

REFUSED = Finding(
    "paper_refused",
    {
        "paper": "Domestic court order",
        "data": ["Content"],
        "recipient": "PROV-META",
        "rule": "18 U.S.C. 2703(a)",
        "why": "Content takes a US warrant.",
        "instead": [
            {"instrument": "MLA-US-OIA", "to": "US-DOJ-OIA", "paper": "MLA request"},
            {"instrument": "POC-247", "to": "", "paper": "Emergency request"},
        ],
    },
    source="guidelines; PROD-US-CONTENT",
    caution="not verified: the channel",
)
LAPSING = Finding(
    "outlives_preservation",
    {
        "ref": "CCW-2026-0042/P1",
        "provider": "PROV-META",
        "last": date(2026, 7, 1),
        "answer_on": date(2026, 10, 1),
        "days": 162,
        "origin": "history",
    },
)
NOT_PRESERVED = Finding("not_preserved", {"recipient": "PROV-META", "case": "CCW-2026-0042"})


def say(thing: Any) -> Message:
    kept = encode(thing.facts() if isinstance(thing, UserError) else thing)
    return RENDERER.message(thing.template, decode(kept), READER, "TLP:AMBER" if hasattr(thing, "label") else None)


def line_of(clock: ClockLine | None, *, label: str = "TLP:AMBER", emergency: bool = False) -> RequestLine:
    return RequestLine(
        ref="CCW-2026-0042/3",
        title="Fake pages of the president",
        label=label,
        direction="outgoing",
        counterpart="PROV-META",
        instrument="PROD-META",
        status="part_produced",
        emergency=emergency,
        sent_on=date(2026, 2, 2),
        clock=clock,
    )


def clock_of(state: str, days: int | None, *, hours: bool = False) -> ClockLine:
    due = None if state == "paused" else date(2026, 4, 23) + timedelta(days=days or 0)
    return ClockLine("answer", state, due, NOW if due else None, days, hours, None, "law", "")


# ---- word for word --------------------------------------------------------------------------------------------------


def test_a_filed_request_says_what_will_be_refused_and_what_to_do_next():
    filed = RequestFiled(
        ref="CCW-2026-0042/3",
        title="Fake pages of the president",
        label="TLP:AMBER",
        recipient="PROV-META",
        recipient_name="Meta Platforms, Inc.",
        portal="https://portal.example/records",
        instrument="PROD-META",
        data=("Content", "Basic subscriber information"),
        accounts=("facebook.com/example.page",),
        emergency=False,
        by="Night Officer",
        warnings=(REFUSED, LAPSING),
        despite="the judge insists",
        remarks=(NOT_PRESERVED,),
        expected_days=1,
        expected_from="reported_practice",
    )
    assert (
        say(filed).plain()
        == """\
TLP:AMBER

CCW-2026-0042/3 is filed as a draft: PROD-META to PROV-META. It is not sent yet: a person sends it, then records \
that here.

Case: Fake pages of the president
To: Meta Platforms, Inc.
Send it by: https://portal.example/records
Data: Content, Basic subscriber information
Accounts: facebook.com/example.page
Filed by: Night Officer
Answer expected: in 1 day (reported practice, no legal force)
Filed despite warnings because: the judge insists

Warned:

• Will be refused: Content from PROV-META on this paper: Domestic court order
Why: Content takes a US warrant. (18 U.S.C. 2703(a))
Works instead: MLA-US-OIA to US-DOJ-OIA, with: MLA request; or POC-247 to the central authority or contact point \
of the country that holds the data, with: Emergency request
Source: guidelines; PROD-US-CONTENT
Caution: not verified: the channel
• The data may be gone before the answer. CCW-2026-0042/P1 at PROV-META can last until Wed 1 Jul 2026, with every \
renewal; an answer may be expected on Thu 1 Oct 2026, in 162 days (our own history with them).
What helps: a faster road, or a new hold in time

→ request check CCW-2026-0042/3 to:US-DOJ-OIA as:MLA-US-OIA (What MLA-US-OIA needs)
→ preservation status CCW-2026-0042/P1 (Open CCW-2026-0042/P1)

Worth knowing:

• Nothing is preserved at PROV-META yet. It may delete the data while you wait.

→ preservation ask CCW-2026-0042 to:PROV-META (Ask to preserve)

→ request sent CCW-2026-0042/3 (Sent)
→ request status CCW-2026-0042/3 (Open CCW-2026-0042/3)"""
    )


def why(*, paused: bool = False) -> RequestWhy:
    """Ten working days from Monday 2 March with a holiday, a question, and five days more; or a question still open."""
    holidays = {date(2026, 3, 23): Override("Pakistan Day", working=False)}
    pause = Pause(date(2026, 3, 9), None if paused else date(2026, 3, 18))
    more = Extension(date(2026, 3, 25), 5, None, "they asked for a week")
    terms = Terms(
        amount=10,
        unit="working_days",
        starts_at=at_local(date(2026, 3, 2), datetime.min.time(), "Asia/Karachi"),
        calendar=Calendar("Asia/Karachi", overrides=holidays),
        pauses=(pause,),
        extensions=() if paused else (more,),
    )
    result = compute(terms)
    days = None if result.due_on is None else (result.due_on - date(2026, 4, 23)).days
    clock = ClockWhy(
        clock=ClockLine(
            "answer",
            "paused" if paused else "overdue",
            result.due_on,
            result.due_at,
            days,
            hours=False,
            paused_on=date(2026, 4, 1) if paused else None,
            origin="law",
            caution="not verified: the ten days",
        ),
        instrument="MLA-PK-IN",
        instrument_name="Request to Pakistan",
        legal_basis="Act, s. 9",
        counted_from="received by central authority",
        amount=10,
        unit="working_days",
        calendar="PK-MOI",
        zone="Asia/Karachi",
        steps=tuple(
            StepLine(step.kind.value, *(getattr(step, name) for name in list(StepLine.__annotations__)[1:]))
            for step in result.steps
        ),
        stands_on=result.stands_on,
        due_at=result.due_at,
        very_at=result.very_from,
        ended=False,
        source=("gazette", "MLA-PK-IN"),
        day_rule="day of sending is day 0",
    )
    return RequestWhy("CCW-2026-0042/3", "Fake pages", "TLP:AMBER", "outgoing", "acknowledged", (clock,))


def test_why_this_date_prints_every_step():
    assert (
        say(why()).plain()
        == """\
TLP:AMBER

CCW-2026-0042/3 is acknowledged: Fake pages

PK-MOI owes the answer. Due Thu 2 Apr 2026, overdue by 21 days.

1. Day 0: Mon 2 Mar 2026 + 10 working days + 4 weekend days = Mon 16 Mar 2026
2. Paused from their letter of Mon 9 Mar 2026 to our answer of Wed 18 Mar 2026; 5 working days were left
3. On from our answer, with what was left: Wed 18 Mar 2026 + 5 working days + 2 weekend days + 1 holiday = \
Thu 26 Mar 2026
   • not counted: Mon 23 Mar 2026, Pakistan Day
4. Extended: Thu 26 Mar 2026 + 5 working days + 2 weekend days = Thu 2 Apr 2026 (they asked for a week)

Overdue from 3 Apr 2026, 00:00 PKT; very overdue from 3 May 2026, 00:00 PKT.

Rule: MLA-PK-IN (Request to Pakistan): 10 working days, set by law
Legal basis: Act, s. 9
Counted from: received by central authority
Days: day of sending is day 0 (Asia/Karachi)
Source: gazette; MLA-PK-IN

Caution: not verified: the ten days

→ request extend CCW-2026-0042/3 (Give more time)
→ request status CCW-2026-0042/3 (Open CCW-2026-0042/3)"""
    )


def test_the_printed_steps_can_be_recomputed_by_hand():
    sums = re.findall(r"(\d+ \w{3} \d{4}) ((?:\+ \d+ [a-z ]+)+)= \w{3} (\d+ \w{3} \d{4})", say(why()).plain())
    assert len(sums) == 3
    for start, added, end in sums:
        days = sum(map(int, re.findall(r"\d+", added)))
        assert _printed(start) + timedelta(days=days) == _printed(end)


def _printed(text: str) -> datetime:
    return datetime.strptime(text, "%d %b %Y").replace(tzinfo=UTC)


def test_a_clock_that_stands_still_says_since_when_and_gives_no_date():
    shown = say(why(paused=True)).plain()
    assert "The clock is paused; it stood at Mon 16 Mar 2026." in shown
    assert "Paused since their letter of Mon 9 Mar 2026, until we answer; 5 working days were left" in shown
    assert "Overdue from" not in shown


def test_warnings_come_with_the_line_to_send_all_the_same():
    warned = Warned("CCW-2026-0042", (LAPSING,), 'request file 42 reason:"the page asks for money"')
    assert (
        say(warned).plain()
        == """\
CCW-2026-0042: not filed, 1 warning.

• The data may be gone before the answer. CCW-2026-0042/P1 at PROV-META can last until Wed 1 Jul 2026, with every \
renewal; an answer may be expected on Thu 1 Oct 2026, in 162 days (our own history with them).
What helps: a faster road, or a new hold in time

→ preservation status CCW-2026-0042/P1 (Open CCW-2026-0042/P1)

To file it all the same, say why; the reason goes on record:

request file 42 reason:"the page asks for money" despite:"your reason\""""
    )


def missing(*choices: tuple[str, str], more: int = 0) -> MissingValue:
    return MissingValue(
        name="to",
        asks="the colleague.",
        accepted=clause("these", words=["a person's name"]),
        example="amina",
        line="case assign 42",
        choices=choices,
        more=more,
    )


def test_a_missing_value_gives_the_line_back_with_each_choice():
    assert (
        say(missing(("amina", "Amina Night"), ('O"Neil Day', ""))).plain()
        == """\
to is missing: the colleague. Accepted: a person's name, such as amina. Your line so far, to go on with:

case assign 42 to:

→ case assign 42 to:amina (Amina Night)
→ case assign 42 to:"O\\"Neil Day" (O"Neil Day)"""
    )


def test_a_missing_value_with_many_choices_lists_them_and_says_how_many_there_are():
    message = say(missing(*((f"PROV-{n}", f"Provider {n}") for n in range(25)), more=315))
    (table,) = (block for block in message.blocks if isinstance(block, Table))
    assert len(table.rows) == 25
    assert message.plain().endswith("25 of 340 shown; part of a name will do.")


def test_a_move_that_is_not_possible_names_the_state_who_made_it_and_what_is_possible():
    error = WrongState(
        "CCW-2026-0042/3", "not_held", "clarify", NOW, "Day Officer", ("request transfer", "request part")
    )
    assert (
        say(error).plain()
        == """\
CCW-2026-0042/3 is not held since 23 Apr 2026, 01:00 PKT, by Day Officer, so clarify is not possible. Nothing was \
changed.

→ request transfer CCW-2026-0042/3 (Transfer)
→ request status CCW-2026-0042/3 (Open CCW-2026-0042/3)"""
    )


def test_what_somebody_did_already_is_said_so():
    error = WrongState("CCW-2026-0042/3", "acknowledged", "acknowledge", NOW, "Day Officer", ())
    assert "is acknowledged already, since 23 Apr 2026, 01:00 PKT, by Day Officer. Nothing" in say(error).plain()


def test_the_card_of_a_case():
    kept = PreservationLine(
        ref="CCW-2026-0042/P1",
        label="TLP:AMBER",
        provider="PROV-META",
        instrument="PRES-META",
        accounts=("page",),
        asked_on=date(2026, 2, 1),
        confirmed_on=None,
        expires_on=date(2026, 4, 20),
        days=-3,
        renewals=0,
        renewals_left=1,
        requests=(),
        caution="",
    )
    card = CaseCard(
        ref="CCW-2026-0042",
        title="Fake pages of the president",
        label="TLP:AMBER",
        category="Impersonation",
        agency="PK-NCCIA",
        own_reference="",
        lead="Night Officer",
        opened_by="Day Officer",
        opened_at=datetime(2026, 2, 1, 6, 0, tzinfo=UTC),
        closed_at=None,
        shared_with=("PK-MOI",),
        part_of=(),
        parts=(),
        requests=(line_of(clock_of("very overdue", -40)), line_of(None)),
        preservations=(kept,),
        notes=(NoteLine("Day Officer", NOW, "The page is back."),),
        files=(),
    )
    assert (
        say(CaseStatus(card)).plain()
        == f"""\
CCW-2026-0042: Fake pages of the president

Kind: Impersonation
Agency: PK-NCCIA
Lead: Night Officer
Opened: Sun 1 Feb 2026, Day Officer
Shared with: PK-MOI

ref | what | state | due
CCW-2026-0042/3 | to PROV-META, PROD-META | part produced | Sat 14 Mar 2026, VERY OVERDUE by 40 days
CCW-2026-0042/3 | to PROV-META, PROD-META | part produced | {NOT_KNOWN}

ref | at | state | kept until
CCW-2026-0042/P1 | PROV-META | asked, not confirmed | Mon 20 Apr 2026, LAPSED 3 days ago

Last notes:

• 23 Apr 2026, 01:00 PKT, Day Officer: The page is back.

→ request file CCW-2026-0042 (File a request)
→ preservation ask CCW-2026-0042 (Preserve data)
→ case note CCW-2026-0042 (Write a note)
→ case history CCW-2026-0042 (History)
→ case watch CCW-2026-0042 (Watch)"""
    )


# ---- small things that decide ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clock", "due"),
    [
        (clock_of("not due", 1), "Fri 24 Apr 2026, in 1 day"),
        (clock_of("due today", 0), "Thu 23 Apr 2026, due today"),
        (clock_of("overdue", -12), "Sat 11 Apr 2026, overdue by 12 days"),
        (clock_of("very overdue", -1), "Wed 22 Apr 2026, VERY OVERDUE by 1 day"),
        (clock_of("paused", None), "paused"),
        (clock_of("not due", None, hours=True), "23 Apr 2026, 01:00 PKT"),
        (clock_of("overdue", None, hours=True), "23 Apr 2026, 01:00 PKT, overdue"),
        (clock_of("very overdue", None, hours=True), "23 Apr 2026, 01:00 PKT, VERY OVERDUE"),
        (None, NOT_KNOWN),
    ],
)
def test_a_list_says_when_each_is_due(clock, due):
    assert _table(RequestList("mine", (line_of(clock),), 1, ""))[-1][-1] == due


def test_labels_have_a_column_only_where_they_differ():
    same = (line_of(None), line_of(None))
    assert _table(RequestList("mine", same, 2, ""))[0] == ["ref", "what", "state", "due"]
    differing = (line_of(None), line_of(None, label="TLP:GREEN", emergency=True))
    header, first, second = _table(RequestList("mine", differing, 2, ""))
    assert header[-1] == "label"
    assert (first[-1], second[-1]) == ("TLP:AMBER", "TLP:GREEN")
    assert second[1].startswith("EMERGENCY to PROV-META")


def _table(listed: RequestList) -> list[list[str]]:
    (table,) = (block for block in say(listed).blocks if isinstance(block, Table))
    return [[text_of(cell) for cell in row] for row in (table.header, *table.rows)]


def test_a_long_list_says_how_much_is_shown_and_goes_on_with_one_tap():
    shown = say(RequestList("mine", (line_of(None),), 340, "request list mine:yes page:2")).plain()
    assert "Requests: 1 of 340 shown, most urgent first (mine)" in shown
    assert shown.endswith("→ request list mine:yes page:2 (Next page)")


def test_missing_fields_are_named_and_stand_in_the_line():
    error = MissingFields("PROD-META", "PROV-META", (("date_range", "Date range"),), "request file 42", "guidelines")
    shown = say(error).plain()
    assert "demands 1 field more; no reason can replace it." in shown
    assert "date_range | Date range" in shown
    assert '\nrequest file 42 date_range:"..."\n' in shown


def test_a_bad_value_is_quoted_and_cut_and_an_absent_one_is_not_quoted():
    bad = BadValue("days", "9" * 70, clause("over_limit"), clause("these", words=["1 to 30"]), "14")
    assert say(bad).plain() == f"days: “{'9' * 59}…” is over the limit. Accepted: 1 to 30. Example: 14"
    absent = BadValue("days", "", clause("is_empty"), clause("these", words=["1 to 30"]), "14")
    assert say(absent).plain() == "days is empty. Accepted: 1 to 30. Example: 14"


def test_absent_and_forbidden_read_the_same():
    assert say(NotFound("request", "42/9", "request list")).plain() == (
        "No request “42/9” that you can see. List yours with request list.\n\n→ request list (List yours)"
    )


OURS = sorted(MOVES.keys() - {"part", "refused", "transfer"})  # those have notices of their own
THEIRS = [word for word in OURS if word not in ("approve", "sent")]  # theirs come on record as sent


@pytest.mark.parametrize(
    ("word", "direction"), [(word, "outgoing") for word in OURS] + [(word, "incoming") for word in THEIRS]
)
def test_every_move_has_its_words(word, direction):
    moved = RequestMoved(
        ref="CCW-2026-0042/3",
        title="Fake pages",
        label="TLP:AMBER",
        word=word,
        direction=direction,
        counterpart="PROV-META",
        on=date(2026, 4, 22),
        by="Night Officer",
        text="in their words",
        remark="",
        clock=clock_of("not due", 3),
        ours=None,
    )
    shown = say(moved).plain()
    assert re.search(
        r"CCW-2026-0042/3 [a-z :;,]+ PROV-META, Wed 22 Apr 2026\. Recorded by Night Officer\.\n\n> in their words",
        shown,
    )
    assert f"{'Their' if direction == 'outgoing' else 'Our'} answer due: Sun 26 Apr 2026, in 3 days" in shown
