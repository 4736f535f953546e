"""Times as people type them for a room, and spans to go on in time."""

from datetime import timedelta

import pytest

from handlers.language.errors import BadValue
from handlers.language.values.hours import ClockTime, QuietHours, ShiftKind, Weekly
from tests.handlers.sample_desk import SampleDesk

DESK = SampleDesk()


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        (ClockTime(), "9:00", "09:00"),
        (ClockTime(), "09:30", "09:30"),
        (ClockTime(), "9am", "09:00"),
        (ClockTime(), "12:15 PM", "12:15"),
        (ClockTime(), "12am", "00:00"),
        (ClockTime(), "٠٩:٣٠", "09:30"),
        (Weekly(), "mon@08:30", "mon@08:30"),
        (Weekly(), "Monday 8:30", "mon@08:30"),
        (Weekly(), "sunday @ 5pm", "sun@17:00"),
        (Weekly(), "off", ""),
        (QuietHours(), "20:00-08:00", "20:00-08:00"),
        (QuietHours(), "8pm \N{EN DASH} 8am", "20:00-08:00"),
        (QuietHours(), "none", ""),
        (ShiftKind(), "+3d", timedelta(days=3)),
        (ShiftKind(), "12 h", timedelta(hours=12)),
    ],
)
def test_it_is_understood(kind, typed, value):
    assert kind.parse(typed, DESK) == value


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        (ClockTime(), "9"),
        (ClockTime(), "24:00"),
        (ClockTime(), "13pm"),
        (ClockTime(), ""),
        (Weekly(), "mo@08:30"),
        (Weekly(), "mon"),
        (Weekly(), "08:30"),
        (QuietHours(), "20:00"),
        (QuietHours(), "20:00-20:00"),
        (QuietHours(), "20:00-"),
        (ShiftKind(), "-3d"),
        (ShiftKind(), "+3"),
    ],
)
def test_it_is_refused_with_an_example_that_works(kind, typed):
    with pytest.raises(BadValue) as refused:
        kind.parse(typed, DESK)
    assert kind.parse(refused.value.example, DESK)
