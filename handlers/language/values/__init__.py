"""Kinds of values: what a command's parameters may be. Import from here.

An annotation names the kind, help and forms ask it: `dated: PastDay`, `asks: Annotated[str, Text(max=2000)]`.
"""

from handlers.language.values.basic import (
    Accounts,
    Basis,
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
from handlers.language.values.dates import AnyDay, FutureDay, Moment, PastDay, TypedMoment
from handlers.language.values.hours import Quiet, Shift, TimeOfDay, WeeklyTime
from handlers.language.values.kind import Choice, Given, Hit, Kind, Lookup, Widget
from handlers.language.values.listed import (
    AuthorityCode,
    CategoryCode,
    DataTypes,
    HoldCode,
    InstrumentCode,
    LabelValue,
    LanguageCode,
    PersonName,
    ReasonCodes,
    ZoneName,
)
from handlers.language.values.references import (
    AttachmentRef,
    CaseRef,
    PreservationRef,
    RefKind,
    RequestRef,
    TypedRef,
    read_ref,
)

__all__ = [
    "Accounts",
    "AnyDay",
    "AttachmentRef",
    "AuthorityCode",
    "Basis",
    "CalendarDays",
    "CaseRef",
    "CategoryCode",
    "Choice",
    "Choices",
    "DataTypes",
    "FieldText",
    "Flag",
    "FreeWords",
    "FutureDay",
    "Given",
    "Hit",
    "HoldCode",
    "InstrumentCode",
    "Kind",
    "LabelValue",
    "LanguageCode",
    "Lookup",
    "Moment",
    "PastDay",
    "PersonName",
    "PreservationRef",
    "Quiet",
    "ReasonCodes",
    "RefKind",
    "RequestRef",
    "Shift",
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
