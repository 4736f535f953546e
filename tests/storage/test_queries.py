"""Lists: order, pages, filters, the instant something is overdue, and searches in any script."""

from datetime import UTC, date, datetime, timedelta

import pytest

from storage.models import Note
from storage.record import case_lists, hold_lists, precedents, records, request_lists, targets
from storage.rules import clocks
from storage.rules.lifecycle import Status
from tests import factories

SECONDS = 30
TODAY = date(2026, 3, 2)
A_MOMENT = timedelta(microseconds=1)


def desk(work):
    """Requests of one case in each position of the list; their names by reference, and who looks."""
    officer = factories.person(work)
    case = factories.case(work, opener=officer)
    other = factories.case(work)
    made = {
        "draft": factories.request(work, of=case),
        "late": factories.request(work, of=case, status=Status.SENT, on=TODAY - timedelta(days=66)),
        "new": factories.request(work, of=case, status=Status.ACKNOWLEDGED, to="PROV-X", instrument="PROD-X"),
        "asked": factories.request(work, of=case, status=Status.CLARIFICATION),
        "done": factories.request(work, of=case, status=Status.PRODUCED),
        "theirs": factories.request(work, of=other, status=Status.SENT, on=TODAY - timedelta(days=9)),
        "incoming": factories.request(
            work, of=other, to="PK-FIA-CCW", sender=records.authority(work, "US-DOJ-OIA"), instrument="MLA-US-OIA",
            direction="incoming", status=Status.SENT,
        ),
    }  # fmt: skip
    return {row.ref: name for name, row in made.items()}, factories.viewer(officer)


@pytest.fixture
def listed(shared):
    store, (names, viewer) = shared(desk)

    def look(**filters):
        found = store.read(lambda work: request_lists.requests(work, viewer, **filters)).result(SECONDS)
        return [names[row.ref] for row, _ in found.rows], found.total

    return look


class TestRequests:
    def test_the_most_urgent_comes_first_and_what_has_no_clock_last(self, listed):
        assert listed() == (["late", "draft", "asked", "theirs", "new", "incoming", "done"], 7)

    def test_the_first_ones_and_how_many_there_are(self, listed):
        assert listed(limit=3) == (["late", "draft", "asked"], 7)  # how pages follow on: test_ways.py

    @pytest.mark.parametrize(
        ("filters", "expected"),
        [
            ({"mine": True}, ["late", "draft", "asked", "new", "done"]),
            ({"status": ("sent", "draft")}, ["late", "draft", "theirs", "incoming"]),
            ({"counterpart": "PROV-X"}, ["new"]),
            ({"counterpart": "US-DOJ-OIA"}, ["incoming"]),
            ({"counterpart": "PK-FIA-CCW"}, []),
            ({"direction": "incoming"}, ["incoming"]),
            ({"due": "overdue"}, ["late"]),
            ({"due": "very"}, []),
            ({"mine": True, "status": ("sent",), "due": "overdue"}, ["late"]),
        ],
        ids=str,
    )
    def test_filters(self, listed, expected, filters):
        assert listed(**filters) == (expected, len(expected))

    def test_a_case_lists_its_own_by_number(self, shared):
        store, (names, viewer) = shared(desk)

        def look(work):
            case_id = request_lists.requests(work, viewer, mine=True).rows[0][0].case_id
            return [
                (names[row.ref], clock and clock.kind) for row, clock in request_lists.of_case(work, viewer, case_id)
            ]

        assert store.read(look).result(SECONDS) == [
            ("draft", "draft"), ("late", "answer"), ("new", "answer"), ("asked", "clarification"), ("done", None),
        ]  # fmt: skip


class TestOverdue:
    """PROD-META, sent on 2 March: due on 27 April in California; overdue from 28 April, 00:00 there (07:00 UTC)."""

    OVERDUE = datetime(2026, 4, 28, 7, tzinfo=UTC)
    VERY = datetime(2026, 6, 23, 7, tzinfo=UTC)

    @pytest.fixture
    def at(self, store, clock):
        viewer = store.write(
            lambda work: factories.viewer(factories.request(work, status=Status.SENT).filer)
        ).result(SECONDS)  # fmt: skip

        def look(work):
            (count,) = case_lists.cases(work, viewer).rows
            return (
                request_lists.requests(work, viewer, due="overdue").total,
                request_lists.requests(work, viewer, due="very").total,
                count.overdue,
            )

        def at(moment):
            clock.move_to(moment)
            return store.read(look).result(SECONDS)

        return at

    def test_to_the_microsecond(self, at):
        assert at(self.OVERDUE - A_MOMENT) == (0, 0, 0)
        assert at(self.OVERDUE) == (1, 0, 1)
        assert at(self.VERY - A_MOMENT) == (1, 0, 1)
        assert at(self.VERY) == (1, 1, 1)

    def test_a_question_of_theirs_counts_by_our_clock_in_both_lists(self, store, clock):
        def job(work):
            row = factories.request(work, status=Status.CLARIFICATION)
            return factories.viewer(row.filer), clocks.latest(row, "clarification").due_at

        viewer, due = store.write(job).result(SECONDS)

        def look(work):
            (count,) = case_lists.cases(work, viewer).rows
            return request_lists.requests(work, viewer, due="overdue").total, count.waiting, count.overdue

        clock.move_to(due - A_MOMENT)
        assert store.read(look).result(SECONDS) == (0, 1, 0)
        clock.move_to(due)
        assert store.read(look).result(SECONDS) == (1, 1, 1)


def in_many_scripts(work):
    """Cases in five scripts and one that is closed: their names by reference, and who looks."""
    officer = factories.person(work)
    titles = {
        "urdu": "جعلی صفحات وزارتِ داخلہ",
        "turkish": "İSTANBUL sahte sayfa, ISPARTA",
        "french": "Élections: 100% fausses pages",
        "greek": "ΨΕΥΔΕΙΣ ΣΕΛΙΔΕΣ ΤΟΥ ΟΔΥΣΣΕΥΣ",  # noqa: RUF001 - Greek
        "plain": "Threats against a minister",
    }
    made = {
        name: factories.case(work, opener=officer, title=title, own_reference=f"Dy-{name}/2026")
        for name, title in titles.items()
    }
    factories.request(work, of=made["plain"], accounts=["https://www.Example-Pages.example/Fake.Profile"])
    work.session.add(Note(case_id=made["french"].id, person=officer, text="Reçu à Zürich", at=work.now))
    closed = factories.case(work, opener=officer, title="Closed threats")
    closed.closed_at = work.now
    return {row.ref: name for name, row in (made | {"closed": closed}).items()}, factories.viewer(officer)


class TestSearch:
    @pytest.fixture
    def found(self, shared):
        store, (names, viewer) = shared(in_many_scripts)

        def look(words, **filters):
            page = store.read(lambda work: case_lists.cases(work, viewer, words=words, **filters)).result(SECONDS)
            assert page.total == len(page.rows)
            return [names[count.case.ref] for count in page.rows]

        return look

    def test_words_find_the_case(self, found):
        expected = {
            "THREATS": ["plain"],
            "minister threats": ["plain"],
            "minister elections": [],
            "جعلی": ["urdu"],
            "جعلي": ["urdu"],  # typed with the Arabic yeh
            "istanbul": ["turkish"],
            "İstanbul": ["turkish"],
            "ısparta": ["turkish"],  # noqa: RUF001 - the letter this is about
            "ÉLECTIONS": ["french"],
            "e\u0301lections": ["french"],  # the accent as a character of its own
            "100%": ["french"],
            "1%0": [],
            "_": [],
            "σελιδες": ["greek"],
            "οδυσσευς": ["greek"],
            "οδυσσευσ": ["greek"],
            "ZÜRICH": ["french"],
            "reçu zürich élections": ["french"],
            "fake.profile": ["plain"],
            "EXAMPLE-PAGES.example/fake": ["plain"],
            "ccw-2026-0005": ["plain"],
            "dy-urdu": ["urdu"],
            "": ["plain", "greek", "french", "turkish", "urdu"],
        }
        assert {words: found(words) for words in expected} == expected

    def test_closed_ones_only_where_asked(self, found):
        assert found("threats", closed=None) == ["closed", "plain"]
        assert found("threats", closed=True) == ["closed"]


SPELT = (
    ("https://m.facebook.com/Some.Page/", "PROV-META", ("facebook.com/some.page", "fb.com/some.page?ref=x")),
    ("+92 300 1234567", "PROV-WHATSAPP", ("0300 1234567", "+923001234567", "(0300) 123-4567", "wa.me/923001234567")),
    ("@nightowl", "PROV-X", ("@NightOwl", "x.com/nightowl", "https://mobile.twitter.com/NightOwl?s=20")),
    ("https://youtu.be/AbC", "PROV-GOOGLE", ("youtube.com/watch?v=AbC",)),
    ("Some.Body@Example.org", "PROV-MICROSOFT", ("some.body@EXAMPLE.org",)),
    ("Página «Falsa» ۴۲", "PROV-META", ("pagina", "FALSA", "PÁGINA «falsa» 42", "42")),
)
"""What was typed, whom it was asked of, and the words that find it."""


def asked_about(work):
    return _a_case_for_each(work, factories.request)


def kept(work):
    return _a_case_for_each(work, factories.preservation)


def _a_case_for_each(work, make):
    officer = factories.person(work)
    made = {}
    for typed, to, _ in SPELT:
        case = factories.case(work, opener=officer, title="Pages of a ministry")
        make(work, of=case, to=to, accounts=[typed])
        made[case.ref] = typed
    return made, factories.viewer(officer)


class TestSearchForAccounts:
    @pytest.fixture(params=(asked_about, kept), ids=lambda made: made.__name__)
    def found(self, shared, request):
        store, (names, viewer) = shared(request.param)

        def look(words):
            page = store.read(lambda work: case_lists.cases(work, viewer, words=words)).result(SECONDS)
            assert page.total == len(page.rows)
            return [names[count.case.ref] for count in page.rows]

        return look

    def test_every_spelling_finds_it_and_nothing_else(self, found):
        wrong = [
            (typed, words, refs)
            for typed, _, spellings in SPELT
            for words in (typed, *spellings, f"ministry {spellings[0]}", f"{spellings[0]} ministry")
            if (refs := found(words)) != [typed]
        ]
        assert not wrong

    def test_another_account_is_not_found(self, found):
        for words in (
            "0300 1234568",
            "fb.com/some.page2",
            "x.com/example2",
            "minister 0300 1234567",
        ):
            assert found(words) == [], words

    def test_a_number_is_one_of_the_country_of_whoever_looks(self, store):
        def job(work):
            viewers = []
            for code in ("US-DOJ-OIA", "PK-FIA-CCW"):
                case = factories.case(work, of=factories.agency(work, code))
                factories.request(work, of=case, accounts=["+1 415 555 2671"])
                viewers.append(factories.viewer(case.opener))
            return [case_lists.cases(work, viewer, words="(415) 555-2671").total for viewer in viewers]

        assert store.write(job).result(SECONDS) == [1, 0]


class TestPreservations:
    def test_the_next_to_expire_first_and_lapsed_ones_only_where_asked(self, store, clock):
        def job(work):
            case = factories.case(work)
            made = {
                days: factories.preservation(work, of=case, on=TODAY, days=days).ref for days in (90, 30, 60)
            }  # fmt: skip
            return {ref: days for days, ref in made.items()}, factories.viewer(case.opener), case.id

        days, viewer, case_id = store.write(job).result(SECONDS)

        def look(**filters):
            found = store.read(lambda work: hold_lists.preservations(work, viewer, **filters)).result(SECONDS).rows
            return [days[row.ref] for row in found]

        assert look() == [30, 60, 90]
        assert look(until=TODAY + timedelta(days=60)) == [30, 60]
        clock.move(days=31)
        assert look() == [30, 60, 90]  # the day before still lasts in California, where the data lies
        clock.move(days=1)
        assert look() == [60, 90]
        assert look(case_id=case_id) == [30, 60, 90]


class TestBefore:
    def test_the_same_account_of_another_case_in_whatever_spelling(self, store):
        def job(work):
            first = factories.request(work, accounts=["www.facebook.com/Some.Page/"])
            second = factories.request(work, accounts=["fb.com/some.page"])
            keys = targets.keys(work, targets.of_request(second))
            viewer, asked = factories.viewer(first.filer), second.recipient
            found = precedents.met(work, viewer, keys, case_id=second.case_id, recipient=asked)
            return [(row.ref, target.typed) for row, target in found.others], first.ref

        found, ref = store.write(job).result(SECONDS)
        assert found == [(ref, "www.facebook.com/Some.Page/")]

    def test_of_a_popular_account_one_request_that_is_owed_and_one_that_is_not(self, store):
        def job(work):
            officer = factories.person(work)

            def asked(*accounts, **facts):
                return factories.request(work, of=factories.case(work, opener=officer), accounts=accounts, **facts)

            asked("fb.com/some.page", status=Status.SENT)
            owed = asked("fb.com/some.page", "m.facebook.com/Some.Page", status=Status.SENT)
            for _ in range(10):
                asked("facebook.com/some.page", status=Status.PRODUCED)
            asked("fb.com/some.page", status=Status.SENT, to="PROV-X", instrument="PROD-X")
            other = asked("fb.com/some.page", "@nightowl", status=Status.DRAFT)
            ours = asked("fb.com/some.page", "@nightowl", status=Status.SENT)
            keys, viewer = targets.keys(work, targets.of_request(ours)), factories.viewer(officer)
            met = precedents.met(work, viewer, keys, case_id=ours.case_id, recipient=ours.recipient)
            found = [[(row.ref, target.typed) for row, target in rows] for rows in (met.owed, met.others)]
            expected = [(owed.ref, "fb.com/some.page")], [(other.ref, "fb.com/some.page"), (other.ref, "@nightowl")]
            return tuple(found), expected

        found, expected = store.write(job).result(SECONDS)
        assert found == expected

    def test_a_hold_of_another_case_at_the_same_provider(self, store, clock):
        def job(work):
            officer = factories.person(work)

            def kept(account, **facts):
                case = factories.case(work, opener=officer)
                return factories.preservation(work, of=case, accounts=[account], **facts)

            confirmed = kept("m.facebook.com/Some.Page")
            confirmed.confirmed_on = TODAY
            kept("fb.com/some.page")  # newer, and nobody confirmed it
            lapsed, closed = kept("fb.com/lapsed", days=1), kept("fb.com/closed")
            closed.closed_at = work.now
            kept("fb.com/elsewhere", to="PROV-X")
            by_others = kept("fb.com/by.others", to="US-DOJ-OIA")
            refs = {confirmed.ref: "confirmed", lapsed.ref: "lapsed", by_others.ref: "by others"}
            own = kept("fb.com/own").case_id
            names = ("some.page", "lapsed", "closed", "elsewhere", "by.others", "own")
            return refs, factories.viewer(officer), own, [f"fb.com/{name}" for name in names]

        refs, viewer, own, accounts = store.write(job).result(SECONDS)

        def look(work, to):
            recipient, agency = records.authority(work, to), records.authority(work, "PK-FIA-CCW")
            keys = targets.keys(work, targets.AskedAbout(accounts, agency, recipient))
            found = precedents.met(work, viewer, keys, case_id=own, recipient=recipient).kept
            return {refs.get(row.ref, target.typed) for row, target in found}

        def found(to):
            return store.read(lambda work: look(work, to)).result(SECONDS)

        assert found("PROV-META") == {"confirmed", "lapsed", "by others"}
        clock.move(days=2)
        assert found("PROV-META") == {"confirmed", "lapsed", "by others"}  # its last day still lasts in California
        clock.move(days=1)
        assert found("PROV-META") == {"confirmed", "by others"}
        assert found("PROV-X") == {"fb.com/elsewhere", "by others"}
        assert found("US-DOJ-OIA") == {"confirmed", "fb.com/elsewhere", "by others"}

    def test_what_a_case_asked_before_and_was_not_refused(self, store):
        def job(work):
            case = factories.case(work)
            made = {status: factories.request(work, of=case, status=status) for status in Status}
            factories.request(work, of=case, to="PROV-X", instrument="PROD-X")
            factories.request(work)
            viewer, recipient = factories.viewer(case.opener), made[Status.DRAFT].recipient
            found = precedents.met(work, viewer, ["nobody"], case_id=case.id, recipient=recipient).again
            return {Status(row.status) for row in found}, len(found)

        assert store.write(job).result(SECONDS) == (set(Status) - {"refused", "withdrawn", "transferred"}, 8)

    def test_refusals_of_the_same_instrument_or_paper(self, store):
        def job(work):
            officer = factories.person(work)
            case = factories.case(work, opener=officer)
            refused = factories.request(work, of=case, status=Status.REFUSED, refusals=[{"codes": ["OVERBROAD"]}])
            factories.request(
                work, of=case, status=Status.REFUSED, instrument="PROD-US-BSI", refusals=[{"codes": ["X"]}]
            )
            factories.request(work, of=case, status=Status.PRODUCED)
            found = precedents.refused_before(
                work, factories.viewer(officer), recipient_id=refused.recipient_id, instrument="PROD-META", paper=None
            )
            return [row.ref for row in found], refused.ref

        found, ref = store.write(job).result(SECONDS)
        assert found == [ref]
