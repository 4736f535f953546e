"""Calendar files of strangers: which days are off, and one sentence for what is no calendar."""

from datetime import date, timedelta

import pytest

from handlers.kit import calendar_file
from handlers.language.errors import BadValue

FIRST, LAST = date(2025, 11, 28), date(2031, 11, 28)
DAY = "DTSTART;VALUE=DATE:"


def calendar(*entries):
    found = "".join(f"BEGIN:VEVENT\r\n{entry}\r\nEND:VEVENT\r\n" for entry in entries)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{found}END:VCALENDAR\r\n".encode()


def read(content):
    return calendar_file.read("feed.ics", content, FIRST, LAST)


def days(*entries):
    return [day.isoformat() for day in read(calendar(*entries)).days]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (f"{DAY}20260406\r\nSUMMARY:Easter Monday", "2026-04-06"),
        (f"{DAY}20260320\r\nDTEND;VALUE=DATE:20260323", "2026-03-20 2026-03-21 2026-03-22"),
        (f"{DAY}20260302\r\nDURATION:P2D", "2026-03-02 2026-03-03"),
        (f"{DAY}20251127\r\nDTEND;VALUE=DATE:20251129", "2025-11-28"),  # its second day is the first looked at
        (f"{DAY}19471225\r\nRRULE:FREQ=YEARLY", " ".join(f"{year}-12-25" for year in range(2025, 2031))),
        (f"{DAY}20241225\r\nRRULE:FREQ=YEARLY;COUNT=3", "2025-12-25 2026-12-25"),
        (f"{DAY}20240101\r\nRRULE:FREQ=YEARLY;UNTIL=20260601T000000Z", "2026-01-01"),
        (f"{DAY}20000229\r\nRRULE:FREQ=YEARLY", "2028-02-29"),
        (
            f"{DAY}20000828\r\nRRULE:FREQ=YEARLY;BYMONTH=8;BYDAY=-1MO\r\nEXDATE;VALUE=DATE:20270830",
            "2026-08-31 2028-08-28 2029-08-27 2030-08-26 2031-08-25",
        ),
        (f"{DAY}20260102\r\nRRULE:FREQ=WEEKLY;UNTIL=20260116", "2026-01-02 2026-01-09 2026-01-16"),
        (f"{DAY}20260101\r\nRDATE;VALUE=DATE:20260105", "2026-01-01 2026-01-05"),
        (f"{DAY}20260101\r\nSTATUS:CANCELLED", ""),
    ],
)
def test_the_days_off_of_an_entry(entry, expected):
    assert days(entry) == expected.split()


def test_names_are_kept_in_one_line_and_the_first_of_a_day_stands():
    found = read(calendar(f"{DAY}20260406\r\nSUMMARY:Easter\\n  Monday", f"{DAY}20260406\r\nSUMMARY:Another"))
    assert found.days == {date(2026, 4, 6): "Easter Monday"}


@pytest.mark.parametrize(
    "entry",
    [
        "SUMMARY:no beginning",
        "DTSTART:20260101T100000Z",
        f"{DAY}2026-99",
        f"{DAY}20260101\r\nDTEND;VALUE=DATE:20251201",
        f"{DAY}20260101\r\nDTEND;VALUE=DATE:20990101",
        f"{DAY}20260101\r\nRRULE:FREQ=SECONDLY",
        f"{DAY}20260101\r\nRRULE:FREQ=YEARLY;INTERVAL=7",
        f"{DAY}20260101\r\nRRULE:FREQ=YEARLY;COUNT=abc",
        f"{DAY}20260101\r\nRRULE:FREQ=YEARLY;COUNT=1000000000",
        f"{DAY}20260101\r\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",  # never comes, which takes eight thousand years
        f"{DAY}20260101\r\nRRULE:FREQ=YEARLY;BYMONTH=77",
        f"{DAY}20260101\r\nRRULE:FREQ=YEARLY;BYMONTH=1;BYDAY=ZZ",
        f"{DAY}20260101\r\nRRULE:FREQ=WEEKLY;BYDAY=53MO",
        f"{DAY}20260101\r\nRRULE:FREQ=DAILY;BYSETPOS=366",
        f"{DAY}20260101\r\nRRULE:FREQ=YEARLY\r\nRRULE:FREQ=DAILY",
    ],
)
def test_what_is_not_read_is_left_out_and_counted(entry):
    found = read(calendar(entry, f"{DAY}20260406"))
    assert (list(found.days), found.left_out) == ([date(2026, 4, 6)], 1)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "no_calendar_file"),
        (b"<html>hello</html>", "no_calendar_file"),
        (b"BEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\n" * 20_000, "no_calendar_file"),
        (calendar(), "calendar_empty"),
        ("BEGIN:VCALENDAR".encode("utf-16"), "calendar_not_utf8"),
        (b"BEGIN:VCALENDAR\nSUMMARY:\xe9\nEND:VCALENDAR", "calendar_not_utf8"),
        (b"x" * (calendar_file.MOST_BYTES + 1), "calendar_too_big"),
        (calendar(*[f"{DAY}20000101\r\nRRULE:FREQ=YEARLY"] * 201), "calendar_too_many"),
        (calendar(f"{DAY}20200101\r\nRRULE:FREQ=DAILY"), "calendar_too_many_days"),
        (calendar("DTSTART:20260101T100000Z"), "calendar_without_days"),
    ],
)
def test_what_is_no_calendar_of_days_off_is_refused_in_one_sentence(content, code):
    with pytest.raises(BadValue) as refused:
        read(content)
    assert (refused.value.wrong["code"], refused.value.accepted["code"]) == (code, "calendar_file")


def test_each_day_looked_at_can_be_read():
    """A day of its own for each, so that none is lost at either end."""
    span = [FIRST + timedelta(days=n) for n in (0, 1, (LAST - FIRST).days)]
    assert days(*(f"{DAY}{day:%Y%m%d}" for day in (FIRST - timedelta(days=1), *span, LAST + timedelta(days=1)))) == [
        day.isoformat() for day in span
    ]
