"""The rows of the yearly statistics as a file: one figure each, by data, addressee and emergency.

In: what is on record of a year. Out: columns, rows, and what the sheet of explanation says. Each letter of the
Regulation begins with the figures of all orders together, in which an order of several types of data counts once.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from handlers.registers.writing import DAYS, NARROW, WIDE, Column, Value
from storage.record import yearly
from storage.record.yearly import About, Issued, SentInYear
from storage.reference.catalog import Reference

ALL, NOT_SAID = "all", "not said"
LETTER = Column("Letter", "Of Regulation (EU) 2023/1543 Art. 28(2), whose words stand on this sheet.", NARROW)
COLUMNS = (
    Column("Figure", "What is counted; each is explained on this sheet.", 26),
    Column("Order", "Which of the two: an order to produce data, or one to preserve it.", 14),
    Column("Data", "The type of data; an order for several counts in each. All: each order once.", 26),
    Column("Addressee", "Whom it was sent to: a code of this desk. All: whoever it was."),
    Column("Emergency", "Yes, or no. All: both.", NARROW),
    Column("Ground", "Of refusals, the reason; an order that was refused for several counts in each.", WIDE),
    Column("Number", "How many.", NARROW),
    Column("Days", "Calendar days on average, of so many as the number says.", NARROW, DAYS),
)
GAP = Column(
    "Not recorded", "What of it stands on no record of this desk: a number is missing there, and is not 0.", WIDE
)
CAME = {
    yearly.FULFILLED: "fulfilled",
    yearly.IN_PART: "in part so far",
    yearly.REFUSED: "not fulfilled: refused",
    yearly.NOT_HELD: "not fulfilled: none held",
    yearly.NOT_KEPT: "not fulfilled: not kept",
    yearly.WAITING: "still waiting",
    yearly.LEFT: "withdrawn or handed on",
}
MEANS: Mapping[str, str] = {
    "issued": "Sent in the year; holds: asked for in it. The day the order was signed is not recorded.",
    "fulfilled": "All of the data came; holds: whoever keeps the data confirmed it.",
    "in part so far": "Some of the data came, and the rest is still waited for.",
    "not fulfilled: refused": "Refused as it stands now; a refusal that was taken back is none.",
    "not fulfilled: none held": "Whoever was asked holds no such data.",
    "not fulfilled: not kept": "Closed, or lapsed, before anybody confirmed it.",
    "still waiting": "Nothing has ended it yet.",
    "withdrawn or handed on": "Before any answer.",
    "days to the data": "From sending to the answer, of those that are fulfilled.",
    "days from hold to request": "From asking for the hold to issuing the request for production.",
}


@dataclass(frozen=True)
class Year:
    """What is on record of a year. `bound`: by the Regulation. `enforced`: {direction: orders sent for enforcement}."""

    number: int
    bound: bool
    orders: SentInYear
    holds: list[Issued]
    enforced: Mapping[str, list[Issued]]
    reference: Reference

    def types(self, about: About) -> tuple[str, ...]:
        """The types of data, each once: those of the Regulation where it binds."""
        if not about.data:
            return (NOT_SAID,)
        rows = [self.reference.data_types[code] for code in about.data]
        if not self.bound:
            return tuple(dict.fromkeys(row.label for row in rows))
        found = ((row.eu_category or "other") for row in rows)
        return tuple(dict.fromkeys(_identifying(one, about) for one in found))


def _identifying(category: str, about: About) -> str:
    """Addresses that are asked for to identify the user alone are a type of their own, and traffic data where not."""
    return "traffic" if category == "identification" and not about.identifies else category


def columns(*, bound: bool) -> tuple[Column, ...]:
    """With the letter, and what is not recorded, where the Regulation binds."""
    return (LETTER, *COLUMNS, GAP) if bound else COLUMNS


def rows(year: Year) -> list[list[Value]]:
    """All figures, letter by letter."""
    produce, preserve = ("EPOC", "EPOC-PR") if year.bound else ("request", "hold")
    orders, holds = year.orders.issued, year.holds
    found: list[list[Value]] = []
    for order, groups in ((produce, orders), (preserve, holds)):
        found += _each(year, "a", "issued", order, groups)
    found += _gap(year, "b")
    for order, groups in ((produce, orders), (preserve, holds)):
        for came in dict.fromkeys([yearly.FULFILLED, *(one for one in CAME if any(one == g.came for g in groups))]):
            some = [one for one in groups if one.came == came]
            found += _each(year, "c", CAME[came], order, some)
    found += [*_grounds(year, produce), *_gap(year, "d")]
    found += _averages(year, "e", "days to the data", produce, [one for one in orders if one.dated])
    found += _averages(year, "f", "days from hold to request", preserve, [one for one in holds if one.dated])
    for side, figure in (("outgoing", "transmitted"), ("incoming", "received")):
        sent = year.enforced.get(side, [])
        done = [one for one in sent if one.came == yearly.FULFILLED]
        for name, groups in ((figure, sent), (f"{figure}, fulfilled", done)):
            found += _each(year, "g", name, "enforcement", groups) if year.bound else ()
    return [*found, *_gap(year, "h"), *_gap(year, "i"), *_gap(year, "j")]


def average(groups: Iterable[Issued]) -> float | None:
    """Days on average; None where none is known."""
    found = [(one.days, one.dated) for one in groups]
    dated = sum(count for _, count in found)
    return round(sum(days for days, _ in found) / dated, 1) if dated else None


def about(year: Year) -> Iterator[tuple[str, str]]:
    """What each figure counts, and the article's own words."""
    yield from MEANS.items()
    if year.bound:
        for row in year.reference.statistics.values():
            yield f"Art. 28(2)({row.code})", row.asks


def _row(year: Year, letter: str, cells: Sequence[Value], gap: str | None = None) -> list[Value]:
    return [f"({letter})", *cells, gap] if year.bound else [*cells]


def _each(year: Year, letter: str, figure: str, order: str, groups: Sequence[Issued]) -> Iterator[list[Value]]:
    """How many: of all together, and of each that are alike."""
    for alike, some in _of_all_and_each(year, groups):
        yield _row(year, letter, [figure, order, *alike, None, sum(one.count for one in some), None])


def _averages(year: Year, letter: str, figure: str, order: str, groups: Sequence[Issued]) -> Iterator[list[Value]]:
    """Days on average: of all together, and of each that are alike."""
    for alike, some in _of_all_and_each(year, groups):
        dated = sum(one.dated for one in some)
        yield _row(year, letter, [figure, order, *alike, None, dated, average(some)])


def _grounds(year: Year, order: str) -> Iterator[list[Value]]:
    counted: dict[tuple[str, ...], int] = {}
    for (alike, code), count in year.orders.grounds.items():
        ground = year.reference.refusal_reasons[code].label
        for key in ((ALL, ALL, ALL), *_keys(year, alike)):
            counted[*key, ground] = counted.get((*key, ground), 0) + count
    for key, count in sorted(counted.items(), key=lambda pair: (pair[0][0] != ALL, pair[0])):
        yield _row(year, "d", ["refused for", order, *key, count, None])


def _gap(year: Year, letter: str) -> Iterator[list[Value]]:
    """A row that says what is not recorded; agencies that the Regulation does not bind are not asked for it."""
    row = year.reference.statistics[letter]
    if year.bound and row.gap:
        yield _row(year, letter, [row.label, *([None] * (len(COLUMNS) - 1))], row.gap)


def _of_all_and_each(year: Year, groups: Sequence[Issued]) -> Iterator[tuple[tuple[str, ...], Sequence[Issued]]]:
    """All together first, then what is alike, in order."""
    found: dict[tuple[str, ...], list[Issued]] = {}
    for one in groups:
        for key in _keys(year, one.about):
            found.setdefault(key, []).append(one)
    yield (ALL, ALL, ALL), groups
    yield from sorted(found.items())


def _keys(year: Year, alike: About) -> Iterator[tuple[str, ...]]:
    """Type of data, addressee, emergency: for each type."""
    for kind in year.types(alike):
        yield kind, alike.recipient, "yes" if alike.emergency else "no"
