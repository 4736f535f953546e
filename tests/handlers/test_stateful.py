"""Random conversations against a plain model: status, pauses, clocks, numbers and history never come apart.

The model is a dictionary of requests and the table of moves copied by hand from the diagram in `lifecycle.py`: if the
desk and the page disagree, one of them is wrong.
"""

import asyncio
import itertools
import json
import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from bot.adapters.contract import Inbound
from bot.inbound.dispatch import Dispatch
from bot.rendering.render import Renderer
from handlers import COMMANDS, people
from handlers.language.grammar import LINE_LIMIT_CHARACTERS
from storage.database.store import Store
from storage.database.unit_of_work import UnitOfWork
from storage.exposure.roles import Role
from storage.history import chain
from storage.models import AuditLine, Case, Clock, Request
from storage.reference.catalog import Reference
from storage.times import FrozenClock
from tests.conversation import START, Heard, heard

WAITING = {"sent", "acknowledged", "clarification", "part_produced"}
ANSWERED = {"produced", "refused", "not_held"}
NEXT = {
    "sent": ({"draft"}, "sent"),
    "acknowledge": ({"sent"}, "acknowledged"),
    "clarify": (WAITING - {"clarification"}, "clarification"),
    "supplement": ({"clarification"}, "acknowledged"),
    "produced": (WAITING, "produced"),
    "refused": (WAITING, "refused"),
    "not-held": (WAITING, "not_held"),
    "withdraw": (WAITING | {"draft"}, "withdrawn"),
    "transfer": (WAITING | {"refused", "not_held"}, "transferred"),
    "reopen": (ANSWERED, "acknowledged"),
}
VALUES = {
    "clarify": " asks:which? on:today",
    "supplement": " answer:this",
    "refused": " because:overbroad",
    "withdraw": " because:over",
    "reopen": " because:again",
    "transfer": ' to:US-STATE as:LR basis:"letter rogatory 4" despite:"another road"'
    ' reciprocity_promise:yes offence:"s. 3" offence_text:text assistance_requested:data'
    " judge_signature_seal:yes translation:yes confidentiality:yes",
}
FILE = (
    'request file {case} to:PROV-GOOGLE as:PROD-GOOGLE data:bsi,ip_logs accounts:page.{n} basis:"court order {n}"'
    ' reason:fraud date_range:"2026-01-01..2026-02-01" signed_dated:yes despite:"it must be asked"'
)
KINDS = ("bsi", "ip_logs")
MANY = 8  # requests; more only make each step slower
ANY = st.characters(exclude_categories=())  # lone surrogates as well


@dataclass
class Model:
    """A request as it should be."""

    case: str
    status: str = "draft"
    came: set[str] = field(default_factory=set)
    letters: int = 0  # how often they asked back


@dataclass
class Sent:
    """A message as it went in, to be sent once more."""

    key: str
    line: str
    answer: str
    at: datetime


@dataclass
class Seen:
    """What is on record: cases and statuses by reference, numbers by case, open clocks and pauses by request."""

    cases: list[str]
    statuses: dict[str, str]
    numbers: dict[str, list[int]]
    running: dict[str, list[tuple[str, str]]]
    pauses: dict[str, list[dict[str, str | None]]]


def _ways_on(text: str) -> list[str]:
    """The buttons under an answer."""
    return text.split(" → ")[1:]


def _seen(work: UnitOfWork) -> Seen:
    cases = work.session.scalars(select(Case).order_by(Case.id)).all()
    seen = Seen([case.ref for case in cases], {}, {case.ref: [] for case in cases}, {}, {})
    for request in work.session.scalars(select(Request).order_by(Request.number)):
        seen.statuses[request.ref] = request.status
        seen.numbers[request.case.ref].append(request.number)
    for clock in work.session.scalars(select(Clock).order_by(Clock.kind)):
        if clock.ended_at is None:
            state = "paused" if clock.due_at is None else "runs"
            seen.running.setdefault(clock.request.ref, []).append((clock.kind, state))
        if clock.kind == "answer":
            seen.pauses[clock.request.ref] = clock.pauses
    return seen


class RequestLives(RuleBasedStateMachine):
    """Three cases, many requests, two officers, and time."""

    template: Path
    reference: Reference
    renderer = Renderer()

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.clock = FrozenClock(START)
        url = f"sqlite:///{shutil.copy(self.template, self.folder / 'desk.sqlite')}"
        self.store = Store(url, clock=self.clock, reference=self.reference)
        self.dispatch = Dispatch(self.store, COMMANDS, self.renderer)
        self.loop = asyncio.new_event_loop()
        self.keys = itertools.count()
        self.sent: list[Sent] = []
        self.requests: dict[str, Model] = {}
        self.cases: list[str] = []

    @initialize()
    def people_come_in(self) -> None:
        for name in ("Night Officer", "Day Officer"):
            self.store.write(
                lambda work, name=name: people.enrol_at(work, name, "PK-FIA-CCW", Role.OFFICER, [])
            ).result()
        self.done("desk me email:night@ccw.example phone:+92-51-0000001 officer_id:CCW-17")
        self.open_case()
        for _ in range(2):
            self.file_in(self.cases[0])
        self.move(f"{self.cases[0]}/1", "sent")

    def teardown(self) -> None:
        verdict = self.store.read(lambda work: chain.verify(work.session)).result()
        self.store.close()
        self.loop.close()
        shutil.rmtree(self.folder)
        assert verdict.bad_n is None, verdict.why

    # ---- what people do ----

    @precondition(lambda self: len(self.cases) < 3)
    @rule()
    def open_case(self) -> None:
        self.done(f'case open "Case {len(self.cases) + 1}" category:other label:amber')
        self.cases.append(f"CCW-2026-{len(self.cases) + 1:04d}")

    @precondition(lambda self: len(self.requests) < MANY)
    @rule(data=st.data())
    def file(self, data: st.DataObject) -> None:
        self.file_in(data.draw(st.sampled_from(self.cases)))

    @rule(data=st.data())
    def go_on(self, data: st.DataObject) -> None:
        """What the table allows, so that lives become long."""
        possible = [
            (ref, word)
            for ref, model in sorted(self.requests.items())
            for word, (sources, _) in sorted(NEXT.items())
            if model.status in sources
        ]
        if possible:
            self.move(*data.draw(st.sampled_from(possible)))

    @rule(data=st.data(), word=st.sampled_from(sorted(NEXT)))
    def try_anything(self, data: st.DataObject, word: str) -> None:
        self.move(data.draw(st.sampled_from(sorted(self.requests))), word)

    def move(self, ref: str, word: str) -> None:
        model, (sources, target) = self.requests[ref], NEXT[word]
        if self.allowed(f"request {word} {ref}{VALUES.get(word, '')}", yes=model.status in sources):
            self.moved(model, word, target)

    @rule(data=st.data(), kind=st.sampled_from(KINDS))
    def part_came(self, data: st.DataObject, kind: str) -> None:
        ref = data.draw(st.sampled_from(sorted(self.requests)))
        model = self.requests[ref]
        if self.allowed(f"request produced {ref} part:{kind}", yes=model.status in WAITING):
            model.came |= {kind}
            model.status = "produced" if model.came == set(KINDS) else "part_produced"

    @rule(data=st.data(), days=st.integers(1, 40))
    def extend(self, data: st.DataObject, days: int) -> None:
        ref = data.draw(st.sampled_from(sorted(self.requests)))
        line = f"request extend {ref} days:{days} reason:asked"
        self.allowed(line, yes=self.requests[ref].status in WAITING)

    @rule(days=st.integers(0, 60), minutes=st.integers(1, 1440))
    def time_goes_on(self, days: int, minutes: int) -> None:
        self.clock.move(days=days, minutes=minutes)

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def the_same_message_comes_again(self, data: st.DataObject) -> None:
        """The same is answered: how many days are left is counted from when it is read."""
        old = data.draw(st.sampled_from(self.sent[-10:]))
        before, now = self.lines(), self.clock.now()
        late = self.bring(old.line, old.key)
        self.clock.move_to(old.at)
        again = self.bring(old.line, old.key)
        self.clock.move_to(now)
        assert again.text == old.answer
        assert (late.state, _ways_on(late.text)) == (again.state, _ways_on(old.answer))
        assert self.lines() == before

    # ---- what must be true after each ----

    @invariant()
    def record_and_model_agree(self) -> None:
        found = self.store.read(_seen).result()

        assert found.cases == self.cases
        assert found.statuses == {ref: model.status for ref, model in self.requests.items()}
        assert found.numbers == {case: [*range(1, self.filed_in(case) + 1)] for case in self.cases}
        self.the_right_clocks_run(found)

    def the_right_clocks_run(self, found: Seen) -> None:
        """Who is waited for has one clock, which stands still while ours runs; as many pauses as letters.

        What waits for ourselves has one, too.
        """
        runs = {status: [("answer", "runs")] for status in WAITING}
        runs |= {"clarification": [("answer", "paused"), ("clarification", "runs")]}
        runs |= {"draft": [("draft", "runs")], "refused": [("next_step", "runs")]}

        assert found.running == {
            ref: runs[model.status] for ref, model in self.requests.items() if model.status in runs
        }
        for ref, pauses in found.pauses.items():
            asked, open_ = len(pauses), sum(pause["until"] is None for pause in pauses)
            model = self.requests[ref]
            assert (asked, open_) == (model.letters, int(model.status == "clarification")), ref

    # ---- how it is done ----

    def bring(self, line: str, key: str) -> Heard:
        inbound = Inbound("console", key, "Night Officer", line)
        return heard(self.loop.run_until_complete(self.dispatch.receive(inbound)))

    def say(self, line: str) -> Heard:
        """One more message, a minute after the last."""
        self.clock.move(minutes=1)
        key = f"m{next(self.keys)}"
        answer = self.bring(line, key)
        assert answer.state != "failed", f"{line}\n{answer.text}"
        self.sent.append(Sent(key, line, answer.text, self.clock.now()))
        return answer

    def done(self, line: str) -> None:
        before = self.lines()
        answer = self.say(line)
        assert answer.state == "done", f"{line}\n{answer.text}"
        assert self.lines() > before, f"no line of history: {line}"

    def allowed(self, line: str, *, yes: bool) -> bool:
        """Say it; done with its line of history where the model allows it, else refused with nothing but that."""
        before = self.lines()
        answer = self.say(line)
        assert answer.state == ("done" if yes else "refused"), f"{line}\n{answer.text}"
        new = self.history(before)
        words, ref = " ".join(line.split()[:2]), line.split()[2]
        if yes:
            assert {(words, ref), (words.replace("produced", "part"), ref)} & set(new), f"{line}: {new}"
        else:
            assert [act for act, _ in new] == ["refused"], f"{line}: {new}"
        return yes

    def lines(self) -> int:
        return self.store.read(lambda work: chain.head(work.session).n).result()

    def history(self, after: int) -> list[tuple[str, str]]:
        query = select(AuditLine.act, AuditLine.ref).where(AuditLine.n > after).order_by(AuditLine.n)
        return self.store.read(lambda work: [tuple(row) for row in work.session.execute(query)]).result()

    def file_in(self, case: str) -> None:
        self.done(FILE.format(case=case, n=len(self.requests)))
        self.filed(case)

    def filed(self, case: str) -> None:
        self.requests[f"{case}/{self.filed_in(case) + 1}"] = Model(case)

    def filed_in(self, case: str) -> int:
        return sum(model.case == case for model in self.requests.values())

    def moved(self, model: Model, word: str, target: str) -> None:
        if word == "reopen" and model.status == "produced":
            model.came = set()
        if word == "produced":
            model.came = set(KINDS)
        model.letters += word == "clarify"
        model.status = target
        if word == "transfer":
            self.filed(model.case)


def test_random_lives_of_requests_never_leave_the_table(sqlite_template, reference):
    RequestLives.template, RequestLives.reference = sqlite_template, reference
    quick = settings(max_examples=6, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(RequestLives, settings=quick)


@pytest.mark.slow
def test_more_and_longer_lives_never_leave_it_either(sqlite_template, reference):
    RequestLives.template, RequestLives.reference = sqlite_template, reference
    thorough = settings(
        max_examples=200, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(RequestLives, settings=thorough)


@pytest.fixture(scope="module")
def desk(tmp_path_factory, sqlite_template, reference):
    clock = FrozenClock(START)
    file = shutil.copy(sqlite_template, tmp_path_factory.mktemp("any") / "desk.sqlite")
    store = Store(f"sqlite:///{file}", clock=clock, reference=reference)
    store.write(lambda work: people.enrol_at(work, "Night Officer", "PK-FIA-CCW", Role.MANAGER, [])).result()
    dispatch, keys = Dispatch(store, COMMANDS, Renderer()), itertools.count()

    def say(line: str) -> Heard:
        clock.move(minutes=1)
        inbound = Inbound("console", f"any:{next(keys)}", "Night Officer", line)
        return heard(asyncio.run(dispatch.receive(inbound)))

    assert say('case open "Any" category:other label:green').state == "done"
    assert say("request receive 1 from:Legat as:POLICE-LIAISON data:bsi").state == "done"
    yield say
    store.close()


class TestAnyLine:
    """Whatever somebody types, the desk answers, and never with a bug."""

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(line=st.text(ANY, max_size=80))
    def test_any_text_gets_an_answer(self, desk, line):
        answer = desk(line)

        assert answer.state != "failed", json.dumps(line)
        assert answer.text

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        words=st.sampled_from([spec.words for spec in COMMANDS]),
        ref=st.sampled_from(["", " 1", " 1/1", " 1/P1", " 9999999999999999999999", " PK"]),
        rest=st.lists(
            st.tuples(
                st.sampled_from(
                    ["", *sorted({f" {p.typed_name}:" for spec in COMMANDS for p in spec.parameters}), " despite="]
                ),
                st.one_of(
                    st.text(ANY, max_size=20),
                    st.sampled_from(
                        ["today", "-1d", "2026-02-30", "yes", "bsi", "PROV-META", "PROD-META", "amber", "7"]
                    ),
                    st.integers().map(str),
                ),
            ),
            max_size=5,
        ),
    )
    def test_any_values_of_any_command_get_an_answer(self, desk, words, ref, rest):
        line = f"{words}{ref}" + "".join(f'{name or " "}"{value}"' for name, value in rest)
        answer = desk(line[:LINE_LIMIT_CHARACTERS])

        assert answer.state != "failed", json.dumps(line)
        assert answer.text
