"""The rows of `storage/reference/`: what each may say and what is refused, one class per file.

Papers have theirs in `papers.py`, treaties in `parties.py`.

In: one row as JSON. Out: a frozen row. What one row can tell by itself is checked here; what needs a second row, in
`checks.py`. `Of("fields")` on a field says in which file its codes must stand.
Why strict: a row with `"90"` for 90, or a field nobody reads, was mistyped, and a deadline may hang on it.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import pairwise
from typing import Annotated, Literal, NamedTuple
from zoneinfo import ZoneInfo

from holidays import country_holidays
from holidays.registry import EntityLoader
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

Unit = Literal["hours", "calendar_days", "working_days"]
Origin = Literal["law", "recipient_policy", "reported_practice", "house_default"]
ClockKind = Literal["response_due", "response_due_from_sender", "expiry", "expiry_minimum", "expectation", "retention"]
HouseClockKind = Literal[
    "approval", "draft", "intake", "next_step", "confirmation", "keeping", "decision", "release", "telling", "taken",
]  # fmt: skip
Group = Literal[
    "preservation", "production", "emergency", "mutual_assistance", "police_channels", "takedown", "clarification",
]  # fmt: skip
Route = Literal[
    "agency", "any", "central_authority", "court_diplomatic", "decentralised_it_system", "direct_order_to_provider",
    "direct_request_to_registrar", "domestic_agency", "interpol_ncb", "liaison", "none", "point_of_contact_24_7",
    "provider_email", "provider_portal", "regulator",
]  # fmt: skip
AuthorityRole = Literal[
    "central_authority", "diplomatic", "igo", "knowledge", "liaison", "ministry", "ncb", "point_of_contact", "provider",
    "regulator", "requester",
]  # fmt: skip
FilledBy = Literal[
    "reference", "today", "status", "agency", "officer", "officer.officer_id", "officer.email", "officer.phone",
    "agency.zone", "recipient", "accounts", "data", "basis", "reason", "category", "preservation",
]  # fmt: skip


ConditionCode = Literal[
    "emergency", "validation", "validation_of_hold", "notification", "identification", "content", "kept",
]  # fmt: skip
EuCategory = Literal["subscriber", "identification", "traffic", "content"]


class Of(NamedTuple):
    """Marks a field whose codes must stand in another file of the folder."""

    table: str


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise PydanticCustomError("zone", "an IANA time zone, such as Asia/Karachi") from None
    return name


def _known_country(code: str) -> str:
    if code not in _COUNTRIES:
        raise PydanticCustomError("country", "a two-letter country code that the holidays package knows, such as PK")
    return code


def _known_calendar(code: str) -> str:
    country, dash, part = code.partition("-")
    if not dash:
        return _known_country(code)
    if country not in _COUNTRIES or part not in country_holidays(country, years=()).subdivisions:
        accepted = "a country and a part of it that the holidays package knows, such as GB-ENG"
        raise PydanticCustomError("calendar", accepted)
    return code


_COUNTRIES = frozenset(EntityLoader.get_country_codes(include_aliases=False))  # its own list loads every calendar

Text = Annotated[str, StringConstraints(min_length=1, pattern=r"^\S(.*\S)?$")]
Codes = tuple[Text, ...]
Amount = Annotated[int, Field(gt=0)]
Zone = Annotated[str, AfterValidator(_known_zone)]
Country = Annotated[str, AfterValidator(_known_country)]
HolidayCalendar = Annotated[str, AfterValidator(_known_calendar)]  # of a country, or of a part of one: GB-ENG
IsoDay = Annotated[int, Field(ge=1, le=7)]


class Part(BaseModel):
    """A piece of a row. Frozen; a field it does not know is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Row(Part):
    """One row: its code, where it was read, and whether that was seen or only believed."""

    code: Text
    source: Codes = ()
    unverified: bool = False
    unverified_what: str = Field(default="", validate_default=True)

    @field_validator("unverified_what")
    @classmethod
    def _says_what(cls, what: str, info: ValidationInfo) -> str:
        if info.data.get("unverified", False) != bool(what):
            raise PydanticCustomError("unverified", "a text exactly where unverified is true")
        return what

    @property
    def sources(self) -> Codes:
        """Where what it says was read."""
        return self.source

    @property
    def caution(self) -> str:
        """`not verified: ...` for the reader of a date or a refusal; empty when the row was verified."""
        return f"not verified: {self.unverified_what}" if self.unverified else ""


class Length(Part):
    """A length of time. `working_days` are the recipient's."""

    amount: Amount
    unit: Unit


class ClockRule(Length):
    """One deadline of an instrument. `counted_from` is the event of day 0; only law is `statutory`."""

    counted_from: Text
    kind: ClockKind
    statutory: bool
    origin: Origin


class HouseClock(Row):
    """How long something may wait for our own people before they are reminded. No law says so, and nobody outside does.

    `emergency` takes the place of `ordinary` where somebody is in danger; null: the same. `follow_up`: when we ask
    after an answer whose instrument names no time, or none for an emergency.
    """

    code: HouseClockKind | Literal["follow_up"]
    label: Text
    counted_from: Text
    ordinary: Length
    emergency: Length | None


class Renewal(Part):
    """One more period. An `amount` or `times` of null: no figure is known.

    `ask_before_days` are calendar days before expiry.
    """

    amount: Amount | None
    unit: Unit
    times: Amount | None
    ask_before_days: Amount | None = None
    discretionary: bool = False
    by: Text | None = None
    form: Text | None = None
    must_be_asked: Text | None = None


class DayOffRule(Part):
    """A rule by which a period that would end on a day off runs to the end of the next working day.

    "shown": whether it governs the instrument is open, so both days are said and the earlier is acted on, until counsel
    says; "moves": it does.
    """

    rule: Text
    effect: Literal["shown", "moves"]
    source: Annotated[Codes, Field(min_length=1)]


class Instrument(Row):
    """A legal or policy form of a request.

    `very_overdue` is counted from the start of the default clock; without it the rule of the clocks applies.
    `service_clock` runs before the default clock, until the recipient has served the provider.
    Who may use it, and to whom, is said by what stands here; `roads.py` reads it. `direction` "in": bodies of other
    States ask `recipient_country` under it. `recipient_country`: where the bodies are that it is asked of; null:
    anywhere. `treaty`: both ends are bound by it, and are two States, unless it is given `at_home` as well;
    `agreements`: without one of them it goes by reciprocity. `law_of`: it is that State's own law, for its bodies;
    `open_to_others` says how others come by the same, and they are warned instead of refused. `providers`: whose own
    form it is; empty: nobody's. `in_force_from`, `in_force_until`: both days included; null is open.
    `kept_until_decided`: what lets a hold go on until the request for production is decided, and by which rule.
    `end_on_day_off`: of its clocks set by law, in calendar days. `question`: the row by whose clock a question back is
    answered; null: CLARIFY. `silence_frees`: of such a row, whether whoever asked is freed by no answer in time.
    `practice`: what is reported of it.
    """

    source: Annotated[Codes, Field(min_length=1)]
    name: Text
    group: Group
    channel: Route
    direction: Literal["out", "in", "both"]
    recipient_country: Country | None = None
    treaty: Annotated[str | None, Of("parties")] = None
    at_home: bool = False
    agreements: Annotated[Codes, Of("parties")] = ()
    law_of: Country | None = None
    open_to_others: Text | None = None
    providers: Annotated[Codes, Of("authorities")] = ()
    in_force_from: date | None = None
    in_force_until: date | None = None
    legal_basis: Text
    status: Literal["in_force", "not_in_force", "superseded"]
    default_clock: ClockRule | None
    emergency_clock: ClockRule | None
    service_clock: ClockRule | None = None
    very_overdue: Length | None = None
    end_on_day_off: DayOffRule | None = None
    question: Annotated[str | None, Of("instruments")] = None
    renewable: Renewal | None
    kept_until_decided: Text | None = None
    silence_frees: bool = False
    required_fields: Annotated[Codes, Of("fields"), Field(min_length=1)]
    accepts: Annotated[Codes, Of("legal_instruments"), Field(min_length=1)]
    notes: str
    practice: str = ""

    @property
    def clocks(self) -> Mapping[str, ClockRule]:
        """The clocks it has, by the name of their field."""
        rules = {name: getattr(self, name) for name in ("default_clock", "emergency_clock", "service_clock")}
        return {name: rule for name, rule in rules.items() if rule}

    @property
    def is_emergency(self) -> bool:
        """Whether whatever is filed under it is an emergency, whatever else is said of it."""
        return self.group == "emergency"

    @property
    def is_asked(self) -> bool:
        """Whether something is asked for under it: a duty to retain is a fact, a question back belongs to a request."""
        is_retention = self.default_clock is not None and self.default_clock.kind == "retention"
        return self.group != "clarification" and not is_retention

    @property
    def is_between_states(self) -> bool:
        """Whether it goes from one State to another, never to a body of one's own."""
        by_ministries = self.channel in {"central_authority", "court_diplomatic"}
        by_treaty = self.treaty is not None and not self.at_home
        return by_treaty or by_ministries or self.direction == "in"

    def goes_by(self, channel: Route | str) -> bool:
        """Whether it goes to a body reached so: all that goes to a provider itself reaches one, by whatever road."""
        direct = self.channel.startswith(("provider_", "direct_", "decentralised_", "domestic_"))
        return self.channel in {"any", channel} or (direct and channel.startswith("provider_"))


class FieldCondition(Row):
    """Where a field is demanded that is not demanded always; `label` stands in brackets behind that of the field.

    When it holds is said in `storage/rules/demanded.py`.
    """

    code: ConditionCode
    label: Text
    source: Annotated[Codes, Field(min_length=1)]


class When(Part):
    """Under these instruments, any if none is named, a field is demanded only where the condition holds."""

    condition: ConditionCode
    instruments: Annotated[Codes, Of("instruments")] = ()


class FieldRow(Row):
    """Something a recipient demands. `confirm`: true of the paper letter, a person says yes; `dates`: from and to.

    `long`: a text of several lines. `choices`: how the text may begin. `example`: such a text.
    `filled_by` is the value that fills it without being asked; null: it is typed as key:value.
    """

    label: Text
    kind: Literal["text", "long", "confirm", "dates"]
    filled_by: FilledBy | None
    choices: Codes = ()
    example: Text | None = None
    when: tuple[When, ...] = ()

    def condition_under(self, instrument: str) -> ConditionCode | None:
        """Where the instrument demands it; None for always."""
        fitting = (one.condition for one in self.when if not one.instruments or instrument in one.instruments)
        return next(fitting, None)


class RefusalReason(Row):
    """Why a recipient said no, and what to do next. `seen_in`: where it was met, which is its source."""

    label: Text
    group: Literal["formal", "substance", "policy", "data", "silence"]
    next_step: Text
    seen_in: Codes

    @property
    def sources(self) -> Codes:
        """Where it was met, before what else it stands on."""
        return (*self.seen_in, *self.source)


class DataType(Row):
    """A kind of data, what US law asks for it, and the groups of instruments that deal with it.

    `eu_category`: what it is under Regulation (EU) 2023/1543 Art. 3(9) to (12). "identification": where it is asked for
    to identify the user and nothing else, and traffic data where not.
    """

    label: Text
    groups: Annotated[tuple[Group, ...], Field(min_length=1)]
    us_threshold: Text
    examples: Codes
    eu_category: EuCategory | None = None


class ComplaintCategory(Row):
    """What the complaint is about. `free_expression_flag`: speech; such refusals are counted apart."""

    label: Text
    free_expression_flag: bool


class Weekend(Part):
    """Days off in ISO numbers (1 is Monday), both dates included; null is open."""

    since: date | None = Field(alias="from")
    until: date | None
    iso: tuple[IsoDay, ...]


class AuthorityRow(Row):
    """A body that sends or receives. Validity is information, never a refusal: old registers name abolished bodies.

    `represents`: the provider whose designated establishment or legal representative in the Union it is.
    """

    name: Text
    aliases: Codes = ()
    prefix: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]*$")] | None = None
    country: Country
    timezone: Zone
    weekends: Annotated[tuple[Weekend, ...], Field(min_length=1)]
    holiday_calendar: HolidayCalendar
    role: AuthorityRole
    channel: Route
    portal: Annotated[str, StringConstraints(pattern=r"^https://\S+$")] | None
    valid_from: date | None = None
    valid_until: date | None = None
    successor: Annotated[str | None, Of("authorities")] = None
    represents: Annotated[str | None, Of("authorities")] = None
    notes: str

    @field_validator("weekends")
    @classmethod
    def _every_day_once(cls, weekends: tuple[Weekend, ...]) -> tuple[Weekend, ...]:
        joined = all(
            before.until and after.since == before.until + timedelta(days=1) for before, after in pairwise(weekends)
        )
        if not joined or weekends[0].since or weekends[-1].until:
            raise PydanticCustomError("weekends", "rows that follow each other day by day, open at both ends")
        return weekends

    @field_validator("valid_until")
    @classmethod
    def _not_before_it_began(cls, until: date | None, info: ValidationInfo) -> date | None:
        since = info.data.get("valid_from")
        if until and since and until < since:
            raise PydanticCustomError("validity", "a day on or after valid_from")
        return until

    @property
    def spellings(self) -> Codes:
        """Everything it may be called: code, name, and what people and registers write."""
        return (self.code, self.name, *self.aliases)

    @property
    def case_prefix(self) -> str:
        """What its case references begin with: `CCW` of PK-FIA-CCW, unless the row says otherwise."""
        return self.prefix or self.code.rsplit("-", 1)[-1]

    def weekend_on(self, day: date) -> frozenset[int]:
        """Its days off, in ISO numbers, in the week of that local day."""
        rule = next(w for w in self.weekends if (not w.since or w.since <= day) and (not w.until or day <= w.until))
        return frozenset(rule.iso)

    def valid_on(self, day: date) -> bool:
        """Whether it stood on that local day, as far as its dates are known."""
        return (not self.valid_from or self.valid_from <= day) and (not self.valid_until or day <= self.valid_until)
