"""History as people read it: all of it, newest first, in words; and an auditor, who reads nothing that was written."""

import re
import textwrap

import pytest
from sqlalchemy import select

from handlers import people
from storage.exposure.roles import Role
from storage.models import Person
from storage.rules.lifecycle import Status
from tests import factories
from tests.furnishing import furnish
from tests.spoken import Desk, words

NIGHT, PHONE = "slack:T012ABCDE/U023BECGF", "telegram:4711"
CASE, OTHERS = "CCW-2026-0001", "FIA-2026-0001"
PAGE_LINES, PHONE_COLUMNS = 32, 42
ISO = re.compile(r"\d{4}-\d\d-\d\d(?!\.csv)|\+00:00")
PERSON_CODE = re.compile(r"\bP\d+\b(?<!/)")
TEXTS = ("Fake pages", "page.one", "court order 58", "they ask for money", "What plausible reason", "The page is back")


@pytest.fixture
def desk(sqlite_store, clock) -> Desk:
    """An agency whose auditor is nobody else; another one; and a case with a story."""
    furnish(sqlite_store, _begun)
    return Desk(sqlite_store, clock)


def _begun(store) -> None:
    opened = Desk(store, store.clock)
    for name, agency, role, accounts in (
        ("Night Officer", "PK-FIA-CCW", Role.OFFICER, [NIGHT]),
        ("Day Officer", "PK-FIA-CCW", Role.OFFICER, [PHONE]),
        ("Desk Manager", "PK-FIA-CCW", Role.MANAGER, []),
        ("Desk Admin", "PK-FIA-CCW", Role.ADMIN, []),
        ("Desk Auditor", "PK-FIA-CCW", Role.AUDITOR, []),
        ("Other Officer", "PK-FIA", Role.OFFICER, []),
        ("Other Auditor", "PK-FIA", Role.AUDITOR, []),
        ("OIA Liaison", "US-DOJ-OIA", Role.LIAISON, []),
    ):
        opened.write(lambda work, who=(name, agency, role, accounts): people.enrol_at(work, *who))
    told = opened.types(NIGHT, 'case open "Fake pages of the president" category:impersonation label:amber own:NR-58')
    assert not told.refused, words(told)


@pytest.fixture
def story(desk) -> Desk:
    """The request of the case, from draft to a part of its answer."""
    furnish(desk.store, _told)
    return desk


def _told(store) -> None:
    desk = Desk(store, store.clock)
    opening = (
        'request file 1 to:PROV-META as:PROD-META data:bsi,ip_logs accounts:"page.one" reason:"they ask for money"'
    )
    fields = 'date_range:"2025-11-01..2026-03-01" user_notification:"not permitted" despite:"it is urgent"'
    for account, line in (
        (NIGHT, "desk me email:night@ccw.example phone:+92-51-0000001 officer_id:CCW-17"),
        (NIGHT, f'{opening} basis:"court order 58" {fields}'),
        (NIGHT, "request sent 1/1 their:N-1"),
        (PHONE, "request acknowledge 1/1"),
        (PHONE, 'request clarify 1/1 asks:"What plausible reason?" on:today'),
        (PHONE, 'request supplement 1/1 answer:"Three people paid"'),
        (PHONE, "request produced 1/1 part:bsi"),
        (PHONE, 'case assign 1 to:"Desk Manager"'),
        (PHONE, 'case share 1 person:"Night Officer"'),
        (PHONE, 'case note 1 "The page is back"'),
    ):
        answer = desk.types(account, line)
        assert not answer.refused, words(answer)
        assert not answer.failed, words(answer)


def pages(desk: Desk, who: str, line: str) -> list[str]:
    """Every page of a list, by the command of its own button."""
    found = [desk.heard(who, line)]
    while more := re.search(r"→ (\S+ history [^→]*?page:\d+(?: whole:yes)?) \(Next page\)", found[-1]):
        found.append(desk.heard(who, more[1]))
    return found


def whole(desk: Desk, who: str, line: str) -> str:
    return " ".join(pages(desk, who, line))


def acts_in(text: str) -> list[str]:
    return re.findall(r"• ([a-z][a-z -]*[a-z])", text)


class TestAllOfIt:
    def test_every_act_is_on_one_page_and_the_newest_comes_first(self, desk):
        desk.write(lambda work: [work.audit(f"probe {chr(97 + n // 26)}{chr(97 + n % 26)}", CASE) for n in range(230)])

        found = acts_in(whole(desk, "Night Officer", "case history 1"))
        assert len(found) == len(set(found)) == 231
        assert found == [*sorted(found[:-1], reverse=True), "case open"]

    def test_the_parts_of_a_case_too_and_those_of_a_request_alone(self, story):
        found = whole(story, "Night Officer", "case history 1 whole:yes")
        assert {"case open", "request sent", "clock start", "request part", "case note"} <= set(acts_in(found))
        assert "The page is back" in found
        assert "case note" not in whole(story, "Night Officer", "request history 1/1")

    def test_in_full_it_says_the_account_and_the_moment_of_a_day(self, story):
        short, full = (whole(story, "Night Officer", f"request history 1/1{more}") for more in ("", " whole:yes"))
        assert ("Slack T012ABCDE/U023BECGF" in short, "Slack T012ABCDE/U023BECGF" in full) == (False, True)
        assert ("Telegram 4711" in short, "Telegram 4711" in full) == (False, True)
        assert ("due at" in short, "due at" in full) == (False, True)
        assert "(In full)" in short
        assert "(In full)" not in full

    def test_long_texts_are_cut_until_they_are_asked_for(self, desk):
        text = "word " * 100
        desk.heard("Night Officer", f'case note 1 "{text.strip()}"')
        assert text.strip() not in desk.heard("Night Officer", "case history 1")
        assert text.strip() in desk.heard("Night Officer", "case history 1 whole:yes")

    def test_a_page_fits_a_phone(self, story):
        story.say("Desk Manager", "summary export format:csv")
        for line in ("case history 1", "request history 1/1", "desk history"):
            for page in (1, 2):
                answer = story.say("Desk Auditor" if "desk" in line else "Night Officer", f"{line} page:{page}")
                shown = "\n".join(message.plain() for message in answer.messages).split("\n→")[0]
                lines = [part for one in shown.splitlines() for part in textwrap.wrap(one, PHONE_COLUMNS)]
                assert len(lines) <= PAGE_LINES, "\n".join(lines)


class TestInWords:
    def test_no_code_of_a_person_and_no_date_of_a_machine(self, story):
        found = whole(story, "Night Officer", "case history 1 whole:yes")
        assert PERSON_CODE.findall(found) == []
        assert ISO.findall(found) == []
        assert "lead Day Officer → Desk Manager" in found or "lead Night Officer → Desk Manager" in found
        assert "with Night Officer" in found
        assert "part Basic subscriber information" in found
        assert "category Impersonation" in found

    def test_whatever_an_act_calls_its_facts(self, desk):
        def job(work):
            night, day = (
                work.session.scalars(select(Person).where(Person.name == f"{one} Officer")).one()
                for one in ("Night", "Day")
            )
            before = {"anybody": night.actor, "several": [night.actor, day.actor], "on a day": work.now.date()}
            work.audit("never heard of", CASE, before=before, after={"anybody": day.actor, "at a moment": work.now})

        desk.write(job)
        found = desk.heard("Night Officer", "case history 1 whole:yes").partition("case open")[0]
        assert "anybody Night Officer → Day Officer" in found
        assert "several Night Officer, Day Officer → none" in found
        assert "on a day Mon 2 Mar 2026" in found
        assert re.search(r"at a moment 2 Mar 2026, \d\d:\d\d PKT", found)
        assert PERSON_CODE.findall(found) == ISO.findall(found) == []

    def test_a_reference_that_looks_like_a_code_tells_nobodys_name(self, story):
        other = story.read(
            lambda work: work.session.scalars(select(Person).where(Person.name == "Other Officer")).one()
        )
        story.heard("Night Officer", 'case open "Second" category:other label:green')
        story.write(lambda work: work.audit("request probe", "CCW-2026-0002", after={"their": other.actor}))
        found = story.heard("Night Officer", "case history 2")
        assert "Other Officer" not in found
        assert f"their {other.actor}" in found


class TestFiles:
    def test_an_export_is_in_the_history_of_each_case_it_held_and_says_nothing_of_the_others(self, story):
        story.heard("Night Officer", 'case open "Second" category:other label:red')
        story.heard("Night Officer", "summary export format:csv")

        found = story.heard("Desk Manager", "case history 1 whole:yes")
        assert "summary export · terminal Night Officer" in found
        assert re.search(r"file rogatory-PK-FIA-CCW-\S+\.csv · sha256 [0-9a-f]{64}", found)
        assert "rows" not in found
        assert CASE in found
        assert "summary export" not in whole(story, "Night Officer", "case history 2")

    def test_not_for_an_agency_the_case_is_shared_with(self, story):
        story.heard("Night Officer", "case share 1 with:PK-FIA")
        story.heard("Desk Manager", "summary export format:csv")
        found = whole(story, "Other Officer", f"case history {CASE} whole:yes")
        assert "case note" in found
        assert "summary export" not in found
        assert "T012ABCDE" not in found
        assert PERSON_CODE.findall(found) == []


class TestTheOtherSide:
    def test_reads_what_was_exchanged_and_pages_of_nothing_else(self, desk):
        def job(work):
            case = factories.case(work, of=factories.agency(work))
            return factories.request(work, of=case, to="US-DOJ-OIA", status=Status.ACKNOWLEDGED).ref

        ref = desk.write(job)
        desk.write(lambda work: [work.audit("clock probe", ref, after={"secret": "thought"}) for _ in range(30)])
        desk.heard("Night Officer", f'request clarify {ref} asks:"Which months?" on:today')
        found = desk.heard("OIA Liaison", f"request history {ref}")
        assert set(acts_in(found)) == {"request sent", "request acknowledge", "request clarify"}
        for secret in ("Next page", "In full", "thought", "status", "Night Officer", "terminal", "Which months"):
            assert secret not in found


class TestAuditor:
    def test_lists_what_may_be_audited_without_titles(self, story):
        story.heard("Night Officer", 'case open "A source inside" category:other label:red')
        found = story.heard("Desk Auditor", "case list")
        assert CASE in found
        assert "impersonation" in found
        assert "CCW-2026-0002" not in found
        assert "Fake" not in found
        assert CASE not in story.heard("Other Auditor", "case list")

    def test_searches_by_references_and_never_by_what_was_written(self, story):
        for typed in ("0001", "nr-58", "n-1"):
            assert CASE in story.heard("Desk Auditor", f"case search {typed}"), typed
        for typed in ("fake", "page.one", "58", "back"):
            assert CASE in story.heard("Night Officer", f"case search {typed}"), typed
            assert typed == "58" or CASE not in story.heard("Desk Auditor", f"case search {typed}"), typed

    def test_reads_no_text(self, story):
        lines = ("case history 1", "case history 1 whole:yes", "desk history about:1 whole:yes", "case list")
        for line in lines:
            found = whole(story, "Desk Auditor", line)
            assert CASE in found, line
            assert [text for text in TEXTS if text in found] == [], line

    def test_several_cases_of_one_number_are_told_apart_without_titles(self, story, clock):
        clock.move(days=365)
        story.heard("Night Officer", 'case open "Another secret" category:other label:amber')
        found = story.refused("Desk Auditor", "case history 1")
        assert "CCW-2027-0001" in found
        assert "Another secret" not in found
        assert "Fake pages" not in found

    def test_asks_about_people_rooms_and_authorities(self, story):
        story.heard("Desk Admin", 'desk person role "Day Officer" role:manager')
        story.heard("Desk Admin", "desk holiday add PK 2026-05-05 name:Walk")
        story.heard("Desk Admin", "desk channel here for:PK-FIA-CCW", room="ops")
        story.refused("Night Officer", "case history 77")
        ask = 'desk history by:"desk admin"'
        assert acts_in(story.heard("Desk Auditor", ask)) == ["channel here ops", "holiday add", "person role"]
        assert "roles officer → officer, manager" in story.heard("Desk Auditor", 'desk history about:"day officer"')
        assert acts_in(story.heard("Desk Auditor", "desk history about:ops")) == ["channel here ops"]
        assert acts_in(story.heard("Desk Auditor", "desk history about:pk")) == ["holiday add"]
        found = story.heard("Desk Auditor", "desk history by:night act:refused")
        assert "was refused no such record" in found
        assert "platform console" not in found  # it stands beside the act already
        assert acts_in(story.heard("Other Auditor", ask)) == []

    def test_red_cases_are_not_among_them_whoever_asks(self, desk):
        desk.heard("Night Officer", 'case open "A source inside" category:other label:red')
        desk.write(lambda work: people.enrol_at(work, "Night Officer", "PK-FIA-CCW", Role.AUDITOR, []))
        for who in ("Desk Auditor", "Night Officer"):
            assert "CCW-2026-0002" not in desk.heard(who, "desk history by:night whole:yes")
        assert "CCW-2026-0002" in desk.heard("Night Officer", "case history 2")
        assert "No case" in desk.refused("Desk Auditor", "desk history about:2")

    def test_what_came_in_an_export_is_not_said(self, story):
        story.heard("Night Officer", 'case open "A source inside" category:other label:red')
        story.heard("Night Officer", "summary export format:csv")
        found = story.heard("Desk Auditor", 'desk history act:"summary export" whole:yes')
        assert "rows 1" in found
        assert "refs" not in found

    def test_of_another_agency_nothing(self, story):
        story.heard("Other Officer", 'case open "Theirs" category:other label:green')
        assert OTHERS not in whole(story, "Desk Auditor", "desk history")
        assert CASE not in whole(story, "Other Auditor", "desk history")
        assert OTHERS in story.heard("Other Auditor", "desk history")

    def test_what_is_absent_and_what_is_not_theirs_read_the_same(self, story):
        story.heard("Other Officer", 'case open "Theirs" category:other label:green')
        theirs, none = (story.refused("Desk Auditor", f"desk history about:{ref}") for ref in (OTHERS, "FIA-2026-0009"))
        assert theirs.replace(OTHERS, "REF") == none.replace("FIA-2026-0009", "REF")

    def test_a_day_before_the_first_is_refused(self, desk):
        found = desk.refused("Desk Auditor", "desk history since:2026-03-02 until:2026-03-01")
        assert "is before since" in found

    def test_the_answer_stays_with_the_auditor(self, story):
        answer = story.say("Desk Auditor", "desk history aloud:yes", room="ops")
        assert answer.private
