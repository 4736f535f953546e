"""Whatever the desk has to say, a template says it: every fact in its place, every button a command, no word of a
person taken for anything but a word.

The examples are built from the dataclasses themselves, so a new notice or error is tried here without a line.
"""

import ast
import importlib
import inspect
import itertools
import pkgutil
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import ModuleType, NoneType
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from jinja2 import UndefinedError

import handlers
from bot.rendering import render
from bot.rendering.blocks import (
    Block,
    Bullets,
    Button,
    Buttons,
    Code,
    Divider,
    Message,
    Paragraph,
    Quote,
    Span,
    Table,
    text_of,
)
from bot.rendering.markdown import clean
from bot.rendering.phrases import Reader
from bot.rendering.render import Renderer
from handlers import COMMANDS, exposure
from handlers.deadlines import OwnClockWhy, StepLine
from handlers.due import WaitsForUs
from handlers.exposure import Holds
from handlers.filing import preflight
from handlers.filing import roads as roads_said
from handlers.filing.findings import Finding, Warned
from handlers.history import ChainVerified
from handlers.kit.errors import Conflict
from handlers.kit.moving import RequestMoved
from handlers.kit.notices import NOTICES, Understood
from handlers.kit.views import ClockLine, RequestLine
from handlers.language.errors import Clause, MissingValue, UnknownCommand, UserError, clause, snake
from handlers.language.line import parse, read_line
from handlers.reversals import MoveUndone
from handlers.summaries.explain import FigureExplained
from handlers.summaries.periods import Figure, OtherwiseKnown, SummaryPeriod, WaitCount
from handlers.summaries.routes import SummaryRoutes
from storage.exposure.labels import Label
from storage.exposure.sight import Seen
from storage.reference import roads
from storage.serialization import decode, encode
from tests.handlers.sample_desk import SampleDesk

HOUSE = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
READER = Reader(zone="Asia/Karachi", language="en", now=NOW)
DAY = date(2026, 4, 1)
CLOCKS = (
    ClockLine("answer", "not due", DAY, NOW, 28, False, None, "law", ""),
    ClockLine("answer", "due today", DAY, NOW, 0, False, None, "recipient_policy", "not verified: the days"),
    ClockLine("clarification", "overdue", DAY, NOW, -1, False, None, "reported_practice", ""),
    ClockLine("answer", "very overdue", DAY, NOW, -40, False, None, "house_default", ""),
    ClockLine("answer", "paused", None, None, None, False, DAY, "law", ""),
    *(
        ClockLine("answer", state, DAY, NOW, None, True, None, "law", "")
        for state in ("not due", "due today", "overdue", "very overdue")
    ),
)
MARK = "Wxyz"
NOT_SAID = {"label"}  # the renderer says it first, before every message
NASTY = (
    "<!channel>",
    "**b**",
    "| a | b |",
    "a | b\n|---|---|",
    "{{7*7}} {% endif %}",
    "\n# x",
    "\n\n- x\n1. y",
    "> q",
    "```",
    "`c` \\",
    "\u202eabc\u2066",
    "@everyone <@U1> https://example.org/",
    'say "request withdraw 42/3"',
)

# What a field of this name holds, where any text will not do: words of the record, and what stands in a button.
WORDS_OF_THE_RECORD = {
    "kind": "answer",
    "outcome": "refused",
    "direction": "outgoing",
    "status": "sent",
    "zone": "Asia/Karachi",
    "which": "counterpart",
    "checked_line": "request check 42/3",
    "move": "clarify",
    "state": "sent",
    "unit": "working_days",
    "origin": "house_default",
    "expected_from": "history",
    "next_words": "produced",
    "word": "confirmed",
    "allowed": "request produced",
    "rung": "overdue",
    "done": "shown",
    "step": "chase",
    "counted": "opened",
    "came": "answered",
    "sort": "overdue",
    "table": "register",
    "fault": "too_big",
    "remedy": "invite",
    "held_by": "guest",
    "stays": "only_role",
    "doubt": "new",
    "misfit": "line_changed",
    "term": "emergency",
    "heading": "requests",
    "verdict": "share",
    "cannot": "no_country",
}
REALISTIC = {
    "ref": "CCW-2026-0042/3",
    "by": "Night Officer",
    "case_ref": "CCW-2026-0042",
    "audited": "CCW-2026-0042",
    "line": "request refused 42/3",
    "lines": "request status 42/3",
    "compare_line": "summary reconcile counterpart:PROV-META",
    "again": "request status 42/3",
    "next_line": "request list status:open after:42/3",
    "before_line": "request list status:open before:42/3",
    "commands": "request list",
    "words": "request list",
    "back_line": "request list status:open before:42/3",
    "whole_line": "case history 42 whole:yes",
    "list_with": "request list",
    "suggestions": "request extend",
    "leads": "CCW-2026-0042",
    "family": "request",
    "command": "request file",
    "name": "because",
    "choices": "overbroad",
    "label": "TLP:AMBER",
    "calendar": "PK",
    "typed": "Amina Night",
    "to": "Amina Night",
} | dict.fromkeys(
    ("provider", "counterpart", "recipient", "agency", "agencies", "code", "successor", "of"), "PROV-META"
)


def findings(text: str | None) -> dict[str, Finding]:
    """One finding of every code, with the facts that the pre-flight gives it."""
    some, ref, whom = text or "some text", text or "CCW-2026-0042/1", text or "PROV-META"
    several, on = [some, some], date(2026, 2, 2)
    ways = [{"instrument": text or "PROD-X", "to": to, "paper": some} for to in (whom, "")]
    steps = {"reasons": several, "next_steps": several}
    known = {"account": some, "ref": ref, "agency": some, "status": "sent"}
    goes = [{"instrument": text or "PROD-X", "to": whom, "act": act} for act in ("ask", "check")]
    first = {"instead": goes, "is_first": True, "refuses": False}
    elsewhere = {
        "instrument": some,
        "recipient": whom,
        "there": some,
        "country": some,
        "providers": several,
        "channel": "interpol_ncb",
        "reached_by": "none",
        "rule": some,
        **first,
    }
    facts: dict[str, Mapping[str, object]] = {
        "not_bound": {
            "instrument": some,
            "treaty": some,
            "rule": some,
            "states": several,
            "notes": several,
            "since": [(some, on)],
            "unlisted": [] if text is None else several,
            **first,
        },
        "not_in_force": {"instrument": some, "since": None, "until": None, "as_of": on, "rule": some, **first},
        "law_of_others": {"instrument": some, "law_of": some, "state": some, "rule": some, "why": some, **first},
        "provider_asks": {"instrument": some, "sender": some, **first},
        "own_country": {"instrument": some, "recipient": whom, "state": some, "rule": some, **first},
        "other_direction": elsewhere,
        "other_state": elsewhere,
        "form_of_another": elsewhere,
        "other_channel": elsewhere,
        "paper_of_others": {"paper": some, "state": some, "rule": some},
        "recipient_retired": {"recipient": some, "until": on, "successor": whom},
        "paper_unknown": {"basis": some, "accepted": several},
        "paper_refused": {
            "paper": some,
            "data": several,
            "recipient": whom,
            "rule": some,
            "why": some,
            "instead": ways,
        },
        "paper_not_accepted": {"paper": some, "data": several, "instrument": some, "accepted": several},
        "same_paper_other_road": {"ref": ref, "from": some, "paper": some, "to": some, **steps},
        "label_too_close": {"recipient": some, "label": "TLP:RED"},
        "refused_before": {"recipient": some, "times": 2, "ref": ref, "on": on, **steps},
        "outlives_preservation": {
            "ref": text or "CCW-2026-0042/P1",
            "provider": some,
            "last": on,
            "answer_on": DAY,
            "days": 58,
            "origin": "history",
            "unreached": 0,
        },
        "announce_production": {"ref": ref, "provider": some, "last": on, "rule": some},
        "account_asked_already": known,
        "same_request": {
            "accounts": several,
            "data": several,
            "ref": ref,
            "recipient": whom,
            "status": "sent",
            "waits": True,
        },
        "unverified": {"instrument": some},
        "no_emergency_clock": {
            "instrument": some,
            "amount": 24,
            "unit": "hours",
            "ordinary": (180, "calendar_days", "reported_practice"),
            "meant": several,
        },
        "without_agreement": {"instrument": some, "states": several, "rule": some, "note": some},
        "not_preserved": {"recipient": whom, "case": text or "CCW-2026-0042"},
        "speech": {"category": some},
        "voluntary": {"recipient": some, "why": some, "rule": some},
        "account_known": known,
        "account_kept": {
            "account": some,
            "ref": text or "CCW-2026-0042/P1",
            "agency": some,
            "provider": some,
            "until": on,
            "confirmed": False,
        },
    }
    return {code: Finding(code, values, some, f"not verified: {some}") for code, values in facts.items()}


@dataclass(frozen=True)
class Maker:
    """Builds a notice or an error from the types of its fields.

    full: every list filled and every option there, else none. text: stands in every field that a person or a row may
    fill as they like; without it, what could be real.
    """

    full: bool
    clock: ClockLine = CLOCKS[0]
    text: str | None = None

    def of(self, kind: type) -> Any:
        hints = get_type_hints(kind)
        values = {field.name: self.value(field.name, hints[field.name]) for field in fields(kind)}
        if kind in (RequestMoved, MoveUndone):
            values["word"] = "sent"
        if kind in (WaitsForUs, WaitCount):
            values["kind"] = "next_step"
        if kind in (SummaryPeriod, FigureExplained):
            values["kind"], values["known"] = "month", "then"
        if kind in (Figure, OtherwiseKnown):
            values["counted"] = "not_held"
        if kind is FigureExplained:
            values["figure"], values["summary"] = "next_step_late", "routes"
            values["summary_line"] = "summary routes to:PROV-META"
        if kind is SummaryRoutes:
            values["explain_line"] = "summary explain counterpart:PROV-META"
        ours = {RequestLine: "waits", OwnClockWhy: "clock"}.get(kind, "")
        if values.get(ours):
            values[ours] = replace(values[ours], kind="draft")
        return kind(**values)

    def each_of(self, kind: type) -> list[Any]:
        """One of every code, where a class has codes."""
        if kind is Conflict:
            return [Conflict(code, **self.facts(names)) for code, names in CONFLICTS.items()]
        return [self.of(kind)]

    def facts(self, names: Iterable[str]) -> dict[str, Any]:
        """The facts of a code, by what facts of these names are."""
        several = {
            name: [self.plain("ref")]
            for name in ("requests", "words", "countries", "roles", "headers", "names", "instead")
        }
        numbers = dict.fromkeys(("min", "max", "first", "last", "most", "count"), 3)
        numbers |= {"closed": self.full, "mine": self.full}
        several["codes"] = ["sent_on"]
        some = (
            {
                "on": DAY,
                "day": DAY,
                "since": DAY,
                "until": DAY,
                "days": [DAY, DAY],
                "kind": "instrument",
                "record": "case",
            }
            | several
            | numbers
        )
        real = {} if self.text else {"instrument": "PRES-META", "authority": "PROV-META", "case": "CCW-2026-0042"}
        return {name: (some | real).get(name, self.plain(name)) for name in names}

    def value(self, name: str, kind: Any) -> Any:
        inside = get_args(kind)
        if NoneType in inside:
            return self.value(name, inside[0]) if self.full else None
        if get_origin(kind) is tuple and Ellipsis in inside:
            return self.several(name, inside[0]) if self.full else ()
        if get_origin(kind) is tuple:
            return tuple(self.value(name, each) for each in inside)
        if kind is Clause:
            return clause("these", words=[self.plain(name)])
        if is_dataclass(kind):
            return self.clock if kind is ClockLine else self.of(kind)
        simple = {
            int: DAY.year if name == "year" else 3,
            float: 6.5,
            bool: self.full,
            date: DAY,
            datetime: NOW,
            object: NOW,
        }
        return simple[kind] if kind in simple else self.plain(name)

    def several(self, name: str, kind: Any) -> tuple[Any, ...]:
        if kind is Clause:
            return tuple(clause(code, **self.facts(names)) for code, names in CLAUSES.items())
        if kind is Finding:
            return tuple(findings(self.text).values())
        if kind == dict[str, object]:
            return tuple(encode(finding) for finding in findings(self.text).values())
        if kind == dict[str, str]:
            return ({key: self.plain(key) for key in ("code", "label", "next_step", "caution")},)
        if kind is StepLine:
            return tuple(self.steps())
        return (self.value(name, kind), self.value(name, kind))

    def steps(self) -> Iterator[StepLine]:
        for kind in ("count", "pause", "resume", "extend", "until"):
            yield StepLine(kind, DAY, DAY, 3, "working_days", 2, ((DAY, self.plain("name")),), self.plain("reason"))
        yield StepLine("pause", DAY, None, -2, "calendar_days", 0, (), "")

    def plain(self, name: str) -> str:
        if name == "across":
            return ""  # it is built from the owner's side, always
        fixed = WORDS_OF_THE_RECORD.get(name)
        return fixed or self.text or REALISTIC.get(name, f"some {name}")


def everything_said() -> list[type]:
    for module in pkgutil.walk_packages(handlers.__path__, "handlers."):
        importlib.import_module(module.name)
    return sorted({*NOTICES.values(), *_below(UserError)}, key=lambda kind: kind.__name__)


def _below(kind: type) -> Iterator[type]:
    for below in kind.__subclasses__():
        yield from _below(below)
        if below.__module__.startswith("handlers."):
            yield below


def codes(call_of: str) -> dict[str, set[str]]:
    """{code: names of its facts} of what a function is called with, read from the source."""
    found: dict[str, set[str]] = {}
    for where, call in calls_of(call_of):
        given = call.args[0]
        for code in (given.body, given.orelse) if isinstance(given, ast.IfExp) else (given,):
            assert isinstance(code, ast.Constant), f"{where}: write the code out, so that it can be found"
            names = {str(word.arg) for word in call.keywords}
            assert found.setdefault(code.value, names) == names, f"{where}: {code.value} has other facts elsewhere"
    return found


def calls_of(name: str) -> Iterator[tuple[str, ast.Call]]:
    for file in (found for room in ("bot", "handlers") for found in (HOUSE / room).rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if f"{name}(" in text else ():
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                yield f"{file.relative_to(HOUSE)}:{node.lineno}", node


def macros(file: str) -> set[str]:
    """The macros of a file of `_base` that take the facts of a code."""
    text = (HOUSE / "templates/messages/_base" / file).read_text(encoding="utf-8")
    return set(re.findall(r"{% macro (\w+)\(facts\)", text))


SAID = everything_said()
CONFLICTS = codes("Conflict")
CLAUSES = codes("clause")
RENDERER = Renderer()


UNCUT = Renderer()
UNCUT._environment = render._Environment(render._default_folder())  # not the one that all renderers share
UNCUT._environment.filters["truncate"] = render._on_words(lambda text, *_length: text)


def say(thing: Any, renderer: Renderer = RENDERER) -> Message:
    """As dispatch does it: kept as JSON, read again, rendered."""
    kept = encode(thing.facts() if isinstance(thing, UserError) else thing)
    return renderer.message(thing.template, decode(kept), READER)


def buttons(message: Message) -> list[str]:
    return [button.line for button in offered(message)]


def offered(message: Message) -> Iterator[Button]:
    """Every button of a message, those that open a row too."""
    for block in message.blocks:
        if isinstance(block, Buttons):
            yield from block.buttons
        elif isinstance(block, Bullets):
            yield from (item.button for item in block.items if item.button)


# ---- every one of them ----------------------------------------------------------------------------------------------


def test_every_notice_and_error_has_its_template_and_no_template_is_left_over():
    assert set(RENDERER.names()) == {snake(kind.__name__) for kind in SAID}


@pytest.mark.parametrize("kind", SAID, ids=lambda kind: kind.__name__)
def test_it_is_said_with_everything_and_with_nothing(kind):
    for clock in CLOCKS:
        for full in (True, False):
            for thing in Maker(full, clock).each_of(kind):
                shown = say(thing).plain()
                assert re.search("[a-z]", shown)
                assert "**" not in shown
                assert "%}" not in shown
                assert "\\" not in shown
                assert "None" not in shown


@pytest.mark.parametrize("kind", SAID, ids=lambda kind: kind.__name__)
def test_no_fact_is_left_out(kind):
    for thing in Maker(full=True, text=MARK).each_of(kind):
        shown = say(thing)
        texts = {field.name for field in fields(kind) if getattr(thing, field.name) == MARK} - NOT_SAID
        assert [name for name in sorted(texts) if say(replace(thing, **{name: "Other"})) == shown] == []


@pytest.mark.parametrize("kind", SAID, ids=lambda kind: kind.__name__)
def test_every_button_is_a_command_that_names_its_record(kind):
    lines = [line for full in (True, False) for thing in Maker(full).each_of(kind) for line in buttons(say(thing))]
    asked = {_first_missing(line) for line in lines}
    assert kind is UnknownCommand or not asked & {"ref", "case"}


def _first_missing(line: str) -> str:
    """What the command still asks for; empty for a complete one. Anything else that is wrong with it is an error."""
    try:
        parse(read_line(line, COMMANDS), SampleDesk(now=NOW))
    except MissingValue as missing:
        return missing.name
    return ""


@pytest.mark.parametrize("kind", SAID, ids=lambda kind: kind.__name__)
def test_what_people_typed_is_only_text(kind):
    marked = [list(_shape(say(like, UNCUT).blocks)) for like in Maker(full=True, text=MARK).each_of(kind)]
    for nasty in NASTY:
        for thing, shape in zip(Maker(full=True, text=nasty).each_of(kind), marked, strict=True):
            assert list(_shape(say(thing, UNCUT).blocks)) == [
                (where, _words(text.replace(MARK.casefold(), clean(nasty).casefold()))) for where, text in shape
            ], nasty


def _shape(blocks: tuple[Block, ...], where: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a message with its place and style; blanks, capitals and the quotes of commands do not count."""
    for n, block in enumerate(blocks):
        at = f"{where}/{n} {type(block).__name__}"
        match block:
            case Quote():
                yield from _shape(block.blocks, at)
            case Buttons():
                yield from ((at, _words(f"{button.label} > {button.line}")) for button in block.buttons)
            case Code():
                yield at, _words(block.text)
            case _:
                yield from ((f"{at} {part} {_style(span)}", _words(span.text)) for part, span in _spans(block))


def _spans(block: Block) -> Iterator[tuple[str, Span]]:
    match block:
        case Paragraph():
            yield from (("", span) for span in block.spans)
        case Bullets():
            yield from ((f"{item.indent} {item.number}", span) for item in block.items for span in item.spans)
        case Table():
            for row in (block.header, *block.rows):
                yield from ((f"{n} of {len(row)}", span) for n, cell in enumerate(row) for span in cell)
        case Divider():
            return
        case _:
            raise AssertionError(f"no message has a {type(block).__name__} so far")


def _style(span: Span) -> str:
    return repr(replace(span, text=""))


def _words(text: str) -> str:
    return re.sub(r'[\s"\\]+', "", text).casefold()


# ---- codes ----------------------------------------------------------------------------------------------------------


def test_every_code_has_its_sentence_and_no_sentence_is_left_over():
    assert macros("conflicts.md.j2") == set(CONFLICTS)
    assert macros("clauses.md.j2") == set(CLAUSES)


@pytest.mark.parametrize("code", CONFLICTS)
def test_a_conflict_says_all_its_facts(code):
    facts = Maker(full=True, text=MARK).facts(CONFLICTS[code])
    shown = say(Conflict(code, **facts))
    assert [name for name in facts if say(Conflict(code, **facts | {name: another(facts[name])})) == shown] == []


@pytest.mark.parametrize("code", CLAUSES)
def test_a_clause_says_all_its_facts(code):
    facts = Maker(full=True, text=MARK).facts(CLAUSES[code])
    shown = say(Understood((clause(code, **facts),)))
    changed = [(name, facts | {name: another(facts[name])}) for name in facts]
    assert [name for name, other in changed if say(Understood((clause(code, **other),))) == shown] == []


def another(fact: Any) -> Any:
    if isinstance(fact, list):
        return [] if fact == ["sent_on"] else [another(fact[0])]
    return {str: "Other", int: 7, bool: False, date: date(2027, 5, 6)}[type(fact)]


def test_every_fault_of_the_chain_has_its_words():
    source = (HOUSE / "storage/history/chain.py").read_text(encoding="utf-8")
    found = re.findall(r'"(\w+_\w+)":|, "(\w+_\w+)"\)', source)
    for misfit in {one or other for one, other in found} - {"text_digest"}:
        assert say(ChainVerified(7, "ab", 3, misfit, sealed=True)).plain()


def test_every_filter_and_every_shared_macro_is_used():
    texts = {file: file.read_text(encoding="utf-8") for file in (HOUSE / "templates").rglob("*.j2")}
    said = "\n".join(texts.values())
    filters = set(render.Renderer()._environment.filters)
    used = set(re.findall(r"\| *(\w+)|map\(\"(\w+)\"\)", said))
    assert filters <= {name for pair in used for name in pair}, "take out what no template uses"
    lost = [
        f"{file.name} {name}"
        for file, text in texts.items()
        if file.parent.name == "_base"
        for name in re.findall(r"{% macro (\w+)\((?!facts\))", text)
        if not re.search(rf"\b{file.name.partition('.')[0]}\.{name}\(", said)
        and not re.search(rf"(?<!macro )(?<![\w.]){name}\(", re.sub(r"{#.*?#}", "", text, flags=re.DOTALL))
    ]
    assert not lost, f"take out what no template uses: {lost}"


# ---- to each reader --------------------------------------------------------------------------------------------------

READERS = {
    "an own room": (Seen(Label.AMBER, own=True), True),
    "an own liaison": (Seen(Label.AMBER, own=False), False),
    "the party": (Seen(Label.AMBER, own=False, across="PK-FIA-CCW"), False),
    "the party's room": (Seen(Label.AMBER, own=False, across="PK-FIA-CCW"), True),
}
OF_RECORDS = [kind for kind in NOTICES.values() if kind.holds is Holds.RECORD]
HOLE = re.compile(
    r",\s*[,.:;]|:\s*[.,]|:\s*(?:\n→|\Z)|\b(?:by|from|to|at|with):?\s*[.,]|\(\s*\)|“\s*”|[ \t][.,:]|^\s*[.,:]|  ",
    re.MULTILINE,
)


def fitted(thing: Any, reader: str) -> Message | None:
    """A notice as one of READERS has it."""
    seen, room = READERS[reader]
    left = exposure.fit(type(thing), encode(thing), lambda _ref, _label: seen, room=room)
    return RENDERER.message(thing.template, decode(left), READER) if left is not None else None


@pytest.mark.parametrize("kind", OF_RECORDS, ids=lambda kind: kind.__name__)
def test_where_something_is_not_for_a_reader_no_hole_is_left(kind):
    for reader, thing in itertools.product(READERS, (Maker(full).of(kind) for full in (True, False))):
        shown = fitted(thing, reader)
        if shown is None:
            continue
        assert set(HOLE.findall(shown.plain())) <= set(HOLE.findall(say(thing).plain())), shown.plain()
        assert all(list(_shape(block.blocks)) for block in shown.blocks if isinstance(block, Quote)), shown.plain()
        for table in (block for block in shown.blocks if isinstance(block, Table)):
            columns = zip(*([text_of(cell) for cell in row] for row in table.rows), strict=True)
            assert all(any(column) for column in columns), shown.plain()


# ---- findings -------------------------------------------------------------------------------------------------------


OF_EVERY_OBSTACLE = {"instead", "is_first", "refuses"}
CODE_AND_FACTS = {"Finding": (0, 1), "_finding": (0, 2), "Obstacle": (0, 1), "_of": (1, 2)}


def facts_in_source(*modules: ModuleType) -> dict[str, set[str]]:
    """{code: names of its facts}, read from the source of what makes findings."""
    found: dict[str, set[str]] = {}
    for function in itertools.chain.from_iterable(ast.walk(ast.parse(inspect.getsource(one))) for one in modules):
        if not isinstance(function, ast.FunctionDef):
            continue
        named: dict[str, ast.Dict] = {}
        for node in sorted(ast.walk(function), key=lambda node: getattr(node, "lineno", 0)):
            if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Dict):
                target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
                named[ast.unparse(target)] = node.value
            if isinstance(node, ast.Call) and (places := CODE_AND_FACTS.get(ast.unparse(node.func))):
                code, facts = (node.args[place] for place in places)
                codes = [code.body, code.orelse] if isinstance(code, ast.IfExp) else [code]
                for one in codes:
                    if isinstance(one, ast.Constant):
                        found[one.value] = _keys(facts, named)
    return found


def _keys(facts: ast.expr, named: dict[str, ast.Dict]) -> set[str]:
    """The keys of a dictionary, written out, by its name, or opened up in another."""
    given = facts if isinstance(facts, ast.Dict) else named[ast.unparse(facts)]
    opened = [_keys(value, named) for key, value in zip(given.keys, given.values, strict=True) if key is None]
    return set().union(*opened, {ast.literal_eval(key) for key in given.keys if key})


def test_every_finding_of_the_preflight_has_its_sentence_and_its_facts():
    of_roads = facts_in_source(roads)
    of_draft = {code: of_roads.pop(code) for code in ("paper_of_others", "without_agreement")}
    expected = facts_in_source(preflight, roads_said) | of_draft
    expected |= {code: facts | OF_EVERY_OBSTACLE for code, facts in of_roads.items()}
    assert {code: set(finding.facts) for code, finding in findings(None).items()} == expected


@pytest.mark.parametrize("code", sorted(findings(None)))
def test_a_finding_says_its_source_and_what_is_not_verified(code):
    finding = findings("what it says")[code]
    shown = say(Warned("CCW-2026-0042", (finding,), "request transfer 42/3")).plain()
    assert "Source: what it says" in shown
    assert "Caution: not verified: what it says" in shown
    bare = say(Warned("CCW-2026-0042", (Finding(code, finding.facts),), "request transfer 42/3")).plain()
    assert "Source:" not in bare
    assert "Caution:" not in bare


def test_a_finding_without_a_sentence_is_an_error():
    with pytest.raises(UndefinedError, match="brand_new"):
        say(Warned("CCW-2026-0042", (Finding("brand_new", {}),), ""))
