"""The search for cases: by words of the title, a reference, an account, a note. Reads only.

In: a viewer, and the words as typed. Out: conditions over case, one for each thing that must be found.
"""

import re

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from storage.database.unit_of_work import UnitOfWork
from storage.exposure.sight import Viewer
from storage.models import Authority, Case, Note, Preservation, Request, Target
from storage.models.spelled import contains
from storage.spelling import fold

SEARCHED = re.compile(r"[+(]?\d[\d().\-/]*(?:\s+\(?\d[\d().\-/]*)+(?!\S)|\S+")
"""A phone number with spaces in it, or one word."""


def conditions(work: UnitOfWork, viewer: Viewer, words: str) -> list[ColumnElement[bool]]:
    """What all has to be true of a case that is found by these words; for an auditor, of one of its references."""
    if viewer.history:
        return [_numbered(text) for text in words.split()]
    return [_contains(work, viewer, text) for text in searched(words)]


def searched(words: str) -> list[str]:
    """What is searched: each word by itself, but a phone number with its spaces is one."""
    return [" ".join(found.split()) for found in SEARCHED.findall(words)]


def _contains(work: UnitOfWork, viewer: Viewer, text: str) -> ColumnElement[bool]:
    """The cases that hold every word of a text, or ask about or keep the account that it is."""
    agency = work.session.get_one(Authority, viewer.authority_id)
    keys = work.reference.accounts.keys(text, country=agency.country)
    return or_(and_(*map(_holds, text.split())), Case.id.in_(_with_account(Target.key.in_(keys))))


def _holds(word: str) -> ColumnElement[bool]:
    asked = (Request.their_reference, Request.basis)
    in_requests = select(Request.case_id).where(or_(*(contains(column, word) for column in asked)))
    in_notes = select(Note.case_id).where(contains(Note.text, word))
    of_account = Target.key.contains(fold(word), autoescape=True)
    in_accounts = _with_account(or_(of_account, contains(Target.typed, word)))
    own = (Case.title, Case.ref, Case.own_reference)
    elsewhere = (Case.id.in_(found) for found in (in_requests, in_notes, in_accounts))
    return or_(*(contains(column, word) for column in own), *elsewhere)


def _with_account(is_it: ColumnElement[bool]) -> Select[int]:
    """The cases whose requests ask about an account that is it, or whose holds keep one."""
    query = select(func.coalesce(Request.case_id, Preservation.case_id)).select_from(Target)
    return query.outerjoin(Target.request).outerjoin(Target.preservation).where(is_it)


def _numbered(word: str) -> ColumnElement[bool]:
    theirs = select(Request.case_id).where(contains(Request.their_reference, word))
    return or_(contains(Case.ref, word), contains(Case.own_reference, word), Case.id.in_(theirs))
