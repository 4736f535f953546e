"""Numbers of what comes on record: the reference of a case, and what is numbered within it.

In: an agency, a year, a case. Out: numbers without a gap, each given once, one by one or as many as are needed.
"""

from collections.abc import Sequence

from storage.database.unit_of_work import UnitOfWork
from storage.models import Authority, Case

REQUESTS, PRESERVATIONS = "/", "/P"
"""What stands between the reference of a case and the number of a part of it."""


def case_reference(work: UnitOfWork, agency: Authority, year: int) -> tuple[str, int]:
    """The next reference of an agency in a year: `("CCW-2026-0042", 42)`."""
    number = work.number(f"{agency.code}/{year}")
    return _reference(agency, year, number), number


def reserve_references(work: UnitOfWork, agency: Authority, years: Sequence[int], parts: Sequence[str]) -> None:
    """Take at once what so many cases will be called, and the first part of each: of REQUESTS or of PRESERVATIONS.

    They are given out in this order, by the functions beside this one.
    """
    numbers = work.reserve([f"{agency.code}/{year}" for year in years])
    refs = [_reference(agency, year, number) for year, number in zip(years, numbers, strict=True)]
    work.reserve([f"{ref}{part}" for ref, part in zip(refs, parts, strict=True)])


def next_request_number(work: UnitOfWork, case: Case) -> int:
    """The next `/n` of a case, counted in the transaction that uses it."""
    return work.number(f"{case.ref}{REQUESTS}")


def next_preservation_number(work: UnitOfWork, case: Case) -> int:
    """The next `/Pn` of a case."""
    return work.number(f"{case.ref}{PRESERVATIONS}")


def _reference(agency: Authority, year: int, number: int) -> str:
    return f"{agency.prefix}-{year}-{number:04d}"
