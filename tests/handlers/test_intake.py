"""Intake: what a register says is on record afterwards, once, with clocks and audit lines, and nothing else is."""

import csv
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, event, func, select
from sqlalchemy.orm import joinedload, selectinload

from handlers.kit.errors import NotAllowed, NotLinked
from handlers.registers import instruments, intake
from handlers.registers.reading import USED_TWICE
from handlers.registers.vocabulary import from_reference
from storage.history import chain
from storage.models import AuditLine, AuditText, Case, Clock, Note, OutboxRow, Preservation, Request
from storage.models import Counter as Number
from storage.record import acts, numbers
from storage.rules import lifecycle
from storage.rules.clocks import BETWEEN_SIDES
from tests import factories
from tests.messy_register import HEADERS, invent
from tests.whole_register import read

NAME = "Desk Manager"
OUTCOMES = {"sent": "open"}  # status: outcome, where they differ
HELD = {
    "open": "asked",
    "produced": "confirmed",
    "part_produced": "confirmed",
    "not_held": "closed",
    "refused": "closed",
}
GOOD = {
    "Sr No": "1",
    "Diary No": "CCW/2016/0001",
    "Date Sent": "22-Jan-2016",
    "Circle": "Quetta",
    "Provider": "Face book",
    "Nature of Complaint": "Impersonation",
    "Request Type": "BSI + IP logs",
    "Legal Basis": "Court order No. 58/2016",
    "Accounts / URLs": "account-1; account-2",
    "Date of Reply": "",
    "Outcome": "Pending",
    "Remarks": "see file",
}


@pytest.fixture
def load(reference, tmp_path):
    """Rows, as changes to GOOD, -> a register as the reader gives it."""

    def loaded(*rows):
        file = tmp_path / "register.csv"
        with file.open("w", encoding="utf-8", newline="") as opened:
            writer = csv.DictWriter(opened, HEADERS)
            writer.writeheader()
            writer.writerows(GOOD | row for row in rows)
        return read(file, from_reference(reference))

    return loaded


def staffed(store):
    """The same store, with somebody who may import."""
    store.write(lambda work: factories.person(work, role="manager", name=NAME).id).result()
    return store


@pytest.fixture
def desk(sqlite_store):
    return staffed(sqlite_store)


def survey(desk, register):
    return desk.read(lambda work: intake.survey(intake.importer(work, NAME), register, register.entries)).result()


def take(desk, register):
    return desk.write(lambda work: intake.take(intake.importer(work, NAME), register, register.entries)).result()


def look(desk, question):
    """What the record holds, asked of every request, in the order they came."""
    return desk.read(
        lambda work: [question(row) for row in work.session.scalars(select(Request).order_by(Request.id))]
    ).result()


def holds(desk):
    """Every preservation, with whom it is of."""
    query = select(Preservation).order_by(Preservation.id)
    query = query.options(
        joinedload(Preservation.recipient), joinedload(Preservation.case), selectinload(Preservation.targets)
    )
    return desk.read(lambda work: list(work.session.scalars(query))).result()


def standing(kept):
    return "closed" if kept.closed_at else "confirmed" if kept.confirmed_on else "asked"


def lines(desk):
    return desk.read(lambda work: work.session.scalar(select(func.count()).select_from(AuditLine))).result()


def clocks_of(desk):
    """{diary number: (due on, due at, whether it runs)} of what is owed between the two sides."""
    query = select(Case.own_reference, Clock).join(Request, Request.id == Clock.request_id).join(Case)
    query = query.where(Clock.kind.in_(BETWEEN_SIDES))
    return desk.read(
        lambda work: {
            own: (clock.due_on, clock.due_at, clock.ended_at is None) for own, clock in work.session.execute(query)
        }
    ).result()


# ---- what comes on record --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 7])
def test_the_record_counts_what_the_register_counts(store, reference, tmp_path, seed):
    desk, messy = staffed(store), invent(seed)
    register = read(messy.write_csv(tmp_path / "register.csv"), from_reference(reference))
    truth = messy.truth

    assert take(desk, register) == truth["requests"]

    requests, kept = look(desk, lambda row: (row.recipient, row.case, row.targets) and row), holds(desk)
    both = [*requests, *kept]
    assert Counter(row.recipient.code for row in both) == truth["by_recipient"]
    assert Counter(row.case.category for row in both) == truth["by_category"]
    assert Counter(row.instrument[:4] for row in both) == {
        "PROD": truth["by_type"]["data"],
        "PRES": truth["by_type"]["preservation"],
    }
    read_as = {
        is_kept: [one for one in register.entries if (one.request_type == "preservation") == is_kept]
        for is_kept in (False, True)
    }
    assert Counter(one.outcome for some in read_as.values() for one in some) == truth["by_outcome"]
    assert Counter(OUTCOMES.get(row.status, row.status) for row in requests) == Counter(
        one.outcome for one in read_as[False]
    )
    assert Counter(map(standing, kept)) == Counter(HELD[one.outcome] for one in read_as[True])
    codes = [code for row in requests for refusal in row.refusals for code in refusal["codes"]]
    assert Counter(codes) == Counter(code for one in read_as[False] for code in one.refusal_reasons)
    assert sum(len(row.accounts) for row in both) == sum(len(entry.accounts) for entry in register.entries)
    runs = Counter(open_ for _, _, open_ in clocks_of(desk).values())
    assert runs[True] == len([one for one in read_as[False] if one.outcome == "open"])
    assert desk.read(lambda work: chain.verify(work.session)).result().bad_n is None


def test_a_row_becomes_a_case_of_its_year_with_one_request(desk, load):
    take(desk, load({}, {"Diary No": "CCW/2017/0002", "Date Sent": "01-Feb-2017", "Circle": "", "Remarks": "-"}))

    assert look(desk, lambda row: (row.ref, row.case.own_reference, row.case.title)) == [
        ("CCW-2016-0001/1", "CCW/2016/0001", "Impersonation, Quetta"),
        ("CCW-2017-0001/1", "CCW/2017/0002", "Impersonation"),
    ]
    first = look(desk, lambda row: row)[0]
    assert (first.direction, first.status, first.sent_on, first.answered_on) == (
        "outgoing",
        "sent",
        date(2016, 1, 22),
        None,
    )
    assert (first.instrument, first.data, first.emergency) == ("PROD-META", ["bsi", "ip_logs"], False)
    assert (first.paper, first.basis) == ("domestic_court_order", "Court order No. 58/2016")
    assert look(desk, lambda row: row.accounts)[0] == ["account-1", "account-2"]
    assert look(desk, lambda row: (row.sender.code, row.case.label, row.case.lead, row.case.opener.name))[0] == (
        "PK-FIA-CCW",
        "TLP:AMBER",
        None,
        NAME,
    )
    midnight = datetime(2016, 1, 21, 19, tzinfo=UTC)  # 22 January begins in Karachi
    assert look(desk, lambda row: (row.case.opened_at, row.filed_at))[0] == (midnight, midnight)
    notes = desk.read(lambda work: [(n.request_id, n.text, n.person.name) for n in work.session.scalars(select(Note))])
    assert notes.result() == [(first.id, "see file", NAME)]
    assert desk.read(lambda work: work.session.scalars(select(OutboxRow)).all()).result() == []


def test_an_open_request_has_the_clock_of_its_instrument_from_the_day_it_was_sent(desk, load):
    take(
        desk,
        load(
            {"Diary No": "data"},
            {"Diary No": "emergency", "Request Type": "Emergency"},
            {"Diary No": "done", "Outcome": "Provided", "Date of Reply": "25-Jan-2016"},
        ),
    )

    assert look(desk, lambda row: row.emergency) == [False, True, False]
    found = clocks_of(desk)
    assert found["data"][::2] == (date(2016, 3, 18), True)  # 56 days
    midnight = datetime(2016, 1, 23, 8, tzinfo=UTC)  # 22 January ends in California
    assert found["emergency"][1:] == (midnight + timedelta(hours=2), True)
    assert found["done"][::2] == (date(2016, 3, 18), False)


def test_all_that_comes_is_marked_overdue_or_not(desk, load, clock):
    part = {"Outcome": "Partial", "Date of Reply": "25-Jan-2016"}
    fresh = f"{clock.now():%d-%b-%Y}"
    take(desk, load({"Diary No": "late"}, part | {"Diary No": "part"}, {"Diary No": "new", "Date Sent": fresh}))

    query = select(Case.own_reference, Clock.imported).join(Request, Request.id == Clock.request_id).join(Case)
    found = desk.read(lambda work: dict(work.session.execute(query).all())).result()
    assert found == {"late": True, "part": True, "new": True}


def test_each_answer_is_dated_and_coded_as_the_register_says(desk, load):
    reply = {"Date of Reply": "13-Mar-2016"}
    answers = ["Provided", "Partially provided", "No record", "Refused - MLAT required"]
    take(desk, load(*(reply | {"Diary No": str(n), "Outcome": answer} for n, answer in enumerate(answers))))

    on = date(2016, 3, 13)
    produced, part, not_held, refused = look(desk, lambda row: row)
    assert [(row.status, row.answered_on) for row in (produced, part, not_held, refused)] == [
        ("produced", on),
        ("part_produced", None),
        ("not_held", on),
        ("refused", on),
    ]
    came = {"outcome": "produced", "on": "2016-03-13"}
    assert (produced.parts, part.parts) == ({"bsi": came, "ip_logs": came}, {})
    assert [(entry["codes"], entry["on"]) for entry in refused.refusals] == [(["mla_required"], "2016-03-13")]
    done = desk.read(lambda work: [one.line.act for one in acts.of_records(work, [refused.ref])[0]][::-1]).result()
    assert done == ["request import", "request sent", "clock start", "request refused"]


def test_numbers_are_allotted_without_a_gap(desk, load):
    take(desk, load(*({"Diary No": str(n), "Date Sent": f"1{n}-Jan-201{6 + n % 2}"} for n in range(6))))

    numbers = Counter(look(desk, lambda row: (row.case.year, row.case.number)))
    assert set(numbers) == {(year, number) for year in (2016, 2017) for number in (1, 2, 3)}
    last = desk.read(lambda work: work.session.get(Number, "PK-FIA-CCW/2016").last).result()
    assert last == 3


# ---- twice -----------------------------------------------------------------------------------------------------------


def test_the_same_register_again_changes_nothing(store, load):
    desk, register = staffed(store), load({}, {"Diary No": "2", "Outcome": "Partial", "Date of Reply": "25-Jan-2016"})
    take(desk, register)
    before = lines(desk)

    again = survey(desk, register)

    assert (again.new, again.known, again.doubts) == ((), 2, ())
    assert take(desk, register) == 0
    assert lines(desk) == before


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"Provider": "Twitter"}, "recipient"),
        ({"Nature of Complaint": "Hacking"}, "complaint"),
        ({"Request Type": "Data"}, "data"),
        ({"Date Sent": "23-Jan-2016"}, "date sent"),
        ({"Date of Reply": "26-Jan-2016"}, "date of reply"),
        ({"Outcome": "Provided"}, "outcome"),
        ({"Outcome": "Pending", "Date of Reply": ""}, "date of reply, outcome"),
        ({"Accounts / URLs": "account-3"}, "account, basis or remark"),
        ({"Remarks": "other words"}, "account, basis or remark"),
    ],
)
def test_a_number_that_comes_back_with_another_content_is_doubtful(desk, load, change, named):
    row = {"Outcome": "Partial", "Date of Reply": "25-Jan-2016"}
    take(desk, load(row))
    before = lines(desk)

    register = load(row | change)
    found = survey(desk, register)

    (doubt,) = found.doubts
    assert (doubt.flaw, found.new, found.known) == (USED_TWICE, (), 0)
    assert doubt.flaws[0].accepted == f"a number of its own; CCW-2016-0001 has it, with another {named}"
    assert take(desk, register) == 0
    assert lines(desk) == before


def test_a_request_that_people_worked_on_since_is_still_the_row_it_came_from(desk, load):
    register = load({})
    take(desk, register)

    def answered(work):
        request = work.session.scalars(select(Request)).one()
        lifecycle.move(work, request, "produced", by=request.filer, on=date(2026, 3, 1))

    desk.write(answered).result()

    assert survey(desk, register).known == 1


def test_words_that_were_erased_since_do_not_make_a_row_doubtful(desk, load):
    register = load({})
    take(desk, register)
    desk.write(lambda work: work.session.execute(delete(AuditText)).rowcount).result()

    assert survey(desk, register).known == 1


def test_a_number_of_a_case_opened_by_hand_is_doubtful(desk, load):
    desk.write(lambda work: factories.case(work, own_reference="CCW/2016/0001").id).result()

    (doubt,) = survey(desk, load({})).doubts

    assert (doubt.flaw, doubt.row) == (USED_TWICE, 1)
    assert doubt.flaws[0].accepted.endswith("CCW-2026-0001 has it, and was opened by hand")


def test_another_agency_may_use_the_same_numbers(desk, load):
    def other(work):
        factories.case(work, of=factories.agency(work, "PK-FIA"), own_reference="CCW/2016/0001")

    desk.write(other).result()

    assert take(desk, load({})) == 1


# ---- what the record cannot take -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "flaw"),
    [
        ({"Date Sent": "03-Mar-2026"}, "date sent in the future"),  # it is the second
        ({"Outcome": "Provided", "Date of Reply": "03-Mar-2026"}, "date of reply in the future"),
        ({"Diary No": "9" * 101}, "diary no too long"),
        ({"Accounts / URLs": "a" * 501}, "accounts too long"),
        ({"Provider": "PTA"}, "no instrument for this recipient"),
    ],
)
def test_a_row_that_reads_well_and_cannot_be_kept_is_doubtful(desk, load, change, flaw):
    found = survey(desk, load(change, {"Diary No": "2", "Date Sent": "02-Mar-2026"}))

    assert [doubt.flaw for doubt in found.doubts] == [flaw]
    assert [entry.own_reference for entry in found.new] == ["2"]


@pytest.mark.parametrize(
    ("recipient", "request_type", "code"),
    [
        ("PROV-META", "data", "PROD-META"),
        ("PROV-META-IE", "preservation", "PRES-META"),
        ("PROV-X", "emergency", "EDR-X"),
        ("PROV-TELEGRAM", "data", "PROD-TELEGRAM"),
        ("PROV-SNAP", "data", "PROD-SNAP"),
        ("PROV-SNAP", "preservation", "PRES-SNAP"),
        ("PROV-SNAP", "emergency", "EDR-US"),
        ("PROV-WHATSAPP", "data", "PROD-US-BSI"),
        ("PROV-WHATSAPP", "preservation", "PRES-US-2703F"),
        ("US-DOJ-OIA", "data", "MLA-US-OIA"),
        ("GB-UKCA", "data", "MLA-GENERIC"),
        ("US-USNCB", "data", "NCB-USNCB"),
        ("US-FBI-LEGAT", "data", "POLICE-LIAISON"),
        ("PK-PTA", "data", None),
    ],
)
def test_the_instrument_follows_from_the_recipient_and_the_type(reference, recipient, request_type, code):
    assert instruments.choose(reference, recipient, request_type) == code


def test_every_instrument_that_may_be_chosen_exists(reference):
    chosen = {*instruments.BY_BODY.values(), *(otherwise for _, otherwise in instruments.FORMS.values())}

    assert chosen <= set(reference.instruments)
    assert {*instruments.DATA_WORDS.values(), *instruments.data("preservation", "")} <= set(reference.data_types)


@pytest.mark.parametrize(
    ("wording", "kinds"),
    [
        ("BSI + IP logs", ("bsi", "ip_logs")),
        ("IP logs", ("ip_logs",)),
        ("User data", ("bsi",)),
        ("", ("bsi",)),
        ("Content of messages", ("content",)),
    ],
)
def test_the_data_asked_for_is_what_the_register_calls_it(wording, kinds):
    assert instruments.data("data", wording) == kinds


# ---- who may ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["liaison", "auditor", "admin"])
def test_only_officers_and_managers_import(desk, role):
    desk.write(lambda work: factories.person(work, role=role, name="Somebody Else").id).result()

    with pytest.raises(NotAllowed) as refused:
        desk.read(lambda work: intake.importer(work, "Somebody Else")).result()

    assert (refused.value.has, refused.value.people) == ((role,), (NAME,))


def test_a_stranger_imports_nothing(desk):
    with pytest.raises(NotLinked):
        desk.read(lambda work: intake.importer(work, "Nobody Here")).result()


def test_the_whole_import_is_one_line_on_the_chain(desk, load):
    register = load({}, {"Diary No": ""})

    desk.write(
        lambda work: intake.sign(
            intake.importer(work, NAME), register, imported=take_in(work, register), known=0, doubtful=1
        )
    ).result()

    one = desk.read(lambda work: acts.of_records(work, ["PK-FIA-CCW"])[0][0]).result()
    assert (one.line.act, one.who) == ("register import", NAME)
    assert '"doubtful":1,"file":"register.csv","imported":1,"on record":0' in one.line.facts


def take_in(work, register):
    return intake.take(intake.importer(work, NAME), register, register.entries)


def test_an_import_and_its_lines_are_one_transaction(desk, load):
    register, before = load({}), lines(desk)

    def broken(work):
        take_in(work, register)
        raise RuntimeError("the machine stops here")

    with pytest.raises(RuntimeError):
        desk.write(broken).result()

    assert (look(desk, lambda row: row.ref), lines(desk)) == ([], before)
    take(desk, register)
    assert look(desk, lambda row: row.ref) == ["CCW-2016-0001/1"]


# ---- in sets ---------------------------------------------------------------------------------------------------------


def test_a_hold_takes_its_number_so_that_the_next_of_its_case_has_another(desk, load):
    take(desk, load({"Request Type": "Preservation"}))

    def following(work):
        case = work.session.scalars(select(Case)).one()
        return case.preservations[0].number, numbers.next_preservation_number(work, case)

    assert desk.write(following).result() == (1, 2)


def test_a_piece_takes_as_many_statements_with_thirty_rows_as_with_three(desk, load):
    """Of each sort of row there is one; more of them are more values, not more statements."""
    sorts = ("Data", "Preservation", "Data")

    def statements(first, count):
        rows = [
            {
                "Diary No": f"CCW/2016/{first + one}",
                "Request Type": sorts[one % 3],
                "Outcome": "Info received" if one % 3 < 2 else "No data available",
                "Date of Reply": "24-Feb-2016",
            }
            for one in range(count)
        ]
        register, seen = load(*rows), []
        note = lambda *values: seen.append(values[2])  # noqa: E731 - as SQLAlchemy calls it
        event.listen(desk.write_engine, "before_cursor_execute", note)
        try:
            assert take(desk, register) == count
        finally:
            event.remove(desk.write_engine, "before_cursor_execute", note)
        return [" ".join(statement.split()[:3]) for statement in seen]

    few, many = statements(1, 3), statements(100, 30)
    assert many == few
    assert len(few) < 40
