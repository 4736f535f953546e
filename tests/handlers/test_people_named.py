"""Enrol takes names to the letter, chat takes the one whom a name can mean; what no letter is left of is no name."""
# ruff: noqa: RUF001 - the letters of other scripts are the subject

import ast
from pathlib import Path

import pytest
from sqlalchemy import select

import handlers
from handlers import people
from handlers.language.errors import BadValue, TooLong
from storage.exposure.roles import Role
from storage.models import Account, Case, Membership, Person
from storage.record import entrustments, records
from tests.furnishing import furnish
from tests.spoken import Desk, words

HOME, ADMIN = "PK-FIA-CCW", "slack:T1/U2"
PAIRS = [
    ("Nguyễn Văn Dũng", "Nguyễn Văn Dung"), ("José Müller", "Jose Muller"), ("محمّد علي", "محمد علی"),
    ("فاطمة", "فاطمه"), ("Ёлкин", "Елкин"),
]  # fmt: skip
"""Two people for all that anybody knows: who is here, and what is typed."""
NOTHING = {"none": "", "space": " ", "tatweel": "ـ", "mark": "\u064e", "accent": "\u0301", "joiner": "\u200d"}
WAYS = {
    "a role": 'desk person role "{}" role:auditor',
    "an account": 'desk person link "{}"',
    "a case": 'case assign 1 to:"{}"',
    "a share": 'case share 1 person:"{}"',
    "the cases of another": 'case assign all from:"Desk Admin" to:"{}"',
    "the cases of oneself": 'case assign all from:"{}" to:"Desk Admin"',
    "what is left behind": 'case entrust of:"{}" to:"Desk Admin" because:"left"',
    "a deputy": 'desk away until:2027-01-01 deputy:"{}"',
}
ASKED_BY_NAME = {
    ("handlers/kit/access.py", "colleague"),
    ("handlers/linking.py", "join"),  # refuses
    ("handlers/people.py", "add"),  # refuses
    ("handlers/people.py", "enrol_at"),
    ("handlers/people.py", "welcome_at"),
}


@pytest.fixture
def desk(sqlite_store, clock) -> Desk:
    """Those who are here, and one who may do all of it."""
    furnish(sqlite_store, _enrolled)
    return Desk(sqlite_store, clock)


def _enrolled(store) -> None:
    opened = Desk(store, store.clock)
    for name, _ in PAIRS:
        opened.write(lambda work, name=name: people.enrol_at(work, name, HOME, Role.OFFICER, []))
    for role in (Role.ADMIN, Role.MANAGER, Role.OFFICER):
        opened.write(lambda work, role=role: people.enrol_at(work, "Desk Admin", HOME, role, []))
    opened.write(lambda work: people.enrol_at(work, "Desk Admin", HOME, Role.ADMIN, [ADMIN]))
    assert not opened.types(ADMIN, 'case open "A case" category:other label:amber').refused


def given(desk: Desk) -> tuple[list[object], ...]:
    """All roles, accounts, leads."""
    queries = (
        select(Person.name, Membership.role, Membership.ended_at).join(Membership).order_by(Membership.id),
        select(Account.person_id, Account.external_id).order_by(Account.id),
        select(Case.id, Case.own_reference).order_by(Case.id),
    )
    return desk.read(lambda work: tuple([tuple(row) for row in work.session.execute(one)] for one in queries))


@pytest.mark.parametrize(("name", "other"), PAIRS)
def test_enrol_never_takes_another_spelling_for_somebody(desk, name, other):
    before = given(desk)
    with pytest.raises(people.NameOtherwise) as raised:
        desk.write(lambda work: people.enrol_at(work, other, HOME, Role.MANAGER, ["telegram:200"]))
    assert raised.value.people == (name,)
    assert given(desk) == before

    spaced = f"  {name.replace(' ', '   ')} "
    assert desk.write(lambda work: people.enrol_at(work, spaced, HOME, Role.MANAGER, ["telegram:200"])) == name


def test_of_two_who_are_here_in_two_spellings_a_third_is_neither(desk):
    def rename(work):
        work.session.scalars(select(Person).where(Person.name == "Ёлкин")).one().name = "محمد علي"

    desk.write(rename)
    before = given(desk)
    with pytest.raises(people.NameOtherwise) as raised:
        desk.write(lambda work: people.enrol_at(work, "محمد علی", HOME, Role.ADMIN, ["telegram:200"]))
    assert set(raised.value.people) == {"محمّد علي", "محمد علي"}
    assert given(desk) == before


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize(("name", "other"), PAIRS[1:4])
def test_another_spelling_names_whoever_is_on_record_and_the_answer_says_who(desk, name, other, way):
    assert name in words(desk.types(ADMIN, way.format(other)))


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_several_are_never_chosen_from(desk, way):
    def rename(work):
        work.session.scalars(select(Person).where(Person.name == "Ёлкин")).one().name = "محمد علي"

    desk.write(rename)
    before = given(desk)
    answer = desk.types(ADMIN, way.format("محمد علی"))
    assert answer.refused or answer.question, words(answer)
    assert given(desk) == before


def test_whoever_asks_for_people_by_name_is_known_here():
    """Add yours where it takes the one they can mean (`records.to_the_letter` first), or refuses."""
    house, found = Path(handlers.__file__).parents[1], set()
    for path in (*(house / "handlers").rglob("*.py"), *(house / "bot").rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef):
                calls = [one for one in ast.walk(function) if isinstance(one, ast.Call)]
                named = any(
                    ast.unparse(one.func) == "records.people" and "name" in {word.arg for word in one.keywords}
                    for one in calls
                )
                found |= {(path.relative_to(house).as_posix(), function.name)} if named else set()
    assert found == ASKED_BY_NAME


@pytest.mark.parametrize("nothing", NOTHING.values(), ids=NOTHING)
def test_what_folds_to_nothing_is_no_name_no_number_and_no_word(desk, nothing):
    before = given(desk)
    with pytest.raises(BadValue):
        desk.write(lambda work: people.enrol_at(work, nothing, HOME, Role.ADMIN, ["telegram:200"]))
    for line in (
        f'desk person add "{nothing}" role:officer',
        f'desk person role "{nothing}" role:admin',
        f'case open "Another" category:other label:amber own:"{nothing}"',
        f'case search "{nothing}"',
    ):
        answer = desk.types(ADMIN, line)
        assert answer.refused or answer.question, (line, words(answer))
    assert given(desk) == before

    def nameless(work):
        person = work.session.scalars(select(Person).where(Person.name == "Ёлкин")).one()
        person.name = nothing
        work.session.flush()
        found = (
            records.people(work, name=nothing),
            entrustments.people_of(work, person.memberships[0].authority_id, nothing),
        )
        return found, records.at_terminal(work, nothing)

    assert desk.write(nameless) == (([], []), [])


def test_a_name_has_a_hundred_letters_at_most(desk):
    with pytest.raises(TooLong):
        desk.write(lambda work: people.enrol_at(work, "A" * 101, HOME, Role.OFFICER, []))


def test_who_or_what_is_there_already_is_said_as_it_stands_on_record(desk):
    assert "has a فاطمة already" in words(desk.types(ADMIN, 'desk person add "فاطمه" role:officer'))
    desk.types(ADMIN, 'case open "One" category:other label:amber own:"CCW–5"')
    assert "your reference CCW–5 exists" in words(
        desk.types(ADMIN, 'case open "Two" category:other label:amber own:"ccw-5"')
    )
