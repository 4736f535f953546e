"""The life of a request: the table, the diagram that draws it, what it does to clocks; nothing goes past it."""

import ast
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

import handlers
import storage
from storage.models import AuditLine, Request
from storage.rules import clocks, lifecycle
from storage.rules.deadlines import ClockState
from storage.rules.lifecycle import MOVES, NotNow, Status
from tests import factories

SECONDS = 60
TODAY = date(2026, 3, 2)
DUE = date(2026, 4, 27)  # PROD-META: 56 calendar days after TODAY

# from, by the words of a command: to
TABLE = {
    "approval": {"approve": "draft", "withdraw": "withdrawn"},
    "draft": {"sent": "sent", "withdraw": "withdrawn"},
    "sent": {
        "acknowledge": "acknowledged", "clarify": "clarification", "part": "part_produced", "produced": "produced",
        "not-held": "not_held", "refused": "refused", "withdraw": "withdrawn", "transfer": "transferred",
    },
    "acknowledged": {
        "clarify": "clarification", "part": "part_produced", "produced": "produced", "not-held": "not_held",
        "refused": "refused", "withdraw": "withdrawn", "transfer": "transferred",
    },
    "clarification": {
        "supplement": "acknowledged", "part": "part_produced", "produced": "produced", "not-held": "not_held",
        "refused": "refused", "withdraw": "withdrawn", "transfer": "transferred",
    },
    "part_produced": {
        "clarify": "clarification", "part": "part_produced", "produced": "produced", "not-held": "not_held",
        "refused": "refused", "withdraw": "withdrawn", "transfer": "transferred",
    },
    "produced": {"reopen": "acknowledged"},
    "not_held": {"transfer": "transferred", "reopen": "acknowledged"},
    "refused": {"transfer": "transferred", "reopen": "acknowledged"},
    "withdrawn": {},
    "transferred": {},
}  # fmt: skip


def test_every_state_and_every_word_give_exactly_the_table(store):
    def job(work):
        case, found = factories.case(work), {}
        for status in Status:
            found[status.value] = {}
            for word in MOVES:
                row = factories.request(work, of=case, status=status)
                with suppress(NotNow):
                    lifecycle.move(work, row, word, by=case.opener, on=TODAY)
                    found[status.value][word] = row.status.value
        return found

    assert store.write(job).result(SECONDS) == TABLE


def test_the_diagram_is_the_table():
    named, drawn = {}, {}
    for line in (lifecycle.__doc__ or "").splitlines():
        names, arrow, rest = line.partition("-> ")
        if line.startswith("    ") and " = " in line:
            name, _, value = line.strip().partition(" = ")
            named[name] = {state for part in value.split(" | ") for state in named.get(part, {part})}
        elif line.startswith("    ") and arrow:
            sources, _, word = names.strip().rpartition(" -")
            states = {state for part in sources.strip().split(" | ") for state in named.get(part, {part})}
            drawn[word] = (states, rest.split()[0])
    assert drawn == {word: ({*map(str, move.sources)}, str(move.target)) for word, move in MOVES.items()}


def test_status_is_written_in_one_place():
    """No assignment, no keyword, no setattr, no bulk update of a request's status but in `lifecycle.set_status`."""
    found = []
    for package in (storage, handlers):
        for file in Path(package.__file__).parent.rglob("*.py"):
            for function, node in _with_function(ast.parse(file.read_text(encoding="utf-8"))):
                if _writes_status(node):
                    found.append((file.name, function))
    assert found == [("lifecycle.py", "set_status")]


def _with_function(tree, name=""):
    for node in ast.iter_child_nodes(tree):
        inside = node.name if isinstance(node, ast.FunctionDef) else name
        yield inside, node
        yield from _with_function(node, inside)


def _writes_status(node):
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
        return node.attr == "status"
    if not isinstance(node, ast.Call):
        return False
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    keywords = {keyword.arg for keyword in node.keywords}
    if called == "setattr":
        return any(isinstance(argument, ast.Constant) and argument.value == "status" for argument in node.args)
    return called in ("Request", "values") and "status" in keywords


class Desk:
    """One sent request, and words said about it on given days, each in its own transaction."""

    def __init__(self, store, clock):
        self.store, self.clock = store, clock
        self.id = store.write(lambda work: factories.request(work, status=Status.SENT).id).result(SECONDS)

    def say(self, word, on, **facts):
        def job(work):
            row = work.session.get(Request, self.id)
            lifecycle.move(work, row, word, by=row.filer, on=on, **facts)

        self.store.write(job).result(SECONDS)
        return self

    def see(self, look):
        return self.store.read(lambda work: look(work, work.session.get(Request, self.id))).result(SECONDS)

    @property
    def answer(self):
        return self.see(lambda _, row: clocks.latest(row))

    @property
    def question(self):
        return self.see(lambda _, row: clocks.latest(row, "clarification"))

    @property
    def running(self):
        return self.see(lambda _, row: [clock.kind for clock in clocks.running(row)])


@pytest.fixture
def desk(store, clock):
    return Desk(store, clock)


class TestClocks:
    def test_sending_starts_the_recipients_clock(self, desk):
        assert (desk.answer.due_on, desk.running) == (DUE, ["answer"])
        assert desk.see(lambda _, row: (row.sent_on, row.answered_on)) == (TODAY, None)

    def test_a_question_pauses_it_and_starts_ours(self, desk):
        desk.say("clarify", TODAY + timedelta(days=10))
        assert (desk.answer.due_on, desk.answer.due_at, desk.answer.very_at) == (None, None, None)
        assert desk.running == ["answer", "clarification"]
        assert desk.question.due_on == TODAY + timedelta(days=10 + 14)
        state = desk.see(lambda work, row: clocks.state_of(clocks.latest(row), work.now))
        assert state is ClockState.PAUSED

    def test_the_answer_to_it_gives_back_the_days_that_were_left_and_ends_ours(self, desk):
        desk.say("clarify", TODAY + timedelta(days=10)).say("supplement", TODAY + timedelta(days=50))
        assert desk.answer.due_on == TODAY + timedelta(days=50 + 46)
        assert desk.running == ["answer"]

    def test_days_left_keep_their_sign(self, desk):
        desk.say("clarify", DUE + timedelta(days=5)).say("supplement", DUE + timedelta(days=40))
        assert desk.answer.due_on == DUE + timedelta(days=40 - 5), "late by five days then, late by five days now"

    def test_a_second_question_pauses_it_again(self, desk):
        for day in (10, 20, 30, 40):
            desk.say("clarify" if day in (10, 30) else "supplement", TODAY + timedelta(days=day))
        assert desk.answer.due_on == DUE + timedelta(days=20)

    def test_a_part_that_comes_instead_of_our_answer_lets_it_run_again(self, desk):
        desk.say("clarify", TODAY + timedelta(days=10)).say("part", TODAY + timedelta(days=12))
        assert (desk.answer.due_on, desk.running) == (DUE + timedelta(days=2), ["answer"])

    @pytest.mark.parametrize("word", ["produced", "not-held", "withdraw", "transfer"])
    def test_what_closes_a_request_ends_every_clock(self, desk, word):
        desk.say("clarify", TODAY).say(word, TODAY)
        assert desk.running == []

    def test_after_a_refusal_only_our_next_step_waits(self, desk):
        desk.say("clarify", TODAY).say("refused", TODAY)
        assert desk.running == ["next_step"]
        assert desk.say("reopen", TODAY).running == ["answer"]

    @pytest.mark.parametrize("word", ["produced", "not-held", "refused"])
    def test_reopening_gives_no_new_time(self, desk, word):
        desk.say(word, TODAY + timedelta(days=3)).say("reopen", TODAY + timedelta(days=60))
        clock = desk.answer
        assert (clock.due_on, clock.ended_at, clock.epoch, desk.running) == (DUE, None, 1, ["answer"])
        assert desk.see(lambda _, row: row.answered_on) is None

    def test_a_clock_reopened_after_an_answer_to_an_open_question_runs(self, desk):
        desk.say("clarify", TODAY + timedelta(days=10)).say("refused", TODAY + timedelta(days=14))
        desk.say("reopen", TODAY + timedelta(days=20))
        assert desk.answer.due_on == DUE + timedelta(days=4), "it stood still for four days, until they answered"

    def test_an_answer_dated_before_the_question_is_recorded_all_the_same(self, desk):
        desk.say("clarify", TODAY + timedelta(days=10)).say("refused", TODAY + timedelta(days=8))
        assert desk.see(lambda _, row: row.answered_on) == TODAY + timedelta(days=8)
        assert desk.say("reopen", TODAY + timedelta(days=20)).answer.due_on == DUE

    @pytest.mark.parametrize(("word", "answered"), [("produced", True), ("refused", True), ("withdraw", False)])
    def test_only_an_answer_has_a_day_of_answer(self, desk, word, answered):
        desk.say(word, TODAY + timedelta(days=3))
        day = desk.see(lambda _, row: row.answered_on)
        assert day == (TODAY + timedelta(days=3) if answered else None)


def test_every_move_has_one_line_on_record(desk):
    said = ["acknowledge", "clarify", "supplement", "part", "refused", "reopen", "produced"]
    for word in said:
        desk.say(word, TODAY, why="because")

    def lines(work, row):
        query = select(AuditLine).where(AuditLine.ref == row.ref, AuditLine.act.like("request %")).order_by(AuditLine.n)
        return [(line.act, line.facts) for line in work.session.scalars(query)]

    found = desk.see(lines)
    assert [act for act, _ in found] == [f"request {word}" for word in ["sent", *said]]
    assert found[1][1] == (
        '{"after":{"on":"2026-03-02","status":"acknowledged","why":"because"},"before":{"status":"sent"}}'
    )


def test_a_refused_move_changes_nothing(store, desk):
    def job(work):
        row = work.session.get(Request, desk.id)
        before = work.session.scalars(select(AuditLine.n)).all()
        with pytest.raises(NotNow) as refused:
            lifecycle.move(work, row, "supplement", by=row.filer, on=TODAY)
        assert set(refused.value.allowed) == {*TABLE["sent"]} - {"part"}, "a part is said with `request produced`"
        assert not work.session.dirty
        work.finish()
        assert work.session.scalars(select(AuditLine.n)).all() == before

    store.write(job).result(SECONDS)
    assert desk.running == ["answer"]
