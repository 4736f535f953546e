"""Who sees what, written out by hand: every kind of viewer, every label; and every list agrees with every fetch.

Source of the table: the rules in the docstring of `storage/exposure/sight.py` and section 10 of the design (TLP 2.0).
"""

from dataclasses import fields, replace
from datetime import timedelta

import pytest
from sqlalchemy import BindParameter

from storage.exposure import shapes
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.exposure.sight import Seen, Viewer
from storage.models import Membership
from storage.record import case_lists, hold_lists, precedents, records, references, request_lists
from storage.record.fetching import Key
from storage.record.sights import Sights
from storage.rules.lifecycle import Status
from tests import factories

SECONDS = 30
LETTERS = {Label.CLEAR: "C", Label.GREEN: "G", Label.AMBER: "A", Label.AMBER_STRICT: "S", Label.RED: "R"}

# who looks: the labels of the cases they see, the labels of the requests they see
EXPECTED = {
    "officer of the owner": ("CGAS-", "CGAS-"),
    "manager of the owner": ("CGAS-", "CGAS-"),
    "lead": ("CGASR", "CGASR"),
    "opener": ("CGASR", "CGASR"),
    "named, of the owner": ("CGASR", "CGASR"),
    "named, of another agency": ("CGA-R", "CGA-R"),
    "named, but an administrator only": ("-----", "-----"),
    "officer of an invited authority": ("CGA--", "CGA--"),
    "manager of an invited authority": ("CGA--", "CGA--"),
    "liaison of an invited authority": ("-----", "-----"),
    "liaison of the sender": ("-----", "CGAS-"),
    "liaison of the recipient": ("-----", "CGA--"),
    "officer of the recipient": ("-----", "CGA--"),
    "liaison of a third authority": ("-----", "-----"),
    "officer of a third authority": ("-----", "-----"),
    "administrator of the owner": ("-----", "-----"),
    "auditor of the owner": ("-----", "-----"),
    "auditor of the owner, reading history": ("CGAS-", "CGAS-"),
    "auditor of a third authority, reading history": ("-----", "-----"),
    "officer of the owner, reading history": ("CGAS-", "CGAS-"),
    "auditor and liaison of the owner": ("-----", "CGAS-"),
    "auditor and liaison of the owner, reading history": ("CGAS-", "CGAS-"),
    "administrator and officer of the owner": ("CGAS-", "CGAS-"),
    "nobody's, without a role": ("-----", "-----"),
}


class World:
    """One case, one request and one hold under each label, and everybody who may look at them."""

    def __init__(self, work):
        self.owner, self.other = factories.agency(work, "PK-FIA-CCW"), factories.agency(work, "PK-NCCIA")
        self.invited, self.third = factories.agency(work, "PK-FIA"), factories.agency(work, "PK-PTA")
        self.recipient = factories.agency(work, "US-DOJ-OIA")
        lead, opener, named = (factories.person(work, of=self.owner) for _ in range(3))
        guest = factories.person(work, of=self.other)
        keeper = factories.person(work, of=self.other, role=Role.ADMIN)
        self.cases, self.requests, self.holds = {}, {}, {}
        for label, letter in LETTERS.items():
            case = factories.case(
                work,
                of=self.owner,
                opener=opener,
                lead=lead,
                label=label,
                shared_with=[named, guest, keeper, self.invited],
            )
            request = factories.request(work, of=case, to="US-DOJ-OIA", instrument="MLA-US-OIA", status=Status.SENT)
            hold = factories.preservation(work, of=case, for_requests=[request])
            self.cases[case.ref], self.requests[request.ref], self.holds[hold.ref] = letter, letter, letter
        new = factories.person
        both = new(work, of=self.owner, role=Role.AUDITOR)
        both.memberships.append(Membership(authority=self.owner, role=Role.LIAISON))
        admin_officer = new(work, of=self.owner, role=Role.ADMIN)
        admin_officer.memberships.append(Membership(authority=self.owner, role=Role.OFFICER))
        officer, auditor = new(work, of=self.owner), new(work, of=self.owner, role=Role.AUDITOR)
        people = {
            "officer of the owner": officer,
            "manager of the owner": new(work, of=self.owner, role=Role.MANAGER),
            "lead": lead,
            "opener": opener,
            "named, of the owner": named,
            "named, of another agency": guest,
            "named, but an administrator only": keeper,
            "officer of an invited authority": new(work, of=self.invited),
            "manager of an invited authority": new(work, of=self.invited, role=Role.MANAGER),
            "liaison of an invited authority": new(work, of=self.invited, role=Role.LIAISON),
            "liaison of the sender": new(work, of=self.owner, role=Role.LIAISON),
            "liaison of the recipient": new(work, of=self.recipient, role=Role.LIAISON),
            "officer of the recipient": new(work, of=self.recipient),
            "liaison of a third authority": new(work, of=self.third, role=Role.LIAISON),
            "officer of a third authority": new(work, of=self.third),
            "administrator of the owner": new(work, of=self.owner, role=Role.ADMIN),
            "auditor of the owner": auditor,
            "auditor and liaison of the owner": both,
            "administrator and officer of the owner": admin_officer,
        }
        self.viewers = {name: factories.viewer(person) for name, person in people.items()}
        for name in ("auditor of the owner", "officer of the owner", "auditor and liaison of the owner"):
            self.viewers[f"{name}, reading history"] = replace(self.viewers[name], history=True)
        outside = new(work, of=self.third, role=Role.AUDITOR)
        self.viewers["auditor of a third authority, reading history"] = factories.viewer(outside, history=True)
        self.viewers["nobody's, without a role"] = Viewer(officer.id, self.owner.id, frozenset())


def fetched(fetch, work, viewer, refs):
    """What single fetches allow, one by one, by the whole reference."""
    found = set()
    for ref in refs:
        number = int(ref.split("-")[2].split("/")[0])
        found |= {row.ref for row in fetch(work, viewer, Key(ref, "CCW", 2026, number)) if row.ref == ref}
    return found


def letters(kinds, found):
    seen = {kinds[ref] for ref in found}
    return "".join(letter if letter in seen else "-" for letter in LETTERS.values())


@pytest.fixture
def store(shared):
    return shared(World)[0]


@pytest.fixture
def world(shared):
    return shared(World)[1]


def test_the_table(store, world):
    def look(work):
        return {
            name: (
                letters(world.cases, fetched(records.cases, work, viewer, world.cases)),
                letters(world.requests, fetched(records.requests, work, viewer, world.requests)),
            )
            for name, viewer in world.viewers.items()
        }

    assert store.read(look).result(SECONDS) == EXPECTED


def test_a_hold_is_seen_by_whoever_sees_its_case(store, world):
    def look(work):
        return {
            name: letters(world.holds, fetched(records.preservations, work, viewer, world.holds))
            for name, viewer in world.viewers.items()
        }

    assert store.read(look).result(SECONDS) == {name: of_cases for name, (of_cases, _) in EXPECTED.items()}


def test_every_list_shows_exactly_what_single_fetches_allow(store, world):
    def of_cases(work, viewer):
        listed = case_lists.cases(work, viewer)
        words = "CCW" if viewer.history else "ministry fake.page.one"  # an auditor searches what they may read
        found = case_lists.cases(work, viewer, words=words).rows
        offered = references.references(work, viewer, "case")
        yield "cases", {count.case.ref for count in listed.rows}
        yield "cases by word", {count.case.ref for count in found}
        yield "cases offered while typing", {ref for ref, _ in offered}
        yield "cases, counted", listed.total

    def of_requests(work, viewer):
        page = request_lists.requests(work, viewer)
        yield "requests", {row.ref for row, _ in page.rows}
        yield "requests, counted", page.total
        yield "requests offered while typing", {ref for ref, _ in references.references(work, viewer, "request")}
        yield "requests of those named", set(records.seen(work, viewer, list(world.requests)))

    def of_holds(work, viewer):
        yield "holds", {row.ref for row in hold_lists.preservations(work, viewer).rows}
        yield "holds offered while typing", {ref for ref, _ in references.references(work, viewer, "preservation")}
        yield "holds of those named", set(records.seen(work, viewer, list(world.holds)))

    def look(work):
        for name, viewer in world.viewers.items():
            for lists, fetch, refs in (
                (of_cases, records.cases, world.cases),
                (of_requests, records.requests, world.requests),
                (of_holds, records.preservations, world.holds),
            ):
                allowed = fetched(fetch, work, viewer, refs)
                for what, listed in lists(work, viewer):
                    assert listed == (len(allowed) if isinstance(listed, int) else allowed), f"{what} for {name}"

    store.read(look).result(SECONDS)


def test_asked_together_each_sees_what_they_see_alone(store, world):
    def look(work):
        refs = [*world.cases, *world.requests, *world.holds, "CCW-2026-9999", "CCW-2026-9999/1"]
        hosted = [
            replace(one, host_id=host) for one in world.viewers.values() for host in (world.owner.id, world.third.id)
        ]
        least = [replace(one, ceiling=Label.GREEN) for one in world.viewers.values()]
        viewers = [*world.viewers.values(), *hosted, *least]
        sights = Sights(work)
        sights.ask((viewer, ref) for viewer in viewers for ref in refs)
        for viewer in viewers:
            alone = records.seen(work, viewer, refs)
            assert sights.of(viewer, refs) == Sights(work).of(viewer, refs) == alone, viewer

    store.read(look).result(SECONDS)


def test_a_known_account_is_known_by_the_newest_record_that_may_be_seen(store, world):
    def look(work):
        for name, viewer in world.viewers.items():
            about = {"work": work, "viewer": viewer, "keys": ["fake.page.one"], "case_id": 0}
            oia, meta = (
                precedents.met(**about, recipient=records.authority(work, code)) for code in ("US-DOJ-OIA", "PROV-META")
            )
            for asked in (oia.owed, meta.others):
                allowed = fetched(records.requests, work, viewer, world.requests)
                assert [row.ref for row, _ in asked] == sorted(allowed)[-1:], f"a request for {name}"
            allowed = fetched(records.preservations, work, viewer, world.holds)
            assert [row.ref for row, _ in meta.kept] == sorted(allowed)[-1:], f"a hold for {name}"

    store.read(look).result(SECONDS)


def test_a_case_counts_only_the_requests_that_may_be_seen(store, world):
    years = timedelta(days=1000)

    def look(work):
        viewer = world.viewers["officer of the owner"]
        work.now += years
        return {(count.waiting, count.overdue) for count in case_lists.cases(work, viewer).rows}

    assert store.read(look).result(SECONDS) == {(1, 1)}


# ---- from the other side -------------------------------------------------------------------------------------------


class Undone(Exception):
    """What was found, and nothing stays on record."""


def test_a_request_is_the_other_sides_from_the_day_it_is_sent(store, world):
    def look(work):
        drafts = {}
        for label, letter in LETTERS.items():
            case = factories.case(work, of=world.owner, label=label, shared_with=[world.invited])
            draft = factories.request(work, of=case, to="US-DOJ-OIA", instrument="MLA-US-OIA", status=Status.DRAFT)
            drafts[draft.ref] = letter
        names = (
            "liaison of the recipient",
            "officer of the recipient",
            "liaison of the sender",
            "officer of the owner",
        )
        found = {name: fetched(records.requests, work, world.viewers[name], drafts) for name in names}
        raise Undone({name: letters(drafts, refs) for name, refs in found.items()})

    with pytest.raises(Undone) as undone:
        store.write(look).result(SECONDS)
    assert undone.value.args[0] == {
        "liaison of the recipient": "-----",
        "officer of the recipient": "-----",
        "liaison of the sender": "CGAS-",
        "officer of the owner": "CGAS-",
    }


def test_a_list_is_narrowed_from_the_side_of_whoever_asks(store, world):
    def look(work):
        def found(name, **by):
            return {world.requests[row.ref] for row, _ in request_lists.requests(work, world.viewers[name], **by).rows}

        return {
            (name, *by.values()): "".join(sorted(found(name, **by)))
            for name in ("officer of the owner", "liaison of the recipient", "officer of an invited authority")
            for by in (
                {"direction": "outgoing"},
                {"direction": "incoming"},
                {"counterpart": "US-DOJ-OIA"},
                {"counterpart": "PK-FIA-CCW"},
            )
        }

    assert store.read(look).result(SECONDS) == {
        ("officer of the owner", "outgoing"): "ACGS",
        ("officer of the owner", "incoming"): "",
        ("officer of the owner", "US-DOJ-OIA"): "ACGS",
        ("officer of the owner", "PK-FIA-CCW"): "",
        ("liaison of the recipient", "outgoing"): "",
        ("liaison of the recipient", "incoming"): "ACG",
        ("liaison of the recipient", "US-DOJ-OIA"): "",
        ("liaison of the recipient", "PK-FIA-CCW"): "ACG",
        ("officer of an invited authority", "outgoing"): "ACG",
        ("officer of an invited authority", "incoming"): "",
        ("officer of an invited authority", "US-DOJ-OIA"): "ACG",
        ("officer of an invited authority", "PK-FIA-CCW"): "",
    }


def test_who_looks_from_the_other_side_is_told_whose_it_is(store, world):
    def look(work):
        (ref,) = (ref for ref, letter in world.requests.items() if letter == "A")
        names = ("liaison of the recipient", "liaison of the sender", "officer of an invited authority", "lead")
        return {name: records.seen(work, world.viewers[name], [ref])[ref] for name in names}

    assert store.read(look).result(SECONDS) == {
        "liaison of the recipient": Seen(Label.AMBER, own=False, across="PK-FIA-CCW"),
        "liaison of the sender": Seen(Label.AMBER, own=False),
        "officer of an invited authority": Seen(Label.AMBER, own=True),
        "lead": Seen(Label.AMBER, own=True),
    }


VIEWER_FIELDS = (
    ("person_id", 9),
    ("authority_id", 9),
    ("roles", frozenset({Role.LIAISON})),
    ("history", True),
    ("ceiling", Label.GREEN),
    ("host_id", 9),
)


@pytest.mark.parametrize(("field", "other"), VIEWER_FIELDS)
def test_a_kept_statement_tells_viewers_apart_by_all_there_is_of_them(field, other):
    """What is neither in the shape nor a parameter would be seen as whoever asked first."""
    assert {field for field, _ in VIEWER_FIELDS} == {one.name for one in fields(Viewer)}
    one = Viewer(1, 2, frozenset({Role.OFFICER}))
    another = replace(one, **{field: other})
    assert (shapes.shape(one), shapes.values(one)) != (shapes.shape(another), shapes.values(another))
    of = shapes.anyone(shapes.shape(another))
    left = {name for name, value in vars(of).items() if isinstance(value, BindParameter)}
    assert {f"viewer_{name}" for name in left} <= set(shapes.values(another))
    assert all(getattr(of, one.name) == getattr(another, one.name) for one in fields(Viewer) if one.name not in left)
