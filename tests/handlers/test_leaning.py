"""Days without their year, and days of a week: which one a command takes them for."""

from datetime import UTC, date, datetime

import pytest

from handlers import COMMANDS
from handlers.language.command import Parameter, Spec
from handlers.language.errors import BadValue, clause
from handlers.language.line import parse, read_line
from handlers.language.values.dates import Day, DayTime, RangeEnd, TypedMoment
from tests.handlers.sample_desk import SampleDesk

LEANS = {
    "past": """
        request sent on; request acknowledge on; request clarify on; request supplement on; request produced on;
        request refused on; request not-held on; request receive on; request correct sent; request correct asked;
        request correct replied; request correct answered; request correct served; preservation ask on;
        preservation confirmed on; preservation receive on; preservation clarify on; preservation supplement on;
        preservation issued on; preservation release on; preservation told on;
        request take-up before; request close-old before; desk history on; desk history since; desk history until;
        summary export from; summary export until""",
    "future": "request extend until; request snooze until; desk away until",
    "either": "desk authority retire until; desk holiday add day; desk holiday remove day",
}
"""Every value that is a day: to look back, to look ahead, or a day of a calendar."""

ASKED = "could_be"
READ = {  # (typed, on which day): what it is taken for
    "past": {
        ("28 dec", "2026-01-03"): "2025-12-28",
        ("3 jan", "2026-01-03"): "2026-01-03",
        ("4 jan", "2026-01-03"): "2025-01-04",
        ("4 march", "2026-03-05"): "2026-03-04",
        ("29 feb", "2025-01-10"): "2024-02-29",
        ("friday", "2026-01-03"): "2026-01-02",
        ("friday", "2026-01-02"): "2026-01-02",
        ("sat", "2026-01-02"): "2025-12-27",
        ("28 dec 2024", "2026-01-03"): "2024-12-28",
        ("yesterday", "2026-01-01"): "2025-12-31",
        ("۲۸ dec", "2026-01-03"): "2025-12-28",
        ("5/1", "2026-06-03"): ASKED,  # 5 January or 1 May
    },
    "future": {
        ("2 jan", "2025-12-30"): "2026-01-02",
        ("30 dec", "2025-12-30"): "2026-12-30",
        ("31 dec", "2025-12-30"): "2025-12-31",
        ("friday", "2026-01-02"): "2026-01-09",
        ("saturday", "2026-01-02"): "2026-01-03",
        ("29 feb", "2027-03-10"): "2028-02-29",
        ("31 dec 2026", "2025-12-30"): "2026-12-31",
        ("5/1", "2026-06-03"): ASKED,
    },
    "either": {
        ("28 dec", "2026-01-03"): "2025-12-28",
        ("2 jan", "2025-12-30"): "2026-01-02",
        ("20 mar", "2026-03-21"): "2026-03-20",
        ("21 mar", "2026-03-21"): "2026-03-21",
        ("31 dec", "2026-03-21"): ASKED,  # the last or the next
        ("friday", "2026-01-03"): ASKED,
        ("28 dec 2024", "2026-01-03"): "2024-12-28",
    },
}


def on(day: str) -> SampleDesk:
    return SampleDesk(now=datetime.fromisoformat(f"{day}T09:00").replace(tzinfo=UTC))


DAYS: dict[str, tuple[Spec, Parameter]] = {
    f"{spec.words} {parameter.typed_name}": (spec, parameter)
    for spec in COMMANDS
    for parameter in spec.parameters
    if isinstance(parameter.kind, Day | DayTime)
}


def test_every_day_that_a_command_takes_leans_one_way():
    expected = {name.strip(): lean for lean, names in LEANS.items() for name in " ".join(names.split()).split(";")}
    assert {name: parameter.kind.lean for name, (_, parameter) in DAYS.items()} == expected, "say in LEANS which way"


def taken_for(parameter: Parameter, typed: str, today: str) -> str:
    desk = on(today)
    try:
        value = parameter.read(typed, desk, {})
    except BadValue as error:
        return error.wrong["code"]
    return (value.day(desk.zone) if isinstance(value, TypedMoment) else value).isoformat()


@pytest.mark.parametrize("name", DAYS)
def test_a_day_is_taken_for_the_one_its_command_leans_to(name):
    parameter = DAYS[name][1]
    expected = READ[parameter.kind.lean]
    assert {case: taken_for(parameter, *case) for case in expected} == expected


@pytest.mark.parametrize("name", DAYS)
def test_the_end_of_a_range_comes_after_its_beginning(name):
    spec, parameter = DAYS[name]
    begins = [one.name for one in spec.parameters if one.typed_name in ("since", "from")]
    if parameter.typed_name == "until" and begins:
        assert isinstance(parameter.kind, RangeEnd), f"{name}: it is the end of a range"
    if isinstance(parameter.kind, RangeEnd):
        assert begins == [parameter.kind.after], f"{name}: no value of that name"


@pytest.mark.parametrize(
    ("begins", "ends", "range_"),
    [
        ('"1 nov"', '"28 dec"', ("2025-11-01", "2025-12-28")),
        ('"20 dec"', '"5 jan"', ("2025-12-20", "2026-01-05")),
        ("2024-11-01", '"28 dec"', ("2024-11-01", "2024-12-28")),
        ("2024-12-28", '"28 dec"', ("2024-12-28", "2024-12-28")),
        ('"1 mar"', '"1 feb"', ("2025-03-01", "2026-02-01")),
        ("monday", "friday", ("2025-12-29", "2026-01-02")),
        ("monday", "yesterday", ("2025-12-29", "2026-01-02")),
        ("2026-01-02", "2025-12-28", ("2026-01-02", "2025-12-28")),  # for the command to refuse
        ("", '"28 dec"', (None, "2025-12-28")),
        ("", "friday", (None, "2026-01-02")),
    ],
)
@pytest.mark.parametrize(("command", "first"), [("desk history", "since"), ("summary export", "from")])
def test_a_range_without_years_ends_after_it_begins(command, first, begins, ends, range_):
    expected = tuple(day and date.fromisoformat(day) for day in range_)
    for values in ((f"{first}:{begins}", f"until:{ends}"), (f"until:{ends}", f"{first}:{begins}")):
        line = " ".join([command, *(value for value in values if not value.endswith(":"))])
        found = parse(read_line(line, COMMANDS), on("2026-01-03")).arguments
        assert (found.get(first) or found.get(f"{first}_"), found["until"]) == expected


@pytest.mark.parametrize("name", DAYS)
def test_a_day_of_another_year_is_said_with_its_year(name):
    parameter, desk = DAYS[name][1], on("2026-01-03")
    other, this = ("2 jan", "28 dec") if parameter.kind.lean == "future" else ("28 dec", "2 jan")
    if isinstance(parameter.kind, RangeEnd):
        assert parameter.kind.note(other, desk) is None, "a range is said where it is shown"
        return
    day = date.fromisoformat(taken_for(parameter, other, "2026-01-03"))
    assert parameter.kind.note(other, desk) == clause("day_read_as", day=day)
    assert [parameter.kind.note(typed, desk) for typed in (this, f"{other} {day.year}", day.isoformat())] == [None] * 3


def test_a_time_on_a_day_without_its_year_was_the_last_one():
    moment = DAYS["request sent on"][1].read("28 dec 14:30", on("2026-01-03"), {})
    assert moment == TypedMoment(datetime(2025, 12, 28, 9, 30, tzinfo=UTC), has_time=True)
    note = DAYS["request sent on"][1].kind.note("28 dec 14:30", on("2026-01-03"))
    assert note == clause("day_read_as", day=date(2025, 12, 28))
