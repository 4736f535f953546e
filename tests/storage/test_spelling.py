"""One spelling: what folds to one and what stays two, in memory and on both databases; and that it follows its text.

Pairs: `tests/cases/spellings.json`, and as many again here.
"""
# ruff: noqa: RUF001 - the letters of other scripts are the subject

import json
import re
import unicodedata
from pathlib import Path
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import column, inspect, select
from sqlalchemy.exc import InvalidRequestError

import storage
from storage.database.store import Store
from storage.models import Attachment, Authority, Case, Note, Person
from storage.models.base import Base
from storage.models.spelled import FOLDED, contains, same
from storage.record import acts, case_lists, entrustments, records, references
from storage.record.fetching import Key
from storage.spelling import ACCENTS, fold
from tests import factories

SECONDS = 30
HOUSE = Path(storage.__file__).parents[1]
GIVEN = json.loads((HOUSE / "tests" / "cases" / "spellings.json").read_text(encoding="utf-8"))
SAME = [
    *map(tuple, GIVEN["same"]),
    ("ٱلله", "الله"), ("قرآن", "قران"), ("مؤمن", "مومن"), ("رئیس", "رییس"), ("موسى", "موسی"),  # hamza, yeh
    ("فاطمة", "فاطمہ"), ("فاطمه", "فاطمہ"), ("خانۀ", "خانه"), ("محـــمد", "محمد"), ("می‌خواهم", "میخواهم"),
    ("ﺍﻟﻌﺮﺍﻕ", "العراق"), ("مُحَمَّدٌ", "محمد"), ("محمﹼد", "محمد"), ("هٰذا", "هذا"),
    ("שָׁלוֹם", "שלום"), ("שׁלום", "שלום"),
    ("Ёлкин", "елкин"), ("Андрей", "АНДРЕЙ"), ("за́мок", "замок"), ("Οδυσσεύς", "ΟΔΥΣΣΕΥΣ"),
    ("Iğdır", "ığdir"), ("ẞ", "ss"), ("Çelik", "celik"), ("Ⅻ", "xii"), ("O’Brien", "o'brien"), ("CCW–5", "ccw-5"),
    ("५८/२०२६", "58/2026"), ("５８／２０２６", "58/2026"),
    ("𝟓𝟖", "58"), ("Dy. 5", "dy.\u00a0 5"), ("ba\u00adnk", "bank"),
    ("ｶﾞｰﾄﾞ", "ガード"), ("\u1112\u1161\u11ab", "한"), ("नमस्‍ते", "नमस्ते"), ("\u202bعلی\u202c", "علی"), ("❤\ufe0f", "❤"),
]  # fmt: skip
DIFFERENT = [
    *map(tuple, GIVEN["different"]),
    ("कि", "कु"), ("কি", "কু"), ("กา", "กี"), ("கி", "கு"), ("கா", "க"), ("क", "क्"), ("क़", "क"),  # vowels of Indic, Thai
    ("か", "が"), ("は", "ぱ"), ("ひ", "ヒ"), ("각", "가"),
    ("Андрей", "Андреи"), ("Łukasz", "Lukasz"), ("Đặng", "Dang"), ("æ", "ae"), ("þ", "th"),
    ("کہا", "کھا"), ("لڑکی", "لڑکے"), ("ث", "ت"), ("گ", "ک"), ("پ", "ب"), ("ٹ", "ت"), ("ڑ", "ر"), ("ں", "ن"),
    ("58/2026", "58-2026"), ("58/2026", "582026"), ("٥٨", "٨٥"), ("a b", "ab"), ("O'Brien", "OBrien"), ("a_b", "a%b"),
]  # fmt: skip


def test_there_are_as_many_pairs_again():
    assert len(SAME) >= 2 * len(GIVEN["same"])
    assert len(DIFFERENT) >= 2 * len(GIVEN["different"])


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_spellings_of_one_word(one, other):
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_two_words(one, other):
    assert fold(one) != fold(other)


# ---- what holds for every text ---------------------------------------------------------------------------------------


ALPHABET = "".join(
    f"aZéİıßſﬁœøłđñ ςΣάΐ Ййёїй́ Äẞ {script}"
    for script in ("أؤئىيكةهھۂﷲﷺﻣٱٰٓـ۵٥", "कि़क़ेর্কে", "がｶﾞパ", "한ㄱㅏ", "שָׁ־", "กี", "’–⁄½²\u200c\u200d\u202e\ufe0f\u0301")
)
TEXTS = st.text(st.sampled_from(ALPHABET) | st.characters(exclude_categories=["Cs"]), max_size=12)
LETTERS = st.text(
    st.sampled_from("".join(c for c in ALPHABET if not 0x1100 <= ord(unicodedata.normalize("NFKD", c)[0]) < 0x1200))
)


@given(TEXTS)
def test_what_is_folded_is_folded(whole):
    assert fold(fold(whole)) == fold(whole)


def test_every_letter_folds_once_in_either_case_composed_or_not():
    for code in (*range(0x3100), *range(0xA640, 0xAC00), *range(0xF900, 0xFFFE), *range(0x10400, 0x10500)):
        letter, folded = chr(code), fold(chr(code))
        assert {fold(folded), fold(letter.upper()), fold(unicodedata.normalize("NFD", letter))} == {folded}, hex(code)


@given(LETTERS, LETTERS, LETTERS)
def test_a_part_that_is_cut_between_letters_is_found_in_the_whole(before, part, after):
    """Not one that is cut from a letter before its mark: a half of a letter is none."""
    if any(
        unicodedata.normalize("NFKD", rest)[:1]
        and unicodedata.category(unicodedata.normalize("NFKD", rest)[0])[0] == "M"
        for rest in (part, after)
    ):
        return
    assert fold(part) in fold(before + part + after)


@pytest.mark.parametrize(
    ("whole", "part"),
    [("ΟΔΥΣΣΕΥΣ ΣΕΛΙΔΑ", "οδυσσευς"), ("οδυσσευσε", "ΟΔΥΣΣΕΥΣ"), ("José", "jose"),
     ("Jose\u0301 M", "José"), ("محمّد", "محم"),
     ("Straße", "STRAS"), ("58/2026-الف", "۵۸/۲۰۲۶"), ("DİYARBAKIR", "diyar"), ("a  b", " b"), ("ﬁle", "f")],
)  # fmt: skip
def test_a_part_at_an_edge_is_found(whole, part):
    assert fold(part) in fold(whole)


def test_marks_of_other_scripts_are_letters():
    kept = (0x093F, 0x0941, 0x094D, 0x09BF, 0x0E34, 0x3099, 0x0BBF, 0x0F72, 0x1039)
    assert not [hex(code) for code in kept if any(code in accents for accents in ACCENTS)]
    assert all(chr(code) in fold(f"a{chr(code)}") for code in kept)


# ---- on both databases -----------------------------------------------------------------------------------------------


def test_every_pair_is_one_to_a_search_a_number_and_a_name(store):
    def make(work):
        officer = factories.person(work, name="Somebody Else")
        home = officer.memberships[0].authority
        people = [factories.person(work, name=f"{one} {n}", of=home) for n, (one, _) in enumerate(SAME)]
        for n, (one, _) in enumerate(SAME):
            case = factories.case(work, opener=officer, title=f"{one} {n}", own_reference=f"{one} {n}")
            request = factories.request(work, of=case, accounts=[f"x{one}"], their_reference=f"t{one}", basis=f"b{one}")
            work.session.add(Note(case_id=case.id, request_id=request.id, person=officer, text=f"n{one}", at=work.now))
        return factories.viewer(officer), home.id, [one.id for one in people]

    viewer, agency_id, ids = store.write(make).result(SECONDS)

    def look(work):
        agency = work.session.get_one(Authority, agency_id)
        people = [work.session.get_one(Person, one) for one in ids]
        for n, (_, other) in enumerate(SAME):
            typed, ref = f"{other} {n}", f"CCW-2026-{n + 1:04d}"
            found = case_lists.cases(work, viewer, words=f"{other} x{other} t{other} b{other} n{other}", limit=200).rows
            assert ref in [count.case.ref for count in found], other
            assert [row.ref for row in records.cases(work, viewer, Key(typed))] == [ref], typed
            assert [row.ref for row in records.cases_by_own_references(work, agency, [typed])] == [ref], typed
            assert records.people(work, agency_id=agency_id, name=typed) == [people[n]], typed

        typed, ref = f"{SAME[0][1]} 0", "CCW-2026-0001"
        assert ref in [found for found, _ in references.references(work, viewer, "case", typed)]
        assert people[0] in records.people(work, name_part=SAME[0][1])
        assert records.at_terminal(work, typed) == records.at_terminal(work, f"{typed} @ PK-FIA-CCW") == [people[0]]
        assert entrustments.people_of(work, agency_id, typed) == [people[0]]
        assert acts._called(work, typed) == [people[0].actor]

    store.read(look).result(SECONDS)


def test_no_pair_of_two_is_one_to_a_number_or_a_name(store):
    def make(work):
        for one, _ in DIFFERENT:
            factories.person(work, name=one)
            factories.case(work, own_reference=one, of=factories.agency(work)).label = "TLP:RED"

    store.write(make).result(SECONDS)

    def look(work):
        for one, other in DIFFERENT:
            for asked in (Case.own_reference, Person.name):
                assert one not in set(work.session.scalars(select(asked).where(same(asked, other)))), (one, other)

    store.read(look).result(SECONDS)


def test_two_people_whose_names_fold_to_one_are_told_apart_by_their_agency_or_to_the_letter(store):
    def make(work):
        for code, name in (
            ("PK-FIA-CCW", "José Khan"),
            ("PK-FIA", "Jose Khan"),
            ("PK-PTA", "Ünal"),
            ("PK-PTA", "Unal"),
        ):
            factories.person(work, name=name, of=factories.agency(work, code))

    store.write(make).result(SECONDS)

    def names(typed):
        return store.read(lambda work: sorted(row.name for row in records.at_terminal(work, typed))).result(SECONDS)

    assert names("JOSE KHAN") == ["Jose Khan", "José Khan"]
    assert names("jose khan @ PK-FIA-CCW") == ["José Khan"]
    assert names("ünal @ PK-PTA") == ["Unal", "Ünal"], "of before there was one spelling"
    assert names("Ünal @ PK-PTA") == ["Ünal"]


def test_two_at_once_cannot_take_one_number_in_two_spellings(postgresql_url, clock, reference):
    store = Store(postgresql_url, clock=clock, reference=reference)
    store.write(lambda work: factories.agency(work).id).result(SECONDS)
    first, second = Event(), Event()

    def taken(work, own):
        return [row.ref for row in records.cases_by_own_references(work, factories.agency(work), [own], change=True)]

    def take(work):
        agency, found = factories.agency(work), taken(work, "58/2026")
        first.set()
        assert second.wait(SECONDS)
        factories.case(work, of=agency, own_reference="58/2026")
        return found

    def take_again(work):
        assert first.wait(SECONDS)
        second.set()
        return taken(work, "۵۸/۲۰۲۶")

    both = store.write(take), store.write(take_again)
    assert [one.result(SECONDS) for one in both] == [[], ["CCW-2026-0001"]]
    store.close()


# ---- the folding follows its text ------------------------------------------------------------------------------------


SPELLED = [
    (mapper.class_, column.info[FOLDED], column.key)
    for mapper in Base.registry.mappers
    for column in mapper.columns
    if FOLDED in column.info
]


def test_each_is_called_after_the_text_it_stands_beside():
    assert SPELLED
    assert [stored for _, of, stored in SPELLED] == [f"{of}_folded" for _, of, _ in SPELLED]


@pytest.fixture
def filled(store):
    """A row of every kind that is searched."""

    def make(work):
        case = factories.case(work, own_reference="D-17")
        request = factories.request(work, of=case)
        work.session.add(Note(case_id=case.id, person=case.opener, text="Reçu", at=work.now))
        factories.preservation(work, of=case)
        facts = {"platform": "console", "source": "s", "cause": "c", "try_at": work.now, "at": work.now}
        work.session.add(
            Attachment(case=case, person=case.opener, ref=f"{case.ref}/A1", name="É", size_bytes=1, **facts)
        )
        del request

    store.write(make).result(SECONDS)
    return store


@pytest.mark.parametrize("new", ["ÉRASÉ ۵", "", None])
def test_words_that_are_changed_or_erased_are_so_in_both_columns(filled, new):
    def change(work):
        for kind, of, _ in SPELLED:
            row = work.session.scalars(select(kind).limit(1)).one()
            setattr(row, of, "" if new is None and not inspect(kind).columns[of].nullable else new)

    filled.write(change).result(SECONDS)
    expected = {"ÉRASÉ ۵": ("ÉRASÉ ۵", "erase 5"), "": ("", ""), None: (None, None)}

    def look(work):
        for kind, of, stored in SPELLED:
            both = select(column(of), column(stored)).select_from(kind.__table__).order_by(kind.id).limit(1)
            kept = tuple(work.session.execute(both).one())
            assert kept == expected[new if new is not None or inspect(kind).columns[of].nullable else ""], (kind, of)

    filled.read(look).result(SECONDS)


def test_what_was_never_given_is_found_by_nothing(filled):
    def look(work):
        return work.session.scalars(select(Case.id).where(contains(Case.own_reference, "zz"))).all()

    assert filled.read(look).result(SECONDS) == []


def test_a_folding_is_for_the_database_alone(filled):
    def look(work):
        for kind, _, stored in SPELLED:
            row = work.session.scalars(select(kind).limit(1)).one()
            assert stored not in vars(row)
            with pytest.raises(InvalidRequestError, match="raiseload"):
                getattr(row, stored)

    filled.read(look).result(SECONDS)


# ---- and is what is compared -----------------------------------------------------------------------------------------


def modules(*rooms: str):
    for room in rooms:
        for file in sorted((HOUSE / room).rglob("*.py")):
            path = file.relative_to(HOUSE).as_posix()
            if "migrations" not in path:
                yield path, file.read_text(encoding="utf-8")


def test_no_statement_writes_a_spelled_text_without_its_row():
    kinds = "|".join({kind.__name__ for kind, _, _ in SPELLED})
    found = [
        f"{path}: {hit[0]}"
        for path, source in modules("storage")
        for hit in re.finditer(rf"\b(?:update|insert)\((?:{kinds})\b", source)
    ]
    assert not found, f"load the row and set it, or its folding stays behind: {found}"


SMALL = re.compile(r"\.casefold\b|\.lower\(|\bfunc\.(?:lower|upper|translate)\b|\.(?:not_)?(?:ilike|icontains)\(")
ELSEWHERE = {
    "bot/adapters/": "words and names of a platform, which spells them in one way",
    "bot/logs.py": "names of levels",
    "bot/settings.py": "names of settings",
    "handlers/kit/turn.py": "the names that a platform has for people, as its adapter brings them",
    "handlers/language/completion.py": "replaces as many characters as were typed",
    "handlers/language/errors.py": "a class's name",
    "handlers/language/values/calendar_text.py": "names of months",
    "handlers/publications/": "a file's figures, codes, and names with damaged letters",
    "handlers/registers/": "a file's cells, which text.py compares",
    "storage/record/obliged.py": "the yes or no of a form's field",
    "storage/reference/accounts.py": "hosts, schemes, names of parameters",
    "storage/rules/files.py": "endings of files",
    "storage/spelling.py": "here it is done",
}
"""Where letters are made small otherwise, and why."""


def test_names_and_words_are_compared_by_their_folding_alone():
    found = {path for path, source in modules("bot", "handlers", "storage") if SMALL.search(source)}
    strange = [path for path in found if not path.startswith(tuple(ELSEWHERE))]
    assert not strange, f"fold both sides (storage/spelling.py), or say in ELSEWHERE why not: {strange}"
    gone = [named for named in ELSEWHERE if not any(path.startswith(named) for path in found)]
    assert not gone, f"take out of ELSEWHERE {gone}"


def test_a_spelled_text_is_asked_for_by_its_folding_alone():
    looked_up = {"ref"}  # as the desk has it
    texts = "|".join(f"{kind.__name__}[.]{of}" for kind, of, _ in SPELLED if of not in looked_up)
    by_itself = re.compile(rf"\b(?:{texts})(?:[.](?:contains|startswith|endswith|like|in_)[(]| [!=]= )")
    found = [f"{path}: {hit}" for path, source in modules("storage") for hit in by_itself.findall(source)]
    assert not found, f"ask with storage/models/spelled.py: {found}"
