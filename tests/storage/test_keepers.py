"""Who keeps an authority, whom a name means, and which code is which: the same on both databases."""

from datetime import timedelta

import pytest

from storage.exposure.roles import Role
from storage.record import keepers, links, records
from tests import factories

SECONDS = 30


def do(store, job):
    return store.write(job).result(SECONDS)


def administrator(work, code: str):
    return factories.person(work, of=factories.agency(work, code), role=Role.ADMIN)


class TestKeeper:
    def test_its_own_administrator_comes_before_its_host_and_nobody_after_both(self, store):
        def job(work):
            legat, ours = factories.agency(work, "US-FBI-LEGAT"), factories.agency(work)
            found = [keepers.responsible_agency(work, legat)]
            legat.host_id = ours.id
            found.append(keepers.responsible_agency(work, legat))  # a host that has no administrator keeps nothing
            administrator(work, ours.code)
            found.append(keepers.responsible_agency(work, legat))
            hosted = [row.code for row in keepers.hosted(work, ours)]
            records.give_role(work, factories.person(work, of=legat), legat, Role.ADMIN, by=None)
            found.append(keepers.responsible_agency(work, legat))
            return [row and row.code for row in found], hosted, keepers.hosted(work, ours)

        found, before, after = do(store, job)
        assert found == [None, None, "PK-FIA-CCW", "US-FBI-LEGAT"]
        assert (before, after) == (["US-FBI-LEGAT"], [])

    def test_an_administrator_who_left_keeps_nothing(self, store):
        def job(work):
            one = administrator(work, "PK-FIA")
            one.memberships[0].ended_at = work.now
            work.session.flush()
            return keepers.responsible_agency(work, one.memberships[0].authority), keepers.administers(
                work, one, one.memberships[0].authority
            )

        assert do(store, job) == (None, False)

    def test_a_country_is_kept_by_those_of_its_authorities_that_have_one(self, store):
        def job(work):
            for code in ("PK-MOI", "PK-FIA"):
                administrator(work, code)
            return [[row.code for row in keepers.of_country(work, country)] for country in ("PK", "US")]

        assert do(store, job) == [["PK-FIA", "PK-MOI"], []]

    def test_own_people_go_by_name_and_those_it_hosts_by_name_and_code(self, store):
        def job(work):
            ours, legat = factories.agency(work), factories.agency(work, "US-FBI-LEGAT")
            administrator(work, ours.code)
            legat.host_id = ours.id
            for agency in (ours, legat):
                factories.person(work, of=agency, name="John Smith")
            return {typed: of.code for typed, (_, of) in keepers.people(work, ours, "smith").items()}

        assert do(store, job) == {"John Smith": "PK-FIA-CCW", "John Smith @ US-FBI-LEGAT": "US-FBI-LEGAT"}


class TestNames:
    @pytest.mark.parametrize(
        ("typed", "agencies"),
        [
            ("JOHN  smith", ["PK-FIA", "PK-FIA-CCW"]),
            ("john smith @ pk-fia", ["PK-FIA"]),
            ("John Smith @ PK-FIA-CCW", ["PK-FIA-CCW"]),
            ("John Smith @ PK-MOI", []),
            ("John Smith @ NOWHERE", []),
            ("Smith", []),
        ],
    )
    def test_at_a_terminal_the_agency_tells_namesakes_apart(self, store, typed, agencies):
        def job(work):
            for code in ("PK-FIA-CCW", "PK-FIA"):
                factories.person(work, of=factories.agency(work, code), name="John Smith")
            return sorted(records.home(one).code for one in records.at_terminal(work, typed))

        assert do(store, job) == agencies

    def test_the_home_is_the_agency_of_the_oldest_role_that_is_still_held(self, store):
        def job(work):
            person = factories.person(work)
            second = factories.agency(work, "PK-FIA")
            records.give_role(work, person, second, Role.OFFICER, by=None)
            found = [records.home(person).code]
            person.memberships[0].ended_at = work.now
            found.append(records.home(person).code)
            work.now += timedelta(days=1)
            records.give_role(work, person, person.memberships[0].authority, Role.OFFICER, by=None)
            return [*found, records.home(person).code]

        assert do(store, job) == ["PK-FIA-CCW", "PK-FIA", "PK-FIA"]


class TestCodes:
    @pytest.mark.parametrize("invitation", [True, False])
    def test_each_kind_is_redeemed_as_what_it_is_and_once(self, store, invitation):
        def job(work):
            admin, until = administrator(work, "PK-FIA"), work.now + timedelta(minutes=1)
            agency = admin.memberships[0].authority
            links.invite(work, "invitation", agency=agency, role=Role.OFFICER, by=admin, expires_at=until)
            links.begin(work, "account", person=admin, by=admin, expires_at=until)
            right, wrong = ("invitation", "account") if invitation else ("account", "invitation")
            found = (links.redeem(work, digest, invitation=invitation) for digest in (wrong, right, right))
            return [code and code.role for code in found]

        assert do(store, job) == [None, Role.OFFICER if invitation else None, None]
