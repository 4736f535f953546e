"""Acts on record as they are asked for: newest first, a page at a time, and what an auditor's agency has to do with."""

from datetime import timedelta

from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.models import Channel, Person
from storage.record import acts
from storage.record.acts import ActFilter
from tests import factories

SECONDS = 30
OWN, OTHER = "PK-FIA-CCW", "PK-MOI"


def found(store, agency: str = OWN, **chosen) -> list[tuple[str, str]]:
    """(act, what it was done to) of what the agency's auditor finds."""
    hidden = chosen.pop("hidden", (Label.RED,))

    def job(work):
        circle = acts.circle(work, factories.agency(work, agency))
        lines = acts.found(work, circle, ActFilter(hidden=hidden, **chosen), limit=50, skip=0)
        return [(one.line.act, one.line.ref) for one in lines]

    return store.write(job).result(SECONDS)


class TestOfRecords:
    def test_the_newest_first_with_the_name_of_who_acted_and_the_text_where_it_was_not_erased(self, store):
        def job(work):
            officer = factories.person(work, name="Officer One")
            work.actor = officer.actor
            work.audit("note add", "CCW-2026-0001", personal="what was written")
            work.actor = "desk"
            work.audit("clock start", "CCW-2026-0001")
            work.audit("note add", "CCW-2026-0002")

        store.write(job).result(SECONDS)
        lines, total = store.read(lambda work: acts.of_records(work, ["CCW-2026-0001"])).result(SECONDS)
        assert total == 2
        assert [(one.line.act, one.who, one.text) for one in lines] == [
            ("clock start", None, None),
            ("note add", "Officer One", "what was written"),
        ]

    def test_every_line_stands_on_one_page(self, store):
        store.write(lambda work: [work.audit(f"act {n}", "REF-1") for n in range(25)]).result(SECONDS)
        pages = [
            store.read(lambda work, skip=skip: acts.of_records(work, ["REF-1"], skip=skip)).result(SECONDS)
            for skip in (0, 10, 20, 30)
        ]
        assert [one.line.act for lines, _ in pages for one in lines] == [f"act {n}" for n in reversed(range(25))]
        assert {total for _, total in pages} == {25}

    def test_an_export_counts_where_it_held_the_record(self, store):
        def job(work):
            work.audit("summary export", OWN, after={"refs": ["CCW-2026-0001", "CCW-2026-0003"]})
            work.audit("summary export", OWN, after={"refs": ["CCW-2026-00010"]})
            work.audit("person invite", OWN)

        store.write(job).result(SECONDS)
        for ref, many in (("CCW-2026-0001", 1), ("CCW-2026-0002", 0), ("CCW-2026-0003", 1)):
            asked = store.read(lambda work, ref=ref: acts.of_records(work, [ref], exports_of=OWN)).result(SECONDS)
            assert asked[1] == len(asked[0]) == many


class TestFound:
    def test_on_the_cases_of_the_agency_but_for_what_is_hidden(self, store):
        def job(work):
            for agency, label in ((OWN, Label.AMBER), (OWN, Label.RED), (OTHER, Label.GREEN)):
                case = factories.case(work, of=factories.agency(work, agency), label=label)
                work.audit("case probe", case.ref)
                work.audit("request probe", f"{case.ref}/1")

        store.write(job).result(SECONDS)
        ours = [("request probe", "CCW-2026-0001/1"), ("case probe", "CCW-2026-0001")]
        assert found(store, act="case probe") == ours[1:]
        assert found(store, refs=frozenset({"CCW-2026-0001", "CCW-2026-0001/1", "CCW-2026-0002"})) == ours
        assert found(store, act="case probe", hidden=[Label.RED, Label.AMBER]) == []
        assert [ref for _, ref in found(store, OTHER, act="case probe")] == ["MOI-2026-0001"]

    def test_on_its_people_while_they_were_there(self, store, clock):
        def join(work):
            one = factories.person(work, of=factories.agency(work, OWN), name="Leaver")
            work.audit("person probe", one.actor, after={"agency": OWN})
            return one.id

        def leave(work):
            one = work.session.get_one(Person, person)
            one.memberships[0].ended_at = work.now
            work.audit("person left", one.actor, after={"agency": OWN})

        def elsewhere(work):
            work.audit("person probe", f"P{person}", after={"agency": OTHER})
            work.audit("account probe", f"P{person}")

        person = store.write(join).result(SECONDS)
        clock.move(days=1)
        store.write(leave).result(SECONDS)
        clock.move(days=1)
        store.write(elsewhere).result(SECONDS)
        about = frozenset({f"P{person}"})
        assert [act for act, _ in found(store, refs=about)] == ["person left", "person probe"]
        assert found(store, OTHER, refs=about) == []

    def test_on_somebody_of_two_agencies_each_finds_its_own(self, store):
        def job(work):
            one = factories.person(work, of=factories.agency(work, OWN), name="Both")
            factories.one_more_agency(work, "Both", OTHER, Role.OFFICER)
            for agency in (OWN, OTHER):
                work.audit("person role", one.actor, after={"agency": agency, "roles": ["officer"]})
            work.actor = factories.person(work, of=factories.agency(work, OTHER), name="Their Admin").actor
            work.audit("case entrust asked", one.actor, after={"cases": 3})
            return one.actor

        about = frozenset({store.write(job).result(SECONDS)})
        assert [act for act, _ in found(store, refs=about)] == ["person role"]
        assert [act for act, _ in found(store, OTHER, refs=about)] == ["case entrust asked", "person role"]

    def test_on_its_rooms_and_itself_and_by_its_people_on_what_is_nobodys_secret(self, store):
        def job(work):
            own, other = (factories.agency(work, code) for code in (OWN, OTHER))
            for room, (agency, host) in enumerate(((own, None), (other, None), (own, other), (other, own)), 1):
                place = {"platform": "slack", "external_id": f"C{room}", "ceiling": "TLP:AMBER", "zone": "UTC"}
                work.session.add(Channel(id=room, authority_id=agency.id, host_id=host.id if host else None, **place))
                work.audit("channel probe", f"channel:{room}")
            for agency in (own, other):
                work.act_as(factories.person(work, of=agency, name=f"Admin of {agency.code}").actor)
                work.audit("summary export", agency.code)
                work.audit("holiday add", "PK", after={"name": agency.code})
                work.audit("refused", "not_found", personal="what they typed")
                work.audit("never heard of", "anything")

        store.write(job).result(SECONDS)
        common = [("refused", "not_found"), ("holiday add", "PK"), ("summary export", OWN)]
        assert [one for one in found(store) if not one[0].startswith(("channel", "authority"))] == common
        assert {ref for _, ref in found(store, act="channel")} == {"channel:1", "channel:4"}

    def test_by_whom_when_and_which(self, store, clock):
        def job(work, name):
            case = factories.case(work, of=factories.agency(work, OWN))
            work.actor = factories.person(work, of=factories.agency(work, OWN), name=name).actor
            work.audit("case probe", case.ref)
            work.audit("case other", case.ref)

        start = clock.now()
        store.write(lambda work: job(work, "Night Officer")).result(SECONDS)
        clock.move(days=2)
        store.write(lambda work: job(work, "Day Officer")).result(SECONDS)
        noon = start + timedelta(days=1)
        assert found(store, act="case", by="night") == [
            ("case other", "CCW-2026-0001"),
            ("case probe", "CCW-2026-0001"),
        ]
        assert found(store, act="Case Probe", since=noon) == [("case probe", "CCW-2026-0002")]
        assert found(store, act="case probe", until=noon) == [("case probe", "CCW-2026-0001")]
        assert found(store, act="case probe", by="nobody") == []
