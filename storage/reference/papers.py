"""The rows on legal papers: what people call them, what they count as, and whom they do not reach.

In: one row as JSON. Out: a frozen row.
"""

from typing import Annotated, Literal

from pydantic import Field

from storage.reference.rows import AuthorityRole, AuthorityRow, Codes, Country, Of, Part, Row, Text
from storage.spelling import fold


class LegalInstrument(Row):
    """A legal paper, and in `aliases` what people type for it.

    `satisfies`: other papers it counts as, all of them, not step by step; `not_for`: data it cannot reach. `law_of`:
    the only State whose bodies have it; `treaty`: only those that it binds have it.
    """

    label: Text
    satisfies: Annotated[Codes, Of("legal_instruments")] = ()
    not_for: Annotated[Codes, Of("data_types")] = ()
    law_of: Country | None = None
    treaty: Annotated[str | None, Of("parties")] = None
    aliases: Codes = ()

    @property
    def spoken(self) -> str:
        """What to type for it: its label, where people call it so, else the first of their words."""
        known = [fold(name) for name in self.aliases]
        return self.label if fold(self.label) in known or not known else self.aliases[0]


class WorksInstead(Part):
    """What would work. `to` of null: the central authority or contact point of the country that holds the data."""

    instrument: Annotated[str, Of("instruments")]
    to: Annotated[str | None, Of("authorities")]
    paper: Annotated[str, Of("legal_instruments")]


class PaperRule(Row):
    """What a paper does not reach. An empty list or a null before `data` means any."""

    source: Annotated[Codes, Field(min_length=1)]
    recipient_country: Country | None
    recipient_role: AuthorityRole | None
    instruments: Annotated[Codes, Of("instruments")] = ()
    data: Annotated[Codes, Of("data_types"), Field(min_length=1)]
    papers: Annotated[Codes, Of("legal_instruments"), Field(min_length=1)]
    verdict: Literal["refused", "voluntary"]
    rule: Text
    why: Text
    works_instead: Annotated[tuple[WorksInstead, ...], Field(min_length=1)]

    def applies(self, instrument: str, recipient: AuthorityRow, data: str, paper: str) -> bool:
        """Whether it speaks of this paper, for this data, asked of this recipient under this instrument."""
        return (
            self.recipient_country in {None, recipient.country}
            and self.recipient_role in {None, recipient.role}
            and (not self.instruments or instrument in self.instruments)
            and data in self.data
            and paper in self.papers
        )
