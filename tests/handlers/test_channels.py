"""Rooms: who may let the desk into one, what it then says there and when, and how it leaves."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.models import AuditLine, Channel, Recipient
from tests import factories
from tests.spoken import Desk

HERE = "desk channel here for:PK-FIA-CCW"


@pytest.fixture
def desk(sqlite_store, clock) -> Desk:
    return Desk.of(
        sqlite_store,
        clock,
        ("Mona", Role.MANAGER),
        ("Adil", Role.ADMIN),
        ("Omar", Role.OFFICER),
        ("Lena", Role.MANAGER, "PK-NCCIA"),
    )


def room(desk: Desk, name: str = "ops", thread: str = "") -> Channel:
    query = select(Channel).filter_by(platform="console", external_id=name, thread=thread)
    return desk.read(lambda work: work.session.scalars(query).one())


def in_room(desk: Desk, name: str = "ops") -> Recipient:
    return Recipient.channel(room(desk, name).id)


class TestHere:
    def test_what_is_not_said_is_amber_the_zone_of_the_authority_and_nine_in_the_morning(self, desk):
        said = desk.heard("Mona", HERE, room="ops")
        found = room(desk)
        assert (found.ceiling, found.zone, found.digest_at) == (Label.AMBER, "Asia/Karachi", "09:00")
        assert (found.summary, found.quiet_from, found.host_id) == (None, None, None)
        assert found.next_digest_at == datetime(2026, 3, 3, 4, tzinfo=UTC)  # 11:00 on Monday: tomorrow at nine
        assert found.next_summary_at is None
        assert "The desk now speaks here for PK-FIA-CCW" in said
        assert "3 Mar 2026, 09:00 PKT" in said

    def test_everything_said_is_kept(self, desk):
        line = f"{HERE} label:green zone:Europe/London digest:7:30am summary:mon@08:30 quiet:20:00-08:00"
        desk.heard("Mona", line, room="ops", thread="17")
        found = room(desk, thread="17")
        assert (found.ceiling, found.zone, found.digest_at) == (Label.GREEN, "Europe/London", "07:30")
        assert (found.summary, found.quiet_from, found.quiet_until) == ("mon@08:30", "20:00", "08:00")
        assert found.next_digest_at == datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
        assert found.next_summary_at == datetime(2026, 3, 2, 8, 30, tzinfo=UTC)

    def test_asked_again_only_what_is_named_changes(self, desk):
        desk.heard("Mona", f"{HERE} label:green summary:mon@08:30 quiet:20:00-08:00", room="ops")
        said = desk.heard("Mona", f"{HERE} digest:10:00 quiet:off", room="ops")
        found = room(desk)
        assert (found.ceiling, found.summary, found.digest_at) == (Label.GREEN, "mon@08:30", "10:00")
        assert (found.quiet_from, found.quiet_until) == (None, None)
        assert found.next_digest_at == datetime(2026, 3, 3, 5, tzinfo=UTC)
        assert "Changed" in said

    def test_the_first_digest_waits_for_a_working_day_of_the_authority(self, desk, clock):
        clock.move_to(datetime(2026, 3, 6, 10, tzinfo=UTC))  # Friday afternoon in Islamabad
        desk.heard("Mona", HERE, room="ops")
        assert room(desk).next_digest_at == datetime(2026, 3, 9, 4, tzinfo=UTC)

    def test_every_change_is_on_record_with_who_and_what_it_was_before(self, desk):
        desk.heard("Mona", HERE, room="ops")
        desk.heard("Mona", f"{HERE} label:green", room="ops")
        query = select(AuditLine).where(AuditLine.act == "channel here").order_by(AuditLine.n)
        first, second = desk.read(lambda work: list(work.session.scalars(query)))
        assert first.ref == second.ref == f"channel:{room(desk).id}"
        assert '"before":null' in first.facts
        assert '"label":"TLP:AMBER"' in second.facts
        assert '"label":"TLP:GREEN"' in second.facts

    def test_between_a_person_and_the_desk_alone_it_says_where_to_type_it(self, desk):
        said = desk.refused("Mona", HERE)
        assert "this is no room" in said
        assert "type it in the room that is meant" in said

    @pytest.mark.parametrize(
        ("typed", "why"),
        [
            ("label:red", "goes to named people only, never to a room"),
            ("digest:nine", "is not a time of day"),
            ("digest:25:00", "has an impossible time"),
            ("summary:someday@08:30", "does not begin with a day of the week"),
            ("summary:mon", "is not a time of day"),
            ("quiet:20:00", "is not a pair of times"),
            ("quiet:20:00-20:00", "is the whole day"),
            ("zone:Asia/Nowhere", "Asia/Nowhere"),
        ],
    )
    def test_what_no_room_can_have_is_refused_in_words(self, desk, typed, why):
        assert why in desk.refused("Mona", f"{HERE} {typed}", room="ops")
        assert desk.read(lambda work: work.session.scalars(select(Channel)).all()) == []


class TestWhoMay:
    def test_an_officer_may_not(self, desk):
        said = desk.refused("Omar", HERE, room="ops")
        assert "manager" in said
        assert "Mona" in said  # somebody who may

    def test_a_manager_speaks_for_their_own_agency_only(self, desk):
        assert "admin" in desk.refused("Mona", "desk channel here for:PROV-META", room="ops")

    def test_an_administrator_may_not_let_in_whom_nobody_asked_anything(self, desk):
        said = desk.refused("Adil", "desk channel here for:PROV-META", room="ops")
        assert "PROV-META is party to no request of PK-FIA-CCW" in said

    def test_an_administrator_lets_in_a_party_to_their_requests(self, desk):
        desk.write(lambda work: factories.request(work, to="PROV-META", sent_on=work.now.date()))
        said = desk.heard("Adil", "desk channel here for:PROV-META", room="shared")
        found = room(desk, "shared")
        assert found.zone == "America/Los_Angeles"
        assert "Let in by: PK-FIA-CCW" in said

    def test_amber_strict_never_goes_to_the_room_of_another_authority(self, desk):
        desk.write(lambda work: factories.request(work, to="PROV-META", sent_on=work.now.date()))
        said = desk.refused("Adil", "desk channel here for:PROV-META label:amber+strict", room="shared")
        assert "stays in the agency" in said
        assert "closest" not in desk.heard("Mona", f"{HERE} label:amber+strict", room="ops")

    def test_a_room_is_not_taken_over_from_another_agency(self, desk):
        desk.heard("Lena", "desk channel here for:PK-NCCIA", room="theirs")
        assert "kept by another agency" in desk.refused("Mona", HERE, room="theirs")
        assert "kept by another agency" in desk.refused("Mona", "desk channel leave", room="theirs")
        assert "for PK-NCCIA" in desk.heard("Lena", "desk channel show", room="theirs")

    def test_a_room_let_in_by_one_agency_hears_nothing_of_anothers_cases(self, desk, clock):
        def file(work):
            for code in ("PK-FIA-CCW", "PK-NCCIA"):
                owner = factories.agency(work, code)
                case = factories.case(work, of=owner, title=f"Case of {code}")
                factories.request(work, of=case, to="PROV-META", status="sent")

        desk.write(file)
        desk.heard("Adil", "desk channel here for:PROV-META", room="shared")
        clock.move(days=400)
        desk.tick()
        clock.move(days=4)
        desk.tick()
        told = " ".join(spoken.text for spoken in desk.deliver() if spoken.recipient == in_room(desk, "shared"))
        assert "Case of PK-FIA-CCW" in told
        assert "Case of PK-NCCIA" not in told


class TestListShowLeave:
    def test_the_list_names_own_rooms_and_those_let_in(self, desk):
        desk.write(lambda work: factories.request(work, to="PROV-META", sent_on=work.now.date()))
        desk.heard("Mona", HERE, room="ops")
        desk.heard("Adil", "desk channel here for:PROV-META", room="shared")
        desk.heard("Lena", "desk channel here for:PK-NCCIA", room="theirs")
        said = desk.heard("Mona", "desk channel list")
        assert "Rooms of PK-FIA-CCW: 2" in said
        assert "ops (Console)" in said
        assert "shared (Console)" in said
        assert "theirs" not in said

    def test_an_agency_without_rooms_is_told_how_to_have_one(self, desk):
        assert "desk channel here for:PK-FIA-CCW" in desk.heard("Mona", "desk channel list")

    def test_anybody_in_the_room_sees_what_is_said_there(self, desk):
        desk.heard("Mona", f"{HERE} quiet:20:00-08:00", room="ops")
        said = desk.heard("Omar", "desk channel show", room="ops")
        assert "Quiet: 20:00-08:00" in said

    def test_a_room_the_desk_was_never_asked_into_says_how(self, desk):
        assert "desk channel here for:PK-FIA-CCW" in desk.refused("Omar", "desk channel show", room="elsewhere")

    def test_left_it_is_silent_what_waits_is_dropped_and_the_room_can_be_asked_again(self, desk, clock):
        desk.heard("Mona", HERE, room="ops")
        desk.write(lambda work: factories.request(work, status="sent", on=datetime(2026, 3, 2, tzinfo=UTC).date()))
        clock.move(days=400)
        desk.tick()
        assert [row for row in desk.outbox(state="pending") if row.recipient == in_room(desk)]
        desk.heard("Mona", "desk channel leave", room="ops")
        found = room(desk)
        assert (found.next_digest_at, found.next_summary_at) == (None, None)
        assert [row for row in desk.outbox(state="pending") if row.recipient == in_room(desk)] == []
        clock.move(days=60)
        desk.tick()
        assert [spoken for spoken in desk.deliver() if spoken.recipient == in_room(desk)] == []
        desk.heard("Mona", f"{HERE} label:green", room="ops")
        assert room(desk).id == found.id
        assert room(desk).next_digest_at - clock.now() < timedelta(days=8)
