"""What people typed is shown as they typed it, wherever a template puts it, and never as anything but text."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path

import pytest
from jinja2 import TemplateNotFound, TemplateRuntimeError, TemplateSyntaxError, UndefinedError

from bot.rendering import phrases
from bot.rendering.blocks import (
    Block,
    Bullets,
    Button,
    Buttons,
    Code,
    Divider,
    Heading,
    Item,
    LabelLine,
    Message,
    Paragraph,
    Quote,
    Span,
    Table,
    text_of,
)
from bot.rendering.markdown import clean, one_line
from bot.rendering.phrases import Reader
from bot.rendering.render import Renderer
from handlers.language import grammar

NOW = datetime(2026, 3, 1, 9, 5, tzinfo=UTC)
KARACHI = Reader(zone="Asia/Karachi", language="en", now=NOW)

NASTY = (
    "<!channel>",
    "<!here|here>",
    "<@U0123456>",
    "<#C0123456|general>",
    "<https://example.org|click>",
    "@channel @here @everyone",
    "/request withdraw 42",
    "<b>bold</b>",
    "<script>alert(1)</script>",
    "<tg-spoiler>x</tg-spoiler>",
    '<a href="tg://user?id=1">x</a>',
    "&lt;b&gt; &amp; &#42;&#42;",
    "<!-- gone? -->",
    "**bold**",
    "__bold__ and _italic_",
    "*",
    "***",
    "~~struck~~",
    "`code` and ``two``",
    "```\nfence\n```",
    "~~~",
    "# heading",
    "1. one\n2. two",
    "- item\n- item",
    "> quoted\n> twice",
    "---",
    "===\n---",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "a | b",
    "\\| \\* \\\\",
    "\\",
    "[text](javascript:alert(1))",
    "[text](cmd:request withdraw 42)",
    "![x](https://example.org/x.png)",
    "[ref]: https://example.org",
    "https://example.org/?a=1&b=2",
    "<https://example.org>",
    "{{7*7}}",
    "{% raw %}{{ secret }}{% endraw %}",
    "{# comment #}",
    "{{ ''.__class__.__mro__ }}",
    "%s %(name)s {0} {name}",
    "$HOME `id` $(id)",
    "'; DROP TABLE request; --",
    "say \"no\" and 'no'",
    "\u201ccurly\u201d \u2018quotes\u2019",
    "line one\nline two\n\nline four",
    "carriage\r\nreturn\rand\u2028separator",
    "    four leading spaces",
    "  two trailing spaces  ",
    "tab\tin between",
    "bell\x07 escape\x1b[31mred\x1b[0m nul\x00",
    "\u202ereversed\u202c \u2066isolated\u2069",
    "zero\u200bwidth\ufeff\u2060",
    "half \ud83d pair",
    "\U000f0000 \U000f0001 \U0010ffff",
    "qv0000vq \ue000",
    "\u0641\u06cc\u0633 \u0628\u06a9 \u06a9\u06d2 \u062c\u0639\u0644\u06cc \u0635\u0641\u062d\u0627\u062a",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "\u1e9e \u00df \ufb01 I\u0307",
    "x" * 3_000,
    "word " * 400,
    "*" * 200,
    "[" * 200,
)

MACROS = """
{% macro bold(text) %}**{{ text }}**{% endmacro %}
{% macro around() %}*({{ caller() }})*{% endmacro %}
"""


def paragraph(*spans: Span) -> tuple[Block, ...]:
    return (Paragraph(spans),)


def cell(text: str) -> tuple[Span, ...]:
    return (Span(one_line(text)),)


Shown = Callable[[str], tuple[Block, ...]]

# A template with the value `v` somewhere, and the blocks it must give for a text.
POSITIONS: dict[str, tuple[str, Shown]] = {
    "heading": ("## {{ v }}", lambda t: (Heading(2, cell(t)),)),
    "heading, in words": ("# On {{ v }}!", lambda t: (Heading(1, cell(f"On {t}!")),)),
    "paragraph": ("{{ v }}", lambda t: paragraph(Span(t))),
    "words": ("It is {{ v }} now.", lambda t: paragraph(Span(f"It is {t} now."))),
    "line start": ("one\n{{ v }}\ntwo", lambda t: paragraph(Span(f"one {t} two"))),
    "bold": ("a **{{ v }}** b", lambda t: paragraph(Span("a "), Span(t, bold=True), Span(" b"))),
    "italic": ("_{{ v }}_", lambda t: paragraph(Span(t, italic=True))),
    "struck": ("~~{{ v }}~~", lambda t: paragraph(Span(t, strike=True))),
    "inline code": ("`{{ v }}`", lambda t: paragraph(Span(one_line(t), code=True))),
    "fence": ("```\n{{ v }}\n```", lambda t: (Code(t),)),
    "quote": ("> {{ v }}", lambda t: (Quote(paragraph(Span(t))),)),
    "cell": (
        "| A | B |\n|---|--:|\n| {{ v }} | 1 |\n| **{{ v }}** | `{{ v }}` |",
        lambda t: (
            Table(
                (cell("A"), cell("B")),
                ((cell(t), cell("1")), ((Span(one_line(t), bold=True),), (Span(one_line(t), code=True),))),
                ("left", "right"),
            ),
        ),
    ),
    "header cell": ("| {{ v }} |\n|:-:|\n| 1 |", lambda t: (Table((cell(t),), ((cell("1"),),), ("center",)),)),
    "item": ("- {{ v }}\n- b", lambda t: (Bullets((Item((Span(t),)), Item((Span("b"),)))),)),
    "numbered item": (
        "1. a\n1. {{ v }}\n   - {{ v }}",
        lambda t: (Bullets((Item((Span("a"),), 0, 1), Item((Span(t),), 0, 2), Item((Span(t),), 1))),),
    ),
    "button label": (
        '{{ button(v, "overdue") }}',
        lambda t: (Buttons((Button(one_line(t).strip() or "overdue", "overdue"),)),),
    ),
    "button word": (
        '{{ button("Do", "case", "note", v) }}',
        lambda t: (Buttons((Button("Do", f"case note {grammar.quoted(one_line(t))}"),)),),
    ),
    "button value": (
        '{{ button("Do", "case", reason=v) }}\n{{ button("Then", "help") }}',
        lambda t: (Buttons((Button("Do", f"case reason:{grammar.quoted(one_line(t))}"), Button("Then", "help"))),),
    ),
    "button line": ('{{ button_for("Do", v) }}', lambda t: (Buttons((Button("Do", one_line(t)),)),)),
    "macro": (
        '{% import "_base/m.j2" as m %}{{ m.bold(v) }}',
        lambda t: paragraph(Span(t, bold=True)),
    ),
    "macro in a macro": (
        '{% import "_base/m.j2" as m %}{{ m.bold(m.bold(v)) }}',
        lambda t: paragraph(Span(t, bold=True)),
    ),
    "call block": (
        '{% from "_base/m.j2" import around %}{% call around() %}{{ v }}{% endcall %}',
        lambda t: paragraph(Span(f"({t})", italic=True)),
    ),
    "include": ("a\n\n{% include '_base/i.j2' %}", lambda t: (*paragraph(Span("a")), *paragraph(Span(f"in {t}")))),
    "set block": (
        "{% set x %}**{{ v }}**{% endset %}{{ x }} {{ x }}",
        lambda t: paragraph(Span(t, bold=True), Span(" "), Span(t, bold=True)),
    ),
    "set block, filter": (
        "{% set x %}{{ v }}{% endset %}{{ x | capitalize }}",
        lambda t: paragraph(Span(t.capitalize())),
    ),
    "capitalize": ("{{ v | capitalize }}", lambda t: paragraph(Span(t.capitalize()))),
    "replace": ("{{ v | replace('e', '**') }}.", lambda t: paragraph(Span(t.replace("e", "**") + "."))),
    "join": ("{{ [v, 1, v] | join(' **') }}", lambda t: paragraph(Span(f"{t} **1 **{t}"))),
    "listing": ("{{ rows | map(attribute='v') | listing }}", lambda t: paragraph(Span(f"{t}, {t}"))),
    "truncate": ("{{ v | truncate(5000) }}", lambda t: paragraph(Span(t))),
    "or": ("{{ v or 'y' }} {{ v or 'x' }}", lambda t: paragraph(Span(f"{t} {t}"))),
    "tilde": ("{{ '**' ~ v ~ 1 }}", lambda t: paragraph(Span(f"**{t}1"))),
    "plus": ("{{ v + '`' + v }}", lambda t: paragraph(Span(f"{t}`{t}"))),
    "macro tilde value": (
        '{% import "_base/m.j2" as m %}{{ m.bold(1) ~ v }}',
        lambda t: paragraph(Span("1", bold=True), Span(t)),
    ),
    "macro plus value": (
        '{% import "_base/m.j2" as m %}{{ v + m.bold(1) }}',
        lambda t: paragraph(Span(t), Span("1", bold=True)),
    ),
    "macro joined with value": (
        '{% import "_base/m.j2" as m %}{{ [m.bold(1), v] | join(v) }}',
        lambda t: paragraph(Span("1", bold=True), Span(t + t)),
    ),
    "loop and condition": (
        "{% for row in rows %}\n{% if row.v %}\n- {{ row.v }}{{ '!' if loop.last }}\n{% endif %}\n{% endfor %}",
        lambda t: (Bullets((Item((Span(t),)), Item((Span(f"{t}!"),)))),),
    ),
}


@pytest.fixture
def say(tmp_path: Path) -> Callable[..., Message]:
    """Render a template given as text, with its fields."""
    base = tmp_path / "messages" / "_base"
    base.mkdir(parents=True)
    (base / "m.j2").write_text(MACROS, encoding="utf-8")
    (base / "i.j2").write_text("in {{ v }}", encoding="utf-8")

    written: list[str] = []  # a text is compiled once in a process: each has a name of its own

    def render(source: str, *, reader: Reader = KARACHI, label: str | None = None, **fields: object) -> Message:
        if source not in written:
            written.append(source)
        name = f"notice_{written.index(source)}"
        (tmp_path / "messages" / f"{name}.md.j2").write_text(source, encoding="utf-8")
        return Renderer(tmp_path).message(name, fields, reader, label)

    return render


@pytest.mark.parametrize("position", POSITIONS)
def test_a_text_arrives_as_typed_and_changes_nothing_around_it(say, position):
    source, shown = POSITIONS[position]
    for text in ("plain", *NASTY):
        message = say(source, v=text, rows=[{"v": text}] * 2)
        assert message.blocks == shown(clean(text)), text


def test_there_are_sixty_nasty_texts_and_they_differ():
    assert len(set(NASTY)) >= 60


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("bell\x07 \x1b[31mred\x1b[0m\x00", "bell [31mred[0m"),
        ("a\r\nb\rc\u2028d\x85e\vf", "a\nb\nc\nd\ne\nf"),
        ("a\tb", "a b"),
        ("\u202egnp.exe\u202c \u2067x\u2069 \u200f", "gnp.exe x "),
        ("a\u200bb\ufeffc\u2060d\u00ade", "abcde"),
        ("half \ud83d", "half \ufffd"),
        ("ad\u200dmin", "admin"),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"),
        ("\U0001f468\u200d\U0001f469", "\U0001f468\u200d\U0001f469"),
        ("\U0001f3f4\U000e0067\U000e007f", "\U0001f3f4"),
        ("caf\u00e9 \u2014 na\u00efve", "caf\u00e9 \u2014 na\u00efve"),
    ],
)
def test_what_hides_or_reorders_is_taken_out_and_nothing_else(typed, shown):
    assert clean(typed) == shown


def test_an_empty_text_leaves_no_empty_paragraph_but_its_cell_stays(say):
    message = say(
        "{{ v }}\n\n# {{ v }}\n\n> {{ v }}\n\n```\n{{ v }}\n```\n\n| A | B |\n|---|---|\n| {{ v }} | 1 |", v=""
    )
    assert [type(block) for block in message.blocks] == [Table]
    assert message.blocks[0].rows == (((), cell("1")),)


def test_a_button_among_words_is_the_command_to_type(say):
    message = say('See {{ button("Why?", "request", "why", ref) }} first.', ref="CCW-2026-0042/3")
    assert message.blocks == paragraph(Span("See "), Span("request why CCW-2026-0042/3", code=True), Span(" first."))


def test_the_words_of_a_button_are_read_back_as_they_were(say):
    for text in NASTY:
        message = say('{{ button("Do", "case", "note", v) }}', v=text)
        tokens, _ = grammar.read(message.blocks[0].buttons[0].line)
        assert tokens[-1].text == grammar.visible(one_line(clean(text)))[0]


def test_a_date_in_a_button_is_written_as_people_type_it(say):
    message = say('{{ button("Later", "request", "snooze", "42/3", until=on) }}', on=date(2026, 3, 9))
    assert message.blocks[0].buttons == (Button("Later", "request snooze 42/3 until:2026-03-09"),)


def test_links_images_and_html_of_a_template_are_text(say):
    for text in (
        "[a](https://example.org)",
        "![a](b)",
        "<b>a</b>",
        "<https://example.org>",
        "[a]: https://example.org",
    ):
        assert say(text).blocks == paragraph(Span(text))


def test_a_whole_message_reads_well_as_plain_text(say):
    source = (
        "# Filed\n\n**Ref:** `{{ ref }}`\\\nto {{ to }}\n\n1. a\n1. b\n   - c\n\n   d\n\n> q\n>\n> r\n\n---\n\n"
        '| A | B |\n|---|---|\n| 1 | 2 |\n\n```\nx\n y\n```\n\n{{ button("Why?", "request", "why", ref) }}'
    )
    message = say(source, ref="42/3", to="A\nB", label="TLP:AMBER+STRICT")
    assert Divider() in message.blocks
    assert message.plain().split("\n\n") == [
        "TLP:AMBER+STRICT",
        "Filed",
        "Ref: 42/3\nto A\nB",
        "1. a\n2. b\n   • c\n• d",
        "> q\n>\n> r",
        "---",
        "A | B\n1 | 2",
        "x\n y",
        "→ request why 42/3 (Why?)",
    ]


def test_the_label_comes_first_in_its_fixed_spelling(say):
    message = say("# Title", label="TLP:RED")
    assert (message.label, message.blocks[0]) == ("TLP:RED", LabelLine("TLP:RED"))
    assert say("# Title").label is None
    with pytest.raises(ValueError, match="no label"):
        say("# Title", label="tlp:red")


def test_a_missing_field_is_an_error_that_names_it(say):
    for source in (
        "{{ title }}",
        "{{ title | capitalize }}",
        "{{ title | day }}",
        "{{ row.title }}",
        "{% if title %}{% endif %}",
    ):
        with pytest.raises(UndefinedError, match="title"):
            say(source, row={})


def test_a_notice_without_template_is_an_error(say, tmp_path):
    say("x")
    with pytest.raises(TemplateNotFound):
        Renderer(tmp_path).message("unknown", {}, KARACHI)
    with pytest.raises(TemplateNotFound):
        Renderer(tmp_path).message("../notice", {}, KARACHI)


def test_what_has_no_words_is_refused(say):
    for value in ([1], {"a": 1}, object(), b"x"):
        with pytest.raises(TemplateRuntimeError, match=r"cannot show|has no words"):
            say("{{ v }}", v=value)


@pytest.mark.parametrize("name", ["safe", "escape", "urlize", "tojson", "format", "xmlattr", "string", "title"])
def test_filters_that_could_let_a_value_through_do_not_exist(say, name):
    with pytest.raises(TemplateSyntaxError, match="No filter"):
        say("{{ v | " + name + " }}", v="x")


@pytest.mark.parametrize(
    "source",
    [
        "{% set x %}{}{% endset %}{{ x.format(v) }}",
        "{% set x %}{}{% endset %}{{ x['format'](v) }}",
        "{% set x %}a{% endset %}{{ x.join([v]) }}",
        "{% set x %}%s{% endset %}{{ x % v }}",
        "{{ v.__class__.__mro__ }}",
        "{{ rows.append(1) }}",
    ],
)
def test_ways_around_the_stand_ins_are_closed(say, source):
    with pytest.raises((UndefinedError, TemplateRuntimeError)):
        say(source, v="**x**", rows=[])


def test_a_field_named_like_a_method_of_a_dict_is_the_field(say):
    message = say("{{ row.items }} {{ row.values }} {{ row['keys'] }}", row={"items": 1, "values": "two", "keys": 3})
    assert message.blocks == paragraph(Span("1 two 3"))


class TestLanguage:
    def test_the_readers_language_is_preferred_and_english_is_the_rest(self, tmp_path):
        folder = tmp_path / "messages"
        folder.mkdir()
        (folder / "filed.md.j2").write_text("Filed, {{ n }} days left", encoding="utf-8")
        (folder / "filed.ur.md.j2").write_text("\u062f\u0631\u062c {{ n }}", encoding="utf-8")
        renderer = Renderer(tmp_path)
        said = {
            language: renderer.message("filed", {"n": 2}, Reader("UTC", language, NOW)).plain()
            for language in ("en", "ur", "fr", "../x")
        }
        english = "Filed, 2 days left"
        assert said == {"en": english, "ur": "\u062f\u0631\u062c 2", "fr": english, "../x": english}
        assert renderer.names() == ("filed",)

    def test_another_language_is_one_more_row_of_words(self, tmp_path, monkeypatch):
        folder = tmp_path / "messages"
        folder.mkdir()
        (folder / "m.j2").write_text("{% macro agreed() %}{{ true }}{% endmacro %}", encoding="utf-8")
        for name in ("n.md.j2", "n.fr.md.j2"):
            (folder / name).write_text('{% import "m.j2" as m %}{{ m.agreed() }}', encoding="utf-8")
        english = phrases.WORDS["en"]
        monkeypatch.setattr(phrases, "WORDS", {"en": english, "fr": {**english, "yes": "oui"}})
        renderer = Renderer(tmp_path)
        said = [renderer.message("n", {}, Reader("UTC", language, NOW)).plain() for language in ("fr", "en")]
        assert said == ["oui", "yes"]

    def test_the_repositorys_own_templates_are_the_default(self):
        files = (Path(__file__).parents[2] / "templates" / "messages").glob("*.md.j2")
        assert Renderer().names() == tuple(sorted({file.name.split(".")[0] for file in files}))


class TestDates:
    def test_a_date_and_an_instant_are_told_in_the_zone_of_the_reader(self, say):
        late = datetime(2026, 3, 3, 20, 5, tzinfo=UTC)
        source = "{{ on }}; {{ at }}; {{ at | day }}; {{ at | when(zone='America/New_York') }}"
        message = say(source, on=date(2026, 3, 3), at=late)
        assert message.plain() == "Tue 3 Mar 2026; 4 Mar 2026, 01:05 PKT; Wed 4 Mar 2026; 3 Mar 2026, 15:05 EST"

    @pytest.mark.parametrize(
        ("zone", "name"), [("Asia/Dubai", "13:05 UTC+04"), ("Asia/Kathmandu", "14:50 UTC+05:45"), ("UTC", "09:05 UTC")]
    )
    def test_a_zone_without_a_name_is_told_by_its_distance(self, say, zone, name):
        assert say("{{ at }}", at=NOW, reader=Reader(zone, "en", NOW)).plain() == f"1 Mar 2026, {name}"

    def test_the_hour_follows_the_clock_change(self, say):
        reader = Reader("America/New_York", "en", NOW)
        before, after = datetime(2026, 3, 8, 6, 59, tzinfo=UTC), datetime(2026, 3, 8, 7, 0, tzinfo=UTC)
        message = say("{{ a }} {{ b }}", a=before, b=after, reader=reader)
        assert message.plain() == "8 Mar 2026, 01:59 EST 8 Mar 2026, 03:00 EDT"

    def test_a_naive_time_is_refused(self, say):
        with pytest.raises(ValueError, match="no zone"):
            say("{{ at }}", at=NOW.replace(tzinfo=None))

    def test_readers_of_one_renderer_do_not_mix(self, tmp_path):
        folder = tmp_path / "messages"
        folder.mkdir()
        (folder / "m.j2").write_text("{% macro at(x) %}{{ x | when }}{% endmacro %}", encoding="utf-8")
        (folder / "n.md.j2").write_text('{% import "m.j2" as m %}{{ m.at(x) }}', encoding="utf-8")
        renderer = Renderer(tmp_path)
        said = [renderer.message("n", {"x": NOW}, Reader(zone, "en", NOW)).plain() for zone in ("UTC", "Asia/Karachi")]
        assert said == ["1 Mar 2026, 09:05 UTC", "1 Mar 2026, 14:05 PKT"]


class TestWords:
    def test_an_enum_shows_its_value(self, say):
        class State(str, Enum):  # noqa: UP042 - the kind whose str() is its name
            PART_PRODUCED = "part_produced"

        assert say("{{ v }}, {{ v | spoken }}", v=State.PART_PRODUCED).plain() == "part_produced, part produced"

    def test_counts_answers_and_codes(self, say):
        source = (
            '{{ plural(1, "request") }}, {{ plural(3, "request") }}, {{ plural(0, "reply", "replies") }}; '
            "{{ yes }} {{ no }} {{ unknown }} {{ unknown | day }}; {{ state | spoken }}; {{ text | truncate(6) }}"
        )
        message = say(source, yes=True, no=False, unknown=None, state="part_produced", text="one two three")
        assert message.plain() == (
            "1 request, 3 requests, 0 replies; yes no \N{EN DASH} \N{EN DASH}; part produced; one t…"
        )


class TestSharedParts:
    """The macros in the repository's own `_base`."""

    @pytest.fixture
    def parts(self, say, tmp_path):
        source = Path(__file__).parents[2] / "templates" / "messages" / "_base" / "parts.j2"
        (tmp_path / "messages" / "_base" / "parts.j2").write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
        return lambda call, **fields: say('{% import "_base/parts.j2" as parts %}\n' + call, **fields)

    def test_facts_are_lines_and_what_is_unknown_is_left_out(self, parts):
        message = parts(
            'Filed.\n\n{{ parts.facts([("To", to), ("By", none), ("Due", on), ("Why", "")]) }}\n\nEnd.',
            to="**A** | B",
            on=date(2026, 3, 4),
        )
        assert message.plain() == "Filed.\n\nTo: **A** | B\nDue: Wed 4 Mar 2026\n\nEnd."


def test_a_button_at_the_end_of_an_entry_opens_it(say):
    message = say('- **{{ a }}** first\\\n  second {{ button("Open", "request", "status", a) }}\n- plain', a="42/1")
    first, second = message.blocks[0].items
    assert (text_of(first.spans), first.button) == ("42/1 first\nsecond", Button("Open", "request status 42/1"))
    assert second.button is None


def test_what_stands_before_the_menu_is_not_in_it_again(say):
    message = say('{{ button("Yes", "a", "1") }}\n{{ menu("No", "b", "1") }}\n{{ menu("Also yes", "a", "1") }}')
    assert [button.label for button in message.blocks[0].buttons] == ["Yes", "No"]


def test_what_a_button_does_to_its_message_is_said_where_it_is_written(say):
    message = say('{{ menu("Why", "why") }}\n{{ ends("End", "Sure?", "end") }}\n{{ turns("Next", "list", page=2) }}')
    why, end, page = message.blocks[0].buttons
    assert (why.more, end.more, end.asks, page.turns, page.line) == (True, True, "Sure?", True, "list page:2")
