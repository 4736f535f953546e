"""The search by its index finds what comparing every text finds: for every part of every word, for whoever looks.

`plain` is the search as it is meant, in SQL over the record. The one exception is in the last test.
"""
# ruff: noqa: RUF001 - the letters of other scripts are the subject

from dataclasses import replace

import pytest
from sqlalchemy import and_, event, false, func, or_, select

from storage.exposure import sight
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.exposure.sight import Viewer
from storage.models import Authority, Case, Note, Preservation, Request, SearchDue, SearchText, Target
from storage.models.spelled import contains
from storage.record import case_lists, records
from storage.rules import closing
from storage.search import finding, index, pieces, sqlite, upkeep
from storage.search.documents import Document
from storage.serialization import storable
from storage.spelling import fold
from tests import factories, plans, stored
from tests.furnishing import furnish
from tests.nasty import NASTY

SECONDS = 60
MOST = 1000
TEXTS = (
    ("Fake pages of the ministry's president", "FIR 58/2026", "The page was reported by Zürich's police: reçu"),
    ("جعلی صفحات وزارتِ داخلہ", "۵۸/۲۰۲۶", "محمّد نے اطلاع دی"),
    ('Threats "by video" 100% AND NEAR(x) * _ 😀🧑‍💻', "a'b\\c/1", "presidential presidency presidents"),
    ("İSTANBUL ψευδεις σελιδες", "Dy-9", "facebfaceb aaaaaaa ababab \x01\x7f control"),
    ("x", "7", "One word of a hundred letters: " + "ab" * 50),
)
ACCOUNTS = (
    ("facebook.com/some.page", "PROV-META"),
    ("+92 300 1234567", "PROV-WHATSAPP"),
    ("@nightowl", "PROV-X"),
    ("youtube.com/watch?v=AbC", "PROV-GOOGLE"),
    ("Página «Falsa» ۴۲", "PROV-META"),
)
SPOKEN = (
    *("0300 1234567", "(0300) 123-4567 threats", "wa.me/923001234567", "fb.com/Some.Page", "x.com/nightowl"),
    *("youtu.be/AbC", "youtu.be/abc", "pagina falsa 42", "president fake", "fake محمد", "president zzqx"),
    *("presidents presidency", "meta", "CCW-2026", "ccw-2026-0001", "ccw-2026-0001 fake", "2026 58", "their-58"),
    *("section", "peca 21", "a", "e", "ا", "د", "the", "of", "of the and", "facebfaceb", "ababababab", "aaaaaaaa"),
    *(
        "b a",
        "pagesof",
        "fake pages of the ministry's president " * 9,
        " ".join(f"w{n}" for n in range(50)),
        "ab" * 200,
    ),
    *('"', "*", "%", "_", "'", "\\", "^", "-", "(", ")", ":", "AND", "OR", "NOT", "NEAR(", "pieces:x", "😀", "🧑‍💻"),
    *("\u0640", "\x01", "\x7f", "\x00", "&", "|", "!", "<->", "':*", "a:*", "#58", "@a1", "=", "{", "x'", "ё", "日本"),
    "\U0001fae8",
)
BY_ALL = ("fake", "page", "58", "presidents presidency", "0300 1234567")


def build(store):
    """Cases under every label of two agencies, in many scripts. Returns who looks."""
    return store.write(_crowd).result(SECONDS)


def _crowd(work):
    owner, other = factories.agency(work, "PK-FIA-CCW"), factories.agency(work, "PK-NCCIA")
    lead, named, officer = (factories.person(work, of=owner) for _ in range(3))
    guest, stranger = (factories.person(work, of=other) for _ in range(2))
    for agency, opener in ((owner, lead), (other, stranger)):
        for n, label in enumerate(Label):
            title, own, note = TEXTS[n % len(TEXTS)]
            shared = [named, guest, other if agency is owner else owner] if n % 2 else []
            case = factories.case(
                work, of=agency, opener=opener, title=title, label=label, own_reference=own, shared_with=shared
            )
            account, to = ACCOUNTS[n % len(ACCOUNTS)]
            factories.request(work, of=case, to=to, accounts=[account, f"{n}.page"], basis="Section 21 of PECA, 2016",
                              their_reference=f"THEIR-{n}/58")  # fmt: skip
            factories.preservation(work, of=case, accounts=[f"kept.account.{n}"])
            work.session.add(Note(case_id=case.id, person=opener, text=note, at=work.now))
    liaison = factories.person(work, of=factories.agency(work, "US-DOJ-OIA"), role=Role.LIAISON)
    auditor = factories.person(work, of=owner, role=Role.AUDITOR)
    people = (
        lead,
        named,
        officer,
        guest,
        stranger,
        liaison,
        auditor,
        factories.person(work, of=owner, role=Role.ADMIN),
    )
    viewers = [factories.viewer(person) for person in people]
    viewers += [replace(viewer, history=True) for viewer in (viewers[2], viewers[6])]
    viewers += [replace(viewers[0], ceiling=Label.GREEN), replace(viewers[3], ceiling=Label.AMBER)]
    return [(one.person_id, one.authority_id, tuple(one.roles), one.history, one.ceiling) for one in viewers]


@pytest.fixture
def viewers(store):
    return [
        Viewer(person_id, authority_id, frozenset(roles), history=history, ceiling=ceiling)
        for person_id, authority_id, roles, history, ceiling in furnish(store, build)
    ]


def plain(work, viewer, words):
    """The cases of which a text holds each word, or an account is the one that was typed."""
    parts = words.split() if viewer.history else finding.searched(words)
    wanted = [(_numbered if viewer.history else _contains)(work, viewer, storable(part)) for part in parts]
    query = select(Case.id).where(sight.cases(viewer), *wanted).order_by(Case.id.desc())
    return list(work.session.scalars(query))


def _contains(work, viewer, text):
    country = work.session.get_one(Authority, viewer.authority_id).country
    keys = work.reference.accounts.keys(text, country=country)
    return or_(and_(*map(_holds, text.split())), Case.id.in_(_with_account(Target.key.in_(keys))))


def _holds(word):
    asked = (Request.their_reference, Request.basis)
    in_requests = select(Request.case_id).where(or_(*(contains(column, word) for column in asked)))
    in_notes = select(Note.case_id).where(contains(Note.text, word))
    key = Target.key.contains(fold(word), autoescape=True) if fold(word) else false()
    in_accounts = _with_account(or_(key, contains(Target.typed, word)))
    own = (Case.title, Case.ref, Case.own_reference)
    elsewhere = (Case.id.in_(found) for found in (in_requests, in_notes, in_accounts))
    return or_(*(contains(column, word) for column in own), *elsewhere)


def _with_account(is_it):
    query = select(func.coalesce(Request.case_id, Preservation.case_id)).select_from(Target)
    return query.outerjoin(Target.request).outerjoin(Target.preservation).where(is_it)


def _numbered(_work, _viewer, word):
    theirs = select(Request.case_id).where(contains(Request.their_reference, word))
    return or_(contains(Case.ref, word), contains(Case.own_reference, word), Case.id.in_(theirs))


def parts():
    """The beginnings, endings and middles of every word there is, and words that nobody wrote."""
    words = {word for text in TEXTS for one in text for word in one.split()}
    words |= {word for account, _ in ACCOUNTS for word in account.split()}
    for word in sorted(words):
        middle = word[len(word) // 3 :]
        yield from (middle[:4], word[-5:], middle[:7])
    yield from SPOKEN
    yield from filter(str.strip, NASTY[::3])


def disagreements(work, viewers, every):
    """What is found otherwise by the index: each part by one of them in turn, some by all."""
    for n, words in enumerate([*BY_ALL, *list(dict.fromkeys(parts()))[::every]]):
        for viewer in viewers if words in BY_ALL else (viewers[n % len(viewers)],):
            found, meant = finding.newest(work, viewer, words, most=MOST), plain(work, viewer, words)
            if found != meant:
                yield words, viewer, found, meant


class TestItFindsWhatIsMeant:
    def test_before_anything_is_in_the_index(self, store, viewers):
        assert store.read(lambda work: list(disagreements(work, viewers, 8))).result(SECONDS) == []

    @pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.slow)])
    def test_out_of_the_index_alone(self, store, viewers, every):
        upkeep.catch_up(store)
        assert store.read(upkeep.waiting).result(SECONDS) == 0
        assert store.read(lambda work: list(disagreements(work, viewers, every))).result(SECONDS) == []
        words = list(dict.fromkeys(parts()))[::8]
        found = store.read(lambda work: [finding.newest(work, viewers[0], one, most=1) for one in words]).result(
            SECONDS
        )
        assert sum(map(bool, found)) > len(found) / 3, "so that something was compared"

    def test_out_of_both(self, store, viewers):
        upkeep.catch_up(store)

        def write(work):
            for case in work.session.scalars(select(Case).where(Case.id % 3 == 0)):
                case.title = f"{case.title} renamed presidents"
                work.session.add(Note(case_id=case.id, person=case.opener, text="Fake video", at=work.now))
                case.label = Label.RED if case.label == Label.AMBER else Label.AMBER

        store.write(write).result(SECONDS)
        assert store.read(lambda work: list(disagreements(work, viewers, 8))).result(SECONDS) == []

    def test_a_case_with_more_pieces_than_the_index_takes(self, store, viewers, monkeypatch):
        monkeypatch.setattr(pieces, "MOST", 100)
        upkeep.catch_up(store)
        assert store.read(lambda work: list(disagreements(work, viewers, 8))).result(SECONDS) == []


class TestTheNewest:
    @pytest.fixture
    def many(self, store, monkeypatch):
        monkeypatch.setattr("storage.search.postgres.WINDOW", 2)

        def make(work):
            officer = factories.person(work)
            for n in range(40):
                case = factories.case(work, opener=officer, title="Rare" if n % 10 == 0 else "Common")
                if n % 4 == 0:
                    closing.close(work, case)
            return factories.viewer(officer), sorted(work.session.scalars(select(Case.id)), reverse=True)

        viewer, ids = store.write(make).result(SECONDS)
        upkeep.catch_up(store)
        return viewer, ids

    def find(self, store, viewer, words, **facts):
        return store.read(lambda work: finding.newest(work, viewer, words, **facts)).result(SECONDS)

    def test_come_first_and_no_more_than_asked(self, store, many):
        viewer, ids = many
        assert self.find(store, viewer, "ccw-", most=100) == ids
        assert self.find(store, viewer, "ccw-", most=7) == ids[:7]
        assert self.find(store, viewer, "rare", most=100) == ids[9::10]
        assert self.find(store, viewer, "rare", most=2) == ids[9:20:10]

    def test_go_on_from_a_case(self, store, many):
        viewer, ids = many
        assert self.find(store, viewer, "ccw-", most=7, before=ids[6]) == ids[7:14]
        assert self.find(store, viewer, "rare", most=100, before=ids[9]) == ids[19::10]

    def test_conditions_hold_for_what_is_asked_of_the_index_again(self, store, many):
        viewer, ids = many
        closed = (Case.closed_at.is_not(None),)
        assert self.find(store, viewer, "ccw-", most=8, conditions=closed) == ids[3::4][:8]

    def test_a_list_counts_them_to_a_thousand(self, store, many, monkeypatch):
        viewer, _ = many
        monkeypatch.setattr(case_lists, "COUNTED", 20)
        look = store.read(lambda work: case_lists.cases(work, viewer, words="ccw-", closed=None, limit=5))
        page = look.result(SECONDS)
        assert (len(page.rows), page.total, page.is_more) == (5, 21, True)


def test_no_table_that_grows_is_read_as_a_whole(store):
    """Of a record that is in the index but for a case that was just written."""
    stored.fill(store, requests=2_000)
    upkeep.rebuild(store, lambda *_: None)
    store.write(lambda work: factories.request(work).ref).result(SECONDS)
    looks = [
        (viewer, words)
        for viewer in store.read(_lookers).result(SECONDS)
        for words in ("a", "minister", "ministry zzqx", "0300 1234567")
    ]
    with plans.of(store) as found:
        for look in looks:
            store.read(lambda work, look=look: finding.newest(work, *look, most=MOST)).result(SECONDS)
        store.read(finding.is_behind).result(SECONDS)
    assert not plans.faults(found)


def test_the_index_is_used(store):
    stored.fill(store, requests=400)
    upkeep.rebuild(store, lambda *_: None)
    officer = next(one for one in store.read(_lookers).result(SECONDS) if Role.OFFICER in one.roles)
    used, setting = "VIRTUAL TABLE INDEX", None
    if store.url.startswith("postgresql"):
        used, setting = "ix_search_words_pieces", "SET LOCAL enable_seqscan = off"  # as the search does
        event.listen(store.write_engine, "begin", lambda connection: connection.exec_driver_sql(setting))
    with plans.of(store) as found:
        for words in ("a", "minister", "ministry zzqx"):
            store.read(lambda work, words=words: finding.newest(work, officer, words, most=MOST)).result(SECONDS)
    proposing = [one for one in found if "FROM search_words" in one.sql and "max(" not in one.sql]
    assert proposing
    assert all(used in " ".join(one.plan) for one in proposing), "\n".join(map(str, proposing))


def _lookers(work):
    people = records.people(work)
    found = [factories.viewer(one) for one in people if one.name in stored.LOOK]
    return [*found, *(replace(one, history=True) for one in found if Role.AUDITOR in one.roles)]


def test_what_waits_beyond_what_is_looked_at_is_said(store, viewers, monkeypatch):
    assert store.read(finding.is_behind).result(SECONDS) is False
    monkeypatch.setattr(finding, "LOOKED_AT", 5)
    assert store.read(finding.is_behind).result(SECONDS) is True
    found = store.read(lambda work: finding.newest(work, viewers[0], "ccw-", most=MOST)).result(SECONDS)
    meant = store.read(lambda work: plain(work, viewers[0], "ccw-")).result(SECONDS)
    assert set(found) < set(meant)


def test_an_account_is_found_in_small_letters_by_more_than_before(store):
    """The exception: of a key that keeps capitals or accents, a part is found in any spelling, as of all else."""

    def make(work):
        case = factories.case(work)
        factories.request(work, of=case, to="PROV-GOOGLE", accounts=["youtu.be/AbCdEf"])
        work.session.flush()
        return factories.viewer(case.opener), case.id

    viewer, case_id = store.write(make).result(SECONDS)
    look = store.read(lambda work: finding.newest(work, viewer, "WATCH?V=abcdef", most=MOST))
    assert look.result(SECONDS) == [case_id]


def test_sqlite_takes_a_piece_for_one_token_whatever_is_in_it(sqlite_store):
    """Of each character there is, so that none parts a piece or is lost."""
    characters = map(chr, (*range(0x700), *range(0x700, 0x3000, 7), 0x1F600, 0x1FAE8, 0x3FFFF, 0x10FFFF))
    texts = [word for one in characters for word in fold(f"x{one}y").split()]
    document = Document(1, "\n".join(texts), "", "", "")
    assert len(pieces.of_document(document)) < pieces.MOST

    def job(work):
        sqlite.put(work, [document])
        return [
            text
            for text in texts
            if not sqlite.newest(work, [[[pieces.Piece(text[: pieces.LETTERS])]]], before=finding.LAST, most=1)
        ]

    assert sqlite_store.write(job).result(SECONDS) == []


def test_what_the_index_takes_out_is_not_found_in_it(store):
    def make(work):
        case = factories.case(work, title="Secretword")
        return case.id

    case_id = store.write(make).result(SECONDS)
    upkeep.catch_up(store)

    def erase(work):
        work.session.get_one(Case, case_id).title = "-"

    store.write(erase).result(SECONDS)
    upkeep.catch_up(store)

    def look(work):
        asked = [[[pieces.Piece("secre", begins=True)]]]
        texts = work.session.scalars(select(SearchText.words)).all()
        return index.newest(work, asked, before=finding.LAST, most=5), [text for text in texts if "secret" in text]

    assert store.read(look).result(SECONDS) == ([], [])
    assert store.read(lambda work: work.session.scalars(select(SearchDue.n)).all()).result(SECONDS) == []
