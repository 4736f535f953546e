"""Every number of the summaries of counterparts, of roads, of both ways and of a year is as many rows as are listed.

One record with all labels, moves that were corrected, requests that went another road, answers in part, old and RED
ones, on both databases, as whoever sees RED reads it and as whoever does not.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import product
from random import Random

import pytest

from handlers.kit import access
from handlers.kit.turn import Turn
from handlers.summaries import counterparts, explain, obligations, reciprocity, routes
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.models import Target
from storage.record import answering, explained, obliged, records, yields
from storage.rules.lifecycle import Status
from storage.rules.survival import Spell, curve
from tests import factories
from tests.spoken import Desk

pytestmark = pytest.mark.slow
SEED = 15
TODAY = date(2026, 3, 2)
OTHER = "US-DOJ-OIA"
META = "PROV-META"
WAYS = ((META, "PROD-META"), (META, "PROD-US-BSI"), ("PROV-X", "PROD-X"), (OTHER, "MLA-US-OIA"))
STATUSES = (
    Status.DRAFT, Status.SENT, Status.ACKNOWLEDGED, Status.CLARIFICATION, Status.PART_PRODUCED, Status.PRODUCED,
    Status.REFUSED, Status.NOT_HELD, Status.WITHDRAWN, Status.TRANSFERRED,
)  # fmt: skip
REASONS = ("overbroad", "incomplete")


def lived(work) -> None:
    """Requests of every status by every way, under every label, and holds."""
    random, them = Random(SEED), records.authority(work, OTHER)
    [omar] = records.people(work, name="Omar")
    cases = [factories.case(work, opener=omar, label=label) for label in (*Label, Label.RED)]
    cases[0].category = cases[-1].category = "blasphemy"
    theirs = factories.case(work, of=them, label=Label.GREEN, shared_with=(factories.agency(work),))
    for n, (status, (to, instrument)) in enumerate(list(product(STATUSES, WAYS)) * 4):
        on = TODAY - timedelta(days=random.choice((3, 40, 90, 300, 500)))
        more = {"to": to, "instrument": instrument, "emergency": n % 5 == 0, "accounts": ("a.one", "a.two")}
        row = factories.request(work, of=random.choice(cases), status=status, on=on, **more)
        answered(row, random)
    for n, status in enumerate(STATUSES[1:] * 2):
        of = theirs if n % 3 == 0 else cases[n % len(cases)]
        sides = {"sender": them, "to": "PK-FIA-CCW", "instrument": "MLA-PK-IN"}
        way = "outgoing" if of is theirs else "incoming"
        row = factories.request(work, of=of, direction=way, status=status, on=TODAY - timedelta(days=80), **sides)
        answered(row, random)
    for n in range(12):
        hold = factories.preservation(work, of=cases[n % len(cases)], on=TODAY - timedelta(days=n * 8), days=20)
        hold.confirmed_on = TODAY if n % 3 == 0 else None
        hold.issued_on = TODAY if n % 6 == 0 else None
        hold.closed_at = work.now if n % 4 == 0 else None


def answered(row, random: Random) -> None:
    """With days of an answer that were put right since, reasons, parts, and an answer before another road."""
    row.data = random.choice((["bsi"], ["content", "bsi"], ["ip_logs"]))
    if row.status == Status.WITHDRAWN:
        row.sent_on = TODAY - timedelta(days=60)
    if row.sent_on is None:
        return
    went_on = row.status == Status.TRANSFERRED and random.random() < 0.7
    if row.answered_on or went_on:
        row.answered_on = row.sent_on + timedelta(days=random.choice((1, 2, 2, 5, 20)))
    if row.status == Status.REFUSED or random.random() < 0.2:
        codes = random.sample(REASONS, random.choice((1, 2)))
        row.refusals = [{"codes": codes, "on": TODAY.isoformat(), "by": "P1"}]
    if row.status == Status.PART_PRODUCED or random.random() < 0.1:
        some: list[Target] = row.targets
        some[0].outcome, some[0].outcome_on = "produced", row.sent_on


@pytest.fixture
def desk(store, clock) -> Desk:
    found = Desk.of(store, clock, ("Mona", Role.MANAGER), ("Omar", Role.OFFICER))
    found.write(lived)
    return found


@pytest.fixture
def bare(sqlite_store, clock) -> Desk:
    return Desk.of(sqlite_store, clock, ("Mona", Role.MANAGER))


class Read:
    """What somebody reads at a desk."""

    def __init__(self, desk: Desk, name: str) -> None:
        self.desk, self.name = desk, name

    def notice(self, answer, **asked):
        def ask(work):
            return answer(Turn(work, access.actor(work, access.CONSOLE, self.name)), **asked).notices[0]

        return self.desk.write(ask)

    def rows(self, what: str, **asked) -> list:
        """Every line of every page."""
        found, page = [], 1
        while True:
            notice = self.notice(explain.explain, what=what, page=page, **asked)
            found += notice.lines
            if not notice.next_line:
                assert len(found) == notice.count, (what, asked)
                assert len({(line.ref, line.account) for line in found}) == len(found), (what, asked)
                return found
            page += 1


Said = tuple[str, dict, int]


def of_answers(line, **asked) -> Iterator[Said]:
    came = {one.came: one.count for one in line.came}
    yield "sent", asked, line.sent
    yield "half", asked, line.sent
    for one in answering.ORDER:
        yield one, asked, came.get(one, 0)


def of_counterpart(read: Read, code: str) -> Iterator[Said]:
    told = read.notice(counterparts.counterpart, code=code)
    with_it = {"counterpart": code}
    yield from of_answers(told.whole, **with_it)
    for line in told.instruments:
        yield from of_answers(line, **with_it, instrument=line.of)
    for line in told.classes:
        yield from of_answers(line, **with_it, of=line.of)
    accounts = {one.outcome: one.count for one in told.accounts} | {"asked": told.asked_about}
    for name, one in answering.OF_ACCOUNTS.items():
        yield name, with_it, accounts.get(one, 0)
    for one in told.reasons:
        yield "refusals", with_it | {"because": one.reason}, one.count
    yield "deficient", with_it, told.deficient


def of_routes(read: Read, code: str, **narrowed) -> Iterator[Said]:
    for line in read.notice(routes.routes, to=code, **narrowed).routes:
        asked = {"counterpart": line.recipient, "instrument": line.instrument, **narrowed}
        asked |= {"of": "emergency"} if line.emergency else {}
        for one in ("asked", *yields.OUTCOMES):
            yield f"road_{one}", asked, getattr(line, one)


def of_both_ways(read: Read) -> Iterator[Said]:
    told = read.notice(reciprocity.reciprocity, counterpart=OTHER)
    for whose, way in (("ours", told.ours), ("theirs", told.theirs)):
        for one in ("asked", "answered", "open", "old"):
            yield f"{whose}_{one}", {"counterpart": OTHER}, getattr(way, one)
        yield f"{whose}_back", {"counterpart": OTHER}, way.asked_back


def of_year(read: Read, year: int) -> Iterator[Said]:
    told = read.notice(obligations.obligations, year=year)
    for order, of, codes in (("orders", told.orders, obliged.OF_ORDERS), ("holds", told.kept, obliged.OF_HOLDS)):
        for one in codes:
            name = {"days": "dated", "not_kept": "not_held"}.get(one, one)
            yield f"{order}_{one}", {"year": year}, getattr(of, name)
        yield f"{order}_issued", {"year": year, "of": "emergency"}, of.emergency
        for one in of.by_addressee:
            yield f"{order}_issued", {"year": year, "counterpart": one.name}, one.count
        for one in of.by_data:
            [kind] = [code for code, row in read.desk.store.reference.data_types.items() if row.label == one.name]
            yield f"{order}_issued", {"year": year, "data": (kind,)}, one.count
    labels = read.desk.store.reference.refusal_reasons
    counted = {one.name: one.count for one in told.grounds}
    for code in REASONS:
        yield "orders_refused", {"year": year, "because": code}, counted.get(labels[code].label, 0)
    for one in ("transmitted", "received"):
        yield f"enforcements_{one}", {"year": year}, getattr(told, one)
    yield "enforcements_fulfilled", {"year": year}, told.enforced


def everything(read: Read) -> Iterator[Said]:
    for code in {to for to, _ in WAYS}:
        yield from of_counterpart(read, code)
        yield from of_routes(read, code)
    yield from of_routes(read, META, data=("content",))
    yield from of_routes(read, META, category="blasphemy")
    yield from of_both_ways(read)
    for year in (2025, 2026):
        yield from of_year(read, year)


def test_each_number_is_as_many_rows_as_are_listed(desk):
    seen = {}
    for name in ("Mona", "Omar"):
        read, told = Read(desk, name), set()
        for what, asked, number in everything(read):
            assert len(read.rows(what, **asked)) == number, (name, what, asked)
            seen[name] = seen.get(name, 0) + number
            told |= {explained.figure(what, has_counterpart="counterpart" in asked).code} if number else set()
        with_it = {code for code, one in explained.FIGURES.items() if one.summary}
        only_bound = {code for code in with_it if code.startswith("enforcements_")}
        without_rows = only_bound | {"ours_old", "theirs_old", *(code for code in with_it if code.endswith("_half"))}
        assert with_it - told - without_rows == set(), name
    assert seen["Omar"] > seen["Mona"], "who sees RED counts it"


def test_what_is_late_with_one_is_the_part_of_what_is_late(desk):
    read = Read(desk, "Omar")
    for what in ("waiting", "late", "escalate", "chase", "answer", "over_a_year"):
        whole = [line.ref for line in read.rows(what)]
        by_one = {code: [line.ref for line in read.rows(what, counterpart=code)] for code, _ in WAYS}
        assert sorted(ref for refs in by_one.values() for ref in refs) == sorted(whole), what
    assert len(read.rows("late", counterpart=META)) > 5


def test_the_curve_comes_again_of_the_days_that_are_listed(desk):
    for name in ("Mona", "Omar"):
        read = Read(desk, name)
        for code in (META, OTHER):
            told = read.notice(counterparts.counterpart, code=code).whole
            rows = read.rows("half", counterpart=code)
            assert [line.days for line in rows] == sorted(line.days for line in rows)
            again = curve(Spell(line.days, line.ended) for line in rows)
            assert (again.median, again.quantile(0.9)) == (told.half, told.most)
        both = read.notice(reciprocity.reciprocity, counterpart=OTHER)
        rows = read.rows("ours_half", counterpart=OTHER)
        assert curve(Spell(line.days, line.ended) for line in rows).median == both.ours.half
        for line in read.notice(routes.routes, to="PROV-X").routes:
            asked = {"of": "emergency"} if line.emergency else {}
            rows = read.rows("road_half", counterpart=line.recipient, instrument=line.instrument, **asked)
            if not (line.few or line.everyone):
                assert curve(Spell(one.days, one.ended) for one in rows).median == line.half


def test_an_average_comes_again_of_the_days_that_are_listed(desk):
    read = Read(desk, "Omar")
    told = read.notice(obligations.obligations, year=2026)
    for code, of in (("orders_days", told.orders), ("holds_days", told.kept)):
        rows = read.rows(code, year=2026)
        assert round(sum(line.days for line in rows) / len(rows), 1) == of.days


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("summary explain opened counterpart:PROV-META", "does not narrow this figure"),
        ("summary explain silent counterpart:PROV-META because:overbroad", "counterpart, instrument, of"),
        ("summary explain road_open counterpart:PROV-META instrument:PROD-META of:speech", "of:emergency"),
        ("summary explain answered counterpart:PROV-META period:month", "does not narrow this figure"),
        ("summary explain road_open counterpart:PROV-META", "instrument is missing"),
        ("summary explain refusals counterpart:PROV-META", "because is missing"),
    ],
)
def test_what_a_figure_is_not_narrowed_by_is_refused_and_what_it_needs_is_asked_for(bare, line, wrong):
    assert wrong in bare.refused("Mona", line)


@pytest.mark.parametrize(
    "line",
    [
        "summary explain half counterpart:PROV-META",
        "summary explain road_open counterpart:PROV-META instrument:PROD-META data:bsi",
        "summary explain theirs_asked counterpart:US-DOJ-OIA",
        "summary explain holds_issued year:2026",
    ],
)
def test_every_figure_is_said_in_words_with_the_way_back(bare, line):
    said = bare.heard("Mona", line)
    assert "By the day" in said
    assert "Not counted: what you do not see" in said
