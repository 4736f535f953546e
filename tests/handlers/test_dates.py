"""Dates of a register: which number is the month, and which date cells a spreadsheet has swapped."""

from datetime import date, datetime, timedelta

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from handlers.registers import evidence
from handlers.registers.dates import ImpossibleDate, NotADate, TwoDates, written
from handlers.registers.evidence import Evidence
from handlers.registers.lines import Held
from handlers.registers.vocabulary import from_reference
from storage.reference.catalog import load
from tests.register_lines import GOOD, HEADERS, OPEN
from tests.whole_register import read


def cell(year: int, month: int, day: int) -> Held:
    return Held("date", f"{day}/{month}/{year}", date(year, month, day))


def orders(day_first=None, **columns):
    """{column: its order}, from the cells of each."""
    seen = {name: Evidence() for name in columns}
    for name, given in columns.items():
        for each in given:
            seen[name].see(each)
    return evidence.orders(seen, day_first=day_first)


def order(*cells, day_first=None):
    return orders(day_first, column=cells)["column"]


def half_converted(*, month_first_sheet=True, days=40):
    """[(what stands in the cell, the true date)]: dates as text, opened by a spreadsheet of the other order."""
    made = []
    for number in range(days):
        day = date(2018, 1, 3) + timedelta(days=7 * number)
        text = f"{day:%d/%m/%Y}" if month_first_sheet else f"{day:%m/%d/%Y}"
        swapped = Held("date", text, date(day.year, day.day, day.month)) if day.day <= 12 else None
        made.append((swapped or text, day))
    return made


def read_or_doubt(found, given):
    try:
        return found.read(given)
    except TwoDates as either:
        return {either.day_first, either.month_first}


class TestForms:
    @pytest.mark.parametrize(
        "words",
        [
            *("18/03/2016", "18-03-2016", "18.03.2016", "2016-03-18", "18-Mar-16", "42447", "18/3/16", "2016/3/18"),
            *("18 March 2016", "18th March, 2016", "March 18, 2016", "18-Mar-2016", "42447.75", "2016-03-18 14:30:00"),
            *("2016-03-18T14:30:00", "18/03/2016 2:30 PM", "18 - 03 - 2016", "۱۸/۰۳/۲۰۱۶"),
            *("2016-03-18T10:00:00Z", "2016-03-18T00:00:00.000Z", "2016-03-18T23:30:00+05:00", "2016-03-18 14:30+0530"),
            *("2016-03-18 10:00:00 UTC", "2016-03-18T22:00-08", "2016-03-18T14:30:00,123"),
        ],
    )
    def test_one_day_in_every_form(self, words):
        assert order("20/03/2016").read(words) == date(2016, 3, 18)

    @pytest.mark.parametrize("words", ["2016-03-18T19:00:00Z", "2016-03-18 12:00 UTC", "2016-03-18T23:59:59.9+00:00"])
    @pytest.mark.parametrize("day_first", [None, True])
    def test_an_evening_in_utc_may_be_the_next_day_further_east(self, words, day_first):
        with pytest.raises(TwoDates) as either:
            order(day_first=day_first).read(words)
        assert written(either.value) == "18-Mar-2016 or perhaps 19-Mar-2016"

    @pytest.mark.parametrize("words", ["", "-", "N/A", "n.a.", "nil", "Nil.", "None", "TBD", "not applicable"])
    def test_words_that_say_nothing_are_no_date(self, words):
        assert order().read(words) is None

    @pytest.mark.parametrize("words", ["pending", "Awaited", "No reply", "not received"])
    def test_a_date_still_to_come_is_no_date(self, words):
        assert order().read(words) is None

    @pytest.mark.parametrize(
        ("words", "error"),
        [
            *(("31/02/2016", ImpossibleDate), ("12/05/1016", ImpossibleDate), ("2016-13-45", ImpossibleDate)),
            *(("last week", NotADate), ("5 Foo 2016", NotADate), ("42,447", NotADate)),
        ],
    )
    def test_what_is_no_day_is_refused(self, words, error):
        with pytest.raises(error):
            order().read(words)

    def test_serials_of_a_1904_workbook_count_from_1904(self, tmp_path):
        book = openpyxl.Workbook()
        book.epoch = CALENDAR_MAC_1904
        book.active.append([*HEADERS.values()])
        book.active.append([*(GOOD | OPEN | {"sent_on": 40985}).values()])
        book.save(tmp_path / "r.xlsx")
        (entry,) = read(tmp_path / "r.xlsx", from_reference(load())).entries
        assert entry.sent_on == date(2016, 3, 18)

    def test_serials_are_counted_by_the_day_they_are_in_their_workbook(self):
        seen = Evidence()
        for serial in ("40985", "20/03/2016"):  # the 18th of a month from 1904, the 17th from 1900
            seen.see(serial)
        found = evidence.orders({"column": seen}, epoch=datetime(1904, 1, 1))["column"]  # noqa: DTZ001
        assert (found.swapped, found.read("40985")) == ("no", date(2016, 3, 18))


class TestOrder:
    def test_a_date_that_can_only_be_read_one_way_decides_for_its_column(self):
        found = order("03/02/2016", "02/23/2016", "02/24/16")
        assert found.read("03/02/2016") == date(2016, 3, 2)
        assert (found.day_first, found.proved_by, found.source) == (False, 2, "this column")

    def test_a_column_without_proof_follows_the_other_date_column(self):
        found = orders(sent=["03/02/2016"], reply=["23/03/2016"])["sent"]
        assert (found.read("03/02/2016"), found.source) == (date(2016, 2, 3), "the other date columns")

    def test_where_nothing_proves_it_a_date_may_be_two(self):
        found = order("03/02/2016")
        assert read_or_doubt(found, "03/02/2016") == {date(2016, 2, 3), date(2016, 3, 2)}
        assert found.read("02/02/2016") == date(2016, 2, 2)

    @pytest.mark.parametrize(("day_first", "day"), [(True, date(2016, 2, 3)), (False, date(2016, 3, 2))])
    def test_a_person_settles_it(self, day_first, day):
        assert order("03/02/2016", day_first=day_first).read("03/02/2016") == day

    def test_a_day_that_does_not_exist_proves_nothing(self):
        assert order("31/02/2016", "03/02/2016").day_first is None

    @pytest.mark.parametrize(("proofs", "against"), [(500, 1), (50, 1), (1000, 20)])
    def test_a_few_slips_against_many_proofs_are_doubtful_themselves(self, proofs, against):
        found = order(*["23/01/2016"] * proofs, *["02/25/2016"] * against, "03/02/2016")
        assert (found.read("03/02/2016"), found.against) == (date(2016, 2, 3), against)
        with pytest.raises(ImpossibleDate):
            found.read("02/25/2016")

    @pytest.mark.parametrize(("proofs", "against"), [(10, 9), (9, 10), (3, 1), (20, 1), (500, 25)])
    def test_proofs_that_contradict_each_other_prove_nothing(self, proofs, against):
        found = orders(sent=[*["23/01/2016"] * proofs, *["02/25/2016"] * against], reply=["23/01/2016"] * 9)["sent"]
        assert read_or_doubt(found, "03/02/2016") == {date(2016, 2, 3), date(2016, 3, 2)}
        assert (found.read("23/01/2016"), found.read("02/25/2016")) == (date(2016, 1, 23), date(2016, 2, 25))
        assert found.source == "contradicting"

    def test_columns_that_contradict_each_other_decide_for_no_third(self):
        found = orders(sent=["23/01/2016"] * 60, due=["02/25/2016"] * 60, reply=["03/02/2016"])
        assert [found[name].day_first for name in found] == [True, False, None]

    def test_a_few_proofs_that_agree_prove_nothing_where_the_file_shows_two_hands(self):
        found = orders(sent=[*["23/01/2016"] * 9, *["02/25/2016"] * 9], reply=["23/01/2016"] * 3)["reply"]
        assert read_or_doubt(found, "03/02/2016") == {date(2016, 2, 3), date(2016, 3, 2)}

    @pytest.mark.parametrize("words", ["2016-02-03", "3-Feb-2016", "42403", "", "N/A"])
    @pytest.mark.parametrize("day_first", [None, True])
    def test_where_no_date_is_written_in_numbers_the_order_does_not_matter(self, words, day_first):
        found = order(words, cell(2016, 2, 3), day_first=day_first)
        assert not found.matters
        assert (found.swapped, found.read(cell(2016, 2, 3))) == ("no", date(2016, 2, 3))


class TestHalfConverted:
    @pytest.mark.parametrize("month_first_sheet", [True, False])
    def test_date_cells_are_in_doubt_where_all_that_is_left_as_text_has_a_day_above_12(self, month_first_sheet):
        given = half_converted(month_first_sheet=month_first_sheet)
        found = order(*(each for each, _ in given))
        readings = [(read_or_doubt(found, each), day) for each, day in given]
        assert all(day in reading if isinstance(reading, set) else day == reading for reading, day in readings)
        assert sum(isinstance(reading, set) for reading, _ in readings) == found.cells > 0

    @pytest.mark.parametrize("month_first_sheet", [True, False])
    def test_a_person_who_says_the_order_of_the_texts_gets_them_turned_back(self, month_first_sheet):
        given = half_converted(month_first_sheet=month_first_sheet)
        found = order(*(each for each, _ in given), day_first=month_first_sheet)
        assert [found.read(each) for each, _ in given] == [day for _, day in given]

    def test_a_person_who_says_the_other_order_turns_nothing(self):
        given = half_converted()
        found = order(*(each for each, _ in given), day_first=False)
        assert [found.read(each) for each, _ in given if isinstance(each, Held)] == [
            each.day for each, _ in given if isinstance(each, Held)
        ]

    def test_three_cells_beside_twenty_texts_are_enough(self):
        found = order(*["23/01/2018"] * 20, cell(2018, 3, 4), cell(2018, 5, 6), cell(2018, 7, 8))
        assert read_or_doubt(found, cell(2018, 3, 4)) == {date(2018, 3, 4), date(2018, 4, 3)}

    def test_cells_with_days_above_12_among_them_are_sound(self):
        sound = [cell(2018, 3, day) for day in range(1, 29)]
        found = order(*["23/01/2018"] * 20, *["03/02/2018"] * 9, *sound)
        assert [found.read(each) for each in sound] == [each.day for each in sound]

    def test_one_date_typed_later_does_not_make_a_column_sound(self):
        given = half_converted()
        found = order(*(each for each, _ in given), cell(2018, 3, 23))
        assert (found.swapped, found.read(cell(2018, 3, 23))) == ("perhaps", date(2018, 3, 23))

    @pytest.mark.parametrize("form", ["%Y-%m-%d", "%Y-%m-%d 00:00:00", "%d-%b-%y", "%d %B %Y"])
    @pytest.mark.parametrize("day_first", [None, True])
    def test_cells_that_a_program_wrote_out_again_are_doubtful_and_never_turned(self, form, day_first):
        given = [each.day.strftime(form) if isinstance(each, Held) else each for each, _ in half_converted()]
        found = order(*given, day_first=day_first)
        assert read_or_doubt(found, date(2018, 6, 8).strftime(form)) == {date(2018, 6, 8), date(2018, 8, 6)}

    @pytest.mark.parametrize("texts", [["23/01/2018"], ["23/01/2018"] * 30 + ["03/02/2018"] * 9])
    def test_a_person_may_write_some_months_in_words(self, texts):
        assert order(*texts, "5-Mar-2018", "6-Apr-2018").read("5-Mar-2018") == date(2018, 3, 5)

    def test_in_a_file_of_corrections_dates_were_understood_before(self):
        seen = Evidence()
        for each in ["02/25/2018", *["05-Mar-2018"] * 9, *[cell(2018, 3, 5)] * 9]:
            seen.see(each)
        found = evidence.orders({"sent": seen}, corrections=True)["sent"]
        assert found.read("05-Mar-2018") == found.read(cell(2018, 3, 5)) == date(2018, 3, 5)

    def test_each_column_is_judged_by_its_own_texts(self):
        sound = [cell(2018, 3, day) for day in range(1, 29)]
        found = orders(
            sent=[each for each, _ in half_converted(month_first_sheet=True)],
            reply=[each for each, _ in half_converted(month_first_sheet=False)],
            due=sound,
        )
        assert [found[name].swapped for name in found] == ["perhaps", "perhaps", "no"]
        assert (found["sent"].text_day_first, found["reply"].text_day_first) == (True, False)

    def test_a_few_cells_beside_a_half_converted_column_are_as_doubtful(self):
        found = orders(sent=[each for each, _ in half_converted()], reply=[cell(2018, 3, 4)])["reply"]
        assert read_or_doubt(found, cell(2018, 3, 4)) == {date(2018, 3, 4), date(2018, 4, 3)}

    def test_texts_of_both_orders_leave_cells_in_doubt_whatever_a_person_says(self):
        texts = [*["23/01/2018"] * 9, *["01/25/2018"] * 9]
        found = order(*texts, cell(2018, 3, 4), day_first=True)
        with pytest.raises(TwoDates) as either:
            found.read(cell(2018, 3, 4))
        assert not either.value.settled
        with pytest.raises(TwoDates):  # nor does it settle them in the file of corrections
            order(day_first=True).read(written(either.value))

    @pytest.mark.parametrize("texts", [[], ["04-Mar-2018"] * 9, ["03/04/2018"] * 9, ["31/02/2018"] * 9])
    def test_texts_that_any_spreadsheet_reads_cast_no_doubt_on_cells(self, texts):
        assert order(*texts, cell(2018, 3, 4)).read(cell(2018, 3, 4)) == date(2018, 3, 4)


class TestSoundOnesCameLater:
    """Half a column was converted, what came later is sound: nothing tells which is which, but the texts say it."""

    @pytest.mark.parametrize("form", [None, "%Y-%m-%d", "%Y-%m-%dT00:00:00Z", "%d-%b-%Y", "%d-%m-%Y"])
    @pytest.mark.parametrize("day_first", [None, True, False])
    @pytest.mark.parametrize("later", [1, 3])
    def test_nothing_is_read_wrong_whatever_a_person_says(self, form, day_first, later):
        days = [date(2018, 1, 1) + timedelta(days=5 * number) for number in range(40 * later)]
        given = [*half_converted(), *((cell(day.year, day.month, day.day), day) for day in days)]
        given = [(each.day.strftime(form) if form and isinstance(each, Held) else each, day) for each, day in given]
        found = order(*(each for each, _ in given), day_first=day_first)
        swapped = [(each, day) for each, day in given if day.day <= 12 and day.day != day.month]
        for each, day in swapped:
            with pytest.raises(TwoDates) as either:
                found.read(each)
            assert day in {either.value.day_first, either.value.month_first}
            assert not either.value.settled
        assert found.doubted == len(swapped)

    def test_the_same_cells_beside_texts_of_all_days_are_sound(self):
        given = [f"{date(2018, 1, 1) + timedelta(days=7 * number):%d/%m/%Y}" for number in range(40)]
        found = order(*given, *(cell(2018, 3, day) for day in range(1, 29)))
        assert (found.doubted, found.read(cell(2018, 3, 4))) == (0, date(2018, 3, 4))


SAVED_AS = ["%d-%m-%Y", "%d.%m.%Y", "%-d/%-m/%Y", "%-d/%-m/%y", "%d/%m/%y", "%d/%m/%Y 00:00"]


def saved(form, days=40, *, padded="%d/%m/%Y"):
    """[(text, true date)]: a half-converted column saved as text, its cells in another form than what was left."""
    given = half_converted(days=days)
    return [(each.day.strftime(form) if isinstance(each, Held) else day.strftime(padded), day) for each, day in given]


class TestShapes:
    """What days above 12 prove in one shape, they do not prove in another that has none."""

    @pytest.mark.parametrize("form", SAVED_AS)
    @pytest.mark.parametrize("days", [8, 40])
    def test_swapped_cells_saved_in_a_shape_of_their_own_are_doubtful(self, form, days):
        given = saved(form, days)
        found = order(*(each for each, _ in given))
        readings = [(read_or_doubt(found, each), day) for each, day in given]
        assert all(day in reading if isinstance(reading, set) else day == reading for reading, day in readings)
        assert sum(isinstance(reading, set) for reading, _ in readings) == found.doubted > 0

    @pytest.mark.parametrize("form", SAVED_AS)
    def test_so_they_are_whatever_a_person_says_where_it_is_no_chance(self, form):
        given = saved(form)
        found = order(*(each for each, _ in given), day_first=True)
        assert all(day in reading for each, day in given if isinstance(reading := read_or_doubt(found, each), set))
        assert found.doubted > 0

    @pytest.mark.parametrize("day_first", [True, False])
    def test_of_a_few_a_person_knows(self, day_first):
        found = order("23/01/2018", "24/01/2018", "03-02-2018", day_first=day_first)
        assert found.read("03-02-2018") == (date(2018, 2, 3) if day_first else date(2018, 3, 2))

    @pytest.mark.parametrize(
        "forms",
        [
            *(["%d/%m/%Y", "%-d/%-m/%Y"], ["%-d/%m/%Y"], ["%d/%-m/%Y"], ["%-d/%-m/%y"], ["%d/%m/%Y", "%d-%m-%y"]),
            *(["%d/%m/%Y", "%d/%m/%Y", "%d/%m/%Y", "%-d.%-m.%y"], ["%d/%m/%Y", "%d/%m/%Y 10:30"]),
        ],
    )
    def test_a_person_who_writes_now_so_and_now_so_is_believed(self, forms):
        days = [date(2018, 1, 1) + timedelta(days=5 * number) for number in range(70)]
        given = [(day.strftime(forms[at % len(forms)]), day) for at, day in enumerate(days)]
        found = order(*(each for each, _ in given))
        assert [found.read(each) for each, _ in given] == days

    def test_a_column_without_proof_follows_no_other_shape_either(self):
        found = orders(sent=["03-02-2016"], reply=["23/03/2016"])["sent"]
        assert read_or_doubt(found, "03-02-2016") == {date(2016, 2, 3), date(2016, 3, 2)}

    def test_sound_dates_in_the_shape_of_swapped_ones_settle_nothing(self):
        given = [*saved("%d-%m-%Y"), *((f"{date(2018, 1, day):%d-%m-%Y}", date(2018, 1, day)) for day in range(1, 29))]
        found = order(*(each for each, _ in given), day_first=True)
        readings = [(read_or_doubt(found, each), day) for each, day in given]
        assert all(day in reading if isinstance(reading, set) else day == reading for reading, day in readings)


class TestWritten:
    """As the file of corrections holds dates: no spreadsheet can change them, and nothing in doubt is settled there."""

    def test_two_dates_are_read_again_as_two(self):
        with pytest.raises(TwoDates) as first:
            order().read("03/02/2016")
        again = written(first.value)
        assert again == "03-Feb-2016 or 02-Mar-2016"
        with pytest.raises(TwoDates) as second:
            order(*["23/01/2016"] * 9).read(again)  # whatever the other rows of that file show
        assert second.value == first.value

    @pytest.mark.parametrize(("day_first", "day"), [(True, date(2016, 2, 3)), (False, date(2016, 3, 2))])
    def test_a_person_settles_them_there_too(self, day_first, day):
        assert order(day_first=day_first).read("03-Feb-2016 or 02-Mar-2016") == day
