"""What came of what was sent, as a count in plain Python and scipy's curve have it, for everybody who may read it."""

import random
from collections import Counter
from datetime import date, timedelta

import pytest
from scipy.stats import CensoredData, ecdf
from sqlalchemy import select

from storage.exposure import sight
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.exposure.sight import Viewer
from storage.models import Case, Person, Request
from storage.record import answering, records
from storage.record.scopes import Scope
from storage.rules.lifecycle import WAITING, Status
from storage.times import local_day
from tests import factories

SECONDS = 60
TODAY = date(2026, 3, 2)
TO = ("PROV-META", "PROV-X", "PROV-GOOGLE")
STATUSES = [status for status in Status if status is not Status.APPROVAL]
CATEGORIES = ("impersonation", "blasphemy", "political_speech", "hacking")
REASONS = ("incomplete", "overbroad", "mla_required", "free_expression")


def invent(work, chance, count):
    """Cases of every label with requests of every status, some of them coming to us, and some of a second agency."""
    ours, other = factories.agency(work), factories.agency(work, "PK-NCCIA")
    people = [factories.person(work, of=ours, name=name) for name in ("Omar", "Nadia")]
    people.append(factories.person(work, of=other, name="Guest"))
    for _ in range(count):
        owner = chance.choice((ours, ours, ours, other))
        of = {"of": owner, "opener": chance.choice(people[:2] if owner is ours else people[2:])}
        named = [chance.choice(people)] if chance.random() < 0.2 else []
        case = factories.case(work, label=chance.choice(list(Label)), shared_with=named, **of)
        case.category = chance.choice(CATEGORIES)
        for _ in range(chance.randint(1, 4)):
            way = {"direction": "incoming", "to": owner.code} if chance.random() < 0.1 else {"to": chance.choice(TO)}
            if "direction" in way:
                way["sender"] = records.authority(work, "PROV-META")
            sent = TODAY - timedelta(days=chance.randint(0, 500))
            status = chance.choice(STATUSES)
            accounts = [f"a.{n}" for n in range(chance.randint(1, 3))]
            row = factories.request(work, of=case, status=status, on=sent, accounts=accounts, **way)
            row.instrument = chance.choice(("PROD-META", "PROD-US-BSI"))
            row.data, row.emergency = chance.choice((["bsi"], ["bsi", "content"], ["content"])), chance.random() < 0.1
            row.status_at = work.now - timedelta(days=chance.randint(0, 100))
            if row.answered_on or (status is Status.TRANSFERRED and chance.random() < 0.5):
                row.answered_on = min(TODAY, sent + timedelta(days=chance.randint(0, 200)))
            if status in (Status.REFUSED, Status.TRANSFERRED, Status.ACKNOWLEDGED) and chance.random() < 0.8:
                row.refusals = [{"codes": chance.sample(REASONS, 2)} for _ in range(chance.randint(1, 2))]
            if status is Status.PART_PRODUCED:
                row.targets[0].outcome = chance.choice(("produced", "refused"))


@pytest.fixture
def filled(store):
    store.write(lambda work: invent(work, random.Random(15), 50)).result(SECONDS)
    return store


def scopes(work):
    """Everybody who may read it, in private and in rooms."""
    home, other = records.authority(work, "PK-FIA-CCW"), records.authority(work, "PK-NCCIA")
    for person in work.session.scalars(select(Person)):
        of = person.memberships[0].authority
        for ceiling in (Label.RED, Label.AMBER_STRICT, Label.AMBER, Label.CLEAR):
            if of in (home, other):
                yield Scope(Viewer(person.id, of.id, frozenset({Role.OFFICER}), ceiling=ceiling), of)
                yield Scope(Viewer(person.id, of.id, frozenset({Role.MANAGER})), of, ceiling)


def seen(work, scope, to):
    """What one sees of what their agency sent to a counterpart."""
    query = select(Request).join(Case).where(Request.agency_id == scope.agency.id, Request.direction == "outgoing")
    query = query.where(Request.sent_on.is_not(None), sight.requests(scope.viewer))
    rows = work.session.scalars(query).unique()
    return [one for one in rows if one.recipient.code == to and Label(one.case.label).within(scope.ceiling)]


def came_of(one):
    if one.status in ("sent", "acknowledged"):
        return "silent"
    if one.status == "transferred" and one.answered_on:
        return "refused" if one.refusals else "not_held"
    said = {"produced": "answered", "part_produced": "partly", "clarification": "asked"}
    return said.get(one.status, one.status)


def waited(one, today):
    """(days, whether it ended)."""
    until = one.answered_on or (today if one.status in WAITING else one.status_at.date())
    return max(0, (until - one.sent_on).days), one.answered_on is not None


def same(answers, requests, today):
    assert answers.came == Counter(came_of(one) for one in requests)
    spells = [waited(one, today) for one in requests]
    told = Counter({(spell.days, spell.ended): 0 for spell in answers.spells})
    for spell in answers.spells:
        told[spell.days, spell.ended] += spell.count
    assert told == Counter(spells)
    days = [spell[0] for spell in spells]
    waiting = ecdf(CensoredData.right_censored(days, [not ended for _, ended in spells])).sf
    for share in (0.5, 0.9):
        reached = waiting.quantiles[waiting.probabilities <= 1 - share + 1e-9]
        assert answers.curve.quantile(share) == (reached[0] if len(reached) else None)


def test_every_figure_is_that_of_what_one_sees(filled):
    def job(work):
        met = Counter()
        for scope in scopes(work):
            today = local_day(work.now, scope.agency.zone)
            everybody = answering.of_all(work, scope)
            for to in TO:
                requests = seen(work, scope, to)
                assert (to in everybody) == bool(requests)
                found = answering.of_counterpart(work, scope, records.authority(work, to))
                for answers in (found.whole, everybody.get(to)):
                    if requests:
                        same(answers, requests, today)
                by_instrument = {one.instrument for one in requests}
                assert found.instruments.keys() == by_instrument
                for instrument in by_instrument:
                    same(
                        found.instruments[instrument], [one for one in requests if one.instrument == instrument], today
                    )
                classes = {
                    "emergency": [one for one in requests if one.emergency],
                    "content": [one for one in requests if "content" in one.data],
                    "speech": [one for one in requests if one.case.category in ("blasphemy", "political_speech")],
                }
                assert found.classes.keys() == {name for name, some in classes.items() if some}
                for name, answers in found.classes.items():
                    same(answers, classes[name], today)
                said = [{code for refusal in one.refusals for code in refusal["codes"]} for one in requests]
                assert found.codes == Counter(code for codes in said for code in codes)
                assert found.deficient == sum(bool(codes & {"incomplete", "mla_required"}) for codes in said)
                assert found.accounts == accounts(requests)
                met[len(requests) > 5, bool(found.classes), bool(found.codes)] += 1
        assert met[True, True, True] > 20

    filled.read(job).result(SECONDS)


def accounts(requests):
    of = Counter()
    for one in requests:
        came = one.status
        if came == "transferred" and one.answered_on:
            came = "refused" if one.refusals else "not_held"
        whole = "open" if came in WAITING else came
        of.update(target.outcome or whole for target in one.targets)
    return of


def figures(work, name, ceiling=Label.RED):
    """What somebody sees of all that was sent to Meta."""
    [person] = records.people(work, name=name)
    home = person.memberships[0].authority
    scope = Scope(Viewer(person.id, home.id, frozenset({Role.OFFICER}), ceiling=ceiling), home)
    return answering.of_all(work, scope).get("PROV-META", answering.Answers())


def test_red_is_counted_for_whom_the_case_names_where_it_may_be_shown(store):
    def make(work):
        omar, nadia, mona = (factories.person(work, name=name) for name in ("Omar", "Nadia", "Mona"))
        case = factories.case(work, label=Label.RED, opener=omar, shared_with=[mona])
        factories.request(work, of=case, status=Status.PRODUCED)
        return nadia.id

    store.write(make).result(SECONDS)
    sent = {name: store.read(lambda work, name=name: figures(work, name).sent).result(SECONDS) for name in NAMED}
    assert sent == NAMED
    assert store.read(lambda work: figures(work, "Omar", Label.AMBER_STRICT).sent).result(SECONDS) == 0


NAMED = {"Omar": 1, "Nadia": 0, "Mona": 1}


def test_what_waits_waits_longer_tomorrow_and_an_answer_as_long_as_it_took(sqlite_store, clock):
    def make(work):
        case = factories.case(work, opener=factories.person(work, name="Omar"))
        for status in (Status.SENT, Status.PRODUCED):
            factories.request(work, of=case, status=status, on=TODAY)

    def spells(work):
        return sorted((spell.ended, spell.days, spell.count) for spell in figures(work, "Omar").spells)

    sqlite_store.write(make).result(SECONDS)
    assert sqlite_store.read(spells).result(SECONDS) == [(False, 0, 1), (True, 0, 1)]
    clock.move(days=10)
    assert sqlite_store.read(spells).result(SECONDS) == [(False, 10, 1), (True, 0, 1)]
