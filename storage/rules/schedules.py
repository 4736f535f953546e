"""When a clock reminds: its ladder as moments.

In: a ladder (`reference/ladders.json`) and the dates of one clock. Out: for any moment, the rung that has sounded last
and the one that sounds next; monthly for ever, where the ladder says so. No rows: those are in
`storage/reminders/sweep.py`.

    before_due, at_due, after_due   in days: the start of that local day, in the zone of the clock's authority, so that
                                    "after 1 day" is the first overdue day; in hours: before or after the due moment;
                                    in percent: of the clock's length, before the due moment
    very_overdue                    the moment it becomes so
    again_1, again_2, ...           after the last rung that is counted from the due moment: the start of each local
                                    month; of what counts in hours, so many days later, for a week, and then each month
An emergency climbs its own ladder for a week from its sending, and the ordinary one from then on: `after`. What it has
sounded by then it does not sound again.
A rung that falls together with the next, whose hearers are its own and more, is none: of two hours, half is the last.
A rung whose moment is before the clock's start is none: a clock of five days has no "seven days before".
Why the first of a month, and not thirty days later: what is said again is a page for each counterpart, so it must come
on one day. Why "very overdue" does not hold it back: of a year's clock that is a year after the due day. Why every day
for a week only: what was said seven times, at any hour, is heard; an alarm that rings for ever is switched off.
"""

from datetime import date, datetime, time, timedelta
from itertools import zip_longest
from operator import attrgetter
from typing import NamedTuple

from storage.reference.ladders import Audience, Ladder, Rung
from storage.reference.rows import Instrument
from storage.times import at_local, local_day

AGAIN = "again_"
MANAGER = "manager"
MONTHS = 12
MIDNIGHT = time()
DAILY = 7  # rounds of what counts in hours, before they are monthly


class Sounding(NamedTuple):
    """One rung of one clock: when, who hears it, and whether it can wait for their morning."""

    code: str
    at: datetime
    audience: tuple[Audience, ...]
    wait: bool

    @property
    def is_again(self) -> bool:
        """Whether it only says again what every step has said."""
        return self.code.startswith(AGAIN)

    @property
    def rounds(self) -> int:
        """The how manieth time it says so again; 0 for the first time."""
        return _rounds_in(self.code) if self.is_again else 0

    def covers(self, earlier: "Sounding") -> bool:
        """Whether all who would hear the step before it hear this one, at the same moment and no later."""
        hear = set(earlier.audience) <= set(self.audience)
        return earlier.at == self.at and hear and self.wait <= earlier.wait

    @property
    def escalates(self) -> bool:
        """Whether it goes over the heads of those whose work it is: nobody of them can quieten it."""
        return MANAGER in self.audience and not self.is_again


class Dates(NamedTuple):
    """What a ladder needs of a clock; all moments aware UTC. `zone`: of the authority whose calendar it follows."""

    starts_at: datetime
    due_on: date
    due_at: datetime
    very_at: datetime
    zone: str


class Schedule:
    """A ladder laid along the dates of one clock.

    after: the ladder it climbs from a moment on instead.
    """

    def __init__(
        self, ladder: Ladder, dates: Dates, instrument: Instrument, *, after: tuple[datetime, Ladder] | None = None
    ) -> None:
        self._ladder, self._dates = ladder, dates
        self._turns_at = after[0] if after else None
        self._then = after[1] if after else ladder
        rungs, self._last = self._climb(ladder, instrument)
        self._daily = self._days()
        again_from = self._last + timedelta(days=self._daily)
        if self._turns_at:
            ordinary, last = self._climb(self._then, instrument)
            first = [rung for rung in rungs if rung.at < self._turns_at]
            heard = {rung.code for rung in first}
            rungs = [*first, *(rung for rung in ordinary if rung.at >= self._turns_at and rung.code not in heard)]
            again_from = max(again_from, last)
        self._again_since = local_day(again_from, dates.zone)
        climb = sorted((rung for rung in rungs if rung.at > dates.starts_at), key=attrgetter("at"))
        self._rungs = [rung for rung, later in zip_longest(climb, climb[1:]) if not (later and later.covers(rung))]

    def _climb(self, ladder: Ladder, instrument: Instrument) -> tuple[list[Sounding], datetime]:
        """The rungs of a ladder as moments, and the last that is counted from the due moment."""
        found = [Sounding(rung.code, self._moment(rung, instrument), rung.audience, rung.wait) for rung in ladder.rungs]
        counted = [one.at for one, rung in zip(found, ladder.rungs, strict=True) if rung.at.anchor != "very_overdue"]
        return found, max(self._dates.due_at, *counted) if counted else self._dates.due_at

    def following(self, moment: datetime) -> Sounding | None:
        """The first rung after a moment; None only past the end of a ladder that has one."""
        return self._following(moment, self._rounds(moment))

    def _following(self, moment: datetime, rounds: int) -> Sounding | None:
        rung = next((rung for rung in self._rungs if rung.at > moment), None)
        again = self._again(rounds + 1) if self._ladder.then_every else None
        return rung if rung and not (again and again.at < rung.at) else again

    def after(self, sounding: Sounding) -> Sounding | None:
        """The rung behind one of this schedule, also where both sound at one moment."""
        if sounding.is_again:
            return self._following(sounding.at, sounding.rounds)
        later = self._rungs[self._rungs.index(sounding) + 1 :] if sounding in self._rungs else []
        at_once = later[:1] if later and later[0].at == sounding.at else []
        return at_once[0] if at_once else self.following(sounding.at)

    def passed(self, moment: datetime) -> Sounding | None:
        """The last rung at or before a moment; None where none has come yet."""
        rung = next((rung for rung in reversed(self._rungs) if rung.at <= moment), None)
        rounds = self._rounds(moment)
        again = self._again(rounds) if rounds else None
        return max(filter(None, (again, rung)), key=lambda one: one.at, default=None)

    def named(self, code: str) -> Sounding | None:
        """The rung of a code; None where this clock has no such rung."""
        if code.startswith(AGAIN):
            return self._again(_rounds_in(code))
        return next((rung for rung in self._rungs if rung.code == code), None)

    def last_for(self, audience: Audience) -> Sounding | None:
        """The last rung that an audience hears, before all is only said again; None where it hears none."""
        return next((rung for rung in reversed(self._rungs) if audience in rung.audience), None)

    def for_managers(self, moment: datetime) -> Sounding | None:
        """The first rung after a moment that escalates; where none is left, the next that is said again, to them."""
        rung = next((rung for rung in self._rungs if rung.at > moment and rung.escalates), None)
        again = self._again(self._rounds(moment) + 1) if self._ladder.then_every else None
        return rung or (again if again and MANAGER in again.audience else None)

    def _again(self, rounds: int) -> Sounding:
        ladder = self._ladder if rounds <= self._daily else self._then
        wait = rounds > self._daily or all(rung.wait for rung in self._ladder.rungs)
        return Sounding(f"{AGAIN}{rounds}", self._round(rounds), ladder.then_audience, wait)

    def _days(self) -> int:
        """How many rounds come day by day; none once it climbs the other ladder."""
        if self._ladder.then_every != "day":
            return 0
        days = -((self._last - self._turns_at) // timedelta(days=1)) - 1 if self._turns_at else DAILY
        return max(0, min(DAILY, days))

    def _round(self, rounds: int) -> datetime:
        if rounds <= self._daily:
            return self._last + timedelta(days=rounds)
        years, month = divmod(self._again_since.month - 1 + rounds - self._daily, MONTHS)
        return at_local(date(self._again_since.year + years, month + 1, 1), MIDNIGHT, self._dates.zone)

    def _rounds(self, moment: datetime) -> int:
        """How many rounds have sounded by a moment."""
        if not self._ladder.then_every or moment < self._last:
            return 0
        if self._daily and (days := (moment - self._last) // timedelta(days=1)) < self._daily:
            return days
        since, day = self._again_since, local_day(moment, self._dates.zone)
        return self._daily + max(0, (day.year - since.year) * MONTHS + day.month - since.month)

    def _moment(self, rung: Rung, instrument: Instrument) -> datetime:
        dates, anchor = self._dates, rung.at.anchor
        if anchor == "very_overdue":
            return dates.very_at
        amount = _amount(rung, instrument) if rung.unless else rung.at.amount
        signed = -amount if anchor == "before_due" else amount
        if rung.unit == "calendar_days":
            return at_local(dates.due_on + timedelta(days=signed), MIDNIGHT, dates.zone)
        if rung.unit == "hours":
            return dates.due_at + timedelta(hours=signed)
        return dates.due_at + (dates.due_at - dates.starts_at) * signed / 100


def _rounds_in(code: str) -> int:
    return int(code.removeprefix(AGAIN))


def _amount(rung: Rung, instrument: Instrument) -> int:
    """The instrument's figure, to which the rung gives way, or the rung's own where it has none."""
    if instrument.renewable and instrument.renewable.ask_before_days:
        return instrument.renewable.ask_before_days
    return rung.at.amount
