"""What an outbox row comes to when it is sent, and what administrators see of what could not be: by commands."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.adapters.contract import Inbound
from bot.adapters.outcome import Refused
from handlers import outgoing
from handlers.kit import opening
from handlers.outgoing import COMPOSERS, Composed, Dropped, Elsewhere
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.messages import cards, heartbeat, recipients, sending
from storage.models import AuditLine, Case, OutboxRow
from storage.record.sights import Sights
from tests.fakes import FakeChat
from tests.office import SECONDS, Nudge, Office


@pytest.fixture
def office(sqlite_store, clock):
    return Office(sqlite_store, clock)


@pytest.fixture
def slack():
    return FakeChat("slack")


def compose(office):
    """What the only row that is due comes to; it is then out of the way."""
    [row] = office.do(lambda work: sending.claim(work, "slack", limit=9))
    office.do(lambda work: sending.sent(work, row))
    return office.store.read(lambda work: outgoing.compose(work, row)).result(SECONDS)


class TestCompose:
    def test_it_is_said_in_the_readers_zone_and_language_where_they_are(self, office):
        office.say(office.person("Reader", named=True), "news")
        found = compose(office)
        assert isinstance(found, Composed)
        assert (found.zone, found.language, found.label) == ("Asia/Karachi", "en", Label.AMBER)
        assert (found.place.platform, found.place.account) == ("slack", "READER")
        [said] = found.said
        assert (said.notice, said.fields["text"]) == ("case_noted", "news")

    def test_the_closer_of_the_two_labels_counts(self, office):
        office.say(office.person("Reader", named=True), label=Label.CLEAR)
        assert compose(office).label is Label.AMBER

    def test_a_person_of_two_agencies_reads_as_of_the_one_that_sees_it(self, office):
        reader = office.person("Reader", of="PK-NCCIA")
        office.say(reader)
        assert isinstance(compose(office), Dropped)
        office.do(lambda work: office.join(work, reader, "PK-FIA-CCW"))
        office.say(reader, "again")
        assert isinstance(compose(office), Composed)

    def test_a_composer_speaks_with_the_rights_of_the_reader_and_may_have_nothing_to_say(self, office, monkeypatch):
        seen = []

        def composer(turn, row):
            seen.append((turn.actor.person.name, turn.actor.agency.code, row.subject, turn.room))

        monkeypatch.setitem(COMPOSERS, "nudge", composer)
        office.say(office.person("Reader", named=True), notice=Nudge())
        assert isinstance(compose(office), Dropped)
        assert seen == [("Reader", "PK-FIA-CCW", office.ref, None)]

    def test_what_a_composer_shows_is_held_to_the_ceiling_of_the_room(self, office, monkeypatch):
        monkeypatch.setitem(COMPOSERS, "nudge", COMPOSERS[cards.EDIT])
        office.say(office.room("Desk Room", ceiling=Label.GREEN), notice=Nudge(), label=Label.CLEAR)
        assert compose(office) == Dropped("TLP:AMBER is above the room's ceiling")

    def test_who_is_nowhere_on_that_platform_is_looked_for_elsewhere(self, office):
        office.say(office.person("Reader", "telegram", named=True), platform="slack")
        assert compose(office) == Elsewhere("telegram")

    def test_a_card_in_a_room_keeps_what_the_parties_wrote(self, office):
        office.say(office.room("Desk Room"), notice=Nudge())
        [row] = office.do(lambda work: sending.claim(work, "slack", limit=9))

        row = replace(row, notice=cards.EDIT)

        def read(work):
            [viewer] = recipients.viewers(room := recipients.find(work, row.recipient))
            turn = opening.of_reader(work, room, viewer)
            return outgoing._shown(turn, Sights(work), viewer, row, COMPOSERS[cards.EDIT](turn, row))

        [said] = office.store.read(read).result(SECONDS).said
        request = said.fields["request"]
        assert (request["accounts"], request["basis"], request["line"]["status"]) == ([], "", "sent")


class TestDeadLetters:
    @pytest.fixture
    def dead(self, office, slack):
        """One letter that could not be delivered, and an administrator."""
        office.person("Admin", "console", role=Role.ADMIN)
        row = office.say(office.person("Reader", named=True), "a secret word")
        slack.next(Refused("account_inactive"))
        office.deliver(slack)
        return row

    def test_they_are_listed_without_their_text(self, office, dead):
        shown = office.types("Admin", "desk dead")
        for part in (str(dead), "Case noted", "Reader", "account inactive"):
            assert part in shown
        assert "secret word" not in shown
        assert office.ref not in shown, "an administrator does not see cases"

    def test_the_reference_is_shown_to_who_may_see_the_record(self, office, dead):
        del dead
        office.do(lambda work: office.join(work, office.people["Admin"], "PK-FIA-CCW", Role.OFFICER))
        assert office.ref in office.types("Admin", "desk dead")

    def test_those_of_another_agency_are_not(self, office, dead):
        del dead
        office.person("Elsewhere", "console", role=Role.ADMIN, of="PK-NCCIA")
        assert "Everything was said" in office.types("Elsewhere", "desk dead")

    @pytest.mark.parametrize("which", ["all", "ALL", "{}"])
    def test_they_are_tried_again_and_who_said_so_is_on_record(self, office, slack, dead, which):
        office.types("Admin", f"desk retry {which.format(dead)}")
        office.deliver(slack)
        assert (len(slack.posts), office.row(dead).state) == (1, "sent")
        lines = select(AuditLine).where(AuditLine.act == "delivery retry")
        [line] = office.store.read(lambda work: list(work.session.scalars(lines))).result(SECONDS)
        assert (line.ref, line.actor) == (f"outbox:{dead}", f"P{office.people['Admin'].number}")

    @pytest.mark.parametrize("which", ["99", "x", "-1"])
    def test_a_number_that_is_none_of_them_changes_nothing(self, office, dead, which):
        answer = office.hears(Inbound("console", "k", "Admin", f"desk retry {which}"))
        assert answer.refused
        assert office.row(dead).state == "dead"

    def test_they_are_for_administrators(self, office, dead):
        answer = office.hears(Inbound("console", "k", "Officer", "desk retry all"))
        assert (answer.refused, office.row(dead).state) == (True, "dead")


class TestHealth:
    def test_it_says_what_is_wrong_where_and_since_when(self, office):
        office.person("Admin", "console", role=Role.ADMIN)
        assert "The desk is well" in office.types("Admin", "desk health")
        office.say(office.person("Reader", named=True))
        office.do(lambda work: heartbeat.halt(work, "slack"))
        office.clock.move(minutes=3)
        shown = office.types("Admin", "desk health")
        for part in ("not well", "Slack shuts us out", "Messages to Slack are late", "since 2 Mar 2026, 11:00 PKT"):
            assert part in shown

    @pytest.mark.parametrize(
        ("columns", "says"),
        [
            ({"state": "dead"}, "was given up"),
            ({"attempts": 7, "not_before": "later"}, "are late"),
            ({"not_before": "earlier"}, "are late"),
        ],
    )
    def test_it_is_never_well_beside_a_backlog_or_something_given_up(self, office, columns, says):
        office.person("Admin", "console", role=Role.ADMIN)
        row = office.say(office.person("Reader", named=True))
        moments = {"later": timedelta(minutes=4), "earlier": -timedelta(minutes=3)}
        values = {name: office.clock.now() + moments[one] if one in moments else one for name, one in columns.items()}

        def change(work):
            for name, value in values.items():
                setattr(work.session.get_one(OutboxRow, row), name, value)

        office.do(change)
        shown = office.types("Admin", "desk health")
        assert "is not well" in shown
        assert says in shown

    def test_what_was_given_up_is_let_go_and_the_desk_is_well(self, office):
        office.person("Admin", "console", role=Role.ADMIN)
        row = office.say(office.person("Reader", named=True))
        office.do(lambda work: setattr(work.session.get_one(OutboxRow, row), "state", "dead"))
        office.types("Admin", f"desk let-go {row}")
        assert office.row(row).state == "dropped"
        assert "The desk is well" in office.types("Admin", "desk health")

    @pytest.mark.parametrize("sign", [heartbeat.down, heartbeat.halt])
    def test_nor_beside_a_platform_that_fails(self, office, sign):
        office.person("Admin", "console", role=Role.ADMIN)
        office.do(lambda work: sign(work, "telegram"))
        assert "Telegram" in office.types("Admin", "desk health")
        assert heartbeat.troubles(office.store.read(heartbeat.read).result(SECONDS))


def test_nobody_is_left_to_tell(office, slack):
    """The case is red, its lead cannot be reached, there is no administrator: it is dead, listed, and no more."""
    office.do(lambda work: setattr(work.session.scalars(select(Case)).one(), "label", Label.RED))
    office.say(office.person("Reader", named=True))
    office.do(lambda work: setattr(work.session.scalars(select(Case)).one().opener, "active", False))
    slack.next(Refused("account_inactive"))
    office.deliver(slack)
    assert office.states() == ["dead"]
