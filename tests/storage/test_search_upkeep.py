"""The index follows the record: whatever writes what is searched, by whatever statement, on both databases."""

import pytest
from sqlalchemy import Select, delete, func, insert, select, text, update

from storage.exposure.labels import Label
from storage.models import Case, Note, Participant, Preservation, Request, SearchDue, SearchText, Target
from storage.models.base import Base
from storage.search import documents, finding, index, pieces, upkeep
from storage.search.documents import Document
from tests import factories

SECONDS = 60


@pytest.fixture
def case_id(store):
    """A case with one of each."""

    def make(work):
        other = factories.person(work)
        case = factories.case(work, own_reference="D-1", shared_with=[other, factories.agency(work, "PK-NCCIA")])
        factories.request(work, of=case, their_reference="T-1", basis="Section 1", accounts=["asked.about"])
        factories.preservation(work, of=case, accounts=["kept.account"])
        factories.case(work)
        factories.request(work)
        factories.preservation(work)
        work.session.add(Note(case_id=case.id, person=other, text="A note", at=work.now))
        return case.id

    made = store.write(make).result(SECONDS)
    upkeep.catch_up(store)
    return made


def waiting(store):
    return store.read(lambda work: {of for _, of in work.session.execute(upkeep.due(100))}).result(SECONDS)


def run(store, *statements):
    def job(work):
        for statement in statements:
            work.session.execute(statement)

    store.write(job).result(SECONDS)


def is_up_to_date(store):
    """The index says of each case what its texts say, and of no other case anything."""

    def job(work):
        ids = work.session.scalars(select(Case.id)).all()
        now = {one.case_id: one for one in documents.of(work, ids)}
        columns = (getattr(SearchText, name) for name in Document.__dataclass_fields__)
        kept = {row[0]: Document(*row) for row in work.session.execute(select(*columns))}
        assert kept == now
        everything = {piece for one in now.values() for piece in pieces.of_document(one)}
        for piece in everything:
            found = index.newest(work, [[[pieces.Piece(piece)]]], before=finding.LAST, most=100)
            assert set(found) == {one.case_id for one in now.values() if piece in pieces.of_document(one)}, piece
        return True

    return not waiting(store) and store.read(job).result(SECONDS)


def searched():
    """{(table, column)}: all that the documents are made of."""
    found = set()
    for query in vars(documents).values():
        if isinstance(query, Select):
            for column in query.selected_columns:
                found |= {(one.table.name, one.name) for one in column.base_columns}
            for source in query.get_final_froms():
                condition = getattr(source, "onclause", None)
                if condition is not None:
                    found |= {(one.table.name, one.name) for one in (condition.left, condition.right)}
    return {(table, column) for table, column in found if column != "id"}


def test_what_is_searched_is_what_we_think(store):
    del store
    assert {table for table, _ in searched()} == {"case", "note", "participant", "preservation", "request", "target"}
    assert ("target", "preservation_id") in searched()
    assert ("note", "text_folded") in searched()


def test_a_change_of_any_column_that_is_searched_makes_its_case_wait(store, case_id):
    left = set()
    for table, column in sorted(searched()):
        run(store, delete(SearchDue))
        of = Base.metadata.tables[table]
        same = update(of).values({column: of.c[column]})
        whole = {"target": of.c.get("request_id"), "case": of.c.id}.get(table, of.c.get("case_id"))
        run(store, same.where(whole.is_not(None)))
        if case_id not in waiting(store):
            left.add((table, column))
    assert left == set()


def test_other_changes_make_nothing_wait(store, case_id):
    del case_id
    run(store, update(Case).values(closed_at=None, version=Case.version + 1), update(Request).values(reason="x"))
    assert waiting(store) == set()


def changes(of):
    """One after the other, on a case with one of each."""
    other = select(func.min(Case.id)).where(Case.id != of).scalar_subquery()
    asked = select(Request.id).where(Request.case_id == of)
    yield update(Case).where(Case.id == of).values(title="Other", title_folded="other")
    yield update(Case).where(Case.id == of).values(label=Label.RED)
    yield update(Note).where(Note.case_id == of).values(text="-", text_folded="-")
    yield update(Note).where(Note.case_id == of).values(case_id=other)
    yield delete(Note)
    yield delete(Participant).where(Participant.case_id == of)
    yield (
        update(Target)
        .where(Target.request_id.is_(None))
        .values(request_id=asked.scalar_subquery(), preservation_id=None)
    )
    yield delete(Target).where(Target.request_id.in_(asked))
    yield insert(Target).values(request_id=asked.scalar_subquery(), typed="New", typed_folded="new", key="new")
    yield update(Preservation).where(Preservation.case_id == of).values(case_id=other, number=9)
    yield update(Request).where(Request.case_id == of).values(case_id=other, number=9)


class TestAfterAWrite:
    """Found at once, and in the index after the next tick."""

    def test_a_new_case_and_what_is_filed_with_it(self, store, case_id):
        def write(work):
            case = factories.case(work, title="Brandnew")
            factories.request(work, of=case, accounts=["zebra.account"])
            return factories.viewer(case.opener), case.id

        viewer, made = store.write(write).result(SECONDS)
        assert case_id != made
        for _ in range(2):
            for words in ("brandn", "zebra", "brandnew zebra.acc"):
                found = store.read(lambda work, words=words: finding.newest(work, viewer, words, most=9))
                assert found.result(SECONDS) == [made]
            upkeep.catch_up(store)
        assert is_up_to_date(store)

    def test_whatever_it_was_by_whatever_statement(self, store, case_id):
        wrong = []
        for n, statement in enumerate(changes(case_id)):
            run(store, statement)
            if not (waiting(store) and upkeep.catch_up(store) and is_up_to_date(store)):
                wrong.append(n)
        assert wrong == []

    def test_a_case_that_is_gone_is_gone_from_the_index(self, store, case_id):
        held = select(Preservation.id).where(Preservation.case_id == case_id)
        asked = select(Request.id).where(Request.case_id == case_id)
        tables = Base.metadata.sorted_tables
        gone = [delete(Target).where(Target.request_id.in_(asked) | Target.preservation_id.in_(held))]
        for table in reversed(tables):
            if "preservation_id" in table.c and table.name not in ("target", "search_due"):
                gone.append(delete(table).where(table.c.preservation_id.in_(held)))
            if "request_id" in table.c and table.name not in ("target", "search_due"):
                gone.append(delete(table).where(table.c.request_id.in_(asked)))
        gone += [delete(one).where(one.case_id == case_id) for one in (Note, Participant, Preservation, Request)]
        run(store, *gone, delete(Case).where(Case.id == case_id))
        upkeep.catch_up(store)
        assert is_up_to_date(store)


class TestPieces:
    def test_a_tick_does_as_much_as_it_has_time_for_the_newest_first(self, store, monkeypatch):
        ids = store.write(lambda work: [factories.case(work).id for _ in range(10)]).result(SECONDS)
        monkeypatch.setattr(upkeep, "PIECE", 2)
        monkeypatch.setattr(upkeep, "MOST", 3)
        assert upkeep.catch_up(store) == 6
        assert waiting(store) == set(ids[:4])
        assert upkeep.catch_up(store) == 4
        assert is_up_to_date(store)

    def test_the_whole_is_made_anew_and_may_be_broken_off(self, store, case_id, monkeypatch):
        monkeypatch.setattr(upkeep, "PIECE", 2)
        told = []

        def stop(done, total):
            told.append((done, total))
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            upkeep.rebuild(store, stop)
        assert told == [(2, 4)]
        assert waiting(store) == {1, 2}
        assert case_id in (1, 2, 3, 4)
        told.clear()
        assert upkeep.rebuild(store, lambda done, total: told.append((done, total))) == 4
        assert told[-1] == (4, 4)
        assert is_up_to_date(store)

    def test_what_the_index_lost_is_there_again(self, store, case_id):
        del case_id

        def lose(work):
            index.clear(work)
            work.session.execute(text("DELETE FROM search_text"))

        store.write(lose).result(SECONDS)
        upkeep.rebuild(store, lambda *_: None)
        assert is_up_to_date(store)
