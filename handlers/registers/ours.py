"""The cells that our own export has and other registers seldom: which way, which paper, which data, why refused.

In: a cell, the words of the reference data, and the row's list of flaws, as in `cells`. Out: codes. So what was
exported comes back as it went.
Must change together: the columns of `exported.py`, and their headers in `storage/reference/register_words.json`.
"""

from handlers.registers import columns, text
from handlers.registers.cells import Flaw, Outcome
from handlers.registers.lines import Cell
from handlers.registers.vocabulary import REFUSED, Words

BETWEEN = ";"
OUTGOING = "outgoing"


def sent_by_us(cell: Cell, flaws: list[Flaw]) -> None:
    """A request that came to us is none of ours: a flaw."""
    way = text.plain(str(cell))
    if not text.is_blank(way) and text.key(way) != OUTGOING:
        accepted = f"{OUTGOING}; what came to us is filed in the desk: request receive"
        flaws.append(Flaw(columns.DIRECTION, way, "not sent by us", accepted))


def paper(cell: Cell, words: Words, flaws: list[Flaw]) -> str | None:
    """The code of the legal paper; None for a blank."""
    return next(iter(_codes(cell, words, columns.PAPER, "legal paper", flaws)), None)


def data(cell: Cell, words: Words, flaws: list[Flaw]) -> tuple[str, ...]:
    """The codes of the kinds of data asked for."""
    return _codes(cell, words, columns.DATA, "data asked for", flaws)


def with_reasons(outcome: Outcome, cell: Cell, words: Words, flaws: list[Flaw]) -> Outcome:
    """A refusal with the reasons of its own column; one without any is a flaw."""
    if outcome.code != REFUSED or outcome.refusal_reasons:
        return outcome
    before = len(flaws)
    reasons = _codes(cell, words, columns.BECAUSE, "reason of refusal", flaws)
    if not reasons and len(flaws) == before:
        accepted = f"a reason, as in {REFUSED}:{next(iter(words.examples()))}"
        flaws.append(Flaw(columns.BECAUSE, "", "reason of refusal missing", accepted))
    return Outcome(REFUSED, reasons)


def _codes(cell: Cell, words: Words, column: str, name: str, flaws: list[Flaw]) -> tuple[str, ...]:
    codes: dict[str, None] = {}
    for part in text.plain(str(cell)).split(BETWEEN):
        if text.is_blank(part):
            continue
        if code := words.code(part):
            codes[code] = None
        else:
            accepted = f"what the desk calls it, such as {', '.join(words.examples())}"
            flaws.append(Flaw(column, part.strip(), f"{name} not understood", accepted))
    return tuple(codes)
