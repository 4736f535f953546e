"""The register as a spreadsheet: what stands in it, who gets which rows, and what is on record of it."""

import asyncio
import csv
import hashlib
import io
import json
from datetime import date, datetime, timedelta

import openpyxl
import pytest
from sqlalchemy import select

from bot.adapters.contract import Download, Inbound
from bot.inbound.dispatch import Dispatch
from handlers import COMMANDS
from handlers.registers import text
from handlers.registers.exported import COLUMNS
from handlers.registers.workbook_writing import LONGEST
from handlers.registers.writing import WRITERS, Column, ExportTable
from handlers.summaries import exports
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.messages import retention
from storage.models import AuditLine, File, Note, Person
from storage.rules.lifecycle import Status
from tests import factories
from tests.spoken import Desk, words

MONDAY = date(2026, 3, 2)  # the day these tests begin
FORMATS = ["csv", "xlsx"]
SEAL = "7:" + "a" * 64

PAYLOADS = (
    *("=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\0=1", "  =1", "\u00a0=1", "\u200b=1"),
    *("\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20SUM", '=HYPERLINK("http://x.invalid","see")', "=cmd|' /C calc'!A0"),
    *("#N/A", "+92 51 000", "a\x07b\x1b[31m", '"; DROP', "\ufffe=1"),
)
STARTS = {*"=+-@\uff1d\uff0b\uff0d\uff20\t\r\n\0"}


@pytest.fixture
def desk(sqlite_store, clock) -> Desk:
    return Desk.of(
        sqlite_store,
        clock,
        ("Mona", Role.MANAGER),
        ("Omar", Role.OFFICER),
        ("Adil", Role.ADMIN),
        ("Nadia", Role.OFFICER, "PK-NCCIA"),
    )


def file(desk: Desk, *, opener: str = "Omar", title: str = "Fake pages", label: Label = Label.AMBER, **more) -> str:
    """A request of a case of the opener's agency. Its reference."""

    def job(work):
        person = work.session.scalars(select(Person).where(Person.name == opener)).one()
        of = person.memberships[0].authority
        case = factories.case(work, of=of, opener=person, title=title, label=label)
        return factories.request(work, of=case, **more).ref

    return desk.write(job)


def taken(desk: Desk, person: str, line: str = "summary export format:csv") -> Download:
    """The file that somebody gets."""
    answer = desk.say(person, line)
    assert not answer.refused, words(answer)
    (found,) = answer.files
    return found


def lines(found: Download) -> list[list[str]]:
    return list(csv.reader(io.StringIO(found.content.decode("utf-8-sig"), newline="")))


def rows(found: Download) -> list[dict[str, str]]:
    """The requests in a .csv, by header."""
    _label, headers, *body, _seal = lines(found)
    return [dict(zip(headers, line, strict=True)) for line in body]


def refs(desk: Desk, person: str, values: str = "") -> list[str]:
    return [row["Ref"] for row in rows(taken(desk, person, f"summary export format:csv {values}"))]


def book(found: Download):
    return openpyxl.load_workbook(io.BytesIO(found.content))


def history(desk: Desk, act: str = "summary export") -> list[tuple[str, str, dict]]:
    """Who, about what, and the facts, of each line of an act."""
    query = select(AuditLine).where(AuditLine.act == act).order_by(AuditLine.n)
    found = desk.read(lambda work: list(work.session.scalars(query)))
    return [(line.actor, line.ref, json.loads(line.facts)["after"]) for line in found]


class TestFile:
    def test_a_request_with_everything_a_register_needs(self, desk):
        def job(work):
            person = work.session.scalars(select(Person).where(Person.name == "Omar")).one()
            case = factories.case(work, opener=person, title="Fake pages", own_reference="D-17/2026")
            sent = factories.request(
                work,
                of=case,
                status=Status.PART_PRODUCED,
                on=MONDAY - timedelta(days=66),
                accounts=("page.one", "page.two"),
                paper="domestic_court_order",
                basis="FIR 12 of 2026",
                their_reference="META-9",
                parts={"bsi": {"outcome": "produced", "on": "2026-02-20"}},
                refusals=[{"codes": ["overbroad"], "on": "2026-02-01", "by": "P1"}],
            )
            note = Note(
                case_id=case.id, request_id=sent.id, person=person, text="asked again by telephone", at=work.now
            )
            work.session.add(note)
            for days in (90, 60):
                factories.preservation(work, of=case, on=MONDAY, days=days, for_requests=[sent])

        desk.write(job)
        (row,) = rows(taken(desk, "Mona"))
        reference = desk.store.reference
        assert row == {
            "Ref": "CCW-2026-0001/1",
            "Case": "CCW-2026-0001",
            "Our number": "D-17/2026",
            "Title": "Fake pages",
            "Category": reference.complaint_categories["impersonation"].label,
            "Label": "TLP:AMBER",
            "Direction": "outgoing",
            "Counterpart": "PROV-META",
            "Their reference": "META-9",
            "Instrument": "PROD-META",
            "Request type": "data",
            "Legal basis": "FIR 12 of 2026",
            "Legal paper": reference.legal_instruments["domestic_court_order"].label,
            "Data asked for": reference.data_types["bsi"].label,
            "Accounts": "page.one; page.two",
            "Status": "part produced",
            "Filed": "2026-03-02",
            "Sent": "2025-12-26",
            "Answered": "2025-12-26",  # the part
            "Due": "2026-02-20",
            "Overdue days": "9",  # it is still 1 March with the recipient
            "Refused because": reference.refusal_reasons["overbroad"].label,
            "Answered in part": f"{reference.data_types['bsi'].label}: produced 2026-02-20",
            "Accounts that came": "",
            "Accounts refused": "",
            "Accounts not held": "",
            "Answer by account": "",
            "Preserved until": "2026-05-01",
            "Remarks": "asked again by telephone",
        }

    def test_the_label_of_the_closest_row_stands_first_and_on_every_page(self, desk):
        file(desk, label=Label.GREEN)
        assert lines(taken(desk, "Omar"))[0] == ["TLP:GREEN"]
        file(desk, label=Label.RED)
        found = taken(desk, "Omar", "summary export")
        for page in book(found).worksheets:
            assert (page.oddHeader.center.text, page.oddFooter.center.text) == ("TLP:RED", "TLP:RED")
            assert "TLP:RED" in [cell.value for cell in page[1]]
        assert desk.say("Omar", "summary export").messages[0].label == "TLP:RED"

    def test_the_workbook_says_what_it_holds_and_its_dates_are_dates(self, desk):
        file(desk, status=Status.SENT, on=MONDAY)
        found = taken(desk, "Mona", "summary export counterpart:PROV-META from:2026-03-01")
        page, about = book(found).worksheets
        named = dict(zip((cell.value for cell in page[2]), page[3], strict=True))
        assert tuple(named) == tuple(column.header for column in COLUMNS)
        assert named["Sent"].value == datetime(2026, 3, 2)  # noqa: DTZ001 - a day
        assert named["Ref"].data_type == "s"
        assert found.name == "rogatory-PK-FIA-CCW-register-2026-03-02.xlsx"
        told = {row[0].value: row[1].value for row in about.iter_rows(min_row=1, max_row=6)}
        assert told == {
            "Label": "TLP:AMBER",
            "Agency": "PK-FIA-CCW",
            "Requests": "1",
            "Chosen by": "from:2026-03-01 counterpart:PROV-META",
            "Exported by": "Mona",
            "Exported at": "2026-03-02 06:00 UTC",
        }

    @pytest.mark.parametrize("form", FORMATS)
    def test_it_ends_with_a_seal_that_verifies_and_finds_a_rewritten_past(self, desk, form):
        file(desk)
        desk.enrol("Aisha", Role.AUDITOR)
        found = taken(desk, "Mona", f"summary export format:{form}")
        last = lines(found)[-1][0] if form == "csv" else [row[0].value for row in book(found)["About"]][-1]
        seal = last.removeprefix("Seal of the audit chain: ")
        assert "Nobody has changed the past" in desk.heard("Aisha", f"desk verify {seal}")
        number, digest = seal.split(":")
        assert "was changed" in desk.heard("Aisha", f"desk verify {number}:{digest[::-1]}")

    def test_in_the_order_of_cases(self, desk):
        made = [file(desk) for _ in range(11)]
        assert refs(desk, "Mona") == made


class TestFilters:
    def test_by_the_day_of_filing_in_the_agencys_zone(self, desk, clock):
        clock.move_to(datetime.fromisoformat("2026-02-28T18:59:59+00:00"))  # the last second of the day in Pakistan
        before = file(desk)
        clock.move(seconds=1)
        after = file(desk)
        clock.move(days=1)
        assert refs(desk, "Mona", "until:2026-02-28") == [before]
        assert refs(desk, "Mona", "from:2026-03-01") == [after]
        assert refs(desk, "Mona", "from:2026-02-28 until:2026-03-01") == [before, after]

    def test_by_status_and_counterpart(self, desk):
        draft, sent = file(desk), file(desk, status=Status.SENT)
        other = file(desk, to="PROV-X", instrument="PROD-X", status=Status.PRODUCED)
        assert refs(desk, "Mona", "status:draft") == [draft]
        assert refs(desk, "Mona", "status:waiting") == [sent]
        assert refs(desk, "Mona", "status:open") == [draft, sent]
        assert refs(desk, "Mona", "counterpart:PROV-X") == [other]
        assert refs(desk, "Mona") == [draft, sent, other]

    def test_days_in_the_wrong_order_are_refused(self, desk):
        file(desk)
        assert "is before from" in desk.refused("Mona", "summary export from:2026-03-01 until:2026-02-01")

    def test_nothing_that_fits_and_too_much_are_said_and_not_written(self, desk, monkeypatch):
        assert "no request" in desk.refused("Mona", "summary export")
        for _ in range(3):
            file(desk)
        monkeypatch.setattr(exports, "MOST_ROWS", 2)
        assert "more than 2 requests fit" in desk.refused("Mona", "summary export")
        assert history(desk) == []


class TestWhoGetsWhat:
    def test_red_is_for_who_leads_it_only(self, desk):
        amber, red = file(desk), file(desk, label=Label.RED)
        assert refs(desk, "Omar") == [amber, red]
        assert refs(desk, "Mona") == [amber]

    def test_another_agency_has_its_own(self, desk):
        own, other = file(desk), file(desk, opener="Nadia")
        assert refs(desk, "Mona") == [own]
        assert refs(desk, "Nadia") == [other]
        assert "PK-FIA-CCW" in desk.refused("Nadia", "summary export agency:PK-FIA-CCW")

    def test_somebody_of_two_agencies_chooses(self, desk):
        file(desk)
        other = file(desk, opener="Nadia")
        desk.write(lambda work: factories.one_more_agency(work, "Mona", "PK-NCCIA", Role.OFFICER))
        desk.heard("Mona", "desk me agency:PK-FIA-CCW")
        assert refs(desk, "Mona", "agency:PK-NCCIA") == [other]

    @pytest.mark.parametrize("agency", ["", " agency:PK-FIA-CCW"])
    def test_what_is_above_the_ceiling_of_a_platform_is_left_out(self, desk, agency):
        green = file(desk, label=Label.GREEN)
        file(desk, label=Label.AMBER_STRICT)
        desk.dispatch = Dispatch(desk.store, COMMANDS, desk.renderer, {"console": Label.AMBER})
        answer = desk.say("Omar", f"summary export format:csv{agency}")
        assert [row["Ref"] for row in rows(answer.files[0])] == [green]
        assert lines(answer.files[0])[0] == ["TLP:GREEN"]
        assert "TLP:AMBER" in words(answer).split("Typed later")[1]  # it is said that there is more

    def test_in_a_room_it_goes_to_the_asker_alone(self, desk):
        file(desk, label=Label.CLEAR)
        desk.heard("Mona", "desk channel here for:PK-FIA-CCW label:amber", room="ops")
        assert desk.say("Mona", "summary export", room="ops").private

    def test_administrators_take_none(self, desk):
        file(desk)
        answer = desk.say("Adil", "summary export")
        assert answer.refused
        assert answer.files == ()


class TestOnRecord:
    def test_who_took_how_many_rows_by_which_filters_with_the_digest(self, desk):
        file(desk)
        found = taken(desk, "Mona", "summary export status:draft format:csv")
        ((actor, about, facts),) = history(desk)
        mona = desk.read(lambda work: work.session.scalars(select(Person).where(Person.name == "Mona")).one().actor)
        assert (actor, about) == (mona, "PK-FIA-CCW")
        seal = lines(found)[-1][0].removeprefix("Seal of the audit chain: ")
        assert facts == {
            "table": "register",
            "rows": 1,
            "filters": ["status:draft"],
            "label": "TLP:AMBER",
            "file": found.name,
            "sha256": hashlib.sha256(found.content).hexdigest(),
            "seal": seal,
            "refs": ["CCW-2026-0001"],
        }

    def test_the_answer_says_the_digest_and_the_seal(self, desk):
        file(desk)
        answer = desk.say("Mona", "summary export format:csv")
        assert hashlib.sha256(answer.files[0].content).hexdigest() in words(answer)
        assert lines(answer.files[0])[-1][0].removeprefix("Seal of the audit chain: ") in words(answer)

    def test_the_same_message_again_gets_the_same_file_and_is_on_record_once(self, desk, clock):
        file(desk)
        message = Inbound("console", "again", "Mona", "summary export format:csv")
        first = self._receive(desk, message)
        file(desk)
        clock.move(minutes=5)
        again = self._receive(desk, message)
        assert again.files == first.files
        assert words(again) == words(first)
        assert len(history(desk)) == 1

    def test_it_is_let_go_after_a_day(self, desk, clock):
        file(desk)
        message = Inbound("console", "early", "Mona", "summary export")
        self._receive(desk, message)
        clock.move(hours=23)
        retention.prune(desk.store)
        assert len(self._receive(desk, message).files) == 1
        clock.move(hours=1)
        retention.prune(desk.store)
        assert desk.read(lambda work: work.session.scalars(select(File.id)).all()) == []
        assert self._receive(desk, message).files == ()

    def _receive(self, desk: Desk, message: Inbound):
        return asyncio.run(desk.dispatch.receive(message))


class TestCells:
    @pytest.mark.parametrize("payload", PAYLOADS)
    @pytest.mark.parametrize("form", FORMATS)
    def test_nothing_that_was_typed_runs_and_its_words_come_back(self, form, payload):
        cell, kind = self._reread(form, payload)
        assert kind == "s"
        assert cell[:1] not in STARTS
        assert cell.strip(" \u00a0\u200b\n")[:1] not in STARTS
        assert text.plain(cell) == text.plain(payload)

    def test_a_control_character_leaves_its_mark(self):
        assert self._reread("xlsx", "a\x07b\x1b[31m\x7f")[0] == "a\u2407b\u241b[31m\u2426"

    @pytest.mark.parametrize("payload", ["آزمائش", "naïve 🙂", "a\nb", "'quoted'", "1-2", "a=b"])
    @pytest.mark.parametrize("form", FORMATS)
    def test_what_is_harmless_stays_as_it_was(self, form, payload):
        assert self._reread(form, payload)[0] == payload

    def test_a_text_too_long_for_a_cell_of_excel_is_cut_and_says_so(self):
        cell, _ = self._reread("xlsx", "x" * (LONGEST + 1))
        assert (len(cell), cell[-6:]) == (LONGEST, " [cut]")
        assert len(self._reread("csv", "x" * (LONGEST + 1))[0]) == LONGEST + 1

    def test_what_came_in_with_a_case_goes_out_as_words(self, desk):
        desk.heard("Omar", 'case open "=1+1" category:other label:amber')
        line = 'request receive 1 from:US-STATE as:LR data:bsi accounts:"@SUM(A1)" their:"-2+3"'
        desk.heard("Omar", line)
        (row,) = rows(taken(desk, "Omar"))
        assert (row["Title"], row["Accounts"], row["Their reference"]) == ("'=1+1", "'@SUM(A1)", "'-2+3")

    def _reread(self, form: str, payload: str) -> tuple[str, str]:
        """The cell as a reader of that format finds it, and its type; a .csv has texts only."""
        content = WRITERS[form](
            ExportTable("Requests", "TLP:AMBER", (Column("Title", "of a case"),), [[payload]], (), SEAL)
        )
        if form == "csv":
            return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))[2][0], "s"
        cell = openpyxl.load_workbook(io.BytesIO(content))["Requests"]["A3"]
        return cell.value, cell.data_type


class TestWeeks:
    def test_a_row_for_each_week_with_dates_and_numbers_and_what_each_column_is(self, desk):
        file(desk, status=Status.SENT, on=MONDAY, accounts=("page.one", "page.two"))
        file(desk, status=Status.REFUSED, on=MONDAY - timedelta(days=7))
        found = taken(desk, "Mona", "summary export week weeks:3")
        page, about = book(found).worksheets
        headers = [cell.value for cell in page[2]]
        first, before, this = ([cell.value for cell in row] for row in page.iter_rows(min_row=3))
        assert [row[:2] for row in (first, before, this)] == [
            [datetime(2026, 2, 16), datetime(2026, 2, 22)],  # noqa: DTZ001 - days
            [datetime(2026, 2, 23), datetime(2026, 3, 1)],  # noqa: DTZ001
            [datetime(2026, 3, 2), datetime(2026, 3, 2)],  # noqa: DTZ001 - it is not over
        ]
        named = [dict(zip(headers, row, strict=True)) for row in (before, this)]
        assert [(week["Sent"], week["Refused"], week["Accounts asked"]) for week in named] == [(1, 1, 1), (1, 0, 2)]
        assert {type(value) for row in (first, before, this) for value in row[2:]} == {int}
        explained = [row[0].value for row in about.iter_rows()]
        assert [header for header in headers if header not in explained] == []
        assert desk.say("Mona", "summary export week").messages[0].label == "TLP:AMBER"

    def test_as_csv_the_same_and_the_seal_last(self, desk):
        file(desk, status=Status.SENT, on=MONDAY)
        label, headers, *weeks, seal = lines(taken(desk, "Mona", "summary export week format:csv weeks:2"))
        assert (label, headers[:2], len(weeks)) == (["TLP:AMBER"], ["Week from", "Until"], 2)
        assert weeks[-1][:2] == ["2026-03-02", "2026-03-02"]
        assert seal[0].startswith("Seal of the audit chain: ")

    def test_a_value_that_chooses_nothing_in_it_is_said(self, desk):
        assert "chooses nothing" in desk.refused("Mona", "summary export week status:open")
        assert "chooses nothing" in desk.refused("Mona", "summary export weeks:3")

    def test_it_is_on_record_what_was_taken(self, desk):
        desk.heard("Mona", "summary export week weeks:3")
        ((_, about, facts),) = history(desk)
        assert (about, facts["table"], facts["rows"], facts["filters"]) == ("PK-FIA-CCW", "week", 3, ["weeks:3"])


class TestLooks:
    @pytest.mark.parametrize("table", ["register", "week", "counterpart"])
    def test_the_header_stands_still_filters_and_is_wide_enough(self, desk, table):
        file(desk, status=Status.SENT, on=MONDAY)
        page, about = book(taken(desk, "Mona", f"summary export {table}")).worksheets
        width = page.max_column
        assert page.freeze_panes == "B3"
        assert page.auto_filter.ref == f"A2:{openpyxl.utils.get_column_letter(width)}{page.max_row}"
        assert (page.print_title_rows, page.print_title_cols) == ("$1:$2", "$A:$A")
        sizes = [page.column_dimensions[cell.column_letter].width for cell in page[2]]
        longest = [max(map(len, cell.value.split())) for cell in page[2]]
        assert [cell.value for cell, size, word in zip(page[2], sizes, longest, strict=True) if size < word] == []
        assert about.column_dimensions["B"].width > 60
        over = {cell.value: cell.alignment.horizontal for cell in page[2]}
        figures = {page.cell(2, cell.column).value for cell in page[3] if cell.data_type in ("n", "d") and cell.value}
        assert {header for header, side in over.items() if side == "right"} >= figures


class TestCounterparts:
    def test_a_row_for_each_the_soonest_first_and_few_are_only_counted(self, desk):
        for _ in range(5):
            file(desk, to="PROV-X", instrument="PROD-X", status=Status.PRODUCED, on=MONDAY)
            file(desk, status=Status.SENT, on=MONDAY - timedelta(days=40))
        file(desk, to="PROV-GOOGLE", instrument="PROD-GOOGLE", status=Status.REFUSED, on=MONDAY)
        file(desk, to="PROV-TIKTOK", instrument="PROD-TIKTOK", status=Status.DRAFT)
        page, about = book(taken(desk, "Mona", "summary export counterpart")).worksheets
        headers = [cell.value for cell in page[2]]
        found = [dict(zip(headers, (cell.value for cell in row), strict=True)) for row in page.iter_rows(min_row=3)]
        soon, silent, few = found
        assert [row["Counterpart"] for row in found] == ["PROV-X", "PROV-META", "PROV-GOOGLE"]
        assert (soon["Sent"], soon["Answered"], soon["Half within"], soon["By day 30"]) == (5, 5, 0, 1)
        assert (silent["Silent"], silent["Half within"], silent["By day 30"]) == (5, None, 0)
        assert (few["Refused"], few["Half within"], few["By day 365"]) == (1, None, None)
        assert page.cell(3, headers.index("By day 30") + 1).number_format == "0%"
        assert [header for header in headers if header not in [row[0].value for row in about.iter_rows()]] == []

    def test_without_any_it_is_said(self, desk):
        file(desk)
        assert "no request" in desk.refused("Mona", "summary export counterpart")
