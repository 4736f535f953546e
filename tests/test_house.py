"""The rules of the house that no other tool holds. Each message says which line to add, and where.

What may import what is held by `lint-imports`, wording by `tests/bot/test_templates.py`.
"""

import ast
import importlib
import inspect
import os
import pkgutil
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import get_type_hints

import pytest

import handlers
from bot.cli.main import main
from bot.settings import names
from handlers import COMMANDS
from handlers.language.command import Spec
from handlers.language.line import parse, read_line
from handlers.language.values import Hit
from tests.handlers.sample_desk import SampleDesk

HOUSE = Path(__file__).resolve().parent.parent
README = HOUSE / "README.md"
ROOMS = ("bot", "handlers", "storage")
TOP_LEVEL = {
    *ROOMS,
    *("templates", "tests", "docs", ".ci"),
    *("pyproject.toml", "requirements.lock", "Makefile", "README.md", ".env.example", ".gitignore"),
}
MOST_LINES = 400
READS_THE_TIME = {"storage/times.py"}
CLOCKS_AND_ENVIRONMENT = ("datetime.now", "datetime.utcnow", "date.today", "time.time", "os.environ", "os.getenv")
INDEXES = ("py" + "pi.org", "python" + "hosted.org", "ana" + "conda.org")  # in two parts: this file must not name them
MACHINE = re.compile("|".join([r"(?<![\w.])/(?:root|work|home|Users|opt|tmp)/", *map(re.escape, INDEXES)]))
"""A path of one machine, or the address of a package index."""
JUNE = datetime(2026, 6, 1, 9, tzinfo=UTC)  # after the dates of answers in the examples, before those agreed
LEGAL = {"legal_basis", "origin"}
"""Fields that show an instrument's figures to people."""


@dataclass(frozen=True)
class Desk(SampleDesk):
    """Knows every authority of the reference files, and whoever is named."""

    def authorities(self, text: str) -> Sequence[Hit]:
        return [Hit(row.code, row.name) for row in self.reference.authorities.values() if text in row.code]

    def people(self, text: str) -> Sequence[Hit]:
        return [Hit(text, text)]


@cache
def ours() -> tuple[Path, ...]:
    """Every file that is kept: what `.gitignore` names is not."""
    ignored = {".git", *(line.strip("/") for line in (HOUSE / ".gitignore").read_text().split())}
    found = []
    for folder, below, files in os.walk(HOUSE):
        below[:] = sorted(set(below) - ignored)
        found += [Path(folder, file) for file in files if file not in ignored]
    return tuple(found)


def modules(*rooms: str) -> Iterator[tuple[str, ast.Module]]:
    """Python files of some rooms: (path in the house, tree)."""
    for file in ours():
        path = file.relative_to(HOUSE)
        if path.parts[0] in rooms and path.suffix == ".py":
            yield path.as_posix(), _parsed(file)


@cache
def _parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def nodes(kind, *rooms: str):
    """Every node of a kind in some rooms: (where, node)."""
    for path, tree in modules(*rooms):
        for node in ast.walk(tree):
            if isinstance(node, kind):
                yield f"{path}:{getattr(node, 'lineno', 0)}", node


# ---- commands --------------------------------------------------------------------------------------------------------


def test_the_words_of_every_command_stand_in_one_decorator():
    found = [
        node.args[0].value
        for _, function in nodes(ast.FunctionDef, "handlers")
        for node in function.decorator_list
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("commands.add")
    ]
    twice = [words for words, times in Counter(found).items() if times > 1]
    lost = set(found) ^ {spec.words for spec in COMMANDS}
    assert not twice, f"two functions claim {twice}: give one of them other words"
    assert not lost, f"{lost} in no family of COMMANDS: add its `commands` to handlers/__init__.py"


@pytest.mark.parametrize("spec", COMMANDS, ids=lambda spec: spec.words)
class TestEveryCommand:
    def test_its_example_is_that_command(self, spec: Spec):
        found = parse(read_line(spec.example, COMMANDS), Desk(now=JUNE))
        assert found.command is spec, f"{spec.source}: the example is read as {found.command.words!r}"
        assert not found.notes, f"{spec.source}: the example is read in another way than it is written: {found.notes}"

    def test_each_value_has_a_line_of_help(self, spec: Spec):
        values = [*spec.parameters, *([spec.fields] if spec.fields else [])]
        silent = [value.typed_name for value in values if not value.help]
        assert not silent, f"{spec.source}: add to the docstring a line `{silent[0]}: what it is.`"


def test_the_readme_shows_only_commands_that_exist():
    shown = re.findall(r"^> (.+)$", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert shown
    for line in shown:
        assert parse(read_line(line, COMMANDS), Desk(now=JUNE)).command.words in line


def test_the_readme_shows_only_words_of_the_command_line_that_exist(capsys):
    shown = re.findall(r"python -m bot (\w+)", README.read_text(encoding="utf-8"))
    assert shown
    for word in shown:
        with pytest.raises(SystemExit) as ended:
            main([word, "--help"])
        assert not ended.value.code, capsys.readouterr().err


# ---- words -----------------------------------------------------------------------------------------------------------


PROSE = re.compile(r"(?<![\w-])[a-z]{2,}[,;:]? [a-z]{2,}(?![\w-])")
FOR_PROGRAMMERS = (
    "ValueError",
    "TypeError",
    "AssertionError",
    "audit",
    "debug",
    "info",
    "warning",
    "error",
    "exception",
)
"""Calls whose words no user reads: bugs, acts on the chain, the log."""
REPORT = {
    f"handlers/registers/{name}.py"
    for name in ("cells", "intake", "filing_rows", "reading", "dates", "columns", "exported", "ours", "writing")
} | {f"handlers/summaries/{name}.py" for name in ("calendar", "exports", "figure_tables", "obligation_rows", "tables")}
"""The report of an import, its corrections, the headers of an export: a contract with whoever compares two."""
ENGLISH = {
    "handlers/language/values/listed.py": {"data type", "complaint category", "refusal reason", "time zone"},
    "handlers/language/values/hours.py": {"weekly time", "quiet hours", "time span", "no summary"},
    "handlers/language/values/accounts.py": {'"page.one; page.two"'},
    "handlers/language/values/basic.py": {'"as in our letter"'},
    "handlers/language/values/dates.py": {"{}, no time"},
    # names of kinds are words of the glossary, like "case"; examples are typed; labels of choices stand beside a value
    "handlers/exposure.py": {"part of a record"},  # a word of an enumeration
    "handlers/filing/drafts.py": {"new request"},  # goes on record, as a field that the recipient demands
    "handlers/authorities.py": {"not verified: added by an administrator"},  # goes on record, with the row
    "handlers/outgoing.py": {
        "the recipient is not there any more", "there is no way to them", "they may not see it any more",
        "it is not so any more, or not for these eyes", "it is for no room", "no card stands there",
        "the card stands elsewhere", "{} is above the room's ceiling",
    },  # why something was not said: kept in the outbox, for whoever runs the desk
}  # fmt: skip


def prose(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Texts of two plain words and more, that are no docstring, no command line, and nothing for programmers."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in FOR_PROGRAMMERS:
            continue
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        text = ""
        if isinstance(node, ast.JoinedStr):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and not isinstance(tree, ast.JoinedStr):
            text = node.value
        if PROSE.search(text) and not text.startswith(tuple(spec.words for spec in COMMANDS)):
            yield node.lineno, text
        yield from prose(node)


def test_sentences_stand_in_templates_and_not_in_code():
    found = [
        f"{path}:{line} {text!r}"
        for path, tree in modules("handlers", "bot")
        if path.startswith(("handlers/", "bot/inbound/")) and path not in REPORT
        for line, text in prose(tree)
        if text not in ENGLISH.get(path, ())
    ]
    assert not found, f"make it a code with facts, and say it in templates/messages/_base: {found}"


# ---- names -----------------------------------------------------------------------------------------------------------


FIELD_WORDS = {
    **dict.fromkeys(("told", "said_of"), "what it holds: summary, lines, facts"),
    **dict.fromkeys(("keeps", "offers"), "administers, services; choices"),
    **dict.fromkeys(("lookout", "places"), "watch; positions, destinations"),
    **dict.fromkeys(("outside", "outsider", "outsiders"), "external"),
    **dict.fromkeys(("vitals", "pulse", "pulses"), "health, heartbeat"),
    **dict.fromkeys(("road", "roads"), "route, platform, or instrument"),
    **dict.fromkeys(("closest", "closer"), "most restrictive"),
    **dict.fromkeys(("flying", "air"), "in flight"),
    "made": "generated",
    "hold": "preservation",
}
"""{a word that only this house would know: the word of the field}."""
STAY = {
    "storage/models/parties.py outside": "a column",
    "handlers/operations.py roads": "a field of the notice Health, as the inbox keeps it",
    "handlers/due.py NudgeHold": "the notice of `nudge_hold.md.j2`, as the outbox keeps it",
    "bot/health/port.py connection_made": "asyncio gives a protocol this method",
}
"""Names that stay, and why."""


def given_names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Names that a module gives to classes, functions, parameters, variables and its own attributes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and ast.unparse(node.value) == "self":
            yield node.lineno, node.attr


def test_names_in_code_are_words_of_the_field():
    found = [
        f"{path}:{line} {name}: {FIELD_WORDS[word]}"
        for path, tree in modules(*ROOMS)
        for line, name in given_names(tree)
        for word in {name, *re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().split("_")} & FIELD_WORDS.keys()
        if f"{path} {name}" not in STAY
    ]
    assert not found, f"use the word of the field: {found}"


def test_a_name_that_stays_is_still_there():
    given = {f"{path} {name}" for path, tree in modules(*ROOMS) for _, name in given_names(tree)}
    assert not set(STAY) - given, "take it out of STAY"


def test_no_class_name_stands_twice():
    where: dict[str, list[str]] = {}
    for path, tree in modules(*ROOMS):
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                where.setdefault(node.name, []).append(f"{path}:{node.lineno}")
    twice = {name: lines for name, lines in where.items() if len(lines) > 1}
    assert not twice, f"give one of them the name of what it is in its own room: {twice}"


# ---- settings --------------------------------------------------------------------------------------------------------


def test_every_setting_stands_in_the_example_and_every_line_of_it_is_a_setting():
    lines = (HOUSE / ".env.example").read_text(encoding="utf-8").splitlines()
    shown = [found[1] for line in lines if (found := re.match(r"#?([A-Z][A-Z0-9_]*)=", line))]
    assert not set(names()) - set(shown), f"add to .env.example, with a comment: {set(names()) - set(shown)}"
    assert not set(shown) - set(names()), f"add to bot/settings.py, or take out: {set(shown) - set(names())}"
    assert len(shown) == len(set(shown)), "a name stands twice in .env.example: take one out"


# ---- legal figures ---------------------------------------------------------------------------------------------------


def notices_and_views() -> Iterator[type]:
    for found in pkgutil.walk_packages(handlers.__path__, "handlers."):
        for thing in vars(importlib.import_module(found.name)).values():
            if inspect.isclass(thing) and is_dataclass(thing) and thing.__module__ == found.name:
                yield thing


def cautioned(view: type) -> bool:
    """Whether a view says what is not verified, itself or by a part of it."""
    hints = get_type_hints(view).values()
    return any(field.name in ("caution", "cautions") for field in fields(view)) or any(
        is_dataclass(hint) and cautioned(hint) for hint in hints
    )


def test_whatever_shows_a_legal_figure_carries_its_caution():
    shows = [view for view in notices_and_views() if LEGAL & {field.name for field in fields(view)}]
    bare = [f"{view.__module__}.{view.__name__}" for view in shows if not cautioned(view)]
    assert shows
    assert not bare, f"add a field `caution` to {bare}, filled from the instrument's row, and show it in the template"


def test_every_row_that_is_not_verified_says_so_when_shown(reference):
    rows = [*reference.instruments.values(), *reference.authorities.values(), *reference.refusal_reasons.values()]
    doubtful = [row for row in rows if row.unverified]
    assert doubtful
    for row in doubtful:
        assert row.caution == f"not verified: {row.unverified_what}"


# ---- rooms -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ROOMS)
def test_the_packages_are_those_of_this_house(name: str):
    file = Path(importlib.import_module(name).__file__ or "")
    assert file == HOUSE / name / "__init__.py", (
        f"`import {name}` is {file}: another package of that name is in the way"
    )


def test_tests_are_no_package():
    found = [file for file in ours() if file.name == "__init__.py" and "tests" in file.relative_to(HOUSE).parts]
    assert not found, f"delete {found}: with it, `import handlers` in a test is the folder of tests"


def test_the_top_level_holds_what_newcomers_expect_and_nothing_else():
    strangers = {file.relative_to(HOUSE).parts[0] for file in ours()} - TOP_LEVEL
    assert not strangers, f"move {strangers} into a room, or name it in TOP_LEVEL here"


def test_no_module_is_longer_than_can_be_read():
    long = {
        path: count
        for path, _ in modules(*ROOMS)
        if "migrations" not in path  # written once, never edited
        and (count := len((HOUSE / path).read_text(encoding="utf-8").splitlines())) > MOST_LINES
    }
    assert not long, f"look for the second noun inside, and give it its own file: {long}"


def test_sql_is_spoken_in_storage_only():
    found = [
        where
        for where, node in nodes((ast.Import, ast.ImportFrom), "bot", "handlers")
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
        if name.split(".")[0] in ("sqlalchemy", "alembic", "psycopg")
    ]
    assert not found, f"move the query to storage/record/: {found}"


def test_the_time_and_the_environment_are_read_in_one_room_each():
    found = [
        f"{where} {ast.unparse(node)}"
        for where, node in nodes(ast.Attribute, *ROOMS)
        if any(name.endswith(f".{node.attr}") for name in CLOCKS_AND_ENVIRONMENT)
        if ast.unparse(node).endswith(CLOCKS_AND_ENVIRONMENT) and where.split(":")[0] not in READS_THE_TIME
    ]
    assert not found, f"take the time from the turn or the clock, and names from bot/settings.py: {found}"


# ---- what is shipped -------------------------------------------------------------------------------------------------


LOCK = HOUSE / "requirements.lock"
ADDRESS = re.compile(r"://|index-url|find-links|^-[eif]| @ ")


def lock() -> dict[str, list[str]]:
    """{package: its lines}."""
    entries: dict[str, list[str]] = {}
    current: list[str] = []
    for line in LOCK.read_text(encoding="utf-8").splitlines():
        if found := re.match(r"([A-Za-z0-9._-]+)(?:\[.*?\])?==", line):
            current = entries.setdefault(plain(found[1]), [])
        current.append(line)
    return entries


def plain(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()


def test_the_lock_file_covers_every_dependency():
    project = tomllib.loads((HOUSE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    direct = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    missing = {plain(re.split(r"[^\w.-]", line)[0]) for line in direct} - set(lock())
    assert not missing, f"run `make lock`: {missing} is not in requirements.lock"


def test_the_lock_file_has_hashes_and_no_address():
    bare = [package for package, lines in lock().items() if not any("--hash=sha256:" in line for line in lines)]
    addressed = [line for line in LOCK.read_text(encoding="utf-8").splitlines() if ADDRESS.search(line)]
    assert not bare, f"run `make lock`: no hash for {bare}"
    assert not addressed, f"any index must do, so take out {addressed}"


def test_nothing_of_the_machine_it_was_written_on_is_left():
    found = [
        f"{file.relative_to(HOUSE)}:{number}"
        for file in ours()
        for number, line in enumerate(file.read_text(encoding="utf-8", errors="ignore").splitlines(), 1)
        if MACHINE.search(line)
    ]
    assert not found, f"write a path in the house, or an invented name: {found}"


# ---- tests -----------------------------------------------------------------------------------------------------------


EXCUSES = re.compile(r"pytest\.(?:mark\.(?:skip|skipif|xfail)|skip|xfail)")


def test_whatever_is_not_run_says_why():
    attributes = (found for found in nodes(ast.Attribute, "tests") if found[1].attr in ("skip", "skipif", "xfail"))
    named = {where for where, node in attributes if EXCUSES.fullmatch(ast.unparse(node))}
    reasoned = {
        where
        for where, node in nodes(ast.Call, "tests")
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("skip", "skipif", "xfail")
        if EXCUSES.fullmatch(called := ast.unparse(node.func))
        and ({"reason"} & {word.arg for word in node.keywords} or (".mark." not in called and node.args))
    }
    assert not named - reasoned, f'add reason="..." to {sorted(named - reasoned)}'
