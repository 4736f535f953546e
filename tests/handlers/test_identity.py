"""A name is no identity: who is who, who let whom in, and who may take it back."""

import asyncio
import json
import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text

from bot.adapters.contract import Inbound
from handlers import people
from handlers.language.errors import BadValue
from storage.exposure.roles import Role
from storage.history import chain
from storage.models import Account, AuditLine, Authority, InboxRow, LinkCode, Membership, Person, Recipient
from storage.record import records
from tests.furnishing import furnish
from tests.spoken import Desk, words

NIGHT, ADMIN, OTHER_ADMIN, THIEF = "slack:T1/U1", "slack:T1/U2", "slack:T9/U9", "telegram:666"
RED = "The minister's telephone"
FORGERY = f'desk person add "Night Officer" role:officer account:{THIEF}'


@pytest.fixture
def desk(sqlite_store, clock) -> Desk:
    """Two agencies; the officer of the first has a RED case."""
    furnish(sqlite_store, _enrolled)
    return Desk(sqlite_store, clock)


def _enrolled(store) -> None:
    opened = Desk(store, store.clock)
    for who in (
        ("Night Officer", "PK-FIA-CCW", Role.OFFICER, [NIGHT]),
        ("Desk Admin", "PK-FIA-CCW", Role.ADMIN, [ADMIN]),
        ("Other Admin", "PK-FIA", Role.ADMIN, [OTHER_ADMIN]),
    ):
        opened.write(lambda work, who=who: people.enrol_at(work, *who))
    assert not opened.types(NIGHT, f'case open "{RED}" category:other label:red').refused


def done(desk: Desk, account: str, line: str) -> str:
    answer = desk.types(account, line)
    assert not answer.refused, words(answer)
    assert not answer.failed, words(answer)
    return words(answer)


def refused(desk: Desk, account: str, line: str) -> str:
    answer = desk.types(account, line)
    assert answer.refused, words(answer)
    return words(answer)


def everybody(desk: Desk) -> list[tuple[str, str]]:
    """(name, agency) of everybody who may use the desk."""
    query = select(Person.name, Authority.code).join(Membership, Membership.person_id == Person.id).join(Authority)
    query = query.where(Membership.ended_at.is_(None)).order_by(Membership.id)
    return desk.read(lambda work: [tuple(row) for row in work.session.execute(query)])


def owner(desk: Desk, account: str) -> int | None:
    platform, _, external = account.partition(":")
    query = select(Account.person_id).where(Account.platform == platform, Account.external_id == external)
    return desk.read(lambda work: work.session.scalar(query.where(Account.revoked_at.is_(None))))


def code_in(text: str) -> str:
    return re.search(r"desk (?:link|join) (\S+)", text)[1]


def acts(desk: Desk, act: str) -> list[dict[str, object]]:
    query = select(AuditLine.facts).where(AuditLine.act == act).order_by(AuditLine.n)
    return [json.loads(facts) for facts in desk.read(lambda work: list(work.session.scalars(query)))]


def told(desk: Desk, notice: str) -> list[tuple[str, str]]:
    """(name, platform) of each row."""
    names = desk.read(lambda work: {Recipient.person(row.id): row.name for row in work.session.scalars(select(Person))})
    return [(names[row.recipient], row.platform) for row in desk.outbox(notice=notice)]


class TestTheHoles:
    def test_who_adds_the_name_of_another_agencys_officer_reads_nothing_of_its_red_cases(self, desk):
        done(desk, OTHER_ADMIN, FORGERY)
        desk.types(THIEF, "desk me agency:PK-FIA-CCW")

        for line in ("case list", "case search telephone", "case status CCW-2026-0001", "desk me"):
            answer = words(desk.types(THIEF, line))
            assert RED not in answer
            assert "PK-FIA-CCW" not in answer
        assert owner(desk, THIEF) != owner(desk, NIGHT)

    def test_that_somebody_has_the_name_elsewhere_is_not_said(self, desk):
        taken = done(desk, OTHER_ADMIN, FORGERY)
        free = done(desk, OTHER_ADMIN, 'desk person add "Day Officer" role:officer account:telegram:667')

        assert taken.replace("Night", "Day").replace("666", "667") == free

    def test_the_real_one_cannot_be_unlinked_by_the_administrator_of_the_forger(self, desk):
        done(desk, OTHER_ADMIN, FORGERY)

        assert "No account" in refused(desk, OTHER_ADMIN, f"desk unlink {NIGHT}")
        assert not desk.types(NIGHT, "case list").refused

    def test_two_namesakes_in_one_agency_do_not_merge(self, desk):
        before = everybody(desk)
        said = refused(desk, ADMIN, FORGERY)

        assert everybody(desk) == before
        assert owner(desk, THIEF) is None
        for way_out in (
            'desk person link "Night Officer"',
            'desk person role "Night Officer" role:officer',
            'desk person add "Night Officer" as:"Night Officer (Lahore)" role:officer',
        ):
            assert way_out in said
        done(desk, ADMIN, f'desk person add "Night Officer" as:"Night Officer (Lahore)" role:officer account:{THIEF}')
        assert RED not in words(desk.types(THIEF, "case list"))

    @pytest.mark.parametrize("spelled", ["night officer", "NIGHT  OFFICER", "Ｎight Officer"])  # noqa: RUF001 - a wide N
    def test_a_namesake_is_one_in_any_spelling(self, desk, spelled):
        assert "already" in refused(desk, ADMIN, f'desk person add "{spelled}" role:officer')

    def test_the_name_that_tells_two_apart_must_be_free_as_well(self, desk):
        line = 'desk person add "Night Officer" as:"Night Officer (Lahore)" role:officer'
        done(desk, ADMIN, line)

        assert "already" in refused(desk, ADMIN, line)

    @pytest.mark.parametrize("account", [NIGHT, OTHER_ADMIN])
    def test_an_account_that_is_somebodys_is_refused_without_saying_whose(self, desk, account):
        before = everybody(desk)
        said = refused(desk, ADMIN, f'desk person add "Day Officer" role:officer account:{account}')

        assert "is somebody's already" in said
        assert "Night Officer" not in said
        assert "Other Admin" not in said
        assert "PK-FIA" not in said
        assert everybody(desk) == before

    def test_an_account_whose_person_left_may_come_with_somebody_new(self, desk):
        done(desk, NIGHT, "case close 1 because:over")
        done(desk, ADMIN, 'desk person remove "Night Officer"')
        done(desk, ADMIN, f'desk person add "Night Officer" role:officer account:{NIGHT}')

        assert RED not in words(desk.types(NIGHT, "case list")), "a name that comes back is somebody new"


class TestWhoLetWhomIn:
    def test_it_is_on_record_who_added_a_role_and_an_account(self, desk):
        done(desk, ADMIN, 'desk person add "Day Officer" role:officer account:telegram:4711')
        admin = owner(desk, ADMIN)

        query = select(Membership.added_by, Account.linked_by).join(Account, Account.person_id == Membership.person_id)
        query = query.where(Account.external_id == "4711")
        assert desk.read(lambda work: work.session.execute(query).one()) == (admin, admin)

    def test_of_a_code_it_is_whoever_began_it(self, desk):
        done(desk, ADMIN, 'desk person add "Day Officer" role:officer')
        code = code_in(done(desk, ADMIN, 'desk person link "Day Officer"'))
        done(desk, "telegram:4711", f"desk link {code}")

        query = select(Account.linked_by).where(Account.external_id == "4711")
        assert desk.read(lambda work: work.session.scalar(query)) == owner(desk, ADMIN)

    def test_at_the_command_line_it_is_nobody(self, desk):
        query = select(Membership.added_at.is_not(None), Membership.added_by)
        assert set(desk.read(lambda work: [tuple(row) for row in work.session.execute(query)])) == {(True, None)}

    def test_a_code_of_an_administrator_who_left_meanwhile_links_nothing(self, desk):
        desk.write(lambda work: people.enrol_at(work, "Next Admin", "PK-FIA-CCW", Role.ADMIN, ["slack:T1/U3"]))
        done(desk, ADMIN, 'desk person add "Day Officer" role:officer')
        code = code_in(done(desk, ADMIN, 'desk person link "Day Officer"'))
        done(desk, "slack:T1/U3", 'desk person remove "Desk Admin"')

        assert "does not work" in words(desk.types(THIEF, f"desk link {code}"))
        assert owner(desk, THIEF) is None


class TestSecondAgency:
    @pytest.fixture
    def code(self, desk) -> str:
        return code_in(done(desk, OTHER_ADMIN, "desk person invite role:officer"))

    def test_it_needs_both_its_administrator_and_the_person(self, desk, code):
        said = done(desk, NIGHT, f"desk join {code}")
        assert "You are officer at PK-FIA: " in said
        assert "Other Admin let you in" in said

        assert ("Night Officer", "PK-FIA") in everybody(desk)
        assert not desk.types(NIGHT, "case status CCW-2026-0001").refused, "they go on where they were"
        done(desk, NIGHT, "desk me agency:PK-FIA")
        assert "FIA-2026-0001" in done(desk, NIGHT, 'case open "Fake shop" category:fraud label:green')

    def test_both_are_told_and_both_sides_have_it_on_record(self, desk, code):
        desk.write(lambda work: people.enrol_at(work, "Night Officer", "PK-FIA-CCW", Role.OFFICER, ["telegram:4711"]))
        done(desk, NIGHT, f"desk join {code}")

        assert told(desk, "role_changed") == [("Night Officer", "telegram"), ("Other Admin", "slack")]
        assert [one["after"]["role"] for one in acts(desk, "person invite") + acts(desk, "person join")] == [
            "officer"
        ] * 2

    def test_it_works_once_for_a_day_and_its_code_stands_nowhere(self, desk, code):
        rows = desk.read(
            lambda work: [
                [row.digest for row in work.session.scalars(select(LinkCode))],
                [row.reply for row in work.session.scalars(select(InboxRow))],
                [row.facts for row in work.session.scalars(select(AuditLine))],
            ]
        )
        assert code not in str(rows)
        desk.write(lambda work: people.enrol_at(work, "Day Officer", "PK-FIA-CCW", Role.OFFICER, ["telegram:4711"]))
        done(desk, NIGHT, f"desk join {code}")
        assert "does not work" in words(desk.types("telegram:4711", f"desk join {code}"))
        late = code_in(done(desk, OTHER_ADMIN, "desk person invite role:manager"))
        desk.clock.move(hours=24)
        assert "does not work" in words(desk.types("telegram:4711", f"desk join {late}"))
        assert ("Day Officer", "PK-FIA") not in everybody(desk)

    def test_an_account_the_desk_does_not_know_gets_nothing_by_it(self, desk, code):
        assert refused(desk, THIEF, f"desk join {code}")
        assert "does not work" in words(desk.types(THIEF, f"desk link {code}")), "or it would be the administrator's"
        assert owner(desk, THIEF) is None

    def test_a_code_for_an_account_brings_no_role(self, desk):
        code = code_in(done(desk, NIGHT, "desk link"))

        assert "does not work" in words(desk.types(OTHER_ADMIN, f"desk join {code}"))

    def test_after_five_wrong_codes_not_even_the_right_one_is_looked_at(self, desk, code):
        for left in (4, 3, 2, 1, 0):
            assert f"{left} tr" in words(desk.types(NIGHT, f"desk join WRONG{left}"))

        assert "Too many wrong codes" in words(desk.types(NIGHT, f"desk join {code}"))

    def test_who_belongs_there_already_gets_no_role_by_a_code(self, desk):
        code = code_in(done(desk, ADMIN, "desk person invite role:admin"))

        assert "belong to PK-FIA-CCW already" in refused(desk, NIGHT, f"desk join {code}")
        assert "You are admin" in done(desk, OTHER_ADMIN, f"desk join {code}"), "the code was not used up by that"

    def test_a_namesake_there_is_in_the_way(self, desk, code):
        done(desk, OTHER_ADMIN, FORGERY)

        assert "has another Night Officer" in refused(desk, NIGHT, f"desk join {code}")

    def test_the_second_agency_gives_and_takes_roles_and_leaves_accounts_alone(self, desk, code):
        """An account opens what its person may see in every agency: it belongs to the first."""
        done(desk, NIGHT, f"desk join {code}")

        assert "kept by PK-FIA-CCW" in refused(desk, OTHER_ADMIN, 'desk person link "Night Officer"')
        assert "No account" in refused(desk, OTHER_ADMIN, f"desk unlink {NIGHT}")
        assert "kept by PK-FIA-CCW" in refused(desk, OTHER_ADMIN, f'desk person admit "Night Officer" account:{NIGHT}')
        done(desk, OTHER_ADMIN, 'desk person role "Night Officer" role:manager')
        done(desk, ADMIN, f"desk unlink {NIGHT}")

    def test_who_comes_back_does_not_bring_the_accounts_of_another_agency_along(self, desk, code):
        """The oldest role that is still held decides, not the oldest row."""
        done(desk, NIGHT, "case close 1 because:over")
        done(desk, NIGHT, f"desk join {code}")
        done(desk, ADMIN, 'desk person remove "Night Officer"')
        back = code_in(done(desk, ADMIN, "desk person invite role:officer"))
        done(desk, NIGHT, f"desk join {back}")

        assert "kept by PK-FIA" in refused(desk, ADMIN, 'desk person link "Night Officer"')


class TestToldOnTheOtherAccounts:
    @pytest.fixture
    def linked(self, desk) -> Desk:
        """The officer has Slack and Telegram."""
        desk.write(lambda work: people.enrol_at(work, "Night Officer", "PK-FIA-CCW", Role.OFFICER, ["telegram:4711"]))
        return desk

    def test_a_new_account_is_told_on_every_one_they_had(self, linked):
        linked.clock.move(minutes=1)
        before = len(told(linked, "account_linked"))
        code = code_in(done(linked, "telegram:4711", "desk link"))
        done(linked, "telegram:4712", f"desk link {code}")

        assert told(linked, "account_linked")[before:] == [("Night Officer", "slack"), ("Night Officer", "telegram")]

    def test_one_from_the_command_line_too(self, linked):
        assert told(linked, "account_linked") == [("Night Officer", "slack")]

    @pytest.mark.parametrize(("who", "where"), [(NIGHT, ["telegram"]), ("telegram:4711", ["slack"]), (ADMIN, None)])
    def test_an_unlinking_is_told_on_those_that_are_left(self, linked, who, where):
        linked.write(lambda work: people.enrol_at(work, "Night Officer", "PK-FIA-CCW", Role.OFFICER, ["slack:T1/U7"]))
        done(linked, who, "desk unlink slack:T1/U7")

        heard = [("Night Officer", one) for one in where or ["slack", "telegram"]]
        assert told(linked, "account_unlinked") == heard

    def test_a_role_given_and_a_role_taken_are_told_on_all(self, linked):
        done(linked, ADMIN, 'desk person role "Night Officer" role:manager')
        done(linked, ADMIN, 'desk person role "Night Officer" role:officer end:yes')

        assert told(linked, "role_changed") == [("Night Officer", "slack"), ("Night Officer", "telegram")] * 2

    def test_somebody_new_hears_of_it_on_the_one_account_they_have(self, desk):
        done(desk, ADMIN, 'desk person add "Day Officer" role:officer account:telegram:4711')

        assert told(desk, "welcome") == [("Day Officer", "telegram")]
        assert told(desk, "role_changed") == [], "one word of welcome, not two"

    def test_somebody_without_an_account_hears_of_it_at_the_terminal(self, desk):
        done(desk, ADMIN, 'desk person add "Day Officer" role:officer')
        done(desk, ADMIN, 'desk person role "Day Officer" role:manager')

        assert told(desk, "role_changed") == [("Day Officer", "console")]


class TestRoles:
    def test_a_role_more_and_a_role_less(self, desk):
        done(desk, ADMIN, 'desk person role "Night Officer" role:manager')
        done(desk, ADMIN, 'desk person role "Night Officer" role:officer end:yes')

        assert "manager" in done(desk, NIGHT, "desk me")
        assert acts(desk, "person role")[-1]["before"]["roles"] == ["officer", "manager"]
        assert acts(desk, "person role")[-1]["after"]["roles"] == ["manager"]

    @pytest.mark.parametrize(
        ("line", "why"),
        [
            ('"Night Officer" role:officer', "is that already"),
            ('"Night Officer" role:manager end:yes', "is not that"),
            ('"Night Officer" role:officer end:yes', "has no other role there"),
        ],
    )
    def test_what_cannot_be_is_said_and_nothing_changes(self, desk, line, why):
        before = everybody(desk)

        assert why in refused(desk, ADMIN, f"desk person role {line}")
        assert everybody(desk) == before

    def test_the_last_administrator_stays_one(self, desk):
        done(desk, ADMIN, 'desk person role "Desk Admin" role:officer')

        assert "last administrator" in refused(desk, ADMIN, 'desk person role "Desk Admin" role:admin end:yes')

    def test_nobody_of_another_agency_is_found(self, desk):
        assert "Night Officer" not in refused(desk, OTHER_ADMIN, 'desk person role "Night" role:admin')


class TestHosting:
    LET_IN = 'desk person add "FBI Liaison" role:liaison for:US-FBI-LEGAT account:slack:T5/U5'

    @pytest.fixture
    def dealing(self, desk) -> Desk:
        for line in (
            'case open "Stolen accounts" category:hacking label:amber',
            'request receive 2 from:US-FBI-LEGAT as:POLICE-LIAISON data:bsi accounts:"@example" their:"LEGAT-12"',
        ):
            done(desk, NIGHT, line)
        return desk

    @pytest.fixture
    def hosting(self, dealing) -> Desk:
        done(dealing, ADMIN, self.LET_IN)
        return dealing

    def test_our_administrator_lets_the_liaison_of_an_authority_in_that_we_have_a_request_with(self, hosting):
        assert "CCW-2026-0002/1" in done(hosting, "slack:T5/U5", "request list")
        assert RED not in done(hosting, "slack:T5/U5", "case list")
        assert acts(hosting, "authority host")[0]["after"] == {"host": "PK-FIA-CCW"}

    def test_that_we_host_it_is_shown(self, hosting):
        assert "Kept by: PK-FIA-CCW" in done(hosting, OTHER_ADMIN, "desk authority US-FBI-LEGAT")
        assert "for US-FBI-LEGAT, which PK-FIA-CCW hosts" in done(hosting, NIGHT, "desk person")
        assert "kept by PK-FIA-CCW" in done(hosting, "slack:T5/U5", "desk person")

    def test_without_a_request_nobody_is_let_in(self, desk):
        said = refused(desk, ADMIN, self.LET_IN)

        assert "party to no request of PK-FIA-CCW" in said
        assert owner(desk, "slack:T5/U5") is None

    def test_a_host_lets_liaisons_in_and_nobody_else(self, dealing):
        assert "let its liaisons in" in refused(dealing, ADMIN, self.LET_IN.replace("role:liaison", "role:officer"))
        done(dealing, ADMIN, self.LET_IN)
        assert "let its liaisons in" in refused(dealing, ADMIN, 'desk person role "FBI Liaison" role:admin')

    def test_another_agency_lets_nobody_in_there_and_keeps_nobody_of_it(self, hosting):
        done(hosting, OTHER_ADMIN, 'desk person add "FIA Officer" role:officer account:telegram:8')
        done(hosting, "telegram:8", 'case open "Theirs" category:hacking label:amber')
        done(hosting, "telegram:8", "request receive 1 from:US-FBI-LEGAT as:POLICE-LIAISON data:bsi accounts:x")

        line = 'desk person add "Second Liaison" role:liaison for:US-FBI-LEGAT'
        assert "kept by PK-FIA-CCW" in refused(hosting, OTHER_ADMIN, line)
        for line in ('desk person link "FBI Liaison"', "desk unlink slack:T5/U5"):
            assert refused(hosting, OTHER_ADMIN, line)
        done(hosting, ADMIN, 'desk person add "Second Liaison" role:liaison for:US-FBI-LEGAT')

    def test_an_authority_with_an_administrator_of_its_own_is_nobodys_guest(self, dealing):
        enrol = ("FBI Admin", "US-FBI-LEGAT", Role.ADMIN, ["slack:T5/U6"])
        dealing.write(lambda work: people.enrol_at(work, *enrol))

        assert "kept by US-FBI-LEGAT" in refused(dealing, ADMIN, self.LET_IN)

    def test_from_then_on_the_host_keeps_nothing_of_it(self, hosting):
        enrol = ("FBI Admin", "US-FBI-LEGAT", Role.ADMIN, ["slack:T5/U6"])
        hosting.write(lambda work: people.enrol_at(work, *enrol))

        for line in (
            'desk person link "FBI Liaison"',
            "desk unlink slack:T5/U5",
            "desk authority retire US-FBI-LEGAT until:2026-12-31",
            "desk holiday add US-FBI-LEGAT 2026-05-05 name:Off",
        ):
            assert refused(hosting, ADMIN, line)
        assert "which PK-FIA-CCW hosts" not in done(hosting, NIGHT, "desk person")
        done(hosting, "slack:T5/U6", 'desk person add "FBI Liaison" role:liaison account:slack:T5/U5')
        done(hosting, "slack:T5/U6", "desk unlink slack:T5/U5")

    def test_the_host_links_and_unlinks_and_admits_as_a_guest(self, hosting):
        done(hosting, ADMIN, 'desk person add "Second Liaison" role:liaison for:US-FBI-LEGAT')
        code = code_in(done(hosting, ADMIN, 'desk person link "Second Liaison @ US-FBI-LEGAT"'))
        done(hosting, "telegram:55", f"desk link {code}")
        done(hosting, ADMIN, "desk unlink telegram:55")
        assert "CCW-2026-0002/1" not in words(hosting.types("slack:T5/U5", "request list", guest=True))
        done(hosting, ADMIN, 'desk person admit "FBI Liaison" account:slack:T5/U5')
        assert "CCW-2026-0002/1" in words(hosting.types("slack:T5/U5", "request list", guest=True))

    def test_the_host_says_when_a_liaison_has_left_and_nobody_else_does(self, hosting):
        assert refused(hosting, OTHER_ADMIN, 'desk person remove "FBI Liaison"')
        done(hosting, ADMIN, 'desk person remove "FBI Liaison"')
        assert refused(hosting, "slack:T5/U5", "request list")

    def test_whom_an_agency_lets_in_for_an_authority_reads_nothing_that_another_agency_wrote_to_it(self, hosting):
        """Or an administrator would read it as a liaison he made up."""
        hosting.write(lambda work: people.enrol_at(work, "FIA Officer", "PK-FIA", Role.OFFICER, ["telegram:8"]))
        done(hosting, "telegram:8", 'case open "Theirs" category:hacking label:amber')
        done(hosting, "telegram:8", "request receive 1 from:US-FBI-LEGAT as:POLICE-LIAISON data:bsi accounts:x")

        seen = done(hosting, "slack:T5/U5", "request list")
        assert "CCW-2026-0002/1" in seen
        assert "FIA-2026-0001" not in seen
        assert "No request" in refused(hosting, "slack:T5/U5", "request status FIA-2026-0001/1")
        enrol = ("FBI Admin", "US-FBI-LEGAT", Role.ADMIN, ["slack:T5/U6"])
        hosting.write(lambda work: people.enrol_at(work, *enrol))
        done(hosting, "slack:T5/U6", 'desk person add "FBI Liaison" role:liaison account:slack:T5/U5')
        assert "FIA-2026-0001/1" in done(hosting, "slack:T5/U5", "request list"), "its own administrator knows them"

    def test_a_namesake_of_ours_is_told_apart_by_the_code(self, hosting):
        done(hosting, ADMIN, 'desk person add "FBI Liaison" role:officer account:telegram:77')

        theirs = refused(hosting, ADMIN, 'desk person role "FBI Liaison @ US-FBI-LEGAT" role:liaison')
        assert "at US-FBI-LEGAT" in theirs
        ours = done(hosting, ADMIN, 'desk person role "FBI Liaison" role:manager')
        assert "at PK-FIA-CCW" in ours

    def test_a_liaison_of_theirs_leads_no_case_of_ours(self, hosting):
        assert refused(hosting, NIGHT, 'case assign 2 to:"FBI Liaison"')


class TestWhoKeepsAnAuthority:
    @pytest.mark.parametrize(
        ("account", "line", "why"),
        [
            (ADMIN, "desk authority retire PK-FIA until:2026-12-31", "kept by PK-FIA,"),
            (ADMIN, "desk authority retire PROV-META until:2026-12-31", "Nobody on this desk keeps PROV-META"),
            (ADMIN, "desk holiday add PK-FIA 2026-05-05 name:Off", "kept by PK-FIA,"),
            (ADMIN, "desk holiday add PROV-META 2026-05-05 name:Off", "Nobody on this desk keeps PROV-META"),
            ("slack:T4/U4", "desk holiday add PK 2026-05-05 name:Off", "kept by PK-FIA, PK-FIA-CCW,"),
        ],
    )
    def test_it_is_refused_with_who_does(self, desk, account, line, why):
        desk.write(lambda work: people.enrol_at(work, "DOJ Admin", "US-DOJ-OIA", Role.ADMIN, ["slack:T4/U4"]))

        assert why in refused(desk, account, line)

    @pytest.mark.parametrize(
        "line",
        [
            "desk authority retire PK-FIA-CCW until:2026-12-31",
            "desk holiday add PK-FIA-CCW 2026-05-05 name:Off",
            "desk holiday add PK 2026-05-05 name:Off",
            "desk holiday add US 2026-05-05 name:Off",
        ],
    )
    def test_their_own_their_countrys_and_that_of_a_country_without_administrators(self, desk, line):
        done(desk, ADMIN, line)

    def test_what_an_agency_added_itself_and_nobody_keeps(self, desk):
        done(desk, ADMIN, "desk authority add FR-PREF Prefecture country:FR zone:Europe/Paris")

        assert "Nobody" in refused(desk, OTHER_ADMIN, "desk authority retire FR-PREF until:2026-12-31")
        done(desk, ADMIN, "desk authority retire FR-PREF until:2026-12-31")


class TestTerminal:
    @pytest.fixture
    def namesakes(self, desk) -> Desk:
        done(desk, OTHER_ADMIN, FORGERY)
        return desk

    def test_a_name_that_one_person_has_is_enough(self, desk):
        assert "Night Officer" in desk.heard("night officer", "desk me")

    def test_a_name_that_several_have_is_refused_with_what_to_type(self, namesakes):
        said = namesakes.refused("Night Officer", "case list")

        assert "Night Officer @ PK-FIA-CCW" in said
        assert "Night Officer @ PK-FIA " in said
        assert RED not in said

    @pytest.mark.parametrize(("code", "sees"), [("PK-FIA-CCW", True), ("pk-fia", False)])
    def test_with_the_agency_it_is_that_one(self, namesakes, code, sees):
        said = namesakes.heard(f"Night Officer @ {code}", "case list")
        assert ("NOTHING WAITS · The minister" in said) is sees, "a row of a list cuts a long title"
        assert ("CCW-2026-0001" in said) is sees

    def test_what_is_said_at_a_terminal_is_said_to_that_one(self, namesakes):
        def places(work):
            named = records.people(work, name="Night Officer")
            return {records.terminal_name(one): records.at_terminal(work, records.terminal_name(one)) for one in named}

        found = namesakes.read(places)
        assert [len(one) for one in found.values()] == [1, 1]
        assert sorted(found) == ["Night Officer @ PK-FIA", "Night Officer @ PK-FIA-CCW"]


class TestVia:
    def test_every_line_says_by_which_account_it_came_and_history_says_the_platform(self, desk):
        done(desk, NIGHT, 'case open "Fake shop" category:fraud label:green')
        done(desk, NIGHT, "case note 2 seen")
        desk.heard("Night Officer", 'case note 2 "once more"')

        account = desk.read(lambda work: work.session.scalar(select(Account.id).where(Account.external_id == "T1/U1")))
        assert [line["via"] for line in acts(desk, "case note")] == [f"slack:A{account}", "console"]
        said = done(desk, NIGHT, "case history 2")
        assert "case note · terminal Night Officer" in said
        assert "case note · Slack Night Officer" in said
        assert "case note · Slack T1/U1 Night Officer" in done(desk, NIGHT, "case history 2 whole:yes")

    def test_a_code_from_a_new_account_is_signed_by_it(self, desk):
        done(desk, "telegram:4711", f"desk link {code_in(done(desk, NIGHT, 'desk link'))}")

        row = desk.read(lambda work: work.session.scalar(select(Account.id).where(Account.external_id == "4711")))
        assert acts(desk, "account link")[-1]["via"] == f"telegram:A{row}"

    def test_what_nobody_typed_says_nothing_and_lines_of_before_still_verify(self, desk):
        desk.write(lambda work: work.audit("old line", "CCW-2026-0001"))

        assert "via" not in acts(desk, "old line")[0]
        assert desk.read(lambda work: chain.verify(work.session)).bad_n is None
        assert "old line desk · " in done(desk, NIGHT, "case history 1")


class TestAdministratorsReach:
    """What an administrator may do for somebody does not make them that somebody."""

    def test_the_code_of_somebody_who_has_an_account_goes_to_them_and_not_to_the_administrator(self, desk):
        said = done(desk, ADMIN, 'desk person link "Night Officer"')

        assert not re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}", said)
        assert "was asked" in said
        assert told(desk, "link_asked") == [("Night Officer", "slack")]
        assert [one["after"] for one in acts(desk, "account link asked")] == [{"by": f"P{owner(desk, ADMIN)}"}]
        assert desk.read(lambda work: list(work.session.scalars(select(LinkCode)))) == []
        done(desk, "telegram:4711", f"desk link {code_in(done(desk, NIGHT, 'desk link'))}")
        assert owner(desk, "telegram:4711") == owner(desk, NIGHT)

    def test_a_code_for_somebody_without_an_account_is_void_once_they_have_one(self, desk):
        done(desk, ADMIN, 'desk person add "Day Officer" role:officer')
        code = code_in(done(desk, ADMIN, 'desk person link "Day Officer"'))
        desk.write(lambda work: people.enrol_at(work, "Day Officer", "PK-FIA-CCW", Role.OFFICER, ["slack:T1/U8"]))

        assert "does not work" in words(desk.types(THIEF, f"desk link {code}"))
        assert owner(desk, THIEF) is None

    def test_an_administrator_asks_for_a_code_of_their_own_by_name_too(self, desk):
        code = code_in(done(desk, ADMIN, 'desk person link "Desk Admin"'))
        done(desk, THIEF, f"desk link {code}")

        assert owner(desk, THIEF) == owner(desk, ADMIN)

    def test_a_promotion_does_not_hand_the_accounts_to_another_agency(self, desk):
        code = code_in(done(desk, OTHER_ADMIN, "desk person invite role:auditor"))
        desk.clock.move(hours=1)
        done(desk, NIGHT, f"desk join {code}")
        desk.clock.move(hours=1)
        done(desk, ADMIN, 'desk person role "Night Officer" role:manager')
        desk.clock.move(hours=1)
        done(desk, ADMIN, 'desk person role "Night Officer" role:officer end:yes')

        assert "kept by PK-FIA-CCW" in refused(desk, OTHER_ADMIN, 'desk person link "Night Officer"')
        assert "No account" in refused(desk, OTHER_ADMIN, f"desk unlink {NIGHT}")
        done(desk, ADMIN, 'desk person link "Night Officer"')

    @pytest.mark.parametrize(
        ("rows", "since"),
        [
            ([(None, None)], None),
            ([(3, None)], 3),
            ([(0, 5), (3, None)], 0),
            ([(0, 3), (3, None)], 0),
            ([(0, 2), (3, None)], 3),
            ([(0, 2), (1, 4), (3, None)], 0),
            ([(None, 4), (3, None)], None),
            ([(0, 9), (5, 7), (8, None)], 0),
            ([(3, None), (1, None)], 1),
        ],
    )
    def test_somebody_is_there_since_the_last_gap(self, rows, since):
        def at(day):
            return None if day is None else datetime(2026, 3, 1 + day, tzinfo=UTC)

        held = [Membership(added_at=at(start), ended_at=at(end)) for start, end in rows]
        assert records.there_since(held) == (at(since) or records.LONG_AGO)

    def test_whom_a_host_let_in_leaves_with_the_hosting_and_may_be_let_in_again(self, desk):
        for line in (
            'case open "Stolen accounts" category:hacking label:amber',
            'request receive 2 from:US-FBI-LEGAT as:POLICE-LIAISON data:bsi accounts:"@example" their:"LEGAT-12"',
        ):
            done(desk, NIGHT, line)
        done(desk, ADMIN, TestHosting.LET_IN)
        for name, role, account in (("Own Liaison", Role.LIAISON, "slack:T5/U7"), ("Chief", Role.ADMIN, "slack:T5/U6")):
            who = (name, "US-FBI-LEGAT", role, [account])
            desk.write(lambda work, who=who: people.enrol_at(work, *who))

        assert refused(desk, "slack:T5/U5", "request list")
        assert "CCW-2026-0002/1" in done(desk, "slack:T5/U7", "request list")
        assert told(desk, "role_changed")[-1] == ("FBI Liaison", "slack")
        ended = acts(desk, "person role")[-1]
        assert (ended["before"]["roles"], ended["after"]["roles"]) == (["liaison"], [])
        done(desk, "slack:T5/U6", 'desk person add "FBI Liaison" role:liaison account:slack:T5/U5')
        assert "CCW-2026-0002/1" in done(desk, "slack:T5/U5", "request list")

    def test_whom_one_host_let_in_reads_nothing_of_the_next_host(self, desk):
        desk.write(lambda work: people.enrol_at(work, "Other Officer", "PK-FIA", Role.OFFICER, ["slack:T9/U7"]))
        received = "request receive {} from:US-FBI-LEGAT as:POLICE-LIAISON data:bsi accounts:x"
        for account, number in ((NIGHT, 2), ("slack:T9/U7", 1)):
            done(desk, account, 'case open "Stolen accounts" category:hacking label:amber')
            done(desk, account, received.format(number))
        done(desk, ADMIN, TestHosting.LET_IN)

        def nobody_left(work):
            for row in work.session.scalars(select(Membership).where(Membership.role == Role.ADMIN)):
                if row.authority.code == "PK-FIA-CCW":
                    row.ended_at = work.now

        desk.write(nobody_left)
        done(desk, OTHER_ADMIN, 'desk person add "Second Liaison" role:liaison for:US-FBI-LEGAT')

        assert refused(desk, "slack:T5/U5", "request list")

    def test_a_code_begun_on_an_account_dies_with_it(self, desk):
        done(desk, "telegram:13", f"desk link {code_in(done(desk, ADMIN, 'desk link'))}")
        own = code_in(done(desk, "telegram:13", "desk link"))
        invitation = code_in(done(desk, "telegram:13", "desk person invite role:admin"))
        done(desk, ADMIN, "desk unlink telegram:13")

        assert "does not work" in words(desk.types(THIEF, f"desk link {own}"))
        assert "does not work" in words(desk.types(OTHER_ADMIN, f"desk join {invitation}"))
        assert owner(desk, THIEF) is None

    def test_a_draft_is_no_reason_to_let_anybody_in(self, desk):
        done(desk, NIGHT, 'case open "Stolen accounts" category:hacking label:amber')
        filed = 'as:POLICE-LIAISON data:bsi accounts:a reason:x basis:"police message" offence:"s 20" despite:x'
        done(desk, NIGHT, f"request file 2 to:US-FBI-LEGAT {filed}")

        assert "party to no request" in refused(desk, ADMIN, TestHosting.LET_IN)
        done(desk, NIGHT, "request sent 2/1")
        done(desk, ADMIN, TestHosting.LET_IN)

    @pytest.mark.parametrize("spelled", ["{}", "{} again:yes", "{} too-much", "{0} {0}"])
    def test_of_a_refused_invitation_nothing_stands_on_record(self, desk, spelled):
        code = code_in(done(desk, ADMIN, "desk person invite role:officer"))
        refused(desk, NIGHT, "desk join " + spelled.format(code))
        refused(desk, THIEF, f"desk join {code}")

        kept = desk.read(
            lambda work: [
                tuple(row)
                for table in ("inbox", "audit_text", "audit", "outbox")
                for row in work.session.execute(text(f"select * from {table}"))  # noqa: S608 - names of tables above
            ]
        )
        assert code not in str(kept)
        assert "You are officer" in done(desk, OTHER_ADMIN, f"desk join {code}"), "it was not used up"

    def test_a_refused_invitation_that_is_delivered_again_is_answered_and_says_no_code(self, desk):
        code = code_in(done(desk, ADMIN, "desk person invite role:officer"))
        line = Inbound("slack", "once", "T1/U1", f"desk join {code}")
        first, again = (words(asyncio.run(desk.dispatch.receive(line))) for _ in range(2))

        assert "belong to PK-FIA-CCW already" in first
        assert "belong to PK-FIA-CCW already" in again
        assert code not in again

    @pytest.mark.parametrize("name", ["Night Officer @ PK-FIA-CCW", "Night Officer ＠ PK-FIA-CCW", "@ PK-FIA-CCW"])  # noqa: RUF001 - a wide at
    def test_no_name_reads_as_that_of_somebody_of_an_agency(self, desk, name):
        before = everybody(desk)

        assert "@" in refused(desk, OTHER_ADMIN, f'desk person add "{name}" role:officer')
        assert "@" in refused(desk, OTHER_ADMIN, f'desk person add "Day Officer" as:"{name}" role:officer')
        with pytest.raises(BadValue):
            desk.write(lambda work: people.enrol_at(work, name, "PK-FIA", Role.OFFICER, []))
        assert everybody(desk) == before
