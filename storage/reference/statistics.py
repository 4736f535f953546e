"""The rows of `statistics.json`: what is counted each year, letter by letter.

In: one row as JSON. Out: a frozen row. The figures are counted in `storage/record/yearly.py`.
"""

from storage.reference.rows import Row, Text


class Statistic(Row):
    """One letter of Regulation (EU) 2023/1543 Art. 28(2): what is counted each year.

    `asks`: the article's own words. `gap`: what of it no desk has on record; empty where nothing lacks.
    """

    label: Text
    asks: Text
    gap: str
