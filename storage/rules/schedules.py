"""When a clock reminds: its ladder as moments.

In: a ladder (`reference/ladders.json`) and the dates of one clock. Out: for any moment, the rung that has sounded last
and the one that sounds next; monthly (or daily) for ever after the last, where the ladder says so. No rows: those are
in `storage/reminders/sweep.py`.

    before_due, at_due, after_due   in days: the start of that local day, in the zone of the clock's authority, so that
                                    "after 1 day" is the first overdue day; in hours: before or after the due moment;
                                    in percent: of the clock's length, before the due moment
    very_overdue                    the moment it becomes so
    again_1, again_2, ...           every `then_every_days` after the last rung
A rung whose moment is before the clock's start is none: a clock of five days has no "seven days before".
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from storage.reference.ladders import Audience, Ladder, Rung
from storage.reference.rows import Instrument
from storage.times import at_local, local_day

AGAIN = "again_"


class Sounding(NamedTuple):
    """One rung of one clock: when, who hears it, and whether it can wait for their morning."""

    code: str
    at: datetime
    audience: tuple[Audience, ...]
    wait: bool


@dataclass(frozen=True)
class Dates:
    """What a ladder needs of a clock; all moments aware UTC. `zone`: of the authority whose calendar it follows."""

    starts_at: datetime
    due_on: date
    due_at: datetime
    very_at: datetime
    zone: str


class Schedule:
    """A ladder laid along the dates of one clock."""

    def __init__(self, ladder: Ladder, dates: Dates, instrument: Instrument) -> None:
        self._ladder, self._dates = ladder, dates
        found = [Sounding(rung.code, self._moment(rung, instrument), rung.audience, rung.wait) for rung in ladder.rungs]
        self._rungs = sorted((rung for rung in found if rung.at > dates.starts_at), key=lambda rung: rung.at)
        self._last = max(dates.very_at, *(rung.at for rung in found))

    def following(self, moment: datetime) -> Sounding | None:
        """The first rung after a moment; None only past the end of a ladder that has one."""
        rung = next((rung for rung in self._rungs if rung.at > moment), None)
        if rung or not self._ladder.then_every_days:
            return rung
        return self._again(self._rounds(moment) + 1)

    def after(self, sounding: Sounding) -> Sounding | None:
        """The rung behind one of this schedule, also where both sound at one moment."""
        later = self._rungs[self._rungs.index(sounding) + 1 :] if sounding in self._rungs else []
        return later[0] if later else self.following(sounding.at)

    def passed(self, moment: datetime) -> Sounding | None:
        """The last rung at or before a moment; None where none has come yet."""
        rounds = self._rounds(moment)
        if rounds:
            return self._again(rounds)
        return next((rung for rung in reversed(self._rungs) if rung.at <= moment), None)

    def named(self, code: str) -> Sounding | None:
        """The rung of a code; None where this clock has no such rung."""
        if code.startswith(AGAIN):
            return self._again(int(code.removeprefix(AGAIN)))
        return next((rung for rung in self._rungs if rung.code == code), None)

    def _again(self, rounds: int) -> Sounding:
        wait = all(rung.wait for rung in self._ladder.rungs)
        return Sounding(f"{AGAIN}{rounds}", self._round(rounds), self._ladder.then_audience, wait)

    def _round(self, rounds: int) -> datetime:
        days = timedelta(days=rounds * (self._ladder.then_every_days or 0))
        if "hours" in self._ladder.units:
            return self._last + days
        return at_local(local_day(self._last, self._dates.zone) + days, time(), self._dates.zone)

    def _rounds(self, moment: datetime) -> int:
        """How many rounds have sounded by a moment: a guess by division, put right by a day either way."""
        if not self._ladder.then_every_days:
            return 0
        guess = max(0, (moment - self._last) // timedelta(days=self._ladder.then_every_days))
        return next(
            (rounds for rounds in (guess + 1, guess, guess - 1) if rounds > 0 and self._round(rounds) <= moment), 0
        )

    def _moment(self, rung: Rung, instrument: Instrument) -> datetime:
        dates, amount = self._dates, _amount(rung, instrument)
        if rung.at.anchor == "very_overdue":
            return dates.very_at
        signed = -amount if rung.at.anchor == "before_due" else amount
        if rung.unit == "percent":
            return dates.due_at + (dates.due_at - dates.starts_at) * signed / 100
        if rung.unit == "hours":
            return dates.due_at + timedelta(hours=signed)
        return at_local(dates.due_on + timedelta(days=signed), time(), dates.zone)


def _amount(rung: Rung, instrument: Instrument) -> int:
    """The rung's own figure, or the instrument's where the rung gives way to it."""
    if rung.unless and instrument.renewable and instrument.renewable.ask_before_days:
        return instrument.renewable.ask_before_days
    return rung.at.amount
