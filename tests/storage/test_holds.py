"""The life of a hold: the table and its diagram, what waits in each state, what takes a word back, the last day."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from storage.models import Case, Preservation
from storage.record import hold_lists
from storage.rules import clocks, holds, lifecycle
from storage.rules.holds import WORDS, KeptState, WordNotNow
from storage.rules.lifecycle import Status
from storage.times import local_day
from tests import factories

TODAY = date(2026, 9, 1)  # a Tuesday

# How a hold comes to a state: words on one that was asked for, each with the days that pass before it.
PATHS = {
    KeptState.ASKED: (),
    KeptState.CONFIRMED: (("confirmed", 0),),
    KeptState.IN_QUESTION: (("clarify", 0),),
    KeptState.FREED: (("clarify", 0), ("", 6)),
    KeptState.UNTIL_DECIDED: (("issued", 0),),
    KeptState.DECIDED: (("issued", 0), ("answer", 0)),
    KeptState.LAPSED: (("", 61),),
    KeptState.RELEASED: (("release", 0),),
    KeptState.CLOSED: (("close", 0),),
}
WAITS = {
    KeptState.ASKED: {"preservation", "confirmation"},
    KeptState.CONFIRMED: {"preservation"},
    KeptState.IN_QUESTION: {"preservation", "clarification"},
    KeptState.FREED: {"preservation", "clarification"},
    KeptState.UNTIL_DECIDED: {"confirmation", "decision"},
    KeptState.DECIDED: {"release"},
    KeptState.LAPSED: {"preservation", "confirmation"},
    KeptState.RELEASED: {"telling"},
    KeptState.CLOSED: set(),
}
"""What runs while it stands there: of what nobody waits for, nothing."""


@pytest.fixture
def ask(sqlite_store, clock):
    clock.move_to(datetime(2026, 9, 1, 7, tzinfo=UTC))
    return lambda job: sqlite_store.write(job).result()


def say(work, kept, word):
    by, on = kept.case.opener, work.now.date()
    production = kept.requests[0] if kept.requests else None
    acts = {
        "confirmed": lambda: holds.confirm(work, kept, by=by, on=on, days=60),
        "clarify": lambda: holds.clarify(work, kept, by=by, on=on, asks="Which account?"),
        "supplement": lambda: holds.supplement(work, kept, by=by, on=on),
        "renewed": lambda: holds.renew(work, kept, by=by, on=on, days=70, proof="Annex VI"),
        "issued": lambda: holds.issue(work, kept, by=by, on=on, production=production),
        "release": lambda: holds.release(work, kept, by=by, on=on),
        "told": lambda: holds.tell(work, kept, by=by, on=on),
        "close": lambda: holds.close(work, kept, by=by),
        "answer": lambda: lifecycle.move(work, production, "produced", by=by, on=on),
        "": lambda: None,
    }
    acts[word]()
    work.session.flush()


def standing(work, state, case=None):
    """A hold in a state, and the moment before what brought it there."""
    case, now = case or factories.case(work), work.now
    requests = [factories.request(work, of=case, status=Status.SENT)] if "issued" in dict(PATHS[state]) else []
    kept = factories.preservation(work, of=case, instrument="PRES-EU-EPOC-PR", days=60, for_requests=requests, on=TODAY)
    for word, days in PATHS[state]:
        work.now += timedelta(days=days)
        say(work, kept, word)
    assert holds.state(work, kept) is state
    return kept, now


def facts(kept):
    return {name: getattr(kept, name) for name in holds.COLUMNS}


def running(kept):
    return {clock.kind: clock.due_at for clock in clocks.running(kept)}


def test_every_state_and_every_word_give_what_the_table_says_and_undo_takes_it_back(ask):
    def job(work):
        wrong, case = [], factories.case(work)
        for state in KeptState:
            for word, row in WORDS.items():
                kept, before = standing(work, state, case)
                was = facts(kept), running(kept)
                try:
                    say(work, kept, word)
                    led = holds.state(work, kept)
                    if state not in row.sources or led not in row.targets:
                        wrong.append((state, word, led))
                    if holds.undo(work, kept) != word or (facts(kept), running(kept)) != was:
                        wrong.append((state, word, was, facts(kept), running(kept)))
                except WordNotNow as error:
                    if state in row.sources or word in error.allowed or (facts(kept), running(kept)) != was:
                        wrong.append((state, word, "not now"))
                work.now = before
        return wrong

    assert ask(job) == []


def test_the_diagram_is_the_table():
    named, drawn = {}, {}

    def states(text):
        return {state for part in text.split(" | ") for state in named.get(part, {part})}

    for line in (holds.__doc__ or "").splitlines():
        names, arrow, rest = line.partition("-> ")
        if line.startswith("    ") and " = " in line:
            name, _, value = line.strip().partition(" = ")
            named[name] = states(value)
        elif line.startswith("    ") and arrow:
            sources, _, word = names.strip().rpartition(" -")
            drawn[word] = (states(sources.strip()), states(rest.strip()))
    assert drawn == {word: ({*map(str, row.sources)}, {*map(str, row.targets)}) for word, row in WORDS.items()}


def test_whatever_waits_has_its_clock_and_a_reminder_ahead(ask):
    def job(work):
        found, silent, case = {}, [], factories.case(work)
        for state in KeptState:
            kept, before = standing(work, state, case)
            found[state] = set(running(kept))
            if found[state] and not any(clock.ring_at for clock in clocks.running(kept)):
                silent.append(state)
            work.now = before
        return found, silent

    assert ask(job) == (WAITS, [])


def test_nothing_is_undone_where_nothing_was_said(ask):
    assert ask(lambda work: holds.undo(work, factories.preservation(work))) == ""


def test_the_answer_to_the_request_and_its_taking_back_move_what_waits(ask):
    def job(work):
        kept, _ = standing(work, KeptState.UNTIL_DECIDED)
        request, found = kept.requests[0], []
        for act in ("refused", "reopen", "withdraw", "undo"):
            if act == "undo":
                lifecycle.undo(work, request, by=request.filer, on=TODAY)
            else:
                lifecycle.move(work, request, act, by=request.filer, on=TODAY)
            found.append((holds.state(work, kept), "decision" in running(kept), "release" in running(kept)))
        return found

    decided, waits = (KeptState.DECIDED, False, True), (KeptState.UNTIL_DECIDED, True, False)
    assert ask(job) == [decided, waits, decided, waits]


def test_the_statuses_that_decide_are_those_that_are_not_open():
    assert {str(status) for status in Status} - {str(status) for status in lifecycle.OPEN} == set(holds.DECIDED_BY)


def test_five_days_of_silence_free_them_with_a_reminder_before(ask):
    """Asked on 1 September, free from the end of the 6th; three days before it somebody hears of it."""

    def job(work):
        kept, _ = standing(work, KeptState.IN_QUESTION)
        clock = holds.open_question(kept)
        return clock.due_on, clock.rung, local_day(clock.ring_at, clock.zone)

    assert ask(job) == (date(2026, 9, 6), "soon", date(2026, 9, 3))


def test_what_we_keep_for_others_begins_when_we_confirm_and_in_an_emergency_within_two_hours(ask, clock):
    def job(work):
        kept = factories.preservation(work, to="PK-FIA-CCW", instrument="PRES-COE-29", asked_by="US-DOJ-OIA")
        urgent = factories.preservation(
            work, to="PK-FIA-CCW", instrument="PRES-COE-29", asked_by="US-DOJ-OIA", emergency=True
        )
        first = running(kept), kept.expires_on, running(urgent)["keeping"]
        say(work, kept, "confirmed")
        return *first, set(running(kept)), kept.expires_on

    waits, until, urgently, runs, ends = ask(job)
    assert (set(waits), until) == ({"keeping"}, None)
    assert urgently == clock.now() + timedelta(hours=2)
    assert (runs, ends) == ({"preservation"}, TODAY + timedelta(days=60))


def test_a_hold_is_alive_until_its_day_is_over_where_the_data_lies(store, clock):
    """The last day is 31 October: over at 19:00 UTC in Karachi, on 1 November at 07:00 UTC in California."""

    def make(work):
        case = factories.case(work)
        for to in ("PROV-META", "PK-FIA"):
            factories.preservation(work, of=case, to=to, days=60, on=TODAY, accounts=[to])
        return case.id

    clock.move_to(datetime(2026, 9, 1, 7, tzinfo=UTC))
    case_id = store.write(make).result()

    def job(work):
        viewer = factories.viewer(work.session.get_one(Case, case_id).opener)
        listed = {row.recipient.code for row in hold_lists.preservations(work, viewer).rows}
        query = select(Preservation).where(hold_lists.alive())
        met = {row.recipient.code for row in work.session.scalars(query, hold_lists.alive_at(work.now))}
        own = {row.recipient.code for row in work.session.scalars(select(Preservation)) if holds.still_kept(work, row)}
        return listed, met, own

    both = {"PROV-META", "PK-FIA"}
    for at, alive in (
        (datetime(2026, 10, 31, 18, 59, tzinfo=UTC), both),
        (datetime(2026, 10, 31, 19, 1, tzinfo=UTC), {"PROV-META"}),
        (datetime(2026, 11, 1, 6, 59, tzinfo=UTC), {"PROV-META"}),
        (datetime(2026, 11, 1, 8, 1, tzinfo=UTC), set()),
    ):
        clock.move_to(at)
        assert store.read(job).result() == (alive, alive, alive), at


def test_a_request_outlives_no_hold_that_is_kept_until_it_is_decided(ask):
    def job(work):
        found = []
        for instrument in ("PRES-META", "PRES-COE-29"):
            case = factories.case(work)
            request = factories.request(work, of=case, instrument="MLA-US-OIA", status=Status.SENT)
            kept = factories.preservation(work, of=case, instrument=instrument, days=10, for_requests=[request])
            found.append([one.ref for one, _ in holds.outliving(work, kept, lambda _: date.max)] == [request.ref])
        return found

    assert ask(job) == [True, False]
