"""Our register beside published figures, as people ask for it: bounds, why nothing can be said, and bad files."""

from dataclasses import astuple
from datetime import date
from random import Random

import pytest
from sqlalchemy import select

from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.models import Attachment, Person, Request
from storage.record import attachments, records, spans
from storage.record.attachments import Named
from storage.record.scopes import Scope
from storage.rules.lifecycle import Status
from tests import factories, plans, stored
from tests.spoken import Desk

IN_2025 = date(2025, 8, 5)
HEAD = "Period,Country,Legal Process,User Data Requests,User Accounts Referenced,Percentage"
LINE = "summary reconcile counterpart:PROV-META"


@pytest.fixture
def desk(sqlite_store, clock) -> Desk:
    return Desk.of(sqlite_store, clock, ("Mona", Role.MANAGER), ("Omar", Role.OFFICER), ("Lisa", Role.LIAISON))


def send(
    desk: Desk, content: str | bytes, name: str = "figures.csv", *, person: str = "Mona", here: bool = True
) -> None:
    """A file of somebody's that belongs nowhere. here: its bytes have come."""
    raw = content if isinstance(content, bytes) else content.encode()

    def job(work):
        [who] = records.people(work, name=person)
        named = [Named("F1", name, len(raw) or 1)]
        [row] = attachments.take(work, who, named, platform="console", cause=f"file:{name}:{work.now}")
        if here:
            attachments.keep(work, row, raw)

    desk.write(job)


def ask(desk: Desk, *, on: date = IN_2025, label: Label = Label.AMBER, opener: str = "Omar", **more) -> None:
    def job(work):
        [person] = records.people(work, name=opener)
        case = factories.case(work, opener=person, label=label)
        factories.request(work, of=case, status=more.pop("status", Status.SENT), on=on, **more)

    desk.write(job)


def three(desk: Desk) -> None:
    """Three requests of four accounts in the second half of 2025, two with data; and a hold."""
    ask(desk, status=Status.PRODUCED)
    ask(desk, status=Status.PART_PRODUCED, accounts=("one", "two"))
    ask(desk, status=Status.REFUSED, emergency=True)
    desk.write(lambda work: factories.preservation(work, on=IN_2025))


def theirs(requests: object, accounts: object = "47", share: str = "77.00%", period: str = "2025H2") -> str:
    return f"{HEAD}\n{period},Pakistan,All,{requests},{accounts},{share}"


class TestCompared:
    def test_ours_are_at_most_so_much_of_theirs(self, desk):
        three(desk)
        send(desk, theirs(35))
        said = desk.heard("Mona", LINE)
        assert "Meta of Pakistan, 2025 H2: we hold at most 9 % of it." in said
        assert "requests 3 of 35, accounts 4 of 47" in said
        assert "with data: 2, theirs 77 %" in said
        assert "every agency of Pakistan, and editions are revised" in said

    def test_preservation_and_emergencies_stand_apart(self, desk):
        three(desk)
        rows = ("Emergency,7,8,50%", "Legal Requests,28,39,80%", "Preservation,4,9,")
        send(desk, "\n".join([HEAD, *(f"2025H2,Pakistan,{row}" for row in rows)]))
        said = desk.heard("Mona", LINE)
        assert "requests 3 of 35, accounts 4 of 47" in said
        assert "emergencies 1 of 7, holds 1 of 4" in said
        assert "with data: 2, theirs 74 %" in said

    def test_a_column_of_processes_is_one_of_kinds(self, desk):
        three(desk)
        rows = ("Emergency,7,8,50%", "Legal Process,28,39,80%", "Preservation,4,9,")
        send(desk, "\n".join([HEAD.replace("Legal Process", "Process"), *(f"2025H2,Pakistan,{row}" for row in rows)]))
        said = desk.heard("Mona", LINE)
        assert "requests 3 of 35, accounts 4 of 47" in said
        assert "Not read" not in said

    @pytest.mark.parametrize(
        ("requests", "words"),
        [
            ("35", "we hold at most 9 % of it"), ("30 - 40", "we hold at most 10 % of it"), ("3", "they count few"),
            ("2", "we hold more than they count"), ("<10", "their number may be none"), ("7*", "at most 43 % of it"),
            ("-", "we hold more than they count"), ("1*", "they count few"),
            ("Not Available", "cannot be compared: they do not say how many"),
        ],
    )  # fmt: skip
    def test_what_is_said_is_a_bound(self, desk, requests, words):
        three(desk)
        send(desk, theirs(requests))
        said = desk.heard("Mona", LINE)
        assert words in said
        assert ("they may count by the day of receipt" in said) == ("more than" in words)

    def test_a_percentage_of_few_is_not_told_and_what_is_not_published_is_said(self, desk):
        three(desk)
        send(desk, theirs(4))
        assert ", theirs" not in desk.heard("Mona", LINE)
        send(desk, "Period,Country,Requests\n2025H2,Pakistan,35", "later.csv")
        assert "accounts 4, theirs not published" in desk.heard("Mona", LINE)
        send(desk, "Period,Country,Accounts\n2025H2,Pakistan,35", "last.csv")
        assert "cannot be compared: no number of requests" in desk.heard("Mona", LINE)

    def test_none_of_ours_in_a_period_that_is_covered(self, desk):
        ask(desk, on=date(2025, 1, 5))
        send(desk, theirs(35))
        assert "we hold none of it" in desk.heard("Mona", LINE)

    def test_what_asks_for_removal_is_no_request_for_data(self, desk):
        three(desk)
        takedown = desk.read(
            lambda work: next(one.code for one in work.reference.instruments.values() if one.group == "takedown")
        )
        ask(desk, instrument=takedown)
        ask(desk, to="PROV-X", instrument="PROD-X")
        send(desk, theirs(35))
        assert "requests 3 of 35" in desk.heard("Mona", LINE)

    def test_six_periods_a_page_and_what_our_register_does_not_cover(self, desk):
        three(desk)
        ask(desk, on=date(2021, 3, 1))
        rows = [f"{year}H{half},Pakistan,All,35,47,77%" for year in range(2019, 2027) for half in (1, 2)]
        send(desk, "\n".join([HEAD, *rows]))
        said = desk.heard("Mona", LINE)
        assert "6 of 10 shown" in said
        assert "2023 H1" in said
        assert "Not covered by our register: 2026 H2, 2026 H1, 2020 H2, 2020 H1, 2019 H2 and 1 more" in said
        last = desk.heard("Mona", "summary reconcile figures.csv counterpart:PROV-META page:2")
        assert "2021 H1" in last
        assert "2023 H1" not in last


class TestWhoSeesWhat:
    def test_red_is_counted_for_who_leads_it_only(self, desk):
        three(desk)
        ask(desk, label=Label.RED)
        for person, count in (("Mona", 3), ("Omar", 4)):
            send(desk, theirs(35), person=person)
            assert f"requests {count} of 35" in desk.heard(person, LINE)

    def test_it_is_for_managers_and_officers_of_their_own_agency(self, desk):
        assert "manager" in desk.refused("Lisa", LINE)
        send(desk, theirs(35))
        assert "PK-NCCIA" in desk.refused("Mona", f"{LINE} agency:PK-NCCIA")

    def test_a_file_is_its_senders_alone(self, desk):
        send(desk, theirs(35), person="Omar")
        assert "No file" in desk.refused("Mona", LINE)


class TestCannotBeCompared:
    @pytest.mark.parametrize(
        ("content", "more", "words"),
        [
            ("Period,Requests\n2025H2,35", "", "no column of the file says which country"),
            (f"{HEAD}\n2025H2,India,All,1,1,\n2025H2,AE,All,1,1,", "",
             "no row of Pakistan, but of India, United Arab Emirates."),
            ("Country,Requests\nPakistan,35", "", "nothing says of which period 1 row of Pakistan is"),
            (f"{HEAD}\n2025H2,Pakistan,All,1,1,", " period:2024H1", "the file has 2025 H2, and not the one you named"),
            (f"{HEAD}\n2025H2,Pakistan,Content Removal,1,1,", "", "no figures of requests for data"),
            (f"{HEAD}\n2013H1,Pakistan,All,35,47,77%", "", "begins on Tue 5 Aug 2025, and does not cover 2013 H1."),
            (f"{HEAD}\n2026H1,Pakistan,All,35,47,77%", "", "does not cover 2026 H1."),
        ],
    )  # fmt: skip
    def test_why_is_said_in_one_sentence(self, desk, content, more, words):
        three(desk)
        send(desk, content, "table.csv")
        said = desk.heard("Mona", LINE + more)
        assert "CANNOT BE COMPARED with Meta" in said
        assert words in said

    def test_a_period_that_is_none(self, desk):
        send(desk, theirs(35))
        assert "names no period" in desk.refused("Mona", f"{LINE} period:soon")


class TestUnread:
    def test_it_is_said_line_by_line_and_counted(self, desk):
        three(desk)
        bad = "\n".join(f"2025H2,Land {n},All,1,1," for n in range(8))
        send(desk, f"{theirs(35)}\n{bad}")
        said = desk.heard("Mona", LINE)
        assert "8 cells could not be read: • line 3, country: “Land 0”" in said
        assert "line 7, country: “Land 4”" in said
        assert "and 3 more." in said

    def test_hostile_cells_are_only_text(self, desk):
        three(desk)
        cells = [
            "<!channel>",
            "**bold** _x_",
            "[evil](https://example.org/)",
            "=HYPERLINK(1)",
            "@everyone <@U1>",
            "`x`",
        ]
        rows = "\n".join(f'2025H2,"{cell}",All,1,1,' for cell in cells[:5])
        send(desk, f"{theirs(35)}\n{rows}\n2025H2,Pakistan,{cells[5]},1,1,")
        answer = desk.say("Mona", LINE)
        [message] = answer.messages
        spans_ = [span for block in message.blocks for item in getattr(block, "items", ()) for span in item.spans]
        assert [cell for cell in cells[:5] if any(cell in span.text for span in spans_)] == cells[:5]
        assert not [span for span in spans_ if any(cell in span.text for cell in cells) and (span.code or span.italic)]


class TestFiles:
    def test_no_file(self, desk):
        assert "No file" in desk.refused("Mona", LINE)

    def test_one_that_is_on_its_way_is_asked_for_again_by_a_button(self, desk):
        send(desk, theirs(35), here=False)
        answer = desk.say("Mona", f"{LINE} period:2025H2")
        assert answer.refused
        [line] = {button.line for block in answer.messages[0].blocks for button in getattr(block, "buttons", ())}
        assert line == f"{LINE} period:2025H2"

    def test_the_newest_is_meant_or_the_one_of_a_name(self, desk):
        three(desk)
        send(desk, theirs(35), "first half.csv")
        send(desk, theirs(300), "second.csv")
        assert "of 300" in desk.heard("Mona", LINE)
        assert "of 35," in desk.heard("Mona", 'summary reconcile "first half" counterpart:PROV-META')
        assert "first half.csv, second.csv" in desk.refused("Mona", "summary reconcile third counterpart:PROV-META")

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"\x89PNG\r\n\x1a\n" + bytes(20), "is a picture"), (b"", "is empty"), (b"a,b\n1,2", "a, b"),
            (b"PK\x03\x04 no workbook", "is damaged"),
        ],
    )  # fmt: skip
    def test_what_is_no_table_is_said_in_a_sentence_with_its_name(self, desk, content, words):
        send(desk, content, "published.csv")
        said = desk.refused("Mona", LINE)
        assert "the file “published.csv”" in said
        assert words in said


# ---- ours ------------------------------------------------------------------------------------------------------------

HALVES = [
    (date(2024, 1, 1), date(2024, 6, 30)),
    (date(2024, 7, 1), date(2024, 12, 31)),
    (date(2025, 1, 1), date(2025, 6, 30)),
]
STRETCHES = [*HALVES, (date(2024, 1, 1), date(2024, 12, 31)), (date(2024, 2, 1), date(2024, 2, 29))]


def test_the_counts_are_those_of_a_naive_script(store):
    """Whatever the length: a year and more is asked for by another index than a month."""
    chance = Random(7)

    def fill(work):
        officer = factories.person(work, name="Omar")
        other = factories.person(work, of=factories.agency(work, "PK-NCCIA"))
        for _ in range(120):
            label = chance.choice([Label.GREEN, Label.AMBER, Label.RED])
            case = factories.case(work, opener=chance.choice([officer, officer, factories.person(work)]), label=label)
            if chance.random() < 0.1:
                case = factories.case(work, of=other.memberships[0].authority, opener=other)
            to = chance.choice(["PROV-META", "PROV-META", "PROV-X"])
            status = chance.choice([Status.SENT, Status.PRODUCED, Status.REFUSED, Status.PART_PRODUCED, Status.DRAFT])
            row = factories.request(
                work, of=case, to=to, status=status, on=date(2024, chance.randint(1, 12), chance.randint(1, 28)),
                accounts=[f"a{n}" for n in range(chance.randint(1, 3))], emergency=chance.random() < 0.2,
            )  # fmt: skip
            if status is Status.REFUSED and chance.random() < 0.5:
                row.parts = {"bsi": {"outcome": "produced", "on": "2024-02-02"}}
            if chance.random() < 0.3:
                factories.preservation(work, of=case, to=to, on=date(2024, chance.randint(1, 12), 3))
        return officer.id

    officer_id = store.write(fill).result()

    def naive(work, first, last):
        rows = [
            row
            for row in work.session.scalars(select(Request))
            if row.case.agency.code == "PK-FIA-CCW" and row.recipient.code == "PROV-META" and row.sent_on
            and (row.case.label != Label.RED or row.case.opened_by == officer_id) and first <= row.sent_on <= last
        ]  # fmt: skip
        came = [row for row in rows if row.status in ("produced", "part_produced") or row.parts]
        cases = {row.case for row in work.session.scalars(select(Request))}
        kept = [
            one for case in cases for one in case.preservations
            if one.recipient.code == "PROV-META" and first <= one.asked_on <= last
            and case.agency.code == "PK-FIA-CCW" and (case.label != Label.RED or case.opened_by == officer_id)
        ]  # fmt: skip
        return (
            len(rows), sum(len(row.targets) for row in rows), len(came), sum(row.emergency for row in rows), len(kept),
        )  # fmt: skip

    def both(work):
        person = work.session.get_one(Person, officer_id)
        scope = Scope(factories.viewer(person), person.memberships[0].authority)
        them = records.authority(work, "PROV-META")
        counted = [spans.spans(work, scope, them, days, ["X"]) for days in (STRETCHES, STRETCHES[-1:], [])]
        return counted, [naive(work, *days) for days in STRETCHES], spans.first_day(work, scope)

    (every, february, nothing), expected, first = store.read(both).result()
    assert {type(count) for one in every for count in astuple(one)} == {int}, "shares are of them"
    found = [(one.requests, one.accounts, one.answered, one.emergency, one.kept) for one in every]
    assert found == expected
    assert all(found[0])
    assert [february[0]] == every[-1:]
    assert nothing == []
    assert first.year == 2024


def test_ours_is_found_by_an_index(store):
    stored.fill(store)

    def job(work):
        for name in ("Manager", "Officer"):
            [person] = records.people(work, name=name)
            scope = Scope(factories.viewer(person), person.memberships[0].authority)
            for days in (HALVES, HALVES[:1]):
                spans.spans(work, scope, records.authority(work, stored.MOST), days, ["X"])
            spans.first_day(work, scope)

    with plans.of(store) as found:
        store.read(job).result(60)
    assert len(found) >= 4
    assert not plans.faults(found), plans.faults(found)


def test_nothing_of_it_is_kept_but_the_file(desk):
    three(desk)
    send(desk, theirs(35))
    desk.heard("Mona", LINE)
    assert desk.read(lambda work: [row.case_id for row in work.session.scalars(select(Attachment))]) == [None]
