"""An invented register of thirty months, as acts: who types what, when. The same for the same seed.

In: a seed and the officers. Out: acts in order, to be typed at the desk on their day.
Its shape is that of a register of the field (see `tests/messy_register.py`): 1,795 lines from January 2016 on, more
from half-year to half-year; four in five to one provider; two in five answered, a quarter refused, three in ten never
answered; one in eight a request to keep data. What no register shows is invented beside it: drafts that lie about,
questions that come back, requests that go on by mutual legal assistance, cases that are closed, and a few that others
ask of us.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from storage.reference.catalog import Reference

AGENCY, ZONE = "PK-FIA-CCW", ZoneInfo("Asia/Karachi")
OIA, LEGAT = "US-DOJ-OIA", "US-FBI-LEGAT"
BEGIN, END = date(2016, 1, 11), date(2018, 7, 11)

HALF_YEARS = tuple(map(date.fromisoformat, ("2016-01-11", "2016-07-01", "2017-01-01", "2017-07-01", "2018-01-01")))
LAST = date(2018, 5, 25)
LINES = (222, 342, 401, 454, 376)  # in each
HOLDS, EMERGENCIES, INCOMING = 230, 20, 12  # the others ask for data

PROVIDERS = {"PROV-META": 81, "PROV-X": 19}
PRODUCTION = {"PROV-META": "PROD-META", "PROV-X": "PROD-X"}
PRESERVATION = {"PROV-META": "PRES-META", "PROV-X": "PRES-X"}
EMERGENCY = {"PROV-META": "EDR-META", "PROV-X": "EDR-X"}
CATEGORIES = {
    "financial_fraud": 20,
    "harassment": 18,
    "fake_accounts": 17,
    "impersonation": 16,
    "hacking": 13,
    "unauthorised_access": 10,
    "blasphemy": 3,
    "political_speech": 2,
    "threat_to_life": 1,
}
OUTCOMES = {"produced": 38, "part": 5, "not-held": 4, "refused": 25, "open": 28}
IN_DANGER = {"produced": 65, "not-held": 10, "refused": 25}
REASONS = {"free_expression": 33, "mla_required": 24, "incomplete": 24, "missing_legal_instrument": 19}

MEDIAN_DAYS, LONGEST_DAYS = 21, 230  # to an answer
QUESTIONS, UNANSWERED = 0.04, 0.15  # lines to which a question comes back; of these, never answered by us
LATE_DRAFTS, LOST_DRAFTS = 0.02, 0.004  # drafts that are sent days later; or never
MLA = 0.25  # of those refused for want of it
CLOSED = {"produced": 0.85, "not-held": 0.85, "refused": 0.7}  # cases that are closed within weeks
HOLD_KEPT, HOLD_RENEWED, HOLD_CLOSED = 0.7, 0.3, 0.4


@dataclass(frozen=True)
class Act:
    """One line that somebody types. `{case}` in it is the reference of the case of the register's line `number`.

    ends: what is waited for no longer after it: a request or a hold, or all of a case.
    """

    at: datetime
    who: str
    line: str
    number: int
    ends: str = ""


def acts(seed: int, officers: tuple[str, ...], reference: Reference) -> list[Act]:
    """All of them, in the order of their moments, to the end of the thirty months."""
    chance = random.Random(seed)
    kinds = ["hold"] * HOLDS + ["emergency"] * EMERGENCIES + ["incoming"] * INCOMING
    kinds += ["data"] * (sum(LINES) - len(kinds))
    chance.shuffle(kinds)
    days = sorted(_days(chance))
    play = _Play(chance, officers, reference)
    found = [
        act
        for number, (kind, day) in enumerate(zip(kinds, days, strict=True), start=1)
        for act in play.line(number, kind, day)
        if act.at.astimezone(ZONE).date() < END
    ]
    return sorted(found, key=lambda act: act.at)


def _days(chance: random.Random) -> Iterator[date]:
    for (since, until), lines in zip(pairwise((*HALF_YEARS, LAST)), LINES, strict=True):
        for _ in range(lines):
            yield since + timedelta(days=chance.randrange((until - since).days))


def weighed(chance: random.Random, weights: dict[str, int]) -> str:
    """One of the words, as often as its weight says."""
    return chance.choices(list(weights), list(weights.values()))[0]


class _Play:
    def __init__(self, chance: random.Random, officers: tuple[str, ...], reference: Reference) -> None:
        self._chance, self._officers, self._reference = chance, officers, reference

    def line(self, number: int, kind: str, day: date) -> Iterator[Act]:
        """What one line of the register comes to."""
        chance = self._chance
        category = "threat_to_life" if kind == "emergency" else weighed(chance, CATEGORIES)
        story = _Story(chance, number, chance.choice(self._officers), _office_hour(chance, day))
        own = f"CCW/{day.year}/{number:04}"
        yield story.act(f'case open "Complaint {number}" category:{category} label:amber own:"{own}"', minutes=0)
        provider = weighed(chance, PROVIDERS)
        if kind == "hold":
            yield from self._hold(story, provider)
        elif kind == "incoming":
            yield from self._incoming(story)
        elif kind == "emergency":
            yield from self._emergency(story, provider)
        else:
            yield from self._data(story, provider)

    def _data(self, story: "_Story", provider: str) -> Iterator[Act]:
        chance = self._chance
        yield self._file(story, provider, PRODUCTION[provider], 'basis:"court order 58/2016"')
        if chance.random() < LOST_DRAFTS:
            return
        yield story.act("request sent {case}/1", **({"days": 20} if chance.random() < LATE_DRAFTS else {"minutes": 60}))
        if chance.random() < QUESTIONS:
            yield story.act('request clarify {case}/1 asks:"What plausible reason?" dated:-1d', days=25)
            if chance.random() < UNANSWERED:
                return
            yield story.act('request supplement {case}/1 answer:"Statement attached"', days=15)
        yield from self._outcome(story, weighed(chance, OUTCOMES))

    def _emergency(self, story: "_Story", provider: str) -> Iterator[Act]:
        yield self._file(story, provider, EMERGENCY[provider], 'basis:"emergency request" emergency:yes')
        second = self._chance.choice([one for one in self._officers if one != story.officer])
        yield story.act("request approve {case}/1", minutes=40, who=second)
        yield story.act("request sent {case}/1", minutes=20)
        yield from self._outcome(story, weighed(self._chance, IN_DANGER), minutes=40 * 60)

    def _outcome(self, story: "_Story", outcome: str, *, minutes: int = 0) -> Iterator[Act]:
        chance = self._chance
        when = {"minutes": minutes} if minutes else {"answer": True}
        match outcome:
            case "produced" | "not-held":
                yield story.act(f"request {outcome} {{case}}/1", ends="{case}/1", **when)
            case "part":
                yield story.act("request produced {case}/1 part:bsi", **when)
            case "refused":
                reason = weighed(chance, REASONS)
                yield story.act(f"request refused {{case}}/1 because:{reason}", **when)
                if reason == "mla_required" and not minutes and chance.random() < MLA:
                    yield from self._mutual(story)
                    return
        if chance.random() < CLOSED.get(outcome, 0):
            yield story.act('case close {case} because:"done"', ends="{case}", days=14)

    def _mutual(self, story: "_Story") -> Iterator[Act]:
        chance = self._chance
        fields = self._fields("MLA-US-OIA")
        line = f'request transfer {{case}}/1 to:{OIA} as:MLA-US-OIA basis:"mla request 7/2016" despite:ordered {fields}'
        line += " preservation_ref:none"
        yield story.act(line, ends="{case}/1", days=15)
        yield story.act("request sent {case}/2", days=5)
        what = chance.random()
        if what < 0.2:
            yield story.act('request clarify {case}/2 asks:"What plausible reason?" dated:-1d', days=150)
            if what < 0.1:
                yield story.act('request supplement {case}/2 answer:"Statement attached"', days=30)
        elif what < 0.35:
            yield story.act("request produced {case}/2", ends="{case}/2", days=300)

    def _hold(self, story: "_Story", provider: str) -> Iterator[Act]:
        chance = self._chance
        line = f"preservation ask {{case}} to:{provider} as:{PRESERVATION[provider]} accounts:account-{story.number}"
        yield story.act(line, minutes=10)
        if chance.random() < HOLD_KEPT:
            yield story.act('preservation confirmed {case}/P1 proof:"case 4711"', days=8)
            if chance.random() < HOLD_RENEWED:
                yield story.act('preservation renewed {case}/P1 days:90 proof:"case 4711"', days=75, exactly=True)
        if chance.random() < HOLD_CLOSED:
            yield story.act('case close {case} because:"done"', ends="{case}", days=40)

    def _incoming(self, story: "_Story") -> Iterator[Act]:
        chance = self._chance
        sender, instrument = chance.choice(((LEGAT, "POLICE-LIAISON"), (LEGAT, "POLICE-LIAISON"), (OIA, "MLA-PK-IN")))
        line = f"request receive {{case}} from:{sender} as:{instrument} data:bsi,ip_logs accounts:page-{story.number}"
        yield story.act(line, minutes=10)
        if chance.random() < 0.85:
            yield story.act("request acknowledge {case}/1", days=3)
            if chance.random() < 0.85:
                yield story.act("request produced {case}/1", ends="{case}/1", days=30)

    def _file(self, story: "_Story", provider: str, instrument: str, more: str) -> Act:
        line = f"request file {{case}} to:{provider} as:{instrument} data:bsi,ip_logs accounts:account-{story.number} "
        return story.act(f"{line}{more} despite:ordered {self._fields(instrument)}", minutes=15)

    def _fields(self, code: str) -> str:
        """What an instrument demands and nobody fills in by itself."""
        wanted = self._reference.instruments[code].required_fields
        open_ = [one for one in wanted if self._reference.fields[one].filled_by is None]
        values = {"date_range": '"2015-11-01..2016-01-01"'}
        return " ".join(f"{one}:{values.get(one, 'attached')}" for one in open_) + ' reason:"a complaint"'


class _Story:
    """One line of the register as it goes on. The next act is later than the last."""

    def __init__(self, chance: random.Random, number: int, officer: str, at: datetime) -> None:
        self._chance, self.number, self.officer, self._at = chance, number, officer, at

    def act(
        self,
        line: str,
        *,
        minutes: int = 0,
        days: int = 0,
        answer: bool = False,
        exactly: bool = False,
        who: str = "",
        ends: str = "",
    ) -> Act:
        """A line so many minutes or days later, more or less; or when their answer comes."""
        chance = self._chance
        if answer:
            days = min(LONGEST_DAYS, round(MEDIAN_DAYS * chance.lognormvariate(0, 0.95)))
        elif days and not exactly:
            days = chance.randint(1, 2 * days)
        if minutes:
            self._at += timedelta(minutes=chance.randint(1, 2 * minutes))
        elif days or answer:
            day = self._at.astimezone(ZONE).date() + timedelta(days=max(1, days))
            self._at = _office_hour(chance, day)
        return Act(self._at, who or self.officer, line, self.number, ends)


def _office_hour(chance: random.Random, day: date) -> datetime:
    local = datetime.combine(day, time(9), ZONE) + timedelta(seconds=chance.randrange(7 * 3600))
    return local.astimezone(UTC)
