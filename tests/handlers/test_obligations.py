"""The yearly statistics: each letter of the Regulation by itself, what no record knows, and the table as a file."""

import csv
import io
from datetime import date, timedelta

import openpyxl
import pytest
from sqlalchemy import select

from bot.inbound.dispatch import Dispatch
from handlers import COMMANDS
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.models import Person
from storage.record import records
from storage.rules.lifecycle import Status
from tests import factories
from tests.spoken import Desk

BOUND, OTHER = "PK-MOI", "PK-FIA-CCW"
TO, KEEPER = "PROV-META-IE", "PROV-META-IE"
ISSUED = date(2026, 9, 1)


@pytest.fixture
def desk(store, clock) -> Desk:
    """A German agency and a Pakistani one, late in 2026."""
    found = Desk.of(store, clock, ("Mona", Role.MANAGER), ("Omar", Role.OFFICER))
    clock.move_to(clock.now().replace(month=11, day=20))
    found.write(_german)
    return found


def _german(work) -> None:
    """Let one agency stand in Germany."""
    row = factories.agency(work, BOUND)
    row.country = "DE"
    factories.person(work, of=row, role=Role.MANAGER, name="Greta")


def order(desk: Desk, status: Status = Status.SENT, *, on=ISSUED, answered=None, by="Greta", **more) -> str:
    facts = {"instrument": "EPOC", "to": TO} if by == "Greta" else {}
    more = facts | more
    data, label = more.pop("data", ["bsi"]), more.pop("label", Label.AMBER)
    fields, codes = more.pop("fields", {}), more.pop("codes", ())

    def job(work):
        who = work.session.scalars(select(Person).where(Person.name == by)).one()
        case = factories.case(work, of=who.memberships[0].authority, opener=who, label=label)
        row = factories.request(work, of=case, status=status, on=on, **more)
        row.data, row.fields = data, fields
        if answered:
            row.answered_on = answered
        if codes:
            row.refusals = [{"codes": list(codes), "on": on.isoformat(), "by": "P1"}]
        return row.ref

    return desk.write(job)


def hold(desk: Desk, *, on=ISSUED, confirmed=None, issued=None, closed=False, by="Greta", **more) -> str:
    facts = {"instrument": "PRES-EU-EPOC-PR", "to": KEEPER} if by == "Greta" else {}

    def job(work):
        who = work.session.scalars(select(Person).where(Person.name == by)).one()
        case = factories.case(work, of=who.memberships[0].authority, opener=who)
        row = factories.preservation(work, of=case, on=on, days=200, **(facts | more))
        row.confirmed_on, row.issued_on = confirmed, issued
        row.closed_at = work.now if closed else None
        return row.ref

    return desk.write(job)


def said(desk: Desk, who: str = "Greta", line: str = "summary obligations") -> str:
    return desk.heard(who, line)


def table(desk: Desk, who: str = "Greta", line: str = "") -> list[dict[str, str]]:
    (file,) = desk.say(who, f"summary obligations format:csv {line}").files
    _label, headers, *rows, _seal = csv.reader(io.StringIO(file.content.decode("utf-8-sig"), newline=""))
    return [dict(zip(headers, row, strict=True)) for row in rows]


def numbers(rows, letter: str, figure: str, order: str, **chosen) -> dict[tuple[str, ...], int]:
    """{(data, addressee, emergency): number} of one figure of a letter, by `chosen` values of other columns."""
    return {
        (row["Data"], row["Addressee"], row["Emergency"]): int(row["Number"])
        for row in rows
        if (row.get("Letter", ""), row["Figure"], row["Order"]) == (letter, figure, order)
        and all(row[name] == value for name, value in chosen.items())
    }


WHOLE = ("all", "all", "all")


class TestLetters:
    def test_a_issued_by_data_addressee_and_emergency(self, desk):
        order(desk, data=["bsi", "traffic"])
        order(desk, data=["bsi"], emergency=True, at=desk.clock.now())
        order(desk, data=["content"], to="PROV-GOOGLE-IE")
        order(desk, status=Status.DRAFT)
        order(desk, on=date(2025, 12, 31))
        hold(desk)
        rows = table(desk)
        assert numbers(rows, "(a)", "issued", "EPOC") == {
            WHOLE: 3,
            ("subscriber", TO, "no"): 1,
            ("traffic", TO, "no"): 1,
            ("subscriber", TO, "yes"): 1,
            ("content", "PROV-GOOGLE-IE", "no"): 1,
        }
        assert numbers(rows, "(a)", "issued", "EPOC-PR") == {WHOLE: 1, ("subscriber", KEEPER, "no"): 1}
        told = said(desk)
        assert "3 EPOCs, 1 EPOC-PR" in told
        assert "(a) EPOCs, 1 in an emergency" in told
        assert "subscriber 2 · content 1 · traffic 1" in told

    def test_addresses_are_identification_where_they_are_asked_for_nothing_else(self, desk):
        order(desk, data=["ip_logs"], fields={"identification_only": "Yes"})
        order(desk, data=["ip_logs"], fields={"identification_only": "No"})
        assert set(numbers(table(desk), "(a)", "issued", "EPOC")) == {
            *(WHOLE, ("identification", TO, "no"), ("traffic", TO, "no"))
        }

    def test_c_what_came_of_them_adds_up_to_what_was_issued(self, desk):
        for status in (Status.PRODUCED, Status.PART_PRODUCED, Status.NOT_HELD, Status.SENT, Status.WITHDRAWN):
            order(desk, status)
        order(desk, Status.REFUSED, codes=["overbroad"])
        order(desk, Status.TRANSFERRED, answered=ISSUED, codes=["overbroad"])  # refused, and handed on
        order(desk, Status.TRANSFERRED)
        hold(desk, confirmed=ISSUED)
        hold(desk, closed=True)
        hold(desk, on=date(2026, 1, 2))  # lapsed, and nobody ever said that it stands
        hold(desk)
        rows = table(desk)
        found = {
            row["Figure"]: int(row["Number"])
            for row in rows
            if (row["Letter"], row["Data"]) == ("(c)", "all") and row["Order"] == "EPOC"
        }
        assert found == {
            "fulfilled": 1,
            "in part so far": 1,
            "not fulfilled: refused": 2,
            "not fulfilled: none held": 1,
            "still waiting": 1,
            "withdrawn or handed on": 1,
        }
        assert sum(found.values()) == numbers(rows, "(a)", "issued", "EPOC")[WHOLE]
        kept = {name: numbers(rows, "(c)", name, "EPOC-PR")[WHOLE] for name in ("fulfilled", "not fulfilled: not kept")}
        assert kept == {"fulfilled": 1, "not fulfilled: not kept": 2}
        assert "1 fulfilled · 1 in part · 2 refused · 1 not held · 1 waiting · 1 withdrawn" in said(desk)
        assert "1 kept · 2 not kept · 1 waiting" in said(desk)

    def test_d_refused_by_ground_each_once_in_an_order(self, desk, reference):
        order(desk, Status.REFUSED, codes=["overbroad", "human_rights"])
        order(desk, Status.REFUSED, codes=["overbroad"], data=["content"])
        order(desk, Status.PRODUCED, codes=["incomplete"])  # it was taken back
        label = {code: reference.refusal_reasons[code].label for code in ("overbroad", "human_rights", "incomplete")}
        rows = table(desk)
        assert numbers(rows, "(d)", "refused for", "EPOC", Ground=label["overbroad"]) == {
            WHOLE: 2,
            ("subscriber", TO, "no"): 1,
            ("content", TO, "no"): 1,
        }
        assert numbers(rows, "(d)", "refused for", "EPOC", Ground=label["human_rights"])[WHOLE] == 1
        assert label["incomplete"] not in {row["Ground"] for row in rows}
        assert f"Refused for: {label['overbroad']} 2" in said(desk)

    def test_e_and_f_days_on_average_and_of_how_many(self, desk):
        order(desk, Status.PRODUCED, answered=ISSUED + timedelta(days=5))
        order(desk, Status.PRODUCED, answered=ISSUED + timedelta(days=8), data=["content"])
        hold(desk, confirmed=ISSUED, issued=ISSUED + timedelta(days=31))
        hold(desk, confirmed=ISSUED)
        rows = table(desk)
        days = {row["Data"]: (row["Days"], row["Number"]) for row in rows if row["Figure"] == "days to the data"}
        assert days == {"all": ("6.5", "2"), "subscriber": ("5.0", "1"), "content": ("8.0", "1")}
        (whole, _) = [row for row in rows if row["Figure"] == "days from hold to request"]
        assert (whole["Days"], whole["Number"]) == ("31.0", "1")
        told = said(desk)
        assert "(e) 6.5 days on average to the data (of 2)" in told
        assert "(f) 31.0 days on average to the request for production (of 1)" in told

    def test_g_what_was_sent_for_enforcement_and_what_we_received(self, desk):
        order(desk, Status.PRODUCED, instrument="EPOC-ENFORCE", to=OTHER)
        order(desk, instrument="EPOC-ENFORCE", to=OTHER)

        def job(work):
            who = work.session.scalars(select(Person).where(Person.name == "Greta")).one()
            case = factories.case(work, of=who.memberships[0].authority, opener=who)
            asker = records.authority(work, OTHER)
            factories.request(
                *(work,), of=case, sender=asker, to=BOUND, instrument="EPOC-ENFORCE", direction="incoming",
                status=Status.SENT, on=ISSUED,
            )  # fmt: skip

        desk.write(job)
        assert "(g) For enforcement: 2 sent, 1 received, 1 of them fulfilled" in said(desk)
        rows = table(desk)
        assert numbers(rows, "(g)", "transmitted, fulfilled", "enforcement")[WHOLE] == 1
        assert numbers(rows, "(g)", "received", "enforcement")[WHOLE] == 1
        assert numbers(rows, "(a)", "issued", "EPOC")[WHOLE] == 0

    def test_what_no_record_knows_is_said_and_never_as_nought(self, desk):
        rows = table(desk)
        gaps = {row["Letter"]: row for row in rows if row["Not recorded"]}
        assert set(gaps) == {"(b)", "(d)", "(h)", "(i)", "(j)"}
        assert {row["Number"] for row in gaps.values()} == {""}
        told = said(desk)
        assert "Not recorded: (b)" in told
        assert "(j) costs claimed and reimbursed" in told
        letters = {row["Letter"] for row in rows}
        assert letters == {f"({letter})" for letter in "abcdefghij"}


class TestWhose:
    def test_an_agency_that_is_not_bound_has_the_same_without_the_name(self, desk):
        order(desk, Status.PRODUCED, by="Omar", answered=ISSUED + timedelta(days=3))
        hold(desk, by="Omar")
        told = said(desk, "Mona")
        assert "1 request, 1 hold" in told
        assert "1543" not in told
        assert "(a)" not in told
        rows = table(desk, "Mona")
        assert "Letter" not in rows[0]
        assert "Not recorded" not in rows[0]
        assert numbers(rows, "", "issued", "request")[WHOLE] == 1

    def test_a_year_before_it_applied_has_no_letters(self, desk):
        order(desk, on=date(2025, 3, 1), by="Greta", instrument="LR", to="US-DOJ-OIA")
        told = said(desk, line="summary obligations year:2025")
        assert "1543" not in told
        assert "1 request, 0 holds" in told

    def test_denmark_is_not_bound(self, desk):
        desk.write(lambda work: setattr(records.authority(work, BOUND), "country", "DK"))
        assert "1543" not in said(desk)

    def test_red_counts_for_who_is_named_alone_and_nothing_above_a_ceiling(self, desk):
        order(desk, by="Omar", label=Label.RED)
        order(desk, by="Omar", label=Label.GREEN)
        order(desk, by="Omar", label=Label.AMBER)
        assert "3 requests" in said(desk, "Omar")
        assert "2 requests" in said(desk, "Mona")
        desk.dispatch = Dispatch(desk.store, COMMANDS, desk.renderer, {"console": Label.GREEN})
        assert "is not shown" in said(desk, "Omar")  # figures are AMBER, as those of a week
        answer = desk.say("Omar", "summary obligations format:csv")
        assert answer.files == ()

    def test_what_another_agency_asked_is_none_of_ours(self, desk):
        order(desk)
        assert "0 requests" in said(desk, "Mona")


class TestYear:
    def test_until_april_it_is_the_year_before(self, desk, clock):
        order(desk)
        assert "2026 so far" in said(desk)
        clock.move_to(clock.now().replace(year=2027, month=3, day=31))
        assert "2026:" in said(desk)
        clock.move_to(clock.now().replace(year=2027, month=4, day=1))
        assert "2027 so far" in said(desk)

    def test_a_year_to_come_is_refused(self, desk):
        assert "in the future" in desk.refused("Greta", "summary obligations year:2027")

    def test_the_file_says_what_each_figure_counts_and_the_articles_words(self, desk):
        order(desk)
        answer = desk.say("Greta", "summary obligations format:xlsx")
        page, about = openpyxl.load_workbook(io.BytesIO(answer.files[0].content)).worksheets
        figures = {row[1].value for row in page.iter_rows(min_row=3) if row[1].value}
        explained = {row[0].value: row[1].value for row in about.iter_rows() if row[0].value}
        assert {one for one in ("issued", "fulfilled", "still waiting") if one in figures} <= set(explained)
        assert explained["Art. 28(2)(e)"].startswith("for fulfilled EPOCs, the average period")
        assert page.freeze_panes == "B3"
