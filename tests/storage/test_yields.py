"""What each way of asking has yielded, and both directions between two bodies: against a naive count of the rows."""

import random
from collections import Counter
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.models import Request
from storage.record import reciprocity, records, yields
from storage.record.reciprocity import OURS, THEIRS
from storage.record.scopes import Scope
from storage.record.yields import Route
from storage.rules import lifecycle, outcomes
from storage.rules.lifecycle import Status
from storage.rules.survival import Spell, curve
from storage.times import local_day
from tests import factories

ROUTES = (("PROV-META", "PROD-META"), ("PROV-META-IE", "PROD-META"), ("US-DOJ-OIA", "MLA-US-OIA"))
ENDS = ("produced", "refused", "not-held", "part", "withdraw", "transfer", "refused transfer", "clarify", "")
CODES = ("overbroad", "mla_required", "incomplete")
TODAY = date(2026, 3, 2)


def scope(work, *, role=Role.MANAGER, ceiling=Label.RED) -> Scope:
    agency = factories.agency(work)
    return Scope(factories.viewer(factories.person(work, of=agency, role=role)), agency, ceiling)


def asked(work, chance: random.Random, **more) -> Request:
    """Sent some time ago, and whatever became of it since."""
    to, instrument = more.pop("route", None) or chance.choice(ROUTES)
    sent = TODAY - timedelta(days=chance.randrange(5, 300))
    status = Status.DRAFT if chance.random() < 0.1 else Status.SENT
    emergency = more.pop("emergency", chance.random() < 0.2)
    row = factories.request(
        work, to=to, instrument=instrument, status=status, on=sent, emergency=emergency, accounts=("a", "b"), **more
    )
    row.data = chance.choice((["bsi"], ["bsi", "ip_logs"], ["content"]))
    for word in chance.choice(ENDS).split() if status is Status.SENT else ():
        day = sent + timedelta(days=chance.randrange((TODAY - sent).days + 1))
        if word == "refused":
            row.refusals = [{"codes": [chance.choice(CODES)], "on": day.isoformat(), "by": "P1"}]
        if word == "produced" and chance.random() < 0.4:
            outcomes.record(row, "not_held", row.targets[:1], on=day, by="P1")
            outcomes.record(row, "produced", row.targets[1:], on=day, by="P1")
        lifecycle.move(work, row, word, by=row.filer, on=day)
        if word == "part":
            row.parts = {"bsi": {"outcome": "produced", "on": day.isoformat()}}
    work.session.flush()
    return row


def outcome(row: Request) -> str:
    """As a person would count it."""
    if row.status == "part_produced" or (
        row.status == "produced" and any(one.outcome == "not_held" for one in row.targets)
    ):
        return "partly"
    if row.status == "transferred":
        return "withdrawn" if row.answered_on is None else "refused"
    return row.status if row.status in ("produced", "refused", "not_held", "withdrawn") else "open"


def spell(row: Request) -> Spell:
    if row.answered_on:
        return Spell((row.answered_on - row.sent_on).days, ended=True)
    over = row.status in ("withdrawn", "transferred")
    until = local_day(row.status_at, "Asia/Karachi") if over else TODAY
    return Spell((until - row.sent_on).days, ended=False)


def not_red(work) -> list[Request]:
    return [row for row in work.session.scalars(select(Request)) if row.sent_on and row.case.label != Label.RED]


@pytest.mark.parametrize("seed", [1, 2])
def test_the_counts_and_curves_are_those_of_the_rows(store, seed):
    def job(work):
        chance = random.Random(seed)
        for _ in range(50):
            asked(work, chance)
        red = factories.case(work, label=Label.RED)
        other = factories.case(work, of=factories.agency(work, "PK-NCCIA"))
        for _ in range(4):
            asked(work, chance, of=red)
            asked(work, chance, of=other)
        look = scope(work)
        bodies = [records.authority(work, code) for code, _ in ROUTES]
        for data in ((), ("ip_logs",), ("content", "ip_logs")):
            found = {one.route: one for one in yields.of(work, look, bodies, data=data).routes}
            rows = [row for row in not_red(work) if row.case.agency is look.agency]
            rows = [row for row in rows if not data or {*data} & {*row.data}]
            by_route = {Route(row.recipient.code, row.instrument, row.emergency) for row in rows}
            assert found.keys() == by_route
            for route, one in found.items():
                its = [row for row in rows if (row.recipient.code, row.instrument, row.emergency) == route]
                counts = Counter(map(outcome, its))
                assert {name: getattr(one, name) for name in yields.OUTCOMES if getattr(one, name)} == counts
                assert one.curve == curve(map(spell, its))
                codes = Counter(code for row in its for refusal in row.refusals for code in refusal["codes"])
                assert codes[one.reason] == max(codes.values(), default=0)
        everyone = yields.curves_of(work, bodies[0])
        rows = [
            row
            for row in work.session.scalars(select(Request).filter_by(recipient_id=bodies[0].id))
            if row.sent_on and not row.emergency
        ]
        assert everyone["PROD-META", False] == curve(map(spell, rows))
        return len(rows)

    assert store.write(job).result() > 5


def test_a_kind_of_complaint_and_a_ceiling_narrow_it(store):
    def job(work):
        fraud = factories.case(work, label=Label.GREEN)
        fraud.category = "financial_fraud"
        for of in (fraud, fraud, factories.case(work)):
            factories.request(work, of=of, status=Status.SENT)
        meta = [records.authority(work, "PROV-META")]
        return [
            sum(one.asked for one in yields.of(work, scope(work, ceiling=ceiling), meta, category=category).routes)
            for category, ceiling in (
                (None, Label.RED),
                ("financial_fraud", Label.RED),
                (None, Label.GREEN),
                ("other", Label.RED),
            )
        ]

    assert store.write(job).result() == [3, 2, 2, 0]


def test_the_newest_are_looked_at_and_it_is_said_that_there_are_more(sqlite_store, monkeypatch):
    monkeypatch.setattr(yields, "LOOKED_AT", 3)
    for one in (yields._asked, yields._next_one, yields._waited):
        one.cache_clear()

    def job(work):
        meta, ireland = (records.authority(work, code) for code in ("PROV-META", "PROV-META-IE"))
        for to, status in (
            ("PROV-META", Status.REFUSED),
            *(("PROV-META", Status.PRODUCED),) * 3,
            ("PROV-META-IE", Status.SENT),
        ):
            factories.request(work, to=to, status=status)
        found = yields.of(work, scope(work), [meta, ireland])
        return [(one.produced, one.refused) for one in found.routes], found.capped

    try:
        assert sqlite_store.write(job).result() == ([(3, 0), (0, 0)], ("PROV-META",))
    finally:
        for one in (yields._asked, yields._next_one, yields._waited):
            one.cache_clear()


def test_one_of_one_promises_less_than_forty_of_fifty():
    def one(produced: int, open_: int) -> yields.Yielded:
        route = Route("PROV-META", "PROD-META", emergency=False)
        return yields.Yielded(route, produced, 0, 0, 0, open_, 0, "", curve(()))

    assert one(40, 10).promise > one(1, 0).promise > one(0, 0).promise > one(0, 12).promise


# ---- both ways -------------------------------------------------------------------------------------------------------


def test_both_directions_are_those_of_the_rows_whoever_keeps_them(store):
    """Ours in our cases and theirs in theirs: an agency of this desk keeps its own record of what it asks us."""

    def job(work):
        chance = random.Random(7)
        other = factories.agency(work, "PK-NCCIA")
        ours, theirs, red = factories.case(work), factories.case(work, of=other), factories.case(work, label=Label.RED)
        route = ("PK-NCCIA", "POLICE-LIAISON")
        for _ in range(8):
            asked(work, chance, of=ours, route=route)
            asked(work, chance, of=theirs, route=("PK-FIA-CCW", "POLICE-LIAISON"))
            asked(work, chance, of=ours, route=("PK-FIA-CCW", "POLICE-LIAISON"), direction="incoming", sender=other)
        asked(work, chance, of=red, route=route)
        look = scope(work)
        rows = not_red(work)
        for whose, one in zip((OURS, THEIRS), reciprocity.between(work, look, other), strict=True):
            its = [row for row in rows if (row.sender_id == look.agency.id) == (whose == OURS)]
            waits = [row for row in its if outcome(row) == "open" or row.status == "part_produced"]
            back = [row for row in waits if row.status == "clarification"]
            owed = sorted((row for row in waits if row not in back), key=lambda row: (row.sent_on, row.id))
            assert (one.asked, one.open, one.asked_back) == (len(its), len(owed), len(back)), whose
            assert one.answered == sum(row.answered_on is not None for row in its)
            assert one.oldest == (owed or back)[0].id
            assert one.curve == curve(map(spell, its))
        [listed] = reciprocity.all_both_ways(work, look)
        ours_, theirs_ = reciprocity.between(work, look, other)
        assert listed.other is other
        assert listed.open == {OURS: ours_.open, THEIRS: theirs_.open}
        assert listed.asked == {OURS: ours_.asked, THEIRS: theirs_.asked}
        return True

    assert store.write(job).result()


def test_the_least_even_comes_first_and_who_only_answers_is_not_there(store):
    def job(work):
        case = factories.case(work)
        for code, ours, theirs in (("US-DOJ-OIA", 1, 2), ("GB-UKCA", 1, 4), ("PROV-META", 3, 0), ("AE-MOJ", 0, 1)):
            them = records.authority(work, code)
            for _ in range(ours):
                factories.request(work, of=case, to=code, instrument="MLA-GENERIC", status=Status.SENT)
            for _ in range(theirs):
                factories.request(work, of=case, direction="incoming", sender=them, to="PK-FIA-CCW", status=Status.SENT)
        return [one.other.code for one in reciprocity.all_both_ways(work, scope(work))]

    assert store.write(job).result() == ["GB-UKCA", "US-DOJ-OIA"]
