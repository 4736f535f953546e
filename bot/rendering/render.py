"""Renders a notice: its template and its facts become a message of neutral blocks.

In: the name of a template in `templates/messages/`, its fields, who reads, the label. Out: a `Message`, to be shown by
an adapter. Around it: `phrases.py` (dates and counts in words), `markdown.py` (Markdown -> blocks), `splitting.py`
(the limits of platforms).

How a value stays a value: wherever a template shows one, the environment writes a single stand-in character and keeps
the value aside; the Markdown is parsed once, and only then do values take their places. What combines finished Markdown
(the output of a macro or a set-block) with a value, `~`, `+` or `join`, gives the value a stand-in first; a filter on
words, such as `capitalize`, gets the words of such output. So a text is shown once, in full, and is never Markdown.
Why only these filters, in a sandbox: each is known to keep that promise; `safe`, `format` or `urlize` would not.
Why a context variable: macros are shared by all messages and cannot see the message they are called for.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, Template, TemplateRuntimeError, pass_eval_context
from jinja2.compiler import CodeGenerator, Frame
from jinja2.environment import TemplateModule
from jinja2.filters import FILTERS
from jinja2.nodes import Concat
from jinja2.runtime import Context, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from bot.rendering import markdown, phrases
from bot.rendering.blocks import Button, LabelLine, Message, Paragraph, Span, plain
from bot.rendering.phrases import Reader
from handlers import COMMANDS
from handlers.language import grammar
from handlers.language.line import read_line

LABELS = ("TLP:RED", "TLP:AMBER+STRICT", "TLP:AMBER", "TLP:GREEN", "TLP:CLEAR")  # spelling: TLP 2.0, FIRST

_JINJA_FILTERS = ("abs", "first", "length", "list", "map", "select", "selectattr", "unique")


class Renderer:
    """Makes messages; a template is compiled once in a process, so a changed file is seen after a restart.

    templates_dir: holds `messages/`; by default the folder in the wheel, else the repository's.
    """

    def __init__(self, templates_dir: Path | None = None) -> None:
        self._environment = _environment(templates_dir or _default_folder())
        self._files = frozenset(self._environment.list_templates())

    def names(self) -> tuple[str, ...]:
        """Every notice there is a template for, in order, each once whatever its languages."""
        found = {file.split(".", 1)[0] for file in self._files if file.endswith(".md.j2") and "/" not in file}
        return tuple(sorted(found))

    def message(self, name: str, fields: Mapping[str, object], reader: Reader, label: str | None = None) -> Message:
        """Say a notice in the reader's language, or in English where it has no such template.

        Errors: TemplateNotFound; UndefinedError for a field the template needs; ValueError for a label that is none.
        """
        if label is not None and label not in LABELS:
            raise ValueError(f"{label!r} is no label; one of {', '.join(LABELS)}")
        file = f"{name}.{reader.language}.md.j2"
        if file not in self._files:
            file, reader = f"{name}.md.j2", replace(reader, language="en")
        writing = _Writing(reader)
        token = _writing.set(writing)
        try:
            text = self._environment.get_template(file).render(fields)
        finally:
            _writing.reset(token)
        first = (LabelLine(label),) if label else ()
        return Message((*first, *markdown.blocks(text, writing.values)), label)

    def bare(self, name: str, fields: Mapping[str, object], label: str | None = None) -> Message:
        """What goes out where a template fails: the name of the notice and the reference, nothing else."""
        ref = fields.get("ref") or fields.get("incident") or ""
        words = " ".join(filter(None, (name.replace("_", " "), _cleaned(ref))))
        return Message((*((LabelLine(label),) if label else ()), Paragraph((Span(words),))), label)


def _cleaned(value: object) -> str:
    return markdown.one_line(value) if isinstance(value, str) else ""


@dataclass(slots=True)
class _Writing:
    """One message while it is written: its reader, and the values that stand-ins stand for."""

    reader: Reader
    values: list[markdown.Value] = field(default_factory=list)

    def stand_in(self, value: markdown.Value) -> Markup:
        """Keep a value; the stand-in to write instead."""
        self.values.append(value)
        return Markup(markdown.stand_in(len(self.values) - 1))  # noqa: S704 - one private-use character

    def shown(self, value: object) -> str:
        """A value in the words of the reader, cleaned.

        Errors: UndefinedError for a missing field, TemplateRuntimeError for what has no words (a list, an object).
        """
        match value:
            case Markup():
                text = plain(markdown.blocks(value, self.values))
            case str():
                text = markdown.clean(str.__str__(value))  # of an enum: its value, not its name
            case bool() | None:
                text = phrases.answer(value, self.reader)
            case int() | float() | Decimal() | Undefined():
                text = str(value)
            case datetime():
                text = phrases.when(value, self.reader)
            case date():
                text = phrases.day(value, self.reader)
            case _:
                raise TemplateRuntimeError(f"cannot show a {type(value).__name__}; show its parts, or use listing")
        return text


_writing: ContextVar[_Writing] = ContextVar("_writing")
WORDS = re.compile(r"[a-z-]+(?: [a-z-]+){0,2}(?= |$)")
"""What a line begins with that can be words of a command: most lines differ only behind them."""


def _shown(value: object) -> str:
    return _writing.get().shown(value)


@pass_eval_context  # without it, constants would be written once, when the template is compiled
def _written(_: object, value: object) -> Markup:
    """What a template writes for a value: finished Markdown as it is, a stand-in for all else."""
    return value if isinstance(value, Markup) else _writing.get().stand_in(_shown(value))


def _joined(parts: Iterable[object], separator: object = "") -> str:
    """Parts as one text; as Markdown, with stand-ins for the values, if one of them is Markdown."""
    parts = list(parts)
    if any(isinstance(part, Markup) for part in (separator, *parts)):
        return _written(None, separator).join(_written(None, part) for part in parts)
    return _shown(separator).join(_shown(part) for part in parts)


def _button(label: object, *words: object, **named: object) -> Markup:
    """A button for a command, word by word; `named` values become `key:value`, dates stand as people type them."""
    return _button_for(label, _line(words, named))


def _menu(label: object, *words: object, **named: object) -> Markup:
    """The same, in the menu behind the others."""
    return _button_for(label, _line(words, named), more=True)


def _ends(label: object, asks: object, *words: object, **named: object) -> Markup:
    """The same for what ends something: in the menu, and asked once more, in words that say how to take it back."""
    return _button_for(label, _line(words, named), more=True, asks=_shown(asks))


def _turns(label: object, *words: object, **named: object) -> Markup:
    """The same for another page or form of what is read: its answer takes the place of the message."""
    return _button_for(label, _line(words, named), turns=True)


def _button_for(label: object, line: object, *, more: bool = False, asks: str = "", turns: bool = False) -> Markup:
    """A button for a command line that is written already, such as what a person typed so far."""
    typed = markdown.one_line(_shown(line))
    if not _is_for(_writing.get().reader, typed):
        return Markup()
    if more and any(isinstance(value, Button) and value.line == typed for value in _writing.get().values):
        return Markup()  # it stands before the menu already
    shown = markdown.one_line(_shown(label)).strip() or typed
    return _writing.get().stand_in(Button(shown, typed, more, markdown.one_line(asks), turns))


def _is_for(reader: Reader, line: str) -> bool:
    """Whether a reader may use the command of a line at all; what they may do with its record is the handler's."""
    if reader.roles is None:
        return True
    words = None if "--" in line else WORDS.match(line)
    needs = _needs(words[0] if words else line)
    return not needs or bool(needs & reader.roles)


@lru_cache(maxsize=4096)
def _needs(line: str) -> frozenset[str]:
    """The roles of which a command asks for one; none: anybody may. line: its words will do."""
    command = read_line(line, COMMANDS).command
    return frozenset(command.needs) if command else frozenset()


def _line(words: Iterable[object], named: Mapping[str, object]) -> str:
    return " ".join([*map(_typed, words), *(f"{key}:{_typed(value)}" for key, value in named.items())])


def _typed(value: object) -> str:
    """A value as one word of the command grammar."""
    return grammar.quoted(value.isoformat() if isinstance(value, date) else markdown.one_line(_shown(value)))


def _on_words(change: Callable[..., str]) -> Callable[..., str]:
    """A filter that changes words: it gets the words of finished Markdown, not its stand-ins."""

    def changed(value: object, *args: object) -> str:
        return change(_shown(value), *(_shown(arg) if isinstance(arg, Markup) else arg for arg in args))

    return changed


def _for_reader(phrase: Callable[..., str]) -> Callable[..., str | None]:
    """A filter that speaks to the reader; what is not known stays unknown, and shows as such."""

    def said(value: object, **options: object) -> str | None:
        return None if value is None else phrase(value, _writing.get().reader, **options)

    return said


def _reckoned(on: date, at: datetime | None, zone: str, since: date | None) -> phrases.Reckoned:
    """How far away a due day is for whoever reads."""
    return phrases.reckoned(on, at, zone, _writing.get().reader, since=since)


def _cut(text: str, length: int = 60) -> str:
    """At most so many characters, the last an ellipsis where something is left out."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


class _Code(CodeGenerator):
    """Compiles `a ~ b` to `_joined`; Jinja's own joins values to finished Markdown without a stand-in."""

    def visit_Concat(self, node: Concat, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        self.write("environment.joined((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")


class _Template(Template):
    """A template whose macros are the same whoever imports it: none is given more than the globals of all."""

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:  # noqa: ARG002 - Jinja compares globals here
        return super()._get_default_module()


class _Environment(ImmutableSandboxedEnvironment):
    """Jinja as the templates of messages see it."""

    template_class = _Template
    code_generator_class = _Code
    intercepted_binops = frozenset({"+", "%"})
    joined = staticmethod(_joined)

    def __init__(self, folder: Path) -> None:
        super().__init__(
            loader=FileSystemLoader(folder / "messages"),
            undefined=StrictUndefined,
            finalize=_written,
            autoescape=True,  # macros and set-blocks then give Markup, which tells finished Markdown from values
            optimized=False,  # folded constants would keep the reader they were first shown to
            auto_reload=False,
            cache_size=-1,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.filters = {name: FILTERS[name] for name in _JINJA_FILTERS} | {
            "capitalize": _on_words(str.capitalize),
            "replace": _on_words(str.replace),
            "truncate": _on_words(_cut),
            "spoken": _on_words(phrases.spoken),
            "size": phrases.size,
            "figure": phrases.figure,
            "join": _joined,
            "listing": partial(_joined, separator=", "),
            "called": _on_words(phrases.called),
            "day": _for_reader(phrases.day),
            "near": _for_reader(phrases.near),
            "when": _for_reader(phrases.when),
            "hour": _for_reader(phrases.hour),
        }
        self._found: dict[str, Template] = {}
        kept = {"namespace": self.globals["namespace"]}
        self.globals = kept | {
            "button": _button,
            "button_for": _button_for,
            "menu": _menu,
            "ends": _ends,
            "turns": _turns,
            "plural": phrases.plural,
            "reckoned": _reckoned,
        }

    def get_template(self, name: str | Template, *more: Any, **named: Any) -> Template:  # noqa: ANN401 - Jinja's own
        """By its name alone: no template here is found beside another, or given globals of its own."""
        if not isinstance(name, str):
            return name
        if name not in self._found:
            self._found[name] = super().get_template(name, *more, **named)
        return self._found[name]

    def getattr(self, obj: object, attribute: str) -> object:
        """`row.items` is the field of that name, not the method of the dict."""
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:
        """Finished Markdown has no methods here: `format` and the like would take values in."""
        return not isinstance(obj, Markup) and super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: object) -> Callable[..., str] | None:
        """Jinja gives `format` to finished Markdown before it asks whether that is safe."""
        return None if isinstance(getattr(value, "__self__", None), Markup) else super().wrap_str_format(value)

    def call_binop(self, context: Context, operator: str, left: object, right: object) -> object:
        """`+` with finished Markdown joins; `%` would take values in."""
        if not isinstance(left, Markup) and not isinstance(right, Markup):
            return super().call_binop(context, operator, left, right)
        if operator == "+":
            return _joined((left, right))
        raise TemplateRuntimeError(f"finished Markdown cannot be used with {operator}")


@cache
def _environment(folder: Path) -> _Environment:
    """One for each folder: every renderer of a process uses the templates that another has compiled."""
    return _Environment(folder)


def _default_folder() -> Path:
    package = Path(__file__).parents[1]
    packaged = package / "_templates"
    return packaged if packaged.is_dir() else package.parent / "templates"
