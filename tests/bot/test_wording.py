"""What people read, word for word, where a word decides what they do next."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.rendering.blocks import Bullets, Buttons, Message, Table, text_of
from bot.rendering.phrases import Reader
from bot.rendering.render import Renderer
from handlers.cases import CaseStatus
from handlers.deadlines import ClockWhy, RequestWhy, StepLine
from handlers.filing.filing import RequestFiled
from handlers.filing.findings import Finding, Warned
from handlers.kit.case_views import CaseCard
from handlers.kit.errors import MissingFields, WrongState
from handlers.kit.moving import RequestMoved
from handlers.kit.views import ClockLine, NoteLine, PreservationLine, RequestLine
from handlers.language.errors import BadValue, MissingValue, NotFound, UserError, clause
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
    at = NOW + timedelta(hours=5 if state == "not due" else -5) if hours else None
    return ClockLine("answer", state, due, at, days, hours, None, "law", "")


# ---- word for word --------------------------------------------------------------------------------------------------


def test_a_filed_request_says_what_will_be_refused_and_what_to_do_next():
    filed = RequestFiled(
        ref="CCW-2026-0042/3",
        title="Fake pages of the president",
        label="TLP:AMBER",
        recipient="PROV-META",
        portal="https://portal.example/records",
        instrument="PROD-META",
        emergency=False,
        by="Night Officer",
        warnings=(REFUSED, LAPSING),
        despite="the judge insists",
        remarks=(NOT_PRESERVED,),
        expected_days=1,
        expected_hours=0,
        expected_from="reported_practice",
    )
    assert (
        say(filed).plain()
        == """\
TLP:AMBER

✋ WAITS FOR US · Fake pages of the president
A draft: send it yourself, then press Sent
CCW-2026-0042/3 · PROD-META to Meta · Night Officer

Send it by: https://portal.example/records
Answer expected: in 1 day (reported practice, no legal force)

Filed despite 2 warnings: the judge insists

• This case has no hold at Meta yet. It may delete the data while you wait.

→ request sent CCW-2026-0042/3 (Sent)
→ request status CCW-2026-0042/3 details:yes (Details)
→ request check CCW-2026-0042/3 to:US-DOJ-OIA as:MLA-US-OIA (What MLA-US-OIA needs)
→ preservation status CCW-2026-0042/P1 (Open CCW-2026-0042/P1)

→ preservation ask CCW-2026-0042 to:PROV-META (Preserve data)"""
    )


def why(*, paused: bool = False, details: bool = False) -> RequestWhy:
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
    return RequestWhy(
        "CCW-2026-0042/3", "Fake pages", "TLP:AMBER", "outgoing", "acknowledged", (clock,), details=details
    )


def test_why_this_date_prints_every_step():
    assert (
        say(why()).plain()
        == """\
TLP:AMBER

⚪ WHY THIS DATE · Fake pages
CCW-2026-0042/3, acknowledged

PK-MOI owes the answer · was due Thu 2 Apr

1. Day 0: Mon 2 Mar + 10 working days + 4 weekend days = Mon 16 Mar
2. Paused from their letter of Mon 9 Mar to our answer of Wed 18 Mar; 5 working days were left
3. On from our answer, with what was left: Wed 18 Mar + 5 working days + 2 weekend days + 1 holiday = Thu 26 Mar
   • not counted: Mon 23 Mar, Pakistan Day
4. Extended: Thu 26 Mar + 5 working days + 2 weekend days = Thu 2 Apr (they asked for a week)

Rule: MLA-PK-IN, 10 working days, set by law

Not all of this is verified.

→ request extend CCW-2026-0042/3 (Give more time)
→ request status CCW-2026-0042/3 (Open)
→ request why CCW-2026-0042/3 details:yes (Details)
→ desk instrument MLA-PK-IN (About MLA-PK-IN)"""
    )


def test_its_law_and_its_source_are_behind_details():
    shown = say(why(details=True)).plain()
    for told in (
        "Overdue from 3 Apr 2026, 00:00 PKT; very overdue from 3 May 2026, 00:00 PKT.",
        "Instrument: Request to Pakistan",
        "Legal basis: Act, s. 9",
        "Counted from: received by central authority",
        "Days: day of sending is day 0 (Asia/Karachi)",
        "Source: gazette; MLA-PK-IN",
        "Caution: not verified: the ten days",
        "→ request why CCW-2026-0042/3 (Less)",
    ):
        assert told in shown


def test_the_printed_steps_can_be_recomputed_by_hand():
    sums = re.findall(r"(\d+ \w{3}) ((?:\+ \d+ [a-z ]+)+)= \w{3} (\d+ \w{3})", say(why()).plain())
    assert len(sums) == 3
    for start, added, end in sums:
        days = sum(map(int, re.findall(r"\d+", added)))
        assert _printed(start) + timedelta(days=days) == _printed(end)


def _printed(text: str) -> datetime:
    return datetime.strptime(f"{text} {NOW.year}", "%d %b %Y").replace(tzinfo=UTC)


def test_a_clock_that_stands_still_says_since_when_and_gives_no_date():
    shown = say(why(paused=True)).plain()
    assert "The clock is paused; it stood at Mon 16 Mar" in shown
    assert "Paused since their letter of Mon 9 Mar, until we answer; 5 working days were left" in shown
    assert "Overdue from" not in shown


def test_warnings_come_with_the_line_to_send_all_the_same():
    warned = Warned("CCW-2026-0042", (LAPSING,), 'request file 42 reason:"the page asks for money"')
    assert (
        say(warned).plain()
        == """\
Not filed: 1 warning · CCW-2026-0042

• The data may be gone before the answer. CCW-2026-0042/P1 can last until Wed 1 Jul; an answer may come Thu 1 Oct.

To file it all the same, say why; the reason goes on record:

request file 42 reason:"the page asks for money" despite:"your reason"

→ request check 42 reason:"the page asks for money" why:yes (Why)
→ preservation status CCW-2026-0042/P1 (Open CCW-2026-0042/P1)"""
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
CCW-2026-0042/3 is not held since 23 Apr 2026, 01:00 PKT, by Day Officer, so “They ask back” is not possible. \
Nothing was changed.

→ request transfer CCW-2026-0042/3 (Other road)
→ request status CCW-2026-0042/3 (Open)"""
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
        state="lapsed",
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
        == """\
🔴 1 OVERDUE · Fake pages of the president
2 requests · 1 hold
CCW-2026-0042 · lead Night Officer

• 🔴 OVERDUE 40 days · Meta · PROD-META
CCW-2026-0042/3 · due 14 Mar
• ⚪ PART CAME · Meta · PROD-META
CCW-2026-0042/3

Day Officer: The page is back.

→ request file CCW-2026-0042 (File a request)
→ case note CCW-2026-0042 (Write a note)
→ case status CCW-2026-0042 details:yes (Details)
→ preservation ask CCW-2026-0042 (Preserve data)
→ case history CCW-2026-0042 (History)
→ case watch CCW-2026-0042 (Watch)
→ case close CCW-2026-0042 (Close)"""
    )
    whole = say(CaseStatus(card, details=True)).plain()
    assert "Shared with: PK-MOI" in whole
    assert "• 🟣 LAPSED 3 days ago · Meta\nCCW-2026-0042/P1 · not confirmed, asked Sun 1 Feb" in whole


# ---- small things that decide ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clock", "mark", "due"),
    [
        (clock_of("not due", 9), "⚪ PART CAME", "due 2 May"),
        (clock_of("not due", 1), "🟠 DUE tomorrow", "due 24 Apr"),
        (clock_of("due today", 0), "🟠 DUE today", "due 23 Apr"),
        (clock_of("overdue", -12), "🔴 OVERDUE 12 days", "due 11 Apr"),
        (clock_of("very overdue", -1), "🔴 OVERDUE 1 day", "due 22 Apr"),
        (clock_of("paused", None), "⚪ PART CAME", "paused"),
        (clock_of("not due", None, hours=True), "🟠 DUE in 5 hours", "due 23 Apr 2026, 06:00 PKT"),
        (clock_of("overdue", None, hours=True), "🔴 OVERDUE 5 hours", "due 22 Apr 2026, 20:00 PKT"),
        (None, "⚪ PART CAME", ""),
    ],
)
def test_a_row_says_what_it_is_and_when_it_is_due(clock, mark, due):
    (row,) = _rows(listed(line_of(clock)))
    what, when = row.splitlines()
    assert what.startswith(f"{mark} · Meta · Fake")
    assert when == "CCW-2026-0042/3" + (f" · {due}" if due else "")


def test_labels_stand_in_a_row_only_where_they_differ():
    assert not any("TLP" in row for row in _rows(listed(line_of(None), line_of(None))))
    first, second = _rows(listed(line_of(None), line_of(None, label="TLP:GREEN", emergency=True)))
    assert (first.split(" · ")[-1], second.split(" · ")[-1]) == ("TLP:AMBER", "TLP:GREEN")
    assert second.startswith("🚨 EMERGENCY · Meta")


def listed(*lines: RequestLine, total: int = 1, next_line: str = "") -> RequestList:
    return RequestList("open", "", "", mine=True, requests=lines, total=total, next_line=next_line)


def _rows(shown: RequestList) -> list[str]:
    """Each row of a list; it is opened by its own button."""
    (bullets,) = (block for block in say(shown).blocks if isinstance(block, Bullets))
    assert all(item.button and item.button.line == "request status CCW-2026-0042/3" for item in bullets.items)
    return [text_of(item.spans) for item in bullets.items]


def test_a_long_list_says_how_much_is_shown_and_turns_its_page_in_place():
    message = say(replace(listed(line_of(None), total=340), next_line="request list mine:yes page:2"))
    assert "Requests: 1 of 340 shown, most urgent first (open, yours)" in message.plain()
    (row,) = (block for block in message.blocks if isinstance(block, Buttons))
    assert [(button.label, button.line, button.turns) for button in row.buttons] == [
        ("Next page", "request list mine:yes page:2", True)
    ]


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
    first, now, ref = shown.split("\n\n")[1].splitlines()
    assert re.fullmatch("[⚪✋✅] [A-Z ]+(, withdrawn)? · Fake pages", first)
    assert re.fullmatch(r"[A-Za-z ,]*\bMeta\b[a-z ]*, Wed 22 Apr · Night Officer", now)
    assert ref == "CCW-2026-0042/3"
    assert "> in their words" in shown
    owes = "Meta owes us an answer" if direction == "outgoing" else "We owe Meta an answer"
    assert f"{owes} · due Sun 26 Apr" in shown
