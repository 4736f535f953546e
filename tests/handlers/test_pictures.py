"""Pictures: the finding as the title, the label, words that fit, and nothing above a ceiling. Pixels are not compared.

How they look is looked at: `make pictures`.
"""

import ast
import inspect
import itertools
import re
from dataclasses import fields
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from bot.inbound import answers
from bot.rendering import drawing as said
from bot.rendering.render import Renderer
from handlers import pictures
from handlers.kit.turn import GeneratedFile
from handlers.pictures import drawing
from handlers.pictures.frame import DARK, LABEL_COLOURS, LIGHT, SMALL, TITLE, WIDTH, Frame, drawable, measured, wrapped
from handlers.pictures.periods import PeriodsDrawn
from handlers.pictures.reciprocity import DirectionCount
from storage.exposure.labels import Label
from storage.rules.survival import Spell, curve
from tests.pictures import samples
from tests.pictures.samples import LONG, NONE, READER, SAMPLES

HOUSE = Path(__file__).resolve().parents[2]
ONE_OF_EACH = ("weeks", "survival", "ageing", "reciprocity")
MOST_BYTES, MOST_DOTS = 500_000, 3_000  # Slack and Telegram show it as a picture; a phone, without turning


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer()


@cache
def framed(renderer: Renderer, shown) -> Frame:
    """A picture before it is drawn, every part in its place."""
    frame = drawing.frame(shown, said.title(renderer, shown, READER), said.words(renderer, READER))
    frame.close()
    return frame


def texts(frame: Frame) -> list:
    """Every text in it that shows."""
    return [text for text in frame.figure.findobj(lambda one: hasattr(one, "get_text")) if text.get_text()]


def extent(text):
    """What it covers, with the box around it."""
    if text.get_bbox_patch() is None:
        return text.get_window_extent()
    text.update_bbox_position_size(text.get_figure().canvas.get_renderer())
    return text.get_bbox_patch().get_window_extent()


class TestTitle:
    """The finding, made of the figures: what a manager would say of them."""

    @pytest.mark.parametrize(
        ("shown", "title"),
        [
            (
                samples.survival(
                    ("PROV-META", curve([Spell(41, ended=True, count=12), Spell(50, ended=False, count=8)])),
                    ("PROV-GOOGLE", curve([Spell(90, ended=False, count=12)])),
                ),
                "Meta answers half within 41 days; Google has answered none of 12",
            ),
            (SAMPLES["survival_few"], "Too few requests yet to say how long answers take"),
            (SAMPLES["survival_none"], "Nobody was asked anything yet"),
            (
                samples.survival(("PROV-X", curve([Spell(1, ended=True), Spell(90, ended=False, count=5)]))),
                "X has answered 1 of 6",
            ),
            (
                samples.weeks((1, 0, 12), (2, 1, 40)),
                "Overdue grew from 12 to 40 in 2 weeks; 2 cases opened this week, 1 request answered",
            ),
            (
                samples.weeks((1, 0, 43), (1, 0, 40), so_far=False),
                (
                    "Overdue fell from 43 to 40 in 2 weeks; 1 case opened in the week of Mon 2 Mar 2026, "
                    "0 requests answered"
                ),
            ),
            (
                SAMPLES["weeks_none"],
                "Nothing was overdue at its end; nothing was opened or answered in the week of Mon 2 Mar 2026",
            ),
            (SAMPLES["weeks_old"], "3 cases opened in the week of Mon 2 Mar 2026, 1 request answered"),
            (SAMPLES["ageing_old"], "Nothing waits for an answer but 1,234 of an old register"),
            (SAMPLES["ageing"], "40 wait, 14 over a year; 20 of them with Meta"),
            (SAMPLES["ageing_one"], "1 waits, none over a year; all with Meta"),
            (SAMPLES["ageing_none"], "Nothing waits for an answer"),
            (SAMPLES["reciprocity"], "DE-BKA answers us half within 41 days; we answer half within 12 days"),
            (SAMPLES["reciprocity_one_way"], "GB-NCA was asked nothing; we answered 2 of their 7"),
            (
                samples.reciprocity(("GB-NCA", DirectionCount(3, 0, None, 90), NONE)),
                "GB-NCA answered none of our 3, and asked us nothing",
            ),
            (SAMPLES["reciprocity_none"], "Nobody has asked anybody yet"),
        ],
    )
    def test_says_the_finding(self, renderer, shown, title):
        assert said.title(renderer, shown, READER) == title

    @pytest.mark.parametrize("name", SAMPLES)
    def test_is_the_largest_text_of_the_picture_and_the_first_sentence_of_its_words(self, renderer, name):
        shown = SAMPLES[name]
        title = said.title(renderer, shown, READER)
        large = [text.get_text() for text in texts(framed(renderer, shown)) if text.get_fontsize() == TITLE]
        assert "".join(large).replace(" ", "") == title.replace(" ", "")
        facts = {field.name: getattr(shown, field.name) for field in fields(shown)}
        assert renderer.message(shown.template, facts, READER).plain().startswith(title)


class TestWords:
    def test_every_word_of_a_picture_stands_in_the_templates_and_no_other_does(self):
        file = HOUSE / "templates/messages/_base/pictures.md.j2"
        parts_of_others = {"way", "within"}
        written = set(re.findall(r"{% macro (\w+)\(", file.read_text(encoding="utf-8"))) - parts_of_others
        folder = Path(inspect.getfile(pictures)).parent
        trees = [ast.parse(path.read_text(encoding="utf-8")) for path in folder.glob("*.py")]
        nodes = [node for tree in trees for node in ast.walk(tree)]
        asked = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
        assert written - asked == set()
        calls = [node for node in nodes if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".say")]
        assert {call.args[0].value for call in calls if isinstance(call.args[0], ast.Constant)} <= written

    def test_a_name_that_cannot_be_drawn_is_its_code(self):
        names = {"PROV-A": "日本", "PROV-B": "الشرطة"}
        frame = Frame(Label.AMBER, lambda _, **facts: names[facts["code"]])
        assert frame.called("PROV-A") == "PROV-A"
        assert frame.called("PROV-B") == "الشرطة"

    def test_a_letter_without_a_glyph_is_a_question_mark_and_never_a_box(self, renderer):
        frame = Frame(Label.AMBER, said.words(renderer, READER))
        frame.head("Полиция 日本", "हिन्दी")
        frame.png()  # Matplotlib warns of each glyph it has not, and a warning is an error here
        assert [text.get_text() for text in texts(frame)] == ["TLP:AMBER", "??????", "Полиция ??"]

    def test_dollars_are_dollars(self, renderer):
        frame = Frame(Label.AMBER, said.words(renderer, READER))
        frame.head("From $1 to $2", "PK")
        frame.png()
        assert texts(frame)[-1].get_text() == "From $1 to $2"

    @pytest.mark.parametrize("text", ["a b c", LONG, "W" * 200, "one two " * 30, "", "日本" * 90])
    def test_a_text_is_wrapped_and_nothing_of_it_is_lost(self, text):
        lines = wrapped(text, 100, SMALL)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert [line for line in lines if measured(line, SMALL) > 100] == []


class TestLayout:
    @pytest.mark.parametrize("name", SAMPLES)
    def test_no_text_leaves_the_picture_or_covers_another(self, renderer, name):
        frame = framed(renderer, SAMPLES[name])
        whole = frame.figure.bbox
        boxes = [(text.get_text(), extent(text)) for text in texts(frame)]
        outside = [text for text, box in boxes if box.x0 < 0 or box.y0 < 0 or box.x1 > whole.x1 or box.y1 > whole.y1]
        assert outside == []
        inner = [(text, box.padded(-1)) for text, box in boxes]  # the empty rim of a glyph may touch
        assert [(one, two) for (one, a), (two, b) in itertools.combinations(inner, 2) if a.overlaps(b)] == []

    @pytest.mark.parametrize("name", sorted(set(SAMPLES) - {"weeks_many"}))
    def test_every_text_can_be_read_on_a_phone(self, renderer, name):
        """A point is a pixel of a phone 390 wide."""
        assert pytest.approx(390, abs=2) == WIDTH
        assert min(text.get_fontsize() for text in texts(framed(renderer, SAMPLES[name]))) >= SMALL

    def test_the_label_is_in_it_in_the_colour_that_tlp_gives_it(self, renderer):
        for label in Label:
            frame = framed(renderer, samples.weeks((1, 1, 1), label=str(label)))
            [drawn] = [text for text in texts(frame) if text.get_text() == str(label)]
            assert drawn.get_color() == LABEL_COLOURS[label]
            assert drawn.get_bbox_patch().get_facecolor() == (0, 0, 0, 1)

    def test_each_figure_of_a_week_stands_over_its_bar(self, renderer):
        shown = [text.get_text() for text in texts(framed(renderer, samples.weeks((3, 17, 12_345))))]
        assert {"3", "17", "12,345"} <= set(shown)

    @pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
    def test_nothing_is_too_pale_for_its_ground(self, theme):
        """WCAG 2.2: 4.5 for text, 3 for what is drawn."""
        assert min(contrast(theme.ground, colour) for colour in (theme.ink, theme.quiet)) >= 4.5
        assert min(contrast(theme.ground, colour) for colour in (theme.one, theme.two, theme.three)) >= 3

    @pytest.mark.parametrize(("name", "dark"), [*((one, False) for one in ONE_OF_EACH), ("survival_twenty", True)])
    def test_its_size_is_one_that_platforms_show(self, renderer, name, dark):
        content = samples.png(renderer, name, dark=dark)
        image = Image.open(BytesIO(content))
        assert (image.format, image.width) == ("PNG", 1080)
        assert image.height <= MOST_DOTS
        assert len(content) <= MOST_BYTES


class TestCeiling:
    @pytest.mark.parametrize("name", ONE_OF_EACH)
    def test_what_is_above_it_is_not_drawn(self, renderer, name, monkeypatch):
        shown = SAMPLES[name]
        monkeypatch.setitem(drawing.PICTURES, type(shown), pytest.fail)
        assert said.draw(renderer, shown, READER, Label.GREEN) is None

    def test_an_answer_leaves_out_a_picture_that_its_place_does_not_show(self, renderer):
        amber, sheet = GeneratedFile("week.png", shows=SAMPLES["weeks"]), GeneratedFile("week.csv", b"a,b")
        saying = answers.Saying(answers.plainly(), generated=(amber, sheet), ceiling=Label.GREEN)
        assert answers.drawn(saying, renderer, READER.now).generated == (sheet,)

    def test_one_that_says_no_ceiling_shows_nothing_of_a_record(self, renderer):
        saying = answers.Saying(answers.plainly(), generated=(GeneratedFile("week.png", shows=SAMPLES["weeks"]),))
        assert answers.drawn(saying, renderer, READER.now).generated == ()


class TestSurvival:
    def test_the_most_asked_are_drawn_in_the_order_given_and_the_others_counted(self):
        shown = SAMPLES["survival_twenty"]
        assert [one.counterpart for one in shown.curves] == list(samples.TWENTY[:5])
        assert (shown.few, shown.left_out) == ((), 15)

    def test_a_curve_has_no_more_steps_than_can_be_seen_and_ends_where_it_ended(self):
        long = curve(Spell(days, ended=days % 3 > 0) for days in range(900))
        [one] = samples.survival(("PROV-META", long)).curves
        assert len(one.steps) <= 62
        last = max((step for step in long.steps if step.days <= one.steps[-1].days), key=lambda step: step.days)
        assert one.steps[-1].waiting == round(last.waiting * 1000)
        assert (one.half, one.ninety) == (long.median, long.quantile(0.9))

    def test_the_numbers_at_risk_are_those_that_still_waited_then(self):
        shown = samples.survival(
            ("PROV-X", curve([Spell(10, ended=True, count=5), Spell(20, ended=True, count=3), Spell(30, ended=False)]))
        )
        assert shown.ticks == (0, 7, 14, 21)
        assert shown.curves[0].at_risk == (9, 9, 4, 1)

    def test_the_axis_ends_where_answers_end_and_a_curve_goes_on_to_its_end(self):
        old = curve([*(Spell(days, ended=True) for days in range(1, 61)), Spell(3_900, ended=False, count=30)])
        never = curve([Spell(3_000, ended=False, count=12)])
        shown = samples.survival(("PROV-META", old), ("PROV-GOOGLE", never))
        assert shown.ticks == (0, 30, 60)
        assert [(one.steps[-1].days, one.steps[-1].waiting) for one in shown.curves] == [(60, 333), (60, 1000)]
        assert samples.survival(("PROV-GOOGLE", never)).ticks[-1] >= 3_000, "there is nothing else to draw"


class TestAgeing:
    def test_eight_counterparts_and_what_the_others_wait_for(self):
        shown = SAMPLES["ageing_twenty"]
        assert [row.count for row in shown.rows] == list(range(50, 42, -1))
        assert (shown.others, shown.others_count) == (12, sum(range(31, 43)))


class TestReciprocity:
    def test_the_first_six_counterparts_and_how_many_more_there_are(self):
        shown = SAMPLES["reciprocity_twenty"]
        assert [row.counterpart for row in shown.rows] == list(samples.TWENTY[:6])
        assert shown.left_out == 14


def test_every_picture_is_a_notice_with_a_label_a_name_and_an_agency():
    wanted = {"label", "name", "agency"}
    assert {kind for kind in drawing.PICTURES if not wanted <= {field.name for field in fields(kind)}} == set()
    assert PeriodsDrawn in drawing.PICTURES
    assert {type(shown) for shown in SAMPLES.values()} == set(drawing.PICTURES)


def contrast(one: str, two: str) -> float:
    """The contrast ratio of two colours, 1 to 21. Source: WCAG 2.2, "contrast ratio"."""
    light, dark = sorted((luminance(one), luminance(two)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    shares = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_what_is_drawable_stays_as_it_is():
    assert drawable("Meta, 95 %, ÄÖÜ Полиция") == "Meta, 95 %, ÄÖÜ Полиция"
