"""Kinds of values: what a command's parameters may be. Import from here.

An annotation names the kind, help and forms ask it: `dated: PastDay`, `asks: Annotated[str, Text(max=2000)]`.
"""

from handlers.kit.values.dates import AnyDay, DayRange, FutureDay, Moment, PastDay, Span, TypedMoment
from handlers.kit.values.hours import Quiet, Shift, TimeOfDay, WeeklyTime
from handlers.kit.values.kind import Choice, Desk, Hit, Kind, Widget
from handlers.kit.values.listed import (
    AuthorityCode,
    CategoryCode,
    DataTypes,
    InstrumentCode,
    LabelValue,
    LanguageCode,
    PaperCode,
    PersonName,
    ReasonCodes,
    ZoneName,
)
from handlers.kit.values.plain import (
    Accounts,
    CalendarDays,
    Choices,
    FieldText,
    Flag,
    FreeWords,
    Text,
    Whole,
    Words,
    YesNo,
)
from handlers.kit.values.references import CaseRef, PreservationRef, RefKind, RequestRef, TypedRef, read_ref

__all__ = [
    "Accounts",
    "AnyDay",
    "AuthorityCode",
    "CalendarDays",
    "CaseRef",
    "CategoryCode",
    "Choice",
    "Choices",
    "DataTypes",
    "DayRange",
    "Desk",
    "FieldText",
    "Flag",
    "FreeWords",
    "FutureDay",
    "Hit",
    "InstrumentCode",
    "Kind",
    "LabelValue",
    "LanguageCode",
    "Moment",
    "PaperCode",
    "PastDay",
    "PersonName",
    "PreservationRef",
    "Quiet",
    "ReasonCodes",
    "RefKind",
    "RequestRef",
    "Shift",
    "Span",
    "Text",
    "TimeOfDay",
    "TypedMoment",
    "TypedRef",
    "WeeklyTime",
    "Whole",
    "Widget",
    "Words",
    "YesNo",
    "ZoneName",
    "read_ref",
]
