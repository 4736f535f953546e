"""A desk and a few commands for the tests of the grammar: no store, the real reference data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from typing import Annotated

from handlers.language.command import Commands
from handlers.language.values import (
    Accounts,
    AnyDay,
    AuthorityCode,
    CalendarDays,
    CaseRef,
    Choice,
    Choices,
    DataTypes,
    FieldText,
    Flag,
    FutureDay,
    Given,
    Hit,
    LabelValue,
    Moment,
    PastDay,
    PersonAct,
    PersonName,
    RequestRef,
    Text,
    Words,
)
from storage.exposure.roles import Role
from storage.reference.catalog import Body, Reference, load
from storage.times import local_day

BUREAUS = (
    Hit("PROV-META", "Meta Platforms, Inc.", aliases=("facebook",)),
    Hit("PROV-META-IE", "Meta Platforms Ireland"),
    Hit("PROV-X", "X Corp."),
    Hit("PK-OLD", "Bureau of Old Letters", "abolished 2025, successor PK-NEW"),
    Hit("PK-NEW", "Bureau of New Letters"),
)
PEOPLE = (Hit("Amina Night", "Amina Night"), Hit("Bilal Day", "Bilal Day"), Hit("Amina Day", "Amina Day"))


@cache
def reference() -> Reference:
    return load()


@dataclass(frozen=True)
class SampleDesk:
    """Wednesday, 4 March 2026, 14:00 in Karachi, unless said otherwise."""

    now: datetime = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
    zone: str = "Asia/Karachi"
    languages: Mapping[str, str] = field(default_factory=lambda: {"en": "English", "ur": "Urdu"})

    @property
    def today(self) -> date:
        return local_day(self.now, self.zone)

    @property
    def reference(self) -> Reference:
        return reference()

    def authorities(self, text: str) -> Sequence[Hit]:
        return self._named(BUREAUS, text)

    @property
    def own_name(self) -> str:
        return PEOPLE[0].name

    def people(self, text: str, act: PersonAct = "name") -> Sequence[Hit]:
        del act
        return self._named(PEOPLE, text)

    def kept(self, text: str) -> Sequence[Hit]:
        return self.people(text)

    @property
    def own_agency(self) -> Body:
        return self.reference.authorities["PK-FIA-CCW"]

    def recipient(self, text: str) -> Body | None:
        return self.reference.authority(text)

    def records(self, kind: str, text: str, given: Given | None = None) -> Sequence[Choice]:
        del given
        own = {"case": ["CCW-2026-0042"], "request": [f"CCW-2026-0042/{n}" for n in range(1, 31)]}.get(kind, [])
        return [Choice(ref, "Fake pages") for ref in own if text.casefold() in ref.casefold()]

    def open_accounts(self, request: str) -> Sequence[Choice]:
        return [Choice("1", "page.one"), Choice("3", "page.three")] if request else []

    def _named(self, hits: Sequence[Hit], text: str) -> Sequence[Hit]:
        wanted = text.casefold()
        return [hit for hit in hits if any(wanted in name.casefold() for name in (hit.code, hit.name, *hit.aliases))]


cases, requests, desk = Commands(), Commands(), Commands()


@cases.add("case open", needs={Role.OFFICER, Role.MANAGER}, example='case open "Fake pages" label:amber')
def open_case(
    turn: object, title: Annotated[str, Text(max=300)], *, label: LabelValue, lead: PersonName | None = None
) -> object:
    """Open a case.

    title: what it is about, in one line,
      as you would say it on the phone.
    label: how far it may travel.
    Errors: none of its own.
    """


@cases.add("case search", reads=True, example="case search fake page")
def search(turn: object, words: Words, *, page: CalendarDays = 1) -> object:
    """Find a case by words of its title."""


@requests.add("request clarify", needs=Role.OFFICER, example='request clarify 42/3 asks:"what reason?" on:2018-05-28')
def clarify(turn: object, ref: RequestRef, *, asks: Annotated[str, Text(max=2000)], on: PastDay) -> object:
    """Record a question about a request.

    ref: the request they ask about.
    asks: their question, in their words.
    on: the date of their letter.
    """


@requests.add("request file", needs=Role.OFFICER, example="request file 42 PROV-META data:bsi accounts:page.one")
def file(
    turn: object,
    case: CaseRef,
    to: AuthorityCode,
    *,
    data: DataTypes,
    accounts: Accounts,
    from_: AnyDay | None = None,
    emergency: Flag = False,
    **fields: Annotated[str, FieldText(max=2000)],
) -> object:
    """File a request."""


@requests.add("request not-held", needs=Role.OFFICER, example="request not-held 42/3")
def not_held(turn: object, ref: RequestRef, on: Moment | None = None) -> object:
    """They hold nothing."""


@requests.add("request extend", needs=Role.OFFICER, example="request extend 42/3 +7d because:agreed")
def extend(turn: object, ref: RequestRef, until: FutureDay, *, because: Annotated[str, Text(max=200)]) -> object:
    """Move a deadline."""


@desk.add("desk help", reads=True, example="desk help request")
def show_help(turn: object, topic: Words = "") -> object:
    """Say what can be asked."""


@desk.add("desk probe", hidden=True, example="desk probe")
def probe(turn: object) -> object:
    """Answer, nothing else."""


@desk.add("overdue", reads=True, example="overdue agency")
def overdue(
    turn: object,
    whose: Annotated[str, Choices("mine", "agency", "very")] = "mine",
    *,
    counterpart: AuthorityCode | None = None,
) -> object:
    """What is late."""


COMMANDS = Commands.merge(cases, requests, desk)
