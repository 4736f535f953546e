"""Who may do what: every command, by every role, with a record of their own agency, of another, and with none.

The table below is the promise. A command without a row in it fails, so that nobody adds one without saying who may.
"""

import asyncio
import itertools
import shutil
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.adapters.contract import Inbound
from bot.inbound.dispatch import Dispatch
from bot.rendering.render import Renderer
from handlers import COMMANDS, people
from storage.database.store import Store
from storage.exposure.roles import Role
from storage.models import InboxRow
from storage.record import records
from storage.times import FrozenClock
from tests.conversation import START, heard

PEOPLE = {
    "Own Officer": ("PK-FIA-CCW", Role.OFFICER),
    "Own Manager": ("PK-FIA-CCW", Role.MANAGER),
    "Own Admin": ("PK-FIA-CCW", Role.ADMIN),
    "Own Auditor": ("PK-FIA-CCW", Role.AUDITOR),
    "Party Liaison": ("US-DOJ-OIA", Role.LIAISON),  # of the authority that the request came from
    "Strange Liaison": ("US-FBI-LEGAT", Role.LIAISON),
    "Other Officer": ("PK-FIA", Role.OFFICER),
}
OWN, OTHERS, ABSENT = "CCW-2026-0001", "MOI-2026-0001", "CCW-2026-0077"

# One letter for each of PEOPLE, in order, before a record of the first agency: + may, r has not the role, n sees it and
# it is not theirs to do, . sees none.
# {ref} makes a command one about a record; before another agency's record, and before none, all who may see none.
# {me} is whoever speaks.
WALK = {
    "case open": ('case open "Walk" category:other label:green', "++rrrr+"),
    "case status": ("case status {ref}", "++....."),
    "case list": ("case list", "+++++++"),
    "case search": ("case search walk", "+++++++"),
    "case assign": ('case assign {ref} to:"{me}"', "++rrrr."),
    "case assign all": ('case assign all from:"{me}" to:"{me}"', "++rrrr+"),
    "case merge": ("case merge {ref} into:{ref} because:same", "++rrrr."),  # into itself
    "case share": ("case share {ref} with:PK-PTA", "++rrrr."),
    "case entrust": ('case entrust of:"{me}" to:"{me}" because:left', "r+rrrrr"),
    "case entrust agree": ('case entrust agree of:"{me}"', "r++rrrr"),  # nobody asked for it
    "case note": ('case note {ref} "seen"', "++rrrr."),
    "case files": ("case files {ref}", "++....."),
    "case download": ("case download {ref}/A9", "......."),
    "case watch": ("case watch {ref}", "++....."),
    "case unwatch": ("case unwatch {ref}", "++....."),
    "case close": ("case close {ref} because:over", "++rrrr."),
    "case reopen": ("case reopen {ref} because:again", "++rrrr."),
    "case correct": ('case correct {ref} title:"Walk {me}"', "++rrrr."),
    "case history": ("case history {ref}", "++.+..."),
    "request check": ("request check {ref} to:PROV-META as:PROD-META", "++rrrr."),
    "request file": (
        'request file {ref} to:PROV-META as:PROD-META data:bsi accounts:page basis:"court order 1" reason:fraud',
        "++rrrr.",
    ),
    "request receive": ("request receive {ref} from:US-STATE as:LR", "++rrrr."),
    "request status": ("request status {ref}/1", "++..+.."),
    "request list": ("request list", "+++++++"),
    "request approve": ("request approve {ref}/1", "++rrrr."),
    "request sent": ("request sent {ref}/1", "++rrrr."),
    "request attach": ("request attach {ref}/1", "++rrrr."),
    "request acknowledge": ("request acknowledge {ref}/1", "++rrn.."),
    "request clarify": ("request clarify {ref}/1 asks:which? on:today", "++rrn.."),
    "request supplement": ("request supplement {ref}/1 answer:this", "++rr+.."),
    "request produced": ("request produced {ref}/1", "++rrn.."),
    "request refused": ("request refused {ref}/1 because:overbroad", "++rrn.."),
    "request not-held": ("request not-held {ref}/1", "++rrn.."),
    "request withdraw": ("request withdraw {ref}/1 because:over", "++rr+.."),
    "request reopen": ("request reopen {ref}/1 because:again", "++rrrr."),
    "request transfer": ("request transfer {ref}/1 to:US-STATE as:LR", "++rrrr."),
    "request take-up": ("request take-up before:2026-01-01", "++rrrr+"),  # nothing was imported
    "request close-old": ("request close-old before:2026-01-01 because:old", "r+rrrrr"),
    "request close-old agree": ("request close-old agree 1", "++rrrr+"),  # nobody asked for it
    "request correct": ('request correct {ref}/1 their:"{me}"', "++rrrr."),
    "request undo": ("request undo {ref}/1 because:slip", "++rr+.."),
    "request why": ("request why {ref}/1", "++..+.."),
    "request extend": ("request extend {ref}/1 days:3 reason:asked", "++rrrr."),
    "request quiet": ("request quiet {ref}/1", "++rrrr."),
    "request snooze": ("request snooze {ref}/1 until:+7d reason:holidays", "++rrrr."),
    "request no-further-action": ("request no-further-action {ref}/1 because:enough", "++rrrr."),
    "request history": ("request history {ref}/1", "++.++.."),
    "overdue": ("overdue agency", "+++++++"),
    "preservation ask": ("preservation ask {ref} to:PROV-META as:PRES-META accounts:page", "++rrrr."),
    "preservation confirmed": ("preservation confirmed {ref}/P1", "++rrrr."),
    "preservation renewed": ("preservation renewed {ref}/P1 days:30 proof:letter", "++rrrr."),
    "preservation receive": ("preservation receive {ref} from:US-STATE as:PRES-PK-MLA-19 accounts:page", "++rrrr."),
    "preservation clarify": ("preservation clarify {ref}/P1 asks:which? on:today", "++rrrr."),
    "preservation supplement": ("preservation supplement {ref}/P1 answer:this", "++rrrr."),
    "preservation issued": ("preservation issued {ref}/P1 despite:said", "++rrrr."),
    "preservation release": ("preservation release {ref}/P1 because:over", "++rrrr."),
    "preservation told": ("preservation told {ref}/P1", "++rrrr."),
    "preservation close": ("preservation close {ref}/P1 because:enough", "++rrrr."),
    "preservation undo": ("preservation undo {ref}/P1 because:slip", "++rrrr."),
    "preservation status": ("preservation status {ref}/P1", "++....."),
    "preservation history": ("preservation history {ref}/P1", "++.+..."),
    "preservation list": ("preservation list", "+++++++"),
    "desk history": ("desk history act:case", "rrr+rrr"),
    "desk verify": ("desk verify", "rr++rrr"),
    "desk me": ("desk me", "+++++++"),
    "desk away": ('desk away until:2099-01-01 deputy:"{me}"', "+++++++"),  # nobody stands in for themselves
    "desk back": ("desk back", "+++++++"),
    "desk person": ("desk person", "+++++++"),
    "desk person add": ('desk person add "Walking Person" role:officer', "rr+rrrr"),
    "desk person remove": ('desk person remove "{me}"', "rr+rrrr"),  # nobody removes themselves
    "desk person role": ('desk person role "{me}" role:auditor', "rr+rrrr"),
    "desk person invite": ("desk person invite role:officer", "rr+rrrr"),
    "desk person link": ('desk person link "{me}"', "rr+rrrr"),
    "desk person admit": ('desk person admit "{me}" account:slack:T1/U1', "rr.rrrr"),  # nobody here has that account
    "desk person restrict": ('desk person restrict "{me}" account:slack:T1/U1', "rr.rrrr"),
    "desk link": ("desk link", "+++++++"),
    "desk join": ("desk join WRONG", "+++++++"),
    "desk unlink": ("desk unlink telegram:4711", "......."),  # it is nobody's
    "desk authority": ("desk authority", "+++++++"),
    "desk authority add": ("desk authority add FR-MOJ Justice country:FR zone:Europe/Paris", "rr+rrrr"),
    "desk authority retire": ("desk authority retire PK-FIA-CCW until:2030-01-01", "rr+rrrr"),
    "desk instrument": ("desk instrument EPOC", "+++++++"),
    "desk holiday": ("desk holiday", "+++++++"),
    "desk calendar import": ("desk calendar import PK", "rr+rrrr"),  # no file came with it
    "desk holiday add": ("desk holiday add PK 2026-05-05 name:Walk", "rr+rrrr"),
    "desk holiday remove": ("desk holiday remove PK 2026-05-05", "rr+rrrr"),
    "desk channel here": ("desk channel here for:PK-MOI", "r++rrrr"),
    "desk channel list": ("desk channel list", "r++rrrr"),
    "desk channel show": ("desk channel show", "+++++++"),
    "desk channel leave": ("desk channel leave", "r++rrrr"),
    "desk workspace": ("desk workspace label:amber", "rr+rrrr"),
    "desk dead": ("desk dead", "rr+rrrr"),
    "desk retry": ("desk retry all", "rr.rrrr"),  # there is nothing to try again
    "desk let-go": ("desk let-go all", "rr.rrrr"),  # there is nothing to let go
    "desk health": ("desk health", "rr++rrr"),
    "desk home": ("desk home", "+++++++"),
    "desk digest": ("desk digest 1", "+++++++"),  # whoever asks reads what they see of it
    "desk help": ("desk help", "+++++++"),
    "desk clock": ("desk clock +1d", "+++++++"),  # of a demonstration; a real desk refuses everybody alike
    "summary week": ("summary week", "++rrrr+"),
    "summary routes": ("summary routes to:PROV-META", "++rrrr+"),
    "summary reciprocity": ("summary reciprocity", "++rrrr+"),
    "summary month": ("summary month", "++rrrr+"),
    "summary year": ("summary year", "++rrrr+"),
    "summary explain": ("summary explain opened", "++rrrr+"),
    "summary reconcile": ("summary reconcile counterpart:PROV-META", "++rrrr+"),  # no file came with it
    "summary counterpart": ("summary counterpart", "++rrrr+"),
    "summary export": ("summary export", "++rrrr+"),
    "summary obligations": ("summary obligations", "++rrrr+"),
    "summary calendar": ("summary calendar agency", "++rrrr+"),
}
VERDICTS = {"not_allowed": "r", "not_found": "."}


class Walker:
    """Says one line after the other and tells what stood in the way."""

    def __init__(self, store: Store, clock: FrozenClock) -> None:
        self.store, self._clock = store, clock
        self._dispatch = Dispatch(store, COMMANDS, Renderer())
        self._keys = (f"walk:{n}" for n in itertools.count())

    def say(self, person: str, line: str) -> tuple[str, str]:
        """One letter as in WALK, and the words of the answer."""
        self._clock.move_to(self._clock.now() + timedelta(minutes=1))
        key = next(self._keys)
        said = heard(asyncio.run(self._dispatch.receive(Inbound("console", key, person, line))))
        assert said.state != "failed", f"{person}: {line}\n{said.text}"
        reply = select(InboxRow.reply).where(InboxRow.key == key)
        row = self.store.read(lambda work: work.session.scalar(reply)).result()
        notice = row["said"][0]["notice"] if said.state == "refused" else ""
        return VERDICTS.get(notice, "+"), said.text


@pytest.fixture(scope="module")
def desk(tmp_path_factory, sqlite_template, reference) -> Iterator[Walker]:
    """Two agencies with a case each, a request of somebody else in it, and a hold."""
    clock = FrozenClock(START)
    url = f"sqlite:///{shutil.copy(sqlite_template, tmp_path_factory.mktemp('walk') / 'desk.sqlite')}"
    store = Store(url, clock=clock, reference=reference)
    for name, (agency, role) in (PEOPLE | {"Ministry Officer": ("PK-MOI", Role.OFFICER)}).items():
        store.write(lambda work, who=(name, agency, role): people.enrol_at(work, *who, [])).result()
    walker = Walker(store, clock)
    for person, sender in (("Own Officer", "US-DOJ-OIA"), ("Ministry Officer", "US-STATE")):
        for line in (
            'case open "Walk" category:other label:amber',
            f"request receive 1 from:{sender} as:MLA-PK-IN data:bsi",
            "preservation ask 1 to:PROV-META as:PRES-META accounts:page",
        ):
            verdict, text = walker.say(person, line)
            assert verdict == "+", text
    yield walker
    store.close()


def test_every_command_has_its_row_and_every_row_its_command():
    assert set(WALK) == {spec.words for spec in COMMANDS}


@pytest.mark.parametrize("words", WALK)
def test_with_a_record_of_the_own_agency(desk, words):
    line, expected = WALK[words]
    found = "".join(desk.say(person, line.format(ref=OWN, me=person))[0] for person in PEOPLE)

    assert dict(zip(PEOPLE, found, strict=True)) == dict(zip(PEOPLE, expected.replace("n", "r"), strict=True))


@pytest.mark.parametrize("words", [words for words, (line, _) in WALK.items() if "{ref}" in line])
def test_what_is_absent_and_what_is_forbidden_read_the_same(desk, words):
    line, before_own = WALK[words]
    for person, own in zip(PEOPLE, before_own, strict=True):
        forbidden, words_of_it = desk.say(person, line.format(ref=OTHERS, me=person))
        absent, words_of_none = desk.say(person, line.format(ref=ABSENT, me=person))

        assert (forbidden, absent) == ("r", "r") if own == "r" else (".", "."), person
        assert words_of_it.replace(OTHERS, "REF") == words_of_none.replace(ABSENT, "REF"), person


class TestRevoked:
    """Rights are read inside the transaction: what was true a line ago is not enough."""

    @pytest.fixture
    def walker(self, sqlite_store, clock) -> Walker:
        for name in ("Own Officer", "Leaving Officer"):
            sqlite_store.write(
                lambda work, name=name: people.enrol_at(work, name, "PK-FIA-CCW", Role.OFFICER, [])
            ).result()
        return Walker(sqlite_store, clock)

    def test_who_left_between_two_lines_is_nobody(self, walker):
        assert "CCW-2026-0001" in walker.say("Leaving Officer", 'case open "Mine" category:other label:amber')[1]
        left = walker.store.write(self._leaves)  # not waited for: it is only in the queue before the next line
        _, text = walker.say("Leaving Officer", 'case note 1 "one more"')
        left.result()

        assert "does not know" in text
        assert walker.say("Leaving Officer", "case status 1")[1].count("Mine") == 0

    def test_a_role_taken_away_is_gone_at_the_next_line(self, walker):
        walker.store.write(lambda work: people.enrol_at(work, "Leaving Officer", "PK-FIA-CCW", Role.ADMIN, [])).result()
        line = 'desk holiday add PK 2026-05-0{} name:"Off"'
        assert walker.say("Leaving Officer", line.format(5))[0] == "+"
        walker.store.write(lambda work: self._leaves(work, Role.ADMIN)).result()

        assert walker.say("Leaving Officer", line.format(6))[0] == "r"

    def _leaves(self, work, role: Role = Role.OFFICER) -> None:
        [person] = records.people(work, name="Leaving Officer")
        for membership in person.memberships:
            if membership.role == role:
                membership.ended_at = work.now
