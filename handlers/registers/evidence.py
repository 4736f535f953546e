"""What the cells of a date column show together -> how each of them is read.

Why evidence decides: 05/03 is two dates. Where a date of the column can only be day-first (23/03), all are;
a column without such a date follows the other date columns; where nothing proves it, or the proofs contradict each
other, the date is doubtful.
Why date cells are not always believed: a spreadsheet that expects the month first makes a date cell of 06/08 (June 8)
and leaves 23/08 as text. What is left then is text with days above 12 only, and cells with none. Rows that came later
are sound, and cannot be told from the others; but the texts alone still say it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from handlers.registers.dates import (
    EITHER,
    MONTHS,
    NUMBERS,
    OTHERS,
    SERIAL,
    THIS,
    DateOrder,
    ImpossibleDate,
    NotADate,
    Shape,
    Swapped,
    exists,
    serial_day,
    shape,
    spelt,
    turned_round,
    year_of,
)
from handlers.registers.lines import EPOCH_1900, Cell, Held
from handlers.registers.shapes import ABOVE_12, BY_CHANCE, CONTRADICTING, WrittenAlike, doubted, kinds
from handlers.registers.text import plain

ENOUGH = 50
"""Proofs of one column that need no other: fewer may agree by chance, where the other columns show two hands."""
SOUND = 1 / 4
"""Of all dates that a program wrote, the share with a day above 12 that shows that none were left out as text. Of real
dates it is six in ten; a few typed later into a half-converted column do not make it sound."""
UP_TO_12 = 0.4


@dataclass
class Evidence:
    """What the cells of one date column show, counted in one pass; `see` each of them once."""

    of_corrections: int = 0
    texts: defaultdict[Shape, WrittenAlike] = field(default_factory=lambda: defaultdict(WrittenAlike))
    held: Counter[date] = field(default_factory=Counter)
    serials: Counter[int] = field(default_factory=Counter)
    spelt: Counter[date] = field(default_factory=Counter)

    def see(self, cell: Cell) -> None:
        """Count one cell; what is no date counts for nothing, nor does a day that does not exist."""
        if isinstance(cell, Held) and cell.day:
            self.held[cell.day] += 1
            return
        words = plain(str(cell))
        if numbers := NUMBERS.fullmatch(words):
            first, second, year = int(numbers[1]), int(numbers[3]), year_of(numbers[4])
            texts = self.texts[shape(numbers)]
            texts.day_first += first > MONTHS and exists(year, second, first)
            texts.month_first += second > MONTHS and exists(year, first, second)
            texts.either += first <= MONTHS and second <= MONTHS and first != second
        elif SERIAL.fullmatch(words):
            self.serials[int(words[:5])] += 1
        elif EITHER.fullmatch(words):
            self.of_corrections += 1
        elif day := _unmistakable(words):
            self.spelt[day] += 1

    @property
    def proofs(self) -> tuple[int, int]:
        """How many dates can only be day-first, and how many only month-first."""
        return sum(each.day_first for each in self.texts.values()), sum(
            each.month_first for each in self.texts.values()
        )

    @property
    def either(self) -> int:
        """How many dates in numbers may be two."""
        return self.of_corrections + sum(texts.either for texts in self.texts.values())

    @property
    def surely_left(self) -> bool:
        """Whether texts of one kind alone show that a spreadsheet read the other dates."""
        return any(kind.surely_left for kind in kinds(self.texts.items()))

    def cells(self, epoch: datetime) -> Counter[date]:
        """The dates of cells and of serials."""
        return self.held + Counter({serial_day(serial, epoch): times for serial, times in self.serials.items()})


def orders(
    columns: Mapping[str, Evidence],
    *,
    day_first: bool | None = None,
    epoch: datetime = EPOCH_1900,
    corrections: bool = False,
) -> dict[str, DateOrder]:
    """One order for each date column. `day_first`: what the mapping file says, which settles it.

    epoch: day 0 of the serials. corrections: a file of corrections, where all dates that stand there were understood.
    """
    everywhere = _sum(evidence.proofs for evidence in columns.values())
    half = [evidence for evidence in columns.values() if not corrections and _half_converted(evidence, epoch)]
    all_texts = [(shape, texts) for evidence in columns.values() for shape, texts in evidence.texts.items()]
    found: dict[str, DateOrder] = {}
    for code, evidence in columns.items():
        order = DateOrder(day_first, source="mapping") if day_first is not None else _order(evidence, everywhere)
        order = replace(order, epoch=epoch, matters=any((*evidence.proofs, evidence.either)))
        if not corrections and order.day_first is not None:
            texts = evidence.texts.items() if any(evidence.proofs) else all_texts
            shapes = doubted(texts, settled=order.source == "mapping")
            numbers = sum(texts.either for shape, texts in evidence.texts.items() if shape in shapes)
            order = replace(order, shapes=shapes, numbers=numbers)
        found[code] = _suspecting(order, evidence, half) if half else order
    return found


def _sum(proofs: Iterable[tuple[int, int]]) -> tuple[int, int]:
    both = tuple(proofs)
    return sum(day for day, _ in both), sum(month for _, month in both)


def _order(evidence: Evidence, everywhere: tuple[int, int]) -> DateOrder:
    if 0 < sum(evidence.proofs) < ENOUGH and _contradict(*everywhere):
        return DateOrder(None, max(everywhere), min(everywhere), "contradicting")
    (day, month), source = evidence.proofs, THIS
    if not day and not month:
        (day, month), source = everywhere, OTHERS
    if not day and not month:
        return DateOrder(None)
    most, least = max(day, month), min(day, month)
    if _contradict(day, month):
        return DateOrder(None, most, least, "contradicting")
    return DateOrder(day > month, most, least, source)


def _contradict(day: int, month: int) -> bool:
    return min(day, month) > CONTRADICTING * (day + month)


def _half_converted(evidence: Evidence, epoch: datetime) -> bool:
    """Whether the texts of a column may be what a spreadsheet could not make cells of, and its cells the others."""
    days = evidence.cells(epoch)
    if evidence.surely_left and _counted(days + evidence.spelt)[1]:
        return True
    return any(evidence.proofs) and (_all_low(days) or _written_out_again([evidence]))


def _all_low(days: Counter[date]) -> bool:
    """Whether hardly a date has a day above 12, and some could be two dates."""
    above, riddles = _counted(days)
    return riddles > 0 and above < SOUND * (above + riddles)


def _written_out_again(columns: Iterable[Evidence]) -> bool:
    """Whether it can be no chance that dates in words have days up to 12, and those in numbers only days above 12."""
    left = riddles = 0
    for evidence in columns:
        proofs = sum(evidence.proofs)
        if _all_low(evidence.spelt) and evidence.either <= CONTRADICTING * proofs:
            left, riddles = left + proofs, riddles + _counted(evidence.spelt)[1]
    return riddles > 0 and ABOVE_12**left * UP_TO_12**riddles < BY_CHANCE


def _counted(days: Counter[date]) -> tuple[int, int]:
    """How many have a day above 12, and how many could be two dates."""
    above = sum(times for day, times in days.items() if day.day > MONTHS)
    return above, sum(times for day, times in days.items() if turned_round(day) != day)


def _suspecting(order: DateOrder, evidence: Evidence, half: Sequence[Evidence]) -> DateOrder:
    """The order beside half-converted columns: a person's word that fits the texts left turns the cells round."""
    left = evidence.proofs if any(evidence.proofs) else _sum(each.proofs for each in half)
    text_day_first, certain = left[0] > left[1], min(left) <= CONTRADICTING * sum(left)
    order, days = replace(order, text_day_first=text_day_first), evidence.cells(order.epoch)
    low = _all_low(evidence.spelt)
    if evidence.surely_left or (low and _written_out_again([*half, evidence])):
        riddles = _counted(evidence.spelt)[1]
        order = replace(order, spelt=riddles, mixed=riddles > 0 and not low)
    if not _all_low(days):
        riddles = _counted(days)[1] if evidence.surely_left else 0
        return replace(order, swapped="perhaps", cells=riddles, mixed=True) if riddles else order
    swapped: Swapped = "perhaps"
    if certain and order.source == "mapping":
        swapped = "yes" if order.day_first == text_day_first else "no"
    return replace(order, swapped=swapped, cells=_counted(days)[1])


def _unmistakable(words: str) -> date | None:
    try:
        return spelt(words)
    except (NotADate, ImpossibleDate):
        return None
