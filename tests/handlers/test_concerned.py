"""Who hears of what happens to a request: every move walked, at every label, and who on the other side is told of it.

What they read of it is decided when it is said, and tried here with the eyes of whoever reads.
"""

from collections.abc import Iterable

import pytest
from sqlalchemy import select

from bot.adapters.contract import Inbound
from handlers.kit import permissions
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.messages import cards
from storage.models import Authority, Case, OutboxRow, Participant, Recipient, Request
from storage.rules.lifecycle import MOVES, Status
from tests import factories
from tests.fakes import FakeChat
from tests.office import Office

PARTY = "US-FBI-LEGAT"
SENT = Status.SENT
LINES = {
    "approve": (Status.APPROVAL, "request approve {ref}"),
    "sent": (Status.DRAFT, "request sent {ref}"),
    "acknowledge": (SENT, "request acknowledge {ref}"),
    "clarify": (SENT, 'request clarify {ref} asks:"which months?" on:today'),
    "supplement": (Status.CLARIFICATION, 'request supplement {ref} answer:"all of them"'),
    "part": (SENT, "request produced {ref} part:bsi"),
    "produced": (SENT, "request produced {ref}"),
    "not-held": (SENT, "request not-held {ref}"),
    "refused": (SENT, "request refused {ref} because:overbroad"),
    "withdraw": (SENT, "request withdraw {ref}"),
    "transfer": (
        SENT,
        'request transfer {ref} to:US-DOJ-OIA as:POLICE-LIAISON basis:"message 9" reason:fraud despite:"no way"',
    ),
    "reopen": (Status.PRODUCED, 'request reopen {ref} because:"of another account"'),
    "undo": (Status.ACKNOWLEDGED, 'request undo {ref} because:"it never went out"'),
    "correct": (SENT, "request correct {ref} their:OIA-8"),
    "extend": (SENT, 'request extend {ref} days:3 reason:"they are slow"'),
}
"""{word: where it starts from, and the line}."""
OURS = {
    "snooze": (SENT, 'request snooze {ref} until:+3d reason:"a holiday"'),
    "note": (SENT, 'case note {case} "They will say no"'),
    "withdraw a draft": (Status.DRAFT, "request withdraw {ref}"),
}
OUTSIDE = (Label.CLEAR, Label.GREEN, Label.AMBER)  # what may leave the agency


class Desk(Office):
    others = (("Liaison", "slack", Role.LIAISON, PARTY), ("Second", "console", Role.OFFICER))


@pytest.fixture
def office(sqlite_store, clock) -> Office:
    return Desk(sqlite_store, clock)


def filed(office: Office, label: Label, status: Status, **columns: object) -> str:
    """A request to the party, in a state; its reference."""

    def make(work) -> str:
        officer = factories.person(work)
        case = factories.case(work, opener=officer, label=label)
        case.lead_id = office.people["Second"].number
        row = factories.request(
            work, of=case, to=PARTY, instrument="POLICE-LIAISON", status=status, filer=officer, **columns
        )
        row.data = ["bsi", "ip_logs"]
        row.fields = {"offence": "fraud"}
        work.session.flush()
        return row.ref

    return office.do(make)


def told(office: Office, recipients: Iterable[Recipient], ref: str) -> list[str]:
    """What is queued for these about a record or its case."""
    query = select(OutboxRow).where(OutboxRow.recipient.in_(recipients), OutboxRow.notice.not_in(cards.EDITS))
    rows = office.do(lambda work: list(work.session.scalars(query.order_by(OutboxRow.id))))
    return [row.notice for row in rows if row.subject in (ref, ref.partition("/")[0])]


def types(office: Office, line: str, ref: str, name: str = "Second") -> str:
    return office.types(name, line.format(ref=ref, case=ref.partition("/")[0]))


def test_every_move_and_whatever_both_sides_know_of_is_walked():
    assert set(LINES) >= {*MOVES, *permissions.WORDS_EXCHANGED}


@pytest.mark.parametrize("word", LINES)
def test_the_other_side_is_told_of_what_was_exchanged_and_where_the_label_lets_it_leave(office, word):
    status, line = LINES[word]
    room = office.room("Party Room", of=PARTY)
    for label in Label:
        ref = filed(office, label, status)
        types(office, line, ref)
        known = label in OUTSIDE and f"request {word}" in permissions.EXCHANGED
        assert bool(told(office, [office.people["Liaison"]], ref)) is known, label
        assert bool(told(office, [room], ref)) is (known and word == "sent"), (
            label
        )  # what follows stands under its card


@pytest.mark.parametrize("word", OURS)
def test_the_other_side_is_not_told_of_what_is_only_ours(office, word):
    status, line = OURS[word]
    ref = filed(office, Label.AMBER, status)
    types(office, line, ref)
    assert told(office, [office.people["Liaison"]], ref) == []


def test_they_read_it_from_their_side_with_their_acts_in_private_and_in_their_room(office):
    slack = FakeChat("slack")
    office.room("Party Room", of=PARTY)
    ref = filed(office, Label.AMBER, Status.DRAFT, reason="letters in the name of the tax office")
    types(office, "request sent {ref}", ref)
    office.deliver(slack)
    alone, room = sorted(slack.posts, key=lambda post: post.place == "PARTY-ROOM")
    for post in (alone, room):
        assert "PK-FIA-CCW asks you" in post.text
        assert "You owe PK-FIA-CCW an answer" in post.text
        for act in ("acknowledge", "clarify", "produced", "not-held", "refused"):
            assert f"request {act} {ref}" in post.text
        assert "Second" not in post.text
    assert ["letters in the name" in post.text for post in (alone, room)] == [True, False]
    types(office, 'request extend {ref} days:3 reason:"they are slow"', ref)
    types(office, 'request withdraw {ref} because:"it is settled"', ref)
    office.deliver(slack)
    under = [post for post in slack.posts if post.under == room.message_id]
    assert ["MORE TIME" in under[0].text, "CLOSED, withdrawn" in under[1].text] == [True, True]
    assert "they are slow" not in "".join(post.text for post in slack.posts)


def test_what_was_said_to_it_before_it_was_read_is_in_the_card(office):
    slack = FakeChat("slack")
    office.room("Party Room", of=PARTY)
    ref = filed(office, Label.AMBER, Status.DRAFT)
    types(office, "request sent {ref}", ref)
    types(office, "request withdraw {ref}", ref)
    office.deliver(slack)
    [card] = [post for post in slack.posts if post.place == "PARTY-ROOM"]
    assert "withdrawn" in card.text
    assert "request acknowledge" not in card.text


def test_without_a_liaison_their_managers_hear_it(office):
    manager = office.person("Their Manager", role=Role.MANAGER, of="PK-NCCIA")
    officer = office.person("Their Officer", of="PK-NCCIA")
    ref = filed(office, Label.AMBER, Status.DRAFT)
    office.do(lambda work: _send_to(work, ref, "PK-NCCIA"))
    types(office, "request sent {ref}", ref)
    assert told(office, [manager], ref) == ["request_asked"]
    assert told(office, [officer, office.people["Liaison"]], ref) == []


def _send_to(work, ref, code):
    row = work.session.scalars(select(Request).where(Request.ref == ref)).one()
    row.recipient = factories.agency(work, code)


def test_whom_another_agency_let_in_hears_nothing_of_ours(office):
    def host(work) -> None:
        other = factories.agency(work, "PK-NCCIA")
        work.session.scalars(select(Authority).where(Authority.code == PARTY)).one().host_id = other.id

    office.do(host)
    other = office.do(lambda work: factories.agency(work, "PK-NCCIA").id)
    room = office.room("Their Room", of=PARTY, host_id=other)
    ref = filed(office, Label.AMBER, Status.DRAFT)
    types(office, "request sent {ref}", ref)
    assert told(office, [office.people["Liaison"], room], ref) == []


def test_whoever_asks_us_hears_that_it_is_on_record_but_for_a_room_with_a_lower_ceiling(office):
    room = office.room("Party Room", of=PARTY, ceiling=Label.GREEN)
    ref = filed(office, Label.AMBER, Status.SENT).partition("/")[0]
    types(office, "request receive {case} from:Legat as:POLICE-LIAISON", ref)
    assert told(office, [office.people["Liaison"]], f"{ref}/2") == ["request_received"]
    assert told(office, [room], f"{ref}/2") == []


def test_the_one_who_acts_is_not_told_and_the_other_liaison_is(office):
    second = office.person("Other Liaison", role=Role.LIAISON, of=PARTY)
    ref = filed(office, Label.AMBER, Status.SENT)
    answer = office.hears(Inbound("slack", "k", "LIAISON", f"request acknowledge {ref}"))
    assert not answer.refused
    assert told(office, [office.people["Liaison"]], ref) == []
    assert told(office, [second, office.people["Second"]], ref) == ["request_moved"] * 2


@pytest.mark.parametrize("as_deputy", [False, True], ids=["watches", "stands in"])
def test_to_watch_or_to_stand_in_gives_no_sight_of_what_is_not_theirs(office, as_deputy):
    slack = FakeChat("slack")
    reader = office.person("Reader")
    ref = filed(office, Label.AMBER, SENT)
    if as_deputy:
        types(office, 'desk away until:+7d deputy:"Reader"', ref)
    else:
        office.hears(Inbound("slack", "watch", "READER", f"case watch {ref.partition('/')[0]}"))
    notes = []
    for label in (Label.AMBER, Label.RED):
        office.do(lambda work, now=label: setattr(_case(work, ref), "label", now))
        office.do(lambda work: _named(work, ref, office.people["Officer"]))
        types(office, f'case note {{case}} "of {label.name}"', ref, name="Officer")
        office.deliver(slack)
        notes.append([post.text for post in slack.posts if "NOTE" in post.text and post.place == "READER"])
    assert told(office, [reader], ref) == ["case_noted"] * 2
    assert [len(texts) for texts in notes] == [1, 1], "nothing more was said once only named people see it"
    assert "of AMBER" in notes[1][0]


def _case(work, ref):
    return work.session.scalars(select(Case).where(Case.ref == ref.partition("/")[0])).one()


def _named(work, ref, recipient):
    case, number = _case(work, ref), recipient.number
    if number not in [row.person_id for row in case.participants]:
        case.participants.append(Participant(person_id=number, added_by=case.opened_by, added_at=work.now))


# ---- whoever filed it, in a colleague's case -------------------------------------------------------------------------

HOLDS = {
    "confirmed": "preservation confirmed {ref}",
    "renewed": "preservation renewed {ref} days:30 proof:letter",
    "close": "preservation close {ref} because:enough",
    "undo": "preservation undo {ref} because:slip",
}


FILED = {**LINES, "snooze": OURS["snooze"], "withdraw a draft": OURS["withdraw a draft"]}


@pytest.mark.parametrize("word", FILED)
@pytest.mark.parametrize("emergency", [False, True], ids=["calmly", "in an emergency"])
def test_whoever_filed_it_hears_what_becomes_of_it_in_a_colleagues_case(office, word, emergency):
    status, line = FILED[word]
    ref = filed(office, Label.AMBER, status, emergency=emergency and word != "snooze")
    filed_by = select(Request.filed_by).where(Request.ref == ref)
    filer = office.do(lambda work: Recipient.person(work.session.scalars(filed_by).one()))
    office.do(lambda work: _opened_by_another(work, ref))
    types(office, line, ref)
    assert told(office, [filer], ref)


def _opened_by_another(work, ref):
    case = work.session.scalars(select(Request).where(Request.ref == ref)).one().case
    case.opened_by = case.lead_id


@pytest.mark.parametrize("word", HOLDS)
def test_whoever_asked_for_a_hold_hears_what_becomes_of_it_in_a_colleagues_case(office, word):
    asker = office.person("Asker", "console")
    ref = filed(office, Label.AMBER, SENT)
    types(office, "preservation ask {case} to:PROV-META as:PRES-META accounts:page", ref, "Asker")
    hold = f"{ref.partition('/')[0]}/P1"
    if word in ("renewed", "undo"):
        types(office, "preservation confirmed {ref}", hold, "Asker")
    types(office, HOLDS[word], hold)
    assert told(office, [asker], hold)
