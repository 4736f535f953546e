"""What each kind of value takes, refuses, and says."""
# ruff: noqa: RUF001 - what phones and other scripts insert is the subject

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, get_args

import pytest

from bot.rendering.phrases import Reader
from bot.rendering.render import Renderer
from handlers.language.errors import Ambiguous, BadValue, Clause, TooLong, clause
from handlers.language.values import (
    Accounts,
    AnyDay,
    AuthorityCode,
    CategoryCode,
    Choices,
    DataTypes,
    Flag,
    FutureDay,
    InstrumentCode,
    Kind,
    LabelValue,
    LanguageCode,
    Moment,
    PastDay,
    PersonName,
    ReasonCodes,
    Text,
    Whole,
    ZoneName,
    read_ref,
)
from storage.exposure.labels import Label
from tests.handlers.sample_desk import SampleDesk

DESK = SampleDesk()  # Wednesday, 4 March 2026, 14:00 in Karachi
RENDERER, READER = Renderer(), Reader("Asia/Karachi", "en", DESK.now)
DUBLIN = SampleDesk(zone="Europe/Dublin")


def kind(alias: object) -> Kind:
    return alias if isinstance(alias, Kind) else get_args(alias)[1]


def value(alias: object, text: str, desk: SampleDesk = DESK) -> object:
    return kind(alias).parse(text, desk)


@dataclass(frozen=True)
class Refusal:
    """A refusal in the words of its template."""

    value: str
    wrong: str
    accepted: str
    nearest: tuple[tuple[str, str], ...]
    example: str


def refusal(alias: object, text: str, desk: SampleDesk = DESK) -> Refusal:
    with pytest.raises(BadValue) as raised:
        kind(alias).parse(text, desk)
    error = raised.value
    return Refusal(error.value, words(error.wrong), words(error.accepted), error.nearest, error.example)


def words(said: Clause) -> str:
    return RENDERER.message("_base/clause", said, READER).plain()


@pytest.mark.parametrize(
    "text",
    ["2026-03-02", "2026/3/2", "20260302", "2 Mar 2026", "2 March", "Mar 2 2026", "March 2, 2026", "2nd of March 2026",
     "02.Mar.2026", "-2d", "monday", "Mon", "٢٠٢٦-٠٣-٠٢", "2026–03–02", "２ March 2026", " 2 mar. 2026. "],
)  # fmt: skip
def test_a_past_day_is_read_however_it_is_written(text):
    assert value(PastDay, text) == date(2026, 3, 2)


@pytest.mark.parametrize(
    ("text", "day"),
    [("today", "2026-03-04"), ("yesterday", "2026-03-03"), ("friday", "2026-02-27"), ("13/02/2026", "2026-02-13"),
     ("02/13/2026", "2026-02-13"), ("-1w", "2026-02-25"), ("29 Feb 2024", "2024-02-29")],
)  # fmt: skip
def test_near_and_unambiguous_days(text, day):
    assert value(PastDay, text) == date.fromisoformat(day)


def test_a_day_without_its_year_is_the_last_or_the_next():
    assert value(PastDay, "5 March") == date(2025, 3, 5)
    assert value(FutureDay, "2 March") == date(2027, 3, 2)


def test_a_weekday_is_the_next_where_a_future_day_is_needed():
    assert value(FutureDay, "monday") == date(2026, 3, 9)
    assert value(FutureDay, "wednesday") == date(2026, 3, 11)


@pytest.mark.parametrize(
    "text", ["31/02/2026", "2026-02-29", "2026-13-02", "30 February", "29 Feb 2026", "0/0/2026", "31 April"]
)
def test_an_impossible_date_is_called_so(text):
    assert refusal(AnyDay, text).wrong == "is an impossible date"


@pytest.mark.parametrize(
    "text", ["soon", "", "::", "1e9", "99999999999", "2026-03-02T10:00", "⅓ March", "a of the", "\ud800"]
)
def test_what_is_no_date_is_called_so(text):
    assert refusal(AnyDay, text).wrong == "is not a date"


@pytest.mark.parametrize("text", ["2026", "March", "March 2026", "17", "32 March"])
def test_a_date_without_day_or_month_is_not_completed(text):
    assert refusal(AnyDay, text).wrong == "does not name a day and a month"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("2/3/2026", "could be Tue 3 Feb 2026 or Mon 2 Mar 2026"),
        ("02/03/26", "could be Tue 26 Mar 2002 or Tue 3 Feb 2026 or Mon 2 Mar 2026"),
        ("2/3", "could be Tue 3 Feb 2026 or Mon 2 Mar 2026"),
    ],
)
def test_an_ambiguous_date_names_every_reading(text, wrong):
    error = refusal(PastDay, text)
    assert error.wrong == wrong
    assert "2026-03-02" in error.accepted


def test_two_digit_years_are_taken_where_only_one_reading_exists():
    assert value(PastDay, "12/31/99") == date(1999, 12, 31)


def test_two_digit_years_follow_the_turn_and_not_the_machine():
    later = SampleDesk(now=datetime(2080, 1, 1, tzinfo=UTC))
    assert value(PastDay, "12/31/79", later) == date(2079, 12, 31)


def test_the_wrong_side_of_today_is_refused_with_the_date():
    assert refusal(PastDay, "tomorrow").wrong == "is in the future: Thu 5 Mar 2026"
    assert refusal(FutureDay, "2026-03-03").wrong == "is in the past: Tue 3 Mar 2026"
    assert refusal(FutureDay, "today").wrong == "is today"
    assert value(PastDay, "today") == date(2026, 3, 4)


def test_years_nobody_means_are_refused():
    assert refusal(AnyDay, "0026-03-02").wrong == "is outside the years 1900 to 2199"


@pytest.mark.parametrize(
    "text",
    ["2026-03-02 14:30", "2026-03-02T14:30", "2 Mar 2026, 2:30 pm", "-2d 14:30:00", "2 Mar 14:30 +05:00",
     "2 March at 14:30", "2026-03-02 09:30Z", "2026-03-02 09:30 UTC", "2026-03-02 14:30 asia/karachi"],
)  # fmt: skip
def test_a_moment_is_kept_in_utc(text):
    moment = value(Moment, text)
    assert (moment.at, moment.has_time) == (datetime(2026, 3, 2, 9, 30, tzinfo=UTC), True)


def test_a_moment_without_time_is_the_start_of_the_local_day():
    moment = value(Moment, "2026-03-02")
    assert (moment.at, moment.has_time, moment.day("Asia/Karachi")) == (
        datetime(2026, 3, 1, 19, tzinfo=UTC),
        False,
        date(2026, 3, 2),
    )


def test_a_time_without_zone_is_said_to_be_the_agency_s():
    assert kind(Moment).note("today 9:15", DESK) == clause("time_read_in", zone="Asia/Karachi")
    assert kind(Moment).note("today 9:15Z", DESK) is None


def test_the_first_letters_of_a_zone_are_no_half_of_the_day():
    assert value(Moment, "2026-03-02 10:00 America/New_York").at == datetime(2026, 3, 2, 15, tzinfo=UTC)
    assert value(Moment, "2026-03-02 1:00 pm America/New_York").at == datetime(2026, 3, 2, 18, tzinfo=UTC)


def test_a_time_that_clocks_skip_gives_the_next_that_exists():
    error = refusal(Moment, "2026-03-29 01:30", DUBLIN)
    assert error.wrong == "does not exist in Europe/Dublin: clocks go forward that day, and the next time is 02:00"
    assert value(Moment, "2026-03-29 02:00", DUBLIN).at == datetime(2026, 3, 29, 1, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-03-02 25:00", "today 14:75", "today 13:00 pm", "0:30 am"])
def test_an_impossible_time_is_called_so(text):
    assert refusal(Moment, text).wrong == "has an impossible time"


def test_an_impossible_date_with_a_time_shows_the_whole_value():
    error = refusal(Moment, "31/02/2026 10:00")
    assert (error.value, error.wrong) == ("31/02/2026 10:00", "is an impossible date")


def test_thousands_of_spaces_are_refused_at_once():
    assert refusal(Moment, "1:00" + " " * 7_900 + "x").wrong == "is not a date"


@pytest.mark.parametrize(("text", "number"), [("5", 5), ("٥", 5), ("５", 5), (" 30 ", 30), ("+7", 7)])
def test_whole_numbers_of_any_script(text, number):
    assert value(Whole(min=1, max=30), text) == number


@pytest.mark.parametrize(
    ("text", "wrong"),
    [("0", "is under 1"), ("-3", "is under 1"), ("−3", "is under 1"), ("31", "is over 30"),
     ("1e9", "is not a whole number"), ("five", "is not a whole number"),
     ("2.5", "is not a whole number"), ("9" * 5000, "is too large")],
)  # fmt: skip
def test_a_number_out_of_range_says_the_range(text, wrong):
    error = refusal(Whole(min=1, max=30), text)
    assert (error.wrong, error.accepted) == (wrong, "a whole number from 1 to 30")


def test_text_has_a_limit_and_is_not_empty():
    assert value(Text(max=5), "  abc ") == "abc"
    assert refusal(Text(max=5), "  ").wrong == "is empty"
    with pytest.raises(TooLong) as error:
        value(Text(max=5), "abcdef")
    assert (error.value.size, error.value.limit) == (6, 5)


@pytest.mark.parametrize(("text", "flag"), [("yes", True), ("ON", True), ("1", True), ("no", False), ("False", False)])
def test_flags(text, flag):
    assert value(Flag, text) is flag


def test_fixed_words_forgive_case_and_dash_and_name_the_nearest():
    assert value(Choices("not-held", "open"), "Not_Held") == "not-held"
    error = refusal(Choices("agency", "mine"), "agnecy")
    assert (error.accepted, error.example) == ("one of agency, mine", "agency")


def test_accounts_are_trimmed_single_and_visible():
    assert value(Accounts, "page.one; page.two,\npa\u200bge.one ;;") == ("page.one", "page.two")
    assert refusal(Accounts, " ; \u200b,").wrong == "names no account"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("42", (None, None, 42, None, "")),
        ("42/3", (None, None, 42, 3, "")),
        ("ccw-2026-42/3", ("CCW", 2026, 42, 3, "")),
        ("CCW-2026-0042/P1.", ("CCW", 2026, 42, 1, "P")),
        ("42/a1", (None, None, 42, 1, "A")),
        ("#٤٢/٣,", (None, None, 42, 3, "")),
        ("ccw–2026–42 / 3", ("CCW", 2026, 42, 3, "")),
        ("2026-42", (None, 2026, 42, None, "")),
        ("REQ-9999", ("REQ", None, 9999, None, "")),
        ("nonsense", (None, None, None, None, "")),
        ("42/3/4", (None, None, None, None, "")),
        ("9" * 40, (None, None, None, None, "")),
        ("", (None, None, None, None, "")),
    ],
)
def test_references_short_whole_and_nonsense(text, parts):
    ref = read_ref(text)
    assert (ref.prefix, ref.year, ref.number, ref.part, ref.letter) == parts
    assert ref.typed == text


@pytest.mark.parametrize("text", ["PROV-META", "prov–meta", "facebook", "Meta Platforms, Inc.", "inc"])
def test_an_authority_by_code_alias_or_part_of_its_name(text):
    assert value(AuthorityCode, text) == "PROV-META"


def test_an_authority_that_fits_several_is_asked_back_with_what_to_know():
    with pytest.raises(Ambiguous) as error:
        value(AuthorityCode, "bureau")
    assert error.value.candidates == (
        ("PK-OLD", "Bureau of Old Letters (abolished 2025, successor PK-NEW)"),
        ("PK-NEW", "Bureau of New Letters"),
    )


def test_an_unknown_authority_gets_the_nearest():
    error = refusal(AuthorityCode, "PROV-MTEA")
    assert error.wrong == "is no authority known here"
    assert ("PROV-META", "Meta Platforms, Inc.") in error.nearest
    assert error.example == "PROV-META"
    assert refusal(AuthorityCode, "Bureua").example in {"PK-OLD", "PK-NEW"}


def test_people_with_one_name_are_asked_back():
    assert value(PersonName, "bilal day") == "Bilal Day"
    with pytest.raises(Ambiguous):
        value(PersonName, "amina")


@pytest.mark.parametrize(
    "text", ["bsi,ip_logs", "BSI, IP logs", "basic subscriber information; ip-logs", "subscriber,IP / login logs,bsi"]
)
def test_data_types_by_code_label_or_word(text):
    assert value(DataTypes, text) == ("bsi", "ip_logs")


def test_an_unknown_code_gets_the_nearest():
    assert refusal(DataTypes, "bsi, contnet").example == "content"
    assert refusal(ReasonCodes, "").wrong == "is no refusal reason known here"


def test_a_text_without_letters_names_nothing_even_in_a_list_of_one():
    one = SampleDesk(languages={"en": "English"})
    assert refusal(LanguageCode, "?!", one).wrong == "is no language known here"


def test_codes_of_the_reference_data():
    assert value(InstrumentCode, "prod-meta") == "PROD-META"
    assert value(CategoryCode, "Fake accounts") == "fake_accounts"
    assert value(ReasonCodes, "duplicate,overbroad,duplicate") == ("duplicate", "overbroad")


@pytest.mark.parametrize(
    ("text", "label"),
    [("amber", Label.AMBER), ("TLP AMBER", Label.AMBER), ("tlp:amber+strict", Label.AMBER_STRICT),
     ("amber strict", Label.AMBER_STRICT), ("TLP-RED", Label.RED),
     ("tlp:white", Label.CLEAR), ("ＧＲＥＥＮ", Label.GREEN)],
)  # fmt: skip
def test_labels_however_spelled(text, label):
    assert value(LabelValue, text) is label


def test_white_is_said_to_be_clear_since_version_two():
    assert kind(LabelValue).note("WHITE", DESK) == clause("white_is_clear", label=Label.CLEAR)
    assert kind(LabelValue).note("clear", DESK) is None


@pytest.mark.parametrize("text", ["TLP:ORANGE", "tlp", "", "+"])
def test_an_unknown_label_is_treated_as_red_until_one_is_chosen(text):
    error = refusal(LabelValue, text)
    assert error.wrong == "is no label, and is treated as TLP:RED until one is chosen"
    assert error.accepted == "one of TLP:CLEAR, TLP:GREEN, TLP:AMBER, TLP:AMBER+STRICT, TLP:RED"


def test_zones_by_name_or_city_and_languages_by_name():
    assert value(ZoneName, "karachi") == "Asia/Karachi"
    assert value(ZoneName, "new york") == "America/New_York"
    assert refusal(ZoneName, "Asia/Krachi").example == "Asia/Karachi"
    assert value(LanguageCode, "urdu") == "ur"


def test_choices_are_filtered_as_typed_and_begin_with_what_begins_so():
    assert [choice.value for choice in kind(AuthorityCode).choices(DESK, "pk")] == ["PK-OLD", "PK-NEW"]
    assert [choice.value for choice in kind(DataTypes).choices(DESK, "bsi,cont")][:2] == [
        "content",
        "content_restriction",
    ]
    assert kind(Annotated[str, Text()]).choices(DESK) == ()
