"""The rows of one country and one period -> its figures, summed as bounds.

In: rows. Out: `Figures`. Rows for emergencies and for other legal process are added up; a row for all of them stands
for their sum; preservation is a figure by itself. Rows of one kind that come twice are parts of a whole, or editions of
one figure: nobody can tell, so it is at least the smallest of them and at most their sum.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

from handlers.publications.bounds import ANY, Bounds, Portion
from storage.reference.words import PublishedKind

UNKNOWN = "unknown"  # a kind of process that nobody here knows: perhaps of these requests, perhaps not


@dataclass(frozen=True)
class PublishedRow:
    """One row. kind: what its process means; process: as it stands. A figure is None where no column has it."""

    kind: PublishedKind | str
    process: str
    requests: Bounds | None
    accounts: Bounds | None
    share: Portion | None
    emergency: Bounds | None = None
    preservation: Bounds | None = None


@dataclass(frozen=True)
class Figures:
    """What is published of one period. A figure is None where the file has none.

    rows: how many there are. repeated: some are of one kind and may be parts of a whole, or editions.
    """

    requests: Bounds | None
    accounts: Bounds | None
    share: Portion | None
    emergency: Bounds | None
    preservation: Bounds | None
    rows: int
    repeated: bool = False


def of_rows(rows: Sequence[PublishedRow]) -> Figures:
    """The figures of the rows of one period in one sheet."""
    kept = [row for row in rows if row.kind == "preservation"]
    totals = [row for row in rows if row.kind == "all"]
    parts = totals or [row for row in rows if row.kind in ("data", "emergency", UNKNOWN)]
    urgent = [row for row in rows if row.kind == "emergency"]
    repeated = any(len(group) > 1 for group in (*_by_process(parts), *_by_process(kept)))
    return Figures(
        requests=_sum(parts, "requests"),
        accounts=_sum(parts, "accounts"),
        share=_share(parts, summed=not repeated),
        emergency=_sum(urgent, "requests") if urgent else _sum(parts, "emergency"),
        preservation=_sum(kept, "requests") if kept else _sum(parts, "preservation"),
        rows=len(rows),
        repeated=repeated,
    )


def of_sheets(found: Sequence[Figures]) -> Figures:
    """Of one period in several sheets."""
    if len(found) == 1:
        return found[0]
    shares = [one.share for one in found if one.share]
    return Figures(
        requests=_either(one.requests for one in found),
        accounts=_either(one.accounts for one in found),
        share=_hull(shares) if shares else None,
        emergency=_either(one.emergency for one in found),
        preservation=_either(one.preservation for one in found),
        rows=sum(one.rows for one in found),
        repeated=any(one.repeated for one in found) or sum(one.requests is not None for one in found) > 1,
    )


def _by_process(rows: Sequence[PublishedRow]) -> list[list[PublishedRow]]:
    groups: dict[str, list[PublishedRow]] = {}
    for row in rows:
        groups.setdefault(row.process, []).append(row)
    return list(groups.values())


def _sum(rows: Sequence[PublishedRow], figure: str) -> Bounds | None:
    groups = (_either(_figure(row, figure) for row in group) for group in _by_process(rows))
    found = [one for one in groups if one is not None]
    return reduce(add, found) if found else None


def _figure(row: PublishedRow, figure: str) -> Bounds | None:
    found: Bounds | None = getattr(row, figure)
    return Bounds(0, found.high) if found and row.kind == UNKNOWN else found


def _either(figures: Iterable[Bounds | None]) -> Bounds | None:
    """Parts of a whole, or editions of one figure."""
    found = [one for one in figures if one is not None]
    return Bounds(min(one.low for one in found), reduce(add, found).high) if found else None


def _share(rows: Sequence[PublishedRow], *, summed: bool) -> Portion | None:
    """Of all rows together: weighted by their requests, where these are known; else between the least and the most."""
    if all(row.share is None for row in rows):
        return None
    shares = [row.share or ANY for row in rows]
    counts = [row.requests.exact if row.requests and row.kind != UNKNOWN else None for row in rows]
    known = [count for count in counts if count is not None]
    total = sum(known)
    if len(rows) == 1 or not summed or len(known) < len(rows) or not total:
        return _hull([share for share, count in zip(shares, counts, strict=True) if count != 0] or shares)
    low = sum(count * share.low for count, share in zip(known, shares, strict=True)) / total
    high = sum(count * share.high for count, share in zip(known, shares, strict=True)) / total
    return Portion(low, high)


def _hull(shares: Sequence[Portion]) -> Portion:
    return Portion(min(one.low for one in shares), max(one.high for one in shares))
