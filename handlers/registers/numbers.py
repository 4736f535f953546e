"""Diary numbers: when two of them are one, and when they may be.

In: a number as it stands in a cell. Out: what its spellings have in common, to compare; nobody reads it.

Why leading zeros count: an office that keeps 05 and 005 has two books.
Why a near spelling is not simply the same number: CCW/2018/1 and CCW-2018-1 may be of two books as well, so a person
must say so.
"""

from storage.spelling import fold

ALIKE = str.maketrans(
    {
        **dict(zip("авекмнорстухіјѕԁһԛԝ", "abekmhopctyxijsdhqw", strict=True)),  # Cyrillic
        **dict(zip("αβεζηικμνορτυχ", "abezhikmnoptyx", strict=True)),  # Greek
        **dict.fromkeys("\\-_", "/"),
    }
)
"""{a letter of another script, as `fold` leaves it: the Latin capital or small letter it is taken for}."""


def same_number(number: str) -> str:
    """What the spellings of one diary number have in common."""
    return "".join(fold(number).split())


def near_number(number: str) -> str:
    """The same, without what a hurried hand or another keyboard changes: a dot at the end, the slash, the script."""
    return same_number(number).translate(ALIKE).rstrip(".,;:/") or same_number(number)
